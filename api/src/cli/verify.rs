//! `dianfu verify`: recompute the book from its journal.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use dianfu_api::wire::proof::{TipBody, hexadecimal};
use dianfu_ledger::Ledger;
use dianfu_ledger::proof::PublicKey;
use dianfu_ledger::verify::archive::{Header, verify_archive};
use dianfu_ledger::verify::{Asked, Progress, Report, Rule, audit};
use indicatif::ProgressBar;
use serde::Serialize;

use super::desk::Desk;
use super::ending::{Answer, No, note, say};
use super::print::{Column, Output, Sheet, stdout, unless_nobody_reads};
use super::progress;
use super::proof::{NO_RELIANCE, Proven, prove, read_public_key};

/// Recompute every sum, running total and hash of the book, and name the first row that is wrong
///
/// Reads one snapshot and disturbs nobody. Keep the head's hash somewhere else: it stands for the whole journal.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu verify
  dianfu verify --print-sql | PGOPTIONS='-c search_path=book_main' psql DATABASE
  dianfu verify --format json | jq -r .head_hash > elsewhere
  dianfu verify --tip $(cat elsewhere)
  dianfu verify --archive main.archive --receipt receipt.json --public-key KEY

The private PostgreSQL is there while a dianfu runs, such as `dianfu serve`. Its socket is in the
folder run of the data folder, its database is postgres, its user is who owns that folder; for the
SQL, as that user:
  PGOPTIONS='-c search_path=book_main' psql -h DATA/run -d postgres -f audit.sql")]
pub struct Verify {
    /// A file of `dianfu export archive` to check instead of the book; needs no database
    #[arg(long, value_name = "FILE")]
    archive: Option<PathBuf>,
    /// The hash of a commit or the root of a tip that was kept from an earlier time: it must still be in the book
    #[arg(long, value_name = "HASH", value_parser = hash)]
    tip: Option<[u8; 32]>,
    /// A receipt of an entry, or a proof that one tip follows from another, as `dianfu proof` makes them: it must hold,
    /// and its entry and its tips must be in the book
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// The key that must have signed the receipt
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, value_parser = read_public_key, requires = "receipt")]
    public_key: Option<PublicKey>,
    /// Print the SQL with which an auditor checks the same without this program, all of it or one file; needs no
    /// database
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = EVERY_AUDIT, value_parser = audits(),
        conflicts_with_all = ["archive", "tip", "receipt"])]
    print_sql: Option<String>,
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
    tip: Option<TipBody>,
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
        if let Some(name) = &self.print_sql {
            return print_sql(name);
        }
        let proven = self.receipt.as_deref().map(|file| prove(file, self.public_key.as_ref())).transpose()?;
        if let Some(fault) = proven.as_ref().and_then(|proven| proven.fault) {
            return Err(No::new(fault.to_string()).next(NO_RELIANCE).into());
        }
        let tips = proven.as_ref().map_or([None; 2], |proven| [proven.earlier, Some(proven.tip)]);
        let asked = Asked { remembered: self.tip, tips };
        let Some(archive) = &self.archive else {
            of_book(proven.as_ref(), desk.book().as_str())?;
            let answer = show(desk.ledger().await?, asked, &self.output).await?;
            tell_proven(answer, proven.as_ref());
            return Ok(answer);
        };
        let bar = progress::bar(0, "entries");
        let (header, report) = verify_archive(archive, asked, |progress| advance(&bar, progress)).await?;
        bar.finish_and_clear();
        if let Some(Header { book, known_at, last_sequence }) = header {
            of_book(proven.as_ref(), &book)?;
            note(&format!("an archive of book {book} up to entry {last_sequence}, known at {known_at}"));
        }
        let answer = tell(report, &self.output)?;
        tell_proven(answer, proven.as_ref());
        Ok(answer)
    }
}

/// A receipt is of one book.
fn of_book(proven: Option<&Proven>, book: &str) -> Result<(), No> {
    match proven.and_then(|proven| proven.book.as_deref()).filter(|of| *of != book) {
        Some(other) => Err(No::new(format!("the receipt is of book '{other}', not of '{book}'"))),
        None => Ok(()),
    }
}

/// Says what was proved, if the book is right.
fn tell_proven(answer: Answer, proven: Option<&Proven>) {
    if let Some(Proven { about, .. }) = proven.filter(|_| answer == Answer::Yes) {
        note(&format!("proved: {about}"));
    }
}

/// Every file of SQL for auditors.
const EVERY_AUDIT: &str = "all";

fn audits() -> PossibleValuesParser {
    let names = audit::ALL.into_iter().map(|audit| audit.name);
    names.chain([EVERY_AUDIT]).collect::<Vec<_>>().into()
}

/// Prints one file, or all of them, each under a line with which psql says which it is.
fn print_sql(name: &str) -> anyhow::Result<Answer> {
    let mut out = stdout();
    for audit in audit::ALL.into_iter().filter(|audit| [audit.name, EVERY_AUDIT].contains(&name)) {
        if name == EVERY_AUDIT {
            writeln!(out, "\\echo {}", audit.name)?;
        }
        writeln!(out, "{}", audit.sql.trim_end())?;
    }
    out.flush()?;
    Ok(Answer::Yes)
}

/// Verifies a book and prints what came of it.
pub async fn show(ledger: &Ledger, asked: Asked, output: &Output) -> anyhow::Result<Answer> {
    let bar = progress::bar(0, "entries");
    let report = ledger.verify(asked, |progress| advance(&bar, progress)).await?;
    bar.finish_and_clear();
    tell(report, output)
}

/// Prints what came of a check.
fn tell(report: Report, output: &Output) -> anyhow::Result<Answer> {
    let finding = report.finding.as_ref().map(|finding| (finding.to_string(), next(finding.rule)));
    output.print(&body(report), &SHEET).or_else(unless_nobody_reads)?;
    let Some((finding, next)) = finding else { return Ok(Answer::Yes) };
    say(&finding, Some(next));
    Ok(Answer::No)
}

/// What to do about a finding.
fn next(rule: Rule) -> &'static str {
    match rule {
        Rule::FilesWhole => "bring the files back from a backup, let the server's user read them, and verify again",
        _ => "trust nothing from this row on; compare with a backup or an export from before",
    }
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
        tip: report.tip.map(TipBody::from),
        finding: report.finding.map(|finding| FindingBody {
            place: finding.place.to_string(),
            rule: finding.rule.code(),
            message: finding.rule.sentence(),
            expected: finding.expected,
            actual: finding.actual,
        }),
    }
}

/// Sixty-four hexadecimal digits.
fn hash(text: &str) -> Result<[u8; 32], String> {
    from_hexadecimal(text).ok_or_else(|| "a hash has 64 hexadecimal digits".to_owned())
}

fn from_hexadecimal(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if digits.len().is_multiple_of(2) { bytes.try_into().ok() } else { None }
}
