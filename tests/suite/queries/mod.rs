//! Questions: the right answers, the same answers again, and pages that fit together.

mod answers;
mod pages;
mod repeatable;

use dianfu_ledger::{allocation, export, query, verify};

use crate::books::Book;

#[tokio::test]
async fn every_statement_fits_the_tables() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    for (name, statement) in query::sql::ALL.into_iter().chain(export::sql::ALL).chain(allocation::sql::ALL) {
        if let Err(error) = client.prepare(statement).await {
            panic!("{name}: {error:?}");
        }
    }
    for (name, statement) in verify::sql::all() {
        if let Err(error) = client.prepare(&statement).await {
            panic!("{name}: {error:?}");
        }
    }
}
