//! Templates over the interface: recorded, read, tried and posted by; every refusal at its place.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Reply, id};

fn receipt(fee_percent: i64) -> Value {
    json!({
        "name": "receipt", "title": "Receipt less a fee", "description": "For tests.",
        "inputs": [{"name": "claim", "kind": "text"}, {"name": "received", "kind": "amount"}],
        "amounts": [
            {"fraction": {"name": "fee", "of": "received", "numerator": fee_percent, "denominator": 100}},
            {"sum": {"name": "net", "plus": ["received"], "less": ["fee"]}},
        ],
        "legs": [
            {"side": "debit", "account": "1002.a", "amount": "net"},
            {"side": "debit", "account": "6001", "amount": "fee"},
            {"side": "credit", "account": "1102.picc", "item": "{claim}", "amount": "received"},
        ],
    })
}

async fn record(api: &Api, template: &Value) -> Reply {
    api.put("/v1/templates/receipt", &json!({"template": template, "reason": "a test"})).await
}

fn by_template(number: u32, received: &str) -> Value {
    let inputs = json!({"claim": "C-1", "received": received});
    json!({"id": id(number), "template": {"name": "receipt", "currency": "CNY", "inputs": inputs}})
}

#[tokio::test]
async fn a_template_is_recorded_read_and_retired() {
    let api = Api::with_accounts().await;
    api.get("/v1/templates/receipt").await.problem(404, "template_unknown");
    let dry = json!({"template": receipt(1), "reason": "a look", "dry_run": true});
    assert_eq!(api.put("/v1/templates/receipt", &dry).await.body["new"], true);
    api.get("/v1/templates/receipt").await.problem(404, "template_unknown");
    let first = record(&api, &receipt(1)).await;
    assert_eq!((first.status, &first.body["new"], &first.body["changes"]), (200, &json!(true), &json!([])));
    let first = first.body["template_no"].as_i64().unwrap();
    assert_eq!(record(&api, &receipt(1)).await.body["new"], false);
    let second = record(&api, &receipt(2)).await;
    let place = "/amounts/0/fraction/numerator";
    assert_eq!(second.body["changes"], json!([{"pointer": place, "before": "1", "after": "2"}]));
    assert_eq!(second.body["replaced"], first);
    let second = second.body["template_no"].as_i64().unwrap();

    let in_force = api.get("/v1/templates/receipt").await;
    assert_eq!((&in_force.body["template"], &in_force.body["template_no"]), (&receipt(2), &json!(second)));
    assert_eq!(in_force.header("etag"), format!("\"{second}\""));
    let path = format!("/v1/templates/receipt/versions/{first}");
    let old = api.get(&path).await;
    assert_eq!((&old.body["template"], old.header("etag")), (&receipt(1), format!("\"{first}\"").as_str()));
    let again = api.request(Method::GET, &path).header("if-none-match", old.header("etag"));
    assert_eq!(again.send().await.unwrap().status().as_u16(), 304);
    let other = api.request(Method::GET, "/v1/templates/receipt").header("if-none-match", old.header("etag"));
    assert_eq!(other.send().await.unwrap().status().as_u16(), 200);
    api.get("/v1/templates/other/versions/1").await.problem(404, "template_version_unknown");

    let late = json!({"template": receipt(3), "reason": "a test", "replaces": first});
    let overtaken = api.put("/v1/templates/receipt", &late).await;
    let place = overtaken.problem(409, "template_overtaken");
    assert_eq!((&place["pointer"], &place["expected"]), (&json!("/replaces"), &json!(second.to_string())));

    let retired = api.post("/v1/templates/receipt/retirement", &json!({"reason": "enough"})).await;
    assert_eq!((retired.status, &retired.body["template"]), (200, &Value::Null));
    api.post("/v1/templates/receipt/retirement", &json!({"reason": "x"})).await.problem(404, "template_unknown");
    api.get("/v1/templates/receipt").await.problem(404, "template_unknown");
    assert_eq!(api.get("/v1/templates/receipt/versions").await.body["templates"].as_array().unwrap().len(), 3);
    assert_eq!(api.get("/v1/templates").await.body["templates"][0]["title"], Value::Null);
}

#[tokio::test]
async fn what_is_no_sound_template_is_refused_at_all_its_places() {
    let api = Api::with_accounts().await;
    let mut template = receipt(1);
    template["legs"][1]["side"] = json!("credit");
    template["legs"][2]["item"] = json!("{case}");
    let reply = record(&api, &template).await;
    reply.problem(422, "name_unknown");
    let places: Vec<&str> =
        reply.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(places, ["/template/legs/2/item", "/template/inputs/0/name", "/template/legs"]);
    assert_eq!(reply.body["errors"][2]["actual"], "-2 fee");
    let place = record(&api, &json!({"name": "other"})).await;
    place.problem(422, "template_malformed");
    let mut other = receipt(1);
    other["name"] = json!("other");
    assert_eq!(record(&api, &other).await.problem(422, "name_differs")["actual"], "other");
    assert_eq!(api.get("/v1/templates").await.body["templates"], json!([]));
}

