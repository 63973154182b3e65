//! A dispute is about what is open, is answered, and is won or lost by two people.

use dianfu_claims::claim::State;
use dianfu_claims::insurer::InsurerRefusal;
use dianfu_claims::insurer::dispute::{Dispute, DisputeNo, DisputeState, NewDispute, answered, open};
use dianfu_claims::insurer::proposal::{Act, approve, propose};
use dianfu_claims::sql;
use jiff::civil::date;

use super::fixture::{CHECKER, MAKER, later, now, told};
use crate::claims::fixture::{Desk, WIDE, number, party};

/// What the insurer of [`desk`] does not cover.
const SHORTFALL: i64 = 120_000;

/// A book with a claim of which the insurer covers a part only.
async fn desk() -> Desk {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    desk
}

fn no(dispute_no: &str) -> DisputeNo {
    DisputeNo::parse(dispute_no).unwrap()
}

fn dispute(dispute_no: &str, amount_minor: i64) -> NewDispute {
    NewDispute {
        dispute_no: no(dispute_no),
        insurer: party("picc"),
        claim_no: number("C-1"),
        cause: "clinical_view".to_owned(),
        amount_minor,
        due_on: date(2026, 3, 16),
        reason: "the label covers it".to_owned(),
        evidence_sha256: [5; 32],
    }
}

async fn opened(desk: &Desk, dispute: &NewDispute) -> Result<(), InsurerRefusal> {
    open(&mut desk.ledger.client().await.unwrap(), dispute, MAKER, now()).await.unwrap()
}

async fn answer(desk: &Desk, dispute_no: &str, reason: &str) -> Result<(), InsurerRefusal> {
    let said = (reason, [6; 32]);
    let mut client = desk.ledger.client().await.unwrap();
    answered(&mut client, &no(dispute_no), said, "insurer:picc", later(1)).await.unwrap()
}

async fn proposed(desk: &Desk, dispute_no: &str, won_minor: i64) -> Result<i32, InsurerRefusal> {
    let act = Act::EndDispute { dispute_no: no(dispute_no), won_minor };
    let mut client = desk.ledger.client().await.unwrap();
    propose(&mut client, &party("picc"), &act, ("their letter", MAKER), later(2)).await.unwrap()
}

async fn approved(desk: &Desk, proposal_no: i32, by: &str) -> Result<(), InsurerRefusal> {
    let mut client = desk.ledger.client().await.unwrap();
    approve(&mut client, &party("picc"), proposal_no, ("seen", by), later(3)).await.unwrap()
}

async fn of_claim(desk: &Desk) -> Vec<Dispute> {
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    sql::insurers::disputes::of_claim(&tx, &number("C-1")).await.unwrap()
}

async fn running(desk: &Desk) -> Vec<String> {
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let found = sql::insurers::disputes::running(&tx, &party("picc"), 100).await.unwrap();
    found.iter().map(|dispute| dispute.opened.dispute_no.to_string()).collect()
}

#[tokio::test]
async fn a_dispute_is_opened_answered_and_won_in_part_by_two_people() {
    let desk = desk().await;
    for _ in 0..2 {
        opened(&desk, &dispute("D-1", SHORTFALL)).await.unwrap();
    }
    let found = of_claim(&desk).await.remove(0);
    assert_eq!((found.state(), found.is_overdue(date(2026, 3, 16))), (DisputeState::Open, false));
    assert!(found.is_overdue(date(2026, 3, 17)));
    for reason in ["not on the list", "not on the list", "not on our list"] {
        answer(&desk, "D-1", reason).await.unwrap();
    }
    let found = of_claim(&desk).await.remove(0);
    assert_eq!((found.state(), found.steps.len()), (DisputeState::Answered, 2));
    assert!(!found.is_overdue(date(2026, 3, 17)));

    let proposal_no = proposed(&desk, "D-1", 70_000).await.unwrap();
    assert!(told(approved(&desk, proposal_no, MAKER).await).starts_with("same_person: "));
    assert_eq!(running(&desk).await, ["D-1"]);
    approved(&desk, proposal_no, CHECKER).await.unwrap();
    let found = of_claim(&desk).await.remove(0);
    let last = found.steps.last().unwrap();
    assert_eq!((found.state(), last.won_minor, last.proposal_no), (DisputeState::Won, Some(70_000), Some(proposal_no)));
    assert!(running(&desk).await.is_empty());
    // It is over: no answer, no other end.
    assert!(told(answer(&desk, "D-1", "late").await).starts_with("dispute_ended: dispute 'D-1' is WON already"));
    assert!(told(proposed(&desk, "D-1", 0).await).starts_with("dispute_ended: "));
    // No money has moved: that is the claim's event.
    assert_eq!(desk.count("entry WHERE reference LIKE 'D-%'").await, 0);
}

#[tokio::test]
async fn disputes_of_a_claim_never_come_to_more_than_is_open() {
    let desk = desk().await;
    let refusal = told(opened(&desk, &dispute("D-1", SHORTFALL + 1)).await);
    let sentence = "1200.01 CNY cannot be disputed: 1200.00 CNY are open and not disputed yet";
    assert_eq!(refusal, format!("dispute_exceeds_open: {sentence}"));
    let halves = [dispute("D-1", 70_000), dispute("D-2", 70_000)];
    let answers = futures_util::future::join_all(halves.iter().map(|half| opened(&desk, half))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let lost = of_claim(&desk).await[0].opened.dispute_no.to_string();
    let proposal_no = proposed(&desk, &lost, 0).await.unwrap();
    approved(&desk, proposal_no, CHECKER).await.unwrap();
    assert_eq!(of_claim(&desk).await[0].state(), DisputeState::Lost);
    opened(&desk, &dispute("D-3", SHORTFALL)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_disputed_is_refused_by_name() {
    let desk = desk().await;
    opened(&desk, &dispute("D-1", 1)).await.unwrap();
    for (changed, expected) in [
        (dispute("D-1", 2), "conflict: dispute 'D-1' is on record with another amount_minor"),
        (NewDispute { claim_no: number("C-9"), ..dispute("D-2", 1) }, "unknown: there is no claim 'C-9'"),
        (NewDispute { insurer: party("nobody"), ..dispute("D-2", 1) }, "unknown: there is no insurer 'nobody'"),
        (NewDispute { reason: String::new(), ..dispute("D-2", 1) }, "text_length: reason"),
        (NewDispute { cause: String::new(), ..dispute("D-2", 1) }, "text_length: cause"),
        (dispute("D-2", 0), "out_of_range: amount_minor is 0"),
    ] {
        let refusal = told(opened(&desk, &changed).await);
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    let cpic = super::fixture::the_insurer();
    let mut client = desk.ledger.client().await.unwrap();
    dianfu_claims::insurer::register(&mut client, &cpic, 1, MAKER, now()).await.unwrap().unwrap();
    let refusal = told(opened(&desk, &NewDispute { insurer: cpic.insurer_no, ..dispute("D-2", 1) }).await);
    assert_eq!(refusal, "claim_of_another: claim 'C-1' is a claim on 'picc'");
    assert_eq!(told(answer(&desk, "D-9", "what").await), "unknown: there is no dispute 'D-9'");
    assert_eq!(told(proposed(&desk, "D-9", 0).await), "unknown: there is no dispute 'D-9'");
    assert!(told(proposed(&desk, "D-1", 2).await).starts_with("out_of_range: won_minor is 2"));
}
