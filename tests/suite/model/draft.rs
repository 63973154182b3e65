//! Drafts of entries: mostly right, sometimes wrong in one way or two, often about what was sent before.

use dianfu_ledger::account::NewAccount;
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use jiff::Span;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use uuid::Uuid;

use super::chart;
use super::spoil::{Fault, fault};

/// An entry before it is known what was sent before it.
#[derive(Clone, Debug)]
pub enum Draft {
    /// A new entry.
    New(NewEntry),
    /// The release of one of the holds that were sent; or of anything that was sent.
    Release { which: Index, only_holds: bool, release: NewEntry },
    /// One of the entries that were sent, again, with changes.
    Again { which: Index, changes: Vec<Fault> },
}

impl Draft {
    /// The entry, after `sent`.
    pub fn entry(self, sent: &[NewEntry]) -> NewEntry {
        match self {
            Draft::New(entry) => entry,
            Draft::Release { which, only_holds, release } => {
                let wanted = |sent: &&NewEntry| sent.kind == EntryKind::Hold || !only_holds;
                // Late ones most often, so that two releases of one hold meet.
                let lately: Vec<&NewEntry> = sent.iter().rev().filter(wanted).take(5).collect();
                let hold = lately.get(which.index(lately.len().max(1))).map(|hold| hold.id);
                NewEntry { relates_to: release.relates_to.or(hold), ..release }
            }
            Draft::Again { which, changes } => {
                let Some(last) = sent.len().checked_sub(1) else { return bare(Uuid::nil(), EntryKind::Post) };
                // What was sent lately is sent again most often.
                let which = which.index(sent.len().min(24));
                let again = sent[last - which].clone();
                changes.into_iter().fold(again, |entry, change| change.spoil(entry))
            }
        }
    }
}

/// A draft, and whether it is linked to the next.
pub fn draft() -> impl Strategy<Value = (Draft, bool)> {
    let again = (any::<Index>(), prop_oneof![3 => Just(vec![]), 2 => prop::collection::vec(fault(), 1..3)]);
    let draft = prop_oneof![
        10 => new_entry().prop_map(Draft::New),
        5 => (any::<Index>(), prop::bool::weighted(0.9), release())
            .prop_map(|(which, only_holds, release)| Draft::Release { which, only_holds, release }),
        3 => again.prop_map(|(which, changes)| Draft::Again { which, changes }),
    ];
    (draft, prop::bool::weighted(0.25))
}

fn new_entry() -> impl Strategy<Value = NewEntry> {
    let faults = prop_oneof![9 => Just(vec![]), 3 => prop::collection::vec(fault(), 1..3)];
    let kind = prop_oneof![3 => Just(EntryKind::Post), 2 => Just(EntryKind::Hold)];
    (id(), kind, 0..40_i64, text(), postings(), faults).prop_map(|(id, kind, day, text, postings, faults)| {
        let effective_date = (day < 30).then(|| date(2024, 1, 1).checked_add(Span::new().days(day)).unwrap());
        let metadata = (day % 3 == 0).then(|| format!(r#"{{ "day":{day}, "a": [1, null, "垫付"] }}"#));
        let entry = NewEntry { effective_date, metadata, reference: text, postings, ..bare(id, kind) };
        faults.into_iter().fold(entry, |entry, fault| fault.spoil(entry))
    })
}

/// A release that names its hold later, or wrongly now.
fn release() -> impl Strategy<Value = NewEntry> {
    let faults = prop_oneof![6 => Just(vec![]), 1 => prop::collection::vec(fault(), 1..2)];
    (id(), faults).prop_map(|(id, faults)| {
        faults.into_iter().fold(bare(id, EntryKind::Release), |entry, fault| fault.spoil(entry))
    })
}

/// An entry without legs.
pub fn bare(id: Uuid, kind: EntryKind) -> NewEntry {
    NewEntry {
        id,
        kind,
        effective_date: Some(date(2024, 2, 2)),
        reference: "R-1".to_owned(),
        description: "one of many".to_owned(),
        metadata: None,
        actor: "model".to_owned(),
        relates_to: None,
        linked: false,
        postings: Vec::new(),
    }
}

/// Nearly always a new one; sometimes one of a few, so that ids meet by chance.
fn id() -> impl Strategy<Value = Uuid> {
    prop_oneof![30 => any::<u128>(), 1 => 1..8_u128].prop_map(Uuid::from_u128)
}

fn text() -> impl Strategy<Value = String> {
    "[a-z垫 ,;|\"'\\\\\n\t]{0,12}"
}

/// Legs that sum to zero in each of one or two currencies.
fn postings() -> impl Strategy<Value = Vec<NewPosting>> {
    subsequence(vec!["CNY", "USD", "JPY"], 1..=2)
        .prop_flat_map(|currencies| currencies.into_iter().map(postings_in).collect::<Vec<_>>())
        .prop_map(|groups| groups.concat())
}

fn postings_in(currency: &'static str) -> BoxedStrategy<Vec<NewPosting>> {
    let currency: Currency = currency.parse().unwrap();
    let leg = (select(chart::of(currency)), amount(), item());
    (prop::collection::vec(leg, 1..4), select(chart::of(currency)), item())
        .prop_map(move |(legs, last, last_item)| {
            let sum: i64 = legs.iter().fold(0, |sum, (_, amount, _)| sum.wrapping_add(*amount));
            let last = (last, sum.wrapping_neg(), last_item);
            legs.into_iter()
                .chain([last])
                .map(|(account, minor, item)| leg_on(account, minor, item, currency))
                .collect()
        })
        .boxed()
}

fn leg_on(account: NewAccount, minor: i64, item: String, currency: Currency) -> NewPosting {
    let item = account.open_item.then_some(item);
    NewPosting { account: account.code, amount: Money::new(minor, currency), item }
}

fn item() -> impl Strategy<Value = String> {
    select(vec!["CLM-1", "CLM-2", "CLM-3"]).prop_map(str::to_owned)
}

fn amount() -> impl Strategy<Value = i64> {
    let huge = select(vec![i64::MAX, i64::MIN, i64::MAX - 1, i64::MAX / 2, i64::MIN / 2]);
    prop_oneof![30 => 1..400_i64, 30 => -400..0_i64, 2 => huge]
}
