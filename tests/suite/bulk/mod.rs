//! Bulk in and out: what is exported is read by other programs, and again by us.

mod faults;
mod formats;
mod oracles;
mod parallel_run;
mod resume;
mod round_trip;
mod templates;
mod workbook;

use std::fmt::Debug;
use std::path::Path;

use dianfu_ledger::Ledger;
use dianfu_ledger::account::AccountNote;
use dianfu_ledger::book::BookName;
use dianfu_ledger::query::{self, EntryView, Moment, TrialBalance};
use dianfu_tests::TestDatabase;

use crate::shell::{Ended, dianfu};

/// Runs the program on a database.
pub fn run(test: &TestDatabase, arguments: &[&str]) -> Ended {
    let output = dianfu(arguments).env("DATABASE_URL", test.url()).output().unwrap();
    Ended::of(arguments, output)
}

/// The path of a file in a folder, as an argument.
pub fn place(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

/// Opens a book of a test's database.
pub async fn open(test: &TestDatabase, book: &str) -> Ledger {
    Ledger::open(test.database(), &BookName::parse(book).unwrap()).await.unwrap()
}

/// A book as far as it can be carried to another: what is the ledger's own of each, such as sequences, is left out.
#[derive(PartialEq, Debug)]
pub struct Portrait {
    pub accounts: Vec<query::AccountView>,
    pub entries: Vec<EntryView>,
    pub trial_balances: Vec<TrialBalance>,
}

impl Portrait {
    /// Of all that is in a book, with trial balances as of some days.
    pub async fn of(ledger: &Ledger, days: &[Option<jiff::civil::Date>]) -> Portrait {
        let client = ledger.client().await.unwrap();
        let mut accounts =
            query::accounts(&**client, query::AccountFilter::default(), None, 1_000).await.unwrap().accounts;
        accounts.sort_by_key(|view| view.account.no);
        let mut entries = Vec::new();
        loop {
            let after = entries.last().map_or(0, |last: &EntryView| last.sequence);
            let page = query::entries(&**client, after, 1_000).await.unwrap();
            if page.is_empty() {
                break;
            }
            entries.extend(page);
        }
        let mut trial_balances = Vec::new();
        for as_of in days {
            let moment = Moment { as_of: *as_of, known_at: None };
            let balance = query::trial_balance(&**client, moment, None).await.unwrap();
            trial_balances.push(TrialBalance { known_at: jiff::Timestamp::UNIX_EPOCH, ..balance });
        }
        Portrait { accounts, entries: entries.into_iter().map(timeless).collect(), trial_balances }
    }
}

/// An entry without what belongs to the book it stands in.
fn timeless(mut entry: EntryView) -> EntryView {
    use dianfu_ledger::entry::EntryKind;
    entry.booked_at = jiff::Timestamp::UNIX_EPOCH;
    // The ledger's own expiry is carried over as the release that it is.
    let release = |kind: &mut EntryKind| {
        if *kind == EntryKind::Expiry {
            *kind = EntryKind::Release;
        }
    };
    release(&mut entry.kind);
    entry.related.iter_mut().for_each(|related| release(&mut related.kind));
    // Times that are over are not carried over, nor is what was asked for in place of what was moved.
    entry.expires_at = entry.expires_at.filter(|time| *time > dianfu_ledger::clock::now());
    entry.at_most = None;
    entry
}

/// Parents and metadata of accounts, by number.
pub async fn notes(ledger: &Ledger) -> Vec<(String, AccountNote)> {
    let client = ledger.client().await.unwrap();
    let sql = "
        SELECT a.code, s.parent, s.metadata::text AS metadata
        FROM account a
        JOIN account_setting s USING (account_no)
        ORDER BY s.setting_no";
    let rows = client.query(sql, &[]).await.unwrap();
    let note = |row: &tokio_postgres::Row| AccountNote { parent: row.get("parent"), metadata: row.get("metadata") };
    let notes: std::collections::BTreeMap<String, AccountNote> =
        rows.iter().map(|row| (row.get("code"), note(row))).collect();
    notes.into_iter().collect()
}

/// Two portraits are one.
#[track_caller]
pub fn assert_same(first: &Portrait, second: &Portrait) {
    assert_list(&first.accounts, &second.accounts);
    assert_list(&first.entries, &second.entries);
    assert_list(&first.trial_balances, &second.trial_balances);
}

#[track_caller]
fn assert_list<T: PartialEq + Debug>(first: &[T], second: &[T]) {
    for (first, second) in first.iter().zip(second) {
        assert_eq!(first, second);
    }
    assert_eq!(first.len(), second.len());
}
