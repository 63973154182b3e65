//! A claim comes into review only if nothing that its insurer asks for is missing, over or refused.

use dianfu_claims::claim::State;
use dianfu_claims::documents::{Document, Review, review};
use dianfu_claims::event::Event;
use dianfu_claims::materials::{AskedBy, MaterialKind, MaterialRequest, MaterialRules, Phase, Scope, ask};
use dianfu_claims::{Command, apply};
use dianfu_ledger::Ledger;
use dianfu_tests::{Asked, Overheard};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

use super::desk::Ward;
use super::files::{good_png, jpeg};
use super::materials::{put, rules};
use crate::claims::fixture::{Desk, ON, intake, now, number, told};
use crate::claims::material::asked_for;

/// A book whose insurer asks for a gene test and a prescription of the last 90 days.
async fn ward() -> Ward {
    let ward = Ward::new().await;
    let asked = [MaterialKind::GeneTest, MaterialKind::Prescription];
    put(&ward, &rules(Some("picc"), 1, &asked), ("wang", "li")).await.unwrap();
    ward
}

/// Why a review does not begin on a day: the sentence, behind what is refused.
async fn lacks(ward: &Ward, on: Date) -> String {
    let refusal = ward.desk.ask(Command { on, ..told("C-1", Event::ReviewStarted) }).await.unwrap_err();
    assert_eq!(refusal.code(), "materials_lacking");
    refusal.reason.to_string()
}

async fn judge(ward: &Ward, document: &Document, accepted: bool) {
    let mut client = ward.desk.ledger.client().await.unwrap();
    let (reason, reviewer) = ("unreadable".to_owned(), "li".to_owned());
    let word = Review { document_id: document.document_id, accepted, reason, reviewer };
    review(&mut client, &word, now()).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_missing_over_or_refused_keeps_a_claim_from_its_review() {
    let ward = ward().await;
    let before = ward.desk.everything().await;
    assert_eq!(lacks(&ward, ON).await, "the claim is not complete: missing gene_test, prescription");
    assert_eq!(ward.desk.everything().await, before);
    ward.handed(MaterialKind::GeneTest, &good_png()).await;
    assert_eq!(lacks(&ward, ON).await, "the claim is not complete: missing prescription");
    let prescription = ward.handed(MaterialKind::Prescription, &good_png()).await;
    judge(&ward, &prescription, false).await;
    assert_eq!(lacks(&ward, ON).await, "the claim is not complete: rejected prescription");
    judge(&ward, &prescription, true).await;
    // Issued on the first of February, for 90 days.
    assert_eq!(lacks(&ward, date(2026, 5, 3)).await, "the claim is not complete: expired gene_test, prescription");
    let last_day = Command { on: date(2026, 5, 2), ..told("C-1", Event::ReviewStarted) };
    assert_eq!(ward.desk.ask(last_day).await.unwrap().to, State::PreReview);
}

#[tokio::test]
async fn a_claim_whose_insurer_asks_for_nothing_is_complete() {
    let ward = Ward::new().await;
    let other = MaterialRules {
        scope: Scope { phase: Phase::Appeal, ..rules(Some("picc"), 1, &[]).scope },
        ..rules(None, 1, &[MaterialKind::Consent])
    };
    put(&ward, &other, ("wang", "li")).await.unwrap();
    assert_eq!(ward.desk.tell("C-1", Event::ReviewStarted).await.to, State::PreReview);
}

#[tokio::test]
async fn a_refill_needs_what_refills_need() {
    let ward = ward().await;
    let mut refill = rules(Some("picc"), 1, &[MaterialKind::EarlierUse]);
    refill.scope.phase = Phase::Refill;
    put(&ward, &refill, ("wang", "li")).await.unwrap();
    for kind in [MaterialKind::GeneTest, MaterialKind::Prescription] {
        ward.handed(kind, &good_png()).await;
    }
    ward.desk.tell("C-1", Event::ReviewStarted).await;
    ward.desk.ask(Command::review(number("C-1"), ON)).await.unwrap();
    ward.desk.ask(Command::take_in(intake("C-2", "p-1"), ON)).await.unwrap();
    ward.desk.tell("C-2", Event::Submitted).await;
    let refusal = ward.desk.ask(told("C-2", Event::ReviewStarted)).await.unwrap_err();
    assert_eq!(refusal.reason.to_string(), "the claim is not complete: missing earlier_use");
}

#[tokio::test]
async fn what_a_reviewer_asks_for_is_there_before_the_review_goes_on() {
    let ward = Ward::new().await;
    ward.desk.tell("C-1", Event::ReviewStarted).await;
    let asked_at: Timestamp = now() - SignedDuration::from_secs(60);
    let request = MaterialRequest {
        claim_no: number("C-1"),
        asked_by: AskedBy::Reviewer,
        kinds: vec![MaterialKind::Imaging],
        reason: "progression".to_owned(),
        respond_by: date(2026, 3, 20),
        asked_at,
    };
    let mut client = ward.desk.ledger.client().await.unwrap();
    ask(&mut client, &request, "wang").await.unwrap().unwrap();
    ward.desk.tell("C-1", asked_for(1, date(2026, 3, 20))).await;
    let supplied = || told("C-1", Event::MaterialSupplied { number: 1 });
    assert_eq!(ward.desk.refused(supplied()).await, "materials_lacking");
    ward.handed(MaterialKind::Imaging, &jpeg(1, 1)).await;
    assert_eq!(ward.desk.ask(supplied()).await.unwrap().to, State::PreReview);
}

/// Sends off a claim of each of these patients.
async fn sent_off(desk: &Desk, patients: &[String]) {
    for patient_no in patients {
        desk.patient(patient_no).await;
    }
    let commands: Vec<Command> = patients
        .iter()
        .flat_map(|patient_no| {
            let claim_no = format!("C-{patient_no}");
            [Command::take_in(intake(&claim_no, patient_no), ON), told(&claim_no, Event::Submitted)]
        })
        .collect();
    assert!(desk.ask_at_once(&commands).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_hundred_claims_are_looked_at_in_the_statements_of_one() {
    let ward = ward().await;
    let mut overheard = Overheard::of(&ward.desk.test).await;
    let mut costs: Vec<Asked> = Vec::new();
    for (group, size) in [("first", 1), ("one", 1), ("many", 100)] {
        let patients: Vec<String> = (1..=size).map(|n| format!("{group}-{n}")).collect();
        sent_off(&ward.desk, &patients).await;
        let commands: Vec<Command> =
            patients.iter().map(|patient_no| told(&format!("C-{patient_no}"), Event::ReviewStarted)).collect();
        let work = async |ledger: &Ledger, client: &mut _| apply(ledger, client, &commands, "tester", now()).await;
        let (answers, asked) = overheard.during(work).await;
        let codes: Vec<&str> = answers.unwrap().into_iter().map(|answer| answer.unwrap_err().code()).collect();
        assert_eq!(codes, vec!["materials_lacking"; size]);
        costs.push(asked);
    }
    assert_eq!(costs[2], costs[1]);
}
