//! A policy is re-run: what its claims are shared like now is posted once, all of it or nothing.

use dianfu_claims::benefit::{BenefitTerms, TermsVersion};
use dianfu_claims::claim::{NewClaim, ShareCollector, State};
use dianfu_claims::event::Event;
use dianfu_claims::patient_record::{Consent, ConsentKind, tell_consent};
use dianfu_claims::{policy_terms, rerun};

use super::grants::without_cycle;
use crate::claims::fixture::{Desk, ON, WIDE, decided, intake, now, offered, party, policy_of, sent};

/// A claim of the one patient, whose share is owed behind dispensing.
fn claim(claim_no: &str) -> NewClaim {
    NewClaim { share_collector: ShareCollector::PlatformLater, ..intake(claim_no, "p-1") }
}

/// A book in which these claims were approved one after the other; the first has used up the deductible.
async fn approved(credit_line_minor: i64, claims: &[&str]) -> Desk {
    let desk = Desk::new(credit_line_minor).await;
    without_cycle(&desk).await;
    for claim_no in claims {
        assert_eq!(desk.reviewed(claim(claim_no)).await.to, State::PreApproved);
    }
    desk
}

async fn dispense(desk: &Desk, claim_no: &str) {
    desk.ask(offered(claim_no, 1, "red-cross")).await.unwrap();
    for event in [Event::OrderAccepted { offer_no: 1 }, Event::DrugReady, Event::Dispensed] {
        desk.tell(claim_no, event).await;
    }
}

/// The patient agrees to pay more where a deductible was used up, or no longer does.
async fn agrees(desk: &Desk, given: bool) {
    let (kind, text_version) = (ConsentKind::ShareRerun, "v1".to_owned());
    let consent = Consent { kind, given, text_version, happened_at: now() };
    let mut client = desk.ledger.client().await.unwrap();
    tell_consent(&mut client, &party("p-1"), &consent, "zhao", now()).await.unwrap().unwrap();
}

/// Re-runs the policy: what has changed, by claim with its journals; the code of a refusal.
async fn reruns(desk: &Desk) -> Result<Vec<String>, String> {
    let policy = (party("picc"), policy_of("p-1").policy_no);
    let mut client = desk.ledger.client().await.unwrap();
    let told = (ON, "wang", "C-0 was called off");
    let answer =
        rerun::run(&desk.ledger, &mut client, &policy, told, now()).await.map_err(|error| format!("{error:?}"))?;
    let mut shown = Vec::new();
    for changed in answer.map_err(|refusal| refusal.code().to_owned())? {
        let journals = desk.journals(&changed.applied.entry_ids).await.join("; ");
        shown.push(format!("{} {} {journals}", changed.rerun.claim_no, changed.rerun.difference_minor));
    }
    Ok(shown)
}

/// A claim that was charged without a deductible, because another had used it up that is called off now.
async fn undercharged() -> Desk {
    let desk = approved(WIDE, &["C-0", "C-1"]).await;
    dispense(&desk, "C-1").await;
    desk.tell("C-0", Event::Cancelled).await;
    desk
}

#[tokio::test]
async fn a_patient_who_has_agreed_owes_what_was_charged_too_little_once() {
    let desk = undercharged().await;
    agrees(&desk, true).await;
    let expected = ["C-1 80000 J22: 1201.p-1 C-1 80000, 1101.picc C-1 -80000"];
    assert_eq!(reruns(&desk).await.unwrap(), expected);
    assert_eq!(desk.claim("C-1").await.share_minor(), 480_000);
    assert_eq!(desk.count("claim_share WHERE claim_no = 'C-1' AND run_no = 2 AND share_minor = 480000").await, 1);
    let before = desk.everything().await;
    assert_eq!(reruns(&desk).await.unwrap(), [""; 0], "again is nothing new");
    assert_eq!(desk.everything().await, before);
    desk.verify().await;
}

#[tokio::test]
async fn a_patient_who_has_not_agreed_pays_no_more() {
    let desk = undercharged().await;
    let nothing = [""; 0];
    assert_eq!(reruns(&desk).await.unwrap(), nothing);
    agrees(&desk, true).await;
    agrees(&desk, false).await;
    assert_eq!(reruns(&desk).await.unwrap(), nothing, "it was withdrawn");
    assert_eq!(desk.claim("C-1").await.share_minor(), 400_000);
}

