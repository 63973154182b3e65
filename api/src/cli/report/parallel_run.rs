//! `dianfu report parallel-run`: their balances beside ours.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use dianfu_api::wire::parallel_run::ParallelRunBody;
use dianfu_ledger::import::Fault;
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::report::parallel_run::{AccountMap, Theirs, parallel_run};

use crate::cli::arguments::MomentArgs;
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No};
use crate::cli::print::{Column, Output, Sheet};

/// Compare the balances of another system with ours, account by account; a no if any differs
///
/// The file is CSV: account, currency, and either balance (debit positive) or debit and credit; if wanted `as_of`, one
/// day for the whole file. `--accounts` names a second one with the columns theirs and ours; accounts that are not in
/// it are called the same in both. Several of theirs may be one of ours: they are added up.
#[derive(Args)]
#[command(after_help = "\
A complete file:
  account,currency,debit,credit,as_of
  1002,CNY,250000.00,,2026-01-31
  3001,CNY,,250000.00,2026-01-31

Examples:
  dianfu report parallel-run balances.csv
  dianfu report parallel-run balances.csv --accounts names.csv --as-of 2026-01-31
  dianfu report parallel-run balances.csv --tolerance 0.01 --format csv")]
pub struct ParallelRun {
    /// Their balances
    file: PathBuf,
    /// What their accounts are called here: CSV with the columns theirs and ours
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// An amount that each account may differ by; nothing by default
    #[arg(long, value_name = "AMOUNT")]
    tolerance: Option<String>,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: Output,
}

const SHEET: Sheet = Sheet {
    above: &[],
    rows: "rows",
    columns: &[
        Column::Text("account"),
        Column::Text("currency"),
        Column::Number("theirs"),
        Column::Number("ours"),
        Column::Number("difference"),
        Column::Text("verdict"),
    ],
    totals: Some("totals"),
    below: &["agrees", "as_of", "known_at"],
    empty: "There is nothing on either side.",
};

impl ParallelRun {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let map = match &self.accounts {
            None => AccountMap::default(),
            Some(path) => {
                AccountMap::read(open(path)?).with_context(|| cannot_read(path))?.map_err(|faults| no(path, &faults))?
            }
        };
        let theirs = Theirs::read(open(&self.file)?, &map).with_context(|| cannot_read(&self.file))?;
        let theirs = theirs.map_err(|faults| no(&self.file, &faults))?;
        let asked = self.moment.moment();
        let moment = Moment { as_of: asked.as_of.or(theirs.as_of), ..asked };
        if let (Some(asked), Some(of_file)) = (moment.as_of, theirs.as_of)
            && asked != of_file
        {
            return Err(No::new(format!("the balances are of {of_file}, and --as-of is {asked}")).into());
        }
        let client = desk.client().await?;
        let ours = query::trial_balance(&**client, moment, None).await?;
        let run =
            parallel_run(&theirs, &ours, self.tolerance.as_deref()).map_err(|error| No::new(error.to_string()))?;
        let (agrees, differing) = (run.agrees(), run.rows.iter().filter(|row| !row.verdict.agrees()).count());
        self.output.print(&ParallelRunBody::new(run, ours.as_of, ours.known_at), &SHEET)?;
        if agrees {
            return Ok(Answer::Yes);
        }
        let accounts =
            if differing == 1 { "1 account differs".to_owned() } else { format!("{differing} accounts differ") };
        Err(No::new(accounts).next("`dianfu statement ACCOUNT` shows what an account is made of here").into())
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| cannot_read(path))
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

/// All that is wrong with a file, one fault a line.
fn no(path: &Path, faults: &[Fault]) -> No {
    let told = faults.iter().map(|fault| {
        let (expected, actual) = (fault.expected.as_deref(), fault.actual.as_deref());
        let place = format!("line {}: {} ({})", fault.line, fault.message, fault.code);
        match (expected, actual) {
            (Some(expected), Some(actual)) => format!("{place}: expected {expected}; found {actual}"),
            _ => place,
        }
    });
    No::new(format!("{} cannot be compared: {}", path.display(), told.collect::<Vec<_>>().join("; ")))
}
