//! Two processes on one book, each with a state of its own, beside one process.
//!
//! This program starts itself again. Both post for as long as one alone took for half of the entries, so the shares say
//! whether one keeps the other waiting: the head's lock is nobody's.

use std::process::Stdio;
use std::sync::atomic::Ordering;

use anyhow::{Context, ensure};
use dianfu_ledger::Ledger;
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::measure::{number, per_second};
use crate::workload::Workload;
use crate::workload::size::Size;
use crate::workload::transfers::Seat;

use super::alone::{self, FIRST};
use super::outcomes::Counts;
use super::plan::Plan;
use super::posting::{Left, fund, post_all};
use super::stage::Stage;
use super::two_books::{Pair, half};

/// The seat of the first caller in the other process.
const OTHER: u64 = 1 << 16;
/// The hidden command by which it is started.
pub const COMMAND: &str = "post-beside";
/// What it is told.
const GO: &str = "go";
const STOP: &str = "stop";

/// What the other process is told at its start.
#[derive(Serialize, Deserialize)]
struct Orders {
    book: String,
    accounts: usize,
    batch: usize,
    callers: usize,
}

/// What it says: how many entries it has funded accounts with, later how many it has posted.
#[derive(Serialize, Deserialize)]
struct Said {
    entries: usize,
}

/// Posts with one process, then with two at once.
pub async fn run(database: &Database, url: &str, plan: &Plan) -> anyhow::Result<Pair> {
    let alone = alone::run(database, &half(plan), "_alone").await?;
    let mut stage = Stage::new(database, plan, "").await?;
    let mut other = Other::start(&stage.book, url, plan).await?;
    stage.entries += other.funded;
    let ledger = stage.open(plan).await?;
    let mut processes = stage.own_processes();
    processes.posters.push(other.child.id().context("the other process runs")?);
    let meter = stage.begin(processes).await?;

    let left = Left::new(usize::MAX.into());
    let first = Seat { after: stage.entries, ..FIRST };
    other.tell(GO).await?;
    let stopping = async {
        tokio::time::sleep(alone.phase.took).await;
        left.store(0, Ordering::Relaxed);
        other.tell(STOP).await?;
        anyhow::Ok(other.said().await?.entries)
    };
    let (posted, others) = tokio::try_join!(post_all(&ledger, plan, &left, first), stopping)?;
    let own = posted.counts;
    let both = Counts { posted: own.posted + others, ..own };
    let phase = meter.end(both, posted.latencies, posted.took)?;
    other.end().await?;
    ledger.close().await;
    stage.entries += both.posted;
    let mut checked = stage.check(plan, &meter).await?;
    checked.verified &= alone.checked.verified;
    let alone_per_s = per_second(alone.phase.counts.answered(), alone.phase.took);
    let shares = [own.posted, others].map(|part| number(part) / number(both.posted)).to_vec();
    Ok(Pair { phase, checked, alone_per_s, shares })
}

/// The other process. It is killed when this is dropped.
struct Other {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    funded: usize,
}

impl Other {
    /// Starts it and waits until it knows every account.
    async fn start(book: &BookName, url: &str, plan: &Plan) -> anyhow::Result<Other> {
        let Size { accounts, batch, callers, .. } = plan.size;
        let orders = Orders { book: book.to_string(), accounts, batch, callers };
        // Not by its name: somebody may have built another one meanwhile.
        let mut child = Command::new("/proc/self/exe")
            .arg(COMMAND)
            .arg(serde_json::to_string(&orders)?)
            .env("DATABASE_URL", url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("start this program again")?;
        let lines = BufReader::new(child.stdout.take().context("its output is piped")?).lines();
        let mut other = Other { child, lines, funded: 0 };
        other.funded = other.said().await?.entries;
        Ok(other)
    }

    async fn tell(&mut self, word: &str) -> anyhow::Result<()> {
        let input = self.child.stdin.as_mut().context("its input is piped")?;
        Ok(input.write_all(format!("{word}\n").as_bytes()).await?)
    }

    async fn said(&mut self) -> anyhow::Result<Said> {
        let line = self.lines.next_line().await?.context("the other process has ended by itself")?;
        serde_json::from_str(&line).with_context(|| format!("the other process says '{line}'"))
    }

    /// Lets it go.
    async fn end(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait().await?;
        ensure!(status.success(), "the other process ended with {status}");
        Ok(())
    }
}

/// The other process: posts from when it is told to until it is told to stop, and ends with its input.
pub async fn post_beside(database: &Database, orders: &str) -> anyhow::Result<()> {
    let Orders { book, accounts, batch, callers } = serde_json::from_str(orders)?;
    let plan = Plan::new(Workload::TwoProcesses, Size { entries: usize::MAX, accounts, batch, callers });
    let book = BookName::parse(&book).context("a book's name")?;
    let ledger = Ledger::open(database, &book).await?;
    let entries = fund(&ledger, &plan, Seat { number: OTHER, after: 0 }).await?;
    println!("{}", serde_json::to_string(&Said { entries })?);

    ensure!(told().await? == GO, "nobody says go");
    let left = Left::new(usize::MAX.into());
    let stopping = async {
        let word = told().await?;
        left.store(0, Ordering::Relaxed);
        ensure!(word == STOP, "nobody says stop");
        Ok(())
    };
    let first = Seat { number: OTHER, after: entries };
    match tokio::try_join!(post_all(&ledger, &plan, &left, first), stopping) {
        Ok((posted, ())) => println!("{}", serde_json::to_string(&Said { entries: posted.counts.posted })?),
        // Whoever waits for a number must not wait for ever.
        Err(error) => println!("{error:#}"),
    }
    // Until the other one has read how much processor time this process took.
    while !told().await?.is_empty() {}
    ledger.close().await;
    Ok(())
}

/// The next line of the input; empty at its end.
async fn told() -> anyhow::Result<String> {
    let line = tokio::task::spawn_blocking(|| -> std::io::Result<String> {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        Ok(line)
    });
    Ok(line.await??.trim_end().to_owned())
}
