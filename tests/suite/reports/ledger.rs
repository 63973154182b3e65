//! General ledger and roll-forward lead from what stood before to what stands after.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{EntryKind, Layer};
use dianfu_ledger::query::{self, DateRange, Moment};
use dianfu_ledger::report::Period;
use dianfu_ledger::report::general_ledger::{GeneralLedger, LedgerLine, LedgerLineKind, general_ledger};
use dianfu_ledger::report::roll_forward::roll_forward;
use tokio_postgres::GenericClient;

use super::{before, enrich, known_at, moments, net};
use crate::books::{Book, DAYS, account, day, entry, for_random_books};

/// All pages, of so many lines, one after the other.
async fn paged(
    client: &impl GenericClient,
    code: Option<&AccountCode>,
    period: Period,
    limit: u16,
) -> (Vec<LedgerLine>, GeneralLedger) {
    let (mut lines, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = general_ledger(client, code, period, cursor.as_deref(), limit).await.unwrap();
        assert!(page.lines.len() <= usize::from(limit.max(2)) + 1, "{page:?}");
        assert!(!page.lines.is_empty() || page.next.is_none());
        lines.extend(page.lines.clone());
        cursor.clone_from(&page.next);
        if cursor.is_none() {
            return (lines, page);
        }
    }
}

/// That each account opens, goes on with a balance after each posting, and closes where the book says.
fn assert_accounts(book: &Book, period: Period, lines: &[LedgerLine]) -> Vec<AccountCode> {
    let moment = period.moment;
    let closing = book.settled(moment.as_of, known_at(moment));
    let eve = before(moment, period.from);
    let opening = book.settled(eve.as_of, known_at(eve));
    let (mut accounts, mut balance) = (Vec::new(), 0);
    for line in lines {
        let of = |mirror: &BTreeMap<AccountCode, _>| net(mirror.get(&line.account));
        match &line.kind {
            LedgerLineKind::Opening => {
                balance = of(&opening);
                accounts.push(line.account.clone());
            }
            LedgerLineKind::Posting(posting) => {
                balance += i128::from(posting.amount_minor);
                assert!(period.from.is_none_or(|from| posting.effective_date >= from));
            }
            LedgerLineKind::Closing { debits_minor, credits_minor } => {
                assert_eq!(balance, of(&closing), "{line:?}");
                assert_eq!(balance, of(&opening) + debits_minor - credits_minor);
            }
        }
        assert_eq!((line.balance_minor, Some(&line.account)), (balance, accounts.last()));
    }
    let posted: Vec<AccountCode> = closing.keys().cloned().collect();
    assert_eq!(accounts, posted);
    posted
}

#[test]
fn the_general_ledger_closes_where_the_book_stands() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book).into_iter().step_by(3) {
            for from in [None, Some(day(-5))] {
                let period = Period { from, moment };
                if moment.as_of.is_some_and(|to| from.is_some_and(|from| to < from)) {
                    continue;
                }
                let whole = general_ledger(&**client, None, period, None, 1_000).await.unwrap();
                assert_eq!(whole.next, None);
                assert_accounts(book, period, &whole.lines);
                for limit in [1, 3, 7] {
                    assert_eq!(paged(&**client, None, period, limit).await.0, whole.lines, "{limit} {period:?}");
                }
            }
        }
    });
}

#[test]
fn an_account_in_the_general_ledger_is_its_statement() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        let (code, moment) = (account("1101"), Moment { as_of: Some(day(DAYS / 2)), known_at: None });
        let from = Some(day(DAYS / 4));
        let (lines, page) = paged(&**client, Some(&code), Period { from, moment }, 4).await;
        let moment = Moment { known_at: Some(page.known_at), ..moment };
        for code in ["1101.picc", "1101.cpic", "1101.aia"].map(account) {
            let range = DateRange { from, to: None };
            let statement = query::statement(&**client, &code, moment, range, None, 1_000).await.unwrap().unwrap();
            let rows: Vec<_> = lines.iter().filter(|line| line.account == code).collect();
            let Some(opening) = rows.first() else {
                assert_eq!((statement.closing_minor, statement.rows.len()), (0, 0));
                continue;
            };
            assert_eq!(opening.balance_minor, statement.opening_minor);
            assert_eq!(rows.last().unwrap().balance_minor, statement.closing_minor);
            let places = rows.iter().filter_map(|line| match &line.kind {
                LedgerLineKind::Posting(posting) => Some((posting.sequence, posting.leg, line.balance_minor)),
                _ => None,
            });
            let expected = statement.rows.iter().map(|row| (row.sequence, row.leg, row.balance_minor));
            assert!(places.eq(expected));
        }
        assert!(lines.iter().all(|line| line.account.control() == "1101"));
    });
}

