//! Ways to make an entry wrong, or a repeated entry another one.

use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::Money;
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;

use super::chart;

/// A second long after every test, in the year 9000.
pub const LONG_FROM_NOW: i64 = 221_845_392_000;

/// One change to an entry. Those that name a leg change nothing if there is none.
#[derive(Clone, Debug)]
pub enum Fault {
    Id(Uuid),
    Kind(EntryKind),
    Date(i16),
    NoDate,
    Reference(String),
    Description(String),
    Metadata(Option<&'static str>),
    Actor(String),
    RelatesTo(Option<Uuid>),
    HoldGroup(Option<Uuid>),
    ExpiresAt(Option<i64>),
    AtMost(bool),
    Adjusting(bool),
    Late(bool),
    DueDate(Index, Option<i16>),
    NoPostings,
    OneLegLess,
    LegTwice(Index),
    Amount(Index, i64),
    Currency(Index, &'static str),
    Account(Index, usize),
    NobodysAccount(Index),
    Item(Index, Option<String>),
}

/// Draws a change.
pub fn fault() -> impl Strategy<Value = Fault> {
    let any_leg = any::<Index>;
    let long =
        |bytes: usize| prop_oneof![Just("x".repeat(bytes)), Just("x".repeat(bytes + 1)), Just("a\0b".to_owned())];
    let metadata = select(vec![None, Some(""), Some("{"), Some("[1, 2 ]"), Some("\"\\ud800\""), Some("1 1")]);
    let amount = select(vec![0, 1, -1, 250, i64::MAX, i64::MIN]);
    let item = select(vec![None, Some(""), Some("CLM-1"), Some("CLM-9")]).prop_map(|item| item.map(str::to_owned));
    let item = prop_oneof![4 => item, 1 => long(200).prop_map(Some)];
    prop_oneof![
        1 => select(vec![0, 7, 8]).prop_map(|id| Fault::Id(Uuid::from_u128(id))),
        2 => select(EntryKind::ALL.to_vec()).prop_map(Fault::Kind),
        2 => select(vec![1969, 1970, 2024, 9999]).prop_map(Fault::Date),
        1 => Just(Fault::NoDate),
        1 => long(200).prop_map(Fault::Reference),
        1 => long(2_000).prop_map(Fault::Description),
        1 => metadata.prop_map(Fault::Metadata),
        1 => prop_oneof![3 => Just("somebody else".to_owned()), 1 => long(200)].prop_map(Fault::Actor),
        1 => select(vec![None, Some(Uuid::from_u128(8))]).prop_map(Fault::RelatesTo),
        1 => select(vec![None, Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2))]).prop_map(Fault::HoldGroup),
        1 => select(vec![None, Some(-1), Some(LONG_FROM_NOW)]).prop_map(Fault::ExpiresAt),
        1 => any::<bool>().prop_map(Fault::AtMost),
        1 => any::<bool>().prop_map(Fault::Adjusting),
        1 => any::<bool>().prop_map(Fault::Late),
        1 => (any_leg(), select(vec![None, Some(2024), Some(2025)])).prop_map(|(leg, year)| Fault::DueDate(leg, year)),
        1 => Just(Fault::NoPostings),
        2 => Just(Fault::OneLegLess),
        1 => any_leg().prop_map(Fault::LegTwice),
        3 => (any_leg(), amount).prop_map(|(leg, minor)| Fault::Amount(leg, minor)),
        1 => (any_leg(), select(vec!["CNY", "USD", "KWD"])).prop_map(|(leg, currency)| Fault::Currency(leg, currency)),
        2 => (any_leg(), 0..11_usize).prop_map(|(leg, account)| Fault::Account(leg, account)),
        1 => any_leg().prop_map(Fault::NobodysAccount),
        3 => (any_leg(), item).prop_map(|(leg, item)| Fault::Item(leg, item)),
    ]
}

impl Fault {
    /// The entry with this change.
    pub fn spoil(self, mut entry: NewEntry) -> NewEntry {
        match self {
            Fault::Id(id) => entry.id = id,
            Fault::Kind(kind) => entry.kind = kind,
            Fault::Date(year) => entry.effective_date = Some(date(year, 12, 31)),
            Fault::NoDate => entry.effective_date = None,
            Fault::Reference(text) => entry.reference = text,
            Fault::Description(text) => entry.description = text,
            Fault::Metadata(text) => entry.metadata = text.map(str::to_owned),
            Fault::Actor(text) => entry.actor = text,
            Fault::RelatesTo(id) => entry.relates_to = id,
            Fault::HoldGroup(group) => entry.hold_group = group,
            Fault::ExpiresAt(second) => {
                entry.expires_at = second.map(|second| Timestamp::from_second(second).unwrap());
            }
            Fault::AtMost(at_most) => entry.at_most = at_most,
            Fault::Late(late) => entry.late = late,
            Fault::Adjusting(adjusting) => entry.adjusting = adjusting,
            Fault::DueDate(leg, year) => {
                change(&mut entry, leg, |leg| leg.due_date = year.map(|year| date(year, 3, 1)));
            }
            Fault::NoPostings => entry.postings.clear(),
            Fault::OneLegLess => _ = entry.postings.pop(),
            Fault::LegTwice(leg) => {
                let twice = leg_of(&mut entry, leg).cloned();
                entry.postings.extend(twice);
            }
            Fault::Amount(leg, minor) => change(&mut entry, leg, |leg| leg.amount.minor = minor),
            Fault::Currency(leg, code) => {
                change(&mut entry, leg, |leg| leg.amount = Money::new(leg.amount.minor, code.parse().unwrap()));
            }
            Fault::Account(leg, which) => {
                change(&mut entry, leg, |leg| leg.account = chart::all()[which].code.clone());
            }
            Fault::NobodysAccount(leg) => change(&mut entry, leg, |leg| leg.account = chart::nobodys()),
            Fault::Item(leg, item) => change(&mut entry, leg, |leg| leg.item = item),
        }
        entry
    }
}

fn change(entry: &mut NewEntry, leg: Index, change: impl FnOnce(&mut NewPosting)) {
    if let Some(leg) = leg_of(entry, leg) {
        change(leg);
    }
}

fn leg_of(entry: &mut NewEntry, leg: Index) -> Option<&mut NewPosting> {
    let legs = entry.postings.len();
    entry.postings.get_mut(leg.index(legs.max(1)))
}
