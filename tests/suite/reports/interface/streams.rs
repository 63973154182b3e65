//! Long lists as streams: whole, as they were known when they began, whatever is posted meanwhile; or not whole, and
//! then they say so.

use dianfu_api::auth::revoke_token;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use futures_util::StreamExt;
use reqwest::Response;
use serde_json::{Value, json};

use super::Served;
use crate::books::{Book, entry};

/// More than is read at a time, and more than a socket holds.
const ENTRIES: i64 = 30_000;

/// An entry on an item of its own.
fn claim(number: i64) -> NewEntry {
    let item: &'static str = Box::leak(format!("CLM-{number:06}").into_boxed_str());
    entry(EntryKind::Post, number % 20, &[("1101.picc", 100 + number, Some(item)), ("1002", -100 - number, None)])
}

async fn long_book() -> Book {
    let mut book = Book::new().await;
    for first in (0..ENTRIES).step_by(5_000) {
        book.post((first..first + 5_000).map(claim).collect()).await;
    }
    book
}

/// Reads the first piece, lets others post, and reads the rest.
async fn read_while_posting(response: Response, book: &mut Book, number: i64) -> Vec<Value> {
    assert_eq!(response.status(), 200);
    let mut pieces = response.bytes_stream();
    let mut bytes = pieces.next().await.unwrap().unwrap().to_vec();
    let mut number = number;
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece.unwrap());
        if number < i64::MAX && bytes.len() % 7 == 0 {
            book.post(vec![claim(number)]).await;
            number += 1;
        }
    }
    book.post(vec![claim(number)]).await;
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_whole_and_as_it_was_when_it_began() {
    let mut book = long_book().await;
    let served = Served::start(book.test.database()).await;
    let mut number = 1_000_000;
    for (path, rows) in [
        ("/v1/entries?", 30_000_u64),
        ("/v1/reports/general-ledger?account=1101", 30_002),
        ("/v1/accounts/1101.picc/statement?", 30_000),
        ("/v1/open-items?account=1101", 30_000),
        ("/v1/reports/aging/items?account=1101", 30_000),
    ] {
        let more = u64::try_from(book.booked.len()).unwrap() - 30_000;
        let last = book.booked.last().unwrap().receipt.booked_at;
        let response = served.ask(path, &[("accept", "application/x-ndjson")]).await;
        assert!(response.headers().get("etag").is_none(), "a stream has no tag");
        let lines = read_while_posting(response, &mut book, number).await;
        number += 100_000;
        let (summary, lines) = lines.split_last().unwrap();
        let summary = &summary["summary"];
        assert_eq!((&summary["complete"], &summary["rows"]), (&json!(true), &json!(rows + more)), "{path}");
        assert_eq!(lines.len() as u64, rows + more, "{path}");
        let known_at: jiff::Timestamp = summary["known_at"].as_str().unwrap().parse().unwrap();
        assert!(known_at >= last, "{path}");
        // Asked for again at the time that it names, it is the same to the last byte.
        let again = format!("{path}&known_at={known_at}&format=ndjson");
        let again = served.answer(&again, &[]).await.text();
        let again: Vec<Value> = again.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(again.len(), lines.len() + 1);
        assert!(again[..lines.len()] == *lines, "{path}: the list has changed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_token_and_says_so() {
    let book = long_book().await;
    let served = Served::start(book.test.database()).await;
    let lines = served.ask("/v1/entries?format=ndjson", &[]).await;
    let csv = served.ask("/v1/reports/general-ledger?format=csv", &[]).await;
    revoke_token(book.test.database(), &crate::api::main_book(), "auditor").await.unwrap();
    let text = lines.text().await.unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((&last["summary"]["complete"], &last["summary"]["code"]), (&json!(false), &json!("token_invalid")));
    assert_eq!(last["summary"]["rows"], text.lines().count() - 1);
    assert!(csv.bytes().await.is_err(), "CSV cannot say that it is not whole: the transfer breaks off");
}
