//! What is next to be done with the insurer about a claim, and when. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::claim::State;

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Errand {
    /// Hand in the claim.
    Submit,
    /// Ask where it stands: the claim waits for it.
    Look,
    /// Ask whether it was decided anew.
    Watch,
}

/// Between two looks at a claim that waits.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(15);
/// Between two looks at a claim that is decided.
const WATCH_AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// After the first failure; it doubles with each.
const TRY_AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// The longest pause after failures.
const TRY_AGAIN_MAX: SignedDuration = SignedDuration::from_hours(1);

/// What is to be done about a claim in this state. The index of the database has the same states.
pub fn errand(state: State) -> Option<Errand> {
    match state {
        State::Dispensed => Some(Errand::Submit),
        State::InsurerSubmitted | State::InsurerPended => Some(Errand::Look),
        State::Approved | State::Partial | State::Rejected | State::PartRecovered | State::ShortfallOpen => {
            Some(Errand::Watch)
        }
        State::Draft
        | State::Submitted
        | State::Pended
        | State::PreReview
        | State::PreRejected
        | State::PreApproved
        | State::OrderOffered
        | State::OrderAccepted
        | State::OrderDeclined
        | State::OrderTimedOut
        | State::ShareDue
        | State::SharePaid
        | State::Ready
        | State::Recovered
        | State::TakenBack
        | State::Returned
        | State::Funded
        | State::Paid
        | State::Cancelled
        | State::Expired
        | State::Closed => None,
    }
}

/// When to come again after an errand that was done, or has failed this often in a row.
pub fn next_at(errand: Errand, failures: i32, now: Timestamp) -> Timestamp {
    let pause = match (failures, errand) {
        (1.., _) => {
            let doubled = 1_i32.checked_shl(failures.unsigned_abs() - 1).filter(|factor| *factor > 0);
            let pause = doubled.and_then(|factor| TRY_AGAIN.checked_mul(factor)).unwrap_or(TRY_AGAIN_MAX);
            pause.min(TRY_AGAIN_MAX)
        }
        // What was handed in may be decided at once.
        (_, Errand::Submit) => SignedDuration::ZERO,
        (_, Errand::Look) => LOOK_AGAIN,
        (_, Errand::Watch) => WATCH_AGAIN,
    };
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_an_hour_and_no_further() {
        let now = Timestamp::from_second(0).unwrap();
        let minutes = |failures| next_at(Errand::Look, failures, now).as_second() / 60;
        assert_eq!(
            [1, 2, 3, 4, 6, 7, 8, 31, 32, 33, 64, i32::MAX].map(minutes),
            [1, 2, 4, 8, 32, 60, 60, 60, 60, 60, 60, 60]
        );
        assert_eq!(minutes(0), 15);
        assert_eq!(next_at(Errand::Submit, 0, now), now);
    }

    #[test]
    fn a_claim_is_handed_in_then_looked_at_then_watched_until_it_is_recovered() {
        let errands = State::ALL.map(errand);
        let of = |state: State| errands[State::ALL.iter().position(|other| *other == state).unwrap()];
        assert_eq!(of(State::Dispensed), Some(Errand::Submit));
        assert_eq!(of(State::InsurerSubmitted), Some(Errand::Look));
        assert_eq!(of(State::Rejected), Some(Errand::Watch));
        assert_eq!(of(State::Ready), None);
        assert_eq!(of(State::Closed), None);
    }
}
