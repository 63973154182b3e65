//! Why the ledger refuses an entry: values, declared in order of precedence.
//!
//! Rules are applied in the order of the variants of [`Rejection`], and within the rules for legs, leg by leg. The id
//! comes right after the shape of the run, so that a retry of an entry that is in the books gets its first answer
//! whatever has become of its accounts and limits since.

use jiff::civil::Date;
use uuid::Uuid;

use crate::account::AccountCode;
use crate::entry::Layer;
use crate::money::{Currency, Money};

/// A refusal: a stable code, a place, and a sentence with what was expected and what was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Rejection {
    /// The last entry of a request is linked to a next one that is not there.
    #[error("the last entry of a request cannot be linked to a next one")]
    LinkedRunOpen,
    /// The nil UUID is nobody's id.
    #[error("id must not be the nil UUID")]
    IdNil,
    /// The id is in the books with other content.
    #[error("entry {id} is already in the books with another {field}: there '{first}', here '{given}'")]
    IdConflict {
        /// The id.
        id: Uuid,
        /// The first field that differs, such as `postings/1/amount`.
        field: String,
        /// Its value in the books.
        first: String,
        /// Its value in the request.
        given: String,
    },
    /// A text is longer than the ledger keeps.
    #[error("{field} has {actual} bytes; at most {max} are kept")]
    TextTooLong {
        /// The field.
        field: &'static str,
        /// Its length in bytes.
        actual: usize,
        /// The longest it may be.
        max: usize,
    },
    /// A text has a NUL character, which PostgreSQL cannot store.
    #[error("{field} contains a NUL character")]
    TextHasNul {
        /// The field.
        field: &'static str,
    },
    /// Metadata is not one JSON value.
    #[error("metadata is not valid JSON: {reason}")]
    MetadataMalformed {
        /// What the parser says.
        reason: String,
    },
    /// The effective date is absurd.
    #[error("effective date {given} is outside {earliest} to {latest}")]
    EffectiveDateOutOfRange {
        /// What was given.
        given: Date,
        /// The earliest that is taken.
        earliest: Date,
        /// The latest that is taken: a year past the booking date.
        latest: Date,
    },
    /// Too few or too many postings.
    #[error("an entry has {min} to {max} postings; this has {actual}")]
    PostingCount {
        /// How many there are.
        actual: usize,
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// A release has no postings of its own.
    #[error("a release has no postings of its own: the ledger undoes those of its hold; this has {actual}")]
    ReleaseHasPostings {
        /// How many there are.
        actual: usize,
    },
    /// A release must name its hold.
    #[error("a release must name its hold in relates_to")]
    HoldMissing,
    /// Only a release relates to another entry.
    #[error("relates_to belongs to a release; a {kind} has none")]
    RelatesToNotAllowed {
        /// The kind of the entry.
        kind: &'static str,
    },
    /// A leg moves nothing.
    #[error("posting {leg} on {account} has amount zero")]
    AmountZero {
        /// The leg, from 0.
        leg: usize,
        /// Its account.
        account: AccountCode,
    },
    /// No such account in the book.
    #[error("posting {leg}: there is no account {account} in this book")]
    AccountUnknown {
        /// The leg, from 0.
        leg: usize,
        /// The account.
        account: AccountCode,
    },
    /// The account is closed.
    #[error("posting {leg}: account {account} is closed")]
    AccountClosed {
        /// The leg, from 0.
        leg: usize,
        /// The account.
        account: AccountCode,
    },
    /// The account holds another currency.
    #[error("posting {leg}: account {account} holds {expected}, not {actual}")]
    CurrencyMismatch {
        /// The leg, from 0.
        leg: usize,
        /// The account.
        account: AccountCode,
        /// The account's currency.
        expected: Currency,
        /// The posting's currency.
        actual: Currency,
    },
    /// An open-item account needs the item.
    #[error("posting {leg}: account {account} keeps open items; name the item")]
    ItemRequired {
        /// The leg, from 0.
        leg: usize,
        /// The account.
        account: AccountCode,
    },
    /// The account keeps no open items.
    #[error("posting {leg}: account {account} keeps no open items; leave out item '{item}'")]
    ItemNotAllowed {
        /// The leg, from 0.
        leg: usize,
        /// The account.
        account: AccountCode,
        /// The item that was given.
        item: String,
    },
    /// One account, and one item, is debited and credited by the same entry.
    #[error("posting {leg}: account {account} is both debited and credited in this entry for the same item")]
    AccountOnBothSides {
        /// The leg, from 0, that stands on the other side than an earlier one.
        leg: usize,
        /// The account.
        account: AccountCode,
    },
    /// The legs do not sum to zero.
    #[error("debits less credits are {difference}, not zero")]
    Unbalanced {
        /// Debits less credits in the first currency that does not balance, clamped to what money can show.
        difference: Money,
    },
    /// There is no such hold.
    #[error("hold {hold} is not in this book")]
    HoldUnknown {
        /// The id that was named.
        hold: Uuid,
    },
    /// The entry named is no hold.
    #[error("entry {hold} is a {kind}, not a hold")]
    NotAHold {
        /// The id that was named.
        hold: Uuid,
        /// What it is.
        kind: &'static str,
    },
    /// The hold has been released.
    #[error("hold {hold} was already released by entry {released_by}")]
    HoldReleased {
        /// The hold.
        hold: Uuid,
        /// The entry that released it.
        released_by: Uuid,
    },
    /// A running total would leave 64 bits.
    #[error("account {account}: its {} total would pass what the ledger can hold", layer.word())]
    TotalOverflow {
        /// The account.
        account: AccountCode,
        /// The layer.
        layer: Layer,
    },
    /// The balance would fall below its minimum.
    #[error("account {account}: the balance would be {would_be}, below its limit of {limit}")]
    BelowMinimum {
        /// The account.
        account: AccountCode,
        /// Its limit.
        limit: Money,
        /// The balance there would be, holds counted in, clamped to what money can show.
        would_be: Money,
    },
    /// The balance would rise above its maximum.
    #[error("account {account}: the balance would be {would_be}, above its limit of {limit}")]
    AboveMaximum {
        /// The account.
        account: AccountCode,
        /// Its limit.
        limit: Money,
        /// The balance there would be, holds counted in, clamped to what money can show.
        would_be: Money,
    },
    /// Another entry of the same run was refused.
    #[error("not posted because entry {culprit} of the same linked run was refused")]
    LinkedEntryRejected {
        /// Its id.
        culprit: Uuid,
    },
}

