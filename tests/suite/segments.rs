//! Segments: everything about an account stays right where one segment ends and the next begins, sealed or not, and
//! sealing may be stopped at any moment.

mod detached;

use std::collections::BTreeMap;

use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::error::in_full;
use dianfu_ledger::journal::ids::record::{Offers, record_next};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::verify::Asked;
use dianfu_ledger::{Error, Ledger, Outcome, id, segment};
use dianfu_tests::{TestDatabase, cut_segments, eventually, test_database};
use jiff::Timestamp;
use tokio_postgres::Client;

/// Entries of a segment.
const SEGMENT: i64 = 131_072;
/// Entries of a request.
const REQUEST: i64 = 8_192;

fn code(text: &str) -> AccountCode {
    AccountCode::parse(text).unwrap()
}

/// Moves `number` minor units from `source` to `early` in the first segment, to `late` behind it.
fn entry(number: i64) -> NewEntry {
    let to = if number <= SEGMENT { "early" } else { "late" };
    let leg = |account: &str, minor| {
        let amount = Money::new(minor, Currency::CNY);
        let item = (account != "source").then(|| format!("I-{}", number % 7));
        NewPosting::new(code(account), amount, item)
    };
    NewEntry {
        id: id::entry_id(Timestamp::UNIX_EPOCH, &number.to_string(), "segment"),
        reference: number.to_string(),
        actor: "test".to_owned(),
        postings: vec![leg(to, number), leg("source", -number)],
        ..NewEntry::default()
    }
}

async fn open(test: &TestDatabase) -> Ledger {
    Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
}

async fn post(ledger: &Ledger, numbers: std::ops::RangeInclusive<i64>) {
    let outcomes = ledger.post(numbers.clone().map(entry).collect()).await.unwrap();
    for (outcome, number) in outcomes.iter().zip(numbers) {
        assert!(matches!(outcome, Outcome::Posted(receipt) if receipt.sequence == number), "{number}: {outcome:?}");
    }
}

async fn owner(test: &TestDatabase) -> Client {
    let client = test.database().connect_owner().await.unwrap();
    client.batch_execute("SET search_path = book_main").await.unwrap();
    client
}

async fn sealed(client: &Client) -> i64 {
    client.query_one("SELECT count(*) FROM segment WHERE sealed_at IS NOT NULL", &[]).await.unwrap().get(0)
}

fn sum(numbers: std::ops::RangeInclusive<i64>) -> i128 {
    numbers.map(i128::from).sum()
}

/// What every reader sees after `last` entries, told without the ledger.
async fn check(ledger: &Ledger, last: i64) {
    let client = &mut **ledger.client().await.unwrap();
    let expected =
        [("early", sum(1..=SEGMENT.min(last))), ("late", sum(SEGMENT + 1..=last)), ("source", -sum(1..=last))];
    for (account, expected) in expected {
        let balance = query::balance(client, &code(account), Moment::default()).await.unwrap().unwrap();
        assert_eq!(balance.settled.net_minor(), expected, "{account}");
    }
    let report = query::trial_balance(client, Moment::default(), None).await.unwrap();
    assert!(report.is_balanced());
    let open = query::open_items(client, &code("late"), Moment::default(), query::Items::All).await.unwrap();
    assert_eq!(open.iter().map(|item| item.outstanding_minor).sum::<i128>(), sum(SEGMENT + 1..=last));
    let (early, late) = (code("early"), code("late"));
    let named = [(&early, "I-1"), (&late, "I-1"), (&late, "I-9"), (&early, "I-1")];
    let standing = query::outstanding(client, &named).await.unwrap();
    let standing: BTreeMap<_, _> = standing.iter().map(|item| (item.account.as_str(), item.settled_minor)).collect();
    let of_item =
        |numbers: std::ops::RangeInclusive<i64>| numbers.filter(|number| number % 7 == 1).map(i128::from).sum();
    let expected: [(&str, i128); 2] =
        [("early", of_item(1..=SEGMENT.min(last))), ("late", of_item(SEGMENT + 1..=last))];
    assert_eq!(standing, BTreeMap::from(expected));
    let across = query::entries(client, SEGMENT - 3, 6).await.unwrap();
    let expected: Vec<i64> = (SEGMENT - 2..=last.min(SEGMENT + 3)).collect();
    assert_eq!(across.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), expected);
    assert!(across.iter().all(|entry| entry.postings.len() == 2 && entry.postings[0].amount.minor == entry.sequence));
    let report = ledger.verify(Asked::default(), |_| {}).await.unwrap();
    assert_eq!((report.finding, report.entries), (None, last));
}

