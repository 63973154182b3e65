//! The SQL for auditors: silent on a book in which everything happens, and each file names what it is there for.

use dianfu_ledger::account::{AccountSetting, Limits, NormalSide};
use dianfu_ledger::allocation::{AllocationOutcome, NewAllocation, Share};
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::limit_group::LimitGroup;
use dianfu_ledger::money::Currency;
use dianfu_ledger::period::{PeriodOutcome, Tightness};
use dianfu_ledger::register::Signature;
use dianfu_ledger::verify::audit;
use dianfu_ledger::{Outcome, clock, id};
use dianfu_tests::audit::{assert_audited, audited};
use dianfu_tests::{cut_segments, tend};
use jiff::SignedDuration;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{keep_copies, put_copies_back, vandal};
use crate::books::{Book, account, day, entry, release};

/// What follows from the journal.
const DERIVED: [&str; 5] = ["summary", "account_total", "day_total", "item_total", "entry_link"];

fn picc(minor: i64, item: &str) -> [(&str, i64, Option<&str>); 2] {
    [("1101.picc", minor, Some(item)), ("9002", -minor, None)]
}

async fn close(book: &Book, through: i64) {
    let closing = book.ledger.close_period(day(through), Tightness::Hard, Signature::of("test", "closed"));
    assert!(matches!(closing.await.unwrap(), PeriodOutcome::Recorded(_)));
}

/// A book of sealed segments in which everything happens. Entries: 1 a claim; 2 a hold, of which 3 captures a part and
/// 4 releases the rest; 5 and 6 a group of holds that 7 captures; 8 a hold that stays; 9 an order, which 10 reverses in
/// part, and 11 that; 12 a payment, which 13 allocates; 14 behind a closing; then a hold that ends by itself.
async fn rich_book() -> (Book, Client) {
    let mut book = Book::new().await;
    let owner = book.owner().await;
    cut_segments(&owner, 4).await;
    let limits = Limits { min_minor: None, max_minor: Some(5_000) };
    let line = AccountSetting { limits, ..AccountSetting::default() };
    book.ledger.change_setting(&account("1101.picc"), line.into(), "test", "a credit line").await.unwrap();
    let (currency, normal_side) = (Currency::CNY, NormalSide::Debit);
    let accounts = vec![account("1101.picc"), account("1101.cpic")];
    let group = LimitGroup { currency, normal_side, limits, accounts };
    book.ledger.set_limit_group("line", &group, Signature::of("test", "over both")).await.unwrap();

    book.post(vec![entry(EntryKind::Post, 1, &[picc(1_000, "CLM-1")[0], ("2101.p-1", -1_000, Some("ORD-1"))])]).await;
    let held = entry(EntryKind::Hold, 1, &picc(500, "CLM-2"));
    let part = NewEntry { relates_to: Some(held.id), ..entry(EntryKind::Capture, 2, &picc(200, "CLM-2")) };
    let rest = release(held.id, 2);
    book.post(vec![held]).await;
    book.post(vec![part]).await;
    book.post(vec![rest]).await;
    let hold_group = Some(Uuid::from_u128(77));
    let in_group = |minor| NewEntry { hold_group, ..entry(EntryKind::Hold, 1, &picc(minor, "CLM-3")) };
    book.post(vec![in_group(7), in_group(9)]).await;
    let all = NewEntry { hold_group, ..entry(EntryKind::Capture, 2, &[]) };
    assert!(matches!(book.ledger.post(vec![all]).await.unwrap()[0], Outcome::Posted(_)));
    let expires_at = Some("2100-01-01T00:00:00Z".parse().unwrap());
    let order = entry(EntryKind::Post, 1, &[("1002", 400, None), ("2190", -400, Some("PAY-1"))]);
    let back = |of: Uuid, minor: i64| {
        let legs = [("1002", -minor, None), ("2190", minor, Some("PAY-1"))];
        NewEntry { relates_to: Some(of), ..entry(EntryKind::Reversal, 2, &legs) }
    };
    let reversal = back(order.id, 100);
    let reversal_of_that = back(reversal.id, -40);
    book.post(vec![NewEntry { expires_at, ..entry(EntryKind::Hold, 2, &picc(20, "CLM-4")) }]).await;
    book.post(vec![order]).await;
    book.post(vec![reversal]).await;
    book.post(vec![reversal_of_that]).await;
    book.post(vec![entry(EntryKind::Post, 2, &[("1002", 300, None), ("1101.picc", -300, Some("PAY-9"))])]).await;
    allocate(&book).await;
    close(&book, 5).await;
    book.post(vec![entry(EntryKind::Post, 8, &picc(1, "CLM-1"))]).await;
    close(&book, 8).await;
    let_a_hold_expire(&book).await;
    tend(&owner).await;
    (book, owner)
}

