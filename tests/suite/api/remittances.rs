//! Remittances: handed in by insurers or staff, refused with their sums, and what became of each line.

use dianfu_api::Limits;
use dianfu_api::auth::PartnerKey;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::partner::Signed;
use super::{Api, Reply, id, partner_key};
use crate::remittances::fixture::{Desk, file};

const X12: &str = "application/edi-x12";
const BY_STAFF: &str = "/v1/remittances?insurer=picc";

/// A server on a book with the insurer `picc`, whose key is the last.
async fn insured() -> (Desk, Api, PartnerKey) {
    let desk = Desk::new().await;
    let api = Api::on(desk.test.database(), Limits::default()).await;
    let key = partner_key(&api.database, "picc").await;
    (desk, api, key)
}

fn states(taken: &Reply) -> Vec<&str> {
    taken.body["remittances"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_insurer_hands_a_file_in_and_sees_the_first_answer_again() {
    let (desk, api, key) = insured().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    desk.cash("B1", "T1", 1_000).await.unwrap();
    let bytes = file("T1", "C1 - 1000", "");
    let taken = Signed::post(&key, "1", bytes.clone()).send(&api).await;
    assert_eq!((taken.status, states(&taken)), (201, vec!["APPLIED"]), "{taken:?}");
    assert_eq!((&taken.body["replayed"], &taken.body["warnings"]), (&json!(false), &json!([])));
    let place = format!("/v1/remittances/{}", taken.body["remittances"][0]["id"].as_str().unwrap());
    assert_eq!(taken.header("location"), place);
    assert_eq!(api.get(&place).await.body["actor"], "insurer:picc");

    // The same bytes again, by the insurer and by staff: the same answer, marked.
    let by_staff = api.post_text(BY_STAFF, X12, bytes.clone()).await;
    for again in [Signed::post(&key, "2", bytes).send(&api).await, by_staff] {
        let mut expected = taken.body.clone();
        expected["replayed"] = json!(true);
        assert_eq!((again.status, &again.body, again.header("location")), (200, &expected, &*place));
    }
    assert_eq!(desk.open_items().await, "");
}

#[tokio::test]
async fn of_many_at_once_one_takes_the_file_in() {
    let (desk, api, _) = insured().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    let bytes = file("T1", "C1 - 1000", "");
    let replies = join_all((0..6).map(|_| api.post_text(BY_STAFF, X12, bytes.clone()))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 201]);
    assert!(replies.iter().all(|reply| reply.body["remittances"] == replies[0].body["remittances"]));
}

#[tokio::test]
async fn a_file_that_does_not_hold_is_refused_with_rule_segment_and_sums() {
    let (desk, api, key) = insured().await;
    let good = file("T1", "C1 - 1000", "");
    for (case, bytes, rule, segment, sums) in [
        ("total", good.replacen("*10.00*C*", "*10.01*C*", 1), "R3", 4, Some(("10.00", "10.01"))),
        ("count", good.replacen("SE*8*", "SE*9*", 1), "R8", 10, Some(("8", "9"))),
        ("amount", good.replacen("*1*10.00*", "*1*1E1*", 1), "R9", 9, None),
    ] {
        let reply = Signed::post(&key, case, bytes).send(&api).await;
        let first = reply.problem(422, "remittance_unbalanced");
        assert_eq!((&first["rule"], &first["segment"]), (&json!(rule), &json!(segment)), "{case}: {reply:?}");
        assert!(first["message"].is_string() && first["expected"].is_string() && first["actual"].is_string());
        if let Some((expected, actual)) = sums {
            assert_eq!((&first["expected"], &first["actual"]), (&json!(expected), &json!(actual)), "{case}");
        }
    }
    assert_eq!((desk.count("remittance").await, desk.count("remittance_file").await), (0, 0));
}

#[tokio::test]
async fn a_file_that_is_cut_off_anywhere_is_refused() {
    let (desk, api, _) = insured().await;
    let good = file("T1", "C1 - 1000", "");
    let ends: Vec<usize> = good.match_indices('~').map(|(end, _)| end).collect();
    let cuts = ends.iter().flat_map(|&end| [end, end - 2]).filter(|&cut| cut != good.len() - 1);
    for cut in cuts.chain([0, 3, 50, 105]) {
        let reply = api.post_text(BY_STAFF, X12, good[..cut].to_owned()).await;
        let first = reply.problem(422, "remittance_unbalanced");
        assert!(first["rule"].is_string() && first["expected"].is_string(), "cut at {cut}: {reply:?}");
    }
    let garbage: [Vec<u8>; 3] = [vec![0, 1, 2], "汇款".into(), good.replace('~', "\u{1f4b0}").into()];
    for bytes in garbage {
        api.post_text(BY_STAFF, X12, bytes).await.problem(422, "remittance_unbalanced");
    }
    assert_eq!((desk.count("remittance").await, desk.count("remittance_file").await), (0, 0));
}

#[tokio::test]
async fn another_file_under_the_same_trace_is_a_conflict() {
    let (_desk, api, key) = insured().await;
    let first = Signed::post(&key, "first", file("T1", "C1 - 1000", "")).send(&api).await;
    assert_eq!((first.status, states(&first)), (201, vec!["VALIDATED"]));
    let second = Signed::post(&key, "second", file("T1", "C1 - 999", "")).send(&api).await;
    let place = second.problem(409, "duplicate_advice");
    assert_eq!(place["expected"], first.body["sha256"]);
    assert_eq!(place["actual"].as_str().map(str::len), Some(64));
    assert_eq!(api.get("/v1/remittances").await.body["remittances"][0]["paid"], "10.00");
}

#[tokio::test]
async fn whose_file_it_is_must_be_clear() {
    let (_desk, api, key) = insured().await;
    let bytes = file("T1", "C1 - 1000", "");
    let by_staff = async |path: &str| api.post_text(path, X12, bytes.clone()).await;
    for (query, place) in [("", "insurer"), ("?insurer=a.b", "insurer"), ("?payer=picc", "payer")] {
        let reply = by_staff(&format!("/v1/remittances{query}")).await;
        assert_eq!(reply.problem(400, "parameter_invalid")["pointer"], format!("/query/{place}"));
    }
    by_staff("/v1/remittances?insurer=cpic").await.problem(422, "insurer_unknown");
    Signed::post(&key, "other", bytes.clone()).query("insurer=cpic").send(&api).await.problem(403, "forbidden");
    let own = Signed::post(&key, "own", bytes.clone()).query("insurer=picc").send(&api).await;
    assert_eq!(own.status, 201, "{own:?}");
    api.post_text(BY_STAFF, "text/plain", bytes.clone()).await.problem(415, "content_type_unsupported");
}

#[tokio::test]
async fn a_file_in_another_currency_is_refused_with_both() {
    let (_desk, api, _) = insured().await;
    let bytes = file("T1", "C1 - 1000", "").replacen("N1*PR", "CUR*PR*CNY~N1*PR", 1).replacen("SE*8", "SE*9", 1);
    let reply = api.post_text(BY_STAFF, X12, bytes).await;
    let place = reply.problem(422, "currency_mismatch");
    assert_eq!((&place["expected"], &place["actual"]), (&json!("USD"), &json!("CNY")));
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_unread() {
    let desk = Desk::new().await;
    let api = Api::on(desk.test.database(), Limits { remittance_bytes: 1_000, ..Limits::default() }).await;
    let key = partner_key(&api.database, "picc").await;
    api.post_text(BY_STAFF, X12, vec![b' '; 1_001]).await.problem(413, "body_too_large");
    Signed::post(&key, "large", vec![b' '; 1_001]).send(&api).await.problem(413, "body_too_large");
}

#[tokio::test]
async fn it_tells_what_became_of_each_line_and_what_is_open() {
    let (desk, api, key) = insured().await;
    desk.approve("OURS-1", "C1", "P1", 0, 1_000).await;
    desk.approve("OURS-2", "C2", "P2", 0, 1_000).await;
    let bytes = file("T1", "C1 P1 1000; C2 P2 700; C9 P9 70", "CV CP -20; L6 - -5");
    let taken = Signed::post(&key, "1", bytes).send(&api).await;
    assert_eq!((taken.status, states(&taken)), (201, vec!["VALIDATED"]));
    let place = taken.header("location");
    let waiting = api.get(place).await.body;
    assert_eq!((&waiting["cash_break"], &waiting["difference"]), (&json!("MISSING_CASH"), &json!("-17.95")));
    assert_eq!((&waiting["lines"][0]["matched"], &waiting["breaks"]), (&Value::Null, &json!([])));

    desk.cash("B1", "T1", 1_795).await.unwrap();
    let applied = api.get(place).await.body;
    assert_eq!((&applied["state"], &applied["cash_break"]), (&json!("PART_APPLIED"), &Value::Null));
    assert_eq!((&applied["paid"], &applied["unapplied"]), (&json!("17.95"), &json!("0.90")));
    let of_line = |line: &Value| {
        let matched = &line["matched"];
        json!([
            line["line"],
            line["segment"],
            matched["outcome"],
            matched["claim_no"],
            matched["applied"],
            matched["suspense"]
        ])
    };
    let lines: Vec<Value> = applied["lines"].as_array().unwrap().iter().map(of_line).collect();
    assert_eq!(
        lines,
        [
            json!([1, 9, "equal", "OURS-1", "10.00", "0.00"]),
            json!([2, 10, "short", "OURS-2", "7.00", "0.00"]),
            json!([3, 11, "unknown_claim", null, "0.00", "0.70"]),
        ]
    );
    let of_adjustment = |one: &Value| json!([one["code"], one["account"], one["booked"], one["suspense"]]);
    let adjustments: Vec<Value> = applied["adjustments"].as_array().unwrap().iter().map(of_adjustment).collect();
    assert_eq!(adjustments, [json!(["CV", null, "0.00", "-0.20"]), json!(["L6", "4103", "-0.05", "0.00"])]);
    let of_break =
        |one: &Value| json!([one["category"], one["line"], one["adjustment"], one["amount"], one["closed_at"]]);
    let breaks: Vec<Value> = applied["breaks"].as_array().unwrap().iter().map(of_break).collect();
    assert_eq!(
        breaks,
        [
            json!(["SHORT_PAID", 2, null, "3.00", null]),
            json!(["UNKNOWN_CLAIM", 3, null, "0.70", null]),
            json!(["OVER_PAID", null, 1, "0.20", null]),
        ]
    );
    let entry = applied["entries"][0].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/entries/{entry}")).await.status, 200);
}

#[tokio::test]
async fn remittances_are_listed_page_by_page() {
    let (_desk, api, key) = insured().await;
    for number in ["1", "2", "3"] {
        let taken = Signed::post(&key, number, file(&format!("T{number}"), "C1 - 1000", "")).send(&api).await;
        assert_eq!(taken.status, 201);
    }
    let traces = |page: &Value| -> Vec<Value> {
        page["remittances"].as_array().unwrap().iter().map(|one| one["trace"].clone()).collect()
    };
    let first = api.get("/v1/remittances?insurer=picc&limit=2").await.body;
    let next = first["next"].as_str().unwrap();
    let second = api.get(&format!("/v1/remittances?limit=2&cursor={next}")).await.body;
    assert_eq!((traces(&first), traces(&second)), (vec![json!("T1"), json!("T2")], vec![json!("T3")]));
    assert_eq!(second["next"], Value::Null);
    assert_eq!(traces(&api.get("/v1/remittances?insurer=cpic").await.body), [] as [Value; 0]);
    for path in ["?cursor=7", "?insurer=a.b", "?limit=0", "/7"] {
        api.get(&format!("/v1/remittances{path}")).await.problem(400, "parameter_invalid");
    }
    api.get(&format!("/v1/remittances/{}", id(1))).await.problem(404, "remittance_unknown");
}
