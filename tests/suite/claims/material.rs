//! Material that is missing: asked for before the review and by the insurer, supplied, and given up.

use dianfu_claims::Command;
use dianfu_claims::claim::State;
use dianfu_claims::event::Event;
use jiff::civil::{Date, date};

use super::fixture::{Desk, WIDE, decided, told};

/// What a reviewer asks for.
pub fn asked_for(number: i32, due_on: Date) -> Event {
    Event::MaterialRequested { number, materials: vec!["prescription".to_owned(), "invoice".to_owned()], due_on }
}

fn insurer_asks(number: i32, respond_by: Date) -> Event {
    Event::InsurerAskedForMore { number, materials: vec!["pathology".to_owned()], respond_by }
}

const DUE_ON: Date = date(2026, 3, 20);

#[tokio::test]
async fn a_claim_waits_for_material_as_often_as_it_is_asked_for() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Submitted).await;
    assert_eq!(desk.tell("C-1", asked_for(1, DUE_ON)).await.to, State::Pended);
    let awaited = desk.claim("C-1").await.progress.awaited.unwrap();
    assert_eq!((awaited.number, awaited.materials.len(), awaited.due_on), (1, 2, DUE_ON));
    assert_eq!(desk.refused(told("C-1", Event::MaterialSupplied { number: 2 })).await, "out_of_range");
    assert_eq!(desk.tell("C-1", Event::MaterialSupplied { number: 1 }).await.to, State::Submitted);
    // A reviewer finds that more is missing.
    desk.tell("C-1", Event::ReviewStarted).await;
    assert_eq!(desk.refused(told("C-1", asked_for(3, DUE_ON))).await, "out_of_range");
    assert_eq!(desk.tell("C-1", asked_for(2, DUE_ON)).await.to, State::Pended);
    assert_eq!(desk.tell("C-1", Event::MaterialSupplied { number: 2 }).await.to, State::PreReview);
    desk.verify().await;
}

#[tokio::test]
async fn what_is_asked_for_names_what_is_missing() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Submitted).await;
    let asked = |materials| told("C-1", Event::MaterialRequested { number: 1, materials, due_on: DUE_ON });
    assert_eq!(desk.refused(asked(Vec::new())).await, "out_of_range");
    assert_eq!(desk.refused(asked(vec!["x".to_owned(); 31])).await, "out_of_range");
    assert_eq!(desk.refused(asked(vec![String::new()])).await, "text_length");
    assert_eq!(desk.claim("C-1").await.event_no, 2);
}

#[tokio::test]
async fn a_claim_whose_material_does_not_come_expires_behind_its_last_day() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Submitted).await;
    desk.tell("C-1", asked_for(1, DUE_ON)).await;
    let expired = |on| Command { on, ..told("C-1", Event::Expired) };
    assert_eq!(desk.refused(expired(DUE_ON)).await, "approval_still_valid");
    assert_eq!(desk.ask(expired(DUE_ON.tomorrow().unwrap())).await.unwrap().to, State::Expired);
    assert_eq!((desk.settled("C-1").await, desk.count("entry").await), (State::Closed, 0));
}

#[tokio::test]
async fn an_insurer_asks_for_more_and_may_decide_without_it() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    assert_eq!(desk.tell("C-1", insurer_asks(1, DUE_ON)).await.to, State::InsurerPended);
    assert_eq!(desk.refused(told("C-1", Event::MoreSentToInsurer { number: 2 })).await, "out_of_range");
    assert_eq!(desk.tell("C-1", Event::MoreSentToInsurer { number: 1 }).await.to, State::InsurerSubmitted);
    assert_eq!(desk.refused(told("C-1", insurer_asks(1, date(2026, 3, 21)))).await, "conflict");
    assert_eq!(desk.tell("C-1", insurer_asks(2, DUE_ON)).await.to, State::InsurerPended);
    assert_eq!(desk.tell("C-1", decided(1_400_000)).await.to, State::Partial);
    desk.verify().await;
}
