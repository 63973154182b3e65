//! Many callers post to one book, each its own stream, until as much as was to be posted is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dianfu_ledger::Ledger;
use dianfu_ledger::entry::NewEntry;
use tokio::task::JoinSet;

use crate::measure::Latencies;
use crate::workload::stream::{Expected, Step};
use crate::workload::transfers::Seat;

use super::outcomes::Counts;
use super::plan::Plan;

/// Seats of the entries that fund accounts; callers have lower ones.
const FUNDING: u64 = 1 << 32;

/// How much is still to be asked for; whoever posts takes from it.
pub type Left = Arc<AtomicUsize>;

/// What was answered.
#[derive(Default)]
pub struct Posted {
    /// By outcome.
    pub counts: Counts,
    /// One a request.
    pub latencies: Latencies,
    /// From the first entry asked for to the last answered.
    pub took: Duration,
    /// Entries by seat.
    pub by_seat: Vec<(Seat, usize)>,
}

impl Posted {
    /// Adds what was posted later.
    pub fn add(&mut self, later: Posted) {
        self.counts += later.counts;
        self.latencies.add(&later.latencies);
        self.took += later.took;
        self.by_seat.extend(later.by_seat);
    }

    /// Adds what was posted meanwhile, elsewhere.
    pub fn add_beside(&mut self, other: Posted) {
        let took = self.took.max(other.took);
        self.add(other);
        self.took = took;
    }
}

/// Takes what fits into a request; nothing when nothing is left.
pub fn take(left: &Left, batch: usize) -> usize {
    let less = |left: usize| (left > 0).then(|| left - left.min(batch));
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).map_or(0, |before| before.min(batch))
}

/// Posts until nothing is left. `first` is the seat of the first caller.
pub async fn post_all(ledger: &Ledger, plan: &Plan, left: &Left, first: Seat) -> anyhow::Result<Posted> {
    let mut callers = JoinSet::new();
    let started = Instant::now();
    for number in (first.number..).take(plan.size.callers) {
        let (ledger, plan, left, seat) = (ledger.clone(), plan.clone(), left.clone(), Seat { number, ..first });
        callers.spawn(async move { one_caller(&ledger, &plan, &left, seat).await });
    }
    let mut all = Posted::default();
    while let Some(caller) = callers.join_next().await {
        let (seat, counts, latencies) = caller??;
        all.took = started.elapsed();
        all.counts += counts;
        all.latencies.add(&latencies);
        all.by_seat.push((seat, counts.answered()));
    }
    Ok(all)
}

async fn one_caller(
    ledger: &Ledger,
    plan: &Plan,
    left: &Left,
    seat: Seat,
) -> anyhow::Result<(Seat, Counts, Latencies)> {
    let (mut stream, mut counts, mut latencies) = (plan.stream(seat), Counts::default(), Latencies::default());
    loop {
        let count = take(left, plan.size.batch);
        if count == 0 {
            return Ok((seat, counts, latencies));
        }
        let request = plan.request(&mut stream, count);
        let asked = Instant::now();
        let outcomes = ledger.post(request.entries).await?;
        latencies.record(asked.elapsed());
        counts.count(&outcomes, &request.expected)?;
    }
}

/// Gives every account its first money, so that each is known to the process that posts: looking one up is paid for
/// once in the life of a process, and is not what is measured. Answers how many entries that took.
pub async fn fund(ledger: &Ledger, plan: &Plan, first: Seat) -> anyhow::Result<usize> {
    let seat = Seat { number: FUNDING + first.number, ..first };
    let mut entries = plan.accounts.funding(seat).map(|transfer| plan.accounts.entry(&Step::Post(transfer)));
    let mut counts = Counts::default();
    loop {
        let some: Vec<NewEntry> = entries.by_ref().take(8_000).collect();
        if some.is_empty() {
            return Ok(counts.posted);
        }
        let expected = vec![Expected::Posted; some.len()];
        counts.count(&ledger.post(some).await?, &expected)?;
    }
}
