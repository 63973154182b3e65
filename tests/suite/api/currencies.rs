//! Several currencies over the interface: rates, exchange, revaluation, reports in one currency.

use serde_json::{Value, json};

use super::{Api, id};

fn usd(date: &str, rate: &str) -> Value {
    json!({"pair": "USD/CNY", "date": date, "rate": rate, "source": "PBOC"})
}

#[tokio::test]
async fn rates_are_set_corrected_listed_and_looked_up() {
    let api = Api::start().await;
    let set = async |rates: Value, dry_run: bool| {
        api.post("/v1/rates", &json!({"rates": rates, "reason": "fixing", "dry_run": dry_run})).await
    };
    let two = json!([usd("2026-04-29", "7.10"), usd("2026-04-30", "7.11")]);
    let rehearsed = set(two.clone(), true).await;
    assert_eq!((rehearsed.status, &rehearsed.body["new"], &rehearsed.body["dry_run"]), (201, &json!(2), &json!(true)));
    assert_eq!(api.get("/v1/rates").await.body["rates"], json!([]));
    assert_eq!(set(two, false).await.body, json!({"new": 2, "corrected": 0, "unchanged": 0, "dry_run": false}));
    assert_eq!(set(json!([usd("2026-04-30", "7.12")]), false).await.body["corrected"], 1);
    let page = api.get("/v1/rates?base=USD&limit=1").await.body;
    assert_eq!(page["rates"][0]["rate"], "7.1");
    let next = page["next"].as_str().unwrap().replace('/', "%2F").replace(' ', "%20");
    let second = api.get(&format!("/v1/rates?base=USD&limit=1&cursor={next}")).await.body;
    assert_eq!(second["rates"][0]["rate"], "7.12");
    assert!(second["rates"][0]["actor"].as_str().unwrap().contains("admin"), "{second}");
    let found = api.get("/v1/rates/quotation?pair=CNY%2FUSD&date=2026-05-02&max_age=2&inverse=true").await.body;
    assert_eq!((&found["numerator"], &found["denominator"]), (&json!("25"), &json!("178")));
    assert_eq!(found["rate"], "inverse of USD/CNY 7.12 spot 2026-04-30");
    assert_eq!((&found["steps"][0]["inverted"], &found["steps"][0]["record"]), (&json!(true), &json!(3)));
    let missing = api.get("/v1/rates/quotation?pair=USD%2FCNY&date=2026-05-02&max_age=1").await;
    let place = missing.problem(404, "rate_missing");
    assert_eq!(
        (&place["expected"], &place["actual"]),
        (&json!("USD/CNY spot 2026-05-02"), &json!("the nearest is of 2026-04-30"))
    );
}

#[tokio::test]
async fn every_bad_rate_is_named_at_its_place() {
    let api = Api::start().await;
    let body = json!({"reason": "x", "rates": [
        usd("2026-04-30", "7.1"),
        {"pair": "USD/USD", "date": "2026-04-30", "rate": "1", "source": "x"},
        {"pair": "USD/RMB", "date": "2026-04-30", "rate": "1", "source": "x"},
        usd("2026-05-01", "0"),
        usd("2026-05-01", "-7"),
        usd("2026-05-01", "1e1"),
        usd("2026-05-01", "7.0000000000001"),
        {"pair": "USD/CNY", "date": "2026-05-02", "rate": "7", "source": "x", "kind": "Spot"},
    ]});
    let reply = api.post("/v1/rates", &body).await;
    reply.problem(422, "same_currency");
    let places: Vec<(&str, &str)> = reply.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    assert_eq!(
        places,
        [
            ("/rates/1/pair", "same_currency"),
            ("/rates/2/pair", "currency_unknown"),
            ("/rates/3/rate", "rate_not_positive"),
            ("/rates/4/rate", "rate_not_positive"),
            ("/rates/5/rate", "rate_malformed"),
            ("/rates/6/rate", "rate_too_many_digits"),
            ("/rates/7/kind", "rate_kind_malformed"),
        ]
    );
    let none = api.post("/v1/rates", &json!({"reason": "x", "rates": []})).await;
    assert_eq!(none.problem(422, "rate_count")["pointer"], "/rates");
    let nameless = api.post("/v1/rates", &json!({"reason": "", "rates": [usd("2026-04-30", "7.1")]})).await;
    assert_eq!(nameless.problem(422, "text_length")["pointer"], "/reason");
    let path = "/v1/rates/files?reason=april&source=ECB";
    let file = "base,quote,date,rate\nUSD,CNY,2026-04-30,7,1\nUSD,CNY,2026-04-31,7.1\n";
    let reply = api.post_text(path, "text/csv", file).await;
    assert_eq!(reply.problem(422, "row_ragged")["pointer"], "/lines/2");
    assert_eq!(reply.body["errors"][1]["pointer"], "/lines/3/date");
    api.post_text(path, "text/plain", "x").await.problem(415, "content_type_unsupported");
    let good = "base,quote,date,rate,kind\nUSD,CNY,2026-04-30,7.1,\nUSD,CNY,2026-04-30,7.15,average\n";
    assert_eq!(api.post_text(path, "text/csv; charset=utf-8", good).await.body["new"], 2);
    assert_eq!(api.get("/v1/rates?kind=average").await.body["rates"][0]["rate"], "7.15");
    for query in ["base=XXX", "kind=A", "limit=0", "page=1"] {
        api.get(&format!("/v1/rates?{query}")).await.problem(400, "parameter_invalid");
    }
}

