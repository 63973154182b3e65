//! Taking files and cash in: once, whole, or not at all.

use dianfu_ledger::account::{AccountCode, AccountSetting, Frozen, Limits};
use dianfu_ledger::clock;
use dianfu_ledger::money::{Currency, Money};
use dianfu_reconcile::violation::Rule;
use dianfu_reconcile::{CashReceipt, Refusal, apply_waiting, receive, report};
use dianfu_settlement::number::PartyNo;
use jiff::civil::date;

use super::fixture::{Desk, file, import_through, now};

#[tokio::test]
async fn the_same_file_gets_the_first_answer_again() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    let bytes = file("T1", "C1 - 1000", "");
    let first = desk.import(&bytes).await.unwrap();
    assert!(!first.replayed);
    let again = desk.import(&bytes).await.unwrap();
    assert!(again.replayed);
    assert_eq!((&again.remittances, &again.verdict, again.digest), (&first.remittances, &first.verdict, first.digest));
    desk.cash("B1", "T1", 1_000).await.unwrap();
    let later = desk.import(&bytes).await.unwrap();
    assert_eq!((later.replayed, later.remittances[0].state.word()), (true, "APPLIED"));
    assert_eq!((desk.count("remittance").await, desk.count("remittance_file").await), (1, 1));
    assert_eq!(desk.open_items().await, "");
}

#[tokio::test]
async fn another_file_under_the_same_trace_is_a_conflict() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    let first = desk.import(&file("T1", "C1 - 1000", "")).await.unwrap();
    let refusal = desk.import(&file("T1", "C1 - 999", "")).await.unwrap_err();
    let Refusal::DuplicateAdvice { trace, first_sha256, given_sha256, .. } = &refusal else { panic!("{refusal:?}") };
    assert_eq!((refusal.code(), trace.as_str()), ("duplicate_advice", "T1"));
    assert_eq!(*first_sha256, dianfu_reconcile::import::hexadecimal(&first.digest));
    assert_ne!(first_sha256, given_sha256);
    // Nothing of it stays, and the first is as it was.
    assert_eq!((desk.count("remittance").await, desk.count("remittance_file").await), (1, 1));
    assert_eq!(desk.view("T1").await.row.remittance.paid_minor, 1_000);
}

#[tokio::test]
async fn a_file_that_does_not_hold_is_refused_whole_and_noted_once() {
    let desk = Desk::new().await;
    let bad = file("T1", "C1 - 1000", "").replacen("*10.00*C*", "*10.01*C*", 1);
    for _ in 0..2 {
        let Err(Refusal::Unbalanced(verdict)) = desk.import(&bad).await else { panic!("it does not hold") };
        assert_eq!((verdict.errors[0].rule, verdict.errors[0].segment), (Rule::R3, Some(4)));
        assert_eq!((verdict.errors[0].expected.as_str(), verdict.errors[0].actual.as_str()), ("10.00", "10.01"));
    }
    let Err(refusal) = desk.import_bytes(b"\x00\x01ISA").await else { panic!("garbage") };
    assert_eq!(refusal.code(), "remittance_unbalanced");
    assert_eq!((desk.count("remittance").await, desk.count("remittance_rejection").await), (0, 2));
}

#[tokio::test]
async fn two_remittances_in_one_file_stand_or_fall_together() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    let (one, two) = (file("T1", "C1 - 600", ""), file("T2", "C1 - 400", ""));
    let both = format!("{one}{two}");
    let imported = desk.import(&both).await.unwrap();
    let traces: Vec<&str> = imported.remittances.iter().map(|remittance| remittance.trace.as_str()).collect();
    assert_eq!(traces, ["T1", "T2"]);
    let refusal = desk.import(&format!("{}{two}", file("T3", "C1 - 5", ""))).await.unwrap_err();
    assert_eq!(refusal.code(), "duplicate_advice");
    assert_eq!(desk.count("remittance").await, 2);
    desk.cash("B2", "T2", 400).await.unwrap();
    desk.cash("B1", "T1", 600).await.unwrap();
    assert_eq!((desk.state("T1").await, desk.state("T2").await), ("APPLIED".to_owned(), "APPLIED".to_owned()));
    assert_eq!(desk.open_items().await, "");
    let mut client = desk.ledger.client().await.unwrap();
    let page = report::applications(&mut client, Some(&desk.insurer), None, 1).await.unwrap();
    assert_eq!(page.len(), 1);
    let rest = report::applications(&mut client, None, Some(page[0].remittance.remittance_id), 10).await.unwrap();
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn an_unknown_insurer_and_another_currency_are_refused() {
    let desk = Desk::new().await;
    let nobody = PartyNo::parse("nobody").unwrap();
    let bytes = file("T1", "C1 - 1000", "");
    let refusal = import_through(&desk.ledger, &nobody, bytes.as_bytes()).await.unwrap_err();
    assert_eq!(refusal, Refusal::InsurerUnknown { insurer: nobody });
    let yen = bytes.replacen("N1*PR", "CUR*PR*JPY~N1*PR", 1).replacen("SE*8", "SE*9", 1).replace("10.00", "10");
    let refusal = desk.import(&yen).await.unwrap_err();
    let expected = Refusal::CurrencyMismatch {
        insurer: desk.insurer.clone(),
        trace: "T1".to_owned(),
        expected: Currency::USD,
        actual: "JPY".parse().unwrap(),
    };
    assert_eq!(refusal, expected);
    assert_eq!((desk.count("remittance_file").await, desk.count("remittance_rejection").await), (0, 0));
}

