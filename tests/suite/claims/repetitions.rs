//! Everything may be asked again at any time: the first answer comes again, and nothing is done twice.

use dianfu_claims::Command;
use dianfu_claims::claim::NewClaim;
use dianfu_claims::command::Request;
use dianfu_claims::event::Event;
use dianfu_settlement::batch::Pays;
use jiff::ToSpan;

use super::bank::{approval, batch, paid, rejected};
use super::fixture::{Desk, WIDE, intake, share_paid, straight_path};
use super::lives::{Life, lives};

#[tokio::test]
async fn each_step_asked_again_gets_its_first_answer_and_changes_nothing() {
    for life in lives() {
        ask_everything_again(&life).await;
    }
}

async fn ask_everything_again(life: &Life) {
    let (desk, steps) = (life.book().await, &life.steps);
    let mut first = Vec::new();
    for step in steps {
        first.push(step.take(&desk).await.unwrap());
        let before = desk.everything().await;
        assert_eq!(step.take(&desk).await.as_ref(), Ok(first.last().unwrap()));
        assert_eq!(desk.everything().await, before);
    }
    // Also when much has happened since.
    let before = desk.everything().await;
    for (step, first) in steps.iter().zip(&first).rev().skip(2) {
        let again = step.take(&desk).await.unwrap();
        // What the bank said stays; where the payout stands by now is news.
        assert!(again == *first || again.contains("Reissued"), "{first}\n{again}");
    }
    assert_eq!(desk.everything().await, before);
    desk.verify().await;
}

#[tokio::test]
async fn a_claim_that_is_told_whole_twice_is_told_once() {
    let desk = Desk::new(WIDE).await;
    let path: Vec<Command> = straight_path(intake("C-1", "p-1")).into_iter().map(|(command, _)| command).collect();
    let twice: Vec<Command> = path.iter().chain(&path).cloned().collect();
    let mut client = desk.ledger.client().await.unwrap();
    let now = super::fixture::now();
    let answers = dianfu_claims::apply(&desk.ledger, &mut client, &twice, "tester", now).await.unwrap();
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let (first, again) = answers.split_at(path.len());
    for (first, again) in first.iter().zip(again) {
        assert_eq!((first.replayed, again.replayed), (false, true));
        assert_eq!((&first.entry_ids, first.event_no, first.to), (&again.entry_ids, again.event_no, again.to));
    }
    assert_eq!((desk.count("claim_event").await, desk.count("entry").await), (12, 6));
    desk.verify().await;
}

#[tokio::test]
async fn the_same_fact_with_another_content_is_a_conflict() {
    let desk = Desk::new(WIDE).await;
    let path: Vec<Command> = straight_path(intake("C-1", "p-1")).into_iter().map(|(command, _)| command).collect();
    for command in &path {
        desk.ask(command.clone()).await.unwrap();
    }
    let before = desk.everything().await;
    for command in &path {
        let Request::Tell(event) = &command.request else { continue };
        let other_day = Command { on: command.on + 1.day(), ..command.clone() };
        let other_proof = command.clone().proven_by([8; 32]);
        assert_eq!(desk.refused(other_day).await, "conflict");
        assert_eq!(desk.refused(other_proof).await, "conflict");
        let other = match event.clone() {
            Event::TakenIn(claim) => Event::TakenIn(NewClaim { gross_minor: 1, ..claim }),
            Event::SharePaid { .. } => share_paid(1),
            Event::SentToInsurer { .. } => super::fixture::sent("C-2"),
            Event::InsurerDecided { .. } => super::fixture::decided(1_399_999),
            _ => continue,
        };
        let refusal = desk.ask(Command { request: Request::Tell(other), ..command.clone() }).await.unwrap_err();
        assert_eq!(refusal.code(), "conflict");
        assert!(refusal.to_string().contains("it is on record with another "), "{refusal}");
    }
    assert_eq!(desk.everything().await, before);
}

#[tokio::test]
async fn what_the_bank_says_twice_and_otherwise_is_a_conflict() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", dianfu_claims::claim::State::Partial).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 250)).await.unwrap();
    let before = desk.everything().await;
    let refusal = desk.report(&payouts[0].payout_id, paid(&payouts[0], 251)).await.unwrap_err();
    let sentence = "payout B-1-0001 is on record with another charge_minor: there '250', here '251'";
    assert_eq!((refusal.code(), refusal.to_string().as_str()), ("conflict", sentence));
    let refusal = desk.report(&payouts[0].payout_id, rejected()).await.unwrap_err();
    assert_eq!(refusal.to_string(), "payout B-1-0001 is paid: it cannot become rejected");
    let mut other = batch("B-1", Pays::Pharmacies);
    other.cut_off = other.cut_off.tomorrow().unwrap();
    assert_eq!(desk.propose(&other).await.unwrap_err().code(), "conflict");
    let refusal = desk.instruct(&approval("B-1", 1, 1_979_999)).await.unwrap_err();
    assert_eq!(refusal.code(), "control_total_differs");
    assert_eq!(desk.everything().await, before);
    desk.verify().await;
}
