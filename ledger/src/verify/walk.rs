//! The walk through the journal: commit by commit, each with its entries, each with its postings.

use tokio_postgres::Row;

use crate::entry::{EntryKind, POSTINGS_MIN};
use crate::journal::codec::CommitHasher;

use super::accounts::{Accounts, CurrencyCode, Tip};
use super::holds::{HeldLeg, Holds};
use super::row::{Commit, Entry, Head, Posting, append_tuple, hex};
use super::rows::Rows;
use super::{Finding, Halt, Place, Rule};

/// Bytes of rows that are handed to the hash at a time.
const HASH_BYTES: usize = 1 << 16;

/// Where the walk stands.
pub struct Walk<'t> {
    accounts: Accounts,
    holds: Holds,
    commits: Rows<'t>,
    entries: Rows<'t>,
    postings: Rows<'t>,
    last: Option<Commit>,
    n_entries: i64,
    n_postings: i64,
    tuples: Vec<u8>,
}

impl<'t> Walk<'t> {
    /// A walk from the beginning.
    pub fn new(accounts: Accounts, commits: Rows<'t>, entries: Rows<'t>, postings: Rows<'t>) -> Walk<'t> {
        let holds = Holds::default();
        Walk {
            accounts,
            holds,
            commits,
            entries,
            postings,
            last: None,
            n_entries: 0,
            n_postings: 0,
            tuples: Vec::new(),
        }
    }

    /// Entries, postings and commits that were found right.
    pub fn counts(&self) -> (i64, i64, i64) {
        (self.n_entries, self.n_postings, self.last_commit_no())
    }

    /// Walks to the end. `after_commit` is told how many entries are done.
    pub async fn all(&mut self, after_commit: &mut impl FnMut(i64)) -> Result<(), Halt> {
        while let Some(row) = self.commits.next().await? {
            let commit = Commit::read(&row)?;
            self.check_follows(&commit)?;
            self.check_rows(&commit).await?;
            self.last = Some(commit);
            after_commit(self.n_entries);
        }
        self.check_nothing_left().await
    }

    /// The head must be where the walk has ended.
    pub fn check_head(&self, head: &Head, account: &Tip, setting: &Tip) -> Result<(), Finding> {
        let is = |expected: i64, actual: i64, what: &str| {
            let named = |number: i64| format!("{what} {number}");
            Finding::unless_equal(Place::Head, Rule::HeadIsLast, &named(expected), &named(actual))
        };
        is(self.last_sequence(), head.sequence, "sequence")?;
        is(self.last_commit_no(), head.commit_no, "commit_no")?;
        is(account.no, head.account_no.into(), "account_no")?;
        is(setting.no, head.setting_no, "setting_no")?;
        is(head.segments.into(), head.segment_no.into(), "segment_no")?;
        is(head.segments_end, head.segment_end, "segment_end")?;
        for (expected, actual) in
            [(self.last_hash(), head.hash), (account.hash, head.account_hash), (setting.hash, head.setting_hash)]
        {
            Finding::unless_equal(Place::Head, Rule::HeadIsLast, &hex(&expected), &hex(&actual))?;
        }
        let Some(last) = &self.last else { return Ok(()) };
        Finding::unless_equal(Place::Head, Rule::HeadIsLast, &last.header.booked_at, &head.booked_at)
    }

    fn last_sequence(&self) -> i64 {
        self.last.as_ref().map_or(0, |last| last.header.last_sequence)
    }

    fn last_commit_no(&self) -> i64 {
        self.last.as_ref().map_or(0, |last| last.header.commit_no)
    }

    fn last_hash(&self) -> [u8; 32] {
        self.last.as_ref().map_or([0; 32], |last| last.hash)
    }

    fn check_follows(&self, commit: &Commit) -> Result<(), Finding> {
        let header = &commit.header;
        let place = Place::Commit { commit_no: header.commit_no };
        Finding::unless_equal(place, Rule::Dense, &(self.last_commit_no() + 1), &header.commit_no)?;
        let hashes = [self.last_hash(), header.previous_hash].map(|hash| hex(&hash));
        Finding::unless_equal(place, Rule::PreviousHash, &hashes[0], &hashes[1])?;
        Finding::unless_equal(place, Rule::Dense, &(self.last_sequence() + 1), &header.first_sequence)?;
        let found = |rule, expected, actual| Err(Finding { place, rule, expected, actual });
        if header.last_sequence < header.first_sequence {
            let expected = format!("at least {}", header.first_sequence);
            return found(Rule::SequencesOrdered, expected, header.last_sequence.to_string());
        }
        match &self.last {
            Some(last) if header.booked_at <= last.header.booked_at => {
                found(Rule::BookedAt, format!("after {}", last.header.booked_at), header.booked_at.to_string())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Checks the entries of a commit, then their postings, and hashes them in this order.
    async fn check_rows(&mut self, commit: &Commit) -> Result<(), Halt> {
        let header = &commit.header;
        let mut hasher = CommitHasher::new(header);
        let mut entries = Vec::new();
        for sequence in header.first_sequence..=header.last_sequence {
            let row = self.entries.next().await?.ok_or_else(|| missing_entry(sequence))?;
            entries.push(checked_entry(&row, sequence, commit)?);
            self.hash(&row, &mut hasher);
        }
        for entry in entries {
            self.check_postings(&entry, &mut hasher).await?;
            self.n_entries += 1;
        }
        hasher.rows(&self.tuples);
        self.tuples.clear();
        let place = Place::Commit { commit_no: header.commit_no };
        let hashes = [hasher.finish(), commit.hash].map(|hash| hex(&hash));
        Ok(Finding::unless_equal(place, Rule::Hash, &hashes[0], &hashes[1])?)
    }

    fn hash(&mut self, row: &Row, hasher: &mut CommitHasher) {
        append_tuple(row, &mut self.tuples);
        if self.tuples.len() >= HASH_BYTES {
            hasher.rows(&self.tuples);
            self.tuples.clear();
        }
    }

    async fn check_postings(&mut self, entry: &Entry, hasher: &mut CommitHasher) -> Result<(), Halt> {
        let kind = EntryKind::from_number(entry.kind).expect("the kind was checked with the entry");
        let mut legs = Legs::default();
        while let Some(next) = self.postings.peek().await? {
            if next.get::<_, i64>("sequence") > entry.sequence {
                break;
            }
            let Some(row) = self.postings.next().await? else { break };
            let posting = Posting::read(&row)?;
            check_against_entry(&posting, entry, kind, legs.count)?;
            let currency = self.accounts.check(kind, &posting)?;
            legs.add(kind, &posting, currency);
            self.hash(&row, hasher);
            self.n_postings += 1;
        }
        legs.check_whole(entry)?;
        match kind {
            EntryKind::Post => {}
            EntryKind::Hold => self.holds.hold(entry, legs.held),
            EntryKind::Release => self.holds.release(entry, &legs.held)?,
        }
        Ok(())
    }

    async fn check_nothing_left(&mut self) -> Result<(), Halt> {
        if let Some(row) = self.entries.next().await? {
            let (expected, actual) = (format!("at most {}", self.last_sequence()), row.get::<_, i64>("sequence"));
            let place = Place::Entry { sequence: actual };
            return Err(Finding { place, rule: Rule::InCommit, expected, actual: actual.to_string() }.into());
        }
        match self.postings.next().await? {
            Some(row) => Err(no_entry(&Posting::read(&row)?).into()),
            None => Ok(()),
        }
    }
}

/// The legs of one entry so far.
#[derive(Default)]
struct Legs {
    count: i32,
    sums: Vec<(CurrencyCode, i128)>,
    held: Vec<HeldLeg>,
}

impl Legs {
    fn add(&mut self, kind: EntryKind, posting: &Posting<'_>, currency: CurrencyCode) {
        self.count += 1;
        let amount = i128::from(posting.amount_minor);
        match self.sums.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, sum)) => *sum += amount,
            None => self.sums.push((currency, amount)),
        }
        match kind {
            EntryKind::Post => {}
            EntryKind::Hold | EntryKind::Release => self.held.push(HeldLeg::new(posting)),
        }
    }

    fn check_whole(&self, entry: &Entry) -> Result<(), Finding> {
        let place = entry.place();
        let found = |rule, expected: String, actual: String| Err(Finding { place, rule, expected, actual });
        if usize::try_from(self.count).is_ok_and(|count| count < POSTINGS_MIN) {
            return found(Rule::LegCount, format!("at least {POSTINGS_MIN} legs"), self.count.to_string());
        }
        match self.sums.iter().find(|(_, sum)| *sum != 0) {
            None => Ok(()),
            Some((currency, sum)) => {
                let currency = String::from_utf8_lossy(currency);
                found(Rule::Balances, format!("0 minor units of {currency}"), sum.to_string())
            }
        }
    }
}

fn missing_entry(sequence: i64) -> Finding {
    let place = Place::Entry { sequence };
    Finding { place, rule: Rule::Dense, expected: sequence.to_string(), actual: "none".to_owned() }
}

fn checked_entry(row: &Row, expected: i64, commit: &Commit) -> Result<Entry, Finding> {
    let place = Place::Entry { sequence: expected };
    Finding::unless_equal(place, Rule::Dense, &expected, &row.get("sequence"))?;
    let entry = Entry::read(row)?;
    Finding::unless_equal(place, Rule::BookedAt, &commit.header.booked_at, &entry.booked_at)?;
    let found = |expected: &str, actual: String| {
        Err(Finding { place, rule: Rule::Kind, expected: expected.to_owned(), actual })
    };
    match (EntryKind::from_number(entry.kind), entry.relates_to) {
        (None, _) => found("0, 1 or 2", entry.kind.to_string()),
        (Some(EntryKind::Post | EntryKind::Hold), Some(other)) => found("relates to no entry", other.to_string()),
        (Some(EntryKind::Post | EntryKind::Hold), None) | (Some(EntryKind::Release), _) => Ok(entry),
    }
}

fn check_against_entry(posting: &Posting<'_>, entry: &Entry, kind: EntryKind, leg: i32) -> Result<(), Finding> {
    if posting.sequence < entry.sequence {
        return Err(no_entry(posting));
    }
    let place = posting.place();
    Finding::unless_equal(place, Rule::Dense, &leg, &posting.leg.into())?;
    Finding::unless_equal(place, Rule::EffectiveDate, &entry.effective_date, &posting.effective_date)?;
    Finding::unless_equal(place, Rule::Layer, &kind.layer().number(), &posting.layer)?;
    match posting.amount_minor {
        0 => {
            Err(Finding { place, rule: Rule::AmountNotZero, expected: "an amount".to_owned(), actual: "0".to_owned() })
        }
        _ => Ok(()),
    }
}

fn no_entry(posting: &Posting<'_>) -> Finding {
    let (expected, actual) = ("an entry".to_owned(), "none".to_owned());
    Finding { place: posting.place(), rule: Rule::HasEntry, expected, actual }
}
