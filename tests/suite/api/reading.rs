//! Balances, statements and reports.

use serde_json::{Value, json};

use super::{Api, entry, id};

fn dated(number: u32, date: &str, amount: &str) -> Value {
    let mut entry = entry(number, "1002.a", "6001", amount);
    entry["effective_date"] = json!(date);
    entry
}

fn item(number: u32, item: &str, amount: &str) -> Value {
    let mut entry = entry(number, "1102.picc", "2190", amount);
    entry["postings"][0]["item"] = json!(item);
    entry
}

#[tokio::test]
async fn a_balance_is_told_as_of_a_day_and_as_known_at_a_time() {
    let api = Api::with_accounts().await;
    api.posted(&dated(1, "2026-01-10", "100.00")).await;
    let known = api.posted(&dated(2, "2026-02-10", "20.00")).await.body["booked_at"].as_str().unwrap().to_owned();
    api.posted(&dated(3, "2026-01-20", "3.00")).await;
    let balance = async |query: &str| api.get(&format!("/v1/accounts/6001/balance{query}")).await.body;

    let now = balance("").await;
    assert_eq!(
        (&now["balance"], &now["normal_side"], &now["currency"]),
        (&json!("123.00"), &json!("credit"), &json!("CNY"))
    );
    assert_eq!(now["settled"], json!({"debits": "0.00", "credits": "123.00"}));
    assert_eq!(balance("?as_of=2026-01-31").await["balance"], "103.00");
    assert_eq!(balance(&format!("?known_at={known}")).await["balance"], "120.00");
    let both = balance(&format!("?as_of=2026-01-31&known_at={known}")).await;
    assert_eq!((&both["balance"], &both["as_of"]), (&json!("100.00"), &json!("2026-01-31")));
    assert_eq!(both["known_at"], known);
}

#[tokio::test]
async fn the_pages_of_a_statement_are_one_answer() {
    let api = Api::with_accounts().await;
    for (number, date) in [(1, "2026-01-10"), (2, "2026-02-10"), (3, "2026-02-11"), (4, "2026-02-12")] {
        api.posted(&dated(number, date, "1.00")).await;
    }
    let path = "/v1/accounts/6001/statement?from=2026-02-01&to=2026-02-28&limit=2";
    let first = api.get(path).await.body;
    assert_eq!((&first["opening"], &first["closing"]), (&json!("1.00"), &json!("4.00")));
    let balances = |page: &Value| -> Vec<Value> {
        page["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| json!([row["sequence"], row["credit"], row["balance"]]))
            .collect()
    };
    assert_eq!(balances(&first), [json!([2, "1.00", "2.00"]), json!([3, "1.00", "3.00"])]);

    api.posted(&dated(5, "2026-02-01", "50.00")).await;
    let next = first["next"].as_str().unwrap();
    let second = api.get(&format!("{path}&cursor={next}")).await.body;
    assert_eq!(balances(&second), [json!([4, "1.00", "4.00"])]);
    assert_eq!((&second["closing"], &second["next"]), (&json!("4.00"), &Value::Null));
    assert_eq!(second["known_at"], first["known_at"]);

    let other_question = format!("/v1/accounts/6001/statement?limit=2&cursor={next}");
    api.get(&other_question).await.problem(400, "cursor_malformed");
}

#[tokio::test]
async fn the_trial_balance_sums_to_zero() {
    let api = Api::with_accounts().await;
    api.posted(&dated(1, "2026-01-10", "100.00")).await;
    api.posted(&dated(2, "2026-02-10", "20.00")).await;
    let report = api.get("/v1/reports/trial-balance?from=2026-02-01&as_of=2026-02-28&level=control").await.body;
    assert_eq!(report["balanced"], true);
    let rows: Vec<Value> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["account"], row["opening"], row["debits"], row["credits"], row["closing"]]))
        .collect();
    assert_eq!(
        rows,
        [json!(["1002", "100.00", "20.00", "0.00", "120.00"]), json!(["6001", "-100.00", "0.00", "20.00", "-120.00"]),]
    );
    assert_eq!(report["totals"][0]["closing"], "0.00");
    let fine = api.get("/v1/reports/trial-balance").await.body;
    assert_eq!(fine["rows"][0]["account"], "1002.a");
    assert_eq!(fine["totals"][0]["debits"], "120.00");
}

#[tokio::test]
async fn open_items_are_listed_page_by_page() {
    let api = Api::with_accounts().await;
    for (number, name, amount) in [(1, "CLM-1", "10.00"), (2, "CLM-2", "20.00"), (3, "CLM-3", "30.00")] {
        api.posted(&item(number, name, amount)).await;
    }
    let mut back = entry(4, "2190", "1102.picc", "20.00");
    back["postings"][1]["item"] = json!("CLM-2");
    api.posted(&back).await;

    let items = |page: &Value| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|item| json!([item["item"], item["outstanding"]])).collect()
    };
    let first = api.get("/v1/open-items?account=1102&limit=1").await.body;
    assert_eq!(items(&first), [json!(["CLM-1", "10.00"])]);
    api.posted(&item(5, "CLM-4", "40.00")).await;
    let next = first["next"].as_str().unwrap();
    let second = api.get(&format!("/v1/open-items?account=1102&limit=5&cursor={next}")).await.body;
    assert_eq!(items(&second), [json!(["CLM-3", "30.00"])]);
    assert_eq!((&second["known_at"], &second["next"]), (&first["known_at"], &Value::Null));

    let all = api.get("/v1/open-items?account=1102.picc&all=true").await.body;
    assert_eq!(items(&all)[1], json!(["CLM-2", "0.00"]));
    assert_eq!(api.get("/v1/open-items?account=6001").await.body["items"], json!([]));
}

#[tokio::test]
async fn an_item_has_a_history() {
    let api = Api::with_accounts().await;
    for (number, side) in [(1, "debit"), (2, "credit")] {
        let other = if side == "debit" { "credit" } else { "debit" };
        let amount = if side == "debit" { "8.00" } else { "3.00" };
        api.posted(&json!({"id": id(number), "postings": [
            {"account": "1102.picc", side: amount, "currency": "CNY", "item": "CLM/1", "due_date": "2026-06-30"},
            {"account": "2190", other: amount, "currency": "CNY"}]}))
            .await;
    }
    let first = api.get("/v1/open-items/history?account=1102.picc&item=CLM%2F1&limit=1").await.body;
    assert_eq!((&first["outstanding"], &first["due_date"]), (&json!("5.00"), &json!("2026-06-30")));
    assert_eq!(
        (&first["postings"][0]["debit"], &first["postings"][0]["outstanding"]),
        (&json!("8.00"), &json!("8.00"))
    );
    let next = first["next"].as_str().unwrap();
    let second = api.get(&format!("/v1/open-items/history?account=1102.picc&item=CLM%2F1&cursor={next}")).await.body;
    assert_eq!((&second["postings"][0]["credit"], second.get("next")), (&json!("3.00"), None));
    api.get("/v1/open-items/history?account=9&item=x").await.problem(404, "account_unknown");
    api.get("/v1/open-items/history?account=1102.picc&item=x&cursor=1").await.problem(400, "cursor_malformed");
}
