//! Who gets which task, and until when.

use std::collections::BTreeSet;

use dianfu_claims::event::Event;
use dianfu_claims::review_queue::task::{NewTask, QueueRefusal, Task, TaskKey, TaskKind};
use dianfu_claims::review_queue::{self, Filter, Wanted};
use futures_util::future::join_all;
use jiff::{Timestamp, ToSpan};

use crate::claims::fixture::{Desk, ON, WIDE, intake, now, number, party, told};
use dianfu_claims::{Command, apply};

/// A book with claims, whose tasks are due one hour after the other, the last claim first.
pub async fn desk_with_tasks(count: usize, kind: TaskKind) -> Desk {
    let desk = Desk::new(WIDE).await;
    let sent_off = |claim: usize| {
        let claim_no = format!("C-{claim}");
        [Command::take_in(intake(&claim_no, "p-1"), ON), told(&claim_no, Event::Submitted)]
    };
    let commands: Vec<Command> = (1..=count).flat_map(sent_off).collect();
    let mut client = desk.ledger.client().await.unwrap();
    for answer in apply(&desk.ledger, &mut client, &commands, "intake", now()).await.unwrap() {
        answer.unwrap();
    }
    let tasks: Vec<NewTask> = (1..=count).map(|claim| task(claim, kind, count)).collect();
    open(&desk, &tasks).await.into_iter().for_each(|opened| assert!(opened.is_ok(), "{opened:?}"));
    desk
}

pub fn task(claim: usize, kind: TaskKind, count: usize) -> NewTask {
    let hours = i64::try_from(count - claim).unwrap();
    NewTask {
        claim_no: number(&format!("C-{claim}")),
        kind,
        insurer: party("picc"),
        amount_minor: 1_520_000,
        due_at: now() + hours.hours(),
    }
}

pub async fn open(desk: &Desk, tasks: &[NewTask]) -> Vec<Result<TaskKey, QueueRefusal>> {
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let opened = review_queue::open_in(&tx, tasks, "system", now()).await.unwrap();
    tx.commit().await.unwrap();
    opened
}

pub async fn next(desk: &Desk, who: &str, kind: TaskKind, at: Timestamp) -> Option<Task> {
    let mut client = desk.ledger.client().await.unwrap();
    let wanted = Wanted { kinds: vec![kind], insurer: None };
    review_queue::take_next(&mut client, who, &wanted, 30, at).await.unwrap().unwrap()
}

pub async fn take(desk: &Desk, key: &TaskKey, who: &str, at: Timestamp) -> Result<Task, QueueRefusal> {
    let mut client = desk.ledger.client().await.unwrap();
    review_queue::take(&mut client, key, who, 30, at).await.unwrap()
}

pub async fn finish(desk: &Desk, key: &TaskKey, who: &str, at: Timestamp) -> Result<Task, QueueRefusal> {
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let answer = review_queue::finish_in(&tx, key, (who, "approved"), at).await.unwrap();
    tx.commit().await.unwrap();
    answer
}

pub fn later(minutes: i64) -> Timestamp {
    now() + minutes.minutes()
}

fn claim_of(task: Option<Task>) -> Option<String> {
    task.map(|task| task.key.claim_no.to_string())
}

#[tokio::test]
async fn what_is_due_first_is_taken_first_and_by_one() {
    let desk = desk_with_tasks(3, TaskKind::First).await;
    for expected in [Some("C-3"), Some("C-2"), Some("C-1"), None] {
        assert_eq!(claim_of(next(&desk, "wang", TaskKind::First, now()).await).as_deref(), expected);
    }
    assert_eq!(claim_of(next(&desk, "li", TaskKind::Second, now()).await), None);
}

