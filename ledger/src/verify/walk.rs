//! The walk through the journal: commit by commit, each with its entries, each with its postings.

use crate::entry::{EntryKind, Layer, POSTINGS_MIN};
use crate::journal::codec::{MerkleRoot, leaf_hash, postgres_micros};
use crate::journal::tuples::Tuple;

use super::accounts::{Accounts, CurrencyCode};
use super::closings::Closings;
use super::feed::Rows;
use super::ids::Ids;
use super::links::Links;
use super::originals::{ItemLeg, Originals};
use super::records::Records;
use super::row::{self, Commit, Entry, Posting, hex};
use super::summaries::Summaries;
use super::templates::Templates;
use super::tips::Tips;
use super::{Finding, Halt, Place, Rule};

/// Where the walk stands.
pub struct Walk {
    pub accounts: Accounts,
    pub originals: Originals,
    pub closings: Closings,
    pub templates: Templates,
    pub tips: Tips,
    pub ids: Ids,
    pub links: Links,
    pub summaries: Summaries,
    pub last: Option<Commit>,
    pub entries: i64,
    pub postings: i64,
    legs: Legs,
    /// The rows of the entry in hand: its own and those of its postings.
    leaf: Vec<u8>,
}

/// The tables that are walked through side by side.
pub struct Tables {
    pub commits: Rows,
    pub entries: Rows,
    pub postings: Rows,
}

impl Walk {
    /// A walk from the beginning.
    pub fn new(
        accounts: Accounts,
        originals: Originals,
        records: Records,
        tips: Tips,
        links: Links,
        summaries: Summaries,
    ) -> Walk {
        let ids = Ids::default();
        let (legs, leaf) = (Legs::default(), Vec::new());
        let Records { closings, templates } = records;
        let (last, entries, postings) = (None, 0, 0);
        Walk {
            accounts,
            originals,
            closings,
            templates,
            tips,
            ids,
            links,
            summaries,
            last,
            entries,
            postings,
            legs,
            leaf,
        }
    }

    /// Walks to the end. `after_commit` is told how many entries are done, and says whether to go on.
    pub fn all(&mut self, tables: &mut Tables, after_commit: &mut impl FnMut(i64) -> bool) -> Result<(), Halt> {
        while let Some(row) = tables.commits.next()? {
            let commit = Commit::read(row)?;
            self.check_follows(&commit)?;
            self.check_rows(&commit, tables)?;
            self.tips.pass(&commit);
            self.last = Some(commit);
            if !after_commit(self.entries) {
                return Err(Halt::Unwanted);
            }
        }
        self.begin(i64::MAX)?;
        self.check_nothing_left(tables)
    }

    /// The last sequence that was checked.
    pub fn last_sequence(&self) -> i64 {
        self.last.as_ref().map_or(0, |last| last.header.last_sequence)
    }

    /// The last commit that was checked.
    pub fn last_commit_no(&self) -> i64 {
        self.last.as_ref().map_or(0, |last| last.header.commit_no)
    }

    /// Its hash.
    pub fn last_hash(&self) -> [u8; 32] {
        self.last.as_ref().map_or([0; 32], |last| last.hash)
    }

    /// When it was booked.
    pub fn booked_at(&self) -> i64 {
        self.last.as_ref().map_or(NEVER, |last| postgres_micros(last.header.booked_at))
    }

