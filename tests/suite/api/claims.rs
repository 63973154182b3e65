//! Claims over HTTP: each sees its own, finds them, and pages stay where they are.

use std::time::Duration;

use dianfu_api::Limits;
use dianfu_api::auth::{Holder, Role};
use dianfu_api::sealing::Sealing;
use dianfu_claims::Command;
use dianfu_claims::claim::NewClaim;
use dianfu_claims::event::Event;
use dianfu_claims::insurer::Insurer;
use dianfu_claims::insurer::onboard::{Onboarding, onboard};
use dianfu_claims::patient::{self, Policy};
use dianfu_claims::pharmacy;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Reply, token, token_of};
use crate::claims::fixture::{Desk, ON, WIDE, intake, now, party, policy_of, the_insurer, the_pharmacy, told};

/// A served book with the claim CLM-1 of `picc`, `red-cross` and `p-1`, and CLM-2 of `cpic`, `nepstar` and `p-2`.
pub struct Clinic {
    pub api: Api,
    pub desk: Desk,
}

impl Clinic {
    /// Its claims do not move on by themselves: their days are long past.
    pub async fn new() -> Clinic {
        let in_a_year = Duration::from_hours(365 * 24);
        Clinic::with(Limits { work_every: in_a_year, ..Limits::default() }).await
    }

    pub async fn with(limits: Limits) -> Clinic {
        let desk = Clinic::desk().await;
        let api = Api::on(desk.test.database(), limits).await;
        Clinic { api, desk }
    }

    /// The same, sealing with these keys and keeping documents there.
    pub async fn sealing(sealing: Sealing) -> Clinic {
        let desk = Clinic::desk().await;
        let api = Api::sealing(desk.test.database(), sealing).await;
        Clinic { api, desk }
    }

    async fn desk() -> Desk {
        let desk = Desk::new(WIDE).await;
        let mut client = desk.ledger.client().await.unwrap();
        let other = Insurer { insurer_no: party("cpic"), ..the_insurer() };
        let other = Onboarding::plain(other, WIDE, ON, [7; 32]);
        onboard(&mut client, &other, ("wang", "li"), now()).await.unwrap().unwrap();
        pharmacy::register(&mut client, &the_pharmacy("nepstar"), "tester", now()).await.unwrap().unwrap();
        let policy = Policy { insurer: party("cpic"), ..policy_of("p-2") };
        patient::register_policy(&mut client, &policy, "tester", now()).await.unwrap().unwrap();
        drop(client);
        let elsewhere = NewClaim { insurer: party("cpic"), pharmacy: party("nepstar"), ..intake("CLM-2", "p-2") };
        for claim in [intake("CLM-1", "p-1"), elsewhere] {
            let claim_no = claim.claim_no.to_string();
            desk.ask(Command::take_in(claim, ON)).await.unwrap();
            desk.tell(&claim_no, Event::Submitted).await;
        }
        desk
    }

    /// A token of a role; of `picc`, `red-cross` or `p-1`, where the role is a party's.
    pub async fn token(&self, name: &str, role: Role) -> String {
        let own = match role {
            Role::Insurer => "picc",
            Role::Pharmacy => "red-cross",
            Role::Patient => "p-1",
            _ => return token(&self.api.database, &format!("{name}-{}", role.word()), role).await,
        };
        self.token_of(name, role, own).await
    }

