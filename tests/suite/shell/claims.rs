//! Claims at the shell: taken in, told, decided, found, and what takes two people.

use dianfu_claims::claim::{NewClaim, ShareCollector, State};
use dianfu_claims::event::Event;
use dianfu_claims::patient_record::{Consent, ConsentKind, tell_consent};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ended, dianfu};
use crate::claims::fixture::{Desk, ON, WIDE, intake, now, offered, party};

/// A book with everybody who takes part, and the program beside it.
struct Office {
    desk: Desk,
    folder: TempDir,
}

impl Office {
    async fn new() -> Office {
        let desk = Desk::new(WIDE).await;
        desk.patient("p-3").await;
        Office { desk, folder: tempfile::tempdir().unwrap() }
    }

    fn run(&self, line: &str) -> Ended {
        self.run_with(line, &[])
    }

    /// The words of a line, and texts behind it.
    fn run_with(&self, line: &str, texts: &[&str]) -> Ended {
        let arguments: Vec<&str> = ["claim"].into_iter().chain(line.split(' ')).chain(texts.iter().copied()).collect();
        let mut command = dianfu(&arguments);
        command.env("DATABASE_URL", self.desk.test.url()).current_dir(self.folder.path());
        Ended::of(&arguments, command.output().unwrap())
    }

    fn json(&self, line: &str) -> Value {
        self.run(&format!("{line} --format json")).went_well().json()
    }

    fn file(&self, content: &Value) {
        std::fs::write(self.folder.path().join("body.json"), content.to_string()).unwrap();
    }

    fn tell(&self, event: &Value) -> Value {
        self.file(&told(event));
        self.json("tell CLM-3 body.json")
    }
}

fn told(event: &Value) -> Value {
    json!({"event": event, "on": ON, "currency": "CNY", "evidence_sha256": "07".repeat(32)})
}

