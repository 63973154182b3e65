//! What takes two people, over HTTP: one proposes, another accepts or turns it down.

use dianfu_api::auth::{Holder, OperatorNo, Role};
use dianfu_claims::claim::State;
use reqwest::Method;
use serde_json::{Value, json};

use super::claim_desks::send;
use super::claims::Clinic;
use super::{Reply, employ, id, token, token_of};
use crate::claims::fixture::ON;

/// Two people who handle and check money, and the claim CLM-3 with an open shortfall of 1200.00.
struct TwoPeople {
    clinic: Clinic,
    maker: String,
    checker: String,
}

impl TwoPeople {
    async fn new() -> TwoPeople {
        let clinic = Clinic::new().await;
        clinic.desk.bring("CLM-3", "p-3", State::Partial).await;
        let (maker, checker) = (clinic.token("two", Role::Finance).await, clinic.token("two", Role::Approver).await);
        TwoPeople { clinic, maker, checker }
    }

    async fn propose(&self, number: u32, body: &Value) -> Reply {
        let path = format!("/v1/money-proposals/{}", id(number));
        send(&self.clinic, &self.maker, Method::PUT, &path, body).await
    }

    async fn says(&self, token: &str, number: u32, what: &str) -> Reply {
        let path = format!("/v1/{}", what.replace("{id}", &id(number)));
        send(&self.clinic, token, Method::POST, &path, &json!({"reason": "seen"})).await
    }

    async fn waiting(&self, query: &str) -> Reply {
        self.clinic.get_as(&self.checker, &format!("/v1/claim-proposals{query}")).await
    }
}

fn borne(number: i32, amount: &str) -> Value {
    borne_by("platform", "rule_misapplied", (number, amount))
}

fn borne_by(bearer: &str, cause: &str, (number, amount): (i32, &str)) -> Value {
    let told = json!({"number": number, "bearer": bearer, "amount": amount, "cause": cause});
    let event = json!({"shortfall_assigned": told});
    json!({"claim_no": "CLM-3", "event": event, "on": ON, "currency": "CNY", "reason": "our mistake"})
}

#[tokio::test]
async fn what_one_person_proposes_another_accepts_once() {
    let two = TwoPeople::new().await;
    let made = two.propose(1, &borne(1, "1200.00")).await;
    assert_eq!((made.status, &made.body["would"]["event"]), (200, &json!("shortfall_assigned")), "{made:?}");
    assert_eq!(two.propose(1, &borne(1, "1200.00")).await.status, 200, "the same again is the same");
    two.propose(1, &borne(1, "1199.00")).await.problem(409, "already_proposed");
    two.propose(2, &borne(1, "1200.00")).await.problem(409, "already_proposed");
    let page = two.waiting("?claim_no=CLM-3").await.body;
    let waiting = &page["proposals"][0];
    let shown = ["claim_no", "event", "amount", "currency", "bearer", "cause", "reason"].map(|at| &waiting[at]);
    let cause = "rule_misapplied";
    let expected = json!(["CLM-3", "shortfall_assigned", "1200.00", "CNY", "platform", cause, "our mistake"]);
    assert_eq!(json!(shown), expected, "{page}");
    two.says(&two.maker, 1, "money-proposals/{id}/acceptance").await.problem(403, "forbidden");
    two.says(&two.checker, 1, "ruling-proposals/{id}/acceptance").await.problem(404, "proposal_unknown");
    two.says(&two.checker, 9, "money-proposals/{id}/acceptance").await.problem(404, "proposal_unknown");
    let accepted = two.says(&two.checker, 1, "money-proposals/{id}/acceptance").await;
    assert_eq!((accepted.status, accepted.body["entries"].as_array().map(Vec::len)), (201, Some(1)), "{accepted:?}");
    let again = two.says(&two.checker, 1, "money-proposals/{id}/acceptance").await;
    assert_eq!((again.status, &again.body["entries"]), (200, &accepted.body["entries"]));
    two.says(&two.checker, 1, "money-proposals/{id}/turning-down").await.problem(409, "proposal_decided");
    assert_eq!(two.waiting("").await.body["proposals"], json!([]));
    two.clinic.desk.verify().await;
}

#[tokio::test]
async fn what_is_turned_down_is_not_done_and_may_be_proposed_again() {
    let two = TwoPeople::new().await;
    assert_eq!(two.propose(1, &borne(1, "1200.00")).await.status, 200);
    assert_eq!(two.says(&two.checker, 1, "money-proposals/{id}/turning-down").await.status, 200);
    two.says(&two.checker, 1, "money-proposals/{id}/acceptance").await.problem(409, "proposal_decided");
    assert_eq!(two.clinic.desk.claim("CLM-3").await.progress.shortfall_minor, 120_000);
    assert_eq!(two.propose(2, &borne(1, "1200.00")).await.status, 200);
}

