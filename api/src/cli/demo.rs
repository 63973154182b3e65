//! `dianfu demo`: claims from intake to recovered money, each step with its journals.

mod advice;
mod day;
mod narrator;
mod office;
mod plan;
mod replay;
mod story;

use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use dianfu_claims::claim::{Claim, ClaimNo};
use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::money::Currency;
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::verify::Asked;
use dianfu_ledger::{Ledger, clock};
use dianfu_reconcile::examine;
use dianfu_reconcile::report::RemittanceView;
use jiff::civil::Date;
use serde::Serialize;

use super::desk::Desk;
use super::ending::{Answer, No};
use super::print::{Column, Format, Output, Sheet, stdout};
use super::remittance::check;
use super::report::{self, items};
use super::{input, verify};
use narrator::Narrator;
use office::Office;
use plan::{Plan, plan};

/// Rows of a list at the end; a longer trial balance is told by control accounts.
const ROWS_LISTED: usize = 40;
/// Lines and differences of a remittance that are told.
const LINES_TOLD: usize = 12;

/// Play claims from intake to recovered money, and show every step with its journals
///
/// Without a file the demo tells a story of its own. With --remittance it reads a real X12 835, makes the insurer, the
/// pharmacy and a claim for every line, and plays them up to the file, which it then matches and applies. It ends with
/// the trial balance, the open items, and `verify`.
///
/// The book stays: every other command shows it. If there is a book of that name already, the demo takes the next free
/// name, such as `main_2`, and says so.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu demo
  dianfu demo --remittance payment.835
  dianfu demo --book trial && dianfu --book trial report trial-balance")]
pub struct Demo {
    /// A real X12 835; `-` is standard input
    #[arg(long, value_name = "FILE")]
    remittance: Option<PathBuf>,
}

/// What is played.
enum Play {
    Story,
    File { bytes: Bytes, plan: Box<Plan> },
}

impl Play {
    fn currency(&self) -> Currency {
        match self {
            Play::Story => story::CURRENCY,
            Play::File { plan, .. } => plan.currency,
        }
    }
}

impl Demo {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let today = clock::date_of(clock::now());
        let play = match &self.remittance {
            None => Play::Story,
            Some(path) => match read(path, today).await? {
                Some(play) => play,
                None => return Ok(Answer::No),
            },
        };
        let database = desk.database().await?;
        let name = free_name(database, desk.book()).await?;
        book::create(database, &name).await?;
        let ledger = Ledger::open(database, &name).await?;
        let played = show(&ledger, &play, today).await;
        ledger.close().await;
        let answer = played?;
        say_where(desk, &name)?;
        Ok(answer)
    }
}

/// The file and what happened before it; `None` if its sums do not hold, which has been printed.
async fn read(path: &Path, today: Date) -> anyhow::Result<Option<Play>> {
    let bytes = input::whole(path, input::REMITTANCE_BYTES_MAX).await?;
    let (remittances, verdict) = examine(&bytes);
    if !verdict.balanced {
        check::show(path, &verdict, &Output { format: Format::Table })?;
        return Ok(None);
    }
    let plan = plan(&remittances, today).map_err(|error| No::new(format!("{}: {error}", input::name(path))))?;
    Ok(Some(Play::File { bytes, plan: Box::new(plan) }))
}

/// The name that was asked for, or the first of `NAME_2`, `NAME_3`, … that no book has.
async fn free_name(database: &Database, wanted: &BookName) -> anyhow::Result<BookName> {
    let taken = book::list(database).await?;
    let others = (2..).map_while(|number| BookName::parse(&format!("{wanted}_{number}")));
    let mut names = std::iter::once(wanted.clone()).chain(others);
    let free = names.find(|name| !taken.contains(name));
    free.ok_or_else(|| {
        No::new(format!("no name like '{wanted}' is free")).next("name a shorter one with --book").into()
    })
}