async fn allocate(book: &Book) {
    let share = |item: &str| vec![Share { item: item.to_owned(), minor: None }];
    let allocation = NewAllocation {
        id: id::fresh(),
        account: account("1101.picc"),
        currency: Currency::CNY,
        effective_date: Some(day(3)),
        reference: "ADVICE-1".to_owned(),
        description: "shared out".to_owned(),
        actor: "clerk".to_owned(),
        from: share("PAY-9"),
        to: share("CLM-1"),
    };
    let outcome = book.ledger.allocate(&allocation, true).await.unwrap();
    assert!(matches!(outcome, AllocationOutcome::Done { .. }), "{outcome:?}");
}

/// A hold that expires as soon as the machine is fast enough for, and entries until it has.
async fn let_a_hold_expire(book: &Book) {
    let mut shortly = SignedDuration::from_millis(10);
    loop {
        let expires_at = Some(clock::now().checked_add(shortly).unwrap());
        let hold = NewEntry { expires_at, ..entry(EntryKind::Hold, 9, &picc(5, "CLM-5")) };
        if let Outcome::Posted(_) = book.ledger.post(vec![hold]).await.unwrap()[0] {
            break;
        }
        shortly += shortly;
    }
    let client = book.ledger.client().await.unwrap();
    while client.query("SELECT FROM entry WHERE kind = 4", &[]).await.unwrap().is_empty() {
        let paid = entry(EntryKind::Post, 9, &picc(1, "CLM-6"));
        assert!(matches!(book.ledger.post(vec![paid]).await.unwrap()[0], Outcome::Posted(_)));
    }
}

#[tokio::test]
async fn a_book_in_which_everything_happens_is_clean() {
    let (book, owner) = rich_book().await;
    dianfu_tests::journal::assert_verifies(book.test.database()).await;
    for table in DERIVED {
        let rows = owner.query(&format!("SELECT FROM {table}"), &[]).await.unwrap();
        assert_ne!(rows.len(), 0, "{table}");
    }
}

