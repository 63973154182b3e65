//! The queue fills itself with what the rules leave to a reviewer, and empties itself with what is decided.

use dianfu_claims::claim::State;
use dianfu_claims::event::Event;
use dianfu_claims::prereview::rules::{Rule, RuleSet};
use dianfu_claims::review_queue::task::{Task, TaskKey, TaskKind};
use dianfu_claims::review_queue::{self, Filter};
use dianfu_claims::{Command, rule_book};
use jiff::Timestamp;

use super::queue::{later, next, take};
use crate::claims::fixture::{ADVANCE, Desk, ON, now, number, party, the_rules, told};
use crate::claims::material::asked_for;
use crate::claims::rulings::{desk, old, ruling};

/// What a claim's first review is known by.
pub fn first(round_no: i32) -> TaskKey {
    TaskKey { claim_no: number("C-1"), kind: TaskKind::First, round_no }
}

/// What is in the queue.
pub async fn queued(desk: &Desk) -> Vec<Task> {
    let mut client = desk.ledger.client().await.unwrap();
    review_queue::list(&mut client, &Filter::default(), None, 100).await.unwrap().0
}

/// What was done with the claim's tasks: kind, round, act, by whom and why, in order.
pub async fn acts(desk: &Desk) -> Vec<String> {
    let mut client = desk.ledger.client().await.unwrap();
    let acts = review_queue::history(&mut client, &number("C-1")).await.unwrap();
    let shown = acts.iter().map(|act| {
        let (kind, round_no) = (act.key.kind.word(), act.key.round_no);
        format!("{kind} {round_no} {} by {} ({})", act.act.word(), act.actor, act.reason)
    });
    shown.collect()
}

/// A claim that the rules have left to a reviewer.
async fn left() -> Desk {
    let desk = desk(None).await;
    assert_eq!(desk.reviewed(old("C-1", "p-1")).await.to, State::PreReview);
    desk
}

fn approval() -> Command {
    ruling("C-1", true, &["doctor_confirmed"])
}

async fn rules(desk: &Desk, who: &str, at: Timestamp) -> Result<State, &'static str> {
    let answer = desk.ask_as(approval(), who, at).await;
    answer.map(|applied| applied.to).map_err(|refusal| refusal.code())
}

#[tokio::test]
async fn what_the_rules_leave_to_a_reviewer_is_in_the_queue_once_and_due_after_a_working_day() {
    let desk = left().await;
    let [task] = queued(&desk).await.try_into().unwrap();
    assert_eq!((&task.key, &task.insurer, task.amount_minor), (&first(1), &party("picc"), ADVANCE));
    // It opens at five in Beijing: an hour is left of the day.
    let due_at: Timestamp = "2026-03-03T09:00:01Z".parse().unwrap();
    assert_eq!((task.due_at, task.intake_by.as_str()), (due_at, "tester"));
    let before = desk.everything().await;
    assert!(desk.ask(Command::review(number("C-1"), ON)).await.unwrap().replayed);
    assert_eq!(desk.everything().await, before);
}

#[tokio::test]
async fn what_is_decided_without_a_reviewer_never_comes_into_the_queue() {
    let desk = desk(None).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    assert_eq!((desk.count("review_task").await, acts(&desk).await.len()), (0, 0));
}

#[tokio::test]
async fn a_ruling_does_the_task_whether_or_not_the_reviewer_has_taken_it() {
    for takes_it in [true, false] {
        let desk = left().await;
        if takes_it {
            take(&desk, &first(1), "wang", now()).await.unwrap();
        }
        assert_eq!(rules(&desk, "wang", later(1)).await, Ok(State::PreApproved));
        assert_eq!(queued(&desk).await, []);
        let last = acts(&desk).await.pop().unwrap();
        assert_eq!(last, "first 1 done by wang (approved)");
        let before = desk.everything().await;
        assert_eq!(rules(&desk, "wang", later(2)).await, Ok(State::PreApproved), "again is fine");
        assert_eq!(desk.everything().await, before);
    }
}

