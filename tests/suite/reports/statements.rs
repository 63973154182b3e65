//! Balance sheet, income statement and trial balance are one another's proof.

use std::collections::BTreeMap;

use dianfu_ledger::account::{AccountNote, AccountType, Change, Limits, NewAccount, SettingChange};
use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::money::Currency;
use dianfu_ledger::opening::SettingOutcome;
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::report::statements::{LineKind, StatementLine, balance_sheet, income_statement};
use dianfu_ledger::report::{Period, ReportError};

use super::{before, known_at, moments, net};
use crate::books::{Book, DAYS, account, day, entry, for_random_books, type_of};

type Sums = BTreeMap<(Currency, AccountType), i128>;

/// What the accounts of each type come to in the mirror, debit positive.
fn mirrored(book: &Book, moment: Moment) -> Sums {
    let mut sums = Sums::new();
    for (code, mirror) in book.settled(moment.as_of, known_at(moment)) {
        *sums.entry((mirror.currency, type_of(code.as_str()))).or_default() += net(Some(&mirror));
    }
    sums
}

/// What the lines without a line above come to by section, and that every subtotal is the sum of what is below.
fn rolled_up(lines: &[StatementLine]) -> Sums {
    let mut sums = Sums::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.kind != LineKind::Result) {
        if line.level == 0 {
            let minor = line.section.normal_side().seen_from(line.amount_minor[0]);
            *sums.entry((line.currency, line.section)).or_default() += minor;
        }
        let below = lines[at + 1..].iter().take_while(|below| below.level > line.level);
        let below: i128 = below.map(|below| below.own_minor[0]).sum();
        assert_eq!(line.amount_minor[0], line.own_minor[0] + below, "{line:?}");
    }
    sums
}

#[test]
fn assets_are_liabilities_equity_and_result() {
    for_random_books(5, async |book| {
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book) {
            let sheet = balance_sheet(&**client, moment).await.unwrap();
            let expected = mirrored(book, moment);
            let of = |currency, section| expected.get(&(currency, section)).copied().unwrap_or(0);
            let lines = rolled_up(&sheet.lines);
            for total in &sheet.totals {
                let of = |section| of(total.currency, section);
                assert_eq!(total.assets_minor, of(AccountType::Asset), "{moment:?}");
                assert_eq!(total.liabilities_minor, -of(AccountType::Liability), "{moment:?}");
                assert_eq!(total.equity_minor, -of(AccountType::Equity), "{moment:?}");
                assert_eq!(total.result_minor, -of(AccountType::Income) - of(AccountType::Expense), "{moment:?}");
                assert_eq!(total.difference_minor, -of(AccountType::Memo), "{moment:?}");
                assert_eq!(total.memo_minor, total.difference_minor);
                for section in [AccountType::Asset, AccountType::Liability, AccountType::Equity] {
                    let rolled = lines.get(&(total.currency, section)).copied().unwrap_or(0);
                    assert_eq!(rolled, of(section), "{moment:?}");
                }
            }
            let currencies: Vec<_> = sheet.totals.iter().map(|total| total.currency).collect();
            assert!(expected.keys().all(|(currency, _)| currencies.contains(currency)));
            let again = Moment { known_at: Some(sheet.known_at), ..moment };
            assert_eq!(balance_sheet(&**client, again).await.unwrap(), sheet);
        }
    });
}

#[test]
fn the_trial_balance_is_the_balance_sheet_and_the_income_statement() {
    for_random_books(5, async |book| {
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book) {
            let sheet = balance_sheet(&**client, moment).await.unwrap();
            let pinned = Moment { known_at: Some(sheet.known_at), ..moment };
            let income = income_statement(&**client, Period { from: None, moment: pinned }).await.unwrap();
            let trial = query::trial_balance(&**client, pinned, None).await.unwrap();
            assert_eq!(income.known_at, sheet.known_at);
            for (total, income) in sheet.totals.iter().zip(&income.totals) {
                assert_eq!((total.currency, total.result_minor), (income.currency, income.result_minor));
                assert_eq!(income.result_minor, income.income_minor - income.expenses_minor);
                let result =
                    sheet.lines.iter().find(|line| line.kind == LineKind::Result && line.currency == total.currency);
                assert_eq!(result.unwrap().amount_minor[0], income.result_minor);
                let rows = trial.rows.iter().filter(|row| row.currency == total.currency);
                let (mut statements, mut memo) = (0, 0);
                for row in rows {
                    let sum = if row.account.as_str() == "9002" { &mut memo } else { &mut statements };
                    *sum += row.closing_minor();
                }
                let passed = total.assets_minor - total.liabilities_minor - total.equity_minor - total.result_minor;
                assert_eq!((statements, memo), (passed, -total.memo_minor));
            }
            let accounts = |lines: &[StatementLine]| {
                let own = lines.iter().filter(|line| line.kind == LineKind::Account);
                own.map(|line| line.code.clone()).collect::<Vec<_>>()
            };
            let mut shown: Vec<String> = [accounts(&sheet.lines), accounts(&income.lines)].concat();
            shown.sort();
            let posted: Vec<String> = trial.rows.iter().map(|row| row.account.to_string()).collect();
            assert_eq!(shown, posted.into_iter().filter(|code| code != "9002").collect::<Vec<_>>());
        }
    });
}

