//! A payout and what is known of it. Its state is never stored: it is derived from the facts.
//!
//! ```text
//! instructed ─> accepted ─> paid ─> returned ─> reissued
//!      │  └─> unknown ─┤                            │
//!      └───────────────┴─> rejected ────────────────┘ if it was issued again itself
//! ```
//! A lost answer makes a payout *unknown*. It is never sent again: it waits for the bank's word, because a second
//! instruction might pay twice.

use std::ops::RangeInclusive;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::number::{BatchNo, PartyNo, PayoutId};
use crate::refusal::Refusal;

/// One payment to one payee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payout {
    /// Its number, unique for ever; the bank echoes it.
    pub payout_id: PayoutId,
    /// The batch that it belongs to; `None` for a payout issued again.
    pub batch_no: Option<BatchNo>,
    /// The payout that came back, or was rejected when it was issued again, and that this one replaces.
    pub reissue_of: Option<PayoutId>,
    /// Who gets the money.
    pub payee: PartyNo,
    /// Which version of the payee's bank details it goes to.
    pub payee_account_version: i32,
    /// Our bank account that it leaves from.
    pub bank: PartyNo,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The sum of its items, in minor units.
    pub gross_minor: i64,
    /// The part withheld as tax, in minor units.
    pub withheld_minor: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// What it pays.
    pub items: Vec<PayoutItem>,
}

impl Payout {
    /// What the bank is told to pay, in minor units.
    pub fn net_minor(&self) -> i64 {
        self.gross_minor - self.withheld_minor
    }
}

/// An open item that a payout pays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PayoutItem {
    /// The account that owes it.
    pub account: AccountCode,
    /// The open item.
    pub item: String,
    /// How much of it, in minor units.
    pub amount_minor: i64,
    /// The part that our own money covers until the insurer pays, in minor units; each advance is covered once.
    pub advance_minor: i64,
}

/// Something that happened to a payout. Each happens at most once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// The bank was told to pay.
    Instructed,
    /// No answer came; whether the bank has the instruction is not known.
    Unknown {
        /// What went wrong on the way.
        reason: String,
    },
    /// The bank has taken it on.
    Accepted {
        /// The bank's reference.
        bank_reference: String,
    },
    /// The bank will not carry it out; no money has moved.
    Rejected {
        /// The bank's reason code.
        reason: String,
    },
    /// The statement shows the debit.
    Paid {
        /// What was debited for the payout, in minor units.
        amount_minor: i64,
        /// What the bank charged on top, in minor units.
        charge_minor: i64,
        /// The line of the statement.
        bank_reference: String,
    },
    /// The money came back.
    Returned {
        /// How much came back, in minor units.
        amount_minor: i64,
        /// The bank's reason code.
        reason: String,
        /// The line of the statement.
        bank_reference: String,
    },
    /// Another payout took its place.
    Reissued {
        /// The other one.
        as_payout: PayoutId,
    },
}

impl Fact {
    /// The word for it, in the database and at every edge.
    pub fn kind(&self) -> &'static str {
        match self {
            Fact::Instructed => "instructed",
            Fact::Unknown { .. } => "unknown",
            Fact::Accepted { .. } => "accepted",
            Fact::Rejected { .. } => "rejected",
            Fact::Paid { .. } => "paid",
            Fact::Returned { .. } => "returned",
            Fact::Reissued { .. } => "reissued",
        }
    }

    /// A later fact outweighs an earlier one, in whichever order they became known.
    fn rank(&self) -> u8 {
        match self {
            Fact::Instructed => 0,
            Fact::Unknown { .. } => 1,
            Fact::Accepted { .. } => 2,
            Fact::Rejected { .. } => 3,
            Fact::Paid { .. } => 4,
            Fact::Returned { .. } => 5,
            Fact::Reissued { .. } => 6,
        }
    }

    /// Whether the bank's last word on the instruction is spoken with it: its items may be paid by another payout.
    pub fn frees_items(&self) -> bool {
        match self {
            Fact::Rejected { .. } | Fact::Paid { .. } => true,
            Fact::Instructed
            | Fact::Unknown { .. }
            | Fact::Accepted { .. }
            | Fact::Returned { .. }
            | Fact::Reissued { .. } => false,
        }
    }
}

/// A fact and the day it happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DatedFact {
    /// What happened.
    pub fact: Fact,
    /// When it counts.
    pub on: Date,
}

