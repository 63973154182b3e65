//! How the day ends: every journal and how often it was posted, what of the credit lines is used, how old is what is
//! open, and one claim as each of its four parties sees it. What they have paid and got adds up to zero.

use std::collections::BTreeMap;

use dianfu_api::report::{Question, items};
use dianfu_claims::claim::{Claim, ClaimNo};
use dianfu_claims::insurer::exposure::exposure;
use dianfu_claims::insurer::statement::{Movement, statement as insurer_statement};
use dianfu_ledger::money::Money;
use dianfu_ledger::query::{self, Moment, PAGE_ROWS_MAX};
use dianfu_settlement::chart::{
    ADVANCE_LOSS, ALLOWANCE, BAD_DEBT, FEE_INSURERS, FEE_PHARMACIES, Line, OUTPUT_VAT, RECOVERED_DEBT,
};
use dianfu_settlement::statement::{Period, patient, pharmacy};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::cast::{CREDIT, PREFUND};
use crate::cli::demo::narrator::{self, Narrator};
use crate::cli::demo::office::{Office, party};
use crate::cli::demo::story::CURRENCY;
use crate::cli::print::{Column, Output, Sheet};

/// The claim that is shown from four sides: the one with the worked figures.
const SHOWN: &str = "CLM-1";

#[derive(Serialize)]
struct JournalRow {
    journal: String,
    entries: usize,
}

const JOURNALS: Sheet = Sheet {
    above: &[],
    rows: "",
    columns: &[Column::Text("journal"), Column::Number("entries")],
    totals: None,
    below: &[],
    empty: "Nothing is posted.",
};

#[derive(Serialize)]
struct ExposureRow {
    insurer: String,
    limit: String,
    held: String,
    advanced: String,
    due: String,
    disputed: String,
    left: String,
}

const EXPOSURE: Sheet = Sheet {
    above: &[],
    rows: "",
    columns: &[
        Column::Text("insurer"),
        Column::Number("limit"),
        Column::Number("held"),
        Column::Number("advanced"),
        Column::Number("due"),
        Column::Number("disputed"),
        Column::Number("left"),
    ],
    totals: None,
    below: &[],
    empty: "No insurer has a credit line.",
};

/// Where the platform earns and loses by a claim.
const PLATFORMS: [Line; 7] =
    [FEE_INSURERS, FEE_PHARMACIES, OUTPUT_VAT, ADVANCE_LOSS, BAD_DEBT, ALLOWANCE, RECOVERED_DEBT];

/// What a claim is to one of its parties; minor units, what it gets is positive.
#[derive(Clone, Copy)]
struct Side {
    moved_minor: i128,
    open_minor: i128,
}

#[derive(Serialize)]
struct SideRow {
    party: String,
    paid_or_got: String,
    still_open: String,
    in_all: String,
}

const SIDES: Sheet = Sheet {
    above: &[],
    rows: "",
    columns: &[
        Column::Text("party"),
        Column::Number("paid_or_got"),
        Column::Number("still_open"),
        Column::Number("in_all"),
    ],
    totals: None,
    below: &[],
    empty: "",
};

/// Shows it.
pub async fn end(office: &mut Office, narrator: &mut Narrator, today: Date, output: &Output) -> anyhow::Result<()> {
    narrator.step("Every journal of the day, and how often it was posted")?;
    narrator.pause()?;
    output.print(&journals(office).await?, &JOURNALS)?;
    narrator.step("What of the credit lines is used")?;
    narrator.pause()?;
    output.print(&lines(office).await?, &EXPOSURE)?;
    narrator.step("How old is what is open")?;
    narrator.pause()?;
    let aging = items::Aging { account: None, moment: Moment::default() };
    output.print(&aging.page(office.client(), None, 1).await?, &items::Aging::PAPER.sheet)?;
    narrator.step(&format!("{SHOWN} as its four parties see it: what each pays is what the others get"))?;
    narrator.pause()?;
    output.print(&sides(office, today).await?, &SIDES)
}

async fn journals(office: &Office) -> anyhow::Result<Vec<JournalRow>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut after = 0;
    loop {
        let entries = query::entries(&***office.client(), after, PAGE_ROWS_MAX).await?;
        let Some(last) = entries.last() else { break };
        after = last.sequence;
        for entry in &entries {
            *counts.entry(narrator::journal(entry)).or_default() += 1;
        }
    }
    Ok(counts.into_iter().map(|(journal, entries)| JournalRow { journal, entries }).collect())
}