fn claim() -> Value {
    json!({
        "kind": "direct_pay", "insurer": "picc", "pharmacy": "red-cross", "patient": "p-3", "policy": "POL-p-3",
        "diagnosis": "C34.9",
        "prescription": {"prescription_no": "RX-1", "prescribed_on": "2026-03-01", "doctor": "dr-wu"},
        "lines": [{"drug": "osimertinib-80mg-30", "quantity": 1, "gross": "20000.00"}],
        "gross": "20000.00", "currency": "CNY", "share_collector": "platform", "on": ON,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_taken_in_told_decided_offered_and_found() {
    let office = Office::new().await;
    office.file(&claim());
    assert_eq!(office.json("take-in CLM-3 body.json")["to"], "DRAFT");
    assert_eq!(office.json("take-in CLM-3 body.json")["replayed"], true);
    assert_eq!(office.tell(&json!({"submitted": {}}))["to"], "SUBMITTED");
    assert_eq!(office.tell(&json!({"submitted": {}}))["replayed"], true);
    assert_eq!(office.tell(&json!({"review_started": {}}))["to"], "PRE_REVIEW");
    assert_eq!(office.json("queues")["queues"][1]["waiting"], 1, "{}", office.json("queues"));
    let reviewed = office.json(&format!("review CLM-3 --on {ON}"));
    assert_eq!((&reviewed["to"], reviewed["entries"].as_array().map(Vec::len)), (&json!("PRE_APPROVED"), Some(1)));
    let offer = format!("offer CLM-3 --pharmacy red-cross --respond-by 2999-01-01T00:00:00Z --on {ON}");
    assert_eq!(office.json(&offer)["to"], "ORDER_OFFERED");

    let found = office.json("list CLM --state ORDER_OFFERED --insurer picc --patient p-3 --drug osimertinib-80mg-30");
    assert_eq!(
        (&found["claims"][0]["claim_no"], &found["claims"][0]["advance"]),
        (&json!("CLM-3"), &json!("15200.00"))
    );
    assert_eq!(office.json("list --state CLOSED")["claims"], json!([]));
    let shown = office.run("show CLM-3").went_well().out;
    assert!(shown.contains("ORDER_OFFERED") && shown.contains("pre_reviewed"), "{shown}");
    office.run("show CLM-9").says(1, "there is no claim 'CLM-9'");
    office.desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_at_its_place_and_nothing_is_done() {
    let office = Office::new().await;
    office.file(&claim());
    office.run("take-in CLM-3 body.json").went_well();
    let before = office.desk.everything().await;
    for (body, code) in [
        (told(&json!({"dispensed": {}})), "not_in_this_state"),
        (told(&json!({"share_paid": {"amount": "1.234", "channel": "wechat"}})), "/event/share_paid/amount"),
        (told(&json!({"share_paid": {"channel": "wechat"}})), "missing field `amount`"),
        (told(&json!({"danced": {}})), "danced"),
        (json!({"on": ON}), "missing field `event`"),
        (json!({"event": {"submitted": {}}, "on": ON, "evidence_sha256": "07"}), "/evidence_sha256"),
    ] {
        office.file(&body);
        office.run("tell CLM-3 body.json").says(1, code);
    }
    std::fs::write(office.folder.path().join("body.json"), "{").unwrap();
    office.run("tell CLM-3 body.json").says(1, "json_malformed");
    office.file(&claim());
    office.run("take-in CLM-4 missing.json").says(3, "missing.json");
    office.run("tell CLM-9 body.json").says(1, "field_invalid");
    office.file(&told(&json!({"submitted": {}})));
    office.run("tell CLM-9 body.json").says(1, "there is no claim 'CLM-9'");
    office.run("rule CLM-3 --approve --code fine").says(1, "not_in_this_state");
    office.run("review CLM-3 --as-of-event 9").says(1, "stale_version");
    assert_eq!(office.desk.everything().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_person_proposes_the_same_person_does_not_accept_but_takes_back() {
    let office = Office::new().await;
    office.desk.bring("CLM-5", "p-1", State::Partial).await;
    let borne = json!({"number": 1, "bearer": "platform", "amount": "1200.00", "cause": "rule_misapplied"});
    let borne = json!({"shortfall_assigned": borne});
    office.file(&told(&borne));
    office.run("tell CLM-5 body.json").says(1, "second_person_needed");
    let id = "0199aa00-0000-7000-8000-000000000001";
    let made = office.json(&format!("propose CLM-5 body.json --id {id}"));
    assert_eq!((&made["proposal"], &made["would"]["event"]), (&json!(id), &json!("shortfall_assigned")));
    let waiting = office.run("proposals --claim-no CLM-5").went_well().out;
    assert!(waiting.contains(id) && waiting.contains("1200.00"), "{waiting}");
    office.run(&format!("accept {id}")).says(1, "same_person");
    office.run(&format!("turn-down {id} --reason mistaken")).went_well();
    office.run(&format!("accept {id}")).says(1, "decided already");
    assert_eq!(office.json("proposals")["proposals"], json!([]));
    office.run("accept 0199aa00-0000-7000-8000-000000000009").says(1, "no such proposal");
    office.desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_shared_anew_and_what_has_changed_is_shown_once() {
    let office = Office::new().await;
    let desk = &office.desk;
    desk.asks_little().await;
    desk.bring("CLM-5", "p-1", State::PreApproved).await;
    let later = NewClaim { share_collector: ShareCollector::PlatformLater, ..intake("CLM-6", "p-1") };
    desk.reviewed(later).await;
    desk.ask(offered("CLM-6", 1, "red-cross")).await.unwrap();
    for event in [Event::OrderAccepted { offer_no: 1 }, Event::DrugReady, Event::Dispensed] {
        desk.tell("CLM-6", event).await;
    }
    desk.tell("CLM-5", Event::Cancelled).await;
    let (kind, text_version) = (ConsentKind::ShareRerun, "v1".to_owned());
    let consent = Consent { kind, given: true, text_version, happened_at: now() };
    let mut client = desk.ledger.client().await.unwrap();
    tell_consent(&mut client, &party("p-1"), &consent, "zhao", now()).await.unwrap().unwrap();
    let line = "rerun picc POL-p-1 --on 2026-03-02";
    let [changed] = <[Value; 1]>::try_from(office.json(line)["recalculated"].as_array().unwrap().clone()).unwrap();
    let shown = ["claim_no", "difference", "share", "currency"].map(|field| &changed[field]);
    assert_eq!(json!(shown), json!(["CLM-6", "800.00", "4800.00", "CNY"]));
    assert_eq!(office.json(line)["recalculated"], json!([]));
    assert!(office.run(line).went_well().out.contains("No share has changed."));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_time_moves_on_is_moved_on() {
    let office = Office::new().await;
    office.desk.bring("CLM-5", "p-1", State::PreApproved).await;
    assert!(office.run("move-on").went_well().err.contains("moved on by time"));
    assert_eq!(office.json("show CLM-5")["claim"]["state"], "CLOSED");
    assert_eq!(office.desk.held().await, 0);
    office.desk.verify().await;
}
