//! Events over HTTP: pages, waiting, streams that resume, and how streams end.

use std::time::Duration;

use dianfu_api::auth::{Role, revoke_token};
use dianfu_api::wire::entry::{self as wire, Poster};
use dianfu_ledger::Ledger;
use futures_util::future::join_all;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Api, Reply, entry, main_book, token};

async fn with_entries(count: u32) -> Api {
    let api = Api::with_accounts().await;
    for number in 1..=count {
        api.posted(&entry(number, "1002.a", "6001", "1.00")).await;
    }
    api
}

fn sequences(page: &Value) -> Vec<i64> {
    page["events"].as_array().unwrap().iter().map(|event| event["sequence"].as_i64().unwrap()).collect()
}

/// A stream, taken apart as it comes.
struct Stream {
    response: Response,
    text: String,
}

/// One event of a stream.
#[derive(Debug)]
struct Sent {
    id: Option<i64>,
    event: String,
    data: Value,
}

impl Stream {
    async fn open(api: &Api, token: &str, path: &str, last_id: Option<i64>) -> Stream {
        let request = api.bare(Method::GET, path).bearer_auth(token).header("accept", "text/event-stream");
        let request = match last_id {
            Some(id) => request.header("last-event-id", id.to_string()),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream { response, text: String::new() }
    }

    /// The next event that a client would see; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let id = field("id: ").map(|id| id.parse().unwrap());
                let sent = field("data: ").map(|data| Sent {
                    id,
                    event: field("event: ").unwrap(),
                    data: serde_json::from_str(&data).unwrap(),
                });
                self.text = rest.into();
                if sent.is_some() {
                    return sent;
                }
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn next_ids(&mut self, count: usize) -> Vec<i64> {
        let mut ids = Vec::new();
        while ids.len() < count {
            let sent = self.next().await.unwrap();
            assert_eq!((sent.id, sent.event.as_str()), (sent.data["sequence"].as_i64(), "entry.posted"));
            ids.push(sent.id.unwrap());
        }
        ids
    }
}

#[tokio::test]
async fn pages_go_on_and_a_filter_moves_on() {
    let api = with_entries(5).await;
    let page = api.get("/v1/events?limit=2").await.body;
    assert_eq!((sequences(&page), &page["next"], &page["head"]), (vec![1, 2], &json!(2), &json!(5)));
    let event = &page["events"][0];
    assert_eq!((&event["type"], &event["commit_no"]), (&json!("entry.posted"), &json!(1)));
    let entry = api.get(&format!("/v1/entries/{}", super::id(1))).await.body;
    assert_eq!(event["entry"], entry);
    assert_eq!(sequences(&api.get("/v1/events?after=4").await.body), [5]);
    for filter in ["prefix=1102", "type=hold.captured", "journal=J1", "template_no=4"] {
        let page = api.get(&format!("/v1/events?{filter}")).await.body;
        assert_eq!((sequences(&page), &page["next"]), (Vec::new(), &json!(5)), "{filter}");
    }
    assert_eq!(sequences(&api.get("/v1/events?prefix=6&type=hold.placed,entry.posted").await.body).len(), 5);
    for (query, pointer) in [
        ("after=-1", "/query/after"),
        ("wait=21", "/query/wait"),
        ("limit=0", "/query/limit"),
        ("type=entry.gone", "/query/type"),
        ("prefix=%25", "/query/prefix"),
        ("kind=post", "/query/kind"),
    ] {
        let reply = api.get(&format!("/v1/events?{query}")).await;
        assert_eq!(reply.problem(400, "parameter_invalid")["pointer"], pointer, "{query}");
    }
}

#[tokio::test]
async fn a_page_is_waited_for() {
    let api = with_entries(1).await;
    let second = entry(2, "1002.a", "6001", "1.00");
    let (page, _posted) = tokio::join!(api.get("/v1/events?after=1&wait=20"), api.posted(&second));
    assert_eq!(sequences(&page.body), [2]);
    // Posted by another process, and past what the filter does not let through.
    let elsewhere = Ledger::open(&api.database, &main_book()).await.unwrap();
    let (page, ()) = tokio::join!(api.get("/v1/events?after=2&wait=20&prefix=2190"), async {
        api.posted(&entry(3, "1002.a", "6001", "1.00")).await;
        let body = entry(4, "1002.a", "2190", "1.00").to_string();
        let read = wire::read(body.as_bytes(), &Poster::default()).unwrap();
        elsewhere.post(vec![read.entry]).await.unwrap();
    });
    assert_eq!((sequences(&page.body), &page.body["next"]), (vec![4], &json!(4)));
    assert_eq!(sequences(&api.get("/v1/events?after=4&wait=1").await.body), [0; 0]);
    elsewhere.close().await;
}

#[tokio::test]
async fn a_stream_is_resumed_without_a_gap() {
    let api = with_entries(3).await;
    let mut stream = Stream::open(&api, &api.token, "/v1/events?after=1", None).await;
    assert_eq!(stream.next_ids(2).await, [2, 3]);
    api.posted(&entry(4, "1002.a", "6001", "1.00")).await;
    assert_eq!(stream.next_ids(1).await, [4]);
    drop(stream);
    for number in 5..=60 {
        api.posted(&entry(number, "1002.a", "6001", "1.00")).await;
    }
    let mut resumed = Stream::open(&api, &api.token, "/v1/events", Some(4)).await;
    assert!(resumed.next_ids(56).await.into_iter().eq(5..=60));
    let bad = api.request(Method::GET, "/v1/events").header("last-event-id", "x").send().await.unwrap();
    assert_eq!(Reply::of(bad).await.problem(400, "parameter_invalid")["pointer"], "/header/Last-Event-ID");
}

#[tokio::test]
async fn a_filtered_stream_tells_where_it_is() {
    let api = with_entries(3).await;
    let mut stream = Stream::open(&api, &api.token, "/v1/events?prefix=2190", None).await;
    while !stream.text.contains("id: 3\n\n") {
        let chunk = stream.response.chunk().await.unwrap().unwrap();
        stream.text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    api.posted(&entry(4, "1002.a", "2190", "1.00")).await;
    assert_eq!(stream.next_ids(1).await, [4]);
}

#[tokio::test]
async fn many_streams_hear_the_same() {
    let api = Api::with_accounts().await;
    let open = |_| Stream::open(&api, &api.token, "/v1/events", None);
    let mut streams = join_all((0..50).map(open)).await;
    let mut posting = Vec::new();
    for number in 1..=30 {
        posting.push(entry(number, "1002.a", "6001", "1.00"));
    }
    assert_eq!(api.post("/v1/entries", &json!(posting)).await.status, 200);
    for heard in join_all(streams.iter_mut().map(|stream| stream.next_ids(30))).await {
        assert!(heard.into_iter().eq(1..=30));
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_token_does() {
    let api = with_entries(1).await;
    let token = token(&api.database, "listening", Role::Auditor).await;
    let mut stream = Stream::open(&api, &token, "/v1/events", None).await;
    assert_eq!(stream.next_ids(1).await, [1]);
    assert!(revoke_token(&api.database, &main_book(), "listening").await.unwrap());
    let end = stream.next().await.unwrap();
    assert_eq!((end.event.as_str(), &end.data["code"]), ("end", &json!("token_invalid")));
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_server_that_stops_ends_streams_and_waits() {
    let api = with_entries(1).await;
    let mut stream = Stream::open(&api, &api.token, "/v1/events?after=1", None).await;
    let waiting = api.request(Method::GET, "/v1/events?after=1&wait=20").send();
    let waiting = tokio::spawn(waiting);
    // The server has both: the second is answered by its end, whatever comes first.
    assert!(stream.response.chunk().await.unwrap().is_some());
    let stopped = api.node.stop();
    let end = stream.next().await.unwrap();
    assert_eq!((end.event.as_str(), &end.data["retryable"]), ("end", &json!(true)));
    let started = std::time::Instant::now();
    stopped.await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(15), "the wait was not ended");
    // Whether it was taken in before the stop or not, nobody waits.
    let _answered_or_turned_away = waiting.await.unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_up_nobody() {
    let api = Api::with_accounts().await;
    let address = api.node.base.strip_prefix("http://").unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\naccept: text/event-stream\r\n\r\n",
        api.token
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    // Some 12 MB of events, far more than sockets hold.
    let padding = "x".repeat(1_900);
    for first in (1..=4_000).step_by(1_000) {
        let some: Vec<Value> = (first..first + 1_000)
            .map(|number| {
                let mut entry = entry(number, "1002.a", "6001", "1.00");
                entry["description"] = json!(padding);
                entry
            })
            .collect();
        assert_eq!(api.post("/v1/entries", &json!(some)).await.status, 200);
    }
    let mut quick = Stream::open(&api, &api.token, "/v1/events?after=3900", None).await;
    assert!(quick.next_ids(100).await.into_iter().eq(3_901..=4_000));
    // When it reads at last, it gets everything, in order.
    let (mut bytes, mut seen) = (vec![0; 1 << 16], Vec::new());
    let mut ids = Vec::new();
    while ids.len() < 4_000 {
        let count = slow.read(&mut bytes).await.unwrap();
        assert!(count > 0, "the stream ended after {} events", ids.len());
        seen.extend_from_slice(&bytes[..count]);
        let whole = seen.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let text = String::from_utf8_lossy(&seen[..whole]).into_owned();
        seen.drain(..whole);
        ids.extend(text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse::<i64>().ok()));
    }
    assert!(ids.into_iter().eq(1..=4_000));
}
