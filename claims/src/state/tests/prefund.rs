//! Advances that an insurer has deposited beforehand (J24).

use super::story::{Story, posts};
use super::told::*;
use crate::claim::State;
use crate::event::Event;

const FEE: &str = "J4: Dr 2101.red-cross 200.00, Cr 4102 188.68, Cr 2401 11.32";

#[test]
fn a_prefund_is_held_drawn_on_cut_and_draws_more() {
    let mut story = Story::until(PREFUND, State::PreReview);
    let [hold, release] = [
        "J24-hold: Dr 2302.picc 15200.00, Cr 9002.picc 15200.00",
        "J24-release: Dr 9002.picc 15200.00, Cr 2302.picc 15200.00",
    ];
    posts(&mut story, &quoted(PREFUND, ADVANCE), &[hold]);
    let mut called_off = story.clone();
    posts(&mut called_off, &Event::Cancelled, &[release]);
    let mut story = Story::until(PREFUND, State::Ready);
    let drawn = "J24-drawn: Dr 2302.picc 15200.00, Dr 2203.p-17 4800.00, Cr 2101.red-cross 20000.00";
    posts(&mut story, &Event::Dispensed, &[release, drawn, FEE]);
    story.tell(&sent()).unwrap();
    let cut = "J24-cut: Dr 1109.picc 1200.00, Cr 2302.picc 1200.00";
    let more = "J24-more: Dr 2302.picc 800.00, Cr 2202.p-17 800.00";
    let table: [(i64, &[&str], State); 3] = [
        (ADVANCE, &[], State::Recovered),
        (1_400_000, &[cut], State::ShortfallOpen),
        (1_600_000, &[more], State::Recovered),
    ];
    for (approved_minor, posted, state) in table {
        let mut decided = story.clone();
        let event = decided.decision(approved_minor);
        posts(&mut decided, &event, posted);
        assert_eq!(decided.settle(), state);
        assert_eq!(decided.drawn(), approved_minor);
    }
}

#[test]
fn a_prefund_is_drawn_on_whoever_takes_the_share() {
    for (shape, drawn) in [
        (
            Shape { funding: PREFUND.funding, ..AT_PHARMACY },
            "J24-drawn: Dr 2302.picc 15200.00, Cr 2101.red-cross 15200.00",
        ),
        (
            Shape { funding: PREFUND.funding, ..LATER },
            "J24-drawn: Dr 2302.picc 15200.00, Dr 1201.p-17 4800.00, Cr 2101.red-cross 20000.00",
        ),
    ] {
        let mut story = Story::until(shape, State::Ready);
        let posted = story.tell(&Event::Dispensed).unwrap();
        assert_eq!(posted[1], drawn);
    }
}
