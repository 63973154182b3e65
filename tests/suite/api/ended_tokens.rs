//! Tokens that end while they are in use, and tokens that never were.

use dianfu_api::auth::{NewToken, Role, create_token, revoke_token};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::{Api, Reply, entry, growing_body, main_book, token};

/// A stream of entries that is open, and its first line posted.
async fn open_stream(api: &Api, token: &str) -> (UnboundedSender<String>, Response) {
    let (send, body) = growing_body();
    let request = api.bare(Method::POST, "/v1/entries").bearer_auth(token).header("content-type", "application/x-ndjson");
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
