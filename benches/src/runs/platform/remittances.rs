//! Files of remittance lines that are checked, recorded, matched and posted, each behind its cash.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, ensure};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::money::Money;
use dianfu_ledger::{Ledger, Outcome, clock, id};
use dianfu_reconcile::import::{Delivery, import};
use dianfu_reconcile::{CashReceipt, receive};
use dianfu_settlement::chart::{DUE, EXPOSURE_CONTRA, insurer_accounts, platform_accounts};
use dianfu_settlement::journals;
use jiff::Timestamp;
use tokio_postgres::Client;

use crate::workload::claims::{CURRENCY, ON, party};
use crate::workload::remittances::{LINE_MINOR, claim_no, file, paid_minor};
use crate::workload::size::Size;

use super::{Done, Left};

/// Claims that are made due at once.
const DUE_AT_ONCE: usize = 8_000;

/// The files of a run, by number.
fn files(size: Size) -> Range<usize> {
    0..size.entries.div_ceil(size.batch)
}

fn trace(number: usize) -> String {
    format!("T{number}")
}

/// Takes the next file: its number and its lines.
fn next(left: &Left, size: Size) -> Option<(usize, usize)> {
    let less = |left: usize| (left > 0).then(|| left - left.min(size.batch));
    let before = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok()?;
    Some(((size.entries - before) / size.batch, before.min(size.batch)))
}

/// Makes every claim due that a line of any file pays. Answers how many entries that took.
pub async fn prepare(ledger: &Ledger, owner: &Client, size: Size) -> anyhow::Result<usize> {
    journals::install(ledger).await?;
    let insurer = party("insurer")?;
    let mut accounts = platform_accounts(CURRENCY);
    accounts.extend(insurer_accounts(&insurer, CURRENCY));
    ledger.open_accounts(&accounts, "bench").await?;
    let (due, from) = (DUE.of(&insurer), EXPOSURE_CONTRA.of(&insurer));
    let claim_nos = files(size).flat_map(|number| (1..=size.batch).map(move |line| claim_no(&trace(number), line)));
    let claim_nos: Vec<String> = claim_nos.collect();
    for some in claim_nos.chunks(DUE_AT_ONCE) {
        let entries = some.iter().map(|claim_no| approved(&due, &from, claim_no)).collect();
        let outcomes = ledger.post(entries).await?;
        let is_posted = |outcome: &Outcome| matches!(outcome, Outcome::Posted(_));
        ensure!(outcomes.iter().all(is_posted), "what is approved is due");
        let sql = "
            INSERT INTO open_item_reference (account, item, submitted_no, insurer_claim_no, position, recorded_at)
            SELECT $1, claim_no, claim_no, claim_no, 1, $2
            FROM unnest($3::text[]) AS approved (claim_no)";
        owner.execute(sql, &[&due.as_str(), &clock::now(), &some]).await?;
    }
    owner.batch_execute("ANALYZE open_item_reference").await?;
    Ok(claim_nos.len())
}

fn approved(due: &AccountCode, from: &AccountCode, claim_no: &str) -> NewEntry {
    let leg = |account: &AccountCode, minor: i64, item: Option<&str>| {
        NewPosting::new(account.clone(), Money::new(minor, CURRENCY), item.map(str::to_owned))
    };
    NewEntry {
        id: id::fresh(),
        effective_date: Some(ON),
        reference: claim_no.to_owned(),
        actor: "bench".to_owned(),
        postings: vec![leg(due, LINE_MINOR, Some(claim_no)), leg(from, -LINE_MINOR, None)],
        ..NewEntry::default()
    }
}

/// Takes in one file after the other, each behind its cash.
pub async fn caller(ledger: &Ledger, size: Size, left: &Left) -> anyhow::Result<Done> {
    let (mut client, mut done) = (ledger.client().await?, Done::default());
    while let Some((number, lines)) = next(left, size) {
        let started = Instant::now();
        let (trace, now) = (trace(number), clock::now());
        let file = file(&trace, lines, LINE_MINOR);
        done.making += started.elapsed();
        let asked = Instant::now();
        done.entries += take_in(ledger, &mut client, (&trace, &file), paid_minor(lines, LINE_MINOR), now).await?;
        done.latencies.record(asked.elapsed());
        done.units += lines;
    }
    Ok(done)
}

/// Books the cash of a file and takes the file in; answers the entries of both.
pub async fn take_in(
    ledger: &Ledger,
    client: &mut deadpool_postgres::Client,
    (trace, file): (&str, &str),
    paid_minor: i64,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let (insurer, bank) = (party("insurer")?, party("settlement")?);
    let receipt = CashReceipt {
        bank: &bank,
        bank_reference: trace,
        insurer: &insurer,
        trace: Some(trace),
        amount: Money::new(paid_minor, CURRENCY),
        value_date: ON,
        received_at: now,
        actor: "bench",
    };
    receive(ledger, client, &receipt, ON).await?.context("the cash is booked")?;
    let delivery = Delivery { insurer: &insurer, bytes: file.as_bytes(), received_at: now, actor: "bench" };
    let imported = import(ledger, client, &delivery).await?.context("the file holds")?;
    let applied = imported.remittances.first().context("a file has a remittance")?;
    ensure!(applied.state.word() == "APPLIED" && !imported.replayed, "{trace} is {}", applied.state.word());
    Ok(1 + applied.entry_ids.len())
}

/// Whether so many lines have paid their claims in full.
pub async fn are_there(owner: &Client, units: usize) -> anyhow::Result<bool> {
    let sql = "SELECT count(*) FROM remittance_match WHERE outcome = 'equal' AND applied_minor = $1";
    let there: i64 = owner.query_one(sql, &[&LINE_MINOR]).await?.get(0);
    Ok(there == i64::try_from(units)?)
}
