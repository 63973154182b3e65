//! An approval above the limit goes from the first reviewer to a second person, and back if that one turns it down.

use dianfu_claims::claim::State;
use dianfu_claims::event::Event;
use dianfu_claims::review_queue::task::{TaskKey, TaskKind};
use dianfu_ledger::id;
use uuid::Uuid;

use super::filling::{acts, first, queued};
use super::queue::{later, next, take};
use crate::claims::fixture::{ADVANCE, Desk, intake, now, told};
use crate::claims::rulings::{desk, ruling};

fn second(round_no: i32) -> TaskKey {
    TaskKey { kind: TaskKind::Second, ..first(round_no) }
}

/// The keys of what is in the queue.
async fn keys(desk: &Desk) -> Vec<TaskKey> {
    queued(desk).await.into_iter().map(|task| task.key).collect()
}

/// A claim above the limit, of which `wang` has proposed an approval.
async fn proposed() -> (Desk, Uuid) {
    let desk = desk(Some(ADVANCE - 1)).await;
    desk.reviewed(intake("C-1", "p-1")).await;
    let id = id::fresh();
    assert_eq!(desk.proposed(id, &ruling("C-1", true, &[]), "wang").await.unwrap().to, State::PreApproved);
    (desk, id)
}

#[tokio::test]
async fn what_the_first_reviewer_proposes_waits_for_a_second_person() {
    let (desk, id) = proposed().await;
    let [task] = queued(&desk).await.try_into().unwrap();
    assert_eq!(
        (task.key.clone(), task.amount_minor, task.first_reviewer.as_deref()),
        (second(1), ADVANCE, Some("wang"))
    );
    for who in ["wang", "tester"] {
        assert_eq!(next(&desk, who, TaskKind::Second, now()).await, None, "{who}");
    }
    let before = desk.everything().await;
    assert_eq!(desk.accepted(id, "tester").await, Err("second_is_another"), "who took the claim in");
    assert_eq!(desk.accepted(id, "wang").await, Err("same_person"));
    assert_eq!(desk.everything().await, before);
    assert_eq!(desk.accepted(id, "li").await.unwrap().to, State::PreApproved);
    let expected = [
        "first 1 opened by tester ()",
        "first 1 done by wang (proposed)",
        "second 1 opened by wang ()",
        "second 1 done by li (approved)",
    ];
    assert_eq!((acts(&desk).await, keys(&desk).await), (expected.map(str::to_owned).to_vec(), vec![]));
    assert!(desk.accepted(id, "li").await.unwrap().replayed, "again is fine");
    desk.verify().await;
}

#[tokio::test]
async fn what_another_has_taken_as_the_second_person_is_the_others_to_decide() {
    let (desk, id) = proposed().await;
    take(&desk, &second(1), "zhao", now()).await.unwrap();
    let before = desk.everything().await;
    assert_eq!(desk.accepted(id, "li").await, Err("task_taken"));
    assert_eq!(desk.turned_down(id, "li").await, Err("task_taken"));
    let direct = ruling("C-1", true, &[]).checked_by("li");
    assert_eq!(desk.ask_as(direct, "wang", now()).await.unwrap_err().code(), "task_taken");
    assert_eq!(desk.ask_as(ruling("C-1", false, &["late"]), "li", now()).await.unwrap_err().code(), "task_taken");
    assert_eq!(desk.proposed(id, &ruling("C-1", true, &[]), "wang").await.unwrap().to, State::PreApproved, "again");
    assert_eq!(desk.everything().await, before);
    assert_eq!(desk.accepted(id, "zhao").await.unwrap().to, State::PreApproved);
}

#[tokio::test]
async fn what_is_turned_down_is_the_first_reviewers_again() {
    let (desk, id) = proposed().await;
    assert_eq!(desk.turned_down(id, "tester").await, Err("second_is_another"), "who took the claim in");
    for _ in 0..2 {
        assert_eq!(desk.turned_down(id, "li").await, Ok(()), "again is fine");
    }
    assert_eq!(keys(&desk).await, [first(2)]);
    assert!(acts(&desk).await.contains(&"second 1 done by li (turned_down)".to_owned()));
    let again = id::fresh();
    desk.proposed(again, &ruling("C-1", true, &[]), "wang").await.unwrap();
    assert_eq!(keys(&desk).await, [second(2)]);
    assert_eq!(desk.accepted(again, "li").await.unwrap().to, State::PreApproved);
    assert_eq!(keys(&desk).await, []);
}

#[tokio::test]
async fn what_is_taken_back_is_the_first_reviewers_again_whoever_looks_at_it() {
    let (desk, id) = proposed().await;
    take(&desk, &second(1), "zhao", now()).await.unwrap();
    assert_eq!(desk.turned_down(id, "wang").await, Ok(()));
    assert_eq!(keys(&desk).await, [first(2)]);
    let lapsed = "second 1 lapsed by wang (taken_back)".to_owned();
    assert!(acts(&desk).await.contains(&lapsed));
}

#[tokio::test]
async fn one_who_says_no_meanwhile_ends_it() {
    let (desk, id) = proposed().await;
    let rejection = ruling("C-1", false, &["no_indication"]);
    assert_eq!(desk.ask_as(rejection.clone(), "li", now()).await.unwrap().to, State::PreRejected);
    assert_eq!(acts(&desk).await.pop().unwrap(), "second 1 done by li (rejected)");
    assert_eq!((keys(&desk).await, desk.accepted(id, "zhao").await), (vec![], Err("conflict")));
    // The first reviewer thinks better of it.
    let (desk, _) = proposed().await;
    assert_eq!(desk.ask_as(rejection, "wang", now()).await.unwrap().to, State::PreRejected);
    assert_eq!(acts(&desk).await.pop().unwrap(), "second 1 lapsed by wang (rejected)");
}

#[tokio::test]
async fn a_proposal_whose_claim_is_called_off_leaves_no_task() {
    let (desk, id) = proposed().await;
    desk.ask_as(told("C-1", Event::Cancelled), "tester", later(1)).await.unwrap();
    assert_eq!(keys(&desk).await, []);
    assert_eq!(desk.accepted(id, "li").await, Err("not_in_this_state"));
    assert_eq!(desk.turned_down(id, "li").await, Ok(()));
    assert_eq!(keys(&desk).await, []);
}

#[tokio::test]
async fn what_another_has_taken_is_not_proposed() {
    let desk = desk(Some(ADVANCE - 1)).await;
    desk.reviewed(intake("C-1", "p-1")).await;
    take(&desk, &first(1), "li", now()).await.unwrap();
    let before = desk.everything().await;
    assert_eq!(desk.proposed(id::fresh(), &ruling("C-1", true, &[]), "wang").await, Err("task_taken"));
    assert_eq!(desk.everything().await, before);
}
