//! A workload of this process alone, in one book.

use dianfu_ledger::db::Database;

use crate::workload::transfers::Seat;

use super::plan::Plan;
use super::posting::{Left, Posted, post_all};
use super::stage::{Checked, Phase, Stage};

/// The seat of the first caller.
pub const FIRST: Seat = Seat { number: 0, after: 0 };

/// What was measured; the stage is still there to be asked.
pub struct Run {
    /// The book.
    pub stage: Stage,
    /// What posting took.
    pub phase: Phase,
    /// And what the book is like.
    pub checked: Checked,
    /// Entries by seat.
    pub by_seat: Vec<(Seat, usize)>,
}

/// Posts a workload into a new book.
pub async fn run(database: &Database, plan: &Plan, suffix: &str) -> anyhow::Result<Run> {
    let mut stage = Stage::new(database, plan, suffix).await?;
    let ledger = stage.open(plan).await?;
    let meter = stage.begin(stage.own_processes()).await?;
    let first = Seat { after: stage.entries, ..FIRST };
    let posted = post_all(&ledger, plan, &Left::new(plan.size.entries.into()), first).await?;
    let Posted { counts, latencies, took, by_seat } = posted;
    let phase = meter.end(counts, latencies, took)?;
    ledger.close().await;
    stage.entries += counts.posted;
    let checked = stage.check(plan, &meter).await?;
    Ok(Run { stage, phase, checked, by_seat })
}
