//! Insurers over HTTP: brought live by two people, agreed with, suspended, and each sees itself only.

use dianfu_api::auth::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::claim_desks::send;
use super::claims::Clinic;
use super::{Api, Reply, another_token, token};

/// Two people who bring insurers live, on a book without any.
struct Desk {
    api: Api,
    maker: String,
    checker: String,
}

impl Desk {
    async fn new() -> Desk {
        let api = Api::start().await;
        let (maker, checker) =
            (token(&api.database, "wang", Role::Admin).await, token(&api.database, "li", Role::Approver).await);
        let desk = Desk { api, maker, checker };
        let registered = desk.ask(Method::PUT, &desk.maker, "", &cpic()).await;
        assert_eq!(registered.status, 200, "{registered:?}");
        desk
    }

    async fn ask(&self, method: Method, token: &str, rest: &str, body: &Value) -> Reply {
        let path = format!("/v1/insurers/cpic{rest}");
        Reply::of(self.api.bare(method, &path).bearer_auth(token).json(body).send().await.unwrap()).await
    }

    async fn makes(&self, rest: &str, body: &Value) -> Reply {
        self.ask(Method::POST, &self.maker, rest, body).await
    }

    async fn checks(&self, rest: &str, body: &Value) -> Reply {
        self.ask(Method::POST, &self.checker, rest, body).await
    }

    async fn view(&self) -> Value {
        self.api.get("/v1/insurers/cpic").await.body
    }

    /// One proposes it and another accepts it.
    async fn agree(&self, act: Value) {
        let made = self.makes("/proposals", &json!({"act": act, "reason": "agreed"})).await;
        assert_eq!(made.status, 200, "{made:?}");
        let path = format!("/proposals/{}/acceptance", made.body["number"]);
        let accepted = self.checks(&path, &word()).await;
        assert_eq!(accepted.status, 200, "{accepted:?}");
    }

    /// All papers accepted, terms in force, live.
    async fn go_live(&self) {
        for item in ["licence", "contract_terms", "bank_account", "credit_line", "keys"] {
            assert_eq!(self.makes("/papers", &paper(item)).await.body["number"], 1);
            let path = format!("/papers/{item}/1/verdict");
            let judged = self.checks(&path, &json!({"accepted": true, "reason": "seen"})).await;
            assert_eq!(judged.status, 200, "{judged:?}");
        }
        self.agree(json!({"terms": {"effective_from": "2026-01-01", "terms": terms()}})).await;
        self.agree(json!("go_live")).await;
    }
}

fn cpic() -> Value {
    json!({"name": "Example Insurer", "currency": "CNY", "credit_line": "10000.00"})
}

fn word() -> Value {
    json!({"reason": "seen"})
}

fn paper(item: &str) -> Value {
    let expires_on = (item == "licence").then_some("2099-12-31");
    json!({"item": item, "evidence_sha256": "07".repeat(32), "note": "the paper", "expires_on": expires_on})
}

fn terms() -> Value {
    json!({
        "payment_days": 30, "payment_days_are": "calendar", "calendar": "CN", "fee_per_10000": 100,
        "vat_per_10000": 600, "tolerance_per_line": "0.05", "tolerance_per_day": "1.00", "guarantee_days": 30,
        "response_days": 10, "funding": "credit_line",
        "bearers": [
            {"cause": "not_covered", "condition": "consent_signed", "bears": "patient", "otherwise": "platform"}
        ],
    })
}

#[tokio::test]
async fn an_insurer_is_brought_live_by_two_people() {
    let desk = Desk::new().await;
    let begun = desk.view().await;
    assert_eq!((&begun["stage"], &begun["credit_line"]["left"]), (&json!("ONBOARDING"), &json!("10000.00")));
    assert_eq!(
        (&begun["checklist"][0]["item"], &begun["checklist"][0]["lacks"]),
        (&json!("licence"), &json!("is missing"))
    );
    let early = desk.makes("/proposals", &json!({"act": "go_live", "reason": "soon"})).await;
    assert_eq!(early.problem(422, "checklist_open")["pointer"], "/act/go_live");
    desk.go_live().await;
    let live = desk.view().await;
    assert_eq!((&live["stage"], &live["terms_in_force"]), (&json!("LIVE"), &json!(1)), "{live}");
    assert_eq!(live["terms"][0]["terms"], terms());
    assert_eq!(live["checklist"][0]["state"], "accepted");
    let told = |proposal: &Value| json!([proposal["state"], proposal["proposed_by"], proposal["ended_by"]]);
    assert_eq!(told(&live["proposals"][1]), json!(["approved", "person:wang", "person:li"]));
    let again = desk.checks("/proposals/2/acceptance", &word()).await;
    assert_eq!(again.status, 200, "the same again is fine");
    desk.checks("/proposals/2/turning-down", &word()).await.problem(409, "proposal_ended");
    desk.makes("/proposals/2/withdrawal", &word()).await.problem(409, "proposal_ended");
}