    /// Puts in force what is in force for an entry.
    fn begin(&mut self, sequence: i64) -> Result<(), Halt> {
        self.summaries.begin(sequence, &self.accounts)?;
        self.accounts.begin(sequence);
        let booked_at = self.booked_at();
        self.closings.begin(sequence, booked_at, &self.accounts);
        Ok(())
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

    /// Checks the entries of a commit, each with its postings, and makes up the tree over them.
    fn check_rows(&mut self, commit: &Commit, tables: &mut Tables) -> Result<(), Halt> {
        let header = &commit.header;
        let booked_at = postgres_micros(header.booked_at);
        let mut root = MerkleRoot::default();
        for sequence in header.first_sequence..=header.last_sequence {
            self.begin(sequence)?;
            let row = tables.entries.next()?.ok_or_else(|| missing_entry(sequence))?;
            let (entry, kind) = checked_entry(row, sequence, booked_at)?;
            self.closings.check(&entry)?;
            self.templates.check(&entry)?;
            self.ids.add(entry.id);
            self.links.check(&entry)?;
            self.leaf.clear();
            self.leaf.extend_from_slice(row.bytes());
            let entry_bytes = self.leaf.len();
            self.collect_postings(sequence, &mut tables.postings)?;
            self.check_postings(&entry, kind, entry_bytes)?;
            let (entry, postings) = self.leaf.split_at(entry_bytes);
            root.push(leaf_hash(entry, postings));
            self.entries += 1;
        }
        let place = Place::Commit { commit_no: header.commit_no };
        let entries_root = root.finish();
        let roots = [entries_root, commit.entries_root].map(|hash| hex(&hash));
        Finding::unless_equal(place, Rule::EntriesRoot, &roots[0], &roots[1])?;
        let hashes = [header.hash(&entries_root), commit.hash].map(|hash| hex(&hash));
        Ok(Finding::unless_equal(place, Rule::Hash, &hashes[0], &hashes[1])?)
    }

    /// Puts the postings of an entry behind its row.
    fn collect_postings(&mut self, sequence: i64, postings: &mut Rows) -> Result<(), Halt> {
        while let Some(row) = postings.peek()? {
            match row::number(row).cmp(&sequence) {
                std::cmp::Ordering::Less => return Err(no_entry(&Posting::read(row)?).into()),
                std::cmp::Ordering::Equal => self.leaf.extend_from_slice(row.bytes()),
                std::cmp::Ordering::Greater => break,
            }
            postings.take();
        }
        Ok(())
    }

    fn check_postings(&mut self, entry: &Entry, kind: EntryKind, entry_bytes: usize) -> Result<(), Halt> {
        self.originals.check_expiries(entry, kind)?;
        self.legs.clear();
        let wanted = self.originals.wants(entry, kind);
        let mut rest = &self.leaf[entry_bytes..];
        while !rest.is_empty() {
            let (row, behind) = Tuple::split(rest).unwrap_or_else(|_| unreachable!("rows were split before"));
            rest = behind;
            let posting = Posting::read(row)?;
            let layer = check_against_entry(&posting, entry, kind, self.legs.count)?;
            let effect = kind.effect(layer).expect("the layer was checked with the posting");
            let currency = self.accounts.check(effect, &posting)?;
            self.closings.count(&posting);
            self.summaries.count(effect, &posting);
            self.legs.add(&posting, currency);
            if wanted {
                self.legs.items.push(ItemLeg::new(&posting));
            }
            self.postings += 1;
        }
        self.legs.check_whole(entry, kind)?;
        self.accounts.end(entry.place())?;
        if wanted {
            self.originals.entry(entry, kind, &self.legs.items)?;
        }
        Ok(())
    }

    fn check_nothing_left(&self, tables: &mut Tables) -> Result<(), Halt> {
        if let Some(row) = tables.entries.next()? {
            let (expected, actual) = (format!("at most {}", self.last_sequence()), row::number(row));
            let place = Place::Entry { sequence: actual };
            return Err(Finding { place, rule: Rule::InCommit, expected, actual: actual.to_string() }.into());
        }
        match tables.postings.next()? {
            Some(row) => Err(no_entry(&Posting::read(row)?).into()),
            None => Ok(()),
        }
    }
}

/// When a book without commits was booked: 1970-01-01, as the head says.
const NEVER: i64 = -946_684_800_000_000;

/// The legs of one entry so far.
#[derive(Default)]
struct Legs {
    count: i32,
    sums: Vec<((CurrencyCode, i16), i128)>,
    items: Vec<ItemLeg>,
    largest_minor: u64,
}

impl Legs {
    fn clear(&mut self) {
        (self.count, self.largest_minor) = (0, 0);
        self.sums.clear();
        self.items.clear();
    }

