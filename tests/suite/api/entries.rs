//! Posting entries, one or many, and finding them again.

use dianfu_api::Limits;
use dianfu_ledger::Ledger;
use dianfu_ledger::account::{AccountCode, AccountSetting};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Api, entry, growing_body, id, main_book};

#[tokio::test]
async fn one_entry_is_posted_once() {
    let api = Api::with_accounts().await;
    let given = entry(1, "1002.a", "6001", "15200.00");
    let posted = api.post("/v1/entries", &given).await;
    assert_eq!((posted.status, posted.header("location")), (201, &*format!("/v1/entries/{}", id(1))));
    assert_eq!(posted.body["status"], "posted");
    assert_eq!(posted.body["sequence"], 1);

    let again = api.post("/v1/entries", &given).await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("replayed")));
    assert_eq!(again.body["sequence"], 1);
    assert_eq!(again.body["booked_at"], posted.body["booked_at"]);
}

#[tokio::test]
async fn an_id_means_one_thing() {
    let api = Api::with_accounts().await;
    api.posted(&entry(1, "1002.a", "6001", "1.00")).await;
    let reply = api.post("/v1/entries", &entry(1, "1002.a", "6001", "2.00")).await;
    let place = reply.problem(409, "id_conflict");
    assert_eq!(place["pointer"], "/postings/0/debit");
    assert_eq!((&place["expected"], &place["actual"]), (&json!("1.00 CNY"), &json!("2.00 CNY")));
}

#[tokio::test]
async fn the_ledgers_refusals_name_the_callers_fields() {
    let api = Api::with_accounts().await;
    let with = |pointer: &str, value: Value| {
        let mut given = entry(1, "1002.a", "6001", "1.00");
        *given.pointer_mut(pointer).unwrap() = value;
        given
    };
    let mut absurd_date = entry(1, "1002.a", "6001", "1.00");
    absurd_date["effective_date"] = json!("1492-10-12");
    for (given, code, pointer) in [
        (with("/postings/1/credit", json!("2.00")), "unbalanced", "/postings"),
        (with("/postings/0/account", json!("9999")), "account_unknown", "/postings/0/account"),
        (with("/postings/0/account", json!("1102.picc")), "item_required", "/postings/0/item"),
        (with("/postings/1/account", json!("1002.a")), "account_on_both_sides", "/postings/1/account"),
        (with("/postings/0/currency", json!("USD")), "currency_mismatch", "/postings/0/currency"),
        (with("/postings/0/debit", json!("1.001")), "amount_too_many_decimals", "/postings/0/debit"),
        (with("/postings/0/debit", json!("0")), "amount_zero", "/postings/0/debit"),
        (with("/postings/0/debit", json!("92233720368547758.08")), "amount_overflow", "/postings/0/debit"),
        (with("/postings/0/debit", json!(1.0)), "amount_not_text", "/postings/0/debit"),
        (with("/id", json!("00000000-0000-0000-0000-000000000000")), "id_nil", "/id"),
        (absurd_date, "effective_date_out_of_range", "/effective_date"),
    ] {
        let reply = api.post("/v1/entries", &given).await;
        assert_eq!(reply.problem(422, code)["pointer"], pointer, "{given}");
    }
    let unbalanced = api.post("/v1/entries", &with("/postings/1/credit", json!("2.00"))).await;
    assert_eq!(unbalanced.body["errors"][0]["expected"], "0.00 CNY");
    assert_eq!(unbalanced.body["errors"][0]["actual"], "-1.00 CNY");
    assert_eq!(api.get("/v1/entries").await.body["entries"], json!([]));
}

#[tokio::test]
async fn what_is_no_entry_at_all_is_refused() {
    let api = Api::start_with(Limits { body_bytes: 1_000, ..Limits::default() }).await;
    let json_type = "application/json; charset=utf-8";
    for (text, pointer) in
        [("", ""), ("{\"id\":", "/id"), ("{\"postings\":[{\"item\":", "/postings/0/item"), ("[{},{", "/1")]
    {
        let reply = api.post_text("/v1/entries", json_type, text).await;
        assert_eq!(reply.problem(400, "json_malformed")["pointer"], pointer, "{text}");
    }
    api.post_text("/v1/entries", json_type, "7").await.problem(422, "field_invalid");
    api.post_text("/v1/entries", json_type, vec![b' '; 1_001]).await.problem(413, "body_too_large");
    api.post_text("/v1/entries", "text/csv", "{}").await.problem(415, "content_type_unsupported");
    let without_type = api.request(reqwest::Method::POST, "/v1/entries").body("{}").send().await.unwrap();
    assert_eq!(without_type.status().as_u16(), 415);
}

