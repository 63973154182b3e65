//! What applying a remittance does to the books.

use dianfu_ledger::clock;
use dianfu_ledger::money::Money;
use dianfu_reconcile::{CashReceipt, Tolerance, receive, tolerance};
use jiff::civil::Date;

use super::fixture::{Desk, breaks, file, legs, now, outcomes};

#[tokio::test]
async fn the_worked_figures() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_400_000).await;
    desk.move_money(&[("1002.settlement", None, 5_000), ("2301.picc", Some("MARCH"), -5_000)]).await;
    let received = desk.cash("B1", "T1", 1_395_000).await.unwrap();
    assert_eq!(legs(&desk, &[received.entry_id]).await, "1002.settlement - 1395000; 2190.picc T1 -1395000");
    assert_eq!(received.application, None);

    let imported = desk.import(&file("T1", "C1 - 1400000", "WO MARCH 5000")).await.unwrap();
    let [remittance] = imported.remittances.as_slice() else { panic!("one remittance") };
    assert_eq!(remittance.state.word(), "APPLIED");
    let expected = "2190.picc T1 1395000; 2301.picc MARCH 5000; 1102.picc C1 -1400000";
    assert_eq!(legs(&desk, &remittance.entry_ids).await, expected);
    assert_eq!(desk.open_items().await, "");

    let view = desk.view("T1").await;
    assert_eq!(view.row.remittance.entry_ids.as_ref(), Some(&remittance.entry_ids));
    assert_eq!((view.row.cash_minor, view.row.applied_minor, view.row.unapplied_minor), (1_395_000, 1_395_000, 0));
    assert_eq!((view.row.remittance.lines_minor, view.row.remittance.adjustments_minor), (1_400_000, 5_000));
    assert_eq!(view.row.difference_minor, 0);
    assert_eq!((outcomes(&view).into_iter().collect::<Vec<_>>(), breaks(&view)), (vec![("equal", 1)], String::new()));
    let adjustment = &view.adjustments[0];
    assert_eq!((adjustment.account.as_deref(), adjustment.item.as_deref()), (Some("2301.picc"), Some("MARCH")));
}

#[tokio::test]
async fn the_advice_waits_for_its_cash() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    let imported = desk.import(&file("T1", "C1 - 1000", "")).await.unwrap();
    assert_eq!(imported.remittances[0].state.word(), "VALIDATED");
    assert_eq!(desk.state("T1").await, "VALIDATED MISSING_CASH");
    assert_eq!(desk.view("T1").await.row.difference_minor, -1_000);
    assert!(desk.view("T1").await.lines[0].matched.is_none());

    desk.cash("B1", "T1", 400).await.unwrap();
    assert_eq!(desk.state("T1").await, "VALIDATED SPLIT_INCOMPLETE");
    assert_eq!(desk.open_items().await, "1102 C1 1000; 2190 T1 -400");

    let rest = desk.cash("B2", "T1", 600).await.unwrap();
    assert_eq!(rest.application.unwrap().state.word(), "APPLIED");
    assert_eq!(desk.state("T1").await, "APPLIED");
    assert_eq!(desk.open_items().await, "");

    desk.cash("B3", "T1", 1_000).await.unwrap();
    assert_eq!(desk.state("T1").await, "APPLIED DUPLICATE_CASH");
    assert_eq!(desk.open_items().await, "2190 T1 -1000");
}

#[tokio::test]
async fn a_remittance_without_money_needs_no_cash() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 0).await;
    let imported = desk.import(&file("T1", "C1 - 0", "")).await.unwrap();
    assert_eq!((imported.remittances[0].state.word(), imported.remittances[0].entry_ids.len()), ("APPLIED", 0));
    assert_eq!(outcomes(&desk.view("T1").await).into_iter().collect::<Vec<_>>(), [("denied", 1)]);
}

#[tokio::test]
async fn what_is_short_or_over_stays_visible() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    desk.approve("C2", "C2", "", 0, 1_000).await;
    desk.cash("B1", "T1", 2_100).await.unwrap();
    desk.import(&file("T1", "C1 - 700; C2 - 1400", "")).await.unwrap();
    assert_eq!(desk.open_items().await, "1102 C1 300; 2301 C2 -400");
    assert_eq!(desk.state("T1").await, "APPLIED");
    assert_eq!(breaks(&desk.view("T1").await), "SHORT_PAID - 300; OVER_PAID - 400");

    // The rest comes later, and the excess is set off against it under the insurer's name for the claim.
    desk.cash("B2", "T2", 300 - 250).await.unwrap();
    desk.import(&file("T2", "C1 - 300", "WO C2 250")).await.unwrap();
    assert_eq!(desk.open_items().await, "2301 C2 -150");
    assert_eq!(breaks(&desk.view("T2").await), "");
}

