//! Payments that are shared out over open items by the ledger itself: exact whoever else does the same.

use dianfu_ledger::allocation::{AllocationFault, AllocationOutcome, NewAllocation, Share};
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::id;
use dianfu_ledger::money::Money;
use dianfu_ledger::query::{self, Items, Moment};
use dianfu_ledger::rejection::Rejection;
use dianfu_ledger::{Ledger, Outcome};
use dianfu_tests::journal::assert_verifies;
use futures_util::future::join_all;

use crate::books::{Book, account, day, entry};

const CODE: &str = "1101.picc";

/// Claims of 60, 50 and 7, of which the second is due first, and payments of 100 and 30.
async fn with_claims_and_payments() -> Book {
    let mut book = Book::new().await;
    let items = [("CLM-1", 60, 20), ("CLM-2", 50, 10), ("CLM-3", 7, 30), ("PAY-1", -100, 1), ("PAY-2", -30, 1)];
    let raised = items.map(|(item, minor, due)| {
        let raised = entry(EntryKind::Post, 1, &[(CODE, minor, Some(item)), ("1002", -minor, None)]);
        let due_date =
            |posting: NewPosting| NewPosting { due_date: posting.item.is_some().then(|| day(due)), ..posting };
        NewEntry { postings: raised.postings.into_iter().map(due_date).collect(), ..raised }
    });
    book.post(raised.to_vec()).await;
    book
}

fn allocation(from: &[(&str, Option<i64>)], to: &[(&str, Option<i64>)]) -> NewAllocation {
    let shares = |list: &[(&str, Option<i64>)]| {
        list.iter().map(|(item, minor)| Share { item: (*item).to_owned(), minor: *minor }).collect()
    };
    NewAllocation {
        id: id::fresh(),
        account: account(CODE),
        currency: "CNY".parse().unwrap(),
        effective_date: Some(day(2)),
        reference: "ADVICE-1".to_owned(),
        description: "shared out".to_owned(),
        actor: "clerk".to_owned(),
        from: shares(from),
        to: shares(to),
    }
}

fn shared(outcome: &AllocationOutcome) -> (bool, Vec<(&str, i64)>) {
    let AllocationOutcome::Done { replayed, shares, .. } = outcome else { panic!("{outcome:?}") };
    (*replayed, shares.iter().map(|share| (share.item.as_str(), share.amount.minor)).collect())
}

async fn outstanding(ledger: &Ledger) -> Vec<(String, i128)> {
    let client = ledger.client().await.unwrap();
    let items = query::open_items(&**client, &account(CODE), Moment::default(), Items::Outstanding).await.unwrap();
    items.into_iter().map(|item| (item.item, item.outstanding_minor)).collect()
}

fn of(pairs: &[(&str, i128)]) -> Vec<(String, i128)> {
    pairs.iter().map(|(item, minor)| ((*item).to_owned(), *minor)).collect()
}

#[tokio::test]
async fn what_is_due_first_takes_first_a_retry_repeats_and_a_reversal_takes_it_back() {
    let book = with_claims_and_payments().await;
    let asked = allocation(&[("PAY-1", None)], &[]);
    let rehearsed = book.ledger.allocate(&asked, false).await.unwrap();
    let expected = vec![("PAY-1", 100), ("CLM-2", -50), ("CLM-1", -50)];
    assert_eq!(shared(&rehearsed), (false, expected.clone()));
    assert_eq!(outstanding(&book.ledger).await.len(), 5);
    assert_eq!(shared(&book.ledger.allocate(&asked, true).await.unwrap()), (false, expected.clone()));
    // Nothing stands on the payment any more, and yet the retry gets its answer; another request does not.
    assert_eq!(shared(&book.ledger.allocate(&asked, true).await.unwrap()), (true, expected));
    let other = NewAllocation { to: allocation(&[], &[("CLM-3", None)]).to, ..asked.clone() };
    let fault = AllocationFault::NothingOutstanding { item: "PAY-1".to_owned() };
    assert_eq!(book.ledger.allocate(&other, true).await.unwrap(), AllocationOutcome::Refused(fault));
    let other = NewAllocation { reference: "ADVICE-2".to_owned(), ..asked.clone() };
    let refused = book.ledger.allocate(&other, true).await.unwrap();
    assert!(
        matches!(&refused, AllocationOutcome::Refused(AllocationFault::Entry(Rejection::IdConflict { field, .. }))
            if field == "reference"),
        "{refused:?}"
    );
    assert_eq!(outstanding(&book.ledger).await, of(&[("CLM-1", 10), ("CLM-3", 7), ("PAY-2", -30)]));

    let back = NewEntry { relates_to: Some(asked.id), ..entry(EntryKind::Reversal, 3, &[]) };
    assert!(matches!(book.ledger.post(vec![back]).await.unwrap()[0], Outcome::Posted(_)));
    assert_eq!(outstanding(&book.ledger).await.len(), 5);
    assert_verifies(book.test.database()).await;
}

