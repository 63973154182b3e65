//! Two books in one process, each with a writer of its own, beside one book.
//!
//! Both take from what is left to be posted, so the shares say whether one keeps the other waiting.

use dianfu_ledger::db::Database;

use crate::measure::{number, per_second};
use crate::workload::size::Size;
use crate::workload::transfers::Seat;

use super::alone::{self, FIRST};
use super::plan::Plan;
use super::posting::{Left, post_all};
use super::stage::{Checked, Phase, Stage};

/// Two posters beside one.
pub struct Pair {
    /// What posting took, of both together.
    pub phase: Phase,
    /// What the books are like.
    pub checked: Checked,
    /// The rate of one alone.
    pub alone_per_s: f64,
    /// The part of each of what was answered.
    pub shares: Vec<f64>,
}

/// Posts into one book, then into two at once.
pub async fn run(database: &Database, plan: &Plan) -> anyhow::Result<Pair> {
    let alone = alone::run(database, &half(plan), "_alone").await?;
    let (mut one, mut other) = (Stage::new(database, plan, "_one").await?, Stage::new(database, plan, "_other").await?);
    let (one_ledger, other_ledger) = (one.open(plan).await?, other.open(plan).await?);
    let other_meter = other.begin(other.own_processes()).await?;
    let meter = one.begin(one.own_processes()).await?;
    let left = Left::new(plan.size.entries.into());
    let seats = u64::try_from(plan.size.callers)?;
    let (first, second) = (Seat { after: one.entries, ..FIRST }, Seat { number: seats, after: other.entries });
    let (one_posted, other_posted) =
        tokio::try_join!(post_all(&one_ledger, plan, &left, first), post_all(&other_ledger, plan, &left, second))?;
    let mut posted = one_posted;
    let counts = [posted.counts, other_posted.counts];
    posted.add_beside(other_posted);
    let phase = meter.end(posted.counts, posted.latencies, posted.took)?;
    one_ledger.close().await;
    other_ledger.close().await;
    one.entries += counts[0].posted;
    other.entries += counts[1].posted;
    let other_checked = other.check(plan, &other_meter).await?;
    let mut checked = one.check(plan, &meter).await?;
    // The log of the server is that of both already.
    checked.journal_bytes += other_checked.journal_bytes;
    checked.grown_bytes += other_checked.grown_bytes;
    checked.entries += other_checked.entries;
    checked.verified &= other_checked.verified && alone.checked.verified;
    let alone_per_s = per_second(alone.phase.counts.answered(), alone.phase.took);
    let shares = counts.map(|own| number(own.answered()) / number(phase.counts.answered())).to_vec();
    Ok(Pair { phase, checked, alone_per_s, shares })
}

/// The plan for one alone, which has half as much to do.
pub fn half(plan: &Plan) -> Plan {
    plan.in_size(Size { entries: plan.size.entries.div_ceil(2), ..plan.size })
}