/// What is done to the journal, and by which audit it is named: the place, or the table alone, and the rule.
const CRIMES: &[(&str, &str, &str, &str)] = &[
    ("DELETE FROM commit WHERE commit_no = 3", "sequence", "commit 4", "dense"),
    ("DELETE FROM entry WHERE sequence = 5", "sequence", "entry 5", "dense"),
    ("UPDATE entry SET sequence = 6 WHERE sequence = 5", "sequence", "entry 5", "dense"),
    ("UPDATE commit SET first_sequence = 6 WHERE first_sequence = 5", "sequence", "entry 5", "in_commit"),
    ("UPDATE segment SET sealed_at = NULL WHERE segment_no = 1", "sequence", "segment 2", "sequences_ordered"),
    ("DELETE FROM head", "sequence", "head", "readable"),
    ("UPDATE posting SET amount_minor = 1001 WHERE sequence = 1 AND leg = 0", "entries", "entry 1", "balances"),
    ("DELETE FROM posting WHERE sequence = 9 AND leg = 1", "entries", "entry 9", "leg_count"),
    ("UPDATE posting SET leg = 7 WHERE sequence = 9 AND leg = 1", "entries", "posting 9 leg 7", "dense"),
    ("UPDATE posting SET currency = 'USD' WHERE sequence = 9 AND leg = 0", "entries", "posting 9 leg 0", "currency"),
    ("UPDATE posting SET layer = 1 WHERE sequence = 9", "entries", "posting 9 leg 0", "layer"),
    (
        "UPDATE posting SET amount_minor = 1001 WHERE sequence = 1 AND leg = 0",
        "running_totals",
        "posting 1 leg 0",
        "debits_after",
    ),
    (
        "UPDATE posting SET credits_after = credits_after - 1 WHERE sequence = 9 AND leg = 1",
        "running_totals",
        "posting 9 leg 1",
        "credits_after",
    ),
    (
        "UPDATE posting SET debits_after = debits_after + 1 WHERE sequence = 4 AND leg = 0",
        "running_totals",
        "posting 5 leg 0",
        "debits_after",
    ),
    ("UPDATE posting SET item = NULL WHERE sequence = 1 AND leg = 0", "items", "account 1101.picc", "item"),
    (
        "UPDATE posting SET amount_minor = 2 * amount_minor WHERE sequence = 13",
        "items",
        "entry 13",
        "takes_what_is_left",
    ),
    ("UPDATE posting SET amount_minor = -amount_minor WHERE sequence = 13", "items", "entry 13", "takes_what_is_left"),
    (
        "UPDATE posting SET item = 'CLM-3' WHERE sequence = 13 AND item = 'CLM-1'",
        "items",
        "entry 13",
        "takes_what_is_left",
    ),
    (
        "UPDATE posting SET amount_minor = 3 * amount_minor WHERE sequence = 3 AND layer = 1",
        "holds",
        "posting 3 leg 2",
        "takes_what_is_left",
    ),
    (
        "UPDATE posting SET amount_minor = 2 * amount_minor WHERE sequence = 4",
        "holds",
        "posting 4 leg 0",
        "takes_what_is_left",
    ),
    (
        "UPDATE posting SET item = 'CLM-1' WHERE sequence = 4 AND leg = 0",
        "holds",
        "posting 4 leg 0",
        "takes_what_is_left",
    ),
    (
        "UPDATE posting SET amount_minor = amount_minor + 1 WHERE sequence = 3 AND leg = 0",
        "holds",
        "entry 3",
        "takes_what_is_left",
    ),
    (
        "UPDATE posting SET amount_minor = amount_minor + 1 WHERE sequence = 7 AND layer = 1",
        "holds",
        "entry 7",
        "takes_what_is_left",
    ),
    ("UPDATE entry SET relates_to = NULL WHERE sequence = 4", "holds", "entry 4", "takes_from_earlier"),
    (
        "UPDATE entry SET relates_to = (SELECT entry_id FROM entry WHERE sequence = 8) WHERE sequence = 4",
        "holds",
        "entry 4",
        "takes_from_earlier",
    ),
    (
        "UPDATE entry SET relates_to = (SELECT entry_id FROM entry WHERE sequence = 1) WHERE sequence = 4",
        "holds",
        "entry 4",
        "takes_from_earlier",
    ),
    (
        "UPDATE entry SET hold_group = (SELECT hold_group FROM entry WHERE sequence = 5) WHERE sequence = 8",
        "holds",
        "entry 8",
        "takes_from_earlier",
    ),
    (
        "UPDATE entry SET expires_at = (SELECT booked_at FROM entry WHERE sequence = 10) WHERE sequence = 8",
        "holds",
        "entry 10",
        "holds_end_in_time",
    ),
    ("UPDATE head SET next_expiry = NULL", "holds", "head", "holds_end_in_time"),
    ("DELETE FROM posting WHERE sequence = 8", "holds", "account 9002", "holds"),
    (
        "UPDATE posting SET amount_minor = 5 * amount_minor WHERE sequence = 10",
        "reversals",
        "posting 10 leg 0",
        "takes_what_is_left",
    ),
    (
        "UPDATE posting SET amount_minor = 3 * amount_minor WHERE sequence = 11",
        "reversals",
        "posting 11 leg 0",
        "takes_what_is_left",
    ),
    (
        "UPDATE posting SET account_no = 1 WHERE sequence = 10 AND leg = 0",
        "reversals",
        "posting 10 leg 0",
        "takes_what_is_left",
    ),
    (
        "UPDATE entry SET relates_to = (SELECT entry_id FROM entry WHERE sequence = 2) WHERE sequence = 10",
        "reversals",
        "entry 10",
        "takes_from_earlier",
    ),
    ("UPDATE entry SET relates_to = entry_id WHERE sequence = 10", "reversals", "entry 10", "takes_from_earlier"),
    (
        "UPDATE entry SET relates_to = gen_random_uuid() WHERE sequence = 11",
        "reversals",
        "entry 11",
        "takes_from_earlier",
    ),
    ("DELETE FROM limit_group_member WHERE account_no = 2", "limits", "register 1", "group_members"),
    ("UPDATE account_setting SET max_minor = 900", "limits", "entry 1", "within_limits"),
    ("UPDATE account_setting SET frozen = 'in'", "limits", "posting 1 leg 0", "account_open"),
    ("UPDATE account_setting SET closed = true", "limits", "posting 12 leg 1", "account_open"),
    ("UPDATE entry SET effective_date = '2024-01-05' WHERE sequence = 14", "closings", "entry 14", "day_open"),
    (
        "UPDATE posting SET amount_minor = 2 * amount_minor WHERE sequence = 1",
        "closings",
        "register 2",
        "sealed_trial_balance",
    ),
    (
        "UPDATE posting SET amount_minor = 2 * amount_minor WHERE sequence = 14",
        "closings",
        "register 3",
        "sealed_trial_balance",
    ),
    (
        "UPDATE posting SET effective_date = '2024-01-20' WHERE sequence = 14",
        "closings",
        "register 3",
        "sealed_trial_balance",
    ),
    (
        "UPDATE register SET content = replace(content::text, '\"rows\":', '\"rows\":1')::json WHERE register_no = 2",
        "closings",
        "register 2",
        "sealed_trial_balance",
    ),
    ("UPDATE head SET hard_closed_through = '2024-01-02'", "closings", "head", "head_is_last"),
    ("UPDATE entry SET template_no = 2 WHERE sequence = 1", "templates", "entry 1", "template_in_force"),
    (
        "UPDATE entry SET entry_id = (SELECT entry_id FROM entry WHERE sequence = 1) WHERE sequence = 9",
        "ids",
        "entry 9",
        "id_once",
    ),
    ("UPDATE entry_link SET kind = 2 WHERE sequence = 2", "ids", "entry_link 2", "link"),
    ("DELETE FROM entry_link WHERE sequence = 2", "ids", "entry_link 2", "link"),
    (
        "INSERT INTO entry_link SELECT sequence, entry_id, kind, NULL, NULL, NULL, false FROM entry WHERE sequence = 1",
        "ids",
        "entry_link 1",
        "link",
    ),
    ("UPDATE summary SET last_date = last_date + 1 WHERE segment_no = 2", "summaries", "summary 2", "summary"),
    ("UPDATE summary SET has_totals = false WHERE segment_no = 2", "summaries", "summary 2", "summary"),
    ("DELETE FROM account_total WHERE segment_no = 2 AND account_no = 1", "summaries", "summary 2", "summary"),
    ("UPDATE day_total SET debits_minor = debits_minor + 1 WHERE segment_no = 2", "summaries", "summary 2", "summary"),
    ("UPDATE item_total SET due_date = '2024-01-01' WHERE item = 'CLM-1'", "summaries", "summary", "summary"),
];