#[test]
fn an_income_statement_has_what_moved_in_its_days() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        for moment in
            moments(book).into_iter().filter(|moment| moment.as_of.is_none_or(|day| day >= crate::books::day(DAYS / 4)))
        {
            let from = Some(day(DAYS / 4));
            let income = income_statement(&**client, Period { from, moment }).await.unwrap();
            let (after, eve) = (mirrored(book, moment), mirrored(book, before(moment, from)));
            let moved = |currency, section| {
                let at = |sums: &Sums| sums.get(&(currency, section)).copied().unwrap_or(0);
                at(&after) - at(&eve)
            };
            for total in &income.totals {
                assert_eq!(total.income_minor, -moved(total.currency, AccountType::Income), "{moment:?}");
                assert_eq!(total.expenses_minor, moved(total.currency, AccountType::Expense), "{moment:?}");
            }
            rolled_up(&income.lines);
        }
    });
}

#[tokio::test]
async fn a_statement_keeps_the_chart_of_its_time() {
    let mut book = Book::new().await;
    book.post(vec![entry(EntryKind::Post, 0, &[("1101.picc", 70, Some("CLM-1")), ("1002", -70, None)])]).await;
    let client = book.ledger.client().await.unwrap();
    let old = balance_sheet(&**client, Moment::default()).await.unwrap();
    let codes = |lines: &[StatementLine]| lines.iter().map(|line| (line.level, line.code.clone())).collect::<Vec<_>>();
    let shown =
        |codes: &[(u16, &str)]| codes.iter().map(|(level, code)| (*level, (*code).to_owned())).collect::<Vec<_>>();
    assert_eq!(codes(&old.lines), shown(&[(0, "1002"), (0, "1101"), (1, "1101.picc"), (0, "")]));

    let heading = NewAccount {
        code: account("11"),
        name: "receivables and cash".to_owned(),
        account_type: AccountType::Asset,
        currency: "CNY".parse().unwrap(),
        normal_side: AccountType::Asset.normal_side(),
        open_item: false,
        limits: Limits::default(),
        note: AccountNote::default(),
    };
    book.ledger.open_accounts(&[heading], "test").await.unwrap();
    let moved = SettingChange { parent: Change::To(Some("11".to_owned())), ..SettingChange::default() };
    for code in ["1002", "1101.picc"] {
        let outcome = book.ledger.change_setting(&account(code), moved.clone(), "test", "a test").await.unwrap();
        assert_eq!(outcome, SettingOutcome::Changed);
    }
    let new = balance_sheet(&**client, Moment::default()).await.unwrap();
    assert!(new.known_at > old.known_at);
    assert_eq!(codes(&new.lines), shown(&[(0, "11"), (1, "1002"), (1, "1101.picc"), (0, "")]));
    assert_eq!(new.lines[0].amount_minor, [0]);
    for sheet in [&old, &new] {
        let again = Moment { as_of: None, known_at: Some(sheet.known_at) };
        assert_eq!(balance_sheet(&**client, again).await.unwrap(), *sheet);
    }
}

#[tokio::test]
async fn questions_that_cannot_be_answered_have_codes() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    let moment = Moment { as_of: Some(day(0)), known_at: None };
    let refused: ReportError = income_statement(&**client, Period { from: Some(day(1)), moment }).await.unwrap_err();
    assert_eq!(refused.code(), Some("range_reversed"));
    assert_eq!(refused.to_string(), "the range ends on 2024-01-01, before it begins on 2024-01-02");
    let future = Moment { as_of: None, known_at: Some("9000-01-01T00:00:00Z".parse().unwrap()) };
    assert_eq!(balance_sheet(&**client, future).await.unwrap_err().code(), Some("known_at_in_future"));
}
