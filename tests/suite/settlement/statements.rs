//! What pharmacies and patients are told, and that it is what the ledger has.

use dianfu_ledger::money::Currency;
use dianfu_settlement::batch::Pays;
use dianfu_settlement::journals::Facts;
use dianfu_settlement::statement::{Period, patient, pharmacy};

use super::fixture::{Desk, ON, paid, party};

fn facts() -> Facts {
    Facts::new(Currency::CNY)
        .party("insurer", &party("picc"))
        .party("pharmacy", &party("red-cross"))
        .party("patient", &party("p-1"))
        .party("channel", &party("wechat"))
        .day("day", ON)
        .day("due_on", ON)
}

/// What a drug that comes back relieves: the insurer of its advance, the patient of the share.
fn returned(advanced_minor: i64, refund_minor: i64) -> Facts {
    let nothing =
        ["due", "recovered", "prefund", "shortfall", "clawback", "loss", "written_off", "share_owed", "unpaid"];
    let facts = nothing.into_iter().fold(facts(), |facts, name| facts.amount(name, 0));
    facts.amount("advanced", advanced_minor).amount("refund", refund_minor)
}

/// A claim at the worked figures, dispensed.
async fn dispensed(desk: &Desk, claim: &str) {
    let worked = || facts().amount("gross", 2_000_000).amount("share", 480_000);
    desk.journal("J2", claim, facts().amount("share", 480_000)).await;
    desk.journal("J3", claim, worked()).await;
    desk.journal("J4", claim, facts().amount("fee", 20_000).amount("vat", 1_132)).await;
    desk.due("2101.red-cross", claim, 1_520_000).await;
}

#[tokio::test]
async fn a_pharmacy_sees_each_order_from_its_price_to_its_payout() {
    let desk = Desk::new().await;
    dispensed(&desk, "C-1").await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await.unwrap();
    desk.report(&payouts[0], paid(&payouts[0])).await.unwrap();
    desk.journal("J19b", "C-1", returned(1_520_000, 480_000)).await;
    desk.journal("J19d-paid-out", "C-1", facts().amount("fee", 20_000).amount("vat", 1_132)).await;
    desk.move_money(&[("1109.picc", Some("C-0"), 120_000), ("5102", None, -120_000)]).await;
    desk.journal("J10b", "C-0", facts().amount("shortfall", 120_000)).await;
    dispensed(&desk, "C-2").await;
    dispensed(&desk, "C-3").await;
    desk.pay("B-2", Pays::Pharmacies).await.unwrap();

    let mut client = desk.ledger.client().await.unwrap();
    let statement = pharmacy::statement(&mut client, &party("red-cross"), Period::default()).await.unwrap();
    assert_eq!((statement.opening_minor, statement.closing_minor), (0, 0));
    let shown = statement.rows.iter().map(|row| {
        let payouts = row.payouts.iter().map(|own| format!("{} {} {:?}", own.payout_id, own.state, own.paid_on));
        format!(
            "{}: {} ({}) -{} ({}) -{} -{} -{} +{} -{} -{} = {} [{}]",
            row.order,
            row.gross_minor,
            row.share_collected_minor,
            row.fee_minor,
            row.vat_minor,
            row.returned_minor,
            row.charged_back_minor,
            row.netted_minor,
            row.debt_netted_minor,
            row.withheld_minor,
            row.net_minor,
            row.balance_minor,
            payouts.collect::<Vec<_>>().join(", ")
        )
    });
    // C-1 came back after it was paid: 19800.00 of debt, and 1200.00 of a shortfall, are set off against C-2 and C-3.
    let expected = [
        "C-0: 0 (0) -0 (0) -0 -120000 -0 +120000 -0 -0 = 0 []",
        "C-1: 2000000 (480000) -0 (0) -2000000 -0 -0 +1980000 -0 -1980000 = 0 [B-1-0001 paid Some(2026-03-09)]",
        "C-2: 2000000 (480000) -20000 (1132) -0 -0 -1980000 +0 -0 -0 = 0 []",
        "C-3: 2000000 (480000) -20000 (1132) -0 -0 -120000 +0 -0 -1860000 = 0 [B-2-0001 instructed None]",
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);

    // Another period begins with what stood there before.
    let (from, to) = (Some(ON.tomorrow().unwrap()), None);
    dispensed(&desk, "C-4").await;
    let later = pharmacy::statement(&mut client, &party("red-cross"), Period { from, to }).await.unwrap();
    assert_eq!((later.opening_minor, later.rows.len(), later.closing_minor), (1_980_000, 0, 1_980_000));
    let nobody = pharmacy::statement(&mut client, &party("nobody"), Period::default()).await.unwrap();
    assert_eq!((nobody.rows.len(), nobody.closing_minor), (0, 0));
}

#[tokio::test]
async fn a_patient_sees_each_claim_in_both_directions() {
    let desk = Desk::new().await;
    dispensed(&desk, "C-1").await;
    desk.move_money(&[("1109.picc", Some("C-1"), 120_000), ("5102", None, -120_000)]).await;
    desk.journal("J10a", "C-1", facts().amount("shortfall", 120_000)).await;
    desk.journal("J12", "C-1", facts().segment("bank", "settlement").amount("amount", 50_000)).await;
    desk.journal("J23", "C-2", facts().amount("approved", 90_000)).await;
    desk.due("2201.p-1", "C-2", 0).await;
    desk.pay("M-1", Pays::Reimbursements).await.unwrap();
    desk.journal("J22-overcharged", "C-3", facts().amount("advanced", 7_000).amount("prefund", 0)).await;

    let mut client = desk.ledger.client().await.unwrap();
    let statement = patient::statement(&mut client, &party("p-1"), Period::default()).await.unwrap();
    let row = |claim: &str| patient::ClaimRow { claim: claim.to_owned(), ..patient::ClaimRow::default() };
    let expected = [
        patient::ClaimRow {
            share_due_minor: 480_000,
            share_paid_minor: 480_000,
            clawback_minor: 120_000,
            clawback_paid_minor: 50_000,
            balance_minor: 70_000,
            ..row("C-1")
        },
        patient::ClaimRow { reimbursement_minor: 90_000, reimbursement_paid_minor: 90_000, ..row("C-2") },
        patient::ClaimRow { refund_minor: 7_000, balance_minor: -7_000, ..row("C-3") },
    ];
    assert_eq!(statement.rows, expected);
    assert_eq!((statement.opening_minor, statement.closing_minor), (0, 63_000));
}
