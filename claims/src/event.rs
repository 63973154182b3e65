//! What can happen to a claim.

use dianfu_settlement::number::PartyNo;
use serde::{Deserialize, Serialize};

use crate::claim::NewClaim;
use crate::prereview::Verdict;
use crate::standing::Outstanding;

/// An event and what it brings. Amounts in minor units of the claim's currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The claim was taken in.
    TakenIn(NewClaim),
    /// All material is there; the review begins.
    ReviewStarted,
    /// The rules have spoken.
    PreReviewed(Verdict),
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
    /// Claim and proof went to the insurer.
    SentToInsurer {
        /// The number that the insurer will echo.
        submitted_no: String,
    },
    /// The insurer has decided.
    InsurerDecided {
        /// V: what the insurer will pay.
        approved_minor: i64,
        /// Why it is less than the advance, in the insurer's code; given exactly then.
        cause: Option<String>,
        /// The insurer's number for the claim.
        insurer_claim_no: String,
        /// Its order among the claims that share both numbers, from 1.
        position: i32,
    },
    /// Somebody bears a part of what the insurer does not cover. Takes two people: who records it and who checked it.
    ShortfallAssigned {
        /// Counts the assignments of this claim, from 1, so that a retry finds its first answer.
        number: i32,
        /// Who bears it.
        bearer: Bearer,
        /// How much of it.
        amount_minor: i64,
        /// Who checked it.
        checked_by: String,
    },
    /// The claim is called off before the drug is dispensed.
    Cancelled,
    /// The approval was not used in time.
    Expired,
    /// The ledger was looked at.
    LedgerRead(Outstanding),
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

/// What kind of event: what states accept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventKind {
    /// See [`Event::TakenIn`].
    TakenIn,
    /// See [`Event::ReviewStarted`].
    ReviewStarted,
    /// See [`Event::PreReviewed`].
    PreReviewed,
    /// See [`Event::ShareRequested`].
    ShareRequested,
    /// See [`Event::SharePaid`].
    SharePaid,
    /// See [`Event::DrugReady`].
    DrugReady,
    /// See [`Event::Dispensed`].
    Dispensed,
    /// See [`Event::SentToInsurer`].
    SentToInsurer,
    /// See [`Event::InsurerDecided`].
    InsurerDecided,
    /// See [`Event::ShortfallAssigned`].
    ShortfallAssigned,
    /// See [`Event::Cancelled`].
    Cancelled,
    /// See [`Event::Expired`].
    Expired,
    /// See [`Event::LedgerRead`].
    LedgerRead,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [EventKind; 13] = [
        EventKind::TakenIn,
        EventKind::ReviewStarted,
        EventKind::PreReviewed,
        EventKind::ShareRequested,
        EventKind::SharePaid,
        EventKind::DrugReady,
        EventKind::Dispensed,
        EventKind::SentToInsurer,
        EventKind::InsurerDecided,
        EventKind::ShortfallAssigned,
        EventKind::Cancelled,
        EventKind::Expired,
        EventKind::LedgerRead,
    ];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::TakenIn => "taken_in",
            EventKind::ReviewStarted => "review_started",
            EventKind::PreReviewed => "pre_reviewed",
            EventKind::ShareRequested => "share_requested",
            EventKind::SharePaid => "share_paid",
            EventKind::DrugReady => "drug_ready",
            EventKind::Dispensed => "dispensed",
            EventKind::SentToInsurer => "sent_to_insurer",
            EventKind::InsurerDecided => "insurer_decided",
            EventKind::ShortfallAssigned => "shortfall_assigned",
            EventKind::Cancelled => "cancelled",
            EventKind::Expired => "expired",
            EventKind::LedgerRead => "ledger_read",
        }
    }
}

impl Event {
    /// What kind it is.
    pub fn kind(&self) -> EventKind {
        match self {
            Event::TakenIn(_) => EventKind::TakenIn,
            Event::ReviewStarted => EventKind::ReviewStarted,
            Event::PreReviewed(_) => EventKind::PreReviewed,
            Event::ShareRequested => EventKind::ShareRequested,
            Event::SharePaid { .. } => EventKind::SharePaid,
            Event::DrugReady => EventKind::DrugReady,
            Event::Dispensed => EventKind::Dispensed,
            Event::SentToInsurer { .. } => EventKind::SentToInsurer,
            Event::InsurerDecided { .. } => EventKind::InsurerDecided,
            Event::ShortfallAssigned { .. } => EventKind::ShortfallAssigned,
            Event::Cancelled => EventKind::Cancelled,
            Event::Expired => EventKind::Expired,
            Event::LedgerRead(_) => EventKind::LedgerRead,
        }
    }
}