async fn lines(office: &Office) -> anyhow::Result<Vec<ExposureRow>> {
    let insurers = [party("picc")?, party(CREDIT)?, party(PREFUND)?];
    let text = |minor: i64| text(minor.into());
    let row = |line: dianfu_claims::insurer::exposure::Exposure| ExposureRow {
        insurer: line.insurer.to_string(),
        limit: line.limit_minor.map(text).unwrap_or_default(),
        held: text(line.committed_minor),
        advanced: text(line.advanced_minor),
        due: text(line.due_minor),
        disputed: text(line.disputed_minor),
        left: line.headroom_minor.map(text).unwrap_or_default(),
    };
    Ok(exposure(&***office.client(), &insurers).await?.into_iter().map(row).collect())
}

async fn sides(office: &mut Office, today: Date) -> anyhow::Result<Vec<SideRow>> {
    let (claim, events) = office.story(&ClaimNo::parse(SHOWN)?).await?;
    let ids: Vec<_> = events.iter().flat_map(|event| event.entry_ids.iter().copied()).collect();
    let sides = [
        (format!("insurer {}", claim.intake.insurer), of_insurer(office, &claim, today).await?),
        (format!("patient {}", claim.intake.patient), of_patient(office, &claim).await?),
        (format!("pharmacy {}", claim.intake.pharmacy), of_pharmacy(office, &claim).await?),
        ("platform".to_owned(), of_platform(office, &ids).await?),
    ];
    let sum = |of: fn(&Side) -> i128| sides.iter().map(|(_, side)| of(side)).sum::<i128>();
    let total = sum(|side| side.moved_minor + side.open_minor);
    anyhow::ensure!(total == 0, "the four sides of {SHOWN} add up to {total}, not to zero");
    let row = |(party, side): &(String, Side)| SideRow {
        party: party.clone(),
        paid_or_got: text(side.moved_minor),
        still_open: text(side.open_minor),
        in_all: text(side.moved_minor + side.open_minor),
    };
    let mut rows: Vec<SideRow> = sides.iter().map(row).collect();
    let all = Side { moved_minor: sum(|side| side.moved_minor), open_minor: sum(|side| side.open_minor) };
    rows.push(row(&("together".to_owned(), all)));
    Ok(rows)
}

/// By the insurer's statement: what it paid, and what it still owes.
async fn of_insurer(office: &Office, claim: &Claim, today: Date) -> anyhow::Result<Side> {
    let days = (today.saturating_sub(100.days()), today);
    let statement = insurer_statement(&***office.client(), &claim.intake.insurer, days, None).await?;
    let lines = statement.accounts.iter().flat_map(|account| &account.lines);
    let own = lines.filter(|line| line.item.as_deref() == Some(claim.claim_no().as_str()));
    let (paid, owed): (Vec<_>, Vec<_>) = own.partition(|line| line.movement == Movement::Paid);
    let sum = |lines: &[&dianfu_claims::insurer::statement::StatementLine]| {
        lines.iter().map(|line| i128::from(line.amount_minor)).sum::<i128>()
    };
    Ok(Side { moved_minor: sum(&paid), open_minor: -(sum(&owed) + sum(&paid)) })
}

/// By the patient's statement.
async fn of_patient(office: &mut Office, claim: &Claim) -> anyhow::Result<Side> {
    let statement = patient::statement(office.client_mut(), &claim.intake.patient, Period::default()).await?;
    let row = statement.rows.into_iter().find(|row| row.claim == claim.claim_no().as_str()).unwrap_or_default();
    let paid = row.share_paid_minor + row.clawback_paid_minor;
    Ok(Side {
        moved_minor: row.refund_paid_minor + row.reimbursement_paid_minor - paid,
        open_minor: -row.balance_minor,
    })
}

/// By the pharmacy's statement.
async fn of_pharmacy(office: &mut Office, claim: &Claim) -> anyhow::Result<Side> {
    let statement = pharmacy::statement(office.client_mut(), &claim.intake.pharmacy, Period::default()).await?;
    let row = statement.rows.into_iter().find(|row| row.order == claim.claim_no().as_str()).unwrap_or_default();
    Ok(Side { moved_minor: row.net_minor + row.netted_minor - row.debt_netted_minor, open_minor: row.balance_minor })
}

/// By the journal: income and tax that the claim's own entries brought, less what the platform bears of it.
async fn of_platform(office: &Office, entries: &[uuid::Uuid]) -> anyhow::Result<Side> {
    let mut earned = 0;
    for id in entries {
        let Some(entry) = query::entry(&***office.client(), *id).await? else { continue };
        let own =
            entry.postings.iter().filter(|posting| PLATFORMS.iter().any(|line| line.code == posting.account.control()));
        earned -= own.map(|posting| i128::from(posting.amount.minor)).sum::<i128>();
    }
    Ok(Side { moved_minor: earned, open_minor: 0 })
}

fn text(minor: i128) -> String {
    i64::try_from(minor).map_or_else(|_| minor.to_string(), |minor| Money::new(minor, CURRENCY).to_decimal_string())
}
