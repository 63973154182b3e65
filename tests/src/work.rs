//! Work that several processes do on one book: requests by number, the same for everybody who makes them.
//!
//! Four requests are a block: money comes into the pot; money goes out of it; a claim is held under the credit line and
//! paid for from the pot in one linked run; the hold is released beside one more payment in. All share four accounts.

use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::id;
use dianfu_ledger::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::date;

/// Requests in a block. The last releases the hold of the one before it.
pub const BLOCK: u32 = 4;
/// The account that the money goes through.
pub const POT: &str = "1002";
/// The account that claims are held on.
pub const LINE: &str = "1101.picc";
/// The most that may stand on [`LINE`], holds counted in, where there are limits. The least on [`POT`] is zero.
pub const LINE_MAX: i64 = 110;

/// The accounts of the work, with limits that stop some of it or without.
pub fn accounts(limited: bool) -> Vec<NewAccount> {
    let no_overdraft = Limits { min_minor: Some(0), max_minor: None };
    let line = Limits { min_minor: None, max_minor: Some(LINE_MAX) };
    [
        (POT, NormalSide::Debit, false, no_overdraft),
        (LINE, NormalSide::Debit, true, line),
        ("2101", NormalSide::Credit, false, Limits::default()),
        ("9002", NormalSide::Credit, false, Limits::default()),
    ]
    .map(|(text, normal_side, open_item, limits)| NewAccount {
        code: code(text),
        name: text.to_owned(),
        account_type: AccountType::Asset,
        currency: Currency::CNY,
        normal_side,
        open_item,
        limits: if limited { limits } else { Limits::default() },
        note: AccountNote::default(),
    })
    .to_vec()
}

/// The entries of a request.
pub fn request(number: u32) -> Vec<NewEntry> {
    let claim = format!("CLM-{}", number / BLOCK);
    let claim = Some(claim.as_str());
    match number % BLOCK {
        0 => vec![entry(number, 0, EntryKind::Post, &[(POT, 40, None), ("2101", -40, None)])],
        1 => vec![entry(number, 0, EntryKind::Post, &[("2101", 55, None), (POT, -55, None)])],
        2 => {
            let hold = entry(number, 0, EntryKind::Hold, &[(LINE, 50, claim), ("9002", -50, None)]);
            let paid = entry(number, 1, EntryKind::Post, &[(LINE, 8, claim), (POT, -8, None)]);
            vec![NewEntry { linked: true, ..hold }, paid]
        }
        _ => {
            let hold = request(number - 1)[0].id;
            let release = NewEntry { relates_to: Some(hold), ..entry(number, 0, EntryKind::Release, &[]) };
            vec![release, entry(number, 1, EntryKind::Post, &[(POT, 8, None), (LINE, -8, claim)])]
        }
    }
}

fn entry(number: u32, position: u32, kind: EntryKind, legs: &[(&str, i64, Option<&str>)]) -> NewEntry {
    let posting = |(account, minor, item): &(&str, i64, Option<&str>)| NewPosting {
        account: code(account),
        amount: Money::new(*minor, Currency::CNY),
        item: item.map(str::to_owned),
        due_date: None,
    };
    NewEntry {
        id: id::entry_id(Timestamp::UNIX_EPOCH, &format!("request {number}"), &format!("entry {position}")),
        kind,
        effective_date: Some(date(2024, 5, 1)),
        reference: format!("R-{number}"),
        description: "work".to_owned(),
        actor: "poster".to_owned(),
        postings: legs.iter().map(posting).collect(),
        ..NewEntry::default()
    }
}

fn code(text: &str) -> AccountCode {
    AccountCode::parse(text).expect("the codes of the work are codes")
}
