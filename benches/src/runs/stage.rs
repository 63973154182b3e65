//! A book for one run: made, funded, measured, sealed, and verified.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use dianfu_ledger::Ledger;
use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::verify::{Asked, verify};
use dianfu_tests::tend;
use tokio_postgres::Client;

use crate::cpu::{Processes, Taken};
use crate::measure::{self, Latencies, millis, per_second};
use crate::server::{self, Space};
use crate::workload::size::Size;
use crate::workload::transfers::Seat;

use super::outcomes::Counts;
use super::plan::Plan;
use super::posting::{Left, fund, post_all};

/// How long it may take to do what is done behind the writer; most of it is done while entries are posted.
const PATIENCE: Duration = Duration::from_mins(2);
/// Accounts that are opened at once.
const OPENED_AT_ONCE: usize = 10_000;
/// Seats of what is posted beside the workload; those of the workload are lower.
const BESIDE: u64 = 1 << 40;

/// A book of its own.
pub struct Stage {
    /// Where.
    pub database: Database,
    /// Its name.
    pub book: BookName,
    /// The owner's session, on the book's tables.
    pub owner: Client,
    /// Entries in it.
    pub entries: usize,
}

/// What processes and server had taken when a phase began.
pub struct Meter {
    processes: Processes,
    taken: Taken,
    wal_bytes: i64,
    space: Space,
    started: Instant,
}

/// What a phase took.
pub struct Phase {
    /// What was answered.
    pub counts: Counts,
    /// One a request.
    pub latencies: Latencies,
    /// From the first entry asked for to the last answered.
    pub took: Duration,
    /// Processor time.
    pub taken: Taken,
    /// What the processors had left.
    pub left: Option<Duration>,
    /// Of the process that posts.
    pub peak_rss_mb: u32,
}

/// A book that was measured.
pub struct Checked {
    /// Write-ahead log of the phase and of sealing, in bytes.
    pub wal_bytes: i64,
    /// What the journal came to, all entries, in bytes.
    pub journal_bytes: i64,
    /// What all tables grew by since the phase began, in bytes.
    pub grown_bytes: i64,
    /// Entries in it then.
    pub entries: usize,
    /// From opening the ledger of the full book to the first answer.
    pub start_up: Duration,
    /// Entries verified a second.
    pub verify_per_s: f64,
    /// Whether the whole book is right.
    pub verified: bool,
}

impl Stage {
    /// A new book with the accounts of a plan, not funded yet.
    pub async fn new(database: &Database, plan: &Plan, suffix: &str) -> anyhow::Result<Stage> {
        let name = format!("bench_{}{suffix}_{}", plan.workload.name().to_lowercase(), std::process::id());
        let book = BookName::parse(&name).context("a book's name")?;
        book::create(database, &book).await?;
        let owner = server::connect(database, &book.schema()).await?;
        let ledger = Ledger::open(database, &book).await?;
        for some in plan.accounts.to_open(plan.size.entries).chunks(OPENED_AT_ONCE) {
            ledger.open_accounts(some, "bench").await?;
        }
        ledger.close().await;
        Ok(Stage { database: database.clone(), book, owner, entries: 0 })
    }

    /// Opens the book in this process, with every account known.
    pub async fn open(&mut self, plan: &Plan) -> anyhow::Result<Ledger> {
        let ledger = Ledger::open(&self.database, &self.book).await?;
        self.entries += fund(&ledger, plan, Seat { number: BESIDE, after: self.entries }).await?;
        Ok(ledger)
    }

    /// Begins a measured phase, behind a checkpoint.
    pub async fn begin(&self, processes: Processes) -> anyhow::Result<Meter> {
        server::checkpoint(&self.owner).await;
        processes.posters.iter().for_each(|process| measure::forget_peak_memory_of(*process));
        let space = server::space(&self.owner, &self.book.schema()).await?;
        let wal_bytes = server::wal_bytes(&self.owner).await?;
        Ok(Meter { taken: processes.taken(), processes, wal_bytes, space, started: Instant::now() })
    }

    /// The processes of a run in which this process posts.
    pub fn own_processes(&self) -> Processes {
        let postmaster = self.database.cluster().and_then(|cluster| u32::try_from(cluster.server_pid()?).ok());
        Processes { posters: vec![std::process::id()], generator: None, postmaster }
    }

    /// Seals all that can be sealed, then counts bytes, starts up once more, and verifies.
    pub async fn check(&mut self, plan: &Plan, meter: &Meter) -> anyhow::Result<Checked> {
        let entries = self.entries;
        self.seal().await?;
        let wal_bytes = server::wal_bytes(&self.owner).await? - meter.wal_bytes;
        let space = server::space(&self.owner, &self.book.schema()).await?;
        let start_up = self.start_up(plan).await?;
        let started = Instant::now();
        let report = verify(&self.database, &self.book, Asked::default(), |_| {}).await?;
        let verify_per_s = per_second(self.entries, started.elapsed());
        if let Some(finding) = &report.finding {
            eprintln!("{}: {finding}", self.book);
        }
        let verified = report.finding.is_none() && report.entries == i64::try_from(self.entries)?;
        let grown_bytes = space.all - meter.space.all;
        Ok(Checked { wal_bytes, journal_bytes: space.journal, grown_bytes, entries, start_up, verify_per_s, verified })
    }

    /// Does what is done behind the writer, until nothing is left to do.
    pub async fn seal(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            tend(&self.owner).await;
            let left = server::untended(&self.owner).await?;
            if left == 0 {
                return Ok(());
            }
            ensure!(started.elapsed() < PATIENCE, "{}: {left} segments still wait for what is done behind", self.book);
            // The last segment is indexed once it can be seen that nobody posts fast any more.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// How long it takes from opening the ledger to its first answer.
    pub async fn start_up(&mut self, plan: &Plan) -> anyhow::Result<Duration> {
        let one = plan.in_size(Size { entries: 1, batch: 1, callers: 1, ..plan.size });
        let started = Instant::now();
        let ledger = Ledger::open(&self.database, &self.book).await?;
        let seat = Seat { number: BESIDE + 1, after: self.entries };
        let posted = post_all(&ledger, &one, &Left::new(1.into()), seat).await?;
        let took = started.elapsed();
        ledger.close().await;
        self.entries += posted.counts.posted;
        Ok(took)
    }
}

impl Meter {
    /// Ends the phase, whose posting took so long.
    pub fn end(&self, counts: Counts, latencies: Latencies, took: Duration) -> anyhow::Result<Phase> {
        let taken = self.processes.taken().since(&self.taken);
        let left = taken.left_of(self.started.elapsed());
        let poster = self.processes.posters.first().context("somebody posts")?;
        ensure!(counts.answered() > 0, "nothing was answered");
        Ok(Phase { counts, latencies, took, taken, left, peak_rss_mb: measure::peak_memory_mb_of(*poster)? })
    }
}

impl Checked {
    /// The start-up in milliseconds.
    pub fn start_up_ms(&self) -> f64 {
        millis(self.start_up)
    }
}
