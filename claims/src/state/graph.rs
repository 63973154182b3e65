//! The states and where they lead. The database holds the same list of steps and refuses every other one.

use crate::claim::State;
use crate::event::EventKind;

use State as S;

impl State {
    /// What a claim in this state takes.
    pub fn accepts(self) -> &'static [EventKind] {
        use EventKind as E;
        match self {
            S::Draft => &[E::Submitted, E::Cancelled],
            S::Submitted => &[E::ReviewStarted, E::MaterialRequested, E::Cancelled],
            S::Pended => &[E::MaterialSupplied, E::Cancelled, E::Expired],
            S::PreReview => &[E::PreReviewed, E::LeftToReviewer, E::MaterialRequested, E::Cancelled],
            S::PreRejected => &[],
            S::PreApproved => &[E::OrderOffered, E::SentToInsurer, E::Cancelled, E::Expired],
            S::OrderOffered => &[E::OrderAccepted, E::OrderDeclined, E::OfferTimedOut, E::Cancelled, E::Expired],
            S::OrderDeclined | S::OrderTimedOut => &[E::OrderOffered, E::Cancelled, E::Expired],
            S::OrderAccepted => &[E::ShareRequested, E::DrugReady, E::Cancelled, E::Expired],
            S::ShareDue => &[E::SharePaid, E::Cancelled, E::Expired],
            S::SharePaid => &[E::DrugReady, E::Cancelled, E::Expired],
            S::Ready => &[E::Dispensed, E::Cancelled, E::Expired],
            S::Dispensed => &[E::SentToInsurer, E::OwedSharePaid, E::ShareRecalculated, E::Returned],
            S::InsurerSubmitted => {
                &[E::InsurerDecided, E::InsurerAskedForMore, E::OwedSharePaid, E::ShareRecalculated, E::Returned]
            }
            S::InsurerPended => {
                &[E::InsurerDecided, E::MoreSentToInsurer, E::OwedSharePaid, E::ShareRecalculated, E::Returned]
            }
            S::Approved
            | S::Partial
            | S::Rejected
            | S::PartRecovered
            | S::Recovered
            | S::ShortfallOpen
            | S::TakenBack => &[
                E::InsurerDecided,
                E::ShortfallAssigned,
                E::OwedSharePaid,
                E::ClawbackPaid,
                E::Provisioned,
                E::WrittenOff,
                E::WrittenOffRecovered,
                E::Returned,
                E::LedgerRead,
            ],
            S::Returned => &[E::OwedSharePaid, E::Provisioned, E::LedgerRead],
            S::Closed => &[E::InsurerDecided, E::Provisioned, E::WrittenOffRecovered, E::Returned, E::LedgerRead],
            S::Funded | S::Paid | S::Cancelled | S::Expired => &[E::LedgerRead],
        }
    }

    /// Where a claim in this state may go in one step. A state that leads to itself takes events that only add to what
    /// is known.
    pub fn leads_to(self) -> &'static [State] {
        match self {
            S::Draft => &[S::Submitted, S::Cancelled],
            S::Submitted => &[S::PreReview, S::Pended, S::Cancelled],
            S::Pended => &[S::Submitted, S::PreReview, S::Cancelled, S::Expired],
            S::PreReview => &[S::PreReview, S::PreApproved, S::PreRejected, S::Pended, S::Cancelled],
            S::PreRejected => &[],
            S::PreApproved => &[S::OrderOffered, S::InsurerSubmitted, S::Cancelled, S::Expired],
            S::OrderOffered => &[S::OrderAccepted, S::OrderDeclined, S::OrderTimedOut, S::Cancelled, S::Expired],
            S::OrderDeclined | S::OrderTimedOut => &[S::OrderOffered, S::Cancelled, S::Expired],
            S::OrderAccepted => &[S::ShareDue, S::Ready, S::Cancelled, S::Expired],
            S::ShareDue => &[S::SharePaid, S::Cancelled, S::Expired],
            S::SharePaid => &[S::Ready, S::Cancelled, S::Expired],
            S::Ready => &[S::Dispensed, S::Cancelled, S::Expired],
            S::Dispensed => &[S::Dispensed, S::InsurerSubmitted, S::Returned],
            S::InsurerSubmitted => {
                &[S::InsurerSubmitted, S::InsurerPended, S::Approved, S::Partial, S::Rejected, S::Returned]
            }
            S::InsurerPended => {
                &[S::InsurerPended, S::InsurerSubmitted, S::Approved, S::Partial, S::Rejected, S::Returned]
            }
            S::Approved
            | S::Partial
            | S::Rejected
            | S::PartRecovered
            | S::Recovered
            | S::ShortfallOpen
            | S::TakenBack => &[
                S::Approved,
                S::Partial,
                S::Rejected,
                S::PartRecovered,
                S::Recovered,
                S::ShortfallOpen,
                S::TakenBack,
                S::Returned,
                S::Funded,
                S::Paid,
                S::Closed,
            ],
            S::Returned => &[S::Returned, S::Closed],
            S::Funded | S::Paid => &[S::Funded, S::Paid, S::TakenBack, S::Closed],
            S::Cancelled | S::Expired => &[S::Closed],
            S::Closed => &[
                S::Closed,
                S::Approved,
                S::Partial,
                S::Rejected,
                S::TakenBack,
                S::ShortfallOpen,
                S::Recovered,
                S::Returned,
                S::Funded,
                S::Paid,
            ],
        }
    }

    /// Whether the advance of a claim in this state is held and not yet made.
    pub fn is_held(self) -> bool {
        matches!(
            self,
            S::PreApproved
                | S::OrderOffered
                | S::OrderAccepted
                | S::OrderDeclined
                | S::OrderTimedOut
                | S::ShareDue
                | S::SharePaid
                | S::Ready
        )
    }

    /// Whether the platform holds the share of a claim in this state, if there is one to collect.
    pub fn holds_share(self) -> bool {
        matches!(self, S::SharePaid | S::Ready)
    }
}
