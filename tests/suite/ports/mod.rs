//! Insurers on a socket: what is asked of them, what is on record of it, and the desk that tells the claims.

mod asking;
mod desk;
mod endpoints;
mod record;

use std::process::Stdio;
use std::time::Duration;

use dianfu_api::simulators::insurer::script::{Answer, Decide, Key, Mishap, Pay, Rule, Script, Trouble};
use dianfu_claims::claim::{ClaimNo, DiagnosisCode, PolicyNo};
use dianfu_claims::ports::insurer::breaker::Patience;
use dianfu_claims::ports::insurer::endpoint::{Holder, NewKey, record_endpoint, record_key};
use dianfu_claims::ports::insurer::question::StatusQuestion;
use dianfu_claims::ports::insurer::wire::{AskedLine, ClaimSubmission, VERSION};
use dianfu_claims::ports::insurer::{Answered, Failed, Port, Question, Settings};
use dianfu_ledger::book::BookName;
use dianfu_ledger::money::Currency;
use dianfu_signing::{Algorithm, SigningKey, body_sha256};
use dianfu_tests::{dianfu_bin, http_client};
use jiff::SignedDuration;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::claims::fixture::{Desk, ON, WIDE, now, party};

/// Keys for tests only.
pub const OUR_KEY: &str = "b3VyIGtleSwgZm9yIHRlc3RzIG9ubHkgIDEyMzQ1Njc";
const THEIR_KEY: &str = "dGhlaXIga2V5LCBmb3IgdGVzdHMgb25seSAxMjM0NTY";

/// A program that plays an insurer.
pub struct Simulator {
    url: String,
    http: reqwest::Client,
    child: Child,
    _folder: TempDir,
}

impl Simulator {
    /// One that does what the script says.
    pub async fn start(script: &Script) -> Simulator {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script.json");
        std::fs::write(&path, serde_json::to_vec(script).unwrap()).unwrap();
        let mut command = Command::new(dianfu_bin());
        command.args(["simulate", "insurer", "--listen", "127.0.0.1:0", "--script"]).arg(&path);
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next_line().await.unwrap().expect("it says where it listens");
        Simulator { url, http: http_client(), child, _folder: folder }
    }

    /// What it has received, in order.
    pub async fn received(&self) -> Vec<Value> {
        let request = self.http.get(format!("{}/admin/received", self.url));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// How often it has received a call of this path.
    pub async fn count(&self, path: &str) -> usize {
        self.received().await.iter().filter(|call| call["path"] == format!("/spi/v1/{path}")).count()
    }
}

/// A book, an insurer at the other end of a socket, and the way there.
pub struct Scene {
    pub desk: Desk,
    pub insurer: Simulator,
    pub port: Port,
}

impl Scene {
    /// The insurer does what these rules say.
    pub async fn new(rules: Vec<Rule>) -> Scene {
        Scene::signing(rules, (Algorithm::HmacSha256, Algorithm::Ed25519), settings()).await
    }

    /// The same, where we and the insurer sign so.
    pub async fn signing(rules: Vec<Rule>, (ours, theirs): (Algorithm, Algorithm), settings: Settings) -> Scene {
        let desk = Desk::new(WIDE).await;
        let insurer = Simulator::start(&script(rules, (ours, theirs))).await;
        let book = (desk.test.database(), &BookName::parse("main").unwrap());
        let address = (&*insurer.url, "main.picc");
        record_endpoint(book, &party("picc"), address, "tester", now()).await.unwrap().unwrap();
        let checking = SigningKey::parse(theirs, THEIR_KEY).unwrap().checking_text();
        for (holder, key_id, algorithm, text) in
            [(Holder::Ours, "pk_1", ours, OUR_KEY), (Holder::Theirs, "ik_1", theirs, &*checking)]
        {
            let new = NewKey { holder, key_id, algorithm, text, expires_at: None };
            record_key(book, &party("picc"), new, "tester", now()).await.unwrap().unwrap();
        }
        Scene { desk, insurer, port: Port::new(settings) }
    }

    /// Asks the insurer.
    pub async fn ask<Q: Question>(&self, question: &Q) -> Result<Answered<Q::Answer>, Failed> {
        self.port.ask(&self.desk.ledger, &party("picc"), question).await.unwrap()
    }

    /// Asks, and answers the code of what went wrong.
    pub async fn fault<Q: Question<Answer: std::fmt::Debug>>(&self, question: &Q) -> &'static str {
        self.ask(question).await.unwrap_err().fault.code()
    }
}

fn script(rules: Vec<Rule>, (ours, theirs): (Algorithm, Algorithm)) -> Script {
    let checking = SigningKey::parse(ours, OUR_KEY).unwrap().checking_text();
    let key = |key_id: &str, algorithm, text: &str| Key { key_id: key_id.to_owned(), algorithm, text: text.to_owned() };
    Script {
        app_id: "main.picc".to_owned(),
        platform_keys: vec![key("pk_1", ours, &checking)],
        own_key: key("ik_1", theirs, THEIR_KEY),
        seed: 1,
        rules,
    }
}

/// Patient enough for a busy machine, and quick to try again.
pub fn settings() -> Settings {
    Settings {
        timeout: Duration::from_secs(30),
        retries_max: 0,
        pause: Duration::from_millis(1),
        patience: Patience { failures_max: 100, open_for: SignedDuration::from_secs(30) },
        ..Settings::default()
    }
}

pub fn rule(claim: &str, answers: Vec<Answer>) -> Rule {
    Rule { claim: claim.to_owned(), answers, ..Rule::default() }
}

pub fn pay_all(decision_no: i32) -> Answer {
    Answer::Decide(Decide { decision_no, pay: Pay::All })
}

pub fn pay_part(decision_no: i32, per_10000: i64) -> Answer {
    Answer::Decide(Decide { decision_no, pay: Pay::Part { per_10000, reasons: vec!["CO-45".to_owned()] } })
}

pub fn goes_wrong(trouble: Trouble, times: u32) -> Mishap {
    Mishap { trouble, times }
}

pub fn claim_no(number: &str) -> ClaimNo {
    ClaimNo::parse(number).unwrap()
}

pub fn where_is(number: &str) -> StatusQuestion {
    StatusQuestion { claim_no: claim_no(number) }
}

/// A claim as it is handed in, without a claim in the book.
pub fn submission(number: &str) -> ClaimSubmission {
    let line = AskedLine {
        line_no: 1,
        drug_code: "osimertinib-80mg-30".to_owned().try_into().unwrap(),
        quantity: 1,
        gross: "20000.00".to_owned(),
    };
    ClaimSubmission {
        version: VERSION.to_owned(),
        claim_no: claim_no(number),
        submission_no: 1,
        policy_no: PolicyNo::parse("POL-1").unwrap(),
        patient_token: "token-of-a-patient".to_owned(),
        diagnosis: DiagnosisCode::parse("C34.9").unwrap(),
        pharmacy: party("red-cross"),
        dispensed_on: ON,
        dispense_proof_sha256: body_sha256(b"proof"),
        currency: Currency::CNY,
        lines: vec![line],
        gross: "20000.00".to_owned(),
        advance: "15200.00".to_owned(),
    }
}
