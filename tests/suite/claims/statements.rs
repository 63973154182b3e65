//! However much is asked for at once: the same statements, in one transaction, and one turn of the ledger.

use dianfu_claims::claim::{Claim, ClaimNo, State};
use dianfu_claims::event::{Bearer, Event};
use dianfu_claims::{Command, apply, read, settle};
use dianfu_ledger::Ledger;
use dianfu_ledger::money::Currency;
use dianfu_settlement::batch::Pays;
use dianfu_settlement::chart::{PHARMACY_PAYABLE, pharmacy_accounts};
use dianfu_settlement::payable::{NewPayable, raise_in};
use dianfu_settlement::payee::{NewPayee, register_in};
use dianfu_settlement::payout::Payout;
use dianfu_settlement::{Report, instruct, record};
use dianfu_tests::{Asked, Overheard};

use super::bank::{DUE_ON, approval, batch, paid};
use super::fixture::{ADVANCE, Desk, ON, WIDE, assigned, intake, now, number, party, straight_path, told};
use super::material::asked_for;
use super::rulings;

/// As many as are compared with one.
const MANY: usize = 100;

/// One, for whom statements are prepared; then one, and many, that are compared.
fn groups() -> [Vec<String>; 3] {
    [vec!["first".to_owned()], vec!["one".to_owned()], (1..=MANY).map(|n| format!("of-{n}")).collect()]
}

/// The straight path, and what becomes of the shortfall at its end.
fn path(patient_no: &str) -> Vec<Command> {
    let claim_no = format!("C-{patient_no}");
    let straight = straight_path(intake(&claim_no, patient_no)).into_iter().map(|(command, _)| command);
    let (unpaid, rest) = (40_000, ADVANCE - 1_400_000 - 40_000);
    let borne = [assigned(1, Bearer::PharmacyUnpaidOrder, unpaid), assigned(2, Bearer::Platform, rest)];
    straight.chain(borne.map(|event| told(&claim_no, event))).collect()
}

#[tokio::test]
async fn each_transition_of_a_hundred_claims_costs_the_statements_of_one() {
    let desk = Desk::new(WIDE).await;
    for patient_no in groups().concat() {
        desk.patient(&patient_no).await;
    }
    let mut overheard = Overheard::of(&desk.test).await;
    let mut turns = 0;
    for step in 0..path("one").len() {
        let mut costs: Vec<Asked> = Vec::new();
        for group in groups() {
            let commands: Vec<Command> = group.iter().map(|patient_no| path(patient_no).remove(step)).collect();
            let work = async |ledger: &Ledger, client: &mut _| apply(ledger, client, &commands, "tester", now()).await;
            let (answers, asked) = overheard.during(work).await;
            assert!(answers.unwrap().iter().all(Result::is_ok), "step {step}");
            costs.push(asked);
        }
        assert_eq!(costs[2], costs[1], "step {step}");
        assert_eq!((costs[2].commits(), costs[2].turns < 2), (1, true), "step {step}: {:#?}", costs[2]);
        turns += costs[2].turns;
    }
    assert!(turns >= 6, "{turns} of the steps post");
    assert_settling_is_one_look(&desk, &mut overheard).await;
    desk.verify().await;
}

/// What the rules leave to a reviewer, who asks for more, decides, or has the claim called off.
fn reviewed_by_people(patient_no: &str) -> Vec<Command> {
    let claim_no = format!("C-{patient_no}");
    let review = || Command::review(number(&claim_no), ON);
    let events = [Event::Submitted, Event::ReviewStarted].map(|event| told(&claim_no, event));
    let mut path = vec![Command::take_in(rulings::old(&claim_no, patient_no), ON)];
    path.extend(events);
    path.push(review());
    path.extend([asked_for(1, ON), Event::MaterialSupplied { number: 1 }].map(|event| told(&claim_no, event)));
    path.push(review());
    path.push(rulings::ruling(&claim_no, true, &["doctor_confirmed"]));
    path
}

#[tokio::test]
async fn the_queue_of_reviewers_is_filled_and_emptied_for_a_hundred_claims_as_for_one() {
    let desk = rulings::desk(None).await;
    for patient_no in groups().concat() {
        desk.patient(&patient_no).await;
    }
    let mut overheard = Overheard::of(&desk.test).await;
    for step in 0..reviewed_by_people("one").len() {
        let mut costs: Vec<Asked> = Vec::new();
        for group in groups() {
            let commands: Vec<Command> =
                group.iter().map(|patient_no| reviewed_by_people(patient_no).remove(step)).collect();
            let work = async |ledger: &Ledger, client: &mut _| apply(ledger, client, &commands, "tester", now()).await;
            let (answers, asked) = overheard.during(work).await;
            assert!(answers.unwrap().iter().all(Result::is_ok), "step {step}");
            costs.push(asked);
        }
        assert_eq!(costs[2], costs[1], "step {step}");
    }
    let many = i64::try_from(MANY).unwrap();
    assert_eq!(desk.count("review_task WHERE round_no = 2 AND outcome = 'approved'").await, many + 2);
}

