//! Payouts: two people, what is due when it is posted, what the bank says of it, and what becomes of rejects and
//! returns.

use dianfu_claims::claim::State;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::Currency;
use dianfu_settlement::batch::Pays;
use dianfu_settlement::number::PayoutId;
use dianfu_settlement::payable::{NewPayable, raise_in};
use dianfu_settlement::payee::{NewPayee, NewPayeeAccount, PayeeAccount, record_account, register_in};
use dianfu_settlement::payout::{Fact, Payout};
use dianfu_settlement::{Refusal, Reissue, reissue};

use super::bank::{DUE_ON, approval, batch, paid, rejected, returned};
use super::fixture::{Desk, WIDE, now, party};

async fn dispensed() -> Desk {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    desk
}

async fn reissued(desk: &Desk, returned: &str, checked_by: &str) -> Result<Payout, Refusal> {
    let (returned, made_by) = (PayoutId::parse(returned).unwrap(), "wang".to_owned());
    let order = Reissue { returned, made_by, checked_by: checked_by.to_owned(), on: DUE_ON };
    let mut client = desk.ledger.client().await.unwrap();
    reissue(&desk.ledger, &mut client, &order, now()).await.unwrap()
}

#[tokio::test]
async fn nobody_releases_what_nobody_proposed_or_he_himself_or_what_he_has_not_seen() {
    let desk = dispensed().await;
    assert_eq!(desk.instruct(&approval("B-1", 1, 1_980_000)).await.unwrap_err().code(), "batch_unknown");
    let mut early = batch("B-0", Pays::Pharmacies);
    early.cut_off = DUE_ON.yesterday().unwrap();
    desk.propose(&early).await.unwrap();
    desk.propose(&batch("B-1", Pays::Pharmacies)).await.unwrap();
    let mut alone = approval("B-1", 1, 1_980_000);
    alone.checked_by = "wang".to_owned();
    assert_eq!(desk.instruct(&alone).await.unwrap_err().code(), "same_person");
    assert_eq!(desk.instruct(&approval("B-0", 1, 1_980_000)).await.unwrap_err().code(), "nothing_due");
    let refusal = desk.instruct(&approval("B-1", 1, 1_979_999)).await.unwrap_err();
    let sentence = "batch B-1: approved were 1 payouts of 19799.99 CNY in all and 0.00 CNY set off, due are 1 of \
                    19800.00 CNY and 0.00 CNY";
    assert_eq!((refusal.code(), refusal.to_string().as_str()), ("control_total_differs", sentence));

    // Another order comes between the checker's look and word.
    desk.bring("C-2", "p-2", State::Dispensed).await;
    assert_eq!(desk.instruct(&approval("B-1", 1, 1_980_000)).await.unwrap_err().code(), "control_total_differs");
    assert_eq!(desk.count("payout").await, 0);
    let payouts = desk.instruct(&approval("B-1", 1, 3_960_000)).await.unwrap();
    assert_eq!(payouts[0].items.len(), 2);
    desk.propose(&batch("B-2", Pays::Pharmacies)).await.unwrap();
    assert_eq!(desk.instruct(&approval("B-2", 0, 0)).await.unwrap_err().code(), "nothing_due");
    desk.verify().await;
}

#[tokio::test]
async fn a_payee_without_bank_details_waits() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::SharePaid).await;
    desk.tell("C-1", dianfu_claims::event::Event::Cancelled).await;
    desk.propose(&batch("R-1", Pays::PatientRefunds)).await.unwrap();
    assert_eq!(desk.instruct(&approval("R-1", 0, 0)).await.unwrap_err().code(), "nothing_due");
    desk.pays("p-1", 1).await;
    let payouts = desk.instruct(&approval("R-1", 1, 480_000)).await.unwrap();
    assert_eq!(payouts[0].payee_account_version, 1);
    desk.verify().await;
}

#[tokio::test]
async fn what_the_bank_rejects_is_due_again_and_its_advance_is_covered_once() {
    let desk = dispensed().await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    let answer = desk.report(&payouts[0].payout_id, rejected()).await.unwrap();
    let posted = desk.journals(&answer.entry_ids).await;
    assert_eq!(posted, ["J7: 1010.settlement B-1-0001 1980000, 2101.red-cross C-1 -1980000"]);
    assert_eq!(desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap_err().code(), "fact_not_possible");

    let again = desk.pay("B-2", Pays::Pharmacies).await;
    assert_eq!((again[0].net_minor(), again[0].items[0].advance_minor), (1_980_000, 0));
    assert_eq!(desk.count("entry WHERE reference = 'B-2'").await, 0, "own money moved with the first batch");
    let answer = desk.report(&again[0].payout_id, paid(&again[0], 0)).await.unwrap();
    assert_eq!(answer.state.word(), "paid");
    let end = "1001.own -1520000; 1002.settlement -460000; 1005.wechat 480000; 1101.picc 1520000; 2401 -1132; \
               4102 -18868";
    assert_eq!(desk.balances().await, end);
}

