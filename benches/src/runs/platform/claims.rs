//! Claims that are moved on, some hundred by a request.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use dianfu_claims::insurer::onboard::{Onboarding, onboard};
use dianfu_claims::{Command, apply, patient, pharmacy, rule_book};
use dianfu_ledger::{Ledger, clock};
use dianfu_settlement::chart::{channel_accounts, platform_accounts};
use dianfu_settlement::journals;
use tokio_postgres::Client;

use crate::workload::claims::{self, CURRENCY, PATH, party};
use crate::workload::remittances::claim_no;
use crate::workload::size::Size;

use super::{Done, Left, take};

/// What the insurer may owe without having decided: enough for every run.
const CREDIT_LINE_MINOR: i64 = i64::MAX / 4;

/// Registers everybody, and records the journals. Posts nothing.
pub async fn prepare(ledger: &Ledger, size: Size) -> anyhow::Result<usize> {
    journals::install(ledger).await?;
    let mut accounts = platform_accounts(CURRENCY);
    accounts.extend(channel_accounts(&party("channel")?, CURRENCY));
    ledger.open_accounts(&accounts, "bench").await?;
    let (mut client, now) = (ledger.client().await?, clock::now());
    let payer = claims::insurer()?;
    let papers = Onboarding::plain(payer.clone(), CREDIT_LINE_MINOR, claims::ON, [7; 32]);
    onboard(&mut client, &papers, ("maker", "checker"), now).await??;
    let rules = claims::rules()?;
    rule_book::record(&mut client, &payer.insurer_no, &rules, ("maker", "checker"), now).await??;
    pharmacy::register(&mut client, &claims::pharmacy()?, "bench", now).await??;
    for number in 0..size.accounts {
        let (patient, policy) = claims::patient(number)?;
        patient::register(&mut client, &patient, "bench", now).await??;
        patient::register_policy(&mut client, &policy, "bench", now).await??;
    }
    Ok(0)
}

/// Takes in as many claims as a request moves, moves them step by step to the end of their path, and takes in the next.
/// Each caller has patients of its own.
pub async fn caller(ledger: &Ledger, size: Size, left: &Left, caller: usize) -> anyhow::Result<Done> {
    let (mut client, mut done) = (ledger.client().await?, Done::default());
    for cohort in 0_usize.. {
        let cohort = format!("C-{caller}-{cohort}");
        for step in 0..PATH.len() {
            let count = take(left, size.batch);
            if count == 0 {
                return Ok(done);
            }
            let asked = Instant::now();
            let making = done.making;
            done.entries +=
                step_on(ledger, &mut client, (&cohort, count), (size, caller, step), &mut done.making).await?;
            done.latencies.record(asked.elapsed().saturating_sub(done.making.saturating_sub(making)));
            done.units += count;
        }
    }
    Ok(done)
}

/// Takes so many claims of a cohort one step further; each patient of a caller has one at a time. Answers the entries.
pub async fn step_on(
    ledger: &Ledger,
    client: &mut deadpool_postgres::Client,
    (cohort, count): (&str, usize),
    (size, caller, step): (Size, usize, usize),
    making: &mut Duration,
) -> anyhow::Result<usize> {
    let started = Instant::now();
    let command = |number: usize| {
        let patient = (number * size.callers + caller) % size.accounts;
        claims::command(&claim_no(cohort, number + 1), patient, step)
    };
    let commands: Vec<Command> = (0..count).map(command).collect::<anyhow::Result<_>>()?;
    *making += started.elapsed();
    let (mut entries, state) = (0, PATH[step]);
    for answer in apply(ledger, client, &commands, "bench", clock::now()).await? {
        let applied = answer.context("every command is granted")?;
        ensure!(applied.to == state && !applied.replayed, "{applied:?} in place of {}", state.word());
        entries += applied.entry_ids.len();
    }
    Ok(entries)
}

/// Whether so many transitions are on record.
pub async fn are_there(owner: &Client, units: usize) -> anyhow::Result<bool> {
    let there: i64 = owner.query_one("SELECT count(*) FROM claim_event", &[]).await?.get(0);
    Ok(there == i64::try_from(units)?)
}
