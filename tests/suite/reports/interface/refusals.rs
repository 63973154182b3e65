//! Questions that have no answer: a stable code and the place.

use serde_json::Value;

use super::Served;
use crate::books::{Book, entry};

#[tokio::test]
async fn a_question_without_an_answer_names_its_place() {
    let mut book = Book::new().await;
    for _ in 0..3 {
        let kind = dianfu_ledger::entry::EntryKind::Post;
        book.post(vec![entry(kind, 1, &[("1002", 5, None), ("9002", -5, None)])]).await;
    }
    let served = Served::start(book.test.database()).await;
    let first = served.json("/v1/reports/general-ledger?limit=2").await;
    let cursor = first["next"].as_str().unwrap();
    for (question, status, code, place) in [
        ("general-ledger?from=2026-02-01&as_of=2026-01-31", 400, "range_reversed", "/query/from"),
        ("trial-balance?from=2026-02-01&as_of=2026-01-31", 400, "range_reversed", "/query/from"),
        ("trial-balance?from=2026-02-01&as_of=2026-01-31&level=tree", 400, "range_reversed", "/query/from"),
        ("income-statement?from=2026-02-01&as_of=2026-01-31", 400, "range_reversed", "/query/from"),
        ("roll-forward?from=2026-02-01&as_of=2026-01-31", 400, "range_reversed", "/query/from"),
        ("manual-journals?from=2026-02-01&as_of=2026-01-31", 400, "range_reversed", "/query/from"),
        ("diff?of=income-statement&from=2026-02-01&after_as_of=2026-01-31", 400, "range_reversed", "/query/from"),
        ("balance-sheet?known_at=2999-01-01T00:00:00Z", 400, "known_at_in_future", "/query/known_at"),
        ("aging?known_at=2999-01-01T00:00:00Z", 400, "known_at_in_future", "/query/known_at"),
        ("integrity?known_at=2999-01-01T00:00:00Z&format=xlsx", 400, "known_at_in_future", "/query/known_at"),
        ("general-ledger?account=7", 404, "account_unknown", ""),
        ("roll-forward?account=7", 404, "account_unknown", ""),
        ("aging?account=7&format=csv", 404, "account_unknown", ""),
        ("aging/items?account=7&format=ndjson", 404, "account_unknown", ""),
        ("aging?account=7%207", 400, "parameter_invalid", "/query/account"),
        ("aging/items?bucket=old", 400, "parameter_invalid", "/query/bucket"),
        ("nonsense", 404, "path_unknown", ""),
        ("general-ledger?cursor=00", 400, "cursor_malformed", "/query/cursor"),
        ("aging/items?cursor=CURSOR", 400, "cursor_malformed", "/query/cursor"),
        ("general-ledger?cursor=CURSOR&as_of=2026-01-31", 400, "cursor_malformed", "/query/cursor"),
        ("diff?of=open-items&cursor=1.2.3", 400, "cursor_malformed", "/query/cursor"),
        ("general-ledger?limit=0", 400, "parameter_invalid", "/query/limit"),
        ("general-ledger?limit=10&format=csv", 400, "parameter_invalid", "/query/limit"),
        ("general-ledger?cursor=CURSOR&format=ndjson", 400, "parameter_invalid", "/query/cursor"),
        ("general-ledger?format=pdf", 400, "parameter_invalid", "/query/format"),
        ("trial-balance?limit=10", 400, "parameter_invalid", "/query/limit"),
        ("trial-balance?level=fine", 400, "parameter_invalid", "/query/level"),
        ("trial-balance?as_off=2026-01-31", 400, "parameter_invalid", "/query/as_off"),
        ("trial-balance?a~b/c=1", 400, "parameter_invalid", "/query/a~0b~1c"),
        ("trial-balance?as_of=2026-01-31&as_of=2026-01-30", 400, "parameter_invalid", "/query/as_of"),
        ("cut-off", 400, "parameter_invalid", "/query/period_end"),
        ("diff", 400, "parameter_invalid", "/query/of"),
        ("cut-off?period_end=31.5.2026", 400, "parameter_invalid", "/query/period_end"),
        ("diff?of=aging", 400, "parameter_invalid", "/query/of"),
        ("diff?of=balance-sheet&from=2026-01-01", 400, "parameter_invalid", "/query/from"),
    ] {
        let answer = served.answer(&format!("/v1/reports/{}", question.replace("CURSOR", cursor)), &[]).await;
        let problem: Value = serde_json::from_slice(&answer.bytes).unwrap();
        assert_eq!((answer.status, problem["code"].as_str()), (status, Some(code)), "{question}: {problem}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(problem["errors"][0]["pointer"].as_str().unwrap_or_default(), place, "{question}: {problem}");
    }
    let reversed = served.answer("/v1/accounts/1002/statement?from=2026-02-01&to=2026-01-31", &[]).await;
    let problem: Value = serde_json::from_slice(&reversed.bytes).unwrap();
    assert_eq!(problem["code"], "range_reversed");
    let place = &problem["errors"][0];
    assert_eq!((&place["expected"], &place["actual"]), (&"a day up to 2026-01-31".into(), &"2026-02-01".into()));
}

#[tokio::test]
async fn a_format_that_there_is_not_is_not_acceptable() {
    let book = Book::new().await;
    let served = Served::start(book.test.database()).await;
    for accept in ["image/png", "application/pdf, text/plain;q=0.5", "text/html;q=0"] {
        let answer = served.answer("/v1/reports/trial-balance", &[("accept", accept)]).await;
        let problem: Value = serde_json::from_slice(&answer.bytes).unwrap();
        assert_eq!((answer.status, problem["code"].as_str()), (406, Some("not_acceptable")), "{accept}");
        assert!(problem["detail"].as_str().unwrap().contains("text/csv"));
    }
    for (accept, expected) in
        [("*/*", "application/json"), ("", "application/json"), ("text/html,*/*;q=0.8", "text/html; charset=utf-8")]
    {
        let answer = served.answer("/v1/reports/trial-balance", &[("accept", accept)]).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, expected), "{accept}");
    }
    // What the query says counts more than the header.
    let answer = served.answer("/v1/reports/trial-balance?format=csv", &[("accept", "text/html")]).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"main-trial-balance.csv\"");
}