/// A book in CNY that clears USD: a bank account in each, capital, and the accounts of results.
async fn foreign_book() -> Api {
    let api = Api::start().await;
    for (code, account_type, currency) in [
        ("1002", "asset", "CNY"),
        ("1002.usd", "asset", "USD"),
        ("3001", "equity", "CNY"),
        ("4911", "income", "CNY"),
        ("4912", "income", "CNY"),
        ("5911", "expense", "CNY"),
        ("5912", "expense", "CNY"),
    ] {
        let monetary = json!({"monetary": code == "1002.usd"});
        let account =
            json!({"code": code, "name": code, "currency": currency, "type": account_type, "metadata": monetary});
        assert_eq!(api.post("/v1/accounts", &account).await.status, 201);
    }
    api.get("/v1/fx/setup").await.problem(404, "fx_not_set_up");
    let setup = json!({"functional": "CNY", "currencies": ["USD"], "reason": "abroad"});
    let set = api.put("/v1/fx/setup", &setup).await;
    assert_eq!((set.status, &set.body["position"]), (200, &json!("1901")), "{set:?}");
    assert_eq!(api.get("/v1/fx/setup").await.body, set.body);
    api
}

fn exchange(n: u32, given: &str, got: &str) -> Value {
    json!({"id": id(n), "date": "2026-04-10",
           "from": {"account": "1002", "amount": given, "currency": "CNY"},
           "to": {"account": "1002.usd", "amount": got, "currency": "USD"}})
}

