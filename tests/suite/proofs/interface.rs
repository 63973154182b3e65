//! Proofs over a real socket, checked from their JSON alone.

use dianfu_api::auth::Role;
use dianfu_api::wire::proof::{ConsistencyBody, ReceiptBody, public_key};
use dianfu_api::{Limits, ServeConfig, Server};
use dianfu_tests::test_database;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::books::Book;

use super::{commit, key};

/// A server with a key, on a book with three commits; stopped at the end by being dropped.
struct Served {
    base: String,
    token: String,
    book: Book,
    _stop: oneshot::Sender<()>,
}

impl Served {
    async fn start(signing: bool) -> Served {
        let mut book = Book::new().await;
        for size in [2, 3, 1] {
            commit(&mut book, size).await;
        }
        let config = ServeConfig { listen: "127.0.0.1:0".parse().unwrap(), limits: Limits::default() };
        let server = Server::bind(&config, book.test.database().clone()).await.unwrap();
        let server = if signing { server.signing_receipts(key()) } else { server };
        let base = format!("http://{}", server.address());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.run(async {
            let _dropped = stopped.await;
        }));
        let token = crate::api::token(book.test.database(), "auditor", Role::Auditor).await;
        Served { base, token, book, _stop: stop }
    }

    async fn ask(&self, path: &str, known: Option<&str>) -> Response {
        let request = dianfu_tests::http_client().get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = match known {
            Some(tag) => request.header("if-none-match", tag),
            None => request,
        };
        request.send().await.unwrap()
    }

    fn receipt_path(&self, entry: usize) -> String {
        format!("/v1/entries/{}/receipt", self.book.booked[entry].entry.id)
    }
}

#[tokio::test]
async fn a_receipt_holds_by_its_json_and_the_served_key() {
    let served = Served::start(true).await;
    let shown: Value = served.ask("/v1/proofs/key", None).await.json().await.unwrap();
    assert_eq!(shown["algorithm"], "Ed25519");
    let key = public_key(shown["public_key"].as_str().unwrap()).unwrap();
    for entry in 0..6 {
        let text = served.ask(&served.receipt_path(entry), None).await.text().await.unwrap();
        let body: ReceiptBody = serde_json::from_str(&text).unwrap();
        let (receipt, rows) = body.read().unwrap();
        receipt.check(&rows, &key).unwrap();
        let said: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&said["book"], &said["sequence"]), (&json!("main"), &json!(entry + 1)));
        assert_eq!((&said["tip"]["commit_no"], &said["key_id"]), (&json!(3), &shown["key_id"]));
    }
}

#[tokio::test]
async fn what_never_changes_is_tagged_and_kept() {
    let mut served = Served::start(true).await;
    let receipt = served.receipt_path(0);
    let named = format!("{receipt}?commit_no=2");
    for (path, for_ever) in [
        (receipt.as_str(), false),
        (&named, true),
        ("/v1/proofs/tip", false),
        ("/v1/proofs/tip?commit_no=2", true),
        ("/v1/proofs/consistency?from=1&to=3", true),
    ] {
        let answer = served.ask(path, None).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("cache-control").contains("immutable"), for_ever, "{path}");
        let tag = header("etag");
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        let (first, known) = (answer.bytes().await.unwrap(), served.ask(path, Some(&tag)).await);
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(known.headers()["etag"].to_str().unwrap(), tag);

        commit(&mut served.book, 1).await;
        let after = served.ask(path, Some(&tag)).await;
        assert_eq!(after.status() == StatusCode::NOT_MODIFIED, for_ever, "{path}");
        let again = served.ask(path, None).await.bytes().await.unwrap();
        assert_eq!(again == first, for_ever, "{path}");
    }
}

#[tokio::test]
async fn one_tip_follows_from_another() {
    let served = Served::start(false).await;
    let tip: Value = served.ask("/v1/proofs/tip?commit_no=1", None).await.json().await.unwrap();
    let answer = served.ask("/v1/proofs/consistency?from=1&to=3", None).await;
    let text = answer.text().await.unwrap();
    let body: ConsistencyBody = serde_json::from_str(&text).unwrap();
    assert!(body.read().unwrap().holds());
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["from"], tip);
}

#[tokio::test]
async fn what_cannot_be_proved_is_a_problem() {
    let unsigned = Served::start(false).await;
    let served = Served::start(true).await;
    let receipt = served.receipt_path(5);
    for (server, path, status, code) in [
        (&unsigned, unsigned.receipt_path(0), 501, "receipt_key_missing"),
        (&unsigned, "/v1/proofs/key".to_owned(), 501, "receipt_key_missing"),
        (&served, "/v1/entries/0199aa00-0000-7000-8000-000000000001/receipt".to_owned(), 404, "entry_unknown"),
        (&served, format!("{receipt}?commit_no=2"), 400, "parameter_invalid"),
        (&served, format!("{receipt}?commit_no=4"), 404, "commit_unknown"),
        (&served, "/v1/proofs/tip?commit_no=0".to_owned(), 404, "commit_unknown"),
        (&served, "/v1/proofs/consistency?from=0&to=2".to_owned(), 404, "commit_unknown"),
        (&served, "/v1/proofs/consistency?from=2&to=1".to_owned(), 400, "parameter_invalid"),
        (&served, "/v1/proofs/consistency?from=2".to_owned(), 400, "parameter_invalid"),
    ] {
        let answer = server.ask(&path, None).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], code, "{path}");
    }
}

#[tokio::test]
async fn a_book_without_commits_has_no_tip() {
    let test = test_database().await;
    let ledger = dianfu_ledger::Ledger::open(test.database(), &crate::api::main_book()).await.unwrap();
    let client = ledger.client().await.unwrap();
    let error = dianfu_ledger::proof::tip(&**client, None).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no commit 0: the book's commits are 1 to 0");
}
