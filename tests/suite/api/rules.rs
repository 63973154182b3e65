//! Pre-review rules over HTTP: one proposes and tries, another makes live, and amounts are decimal strings.

use dianfu_api::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::claim_desks::send;
use super::claims::Clinic;
use super::{Reply, another_token, token};

/// Two people who change the rules of `picc`, whose first version is live.
struct TwoPeople {
    clinic: Clinic,
    maker: String,
    checker: String,
}

impl TwoPeople {
    async fn new() -> TwoPeople {
        let clinic = Clinic::new().await;
        let maker = token(&clinic.api.database, "wang", Role::Admin).await;
        let checker = token(&clinic.api.database, "li", Role::Approver).await;
        TwoPeople { clinic, maker, checker }
    }

    async fn ask(&self, method: Method, token: &str, rest: &str, body: &Value) -> Reply {
        send(&self.clinic, token, method, &format!("/v1/insurers/picc/rules{rest}"), body).await
    }

    async fn propose(&self, version: i32, body: &Value) -> Reply {
        self.ask(Method::PUT, &self.maker, &format!("/{version}"), body).await
    }

    async fn book(&self) -> Value {
        self.clinic.get_as(&self.checker, "/v1/insurers/picc/rules").await.body
    }
}

fn rules() -> Value {
    json!({
        "effective_from": "2026-03-01",
        "rules": {
            "approval_days": 20, "second_person_above": "5000.00", "auto_decide": true,
            "rules": [
                {"rule": {"rule": "policy_in_force"}, "on_fail": "reject"},
                {"rule": {"rule": "cap_per_year", "cap": "100000.00"}, "on_fail": "refer"}
            ],
        },
    })
}

#[tokio::test]
async fn rules_are_proposed_tried_and_made_live_by_another() {
    let two = TwoPeople::new().await;
    let made = two.propose(2, &rules()).await;
    assert_eq!((made.status, &made.body["rules"]), (200, &rules()["rules"]), "{made:?}");
    assert_eq!(two.propose(2, &rules()).await.body["content_sha256"], made.body["content_sha256"]);
    let at = format!("/2/proposals/{}", made.body["content_sha256"].as_str().unwrap());
    let (trial, accept) = (format!("{at}/trial"), format!("{at}/acceptance"));
    let nothing = json!({});
    two.ask(Method::POST, &two.checker, &accept, &nothing).await.problem(422, "untried");
    two.ask(Method::GET, &two.checker, &trial, &nothing).await.problem(404, "proposal_unknown");
    let tried = two.ask(Method::POST, &two.maker, &trial, &nothing).await;
    assert_eq!((tried.status, &tried.body["advance_before"]), (200, &json!("0.00")), "{tried:?}");
    assert_eq!(two.ask(Method::GET, &two.checker, &trial, &nothing).await.body, tried.body);
    two.ask(Method::POST, &two.maker, &accept, &nothing).await.problem(403, "forbidden");
    let same = another_token(&two.clinic.api.database, "wang", Role::Approver).await;
    two.ask(Method::POST, &same, &accept, &nothing).await.problem(422, "same_person");
    for _ in 0..2 {
        let live = two.ask(Method::POST, &two.checker, &accept, &nothing).await;
        assert_eq!((live.status, &live.body["versions"][1]["checked_by"]), (200, &json!("person:li")), "{live:?}");
    }
    let book = two.book().await;
    assert_eq!(book["proposals"], json!([]));
    let mut changes = book["changes"].as_array().unwrap().iter().filter(|change| change["version"] == 2);
    let change = changes.find(|change| change["rule"] == "second_person_above").unwrap_or_else(|| panic!("{book}"));
    assert_eq!((&change["from"], &change["to"]), (&Value::Null, &json!("5000.00")), "{book}");
    let mut other = rules();
    other["rules"]["approval_days"] = json!(21);
    assert_eq!(two.propose(2, &other).await.problem(409, "conflict")["pointer"], "/rules/approval_days");
    let quality = two.clinic.get_as(&two.checker, "/v1/insurers/picc/rule-quality").await;
    assert_eq!((quality.status, quality.body["versions"].is_array()), (200, true), "{quality:?}");
}

#[tokio::test]
async fn rules_that_cannot_be_meant_are_refused_at_their_place() {
    let two = TwoPeople::new().await;
    let changed = |change: fn(&mut Value)| {
        let mut body = rules();
        change(&mut body["rules"]);
        body
    };
    for (version, body, code, place) in [
        (3, rules(), "out_of_range", "/version"),
        (2, changed(|rules| rules["approval_days"] = json!(-1)), "faulty", "/rules"),
        (2, changed(|rules| rules["rules"][0]["on_fail"] = json!("shrug")), "rules_misshapen", "/rules"),
        (
            2,
            changed(|rules| rules["rules"][1]["rule"]["cap"] = json!("0.001")),
            "amount_too_many_decimals",
            "/rules/rules/1/rule/cap",
        ),
        (
            2,
            changed(|rules| rules["second_person_above_minor"] = json!(5)),
            "amount_malformed",
            "/rules/second_person_above_minor",
        ),
    ] {
        let reply = two.propose(version, &body).await;
        assert_eq!(reply.problem(422, code)["pointer"], place, "{body}");
    }
    assert_eq!(two.book().await["proposals"], json!([]));
    let unknown = format!("/2/proposals/{}/trial", "07".repeat(32));
    two.ask(Method::POST, &two.maker, &unknown, &json!({})).await.problem(404, "proposal_unknown");
    let nobody = send(&two.clinic, &two.maker, Method::PUT, "/v1/insurers/nobody/rules/1", &rules()).await;
    nobody.problem(404, "insurer_unknown");
    let insurer = two.clinic.token("own", Role::Insurer).await;
    two.ask(Method::GET, &insurer, "", &json!({})).await.problem(403, "forbidden");
}
