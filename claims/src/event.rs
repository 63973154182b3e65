//! What can happen to a claim.

use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::claim::{NewClaim, Order};
use crate::insurer::bearer::Condition;
use crate::prereview::Verdict;
use crate::standing::Outstanding;

/// An event and what it brings. Amounts in minor units of the claim's currency. What may happen more than once is
/// counted by who tells it, from 1, so that a retry finds its first answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The claim was taken in.
    TakenIn(NewClaim),
    /// The patient has sent it off.
    Submitted,
    /// All material is there; the review begins.
    ReviewStarted,
    /// Material is missing; the clock stands still until it is there.
    MaterialRequested {
        /// Counts the requests of this claim.
        number: i32,
        /// What is asked for, by kind.
        materials: Vec<String>,
        /// The last day for it.
        due_on: Date,
    },
    /// What was asked for is there.
    MaterialSupplied {
        /// Which request it answers.
        number: i32,
    },
    /// The rules have spoken.
    PreReviewed(Verdict),
    /// The rules leave it to a reviewer.
    LeftToReviewer {
        /// The codes of the rules that do.
        rules: Vec<String>,
    },
    /// A pharmacy is asked to take the order.
    OrderOffered(Order),
    /// It takes the order.
    OrderAccepted {
        /// Which offer.
        offer_no: i32,
    },
    /// It does not.
    OrderDeclined {
        /// Which offer.
        offer_no: i32,
    },
    /// It has not answered in time.
    OfferTimedOut {
        /// Which offer.
        offer_no: i32,
    },
    /// The patient is asked for the share.
    ShareRequested,
    /// The patient has paid the share to the platform.
    SharePaid {
        /// How much.
        amount_minor: i64,
        /// Through which collection channel.
        channel: PartyNo,
    },
    /// The drug waits for pickup.
    DrugReady,
    /// The patient has the drug. The command carries the proof's hash as evidence.
    Dispensed,
    /// The patient has paid some of a share that was owed since dispensing (J2-owed).
    OwedSharePaid {
        /// Counts the payments of this claim.
        number: i32,
        /// How much.
        amount_minor: i64,
        /// Through which collection channel.
        channel: PartyNo,
    },
    /// Another claim came first, and the share is another than was quoted (J22).
    ShareRecalculated {
        /// Counts the recalculations of this claim.
        number: i32,
        /// U as it should have been.
        share_minor: i64,
    },
    /// Claim and proof went to the insurer.
    SentToInsurer {
        /// The number that the insurer will echo.
        submitted_no: String,
    },
    /// The insurer wants to see more before it decides.
    InsurerAskedForMore {
        /// Counts the requests of the insurer.
        number: i32,
        /// What it asks for, by kind.
        materials: Vec<String>,
        /// The last day for it.
        respond_by: Date,
    },
    /// What the insurer asked for was sent.
    MoreSentToInsurer {
        /// Which request it answers.
        number: i32,
    },
    /// The insurer has decided, or has decided again.
    InsurerDecided {
        /// Counts its decisions on this claim.
        decision_no: i32,
        /// The insurer's number for the claim.
        insurer_claim_no: String,
        /// Its order among the claims that share both numbers, from 1.
        position: i32,
        /// One decision a line of the claim, in the order of lines.
        lines: Vec<LineDecision>,
    },
    /// Somebody bears a part of what the insurer does not cover. Takes two people.
    ShortfallAssigned {
        /// Counts the assignments of this claim.
        number: i32,
        /// Who bears it.
        bearer: Bearer,
        /// How much of it.
        amount_minor: i64,
        /// Why it is who it is.
        grounds: Grounds,
    },
    /// The patient has paid back some of what the patient bears (J12).
    ClawbackPaid {
        /// Counts the instalments of this claim.
        number: i32,
        /// How much.
        amount_minor: i64,
        /// Our bank account that got it.
        bank: PartyNo,
    },
    /// What may be lost is provided for, or less is than before (J13). Takes two people.
    Provisioned {
        /// Counts the changes of this claim's provision.
        number: i32,
        /// By how much the provision rises, or falls if negative.
        change_minor: i64,
    },
    /// Nobody will pay it any more (J13). Takes two people.
    WrittenOff {
        /// Counts the write-offs of this claim.
        number: i32,
        /// What is written off.
        debt: Debt,
        /// How much.
        amount_minor: i64,
    },
    /// Somebody has paid what was written off (J13).
    WrittenOffRecovered {
        /// Counts the recoveries of this claim.
        number: i32,
        /// How much.
        amount_minor: i64,
        /// Our bank account that got it.
        bank: PartyNo,
    },
    /// The drug came back (J19). The command carries the proof's hash as evidence.
    Returned,
    /// The claim is called off before the drug is dispensed.
    Cancelled,
    /// The approval was not used in time, or material did not come in time.
    Expired,
    /// The ledger was looked at.
    LedgerRead(Outstanding),
}