#[tokio::test]
async fn one_owes_more_and_the_other_gets_back_what_the_order_of_claims_says() {
    // The second by number was decided first.
    let desk = approved(WIDE, &["C-2", "C-1"]).await;
    dispense(&desk, "C-2").await;
    dispense(&desk, "C-1").await;
    assert_eq!(reruns(&desk).await.unwrap(), [""; 0], "the first pays no more, so that the other has used it up");
    agrees(&desk, true).await;
    let expected = [
        "C-1 80000 J22: 1201.p-1 C-1 80000, 1101.picc C-1 -80000",
        "C-2 -80000 J22-overcharged: 1101.picc C-2 80000, 2202.p-1 C-2 -80000",
    ];
    assert_eq!(reruns(&desk).await.unwrap(), expected);
    // And back again, with the next count of each.
    desk.tell("C-1", Event::Returned).await;
    let back = reruns(&desk).await.unwrap();
    assert_eq!(back, ["C-2 80000 J22: 1201.p-1 C-2 80000, 1101.picc C-2 -80000"]);
    assert_eq!(desk.count("claim_event WHERE fact = 'share_recalculated/2'").await, 1);
    desk.verify().await;
}

#[tokio::test]
async fn what_is_not_dispensed_or_was_decided_stays_as_it_was_charged() {
    let desk = undercharged().await;
    agrees(&desk, true).await;
    desk.tell("C-1", sent("C-1")).await;
    desk.tell("C-1", decided(1_600_000)).await;
    assert_eq!(desk.reviewed(claim("C-2")).await.to, State::PreApproved);
    assert_eq!(desk.claim("C-2").await.share_minor(), 480_000, "nobody else has used up the deductible");
    assert_eq!(reruns(&desk).await.unwrap(), [""; 0]);
    dispense(&desk, "C-2").await;
    assert_eq!(reruns(&desk).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_the_credit_line_does_not_take_is_refused_with_everything() {
    let desk = approved(1_520_000, &["C-1"]).await;
    dispense(&desk, "C-1").await;
    let policy = (party("picc"), policy_of("p-1").policy_no);
    let terms = BenefitTerms::plain(0, 2_000);
    let version = TermsVersion { effective_from: ON.first_of_month(), enrolled_on: None, terms };
    let mut client = desk.ledger.client().await.unwrap();
    policy_terms::record(&mut client, &policy, (1, &version), ("wang", "li"), now()).await.unwrap().unwrap();
    let mut before = desk.everything().await;
    assert_eq!(reruns(&desk).await.unwrap_err(), "group_above_maximum");
    let mut after = desk.everything().await;
    // That it was refused is on record.
    assert_ne!(before.remove("refusal"), after.remove("refusal"));
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_failure_at_any_write_of_it_leaves_nothing() {
    let desk = undercharged().await;
    agrees(&desk, true).await;
    let owner = desk.owner().await;
    let function = "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql
                    AS $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = 'XX001'; END $$";
    owner.batch_execute(function).await.unwrap();
    let before = desk.everything().await;
    for table in ["claim", "claim_event", "claim_share", "entry", "head"] {
        let fault =
            format!("CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION fault()");
        owner.batch_execute(&fault).await.unwrap();
        let error = reruns(&desk).await.unwrap_err();
        owner.batch_execute(&format!("DROP TRIGGER fault ON {table}")).await.unwrap();
        assert!(error.contains("injected"), "{table}: {error}");
        assert_eq!(desk.everything().await, before, "{table}");
    }
    assert_eq!(reruns(&desk).await.unwrap().len(), 1);
    desk.verify().await;
}

#[tokio::test]
async fn a_policy_that_is_not_on_record_has_nothing_to_rerun() {
    let desk = Desk::new(WIDE).await;
    assert_eq!(reruns(&desk).await.unwrap(), [""; 0]);
    let unknown = (party("picc"), policy_of("p-9").policy_no);
    let mut client = desk.ledger.client().await.unwrap();
    let answer = rerun::run(&desk.ledger, &mut client, &unknown, (ON, "wang", ""), now()).await.unwrap();
    assert_eq!(answer.unwrap(), []);
}
