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
    let every = [query::sql::ALL.as_slice(), &export::sql::ALL, &allocation::sql::ALL];
    for (name, statement) in every.into_iter().flatten() {
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
