//! A detached segment whose file is missing: who needs it is told so, everybody else is answered.

use std::fs;

use dianfu_ledger::Ledger;
use dianfu_tests::{FilesFolder, cut_segments, record_ids, tend};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Reply, entry, id, main_book};

/// It is told so, and not to ask again of itself: somebody must bring the file back.
fn assert_unreadable(reply: &Reply) {
    reply.problem(503, "segment_unreadable");
    assert_eq!((reply.header("retry-after"), &reply.body["retryable"]), ("", &json!(false)), "{reply:?}");
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(detail.contains("missing or damaged") && !detail.contains('/'), "{detail}");
}

#[tokio::test]
async fn a_missing_file_is_told_to_who_needs_it_and_nobody_else() {
    let api = Api::with_accounts().await;
    let owner = api.database.connect_owner().await.unwrap();
    owner.batch_execute("SET search_path = book_main").await.unwrap();
    cut_segments(&owner, 2).await;
    let given = |number| entry(number, "1002.a", "6001", "1.00");
    let mut early = Vec::new();
    for number in 1..=5 {
        early.push(api.posted(&given(number)).await.body["booked_at"].as_str().unwrap().to_owned());
    }
    tend(&owner).await;
    let ledger = Ledger::open(&api.database, &main_book()).await.unwrap();
    record_ids(&ledger).await;
    let folder = FilesFolder::new();
    let files = folder.detach(&api.database, &ledger, 1).await.unwrap().files.unwrap();
    let of_first = format!("/v1/entries/{}", id(1));
    let early = format!("/v1/accounts/1002.a/balance?known_at={}", early[0]);
    let (entry_before, balance_before) = (api.get(&of_first).await, api.get(&early).await);
    assert_eq!((entry_before.status, &balance_before.body["balance"]), (200, &json!("1.00")));

    let aside = [&files.entries, &files.postings].map(|file| (file, format!("{file}.aside")));
    for (file, aside) in &aside {
        fs::rename(file, aside).unwrap();
    }
    assert_unreadable(&api.get(&of_first).await);
    assert_unreadable(&api.get(&early).await);
    // A known id: whether it is the same entry cannot be said, and it is not taken for a new one.
    assert_unreadable(&api.post("/v1/entries", &given(1)).await);
    let lines = [given(1), given(6)].map(|given| given.to_string()).join("\n");
    let request = api.request(Method::POST, "/v1/entries").header("content-type", "application/x-ndjson").body(lines);
    let text = request.send().await.unwrap().text().await.unwrap();
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let codes: Vec<&Value> = answers.iter().filter_map(|answer| answer["error"].get("code")).collect();
    assert_eq!(codes.first(), Some(&&json!("segment_unreadable")), "{text}");

    assert_eq!(api.get("/v1/accounts/1002.a/balance").await.status, 200);
    assert_eq!(api.get(&format!("/v1/entries/{}", id(4))).await.status, 200);
    assert_eq!(api.post("/v1/entries", &given(4)).await.body["status"], "replayed");
    api.posted(&given(7)).await;

    for (file, aside) in &aside {
        fs::rename(aside, file).unwrap();
    }
    assert_eq!(api.get(&of_first).await.body, entry_before.body);
    assert_eq!(api.get(&early).await.body["balance"], "1.00");
    assert_eq!(api.post("/v1/entries", &given(1)).await.body["status"], "replayed");
}
