//! Payments that are shared out over open items.

use serde_json::{Value, json};

use super::{Api, entry, id};

async fn with_items() -> Api {
    let api = Api::with_accounts().await;
    for (n, debit, credit, item, amount) in [
        (1, "1102.picc", "6001", "CLM-1", "60.00"),
        (2, "1102.picc", "6001", "CLM-2", "50.00"),
        (3, "1002.a", "1102.picc", "PAY-1", "100.00"),
    ] {
        let mut entry = entry(n, debit, credit, amount);
        entry["postings"][usize::from(n == 3)]["item"] = json!(item);
        api.posted(&entry).await;
    }
    api
}

#[tokio::test]
async fn a_payment_is_shared_out_once() {
    let api = with_items().await;
    let body = json!({"id": id(9), "account": "1102.picc", "currency": "CNY", "reference": "ADVICE-1",
                      "from": [{"item": "PAY-1"}], "to": [{"item": "CLM-2"}, {"item": "CLM-1", "amount": "20.00"}]});
    let done = api.post("/v1/allocations", &body).await;
    assert_eq!(done.status, 201, "{done:?}");
    let items = json!([{"item": "PAY-1", "debit": "70.00"}, {"item": "CLM-2", "credit": "50.00"},
                       {"item": "CLM-1", "credit": "20.00"}]);
    assert_eq!((&done.body["items"], &done.body["replayed"]), (&items, &json!(false)));
    let again = api.post("/v1/allocations", &body).await;
    assert_eq!((again.status, &again.body["items"], &again.body["replayed"]), (200, &items, &json!(true)));
    assert_eq!(again.body["sequence"], done.body["sequence"]);
    let open = api.get("/v1/open-items?account=1102.picc").await.body;
    let left: Vec<_> = open["items"].as_array().unwrap().iter().map(|item| item["outstanding"].clone()).collect();
    assert_eq!(left, [json!("40.00"), json!("-30.00")]);
}

#[tokio::test]
async fn a_refusal_names_the_item() {
    let api = with_items().await;
    let asked = |from: Value, to: Value| {
        let mut body = json!({"id": id(9), "account": "1102.picc", "currency": "CNY"});
        (body["from"], body["to"]) = (from, to);
        body
    };
    let pay = || json!([{"item": "PAY-1"}]);
    let part = || json!([{"item": "PAY-1", "amount": "90.00"}]);
    for (body, code, pointer) in [
        (asked(json!([]), json!([])), "nothing_gives", "/from"),
        (asked(pay(), json!([{"item": "CLM-1"}, {"item": "CLM-1"}])), "item_twice", "/to/1"),
        (asked(pay(), json!([{"item": "CLM-1", "amount": "60.01"}])), "more_than_outstanding", "/to/0"),
        (asked(pay(), json!([{"item": "CLM-1", "amount": "-1"}])), "amount_not_positive", "/to/0"),
        (asked(pay(), json!([{"item": "CLM-1", "amount": "1.001"}])), "amount_too_many_decimals", "/to/0/amount"),
        (asked(pay(), json!([{"item": "CLM-9"}])), "nothing_outstanding", "/to/0"),
        (asked(part(), json!([{"item": "CLM-1"}])), "amount_not_whole", "/from/0"),
    ] {
        let problem = api.post("/v1/allocations", &body).await;
        assert_eq!(problem.problem(422, code)["pointer"], pointer, "{body}");
    }
    let conflict = json!({"id": id(1), "account": "1102.picc", "currency": "CNY", "from": pay()});
    api.post("/v1/allocations", &conflict).await.problem(409, "id_conflict");
}
