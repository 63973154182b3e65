//! The real server as a process of its own, on the server that is measured.

pub mod connection;
pub mod single;
pub mod stream;

use std::fs::File;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use dianfu_api::auth::{Holder, NewToken, Role, create_token};
use dianfu_ledger::book::BookName;
use dianfu_tests::dianfu_bin;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::cpu::Processes;

use super::Place;
use super::alone::Run;
use super::plan::Plan;
use super::stage::Stage;

/// How long it may take to listen, and to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// The running server. It is killed when this is dropped.
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    /// The right to post to the book.
    pub token: String,
    child: Child,
    /// Where its log goes, as it does by default: a line a request.
    _log: TempDir,
}

impl Served {
    /// Starts it, and waits until it listens.
    async fn start(place: &Place, book: &BookName) -> anyhow::Result<Served> {
        let (role, holder) = (Role::Poster, Holder::System);
        let new = NewToken { name: "bench", role, holder, expires_at: None, created_by: "bench" };
        let token = create_token(&place.database, book, &new).await?;
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("log");
        let mut child = Command::new(tokio::task::spawn_blocking(dianfu_bin).await?)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "json"])
            .env("DATABASE_URL", &place.url)
            .env_remove("DIANFU_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .kill_on_drop(true)
            .spawn()
            .context("start dianfu serve")?;
        let started = Instant::now();
        let address = loop {
            let text = tokio::fs::read_to_string(&log).await?;
            if let Some(address) = text.lines().find_map(address) {
                break address;
            }
            let ended = child.try_wait()?;
            ensure!(ended.is_none() && started.elapsed() < PATIENCE, "dianfu serve does not listen: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        Ok(Served { address, token, child, _log: folder })
    }

    /// Its process number.
    fn process(&self) -> anyhow::Result<u32> {
        self.child.id().context("it runs")
    }

    /// Tells it to stop, and waits until it has.
    async fn stop(mut self) -> anyhow::Result<()> {
        kill(Pid::from_raw(i32::try_from(self.process()?)?), Signal::SIGTERM)?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await??;
        ensure!(status.success(), "dianfu serve ended with {status}");
        Ok(())
    }
}

/// The address in a line of its log.
fn address(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    line.pointer("/fields/address").or_else(|| line.get("address"))?.as_str()?.parse().ok()
}

/// Which door is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// A request an entry.
    Single,
    /// A request with many lines.
    Stream,
}

/// Posts a workload into a new book, through the server.
pub async fn run(place: &Place, plan: &Plan, door: Door) -> anyhow::Result<Run> {
    let mut stage = Stage::new(&place.database, plan, "").await?;
    let served = Served::start(place, &stage.book).await?;
    stage.entries += stream::fund(&served, plan).await?;
    let processes =
        Processes { posters: vec![served.process()?], generator: Some(std::process::id()), ..stage.own_processes() };
    let meter = stage.begin(processes).await?;
    let posted = match door {
        Door::Single => single::post_all(&served, plan, stage.entries).await?,
        Door::Stream => stream::post_all(&served, plan, stage.entries).await?,
    };
    let phase = meter.end(posted.counts, posted.latencies, posted.took)?;
    served.stop().await?;
    stage.entries += phase.counts.posted;
    let checked = stage.check(plan, &meter).await?;
    Ok(Run { stage, phase, checked, by_seat: posted.by_seat })
}