    fn add(&mut self, posting: &Posting<'_>, currency: CurrencyCode) {
        self.count += 1;
        let amount = i128::from(posting.amount_minor);
        match self.sums.iter_mut().find(|(known, _)| *known == (currency, posting.layer)) {
            Some((_, sum)) => *sum += amount,
            None => self.sums.push(((currency, posting.layer), amount)),
        }
        self.largest_minor = self.largest_minor.max(posting.amount_minor.unsigned_abs());
    }

    fn check_whole(&self, entry: &Entry, kind: EntryKind) -> Result<(), Finding> {
        let place = entry.place();
        let found = |rule, expected: String, actual: String| Err(Finding { place, rule, expected, actual });
        if usize::try_from(self.count).is_ok_and(|count| count < POSTINGS_MIN) {
            return found(Rule::LegCount, format!("at least {POSTINGS_MIN} legs"), self.count.to_string());
        }
        if let Some(((currency, _), sum)) = self.sums.iter().find(|(_, sum)| *sum != 0) {
            let currency = String::from_utf8_lossy(currency);
            return found(Rule::Balances, format!("0 minor units of {currency}"), sum.to_string());
        }
        let at_most = entry.at_most_minor.filter(|_| !kind.relates());
        match at_most.filter(|most| self.count != 2 || self.largest_minor > most.unsigned_abs()) {
            Some(most) => {
                let actual = format!("{} legs, the largest of {}", self.count, self.largest_minor);
                found(Rule::MovesAtMost, format!("2 legs of at most {most}"), actual)
            }
            None => Ok(()),
        }
    }
}

fn missing_entry(sequence: i64) -> Finding {
    let place = Place::Entry { sequence };
    Finding { place, rule: Rule::Dense, expected: sequence.to_string(), actual: "none".to_owned() }
}

fn checked_entry(row: Tuple<'_>, expected: i64, booked_at: i64) -> Result<(Entry, EntryKind), Finding> {
    let place = Place::Entry { sequence: expected };
    Finding::unless_equal(place, Rule::Dense, &expected, &row::number(row))?;
    let entry = Entry::read(row)?;
    let found =
        |rule, expected: &str, actual: String| Err(Finding { place, rule, expected: expected.to_owned(), actual });
    if entry.booked_at != booked_at {
        return found(Rule::BookedAt, &row::time(booked_at), row::time(entry.booked_at));
    }
    let Some(kind) = EntryKind::from_number(entry.kind) else {
        return found(Rule::Kind, "0 to 5", entry.kind.to_string());
    };
    match (kind, entry.relates_to, entry.expires_at) {
        (EntryKind::Post | EntryKind::Hold, Some(other), _) => {
            found(Rule::Kind, "takes from no entry", other.to_string())
        }
        (kind, _, Some(expires_at)) if kind != EntryKind::Hold => {
            found(Rule::Kind, "an end only for a hold", row::time(expires_at))
        }
        _ => Ok((entry, kind)),
    }
}

fn check_against_entry(posting: &Posting<'_>, entry: &Entry, kind: EntryKind, leg: i32) -> Result<Layer, Finding> {
    let place = posting.place();
    Finding::unless_equal(place, Rule::Dense, &leg, &posting.leg.into())?;
    let found = |rule, expected, actual| Err(Finding { place, rule, expected, actual });
    if posting.effective_date != entry.effective_date {
        return found(Rule::EffectiveDate, row::day(entry.effective_date), row::day(posting.effective_date));
    }
    let layer = Layer::from_number(posting.layer).filter(|layer| kind.effect(*layer).is_some());
    let Some(layer) = layer else {
        return found(Rule::Layer, format!("a layer of a {}", kind.word()), posting.layer.to_string());
    };
    match posting.amount_minor {
        0 => found(Rule::AmountNotZero, "an amount".to_owned(), "0".to_owned()),
        _ => Ok(layer),
    }
}

fn no_entry(posting: &Posting<'_>) -> Finding {
    let (expected, actual) = ("an entry".to_owned(), "none".to_owned());
    Finding { place: posting.place(), rule: Rule::HasEntry, expected, actual }
}
