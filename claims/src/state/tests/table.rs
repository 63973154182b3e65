//! Every state and every event: where it leads and what it posts, or why it is refused.

use jiff::civil::date;

use super::legal::TABLE;
use super::sample::{Sample, sample};
use super::story::Story;
use super::told::*;
use crate::claim::State;
use crate::event::{Bearer, Debt, Event, EventKind, When};

/// A story that has come to a state, by events and by what others pay; with debts of the patient, so that there is
/// something to pay, to provide for and to write off.
fn story_at(state: State) -> Story {
    let mut story = match state {
        State::Pended => Story::until(DIRECT, State::Submitted),
        State::PreRejected => Story::until(DIRECT, State::PreReview),
        State::OrderDeclined | State::OrderTimedOut => Story::until(DIRECT, State::OrderOffered),
        State::Cancelled | State::Expired => Story::until(DIRECT, State::SharePaid),
        State::Dispensed | State::InsurerSubmitted => Story::until(LATER, state),
        State::InsurerPended => Story::until(LATER, State::InsurerSubmitted),
        State::Returned => return_with_debt(),
        State::Funded | State::Paid => Story::decided(Shape { service_fee: 100, ..REIMBURSED }, ADVANCE),
        State::Rejected => Story::decided(LATER, 0),
        State::Partial | State::ShortfallOpen => borne_by_patient(60_000),
        State::Approved | State::Recovered | State::PartRecovered | State::TakenBack | State::Closed => {
            borne_by_patient(120_000)
        }
        _ => Story::until(DIRECT, state),
    };
    lead_to(&mut story, state);
    assert_eq!(story.claim.state, state);
    story
}

/// A part of the shortfall of 1,200.00 is the patient's, and of that 100.00 are written off.
fn borne_by_patient(amount_minor: i64) -> Story {
    let mut story = Story::decided(LATER, 1_400_000);
    story.tell(&assigned(100, Bearer::Patient, amount_minor)).unwrap();
    story.tell(&written_off(100, Debt::Clawback, 10_000)).unwrap();
    story
}

/// The share was too much, and is owed all the same.
fn return_with_debt() -> Story {
    let mut story = Story::until(LATER, State::Dispensed);
    story.tell(&Event::ShareRecalculated { number: 100, share_minor: SHARE - 5_000 }).unwrap();
    story
}

/// The last steps to a state.
fn lead_to(story: &mut Story, state: State) {
    match state {
        State::Pended => tell(story, &material_requested(1)),
        State::PreRejected => tell(story, &not_quoted()),
        State::OrderDeclined => tell(story, &Event::OrderDeclined { offer_no: 1 }),
        State::OrderTimedOut => tell_sample(story, EventKind::OfferTimedOut),
        State::InsurerPended => tell(story, &asked_for_more(1)),
        State::Returned => tell_sample(story, EventKind::Returned),
        State::Cancelled => tell_sample(story, EventKind::Cancelled),
        State::Expired => tell_sample(story, EventKind::Expired),
        State::PartRecovered => story.insurer_pays(1),
        State::Recovered | State::ShortfallOpen => story.insurer_pays(1_400_000),
        State::TakenBack => {
            story.insurer_pays(1_400_000);
            story.settle();
            story.insurer_takes_back(50_000);
        }
        State::Closed => {
            tell(story, &owed_share_paid(100, SHARE));
            tell(story, &clawback_paid(100, 110_000));
            story.others_pay();
        }
        State::Funded => story.insurer_reimburses(ADVANCE),
        State::Paid => {
            story.insurer_reimburses(ADVANCE);
            story.book("2201.p-17", ADVANCE);
        }
        _ => {}
    }
    // A look leads away from what was just decided.
    if !matches!(state, State::Partial | State::Rejected) {
        story.settle();
    }
}

fn tell(story: &mut Story, event: &Event) {
    story.tell(event).unwrap();
}

fn tell_sample(story: &mut Story, kind: EventKind) {
    let event = usual(kind, story);
    story.now = when(kind);
    tell(story, &event);
}

/// Time enough for what waits for time.
fn when(kind: EventKind) -> When {
    match kind {
        EventKind::Expired => on(date(2026, 4, 2), moment(31)),
        EventKind::OfferTimedOut => on(date(2026, 3, 4), moment(2)),
        _ => on(ON, moment(0)),
    }
}

