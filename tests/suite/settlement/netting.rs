//! What a pharmacy owes is set off with its orders: J19e.

use dianfu_ledger::money::Currency;
use dianfu_settlement::ControlTotal;
use dianfu_settlement::batch::Pays;
use dianfu_settlement::chart::pharmacy_accounts;
use dianfu_settlement::plan::Figures;

use super::fixture::{Desk, paid, party, rejected};

#[tokio::test]
async fn a_debt_is_set_off_with_the_orders_and_the_rest_is_paid() {
    let desk = Desk::new().await;
    desk.owe("2101.red-cross", "C-1", 500, 400).await;
    desk.owe("2101.red-cross", "C-2", 1_000, 800).await;
    desk.owe("2101.blue-sky", "C-3", 70, 0).await;
    desk.owed_by("red-cross", "C-0", 600).await;
    desk.propose("B-1", Pays::Pharmacies).await;
    let plan = desk.preview("B-1").await;
    let expected = Figures { gross_minor: 1_570, netted_minor: 600, withheld_minor: 0, net_minor: 970 };
    assert_eq!((plan.figures(), plan.nettings.len()), (expected, 2));
    let payouts = desk.instruct("B-1", plan.control_total()).await.unwrap();
    assert_eq!(desk.figures("B-1").await, expected);
    let journals = [
        "J5a: 1002.settlement - 1200, 1001.own - -1200",
        "J19e: 2101.red-cross C-1 500, 1301.red-cross C-0 -500",
        "J19e: 2101.red-cross C-2 100, 1301.red-cross C-0 -100",
    ];
    assert_eq!(desk.journals("B-1").await, journals);
    assert_eq!(desk.journals("B-1-0001").await, ["J5: 2101.blue-sky C-3 70, 1010.settlement B-1-0001 -70"]);
    assert_eq!(desk.journals("B-1-0002").await, ["J5: 2101.red-cross C-2 900, 1010.settlement B-1-0002 -900"]);
    assert_eq!((desk.open_items("2101").await.as_str(), desk.open_items("1301").await.as_str()), ("", ""));

    // The bank's word takes no netting back: what is left of the order is due again, its advance covered.
    desk.report(&payouts[1], rejected()).await.unwrap();
    assert_eq!(desk.open_items("2101").await, "2101.red-cross C-2 -900");
    let again = desk.pay("B-2", Pays::Pharmacies).await.unwrap();
    assert_eq!((again[0].net_minor(), again[0].items[0].advance_minor), (900, 0));
    assert_eq!(desk.journals("B-2").await, Vec::<String>::new());
    desk.report(&again[0], paid(&again[0])).await.unwrap();
    assert_eq!(desk.count("payable WHERE NOT settled").await, 1, "the order of blue-sky is on its way");
}

#[tokio::test]
async fn an_order_that_is_set_off_whole_is_not_paid_and_its_batch_may_have_no_payouts() {
    let desk = Desk::new().await;
    desk.owe("2101.red-cross", "C-1", 500, 400).await;
    desk.owed_by("red-cross", "C-0", 800).await;
    assert_eq!(desk.pay("B-1", Pays::Pharmacies).await.unwrap(), []);
    let journals =
        ["J5a: 1002.settlement - 400, 1001.own - -400", "J19e: 2101.red-cross C-1 500, 1301.red-cross C-0 -500"];
    assert_eq!(desk.journals("B-1").await, journals);
    assert_eq!(desk.open_items("1301").await, "1301.red-cross C-0 300");
    assert_eq!(desk.count("payable WHERE NOT settled").await, 0);

    // The same again is found; another total is not what was released.
    let total = ControlTotal { payouts: 0, netted_minor: 500, net_minor: 0 };
    assert_eq!(desk.instruct("B-1", total).await.unwrap(), []);
    let other = ControlTotal { netted_minor: 499, ..total };
    assert_eq!(desk.instruct("B-1", other).await.unwrap_err().code(), "control_total_differs");
    assert_eq!((desk.count("payout_netting").await, desk.count("payout").await), (1, 0));

    // The rest of the debt waits for the next order.
    desk.owe("2101.red-cross", "C-2", 1_000, 0).await;
    assert_eq!(desk.pay("B-2", Pays::Pharmacies).await.unwrap()[0].net_minor(), 700);
    assert_eq!(desk.open_items("1301").await, "");
}