#[tokio::test]
async fn what_another_has_taken_is_the_others_to_decide_until_the_lease_is_over() {
    let desk = left().await;
    take(&desk, &first(1), "li", now()).await.unwrap();
    let before = desk.everything().await;
    assert_eq!(rules(&desk, "wang", later(29)).await, Err("task_taken"));
    let asks = desk.ask_as(told("C-1", asked_for(1, ON)), "wang", later(29)).await;
    assert_eq!(asks.unwrap_err().code(), "task_taken");
    assert_eq!(desk.everything().await, before);
    assert_eq!(rules(&desk, "wang", later(30)).await, Ok(State::PreApproved));
    assert_eq!(acts(&desk).await[1..], ["first 1 taken by li ()", "first 1 done by wang (approved)"]);
}

#[tokio::test]
async fn who_asks_for_material_is_done_and_the_next_task_has_what_is_left_of_the_time() {
    let desk = left().await;
    // Of the working day, 179 whole minutes are used up: an hour until six, and two on the day behind it.
    let asked_at: Timestamp = "2026-03-03T03:00:00.123456Z".parse().unwrap();
    desk.ask_as(told("C-1", asked_for(1, ON)), "wang", asked_at).await.unwrap();
    assert_eq!(queued(&desk).await, []);
    let back_at: Timestamp = "2026-03-09T02:00:00Z".parse().unwrap();
    for command in [told("C-1", Event::MaterialSupplied { number: 1 }), Command::review(number("C-1"), ON)] {
        desk.ask_as(command, "system:worker", back_at).await.unwrap();
    }
    let [task] = queued(&desk).await.try_into().unwrap();
    assert_eq!((task.key, task.due_at), (first(2), "2026-03-09T08:01:00Z".parse().unwrap()));
    let expected = [
        "first 1 opened by tester ()",
        "first 1 done by wang (material_requested)",
        "first 2 opened by system:worker ()",
    ];
    assert_eq!(acts(&desk).await, expected);
}

#[tokio::test]
async fn a_claim_that_is_called_off_leaves_the_queue_whoever_has_it() {
    let desk = left().await;
    take(&desk, &first(1), "li", now()).await.unwrap();
    desk.ask_as(told("C-1", Event::Cancelled), "patient:p-1", later(1)).await.unwrap();
    assert_eq!(queued(&desk).await, []);
    assert_eq!(acts(&desk).await.pop().unwrap(), "first 1 lapsed by patient:p-1 (cancelled)");
    assert_eq!(take(&desk, &first(1), "li", later(2)).await.unwrap_err().code(), "task_done");
    assert_eq!(next(&desk, "li", TaskKind::First, later(60)).await, None);
}

#[tokio::test]
async fn a_claim_that_other_rules_decide_after_all_leaves_the_queue() {
    let desk = left().await;
    let mut version = the_rules(3);
    version.rules = RuleSet::deciding(30, vec![Rule::PolicyInForce]);
    let mut client = desk.ledger.client().await.unwrap();
    rule_book::record(&mut client, &party("picc"), &version, ("wang", "li"), now()).await.unwrap().unwrap();
    assert_eq!(desk.ask(Command::review(number("C-1"), ON)).await.unwrap().to, State::PreApproved);
    assert_eq!(acts(&desk).await.pop().unwrap(), "first 1 lapsed by tester (pre_reviewed)");
}

#[tokio::test]
async fn what_is_left_and_decided_in_one_batch_has_its_task_too() {
    let desk = desk(None).await;
    let claim = old("C-1", "p-1");
    let review = || Command::review(number("C-1"), ON);
    let commands = [
        Command::take_in(claim, ON),
        told("C-1", Event::Submitted),
        told("C-1", Event::ReviewStarted),
        review(),
        told("C-1", asked_for(1, ON)),
        told("C-1", Event::MaterialSupplied { number: 1 }),
        review(),
        approval(),
    ];
    assert!(desk.ask_at_once(&commands).await.iter().all(Result::is_ok));
    let expected = [
        "first 1 opened by tester ()",
        "first 1 done by tester (material_requested)",
        "first 2 opened by tester ()",
        "first 2 done by tester (approved)",
    ];
    let mut acts = acts(&desk).await;
    acts.sort_unstable();
    let mut expected = expected.map(str::to_owned);
    expected.sort_unstable();
    assert_eq!(acts, expected);
    desk.verify().await;
}