#[tokio::test]
async fn what_comes_back_is_issued_again_to_the_newest_details_once_each_time() {
    let desk = dispensed().await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    let first = &payouts[0];
    assert_eq!(reissued(&desk, "B-1-0001", "li").await.unwrap_err().code(), "fact_not_possible");
    assert_eq!(desk.report(&first.payout_id, returned(first)).await.unwrap_err().code(), "fact_not_possible");
    desk.report(&first.payout_id, paid(first, 0)).await.unwrap();
    let answer = desk.report(&first.payout_id, returned(first)).await.unwrap();
    let posted = desk.journals(&answer.entry_ids).await;
    assert_eq!(posted, ["J8: 1002.settlement - 1980000, 2110 B-1-0001 -1980000"]);
    desk.propose(&batch("B-2", Pays::Pharmacies)).await.unwrap();
    assert_eq!(desk.instruct(&approval("B-2", 0, 0)).await.unwrap_err().code(), "nothing_due");

    desk.pays("red-cross", 2).await;
    assert_eq!(reissued(&desk, "B-1-0001", "wang").await.unwrap_err().code(), "same_person");
    assert_eq!(reissued(&desk, "B-1-0002", "li").await.unwrap_err().code(), "payout_unknown");
    let second = reissued(&desk, "B-1-0001", "li").await.unwrap();
    assert_eq!((second.payout_id.as_str(), second.payee_account_version), ("B-1-0001-R1", 2));
    let posted = desk.journals(&desk.instruction(&second).await).await;
    assert_eq!(posted, ["J8b: 2110 B-1-0001 1980000, 1010.settlement B-1-0001-R1 -1980000"]);
    assert_eq!(reissued(&desk, "B-1-0001", "li").await.unwrap(), second);

    desk.report(&second.payout_id, paid(&second, 0)).await.unwrap();
    desk.report(&second.payout_id, returned(&second)).await.unwrap();
    assert_eq!(reissued(&desk, "B-1-0001-R1", "li").await.unwrap_err().code(), "details_unchanged");
    desk.pays("red-cross", 3).await;
    let third = reissued(&desk, "B-1-0001-R1", "li").await.unwrap();
    assert_eq!(third.payout_id.as_str(), "B-1-0001-R2");
    let answer = desk.report(&third.payout_id, rejected()).await.unwrap();
    let posted = desk.journals(&answer.entry_ids).await;
    assert_eq!(posted, ["J7-reissued: 1010.settlement B-1-0001-R2 1980000, 2110 B-1-0001-R1 -1980000"]);

    // One that was issued again and rejected is in no batch: it is issued again, too.
    desk.pays("red-cross", 4).await;
    let fourth = reissued(&desk, "B-1-0001-R2", "li").await.unwrap();
    assert_eq!((fourth.payout_id.as_str(), fourth.payee_account_version), ("B-1-0001-R3", 4));
    let posted = desk.journals(&desk.instruction(&fourth).await).await;
    assert_eq!(posted, ["J8b: 2110 B-1-0001-R1 1980000, 1010.settlement B-1-0001-R3 -1980000"]);
    assert_eq!(reissued(&desk, "B-1-0001-R2", "li").await.unwrap(), fourth);
    desk.report(&fourth.payout_id, paid(&fourth, 0)).await.unwrap();
    desk.verify().await;
}