#[tokio::test]
async fn pages_stay_one_answer_while_others_post() {
    let mut book = Book::new().await;
    let legs = [("1101.picc", 7, Some("CLM-1")), ("1002", -7, None)];
    book.post((0..4).map(|on_day| entry(EntryKind::Post, on_day, &legs)).collect()).await;
    let client = book.ledger.client().await.unwrap();
    let period = Period::default();
    let first = general_ledger(&**client, None, period, None, 3).await.unwrap();
    book.post(vec![entry(EntryKind::Post, 0, &legs)]).await;
    let second = general_ledger(&**client, None, period, first.next.as_deref(), 1_000).await.unwrap();
    assert_eq!((second.known_at, second.next), (first.known_at, None));
    assert_eq!(second.lines.last().unwrap().balance_minor, 28);
    let other = account("1002");
    for (code, cursor) in [(Some(&other), first.next.as_deref()), (None, Some("00")), (None, Some("x"))] {
        let refused = general_ledger(&**client, code, period, cursor, 3).await.unwrap_err();
        assert_eq!(refused.code(), Some("cursor_malformed"));
    }
    let nobody = general_ledger(&**client, Some(&account("77")), period, None, 3).await.unwrap_err();
    assert_eq!(
        (nobody.code(), nobody.to_string().as_str()),
        (Some("account_unknown"), "there is no account 77 in this book")
    );
}

#[test]
fn a_roll_forward_ties_out() {
    for_random_books(4, async |book| {
        enrich(book).await;
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book).into_iter().filter(|moment| moment.as_of.is_none_or(|to| to >= day(2))) {
            for from in [None, Some(day(2))] {
                let period = Period { from, moment };
                let report = roll_forward(&**client, None, period).await.unwrap();
                assert!(report.ties_out(), "{report:?}");
                let mut expected: BTreeMap<_, i128> = BTreeMap::new();
                let of_period = |date| from.is_none_or(|from| date >= from);
                for booked in book.at(moment.as_of, known_at(moment)).filter(|booked| of_period(booked.date())) {
                    let journal = booked.entry.metadata.as_deref().filter(|text| text.starts_with("{\"journal\""));
                    for leg in booked.legs_in(Layer::Settled) {
                        let key = (leg.account.clone(), booked.entry.kind.number(), journal.map(|_| "J3".to_owned()));
                        *expected.entry(key).or_default() += i128::from(leg.amount.minor);
                    }
                }
                let mut actual = BTreeMap::new();
                for row in &report.rows {
                    for moved in &row.movements {
                        let key = (row.account.clone(), moved.kind.number(), moved.journal.clone());
                        actual.insert(key, moved.debits_minor - moved.credits_minor);
                    }
                    let kinds: i128 = EntryKind::ALL.into_iter().map(|kind| row.moved_minor(kind)).sum();
                    assert_eq!(row.opening_minor + kinds, row.closing_minor);
                }
                assert_eq!(actual, expected, "{period:?}");
                let closings = book.settled(moment.as_of, known_at(moment));
                assert!(report.rows.iter().all(|row| row.closing_minor == net(closings.get(&row.account))));
                assert_eq!(report.rows.len(), closings.len());
            }
        }
        let one = roll_forward(&**client, Some(&account("1101")), Period::default()).await.unwrap();
        assert!(one.ties_out() && one.rows.iter().all(|row| row.account.control() == "1101"));
    });
}
