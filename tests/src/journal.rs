//! The journal as it is read after the fact: verified, whole, and compared with what was told about it.

use std::collections::{BTreeMap, BTreeSet};

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::balance::Totals;
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use dianfu_ledger::entry::{EntryKind, Layer};
use dianfu_ledger::query::{self, EntryView, PAGE_ROWS_MAX};
use dianfu_ledger::verify::{Asked, Report, verify};
use uuid::Uuid;

use crate::audit::assert_audited;
use crate::poster::{Said, Told};
use crate::work;

/// Checks the book `main`, by the program and by the SQL for auditors, and answers what was counted; nothing of it may
/// be wrong.
pub async fn assert_verifies(database: &Database) -> Report {
    let main = BookName::parse("main").expect("'main' is a name");
    let report = verify(database, &main, Asked::default(), |_| {}).await.expect("verify the book");
    assert_eq!(report.finding, None);
    assert_audited(&database.connect_service("book_main").await.expect("connect to the book")).await;
    report
}

/// Every entry of a book, in order.
#[derive(Debug)]
pub struct Journal {
    entries: Vec<EntryView>,
    sequences: BTreeMap<Uuid, i64>,
}

impl Journal {
    /// Reads a book that `verify` finds right, and checks that sequences, ids and running totals are as they must be.
    pub async fn read(database: &Database) -> Self {
        assert_verifies(database).await;
        let client = &database.connect_service("book_main").await.expect("connect to the book");
        let mut entries: Vec<EntryView> = Vec::new();
        loop {
            let after = entries.last().map_or(0, |last| last.sequence);
            let page = query::entries(client, after, PAGE_ROWS_MAX).await.expect("read a page of entries");
            if page.is_empty() {
                break;
            }
            entries.extend(page);
        }
        let sequences: BTreeMap<Uuid, i64> = entries.iter().map(|entry| (entry.id, entry.sequence)).collect();
        assert_eq!(sequences.len(), entries.len(), "an id is in the books twice");
        assert!(entries.iter().zip(1..).all(|(entry, sequence)| entry.sequence == sequence));
        assert_running_totals(&entries);
        Self { entries, sequences }
    }

    /// The entries.
    pub fn entries(&self) -> &[EntryView] {
        &self.entries
    }

    /// The sequence under which an entry is in the books.
    pub fn sequence(&self, id: Uuid) -> Option<i64> {
        self.sequences.get(&id).copied()
    }

    /// Everything that was acknowledged is here, under the sequence that was told.
    pub fn assert_has(&self, said: &[Said]) {
        for Said { number, told } in said {
            let Some(told) = told else { continue };
            let entries = work::request(*number);
            assert_eq!(entries.len(), told.len(), "request {number}");
            for (entry, told) in entries.iter().zip(told) {
                if let Told::Posted(sequence) | Told::Replayed(sequence) = told {
                    assert_eq!(self.sequence(entry.id), Some(*sequence), "request {number}: {told:?}");
                }
            }
        }
    }

    /// Whatever is here of a request is here entirely: all its legs (verify has seen to that) and all of a linked run.
    pub fn assert_whole(&self, number: u32) {
        let entries = work::request(number);
        if entries[0].linked {
            let there: BTreeSet<bool> = entries.iter().map(|entry| self.sequence(entry.id).is_some()).collect();
            assert_eq!(there.len(), 1, "request {number} is linked and half in the books");
        }
    }
}

/// Adds up every account anew and compares with what each leg says.
fn assert_running_totals(entries: &[EntryView]) {
    let mut running: BTreeMap<(&AccountCode, Layer), Totals> = BTreeMap::new();
    for entry in entries {
        for leg in &entry.postings {
            let totals = running.entry((&leg.account, leg.layer)).or_default();
            let amount = leg.amount.minor;
            // A leg adds to its own side; what a release undoes is taken away from the side that it stood on.
            let on_debit_side = (amount > 0) != (entry.kind == EntryKind::Release);
            if on_debit_side {
                totals.debits += amount;
            } else {
                totals.credits -= amount;
            }
            assert_eq!(leg.after, *totals, "entry {} leg {} on {}", entry.sequence, leg.leg, leg.account);
        }
    }
}