/// What the insurer has decided on a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineDecision {
    /// The line of the claim.
    pub line_no: i32,
    /// What the insurer pays of it, in minor units.
    pub approved_minor: i64,
    /// Why it is less than the line's part of the advance, in the insurer's codes; given exactly then.
    pub reasons: Vec<String>,
}

/// Who bears a shortfall.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// The patient owes it (J10a).
    Patient,
    /// The pharmacy owes it, to be netted with what it will be owed (J10b).
    PharmacyByNetting,
    /// The pharmacy's order is not paid yet and is paid that much less (J10b).
    PharmacyUnpaidOrder,
    /// The platform loses it (J10c).
    Platform,
    /// The insurer owes it after all: the dispute is won (J10d).
    InsurerAfterDispute,
}

impl Bearer {
    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Bearer::Patient => "patient",
            Bearer::PharmacyByNetting => "pharmacy_by_netting",
            Bearer::PharmacyUnpaidOrder => "pharmacy_unpaid_order",
            Bearer::Platform => "platform",
            Bearer::InsurerAfterDispute => "insurer_after_dispute",
        }
    }
}

/// Why somebody bears a shortfall: what the insurer's table of bearers ([`crate::insurer::bearer`]) is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grounds {
    /// The cause, as the table names it.
    pub cause: String,
    /// What is so: the conditions of the table that are met.
    pub met: Vec<Condition>,
    /// Whether the two people decide against the table. Takes a reason and a proof.
    pub overrides: bool,
}

impl Grounds {
    /// A cause, and what is so, by the table.
    pub fn of(cause: &str, met: &[Condition]) -> Grounds {
        Grounds { cause: cause.to_owned(), met: met.to_vec(), overrides: false }
    }
}

/// What may be written off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Debt {
    /// What the patient owes back (1202).
    Clawback,
    /// What nobody bears yet (1109).
    Shortfall,
}

/// When something happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct When {
    /// The day on which it counts.
    pub on: Date,
    /// The moment at which it is told.
    pub at: Timestamp,
}

macro_rules! kinds {
    ($($kind:ident = $word:literal $pattern:pat,)*) => {
        /// What kind of event: what states accept.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum EventKind {
            $(#[doc = concat!("See [`Event::", stringify!($kind), "`].")] $kind,)*
        }

        impl EventKind {
            /// Every kind, in the order of a claim's life.
            pub const ALL: &[EventKind] = &[$(EventKind::$kind),*];

            /// The word for it, in the database and at every edge.
            pub fn word(self) -> &'static str {
                match self {
                    $(EventKind::$kind => $word,)*
                }
            }
        }

        impl Event {
            /// What kind it is.
            pub fn kind(&self) -> EventKind {
                match self {
                    $($pattern => EventKind::$kind,)*
                }
            }
        }
    };
}