#[tokio::test]
async fn tax_is_withheld_from_what_is_paid_and_the_parts_of_a_batch_add_up() {
    let desk = Desk::new().await;
    desk.payee("writer", 1_000).await;
    desk.pays("writer", 1).await;
    let accounts = pharmacy_accounts(&party("writer"), Currency::CNY);
    desk.ledger.open_accounts(&accounts, "tester").await.unwrap();
    desk.owe("2101.writer", "C-1", 1_005, 0).await;
    desk.owed_by("writer", "C-0", 500).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await.unwrap();
    assert_eq!((payouts[0].gross_minor, payouts[0].withheld_minor), (505, 51));
    let figures = desk.figures("B-1").await;
    assert_eq!(figures, Figures { gross_minor: 1_005, netted_minor: 500, withheld_minor: 51, net_minor: 454 });
    let client = desk.ledger.client().await.unwrap();
    let sql = "SELECT sum(amount_minor)::bigint FROM posting JOIN account USING (account_no)
               WHERE code LIKE '2101.%' AND amount_minor > 0";
    let taken: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(taken, figures.net_minor + figures.withheld_minor + figures.netted_minor);
}

#[tokio::test]
async fn what_is_posted_between_look_and_word_stops_the_batch_and_nothing_is_half_done() {
    let desk = Desk::new().await;
    desk.owe("2101.red-cross", "C-1", 500, 0).await;
    desk.propose("B-1", Pays::Pharmacies).await;
    let seen = desk.preview("B-1").await.control_total();
    desk.owed_by("red-cross", "C-0", 40).await;
    let refusal = desk.instruct("B-1", seen).await.unwrap_err();
    let sentence = "batch B-1: approved were 1 payouts of 5.00 CNY in all and 0.00 CNY set off, due are 1 of 4.60 CNY \
                    and 0.40 CNY";
    assert_eq!((refusal.code(), refusal.to_string().as_str()), ("control_total_differs", sentence));

    // An order that comes with a debt of the same amount leaves the money as it was, and is seen all the same.
    let seen = desk.preview("B-1").await.control_total();
    desk.owe("2101.red-cross", "C-2", 30, 0).await;
    desk.owed_by("red-cross", "C-3", 30).await;
    assert_eq!(desk.preview("B-1").await.control_total().net_minor, seen.net_minor);
    assert_eq!(desk.instruct("B-1", seen).await.unwrap_err().code(), "control_total_differs");
    assert_eq!((desk.count("payout_netting").await, desk.count("payout").await), (0, 0));
    assert_eq!(desk.open_items("1301").await, "1301.red-cross C-0 40; 1301.red-cross C-3 30");
}

#[tokio::test]
async fn who_has_no_bank_details_and_whoever_is_no_pharmacy_is_not_set_off() {
    let desk = Desk::new().await;
    let accounts = pharmacy_accounts(&party("new-one"), Currency::CNY);
    desk.ledger.open_accounts(&accounts, "tester").await.unwrap();
    desk.payee("new-one", 0).await;
    desk.owe("2101.new-one", "C-1", 500, 0).await;
    desk.owed_by("new-one", "C-0", 100).await;
    desk.owe("2202.p-1", "C-1", 90, 0).await;
    desk.propose("B-1", Pays::Pharmacies).await;
    let plan = desk.preview("B-1").await;
    assert_eq!((plan.held_back.len(), plan.nettings.len()), (1, 0));
    let refusal = desk.instruct("B-1", plan.control_total()).await.unwrap_err();
    assert_eq!(refusal.code(), "nothing_due");
    assert_eq!(desk.pay("R-1", Pays::PatientRefunds).await.unwrap()[0].net_minor(), 90);
    assert_eq!(desk.open_items("1301").await, "1301.new-one C-0 100");
}

#[tokio::test]
async fn a_netting_stays_as_it_is_and_takes_two_people_and_one_pharmacy() {
    let desk = Desk::new().await;
    desk.owe("2101.red-cross", "C-1", 500, 0).await;
    desk.owed_by("red-cross", "C-0", 100).await;
    desk.pay("B-1", Pays::Pharmacies).await.unwrap();
    let owner = desk.test.database().connect_owner().await.unwrap();
    owner.batch_execute("SET search_path = book_main").await.unwrap();
    for change in
        ["UPDATE payout_netting SET amount_minor = 1", "DELETE FROM payout_netting", "TRUNCATE payout_netting"]
    {
        assert!(owner.batch_execute(change).await.is_err(), "{change}");
    }
    let with = |column: &str, value: &str| {
        let columns = "batch_no, netting_no, pharmacy, account, item, debt_account, debt_item, amount_minor, \
                       advance_minor, entry_id, netted_on, made_by, checked_by, recorded_at";
        let values = columns.replace("netting_no", "2").replace("debt_item", "'C-9'").replace(column, value);
        format!("INSERT INTO payout_netting ({columns}) SELECT {values} FROM payout_netting")
    };
    for (column, value, constraint) in [
        ("checked_by", "made_by", "payout_netting_two_people"),
        ("debt_account", "'1301.blue-sky'", "payout_netting_one_pharmacy"),
        ("amount_minor", "0", "payout_netting_amount_positive"),
        ("advance_minor", "-1", "payout_netting_advance_not_negative"),
    ] {
        let error = owner.batch_execute(&with(column, value)).await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(constraint), "{error}");
    }
}
