//! Decisions by line, and decisions after the first: up, down, behind what was paid, and racing a remittance.

use dianfu_claims::apply;
use dianfu_claims::claim::{ClaimLine, NewClaim, State};
use dianfu_claims::event::{Bearer, Event};
use dianfu_claims::insurer::terms::ContractTerms;
use dianfu_ledger::Ledger;
use dianfu_settlement::batch::Pays;

use super::bank::{paid, remit};
use super::fixture::{
    ADVANCE, Desk, WIDE, assigned, decided, decided_again, decision, intake, line_decided, now, party, told,
};
use super::races::at_once;

#[tokio::test]
async fn each_line_is_decided_by_itself() {
    let desk = Desk::new(WIDE).await;
    desk.asks_little().await;
    let one = intake("C-1", "p-1").lines.remove(0);
    let lines = vec![
        ClaimLine { gross_minor: 1_200_000, ..one.clone() },
        ClaimLine { line_no: 2, gross_minor: 800_000, ..one },
    ];
    desk.reviewed_and_dispensed(NewClaim { lines, ..intake("C-1", "p-1") }).await;
    // The advance falls on the lines by their prices: 9 120.00 and 6 080.00.
    let why = || ["CO-45".to_owned()];
    let [first, second] = [912_000, 608_000];
    for (lines, code) in [
        (vec![line_decided(1, first, None)], "out_of_range"),
        (vec![line_decided(2, second, None), line_decided(1, first, None)], "out_of_range"),
        (vec![line_decided(1, first - 1, None), line_decided(2, second, None)], "reasons_mismatch"),
        (vec![line_decided(1, first, None), line_decided(2, second, why())], "reasons_mismatch"),
        (vec![line_decided(1, first, None), line_decided(2, 800_001, None)], "approved_above_gross"),
    ] {
        assert_eq!(desk.refused(told("C-1", decision(1, lines))).await, code);
    }
    let lines = vec![line_decided(1, first + 8_000, None), line_decided(2, second - 8_000, why())];
    let applied = desk.tell("C-1", decision(1, lines)).await;
    assert_eq!(applied.to, State::Approved, "the lines make up for one another");
    assert_eq!(desk.journals(&applied.entry_ids).await, ["J9: 1102.picc C-1 1520000, 1101.picc C-1 -1520000"]);
    desk.verify().await;
}

#[tokio::test]
async fn down_and_up_again() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    let mut journals = Vec::new();
    let decisions = [
        (1_300_000, State::Partial),
        (0, State::Rejected),
        (ADVANCE, State::Approved),
        (ADVANCE, State::Approved),
        (ADVANCE + 80_000, State::Approved),
    ];
    for (decision_no, (approved_minor, to)) in (2..).zip(decisions) {
        let applied = desk.tell("C-1", decided_again(decision_no, approved_minor)).await;
        assert_eq!(applied.to, to);
        journals.push(desk.journals(&applied.entry_ids).await.join("; "));
    }
    let expected = [
        "J18b: 1109.picc C-1 100000, 1102.picc C-1 -100000",
        "J18b: 1109.picc C-1 1300000, 1102.picc C-1 -1300000",
        "J10d: 1102.picc C-1 1520000, 1109.picc C-1 -1520000",
        "",
        "J10d: 1102.picc C-1 80000, 2202.p-1 C-1 -80000",
    ];
    assert_eq!(journals, expected);
    assert_eq!(desk.refused(told("C-1", decided_again(8, ADVANCE))).await, "out_of_range");
    assert_eq!(desk.refused(told("C-1", decided_again(6, ADVANCE))).await, "conflict");
    desk.verify().await;
}

#[tokio::test]
async fn more_than_before_relieves_whoever_had_borne_it() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    for (number, bearer, minor) in [
        (1, Bearer::Patient, 20_000),
        (2, Bearer::PharmacyByNetting, 30_000),
        (3, Bearer::PharmacyUnpaidOrder, 10_000),
        (4, Bearer::Platform, 60_000),
    ] {
        desk.tell("C-1", assigned(number, bearer, minor)).await;
    }
    let bank = party("settlement");
    desk.tell("C-1", Event::ClawbackPaid { number: 1, amount_minor: 5_000, bank }).await;
    let more = desk.tell("C-1", decided_again(2, ADVANCE)).await;
    let expected = "J10d: 1102.picc C-1 120000, 1202.p-1 C-1 -15000, 2202.p-1 C-1 -5000, 1301.red-cross C-1 -30000, \
                    2101.red-cross C-1 -10000, 5201 - -60000";
    assert_eq!(desk.journals(&more.entry_ids).await, [expected]);
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    assert_eq!(payouts[0].net_minor(), 1_980_000, "the order is whole again");
    desk.verify().await;
}

