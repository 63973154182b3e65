//! What is on record about a book: settings of accounts, limits on groups, open holds, periods.

use dianfu_api::auth::Role;
use serde_json::{Value, json};

use super::{Api, Reply, entry, id, token};

#[tokio::test]
async fn an_account_is_changed_field_by_field() {
    let api = Api::with_accounts().await;
    let changed = api.patch("/v1/accounts/1102.picc", &json!({"max": "100.00", "reason": "committee"})).await;
    assert_eq!((changed.status, &changed.body["max"], &changed.body["min"]), (200, &json!("100.00"), &Value::Null));
    let metadata = json!({"region": "east"});
    let body = json!({"frozen": "in", "metadata": metadata, "reason": "court"});
    let changed = api.patch("/v1/accounts/1102.picc", &body).await;
    assert_eq!((&changed.body["frozen"], &changed.body["max"]), (&json!("in"), &json!("100.00")));
    let found = api.get("/v1/accounts?metadata=%7B%22region%22%3A%22east%22%7D").await.body;
    assert_eq!(found["accounts"], json!([changed.body]));
    let freed = api.patch("/v1/accounts/1102.picc", &json!({"max": null, "frozen": "none", "reason": "x"})).await;
    assert_eq!((&freed.body["max"], &freed.body["metadata"]), (&Value::Null, &metadata));
    for (body, code, pointer) in [
        (json!({"max": "1"}), "field_invalid", ""),
        (json!({"max": "1.001", "reason": "x"}), "amount_too_many_decimals", "/max"),
        (json!({"min": "2", "max": "1", "reason": "x"}), "limits_crossed", "/min"),
        (json!({"parent": "9999", "reason": "x"}), "parent_unfit", "/parent"),
        (json!({"metadata": [], "reason": "x"}), "metadata_not_object", "/metadata"),
        (json!({"reason": ""}), "text_length", "/reason"),
    ] {
        let problem = api.patch("/v1/accounts/1102.picc", &body).await;
        assert_eq!(problem.body["errors"][0]["pointer"], pointer, "{body}: {problem:?}");
        problem.problem(422, code);
    }
    api.patch("/v1/accounts/9999", &json!({"reason": "x"})).await.problem(404, "account_unknown");
    api.get("/v1/accounts?metadata=%5B%5D").await.problem(400, "parameter_invalid");
}

#[tokio::test]
async fn what_was_ever_set_is_on_record_with_who_and_why() {
    let api = Api::with_accounts().await;
    for (max, reason) in [("100.00", "committee"), ("80.00", "less risk")] {
        api.patch("/v1/accounts/1102.picc", &json!({"max": max, "reason": reason})).await;
        let line = json!({"currency": "CNY", "normal_side": "debit", "max": max, "accounts": ["1102.picc"],
                          "reason": reason});
        api.put("/v1/limit-groups/line", &line).await;
    }
    let told = |records: &Value| -> Vec<(Value, Value, Value)> {
        let records = records.as_array().unwrap().iter();
        records.map(|one| (one["max"].clone(), one["actor"].clone(), one["reason"].clone())).collect()
    };
    let expected = [("100.00", "committee"), ("80.00", "less risk")];
    let expected = expected.map(|(max, reason)| (json!(max), json!("person:admin"), json!(reason)));
    let history = api.get("/v1/accounts/1102.picc/history").await.body;
    assert_eq!(told(&history["settings"]), expected);
    let history = api.get("/v1/limit-groups/line/history").await.body;
    assert_eq!(told(&history["limit_groups"]), expected);
    api.get("/v1/accounts/9999/history").await.problem(404, "account_unknown");
    api.get("/v1/limit-groups/none/history").await.problem(404, "limit_group_unknown");
}

