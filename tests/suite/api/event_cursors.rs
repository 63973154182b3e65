//! Cursors of readers of events over HTTP.

use dianfu_api::auth::Role;
use reqwest::Method;
use serde_json::json;

use super::{Api, Reply, entry, token};

async fn with_entries() -> Api {
    let api = Api::with_accounts().await;
    for number in 1..=4 {
        api.posted(&entry(number, "1002.a", "6001", "1.00")).await;
    }
    api
}

const LAKE: &str = "/v1/event-cursors/lake";

#[tokio::test]
async fn a_worker_moves_its_cursor_and_a_slower_one_is_told() {
    let api = with_entries().await;
    api.get(LAKE).await.problem(404, "cursor_unknown");
    let made = api.put(LAKE, &json!({"position": 0, "reason": "a new lake"})).await;
    assert_eq!((made.status, &made.body["position"], &made.body["behind"]), (200, &json!(0), &json!(4)));
    let fence = &made.body["fence"];
    let moved = api.put(LAKE, &json!({"position": 2, "from": 0, "fence": fence})).await;
    assert_eq!((moved.status, &moved.body["position"]), (200, &json!(2)));
    let late = api.put(LAKE, &json!({"position": 1, "from": 0, "fence": fence})).await;
    let violation = late.problem(409, "cursor_moved");
    assert_eq!((&violation["pointer"], &violation["actual"]), (&json!("/from"), &json!("2")));

    let failed = json!({"from": 2, "fence": fence, "failure": {"sequence": 3, "error": "the lake is dry"}});
    assert_eq!(api.put(LAKE, &failed).await.body["failure"]["count"], 1);
    assert_eq!(api.put(LAKE, &failed).await.body["failure"]["count"], 2);
    let listed = api.get("/v1/event-cursors").await.body;
    assert_eq!(listed["cursors"][0]["failure"]["error"], "the lake is dry");

    let set = api.put(LAKE, &json!({"position": 3, "reason": "ticket 4711"})).await;
    assert_eq!((&set.body["failure"], &set.body["acts"][0]["act"]), (&json!(null), &json!("set")));
    assert_eq!(set.body["acts"][0]["actor"], "person:admin");
    let old = api.put(LAKE, &json!({"position": 4, "from": 3, "fence": fence})).await;
    old.problem(409, "cursor_moved");
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_place() {
    let api = with_entries().await;
    api.put(LAKE, &json!({"position": 1, "reason": "begin"})).await;
    for (body, status, code, pointer) in [
        (json!({"position": 9, "reason": "x"}), 422, "beyond_head", "/position"),
        (json!({"position": -1, "reason": "x"}), 422, "cursor_backwards", "/position"),
        (json!({"position": 0, "from": 1, "fence": 1}), 422, "cursor_backwards", "/position"),
        (json!({"position": 9, "from": 1, "fence": 1}), 422, "beyond_head", "/position"),
        (json!({"position": 2, "reason": ""}), 422, "text_length", "/reason"),
        (json!({"position": 2}), 422, "cursor_move_unclear", ""),
        (json!({"position": 2, "from": 1}), 422, "cursor_move_unclear", ""),
        (json!({"position": 2, "from": 1, "fence": 1, "reason": "x"}), 422, "cursor_move_unclear", ""),
        (json!({"position": 2, "form": 1}), 422, "field_invalid", "/form"),
    ] {
        let reply = api.put(LAKE, &body).await;
        assert_eq!(reply.problem(status, code)["pointer"], pointer, "{body}");
    }
    let named = api.put("/v1/event-cursors/Lake", &json!({"position": 1, "reason": "x"})).await;
    let place = named.problem(400, "parameter_invalid");
    assert_eq!((&place["code"], &place["pointer"]), (&json!("cursor_name_malformed"), &json!("/path/name")));
    let place = api.get("/v1/event-cursors/No%20name").await;
    assert_eq!(place.problem(400, "parameter_invalid")["code"], "cursor_name_malformed");
    let auditor = token(&api.database, "eyes", Role::Auditor).await;
    let body = json!({"position": 2, "reason": "x"});
    let request = api.bare(Method::PUT, LAKE).bearer_auth(&auditor).json(&body);
    Reply::of(request.send().await.unwrap()).await.problem(403, "forbidden");
    assert_eq!(api.bare(Method::GET, LAKE).bearer_auth(&auditor).send().await.unwrap().status(), 200);
}
