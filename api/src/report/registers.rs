//! Registers and proofs: manual journals, the cut-off test, integrity, and what differs between two reports.

use dianfu_ledger::query::{Moment, QueryError};
use dianfu_ledger::report::cut_off::cut_off;
use dianfu_ledger::report::diff::{DiffAsked, diff};
use dianfu_ledger::report::integrity::integrity;
use dianfu_ledger::report::manual::manual_journals;
use dianfu_ledger::report::{Period, ReportError};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Client;

use super::Question;
use crate::sheet::{Column, Paper, Sheet};
use crate::wire::report::diff::DiffBody;
use crate::wire::report::integrity::IntegrityBody;
use crate::wire::report::registers::{CutOffBody, ManualJournalsBody};

/// The register of manual journals.
#[derive(Clone, Copy, Debug)]
pub struct ManualJournals {
    /// From when to when.
    pub period: Period,
}

impl Question for ManualJournals {
    type Body = ManualJournalsBody;

    const PAPER: Paper = Paper {
        title: "Manual journals",
        name: "manual-journals",
        lead: None,
        sheet: Sheet {
            above: &["from"],
            rows: "entries",
            columns: &[
                Column::Number("sequence"),
                Column::Text("entry_id"),
                Column::Text("kind"),
                Column::Day("effective_date"),
                Column::Text("booked_at"),
                Column::Text("actor"),
                Column::Text("reference"),
                Column::Text("description"),
                Column::Text("adjusting"),
                Column::Number("legs"),
                Column::Text("amounts"),
            ],
            totals: None,
            below: &["as_of", "known_at"],
            empty: "Nobody has posted by hand.",
        },
    };

    async fn page(&self, client: &Client, cursor: Option<&str>, limit: u16) -> Result<ManualJournalsBody, ReportError> {
        Ok(manual_journals(client, self.period, cursor, limit).await?.into())
    }
}

/// The cut-off test.
#[derive(Clone, Copy, Debug)]
pub struct CutOff {
    /// The last day of the period.
    pub period_end: Date,
    /// When.
    pub moment: Moment,
}

impl Question for CutOff {
    type Body = CutOffBody;

    const PAPER: Paper = Paper {
        title: "Cut-off test",
        name: "cut-off",
        lead: Some(Sheet {
            rows: "totals",
            columns: &[Column::Text("case"), Column::Text("currency"), Column::Amount("amount")],
            above: &[],
            totals: None,
            below: &[],
            empty: "",
        }),
        sheet: Sheet {
            above: &["period_end"],
            rows: "rows",
            columns: &[
                Column::Text("case"),
                Column::Number("sequence"),
                Column::Day("effective_date"),
                Column::Day("value_date"),
                Column::Text("booked_at"),
                Column::Text("actor"),
                Column::Text("reference"),
                Column::Text("description"),
                Column::Text("currency"),
                Column::Amount("amount"),
            ],
            totals: None,
            below: &["as_of", "known_at"],
            empty: "Every entry stands on one side of the end.",
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<CutOffBody, ReportError> {
        Ok(cut_off(client, self.period_end, self.moment).await?.into())
    }
}

/// The integrity proof.
#[derive(Clone, Copy, Debug)]
pub struct Integrity {
    /// When.
    pub moment: Moment,
}

impl Question for Integrity {
    type Body = IntegrityBody;

    const PAPER: Paper = Paper {
        title: "Integrity proof",
        name: "integrity",
        lead: None,
        sheet: Sheet {
            above: &["holds", "sequence", "commit_no", "hash", "entries", "missing_entries", "broken_commits"],
            rows: "totals",
            columns: &[
                Column::Text("currency"),
                Column::Text("layer"),
                Column::Number("postings"),
                Column::Amount("debits"),
                Column::Amount("credits"),
            ],
            totals: None,
            below: &["as_of", "known_at"],
            empty: "Nothing is posted yet.",
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<IntegrityBody, ReportError> {
        Ok(integrity(client, self.moment).await?.into())
    }
}

/// What differs between a report at one moment and at another, and the entries that explain it.
#[derive(Clone, Copy, Debug)]
pub struct Diff {
    /// What is compared.
    pub asked: DiffAsked,
}

impl Question for Diff {
    type Body = DiffBody;

    const PAPER: Paper = Paper {
        title: "Difference of two reports",
        name: "diff",
        lead: Some(Sheet {
            rows: "rows",
            columns: &[
                Column::Text("section"),
                Column::Text("account"),
                Column::Text("name"),
                Column::Text("item"),
                Column::Text("currency"),
                Column::Amount("before"),
                Column::Amount("after"),
                Column::Amount("difference"),
                Column::Amount("explained"),
                Column::Amount("unexplained"),
            ],
            above: &[],
            totals: None,
            below: &[],
            empty: "",
        }),
        sheet: Sheet {
            above: &["of", "from", "before.as_of", "before.known_at", "after.as_of", "after.known_at", "explained"],
            rows: "entries",
            columns: &[
                Column::Number("sequence"),
                Column::Text("entry_id"),
                Column::Day("effective_date"),
                Column::Text("booked_at"),
                Column::Text("actor"),
                Column::Text("reference"),
                Column::Text("description"),
                Column::Text("added"),
                Column::Text("account"),
                Column::Text("item"),
                Column::Text("currency"),
                Column::Amount("change"),
            ],
            totals: None,
            below: &[],
            empty: "No entry lies between the two.",
        },
    };

    async fn page(&self, client: &Client, cursor: Option<&str>, limit: u16) -> Result<DiffBody, ReportError> {
        let (asked, cursor) = match cursor {
            Some(cursor) => pinned(self.asked, cursor).map(|(asked, cursor)| (asked, Some(cursor)))?,
            None => (self.asked, None),
        };
        Ok(diff(client, asked, cursor, limit).await?.into())
    }
}

/// What is asked for behind a cursor of [`DiffBody`]: at the moments as its first page resolved them.
fn pinned(asked: DiffAsked, cursor: &str) -> Result<(DiffAsked, &str), QueryError> {
    let mut parts = cursor.splitn(3, '.');
    let mut pin = |moment: Moment| {
        let known_at = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
        let is_same = moment.known_at.is_none_or(|asked| asked.as_microsecond() == known_at.as_microsecond());
        is_same.then_some(Moment { known_at: Some(known_at), ..moment })
    };
    let (before, after) = (pin(asked.before), pin(asked.after));
    let read = before.zip(after).zip(parts.next());
    let ((before, after), cursor) = read.ok_or(QueryError::CursorMalformed)?;
    Ok((DiffAsked { before, after, ..asked }, cursor))
}
