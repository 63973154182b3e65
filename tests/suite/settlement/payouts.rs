//! What patients and insurers get: reimbursements, refunds by payout and by channel, and what was paid in excess.

use dianfu_ledger::money::Currency;
use dianfu_settlement::batch::Pays;
use dianfu_settlement::collection::refund_by_channel;
use dianfu_settlement::journal_map::ChannelRefund;
use dianfu_settlement::{Reissue, reissue};
use jiff::civil::date;

use super::fixture::{Desk, ON, now, paid, party, rejected, returned};

#[tokio::test]
async fn a_reimbursement_is_paid_rejected_paid_again_returned_and_issued_again() {
    let desk = Desk::new().await;
    desk.owe("2201.p-1", "C-1", 900, 0).await;
    desk.owe("2201.p-1", "C-2", 100, 0).await;
    let payouts = desk.pay("M-1", Pays::Reimbursements).await.unwrap();
    desk.report(&payouts[0], rejected()).await.unwrap();
    let journals = [
        "J23-paid: 2201.p-1 C-1 900, 2201.p-1 C-2 100, 1010.settlement M-1-0001 -1000",
        "J7-reimbursement: 1010.settlement M-1-0001 1000, 2201.p-1 C-1 -900, 2201.p-1 C-2 -100",
    ];
    assert_eq!(desk.journals("M-1-0001").await, journals);
    assert_eq!(desk.open_items("2201").await, "2201.p-1 C-1 -900; 2201.p-1 C-2 -100");

    let payouts = desk.pay("M-2", Pays::Reimbursements).await.unwrap();
    desk.report(&payouts[0], paid(&payouts[0])).await.unwrap();
    desk.report(&payouts[0], returned(&payouts[0])).await.unwrap();
    desk.pays("p-1", 2).await;
    let order = Reissue {
        returned: payouts[0].payout_id.clone(),
        made_by: "wang".to_owned(),
        checked_by: "li".to_owned(),
        on: ON,
    };
    let mut client = desk.ledger.client().await.unwrap();
    let again = reissue(&desk.ledger, &mut client, &order, now()).await.unwrap().unwrap();
    desk.report(&again, paid(&again)).await.unwrap();
    let journals = [
        "J8b: 2110 M-2-0001 1000, 1010.settlement M-2-0001-R1 -1000",
        "J6: 1010.settlement M-2-0001-R1 1000, 1002.settlement - -1000",
    ];
    assert_eq!(desk.journals("M-2-0001-R1").await, journals);
    assert_eq!((desk.open_items("2201").await.as_str(), desk.open_items("1010").await.as_str()), ("", ""));
}

#[tokio::test]
async fn an_insurer_gets_back_what_it_paid_in_excess() {
    let desk = Desk::new().await;
    desk.owe("2301.picc", "C-1", 400, 0).await;
    let payouts = desk.pay("X-1", Pays::InsurerRefunds).await.unwrap();
    assert_eq!(desk.journals("X-1-0001").await, ["J15b: 2301.picc C-1 400, 1010.settlement X-1-0001 -400"]);
    desk.report(&payouts[0], rejected()).await.unwrap();
    // A later advice takes a part of it back before it is paid again: only the rest leaves.
    desk.move_money(&[("2301.picc", Some("C-1"), 150), ("5102", None, -150)]).await;
    assert_eq!(desk.pay("X-2", Pays::InsurerRefunds).await.unwrap()[0].net_minor(), 250);
    assert_eq!(desk.open_items("2301").await, "");
}

fn refund(reference: &str, amount_minor: i64) -> ChannelRefund {
    ChannelRefund {
        channel: party("wechat"),
        day: date(2026, 3, 2),
        reference: reference.to_owned(),
        patient: party("p-1"),
        claim: "C-1".to_owned(),
        currency: Currency::CNY,
        amount_minor,
        on: ON,
    }
}

#[tokio::test]
async fn a_channel_refunds_what_is_owed_once_and_nothing_that_a_payout_carries() {
    let desk = Desk::new().await;
    let told = async |refund: &ChannelRefund| refund_by_channel(&desk.ledger, refund, "wechat").await.unwrap();
    let code = async |refund: &ChannelRefund| told(refund).await.unwrap_err().code();
    assert_eq!(code(&refund("W-1", 480)).await, "amount_out_of_range", "nothing is owed");
    desk.owe("2202.p-1", "C-1", 480, 0).await;
    assert_eq!(code(&refund("W-1", 0)).await, "amount_out_of_range");
    assert_eq!(code(&refund("W-1", 481)).await, "amount_out_of_range");
    let first = told(&refund("W-1", 80)).await.unwrap();
    assert_eq!(desk.journals("W-1").await, ["J20-channel: 2202.p-1 C-1 80, 1005.wechat 2026-03-02 -80"]);
    assert_eq!(told(&refund("W-1", 80)).await, Ok(first));
    assert_eq!(code(&refund("W-1", 90)).await, "id_conflict");

    let payouts = desk.pay("R-1", Pays::PatientRefunds).await.unwrap();
    assert_eq!(payouts[0].net_minor(), 400);
    assert_eq!(code(&refund("W-2", 400)).await, "item_in_flight");
    desk.report(&payouts[0], rejected()).await.unwrap();
    told(&refund("W-2", 400)).await.unwrap();
    assert_eq!(code(&refund("W-3", 1)).await, "amount_out_of_range");
    assert_eq!((desk.open_items("2202").await.as_str(), desk.count("payable WHERE NOT settled").await), ("", 0));
    assert_eq!(desk.pay("R-2", Pays::PatientRefunds).await.unwrap_err().code(), "nothing_due");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_payout_and_a_channel_one_refunds() {
    for _ in 0..3 {
        let desk = Desk::new().await;
        desk.owe("2202.p-1", "C-1", 480, 0).await;
        desk.propose("R-1", Pays::PatientRefunds).await;
        let total = desk.preview("R-1").await.control_total();
        let other = Desk::open(&desk.test).await;
        let whole = refund("W-1", 480);
        let (by_payout, by_channel) =
            tokio::join!(desk.instruct("R-1", total), refund_by_channel(&other, &whole, "wechat"));
        assert_ne!(by_payout.is_ok(), by_channel.unwrap().is_ok());
        assert_eq!(desk.open_items("2202").await, "");
    }
}
