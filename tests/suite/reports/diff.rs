//! A difference is explained to the last unit by the entries between the two moments.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountType;
use dianfu_ledger::query::{self, Items, Moment};
use dianfu_ledger::report::diff::{Diff, DiffAsked, DiffEntry, DiffOf, diff};
use dianfu_ledger::report::statements::{balance_sheet, income_statement};
use dianfu_ledger::report::{Period, ReportError};
use tokio_postgres::GenericClient;

use super::{enrich, known_at, moments, net};
use crate::books::{Book, DAYS, account, day, for_random_books, type_of};

/// The difference with all entries that explain it, page by page.
async fn whole(client: &impl GenericClient, asked: DiffAsked) -> Diff {
    let mut first = diff(client, asked, None, 2).await.unwrap();
    let pinned = |scope: &dianfu_ledger::report::Scope| Moment { as_of: scope.as_of, known_at: Some(scope.known_at) };
    let asked = DiffAsked { before: pinned(&first.before), after: pinned(&first.after), ..asked };
    while let Some(cursor) = first.next.take() {
        let page = diff(client, asked, Some(&cursor), 2).await.unwrap();
        assert_eq!((&page.rows, page.before, page.after), (&first.rows, first.before, first.after));
        first.entries.extend(page.entries);
        first.next = page.next;
    }
    first
}

/// What the entries come to by account and item.
fn sums(entries: &[DiffEntry], of_items: bool) -> BTreeMap<(String, Option<String>), i128> {
    let mut sums = BTreeMap::new();
    for entry in entries {
        let item = entry.item.clone().filter(|_| of_items);
        *sums.entry((entry.account.to_string(), item)).or_default() += entry.change_minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// Pairs of moments, both ways round.
fn pairs(book: &Book) -> Vec<(Moment, Moment)> {
    let moments = moments(book);
    let far = moments.iter().copied().zip(moments.iter().copied().skip(5));
    far.flat_map(|(one, other)| [(one, other), (other, one)]).step_by(3).collect()
}

#[test]
fn a_trial_balance_differs_by_the_entries_between() {
    for_random_books(4, async |book| {
        enrich(book).await;
        let client = book.ledger.client().await.unwrap();
        for (before, after) in pairs(book) {
            let asked = DiffAsked { of: DiffOf::TrialBalance, from: None, before, after };
            let found = whole(&**client, asked).await;
            assert!(found.is_explained(), "{found:?}");
            let one = book.settled(before.as_of, known_at(before));
            let other = book.settled(after.as_of, known_at(after));
            let mut expected = BTreeMap::new();
            for code in one.keys().chain(other.keys()) {
                let difference = net(other.get(code)) - net(one.get(code));
                if difference != 0 {
                    expected.insert((code.to_string(), None), difference);
                }
            }
            let rows = found.rows.iter().map(|row| ((row.code.clone(), None), row.difference_minor));
            assert!(rows.eq(expected.clone()), "{before:?} {after:?}");
            assert_eq!(sums(&found.entries, false), expected);
        }
    });
}

#[test]
fn statements_differ_by_the_entries_between() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        for (before, after) in pairs(book) {
            let asked = DiffAsked { of: DiffOf::BalanceSheet, from: None, before, after };
            let found = whole(&**client, asked).await;
            assert!(found.is_explained(), "{found:?}");
            let one = balance_sheet(&**client, before).await.unwrap();
            let other = balance_sheet(&**client, after).await.unwrap();
            for row in &found.rows {
                let amount = |sheet: &dianfu_ledger::report::statements::BalanceSheet| {
                    let line = sheet.lines.iter().find(|line| {
                        (Some(line.section), &line.code, line.currency) == (row.section, &row.code, row.currency)
                    });
                    line.map_or(0, |line| line.amount_minor[0])
                };
                assert_eq!((row.before_minor, row.after_minor), (amount(&one), amount(&other)), "{row:?}");
            }
            let of = |wanted: AccountType| {
                let own = found.entries.iter().filter(|entry| type_of(entry.account.as_str()) == wanted);
                own.map(|entry| entry.change_minor).sum::<i128>()
            };
            let result = found.rows.iter().filter(|row| row.code.is_empty());
            let result: i128 = result.map(|row| row.difference_minor).sum();
            assert_eq!(result, -of(AccountType::Income) - of(AccountType::Expense));
            assert_eq!(of(AccountType::Memo), 0);

            let (first, from) = (day(DAYS / 5), Some(day(DAYS / 5)));
            let later = |moment: Moment| Moment { as_of: moment.as_of.map(|day| day.max(first)), ..moment };
            let asked = DiffAsked { of: DiffOf::IncomeStatement, from, before: later(before), after: later(after) };
            let found = whole(&**client, asked).await;
            assert!(found.is_explained(), "{found:?}");
            let one = income_statement(&**client, Period { from, moment: asked.before }).await.unwrap();
            let other = income_statement(&**client, Period { from, moment: asked.after }).await.unwrap();
            let result = |totals: &[dianfu_ledger::report::statements::IncomeStatementTotal]| {
                totals.iter().map(|total| total.result_minor).sum::<i128>()
            };
            let explained: i128 = found.entries.iter().map(|entry| entry.change_minor).sum();
            assert_eq!(result(&other.totals) - result(&one.totals), -explained);
        }
    });
}

#[test]
fn open_items_differ_by_the_entries_between() {
    for_random_books(3, async |book| {
        enrich(book).await;
        let client = book.ledger.client().await.unwrap();
        for (before, after) in pairs(book) {
            let asked = DiffAsked { of: DiffOf::OpenItems, from: None, before, after };
            let found = whole(&**client, asked).await;
            assert!(found.is_explained(), "{found:?}");
            let mut expected: BTreeMap<(String, Option<String>), i128> = BTreeMap::new();
            for (moment, sign) in [(before, -1), (after, 1)] {
                for control in ["1101", "2101", "2190"].map(account) {
                    for item in query::open_items(&**client, &control, moment, Items::All).await.unwrap() {
                        let key = (item.account.to_string(), Some(item.item));
                        *expected.entry(key).or_default() += sign * item.outstanding_minor;
                    }
                }
            }
            expected.retain(|_, minor| *minor != 0);
            assert_eq!(sums(&found.entries, true), expected);
            let rows = found.rows.into_iter().map(|row| ((row.code, row.item), row.difference_minor));
            assert!(rows.eq(expected));
        }
    });
}

#[tokio::test]
async fn what_cannot_be_compared_has_a_code() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    let moment = Moment { as_of: Some(day(1)), known_at: None };
    let asked = DiffAsked { of: DiffOf::IncomeStatement, from: Some(day(2)), before: Moment::default(), after: moment };
    let refused: ReportError = diff(&**client, asked, None, 10).await.unwrap_err();
    assert_eq!(refused.code(), Some("range_reversed"));
    let asked = DiffAsked { of: DiffOf::TrialBalance, ..asked };
    assert_eq!(diff(&**client, asked, Some("00"), 10).await.unwrap_err().code(), Some("cursor_malformed"));
    assert_eq!(diff(&**client, asked, None, 10).await.unwrap().rows, []);
}
