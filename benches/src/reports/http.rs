//! Balances over HTTP: the real server on a socket of its own, asked on one connection that is kept.

use std::time::Instant;

use anyhow::{Context, ensure};
use dianfu_api::auth::{NewToken, Role, create_token};
use dianfu_api::{Limits, ServeConfig, Server};
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::measure::{self, Latencies};

use super::book::Size;
use super::figure::Figure;
use super::questions::Asker;

const QUESTIONS: usize = 3_000;

/// Balances as the book is now.
pub async fn balances_now(database: &Database, name: &BookName, size: Size) -> anyhow::Result<Figure> {
    let new = NewToken { name: "bench", role: Role::Auditor, expires_at: None, created_by: "bench" };
    let token = create_token(database, name, &new).await?;
    let listen = "127.0.0.1:0".parse()?;
    let server = Server::bind(&ServeConfig { listen, limits: Limits::default() }, database.clone()).await?;
    let mut socket = TcpStream::connect(server.address()).await?;
    socket.set_nodelay(true)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _dropped_or_told = stopped.await;
    }));

    let (mut asker, mut latencies) = (Asker::new(size), Latencies::new());
    measure::forget_peak_memory();
    for _ in 0..QUESTIONS {
        let account = asker.account();
        let request = format!(
            "GET /v1/accounts/{account}/balance HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        let asked = Instant::now();
        socket.write_all(request.as_bytes()).await?;
        let answer = answer(&mut socket).await?;
        latencies.record(asked.elapsed());
        ensure!(answer.starts_with("HTTP/1.1 200"), "no balance: {answer}");
    }
    drop((socket, stop));
    running.await??;
    Figure::of_questions("balance now over HTTP, while posting", latencies, 5.0)
}

/// One whole answer: the head, and as many bytes as it says.
async fn answer(socket: &mut TcpStream) -> anyhow::Result<String> {
    let mut answer = Vec::new();
    loop {
        ensure!(socket.read_buf(&mut answer).await? > 0, "the server has hung up");
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let length: usize = length.context("the answer has a length")?;
        if body.len() >= length {
            return Ok(text.into_owned());
        }
    }
}
