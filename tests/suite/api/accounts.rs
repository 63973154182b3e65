//! Opening accounts and finding them again.

use serde_json::{Value, json};

use super::{Api, entry};

fn receivable() -> Value {
    json!({"code": "1101.picc", "name": "advanced for PICC", "currency": "CNY", "type": "asset",
           "open_item": true, "min": "0", "max": "500000.00"})
}

#[tokio::test]
async fn an_account_is_opened_once() {
    let api = Api::start().await;
    let opened = api.post("/v1/accounts", &receivable()).await;
    assert_eq!((opened.status, opened.header("location")), (201, "/v1/accounts/1101.picc"));
    let expected = json!({"code": "1101.picc", "name": "advanced for PICC", "currency": "CNY", "type": "asset",
                          "normal_side": "debit", "open_item": true, "min": "0.00", "max": "500000.00",
                          "closed": false, "frozen": "none", "parent": null, "metadata": null});
    assert_eq!(opened.body, expected);

    let again = api.post("/v1/accounts", &receivable()).await;
    assert_eq!((again.status, &again.body), (200, &expected));
    assert_eq!(api.get("/v1/accounts/1101.picc").await.body, expected);
}

#[tokio::test]
async fn another_definition_is_a_conflict_that_names_the_field() {
    let api = Api::start().await;
    api.post("/v1/accounts", &receivable()).await;
    for (field, value, first, given) in
        [("currency", json!("USD"), "CNY", "USD"), ("normal_side", json!("credit"), "D", "C")]
    {
        let mut other = receivable();
        other[field] = value;
        let reply = api.post("/v1/accounts", &other).await;
        let place = reply.problem(409, "account_conflict");
        assert_eq!(place["pointer"], format!("/{field}"));
        assert_eq!((&place["expected"], &place["actual"]), (&json!(first), &json!(given)));
    }
}

#[tokio::test]
async fn a_malformed_account_is_refused_at_its_place() {
    let api = Api::start().await;
    for (field, value, code) in [
        ("code", json!("1101 picc"), "account_malformed"),
        ("currency", json!("RMB"), "currency_unknown"),
        ("max", json!("0.001"), "amount_too_many_decimals"),
        ("max", json!(5), "field_invalid"),
        ("min", json!("600000"), "limits_crossed"),
        ("name", json!(""), "text_length"),
        ("name", json!("n".repeat(201)), "text_length"),
        ("name", json!("a\0b"), "text_has_nul"),
        ("normal_side", json!("left"), "field_invalid"),
        ("type", json!("assets"), "field_invalid"),
        ("parent", json!("11 01"), "parent_malformed"),
        ("colour", json!("red"), "field_invalid"),
    ] {
        let mut account = receivable();
        account[field] = value;
        let reply = api.post("/v1/accounts", &account).await;
        assert_eq!(reply.problem(422, code)["pointer"], format!("/{field}"));
    }
    api.post("/v1/accounts", &json!([receivable()])).await.problem(422, "field_invalid");
    api.post_text("/v1/accounts", "application/json", "{").await.problem(400, "json_malformed");
    api.post_text("/v1/accounts", "text/plain", "{}").await.problem(415, "content_type_unsupported");
    api.get("/v1/accounts/1101.picc").await.problem(404, "account_unknown");
}

#[tokio::test]
async fn accounts_are_listed_page_by_page() {
    let api = Api::with_accounts().await;
    let codes = |page: &Value| -> Vec<String> {
        page["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|account| account["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = api.get("/v1/accounts?limit=3").await.body;
    assert_eq!(codes(&first), ["1002.a", "1102.picc", "2190"]);
    let next = first["next"].as_str().unwrap();
    let second = api.get(&format!("/v1/accounts?limit=3&cursor={next}")).await.body;
    assert_eq!((codes(&second), &second["next"]), (vec!["6001".to_owned()], &Value::Null));
    assert_eq!(codes(&api.get("/v1/accounts?prefix=1").await.body), ["1002.a", "1102.picc"]);
}

#[tokio::test]
async fn a_question_that_cannot_be_is_refused() {
    let api = Api::with_accounts().await;
    for (path, place) in [
        ("/v1/accounts?limit=0", "/query/limit"),
        ("/v1/accounts?limit=1001", "/query/limit"),
        ("/v1/accounts?limit=many", "/query/limit"),
        ("/v1/accounts?limit=1&limit=2", "/query"),
        ("/v1/accounts?colour=red", "/query/colour"),
        ("/v1/accounts?prefix=%00", "/query/prefix"),
        ("/v1/accounts/%FF", "/path"),
        ("/v1/accounts/2190/balance?as_off=2026-01-01", "/query/as_off"),
        ("/v1/accounts/2190/balance?as_of=2026-02-30", "/query/as_of"),
        ("/v1/accounts/2190/balance?known_at=2026-05-01T08:00:00+08:00", "/query/known_at"),
        ("/v1/accounts/2190/statement?from=yesterday", "/query/from"),
        ("/v1/open-items/history?account=1102.picc", "/query/item"),
        ("/v1/open-items?account=%20", "/query/account"),
        ("/v1/reports/trial-balance?level=fine", "/query/level"),
        ("/v1/entries?after=x", "/query/after"),
        ("/v1/entries/17", "/path/id"),
    ] {
        assert_eq!(api.get(path).await.problem(400, "parameter_invalid")["pointer"], place, "{path}");
    }
    for path in
        ["/v1/accounts?cursor=%2F", "/v1/accounts/2190/statement?cursor=x", "/v1/open-items?account=2190&cursor=x"]
    {
        assert_eq!(api.get(path).await.problem(400, "cursor_malformed")["pointer"], "/query/cursor");
    }
    let future = "/v1/accounts/2190/balance?known_at=2999-01-01T00:00:00Z";
    assert_eq!(api.get(future).await.problem(400, "known_at_in_future")["pointer"], "/query/known_at");
    for path in [
        "/v1/accounts/9/balance",
        "/v1/accounts/9/balances",
        "/v1/accounts/9/statement",
        "/v1/accounts/9%2F9",
        "/v1/open-items?account=9",
    ] {
        api.get(path).await.problem(404, "account_unknown");
    }
}

#[tokio::test]
async fn balances_sum_up_what_is_below_an_account() {
    let api = Api::with_accounts().await;
    let below = json!({"code": "1002.b", "name": "b", "currency": "CNY", "type": "asset"});
    assert_eq!(api.post("/v1/accounts", &below).await.status, 201);
    api.posted(&entry(1, "1002.a", "6001", "60.00")).await;
    api.posted(&entry(2, "1002.b", "6001", "0.50")).await;
    let balances = api.get("/v1/accounts/1002/balances").await.body;
    let told: Vec<_> = balances.as_array().unwrap().iter().map(|one| [&one["account"], &one["balance"]]).collect();
    assert_eq!(told, [[&json!("1002"), &json!("60.50")]]);
    api.get("/v1/accounts/1002/balance").await.problem(404, "account_unknown");
    let csv = api.get("/v1/accounts/1002/balances?format=csv").await;
    assert!(csv.body.as_str().unwrap().contains("60.50"), "{csv:?}");
}