/// The insurer has paid: every claim moves on.
async fn assert_settling_is_one_look(desk: &Desk, overheard: &mut Overheard) {
    let mut costs: Vec<Asked> = Vec::new();
    for group in groups() {
        let claims: Vec<ClaimNo> = group.iter().map(|patient_no| number(&format!("C-{patient_no}"))).collect();
        for claim_no in &claims {
            let due = ("1102.picc", Some(claim_no.as_str()), -1_400_000);
            desk.move_money(&[("1002.settlement", None, 1_400_000), due]).await;
        }
        let work = async |ledger: &Ledger, client: &mut _| settle(ledger, client, &claims, (ON, "system"), now()).await;
        let (answers, asked) = overheard.during(work).await;
        assert!(answers.unwrap().iter().all(|answer| answer.as_ref().is_ok_and(|applied| !applied.replayed)));
        costs.push(asked);
        let mut client = desk.ledger.client().await.unwrap();
        let (claim, _): (Claim, _) = read::story(&mut client, claims.last().unwrap()).await.unwrap().unwrap();
        assert_ne!(claim.state, State::Partial);
    }
    assert_eq!(costs[2], costs[1]);
}

/// Owes something to a pharmacy, which is paid by itself.
async fn owe(desk: &Desk, pharmacy: &str) {
    let (pharmacy, currency) = (party(pharmacy), Currency::CNY);
    desk.ledger.open_accounts(&pharmacy_accounts(&pharmacy, currency), "tester").await.unwrap();
    let account = PHARMACY_PAYABLE.of(&pharmacy);
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let payee = NewPayee { payee: pharmacy.clone(), name: pharmacy.to_string(), withheld_per_10000: 0 };
    register_in(&tx, &payee, "tester", now()).await.unwrap().unwrap();
    let item = format!("O-{pharmacy}");
    let owed = NewPayable {
        account: account.clone(),
        item: item.clone(),
        payee: pharmacy.clone(),
        currency,
        advance_minor: 500,
        due_on: DUE_ON,
    };
    raise_in(&tx, &[owed], now()).await.unwrap();
    tx.commit().await.unwrap();
    desk.pays(pharmacy.as_str(), 1).await;
    desk.move_money(&[("5102", None, 1_000), (account.as_str(), Some(&item), -1_000)]).await;
}

#[tokio::test]
async fn a_batch_of_a_hundred_payouts_costs_the_statements_of_one() {
    let desk = Desk::new(WIDE).await;
    let mut overheard = Overheard::of(&desk.test).await;
    let (mut instructed, mut told) = (Vec::new(), Vec::new());
    for (group, batch_no) in groups().iter().zip(["B-1", "B-2", "B-3"]) {
        for pharmacy in group {
            owe(&desk, pharmacy).await;
        }
        desk.propose(&batch(batch_no, Pays::Pharmacies)).await.unwrap();
        let order = approval(batch_no, group.len(), 1_000 * i64::try_from(group.len()).unwrap());
        let work = async |ledger: &Ledger, client: &mut _| instruct(ledger, client, &order, now()).await;
        let (payouts, asked) = overheard.during(work).await;
        let payouts = payouts.unwrap().unwrap();
        assert_eq!((payouts.len(), asked.commits(), asked.turns), (group.len(), 1, 1));
        instructed.push(asked);

        let reports: Vec<Report> = payouts.iter().map(paid_report).collect();
        let work = async |ledger: &Ledger, client: &mut _| record(ledger, client, &reports, "bank", now()).await;
        let (answers, asked) = overheard.during(work).await;
        assert!(answers.unwrap().iter().all(|answer| answer.as_ref().is_ok_and(|recorded| !recorded.replayed)));
        assert_eq!((asked.commits(), asked.turns), (1, 1));
        told.push(asked);
    }
    assert_eq!(instructed[2], instructed[1]);
    assert_eq!(told[2], told[1]);
    desk.verify().await;
}

fn paid_report(payout: &Payout) -> Report {
    Report { payout_id: payout.payout_id.clone(), fact: paid(payout, 0), on: DUE_ON, evidence_sha256: Some([9; 32]) }
}