#[tokio::test]
async fn what_nobody_knows_is_never_sent_again_but_waits_for_the_banks_word() {
    let desk = dispensed().await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    let payout_id = &payouts[0].payout_id;
    let answer = desk.report(payout_id, Fact::Unknown { reason: "timeout".to_owned() }).await.unwrap();
    assert_eq!((answer.state.word(), answer.entry_ids.len()), ("unknown", 0));
    desk.propose(&batch("B-2", Pays::Pharmacies)).await.unwrap();
    assert_eq!(desk.instruct(&approval("B-2", 0, 0)).await.unwrap_err().code(), "nothing_due");
    assert_eq!(reissued(&desk, "B-1-0001", "li").await.unwrap_err().code(), "fact_not_possible");
    let less = Fact::Paid { amount_minor: 1_979_999, charge_minor: 0, bank_reference: "S".to_owned() };
    assert_eq!(desk.report(payout_id, less).await.unwrap_err().code(), "amount_differs");
    let charged = Fact::Paid { amount_minor: 1_980_000, charge_minor: -1, bank_reference: "S".to_owned() };
    assert_eq!(desk.report(payout_id, charged).await.unwrap_err().code(), "amount_out_of_range");
    for fact in [Fact::Instructed, Fact::Reissued { as_payout: payout_id.clone() }] {
        let code = desk.report(payout_id, fact.clone()).await.map(|recorded| recorded.replayed);
        // The instruction is on record for another day; a reissue is not for the bank to tell.
        let expected = if fact == Fact::Instructed { "conflict" } else { "fact_not_possible" };
        assert_eq!(code.map_err(|refusal| refusal.code()).err().unwrap_or(expected), expected);
    }
    desk.report(payout_id, paid(&payouts[0], 0)).await.unwrap();
    let nobody = PayoutId::parse("B-9-0001").unwrap();
    assert_eq!(desk.report(&nobody, rejected()).await.unwrap_err().code(), "payout_unknown");
    desk.verify().await;
}

#[tokio::test]
async fn tax_is_withheld_from_those_it_is_withheld_from() {
    let desk = Desk::new(WIDE).await;
    let account = AccountCode::parse("2101.red-cross").unwrap();
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let payee = NewPayee { payee: party("writer"), name: "Writer".to_owned(), withheld_per_10000: 1_000 };
    register_in(&tx, &payee, "tester", now()).await.unwrap().unwrap();
    let again = NewPayee { withheld_per_10000: 0, ..payee.clone() };
    assert_eq!(register_in(&tx, &again, "tester", now()).await.unwrap().unwrap_err().code(), "conflict");
    let payable = NewPayable {
        account,
        item: "FEE-1".to_owned(),
        payee: party("writer"),
        currency: Currency::CNY,
        advance_minor: 0,
        due_on: DUE_ON,
    };
    raise_in(&tx, &[payable], now()).await.unwrap();
    tx.commit().await.unwrap();
    desk.pays("writer", 1).await;
    desk.move_money(&[("5102", None, 10_005), ("2101.red-cross", Some("FEE-1"), -10_005)]).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    assert_eq!((payouts[0].gross_minor, payouts[0].withheld_minor), (10_005, 1_001));
    let posted = desk.journals(&desk.instruction(&payouts[0]).await).await;
    assert_eq!(posted, ["J5: 2101.red-cross FEE-1 10005, 1010.settlement B-1-0001 -9004, 2402 - -1001"]);
    let answer = desk.report(&payouts[0].payout_id, rejected()).await.unwrap();
    let posted = desk.journals(&answer.entry_ids).await;
    assert_eq!(posted, ["J7: 1010.settlement B-1-0001 9004, 2402 - 1001, 2101.red-cross FEE-1 -10005"]);
    desk.verify().await;
}

#[tokio::test]
async fn bank_details_change_by_two_people_and_by_one_version_at_a_time() {
    let desk = Desk::new(WIDE).await;
    let mut client = desk.ledger.client().await.unwrap();
    let details = PayeeAccount {
        holder: "red-cross".to_owned(),
        bank_code: "102100099996".to_owned(),
        account_no: "6222-1".to_owned(),
    };
    let first = NewPayeeAccount { payee: party("red-cross"), version: 1, details, checked_by: "li".to_owned() };
    record_account(&mut client, &first, "wang", now()).await.unwrap().unwrap();
    let other = PayeeAccount { account_no: "6222-9".to_owned(), ..first.details.clone() };
    for (account, made_by, code) in [
        (NewPayeeAccount { version: 2, ..first.clone() }, "li", "same_person"),
        (NewPayeeAccount { version: 3, ..first.clone() }, "wang", "conflict"),
        (NewPayeeAccount { version: 0, ..first.clone() }, "wang", "conflict"),
        (NewPayeeAccount { details: other, ..first.clone() }, "wang", "conflict"),
        (NewPayeeAccount { payee: party("nobody"), ..first.clone() }, "wang", "payee_unknown"),
    ] {
        assert_eq!(record_account(&mut client, &account, made_by, now()).await.unwrap().unwrap_err().code(), code);
    }
    assert_eq!(desk.count("payee_account").await, 1);
}