impl Rejection {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::LinkedRunOpen => "linked_run_open",
            Rejection::IdNil => "id_nil",
            Rejection::IdConflict { .. } => "id_conflict",
            Rejection::TextTooLong { .. } => "text_too_long",
            Rejection::TextHasNul { .. } => "text_has_nul",
            Rejection::MetadataMalformed { .. } => "metadata_malformed",
            Rejection::EffectiveDateOutOfRange { .. } => "effective_date_out_of_range",
            Rejection::PostingCount { .. } => "posting_count",
            Rejection::ReleaseHasPostings { .. } => "release_has_postings",
            Rejection::HoldMissing => "hold_missing",
            Rejection::RelatesToNotAllowed { .. } => "relates_to_not_allowed",
            Rejection::AmountZero { .. } => "amount_zero",
            Rejection::AccountUnknown { .. } => "account_unknown",
            Rejection::AccountClosed { .. } => "account_closed",
            Rejection::CurrencyMismatch { .. } => "currency_mismatch",
            Rejection::ItemRequired { .. } => "item_required",
            Rejection::ItemNotAllowed { .. } => "item_not_allowed",
            Rejection::AccountOnBothSides { .. } => "account_on_both_sides",
            Rejection::Unbalanced { .. } => "unbalanced",
            Rejection::HoldUnknown { .. } => "hold_unknown",
            Rejection::NotAHold { .. } => "not_a_hold",
            Rejection::HoldReleased { .. } => "hold_released",
            Rejection::TotalOverflow { .. } => "total_overflow",
            Rejection::BelowMinimum { .. } => "below_minimum",
            Rejection::AboveMaximum { .. } => "above_maximum",
            Rejection::LinkedEntryRejected { .. } => "linked_entry_rejected",
        }
    }

    /// JSON pointer (RFC 6901) to the place in the entry as it was given.
    pub fn pointer(&self) -> String {
        match self {
            Rejection::LinkedRunOpen | Rejection::LinkedEntryRejected { .. } => "/linked".to_owned(),
            Rejection::IdNil => "/id".to_owned(),
            Rejection::IdConflict { field, .. } => format!("/{field}"),
            Rejection::TextTooLong { field, .. } | Rejection::TextHasNul { field } => format!("/{field}"),
            Rejection::MetadataMalformed { .. } => "/metadata".to_owned(),
            Rejection::EffectiveDateOutOfRange { .. } => "/effective_date".to_owned(),
            Rejection::PostingCount { .. }
            | Rejection::ReleaseHasPostings { .. }
            | Rejection::Unbalanced { .. }
            | Rejection::TotalOverflow { .. }
            | Rejection::BelowMinimum { .. }
            | Rejection::AboveMaximum { .. } => "/postings".to_owned(),
            Rejection::HoldMissing
            | Rejection::RelatesToNotAllowed { .. }
            | Rejection::HoldUnknown { .. }
            | Rejection::NotAHold { .. }
            | Rejection::HoldReleased { .. } => "/relates_to".to_owned(),
            Rejection::AmountZero { leg, .. } | Rejection::CurrencyMismatch { leg, .. } => {
                format!("/postings/{leg}/amount")
            }
            Rejection::AccountUnknown { leg, .. }
            | Rejection::AccountClosed { leg, .. }
            | Rejection::AccountOnBothSides { leg, .. } => format!("/postings/{leg}/account"),
            Rejection::ItemRequired { leg, .. } | Rejection::ItemNotAllowed { leg, .. } => {
                format!("/postings/{leg}/item")
            }
        }
    }

    /// What was expected and what was found, where the rule compares two values.
    pub fn expected_actual(&self) -> Option<(String, String)> {
        match self {
            Rejection::IdConflict { first, given, .. } => Some((first.clone(), given.clone())),
            Rejection::TextTooLong { actual, max, .. } => Some((format!("at most {max} bytes"), actual.to_string())),
            Rejection::EffectiveDateOutOfRange { given, earliest, latest } => {
                Some((format!("{earliest} to {latest}"), given.to_string()))
            }
            Rejection::PostingCount { actual, min, max } => Some((format!("{min} to {max}"), actual.to_string())),
            Rejection::ReleaseHasPostings { actual } => Some(("0".to_owned(), actual.to_string())),
            Rejection::CurrencyMismatch { expected, actual, .. } => Some((expected.to_string(), actual.to_string())),
            Rejection::Unbalanced { difference } => {
                Some((Money::new(0, difference.currency).to_string(), difference.to_string()))
            }
            Rejection::NotAHold { kind, .. } => Some(("hold".to_owned(), (*kind).to_owned())),
            Rejection::BelowMinimum { limit, would_be, .. } => {
                Some((format!("at least {limit}"), would_be.to_string()))
            }
            Rejection::AboveMaximum { limit, would_be, .. } => Some((format!("at most {limit}"), would_be.to_string())),
            _ => None,
        }
    }
}
