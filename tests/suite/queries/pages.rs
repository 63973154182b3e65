//! Statements: their pages fit together, whatever is booked between two of them.

use dianfu_ledger::entry::{EntryKind, Layer};
use dianfu_ledger::query::{self, DateRange, Moment, Statement, StatementRow};
use jiff::Timestamp;
use tokio_postgres::Client;

use crate::books::{Book, DAYS, account, day, entry, for_random_books};

const CODE: &str = "1101.picc";

async fn page(client: &Client, moment: Moment, range: DateRange, cursor: Option<&str>, limit: u16) -> Statement {
    query::statement(client, &account(CODE), moment, range, cursor, limit).await.unwrap().unwrap()
}

fn ranges() -> Vec<DateRange> {
    let days = [None, Some(day(DAYS / 3)), Some(day(2 * DAYS / 3))];
    days.iter().flat_map(|from| days.map(|to| DateRange { from: *from, to })).collect()
}

#[test]
fn a_statement_lists_what_was_posted_and_adds_up() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        for range in ranges() {
            let statement = page(&client, Moment::default(), range, None, 1_000).await;
            let mut balance = 0;
            let mut expected = Vec::new();
            let posts: Vec<_> = book.at(range.to, Timestamp::MAX).collect();
            for booked in posts.iter().filter(|booked| range.from.is_some_and(|from| booked.date() < from)) {
                let legs = booked.legs_in(Layer::Settled).filter(|leg| leg.account.as_str() == CODE);
                balance += legs.map(|leg| i128::from(leg.amount.minor)).sum::<i128>();
            }
            assert_eq!(statement.opening_minor, balance);
            for booked in posts.iter().filter(|booked| range.from.is_none_or(|from| from <= booked.date())) {
                for leg in booked.legs_in(Layer::Settled).filter(|leg| leg.account.as_str() == CODE) {
                    balance += i128::from(leg.amount.minor);
                    expected.push((booked.receipt.sequence, booked.entry.id, leg.amount, leg.item.clone(), balance));
                }
            }
            let row =
                |row: &StatementRow| (row.sequence, row.entry_id, row.amount, row.item.clone(), row.balance_minor);
            assert_eq!(statement.rows.iter().map(row).collect::<Vec<_>>(), expected, "{range:?}");
            assert_eq!((statement.closing_minor, statement.next), (balance, None));
        }
    });
}

#[test]
fn pages_are_one_answer_while_others_are_booked_also_back_dated() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        for range in ranges() {
            let halfway = book.booked.get(book.booked.len() / 2).map(|booked| booked.receipt.booked_at);
            for known_at in [None, halfway] {
                let moment = Moment { as_of: Some(day(DAYS - 1)), known_at };
                let whole = page(&client, moment, range, None, 1_000).await;
                let mut rows = Vec::new();
                let mut cursor: Option<String> = None;
                loop {
                    let part = page(&client, moment, range, cursor.as_deref(), 2).await;
                    if let Some(cursor) = &cursor {
                        assert_eq!(cursor.len(), 64);
                    } else {
                        assert_eq!(part.known_at, whole.known_at);
                    }
                    assert_eq!((part.opening_minor, part.closing_minor), (whole.opening_minor, whole.closing_minor));
                    assert!(part.rows.len() <= 2);
                    rows.extend(part.rows);
                    cursor = part.next;
                    if cursor.is_none() {
                        break;
                    }
                    let legs = [(CODE, 3, Some("CLM-9")), ("1002", -3, None)];
                    book.post(vec![entry(EntryKind::Post, 0, &legs), entry(EntryKind::Post, DAYS / 2, &legs)]).await;
                }
                assert_eq!(rows, whole.rows, "{range:?} {known_at:?}");
            }
        }
    });
}

#[tokio::test]
async fn a_cursor_of_another_question_is_refused() {
    let mut book = Book::new().await;
    for on_day in 0..3 {
        book.post(vec![entry(EntryKind::Post, on_day, &[(CODE, 3, Some("CLM-1")), ("1002", -3, None)])]).await;
    }
    let client = book.ledger.client().await.unwrap();
    let (now, all_days) = (Moment::default(), DateRange::default());
    let cursor = page(&client, now, all_days, None, 1).await.next.unwrap();
    let refused = async |code: &str, moment: Moment, range: DateRange, cursor: &str| {
        let answer = query::statement(&**client, &account(code), moment, range, Some(cursor), 1).await;
        answer.unwrap_err().code()
    };
    let malformed = Some("cursor_malformed");
    assert_eq!(refused("1002", now, all_days, &cursor).await, malformed);
    assert_eq!(refused(CODE, now, DateRange { from: Some(day(1)), to: None }, &cursor).await, malformed);
    assert_eq!(refused(CODE, Moment { as_of: Some(day(1)), known_at: None }, all_days, &cursor).await, malformed);
    let earlier = Moment { as_of: None, known_at: Some(book.booked[0].receipt.booked_at) };
    assert_eq!(refused(CODE, earlier, all_days, &cursor).await, malformed);
    assert_eq!(refused(CODE, now, all_days, &cursor[1..]).await, malformed);

    let same = Moment { as_of: None, known_at: Some(book.booked[2].receipt.booked_at) };
    assert_eq!(page(&client, same, all_days, Some(&cursor), 1).await.rows[0].sequence, 2);
    assert_eq!(query::statement(&**client, &account("1101"), now, all_days, None, 1).await.unwrap(), None);
}
