//! What is refused is on record, whatever becomes of the transaction around it, and costs no entry anything.

use dianfu_ledger::Ledger;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::refusal::{Door, NOT_RECORDED, Refusal, RefusalFilter, RefusalPage, RefusalView, Request, refusals};
use serde_json::Value;

use super::{another, paid, unbalanced};
use crate::books::Book;

async fn list(ledger: &Ledger, filter: &RefusalFilter) -> Vec<RefusalView> {
    ledger.refusals().settle().await;
    let client = ledger.client().await.unwrap();
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let RefusalPage { refusals, next } = refusals(&**client, filter, before, 3).await.unwrap();
        all.extend(refusals);
        before = next;
        if next.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn what_is_refused_at_either_door_is_on_record() {
    let book = Book::new().await;
    let (refused, linked) = (unbalanced(), NewEntry { linked: true, ..paid(1) });
    let request = vec![paid(5), refused.clone(), linked.clone(), unbalanced()];
    book.ledger.post(request).await.unwrap();
    let all = list(&book.ledger, &RefusalFilter::default()).await;
    let codes: Vec<&str> = all.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, ["unbalanced", "linked_entry_rejected", "unbalanced"], "newest first, without what was posted");
    assert_eq!(all.iter().map(|row| row.refusal_no).collect::<Vec<_>>(), [3, 2, 1]);
    let first = all.last().unwrap();
    assert_eq!((first.door, first.entry_id, first.kind.as_deref()), (Door::Post, Some(refused.id), Some("post")));
    assert_eq!((first.actor.as_str(), first.pointer.as_deref()), ("test", Some("/postings")));
    assert!(first.message.contains("not zero"), "{first:?}");
    let request: Value = serde_json::from_str(first.request.as_deref().unwrap()).unwrap();
    assert_eq!(request["postings"][0]["debit"], "0.02");
    assert_eq!(request["postings"][1]["credit"], "0.01");

    // Inside a transaction that is rolled back for it, which leaves no other trace.
    let mut client = book.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    book.ledger.post_in(&tx, &[unbalanced(), paid(7)]).await.unwrap();
    tx.rollback().await.unwrap();
    let in_transaction = RefusalFilter { door: Some(Door::PostIn), ..RefusalFilter::default() };
    assert_eq!(list(&book.ledger, &in_transaction).await.len(), 1);

    // A replay is answered, not refused.
    let again = paid(9);
    book.ledger.post(vec![again.clone()]).await.unwrap();
    book.ledger.post(vec![again]).await.unwrap();
    assert_eq!(list(&book.ledger, &RefusalFilter::default()).await.len(), 4);
}

#[tokio::test]
async fn an_auditor_asks_by_actor_code_time_and_entry() {
    let book = Book::new().await;
    let by = |actor: &str, entry: NewEntry| NewEntry { actor: actor.to_owned(), ..entry };
    let nil = NewEntry { id: uuid::Uuid::nil(), ..paid(1) };
    book.ledger.post(vec![by("a", unbalanced()), by("b", unbalanced()), by("b", nil)]).await.unwrap();
    let all = list(&book.ledger, &RefusalFilter::default()).await;
    let count = async |filter: RefusalFilter| list(&book.ledger, &filter).await.len();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(count(RefusalFilter { actor: text("b"), ..RefusalFilter::default() }).await, 2);
    assert_eq!(count(RefusalFilter { code: text("id_nil"), ..RefusalFilter::default() }).await, 1);
    assert_eq!(count(RefusalFilter { entry_id: all[1].entry_id, ..RefusalFilter::default() }).await, 1);
    let (first, last) = (Some(all[2].refused_at), Some(all[0].refused_at));
    assert_eq!(count(RefusalFilter { from: first, ..RefusalFilter::default() }).await, 3);
    assert_eq!(count(RefusalFilter { to: first, ..RefusalFilter::default() }).await, 0);
    assert!(count(RefusalFilter { from: first, to: last, ..RefusalFilter::default() }).await < 3);
}

