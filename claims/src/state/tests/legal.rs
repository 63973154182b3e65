//! What a claim in each state takes, and what comes of it: `event > STATE [templates]`, or `event ! code` where the
//! state takes the event and the claim does not. Every event that is not here is refused as not of the state.

use crate::claim::State;

#[rustfmt::skip]
pub(super) const TABLE: [(State, &[&str]); 29] = [
    (State::Draft, &[
        "submitted > SUBMITTED", "cancelled > CANCELLED",
    ]),
    (State::Submitted, &[
        "review_started > PRE_REVIEW", "material_requested > PENDED", "cancelled > CANCELLED",
    ]),
    (State::Pended, &[
        "material_supplied > SUBMITTED", "cancelled > CANCELLED", "expired > EXPIRED",
    ]),
    (State::PreReview, &[
        "material_requested > PENDED", "pre_reviewed > PRE_APPROVED [J1]", "left_to_reviewer > PRE_REVIEW",
        "cancelled > CANCELLED",
    ]),
    (State::PreRejected, &[]),
    (State::PreApproved, &[
        "order_offered > ORDER_OFFERED", "sent_to_insurer ! not_for_this_kind", "cancelled > CANCELLED [J1r]",
        "expired > EXPIRED [J1r]",
    ]),
    (State::OrderOffered, &[
        "order_accepted > ORDER_ACCEPTED", "order_declined > ORDER_DECLINED", "offer_timed_out > ORDER_TIMED_OUT",
        "cancelled > CANCELLED [J1r]", "expired > EXPIRED [J1r]",
    ]),
    (State::OrderAccepted, &[
        "share_requested > SHARE_DUE", "drug_ready ! share_not_paid", "cancelled > CANCELLED [J1r]",
        "expired > EXPIRED [J1r]",
    ]),
    (State::OrderDeclined, &[
        "order_offered > ORDER_OFFERED", "cancelled > CANCELLED [J1r]", "expired > EXPIRED [J1r]",
    ]),
    (State::OrderTimedOut, &[
        "order_offered > ORDER_OFFERED", "cancelled > CANCELLED [J1r]", "expired > EXPIRED [J1r]",
    ]),
    (State::ShareDue, &[
        "share_paid > SHARE_PAID [J2]", "cancelled > CANCELLED [J1r]", "expired > EXPIRED [J1r]",
    ]),
    (State::SharePaid, &[
        "drug_ready > READY", "cancelled > CANCELLED [J1r J20-held]", "expired > EXPIRED [J1r J20-held]",
    ]),
    (State::Ready, &[
        "dispensed > DISPENSED [J1r J3 J4]", "cancelled > CANCELLED [J1r J20-held]",
        "expired > EXPIRED [J1r J20-held]",
    ]),
    (State::Dispensed, &[
        "owed_share_paid > DISPENSED [J2-owed]", "share_recalculated > DISPENSED [J22]",
        "sent_to_insurer > INSURER_SUBMITTED", "returned > RETURNED [J19d J19a]",
    ]),
    (State::InsurerSubmitted, &[
        "owed_share_paid > INSURER_SUBMITTED [J2-owed]", "share_recalculated > INSURER_SUBMITTED [J22]",
        "insurer_asked_for_more > INSURER_PENDED", "insurer_decided > APPROVED [J9]",
        "returned > RETURNED [J19d J19a]",
    ]),
    (State::InsurerPended, &[
        "owed_share_paid > INSURER_PENDED [J2-owed]", "share_recalculated > INSURER_PENDED [J22]",
        "more_sent_to_insurer > INSURER_SUBMITTED", "insurer_decided > APPROVED [J9]",
        "returned > RETURNED [J19d J19a]",
    ]),
    (State::Approved, &[
        "owed_share_paid > APPROVED [J2-owed]", "insurer_decided > APPROVED [J10d]",
        "shortfall_assigned ! shortfall_exceeded", "clawback_paid > APPROVED [J12]", "provisioned > APPROVED [J13]",
        "written_off > APPROVED [J13 J13-write-off-patient]", "written_off_recovered > APPROVED [J13-recovered]",
        "returned > RETURNED [J19d J19a]", "ledger_read > APPROVED",
    ]),
    (State::Partial, &[
        "owed_share_paid > PARTIAL [J2-owed]", "insurer_decided > APPROVED [J10d]",
        "shortfall_assigned > PARTIAL [J10c]", "clawback_paid > PARTIAL [J12]", "provisioned > PARTIAL [J13]",
        "written_off > PARTIAL [J13 J13-write-off-patient]", "written_off_recovered > PARTIAL [J13-recovered]",
        "returned > RETURNED [J19d J19a]", "ledger_read > PARTIAL",
    ]),
    (State::Rejected, &[
        "owed_share_paid > REJECTED [J2-owed]", "insurer_decided > APPROVED [J10d]",
        "shortfall_assigned > REJECTED [J10c]", "clawback_paid ! out_of_range", "provisioned > REJECTED [J13]",
        "written_off > REJECTED [J13 J13-write-off-insurer]", "written_off_recovered ! out_of_range",
        "returned > RETURNED [J19d J19a]", "ledger_read > SHORTFALL_OPEN",
    ]),
    (State::PartRecovered, &[
        "owed_share_paid > PART_RECOVERED [J2-owed]", "insurer_decided > APPROVED [J10d]",
        "shortfall_assigned ! shortfall_exceeded", "clawback_paid > PART_RECOVERED [J12]",
        "provisioned > PART_RECOVERED [J13]", "written_off > PART_RECOVERED [J13 J13-write-off-patient]",
        "written_off_recovered > PART_RECOVERED [J13-recovered]", "returned > RETURNED [J19d J19a]",
        "ledger_read > PART_RECOVERED",
    ]),
    (State::Recovered, &[
        "owed_share_paid > RECOVERED [J2-owed]", "insurer_decided > APPROVED [J10d]",
        "shortfall_assigned ! shortfall_exceeded", "clawback_paid > RECOVERED [J12]", "provisioned > RECOVERED [J13]",
        "written_off > RECOVERED [J13 J13-write-off-patient]", "written_off_recovered > RECOVERED [J13-recovered]",
        "returned > RETURNED [J19d J19a]", "ledger_read > RECOVERED",
    ]),
    (State::ShortfallOpen, &[
        "owed_share_paid > SHORTFALL_OPEN [J2-owed]", "insurer_decided > APPROVED [J10d]",
        "shortfall_assigned > SHORTFALL_OPEN [J10c]", "clawback_paid > SHORTFALL_OPEN [J12]",
        "provisioned > SHORTFALL_OPEN [J13]", "written_off > SHORTFALL_OPEN [J13 J13-write-off-patient]",
        "written_off_recovered > SHORTFALL_OPEN [J13-recovered]", "returned > RETURNED [J19d J19a]",
        "ledger_read > SHORTFALL_OPEN",
    ]),
    (State::TakenBack, &[
        "owed_share_paid > TAKEN_BACK [J2-owed]", "insurer_decided > APPROVED [J10d]",
        "shortfall_assigned ! shortfall_exceeded", "clawback_paid > TAKEN_BACK [J12]",
        "provisioned > TAKEN_BACK [J13]", "written_off > TAKEN_BACK [J13 J13-write-off-patient]",
        "written_off_recovered > TAKEN_BACK [J13-recovered]", "returned > RETURNED [J19d J19a]",
        "ledger_read > TAKEN_BACK",
    ]),
    (State::Returned, &[
        "owed_share_paid > RETURNED [J2-owed]", "provisioned ! out_of_range", "ledger_read > RETURNED",
    ]),
    (State::Funded, &[
        "ledger_read > FUNDED",
    ]),
    (State::Paid, &[
        "ledger_read > PAID",
    ]),
    (State::Cancelled, &[
        "ledger_read > CANCELLED",
    ]),
    (State::Expired, &[
        "ledger_read > EXPIRED",
    ]),
    (State::Closed, &[
        "insurer_decided > APPROVED [J10d]", "provisioned ! out_of_range",
        "written_off_recovered > CLOSED [J13-recovered]", "returned > RETURNED [J19d-paid-out J19c]",
        "ledger_read > CLOSED",
    ]),
];
