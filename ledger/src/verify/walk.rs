//! The walk through the journal: commit by commit, each with its entries, each with its postings.

use tokio_postgres::Row;

use crate::entry::{EntryKind, Layer, POSTINGS_MIN};
use crate::journal::codec::{MerkleRoot, leaf_hash};

use super::accounts::{Accounts, CurrencyCode, Tip};
use super::closings::Closings;
use super::originals::{ItemLeg, Originals};
use super::row::{Commit, Entry, Head, Posting, append_tuple, hex};
use super::rows::Rows;
use super::templates::Templates;
use super::{Finding, Halt, Place, Rule};

/// Where the walk stands.
pub struct Walk<'t> {
    accounts: Accounts,
    originals: Originals,
    closings: Closings,
    templates: Templates,
    commits: Rows<'t>,
    entries: Rows<'t>,
    postings: Rows<'t>,
    last: Option<Commit>,
    n_entries: i64,
    n_postings: i64,
}

impl<'t> Walk<'t> {
    /// A walk from the beginning.
    pub fn new(
        accounts: Accounts,
        originals: Originals,
        (closings, templates): (Closings, Templates),
        commits: Rows<'t>,
        entries: Rows<'t>,
        postings: Rows<'t>,
    ) -> Walk<'t> {
        Walk {
            accounts,
            originals,
            closings,
            templates,
            commits,
            entries,
            postings,
            last: None,
            n_entries: 0,
            n_postings: 0,
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
    pub fn check_head(&self, head: &Head, account: &Tip, setting: &Tip, record: &Tip) -> Result<(), Finding> {
        let is = |expected: i64, actual: i64, what: &str| {
            let named = |number: i64| format!("{what} {number}");
            Finding::unless_equal(Place::Head, Rule::HeadIsLast, &named(expected), &named(actual))
        };
        is(self.last_sequence(), head.sequence, "sequence")?;
        is(self.last_commit_no(), head.commit_no, "commit_no")?;
        is(account.no, head.account_no.into(), "account_no")?;
        is(setting.no, head.setting_no, "setting_no")?;
        is(record.no, head.register_no, "register_no")?;
        is(head.segments.into(), head.segment_no.into(), "segment_no")?;
        is(head.segments_end, head.segment_end, "segment_end")?;
        for (expected, actual) in [
            (self.last_hash(), head.hash),
            (account.hash, head.account_hash),
            (setting.hash, head.setting_hash),
            (record.hash, head.register_hash),
        ] {
            Finding::unless_equal(Place::Head, Rule::HeadIsLast, &hex(&expected), &hex(&actual))?;
        }
        self.closings.check_head(head)?;
        if let Some(first) = self.originals.next_expiry().filter(|first| head.next_expiry.is_none_or(|at| at > *first))
        {
            let expected = format!("a look at the holds at {first}");
            let actual = head.next_expiry.map_or_else(|| "never".to_owned(), |at| at.to_string());
            return Err(Finding { place: Place::Head, rule: Rule::HoldsEndInTime, expected, actual });
        }
        let Some(last) = &self.last else { return Ok(()) };
        Finding::unless_equal(Place::Head, Rule::HeadIsLast, &last.header.booked_at, &head.booked_at)
    }

    /// The closings on record.
    pub fn closings(&self) -> &Closings {
        &self.closings
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

    /// Checks the entries of a commit, then their postings, and makes up the tree over them.
    async fn check_rows(&mut self, commit: &Commit) -> Result<(), Halt> {
        let header = &commit.header;
        let mut root = MerkleRoot::default();
        for sequence in header.first_sequence..=header.last_sequence {
            let row = self.entries.next().await?.ok_or_else(|| missing_entry(sequence))?;
            let entry = checked_entry(&row, sequence, commit)?;
            self.closings.check(&entry)?;
            self.templates.check(&entry)?;
            let mut tuple = Vec::new();
            append_tuple(&row, &mut tuple);
            let postings = self.check_postings(&entry).await?;
            root.push(leaf_hash(&tuple, &postings));
            self.n_entries += 1;
        }
        let place = Place::Commit { commit_no: header.commit_no };
        let entries_root = root.finish();
        let roots = [entries_root, commit.entries_root].map(|hash| hex(&hash));
        Finding::unless_equal(place, Rule::EntriesRoot, &roots[0], &roots[1])?;
        let hashes = [header.hash(&entries_root), commit.hash].map(|hash| hex(&hash));
        Ok(Finding::unless_equal(place, Rule::Hash, &hashes[0], &hashes[1])?)
    }

    /// Answers the bytes of the postings.
    async fn check_postings(&mut self, entry: &Entry) -> Result<Vec<u8>, Halt> {
        let kind = EntryKind::from_number(entry.kind).expect("the kind was checked with the entry");
        self.originals.check_expiries(entry, kind)?;
        let mut legs = Legs::default();
        let mut tuples = Vec::new();
        while let Some(next) = self.postings.peek().await? {
            if next.get::<_, i64>("sequence") > entry.sequence {
                break;
            }
            let Some(row) = self.postings.next().await? else { break };
            let posting = Posting::read(&row)?;
            let layer = check_against_entry(&posting, entry, kind, legs.count)?;
            let effect = kind.effect(layer).expect("the layer was checked with the posting");
            let currency = self.accounts.check(effect, &posting)?;
            legs.add(&posting, currency);
            append_tuple(&row, &mut tuples);
            self.n_postings += 1;
        }
        legs.check_whole(entry, kind)?;
        self.originals.entry(entry, kind, &legs.items)?;
        Ok(tuples)
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
    sums: Vec<((CurrencyCode, i16), i128)>,
    items: Vec<ItemLeg>,
    largest_minor: u64,
}

impl Legs {
    fn add(&mut self, posting: &Posting<'_>, currency: CurrencyCode) {
        self.count += 1;
        let amount = i128::from(posting.amount_minor);
        match self.sums.iter_mut().find(|(known, _)| *known == (currency, posting.layer)) {
            Some((_, sum)) => *sum += amount,
            None => self.sums.push(((currency, posting.layer), amount)),
        }
        self.items.push(ItemLeg::new(posting));
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

fn checked_entry(row: &Row, expected: i64, commit: &Commit) -> Result<Entry, Finding> {
    let place = Place::Entry { sequence: expected };
    Finding::unless_equal(place, Rule::Dense, &expected, &row.get("sequence"))?;
    let entry = Entry::read(row)?;
    Finding::unless_equal(place, Rule::BookedAt, &commit.header.booked_at, &entry.booked_at)?;
    let found = |expected: &str, actual: String| {
        Err(Finding { place, rule: Rule::Kind, expected: expected.to_owned(), actual })
    };
    match (EntryKind::from_number(entry.kind), entry.relates_to) {
        (None, _) => return found("0 to 5", entry.kind.to_string()),
        (Some(EntryKind::Post | EntryKind::Hold), Some(other)) => {
            return found("takes from no entry", other.to_string());
        }
        (Some(_), _) => {}
    }
    let kind = EntryKind::from_number(entry.kind);
    match (kind, entry.expires_at) {
        (Some(kind), Some(expires_at)) if kind != EntryKind::Hold => {
            found("an end only for a hold", expires_at.to_string())
        }
        _ => Ok(entry),
    }
}

fn check_against_entry(posting: &Posting<'_>, entry: &Entry, kind: EntryKind, leg: i32) -> Result<Layer, Finding> {
    if posting.sequence < entry.sequence {
        return Err(no_entry(posting));
    }
    let place = posting.place();
    Finding::unless_equal(place, Rule::Dense, &leg, &posting.leg.into())?;
    Finding::unless_equal(place, Rule::EffectiveDate, &entry.effective_date, &posting.effective_date)?;
    let layer = Layer::from_number(posting.layer).filter(|layer| kind.effect(*layer).is_some());
    let Some(layer) = layer else {
        let (expected, actual) = (format!("a layer of a {}", kind.word()), posting.layer.to_string());
        return Err(Finding { place, rule: Rule::Layer, expected, actual });
    };
    match posting.amount_minor {
        0 => {
            Err(Finding { place, rule: Rule::AmountNotZero, expected: "an amount".to_owned(), actual: "0".to_owned() })
        }
        _ => Ok(layer),
    }
}

fn no_entry(posting: &Posting<'_>) -> Finding {
    let (expected, actual) = ("an entry".to_owned(), "none".to_owned());
    Finding { place: posting.place(), rule: Rule::HasEntry, expected, actual }
}
