//! Lists end: `next` is there when something follows, and only then.

use dianfu_api::Limits;
use serde_json::{Value, json};

use super::{Api, entry, id};
use crate::remittances::fixture::{Desk, file};

#[tokio::test]
async fn a_full_last_page_of_entries_has_no_next() {
    let api = Api::with_accounts().await;
    for number in 1..=4 {
        api.posted(&entry(number, "1002.a", "6001", "1.00")).await;
    }
    let page = async |query: &str| {
        let body = api.get(&format!("/v1/entries?{query}")).await.body;
        json!([body["entries"].as_array().unwrap().len(), body["next"]])
    };
    assert_eq!(page("limit=3").await, json!([3, 3]));
    assert_eq!(page("limit=2&after=2").await, json!([2, null]));
    assert_eq!(page("limit=4").await, json!([4, null]));
    assert_eq!(page("limit=1000").await, json!([4, null]));
    assert_eq!(page("after=4").await, json!([0, null]));
    assert_eq!(api.get(&format!("/v1/entries/{}", id(4))).await.body["sequence"], 4);
}

#[tokio::test]
async fn a_full_last_page_of_remittances_has_no_next() {
    let desk = Desk::new().await;
    let api = Api::on(desk.test.database(), Limits::default()).await;
    for trace in ["T1", "T2"] {
        desk.import(&file(trace, "C1 - 1000", "")).await.unwrap();
    }
    let first = api.get("/v1/remittances?limit=1").await.body;
    let next = first["next"].as_str().unwrap();
    let second = api.get(&format!("/v1/remittances?limit=1&cursor={next}")).await.body;
    assert_eq!((second["remittances"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
    assert_eq!(api.get("/v1/remittances?limit=2").await.body["next"], Value::Null);
}

#[tokio::test]
async fn the_pages_of_open_items_are_one_answer_to_one_question() {
    let api = Api::with_accounts().await;
    for number in 1..=5 {
        let mut item = entry(number, "1102.picc", "2190", "1.00");
        item["postings"][0]["item"] = json!(format!("CLM-{number}"));
        api.posted(&item).await;
    }
    let page = async |query: &str| api.get(&format!("/v1/open-items?account=1102&limit=2{query}")).await;
    let (mut names, mut cursor) = (Vec::new(), String::new());
    let mut used = Vec::new();
    loop {
        let body = page(&cursor).await.body;
        names.extend(body["items"].as_array().unwrap().iter().map(|item| item["item"].clone()));
        let Some(next) = body["next"].as_str() else { break };
        used.push(next.to_owned());
        cursor = format!("&cursor={next}");
    }
    assert_eq!(json!(names), json!(["CLM-1", "CLM-2", "CLM-3", "CLM-4", "CLM-5"]));
    assert_eq!(used.len(), 2);
    for other in ["&all=true", "&as_of=2099-01-01", "&known_at=2026-01-01T00:00:00Z"] {
        page(&format!("&cursor={}{other}", used[0])).await.problem(400, "cursor_malformed");
    }
    let elsewhere = api.get(&format!("/v1/open-items?account=1102.picc&cursor={}", used[0])).await;
    elsewhere.problem(400, "cursor_malformed");
}