#[tokio::test]
async fn one_person_does_not_do_what_takes_two() {
    let desk = Desk::new().await;
    let checker = another_token(&desk.api.database, "wang", Role::Approver).await;
    desk.makes("/papers", &paper("keys")).await;
    let accepted = json!({"accepted": true, "reason": "mine"});
    desk.ask(Method::POST, &checker, "/papers/keys/1/verdict", &accepted).await.problem(422, "same_person");
    let line = json!({"act": {"credit_line": {"max": "1.00"}}, "reason": "less"});
    let made = desk.makes("/proposals", &line).await;
    assert_eq!(desk.makes("/proposals", &line).await.body["number"], made.body["number"], "the same again is the same");
    desk.ask(Method::POST, &checker, "/proposals/1/acceptance", &word()).await.problem(422, "same_person");
    desk.makes("/proposals/1/acceptance", &word()).await.problem(403, "forbidden");
    desk.checks("/proposals", &line).await.problem(403, "forbidden");
    assert_eq!(desk.view().await["credit_line"]["limit"], "10000.00");
    assert_eq!(desk.checks("/proposals/1/acceptance", &word()).await.body["credit_line"]["limit"], "1.00");
}

#[tokio::test]
async fn what_is_registered_twice_is_the_same_or_a_conflict() {
    let desk = Desk::new().await;
    assert_eq!(desk.ask(Method::PUT, &desk.maker, "", &cpic()).await.status, 200);
    let mut other = cpic();
    other["name"] = json!("Another Insurer");
    let reply = desk.ask(Method::PUT, &desk.maker, "", &other).await;
    let conflict = reply.problem(409, "conflict");
    assert_eq!((&conflict["pointer"], &conflict["expected"]), (&json!("/name"), &json!("Example Insurer")));
    for (field, value, code) in [
        ("name", json!(""), "text_length"),
        ("currency", json!("XXY"), "currency_unknown"),
        ("credit_line", json!("-1.00"), "out_of_range"),
        ("credit_line", json!("0.001"), "amount_too_many_decimals"),
    ] {
        let mut body = cpic();
        body[field] = value;
        let reply = desk.ask(Method::PUT, &desk.maker, "", &body).await;
        assert_eq!(reply.problem(422, code)["pointer"], format!("/{field}"), "{body}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_about_an_insurer_is_told_at_its_place() {
    let desk = Desk::new().await;
    let proposal = |act: Value| json!({"act": act, "reason": "x"});
    let next = |field: &str, value: Value| {
        let mut terms = terms();
        terms[field] = value;
        proposal(json!({"terms": {"effective_from": "2026-01-01", "terms": terms}}))
    };
    let changed = |field: &str, value: Value| {
        let mut paper = paper("licence");
        paper[field] = value;
        paper
    };
    for (path, body, code, place) in [
        ("/papers", changed("item", json!("stamp")), "item_unknown", "/item"),
        ("/papers", changed("evidence_sha256", json!("07")), "digest_malformed", "/evidence_sha256"),
        ("/papers", changed("expires_on", json!(null)), "expiry_missing", "/expires_on"),
        ("/papers", changed("expires_on", json!("2020-01-01")), "paper_expired", "/expires_on"),
        ("/papers", changed("note", json!("")), "text_length", "/note"),
        ("/proposals", json!({"act": "lift", "reason": "x"}), "not_in_this_stage", "/act/lift"),
        ("/proposals", json!({"act": {"credit_line": {"max": "1.00"}}, "reason": ""}), "text_length", "/reason"),
        (
            "/proposals",
            proposal(json!({"credit_line": {"max": "-1.00"}})),
            "out_of_range",
            "/act/credit_line/credit_line",
        ),
        ("/proposals", next("payment_days", json!(366)), "out_of_range", "/act/terms/terms/payment_days"),
        ("/proposals", next("calendar", json!("a.b")), "number_malformed", "/act/terms/terms/calendar"),
        (
            "/proposals",
            next("tolerance_per_line", json!("x")),
            "amount_malformed",
            "/act/terms/terms/tolerance_per_line",
        ),
        ("/suspension", word(), "not_in_this_stage", ""),
        ("/switches", json!({"modules": ["x"], "is_on": true, "reason": "x"}), "module_unknown", "/modules/0"),
        (
            "/switches",
            json!({"modules": ["direct_pay"], "is_on": true, "from_at": "2026-01-01T00:00:00Z", "reason": "x"}),
            "switch_backdated",
            "/from_at",
        ),
    ] {
        let reply = desk.makes(path, &body).await;
        assert_eq!(reply.problem(422, code)["pointer"], place, "{body}");
    }
    desk.checks("/proposals/9/acceptance", &word()).await.problem(404, "proposal_unknown");
    let verdict = json!({"accepted": true, "reason": "seen"});
    desk.checks("/papers/keys/1/verdict", &verdict).await.problem(404, "paper_unknown");
    let reply = desk.checks("/papers/stamp/1/verdict", &verdict).await;
    assert_eq!(reply.problem(400, "parameter_invalid")["pointer"], "/path/item");
}

#[tokio::test]
async fn a_paper_is_judged_once() {
    let desk = Desk::new().await;
    desk.makes("/papers", &paper("keys")).await;
    let verdict = |accepted: bool| json!({"accepted": accepted, "reason": "seen"});
    for _ in 0..2 {
        assert_eq!(desk.checks("/papers/keys/1/verdict", &verdict(false)).await.status, 200);
    }
    let otherwise = desk.checks("/papers/keys/1/verdict", &verdict(true)).await;
    assert_eq!(otherwise.problem(409, "paper_judged")["pointer"], "/accepted");
    assert_eq!(desk.view().await["checklist"][4]["lacks"], "is rejected");
}

#[tokio::test]
async fn one_person_suspends_and_two_lift() {
    let desk = Desk::new().await;
    desk.go_live().await;
    for _ in 0..2 {
        let suspended = desk.makes("/suspension", &json!({"reason": "fraud inquiry"})).await;
        let shown = (&suspended.body["stage"], &suspended.body["stage_reason"]);
        assert_eq!(shown, (&json!("SUSPENDED"), &json!("fraud inquiry")), "{suspended:?}");
    }
    desk.agree(json!("lift")).await;
    assert_eq!(desk.view().await["stage"], "LIVE");
}

#[tokio::test]
async fn modules_are_switched_from_a_moment() {
    let desk = Desk::new().await;
    let on = json!({"modules": ["direct_pay", "pre_review"], "is_on": true, "reason": "contract"});
    assert_eq!(desk.makes("/switches", &on).await.status, 200);
    let later = json!({
        "modules": ["direct_pay"], "is_on": false, "from_at": "2099-01-01T00:00:00Z", "reason": "contract ends"
    });
    let shown = desk.makes("/switches", &later).await.body;
    assert_eq!(shown["modules_on"], json!(["pre_review", "direct_pay"]));
    assert_eq!(shown["modules"][3]["switches"][1]["from_at"], "2099-01-01T00:00:00Z");
}

#[tokio::test]
async fn an_insurer_sees_itself_only_and_no_people() {
    let clinic = Clinic::new().await;
    let picc = clinic.token("own", Role::Insurer).await;
    let numbers = async |token: &str| {
        let reply = clinic.get_as(token, "/v1/insurers").await;
        let insurers = reply.body["insurers"].as_array().unwrap().clone();
        insurers.iter().map(|one| one["insurer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let auditor = clinic.token("all", Role::Auditor).await;
    assert_eq!(
        (numbers(&picc).await, numbers(&auditor).await),
        (vec!["picc".into()], vec!["cpic".into(), "picc".into()])
    );
    let own = clinic.get_as(&picc, "/v1/insurers/picc").await;
    assert_eq!((own.status, &own.body["proposals"]), (200, &json!([])), "{own:?}");
    assert_eq!(own.body["checklist"][0]["papers"][0]["judged_by"], "platform");
    clinic.get_as(&picc, "/v1/insurers/cpic").await.problem(404, "insurer_unknown");
    for role in [Role::Pharmacy, Role::Patient] {
        let outside = clinic.token("outside", role).await;
        assert_eq!(numbers(&outside).await, [""; 0]);
        clinic.get_as(&outside, "/v1/insurers/picc").await.problem(404, "insurer_unknown");
    }
    for unknown in ["nobody", "a.b"] {
        clinic.get_as(&auditor, &format!("/v1/insurers/{unknown}")).await.problem(404, "insurer_unknown");
    }
    let path = "/v1/insurers/nobody/suspension";
    let maker = clinic.token("makes", Role::Admin).await;
    send(&clinic, &maker, Method::POST, path, &word()).await.problem(404, "insurer_unknown");
}
