//! Claims are found by what is known of them, queues show what waits, and pages stay where they are.

use dianfu_claims::Command;
use dianfu_claims::claim::{DrugCode, NewClaim, State};
use dianfu_claims::event::Event;
use dianfu_claims::party::Party;
use dianfu_claims::queue::{self, Queue};
use dianfu_claims::search::{ClaimFilter, Place, View, search};
use jiff::{SignedDuration, Timestamp};

use super::fixture::{Desk, ON, WIDE, intake, now, number, party, policy_of, told};

/// Takes claims in and sends them off, one a second.
async fn take_in(desk: &Desk, claims: impl IntoIterator<Item = NewClaim>) {
    let mut client = desk.ledger.client().await.unwrap();
    for (second, claim) in (0..).zip(claims) {
        let at = now() + SignedDuration::from_secs(second);
        let submitted = told(claim.claim_no.as_str(), Event::Submitted);
        let commands = [Command::take_in(claim, ON), submitted];
        let answers = dianfu_claims::apply(&desk.ledger, &mut client, &commands, "tester", at).await.unwrap();
        for answer in answers {
            answer.unwrap();
        }
    }
}

async fn found(desk: &Desk, view: View<'_>, filter: &ClaimFilter) -> Vec<String> {
    let client = desk.ledger.client().await.unwrap();
    let page = search(&client, view, filter, None, 100).await.unwrap();
    assert_eq!(page.next, None);
    page.claims.into_iter().map(|claim| claim.claim_no.into()).collect()
}

#[tokio::test]
async fn conditions_hold_together_and_a_party_is_one_of_them() {
    let desk = Desk::new(WIDE).await;
    take_in(&desk, [intake("A-1", "p-1"), intake("A-2", "p-2"), intake("B_1", "p-1")]).await;
    desk.bring("C-1", "p-3", State::PreReview).await;
    let all = ClaimFilter::default();
    assert_eq!(found(&desk, View::Platform, &all).await, ["B_1", "A-2", "C-1", "A-1"]);
    let drug = intake("X", "p-1").lines[0].drug_code.clone();
    let no_drug = DrugCode::parse("aspirin").unwrap();
    let policy_no = policy_of("p-2").policy_no;
    let second = now() + SignedDuration::from_secs(1);
    for (filter, expected) in [
        (ClaimFilter { number_prefix: Some(number("A")), ..all.clone() }, &["A-2", "A-1"][..]),
        (ClaimFilter { number_prefix: Some(number("B_")), ..all.clone() }, &["B_1"]),
        (ClaimFilter { number_prefix: Some(number("_")), ..all.clone() }, &[]),
        (ClaimFilter { patient: Some(party("p-1")), ..all.clone() }, &["B_1", "A-1"]),
        (ClaimFilter { drug: Some(drug), patient: Some(party("p-2")), ..all.clone() }, &["A-2"]),
        (ClaimFilter { drug: Some(no_drug), ..all.clone() }, &[]),
        (ClaimFilter { states: vec![State::PreReview, State::Closed], ..all.clone() }, &["C-1"]),
        (ClaimFilter { insurer: Some(party("picc")), ..all.clone() }, &["B_1", "A-2", "C-1", "A-1"]),
        (ClaimFilter { insurer: Some(party("cpic")), ..all.clone() }, &[]),
        (ClaimFilter { pharmacy: Some(party("red-cross")), patient: Some(party("p-3")), ..all.clone() }, &["C-1"]),
        (ClaimFilter { policy_no: Some(policy_no), ..all.clone() }, &["A-2"]),
        (ClaimFilter { from: Some(second), ..all.clone() }, &["B_1", "A-2"]),
        (ClaimFilter { to: Some(second), patient: Some(party("p-1")), ..all.clone() }, &["A-1"]),
    ] {
        assert_eq!(found(&desk, View::Platform, &filter).await, expected, "{filter:?}");
        let own = found(&desk, View::Of(&Party::Patient(party("p-1"))), &filter).await;
        let expected: Vec<&&str> = expected.iter().filter(|number| ["A-1", "B_1"].contains(*number)).collect();
        assert_eq!(
            own.iter().map(String::as_str).collect::<Vec<_>>(),
            expected.into_iter().copied().collect::<Vec<_>>()
        );
        assert_eq!(found(&desk, View::Of(&Party::Insurer(party("p-1"))), &filter).await, [""; 0]);
    }
}