/// 100 USD bought for 700 CNY are worth 720 at the end of the month: 20 are gained, and moved back on the next day.
#[tokio::test]
async fn money_is_exchanged_revalued_and_shown_in_one_currency() {
    let api = foreign_book().await;
    let bought = api.post("/v1/fx/exchanges", &exchange(1, "700.00", "100.00")).await;
    assert_eq!(
        (bought.status, &bought.body["status"], &bought.body["value"]),
        (201, &json!("posted"), &json!("700.00"))
    );
    let legs = &bought.body["postings"];
    assert_eq!(legs[2], json!({"account": "1901.usd", "credit": "100.00", "currency": "USD", "item": "1002.usd"}));
    assert_eq!(legs[3], json!({"account": "1902.usd", "debit": "700.00", "currency": "CNY", "item": "1002.usd"}));
    let again = api.post("/v1/fx/exchanges", &exchange(1, "700.00", "100.00")).await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("replayed")));
    let other = api.post("/v1/fx/exchanges", &exchange(1, "700.01", "100.00")).await;
    assert_eq!(other.problem(409, "id_conflict")["pointer"], "/id");
    let entry = api.get(&format!("/v1/entries/{}", id(1))).await.body;
    assert_eq!(
        (&entry["metadata"]["journal"], &entry["metadata"]["realised"]),
        (&json!("fx_exchange"), &json!("0.00 CNY"))
    );

    let rates = json!([
        {"pair": "USD/CNY", "date": "2026-04-30", "kind": "closing", "rate": "7.2", "source": "PBOC"},
        {"pair": "USD/CNY", "date": "2026-04-30", "kind": "average", "rate": "7.1", "source": "PBOC"},
    ]);
    assert_eq!(api.post("/v1/rates", &json!({"rates": rates, "reason": "month end"})).await.status, 201);
    let revalue = json!({"date": "2026-04-30"});
    let done = api.post("/v1/fx/revaluations", &revalue).await;
    let expected = json!({"account": "1002.usd", "balance": "100.00", "currency": "USD", "carried": "700.00",
                          "rate": "USD/CNY 7.2 closing 2026-04-30", "value": "720.00", "difference": "20.00",
                          "posted_before": "0.00", "posted_now": "20.00"});
    assert_eq!(
        (done.status, &done.body["accounts"], &done.body["sequences"]),
        (201, &json!([expected]), &json!([2, 3]))
    );
    assert_eq!(api.post("/v1/fx/revaluations", &revalue).await.body["sequences"], json!([]));

    let sheet = api.get("/v1/fx/reports/balance-sheet?in=CNY&as_of=2026-04-30").await.body;
    assert_eq!(sheet["total"], "0.00", "{sheet}");
    let line = |account: &str| {
        let lines = sheet["lines"].as_array().unwrap();
        lines.iter().find(|line| line["account"] == account).unwrap().clone()
    };
    assert_eq!((&line("1002.usd")["amount"], &line("1002.usd")["original"]), (&json!("720.00"), &json!("100.00")));
    assert_eq!(line("1002.usd")["rate"], "USD/CNY 7.2 closing 2026-04-30");
    assert_eq!(line("1901.usd")["amount"], "-720.00");
    let income = api.get("/v1/fx/reports/income-statement?in=CNY&from=2026-04-01&as_of=2026-04-30").await.body;
    assert_eq!((&income["total"], &income["lines"][0]["account"]), (&json!("-20.00"), &json!("4912")));
    let missing = api.get("/v1/fx/reports/trial-balance?in=EUR&as_of=2026-04-30").await;
    assert_eq!(missing.problem(404, "rate_missing")["pointer"], "/query/as_of");
    api.get("/v1/fx/reports/cash-flow?in=CNY").await.problem(400, "parameter_invalid");
    api.get("/v1/fx/reports/trial-balance?in=XXX").await.problem(400, "parameter_invalid");
}

#[tokio::test]
async fn what_cannot_be_exchanged_is_named_at_its_place() {
    let api = foreign_book().await;
    for (change, code, pointer) in [
        (
            json!({"from": {"account": "1002.usd", "amount": "1.00", "currency": "CNY"}}),
            "currency_mismatch",
            "/from/currency",
        ),
        (json!({"from": {"account": "1002", "amount": "1.00"}}), "currency_missing", "/from/currency"),
        (
            json!({"from": {"account": "1002", "amount": "1.001", "currency": "CNY"}}),
            "amount_too_many_decimals",
            "/from/amount",
        ),
        (
            json!({"from": {"account": "1002", "amount": "0.00", "currency": "CNY"}}),
            "amount_not_positive",
            "/from/amount",
        ),
        (json!({"to": {"account": "1002.usd"}}), "rate_missing", "/date"),
        (
            json!({"to": {"account": "1002.usd"}, "rate": {"pair": "USD/CNY", "rate": "0"}}),
            "rate_not_positive",
            "/rate/rate",
        ),
        (
            json!({"to": {"account": "1002.usd"}, "rate": {"pair": "USD/RMB", "rate": "7"}}),
            "currency_unknown",
            "/rate/pair",
        ),
        (json!({"to": {"account": "3001"}}), "same_currency", "/to/account"),
        (json!({"via": "RMB"}), "currency_unknown", "/via"),
    ] {
        let mut body = exchange(1, "700.00", "100.00");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let reply = api.post("/v1/fx/exchanges", &body).await;
        assert_eq!(reply.problem(422, code)["pointer"], pointer, "{body}");
    }
}