/// Where a payout stands, with the fact that proves it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PayoutState {
    /// On its way; the bank has not answered.
    Instructed(DatedFact),
    /// Nobody knows whether the bank has it. Never sent again.
    Unknown(DatedFact),
    /// The bank has taken it on.
    Accepted(DatedFact),
    /// It will not be carried out.
    Rejected(DatedFact),
    /// The money has left.
    Paid(DatedFact),
    /// The money has left and come back.
    Returned(DatedFact),
    /// Another payout took its place.
    Reissued(DatedFact),
}

impl PayoutState {
    /// The word for it at every edge.
    pub fn word(&self) -> &'static str {
        self.evidence().fact.kind()
    }

    /// The fact that proves it.
    pub fn evidence(&self) -> &DatedFact {
        match self {
            PayoutState::Instructed(fact)
            | PayoutState::Unknown(fact)
            | PayoutState::Accepted(fact)
            | PayoutState::Rejected(fact)
            | PayoutState::Paid(fact)
            | PayoutState::Returned(fact)
            | PayoutState::Reissued(fact) => fact,
        }
    }
}

/// The state that facts prove. A payout is written together with its first fact, so there is always one.
pub fn state(facts: &[DatedFact]) -> PayoutState {
    let proof = facts.iter().max_by_key(|dated| dated.fact.rank()).expect("a payout has its instruction as a fact");
    let wrap = match proof.fact {
        Fact::Instructed => PayoutState::Instructed,
        Fact::Unknown { .. } => PayoutState::Unknown,
        Fact::Accepted { .. } => PayoutState::Accepted,
        Fact::Rejected { .. } => PayoutState::Rejected,
        Fact::Paid { .. } => PayoutState::Paid,
        Fact::Returned { .. } => PayoutState::Returned,
        Fact::Reissued { .. } => PayoutState::Reissued,
    };
    wrap(proof.clone())
}

/// Whether a fact may follow on a state, and whether its amount is the payout's.
pub fn permit(payout: &Payout, state: &PayoutState, fact: &Fact) -> Result<(), Refusal> {
    let on_its_way = matches!(state, PayoutState::Instructed(_) | PayoutState::Unknown(_) | PayoutState::Accepted(_));
    let possible = match fact {
        Fact::Instructed => false,
        Fact::Unknown { .. } => matches!(state, PayoutState::Instructed(_)),
        Fact::Accepted { .. } => matches!(state, PayoutState::Instructed(_) | PayoutState::Unknown(_)),
        Fact::Rejected { .. } | Fact::Paid { .. } => on_its_way,
        Fact::Returned { .. } => matches!(state, PayoutState::Paid(_)),
        Fact::Reissued { .. } => match state {
            PayoutState::Returned(_) => true,
            // What a batch pays is due again; what was issued again still waits on 2110.
            PayoutState::Rejected(_) => payout.reissue_of.is_some(),
            _ => false,
        },
    };
    if !possible {
        return Err(Refusal::FactNotPossible {
            payout_id: payout.payout_id.clone(),
            state: state.word(),
            fact: fact.kind(),
        });
    }
    match fact {
        Fact::Paid { amount_minor, charge_minor, .. } => {
            whole_amount(payout, *amount_minor)?;
            in_range("charge", *charge_minor, 0..=i64::MAX - payout.net_minor())
        }
        Fact::Returned { amount_minor, .. } => whole_amount(payout, *amount_minor),
        Fact::Instructed
        | Fact::Unknown { .. }
        | Fact::Accepted { .. }
        | Fact::Rejected { .. }
        | Fact::Reissued { .. } => Ok(()),
    }
}

fn whole_amount(payout: &Payout, actual_minor: i64) -> Result<(), Refusal> {
    let expected_minor = payout.net_minor();
    if actual_minor == expected_minor {
        return Ok(());
    }
    let payout_id = payout.payout_id.clone();
    Err(Refusal::AmountDiffers { payout_id, currency: payout.currency, expected_minor, actual_minor })
}

/// Refuses an amount in minor units that is out of its range.
pub(crate) fn in_range(field: &'static str, actual_minor: i64, range: RangeInclusive<i64>) -> Result<(), Refusal> {
    if range.contains(&actual_minor) {
        return Ok(());
    }
    let (min_minor, max_minor) = range.into_inner();
    Err(Refusal::AmountOutOfRange { field, min_minor, max_minor, actual_minor })
}

#[cfg(test)]
mod tests;
