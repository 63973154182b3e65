//! The roll-forward: from opening to closing, by what has moved.

use dianfu_ledger::account::NormalSide;
use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::report::roll_forward::{Movement, RollForward, RollForwardRow};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::sheet::{Listed, listed};

/// Journals that write off what is not recovered.
const WRITE_OFF_JOURNALS: [&str; 1] = ["J13"];

/// How each account came from what stood before the period to what stood at its end.
#[derive(Serialize, ToSchema)]
#[schema(as = RollForward)]
pub struct RollForwardBody {
    /// The first day; null for the beginning.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; null for all that is booked.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// Whether every account ties out.
    ties_out: bool,
    /// The accounts that have postings, by code.
    rows: Vec<RollForwardRowBody>,
}

listed!(RollForwardBody, rows: RollForwardRowBody; wrong |body| {
    (!body.ties_out).then_some("an account does not tie out: its movements do not lead from opening to closing")
});

/// One account. Amounts are seen from its normal side: opening, new, applied, adjusted and written off add up to
/// closing, less the tie-out difference.
#[derive(Serialize, ToSchema)]
#[schema(as = RollForwardRow)]
pub struct RollForwardRowBody {
    #[schema(example = "1102.picc")]
    account: String,
    name: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    opening: String,
    /// What came on: posted or captured on the normal side.
    new: String,
    /// What went off on the other side; not above zero.
    applied: String,
    /// What reversals moved back.
    adjusted: String,
    /// What went off under a journal that writes off; not above zero.
    written_off: String,
    closing: String,
    /// Zero, or the book does not hang together.
    tie_out: String,
    /// The same by kind of entry and journal.
    movements: Vec<MovementBody>,
}

/// What one kind of entry, under one journal, has moved.
#[derive(Serialize, ToSchema)]
#[schema(as = RollForwardMovement)]
pub struct MovementBody {
    /// What the entries do: `post`, `capture`, `reversal`.
    kind: &'static str,
    /// The journal that they name.
    #[schema(example = "J9")]
    journal: Option<String>,
    debits: String,
    credits: String,
}

impl From<RollForward> for RollForwardBody {
    fn from(report: RollForward) -> RollForwardBody {
        RollForwardBody {
            from: report.from,
            as_of: report.as_of,
            known_at: report.known_at,
            ties_out: report.ties_out(),
            rows: report.rows.into_iter().map(RollForwardRowBody::from).collect(),
        }
    }
}

/// Sums of one account, seen from its normal side.
#[derive(Default)]
struct Columns {
    new: i128,
    applied: i128,
    adjusted: i128,
    written_off: i128,
}

impl Columns {
    fn of(row: &RollForwardRow) -> Columns {
        let mut columns = Columns::default();
        for movement in &row.movements {
            let (on, off) = match row.normal_side {
                NormalSide::Debit => (movement.debits_minor, -movement.credits_minor),
                NormalSide::Credit => (movement.credits_minor, -movement.debits_minor),
            };
            let writes_off = movement.journal.as_deref().is_some_and(|journal| WRITE_OFF_JOURNALS.contains(&journal));
            if movement.kind == EntryKind::Reversal {
                columns.adjusted += on + off;
                continue;
            }
            columns.new += on;
            if writes_off {
                columns.written_off += off;
            } else {
                columns.applied += off;
            }
        }
        columns
    }
}

impl From<RollForwardRow> for RollForwardRowBody {
    fn from(row: RollForwardRow) -> RollForwardRowBody {
        let columns = Columns::of(&row);
        let text = |minor| decimal_text(minor, row.currency);
        let seen = |minor| text(row.normal_side.seen_from(minor));
        let movement = |movement: Movement| MovementBody {
            kind: movement.kind.word(),
            journal: movement.journal,
            debits: text(movement.debits_minor),
            credits: text(movement.credits_minor),
        };
        RollForwardRowBody {
            account: row.account.to_string(),
            currency: row.currency,
            opening: seen(row.opening_minor),
            new: text(columns.new),
            applied: text(columns.applied),
            adjusted: text(columns.adjusted),
            written_off: text(columns.written_off),
            closing: seen(row.closing_minor),
            tie_out: seen(row.tie_out_minor),
            movements: row.movements.into_iter().map(movement).collect(),
            name: row.name,
        }
    }
}