#[tokio::test]
async fn processes_record_at_once_and_number_without_gaps() {
    let book = Book::new().await;
    let elsewhere = another(&book.test).await;
    let post = async |ledger: &Ledger| {
        for _ in 0..40 {
            ledger.post(vec![unbalanced(), unbalanced(), unbalanced()]).await.unwrap();
        }
    };
    tokio::join!(post(&book.ledger), post(&elsewhere));
    // What a process has left behind when it was closed in an orderly way is on record.
    elsewhere.close().await;
    let mut numbers: Vec<i64> =
        list(&book.ledger, &RefusalFilter::default()).await.iter().map(|row| row.refusal_no).collect();
    numbers.reverse();
    assert!(numbers.iter().copied().eq(1..=240), "{} rows", numbers.len());
}

#[tokio::test]
async fn what_there_is_no_room_for_is_counted_on_record() {
    let book = Book::new().await;
    let owner = book.test.database().connect_owner().await.unwrap();
    owner.batch_execute("REVOKE INSERT ON book_main.refusal FROM dianfu_service").await.unwrap();
    let large = "x".repeat(1 << 20);
    for number in 0..40 {
        let refusal = Refusal::new(Door::Api, format!("actor {number}"), "too_large", "a message".to_owned());
        book.ledger.refusals().offer(Refusal { request: Request::Text(large.clone()), ..refusal });
        // Entries go on as if nothing was.
        book.ledger.post(vec![paid(number + 1)]).await.unwrap();
    }
    owner.batch_execute("GRANT INSERT ON book_main.refusal TO dianfu_service").await.unwrap();
    let rows = async || owner.query("SELECT code, message FROM book_main.refusal", &[]).await.unwrap();
    let counted = async || rows().await.iter().any(|row| row.get::<_, &str>("code") == NOT_RECORDED);
    dianfu_tests::eventually("what was dropped is counted", counted).await;
    let rows = rows().await;
    let kept = rows.iter().filter(|row| row.get::<_, &str>("code") != NOT_RECORDED).count();
    let dropped: usize = rows
        .iter()
        .filter(|row| row.get::<_, &str>("code") == NOT_RECORDED)
        .map(|row| row.get::<_, &str>("message").split(' ').next().unwrap().parse::<usize>().unwrap())
        .sum();
    assert_eq!(kept + dropped, 40);
    assert!(dropped >= 10, "{dropped}");
}

#[tokio::test]
async fn strangers_cannot_fill_the_disk() {
    let book = Book::new().await;
    for _ in 0..700 {
        let refusal = Refusal::new(Door::Gate, "nobody".to_owned(), "token_invalid", "no".to_owned());
        book.ledger.refusals().offer(refusal);
    }
    let all = list(&book.ledger, &RefusalFilter::default()).await;
    assert_eq!(all.iter().filter(|row| row.door == Door::Gate).count(), 600);
    let counted: Vec<&str> =
        all.iter().filter(|row| row.code == NOT_RECORDED).map(|row| row.message.as_str()).collect();
    let sum: u32 = counted.iter().map(|text| text.split(' ').next().unwrap().parse::<u32>().unwrap()).sum();
    assert_eq!(sum, 100, "{counted:?}");
}

#[tokio::test]
async fn texts_that_the_database_cannot_keep_are_kept_as_far_as_they_can_be() {
    let book = Book::new().await;
    let strange = NewEntry {
        actor: "a\0b".to_owned(),
        reference: "r\0".repeat(2_000),
        metadata: Some("\u{0}{".to_owned()),
        ..unbalanced()
    };
    book.ledger.post(vec![strange]).await.unwrap();
    let all = list(&book.ledger, &RefusalFilter::default()).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].actor, "a\u{fffd}b");
    assert!(serde_json::from_str::<Value>(all[0].request.as_deref().unwrap()).is_ok());
}
