//! `dianfu verify`: recompute the book from its journal.

use std::io::{IsTerminal, stderr};

use clap::Args;
use deadpool_postgres::Client;
use dianfu_ledger::verify::{Progress, Report, verify};
use dianfu_reconcile::import::hexadecimal;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::desk::Desk;
use super::ending::{Answer, say};
use super::print::{Column, Output, Sheet, unless_nobody_reads};

/// Recompute every sum, running total and hash of the book, and name the first row that is wrong
///
/// Reads one snapshot and disturbs nobody. Keep the head's hash somewhere else: it stands for the whole journal.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu verify
  dianfu verify --format json | jq .head_hash")]
pub struct Verify {
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct VerifyBody {
    clean: bool,
    entries: i64,
    postings: i64,
    commits: i64,
    accounts: i64,
    head_hash: String,
    finding: Option<FindingBody>,
}

#[derive(Serialize)]
struct FindingBody {
    place: String,
    rule: &'static str,
    message: &'static str,
    expected: String,
    actual: String,
}

const SHEET: Sheet = Sheet {
    above: &[],
    rows: "",
    columns: &[
        Column::Text("clean"),
        Column::Number("entries"),
        Column::Number("postings"),
        Column::Number("commits"),
        Column::Number("accounts"),
        Column::Text("head_hash"),
    ],
    totals: None,
    below: &[],
    empty: "",
};

impl Verify {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        show(&mut desk.client().await?, &self.output).await
    }
}

/// Verifies and prints what came of it.
pub async fn show(client: &mut Client, output: &Output) -> anyhow::Result<Answer> {
    let bar = progress_bar();
    let report = verify(client, |progress| advance(&bar, progress)).await?;
    bar.finish_and_clear();
    let finding = report.finding.as_ref().map(ToString::to_string);
    output.print(&body(report), &SHEET).or_else(unless_nobody_reads)?;
    let Some(finding) = finding else { return Ok(Answer::Yes) };
    say(&finding, Some("trust nothing from this row on; compare with a backup or an export from before"));
    Ok(Answer::No)
}

fn progress_bar() -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} entries, {eta} left");
    ProgressBar::new(0).with_style(style.expect("the template is well formed"))
}

fn advance(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.entries_total.unsigned_abs());
    bar.set_position(progress.entries.unsigned_abs());
}

fn body(report: Report) -> VerifyBody {
    VerifyBody {
        clean: report.is_clean(),
        entries: report.entries,
        postings: report.postings,
        commits: report.commits,
        accounts: report.accounts,
        head_hash: hexadecimal(&report.head_hash),
        finding: report.finding.map(|finding| FindingBody {
            place: finding.place.to_string(),
            rule: finding.rule.code(),
            message: finding.rule.sentence(),
            expected: finding.expected,
            actual: finding.actual,
        }),
    }
}
