//! Each journal falls under its heading, and the headings come to the balance.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::Currency;
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::payout::PayoutItem;

fn moved(control: &str, item: &str, journal: &str, amount_minor: i64) -> Movement {
    Movement {
        control: control.to_owned(),
        item: item.to_owned(),
        journal: journal.to_owned(),
        reference: "B-1-0001".to_owned(),
        on: date(2026, 3, 9),
        amount_minor,
        vat_minor: 0,
        held_minor: 0,
    }
}

fn payouts() -> BTreeMap<PayoutId, KnownPayout> {
    let item = |item: &str, amount_minor| PayoutItem {
        account: AccountCode::parse("2101.red-cross").unwrap(),
        item: item.to_owned(),
        amount_minor,
        advance_minor: 0,
    };
    let payout = Payout {
        payout_id: PayoutId::parse("B-1-0001").unwrap(),
        batch_no: None,
        reissue_of: None,
        payee: PartyNo::parse("red-cross").unwrap(),
        payee_account_version: 1,
        bank: PartyNo::parse("settlement").unwrap(),
        currency: Currency::CNY,
        gross_minor: 300,
        withheld_minor: 10,
        created_at: Timestamp::UNIX_EPOCH,
        items: vec![item("C-1", 200), item("C-2", 100)],
    };
    let paid = Fact::Paid { amount_minor: 290, charge_minor: 0, bank_reference: "S".to_owned() };
    let facts = [(Fact::Instructed, date(2026, 3, 9)), (paid, date(2026, 3, 10))];
    let facts = facts.map(|(fact, on)| DatedFact { fact, on }).to_vec();
    BTreeMap::from([(payout.payout_id.clone(), KnownPayout { payout, facts })])
}

fn headings(row: &OrderRow) -> i128 {
    row.gross_minor - row.fee_minor - row.returned_minor - row.charged_back_minor - row.netted_minor
        + row.debt_netted_minor
        - row.withheld_minor
        - row.net_minor
        + row.other_minor
}

#[test]
fn an_order_from_its_price_to_its_payout() {
    let movements = [
        Movement { held_minor: 50, ..moved("2101", "C-1", "J3", -220) },
        Movement { vat_minor: -1, ..moved("2101", "C-1", "J4", 20) },
        moved("2101", "C-2", "J3b", -130),
        moved("2101", "C-2", "J19e", 30),
        moved("1301", "C-0", "J19e", -30),
        moved("2101", "C-1", "J5", 200),
        moved("2101", "C-2", "J5", 100),
    ];
    let rows = shape(&movements, &payouts());
    let payouts = vec![OrderPayout {
        payout_id: PayoutId::parse("B-1-0001").unwrap(),
        state: "paid",
        paid_on: Some(date(2026, 3, 10)),
    }];
    let row = |order: &str| OrderRow { order: order.to_owned(), ..OrderRow::default() };
    let expected = [
        OrderRow { debt_netted_minor: 30, balance_minor: 30, ..row("C-0") },
        OrderRow {
            gross_minor: 220,
            share_collected_minor: 50,
            fee_minor: 20,
            vat_minor: 1,
            withheld_minor: 7,
            net_minor: 193,
            payouts: payouts.clone(),
            ..row("C-1")
        },
        OrderRow { gross_minor: 130, netted_minor: 30, withheld_minor: 3, net_minor: 97, payouts, ..row("C-2") },
    ];
    assert_eq!(rows, expected);
}

#[test]
fn what_the_bank_rejects_was_not_paid() {
    let movements =
        [moved("2101", "C-1", "J3", -200), moved("2101", "C-1", "J5", 200), moved("2101", "C-1", "J7", -200)];
    let rows = shape(&movements, &payouts());
    assert_eq!((rows[0].net_minor, rows[0].withheld_minor, rows[0].balance_minor), (0, 0, 200));
}

const JOURNALS: [&str; 15] = [
    "J3",
    "J3b",
    "J3c",
    "J24-drawn",
    "J4",
    "J19d",
    "J19d-paid-out",
    "J19a",
    "J19b",
    "J19c",
    "J10b",
    "J10b-unpaid",
    "J19e",
    "J5",
    "",
];

proptest! {
    #[test]
    fn the_headings_come_to_the_balance(
        moves in prop::collection::vec((0..2_usize, 0..3_usize, 0..JOURNALS.len(), -1_000_i64..1_000), 0..40)
    ) {
        let movement = |(control, item, journal, minor): &(usize, usize, usize, i64)| {
            moved(["2101", "1301"][*control], ["C-0", "C-1", "C-2"][*item], JOURNALS[*journal], *minor)
        };
        let movements: Vec<Movement> = moves.iter().map(movement).collect();
        let rows = shape(&movements, &payouts());
        for row in &rows {
            prop_assert_eq!(headings(row), row.balance_minor, "{:?}", row);
        }
        let moved: i128 = movements.iter().map(|movement| -i128::from(movement.amount_minor)).sum();
        prop_assert_eq!(rows.iter().map(|row| row.balance_minor).sum::<i128>(), moved);
    }
}