#[tokio::test]
async fn a_limit_on_a_group_holds_for_all_of_its_accounts_together() {
    let api = Api::with_accounts().await;
    let line = json!({"currency": "CNY", "normal_side": "debit", "max": "10.00", "accounts": ["1002.a", "1102.picc"],
                      "reason": "committee"});
    let set = api.put("/v1/limit-groups/credit%20line", &line).await;
    assert_eq!((set.status, &set.body["name"], &set.body["max"]), (200, &json!("credit line"), &json!("10.00")));
    assert_eq!(api.get("/v1/limit-groups").await.body["limit_groups"], json!([set.body]));
    api.posted(&entry(1, "1002.a", "6001", "8.00")).await;
    let over = api.post("/v1/entries", &entry(2, "1002.a", "6001", "2.01")).await;
    over.problem(422, "group_above_maximum");
    let at_most = {
        let mut entry = entry(3, "1002.a", "6001", "5.00");
        entry["at_most"] = json!(true);
        api.posted(&entry).await.body
    };
    assert_eq!(at_most["moved"], "2.00");
    let other = json!({"currency": "CNY", "normal_side": "debit", "accounts": ["1002.a", "none"], "reason": "x"});
    let unknown = api.put("/v1/limit-groups/x", &other).await;
    assert_eq!(unknown.problem(422, "account_unknown")["pointer"], "/accounts");
    api.get("/v1/limit-groups/x").await.problem(404, "limit_group_unknown");
}

#[tokio::test]
async fn holds_are_captured_in_parts_and_listed_while_they_are_open() {
    let api = Api::with_accounts().await;
    let mut hold = entry(1, "1002.a", "6001", "8.00");
    hold["kind"] = json!("hold");
    hold["expires_at"] = json!("2999-01-01T00:00:00Z");
    api.posted(&hold).await;
    let mut capture = entry(2, "1002.a", "6001", "3.00");
    capture["kind"] = json!("capture");
    capture["relates_to"] = json!(id(1));
    api.posted(&capture).await;
    let open = api.get("/v1/holds?account=1002").await.body;
    let left = json!([{"account": "1002.a", "debit": "5.00", "currency": "CNY", "item": null},
                      {"account": "6001", "credit": "5.00", "currency": "CNY", "item": null}]);
    assert_eq!((&open["holds"][0]["id"], &open["holds"][0]["left"]), (&json!(id(1)), &left));
    let mut too_much = capture.clone();
    too_much["id"] = json!(id(3));
    too_much["postings"][0]["debit"] = json!("5.01");
    too_much["postings"][1]["credit"] = json!("5.01");
    let problem = api.post("/v1/entries", &too_much).await;
    let place = problem.problem(422, "more_than_left");
    assert_eq!((&place["pointer"], &place["expected"]), (&json!("/postings/0/debit"), &json!("at most 5.00 CNY")));
    api.posted(&json!({"id": id(4), "kind": "release", "relates_to": id(1)})).await;
    assert_eq!(api.get("/v1/holds").await.body["holds"], json!([]));
    let again = api.post("/v1/entries", &json!({"id": id(5), "kind": "capture", "relates_to": id(1)})).await;
    again.problem(422, "hold_released");
    api.posted(&json!({"id": id(6), "kind": "reversal", "relates_to": id(2)})).await;
    let twice = api.post("/v1/entries", &json!({"id": id(7), "kind": "reversal", "relates_to": id(2)})).await;
    twice.problem(422, "already_reversed");
    assert_eq!(api.get("/v1/accounts/1002.a/balance").await.body["balance"], "0.00");
}

