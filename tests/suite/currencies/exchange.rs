//! Exchanges and settlements on the real database, each worked out by hand.

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::fx::{Side, Trade, TradeKind, Traded};
use dianfu_ledger::money::Money;

use super::{balances, foreign_book, rate, set_rates, trade};
use crate::books::{Book, account, entry};

fn side(code: &str, item: Option<&str>, amount: Option<&str>) -> Side {
    let amount = amount.map(|text| {
        let (number, currency) = text.split_once(' ').unwrap();
        Money::parse(number, currency.parse().unwrap()).unwrap()
    });
    Side { account: account(code), item: item.map(str::to_owned), amount }
}

/// Trades, and answers the value and the realised gain, or the code and place of the refusal.
async fn traded(book: &Book, trade: &Trade) -> String {
    match book.ledger.trade(trade, true).await.unwrap() {
        Traded::Posted { value, gain, .. } => format!("{value}, {gain}"),
        Traded::Replayed(receipt) => format!("replayed {}", receipt.sequence),
        Traded::Refused(fault) => format!("{} {}", fault.code, fault.pointer),
    }
}

/// 100 USD are bought for 720 CNY and 50 for 375: 150 at 7.30. Of these 60 are sold for 450: they cost 438, so 12 are
/// gained; 90 at 657 are left, and are sold for 650, at a loss of 7.
#[tokio::test]
async fn a_position_is_sold_at_its_average_cost() {
    let book = foreign_book().await;
    let (cny, usd) = (|text| side("1002", None, Some(text)), |text| side("1002.usd", None, Some(text)));
    let buy = |n, given, got| Trade { from: cny(given), to: usd(got), ..trade(n, TradeKind::Exchange) };
    let sell = |n, given, got| Trade { from: usd(given), to: cny(got), ..trade(n, TradeKind::Exchange) };
    assert_eq!(traded(&book, &buy(1, "720.00 CNY", "100.00 USD")).await, "720.00 CNY, 0.00 CNY");
    assert_eq!(traded(&book, &buy(2, "375.00 CNY", "50.00 USD")).await, "375.00 CNY, 0.00 CNY");
    assert_eq!(traded(&book, &sell(3, "60.00 USD", "450.00 CNY")).await, "450.00 CNY, 12.00 CNY");
    assert_eq!(balances(&book, &["1002.usd", "1901.usd", "1902.usd", "4911"]).await, [9_000, -9_000, 65_700, -1_200]);
    assert_eq!(traded(&book, &sell(4, "90.00 USD", "650.00 CNY")).await, "650.00 CNY, -7.00 CNY");
    let at_the_end = balances(&book, &["1002.usd", "1901.usd", "1902.usd", "4911", "5911", "1002"]).await;
    assert_eq!(at_the_end, [0, 0, 0, -1_200, 700, 500]);
    book.assert_verified().await;
}

/// At 7.20: 100 USD are 720 CNY, and 100 CNY are 13.888... USD, of which 13.89 are posted. EUR/CNY is not needed where
/// two amounts say what was exchanged; their value is 40 USD at 7.20.
#[tokio::test]
async fn what_is_not_given_follows_from_a_rate() {
    let book = foreign_book().await;
    set_rates(&book, &[rate("USD/CNY", "2026-04-01", "spot", "7.2")]).await;
    let (cny, usd) = (|text| side("1002", None, text), |text| side("1002.usd", None, text));
    let buy = Trade { from: cny(None), to: usd(Some("100.00 USD")), ..trade(1, TradeKind::Exchange) };
    let inverse =
        |trade: Trade| Trade { rule: dianfu_ledger::rate::Rule { inverse: true, ..trade.rule.clone() }, ..trade };
    assert_eq!(traded(&book, &buy).await, "rate_missing /date");
    assert_eq!(traded(&book, &inverse(buy.clone())).await, "720.00 CNY, 0.00 CNY");
    let other = Trade { from: cny(Some("100.00 CNY")), to: usd(None), ..trade(2, TradeKind::Exchange) };
    assert_eq!(traded(&book, &inverse(other)).await, "100.00 CNY, 0.00 CNY");
    assert_eq!(balances(&book, &["1002.usd"]).await, [11_389]);
    let agreed = super::agreed("USD/CNY", "7.5");
    let sale =
        Trade { from: usd(Some("40.00 USD")), to: cny(None), rate: Some(agreed), ..trade(3, TradeKind::Exchange) };
    // 113.89 USD cost 820 CNY: 40 of them cost 287.9972..., so 12.00 are gained.
    assert_eq!(traded(&book, &sale).await, "300.00 CNY, 12.00 CNY");
    let cross = Trade {
        from: usd(Some("40.00 USD")),
        to: side("1002.jpy", None, Some("6000 JPY")),
        ..trade(4, TradeKind::Exchange)
    };
    assert_eq!(traded(&book, &cross).await, "288.00 CNY, 0.00 CNY");
    assert_eq!(balances(&book, &["1002.jpy", "1902.jpy"]).await, [6_000, 28_800]);
    book.assert_verified().await;
}

