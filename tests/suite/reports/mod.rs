//! Reports: each against the others, and against what a list of all entries adds up to, at several moments.

mod diff;
mod interface;
mod items;
mod ledger;
mod registers;
mod statements;

use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::query::Moment;
use dianfu_ledger::report;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::books::{Book, DAYS, Mirror, day, entry};

/// The moments to ask at: now, before all, and behind some turns; as of a few days, and of all.
fn moments(book: &Book) -> Vec<Moment> {
    let mut times: Vec<Option<Timestamp>> = vec![None, Some(Timestamp::UNIX_EPOCH)];
    let apart = book.booked.len() / 2 + 1;
    times.extend(book.booked.iter().step_by(apart).map(|booked| Some(booked.receipt.booked_at)));
    times.dedup();
    let dates = [None, Some(day(-1)), Some(day(DAYS / 3)), Some(day(DAYS))];
    times.iter().flat_map(|known_at| dates.map(|as_of| Moment { as_of, known_at: *known_at })).collect()
}

/// The same for the mirror, which knows no "now".
fn known_at(moment: Moment) -> Timestamp {
    moment.known_at.unwrap_or(Timestamp::MAX)
}

/// The moment the day before a period begins: what stands then is the period's opening.
fn before(moment: Moment, from: Option<Date>) -> Moment {
    let eve = from.map(|from| from.yesterday().unwrap());
    Moment { as_of: Some(eve.unwrap_or(Date::MIN)), ..moment }
}

fn net(mirror: Option<&Mirror>) -> i128 {
    mirror.map_or(0, |mirror| mirror.debits - mirror.credits)
}

/// Adds entries that random ones lack: due dates, and journals named in the metadata, some with escapes.
async fn enrich(book: &mut Book) {
    let item = |minor: i64, item: &'static str, due: Option<i64>| {
        let mut new = entry(EntryKind::Post, 3, &[("1101.picc", minor, Some(item)), ("1002", -minor, None)]);
        new.postings[0] = NewPosting { due_date: due.map(day), ..new.postings[0].clone() };
        new
    };
    let named = |metadata: &str, new: NewEntry| NewEntry { metadata: Some(metadata.to_owned()), ..new };
    book.post(vec![
        item(500, "CLM-A", Some(5)),
        named("{\"journal\":\"J3\"}", item(-200, "CLM-A", Some(1))),
        item(70, "CLM-B", Some(40)),
    ])
    .await;
    book.post(vec![
        named("{\"journal\":\"\\u004a3\",\"x\":\"\\u0000\"}", item(900, "CLM-C", None)),
        named("{\"x\":{\"journal\":\"J3\"}}", item(1, "CLM-D", Some(-60))),
        named("[\"journal\"]", item(30, "CLM-E", Some(-200))),
    ])
    .await;
}

#[tokio::test]
async fn every_statement_fits_the_tables() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    for (name, statement) in report::sql::ALL {
        if let Err(error) = client.prepare(statement).await {
            panic!("{name}: {error:?}");
        }
    }
}
