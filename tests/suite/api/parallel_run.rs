//! Another system's balances beside ours.

use serde_json::{Value, json};

use super::{Api, entry};

async fn with_entries() -> Api {
    let api = Api::with_accounts().await;
    api.posted(&entry(1, "1002.a", "6001", "60.00")).await;
    api.posted(&entry(2, "1002.a", "6001", "0.50")).await;
    api
}

fn theirs(account: &str, balance: &str) -> Value {
    json!({"account": account, "currency": "CNY", "balance": balance})
}

#[tokio::test]
async fn balances_are_compared_by_our_codes() {
    let api = with_entries().await;
    let mut body = json!({"accounts": [{"theirs": "bank", "ours": "1002.a"}, {"theirs": "bank 2", "ours": "1002.a"}],
                          "balances": [theirs("bank", "50.00"), theirs("bank 2", "10.50"), theirs("6001", "-60.51")]});
    let run = api.post("/v1/reports/parallel-run", &body).await;
    assert_eq!(run.status, 200, "{run:?}");
    let verdicts = |rows: &Value| {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| [&row["account"], &row["verdict"], &row["difference"]].map(Value::to_string).join(" "))
            .collect::<Vec<_>>()
    };
    let expected = [r#""1002.a" "equal" "0.00""#, r#""6001" "differs" "0.01""#];
    assert_eq!(
        (&run.body["agrees"], verdicts(&run.body["rows"])),
        (&json!(false), expected.map(str::to_owned).to_vec())
    );
    assert_eq!(verdicts(&run.body["totals"]), [r#"null "differs" "0.01""#]);

    body["tolerance"] = json!("0.01");
    assert_eq!(api.post("/v1/reports/parallel-run", &body).await.body["agrees"], true);

    // As it was known then, whatever was posted since.
    body["known_at"] = run.body["known_at"].clone();
    api.posted(&entry(3, "1002.a", "6001", "1.00")).await;
    assert_eq!(api.post("/v1/reports/parallel-run", &body).await.body["agrees"], true);
}

#[tokio::test]
async fn what_cannot_be_compared_is_named_with_its_place() {
    let api = with_entries().await;
    let api = &api;
    let at = |body: Value| async move { api.post("/v1/reports/parallel-run", &body).await };
    let names = json!([{"theirs": "x", "ours": "1 2"}, {"theirs": "y", "ours": "1"}, {"theirs": "y", "ours": "2"}]);
    let wrong = json!({"accounts": names, "balances": [
        theirs("bank?", "1.00"), theirs("x", "1.00"), theirs("1002.a", "1.001"),
        theirs("6001", "1"), theirs("6001", "2"),
        {"account": "6001", "currency": "CNN", "balance": "1"},
    ]});
    let problem = at(wrong).await;
    problem.problem(422, "account_malformed");
    let errors = problem.body["errors"].as_array().unwrap().iter();
    let told: Vec<String> =
        errors.map(|error| format!("{} {}", error["code"], error["pointer"]).replace('"', "")).collect();
    let expected = [
        "account_malformed /accounts/0/ours",
        "account_twice /accounts/2/theirs",
        "account_malformed /balances/0/account",
        "amount_too_many_decimals /balances/2/balance",
        "account_twice /balances/4/account",
        "currency_unknown /balances/5/currency",
    ];
    assert_eq!(told, expected);
    let problem = at(json!({"tolerance": "0.001", "balances": [theirs("6001", "1.00")]})).await;
    assert_eq!(problem.problem(422, "amount_too_many_decimals")["pointer"], "/tolerance");
    let problem = at(json!({"balances": [], "known_at": "2999-01-01T00:00:00Z"})).await;
    assert_eq!(problem.problem(422, "known_at_in_future")["pointer"], "/known_at");
}
