//! Refused requests over HTTP: entries, what is no entry, and who was turned away.

use dianfu_api::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Reply, entry, id, token};

async fn refusals(api: &Api, query: &str) -> Vec<Value> {
    let reply = api.get(&format!("/v1/refusals{query}")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["refusals"].as_array().unwrap().clone()
}

#[tokio::test]
async fn entries_that_are_refused_are_on_record_with_who_what_and_why() {
    let api = Api::with_accounts().await;
    let unknown = entry(1, "1002.a", "9999", "1.00");
    api.post("/v1/entries", &unknown).await.problem(422, "account_unknown");
    let mut unreadable = entry(2, "1002.a", "6001", "1.00");
    unreadable["postings"][0]["debit"] = json!(1.5);
    api.post("/v1/entries", &unreadable).await.problem(422, "amount_not_text");
    let many = json!([entry(3, "1002.a", "6001", "1.00"), unreadable, {"id": "x"}]);
    assert_eq!(api.post("/v1/entries", &many).await.status, 200);
    api.post_text("/v1/entries", "application/x-ndjson", format!("{unknown}\nno json\n")).await;

    let all = refusals(&api, "").await;
    let mut told: Vec<String> =
        all.iter().map(|row| format!("{} {}", row["door"].as_str().unwrap(), row["code"].as_str().unwrap())).collect();
    told.sort();
    assert_eq!(
        told,
        [
            "api amount_not_text",
            "api amount_not_text",
            "api field_invalid",
            "api json_malformed",
            "post account_unknown",
            "post account_unknown"
        ]
    );
    assert!(all.iter().all(|row| row["actor"] == "person:admin"));
    let one = &refusals(&api, &format!("?entry_id={}&limit=1&door=api", id(2))).await[0];
    assert_eq!((&one["pointer"], &one["entry_id"]), (&json!("/postings/0/debit"), &json!(id(2))));
    let kept: Value = serde_json::from_str(one["request"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(kept, unreadable);
    let first = refusals(&api, "?code=account_unknown").await.pop().unwrap();
    assert_eq!(first["request"]["postings"][1], json!({"account": "9999", "credit": "1.00", "currency": "CNY"}));
}

#[tokio::test]
async fn who_was_turned_away_is_on_record_without_what_was_shown() {
    let api = Api::with_accounts().await;
    let poster = token(&api.database, "shop", Role::Poster).await;
    let stranger = format!("dianfu_main_{}", "s".repeat(43));
    for (token, status) in [(&poster, 403), (&stranger, 401)] {
        let request = api.bare(Method::GET, "/v1/accounts/1002.a").bearer_auth(token);
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    let rows = refusals(&api, "?door=gate").await;
    let told: Vec<_> = rows.iter().map(|row| json!([row["actor"], row["code"], row["request"]])).collect();
    let call = json!({"method": "GET", "path": "/v1/accounts/1002.a"});
    assert_eq!(told, [json!(["nobody", "token_invalid", call]), json!(["system:shop", "forbidden", call])]);
    assert!(!json!(rows).to_string().contains(&"s".repeat(43)));
}

#[tokio::test]
async fn pages_go_back_in_time_and_parameters_are_checked() {
    let api = Api::with_accounts().await;
    for number in 1..=5 {
        api.post("/v1/entries", &entry(number, "1002.a", "9999", "1.00")).await;
    }
    let page = api.get("/v1/refusals?limit=2").await.body;
    assert_eq!((&page["refusals"][0]["refusal_no"], &page["next"]), (&json!(5), &json!(4)));
    let last = api.get("/v1/refusals?limit=3&before=4").await.body;
    assert_eq!((last["refusals"].as_array().unwrap().len(), last.get("next")), (3, None));
    assert_eq!(refusals(&api, "?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z").await.len(), 0);
    for (query, pointer) in [
        ("door=x", "/query/door"),
        ("limit=1001", "/query/limit"),
        ("from=now", "/query/from"),
        ("who=x", "/query/who"),
    ] {
        let reply = api.get(&format!("/v1/refusals?{query}")).await;
        assert_eq!(reply.problem(400, "parameter_invalid")["pointer"], pointer);
    }
    let auditor = token(&api.database, "eyes", Role::Auditor).await;
    let seen = api.bare(Method::GET, "/v1/refusals").bearer_auth(&auditor).send().await.unwrap();
    assert_eq!(Reply::of(seen).await.status, 200);
}
