//! What settlement refuses a caller: values with a stable code and a sentence.

use dianfu_ledger::Rejection;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::{Currency, Money};
use jiff::civil::Date;

use crate::journals::JournalFault;
use crate::number::{BatchNo, PartyNo, PayoutId};

/// A refusal. Nothing of what was asked for is done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// One person does what takes two.
    #[error("'{person}' made it and cannot check it: maker and checker are two people")]
    SamePerson {
        /// Who.
        person: String,
    },
    /// The same number was used for something else.
    #[error("{what} {number} is on record with another {field}: there '{first}', here '{given}'")]
    Conflict {
        /// What the number is for.
        what: &'static str,
        /// The number.
        number: String,
        /// The first field that differs.
        field: String,
        /// Its value on record.
        first: String,
        /// Its value in the request.
        given: String,
    },
    /// No such payee.
    #[error("there is no payee '{payee}'")]
    PayeeUnknown {
        /// Its number.
        payee: PartyNo,
    },
    /// No such batch was proposed.
    #[error("there is no payout batch {batch_no}")]
    BatchUnknown {
        /// Its number.
        batch_no: BatchNo,
    },
    /// Nothing is due under the batch's cut-off.
    #[error("nothing is due for batch {batch_no}")]
    NothingDue {
        /// Its number.
        batch_no: BatchNo,
    },
    /// What is due now is not what the checker approved.
    #[error(
        "batch {batch_no}: approved were {} payouts of {} in all and {} set off, due are {} of {} and {}",
        expected.payouts, Money::new(expected.net_minor, *currency), Money::new(expected.netted_minor, *currency),
        actual.payouts, Money::new(actual.net_minor, *currency), Money::new(actual.netted_minor, *currency)
    )]
    ControlTotalDiffers {
        /// Its number.
        batch_no: BatchNo,
        /// The currency of the totals.
        currency: Currency,
        /// What the checker approved.
        expected: ControlTotal,
        /// What is due.
        actual: ControlTotal,
    },
    /// A batch has too many payouts and nettings to be posted in one piece.
    #[error(
        "batch {batch_no} would have {actual} payouts and nettings; at most {max} are posted in one piece: take an \
         earlier cut-off"
    )]
    BatchTooLarge {
        /// Its number.
        batch_no: BatchNo,
        /// How many it would have.
        actual: usize,
        /// The most it may have.
        max: usize,
    },
    /// A payout carries it, and the bank's last word on that is not spoken.
    #[error("item '{item}' of {account} is in a payout that may yet pay it")]
    ItemInFlight {
        /// The account.
        account: AccountCode,
        /// The item.
        item: String,
    },
    /// No such payout.
    #[error("there is no payout {payout_id}")]
    PayoutUnknown {
        /// Its number.
        payout_id: PayoutId,
    },
    /// The fact cannot follow on what is known.
    #[error("payout {payout_id} is {state}: it cannot become {fact}")]
    FactNotPossible {
        /// The payout.
        payout_id: PayoutId,
        /// Where it stands.
        state: &'static str,
        /// What was reported.
        fact: &'static str,
    },
    /// It is dated before the bank was told to pay.
    #[error("payout {payout_id} was instructed on {instructed_on}; {on} is before that")]
    TooEarly {
        /// The payout.
        payout_id: PayoutId,
        /// The day of its instruction.
        instructed_on: Date,
        /// The day of the fact.
        on: Date,
    },
    /// The bank has refused these details already.
    #[error("the bank details of '{payee}' are still those of version {version}, which the payout came back from")]
    DetailsUnchanged {
        /// The payee.
        payee: PartyNo,
        /// The newest version of the bank details.
        version: i32,
    },
    /// The bank speaks of another amount.
    #[error(
        "payout {payout_id} is over {}, not {}",
        Money::new(*expected_minor, *currency), Money::new(*actual_minor, *currency)
    )]
    AmountDiffers {
        /// The payout.
        payout_id: PayoutId,
        /// The currency of both amounts.
        currency: Currency,
        /// The payout's amount.
        expected_minor: i64,
        /// The amount reported.
        actual_minor: i64,
    },
    /// An amount is out of its range.
    #[error("{field} is {actual_minor} minor units; it lies between {min_minor} and {max_minor}")]
    AmountOutOfRange {
        /// Which amount.
        field: &'static str,
        /// The least it may be.
        min_minor: i64,
        /// The most it may be.
        max_minor: i64,
        /// Its value.
        actual_minor: i64,
    },
    /// No entry comes of the book's template.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// The ledger refused the entries.
    #[error("the ledger refused it: {0}")]
    Ledger(Rejection),
}

/// What two people compare before money leaves: how many payouts, their sum, and what is set off.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ControlTotal {
    /// How many payouts.
    pub payouts: usize,
    /// What is set off against debts of pharmacies, in minor units.
    pub netted_minor: i64,
    /// What the bank is told to pay in all, in minor units.
    pub net_minor: i64,
}

impl Refusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::SamePerson { .. } => "same_person",
            Refusal::Conflict { .. } => "conflict",
            Refusal::PayeeUnknown { .. } => "payee_unknown",
            Refusal::BatchUnknown { .. } => "batch_unknown",
            Refusal::NothingDue { .. } => "nothing_due",
            Refusal::ControlTotalDiffers { .. } => "control_total_differs",
            Refusal::BatchTooLarge { .. } => "batch_too_large",
            Refusal::ItemInFlight { .. } => "item_in_flight",
            Refusal::PayoutUnknown { .. } => "payout_unknown",
            Refusal::FactNotPossible { .. } => "fact_not_possible",
            Refusal::TooEarly { .. } => "too_early",
            Refusal::DetailsUnchanged { .. } => "details_unchanged",
            Refusal::AmountDiffers { .. } => "amount_differs",
            Refusal::AmountOutOfRange { .. } => "amount_out_of_range",
            Refusal::Journal(fault) => fault.code(),
            Refusal::Ledger(rejection) => rejection.code(),
        }
    }
}
