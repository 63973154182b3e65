//! The accounts that random operations draw from: three currencies, both sides, limits both ways, with and without
//! open items.

use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::money::Currency;

/// Code, currency, normal side, whether it keeps items, minimum, maximum.
type Definition = (&'static str, &'static str, NormalSide, bool, Option<i64>, Option<i64>);

/// Open from the beginning.
const FIRST: [Definition; 13] = [
    ("1101.picc", "CNY", NormalSide::Debit, true, None, Some(1_000)),
    ("1002", "CNY", NormalSide::Debit, false, Some(0), None),
    ("2101.p-1", "CNY", NormalSide::Credit, true, Some(-700), None),
    ("9002", "CNY", NormalSide::Credit, false, None, None),
    ("1002.usd", "USD", NormalSide::Debit, false, None, None),
    ("2190.usd", "USD", NormalSide::Credit, true, None, None),
    ("1002.jpy", "JPY", NormalSide::Debit, false, Some(-500), Some(500)),
    ("2190.jpy", "JPY", NormalSide::Credit, false, Some(-400), Some(600)),
    ("4001.jpy", "JPY", NormalSide::Credit, false, None, None),
    ("1003", "CNY", NormalSide::Debit, false, None, None),
    ("5001", "CNY", NormalSide::Credit, true, None, None),
    ("5001.usd", "USD", NormalSide::Debit, false, None, None),
    ("5001.jpy", "JPY", NormalSide::Credit, true, None, None),
];

/// May be opened by an operation.
const LATER: [Definition; 2] = [
    ("1101.cpic", "CNY", NormalSide::Debit, true, None, Some(300)),
    ("4001.usd", "USD", NormalSide::Credit, false, Some(0), None),
];

/// The accounts that are open from the beginning.
pub fn first() -> Vec<NewAccount> {
    FIRST.iter().map(account).collect()
}

/// All accounts that there may ever be.
pub fn all() -> Vec<NewAccount> {
    FIRST.iter().chain(&LATER).map(account).collect()
}

/// The accounts of one currency; those that are open from the beginning several times, to be drawn more often.
pub fn of(currency: Currency) -> Vec<NewAccount> {
    let drawn = [first(), first(), first(), all()].concat();
    drawn.into_iter().filter(|account| account.currency == currency).collect()
}

/// An account that nobody opens.
pub fn nobodys() -> AccountCode {
    code("1999.nobody")
}

fn account((text, currency, normal_side, open_item, min_minor, max_minor): &Definition) -> NewAccount {
    NewAccount {
        code: code(text),
        name: format!("account {text}"),
        account_type: AccountType::Asset,
        currency: currency.parse().unwrap(),
        normal_side: *normal_side,
        open_item: *open_item,
        limits: Limits { min_minor: *min_minor, max_minor: *max_minor },
        note: AccountNote::default(),
    }
}

fn code(text: &str) -> AccountCode {
    AccountCode::parse(text).unwrap()
}
