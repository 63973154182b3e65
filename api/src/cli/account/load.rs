//! `dianfu account load`: the chart of accounts from a file.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use dianfu_ledger::account::{AccountCode, NewAccount};
use dianfu_ledger::chart::{ChartFault, ChartLine, read_chart};
use dianfu_ledger::opening::AccountOutcome;
use dianfu_ledger::query::{self, AccountFilter, AccountView, PAGE_ROWS_MAX};
use dianfu_settlement::chart::STARTER_CHART;
use serde::Serialize;

use super::open::others;
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No};
use crate::cli::print::{Column, Output, Sheet};

/// Open all accounts of a chart in a CSV file, or none
///
/// The first line names the columns: account, type, currency, name, and if wanted `normal_side`, `open_item`, parent,
/// minimum, maximum; any further column is a key of the account's metadata. What is open already with the same
/// definition stays as it is. Every fault is named with its line and column; if there is any, nothing is opened.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu account load chart.csv
  dianfu account load chart.csv --dry-run
  dianfu account load --starter              the chart that comes with the platform")]
pub struct Load {
    /// The file
    #[arg(required_unless_present = "starter", conflicts_with = "starter")]
    file: Option<PathBuf>,
    /// The platform's own chart, with retained earnings and exchange accounts
    #[arg(long)]
    starter: bool,
    /// Only check: name every fault, open nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

/// One line of the file, and what became of it.
#[derive(Serialize)]
struct LineBody {
    line: usize,
    account: String,
    /// `opened`, `open_already`, or `refused`.
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A fault of the file.
#[derive(Serialize)]
struct FaultBody {
    line: usize,
    column: Option<String>,
    code: &'static str,
    expected: String,
    actual: String,
}

#[derive(Serialize)]
struct LoadBody {
    opened: usize,
    lines: Vec<LineBody>,
    faults: Vec<FaultBody>,
}

const FAULTS: Sheet = Sheet {
    above: &[],
    rows: "faults",
    columns: &[
        Column::Number("line"),
        Column::Text("column"),
        Column::Text("code"),
        Column::Text("expected"),
        Column::Text("actual"),
    ],
    totals: None,
    below: &[],
    empty: "",
};

const LINES: Sheet = Sheet {
    above: &[],
    rows: "lines",
    columns: &[Column::Number("line"), Column::Text("account"), Column::Text("what"), Column::Text("reason")],
    totals: None,
    below: &["opened"],
    empty: "",
};

impl Load {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let bytes = match &self.file {
            Some(path) => fs::read(path).with_context(|| format!("cannot read {}", path.display()))?,
            None => STARTER_CHART.as_bytes().to_vec(),
        };
        let mut lines = match read_chart(&bytes, &known(desk).await?) {
            Ok(lines) => lines,
            Err(faults) => {
                let faults: Vec<FaultBody> = faults.into_iter().map(FaultBody::from).collect();
                let refusal = No::new(format!("the chart has {} faults; nothing is opened", faults.len()));
                self.output.print(&LoadBody { opened: 0, lines: Vec::new(), faults }, &FAULTS)?;
                return Err(refusal.into());
            }
        };
        parents_first(&mut lines);
        let accounts: Vec<NewAccount> = lines.iter().map(|line| line.account.clone()).collect();
        let ledger = desk.ledger().await?;
        let outcomes = ledger.open_chart(&accounts, &Desk::actor(), !self.dry_run).await?;
        let there = views(desk).await?;
        let told = |(line, outcome): (&ChartLine, AccountOutcome)| told(line, outcome, there.get(&line.account.code));
        let mut told: Vec<LineBody> = lines.iter().zip(outcomes).map(told).collect();
        told.sort_by_key(|line| line.line);
        let refused = told.iter().filter(|line| line.what == "refused").count();
        let opened =
            if refused > 0 || self.dry_run { 0 } else { told.iter().filter(|line| line.what == "opened").count() };
        self.output.print(&LoadBody { opened, lines: told, faults: Vec::new() }, &LINES)?;
        match refused {
            0 => Ok(Answer::Yes),
            _ => Err(No::new(format!("{refused} accounts are refused; nothing is opened")).into()),
        }
    }
}

impl From<ChartFault> for FaultBody {
    fn from(fault: ChartFault) -> FaultBody {
        FaultBody {
            line: fault.line,
            column: fault.column,
            code: fault.kind.code(),
            expected: fault.expected,
            actual: fault.actual,
        }
    }
}

fn told(line: &ChartLine, outcome: AccountOutcome, there: Option<&AccountView>) -> LineBody {
    let (what, reason) = match outcome {
        AccountOutcome::Opened(_) => ("opened", None),
        AccountOutcome::Existing(_) => {
            let others = there.map(|there| others(&line.account, there)).unwrap_or_default();
            let is_other = (!others.is_empty()).then(|| format!("with another {}, which stays", others.join(", ")));
            ("open_already", is_other)
        }
        AccountOutcome::Conflict { field, first, given } => {
            ("refused", Some(format!("it is open with another {field}: there '{first}', here '{given}'")))
        }
        AccountOutcome::Refused(fault) => ("refused", Some(fault.to_string())),
    };
    LineBody { line: line.line, account: line.account.code.to_string(), what, reason }
}

/// The accounts of the book, each with what it is rolled up to.
pub async fn known(desk: &Desk) -> anyhow::Result<BTreeMap<AccountCode, Option<String>>> {
    Ok(views(desk).await?.into_iter().map(|(code, view)| (code, view.note.parent)).collect())
}

async fn views(desk: &Desk) -> anyhow::Result<BTreeMap<AccountCode, AccountView>> {
    let client = desk.client().await?;
    let (mut views, mut cursor) = (BTreeMap::new(), None);
    loop {
        let page = query::accounts(&**client, AccountFilter::default(), cursor.as_ref(), PAGE_ROWS_MAX).await?;
        views.extend(page.accounts.into_iter().map(|view| (view.account.code.clone(), view)));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(views);
        }
    }
}

/// An account is opened after its parent, wherever the two stand in the file.
fn parents_first(lines: &mut [ChartLine]) {
    let parents: HashMap<String, Option<String>> =
        lines.iter().map(|line| (line.account.code.as_str().to_owned(), line.account.note.parent.clone())).collect();
    let depth = |line: &ChartLine| {
        let up = |code: &String| parents.get(code).cloned().flatten();
        std::iter::successors(line.account.note.parent.clone(), up).count()
    };
    lines.sort_by_cached_key(depth);
}
