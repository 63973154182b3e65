//! Books that nobody asks for.

use dianfu_api::Limits;
use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::segment;
use dianfu_tests::{cut_segments, eventually, record_ids};

use super::Node;
use crate::books::{Book, entry};

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
