//! The accounts that random operations draw from: three currencies, every type, both sides, limits both ways, with and
//! without open items.

use dianfu_ledger::account::AccountType::{Asset, Equity, Expense, Income, Liability, Memo};
use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::money::Currency;

use super::time;

/// Code, type, currency, normal side, whether it keeps items, minimum, maximum.
type Definition = (&'static str, AccountType, &'static str, NormalSide, bool, Option<i64>, Option<i64>);

/// Open from the beginning.
const FIRST: [Definition; 13] = [
    ("1101.picc", Asset, "CNY", NormalSide::Debit, true, None, Some(1_000)),
    ("1002", Asset, "CNY", NormalSide::Debit, false, Some(0), None),
    ("2101.p-1", Liability, "CNY", NormalSide::Credit, true, Some(-700), None),
    ("9002", Memo, "CNY", NormalSide::Credit, false, None, None),
    ("1002.usd", Asset, "USD", NormalSide::Debit, false, None, None),
    ("2190.usd", Liability, "USD", NormalSide::Credit, true, None, None),
    ("1002.jpy", Asset, "JPY", NormalSide::Debit, false, Some(-500), Some(500)),
    ("2190.jpy", Liability, "JPY", NormalSide::Credit, false, Some(-400), Some(600)),
    ("4001.jpy", Equity, "JPY", NormalSide::Credit, false, None, None),
    ("1003", Expense, "CNY", NormalSide::Debit, false, None, None),
    ("5001", Income, "CNY", NormalSide::Credit, true, None, None),
    ("5001.usd", Expense, "USD", NormalSide::Debit, false, None, None),
    ("5001.jpy", Income, "JPY", NormalSide::Credit, true, None, None),
];

/// May be opened by an operation.
const LATER: [Definition; 2] = [
    ("1101.cpic", Asset, "CNY", NormalSide::Debit, true, None, Some(300)),
    ("4001.usd", Income, "USD", NormalSide::Credit, false, Some(0), None),
];

/// The accounts that are open from the beginning, with those of [`time`].
pub fn opened() -> Vec<NewAccount> {
    let [one, other] = time::codes();
    let of_time = |code: AccountCode| NewAccount {
        name: format!("account {code}"),
        code,
        account_type: Memo,
        currency: "JPY".parse().unwrap(),
        normal_side: NormalSide::Debit,
        open_item: false,
        limits: Limits::default(),
        note: AccountNote::default(),
    };
    [first(), vec![of_time(one), of_time(other)]].concat()
}

/// Those of them that random operations draw from.
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

fn account((text, account_type, currency, normal_side, open_item, min_minor, max_minor): &Definition) -> NewAccount {
    NewAccount {
        code: code(text),
        name: format!("account {text}"),
        account_type: *account_type,
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
