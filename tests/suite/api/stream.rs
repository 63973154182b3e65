//! Streams of entries.

use dianfu_api::Limits;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Api, entry, growing_body, id};

const NDJSON: &str = "application/x-ndjson";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn short(outcome: &Value) -> Value {
    json!([outcome["line"], outcome["status"], outcome["error"]["code"]])
}

async fn outcomes(api: &Api, text: String) -> (Vec<Value>, Value) {
    let response =
        api.request(Method::POST, "/v1/entries").header("content-type", NDJSON).body(text).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], NDJSON);
    let mut outcomes = lines(&response.text().await.unwrap());
    let last = outcomes.pop().unwrap();
    (outcomes, last["summary"].clone())
}

#[tokio::test]
async fn a_bad_line_is_named_and_the_others_stand() {
    let api = Api::start_with(Limits { body_bytes: 2_000, ..Limits::default() }).await;
    let account = |code| json!({"code": code, "name": code, "currency": "CNY", "type": "asset"});
    for code in ["1002.a", "6001"] {
        api.post("/v1/accounts", &account(code)).await;
    }
    let good = |number| entry(number, "1002.a", "6001", "1.00").to_string();
    let text = [
        good(1),
        good(2)[..60].to_owned(),
        String::new(),
        good(4),
        format!("{}{}", good(5), " ".repeat(2_000)),
        entry(6, "1002.a", "9999", "1.00").to_string(),
        good(1),
        good(8)[..80].to_owned(),
    ];
    let (outcomes, summary) = outcomes(&api, text.join("\n")).await;
    let seen: Vec<Value> = outcomes.iter().map(short).collect();
    assert_eq!(
        seen,
        [
            json!([1, "posted", null]),
            json!([2, "rejected", "json_malformed"]),
            json!([4, "posted", null]),
            json!([5, "rejected", "line_too_long"]),
            json!([6, "rejected", "account_unknown"]),
            json!([7, "replayed", null]),
            json!([8, "rejected", "json_malformed"]),
        ]
    );
    assert_eq!(summary, json!({"lines": 8, "posted": 2, "replayed": 1, "rejected": 4, "failed": 0, "complete": true}));
    assert_eq!(api.get("/v1/accounts/1002.a/balance").await.body["balance"], "2.00");
}

#[tokio::test]
async fn a_line_is_answered_before_the_next_is_sent() {
    let api = Api::with_accounts().await;
    let (send, body) = growing_body();
    let request = api.request(Method::POST, "/v1/entries").header("content-type", NDJSON);
    let mut response = request.body(body).send().await.unwrap();
    for number in 1..=3 {
        let line = entry(number, "1002.a", "6001", "1.00").to_string();
        let (head, tail) = line.split_at(50);
        send.send(head.to_owned()).unwrap();
        send.send(format!("{tail}\n")).unwrap();
        let answered = response.chunk().await.unwrap().unwrap();
        let outcome = lines(std::str::from_utf8(&answered).unwrap());
        assert_eq!(outcome.iter().map(short).collect::<Vec<_>>(), [json!([number, "posted", null])]);
    }
    drop(send);
    let last = lines(&response.text().await.unwrap());
    assert_eq!(last[0]["summary"]["posted"], 3);
}

#[tokio::test]
async fn a_run_is_never_cut_however_the_lines_come() {
    let api = Api::with_accounts().await;
    let linked = |number, credit| {
        let mut entry = entry(number, "1002.a", credit, "1.00");
        entry["linked"] = json!(true);
        entry.to_string()
    };
    // The run of 1,500 good entries is longer than a chunk; the one behind it fails at its end.
    let mut text: Vec<String> = (1..1_500).map(|number| linked(number, "6001")).collect();
    text.push(entry(1_500, "1002.a", "6001", "1.00").to_string());
    text.extend((1_501..=1_503).map(|number| linked(number, "6001")));
    text.push(entry(1_504, "1002.a", "9999", "1.00").to_string());
    let (outcomes, summary) = outcomes(&api, text.join("\n")).await;
    assert_eq!(outcomes.len(), 1_504);
    assert_eq!((&summary["posted"], &summary["rejected"]), (&json!(1_500), &json!(4)));
    assert_eq!(short(&outcomes[1_502]), json!([1_503, "rejected", "linked_entry_rejected"]));
    assert_eq!(api.get("/v1/accounts/6001/balance").await.body["balance"], "1500.00");
}

#[tokio::test]
async fn a_long_stream_is_posted_in_order() {
    let api = Api::with_accounts().await;
    let text: Vec<String> = (1..=5_000).map(|number| entry(number, "1002.a", "6001", "1.00").to_string()).collect();
    let (outcomes, summary) = outcomes(&api, text.join("\n") + "\n").await;
    assert_eq!(
        (&summary["lines"], &summary["posted"], &summary["complete"]),
        (&json!(5_000), &json!(5_000), &json!(true))
    );
    for (number, outcome) in (1..).zip(&outcomes) {
        assert_eq!((&outcome["line"], &outcome["sequence"]), (&json!(number), &json!(number)));
        assert_eq!(outcome["id"], id(number));
    }
}

#[tokio::test]
async fn who_expects_to_be_told_to_go_on_is_told_before_the_answer_begins() {
    let api = Api::with_accounts().await;
    let line = format!("{}\n", entry(1, "1002.a", "6001", "1.00"));
    let head = format!(
        "POST /v1/entries HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
         content-type: application/x-ndjson\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        api.token,
        line.len()
    );
    let mut socket = TcpStream::connect(api.node.base.trim_start_matches("http://")).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut told = [0; 25];
    socket.read_exact(&mut told).await.unwrap();
    assert_eq!(std::str::from_utf8(&told).unwrap(), "HTTP/1.1 100 Continue\r\n\r\n");
    socket.write_all(line.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"posted\""), "{answer}");
}