kinds! {
    TakenIn = "taken_in" Event::TakenIn(_),
    Submitted = "submitted" Event::Submitted,
    ReviewStarted = "review_started" Event::ReviewStarted,
    MaterialRequested = "material_requested" Event::MaterialRequested { .. },
    MaterialSupplied = "material_supplied" Event::MaterialSupplied { .. },
    PreReviewed = "pre_reviewed" Event::PreReviewed(_),
    LeftToReviewer = "left_to_reviewer" Event::LeftToReviewer { .. },
    OrderOffered = "order_offered" Event::OrderOffered(_),
    OrderAccepted = "order_accepted" Event::OrderAccepted { .. },
    OrderDeclined = "order_declined" Event::OrderDeclined { .. },
    OfferTimedOut = "offer_timed_out" Event::OfferTimedOut { .. },
    ShareRequested = "share_requested" Event::ShareRequested,
    SharePaid = "share_paid" Event::SharePaid { .. },
    DrugReady = "drug_ready" Event::DrugReady,
    Dispensed = "dispensed" Event::Dispensed,
    OwedSharePaid = "owed_share_paid" Event::OwedSharePaid { .. },
    ShareRecalculated = "share_recalculated" Event::ShareRecalculated { .. },
    SentToInsurer = "sent_to_insurer" Event::SentToInsurer { .. },
    InsurerAskedForMore = "insurer_asked_for_more" Event::InsurerAskedForMore { .. },
    MoreSentToInsurer = "more_sent_to_insurer" Event::MoreSentToInsurer { .. },
    InsurerDecided = "insurer_decided" Event::InsurerDecided { .. },
    ShortfallAssigned = "shortfall_assigned" Event::ShortfallAssigned { .. },
    ClawbackPaid = "clawback_paid" Event::ClawbackPaid { .. },
    Provisioned = "provisioned" Event::Provisioned { .. },
    WrittenOff = "written_off" Event::WrittenOff { .. },
    WrittenOffRecovered = "written_off_recovered" Event::WrittenOffRecovered { .. },
    Returned = "returned" Event::Returned,
    Cancelled = "cancelled" Event::Cancelled,
    Expired = "expired" Event::Expired,
    LedgerRead = "ledger_read" Event::LedgerRead(_),
}

impl EventKind {
    /// The inverse of [`EventKind::word`].
    pub fn from_word(word: &str) -> Option<EventKind> {
        EventKind::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    /// Whether it takes two people: who records it and who has checked it.
    pub fn takes_two(self) -> bool {
        matches!(self, EventKind::ShortfallAssigned | EventKind::Provisioned | EventKind::WrittenOff)
    }

    /// Whether it needs the hash of a document that proves it.
    pub fn needs_proof(self) -> bool {
        matches!(self, EventKind::Dispensed | EventKind::Returned)
    }

    /// Whether what it posts depends on what stands in the ledger, so that it is decided under the head.
    pub fn reads_ledger(self) -> bool {
        matches!(
            self,
            EventKind::OwedSharePaid
                | EventKind::InsurerDecided
                | EventKind::ShortfallAssigned
                | EventKind::ClawbackPaid
                | EventKind::Provisioned
                | EventKind::WrittenOff
                | EventKind::Returned
        )
    }
}

impl Event {
    /// Its count, where it may happen more than once.
    pub fn number(&self) -> Option<i32> {
        match self {
            Event::MaterialRequested { number, .. }
            | Event::MaterialSupplied { number }
            | Event::OwedSharePaid { number, .. }
            | Event::ShareRecalculated { number, .. }
            | Event::InsurerAskedForMore { number, .. }
            | Event::MoreSentToInsurer { number }
            | Event::ShortfallAssigned { number, .. }
            | Event::ClawbackPaid { number, .. }
            | Event::Provisioned { number, .. }
            | Event::WrittenOff { number, .. }
            | Event::WrittenOffRecovered { number, .. } => Some(*number),
            Event::OrderOffered(order) => Some(order.offer_no),
            Event::OrderAccepted { offer_no }
            | Event::OrderDeclined { offer_no }
            | Event::OfferTimedOut { offer_no } => Some(*offer_no),
            Event::InsurerDecided { decision_no, .. } => Some(*decision_no),
            Event::TakenIn(_)
            | Event::Submitted
            | Event::ReviewStarted
            | Event::PreReviewed(_)
            | Event::LeftToReviewer { .. }
            | Event::ShareRequested
            | Event::SharePaid { .. }
            | Event::DrugReady
            | Event::Dispensed
            | Event::SentToInsurer { .. }
            | Event::Returned
            | Event::Cancelled
            | Event::Expired
            | Event::LedgerRead(_) => None,
        }
    }
}
