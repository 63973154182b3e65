//! Our figure: entries through `Ledger::post`, in a book of their own, verified afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, ensure};
use dianfu_ledger::account::NewAccount;
use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::verify::{Asked, verify};
use dianfu_ledger::{Ledger, Outcome};
use tokio::task::JoinSet;

use crate::measure::{self, Latencies, each, per_second};
use crate::workload::{self, Size, Transfers, Workload};

/// What a run of ours showed.
pub struct Ours {
    /// Entries acknowledged a second.
    pub entries_per_s: f64,
    /// One a request.
    pub latencies: Latencies,
    /// Write-ahead log an entry.
    pub wal_bytes_per_entry: f64,
    /// Tables and indexes an entry.
    pub table_bytes_per_entry: f64,
    /// Of this process.
    pub peak_rss_mb: u32,
    /// From opening the ledger of the full book to the first answer, in milliseconds.
    pub start_up_ms: f64,
    /// Whether the whole book was verified.
    pub verified: bool,
}

/// Posts a workload into a new book.
pub async fn measure(database: &Database, workload: Workload, size: Size) -> anyhow::Result<Ours> {
    let name = format!("bench_{}_{}", workload.letter().to_lowercase(), std::process::id());
    let book = BookName::parse(&name).context("a book's name")?;
    book::create(database, &book).await?;
    let owner = database.connect_owner().await?;
    let ledger = Ledger::open(database, &book).await?;
    let accounts = Arc::new(workload::accounts(size));
    ledger.open_accounts(&accounts, "bench").await?;

    measure::forget_peak_memory();
    let wal_before = measure::wal_bytes(&owner).await?;
    let started = Instant::now();
    let latencies = post_all(&ledger, workload, size, &accounts).await?;
    let entries_per_s = per_second(size.entries, started);
    let wal_bytes_per_entry = each(measure::wal_bytes(&owner).await? - wal_before, size.entries);
    let peak_rss_mb = measure::peak_memory_mb()?;
    ledger.close().await;

    let start_up_ms = start_up(database, &book, &accounts).await?;
    let table_bytes_per_entry = each(measure::table_bytes(&owner, &book.schema()).await?, size.entries);
    let verified = is_verified(database, &book, size.entries + 1).await?;
    Ok(Ours {
        entries_per_s,
        latencies,
        wal_bytes_per_entry,
        table_bytes_per_entry,
        peak_rss_mb,
        start_up_ms,
        verified,
    })
}

async fn post_all(
    ledger: &Ledger,
    workload: Workload,
    size: Size,
    accounts: &Arc<Vec<NewAccount>>,
) -> anyhow::Result<Latencies> {
    let left = Arc::new(AtomicUsize::new(size.entries));
    let mut callers = JoinSet::new();
    for caller in 0..size.callers {
        let (ledger, accounts, left) = (ledger.clone(), accounts.clone(), left.clone());
        callers.spawn(async move { one_caller(&ledger, workload, size, &accounts, &left, caller).await });
    }
    let mut latencies = Latencies::new();
    while let Some(caller) = callers.join_next().await {
        latencies.add(&caller??);
    }
    Ok(latencies)
}

async fn one_caller(
    ledger: &Ledger,
    workload: Workload,
    size: Size,
    accounts: &[NewAccount],
    left: &AtomicUsize,
    caller: usize,
) -> anyhow::Result<Latencies> {
    let mut transfers = Transfers::new(workload, accounts.len(), caller);
    let mut latencies = Latencies::new();
    loop {
        let take = |left: usize| (left > 0).then(|| left - left.min(size.batch));
        let Ok(before) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) else { return Ok(latencies) };
        let count = before.min(size.batch);
        let entries: Vec<NewEntry> =
            transfers.by_ref().take(count).map(|transfer| workload::entry(&transfer, accounts)).collect();
        let asked = Instant::now();
        let outcomes = ledger.post(entries).await?;
        latencies.record(asked.elapsed());
        ensure!(outcomes.len() == count, "one outcome an entry");
        let refused = outcomes.iter().find(|outcome| !matches!(outcome, Outcome::Posted(_)));
        ensure!(refused.is_none(), "not posted: {refused:?}");
    }
}

async fn start_up(database: &Database, book: &BookName, accounts: &[NewAccount]) -> anyhow::Result<f64> {
    let mut transfers = Transfers::new(Workload::Uniform, accounts.len(), usize::MAX >> 1);
    let transfer = transfers.next().context("the stream is endless")?;
    let started = Instant::now();
    let ledger = Ledger::open(database, book).await?;
    ledger.post(vec![workload::entry(&transfer, accounts)]).await?;
    let start_up_ms = started.elapsed().as_secs_f64() * 1_000.0;
    ledger.close().await;
    Ok(start_up_ms)
}

async fn is_verified(database: &Database, book: &BookName, entries: usize) -> anyhow::Result<bool> {
    let started = Instant::now();
    let report = verify(database, book, Asked::default(), |_| {}).await?;
    eprintln!("{book}: verified at {:.0} entries/s", per_second(entries, started));
    if let Some(finding) = &report.finding {
        eprintln!("{book}: {finding}");
    }
    Ok(report.finding.is_none() && report.entries == i64::try_from(entries)?)
}
