//! The queue of reviewers over HTTP: one has a task at a time, and an approval is another person's.

use dianfu_api::auth::Role;
use dianfu_claims::review_queue;
use dianfu_claims::review_queue::task::{NewTask, TaskKind};
use jiff::ToSpan;
use reqwest::Method;
use serde_json::{Value, json};

use super::Reply;
use super::claim_desks::send;
use super::claims::Clinic;
use crate::claims::fixture::{now, number, party};

/// A clinic with a first review of CLM-1 and, due later, of CLM-2.
struct Room {
    clinic: Clinic,
    reviewer: String,
    approver: String,
}

impl Room {
    async fn new() -> Room {
        let clinic = Clinic::new().await;
        let reviewer = clinic.token("room", Role::Reviewer).await;
        let approver = clinic.token("room", Role::Approver).await;
        let room = Room { clinic, reviewer, approver };
        for (claim_no, insurer, hours) in [("CLM-1", "picc", 1), ("CLM-2", "cpic", 2)] {
            room.open(claim_no, insurer, TaskKind::First, hours).await;
        }
        room
    }

    async fn open(&self, claim_no: &str, insurer: &str, kind: TaskKind, hours: i64) {
        let (claim_no, insurer, due_at) = (number(claim_no), party(insurer), now() + hours.hours());
        let task = NewTask { claim_no, kind, insurer, amount_minor: 2_000_000, due_at };
        let mut client = self.clinic.desk.ledger.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        review_queue::open_in(&tx, &[task], "system", now()).await.unwrap().remove(0).unwrap();
        tx.commit().await.unwrap();
    }

    /// The first review of CLM-1 is done by somebody.
    async fn reviewed(&self) {
        let key = review_queue::task::TaskKey { claim_no: number("CLM-1"), kind: TaskKind::First, round_no: 1 };
        let mut client = self.clinic.desk.ledger.client().await.unwrap();
        review_queue::take(&mut client, &key, "person:room-approver", 30, now()).await.unwrap().unwrap();
        let tx = client.transaction().await.unwrap();
        let done = ("person:room-approver", "approved");
        review_queue::finish_in(&tx, &key, done, now()).await.unwrap().unwrap();
        tx.commit().await.unwrap();
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        send(&self.clinic, token, Method::POST, &format!("/v1/{path}"), body).await
    }

    async fn listed(&self, query: &str) -> (Vec<String>, Value) {
        let page = self.clinic.get_as(&self.reviewer, &format!("/v1/review-tasks{query}")).await.body;
        let tasks = page["tasks"].as_array().unwrap_or_else(|| panic!("{page}"));
        (tasks.iter().map(|task| task["claim_no"].as_str().unwrap().to_owned()).collect(), page["next"].clone())
    }
}

fn minutes(minutes: u32) -> Value {
    json!({"minutes": minutes})
}

#[tokio::test]
async fn who_takes_a_task_has_it_alone_until_it_is_given_back() {
    let room = Room::new().await;
    let taken = room.post(&room.reviewer, "review-tasks/taking", &minutes(30)).await.body;
    let shown = ["claim_no", "kind", "round", "amount", "currency"].map(|at| &taken["task"][at]);
    assert_eq!(json!(shown), json!(["CLM-1", "first", 1, "20000.00", "CNY"]), "{taken}");
    let other = room.clinic.token("other", Role::Reviewer).await;
    let path = "review-tasks/CLM-1/first/1";
    room.post(&other, &format!("{path}/taking"), &minutes(30)).await.problem(409, "task_taken");
    room.post(&other, &format!("{path}/release"), &json!({"reason": "x"})).await.problem(409, "task_not_taken");
    assert_eq!(room.post(&other, "review-tasks/taking", &minutes(30)).await.body["task"]["claim_no"], "CLM-2");
    let none = room.post(&other, "review-tasks/taking", &minutes(30)).await;
    assert_eq!((none.status, &none.body["task"]), (200, &Value::Null));
    assert_eq!(room.post(&room.reviewer, &format!("{path}/taking"), &minutes(60)).await.status, 200, "for longer");
    let released = room.post(&room.reviewer, &format!("{path}/release"), &json!({"reason": "an oncologist"})).await;
    assert_eq!((released.status, &released.body["lease"]), (200, &Value::Null), "{released:?}");
    let history = room.clinic.get_as(&room.reviewer, "/v1/claims/CLM-1/review-tasks").await.body;
    let acts: Vec<&Value> = history["acts"].as_array().unwrap().iter().map(|act| &act["act"]).collect();
    assert_eq!(json!(acts), json!(["opened", "taken", "extended", "released"]), "{history}");
}

