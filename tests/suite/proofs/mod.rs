//! Proofs on real books: receipts that hold without the books, tips that follow from each other, and what is bent and
//! proves nothing.

mod interface;
mod shell;

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::proof::{self, Fault, ProofError, Proved, PublicKey, Receipt, SecretKey, Tip, sql};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use crate::books::{Book, entry};

fn key() -> SecretKey {
    SecretKey::of_seed(&[7; 32])
}

/// One commit of entries between two accounts.
async fn commit(book: &mut Book, entries: usize) {
    let one = |_| entry(EntryKind::Post, 1, &[("1002", 100, None), ("9002", -100, None)]);
    book.post((0..entries).map(one).collect::<Vec<NewEntry>>()).await;
}

async fn proved(book: &Book, id: Uuid, tip: Option<i64>) -> Proved {
    let client = book.ledger.client().await.unwrap();
    proof::receipt(&**client, "main", id, tip).await.unwrap().unwrap()
}

async fn tip(book: &Book, commit_no: i64) -> Tip {
    let client = book.ledger.client().await.unwrap();
    proof::tip(&**client, Some(commit_no)).await.unwrap()
}

#[tokio::test]
async fn every_statement_is_understood() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    for (name, statement) in sql::ALL {
        client.prepare(statement).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Commits of 1 to 1,000 entries: any entry of any of them is proved under any later tip, by its rows alone.
#[test]
fn any_entry_is_proved_under_any_later_tip() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 6, max_shrink_iters: 8, failure_persistence: None, ..Config::default() };
    let sizes = prop::collection::vec(prop_oneof![3 => 1..40_usize, 1 => 1..1_000_usize], 1..9);
    let picks = prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 5);
    let outcome = TestRunner::new(config).run(&(sizes, picks), |(sizes, picks)| {
        runtime.block_on(async {
            let mut book = Book::new().await;
            for size in &sizes {
                commit(&mut book, *size).await;
            }
            let last = i64::try_from(sizes.len()).unwrap();
            for (entry, tip_pick) in picks {
                let booked = &book.booked[entry.index(book.booked.len())];
                let Proved { receipt, rows } = proved(&book, booked.entry.id, None).await;
                assert_eq!((receipt.sequence, receipt.tip.commit_no), (booked.receipt.sequence, last));
                let commit_no = receipt.header.commit_no;
                let size = sizes[usize::try_from(commit_no - 1).unwrap()];
                assert_eq!(receipt.header.entries(), i64::try_from(size).unwrap());
                receipt.signed(&key()).check(&rows, &key().public()).unwrap();

                let at =
                    commit_no + i64::try_from(tip_pick.index(usize::try_from(last - commit_no + 1).unwrap())).unwrap();
                let earlier = proved(&book, booked.entry.id, Some(at)).await;
                assert_eq!((&earlier.rows, earlier.receipt.tip), (&rows, tip(&book, at).await));
                earlier.receipt.check(&rows).unwrap();

                let client = book.ledger.client().await.unwrap();
                let follows = proof::consistency(&**client, at, last).await.unwrap();
                assert_eq!((follows.from, follows.to), (earlier.receipt.tip, tip(&book, last).await));
                assert!(follows.holds());
            }
        });
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

type Bend = fn(&mut Receipt);

#[tokio::test]
async fn whatever_is_bent_proves_nothing() {
    let mut book = Book::new().await;
    for size in [3, 5, 2, 1] {
        commit(&mut book, size).await;
    }
    let Proved { receipt, rows } = proved(&book, book.booked[4].entry.id, None).await;
    receipt.check(&rows).unwrap();
    let bends: [(Bend, Fault); 16] = [
        (|receipt| receipt.entry_id = Uuid::nil(), Fault::OtherEntry),
        (|receipt| receipt.sequence += 1, Fault::OtherEntry),
        (|receipt| receipt.leaf_hash[0] ^= 1, Fault::LeafHash),
        (|receipt| receipt.audit_path[1][9] ^= 1, Fault::AuditPath),
        (|receipt| _ = receipt.audit_path.pop(), Fault::AuditPath),
        (|receipt| receipt.audit_path.push([0; 32]), Fault::AuditPath),
        (|receipt| receipt.header.first_sequence -= 1, Fault::AuditPath),
        (|receipt| receipt.header.first_sequence = i64::MIN, Fault::AuditPath),
        (|receipt| receipt.header.last_sequence = i64::MAX, Fault::AuditPath),
        (|receipt| receipt.entries_root[31] ^= 1, Fault::AuditPath),
        (|receipt| receipt.header.previous_hash[0] ^= 1, Fault::CommitHash),
        (|receipt| receipt.header.commit_no = 3, Fault::CommitHash),
        (|receipt| receipt.hash[5] ^= 1, Fault::CommitHash),
        (|receipt| receipt.chain_path[0][0] ^= 1, Fault::ChainPath),
        (|receipt| receipt.tip.commit_no = 9, Fault::ChainPath),
        (|receipt| receipt.tip.root[0] ^= 1, Fault::ChainPath),
    ];
    for (number, (bend, fault)) in bends.into_iter().enumerate() {
        let mut bent = receipt.clone();
        bend(&mut bent);
        assert_eq!(bent.check(&rows), Err(fault), "bend {number}");
        let said_before = receipt.clone().signed(&key());
        let paths_only = bent.statement() == receipt.statement();
        let bent = proof::SignedReceipt { receipt: bent, ..said_before };
        let expected = if paths_only { fault } else { Fault::Signature };
        assert_eq!(bent.check(&rows, &key().public()), Err(expected), "bend {number}");
    }
    let signed = receipt.clone().signed(&key());
    for stranger in [SecretKey::of_seed(&[8; 32]).public(), PublicKey([0; 32]), PublicKey([255; 32])] {
        assert_eq!(signed.check(&rows, &stranger), Err(Fault::Signature));
    }
    for at in 0..rows.len() {
        let mut rows = rows.clone();
        rows[at] ^= 1;
        let fault = receipt.check(&rows).unwrap_err();
        assert!(matches!(fault, Fault::OtherEntry | Fault::LeafHash), "byte {at}: {fault:?}");
    }
    assert_eq!(receipt.check(&[]), Err(Fault::OtherEntry));
}

#[tokio::test]
async fn what_is_not_there_is_not_proved() {
    let mut book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    let no_tip = |error: ProofError| matches!(error, ProofError::NoSuchTip { .. });
    assert!(no_tip(proof::tip(&**client, None).await.unwrap_err()));
    commit(&mut book, 2).await;
    commit(&mut book, 2).await;
    assert!(proof::receipt(&**client, "main", Uuid::nil(), None).await.unwrap().is_none());
    for asked in [i64::MIN, -1, 0, 3, i64::MAX] {
        assert!(no_tip(proof::tip(&**client, Some(asked)).await.unwrap_err()), "{asked}");
    }
    assert!(no_tip(proof::consistency(&**client, 0, 2).await.unwrap_err()));
    assert!(matches!(proof::consistency(&**client, 2, 1).await, Err(ProofError::Backwards { .. })));
    let late = book.booked[3].entry.id;
    assert!(matches!(proof::receipt(&**client, "main", late, Some(1)).await, Err(ProofError::NotCovered { .. })));
}

/// Books rewritten whole, hashes and all, pass every check of their own; they do not follow from a tip kept elsewhere.
#[tokio::test]
async fn altered_rows_get_no_receipt_and_rewritten_books_do_not_follow() {
    let mut book = Book::new().await;
    commit(&mut book, 3).await;
    commit(&mut book, 2).await;
    let kept = tip(&book, 2).await;
    commit(&mut book, 1).await;
    let vandal = book.test.database().connect_owner().await.unwrap();
    let altered = "
        SET search_path = book_main;
        SET session_replication_role = replica;
        UPDATE entry SET reference = 'x' WHERE sequence = 2";
    vandal.batch_execute(altered).await.unwrap();
    let client = book.ledger.client().await.unwrap();
    let refused = proof::receipt(&**client, "main", book.booked[0].entry.id, None).await;
    assert!(matches!(refused, Err(ProofError::World(_))), "{refused:?}");

    vandal.batch_execute("UPDATE commit SET hash = sha256(hash) WHERE commit_no = 1").await.unwrap();
    let follows = proof::consistency(&**client, 2, 3).await.unwrap();
    assert!(follows.holds());
    assert_ne!(follows.from, kept);
    assert!(!proof::Consistency { from: kept, ..follows }.holds());
}