#[tokio::test]
async fn a_payment_is_never_shared_out_twice_however_many_try() {
    let book = with_claims_and_payments().await;
    let tries = (0..12).map(|at| {
        let to: &[(&str, Option<i64>)] = match at % 3 {
            0 => &[("CLM-1", None)],
            1 => &[("CLM-2", Some(20))],
            _ => &[],
        };
        let asked = allocation(&[("PAY-1", None)], to);
        let ledger = book.ledger.clone();
        async move { ledger.allocate(&asked, true).await.unwrap() }
    });
    let outcomes = join_all(tries).await;
    let shared_out = outcomes.iter().filter(|outcome| matches!(outcome, AllocationOutcome::Done { .. }));
    assert!(shared_out.count() >= 2, "{outcomes:?}");
    let left = outstanding(&book.ledger).await;
    assert_eq!(left.iter().map(|(_, minor)| minor).sum::<i128>(), 60 + 50 + 7 - 100 - 30);
    for (item, minor) in &left {
        assert!(if item.starts_with("PAY") { *minor <= 0 } else { *minor >= 0 }, "{left:?}");
    }
    // 117 were owed and all of them may take: the payment is used up, to the last unit and no further.
    assert!(!left.iter().any(|(item, _)| item == "PAY-1"), "{left:?}");
}

#[tokio::test]
async fn what_cannot_be_shared_out_leaves_nothing_behind() {
    let book = with_claims_and_payments().await;
    let before = outstanding(&book.ledger).await;
    let cny = |minor| Money::new(minor, "CNY".parse().unwrap());
    let pay = allocation(&[("PAY-1", None)], &[("CLM-1", None)]);
    let unknown = NewAllocation { account: account("9999"), ..pay.clone() };
    let no_items = NewAllocation { account: account("1002"), ..pay.clone() };
    let dollars = NewAllocation { currency: "USD".parse().unwrap(), ..pay.clone() };
    let too_much = allocation(&[("PAY-1", Some(101))], &[("CLM-1", None)]);
    for (asked, fault) in [
        (unknown, AllocationFault::AccountUnknown { account: account("9999") }),
        (no_items, AllocationFault::NoOpenItems { account: account("1002") }),
        (
            dollars,
            AllocationFault::CurrencyMismatch {
                account: account(CODE),
                expected: "CNY".parse().unwrap(),
                actual: "USD".parse().unwrap(),
            },
        ),
        (
            too_much,
            AllocationFault::MoreThanOutstanding { item: "PAY-1".to_owned(), outstanding: cny(100), asked: cny(101) },
        ),
        (allocation(&[], &[]), AllocationFault::NothingGives),
        (allocation(&[("A\0", None)], &[]), AllocationFault::NothingOutstanding { item: "A\0".to_owned() }),
        (allocation(&[("NOBODY", None)], &[]), AllocationFault::NothingOutstanding { item: "NOBODY".to_owned() }),
    ] {
        assert_eq!(book.ledger.allocate(&asked, true).await.unwrap(), AllocationOutcome::Refused(fault));
    }
    book.ledger
        .close_period(day(5), dianfu_ledger::period::Tightness::Hard, dianfu_ledger::register::Signature::of("a", "b"))
        .await
        .unwrap();
    let refused = book.ledger.allocate(&pay, true).await.unwrap();
    assert!(
        matches!(refused, AllocationOutcome::Refused(AllocationFault::Entry(Rejection::PeriodClosed { .. }))),
        "{refused:?}"
    );
    assert_eq!(outstanding(&book.ledger).await, before);
}
