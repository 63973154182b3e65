//! Registers of entries: manual journals, and the cut-off test.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::report::cut_off::{CutOff, CutOffCase, CutOffRow};
use dianfu_ledger::report::manual::{ManualEntry, ManualRegister, RegisteredEntry};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sheet::{Listed, listed};

/// What a register says of an entry.
#[derive(Serialize, ToSchema)]
#[schema(as = RegisteredEntry)]
pub struct RegisteredBody {
    sequence: i64,
    entry_id: Uuid,
    /// What it does: `post`, `capture`, `reversal`.
    kind: &'static str,
    #[schema(value_type = String, format = Date)]
    effective_date: Date,
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
    /// The day asked for, if that was closed.
    #[schema(value_type = Option<String>, format = Date)]
    value_date: Option<Date>,
    /// Whether it adjusts a period that is closed to others.
    adjusting: bool,
    reference: String,
    /// Why, in a sentence.
    description: String,
    /// Who asked for it.
    actor: String,
}

impl From<RegisteredEntry> for RegisteredBody {
    fn from(entry: RegisteredEntry) -> RegisteredBody {
        RegisteredBody {
            sequence: entry.sequence,
            entry_id: entry.entry_id,
            kind: entry.kind.word(),
            effective_date: entry.effective_date,
            booked_at: entry.booked_at,
            value_date: entry.value_date,
            adjusting: entry.adjusting,
            reference: entry.reference,
            description: entry.description,
            actor: entry.actor,
        }
    }
}

/// A page of the register of manual journals.
#[derive(Serialize, ToSchema)]
#[schema(as = ManualJournals)]
pub struct ManualJournalsBody {
    /// The first day; null for the beginning.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// By sequence.
    entries: Vec<ManualEntryBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

listed!(ManualJournalsBody, entries: ManualEntryBody, next);

/// A manual journal.
#[derive(Serialize, ToSchema)]
#[schema(as = ManualJournal)]
pub struct ManualEntryBody {
    #[serde(flatten)]
    entry: RegisteredBody,
    /// How many legs it has.
    legs: i64,
    /// Its debits, one a currency: `15200.00 CNY`.
    amounts: Vec<String>,
}

impl From<ManualRegister> for ManualJournalsBody {
    fn from(register: ManualRegister) -> ManualJournalsBody {
        let amount = |(currency, minor): (Currency, i128)| format!("{} {currency}", decimal_text(minor, currency));
        let entry = |manual: ManualEntry| ManualEntryBody {
            entry: manual.entry.into(),
            legs: manual.legs,
            amounts: manual.amounts.into_iter().map(amount).collect(),
        };
        ManualJournalsBody {
            from: register.from,
            as_of: register.as_of,
            known_at: register.known_at,
            entries: register.entries.into_iter().map(entry).collect(),
            next: register.next,
        }
    }
}

/// Entries on the wrong side, or on both sides, of the end of a period.
#[derive(Serialize, ToSchema)]
#[schema(as = CutOff)]
pub struct CutOffBody {
    /// The last day of the period.
    #[schema(value_type = String, format = Date)]
    period_end: Date,
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// By sequence and currency.
    rows: Vec<CutOffRowBody>,
    /// One a case and currency.
    totals: Vec<CutOffTotalBody>,
}

listed!(CutOffBody, rows: CutOffRowBody);

/// An entry at the end of a period.
#[derive(Serialize, ToSchema)]
#[schema(as = CutOffRow)]
pub struct CutOffRowBody {
    /// `booked_late`: booked after the end, counts in the period; `booked_early`: booked in the period, counts after
    /// it; `deferred`: happened in the period and counts after it, because that was closed.
    case: &'static str,
    #[serde(flatten)]
    entry: RegisteredBody,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// Its debits.
    amount: String,
}

/// All of one case and currency.
#[derive(Serialize, ToSchema)]
#[schema(as = CutOffTotal)]
pub struct CutOffTotalBody {
    case: &'static str,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    amount: String,
}

impl From<CutOff> for CutOffBody {
    fn from(report: CutOff) -> CutOffBody {
        let row = |row: CutOffRow| CutOffRowBody {
            case: row.case.word(),
            entry: row.entry.into(),
            currency: row.currency,
            amount: decimal_text(row.amount_minor, row.currency),
        };
        let total = |(case, currency, minor): (CutOffCase, Currency, i128)| CutOffTotalBody {
            case: case.word(),
            currency,
            amount: decimal_text(minor, currency),
        };
        CutOffBody {
            period_end: report.period_end,
            as_of: report.as_of,
            known_at: report.known_at,
            rows: report.rows.into_iter().map(row).collect(),
            totals: report.totals.into_iter().map(total).collect(),
        }
    }
}
