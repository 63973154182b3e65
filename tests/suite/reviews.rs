//! Pre-review on a real book: versions of rules by two people and after a trial, what a batch grants, the queue.

mod filling;
mod grants;
mod handing_on;
mod prescribed;
mod queue;
mod reruns;
mod second_person;
mod trials;
mod versions;

use dianfu_claims::Command;
use dianfu_claims::event::Event;

use crate::claims::fixture::{ON, intake, number, told};

/// What brings a claim of a patient in front of the rules, and before them.
fn to_be_decided(claim_no: &str, patient_no: &str) -> Vec<Command> {
    vec![
        Command::take_in(intake(claim_no, patient_no), ON),
        told(claim_no, Event::Submitted),
        told(claim_no, Event::ReviewStarted),
        Command::review(number(claim_no), ON),
    ]
}
