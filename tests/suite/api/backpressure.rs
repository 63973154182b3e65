//! More is asked for than can be done: who cannot be served in good time is told so at once and told when to come
//! again; whoever was taken is served; what is held in memory has bounds.

use std::time::Duration;

use dianfu_api::Limits;
use dianfu_tests::eventually;
use futures_util::future::join_all;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::robustness::{HEAD, send_behind};
use super::{Api, Reply, entry, growing_body};

/// Entries of a large request, of some 10,000 bytes each.
const MANY: u32 = 900;
/// As many large requests are more than the queue takes, which is 64 MB.
const REQUESTS: u32 = 8;

/// Checks that somebody is told to come again later.
#[track_caller]
fn assert_busy(reply: &Reply) {
    reply.problem(429, "busy");
    assert_eq!(reply.body["retryable"], true);
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&seconds), "{reply:?}");
}

fn large_request(number: u32) -> Value {
    let wide = |number| {
        let mut entry = entry(number, "1002.a", "6001", "1.00");
        entry["description"] = json!("d".repeat(2_000));
        entry["metadata"] = json!({"m": "m".repeat(7_900)});
        entry
    };
    (0..MANY).map(|at| wide(1 + number * MANY + at)).collect()
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_loses_nothing() {
    let api = Api::with_accounts().await;
    let holder = api.database.connect_owner().await.unwrap();
    let first = entry(1_000_000, "1002.a", "6001", "1.00");
    let first = send_behind(&api, &holder, HEAD, api.request(Method::POST, "/v1/entries").json(&first)).await;

    // Nothing is posted until the head is let go: only the refusals come back.
    let send = |number| tokio::spawn(api.request(Method::POST, "/v1/entries").json(&large_request(number)).send());
    let mut sent: Vec<(u32, JoinHandle<reqwest::Result<Response>>)> = (0..REQUESTS).map(|at| (at, send(at))).collect();
    let mut refused = Vec::new();
    eventually("what is not refused fits into the queue", async || {
        for (number, request) in std::mem::take(&mut sent) {
            if request.is_finished() {
                assert_busy(&Reply::of(request.await.unwrap().unwrap()).await);
                refused.push(number);
            } else {
                sent.push((number, request));
            }
        }
        sent.len() * usize::try_from(MANY).unwrap() * 10_000 <= 64 << 20
    })
    .await;

    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(first.await.unwrap().status().as_u16(), 201);
    let all_posted = |reply: &Reply| {
        let outcomes = reply.body.as_array().unwrap();
        outcomes.len() == usize::try_from(MANY).unwrap() && outcomes.iter().all(|one| one["status"] == "posted")
    };
    for (number, request) in sent {
        let reply = Reply::of(request.await.unwrap().unwrap()).await;
        // Whoever was still being read when the others had filled the queue has been refused, too.
        if reply.status == 429 { refused.push(number) } else { assert!(all_posted(&reply), "{}", reply.status) }
    }
    assert!(!refused.is_empty());
    for number in refused {
        assert!(all_posted(&api.post("/v1/entries", &large_request(number)).await));
    }
    let balance = api.get("/v1/accounts/6001/balance").await.body;
    assert_eq!(balance["balance"], format!("{}.00", 1 + REQUESTS * MANY));
}

#[tokio::test]
async fn nobody_waits_for_long_behind_a_turn_that_does_not_end_except_a_stream() {
    let api = Api::with_accounts().await;
    let holder = api.database.connect_owner().await.unwrap();
    let request = |number: u32| api.request(Method::POST, "/v1/entries").json(&entry(number, "1002.a", "6001", "1.00"));
    let mut taken = vec![send_behind(&api, &holder, HEAD, request(1)).await];

    // Who comes later is made to wait at first, and is refused as soon as that would be for too long.
    let mut number = 1;
    let mut refused = None;
    eventually("a request is refused", async || {
        number += 1;
        let request = request(number);
        let mut sent = tokio::spawn(async { request.send().await.unwrap() });
        let in_a_moment = tokio::time::timeout(Duration::from_millis(100), &mut sent).await;
        match in_a_moment {
            Ok(response) => refused = Some(Reply::of(response.unwrap()).await),
            Err(_waits) => taken.push(sent),
        }
        refused.is_some()
    })
    .await;
    assert_busy(&refused.unwrap());

    let (send, body) = growing_body();
    let stream = api.request(Method::POST, "/v1/entries").header("content-type", "application/x-ndjson").body(body);
    let stream = stream.send().await.unwrap();
    send.send(entry(number + 1, "1002.a", "6001", "1.00").to_string()).unwrap();
    drop(send);

    holder.batch_execute("COMMIT").await.unwrap();
    for answer in join_all(taken).await {
        assert_eq!(answer.unwrap().status().as_u16(), 201);
    }
    let outcomes = stream.text().await.unwrap();
    assert!(outcomes.contains(r#""status":"posted""#) && outcomes.contains(r#""complete":true"#), "{outcomes}");
    api.posted(&entry(number, "1002.a", "6001", "1.00")).await;
    assert_eq!(api.get("/v1/accounts/6001/balance").await.body["balance"], format!("{}.00", number + 1));
}

#[tokio::test]
async fn so_many_streams_are_open_at_the_same_time() {
    let api = Api::start_with(Limits { streams: 1, ..Limits::default() }).await;
    let stream = || api.request(Method::POST, "/v1/entries").header("content-type", "application/x-ndjson");
    let (send, body) = growing_body();
    let first = stream().body(body).send().await.unwrap();
    assert_eq!(first.status().as_u16(), 200);
    assert_busy(&Reply::of(stream().body("").send().await.unwrap()).await);
    drop(send);
    assert!(first.text().await.unwrap().contains(r#""complete":true"#));
    eventually("there is room again", async || stream().body("").send().await.unwrap().status().as_u16() == 200).await;
}

#[tokio::test]
async fn so_many_bytes_of_bodies_are_held_at_the_same_time() {
    let api = Api::start_with(Limits { body_bytes: 10_000, bodies_bytes: 15_000, ..Limits::default() }).await;
    api.open_accounts().await;
    // The first does not say how long it is, so it counts as the longest; the server asks for it when it has room.
    let head = format!(
        "POST /v1/entries HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n",
        api.token
    );
    let mut first = ask(&api, &head).await;
    let mut answered = [0; 100];
    let length = first.read(&mut answered).await.unwrap();
    assert!(answered[..length].starts_with(b"HTTP/1.1 100 "));

    let large = " ".repeat(6_000) + &entry(2, "1002.a", "6001", "1.00").to_string();
    let post_large = async || api.post_text("/v1/entries", "application/json", large.clone()).await;
    assert_busy(&post_large().await);
    api.posted(&entry(3, "1002.a", "6001", "1.00")).await;

    let given = entry(1, "1002.a", "6001", "1.00").to_string();
    first.write_all(format!("{:x}\r\n{given}\r\n0\r\n\r\n", given.len()).as_bytes()).await.unwrap();
    assert!(rest(first).await.starts_with("HTTP/1.1 201 "));
    assert_eq!(post_large().await.status, 201);
}

/// A connection of its own, and what is asked over it.
async fn ask(api: &Api, text: &str) -> TcpStream {
    let mut socket = TcpStream::connect(api.node.base.trim_start_matches("http://")).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    socket
}

/// Everything up to the end of the connection.
async fn rest(mut socket: TcpStream) -> String {
    let mut text = String::new();
    // Whoever is cut off while he sends is told so by his system.
    let _cut_off = socket.read_to_string(&mut text).await;
    text
}

const LIVE: &str = "GET /health/live HTTP/1.1\r\nhost: test\r\n\r\n";
const LIVE_AND_CLOSE: &str = "GET /health/live HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn so_many_connections_are_open_and_the_next_one_waits() {
    let api = Api::start_with(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = ask(&api, LIVE).await;
    let mut answered = [0; 4_096];
    assert!(first.read(&mut answered).await.unwrap() > 0);
    let second = ask(&api, LIVE_AND_CLOSE).await;
    first.write_all(LIVE.as_bytes()).await.unwrap();
    assert!(first.read(&mut answered).await.unwrap() > 0);
    assert_eq!(second.try_read(&mut answered).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(first);
    assert!(rest(second).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_half_a_head_is_closed() {
    let head_time = Duration::from_millis(50);
    let api = Api::start_with(Limits { head_time, ..Limits::default() }).await;
    assert_eq!(rest(ask(&api, "").await).await, "");
    assert_eq!(rest(ask(&api, &LIVE[..30]).await).await, "");
    // Between requests, too.
    assert!(rest(ask(&api, LIVE).await).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn who_does_not_read_the_answer_keeps_no_connection() {
    let unread_time = Duration::from_millis(50);
    let api = Api::start_with(Limits { connections: 1, unread_time, ..Limits::default() }).await;
    // A hundred times the document: more than the sockets between us hold.
    let greedy = ask(&api, &"GET /openapi.json HTTP/1.1\r\nhost: test\r\n\r\n".repeat(100)).await;
    assert!(rest(ask(&api, LIVE_AND_CLOSE).await).await.starts_with("HTTP/1.1 200 "));
    drop(greedy);
}