#[tokio::test]
async fn a_task_is_open_once() {
    let desk = desk_with_tasks(2, TaskKind::First).await;
    let again = open(&desk, &[task(1, TaskKind::First, 2), task(1, TaskKind::First, 1)]).await;
    assert!(again.iter().all(|key| key.as_ref().unwrap().round_no == 1));
    assert_eq!((desk.count("review_task").await, desk.count("review_task_act").await), (2, 2));
    let key = again[0].clone().unwrap();
    take(&desk, &key, "wang", now()).await.unwrap();
    finish(&desk, &key, "wang", later(1)).await.unwrap();
    let next_round = open(&desk, &[task(1, TaskKind::First, 2)]).await.remove(0).unwrap();
    assert_eq!(next_round.round_no, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_ask_at_once_get_each_task_once() {
    let desk = desk_with_tasks(8, TaskKind::First).await;
    let takers: Vec<String> = (0..12).map(|taker| format!("reviewer-{taker}")).collect();
    let taken = join_all(takers.iter().map(|who| next(&desk, who, TaskKind::First, now()))).await;
    let claims: Vec<String> = taken.into_iter().filter_map(claim_of).collect();
    assert_eq!(claims.len(), claims.iter().collect::<BTreeSet<_>>().len(), "{claims:?}");
    // Whoever finds the rest locked goes away with nothing and asks again.
    let mut rest = claims.len();
    while next(&desk, "late", TaskKind::First, now()).await.is_some() {
        rest += 1;
    }
    assert_eq!(rest, 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_reviewers_who_want_one_claim_one_gets_it() {
    let desk = desk_with_tasks(1, TaskKind::First).await;
    let key = TaskKey { claim_no: number("C-1"), kind: TaskKind::First, round_no: 1 };
    let answers = join_all(["wang", "li"].map(|who| take(&desk, &key, who, now()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let refused = answers.into_iter().find_map(Result::err).unwrap();
    assert_eq!(refused.code(), "task_taken");
    let unknown = TaskKey { round_no: 2, ..key };
    assert_eq!(take(&desk, &unknown, "wang", now()).await.unwrap_err().code(), "task_unknown");
}

#[tokio::test]
async fn a_task_is_taken_for_a_time() {
    let desk = desk_with_tasks(1, TaskKind::First).await;
    let key = next(&desk, "wang", TaskKind::First, now()).await.unwrap().key;
    assert_eq!(next(&desk, "li", TaskKind::First, later(29)).await, None);
    take(&desk, &key, "wang", later(10)).await.unwrap();
    assert_eq!(take(&desk, &key, "li", later(39)).await.unwrap_err().code(), "task_taken");
    assert_eq!(finish(&desk, &key, "li", later(39)).await.unwrap_err().code(), "task_not_taken");
    assert_eq!(finish(&desk, &key, "wang", later(40)).await.unwrap_err().code(), "lease_over");
    assert_eq!(claim_of(next(&desk, "li", TaskKind::First, later(40)).await).as_deref(), Some("C-1"));
    assert_eq!(finish(&desk, &key, "wang", later(41)).await.unwrap_err().code(), "task_not_taken");
    finish(&desk, &key, "li", later(41)).await.unwrap();
    assert_eq!(take(&desk, &key, "li", later(42)).await.unwrap_err().code(), "task_done");
    let mut client = desk.ledger.client().await.unwrap();
    let acts = review_queue::history(&mut client, &number("C-1")).await.unwrap();
    let acts: Vec<(&str, &str)> = acts.iter().map(|act| (act.act.word(), act.actor.as_str())).collect();
    let expected = [("opened", "system"), ("taken", "wang"), ("extended", "wang"), ("taken", "li"), ("done", "li")];
    assert_eq!(acts, expected);
    for minutes in [0, 481] {
        let answer = review_queue::take(&mut client, &key, "li", minutes, now()).await.unwrap();
        assert_eq!(answer.unwrap_err().code(), "lease_length");
    }
}

#[tokio::test]
async fn who_has_a_task_may_give_it_back() {
    let desk = desk_with_tasks(1, TaskKind::First).await;
    let key = next(&desk, "wang", TaskKind::First, now()).await.unwrap().key;
    let mut client = desk.ledger.client().await.unwrap();
    let by_other = review_queue::release(&mut client, &key, "li", "", later(1)).await.unwrap();
    assert_eq!(by_other.unwrap_err().code(), "task_not_taken");
    review_queue::release(&mut client, &key, "wang", "knows the patient", later(1)).await.unwrap().unwrap();
    assert_eq!(claim_of(next(&desk, "li", TaskKind::First, later(2)).await).as_deref(), Some("C-1"));
}

#[tokio::test]
async fn a_list_goes_on_where_it_was_left() {
    let desk = desk_with_tasks(7, TaskKind::First).await;
    let mut client = desk.ledger.client().await.unwrap();
    let (mut seen, mut place) = (Vec::new(), None);
    loop {
        let (tasks, next_place) = review_queue::list(&mut client, &Filter::default(), place.as_ref(), 3).await.unwrap();
        seen.extend(tasks.iter().map(|task| task.key.claim_no.to_string()));
        // Between two pages what was listed is taken and done, and what comes earlier is opened.
        if let Some(task) = next(&desk, "wang", TaskKind::First, now()).await {
            finish(&desk, &task.key, "wang", later(1)).await.unwrap();
        }
        place = next_place;
        if place.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["C-7", "C-6", "C-5", "C-4", "C-3", "C-2", "C-1"]);
    let due = Filter { due_before: Some(now() + 5.hours()), ..Filter::default() };
    assert_eq!(review_queue::list(&mut client, &due, None, 100).await.unwrap().0.len(), 2);
    let of_nobody = Filter { taken_by: Some("nobody".to_owned()), ..Filter::default() };
    assert_eq!(review_queue::list(&mut client, &of_nobody, None, 100).await.unwrap().0, []);
}

#[tokio::test]
async fn tasks_are_counted_by_what_they_wait_for() {
    let desk = desk_with_tasks(4, TaskKind::First).await;
    next(&desk, "wang", TaskKind::First, now()).await.unwrap();
    let mut client = desk.ledger.client().await.unwrap();
    let [count] = review_queue::counts(&mut client, later(61)).await.unwrap().try_into().unwrap();
    assert_eq!((count.open, count.taken, count.overdue, count.by_age), (4, 0, 2, [4, 0, 0, 0]));
    let [count] = review_queue::counts(&mut client, later(29)).await.unwrap().try_into().unwrap();
    assert_eq!((count.taken, count.overdue), (1, 1));
    let [count] = review_queue::counts(&mut client, now() + 73.hours()).await.unwrap().try_into().unwrap();
    assert_eq!(count.by_age, [0, 0, 4, 0]);
}