#[tokio::test]
async fn a_closed_account_is_named() {
    let api = Api::with_accounts().await;
    let ledger = Ledger::open(&api.database, &main_book()).await.unwrap();
    let closed = AccountSetting { closed: true, ..AccountSetting::default() };
    let code = AccountCode::parse("6001").unwrap();
    ledger.change_setting(&code, closed.into(), "test", "no longer used").await.unwrap();
    let reply = api.post("/v1/entries", &entry(1, "1002.a", "6001", "1.00")).await;
    assert_eq!(reply.problem(422, "account_closed")["pointer"], "/postings/1/account");
    assert_eq!(api.get("/v1/accounts/6001").await.body["closed"], true);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_problem() {
    let api = Api::with_accounts().await;
    let head = format!(
        "POST /v1/entries HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n",
        api.token
    );
    let mut socket = TcpStream::connect(api.node.base.trim_start_matches("http://")).await.unwrap();
    socket.write_all(format!("{head}{}", entry(1, "1002.a", "6001", "1.00")).as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("\"body_incomplete\""), "{answer}");
    assert_eq!(api.get("/v1/entries").await.body["entries"], json!([]));
}

#[tokio::test]
async fn a_body_that_does_not_say_its_length_is_limited_too() {
    let api = Api::start_with(Limits { body_bytes: 1_000, ..Limits::default() }).await;
    let (send, body) = growing_body();
    send.send(" ".repeat(600)).unwrap();
    send.send(" ".repeat(600)).unwrap();
    api.post_text("/v1/entries", "application/json", body).await.problem(413, "body_too_large");
}

#[tokio::test]
async fn each_of_many_has_its_own_outcome() {
    let api = Api::with_accounts().await;
    api.posted(&entry(1, "1002.a", "6001", "1.00")).await;
    let mut shapeless = entry(5, "1002.a", "6001", "5.00");
    shapeless["postings"][0]["debit"] = json!(5);
    let many = json!([
        entry(1, "1002.a", "6001", "1.00"),
        entry(2, "1002.a", "6001", "2.00"),
        entry(1, "1002.a", "6001", "9.00"),
        entry(4, "1002.a", "9999", "4.00"),
        shapeless,
        {"id": 6},
        entry(7, "1002.a", "6001", "7.00"),
    ]);
    let reply = api.post("/v1/entries", &many).await;
    assert_eq!(reply.status, 200);
    let outcomes = reply.body.as_array().unwrap();
    let seen: Vec<Value> =
        outcomes.iter().map(|one| json!([one["index"], one["id"], one["status"], one["error"]["code"]])).collect();
    assert_eq!(
        seen,
        [
            json!([0, id(1), "replayed", null]),
            json!([1, id(2), "posted", null]),
            json!([2, id(1), "rejected", "id_conflict"]),
            json!([3, id(4), "rejected", "account_unknown"]),
            json!([4, id(5), "rejected", "amount_not_text"]),
            json!([5, null, "rejected", "field_invalid"]),
            json!([6, id(7), "posted", null]),
        ]
    );
    assert_eq!(outcomes[4]["error"]["pointer"], "/postings/0/debit");
    assert_eq!(api.post("/v1/entries", &json!([])).await.body, json!([]));
}

#[tokio::test]
async fn a_linked_run_is_posted_whole_or_not_at_all() {
    let api = Api::with_accounts().await;
    let linked = |number, credit| {
        let mut entry = entry(number, "1002.a", credit, "1.00");
        entry["linked"] = json!(true);
        entry
    };
    let many = json!([
        linked(1, "6001"),
        {"id": id(2), "linked": true, "postings": 2},
        entry(3, "1002.a", "6001", "1.00"),
        linked(4, "6001"),
        entry(5, "1002.a", "9999", "1.00"),
        linked(6, "6001"),
        entry(7, "1002.a", "6001", "1.00"),
    ]);
    let reply = api.post("/v1/entries", &many).await;
    let codes: Vec<&Value> = reply.body.as_array().unwrap().iter().map(|outcome| &outcome["error"]["code"]).collect();
    let refused = json!("linked_entry_rejected");
    let (shape, account, none) = (json!("field_invalid"), json!("account_unknown"), Value::Null);
    assert_eq!(codes, [&refused, &shape, &refused, &refused, &account, &none, &none]);
    assert_eq!(api.get("/v1/accounts/6001/balance").await.body["balance"], "2.00");
}

#[tokio::test]
async fn too_many_at_once_are_sent_back() {
    let api = Api::with_accounts().await;
    let many: Vec<Value> = (0..10_001).map(|number| json!({"id": id(number)})).collect();
    api.post("/v1/entries", &json!(many)).await.problem(413, "too_many_entries");
    api.post("/v1/entries", &json!(vec![0; 10_001])).await.problem(413, "too_many_entries");
}

#[tokio::test]
async fn an_entry_is_shown_as_it_was_sent() {
    let api = Api::with_accounts().await;
    let sent = format!(
        r#"{{"id":"{}","effective_date":"2026-01-31","reference":"CLM-1","description":"advance",
            "metadata":{{"b": 1.10}},
            "postings":[{{"account":"1102.picc","debit":"3.5","currency":"CNY","item":"CLM-1"}},
                        {{"account":"2190","credit":"3.50","currency":"CNY"}}]}}"#,
        id(1)
    );
    let posted = api.post_text("/v1/entries", "application/json", sent).await;
    assert_eq!(posted.status, 201, "{posted:?}");
    let shown = api.get(&format!("/v1/entries/{}", id(1))).await;
    assert_eq!(
        shown.body,
        json!({
            "id": id(1), "sequence": 1, "kind": "post", "effective_date": "2026-01-31",
            "booked_at": posted.body["booked_at"], "reference": "CLM-1", "description": "advance",
            "metadata": {"b": 1.10}, "relates_to": null, "related": [], "actor": "person:admin",
            "value_date": null, "adjusting": false, "at_most": null, "expires_at": null, "hold_group": null,
            "template": null,
            "postings": [
                {"account": "1102.picc", "layer": "settled", "debit": "3.50", "currency": "CNY", "item": "CLM-1",
                 "due_date": null},
                {"account": "2190", "layer": "settled", "credit": "3.50", "currency": "CNY", "item": null,
                 "due_date": null},
            ],
        })
    );
    let raw = api.request(reqwest::Method::GET, &format!("/v1/entries/{}", id(1))).send().await.unwrap();
    assert!(raw.text().await.unwrap().contains(r#"{"b": 1.10}"#));
    api.get(&format!("/v1/entries/{}", id(2))).await.problem(404, "entry_unknown");
}

#[tokio::test]
async fn a_hold_and_its_release_find_each_other() {
    let api = Api::with_accounts().await;
    let mut hold = entry(1, "1002.a", "6001", "8.00");
    hold["kind"] = json!("hold");
    api.posted(&hold).await;
    assert_eq!(api.get("/v1/accounts/1002.a/balance").await.body["pending"]["debits"], "8.00");
    api.posted(&json!({"id": id(2), "kind": "release", "relates_to": id(1)})).await;
    assert_eq!(
        api.get(&format!("/v1/entries/{}", id(1))).await.body["related"],
        json!([{"id": id(2), "kind": "release"}])
    );
    assert_eq!(api.get(&format!("/v1/entries/{}", id(2))).await.body["relates_to"], id(1));
    assert_eq!(api.get("/v1/accounts/1002.a/balance").await.body["pending"]["debits"], "0.00");
}

#[tokio::test]
async fn entries_are_listed_in_the_order_of_posting() {
    let api = Api::with_accounts().await;
    for number in 1..=3 {
        api.posted(&entry(number, "1002.a", "6001", "1.00")).await;
    }
    let first = api.get("/v1/entries?limit=2").await.body;
    assert_eq!((&first["entries"][0]["id"], &first["next"]), (&json!(id(1)), &json!(2)));
    let second = api.get("/v1/entries?limit=2&after=2").await.body;
    assert_eq!((&second["entries"][0]["id"], &second["next"]), (&json!(id(3)), &Value::Null));
    assert_eq!(second["entries"].as_array().unwrap().len(), 1);
}
