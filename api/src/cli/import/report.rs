//! What came of an import, and every fault.

use dianfu_ledger::import::Fault;
use dianfu_ledger::import::survey::Faults;
use serde::Serialize;

use crate::cli::ending::{Answer, note, say};
use crate::cli::print::{Column, Output, Sheet, unless_nobody_reads};

/// What came of an import.
#[derive(Default)]
pub struct Imported {
    /// Entries in the file.
    pub entries: u64,
    /// Those that the book did not have before, if nothing is wrong.
    pub new: u64,
    /// Those that are in the book now.
    pub posted: u64,
    /// Those that were in the book already.
    pub replayed: u64,
    /// Accounts that were opened.
    pub accounts_opened: u64,
    /// Versions of templates that were recorded.
    pub templates_recorded: u64,
    /// Holds that were released because their time is over and the file does not end them.
    pub holds_released: u64,
    /// Accounts that the file names, but nothing tells their currency.
    pub accounts_left: Vec<String>,
    /// Whether it was only checked.
    pub dry_run: bool,
    /// What is wrong.
    pub faults: Faults,
}

#[derive(Serialize)]
struct Body {
    entries: u64,
    new: u64,
    posted: u64,
    replayed: u64,
    accounts_opened: u64,
    templates_recorded: u64,
    holds_released: u64,
    accounts_left: Vec<String>,
    dry_run: bool,
    faults_total: u64,
    faults: Vec<FaultBody>,
}

#[derive(Serialize)]
struct FaultBody {
    line: u64,
    code: &'static str,
    message: String,
    expected: Option<String>,
    actual: Option<String>,
}

const SHEET: Sheet = Sheet {
    above: &[],
    rows: "faults",
    columns: &[
        Column::Number("line"),
        Column::Text("code"),
        Column::Text("message"),
        Column::Text("expected"),
        Column::Text("actual"),
    ],
    totals: None,
    below: &[
        "entries",
        "new",
        "posted",
        "replayed",
        "accounts_opened",
        "templates_recorded",
        "holds_released",
        "accounts_left",
    ],
    empty: "No faults.",
};

impl Imported {
    /// Prints it; a no if anything is wrong.
    pub fn print(self, output: &Output) -> anyhow::Result<Answer> {
        let (total, posted, dry_run) = (self.faults.total(), self.posted, self.dry_run);
        for account in &self.accounts_left {
            note(&format!("account {account} is not opened: no posting tells its currency"));
        }
        let body = Body {
            entries: self.entries,
            new: self.new,
            posted,
            replayed: self.replayed,
            accounts_opened: self.accounts_opened,
            templates_recorded: self.templates_recorded,
            holds_released: self.holds_released,
            accounts_left: self.accounts_left,
            dry_run,
            faults_total: total,
            faults: self.faults.by_line().into_iter().map(fault_body).collect(),
        };
        output.print(&body, &SHEET).or_else(unless_nobody_reads)?;
        if total == 0 {
            return Ok(Answer::Yes);
        }
        let faults = if total == 1 { "1 fault".to_owned() } else { format!("{total} faults") };
        let (what, next) = if posted == 0 {
            (format!("the file has {faults}; nothing is posted"), "correct the file and import it again")
        } else {
            let what = format!("{faults} after {posted} entries were posted: the book has changed meanwhile");
            (what, "correct the file or the book and import again: what is in the book is not posted twice")
        };
        say(&what, Some(next));
        Ok(Answer::No)
    }
}

fn fault_body(fault: Fault) -> FaultBody {
    let Fault { line, code, message, expected, actual } = fault;
    FaultBody { line, code, message, expected, actual }
}
