//! The platform's own paths on one book: claims that move on, whole lives of them, and remittances that are recorded
//! and posted.
//!
//! What is counted are transitions or lives of claims, or lines of remittances: an entry may have a thousand legs, and
//! a transition none at all. Parties, policies and what is due are there before anything is measured.

mod claims;
mod lives;
mod remittances;

use std::time::{Duration, Instant};

use dianfu_ledger::Ledger;
use dianfu_ledger::db::Database;
use tokio::task::JoinSet;

use crate::measure::{Latencies, micros_each};
use crate::workload::Workload;
use crate::workload::size::Size;

use super::outcomes::Counts;
use super::plan::Plan;
use super::posting::{Left, take};
use super::stage::{Checked, Phase, Stage};

/// What was measured.
pub struct Run {
    /// What it took.
    pub phase: Phase,
    /// And what the book is like.
    pub checked: Checked,
    /// What making up a unit takes, in microseconds.
    pub made_us: f64,
}

/// What one caller has done.
#[derive(Default)]
struct Done {
    /// Transitions, lives, or lines.
    units: usize,
    /// Entries that were posted for them.
    entries: usize,
    /// One a request.
    latencies: Latencies,
    /// What making up requests took.
    making: Duration,
}

impl Done {
    fn add(&mut self, other: &Done) {
        self.units += other.units;
        self.entries += other.entries;
        self.latencies.add(&other.latencies);
        self.making += other.making;
    }
}

/// Moves claims, or takes in files, in a new book.
pub async fn run(database: &Database, plan: &Plan) -> anyhow::Result<Run> {
    // The accounts of the book's own that start-up asks for; those of the platform come on top.
    let bare = Plan::new(plan.workload, Size { accounts: 2, ..plan.size });
    let mut stage = Stage::new(database, &bare, "").await?;
    let ledger = stage.open(&bare).await?;
    stage.entries += match plan.workload {
        Workload::Claims => claims::prepare(&ledger, plan.size).await?,
        Workload::Lives => lives::prepare(&ledger, plan.size).await?,
        _ => remittances::prepare(&ledger, &stage.owner, plan.size).await?,
    };
    let meter = stage.begin(stage.own_processes()).await?;
    let (done, took) = all_callers(&ledger, plan).await?;
    let counts = Counts { posted: done.units, ..Counts::default() };
    let phase = meter.end(counts, done.latencies, took)?;
    ledger.close().await;
    stage.entries = match plan.workload {
        Workload::Lives => lives::entries(&stage.owner).await?,
        _ => stage.entries + done.entries,
    };
    let mut checked = stage.check(&bare, &meter).await?;
    checked.verified &= match plan.workload {
        Workload::Claims => claims::are_there(&stage.owner, done.units).await?,
        Workload::Lives => lives::are_closed(&stage.owner, done.units).await?,
        _ => remittances::are_there(&stage.owner, done.units).await?,
    };
    Ok(Run { phase, checked, made_us: micros_each(done.making, done.units) })
}

async fn all_callers(ledger: &Ledger, plan: &Plan) -> anyhow::Result<(Done, Duration)> {
    let left = Left::new(plan.size.entries.into());
    let cashier = lives::Cashier::default();
    let mut callers = JoinSet::new();
    let started = Instant::now();
    for caller in 0..plan.size.callers {
        let (ledger, left, size, workload) = (ledger.clone(), left.clone(), plan.size, plan.workload);
        let cashier = cashier.clone();
        callers.spawn(async move {
            match workload {
                Workload::Claims => claims::caller(&ledger, size, &left, caller).await,
                Workload::Lives => lives::caller(&ledger, size, &left, (caller, &cashier)).await,
                _ => remittances::caller(&ledger, size, &left).await,
            }
        });
    }
    let (mut all, mut took) = (Done::default(), Duration::ZERO);
    while let Some(done) = callers.join_next().await {
        took = started.elapsed();
        all.add(&done??);
    }
    Ok((all, took))
}
