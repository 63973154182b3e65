//! Metadata that is JSON by its grammar and that no reader can hold is refused, so that whatever is posted can be read.

use serde_json::json;

use super::{Api, entry, id};

const JSON: &str = "application/json";

#[tokio::test]
async fn what_no_reader_can_hold_is_refused_at_its_place() {
    let api = Api::with_accounts().await;
    let with = |metadata: &str| {
        let text = entry(1, "1002.a", "6001", "1.00").to_string();
        format!(r#"{{"metadata":{metadata},{}"#, &text[1..])
    };
    let deep = format!("{}{{}}{}", r#"{"a":"#.repeat(500), "}".repeat(500));
    for (metadata, code) in [
        (r#"{"a":1e999}"#, "metadata_malformed"),
        (r#"{"a":"\ud800"}"#, "metadata_malformed"),
        (r#"{"a":"\u0000"}"#, "text_has_nul"),
        (&deep, "metadata_malformed"),
    ] {
        let one = api.post_text("/v1/entries", JSON, with(metadata)).await;
        assert_eq!(one.problem(422, code)["pointer"], "/metadata", "{metadata}");
        let many = api.post_text("/v1/entries", JSON, format!("[{}]", with(metadata))).await;
        let outcome = &many.body[0];
        assert_eq!(json!([outcome["status"], outcome["error"]["code"]]), json!(["rejected", code]), "{metadata}");
    }
    let kept = r#"{"b": 1.10, "a":"\ud83d\ude00","c":1e300}"#;
    assert_eq!(api.post_text("/v1/entries", JSON, with(kept)).await.status, 201);
    let read = api.get(&format!("/v1/entries/{}", id(1))).await;
    assert_eq!(read.body["metadata"], serde_json::from_str::<serde_json::Value>(kept).unwrap());
}