/// A claim on 100 USD is raised by an ordinary entry on a day at 7.00 and paid in USD at 7.20: 20 CNY are gained. What
/// came in is carried at 720, and sold for 710: 10 are lost.
#[tokio::test]
async fn an_item_settled_at_another_rate_shows_the_difference() {
    let book = foreign_book().await;
    set_rates(&book, &[rate("USD/CNY", "2026-03-01", "spot", "7"), rate("USD/CNY", "2026-04-01", "spot", "7.2")]).await;
    let raised = NewEntry {
        effective_date: Some("2026-03-01".parse().unwrap()),
        ..entry(EntryKind::Post, 1, &[("1101.aia", 10_000, Some("CLM-1")), ("2190.usd", -10_000, None)])
    };
    book.ledger.post(vec![raised]).await.unwrap();
    let (item, bank) = (|amount| side("1101.aia", Some("CLM-1"), amount), || side("1002.usd", None, None));
    let settle = Trade { from: item(Some("100.00 USD")), to: bank(), ..trade(1, TradeKind::Settlement) };
    assert_eq!(traded(&book, &settle).await, "720.00 CNY, 20.00 CNY");
    assert_eq!(
        balances(&book, &["1101.aia", "1002.usd", "1901.usd", "1902.usd", "4911"]).await,
        [0, 10_000, 0, 2_000, -2_000]
    );
    let sell = Trade {
        from: side("1002.usd", None, Some("100.00 USD")),
        to: side("1002", None, Some("710.00 CNY")),
        ..trade(2, TradeKind::Exchange)
    };
    assert_eq!(traded(&book, &sell).await, "710.00 CNY, -10.00 CNY");
    assert_eq!(traded(&book, &settle).await, "replayed 2");
    let other = Trade { reference: "another".to_owned(), ..settle };
    assert_eq!(traded(&book, &other).await, "id_conflict /id");
    book.assert_verified().await;
}

#[tokio::test]
async fn what_cannot_be_exchanged_is_named() {
    let book = foreign_book().await;
    let both = |from, to| Trade { from, to, ..trade(1, TradeKind::Exchange) };
    let usd = |amount| side("1002.usd", None, amount);
    let cny = |amount| side("1002", None, amount);
    let settle = |from, to| Trade { from, to, ..trade(1, TradeKind::Settlement) };
    let rated = |pair, trade: Trade| Trade { rate: Some(super::agreed(pair, "7")), ..trade };
    let huge = Some("90000000000000000.00 USD");
    for (trade, expected) in [
        (both(side("none", None, None), cny(None)), "account_unknown /from/account"),
        (both(usd(Some("1.00 EUR")), cny(None)), "currency_mismatch /from/currency"),
        (both(usd(Some("0.00 USD")), cny(None)), "amount_not_positive /from/amount"),
        (both(usd(None), cny(Some("-1.00 CNY"))), "amount_not_positive /to/amount"),
        (both(usd(Some("1.00 USD")), side("2190.usd", None, None)), "same_currency /to/account"),
        (both(usd(Some("1.00 USD")), cny(None)), "rate_missing /date"),
        (rated("EUR/CNY", both(usd(Some("1.00 USD")), cny(None))), "rate_pair_mismatch /rate"),
        (rated("USD/CNY", both(usd(Some("1.00 USD")), cny(Some("7.00 CNY")))), "overdetermined /rate"),
        (rated("USD/CNY", both(usd(None), cny(None))), "amount_missing /from/amount"),
        (rated("USD/CNY", both(usd(huge), cny(None))), "amount_overflow "),
        (rated("CNY/USD", both(usd(Some("0.01 USD")), side("1002", None, None))), "amount_not_positive "),
        (both(side("1002.kwd", None, Some("1.000 KWD")), cny(Some("23.00 CNY"))), "clearing_account_missing "),
        (settle(usd(Some("1.00 USD")), cny(None)), "currency_mismatch /to/account"),
        (settle(cny(Some("1.00 CNY")), side("9002", None, None)), "functional_currency /from/account"),
        (rated("USD/CNY", settle(usd(Some("1.00 USD")), usd(None))), "account_twice /to/account"),
        (rated("USD/CNY", settle(usd(Some("1.00 USD")), side("1101.aia", None, None))), "item_required "),
    ] {
        assert_eq!(traded(&book, &trade).await, expected, "{trade:?}");
    }
    assert_eq!(balances(&book, &["1002.usd", "1002"]).await, [0, 0]);
}

#[tokio::test]
async fn a_rehearsal_posts_nothing_and_says_the_same() {
    let book = foreign_book().await;
    let buy = Trade {
        from: side("1002", None, Some("720.00 CNY")),
        to: side("1002.usd", None, Some("100.00 USD")),
        ..trade(1, TradeKind::Exchange)
    };
    let Traded::Posted { entry: rehearsed, .. } = book.ledger.trade(&buy, false).await.unwrap() else { panic!() };
    assert_eq!(balances(&book, &["1002.usd"]).await, [0]);
    let Traded::Posted { entry: posted, .. } = book.ledger.trade(&buy, true).await.unwrap() else { panic!() };
    assert_eq!(rehearsed, posted);
}