#[tokio::test]
async fn a_book_stays_right_over_the_end_of_a_segment() {
    let test = test_database().await;
    let ledger = open(&test).await;
    let account = |text: &str| NewAccount {
        code: code(text),
        name: text.to_owned(),
        account_type: AccountType::Asset,
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        open_item: text != "source",
        limits: Limits::default(),
        note: AccountNote::default(),
    };
    ledger.open_accounts(&["early", "late", "source"].map(account), "test").await.unwrap();
    let reader = owner(&test).await;
    // A sealer that is stuck must not hold up the writer, nor the readers of what it has not sealed.
    let mut stuck = owner(&test).await;
    let stuck = stuck.transaction().await.unwrap();
    for request in 0..SEGMENT / REQUEST - 1 {
        post(&ledger, request * REQUEST + 1..=(request + 1) * REQUEST).await;
    }
    stuck.execute("SELECT 1 FROM segment FOR UPDATE", &[]).await.unwrap();
    let edge = SEGMENT - REQUEST;
    post(&ledger, edge + 1..=SEGMENT - 3).await;
    // One request over the edge.
    let last = SEGMENT + 1_000;
    post(&ledger, SEGMENT - 2..=last).await;
    assert_eq!(sealed(&reader).await, 0);
    check(&ledger, last).await;
    // Nor does sealing wait for who goes on reading, or hold up who comes after.
    let mut long = owner(&test).await;
    let long = long.transaction().await.unwrap();
    long.query_one("SELECT count(*) FROM posting", &[]).await.unwrap();
    stuck.rollback().await.unwrap();

    eventually("the first segment is sealed", async || sealed(&reader).await == 1).await;
    check(&ledger, last).await;
    long.rollback().await.unwrap();
    // Ids of both segments are known; a fresh process finds the totals of both.
    let fresh = open(&test).await;
    let again = [1, SEGMENT, SEGMENT + 1, last].map(entry).to_vec();
    for ledger in [&ledger, &fresh] {
        let outcomes = ledger.post(again.clone()).await.unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Replayed(_))), "{outcomes:?}");
    }
    post(&fresh, last + 1..=last + 10).await;
    post(&ledger, last + 11..=last + 20).await;
    check(&ledger, last + 20).await;
    eventually("nobody posts any more, and all of the book is indexed and what is full summed up", async || {
        let segments = segment::list(test.database(), ledger.book()).await.unwrap();
        segments.iter().all(|segment| segment.is_indexed && (segment.is_summed_up || segment.sealed_at.is_none()))
    })
    .await;
    check(&ledger, last + 20).await;
}

#[tokio::test]
async fn sealing_that_is_stopped_is_done_later_and_once() {
    let test = test_database().await;
    let ledger = open(&test).await;
    ledger.open_accounts(&dianfu_tests::work::accounts(false), "test").await.unwrap();
    ledger.post(dianfu_tests::work::request(0)).await.unwrap();
    ledger.close().await;
    // As if the first segment were full.
    let mut first = owner(&test).await;
    let shorten = "ALTER TABLE segment DISABLE TRIGGER ALL; UPDATE segment SET last_sequence = 1";
    first.batch_execute(shorten).await.unwrap();

    let stopped = first.transaction().await.unwrap();
    assert!(stopped.query_one("SELECT tend_segments()", &[]).await.unwrap().get::<_, bool>(0));
    stopped.rollback().await.unwrap();
    assert_eq!(sealed(&first).await, 0);

    let pid: i32 = first.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let second = owner(&test).await;
    first.batch_execute("BEGIN; SELECT tend_segments()").await.unwrap();
    second.execute("SELECT pg_terminate_backend($1)", &[&pid]).await.unwrap();
    let third = owner(&test).await;
    let (one, other) =
        tokio::join!(second.query_one("SELECT tend_segments()", &[]), third.query_one("SELECT tend_segments()", &[]));
    let done = [one, other].map(|answer| answer.unwrap().get::<_, bool>(0));
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    assert_eq!(sealed(&second).await, 1);
}