#[tokio::test]
async fn pages_show_each_claim_once_while_others_are_taken_in() {
    let desk = Desk::new(WIDE).await;
    // in the same moment: their numbers decide.
    take_in(&desk, (1..=6).map(|at| intake(&format!("A-{at}"), "p-1"))).await;
    take_in(&desk, [intake("A-0", "p-1")]).await;
    let client = desk.ledger.client().await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None::<Place>);
    for page in 0.. {
        let filter = ClaimFilter { patient: Some(party("p-1")), ..ClaimFilter::default() };
        let found = search(&client, View::Platform, &filter, after.as_ref(), 2).await.unwrap();
        seen.extend(found.claims.into_iter().map(|claim| claim.claim_no.to_string()));
        let late = intake(&format!("Z-{page}"), "p-1");
        let at = now() + SignedDuration::from_hours(1);
        let mut own = desk.ledger.client().await.unwrap();
        let taken = dianfu_claims::apply(&desk.ledger, &mut own, &[Command::take_in(late, ON)], "tester", at).await;
        taken.unwrap().remove(0).unwrap();
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["A-6", "A-5", "A-4", "A-3", "A-2", "A-1", "A-0"]);
}

#[tokio::test]
async fn a_queue_shows_the_longest_waiting_first_and_what_is_past_due() {
    let desk = Desk::new(WIDE).await;
    take_in(&desk, [intake("A-1", "p-1"), intake("A-2", "p-2"), intake("A-3", "p-1")]).await;
    for (claim_no, patient_no, state) in [("R-1", "p-1", State::PreReview), ("S-1", "p-3", State::InsurerSubmitted)] {
        desk.bring(claim_no, patient_no, state).await;
    }
    desk.bring("P-1", "p-4", State::Partial).await;
    let client = desk.ledger.client().await.unwrap();
    let at = |days: i64| -> Timestamp { now() + SignedDuration::from_hours(24 * days) };
    let count = async |queue: Queue, days: i64| {
        let counts = queue::counts(&client, at(days)).await.unwrap();
        let count = counts.into_iter().find(|count| count.queue == queue).unwrap();
        (count.waiting, count.overdue)
    };
    assert_eq!(count(Queue::MaterialsToCheck, 0).await, (3, 0));
    assert_eq!(count(Queue::MaterialsToCheck, 2).await, (3, 3));
    assert_eq!(count(Queue::ToReview, 2).await, (1, 1));
    assert_eq!(count(Queue::OverdueAtInsurer, 29).await, (0, 0));
    assert_eq!(count(Queue::OverdueAtInsurer, 31).await, (1, 1));
    assert_eq!(count(Queue::ShortfallsToDecide, 1).await, (1, 0));

    let first = queue::waiting(&client, Queue::MaterialsToCheck, at(0), None, 2).await.unwrap();
    let numbers = |page: &queue::QueuePage| -> Vec<String> {
        page.waiting.iter().map(|waiting| waiting.claim.claim_no.to_string()).collect()
    };
    assert_eq!(numbers(&first), ["A-1", "A-2"]);
    assert_eq!(first.waiting[0].due_at, first.waiting[0].since + Queue::MaterialsToCheck.target());
    let rest = queue::waiting(&client, Queue::MaterialsToCheck, at(0), first.next.as_ref(), 2).await.unwrap();
    assert_eq!((numbers(&rest), rest.next), (vec!["A-3".to_owned()], None));
    let late = queue::waiting(&client, Queue::OverdueAtInsurer, at(31), None, 10).await.unwrap();
    assert_eq!(numbers(&late), ["S-1"]);
}
