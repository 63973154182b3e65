//! What time alone does: an offer times out, an approval ends and its hold goes, material does not come.

use std::collections::BTreeMap;

use dianfu_claims::apply::attempt;
use dianfu_claims::claim::State;
use dianfu_claims::event::Event;
use dianfu_claims::timer::{tick, wakes_at};
use dianfu_ledger::Ledger;
use dianfu_tests::eventually;
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};

use super::fixture::{ADVANCE, Desk, WIDE, now, respond_by, told};
use super::material::asked_for;
use super::races::at_once;

/// Where the clock is past an offer of these tests.
fn late() -> Timestamp {
    respond_by() + 1.second()
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Desk {
    /// Lets time move the claims at a moment; the claims that it moves, and where to.
    async fn ticks(&self, at: Timestamp) -> Vec<(String, State)> {
        let mut client = self.ledger.client().await.unwrap();
        let moved = tick(&self.ledger, &mut client, "system:clock", at).await.unwrap();
        moved.into_iter().map(|applied| (applied.claim_no.to_string(), applied.to)).collect()
    }
}

fn moves(claim_no: &str, to: State) -> (String, State) {
    (claim_no.to_owned(), to)
}

#[tokio::test]
async fn an_offer_that_nobody_answers_times_out_behind_its_moment() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::OrderOffered).await;
    desk.bring("C-2", "p-2", State::OrderAccepted).await;
    assert_eq!(desk.ticks(respond_by()).await, []);
    assert_eq!(desk.ticks(late()).await, [moves("C-1", State::OrderTimedOut)]);
    assert_eq!(desk.held().await, 2 * ADVANCE, "the approval stands");
    let before = desk.everything().await;
    assert_eq!(desk.ticks(late()).await, [], "the same moment again");
    assert_eq!(desk.everything().await, before);
    let (_, events) = desk.story("C-1").await;
    let last = events.last().unwrap();
    assert_eq!((&last.event, last.actor.as_str()), (&Event::OfferTimedOut { offer_no: 1 }, "system:clock"));
}

#[tokio::test]
async fn an_approval_that_nobody_uses_ends_and_its_hold_goes() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::PreApproved).await;
    desk.bring("C-2", "p-2", State::SharePaid).await;
    desk.bring("C-3", "p-3", State::Dispensed).await;
    let over = moment("2026-04-02T00:00:00Z");
    assert_eq!(wakes_at(&desk.claim("C-1").await), Some(over));
    assert_eq!(wakes_at(&desk.claim("C-3").await), None);
    assert_eq!((desk.ticks(over).await, desk.held().await), (vec![], 2 * ADVANCE));
    let expired = [moves("C-1", State::Expired), moves("C-2", State::Expired)];
    assert_eq!(desk.ticks(over + 1.second()).await, expired);
    assert_eq!((desk.held().await, desk.ticks(over + 1.second()).await), (0, vec![]));
    assert_eq!(desk.settled("C-1").await, State::Closed);
    assert_eq!(desk.settled("C-2").await, State::Expired, "the share is owed to the patient");
    desk.verify().await;
}

#[tokio::test]
async fn an_offer_that_is_noticed_only_behind_the_approval_times_out_and_then_expires() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::OrderOffered).await;
    let over = moment("2026-04-02T00:00:01Z");
    assert_eq!(desk.ticks(over).await, [moves("C-1", State::OrderTimedOut)]);
    assert_eq!(desk.ticks(over).await, [moves("C-1", State::Expired)]);
    assert_eq!((desk.ticks(over).await, desk.held().await), (vec![], 0));
    desk.verify().await;
}

#[tokio::test]
async fn material_that_does_not_come_by_its_last_day_ends_the_claim() {
    let desk = Desk::new(WIDE).await;
    for (claim_no, patient_no) in [("C-1", "p-1"), ("C-2", "p-2")] {
        desk.bring(claim_no, patient_no, State::Submitted).await;
        desk.tell(claim_no, asked_for(1, date(2026, 3, 20))).await;
    }
    desk.tell("C-2", Event::MaterialSupplied { number: 1 }).await;
    let over = moment("2026-03-21T00:00:00Z");
    assert_eq!(desk.ticks(over).await, []);
    assert_eq!(desk.ticks(over + 1.second()).await, [moves("C-1", State::Expired)]);
    assert_eq!(desk.ticks(over + 1.second()).await, []);
    assert_eq!(desk.claim("C-2").await.state, State::Submitted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clocks_that_run_at_once_move_a_claim_once() {
    let desk = Desk::new(WIDE).await;
    for (claim_no, patient_no) in [("C-1", "p-1"), ("C-2", "p-2"), ("C-3", "p-3")] {
        desk.bring(claim_no, patient_no, State::OrderOffered).await;
    }
    let work = |ledger: Ledger, at: Timestamp| async move {
        let mut client = ledger.client().await.unwrap();
        tick(&ledger, &mut client, "system:clock", at).await.unwrap().len()
    };
    let moved = at_once(&desk, [late(); 4], work).await;
    assert_eq!(moved.iter().sum::<usize>(), 3, "{moved:?}");
    assert_eq!(desk.count("claim_event WHERE event = 'offer_timed_out'").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_that_moves_meanwhile_is_left() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::OrderOffered).await;
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let accepted = told("C-1", Event::OrderAccepted { offer_no: 1 });
    attempt(&desk.ledger, &tx, &[accepted], &BTreeMap::new(), "tester", now()).await.unwrap();

    let other = Desk::open(&desk.test).await;
    let ticking = tokio::spawn(async move {
        let mut client = other.client().await.unwrap();
        tick(&other, &mut client, "system:clock", late()).await.unwrap()
    });
    let owner = desk.owner().await;
    let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock')";
    eventually("the clock waits", async || owner.query_one(waiting, &[]).await.unwrap().get(0)).await;
    tx.commit().await.unwrap();
    assert_eq!(ticking.await.unwrap(), []);
    assert_eq!(desk.claim("C-1").await.state, State::OrderAccepted);
}
