//! `dianfu period`: days that are closed, and the end of a year.

use clap::{Args, Subcommand, ValueEnum};
use dianfu_api::wire::control::{PeriodsBody, YearEndBody};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::period::{self, PeriodOutcome, Reopening, Tightness, YearEnd};
use dianfu_ledger::register::Signature;
use jiff::civil::Date;

use super::arguments::{account_code, day};
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};

/// Close days, take them back by two people, and end a year
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu period close 2026-04-30 --reason \"Month end\"            adjusters may still post
  dianfu period close 2026-04-30 --hard --reason \"Audited\"       nobody may; the trial balance is sealed
  dianfu period propose-reopening 2026-04-28 --reason \"Late bill\" one person asks
  dianfu period reopen 3 --reason \"Agreed\"                       another agrees
  dianfu period year-end 2026-12-31 --to 3900
  dianfu period list")]
pub enum Period {
    Close(Close),
    ProposeReopening(ProposeReopening),
    Reopen(Reopen),
    YearEnd(EndYear),
    /// Show what is closed, and everything that was ever done about it
    #[command(after_help = "\
Example:
  dianfu period list --format json")]
    List {
        #[command(flatten)]
        output: Output,
    },
}

/// Close all days up to one, from now on
///
/// Softly, adjusting entries are still taken. Hard, nothing is, and the trial balance of the day is sealed: `dianfu
/// verify` makes it up again. What comes late for a closed day counts on the first open one, if its entry says so.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu period close 2026-04-30 --reason \"Month end\"
  dianfu period close 2026-04-30 --hard --reason \"Audited\"")]
pub struct Close {
    /// The last of the days; it must be over
    #[arg(value_parser = day)]
    through: Date,
    /// To everybody
    #[arg(long)]
    hard: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// Propose to take days back; nothing changes before another person agrees
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu period propose-reopening 2026-04-28 --reason \"Late bill\"
  dianfu period propose-reopening 2026-04-01 --out-of hard --reason \"Auditor's correction\"")]
pub struct ProposeReopening {
    /// The first of the days
    #[arg(value_parser = day)]
    from: Date,
    /// What they are taken out of: `soft`, so that anybody may post; `hard`, so that adjusters may
    #[arg(long, value_enum, default_value = "soft")]
    out_of: OutOf,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum OutOf {
    Soft,
    Hard,
}

/// Agree to a proposal to take days back, as another person than the one who made it
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu period reopen 3 --reason \"Agreed with the auditor\"")]
pub struct Reopen {
    /// The proposal's number
    proposal: i64,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// Move the result of a year to retained earnings, by ordinary entries
///
/// What stands on income and expense accounts at the end of the day is brought to zero. Doing it again moves what was
/// posted since.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu period year-end 2026-12-31 --to 3900
  dianfu period year-end 2026-12-31 --to 3900 --to 3900.usd --format json")]
pub struct EndYear {
    /// Its last day
    #[arg(value_parser = day)]
    through: Date,
    /// The equity account that takes the result; one a currency
    #[arg(long = "to", value_name = "CODE", required = true, value_parser = account_code)]
    to: Vec<AccountCode>,
    #[command(flatten)]
    output: Output,
}

const RECORDS: Sheet = Sheet {
    above: &["soft_through", "hard_through"],
    rows: "records",
    columns: &[
        Column::Number("record"),
        Column::Text("what"),
        Column::Text("soft_through"),
        Column::Text("hard_through"),
        Column::Text("from"),
        Column::Text("out_of"),
        Column::Text("proposal"),
        Column::Text("proposed_by"),
        Column::Text("recorded_at"),
        Column::Text("actor"),
        Column::Text("reason"),
        Column::Text("trial_balance.sha256"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing is closed.",
};

const ENTRIES: Sheet = Sheet {
    above: &[],
    rows: "entries",
    columns: &[Column::Number("sequence"), Column::Text("booked_at")],
    totals: None,
    below: &[],
    empty: "There was nothing to move.",
};

impl Period {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Period::Close(close) => close.run(desk).await,
            Period::ProposeReopening(propose) => propose.run(desk).await,
            Period::Reopen(reopen) => reopen.run(desk).await,
            Period::YearEnd(end) => end.run(desk).await,
            Period::List { output } => list(desk, output).await,
        }
    }
}

impl Close {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let how = if self.hard { Tightness::Hard } else { Tightness::Soft };
        let actor = Desk::actor();
        let closing = desk.ledger().await?.close_period(self.through, how, Signature::of(&actor, &self.reason));
        recorded(closing.await?)?;
        list(desk, &self.output).await
    }
}

impl ProposeReopening {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let out_of = match self.out_of {
            OutOf::Soft => Tightness::Soft,
            OutOf::Hard => Tightness::Hard,
        };
        let actor = Desk::actor();
        let reopening = Reopening { from: self.from, out_of };
        let proposing = desk.ledger().await?.propose_reopening(&reopening, Signature::of(&actor, &self.reason));
        let proposal = recorded(proposing.await?)?;
        note(&format!("another person agrees with `dianfu period reopen {proposal} --reason TEXT`"));
        list(desk, &self.output).await
    }
}

impl Reopen {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let actor = Desk::actor();
        let reopening = desk.ledger().await?.reopen_period(self.proposal, Signature::of(&actor, &self.reason));
        recorded(reopening.await?)?;
        list(desk, &self.output).await
    }
}

impl EndYear {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match desk.ledger().await?.close_year(self.through, &self.to, &Desk::actor()).await? {
            YearEnd::Closed(receipts) => self.output.print(&YearEndBody::from(receipts), &ENTRIES)?,
            YearEnd::Refused(fault) => return Err(No::new(fault.to_string()).into()),
        }
        Ok(Answer::Yes)
    }
}

fn recorded(outcome: PeriodOutcome) -> Result<i64, No> {
    match outcome {
        PeriodOutcome::Recorded(record) => Ok(record),
        PeriodOutcome::Refused(fault) => Err(No::new(fault.to_string())),
    }
}

async fn list(desk: &Desk, output: &Output) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    output.print(&PeriodsBody::from(period::history(&**client).await?), &RECORDS)?;
    Ok(Answer::Yes)
}