#[tokio::test]
async fn an_entry_by_template_is_like_any_other() {
    let api = Api::with_accounts().await;
    let template_no = record(&api, &receipt(1)).await.body["template_no"].clone();
    let filling = json!({"currency": "CNY", "inputs": {"claim": "C-1", "received": "100.50"}});
    let seen = api.post("/v1/templates/receipt/preview", &filling).await;
    let rounded = json!({"name": "fee", "value": "1.01", "formula": "1/100 of received, rounded half away from zero"});
    assert_eq!((seen.status, &seen.body["amounts"][1]), (200, &rounded));
    assert_eq!(api.get("/v1/entries").await.body["entries"], json!([]));

    api.posted(&by_template(1, "100.50")).await;
    let entry = api.get(&format!("/v1/entries/{}", id(1))).await.body;
    assert_eq!(entry["template"], json!({"name": "receipt", "template_no": template_no}));
    for (leg, expected) in entry["postings"].as_array().unwrap().iter().zip(seen.body["postings"].as_array().unwrap()) {
        for field in ["account", "debit", "credit", "currency", "item"] {
            assert_eq!(leg[field], expected[field], "{field}");
        }
    }
    record(&api, &receipt(2)).await;
    let again = api.post("/v1/entries", &by_template(1, "100.50")).await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("replayed")));
    api.post("/v1/entries", &by_template(1, "100.51")).await.problem(409, "id_conflict");

    let mut bad = by_template(3, "x");
    bad["linked"] = json!(true);
    let many = api.post("/v1/entries", &json!([by_template(2, "1.00"), bad, by_template(4, "1.00")])).await;
    let told: Vec<(&str, &Value)> = many
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|outcome| (outcome["status"].as_str().unwrap(), &outcome["error"]["code"]))
        .collect();
    let [malformed, linked] = [json!("amount_malformed"), json!("linked_entry_rejected")];
    assert_eq!(told, [("posted", &Value::Null), ("rejected", &malformed), ("rejected", &linked)]);
    let line = by_template(5, "1.00").to_string();
    let stream = api.post_text("/v1/entries", "application/x-ndjson", format!("{line}\n{line}\n")).await;
    let text = stream.body.as_str().unwrap();
    assert!(text.contains(r#""status":"posted""#) && text.contains(r#""status":"replayed""#), "{text}");
}

#[tokio::test]
async fn every_refusal_is_at_its_place_and_nothing_is_posted() {
    let api = Api::with_accounts().await;
    let old = record(&api, &receipt(1)).await.body["template_no"].clone();
    record(&api, &receipt(2)).await;
    let with = |place: &str, value: Value| {
        let mut entry = by_template(1, "1.00");
        let (parent, step) = place.rsplit_once('/').unwrap();
        entry.pointer_mut(parent).unwrap()[step] = value;
        entry
    };
    let cases = [
        (with("/template/name", json!("nothing")), "template_unknown", "/template/name"),
        (with("/template/template_no", json!(999)), "template_version_unknown", "/template/template_no"),
        (with("/template/template_no", old), "template_not_in_force", "/template/template_no"),
        (with("/template/currency", json!("XXX")), "currency_unknown", "/template/currency"),
        (with("/template/currency", json!("USD")), "currency_mismatch", "/template"),
        (with("/template/inputs/received", json!("1.005")), "amount_too_many_decimals", "/template/inputs/received"),
        (with("/template/inputs/received", json!(1)), "input_malformed", "/template/inputs/received"),
        (with("/template/inputs/received", json!("-1.00")), "amount_negative", "/template/inputs/received"),
        (with("/template/inputs/received", json!("0.00")), "nothing_moves", "/template/inputs"),
        (with("/template/inputs/colour", json!("red")), "input_unknown", "/template/inputs/colour"),
        (with("/template/inputs", json!({"received": "1.00"})), "input_missing", "/template/inputs/claim"),
        (with("/template/colour", json!("red")), "field_invalid", "/template/colour"),
        (
            with("/postings", json!([{"account": "6001", "debit": "1", "currency": "CNY"}])),
            "postings_beside_template",
            "/postings",
        ),
    ];
    for (entry, code, pointer) in cases {
        let reply = api.post("/v1/entries", &entry).await;
        assert_eq!(reply.problem(422, code)["pointer"], pointer, "{reply:?}");
    }
    assert_eq!(api.get("/v1/entries").await.body["entries"], json!([]));
}
