//! What carries a tag, what changes it, and what never does.

use dianfu_ledger::entry::{EntryKind, NewEntry};

use super::Served;
use crate::books::{Book, entry};

/// Money in, so many.
fn paid(minor: i64) -> NewEntry {
    entry(EntryKind::Post, 1, &[("1002", minor, None), ("9002", -minor, None)])
}

#[tokio::test]
async fn a_report_of_a_named_time_never_changes() {
    let mut book = Book::new().await;
    book.post(vec![paid(500)]).await;
    let served = Served::start(book.test.database()).await;
    let known_at = format!("known_at={}", book.booked[0].receipt.booked_at);
    for path in [
        "/v1/reports/trial-balance?",
        "/v1/reports/trial-balance?level=tree&",
        "/v1/reports/balance-sheet?",
        "/v1/reports/general-ledger?limit=2&",
        "/v1/reports/general-ledger?format=csv&",
        "/v1/reports/roll-forward?format=html&",
        "/v1/reports/aging?format=xlsx&",
        "/v1/reports/integrity?format=ndjson&",
        "/v1/accounts/1002/statement?",
        "/v1/accounts/1002/balance?",
        "/v1/open-items?",
        "/v1/entries?",
    ] {
        let (named, now) = (format!("{path}{known_at}"), path.trim_end_matches(['?', '&']).to_owned());
        let first = served.answer(&named, &[]).await;
        let tag = first.header("etag").to_owned();
        assert_eq!(first.status, 200, "{path}: {}", first.text());
        assert!(tag.starts_with('"') && tag.ends_with('"') && first.header("cache-control").contains("immutable"));
        let of_now = served.answer(&now, &[]).await;
        assert_eq!(of_now.header("cache-control"), "private, no-cache", "{path}");

        book.post(vec![paid(1)]).await;
        let again = served.answer(&named, &[]).await;
        assert_eq!((again.header("etag"), &again.bytes), (tag.as_str(), &first.bytes), "{path}");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let known = served.answer(&named, &[("if-none-match", &known)]).await;
            assert_eq!((known.status, known.header("etag"), known.bytes.len()), (304, tag.as_str(), 0), "{path}");
        }
        assert_eq!(served.answer(&named, &[("if-none-match", "\"other\"")]).await.status, 200);
        let tag_of_now = of_now.header("etag").to_owned();
        let moved = !path.contains("open-items") && !path.contains("aging");
        let after = served.answer(&now, &[("if-none-match", &tag_of_now)]).await;
        assert!(after.status == 200 || !moved, "{path}: what is asked for now has moved");
    }
}

#[tokio::test]
async fn each_format_has_a_tag_of_its_own() {
    let mut book = Book::new().await;
    book.post(vec![paid(500)]).await;
    let served = Served::start(book.test.database()).await;
    let mut tags = Vec::new();
    for accept in ["application/json", "application/x-ndjson", "text/csv", "text/html"] {
        let answer = served.answer("/v1/reports/trial-balance", &[("accept", accept)]).await;
        assert_eq!(answer.header("vary"), "accept");
        tags.push(answer.header("etag").to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}

/// What was posted of an entry never changes; what takes from it is shown with it and grows.
#[tokio::test]
async fn an_entry_keeps_its_tag_until_something_takes_from_it() {
    let mut book = Book::new().await;
    book.post(vec![paid(500)]).await;
    let served = Served::start(book.test.database()).await;
    let id = book.booked[0].entry.id;
    let path = format!("/v1/entries/{id}");
    let first = served.answer(&path, &[]).await;
    let tag = first.header("etag").to_owned();
    assert_eq!(first.header("cache-control"), "private, no-cache");
    book.post(vec![paid(1)]).await;
    assert_eq!(served.answer(&path, &[("if-none-match", &tag)]).await.status, 304);

    let mut reversal = entry(EntryKind::Reversal, 1, &[("1002", -500, None), ("9002", 500, None)]);
    reversal.relates_to = Some(id);
    book.post(vec![reversal]).await;
    let after = served.answer(&path, &[("if-none-match", &tag)]).await;
    assert_eq!(after.status, 200);
    assert_ne!(after.header("etag"), tag);

    // As it was known before, nothing took from it yet.
    let known_at = book.booked[1].receipt.booked_at;
    let then = served.json(&format!("/v1/entries?limit=1&known_at={known_at}")).await;
    assert_eq!(then["entries"][0]["related"].as_array().unwrap().len(), 0);
    let now = served.json("/v1/entries?limit=1").await;
    assert_eq!(now["entries"][0]["related"][0]["kind"], "reversal");
}
