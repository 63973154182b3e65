//! A workload through our ledger: posted, sealed, verified, and what that took.
//!
//! Rates are those of a book in its steady state: every account has its first money before anything is measured, so
//! that it is known to the process, which looks an account up once in its life. Measured is from the first entry asked
//! for to the last answered, behind a checkpoint. Bytes are counted when everything behind the writer is done: the log
//! has the sealing in it, the tables have their indexes. The start-up and the check of the book come after that.
//!
//! Each run gets a book of its own; all books are dropped behind it, so that nothing of it disturbs the next.

pub mod alone;
pub mod growth;
pub mod outcomes;
pub mod past;
pub mod plan;
pub mod platform;
pub mod posting;
pub mod served;
pub mod stage;
pub mod two_books;
pub mod two_processes;

use dianfu_ledger::db::Database;

use crate::measure::{bytes_each, micros_each, millis, per_second};
use crate::report::line::{Grown, Line};
use crate::workload::Workload;
use crate::workload::size::Size;
use crate::yardsticks::Beside;

use self::plan::Plan;
use self::served::Door;
use self::stage::{Checked, Phase};

/// Where runs run.
pub struct Place {
    /// The server.
    pub database: Database,
    /// Its URL, for other processes.
    pub url: String,
}

/// What some workloads show besides.
#[derive(Default)]
struct Extra {
    alone_per_s: Option<f64>,
    shares: Vec<f64>,
    trial_balance_ms: Option<f64>,
    growth: Vec<Grown>,
    made_us: Option<f64>,
}

/// Runs a workload, and puts its figures together with those that it stands beside.
pub async fn run(place: &Place, workload: Workload, size: Size, beside: Option<Beside>) -> anyhow::Result<Line> {
    let plan = Plan::new(workload, size);
    let database = &place.database;
    let mut extra = Extra::default();
    let (phase, checked) = match workload {
        Workload::Backdated => {
            let run = alone::run(database, &plan, "").await?;
            extra.trial_balance_ms = Some(millis(past::trial_balance_took(&run, &plan).await?));
            (run.phase, run.checked)
        }
        Workload::Growth => {
            let (phase, checked, growth) = growth::run(database, &plan).await?;
            extra.growth = growth;
            (phase, checked)
        }
        Workload::TwoBooks | Workload::TwoProcesses => {
            let pair = match workload {
                Workload::TwoBooks => two_books::run(database, &plan).await?,
                _ => two_processes::run(database, &place.url, &plan).await?,
            };
            (extra.alone_per_s, extra.shares) = (Some(pair.alone_per_s.round()), pair.shares);
            (pair.phase, pair.checked)
        }
        Workload::Http | Workload::Ndjson => {
            let door = if workload == Workload::Http { Door::Single } else { Door::Stream };
            let run = served::run(place, &plan, door).await?;
            (run.phase, run.checked)
        }
        Workload::Claims | Workload::Lives | Workload::Remittances => {
            let run = platform::run(database, &plan).await?;
            extra.made_us = Some(run.made_us);
            (run.phase, run.checked)
        }
        _ => {
            let run = alone::run(database, &plan, "").await?;
            (run.phase, run.checked)
        }
    };
    Ok(line(&plan, &phase, &checked, extra, beside))
}

fn line(plan: &Plan, phase: &Phase, checked: &Checked, extra: Extra, beside: Option<Beside>) -> Line {
    let (answered, posted) = (phase.counts.answered(), phase.counts.posted);
    let entries_per_s = per_second(answered, phase.took);
    let target_per_s = plan.workload.target_per_s(plan.size.callers).map(f64::from);
    let micros = |time| micros_each(time, answered);
    Line {
        workload: plan.workload.name().to_owned(),
        batch: plan.size.batch,
        callers: plan.size.callers,
        accounts: plan.size.accounts,
        entries: answered,
        posted,
        replayed: phase.counts.replayed,
        conflicts: phase.counts.conflicts,
        refused: phase.counts.refused,
        entries_per_s: entries_per_s.round(),
        floor_per_s: beside.map(|beside| beside.floor_per_s.round()),
        of_floor: beside.map(|beside| entries_per_s / beside.floor_per_s),
        row_lock_per_s: beside.map(|beside| beside.row_lock.entries_per_s.round()),
        set_function_per_s: beside.map(|beside| beside.set_function_per_s.round()),
        target_per_s,
        of_target: target_per_s.map(|target| entries_per_s / target),
        target_met: target_per_s.map(|target| entries_per_s >= target),
        p50_ms: phase.latencies.percentile_ms(50.0),
        p99_ms: phase.latencies.percentile_ms(99.0),
        p999_ms: phase.latencies.percentile_ms(99.9),
        wal_bytes_per_entry: bytes_each(checked.wal_bytes, posted).round(),
        row_lock_wal_bytes_per_entry: beside.map(|beside| beside.row_lock.wal_bytes_per_entry.round()),
        table_bytes_per_entry: bytes_each(checked.journal_bytes, checked.entries).round(),
        book_bytes_per_entry: bytes_each(checked.grown_bytes, posted).round(),
        row_lock_table_bytes_per_entry: beside.map(|beside| beside.row_lock.table_bytes_per_entry.round()),
        peak_rss_mb: phase.peak_rss_mb,
        start_up_ms: checked.start_up_ms().round(),
        cpu_us_per_entry_us: micros(phase.taken.posters),
        cpu_us_per_entry_generator: phase.taken.generator.map(micros),
        cpu_us_per_entry_server: phase.taken.server.map(micros),
        cpu_us_per_entry_idle: phase.left.map(micros),
        generator_us_per_entry: extra.made_us.unwrap_or_else(|| plan.generator_us_per_entry()),
        verify_per_s: checked.verify_per_s.round(),
        alone_per_s: extra.alone_per_s,
        shares: extra.shares,
        trial_balance_ms: extra.trial_balance_ms,
        growth: extra.growth,
        verified: checked.verified,
    }
}
