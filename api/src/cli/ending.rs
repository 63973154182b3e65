//! How a command ends: its exit code, and what a person reads when it did not go well.

use std::error::Error as StdError;
use std::io::{self, Write};
use std::process::ExitCode;

use dianfu_api::logging;
use dianfu_api::report::PrintError;
use dianfu_ledger::db::DbError;
use dianfu_ledger::error::{in_one_line, is_segment_unreadable};
use dianfu_ledger::export::{ExportError, is_bidi_control};
use dianfu_ledger::query::QueryError;
use dianfu_ledger::report::ReportError;
use tokio_postgres::error::SqlState;

use super::print::nobody_reads;

/// What a command found out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Done; the answer is yes.
    Yes,
    /// The answer is no, and has been printed.
    No,
    /// A signal came.
    Interrupted,
}

/// The answer is no: what is wrong and where, and what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct No {
    what: String,
    next: Option<String>,
}

impl No {
    /// A no with its reason.
    pub fn new(what: impl Into<String>) -> No {
        No { what: what.into(), next: None }
    }

    /// With what to do next.
    #[must_use]
    pub fn next(self, next: impl Into<String>) -> No {
        No { next: Some(next.into()), ..self }
    }
}

/// The exit code; says on standard error what went wrong, if anything did.
pub fn of(ended: anyhow::Result<Answer>) -> ExitCode {
    match ended {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Ok(Answer::Interrupted) => ExitCode::from(130),
        // Who reads us has seen enough.
        Err(error) if nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&sentence(&error), next_step(&error).as_deref());
            ExitCode::from(if is_no(&error) { 1 } else { 3 })
        }
    }
}

/// Says on standard error what is wrong and what to do next: in the log, where that is for programs. Nobody may be
/// listening any more.
pub fn say(what: &str, next: Option<&str>) {
    if logging::is_json() {
        tracing::error!(target: logging::ENDING, next, "{what}");
        return;
    }
    let next = next.map(|next| format!("  next: {}\n", printable(next))).unwrap_or_default();
    let text = format!("error: {}\n{next}", printable(what));
    let _nobody_listens = io::stderr().write_all(text.as_bytes());
}

/// Says something on standard error that is no error.
pub fn note(text: &str) {
    let _nobody_listens = writeln!(io::stderr(), "{}", printable(text));
}

/// A text that may come from a file of strangers, safe on a terminal: no control characters, and none that turn the
/// direction of writing.
pub fn printable(text: &str) -> String {
    let is_safe = |letter: char| !letter.is_control() && !is_bidi_control(letter);
    text.chars().map(|letter| if is_safe(letter) { letter } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// The causes in one line, each once: some errors of the driver repeat their cause.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(in_one_line) {
        if !text.contains(&cause) {
            let colon = if text.is_empty() { "" } else { ": " };
            text = format!("{text}{colon}{cause}");
        }
    }
    text
}

fn find<T: StdError + 'static>(error: &anyhow::Error) -> Option<&T> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

/// What is wrong with a question, also with that of an export or a report.
fn question(error: &anyhow::Error) -> Option<&'static str> {
    let of_export = find(error).and_then(|error| match error {
        ExportError::Question(question) => question.code(),
        ExportError::Write(_) => None,
    });
    let of_report = find(error).and_then(|error| match error {
        PrintError::Report(report) => report.code(),
        PrintError::Render(_) | PrintError::Lost(_) => None,
    });
    let of_report = of_report.or_else(|| find(error).and_then(ReportError::code));
    of_export.or(of_report).or_else(|| find(error).and_then(QueryError::code))
}

/// Whether the question itself is to blame, not the world.
fn is_no(error: &anyhow::Error) -> bool {
    use dianfu_api::Error as Api;
    use dianfu_ledger::Error as Books;
    let of_books = |error: &Books| matches!(error, Books::BookUnknown(_) | Books::RequestTooLarge { .. });
    let of_api = |error: &Api| {
        matches!(
            error,
            Api::TokenNameTaken(_)
                | Api::TokenNameLength { .. }
                | Api::TokenHolderUnfit { .. }
                | Api::RoleNotHeld { .. }
                | Api::PartyUnknown { .. }
                | Api::ExpiryPassed { .. }
                | Api::InsurerMalformed(_)
        )
    };
    find::<No>(error).is_some()
        || find::<Books>(error).is_some_and(of_books)
        || find::<Api>(error).is_some_and(of_api)
        || question(error).is_some()
}

fn next_step(error: &anyhow::Error) -> Option<String> {
    if let Some(No { next, .. }) = find(error) {
        return next.clone();
    }
    if let Some(dianfu_ledger::Error::BookUnknown(name)) = find(error) {
        return Some(format!("make it with `dianfu book create {name}`, or name another with --book"));
    }
    if let Some(dianfu_ledger::Error::RequestTooLarge { .. }) = find(error) {
        return Some("write one entry a line, in place of an array: a file of lines may be of any length".to_owned());
    }
    if let Some(dianfu_api::Error::RoleNotHeld { person, role }) = find(error) {
        let (role, name) = (role.word(), "--name 'Full Name'");
        return Some(format!("put the person on record: `dianfu operator create {person} {name} --role {role}`"));
    }
    if is_segment_unreadable(error.as_ref()) {
        let next = "bring the file back from a backup; `dianfu segment list` tells which there are";
        return Some(next.to_owned());
    }
    match find::<DbError>(error) {
        Some(DbError::Connect { .. }) => {
            return Some(
                "see that this PostgreSQL runs and lets you in, or leave the URL away for a private one".into(),
            );
        }
        Some(DbError::BadUrl(_)) => return Some("write it as postgres://user@host/database".into()),
        _ => {}
    }
    let code = find::<tokio_postgres::Error>(error).and_then(tokio_postgres::Error::code);
    let is_old = code.is_some_and(|code| [SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_COLUMN].contains(code));
    is_old.then(|| "the book may be of an older version: `dianfu book create NAME` brings it up to date".to_owned())
}