#[tokio::test]
async fn what_the_insurer_has_paid_it_takes_back_before_it_decides_for_less() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    desk.cash("T-1", 1_400_000).await;
    desk.remit("T-1", &[("C-1", 1_400_000)], None).await;
    let refusal = desk.ask(told("C-1", decided_again(2, 1_300_000))).await.unwrap_err();
    assert!(refusal.to_string().contains("the insurer has paid 14000.00 CNY and now approves 13000.00"), "{refusal}");
    desk.bring("C-2", "p-2", State::InsurerSubmitted).await;
    desk.tell("C-2", decided(ADVANCE)).await;
    desk.cash("T-2", ADVANCE - 100_000).await;
    desk.remit("T-2", &[("C-1", -100_000), ("C-2", ADVANCE)], None).await;
    let less = desk.tell("C-1", decided_again(2, 1_300_000)).await;
    let posted = desk.journals(&less.entry_ids).await;
    assert_eq!(posted, ["J18b: 1109.picc C-1 100000, 1102.picc C-1 -100000"]);
    assert_eq!(desk.refused(told("C-1", decided_again(3, 1_299_999))).await, "decided_below_paid");
    desk.verify().await;
}

#[tokio::test]
async fn a_closed_claim_that_is_decided_again_opens_and_closes_again() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    desk.tell("C-1", decided(ADVANCE)).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    desk.cash("T-1", ADVANCE).await;
    desk.remit("T-1", &[("C-1", ADVANCE)], None).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    assert_eq!(desk.refused(told("C-1", decided_again(2, ADVANCE - 1))).await, "decided_below_paid");
    assert_eq!(desk.tell("C-1", decided_again(2, ADVANCE + 70)).await.to, State::Approved);
    assert_eq!(desk.settled("C-1").await, State::PartRecovered);
    desk.cash("T-2", 70).await;
    desk.remit("T-2", &[("C-1", 70)], None).await;
    desk.pays("p-1", 1).await;
    let refunds = desk.pay("R-1", Pays::PatientRefunds).await;
    desk.report(&refunds[0].payout_id, paid(&refunds[0], 0)).await.unwrap();
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.verify().await;
}

#[tokio::test]
async fn our_service_fee_follows_what_is_approved() {
    let terms = ContractTerms { fee_per_10000: 100, vat_per_10000: 600, ..ContractTerms::plain() };
    let desk = Desk::on_terms(WIDE, terms).await;
    desk.reviewed_and_dispensed(intake("C-1", "p-1")).await;
    let mut journals = Vec::new();
    for (decision_no, approved_minor) in [(1, ADVANCE), (2, 1_400_000), (3, ADVANCE)] {
        let applied = desk.tell("C-1", decided_again(decision_no, approved_minor)).await;
        journals.extend(desk.journals(&applied.entry_ids).await);
    }
    let expected = [
        "J9: 1102.picc C-1 1520000, 1101.picc C-1 -1520000",
        "J9b: 1102.picc C-1 15200, 4101 - -14340, 2401 - -860",
        "J18b: 1109.picc C-1 120000, 1102.picc C-1 -120000",
        "J9b-back: 4101 - 1132, 2401 - 68, 1102.picc C-1 -1200",
        "J10d: 1102.picc C-1 120000, 1109.picc C-1 -120000",
        "J9b: 1102.picc C-1 1200, 4101 - -1132, 2401 - -68",
    ];
    assert_eq!(journals, expected);
    assert_eq!(desk.settled("C-1").await, State::Approved);
    desk.cash("T-1", ADVANCE + 15_200).await;
    desk.remit("T-1", &[("C-1", ADVANCE + 15_200)], None).await;
    assert_eq!(desk.settled("C-1").await, State::Recovered);
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_decision_for_less_and_a_remittance_that_race_never_take_the_same_money() {
    for round in 0..4 {
        let desk = Desk::new(WIDE).await;
        desk.bring("C-1", "p-1", State::Partial).await;
        desk.cash("T-1", 1_400_000).await;
        let work = |ledger: Ledger, decides: bool| async move {
            if !decides {
                remit(&ledger, "T-1", &[("C-1", 1_400_000)], None).await;
                return None;
            }
            let mut client = ledger.client().await.unwrap();
            let less = told("C-1", decided_again(2, 1_300_000));
            let answer = apply(&ledger, &mut client, &[less], "tester", now()).await.unwrap().remove(0);
            answer.err().map(|refusal| refusal.code())
        };
        let answers = at_once(&desk, [true, false], work).await;
        let was_refused = answers.contains(&Some("decided_below_paid"));
        let balances = desk.balances().await;
        assert!(!balances.contains("1102.picc"), "round {round}: all that is due is paid: {balances}");
        // Decided first, the insurer has paid 1 000.00 too much; paid first, its decision comes too late.
        assert_eq!(balances.contains("2301.picc -100000"), !was_refused, "round {round}: {balances}");
        assert_eq!(balances.contains("1109.picc 220000"), !was_refused, "round {round}: {balances}");
    }
}