async fn show(ledger: &Ledger, play: &Play, today: Date) -> anyhow::Result<Answer> {
    let mut narrator = Narrator::new();
    let mut office = Office::open(ledger.clone(), play.currency()).await?;
    let claims = match play {
        Play::Story => {
            let mut claims = story::tell(&mut office, &mut narrator, today).await?;
            claims.extend(day::tell(&mut office, &mut narrator, today).await?);
            claims
        }
        Play::File { bytes, plan } => replay::play(&mut office, &mut narrator, plan, bytes).await?,
    };
    let output = Output { format: Format::Table };
    narrator.step("The claims as they stand")?;
    narrator.pause()?;
    let more = show_claims(&mut office, &claims, &output).await?;
    narrator.say_more(more, "claims")?;
    if matches!(play, Play::Story) {
        day::end(&mut office, &mut narrator, today, &output).await?;
    }
    narrator.step("The trial balance")?;
    narrator.pause()?;
    let report = query::trial_balance(&***office.client(), Moment::default(), None).await?;
    let report = if report.rows.len() > ROWS_LISTED { report.by_control() } else { report };
    report::show(report, &output)?;
    narrator.step("What is open")?;
    narrator.pause()?;
    let more = items::show_some(office.client(), ROWS_LISTED, &output).await?;
    narrator.say_more(more, "open items")?;
    narrator.step("Verify: everything recomputed from the journal")?;
    narrator.pause()?;
    verify::show(ledger, Asked::default(), &output).await
}

/// Says which lines a remittance paid, and what somebody has to look at.
fn tell_outcome(narrator: &mut Narrator, view: &RemittanceView) -> anyhow::Result<()> {
    let remittance = &view.row.remittance;
    narrator.say(&format!("Remittance {}: {}", remittance.trace, view.row.state.word()))?;
    for line in view.lines.iter().take(LINES_TOLD) {
        let Some(found) = &line.matched else { continue };
        let claim_no = found.claim_no.as_deref().unwrap_or("no claim");
        let (number, order) = (&line.line.claim_no, line.line.order);
        narrator.say(&format!("  line {order}, number {number}: {} ({claim_no})", found.outcome.word()))?;
    }
    narrator.say_more(view.lines.len().saturating_sub(LINES_TOLD), "lines")?;
    for adjustment in view.adjustments.iter().take(LINES_TOLD) {
        let reason = adjustment.reason.as_deref().unwrap_or("waits");
        narrator.say(&format!("  adjustment {} {}: {reason}", adjustment.code, adjustment.reference))?;
    }
    narrator.say_more(view.adjustments.len().saturating_sub(LINES_TOLD), "adjustments")?;
    for raised in view.breaks.iter().take(LINES_TOLD) {
        narrator.say(&format!("  to look at: {}: {}", raised.category.word(), raised.explanation))?;
    }
    narrator.say_more(view.breaks.len().saturating_sub(LINES_TOLD), "to look at")
}

#[derive(Serialize)]
struct ClaimRow {
    claim: String,
    sent_as: String,
    price: String,
    share: String,
    advance: String,
    approved: String,
    shortfall: String,
    state: &'static str,
}

const CLAIMS: Sheet = Sheet {
    above: &[],
    rows: "",
    columns: &[
        Column::Text("claim"),
        Column::Text("sent_as"),
        Column::Number("price"),
        Column::Number("share"),
        Column::Number("advance"),
        Column::Number("approved"),
        Column::Number("shortfall"),
        Column::Text("state"),
    ],
    totals: None,
    below: &[],
    empty: "The file speaks of no claim.",
};

/// Lists claims; answers how many more there are.
async fn show_claims(office: &mut Office, claims: &[ClaimNo], output: &Output) -> anyhow::Result<usize> {
    let mut rows = Vec::with_capacity(claims.len().min(ROWS_LISTED));
    for claim_no in claims.iter().take(ROWS_LISTED) {
        rows.push(row(&office.story(claim_no).await?.0));
    }
    output.print(&rows, &CLAIMS)?;
    Ok(claims.len().saturating_sub(ROWS_LISTED))
}

fn row(claim: &Claim) -> ClaimRow {
    let text = |minor: i64| claim.money(minor).to_decimal_string();
    ClaimRow {
        claim: claim.claim_no().to_string(),
        sent_as: claim.progress.submitted_no.clone().unwrap_or_default(),
        price: text(claim.intake.gross_minor),
        share: text(claim.share_minor()),
        advance: text(claim.advance_minor()),
        approved: text(claim.progress.approved_minor),
        shortfall: text(claim.progress.shortfall_minor),
        state: claim.state.word(),
    }
}

/// Where the book is, and what to do with it next.
fn say_where(desk: &Desk, name: &BookName) -> anyhow::Result<()> {
    let options = desk.options_for(name);
    // As it was called: it need not be on the search path.
    let program = std::env::args_os().next().unwrap_or_else(|| "dianfu".into());
    let program = program.to_string_lossy();
    let mut out = stdout();
    writeln!(out, "\nThe book '{name}' stays. Look around in it:")?;
    for command in ["report trial-balance", "report open-items", "entry list --limit 10", "verify", "serve"] {
        writeln!(out, "  {program}{options} {command}")?;
    }
    Ok(out.flush()?)
}
