//! Other lives of a claim than the straight one, as lists of steps that can be failed and taken again.

use dianfu_claims::Command;
use dianfu_claims::claim::{ClaimKind, NewClaim, State};
use dianfu_claims::event::{Bearer, Debt, Event};
use dianfu_ledger::id;

use super::fixture::{
    ADVANCE, Desk, ON, SHARE, WIDE, assigned, decided, decided_again, intake, number, offered, party, sent, share_paid,
    straight_path, told,
};
use super::material::asked_for;
use super::rulings::{self, old, ruling};
use super::steps::{Step, whole_life};

/// A life of the claim `C-1`, for books of its own.
pub struct Life {
    pub steps: Vec<Step>,
    book: Book,
}

/// What a life asks of its book.
#[derive(Clone, Copy)]
enum Book {
    Plain,
    Prefunded,
    /// Its rules leave an old prescription to a reviewer, and everything to two people.
    LeavesToReviewers,
}

impl Life {
    /// A book in which the life may begin.
    pub async fn book(&self) -> Desk {
        match self.book {
            Book::Plain => Desk::new(WIDE).await,
            Book::Prefunded => Desk::deposited(2 * ADVANCE).await,
            Book::LeavesToReviewers => rulings::desk(Some(1)).await,
        }
    }
}

/// Every life.
pub fn lives() -> [Life; 4] {
    let plain = |steps| Life { steps, book: Book::Plain };
    [plain(whole_life()), Life { steps: drawn(), book: Book::Prefunded }, plain(reimbursed()), plain(lost())]
}

/// The rules leave it to a reviewer, who asks for more; what another then proposes is turned down first, and proposed
/// again by the same.
pub fn left_to_reviewers() -> Life {
    let review = || Step::Tell(Command::review(number("C-1"), ON));
    let mut steps = vec![Step::Tell(Command::take_in(old("C-1", "p-1"), ON))];
    steps.extend([Event::Submitted, Event::ReviewStarted].map(tell));
    steps.push(review());
    steps.extend([asked_for(1, ON), Event::MaterialSupplied { number: 1 }].map(tell));
    steps.push(review());
    for is_accepted in [false, true] {
        let id = id::fresh();
        steps.push(Step::ProposeRuling(id, ruling("C-1", true, &["doctor_confirmed"])));
        steps.push(Step::DecideRuling(id, is_accepted));
    }
    Life { steps, book: Book::LeavesToReviewers }
}

fn tell(event: Event) -> Step {
    Step::Tell(told("C-1", event))
}

/// Material is missing, the first pharmacy declines, the share is recalculated, the insurer asks for more, decides
/// twice and pays from its deposit, the patient pays back a part, and the drug comes back.
fn drawn() -> Vec<Step> {
    let (bank, channel) = (party("settlement"), party("wechat"));
    let asks = Event::InsurerAskedForMore { number: 2, materials: vec!["invoice".to_owned()], respond_by: ON };
    let mut steps = vec![Step::Tell(Command::take_in(intake("C-1", "p-1"), ON))];
    let before = [Event::Submitted, asked_for(1, ON), Event::MaterialSupplied { number: 1 }, Event::ReviewStarted];
    steps.extend(before.map(tell));
    steps.push(Step::Tell(Command::review(number("C-1"), ON)));
    steps.push(Step::Tell(offered("C-1", 1, "red-cross")));
    steps.push(tell(Event::OrderDeclined { offer_no: 1 }));
    steps.push(Step::Tell(offered("C-1", 2, "red-cross")));
    let events = [
        Event::OrderAccepted { offer_no: 2 },
        Event::ShareRequested,
        share_paid(SHARE),
        Event::DrugReady,
        Event::Dispensed,
        Event::ShareRecalculated { number: 1, share_minor: SHARE + 20_000 },
        Event::OwedSharePaid { number: 1, amount_minor: 15_000, channel },
        sent("C-1"),
        asks,
        Event::MoreSentToInsurer { number: 2 },
        decided(1_400_000),
        assigned(1, Bearer::Patient, 50_000),
        Event::ClawbackPaid { number: 1, amount_minor: 20_000, bank },
        decided_again(2, 1_460_000),
        Event::Returned,
    ];
    steps.extend(events.map(tell));
    steps.push(Step::Settle(State::Returned));
    steps
}

/// The patient has paid; the insurer decides for more, for less, and for nothing.
fn reimbursed() -> Vec<Step> {
    let claim = NewClaim { kind: ClaimKind::Reimbursement, ..intake("C-1", "p-1") };
    let mut steps = vec![Step::Tell(Command::take_in(claim, ON))];
    steps.extend([Event::Submitted, Event::ReviewStarted].map(tell));
    steps.push(Step::Tell(Command::review(number("C-1"), ON)));
    let events =
        [sent("C-1"), decided(1_400_000), decided_again(2, 1_500_000), decided_again(3, 70), decided_again(4, 0)];
    steps.extend(events.map(tell));
    steps.push(Step::Settle(State::Closed));
    steps
}

/// The insurer rejects it, hardly anything of it is paid back, and most is written off.
fn lost() -> Vec<Step> {
    let bank = || party("settlement");
    let straight = straight_path(intake("C-1", "p-1")).into_iter().map(|(command, _)| command);
    let mut steps: Vec<Step> = straight.take(11).map(Step::Tell).collect();
    let events = [
        decided(0),
        Event::Provisioned { number: 1, change_minor: 500_000 },
        Event::Provisioned { number: 2, change_minor: -100_000 },
        assigned(1, Bearer::Patient, 100_000),
        Event::ClawbackPaid { number: 1, amount_minor: 40_000, bank: bank() },
        Event::WrittenOff { number: 1, debt: Debt::Clawback, amount_minor: 60_000 },
        Event::WrittenOff { number: 2, debt: Debt::Shortfall, amount_minor: 1_420_000 },
        Event::WrittenOffRecovered { number: 1, amount_minor: 10_000, bank: bank() },
        decided_again(2, 120_000),
    ];
    steps.extend(events.map(tell));
    steps.push(Step::Settle(State::Approved));
    steps
}
