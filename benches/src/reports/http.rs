//! Balances over HTTP: the real server on a socket of its own, asked on one connection that is kept.

use std::time::Instant;

use anyhow::ensure;
use dianfu_api::auth::{Holder, NewToken, Role, create_token};
use dianfu_api::{Limits, ServeConfig, Server};
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use tokio::sync::oneshot;

use crate::measure::{self, Latencies};
use crate::runs::served::connection::Connection;

use super::book::Size;
use super::figure::Figure;
use super::questions::Asker;

const QUESTIONS: usize = 3_000;

/// Balances as the book is now.
pub async fn balances_now(database: &Database, name: &BookName, size: Size) -> anyhow::Result<Figure> {
    let (role, holder) = (Role::Auditor, Holder::System);
    let new = NewToken { name: "bench", role, holder, expires_at: None, created_by: "bench" };
    let token = create_token(database, name, &new).await?;
    let listen = "127.0.0.1:0".parse()?;
    let server = Server::bind(&ServeConfig { listen, limits: Limits::default() }, database.clone()).await?;
    let mut connection = Connection::to(server.address()).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _dropped_or_told = stopped.await;
    }));

    let (mut asker, mut latencies) = (Asker::new(size), Latencies::default());
    measure::forget_peak_memory();
    for _ in 0..QUESTIONS {
        let account = asker.account();
        let request = format!(
            "GET /v1/accounts/{account}/balance HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        let asked = Instant::now();
        let answer = connection.ask(request.as_bytes()).await?;
        latencies.record(asked.elapsed());
        ensure!(answer.status == 200, "no balance: {} {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    drop((connection, stop));
    running.await??;
    Figure::of_questions("balance now over HTTP, while posting", latencies, 5.0)
}
