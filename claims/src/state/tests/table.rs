//! Every state and every event: where it leads and what it posts, or why it is refused.

use jiff::civil::date;

use super::sample::{Sample, sample};
use super::story::Story;
use super::told::*;
use crate::claim::State;
use crate::event::{Event, EventKind, When};

/// What a claim in each state takes, and what comes of it: `event > STATE [templates]`, or `event ! code`. Every event
/// that is not here is refused as not of this state.
const TABLE: &[(State, &str)] = &[];

/// A story that has come to a state, by events only and by what others pay.
fn story_at(state: State) -> Story {
    let decided = |approved_minor| Story::decided(DIRECT, approved_minor);
    let mut story = match state {
        State::Pended => Story::until(DIRECT, State::Submitted),
        State::PreRejected => Story::until(DIRECT, State::PreReview),
        State::OrderDeclined | State::OrderTimedOut => Story::until(DIRECT, State::OrderOffered),
        State::InsurerPended => Story::until(DIRECT, State::InsurerSubmitted),
        State::Approved | State::Recovered | State::PartRecovered | State::TakenBack | State::Closed => {
            decided(ADVANCE)
        }
        State::Partial | State::ShortfallOpen => decided(1_400_000),
        State::Rejected => decided(0),
        State::Returned => Story::until(DIRECT, State::Dispensed),
        State::Funded | State::Paid => Story::decided(REIMBURSED, ADVANCE),
        State::Cancelled | State::Expired => Story::until(DIRECT, State::SharePaid),
        _ => Story::until(DIRECT, state),
    };
    match state {
        State::Pended => tell(&mut story, &material_requested(1)),
        State::PreRejected => tell(&mut story, &not_quoted()),
        State::OrderDeclined => tell(&mut story, &Event::OrderDeclined { offer_no: 1 }),
        State::InsurerPended => tell(&mut story, &asked_for_more(1)),
        State::OrderTimedOut | State::Returned | State::Cancelled | State::Expired => {
            let kind = match state {
                State::OrderTimedOut => EventKind::OfferTimedOut,
                State::Returned => EventKind::Returned,
                State::Cancelled => EventKind::Cancelled,
                _ => EventKind::Expired,
            };
            tell_sample(&mut story, kind);
        }
        State::PartRecovered => story.insurer_pays(1),
        State::Recovered | State::TakenBack => story.insurer_pays(ADVANCE),
        State::ShortfallOpen => story.insurer_pays(1_400_000),
        State::Closed => story.others_pay(),
        State::Funded => story.insurer_reimburses(ADVANCE),
        State::Paid => {
            story.insurer_reimburses(ADVANCE);
            story.book("2201.p-17", ADVANCE);
            story.book("2301.picc", -1);
        }
        _ => {}
    }
    if !matches!(state, State::Partial | State::Approved | State::Rejected) {
        story.settle();
    }
    if state == State::TakenBack {
        story.insurer_takes_back(50_000);
        story.settle();
    }
    assert_eq!(story.claim.state, state);
    story
}

fn tell(story: &mut Story, event: &Event) {
    story.tell(event).unwrap();
}

fn tell_sample(story: &mut Story, kind: EventKind) {
    let event = sample(kind, story, Sample::USUAL);
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

/// What comes of a kind of event, as the table says it.
fn outcome(before: &Story, kind: EventKind) -> String {
    let mut story = before.clone();
    story.now = when(kind);
    let event = sample(kind, &story, Sample::USUAL);
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
    for state in State::ALL {
        let story = story_at(state);
        let outcomes = EventKind::ALL.iter().map(|kind| outcome(&story, *kind));
        let taken: Vec<String> = outcomes.filter(|outcome| !outcome.ends_with("! not_in_this_state")).collect();
        println!("(State::{state:?}, \"{}\"),", taken.join("; "));
    }
    assert_eq!(TABLE.len(), 29);
}