/// Fails the step with the number `test.fails_at` of what a session does in one transaction: each command that makes
/// or changes a table or an index, and each statement that writes to a table of sealing. Other sessions fail at the
/// first.
const FAULTS: &str = "
    CREATE FUNCTION public.fail_at_step() RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        step constant integer := COALESCE(NULLIF(current_setting('test.step', true), ''), '0')::integer + 1;
    BEGIN
        PERFORM set_config('test.step', step::text, false);
        IF step::text = current_setting('test.fails_at', true) THEN
            RAISE EXCEPTION 'injected' USING ERRCODE = 'XX001';
        END IF;
    END $$;
    CREATE FUNCTION public.fail_command() RETURNS event_trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM public.fail_at_step(); END $$;
    CREATE FUNCTION public.fail_statement() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM public.fail_at_step(); RETURN NULL; END $$;
    DO $$
    DECLARE
        name text;
    BEGIN
        FOREACH name IN ARRAY '{segment,segment_ids,summary,account_total,day_total,item_total}'::text[] LOOP
            EXECUTE format(
                'CREATE TRIGGER fail_statement BEFORE INSERT OR UPDATE ON %I
                 FOR EACH STATEMENT EXECUTE FUNCTION public.fail_statement()', name);
        END LOOP;
    END $$;
    DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET test.fails_at = 1', current_database());
    END $$;
    CREATE EVENT TRIGGER fail_command ON ddl_command_end EXECUTE FUNCTION public.fail_command();";

/// A part of sealing: one transaction.
#[derive(Clone, Copy, Debug)]
enum Part {
    Ids,
    Function(&'static str),
}

impl Part {
    /// Answers whether there was something to do.
    async fn run(self, client: &mut deadpool_postgres::Client) -> Result<bool, Error> {
        match self {
            Part::Ids => record_next(client, &Offers::default()).await,
            Part::Function(name) => Ok(client.query_one(&format!("SELECT {name}()"), &[]).await?.get(0)),
        }
    }
}

/// What sealing has left: segments sealed, of which the ids are on record, and which are summed up, and their indexes.
async fn left_by_sealing(owner: &Client) -> (i64, i64, i64, i64) {
    let sql = "
        SELECT count(sealed_at), (SELECT count(*) FROM segment_ids), (SELECT count(*) FROM summary),
               (SELECT count(*) FROM pg_index JOIN pg_class ON oid = indrelid WHERE relname ~ '^(posting|entry)_')
        FROM segment";
    let row = owner.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

/// Whatever step of sealing fails, nothing of the part that it belongs to is there, the book is whole, and the part is
/// done the next time.
#[tokio::test]
async fn sealing_that_fails_at_any_step_is_done_the_next_time() {
    let test = test_database().await;
    let ledger = open(&test).await;
    let owner = owner(&test).await;
    cut_segments(&owner, 4).await;
    // Nothing is sealed while entries are posted.
    owner.batch_execute("ALTER FUNCTION tend_segments() RENAME TO tend_segments_later").await.unwrap();
    ledger.open_accounts(&dianfu_tests::work::accounts(false), "test").await.unwrap();
    for number in 0..8 {
        ledger.post(dianfu_tests::work::request(number)).await.unwrap();
    }
    ledger.close().await;
    owner.batch_execute("ALTER FUNCTION tend_segments_later() RENAME TO tend_segments").await.unwrap();
    owner.batch_execute("TRUNCATE segment_ids").await.unwrap();
    owner.batch_execute(FAULTS).await.unwrap();

    // The sealer of this one fails at every first step.
    let ledger = open(&test).await;
    let client = &mut ledger.client().await.unwrap();
    for part in [Part::Ids, Part::Function("tend_segments"), Part::Function("summarise_segment")] {
        let before = left_by_sealing(&owner).await;
        let mut steps = 0;
        loop {
            client.batch_execute(&format!("SET test.step = 0; SET test.fails_at = {}", steps + 1)).await.unwrap();
            match part.run(client).await {
                Ok(done) => break assert!(done, "{part:?} had something to do"),
                Err(error) => assert!(in_full(&error).contains("injected"), "{part:?}: {}", in_full(&error)),
            }
            steps += 1;
            assert_eq!(left_by_sealing(&owner).await, before, "{part:?}, step {steps}");
            let report = ledger.verify(Asked::default(), |_| {}).await.unwrap();
            assert_eq!(report.finding, None, "{part:?}, step {steps}");
        }
        let least = if matches!(part, Part::Ids) { 1 } else { 4 };
        assert!(steps >= least, "{part:?} has {steps} steps");
        assert_ne!(left_by_sealing(&owner).await, before, "{part:?}");
    }
    let report = ledger.verify(Asked::default(), |_| {}).await.unwrap();
    assert_eq!((report.finding, left_by_sealing(&owner).await.0), (None, 1));
}