#[tokio::test]
async fn what_nobody_can_explain_waits_with_a_break_each() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    desk.approve("A", "SHARED", "", 0, 500).await;
    desk.approve("B", "SHARED", "", 1, 500).await;
    let file = file("T1", "C1 - 1000; C9 - 70; SHARED - 500", "CV CP -20; WO NONE 90");
    desk.cash("B1", "T1", 1_000 + 70 + 500 + 20 - 90).await.unwrap();
    let imported = desk.import(&file).await.unwrap();
    assert_eq!(imported.remittances[0].state.word(), "PART_APPLIED");
    let waiting = "2190 *T1/CLP-2 -70; 2190 *T1/CLP-3 -500; 2190 *T1/PLB-1 -20; 2190 *T1/PLB-2 90";
    assert_eq!(desk.open_items().await, format!("1102 A 500; 1102 B 500; {waiting}"));
    let view = desk.view("T1").await;
    let expected = "UNKNOWN_CLAIM *T1/CLP-2 70; AMBIGUOUS *T1/CLP-3 500; OVER_PAID *T1/PLB-1 20; \
                    TAKEBACK_UNEXPECTED *T1/PLB-2 -90";
    assert_eq!(breaks(&view), expected);
    assert_eq!((view.row.cash_minor, view.row.applied_minor, view.row.unapplied_minor), (1_500, 1_000, 500));

    // Somebody finds out: the state follows the money.
    desk.move_money(&[("2190.picc", Some("*T1/CLP-3"), 500), ("1102.picc", Some("B"), -500)]).await;
    desk.move_money(&[("2190.picc", Some("*T1/CLP-2"), 70), ("2301.picc", Some("C9"), -70)]).await;
    assert_eq!(desk.state("T1").await, "PART_APPLIED");
    desk.move_money(&[("2190.picc", Some("*T1/PLB-1"), 20), ("2190.picc", Some("*T1/PLB-2"), -90), ("5102", None, 70)])
        .await;
    assert_eq!(desk.state("T1").await, "APPLIED");
}

#[tokio::test]
async fn a_payment_is_reversed_and_decided_anew() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "N1", 0, 1_000).await;
    desk.approve("C2", "C2", "N2", 0, 600).await;
    desk.cash("B1", "T1", 1_000).await.unwrap();
    desk.import(&file("T1", "C1 N1 1000", "")).await.unwrap();

    desk.cash("B2", "T2", 400).await.unwrap();
    let imported = desk.import(&file("T2", "C1 N1 -1000; C1 N9 800; C2 N2 600", "")).await.unwrap();
    let expected = "1102.picc C1 1000; 2301.picc C1 -1000 | \
                    2190.picc T2 400; 2301.picc C1 1000; 1102.picc C1 -800; 1102.picc C2 -600";
    assert_eq!(legs(&desk, &imported.remittances[0].entry_ids).await, expected);
    assert_eq!(desk.open_items().await, "1102 C1 200");
    assert_eq!(breaks(&desk.view("T2").await), "SHORT_PAID - 200");
    let view = desk.view("T2").await;
    assert_eq!(outcomes(&view).into_iter().collect::<Vec<_>>(), [("equal", 1), ("reversal", 1), ("short", 1)]);

    // What was taken back was never received twice.
    desk.approve("C3", "C3", "", 0, 1_000).await;
    desk.cash("B3", "T3", 100).await.unwrap();
    desk.import(&file("T3", "C1 N9 -900; C3 - 1000", "")).await.unwrap();
    assert_eq!(desk.open_items().await, "1102 C1 1000; 2190 *T3/CLP-1 100");
    assert_eq!(breaks(&desk.view("T3").await), "REVERSAL_UNLINKED *T3/CLP-1 -100");
}

#[tokio::test]
async fn a_reimbursement_is_paid_beside_advances_and_taken_back() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "N1", 0, 1_000).await;
    desk.approve_reimbursement("C2", "N2", 600).await;
    desk.cash("B1", "T1", 1_700).await.unwrap();
    let imported = desk.import(&file("T1", "C1 N1 1000; C2 N2 700", "")).await.unwrap();
    let expected = "2190.picc T1 1700; 1102.picc C1 -1000; 1103.picc C2 -600; 2301.picc C2 -100";
    assert_eq!(legs(&desk, &imported.remittances[0].entry_ids).await, expected);
    assert_eq!(breaks(&desk.view("T1").await), "OVER_PAID - 100");

    // It is taken back and decided anew, with an advance taken back beside it.
    desk.approve("C3", "C3", "", 0, 1_500).await;
    desk.cash("B2", "T2", 350).await.unwrap();
    let imported = desk.import(&file("T2", "C1 N1 -1000; C2 N2 -700; C2 N2 550; C3 - 1500", "")).await.unwrap();
    let expected = "1102.picc C1 1000; 2301.picc C1 -1000; 1103.picc C2 600; 2301.picc C2 -600 | \
                    2190.picc T2 350; 2301.picc C1 1000; 2301.picc C2 700; 1102.picc C3 -1500; 1103.picc C2 -550";
    assert_eq!(legs(&desk, &imported.remittances[0].entry_ids).await, expected);
    assert_eq!(desk.open_items().await, "1102 C1 1000; 1103 C2 50");
    assert_eq!(breaks(&desk.view("T2").await), "SHORT_PAID - 50");
}

