//! Drafts of entries: mostly right, sometimes wrong in one way or two, often about what was sent before.

use dianfu_ledger::account::{AccountCode, NewAccount};
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use jiff::civil::date;
use jiff::{Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use uuid::Uuid;

use super::spoil::{Fault, LONG_FROM_NOW, fault};
use super::{chart, time};

/// An entry before it is known what was sent before it.
#[derive(Clone, Debug)]
pub enum Draft {
    /// A new entry.
    New(NewEntry),
    /// What takes from one of the entries that were sent: mostly from one that it can take from.
    Take { which: Index, fitting: bool, part: Option<(Index, u8)>, taking: NewEntry },
    /// One of the entries that were sent, again, with changes.
    Again { which: Index, changes: Vec<Fault> },
}

impl Draft {
    /// The entry, after what was sent, and after what got into the books or is in the same request.
    pub fn entry(self, sent: &[NewEntry], posted: &[NewEntry], now: Timestamp) -> NewEntry {
        match self {
            Draft::New(entry) => {
                let expires_at = entry.expires_at.map(|at| time::of_draft(at, now));
                NewEntry { expires_at, ..entry }
            }
            Draft::Take { which, fitting, part, taking } => {
                let wanted = |sent: &&NewEntry| !fitting || fits(taking.kind, sent.kind);
                let among = if fitting { posted } else { sent };
                // Late ones most often, so that two that take from one entry meet.
                let lately: Vec<&NewEntry> = among.iter().rev().filter(wanted).take(4).collect();
                let Some(original) = lately.get(which.index(lately.len().max(1))) else { return taking };
                if taking.relates_to.is_some() || taking.hold_group.is_some() {
                    return taking;
                }
                let postings = part.map(|(leg, eighths)| part_of(original, taking.kind, leg, eighths));
                let postings = postings.filter(|part| !part.is_empty()).unwrap_or(taking.postings);
                NewEntry { relates_to: Some(original.id), postings, ..taking }
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

fn fits(kind: EntryKind, original: EntryKind) -> bool {
    match kind {
        EntryKind::Reversal => matches!(original, EntryKind::Post | EntryKind::Capture | EntryKind::Reversal),
        _ => original == EntryKind::Hold,
    }
}

/// Some eighths of what one leg and one on the other side of it have in common, none of them being a little in the
/// wrong direction; nothing if there are no two such legs.
fn part_of(original: &NewEntry, kind: EntryKind, leg: Index, eighths: u8) -> Vec<NewPosting> {
    let legs = &original.postings;
    let Some(one) = legs.get(leg.index(legs.len().max(1))) else { return Vec::new() };
    let across = |other: &&NewPosting| {
        other.amount.currency == one.amount.currency && other.amount.minor.signum() == -one.amount.minor.signum()
    };
    let Some(other) = legs.iter().find(across) else { return Vec::new() };
    let common = i128::from(one.amount.minor).abs().min(i128::from(other.amount.minor).abs());
    let part = i64::try_from((common * i128::from(eighths) / 8).max(1)).unwrap_or(i64::MAX);
    let sign = if (kind == EntryKind::Capture) == (eighths > 0) { 1 } else { -1 };
    let scaled = |posting: &NewPosting| {
        let amount = Money::new(sign * posting.amount.minor.signum() * part, posting.amount.currency);
        NewPosting { amount, due_date: None, ..posting.clone() }
    };
    vec![scaled(one), scaled(other)]
}

/// A draft, and whether it is linked to the next.
pub fn draft(huge: u32) -> impl Strategy<Value = (Draft, bool)> {
    let part = prop_oneof![2 => Just(None), 3 => (any::<Index>(), 0..10_u8).prop_map(Some)];
    let again = (any::<Index>(), prop_oneof![3 => Just(vec![]), 2 => prop::collection::vec(fault(), 1..3)]);
    let draft = prop_oneof![
        10 => new_entry(huge).prop_map(Draft::New),
        8 => (any::<Index>(), prop::bool::weighted(0.9), part, taking())
            .prop_map(|(which, fitting, part, taking)| Draft::Take { which, fitting, part, taking }),
        3 => again.prop_map(|(which, changes)| Draft::Again { which, changes }),
    ];
    (draft, prop::bool::weighted(0.15))
}

fn new_entry(huge: u32) -> impl Strategy<Value = NewEntry> {
    let faults = prop_oneof![9 => Just(vec![]), 3 => prop::collection::vec(fault(), 1..3)];
    let kind = prop_oneof![3 => Just(EntryKind::Post), 2 => Just(EntryKind::Hold)];
    let at_most = prop::bool::weighted(0.4);
    let times = (time::hours(), prop::bool::weighted(0.7));
    (id(), kind, 0..40_i64, text(), postings(huge), (group(), at_most, times), faults).prop_map(
        |(id, kind, day, text, postings, (group, at_most, (hours, soon)), faults)| {
            let effective_date = (day < 30).then(|| date(2024, 1, 1).checked_add(Span::new().days(day)).unwrap());
            let metadata = (day % 3 == 0).then(|| metadata(day));
            let expires = kind == EntryKind::Hold && day % 2 == 0;
            let late = Timestamp::from_second(LONG_FROM_NOW).unwrap();
            let expires_at = if soon { Timestamp::UNIX_EPOCH + hours } else { late };
            let entry = NewEntry {
                effective_date,
                metadata,
                reference: text,
                hold_group: group.filter(|_| kind == EntryKind::Hold),
                expires_at: expires.then_some(expires_at),
                at_most: at_most && postings.len() == 2,
                late: day % 2 == 0,
                adjusting: day % 7 == 0,
                postings,
                ..bare(id, kind)
            };
            faults.into_iter().fold(entry, |entry, fault| fault.spoil(entry))
        },
    )
}

/// What names later what it takes from, or a group now, or the wrong thing.
fn taking() -> impl Strategy<Value = NewEntry> {
    let faults = prop_oneof![6 => Just(vec![]), 1 => prop::collection::vec(fault(), 1..2)];
    let kind = select(vec![EntryKind::Release, EntryKind::Capture, EntryKind::Reversal]);
    (id(), kind, group(), any::<bool>(), faults).prop_map(|(id, kind, group, dated, faults)| {
        let hold_group = group.filter(|_| kind != EntryKind::Reversal);
        // Most holds count before the day of booking; some count on it, and nothing earlier can take from those.
        let effective_date = bare(id, kind).effective_date.filter(|_| dated);
        let entry = NewEntry { hold_group, effective_date, late: id.as_u128() % 3 == 0, ..bare(id, kind) };
        faults.into_iter().fold(entry, |entry, fault| fault.spoil(entry))
    })
}

/// Says something about the entry; half of it names the journal, in one of the ways in which JSON can.
fn metadata(day: i64) -> String {
    match day % 8 {
        0 => r#"{"journal":"J3"}"#.to_owned(),
        1 => r#"{"journal":"J\u0033", "about":"\u0000"}"#.to_owned(),
        2 => r#"{"journal":3}"#.to_owned(),
        3 => r#"{"journal":null}"#.to_owned(),
        _ => format!(r#"{{ "day":{day}, "a": [1, null, "垫付"] }}"#),
    }
}

/// One of a few groups of holds; mostly none.
fn group() -> impl Strategy<Value = Option<Uuid>> {
    prop_oneof![7 => Just(None), 1 => (1..4_u128).prop_map(|group| Some(Uuid::from_u128(group)))]
}

/// An entry without legs.
pub fn bare(id: Uuid, kind: EntryKind) -> NewEntry {
    NewEntry {
        id,
        kind,
        effective_date: Some(date(2024, 2, 2)),
        reference: "R-1".to_owned(),
        description: "one of many".to_owned(),
        actor: "model".to_owned(),
        postings: Vec::new(),
        ..NewEntry::default()
    }
}

/// The id of the entry with which a book begins.
pub const FIRST_TICK: Uuid = Uuid::from_u128(99);

/// What is posted when time is moved.
pub fn tick(id: Uuid) -> NewEntry {
    let posting = |account: AccountCode, minor: i64| {
        let amount = Money::new(minor, "JPY".parse().unwrap());
        NewPosting { account, amount, item: None, due_date: None }
    };
    let [one, other] = time::codes();
    NewEntry { postings: vec![posting(one, 1), posting(other, -1)], effective_date: None, ..bare(id, EntryKind::Post) }
}

/// Nearly always a new one; sometimes one of a few, so that ids meet by chance.
fn id() -> impl Strategy<Value = Uuid> {
    prop_oneof![30 => any::<u128>(), 1 => 1..8_u128].prop_map(Uuid::from_u128)
}

fn text() -> impl Strategy<Value = String> {
    "[a-z垫 ,;|\"'\\\\\n\t]{0,12}"
}

/// Legs that sum to zero in each of one or two currencies.
fn postings(huge: u32) -> impl Strategy<Value = Vec<NewPosting>> {
    subsequence(vec!["CNY", "USD", "JPY"], 1..=2)
        .prop_flat_map(move |currencies| {
            currencies.into_iter().map(|currency| postings_in(currency, huge)).collect::<Vec<_>>()
        })
        .prop_map(|groups| groups.concat())
}

fn postings_in(currency: &'static str, huge: u32) -> BoxedStrategy<Vec<NewPosting>> {
    let currency: Currency = currency.parse().unwrap();
    let leg = (select(chart::of(currency)), amount(huge), item());
    (prop::collection::vec(leg, 1..3), select(chart::of(currency)), item())
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
    let due_date = item.as_deref().filter(|_| minor % 5 == 0).map(|_| date(2024, 3, 1));
    NewPosting { account: account.code, amount: Money::new(minor, currency), item, due_date }
}

fn item() -> impl Strategy<Value = String> {
    select(vec!["CLM-1", "CLM-2", "CLM-3"]).prop_map(str::to_owned)
}

fn amount(often_huge: u32) -> impl Strategy<Value = i64> {
    let huge = select(vec![i64::MAX, i64::MIN, i64::MAX - 1, i64::MAX / 2, i64::MIN / 2]);
    prop_oneof![600 => 1..400_i64, 600 => -400..0_i64, often_huge => huge]
}
