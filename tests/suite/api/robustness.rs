//! The database goes away, the server stops: nothing is half done.

use std::future::Future;
use std::time::Duration;

use dianfu_api::Limits;
use dianfu_tests::eventually;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::{Api, Node, Reply, entry, growing_body};

/// A connection to the server of a test, but to another database.
async fn beside(api: &Api) -> (Client, String) {
    let own = api.database.connect_owner().await.unwrap();
    let name = own.query_one("SELECT current_database()::text", &[]).await.unwrap().get(0);
    (api.database.with_database("postgres").connect_owner().await.unwrap(), name)
}

/// Ends every connection to a database, and lets no new one in.
async fn take_away(beside: &Client, name: &str) {
    beside.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.unwrap();
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1";
    beside.query(end, &[&name]).await.unwrap();
}

async fn give_back(beside: &Client, name: &str) {
    beside.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.unwrap();
}

/// Sends a request in a task of its own, while a transaction of ours holds a lock; answers when the request waits
/// for it.
pub async fn send_behind(api: &Api, holder: &Client, lock: &str, request: RequestBuilder) -> JoinHandle<Response> {
    let (sent, has_waited) = try_behind(api, holder, lock, request).await;
    assert!(has_waited, "the request was answered before it came as far as the lock");
    sent
}

/// The same of a request that may be answered before it waits; answers whether it has waited.
async fn try_behind(api: &Api, holder: &Client, lock: &str, request: RequestBuilder) -> (JoinHandle<Response>, bool) {
    // Inside the transaction that holds the lock, the view of activity would stay as it is at first sight.
    let watcher = api.database.connect_owner().await.unwrap();
    holder.batch_execute(&format!("BEGIN; {lock}")).await.unwrap();
    let sent = tokio::spawn(async { request.send().await.unwrap() });
    let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock')";
    let mut has_waited = false;
    eventually("the request waits for the lock, or is answered", async || {
        has_waited = watcher.query_one(waits, &[]).await.unwrap().get(0);
        has_waited || sent.is_finished()
    })
    .await;
    (sent, has_waited)
}

/// What every turn of posting takes first.
pub const HEAD: &str = "SELECT FROM book_main.head FOR UPDATE";

async fn post_behind_lock(api: &Api, holder: &Client, entry: &Value) -> JoinHandle<Response> {
    send_behind(api, holder, HEAD, api.request(Method::POST, "/v1/entries").json(entry)).await
}

#[tokio::test]
async fn when_the_database_goes_away_nothing_is_half_done() {
    let api = Api::with_accounts().await;
    let (beside, name) = beside(&api).await;
    let holder = api.database.connect_owner().await.unwrap();
    let given = entry(1, "1002.a", "6001", "1.00");
    let post = post_behind_lock(&api, &holder, &given).await;
    take_away(&beside, &name).await;

    let gone = Reply::of(post.await.unwrap()).await;
    gone.problem(503, "unavailable");
    assert_eq!((&gone.body["retryable"], gone.header("retry-after")), (&json!(true), "1"));
    api.get("/v1/accounts/6001/balance").await.problem(503, "unavailable");
    api.get("/health/ready").await.problem(503, "unavailable");
    assert_eq!(api.get("/health/live").await.status, 200);

    give_back(&beside, &name).await;
    assert_eq!(api.get("/health/ready").await.status, 200);
    assert_eq!(api.get("/v1/entries").await.body["entries"], json!([]));
    api.posted(&given).await;
    assert_eq!(api.get("/v1/accounts/6001/balance").await.body["balance"], "1.00");
}

#[tokio::test]
async fn a_stream_ends_early_and_says_so() {
    let api = Api::with_accounts().await;
    let (beside, name) = beside(&api).await;
    let (send, body) = growing_body();
    let line = |number| format!("{}\n", entry(number, "1002.a", "6001", "1.00"));
    let request = api.request(Method::POST, "/v1/entries").header("content-type", "application/x-ndjson");
    let mut response = request.body(body).send().await.unwrap();
    send.send(line(1)).unwrap();
    response.chunk().await.unwrap().unwrap();
    take_away(&beside, &name).await;
    send.send(line(2)).unwrap();
    let text = response.text().await.unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["line"], &lines[0]["status"]), (&json!(2), &json!("failed")));
    assert_eq!(lines[0]["error"]["code"], "unavailable");
    let summary = &lines[1]["summary"];
    assert_eq!((&summary["posted"], &summary["failed"], &summary["complete"]), (&json!(1), &json!(1), &json!(false)));
    give_back(&beside, &name).await;
}