#[tokio::test]
async fn each_audit_names_what_it_is_there_for() {
    let (book, _) = rich_book().await;
    let vandal = vandal(&book).await;
    keep_copies(&vandal).await;
    for table in DERIVED {
        vandal.batch_execute(&format!("CREATE TABLE {table}_copy AS TABLE {table}")).await.unwrap();
    }
    for (statement, audit, place, rule) in CRIMES {
        vandal.batch_execute(statement).await.unwrap();
        let wrong = audited(&vandal).await;
        let is_there = |found: &str| found == *place || found.split(' ').next() == Some(*place);
        let is_named = wrong.iter().any(|it| (it.audit, it.rule.as_str()) == (*audit, *rule) && is_there(&it.place));
        assert!(is_named, "{statement}: {wrong:#?}");
        put_copies_back(&vandal).await;
        for table in DERIVED {
            let back = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {table}_copy");
            vandal.batch_execute(&back).await.unwrap();
        }
    }
    assert_audited(&vandal).await;
    for audit in audit::ALL {
        assert!(audit.name == "chain" || CRIMES.iter().any(|(_, name, ..)| *name == audit.name), "{}", audit.name);
    }
}

/// An auditor reads above the statement what it proves, finds and costs, and how to run it.
#[test]
fn each_audit_says_what_it_is() {
    for audit in audit::ALL {
        let at = ["-- Proves: ", "\n-- Finds: ", "\n-- Costs: ", "\n-- Run it "].map(|head| audit.sql.find(head));
        assert!(at[0] == Some(0) && at.is_sorted() && at.iter().all(Option::is_some), "{}: {at:?}", audit.name);
        assert!(audit.sql.contains(&format!("--print-sql {} |", audit.name)), "{}", audit.name);
    }
}
