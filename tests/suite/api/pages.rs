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
