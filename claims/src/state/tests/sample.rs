//! An event of any kind as it could come next in a story.

use super::story::Story;
use super::told::*;
use crate::event::{Bearer, Debt, Event, EventKind};

/// What an event of a kind is told with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Its amount, where it has one.
    pub(crate) amount_minor: i64,
    /// Who bears it, where somebody does.
    pub(crate) bearer: Bearer,
    /// What is written off.
    pub(crate) debt: Debt,
    /// By how much its count is wrong.
    pub(crate) off_by: i32,
}

pub(crate) fn sample(kind: EventKind, story: &Story, with: Sample) -> Event {
    let Sample { amount_minor, bearer, debt, off_by } = with;
    let progress = &story.claim.progress;
    let offer_no = progress.order.as_ref().map_or(0, |order| order.offer_no) + off_by;
    let asked = progress.awaited.as_ref().map_or(0, |awaited| awaited.number) + off_by;
    let number = story.claim.event_no;
    match kind {
        EventKind::TakenIn => Event::TakenIn(story.claim.intake.clone()),
        EventKind::Submitted => Event::Submitted,
        EventKind::ReviewStarted => Event::ReviewStarted,
        EventKind::MaterialRequested => material_requested(asked + 1),
        EventKind::MaterialSupplied => Event::MaterialSupplied { number: asked },
        EventKind::PreReviewed => quoted(story.shape, ADVANCE),
        EventKind::OrderOffered => offered(offer_no + 1),
        EventKind::OrderAccepted => Event::OrderAccepted { offer_no },
        EventKind::OrderDeclined => Event::OrderDeclined { offer_no },
        EventKind::OfferTimedOut => Event::OfferTimedOut { offer_no },
        EventKind::ShareRequested => Event::ShareRequested,
        EventKind::SharePaid => share_paid(story.claim.share_minor() + i64::from(off_by)),
        EventKind::DrugReady => Event::DrugReady,
        EventKind::Dispensed => Event::Dispensed,
        EventKind::OwedSharePaid => owed_share_paid(number, amount_minor),
        EventKind::ShareRecalculated => Event::ShareRecalculated { number, share_minor: amount_minor },
        EventKind::SentToInsurer => sent(),
        EventKind::InsurerAskedForMore => asked_for_more(asked + 1),
        EventKind::MoreSentToInsurer => Event::MoreSentToInsurer { number: asked },
        EventKind::InsurerDecided => {
            decided(story.shape, progress.decision_no + 1 + off_by, amount_minor, story.claim.advance_minor())
        }
        EventKind::ShortfallAssigned => assigned(number, bearer, amount_minor),
        EventKind::ClawbackPaid => clawback_paid(number, amount_minor),
        EventKind::Provisioned => provisioned(number, amount_minor),
        EventKind::WrittenOff => written_off(number, debt, amount_minor),
        EventKind::WrittenOffRecovered => written_off_recovered(number, amount_minor),
        EventKind::Returned => Event::Returned,
        EventKind::Cancelled => Event::Cancelled,
        EventKind::Expired => Event::Expired,
        EventKind::LedgerRead => Event::LedgerRead(story.look()),
    }
}
