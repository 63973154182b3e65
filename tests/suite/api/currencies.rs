//! Several currencies over the interface: rates.

use serde_json::{Value, json};

use super::Api;

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