#[tokio::test]
async fn a_server_that_stops_finishes_what_is_under_way() {
    let api = Api::with_accounts().await;
    let holder = api.database.connect_owner().await.unwrap();
    let post = post_behind_lock(&api, &holder, &entry(1, "1002.a", "6001", "1.00")).await;
    let Api { node, client, _test: kept, .. } = api;
    let base = node.base.clone();
    let mut running = node.stop();
    eventually("new callers are turned away", async || client.get(format!("{base}/health/live")).send().await.is_err())
        .await;
    assert!(is_pending(&mut running).await, "the server stopped with a request under way");

    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(post.await.unwrap().status().as_u16(), 201);
    running.await.unwrap().unwrap();
    drop(kept);
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_server() {
    let limits = Limits { stopping_time: Duration::from_millis(10), ..Limits::default() };
    let api = Api::start_with(limits).await;
    let (send, body) = growing_body();
    let request = api.request(Method::POST, "/v1/entries").header("content-type", "application/x-ndjson");
    let response = request.body(body).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    api.node.stop().await.unwrap().unwrap();
    drop(send);
}

/// Limits on a request's time, each twice the one before, up to half a minute: a test takes the first that the machine,
/// however busy, keeps up with.
fn limits_to_try() -> impl Iterator<Item = Limits> {
    (0..8).map(|doubled| Limits { request_time: Duration::from_millis(250 << doubled), ..Limits::default() })
}

impl Api {
    /// Another server on the same database.
    async fn beside(&self, limits: Limits) -> Api {
        let node = Node::start(&self.database, limits).await;
        Api {
            node,
            client: self.client.clone(),
            token: self.token.clone(),
            database: self.database.clone(),
            _test: None,
        }
    }
}

#[tokio::test]
async fn a_caller_who_falls_silent_is_told_so() {
    let api = Api::start().await;
    for limits in limits_to_try() {
        let hasty = api.beside(limits).await;
        let (send, body) = growing_body();
        let request = hasty.request(Method::POST, "/v1/entries").header("content-type", "application/x-ndjson");
        let response = request.body(body).send().await.unwrap();
        if response.status().as_u16() == 503 {
            // The limit was met before the stream began.
            continue;
        }
        let text = response.text().await.unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["line"], &lines[0]["error"]["code"]), (&json!(1), &json!("body_incomplete")));
        assert_eq!(lines[1]["summary"]["complete"], false);
        drop(send);
        return;
    }
    panic!("no stream began within half a minute");
}

#[tokio::test]
async fn what_takes_too_long_is_a_problem_and_counts_once() {
    let api = Api::with_accounts().await;
    for (number, limits) in (1..).zip(limits_to_try()) {
        let hasty = api.beside(limits).await;
        let given = entry(number, "1002.a", "6001", "1.00");
        let holder = api.database.connect_owner().await.unwrap();
        let request = hasty.request(Method::POST, "/v1/entries").json(&given);
        let (post, has_waited) = try_behind(&hasty, &holder, HEAD, request).await;
        let late = Reply::of(post.await.unwrap()).await;
        late.problem(503, "timeout");
        assert_eq!(late.body["retryable"], true);
        holder.batch_execute("COMMIT").await.unwrap();
        // It finishes what is under way, whether somebody still waits for the answer or not.
        hasty.node.stop().await.unwrap().unwrap();
        if has_waited {
            let again = api.post("/v1/entries", &given).await;
            assert_eq!((again.status, &again.body["status"]), (200, &json!("replayed")), "{again:?}");
            return;
        }
    }
    panic!("no request came as far as the lock within half a minute");
}

async fn is_pending<F: Future + Unpin>(future: &mut F) -> bool {
    tokio::select! {
        biased;
        _ = future => false,
        () = std::future::ready(()) => true,
    }
}