#[tokio::test]
async fn a_maker_takes_his_own_proposal_back_and_nobody_elses() {
    let two = TwoPeople::new().await;
    assert_eq!(two.propose(1, &borne(1, "1200.00")).await.status, 200);
    let another = two.clinic.token("another", Role::Finance).await;
    two.says(&another, 1, "money-proposals/{id}/withdrawal").await.problem(422, "not_yours");
    two.says(&two.checker, 1, "money-proposals/{id}/withdrawal").await.problem(403, "forbidden");
    let reviewer = two.clinic.token("two", Role::Reviewer).await;
    two.says(&reviewer, 1, "ruling-proposals/{id}/withdrawal").await.problem(404, "proposal_unknown");
    for _ in 0..2 {
        assert_eq!(two.says(&two.maker, 1, "money-proposals/{id}/withdrawal").await.status, 200);
    }
    two.says(&two.checker, 1, "money-proposals/{id}/acceptance").await.problem(409, "proposal_decided");
    assert_eq!(two.waiting("").await.body["proposals"], json!([]));
}

#[tokio::test]
async fn nobody_accepts_what_he_has_proposed() {
    let two = TwoPeople::new().await;
    let database = &two.clinic.api.database;
    let maker = token(database, "lin", Role::Finance).await;
    let lin = OperatorNo::parse("lin").unwrap();
    employ(database, &lin, Role::Approver).await;
    let checker = token_of(database, "lin-checks", Role::Approver, Holder::Person(&lin)).await;
    let path = format!("/v1/money-proposals/{}", id(1));
    let made = send(&two.clinic, &maker, Method::PUT, &path, &borne(1, "1200.00")).await;
    assert_eq!(made.status, 200, "{made:?}");
    two.says(&checker, 1, "money-proposals/{id}/acceptance").await.problem(422, "same_person");
}

#[tokio::test]
async fn a_proposal_that_cannot_be_is_refused_at_its_place() {
    let two = TwoPeople::new().await;
    let plain = json!({"clawback_paid": {"number": 1, "amount": "1.00", "bank": "settlement"}});
    let plain = json!({"claim_no": "CLM-3", "event": plain, "on": ON, "currency": "CNY"});
    let mut elsewhere = borne(1, "1.00");
    elsewhere["claim_no"] = json!("CLM-9");
    for (body, status, code, pointer) in [
        (borne(1, "1200.01"), 422, "shortfall_exceeded", json!("/event/shortfall_assigned/amount")),
        (borne(1, "0.001"), 422, "amount_too_many_decimals", json!("/event/shortfall_assigned/amount")),
        (borne(0, "1.00"), 422, "out_of_range", json!("/event/shortfall_assigned/number")),
        (
            borne_by("patient", "rule_misapplied", (1, "1.00")),
            422,
            "bearer_differs",
            json!("/event/shortfall_assigned/bearer"),
        ),
        (borne_by("platform", "weather", (1, "1.00")), 422, "cause_unknown", json!("/event/shortfall_assigned/cause")),
        (plain, 422, "not_told_here", json!("/event/clawback_paid")),
        (elsewhere, 404, "claim_unknown", Value::Null),
    ] {
        let reply = two.propose(1, &body).await;
        assert_eq!(reply.problem(status, code)["pointer"], pointer, "{reply:?}");
    }
    assert_eq!(two.waiting("").await.body["proposals"], json!([]));
    for query in ["?cursor=1", "?claim_no=a.b", "?limit=0"] {
        two.waiting(query).await.problem(400, "parameter_invalid");
    }
}

#[tokio::test]
async fn proposals_that_wait_are_paged() {
    let two = TwoPeople::new().await;
    let provided = json!({"provisioned": {"number": 1, "change": "600.00"}});
    let provided = json!({"claim_no": "CLM-3", "event": provided, "on": ON, "currency": "CNY"});
    assert_eq!(two.propose(1, &borne(1, "1200.00")).await.status, 200);
    assert_eq!(two.propose(2, &provided).await.status, 200);
    let first = two.waiting("?limit=1").await.body;
    assert_eq!(first["proposals"][0]["proposal"], id(1));
    let next = first["next"].as_str().unwrap();
    let second = two.waiting(&format!("?limit=1&cursor={next}")).await.body;
    assert_eq!((&second["proposals"][0]["amount"], &second["next"]), (&json!("600.00"), &Value::Null));
}
