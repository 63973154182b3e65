//! The general ledger, line by line.

use dianfu_ledger::account::NormalSide;
use dianfu_ledger::money::{Currency, Money, decimal_text};
use dianfu_ledger::report::general_ledger::{GeneralLedger, LedgerLine, LedgerLineKind, LedgerPosting};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sheet::{Listed, listed};

/// A page of the general ledger: of each account its opening, its postings in the order of booking, its closing.
#[derive(Serialize, ToSchema)]
#[schema(as = GeneralLedger)]
pub struct GeneralLedgerBody {
    /// The first day; what is dated before it is in the openings.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// By account and order of booking.
    lines: Vec<LedgerLineBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

listed!(GeneralLedgerBody, lines: LedgerLineBody, next);

/// A line of the general ledger.
#[derive(Serialize, ToSchema)]
#[schema(as = GeneralLedgerLine)]
pub struct LedgerLineBody {
    #[schema(example = "1101.picc")]
    account: String,
    name: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// `opening`: what stood before the first day; `posting`; or `closing`: what stood at the end.
    line: &'static str,
    #[serde(flatten)]
    #[schema(value_type = LedgerPostingBody)]
    posting: Option<LedgerPostingBody>,
    /// Of a posting; of a closing, all debits of the period.
    #[schema(example = "15200.00")]
    debit: Option<String>,
    /// Likewise.
    credit: Option<String>,
    /// After this line, seen from the account's normal side.
    #[schema(example = "15200.00")]
    balance: String,
}

/// What only a posting has: on other lines all of it is absent.
#[derive(Serialize, ToSchema)]
#[schema(as = GeneralLedgerPosting)]
pub struct LedgerPostingBody {
    #[schema(required = false)]
    sequence: i64,
    #[schema(required = false)]
    entry_id: Uuid,
    /// What the entry does: `post`, `hold`, `release`, `capture`, `expiry`, `reversal`.
    #[schema(required = false)]
    kind: &'static str,
    #[schema(value_type = String, format = Date, required = false)]
    effective_date: Date,
    #[schema(value_type = String, format = DateTime, required = false)]
    booked_at: Timestamp,
    #[schema(required = false)]
    reference: String,
    #[schema(required = false)]
    description: String,
    item: Option<String>,
}

impl From<GeneralLedger> for GeneralLedgerBody {
    fn from(ledger: GeneralLedger) -> GeneralLedgerBody {
        GeneralLedgerBody {
            from: ledger.from,
            as_of: ledger.as_of,
            known_at: ledger.known_at,
            lines: ledger.lines.into_iter().map(LedgerLineBody::from).collect(),
            next: ledger.next,
        }
    }
}

impl From<LedgerLine> for LedgerLineBody {
    fn from(line: LedgerLine) -> LedgerLineBody {
        let (currency, side): (Currency, NormalSide) = (line.currency, line.normal_side);
        let text = |minor| decimal_text(minor, currency);
        let (word, debit, credit, posting) = match line.kind {
            LedgerLineKind::Opening => ("opening", None, None, None),
            LedgerLineKind::Posting(posting) => {
                let amount = Some(Money::new(posting.amount_minor, currency).without_sign().to_decimal_string());
                let (debit, credit) = if posting.amount_minor > 0 { (amount, None) } else { (None, amount) };
                ("posting", debit, credit, Some(LedgerPostingBody::from(*posting)))
            }
            LedgerLineKind::Closing { debits_minor, credits_minor } => {
                ("closing", Some(text(debits_minor)), Some(text(credits_minor)), None)
            }
        };
        LedgerLineBody {
            account: line.account.to_string(),
            name: line.name,
            currency,
            line: word,
            posting,
            debit,
            credit,
            balance: text(side.seen_from(line.balance_minor)),
        }
    }
}

impl From<LedgerPosting> for LedgerPostingBody {
    fn from(posting: LedgerPosting) -> LedgerPostingBody {
        LedgerPostingBody {
            sequence: posting.sequence,
            entry_id: posting.entry_id,
            kind: posting.kind.word(),
            effective_date: posting.effective_date,
            booked_at: posting.booked_at,
            reference: posting.reference,
            description: posting.description,
            item: posting.item,
        }
    }
}