#[tokio::test]
async fn a_small_difference_is_tolerated_within_the_line_and_the_day() {
    let desk = Desk::new().await;
    let mut client = desk.ledger.client().await.unwrap();
    let limits = |per_line_minor, per_day_minor| Tolerance { per_line_minor, per_day_minor };
    let mut set = async |tolerance, people| {
        tolerance::record(&mut client, &desk.insurer, tolerance, people, now()).await.unwrap()
    };
    assert_eq!(set(limits(5, 8), ("wang", "wang")).await.unwrap_err().code(), "same_person");
    assert_eq!(set(limits(5, -8), ("wang", "li")).await.unwrap_err().code(), "tolerance_negative");
    set(limits(0, 0), ("wang", "li")).await.unwrap();
    set(limits(5, 8), ("wang", "li")).await.unwrap();
    for claim in ["C1", "C2", "C3", "C4"] {
        desk.approve(claim, claim, "", 0, 1_000).await;
    }
    desk.cash("B1", "T1", 995 + 1_002 + 993).await.unwrap();
    let imported = desk.import(&file("T1", "C1 - 995; C2 - 1002; C3 - 993", "")).await.unwrap();
    let expected = "1102.picc C2 2; 5901 - -2 | \
                    2190.picc T1 2990; 1102.picc C1 -995; 1102.picc C2 -1002; 1102.picc C3 -993 | \
                    5901 - 5; 1102.picc C1 -5";
    assert_eq!(legs(&desk, &imported.remittances[0].entry_ids).await, expected);
    assert_eq!(breaks(&desk.view("T1").await), "SHORT_PAID - 7", "more than the tolerance of a line stays due");

    // Of the day one minor unit is left.
    desk.cash("B2", "T2", 998).await.unwrap();
    desk.import(&file("T2", "C4 - 998", "")).await.unwrap();
    assert_eq!(desk.open_items().await, "1102 C3 7; 1102 C4 2");
}

#[tokio::test]
async fn a_net_below_zero_is_carried_forward_and_comes_back() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    desk.approve("C2", "C2", "", 0, 1_500).await;
    desk.cash("B1", "T1", 1_000).await.unwrap();
    desk.import(&file("T1", "C1 - 1000", "")).await.unwrap();
    let imported = desk.import(&file("T2", "C1 - -1000", "FB NEXT -1000")).await.unwrap();
    assert_eq!(imported.remittances[0].state.word(), "APPLIED");
    assert_eq!(desk.open_items().await, "1102 C1 1000; 1102 C2 1500; 2301 NEXT -1000");
    desk.cash("B3", "T3", 500).await.unwrap();
    desk.import(&file("T3", "C2 - 1500", "FB NEXT 1000")).await.unwrap();
    assert_eq!(desk.open_items().await, "1102 C1 1000");
}

#[tokio::test]
async fn interest_and_tax_have_accounts() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    desk.cash("B1", "T1", 1_000 + 30 - 50).await.unwrap();
    let imported = desk.import(&file("T1", "C1 - 1000", "L6 - -30; IR - 50")).await.unwrap();
    let expected = "2190.picc T1 980; 1403.picc - 50; 1102.picc C1 -1000; 4103 - -30";
    assert_eq!(legs(&desk, &imported.remittances[0].entry_ids).await, expected);
    assert_eq!((desk.state("T1").await.as_str(), desk.open_items().await.as_str()), ("APPLIED", ""));
}

#[tokio::test]
async fn money_is_not_spent_before_the_day_it_comes() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    let mut client = desk.ledger.client().await.unwrap();
    let (on, value_date) = (clock::date_of(now()), clock::date_of(now()).tomorrow().unwrap());
    let receipt = CashReceipt {
        bank: &desk.bank,
        bank_reference: "B1",
        insurer: &desk.insurer,
        trace: Some("T1"),
        amount: Money::new(1_000, desk.currency),
        value_date,
        received_at: now(),
        actor: "bank",
    };
    receive(&desk.ledger, &mut client, &receipt, on).await.unwrap().unwrap();
    let imported = desk.import(&file("T1", "C1 - 1000", "")).await.unwrap();
    let [id] = imported.remittances[0].entry_ids[..] else { panic!("{imported:?}") };
    let row = client.query_one("SELECT effective_date FROM entry WHERE entry_id = $1", &[&id]).await.unwrap();
    assert_eq!(row.get::<_, Date>(0), value_date);
}

#[tokio::test]
async fn what_waits_for_an_explanation_funds_nothing() {
    let desk = Desk::new().await;
    desk.cash("B1", "X", 42).await.unwrap();
    desk.import(&file("X", "C9 - 42", "")).await.unwrap();
    assert_eq!(desk.open_items().await, "2190 *X/CLP-1 -42");
    desk.import(&file("X/CLP-1", "C9 - 42", "")).await.unwrap();
    assert_eq!(desk.state("X/CLP-1").await, "VALIDATED MISSING_CASH");
    let refusal = desk.import(&file("*X/CLP-1", "C9 - 42", "")).await.unwrap_err();
    assert_eq!(refusal.code(), "remittance_unbalanced");
}
