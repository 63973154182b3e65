//! Tokens that end while they are in use, and tokens that never were.

use dianfu_api::Error;
use dianfu_api::auth::{Holder, NewToken, Role, create_partner_key, create_token, revoke_token};
use dianfu_tests::eventually;
use futures_util::future::join_all;
use jiff::Timestamp;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::{Api, Reply, entry, growing_body, main_book, token};

/// More names than a server would open connections for.
const NAMES: usize = 60;

/// A stream of entries that is open, and its first line posted.
async fn open_stream(api: &Api, token: &str) -> (UnboundedSender<String>, Response) {
    let (send, body) = growing_body();
    let request =
        api.bare(Method::POST, "/v1/entries").bearer_auth(token).header("content-type", "application/x-ndjson");
    send.send(format!("{}\n", entry(1, "1002.a", "6001", "1.00"))).unwrap();
    let mut response = request.body(body).send().await.unwrap();
    assert_eq!(lines(&response.chunk().await.unwrap().unwrap())[0]["status"], "posted");
    (send, response)
}

fn lines(text: &[u8]) -> Vec<Value> {
    std::str::from_utf8(text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Sends two more lines, the second behind the end of the stream, and checks that neither is posted.
async fn assert_turned_away(api: &Api, (send, response): (UnboundedSender<String>, Response)) {
    let more = |number| format!("{}\n", entry(number, "1002.a", "6001", "1.00"));
    send.send(more(2) + &more(3)).unwrap();
    let rest = lines(&response.bytes().await.unwrap());
    let [refused, last] = rest.as_slice() else { panic!("{rest:?}") };
    assert_eq!(
        json!([refused["line"], refused["status"], refused["error"]["code"]]),
        json!([2, "rejected", "token_invalid"])
    );
    assert_eq!(json!([last["summary"]["posted"], last["summary"]["complete"]]), json!([1, false]));
    assert_eq!(api.get("/v1/accounts/6001/balance").await.body["balance"], "1.00");
}

#[tokio::test]
async fn a_revoked_token_posts_nothing_more_through_a_stream_that_is_open() {
    let api = Api::with_accounts().await;
    let token = token(&api.database, "streaming", Role::Poster).await;
    let stream = open_stream(&api, &token).await;
    assert!(revoke_token(&api.database, &main_book(), "streaming").await.unwrap());
    assert_turned_away(&api, stream).await;
}

#[tokio::test]
async fn an_expired_token_posts_nothing_more_through_a_stream_that_is_open() {
    let api = Api::with_accounts().await;
    let token = token(&api.database, "streaming", Role::Poster).await;
    let stream = open_stream(&api, &token).await;
    let owner = api.database.connect_owner().await.unwrap();
    let expire = "UPDATE book_main.access_token SET expires_at = now() WHERE name = 'streaming'";
    assert_eq!(owner.execute(expire, &[]).await.unwrap(), 1);
    assert_turned_away(&api, stream).await;
}

#[tokio::test]
async fn tokens_of_books_that_do_not_exist_cost_no_connections() {
    let api = Api::start().await;
    let secret = "x".repeat(43);
    let ask = async |number: usize| {
        let token = format!("dianfu_nowhere{number}_{secret}");
        Reply::of(api.bare(Method::GET, "/v1/accounts").bearer_auth(token).send().await.unwrap()).await
    };
    for reply in join_all((0..NAMES).map(ask)).await {
        reply.problem(401, "token_invalid");
    }
    let owner = api.database.connect_owner().await.unwrap();
    let count = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let are_few = async || owner.query_one(count, &[]).await.unwrap().get::<_, i64>(0) <= 2;
    eventually("all connections but that of the look-ups are closed", are_few).await;
    assert_eq!(api.get("/v1/accounts").await.status, 200);
}

#[tokio::test]
async fn a_way_in_that_has_ended_is_not_made() {
    let api = Api::start().await;
    let expires_at = Some("2020-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let new = NewToken { name: "late", role: Role::Auditor, holder: Holder::System, expires_at, created_by: "test" };
    let token = create_token(&api.database, &main_book(), &new).await.unwrap_err();
    let key = create_partner_key(&api.database, &main_book(), "picc", expires_at, "test").await.unwrap_err();
    for error in [token, key] {
        assert!(matches!(error, Error::ExpiryPassed { .. }), "{error}");
    }
}

#[tokio::test]
async fn tokens_of_many_requests_are_looked_up_together() {
    let api = Api::start().await;
    assert_eq!(api.get("/v1/accounts").await.status, 200);
    let owner = api.database.connect_owner().await.unwrap();
    owner.batch_execute("BEGIN; LOCK TABLE book_main.access_token IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let ask = |_| tokio::spawn(api.request(Method::GET, "/v1/accounts").send());
    let asked: Vec<_> = (0..NAMES).map(ask).collect();
    let watcher = api.database.connect_owner().await.unwrap();
    let waiting = async || {
        let count = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (
                         SELECT oid FROM pg_database WHERE datname = current_database())";
        watcher.query_one(count, &[]).await.unwrap().get::<_, i64>(0)
    };
    eventually("a look-up waits", async || waiting().await > 0).await;
    // A route without a token is answered behind all that have been sent before it.
    assert_eq!(Reply::of(api.bare(Method::GET, "/health/live").send().await.unwrap()).await.status, 200);
    assert_eq!(waiting().await, 1, "one statement at a time");
    owner.batch_execute("COMMIT").await.unwrap();
    for answer in join_all(asked).await {
        assert_eq!(answer.unwrap().unwrap().status().as_u16(), 200);
    }
}