#[tokio::test]
async fn the_banks_reference_makes_one_receipt() {
    let desk = Desk::new().await;
    let first = desk.cash("B1", "T1", 1_000).await.unwrap();
    let again = desk.cash("B1", "T1", 1_000).await.unwrap();
    assert_eq!((again.replayed, again.entry_id), (true, first.entry_id));
    for (trace, minor, field) in [("T2", 1_000, "trace"), ("T1", 1_001, "amount")] {
        let refusal = desk.cash("B1", trace, minor).await.unwrap_err();
        let Refusal::ReceiptConflict { field: differs, .. } = refusal else { panic!("{refusal:?}") };
        assert_eq!(differs, field);
    }
    assert_eq!(desk.open_items().await, "2190 T1 -1000");
    assert_eq!(desk.cash("B2", "T1", 0).await.unwrap_err().code(), "amount_not_positive");
    assert_eq!(desk.cash("", "T1", 5).await.unwrap_err().code(), "number_malformed");
    assert_eq!(desk.cash("B2", "*T1/CLP-1", 5).await.unwrap_err().code(), "number_malformed");
    assert_eq!(desk.cash("B2", &"T".repeat(101), 5).await.unwrap_err().code(), "number_malformed");
}

#[tokio::test]
async fn cash_that_nobody_announces_waits_under_the_banks_reference() {
    let desk = Desk::new().await;
    let bank = PartyNo::parse("settlement").unwrap();
    let receipt = CashReceipt {
        bank: &bank,
        bank_reference: "STMT-7/3",
        insurer: &desk.insurer,
        trace: None,
        amount: Money::new(700, Currency::USD),
        value_date: date(2026, 3, 1),
        received_at: now(),
        actor: "bank",
    };
    let mut client = desk.ledger.client().await.unwrap();
    let received = receive(&desk.ledger, &mut client, &receipt, clock::date_of(now())).await.unwrap().unwrap();
    assert_eq!(received.application, None);
    assert_eq!(desk.open_items().await, "2190 **STMT-7/3 -700");
    // Nor does it fund an advice whose trace happens to be the bank's reference.
    desk.import(&file("STMT-7/3", "C1 - 700", "")).await.unwrap();
    assert_eq!(desk.state("STMT-7/3").await, "VALIDATED MISSING_CASH");
    let again = receive(&desk.ledger, &mut client, &receipt, clock::date_of(now())).await.unwrap().unwrap();
    assert_eq!((again.replayed, again.application), (true, None));
    assert_eq!(desk.open_items().await, "2190 **STMT-7/3 -700");
    let nowhere = PartyNo::parse("nowhere").unwrap();
    let elsewhere = CashReceipt { bank: &nowhere, bank_reference: "X", ..receipt };
    let refusal = receive(&desk.ledger, &mut client, &elsewhere, clock::date_of(now())).await.unwrap().unwrap_err();
    assert_eq!(refusal.code(), "account_unknown");
    assert_eq!(desk.count("cash_receipt").await, 1);
}

#[tokio::test]
async fn what_the_ledger_refuses_leaves_nothing_half_done_and_is_applied_later() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    desk.cash("B1", "T1", 1_000).await.unwrap();
    let due = AccountCode::parse("1102.picc").unwrap();
    let limits = Limits { min_minor: Some(0), max_minor: None };
    let set = |frozen| AccountSetting { limits, frozen, closed: false };
    desk.ledger.change_setting(&due, set(Frozen::Both).into(), "tester", "test").await.unwrap();
    let refusal = desk.import(&file("T1", "C1 - 1000", "")).await.unwrap_err();
    assert_eq!(refusal.code(), "account_frozen");
    assert_eq!(desk.state("T1").await, "FUNDED");
    for table in ["remittance_application", "remittance_match", "reconciliation_break"] {
        assert_eq!(desk.count(table).await, 0, "{table}");
    }
    assert_eq!(desk.open_items().await, "1102 C1 1000; 2190 T1 -1000");

    desk.ledger.change_setting(&due, set(Frozen::None).into(), "tester", "test").await.unwrap();
    let mut client = desk.ledger.client().await.unwrap();
    for _ in 0..2 {
        let on = clock::date_of(now());
        let answers = apply_waiting(&desk.ledger, &mut client, on, "worker", now()).await.unwrap();
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }
    assert_eq!(desk.state("T1").await, "APPLIED");
    assert_eq!(desk.open_items().await, "");
}
