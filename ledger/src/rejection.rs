//! Why the ledger refuses an entry: values, declared in order of precedence.
//!
//! Rules are applied in the order of the variants of [`Rejection`], and within the rules for legs, leg by leg. The id
//! comes right after the shape of the run, so that a retry of an entry that is in the books gets its first answer
//! whatever has become of its accounts and limits since.

mod place;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::account::AccountCode;
use crate::entry::{EntryKind, Layer};
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
    /// Nobody asks for an entry of this kind.
    #[error("an entry of kind {kind} is the ledger's own; nobody asks for it")]
    KindReserved {
        /// The kind.
        kind: &'static str,
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
    /// It must name the entry from which it takes.
    #[error("a {kind} must name in relates_to what it takes from")]
    RelatesToMissing {
        /// The kind of the entry.
        kind: &'static str,
    },
    /// It takes from no other entry.
    #[error("a {kind} takes from no other entry; leave out relates_to")]
    RelatesToNotAllowed {
        /// The kind of the entry.
        kind: &'static str,
    },
    /// A group of holds does not go with the rest of the entry.
    #[error("hold_group belongs to a hold, or, alone, to the release or capture of the whole group")]
    HoldGroupNotAllowed,
    /// Only a hold expires.
    #[error("a {kind} does not expire; leave out expires_at")]
    ExpiryNotAllowed {
        /// The kind of the entry.
        kind: &'static str,
    },
    /// The hold would have expired before it began.
    #[error("the hold would expire at {given}; it is {booked_at} already")]
    ExpiryPassed {
        /// What was given.
        given: Timestamp,
        /// The time of booking.
        booked_at: Timestamp,
    },
    /// Only a post or a hold of two legs has one amount that can be lowered.
    #[error("at_most belongs to a post or a hold of exactly two postings")]
    AtMostNotAllowed,
    /// The version of the template is not in force.
    #[error("version {template_no} of a template is not in force: it was retired or replaced, or never was")]
    TemplateNotInForce {
        /// The version that was named.
        template_no: i32,
    },
    /// The day is closed.
    #[error("{date} is closed: days up to {closed_through} take {}", if *adjusters_only { "adjusting entries only" }
        else { "no entry" })]
    PeriodClosed {
        /// The day on which it would count.
        date: Date,
        /// The last day that is closed.
        closed_through: Date,
        /// Whether adjusting entries are still taken.
        adjusters_only: bool,
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
    /// The account is frozen on this side.
    #[error("posting {leg}: account {account} is frozen: nothing may {} it", if *raises { "raise" } else { "lower" })]
    AccountFrozen {
        /// The leg, from 0.
        leg: usize,
        /// The account.
        account: AccountCode,
        /// Whether the posting raises the balance, seen from the normal side.
        raises: bool,
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
    /// Without an item nothing is due.
    #[error("posting {leg}: without an item nothing is due on account {account}; leave out due_date")]
    DueDateNotAllowed {
        /// The leg, from 0.
        leg: usize,
        /// The account.
        account: AccountCode,
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
    /// There is no such entry to move back.
    #[error("entry {entry} is not in this book")]
    OriginalUnknown {
        /// The id that was named.
        entry: Uuid,
    },
    /// No hold is in this group.
    #[error("no hold is in group {group}")]
    HoldGroupUnknown {
        /// The group that was named.
        group: Uuid,
    },
    /// The entry named is no hold.
    #[error("entry {hold} is a {kind}, not a hold")]
    NotAHold {
        /// The id that was named.
        hold: Uuid,
        /// What it is.
        kind: &'static str,
    },
    /// The entry named has moved nothing that could be moved back.
    #[error("entry {entry} is a {kind}: it has moved nothing that could be moved back")]
    NotReversible {
        /// The id that was named.
        entry: Uuid,
        /// What it is.
        kind: &'static str,
    },
    /// The group has been captured or released.
    #[error("group {group} was ended by entry {by}")]
    HoldGroupEnded {
        /// The group.
        group: Uuid,
        /// The entry that captured or released it.
        by: Uuid,
    },
    /// The group would be larger than one entry can end.
    #[error("the holds of a group have at most {max} postings together; with this one it would be {actual}")]
    HoldGroupTooLarge {
        /// The most.
        max: usize,
        /// How many there would be.
        actual: usize,
    },
    /// Everything has been taken from the entry named.
    #[error("nothing is left of entry {of}: the last of it was taken by {} {by}", how.word())]
    NothingLeft {
        /// The hold or the original.
        of: Uuid,
        /// The entry that took the last of it.
        by: Uuid,
        /// What that entry is.
        how: EntryKind,
    },
    /// The entry named has no such leg, or not on this side.
    #[error("posting {leg}: there is nothing on account {account}, for this item and on this side, that it could take")]
    NotInOriginal {
        /// The leg, from 0.
        leg: usize,
        /// The account.
        account: AccountCode,
    },
    /// It would take more than is left.
    #[error("posting {leg}: {asked} is more than the {left} that is left on account {account}")]
    MoreThanLeft {
        /// The leg, from 0.
        leg: usize,
        /// The account.
        account: AccountCode,
        /// What is left, without sign.
        left: Money,
        /// What would be taken, without sign.
        asked: Money,
    },
    /// It would count before what it takes from.
    #[error("{given} is before {date}, when entry {of} counts")]
    DatedBeforeOriginal {
        /// The hold or the original.
        of: Uuid,
        /// Its effective date.
        date: Date,
        /// What was given.
        given: Date,
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
    /// The balance of a group of accounts would fall below its minimum.
    #[error("limit group {group}: the balance would be {would_be}, below its limit of {limit}")]
    GroupBelowMinimum {
        /// The group's name.
        group: String,
        /// Its limit.
        limit: Money,
        /// The balance there would be, holds counted in, clamped to what money can show.
        would_be: Money,
    },
    /// The balance of a group of accounts would rise above its maximum.
    #[error("limit group {group}: the balance would be {would_be}, above its limit of {limit}")]
    GroupAboveMaximum {
        /// The group's name.
        group: String,
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
