//! Books that nobody asks for.

use std::time::Duration;

use dianfu_api::Limits;
use dianfu_claims::claim::State;
use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::segment;
use dianfu_tests::{cut_segments, eventually, record_ids};

use super::Node;
use crate::books::{Book, entry};
use crate::claims::fixture::{Desk, WIDE};

#[tokio::test]
async fn a_book_that_nobody_asks_for_is_looked_after_all_the_same() {
    let mut book = Book::new().await;
    let owner = book.owner().await;
    cut_segments(&owner, 2).await;
    let legs = [("1101.picc", 500, Some("CLM-1")), ("9002", -500, None)];
    book.post((1..6).map(|day| entry(EntryKind::Post, day, &legs)).collect()).await;
    record_ids(&book.ledger).await;
    book.ledger.clone().close().await;
    // Whatever was summed up before the program ended is to be summed up again.
    owner.batch_execute("TRUNCATE summary, account_total, day_total, item_total").await.unwrap();
    let node = Node::start(book.test.database(), Limits::default()).await;
    eventually("what is full is summed up, and the rest is indexed", async || {
        let segments = segment::list(book.test.database(), book.ledger.book()).await.unwrap();
        segments.len() == 3
            && segments.iter().all(|segment| segment.is_indexed && segment.is_summed_up == (segment.segment_no < 3))
    })
    .await;
    node.stop().await.unwrap().unwrap();
}

#[tokio::test]
async fn claims_of_a_book_that_nobody_asks_for_move_on_all_the_same() {
    let desk = Desk::new(WIDE).await;
    desk.bring("CLM-3", "p-3", State::PreApproved).await;
    let limits = Limits { work_every: Duration::from_millis(20), ..Limits::default() };
    let node = Node::start(desk.test.database(), limits).await;
    eventually("the approval has expired, and the claim is closed", async || {
        desk.claim("CLM-3").await.state == State::Closed
    })
    .await;
    node.stop().await.unwrap().unwrap();
    desk.verify().await;
}