/// The event of a kind that may come next, if any may.
fn usual(kind: EventKind, story: &Story) -> Event {
    let amount_minor = match kind {
        EventKind::InsurerDecided => ADVANCE,
        EventKind::ShareRecalculated => SHARE + 100,
        _ => 100,
    };
    let debt = if story.open("1202.p-17") > 0 { Debt::Clawback } else { Debt::Shortfall };
    sample(kind, story, Sample { amount_minor, bearer: Bearer::Platform, debt, off_by: 0 })
}

/// What comes of a kind of event, as the table says it.
fn outcome(before: &Story, kind: EventKind) -> String {
    let mut story = before.clone();
    story.now = when(kind);
    let event = usual(kind, &story);
    match story.tell(&event) {
        Ok(posted) => {
            let templates: Vec<&str> = posted.iter().map(|line| line.split_once(':').unwrap().0).collect();
            let posted = if templates.is_empty() { String::new() } else { format!(" [{}]", templates.join(" ")) };
            format!("{} > {}{posted}", kind.word(), story.claim.state.word())
        }
        Err(refusal) => {
            assert_eq!(story.claim, before.claim, "what is refused changes nothing");
            format!("{} ! {}", kind.word(), refusal.code())
        }
    }
}

#[test]
fn every_state_takes_its_events_and_refuses_all_others() {
    assert_eq!(TABLE.map(|(state, _)| state), State::ALL);
    for (state, expected) in TABLE {
        let story = story_at(state);
        let outcomes = EventKind::ALL.iter().map(|kind| outcome(&story, *kind));
        let taken: Vec<String> = outcomes.filter(|outcome| !outcome.ends_with("! not_in_this_state")).collect();
        assert_eq!(taken, expected, "{}", state.word());
        let told: Vec<&str> = expected.iter().map(|outcome| outcome.split(' ').next().unwrap()).collect();
        let kinds = EventKind::ALL.iter().filter(|kind| state.accepts().contains(kind));
        assert_eq!(told, kinds.map(|kind| kind.word()).collect::<Vec<_>>(), "{}", state.word());
    }
}

/// The other ways out of a state, which depend on the claim.
#[test]
fn some_steps_depend_on_the_claim() {
    let table = [
        (Story::until(REIMBURSED, State::PreApproved), EventKind::OrderOffered, "order_offered ! not_for_this_kind"),
        (Story::until(REIMBURSED, State::PreApproved), EventKind::SentToInsurer, "sent_to_insurer > INSURER_SUBMITTED"),
        (Story::until(REIMBURSED, State::PreApproved), EventKind::Cancelled, "cancelled > CANCELLED"),
        (
            Story::until(REIMBURSED, State::InsurerSubmitted),
            EventKind::InsurerDecided,
            "insurer_decided > APPROVED [J23]",
        ),
        (Story::until(REIMBURSED, State::InsurerSubmitted), EventKind::Returned, "returned ! not_for_this_kind"),
        (
            Story::until(REIMBURSED, State::InsurerSubmitted),
            EventKind::ShareRecalculated,
            "share_recalculated ! not_for_this_kind",
        ),
        (Story::decided(REIMBURSED, 0), EventKind::ShortfallAssigned, "shortfall_assigned ! not_for_this_kind"),
        (Story::until(LATER, State::OrderAccepted), EventKind::ShareRequested, "share_requested ! no_share_to_collect"),
        (Story::until(LATER, State::OrderAccepted), EventKind::DrugReady, "drug_ready > READY"),
        (Story::until(AT_PHARMACY, State::Ready), EventKind::Cancelled, "cancelled > CANCELLED [J1r]"),
        (called_off(), EventKind::InsurerDecided, "insurer_decided ! not_in_this_state"),
        (called_off(), EventKind::Returned, "returned ! not_in_this_state"),
        (called_off(), EventKind::LedgerRead, "ledger_read > CLOSED"),
    ];
    for (story, kind, expected) in table {
        assert_eq!(outcome(&story, kind), expected);
    }
}

/// Closed without ever having come to the insurer.
fn called_off() -> Story {
    let mut story = Story::until(DIRECT, State::PreApproved);
    tell(&mut story, &Event::Cancelled);
    assert_eq!(story.settle(), State::Closed);
    story
}

#[test]
fn words_and_kinds_are_told_apart() {
    for state in State::ALL {
        assert_eq!(State::from_word(state.word()), Some(state));
    }
    for kind in EventKind::ALL {
        assert_eq!(EventKind::from_word(kind.word()), Some(*kind));
    }
}
