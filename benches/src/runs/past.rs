//! A trial balance as of a past day, of a book whose every segment has entries of that day.

use std::time::{Duration, Instant};

use anyhow::ensure;
use dianfu_ledger::Ledger;
use dianfu_ledger::query::{Moment, trial_balance};

use crate::workload::backdated::PAST_DAY;
use crate::workload::stream::Step;

use super::alone::Run;
use super::plan::Plan;

/// How long it takes. It must balance, and have the money that was posted up to that day, to the last fen.
pub async fn trial_balance_took(run: &Run, plan: &Plan) -> anyhow::Result<Duration> {
    let ledger = Ledger::open(&run.stage.database, &run.stage.book).await?;
    let client = ledger.client().await?;
    let moment = Moment { as_of: Some(PAST_DAY), known_at: None };
    let started = Instant::now();
    let report = trial_balance(&**client, moment, None).await?;
    let took = started.elapsed();
    ensure!(report.is_balanced(), "the trial balance as of {PAST_DAY} does not balance");
    let debits: i128 = report.rows.iter().map(|row| row.debits_minor).sum();
    let expected = posted_up_to_that_day(run, plan);
    ensure!(debits == i128::from(expected), "debits up to {PAST_DAY} are {debits}; {expected} were posted");
    drop(client);
    ledger.close().await;
    Ok(took)
}

/// By the streams, drawn anew.
fn posted_up_to_that_day(run: &Run, plan: &Plan) -> i64 {
    let of_seat = |(seat, count): &(_, usize)| {
        let amounts = plan.stream(*seat).take(*count).map(|asked| match asked.step {
            Step::Dated(transfer, day) if day <= PAST_DAY => transfer.amount_minor,
            _ => 0,
        });
        amounts.sum::<i64>()
    };
    run.by_seat.iter().map(of_seat).sum()
}
