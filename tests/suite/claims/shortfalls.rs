//! Behind a shortfall: the patient pays back in instalments, what may be lost is provided for, written off by two
//! people, and paid after all.

use dianfu_claims::Command;
use dianfu_claims::claim::State;
use dianfu_claims::event::{Bearer, Debt, Event, Grounds};
use dianfu_claims::insurer::bearer::Condition;
use dianfu_settlement::batch::Pays;

use super::bank::paid;
use super::fixture::{Desk, WIDE, assigned, party, told};
use super::races::{ask, at_once};

fn instalment(number: i32, amount_minor: i64) -> Event {
    Event::ClawbackPaid { number, amount_minor, bank: party("settlement") }
}

fn provisioned(number: i32, change_minor: i64) -> Event {
    Event::Provisioned { number, change_minor }
}

fn written_off(number: i32, debt: Debt, amount_minor: i64) -> Event {
    Event::WrittenOff { number, debt, amount_minor }
}

fn recovered(number: i32, amount_minor: i64) -> Event {
    Event::WrittenOffRecovered { number, amount_minor, bank: party("settlement") }
}

/// A claim with a shortfall of 1 200.00, everything else of which is settled.
async fn short() -> Desk {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    desk.cash("T-1", 1_400_000).await;
    desk.remit("T-1", &[("C-1", 1_400_000)], None).await;
    assert_eq!(desk.settled("C-1").await, State::ShortfallOpen);
    desk
}

/// Somebody bears the shortfall on these grounds.
fn borne(bearer: Bearer, grounds: Grounds) -> Command {
    told("C-1", Event::ShortfallAssigned { number: 1, bearer, amount_minor: 120_000, grounds })
}

#[tokio::test]
async fn who_bears_a_shortfall_is_who_the_contract_says() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    let before = desk.everything().await;
    let (agreed, chargeback) = (&[Condition::ConsentSigned][..], &[Condition::ChargebackRight][..]);
    for (bearer, cause, met, code) in [
        (Bearer::Patient, "benefit_used_up", &[][..], "bearer_differs"),
        (Bearer::Platform, "benefit_used_up", agreed, "bearer_differs"),
        (Bearer::Patient, "price_above_contract", chargeback, "bearer_differs"),
        (Bearer::PharmacyByNetting, "price_above_contract", agreed, "bearer_differs"),
        (Bearer::PharmacyUnpaidOrder, "rule_misapplied", chargeback, "bearer_differs"),
        (Bearer::Patient, "material_forged", &[], "bearer_differs"),
        (Bearer::Platform, "clinical_view", &[], "bearer_differs"),
        (Bearer::InsurerAfterDispute, "policy_not_in_force", &[], "bearer_differs"),
        (Bearer::Platform, "weather", &[], "cause_unknown"),
        (Bearer::Platform, "", &[], "cause_unknown"),
    ] {
        assert_eq!(desk.refused(borne(bearer, Grounds::of(cause, met))).await, code, "{bearer:?} {cause}");
    }
    assert_eq!(desk.everything().await, before);
    let by_contract = borne(Bearer::Patient, Grounds::of("benefit_used_up", agreed));
    let applied = desk.ask(by_contract.clone()).await.unwrap();
    assert_eq!(desk.journals(&applied.entry_ids).await, ["J10a: 1202.p-1 C-1 120000, 1109.picc C-1 -120000"]);
    assert!(desk.ask(by_contract).await.unwrap().replayed);
    let on_other_grounds = borne(Bearer::Patient, Grounds::of("material_forged", &[Condition::SecondReview]));
    assert_eq!(desk.refused(on_other_grounds).await, "conflict");
}

#[tokio::test]
async fn who_decides_against_the_contract_says_why_and_proves_it() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    let against = || borne(Bearer::Platform, Grounds { overrides: true, ..Grounds::of("clinical_view", &[]) });
    let before = desk.everything().await;
    for unproven in [against(), against().because("goodwill"), against().proven_by([7; 32])] {
        assert_eq!(desk.refused(unproven).await, "override_unproven");
    }
    let alone = Command { checked_by: None, ..against().because("goodwill").proven_by([7; 32]) };
    assert_eq!(desk.refused(alone).await, "second_person_needed");
    assert_eq!(desk.everything().await, before);
    let applied = desk.ask(against().because("goodwill").proven_by([7; 32])).await.unwrap();
    assert_eq!(desk.journals(&applied.entry_ids).await, ["J10c: 5201 - 120000, 1109.picc C-1 -120000"]);
    assert_eq!(desk.count("claim_event WHERE content -> 'grounds' ->> 'overrides' = 'true'").await, 1);
}

