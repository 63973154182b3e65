//! Entries as events, the cursors of their readers, and what was refused.

mod cursors;
mod reading;
mod refusals;
mod shell;
mod warehouse;

use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::export::lake;
use dianfu_ledger::{Ledger, events, refusal};
use dianfu_tests::TestDatabase;

use crate::books::{Book, entry};

/// Another process's worth of the ledger.
async fn another(test: &TestDatabase) -> Ledger {
    Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
}

/// An entry that goes through.
fn paid(minor: i64) -> NewEntry {
    entry(EntryKind::Post, 0, &[("1002", minor, None), ("9002", -minor, None)])
}

/// An entry that does not balance.
fn unbalanced() -> NewEntry {
    entry(EntryKind::Post, 0, &[("1002", 2, None), ("9002", -1, None)])
}

#[tokio::test]
async fn every_statement_fits_the_tables() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    for (name, statement) in events::sql::ALL.into_iter().chain(refusal::sql::ALL).chain(lake::sql::ALL) {
        if let Err(error) = client.prepare(statement).await {
            panic!("{name}: {error:?}");
        }
    }
}