    pub async fn token_of(&self, name: &str, role: Role, own: &str) -> String {
        let name = format!("{name}-{}", role.word());
        token_of(&self.api.database, &name, role, Holder::Party(&party(own))).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Reply {
        Reply::of(self.api.bare(Method::GET, path).bearer_auth(token).send().await.unwrap()).await
    }
}

fn numbers(reply: &Reply) -> Vec<&str> {
    let claims = reply.body["claims"].as_array().unwrap_or_else(|| panic!("{reply:?}"));
    claims.iter().map(|claim| claim["claim_no"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_sees_its_own_claims_whatever_it_asks_for() {
    let clinic = Clinic::new().await;
    for (role, other) in [(Role::Insurer, "cpic"), (Role::Pharmacy, "nepstar"), (Role::Patient, "p-2")] {
        let own = clinic.token("own", role).await;
        assert_eq!(numbers(&clinic.get_as(&own, "/v1/claims").await), ["CLM-1"]);
        let asked = format!("/v1/claims?{}={other}", role.word());
        assert_eq!(numbers(&clinic.get_as(&own, &asked).await), [""; 0], "{role:?}");
        assert_eq!(numbers(&clinic.get_as(&own, "/v1/claims?claim_no=CLM-2").await), [""; 0]);
        let other = clinic.token_of("other", role, other).await;
        assert_eq!(numbers(&clinic.get_as(&other, "/v1/claims").await), ["CLM-2"]);
    }
    assert_eq!(numbers(&clinic.api.get("/v1/claims").await), ["CLM-2", "CLM-1"]);
    clinic.desk.verify().await;
}

#[tokio::test]
async fn a_story_names_people_to_the_platform_only() {
    let clinic = Clinic::new().await;
    clinic.desk.tell("CLM-1", Event::ReviewStarted).await;
    let story = clinic.api.get("/v1/claims/CLM-1").await.body;
    let expected = json!({
        "claim_no": "CLM-1", "insurer": "picc", "pharmacy": "red-cross", "patient": "p-1", "policy": "POL-p-1",
        "state": "PRE_REVIEW", "taken_in_at": "2026-03-02T09:00:00.123457Z", "currency": "CNY", "gross": "20000.00",
        "advance": null,
    });
    assert_eq!(story["claim"], expected);
    let told = |story: &Value| -> Vec<Value> {
        let events = story["events"].as_array().unwrap();
        events.iter().map(|event| json!([event["event"], event["from"], event["to"], event["actor"]])).collect()
    };
    assert_eq!(
        told(&story),
        [
            json!(["taken_in", null, "DRAFT", "tester"]),
            json!(["submitted", "DRAFT", "SUBMITTED", "tester"]),
            json!(["review_started", "SUBMITTED", "PRE_REVIEW", "tester"])
        ]
    );
    let outside = clinic.token("outside", Role::Pharmacy).await;
    let story = clinic.get_as(&outside, "/v1/claims/CLM-1").await.body;
    assert!(told(&story).iter().all(|event| event[3] == "platform"), "{story}");
}

#[tokio::test]
async fn a_search_that_cannot_be_is_told_so_at_its_place() {
    let clinic = Clinic::new().await;
    for (query, place) in [
        ("state=NOWHERE", "/query/state"),
        ("state=", "/query/state"),
        ("insurer=a.b", "/query/insurer"),
        ("claim_no=%25", "/query/claim_no"),
        ("cursor=1", "/query/cursor"),
        ("limit=0", "/query/limit"),
        ("from=2026", "/query/from"),
    ] {
        let reply = clinic.api.get(&format!("/v1/claims?{query}")).await;
        assert_eq!(reply.problem(400, "parameter_invalid")["pointer"], place, "{query}");
    }
    let reply = clinic.api.get("/v1/work-queues/nothing").await;
    assert_eq!(reply.problem(400, "parameter_invalid")["pointer"], "/path/queue");
}

#[tokio::test]
async fn queues_count_and_show_what_waits() {
    let clinic = Clinic::new().await;
    clinic.desk.ask(told("CLM-1", Event::ReviewStarted)).await.unwrap();
    let counts = clinic.api.get("/v1/work-queues").await.body;
    let counts: Vec<Value> =
        counts["queues"].as_array().unwrap().iter().map(|count| json!([count["queue"], count["waiting"]])).collect();
    assert_eq!(
        counts,
        [
            json!(["materials_to_check", 1]),
            json!(["to_review", 1]),
            json!(["to_dispatch", 0]),
            json!(["overdue_at_insurer", 0]),
            json!(["shortfalls_to_decide", 0])
        ]
    );
    let page = clinic.api.get("/v1/work-queues/to_review?limit=1").await.body;
    assert_eq!(page["waiting"][0]["claim_no"], "CLM-1");
    assert_eq!(page["waiting"][0]["due_at"], "2026-03-03T09:00:00.123457Z");
    assert_eq!(page["next"], Value::Null);
}