async fn as_person(api: &Api, person: &str, path: &str, body: &Value) -> Reply {
    let request = api.bare(reqwest::Method::POST, path).bearer_auth(person).json(body);
    Reply::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn periods_are_closed_by_a_controller_and_reopened_by_two() {
    let api = Api::with_accounts().await;
    let lin = token(&api.database, "lin", Role::Controller).await;
    let mei = token(&api.database, "mei", Role::Controller).await;
    let finance = token(&api.database, "wu", Role::Finance).await;
    let closing = json!({"through": "2025-12-31", "how": "soft", "reason": "year end"});
    as_person(&api, &finance, "/v1/periods/closings", &closing).await.problem(403, "forbidden");
    assert_eq!(as_person(&api, &lin, "/v1/periods/closings", &closing).await.status, 201);
    let dated = |number: u32| {
        let mut entry = entry(number, "1002.a", "6001", "1.00");
        entry["effective_date"] = json!("2025-12-31");
        entry
    };
    as_person(&api, &finance, "/v1/entries", &dated(1)).await.problem(422, "period_closed");
    let mut adjusting = dated(2);
    adjusting["adjusting"] = json!(true);
    as_person(&api, &finance, "/v1/entries", &adjusting).await.problem(422, "adjusting_not_permitted");
    assert_eq!(as_person(&api, &lin, "/v1/entries", &adjusting).await.status, 201);
    let mut late = dated(3);
    late["late"] = json!(true);
    assert_eq!(as_person(&api, &finance, "/v1/entries", &late).await.status, 201);
    let shown = api.get(&format!("/v1/entries/{}", id(3))).await.body;
    assert_eq!((&shown["effective_date"], &shown["value_date"]), (&json!("2026-01-01"), &json!("2025-12-31")));

    let proposal = json!({"from": "2025-12-01", "out_of": "soft", "reason": "a late bill"});
    let proposed = as_person(&api, &lin, "/v1/periods/reopenings", &proposal).await;
    let approval = format!("/v1/periods/reopenings/{}/approval", proposed.body["record"]);
    let agreed = json!({"reason": "agreed"});
    as_person(&api, &lin, &approval, &agreed).await.problem(422, "same_person");
    assert_eq!(as_person(&api, &mei, &approval, &agreed).await.status, 201);
    assert_eq!(as_person(&api, &finance, "/v1/entries", &dated(1)).await.status, 201);
    let periods = api.get("/v1/periods").await.body;
    assert_eq!(periods["soft_through"], "2025-11-30");
    let done: Vec<_> = periods["records"].as_array().unwrap().iter().map(|record| record["what"].clone()).collect();
    assert_eq!(done, ["closed", "proposed", "reopened"]);
    assert_eq!(periods["records"][2]["proposed_by"], "person:lin");
}

#[tokio::test]
async fn a_year_ends_over_the_wire() {
    let api = Api::with_accounts().await;
    let account = json!({"code": "3900", "name": "retained earnings", "currency": "CNY", "type": "equity"});
    assert_eq!(api.post("/v1/accounts", &account).await.status, 201);
    let mut sale = entry(1, "1002.a", "6001", "8.00");
    sale["effective_date"] = json!("2025-06-01");
    api.posted(&sale).await;
    let before = api.get("/v1/reports/income-statement").await.body;
    let year_end = json!({"through": "2025-12-31", "retained_earnings": ["3900"]});
    let ended = api.post("/v1/periods/year-ends", &year_end).await;
    assert_eq!((ended.status, ended.body["entries"].as_array().map(Vec::len)), (201, Some(1)), "{ended:?}");
    assert_eq!(api.get("/v1/accounts/6001/balance").await.body["balance"], "0.00");
    assert_eq!(api.get("/v1/accounts/3900/balance").await.body["balance"], "8.00");
    // What was earned stays told: an income statement does not count what closes a year, nor what takes that back.
    let statement = async || api.get("/v1/reports/income-statement?from=2025-01-01&as_of=2025-12-31").await.body;
    let shown = statement().await;
    assert_eq!((&shown["totals"][0]["result"], &shown["totals"][0]["income"]), (&json!("8.00"), &json!("8.00")));
    let change = format!("of=income-statement&before_known_at={}", before["known_at"].as_str().unwrap());
    let diff = api.get(&format!("/v1/reports/diff?{change}&before_as_of=2025-12-31&after_as_of=2025-12-31")).await.body;
    assert_eq!((&diff["rows"], &diff["entries"]), (&json!([]), &json!([])), "{diff}");
    let sheet = api.get("/v1/reports/balance-sheet").await.body;
    assert_eq!((&sheet["totals"][0]["result"], &sheet["totals"][0]["equity"]), (&json!("0.00"), &json!("8.00")));
    let closing = &api.get("/v1/entries?after=1").await.body["entries"][0]["id"];
    let reversal = json!({"id": id(9), "kind": "reversal", "relates_to": closing, "effective_date": "2025-12-31"});
    api.posted(&reversal).await;
    assert_eq!(api.get("/v1/accounts/6001/balance").await.body["balance"], "8.00");
    assert_eq!(statement().await["totals"], shown["totals"]);
    let to_nobody = json!({"through": "2025-12-31", "retained_earnings": ["6001"]});
    api.post("/v1/periods/year-ends", &to_nobody).await.problem(422, "not_equity");
}
