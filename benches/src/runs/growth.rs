//! The book grows, and its rate is looked at piece by piece; start-up and memory behind the first piece and the last.

use dianfu_ledger::Ledger;
use dianfu_ledger::db::Database;

use crate::measure::{self, millis, per_second};
use crate::report::line::Grown;
use crate::workload::transfers::Seat;

use super::alone::FIRST;
use super::plan::Plan;
use super::posting::{Left, Posted, post_all};
use super::stage::{Checked, Phase, Stage};

/// Entries of a piece; of a small book a third.
const PIECE: usize = 1_000_000;
const PIECES_MIN: usize = 3;

/// What was measured: as of any book, and by pieces.
pub async fn run(database: &Database, plan: &Plan) -> anyhow::Result<(Phase, Checked, Vec<Grown>)> {
    let piece = PIECE.min(plan.size.entries.div_ceil(PIECES_MIN));
    let mut stage = Stage::new(database, plan, "").await?;
    let mut ledger = stage.open(plan).await?;
    let meter = stage.begin(stage.own_processes()).await?;
    let mut all = Posted::default();
    let mut grown: Vec<Grown> = Vec::new();
    while all.counts.answered() < plan.size.entries {
        let count = piece.min(plan.size.entries - all.counts.answered());
        let posted = post_piece(&ledger, plan, &stage, count, grown.len()).await?;
        stage.entries += posted.counts.posted;
        let entries_per_s = per_second(count, posted.took).round();
        all.add(posted);
        let peak_rss_mb = measure::peak_memory_mb()?;
        eprintln!("G: {} entries, the last {count} at {entries_per_s:.0} a second", all.counts.answered());
        grown.push(Grown { entries: all.counts.answered(), entries_per_s, peak_rss_mb, start_up_ms: None });
        if grown.len() == 1 {
            ledger.close().await;
            grown[0].start_up_ms = Some(millis(stage.start_up(plan).await?).round());
            ledger = stage.open(plan).await?;
        }
    }
    let Posted { counts, latencies, took, .. } = all;
    let phase = meter.end(counts, latencies, took)?;
    ledger.close().await;
    let checked = stage.check(plan, &meter).await?;
    if let Some(last) = grown.last_mut() {
        last.start_up_ms = Some(checked.start_up_ms().round());
    }
    Ok((phase, checked, grown))
}

async fn post_piece(
    ledger: &Ledger,
    plan: &Plan,
    stage: &Stage,
    count: usize,
    pieces_before: usize,
) -> anyhow::Result<Posted> {
    let seats = u64::try_from(pieces_before * plan.size.callers)?;
    let first = Seat { number: FIRST.number + seats, after: stage.entries };
    post_all(ledger, plan, &Left::new(count.into()), first).await
}
