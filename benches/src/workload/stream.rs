//! What is asked for, in order, and what must be answered.

use jiff::civil::Date;
use uuid::Uuid;

use super::Workload;
use super::backdated::Backdated;
use super::draw::Draw;
use super::holds::Holds;
use super::replays::Replays;
use super::transfers::{Seat, Transfer, Transfers};

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// To move money.
    Post(Transfer),
    /// To move it as of a day.
    Dated(Transfer, Date),
    /// To hold it.
    Hold(Transfer),
    /// To move all that is held.
    Capture {
        /// The entry's id.
        id: Uuid,
        /// The hold's.
        hold: Uuid,
    },
}

/// What must be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Posted.
    Posted,
    /// Posted, or refused because too little is there: that hangs on who was quicker.
    PostedOrRefused,
    /// In the books already.
    Replayed,
    /// In the books already, with other content.
    Conflict,
}

/// One entry asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// What.
    pub step: Step,
    /// And the answer.
    pub expected: Expected,
}

impl Asked {
    /// Something plain.
    pub fn posted(step: Step) -> Asked {
        Asked { step, expected: Expected::Posted }
    }
}

/// The endless stream of a seat.
pub type Stream = Box<dyn Iterator<Item = Asked> + Send>;

/// The stream of a workload in requests of `batch` entries.
pub fn stream(workload: Workload, draw: Draw, seat: Seat, batch: usize) -> Stream {
    let transfers = Transfers::new(draw, seat);
    match workload {
        Workload::Zipf => {
            let asked = |transfer| Asked { step: Step::Post(transfer), expected: Expected::PostedOrRefused };
            Box::new(transfers.map(asked))
        }
        Workload::Holds => Box::new(Holds::new(transfers, batch)),
        Workload::Replays => Box::new(Replays::new(transfers)),
        Workload::Backdated => Box::new(Backdated::new(transfers)),
        _ => Box::new(transfers.map(|transfer| Asked::posted(Step::Post(transfer)))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::Kind;
    use super::*;

    #[test]
    fn one_seat_is_one_stream_of_every_workload() {
        for workload in Workload::ALL {
            let draw = Kind::of(workload).from(100);
            let taken = |number| {
                let stream = stream(workload, draw.clone(), Seat { number, after: 0 }, 100);
                stream.take(2_000).collect::<Vec<Asked>>()
            };
            assert_eq!(taken(1), taken(1), "{workload}");
            assert_ne!(taken(1), taken(2), "{workload}");
        }
    }
}