#[tokio::test]
async fn a_patient_pays_back_in_instalments_until_nothing_is_owed() {
    let desk = short().await;
    assert_eq!(desk.refused(told("C-1", instalment(1, 1))).await, "out_of_range");
    desk.tell("C-1", assigned(1, Bearer::Patient, 120_000)).await;
    assert_eq!(desk.settled("C-1").await, State::Recovered, "the patient has not paid");
    let first = desk.tell("C-1", instalment(1, 50_000)).await;
    assert_eq!(desk.journals(&first.entry_ids).await, ["J12: 1002.settlement - 50000, 1202.p-1 C-1 -50000"]);
    for wrong in [instalment(2, 70_001), instalment(2, 0), instalment(2, -1), instalment(0, 1)] {
        assert_eq!(desk.refused(told("C-1", wrong)).await, "out_of_range");
    }
    let nowhere = Event::ClawbackPaid { number: 2, amount_minor: 1, bank: party("nowhere") };
    assert_eq!(desk.refused(told("C-1", nowhere)).await, "account_unknown");
    desk.tell("C-1", instalment(2, 70_000)).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn instalments_that_race_are_never_more_than_is_owed() {
    let desk = short().await;
    desk.tell("C-1", assigned(1, Bearer::Patient, 120_000)).await;
    let racers = (1..=6).map(|number| vec![told("C-1", instalment(number, 50_000))]);
    let answers = at_once(&desk, racers, ask).await.concat();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    let refused = answers.into_iter().filter_map(Result::err);
    assert!(refused.into_iter().all(|refusal| refusal.code() == "out_of_range"));
    assert!(desk.balances().await.contains("1202.p-1 20000"));
}

#[tokio::test]
async fn what_may_be_lost_is_provided_for_written_off_and_paid_after_all() {
    let desk = short().await;
    let mut journals = Vec::new();
    for event in [provisioned(1, 80_000), provisioned(2, -30_000), written_off(1, Debt::Shortfall, 120_000)] {
        let told = desk.tell("C-1", event).await;
        journals.extend(desk.journals(&told.entry_ids).await);
    }
    assert_eq!(desk.settled("C-1").await, State::Closed);
    let paid = desk.tell("C-1", recovered(1, 40_000)).await;
    journals.extend(desk.journals(&paid.entry_ids).await);
    let expected = [
        "J13: 5202 - 80000, 1390 - -80000",
        "J13-released: 1390 - 30000, 5202 - -30000",
        "J13: 5202 - 70000, 1390 - -70000",
        "J13-write-off-insurer: 1390 - 120000, 1109.picc C-1 -120000",
        "J13-recovered: 1002.settlement - 40000, 4905 - -40000",
    ];
    assert_eq!(journals, expected);
    assert_eq!(desk.refused(told("C-1", recovered(2, 80_001))).await, "out_of_range");
    desk.tell("C-1", recovered(2, 80_000)).await;
    assert_eq!(desk.refused(told("C-1", recovered(3, 1))).await, "out_of_range");
    assert_eq!(desk.claim("C-1").await.progress.borne.nobody_minor, 120_000);
    let balances = desk.balances().await;
    assert!(!balances.contains("1390") && balances.contains("4905 -120000"), "{balances}");
    assert!(balances.contains("5202 120000"), "{balances}");
}

#[tokio::test]
async fn what_a_patient_does_not_pay_back_is_written_off() {
    let desk = short().await;
    desk.tell("C-1", assigned(1, Bearer::Patient, 120_000)).await;
    desk.tell("C-1", instalment(1, 20_000)).await;
    assert_eq!(desk.refused(told("C-1", written_off(1, Debt::Clawback, 100_001))).await, "out_of_range");
    assert_eq!(desk.refused(told("C-1", written_off(1, Debt::Shortfall, 1))).await, "out_of_range");
    let lost = desk.tell("C-1", written_off(1, Debt::Clawback, 100_000)).await;
    let expected = ["J13: 5202 - 100000, 1390 - -100000", "J13-write-off-patient: 1390 - 100000, 1202.p-1 C-1 -100000"];
    assert_eq!(desk.journals(&lost.entry_ids).await, expected);
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.verify().await;
}

#[tokio::test]
async fn a_provision_is_never_negative_and_never_more_than_is_open() {
    let desk = short().await;
    for wrong in [provisioned(1, 120_001), provisioned(1, -1), provisioned(0, 1)] {
        assert_eq!(desk.refused(told("C-1", wrong)).await, "out_of_range");
    }
    desk.tell("C-1", provisioned(1, 120_000)).await;
    assert_eq!(desk.refused(told("C-1", provisioned(2, 1))).await, "out_of_range");
    // What was provided for is paid after all, and the provision goes by itself or by somebody's word.
    desk.tell("C-1", assigned(1, Bearer::Platform, 120_000)).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    assert_eq!(desk.refused(told("C-1", provisioned(2, 1))).await, "out_of_range");
    desk.tell("C-1", provisioned(2, -120_000)).await;
    assert!(!desk.balances().await.contains("1390"));
}

#[tokio::test]
async fn what_takes_two_people_takes_two() {
    let desk = short().await;
    for event in [provisioned(1, 1), written_off(1, Debt::Shortfall, 1), assigned(1, Bearer::Platform, 1)] {
        let command = told("C-1", event);
        let alone = Command { checked_by: None, ..command.clone() };
        assert_eq!(desk.refused(alone).await, "second_person_needed");
        assert_eq!(desk.refused(command.checked_by("tester")).await, "same_person");
    }
    assert_eq!(desk.count("claim_event WHERE event IN ('provisioned', 'written_off')").await, 0);
}
