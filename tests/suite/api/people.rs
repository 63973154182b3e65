//! People, their roles and what they do: one person is one person whichever token he comes with, and everything that is
//! done to people is on record.

use dianfu_api::Error;
use dianfu_api::auth::operator::{self, By};
use dianfu_api::auth::{Holder, NewToken, OperatorNo, Role, create_token};
use dianfu_ledger::clock;
use dianfu_settlement::number::PartyNo;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_postgres::error::SqlState;

use super::{Api, Reply, employ, main_book, token, token_of};

async fn ask_as(api: &Api, token: &str, path: &str, body: &Value) -> Reply {
    Reply::of(api.bare(Method::POST, path).bearer_auth(token).json(body).send().await.unwrap()).await
}

fn lin() -> Value {
    json!({"operator": "lin", "name": "Lin Yue", "reason": "joins us"})
}

#[tokio::test]
async fn a_person_is_put_on_record_given_roles_and_ended() {
    let api = Api::start().await;
    let created = api.post("/v1/operators", &lin()).await;
    assert_eq!((created.status, &created.body["actor"]), (201, &json!("person:admin")), "{created:?}");
    assert_eq!(api.post("/v1/operators", &lin()).await.status, 200);
    let mut other = lin();
    other["name"] = json!("Lin Mei");
    assert_eq!(api.post("/v1/operators", &other).await.problem(409, "conflict")["pointer"], "/operator");
    let look_alike = json!({"operator": "LIN", "name": "Lin Yue", "reason": "looks like another"});
    api.post("/v1/operators", &look_alike).await.problem(409, "conflict");

    let role = json!({"role": "reviewer", "reason": "reviews"});
    assert_eq!(api.post("/v1/operators/lin/roles", &role).await.status, 201);
    assert_eq!(api.post("/v1/operators/lin/roles", &role).await.status, 200);
    assert_eq!(api.get("/v1/operators/lin").await.body["holds"], json!(["reviewer"]));

    let ending = json!({"role": "reviewer", "reason": "reviews no more"});
    assert_eq!(api.post("/v1/operators/lin/endings", &ending).await.status, 201);
    api.post("/v1/operators/lin/endings", &ending).await.problem(422, "role_not_held");
    assert_eq!(api.post("/v1/operators/lin/endings", &json!({"reason": "left us"})).await.status, 201);
    assert_eq!(api.post("/v1/operators/lin/endings", &json!({"reason": "left us"})).await.status, 200);
    api.post("/v1/operators/lin/roles", &role).await.problem(422, "operator_left");
    let all = api.get("/v1/operators").await.body;
    let names: Vec<&Value> = all["operators"].as_array().unwrap().iter().map(|one| &one["operator"]).collect();
    assert_eq!(names, ["admin", "lin"]);
    assert_eq!(all["operators"][1]["holds"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_done_to_people_is_told_with_its_place() {
    let api = Api::start().await;
    api.post("/v1/operators", &lin()).await;
    let of_lin = "/v1/operators/lin/roles";
    for (path, body, status, code, place) in [
        ("/v1/operators", json!({"operator": "l.n", "name": "x", "reason": "x"}), 422, "number_malformed", "/operator"),
        ("/v1/operators", json!({"operator": "x", "name": "", "reason": "x"}), 422, "text_length", "/name"),
        ("/v1/operators", json!({"operator": "x", "name": "x", "reason": ""}), 422, "text_length", "/reason"),
        (of_lin, json!({"role": "king", "reason": "x"}), 422, "role_unknown", "/role"),
        (of_lin, json!({"role": "poster", "reason": "x"}), 422, "role_of_nobody", "/role"),
        (of_lin, json!({"role": "insurer", "reason": "x"}), 422, "role_of_nobody", "/role"),
        (of_lin, json!({"role": "admin", "reason": ""}), 422, "text_length", "/reason"),
        (
            of_lin,
            json!({"role": "admin", "reason": "x", "ends_at": "2020-01-01T00:00:00Z"}),
            422,
            "end_passed",
            "/ends_at",
        ),
        ("/v1/operators/admin/roles", json!({"role": "approver", "reason": "x"}), 422, "same_person", "/role"),
    ] {
        let reply = api.post(path, &body).await;
        assert_eq!(reply.problem(status, code)["pointer"], place, "{path} {body}");
    }
    for name in ["nobody", "l.n"] {
        let path = format!("/v1/operators/{name}/roles");
        api.post(&path, &json!({"role": "admin", "reason": "x"})).await.problem(404, "operator_unknown");
        api.get(&format!("/v1/operators/{name}")).await.problem(404, "operator_unknown");
    }
    assert_eq!(api.get("/v1/operators/lin").await.body["roles"], json!([]));
}

#[tokio::test]
async fn two_tokens_of_one_person_are_one_person() {
    let api = Api::start().await;
    let person = OperatorNo::parse("lin").unwrap();
    let first = token(&api.database, "lin", Role::Controller).await;
    let second = token_of(&api.database, "lin-2", Role::Controller, Holder::Person(&person)).await;
    let closing = json!({"through": "2025-12-31", "how": "soft", "reason": "month end"});
    assert_eq!(ask_as(&api, &first, "/v1/periods/closings", &closing).await.status, 201);
    let proposal = json!({"from": "2025-12-01", "out_of": "soft", "reason": "a late bill"});
    let proposed = ask_as(&api, &first, "/v1/periods/reopenings", &proposal).await;
    let approval = format!("/v1/periods/reopenings/{}/approval", proposed.body["record"]);
    ask_as(&api, &second, &approval, &json!({"reason": "agreed"})).await.problem(422, "same_person");
    let other = token(&api.database, "mei", Role::Controller).await;
    assert_eq!(ask_as(&api, &other, &approval, &json!({"reason": "agreed"})).await.status, 201);
}

#[tokio::test]
async fn a_token_is_good_while_its_bearer_holds_its_role() {
    let api = Api::start().await;
    let auditor = token(&api.database, "lin", Role::Auditor).await;
    let person = OperatorNo::parse("lin").unwrap();
    employ(&api.database, &person, Role::Finance).await;
    let finance = token_of(&api.database, "lin-finance", Role::Finance, Holder::Person(&person)).await;
    let status = async |token: &str| {
        api.bare(Method::GET, "/v1/entries").bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    assert_eq!((status(&auditor).await, status(&finance).await), (200, 200));
    let ending = json!({"role": "finance", "reason": "audits only"});
    assert_eq!(api.post("/v1/operators/lin/endings", &ending).await.status, 201);
    assert_eq!((status(&auditor).await, status(&finance).await), (200, 401));
    assert_eq!(api.post("/v1/operators/lin/endings", &json!({"reason": "left us"})).await.status, 201);
    assert_eq!(status(&auditor).await, 401);
}

#[tokio::test]
async fn a_token_has_a_bearer_who_fits_its_role_and_is_on_record() {
    let api = Api::start().await;
    let (person, party) = (OperatorNo::parse("admin").unwrap(), PartyNo::parse("picc").unwrap());
    let made = async |role: Role, holder: Holder<'_>| {
        let new = NewToken { name: "x", role, holder, expires_at: None, created_by: "test" };
        create_token(&api.database, &main_book(), &new).await.unwrap_err()
    };
    for (role, holder) in [
        (Role::Poster, Holder::Person(&person)),
        (Role::Approver, Holder::System),
        (Role::Admin, Holder::Party(&party)),
        (Role::Insurer, Holder::Person(&person)),
        (Role::Patient, Holder::System),
    ] {
        assert!(matches!(made(role, holder).await, Error::TokenHolderUnfit { .. }), "{role:?}");
    }
    assert!(matches!(made(Role::Approver, Holder::Person(&person)).await, Error::RoleNotHeld { .. }));
    let nobody = OperatorNo::parse("nobody").unwrap();
    assert!(matches!(made(Role::Admin, Holder::Person(&nobody)).await, Error::RoleNotHeld { .. }));
    for role in [Role::Insurer, Role::Pharmacy, Role::Patient] {
        assert!(matches!(made(role, Holder::Party(&party)).await, Error::PartyUnknown { .. }));
    }
}

#[tokio::test]
async fn everything_done_to_people_is_on_record_with_its_request() {
    let api = Api::start().await;
    let request = api.request(Method::POST, "/v1/operators").header("x-request-id", "req-7").json(&lin());
    assert_eq!(Reply::of(request.send().await.unwrap()).await.status, 201);
    api.post("/v1/operators/lin/roles", &json!({"role": "reviewer", "reason": "reviews"})).await;
    api.post("/v1/operators/lin/roles", &json!({"role": "reviewer", "reason": "again"})).await;
    api.post("/v1/operators/lin/endings", &json!({"role": "reviewer", "reason": "no more"})).await;
    let page = api.get("/v1/acts?subject_kind=operator&subject_no=lin&limit=2").await.body;
    let told = |page: &Value| -> Vec<Value> {
        let acts = page["acts"].as_array().unwrap().iter();
        acts.map(|act| json!([act["what"], act["actor"], act["before"], act["after"], act["reason"]])).collect()
    };
    assert_eq!(
        told(&page),
        [
            json!(["role_ended", "person:admin", {"role": "reviewer"}, null, "no more"]),
            json!(["role_granted", "person:admin", null, {"role": "reviewer", "ends_at": null}, "reviews"])
        ]
    );
    let next = format!("/v1/acts?subject_kind=operator&subject_no=lin&limit=2&before={}", page["next"]);
    let rest = api.get(&next).await.body;
    assert_eq!(told(&rest), [json!(["operator_created", "person:admin", null, {"name": "Lin Yue"}, "joins us"])]);
    assert_eq!((&rest["acts"][0]["request_id"], &rest["next"]), (&json!("req-7"), &Value::Null));
    let mine = api.get("/v1/acts?actor=person%3Anobody").await.body;
    assert_eq!(mine["acts"], json!([]));
}

#[tokio::test]
async fn whoever_is_on_both_sides_of_a_duty_is_reported() {
    let api = Api::start().await;
    let person = OperatorNo::parse("lin").unwrap();
    for role in [Role::Reviewer, Role::Auditor] {
        employ(&api.database, &person, role).await;
    }
    let conflicts = async || api.get("/v1/reports/duty-conflicts").await.body["conflicts"].clone();
    assert_eq!(conflicts().await, json!([]));
    employ(&api.database, &person, Role::Approver).await;
    let found = conflicts().await;
    assert_eq!(found[0]["operator"], "lin");
    assert_eq!(found[0]["pairs"], json!([{"duty": "pre_review", "maker": "reviewer", "checker": "approver"}]));
    assert_eq!(found[0]["roles"][0]["reason"], "for the test");
    api.post("/v1/operators/lin/endings", &json!({"role": "reviewer", "reason": "one or the other"})).await;
    assert_eq!(conflicts().await, json!([]));
}

#[tokio::test]
async fn the_database_knows_two_people_from_one() {
    let api = Api::start().await;
    let owner = api.database.connect_owner().await.unwrap();
    let table = "SET search_path = book_main;
        CREATE TABLE checked (made_by text, checked_by text,
            CONSTRAINT checked_two_people CHECK (two_people(made_by, checked_by)))";
    owner.batch_execute(table).await.unwrap();
    let insert = "INSERT INTO checked VALUES ($1, $2)";
    for (maker, checker) in [
        ("person:lin", Some("person:lin")),
        ("person:lin", Some("person:Lin")),
        ("person:lin", Some("system:nightly")),
        ("insurer:picc", Some("insurer:cpic")),
        ("person:lin", Some("person:")),
        ("person:lin", None),
    ] {
        let error = owner.execute(insert, &[&maker, &checker]).await.unwrap_err();
        let constraint = error.as_db_error().unwrap().constraint();
        assert_eq!(constraint, Some("checked_two_people"), "{maker} {checker:?}");
    }
    for (maker, checker) in [("person:lin", "person:mei"), ("insurer:picc", "person:lin")] {
        assert_eq!(owner.execute(insert, &[&maker, &checker]).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn nobody_changes_what_is_on_record_of_people() {
    let api = Api::start().await;
    let owner = api.database.connect_owner().await.unwrap();
    owner.batch_execute("SET search_path = book_main").await.unwrap();
    for statement in [
        "UPDATE operator SET display_name = 'other'",
        "UPDATE operator_role SET role = 'approver'",
        "UPDATE operator_role SET ends_at = NULL",
        "DELETE FROM operator_role",
        "DELETE FROM operator",
        "TRUNCATE operator_act",
        "UPDATE operator_act SET actor = 'person:other'",
        "DELETE FROM operator_act",
    ] {
        let error = owner.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::RESTRICT_VIOLATION), "{statement}");
    }
    let end = "UPDATE operator_role SET ends_at = now() + interval '1 day'";
    assert!(owner.batch_execute(end).await.is_ok());
    let later = "UPDATE operator_role SET ends_at = now() + interval '2 days'";
    let error = owner.batch_execute(later).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("only_ends_sooner"));
}

#[tokio::test]
async fn of_two_who_give_one_role_at_once_one_gives_it() {
    let api = Api::start().await;
    let person = OperatorNo::parse("lin").unwrap();
    employ(&api.database, &person, Role::Auditor).await;
    let grant = async |reason: &'static str| {
        let mut client = api.database.connect_service("book_main").await.unwrap();
        let by = By { actor: "person:test", reason, request_id: None, now: clock::now() };
        operator::grant(&mut client, &person, Role::Reviewer, None, by).await.unwrap().unwrap()
    };
    let (first, second) = tokio::join!(grant("one"), grant("other"));
    assert_ne!(first, second);
}
