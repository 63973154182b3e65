//! Insurers and their rules at the shell, where one person sits: what takes two waits for the other.

use dianfu_api::wire::claim_told::reading;
use dianfu_claims::claim::State;
use dianfu_claims::insurer::proposal::{self, Act};
use dianfu_claims::rule_book;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ended, dianfu};
use crate::claims::fixture::{Desk, WIDE, now, party};

struct Office {
    desk: Desk,
    folder: TempDir,
}

impl Office {
    async fn new() -> Office {
        Office { desk: Desk::new(WIDE).await, folder: tempfile::tempdir().unwrap() }
    }

    /// The words of a line, and texts behind it.
    fn run(&self, line: &str, texts: &[&str]) -> Ended {
        let arguments: Vec<&str> = line.split(' ').chain(texts.iter().copied()).collect();
        let mut command = dianfu(&arguments);
        command.env("DATABASE_URL", self.desk.test.url()).current_dir(self.folder.path());
        Ended::of(&arguments, command.output().unwrap())
    }

    fn json(&self, line: &str) -> Value {
        self.run(&format!("{line} --format json"), &[]).went_well().json()
    }

    fn file(&self, name: &str, content: &Value) {
        std::fs::write(self.folder.path().join(name), content.to_string()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insurer_is_put_on_record_and_goes_live_by_two_people_only() {
    let office = Office::new().await;
    let register = "insurer register taikang --currency CNY --credit-line 5000.00 --name";
    assert!(office.run(register, &["Tai Kang"]).went_well().err.contains("taikang is on record"));
    office.run(register, &["Tai Kang"]).went_well();
    office.run(register, &["Another"]).says(1, "conflict");
    office.run("insurer register other --currency CNY --credit-line 1.234 --name Other", &[]).says(1, "amount");
    office.file("licence.pdf", &json!("a licence"));
    let hand_in = "insurer hand-in taikang licence licence.pdf --note licence --expires-on 2099-12-31";
    assert!(office.run(hand_in, &[]).went_well().err.contains("it is paper 1 for licence"));
    office.run("insurer judge taikang licence 1 --accept --reason", &["as I see it"]).says(1, "same_person");
    office.run("insurer judge taikang licence 7 --accept --reason seen", &[]).says(1, "paper");
    office.file("act.json", &json!({"act": "go_live", "reason": "all is there"}));
    office.run("insurer propose taikang act.json", &[]).says(1, "bank_account");
    office.file("act.json", &json!({"act": "dance", "reason": "x"}));
    office.run("insurer propose taikang act.json", &[]).says(1, "/act");
    let shown = office.json("insurer show taikang");
    assert_eq!((&shown["stage"], &shown["checklist"][0]["state"]), (&json!("ONBOARDING"), &json!("submitted")));
    office.run("insurer show nobody", &[]).says(1, "there is no insurer 'nobody'");
    let listed = office.run("insurer list", &[]).went_well().out;
    assert!(listed.contains("Tai Kang") && listed.contains("LIVE"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insurer_is_switched_suspended_and_lifted_with_another_persons_word() {
    let office = Office::new().await;
    office.run("insurer switch picc off --module direct_pay --reason", &["under review"]).went_well();
    let modules = |shown: &Value| shown["modules_on"].to_string();
    assert!(!modules(&office.json("insurer show picc")).contains("direct_pay"));
    office.run("insurer switch picc on --module direct_pay --reason", &["as agreed"]).went_well();
    assert!(modules(&office.json("insurer show picc")).contains("direct_pay"));
    office.run("insurer suspend picc --reason", &["it pays late"]).went_well();
    assert_eq!(office.json("insurer show picc")["stage"], "SUSPENDED");
    office.file("act.json", &json!({"act": "lift", "reason": "it has paid"}));
    office.run("insurer propose picc act.json", &[]).went_well();
    let number = office.json("insurer show picc")["proposals"].as_array().unwrap().last().unwrap()["proposal"].clone();
    office.run(&format!("insurer accept picc {number} --reason mine"), &[]).says(1, "same_person");
    office.run(&format!("insurer withdraw picc {number} --reason mistaken"), &[]).went_well();
    let mut client = office.desk.ledger.client().await.unwrap();
    let (picc, word) = (party("picc"), ("it has paid", "wang"));
    let number = proposal::propose(&mut client, &picc, &Act::Lift, word, now()).await.unwrap().unwrap();
    office.run(&format!("insurer accept picc {number} --reason seen"), &[]).went_well();
    assert_eq!(office.json("insurer show picc")["stage"], "LIVE");
    office.run("insurer accept picc 99 --reason seen", &[]).says(1, "proposal");
    let shown = office.run("insurer show picc", &[]).went_well().out;
    assert!(shown.contains(" lift ") && !shown.contains("payment_days"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_has_a_line_for_each_movement() {
    let office = Office::new().await;
    office.desk.bring("CLM-1", "p-1", State::Dispensed).await;
    let statement = "insurer statement picc --from 2026-03-01 --to 2026-03-31";
    let body = office.json(statement);
    assert_eq!((&body["accounts"][0]["closing"], &body["lines"]), (&json!("15200.00"), &Value::Null), "{body}");
    let shown = office.run(statement, &[]).went_well().out;
    let is_line = |line: &str| ["1101.picc", "CLM-1", "advanced", "15200.00"].iter().all(|word| line.contains(word));
    assert!(shown.lines().any(is_line), "{shown}");
    let reversed = "insurer statement picc --from 2026-03-31 --to 2026-03-01";
    office.run(reversed, &[]).says(1, "the wrong way round");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_proposed_tried_and_made_live_by_another() {
    let office = Office::new().await;
    office.desk.bring("CLM-1", "p-1", State::PreApproved).await;
    let mut book = office.json("rules show picc");
    let rules = book["versions"][0]["rules"].take();
    let next = book["versions"].as_array().unwrap().len() + 1;
    office.file("rules.json", &json!({"effective_from": "2026-06-01", "rules": rules}));
    let propose = format!("rules propose picc {next} rules.json");
    let proposed = office.json(&propose);
    let digest = proposed["content_sha256"].as_str().unwrap().to_owned();
    assert_eq!(office.json(&propose)["content_sha256"], proposed["content_sha256"]);
    office.run(&format!("rules accept picc {next} {digest}"), &[]).says(1, "");
    assert_eq!(office.json(&format!("rules try picc {next} {digest}"))["changed"], 0);
    office.run(&format!("rules accept picc {next} {digest}"), &[]).says(1, "same_person");
    office.run(&format!("rules try picc {next} {}", "00".repeat(32)), &[]).says(1, "proposal");
    let mut client = office.desk.ledger.client().await.unwrap();
    let (picc, version, content) = (party("picc"), proposed_version(&proposed), reading::digest(&digest).unwrap());
    rule_book::go_live(&mut client, &picc, (version, &content), "li", now()).await.unwrap().unwrap();
    assert_eq!(office.json("rules show picc")["versions"].as_array().unwrap().len(), next);
    let quality = office.json("rules quality picc")["versions"][0].clone();
    assert_eq!((&quality["version"], &quality["approved"]), (&json!(1), &json!(1)), "{quality}");
    office.file("rules.json", &json!({"effective_from": "2026-06-01", "rules": {"rules": [{"dance": {}}]}}));
    office.run(&format!("rules propose picc {} rules.json", next + 1), &[]).says(1, "/rules");
    office.run("rules show nobody", &[]).says(1, "there is no insurer 'nobody'");
}

fn proposed_version(proposed: &Value) -> i32 {
    i32::try_from(proposed["version"].as_i64().unwrap()).unwrap()
}