#[tokio::test]
async fn an_approval_is_another_persons() {
    let room = Room::new().await;
    room.reviewed().await;
    room.open("CLM-1", "picc", TaskKind::Second, 3).await;
    let path = "approval-tasks/CLM-1/1";
    room.post(&room.reviewer, &format!("{path}/taking"), &minutes(30)).await.problem(403, "forbidden");
    room.post(&room.approver, &format!("{path}/taking"), &minutes(30)).await.problem(422, "second_is_another");
    assert_eq!(room.post(&room.approver, "approval-tasks/taking", &minutes(30)).await.body["task"], Value::Null);
    let other = room.clinic.token("other", Role::Approver).await;
    let taken = room.post(&other, "approval-tasks/taking", &minutes(30)).await.body;
    assert_eq!(
        (&taken["task"]["kind"], &taken["task"]["first_reviewer"]),
        (&json!("second"), &json!("person:room-approver"))
    );
    assert_eq!(room.post(&other, &format!("{path}/release"), &json!({"reason": "ill"})).await.status, 200);
    let done = room.post(&room.reviewer, "review-tasks/CLM-1/first/1/taking", &minutes(30)).await;
    done.problem(409, "task_done");
}

#[tokio::test]
async fn tasks_are_listed_by_due_time_in_pages_and_counted() {
    let room = Room::new().await;
    assert_eq!(room.listed("").await.0, ["CLM-1", "CLM-2"]);
    let (first, next) = room.listed("?limit=1").await;
    let (second, _) = room.listed(&format!("?limit=1&cursor={}", next.as_str().unwrap())).await;
    assert_eq!((first, second), (vec!["CLM-1".to_owned()], vec!["CLM-2".to_owned()]));
    assert_eq!(room.listed("?insurer=cpic").await.0, ["CLM-2"]);
    assert_eq!(room.listed("?kind=second,insurer_answer").await.0, [""; 0]);
    room.post(&room.reviewer, "review-tasks/taking", &minutes(480)).await;
    assert_eq!(room.listed("?taken_by=person:room-reviewer").await.0, ["CLM-1"]);
    let counts = room.clinic.get_as(&room.approver, "/v1/review-task-counts").await.body;
    let count = &counts["kinds"][0];
    assert_eq!((&count["kind"], &count["open"]), (&json!("first"), &json!(2)), "{counts}");
    for query in ["?cursor=1", "?kind=third", "?insurer=a.b", "?limit=0", "?due_before=x"] {
        let reply = room.clinic.get_as(&room.reviewer, &format!("/v1/review-tasks{query}")).await;
        reply.problem(400, "parameter_invalid");
    }
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_at_its_place() {
    let room = Room::new().await;
    for (path, body, status, code, place) in [
        ("review-tasks/taking", minutes(0), 422, "lease_length", json!("/minutes")),
        ("review-tasks/taking", minutes(481), 422, "lease_length", json!("/minutes")),
        ("review-tasks/taking", json!({"minutes": 1, "kinds": ["second"]}), 422, "kind_unknown", json!("/kinds/0")),
        ("review-tasks/taking", json!({"minutes": 1, "insurer": "a.b"}), 422, "number_malformed", json!("/insurer")),
        ("review-tasks/CLM-1/second/1/taking", minutes(1), 400, "parameter_invalid", json!("/path/kind")),
        ("review-tasks/CLM-1/first/2/taking", minutes(1), 404, "task_unknown", Value::Null),
        ("review-tasks/a%20b/first/1/taking", minutes(1), 404, "task_unknown", Value::Null),
        ("review-tasks/CLM-1/first/1/release", json!({"reason": ""}), 422, "text_length", json!("/reason")),
    ] {
        let reply = room.post(&room.reviewer, path, &body).await;
        assert_eq!(reply.problem(status, code)["pointer"], place, "{path} {body}");
    }
}
