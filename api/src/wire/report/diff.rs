//! What differs between a report at one moment and the same report at another.

use dianfu_ledger::account::AccountType;
use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::report::Scope;
use dianfu_ledger::report::diff::{Diff, DiffEntry, DiffRow};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sheet::{Listed, listed};

/// Two reports compared, and the entries that explain how one became the other.
#[derive(Serialize, ToSchema)]
#[schema(as = Diff)]
pub struct DiffBody {
    /// Which report: `trial-balance`, `balance-sheet`, `income-statement` or `open-items`.
    of: &'static str,
    /// The first day of an income statement.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The first report's moment.
    before: ScopeBody,
    /// The second report's moment.
    after: ScopeBody,
    /// The last effective date that counts in the second report; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When the second report was known.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// Whether the entries explain every difference to the last unit.
    explained: bool,
    /// The rows that differ, in the order of the report.
    rows: Vec<DiffRowBody>,
    /// This page of the entries that explain them, by sequence; one for each account, or item of it, that they move.
    entries: Vec<DiffEntryBody>,
    /// The cursor of the next page of entries; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

listed!(DiffBody, entries: DiffEntryBody, next; wrong |body| {
    (!body.explained).then_some("the entries do not explain the difference: the book does not hang together")
});

/// A moment as it was resolved: asking with it gives the same report.
#[derive(Serialize, ToSchema)]
#[schema(as = ReportMoment)]
pub struct ScopeBody {
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// The last entry that counts.
    sequence: i64,
}

/// A row that differs, from the side from which the report shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = DiffRow)]
pub struct DiffRowBody {
    /// The section of a statement.
    section: Option<&'static str>,
    /// The account or heading; empty for the result of a balance sheet.
    account: String,
    name: String,
    item: Option<String>,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// In the first report.
    before: String,
    /// In the second.
    after: String,
    /// Second less first.
    difference: String,
    /// What the entries between the two come to.
    explained: String,
    /// Difference less explained: zero.
    unexplained: String,
}

/// What an entry does to one account, or to one item of it.
#[derive(Serialize, ToSchema)]
#[schema(as = DiffEntry)]
pub struct DiffEntryBody {
    sequence: i64,
    entry_id: Uuid,
    /// What it does: `post`, `capture`, `reversal`.
    kind: &'static str,
    #[schema(value_type = String, format = Date)]
    effective_date: Date,
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
    reference: String,
    description: String,
    actor: String,
    /// Whether the second report counts it and the first does not; else it is the other way round.
    added: bool,
    account: String,
    item: Option<String>,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// What it adds to the account, debit positive.
    change: String,
}

impl From<Diff> for DiffBody {
    fn from(diff: Diff) -> DiffBody {
        DiffBody {
            of: diff.of.word(),
            from: diff.from,
            before: diff.before.into(),
            after: diff.after.into(),
            as_of: diff.after.as_of,
            known_at: diff.after.known_at,
            explained: diff.is_explained(),
            rows: diff.rows.into_iter().map(DiffRowBody::from).collect(),
            entries: diff.entries.into_iter().map(DiffEntryBody::from).collect(),
            next: diff.next.map(|next| {
                let pin = |scope: Scope| scope.known_at.as_microsecond();
                format!("{}.{}.{next}", pin(diff.before), pin(diff.after))
            }),
        }
    }
}

impl From<Scope> for ScopeBody {
    fn from(scope: Scope) -> ScopeBody {
        ScopeBody { as_of: scope.as_of, known_at: scope.known_at, sequence: scope.sequence }
    }
}

impl From<DiffRow> for DiffRowBody {
    fn from(row: DiffRow) -> DiffRowBody {
        let text = |minor| decimal_text(minor, row.currency);
        DiffRowBody {
            section: row.section.map(AccountType::word),
            account: row.code,
            name: row.name,
            item: row.item,
            currency: row.currency,
            before: text(row.before_minor),
            after: text(row.after_minor),
            difference: text(row.difference_minor),
            explained: text(row.explained_minor),
            unexplained: text(row.unexplained_minor),
        }
    }
}

impl From<DiffEntry> for DiffEntryBody {
    fn from(entry: DiffEntry) -> DiffEntryBody {
        DiffEntryBody {
            sequence: entry.sequence,
            entry_id: entry.entry_id,
            kind: entry.kind.word(),
            effective_date: entry.effective_date,
            booked_at: entry.booked_at,
            reference: entry.reference,
            description: entry.description,
            actor: entry.actor,
            added: entry.added,
            account: entry.account.to_string(),
            item: entry.item,
            change: decimal_text(entry.change_minor, entry.currency),
            currency: entry.currency,
        }
    }
}
