//! Connections: how many at the same time, and how long one may stay without saying or taking anything.
//!
//! HTTP/1.1. Who comes when there are as many as may be waits in the system's queue until one ends. A connection ends
//! when no whole head of a request has come for `head_time`, between requests too, and when nothing of an answer could
//! be written for `unread_time`. Bodies have their own limits ([`Limits`]).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::socket::Socket;
use crate::serve::Limits;

/// How long to wait when the system gives no further connection, for one of its own to end.
const NO_SOCKET_PAUSE: Duration = Duration::from_secs(1);

/// Answers until `stop` is done; then takes no further connection and finishes what is under way on those that are
/// there.
pub async fn serve(listener: TcpListener, routes: Router, limits: &Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time);
    let service = TowerToHyperService::new(routes);
    let under_way = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (socket, place) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let io = TokioIo::new(Socket::new(socket, limits.unread_time));
        let connection = under_way.watch(http.serve_connection(io, service.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = dianfu_ledger::error::in_full(&error), "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    under_way.shutdown().await;
}

/// The next connection, as soon as there is a place for it.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let place = places.clone().acquire_owned().await.expect("it is never closed");
    loop {
        match listener.accept().await {
            Ok((socket, _)) => return (socket, place),
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                tokio::time::sleep(NO_SOCKET_PAUSE).await;
            }
        }
    }
}
