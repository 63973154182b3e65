//! What is decided: every rule alone, every pair of rules in their order, runs, holds, repetitions, and what holds of
//! any batch.

use std::collections::BTreeMap;
use std::slice;

use jiff::civil::date;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::account::{Account, AccountCode, AccountSetting, AccountType, Frozen, Limits, NormalSide};
use crate::entry::{Effect, NewPosting, REFERENCE_BYTES_MAX};
use crate::journal::state::{Closed, KnownAccount, KnownGroup};

pub(super) const BOOKED_AT: &str = "2026-03-02T09:00:00Z";

pub(super) fn code(text: &str) -> AccountCode {
    AccountCode::parse(text).unwrap()
}

/// `bank` without limits, `due` with items and between 0 and 100, `owed` on the credit side and not below 0, `old`
/// closed, `usd` in dollars, `full` one step from what a total can hold, `cold` frozen. `left`
/// and `right` may hold 100 together. Days to the end of 2025 take adjusting entries only, those to its middle none.
pub(super) fn state() -> State {
    let mut state = State::default();
    state.sequence = 41;
    state.closed = Closed { soft_through: Some(date(2025, 12, 31)), hard_through: Some(date(2025, 6, 30)) };
    let limits = |min_minor, max_minor| Limits { min_minor, max_minor };
    let rows = [
        ("bank", "CNY", NormalSide::Debit, false, limits(None, None), false),
        ("due", "CNY", NormalSide::Debit, true, limits(Some(0), Some(100)), false),
        ("owed", "CNY", NormalSide::Credit, false, limits(Some(0), None), false),
        ("old", "CNY", NormalSide::Debit, false, limits(None, None), true),
        ("usd", "USD", NormalSide::Debit, false, limits(None, None), false),
        ("full", "CNY", NormalSide::Debit, false, limits(None, None), false),
        ("cold", "CNY", NormalSide::Debit, false, limits(None, None), false),
        ("left", "CNY", NormalSide::Debit, false, limits(None, None), false),
        ("right", "CNY", NormalSide::Credit, false, limits(None, None), false),
    ];
    for ((name, currency, normal_side, open_item, limits, closed), no) in rows.into_iter().zip(1..) {
        let account = Account {
            no,
            code: code(name),
            name: name.to_owned(),
            account_type: AccountType::Asset,
            currency: currency.parse().unwrap(),
            normal_side,
            open_item,
            setting: AccountSetting {
                limits,
                closed,
                frozen: if name == "cold" { Frozen::Both } else { Frozen::None },
            },
        };
        let mut balance = Balance::default();
        if name == "full" {
            balance.settled.debits = i64::MAX;
        }
        state.insert(KnownAccount { account, balance });
    }
    let group = KnownGroup {
        name: "line".to_owned(),
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        limits: limits(Some(-50), Some(100)),
        totals: GroupTotals::default(),
    };
    let members = ["left", "right"].map(|name| state.slot(&code(name)).unwrap());
    state.insert_group(group, &members);
    state
}

pub(super) fn leg(account: &str, minor: i64, currency: &str, item: Option<&str>) -> NewPosting {
    let amount = Money::new(minor, currency.parse().unwrap());
    NewPosting::new(code(account), amount, item.map(str::to_owned))
}

/// `due` 10 for an item against `bank`.
pub(super) fn good(id: u128) -> NewEntry {
    NewEntry {
        id: Uuid::from_u128(id),
        reference: "CLM-1".to_owned(),
        description: "a sentence".to_owned(),
        metadata: Some("{\"a\": 1}".to_owned()),
        actor: "tester".to_owned(),
        postings: vec![leg("due", 10, "CNY", Some("CLM-1")), leg("bank", -10, "CNY", None)],
        ..NewEntry::default()
    }
}

pub(super) fn hold(id: u128) -> NewEntry {
    NewEntry { kind: EntryKind::Hold, ..good(id) }
}

pub(super) fn release(id: u128, of: u128) -> NewEntry {
    let relates_to = Some(Uuid::from_u128(of));
    NewEntry { kind: EntryKind::Release, relates_to, postings: Vec::new(), ..good(id) }
}

pub(super) fn linked(entry: NewEntry) -> NewEntry {
    NewEntry { linked: true, ..entry }
}

pub(super) fn outcomes(journaled: &Journaled, requests: &[&[NewEntry]]) -> Vec<Outcome> {
    decide(&state(), journaled, requests, BOOKED_AT.parse().unwrap()).outcomes
}

/// `posted 42`, `replayed 42`, or the code of a rejection, for each entry.
pub(super) fn words(requests: &[&[NewEntry]]) -> String {
    words_with(&Journaled::default(), requests)
}

pub(super) fn words_with(journaled: &Journaled, requests: &[&[NewEntry]]) -> String {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Posted(receipt) => format!("posted {}", receipt.sequence),
        Outcome::Replayed(receipt) => format!("replayed {}", receipt.sequence),
        Outcome::Rejected(rejection) => rejection.code().to_owned(),
    };
    outcomes(journaled, requests).iter().map(word).collect::<Vec<_>>().join(", ")
}

pub(super) fn rejection(entry: &NewEntry) -> Rejection {
    match outcomes(&Journaled::default(), &[slice::from_ref(entry)]).remove(0) {
        Outcome::Rejected(rejection) => rejection,
        other => panic!("{other:?}"),
    }
}

type Spoil = fn(&mut NewEntry);

/// One fault a rule, in the order of the rules: code, pointer, and what brings it about.
const FAULTS: [(&str, &str, Spoil); 28] = [
    ("linked_run_open", "/linked", |entry| entry.linked = true),
    ("id_nil", "/id", |entry| entry.id = Uuid::nil()),
    ("text_too_long", "/reference", |entry| entry.reference = "x".repeat(REFERENCE_BYTES_MAX + 1)),
    ("text_has_nul", "/description", |entry| entry.description = "a\0b".to_owned()),
    ("metadata_malformed", "/metadata", |entry| entry.metadata = Some("{".to_owned())),
    ("effective_date_out_of_range", "/effective_date", |entry| entry.effective_date = Some(date(1969, 12, 31))),
    ("kind_reserved", "/kind", |entry| entry.kind = EntryKind::Expiry),
    ("posting_count", "/postings", |entry| entry.postings.truncate(1)),
    ("relates_to_not_allowed", "/relates_to", |entry| entry.relates_to = Some(Uuid::from_u128(9))),
    ("hold_group_not_allowed", "/hold_group", |entry| entry.hold_group = Some(Uuid::from_u128(9))),
    ("expiry_not_allowed", "/expires_at", |entry| entry.expires_at = Some("2027-01-01T00:00:00Z".parse().unwrap())),
    ("at_most_not_allowed", "/at_most", |entry| {
        entry.at_most = true;
        entry.postings.push(leg("owed", 1, "CNY", None));
    }),
    ("template_not_in_force", "/template_no", |entry| entry.template_no = Some(9)),
    ("period_closed", "/effective_date", |entry| entry.effective_date = Some(date(2025, 12, 31))),
    ("amount_zero", "/postings/0/amount", |entry| entry.postings[0].amount.minor = 0),
    ("account_unknown", "/postings/0/account", |entry| entry.postings[0].account = code("nobody")),
    ("account_closed", "/postings/0/account", |entry| entry.postings[0].account = code("old")),
    ("account_frozen", "/postings/0/account", |entry| entry.postings[0].account = code("cold")),
    ("currency_mismatch", "/postings/0/amount", |entry| {
        entry.postings[0] = leg("due", 10, "USD", entry.postings[0].item.clone().as_deref());
    }),
    ("item_required", "/postings/0/item", |entry| entry.postings[0] = leg("due", 10, "CNY", None)),
    ("item_not_allowed", "/postings/1/item", |entry| entry.postings[1] = leg("bank", -10, "CNY", Some("CLM-1"))),
    ("due_date_not_allowed", "/postings/1/due_date", |entry| {
        let minor = entry.postings[1].amount.minor;
        entry.postings[1] = NewPosting { due_date: Some(date(2026, 5, 1)), ..leg("bank", minor, "CNY", None) };
    }),
    ("account_on_both_sides", "/postings/2/account", |entry| {
        entry.postings.truncate(2);
        entry.postings.extend([leg("bank", 5, "CNY", None), leg("bank", -5, "CNY", None)]);
    }),
    ("unbalanced", "/postings", |entry| entry.postings[1].amount.minor -= 5),
    ("total_overflow", "/postings", |entry| {
        entry.postings = vec![leg("full", 1, "CNY", None), leg("due", -1, "CNY", Some("CLM-1"))];
    }),
    ("below_minimum", "/postings", |entry| {
        entry.postings = vec![leg("bank", 1, "CNY", None), leg("due", -1, "CNY", Some("CLM-1"))];
    }),
    ("group_below_minimum", "/postings", |entry| {
        entry.postings = vec![leg("bank", 51, "CNY", None), leg("left", -51, "CNY", None)];
    }),
    ("group_above_maximum", "/postings", |entry| {
        entry.postings = vec![leg("bank", -101, "CNY", None), leg("right", 101, "CNY", None)];
    }),
];

#[test]
fn each_rule_says_what_is_wrong_and_where() {
    for (code, pointer, spoil) in FAULTS {
        let mut entry = good(1);
        spoil(&mut entry);
        let rejection = rejection(&entry);
        assert_eq!((rejection.code(), rejection.pointer().as_str()), (code, pointer), "{rejection}");
    }
    assert_eq!(words(&[&[good(1)]]), "posted 42");
}

/// The earlier fault is made last, so that it is there whatever the later one has changed.
#[test]
fn of_two_faults_the_earlier_rule_speaks() {
    for (earlier, (code, _, spoil)) in FAULTS.into_iter().enumerate() {
        for (_, (_, _, spoil_more)) in FAULTS.into_iter().enumerate().skip(earlier + 1) {
            let mut entry = good(1);
            spoil_more(&mut entry);
            // A fault in a leg that the later one has taken away cannot be made any more.
            if entry.postings.len() > 1 || earlier < 7 {
                spoil(&mut entry);
                assert_eq!(rejection(&entry).code(), code, "{entry:?}");
            }
        }
    }
}

#[test]
fn refusals_name_fields_accounts_and_amounts() {
    let said = |spoil: fn(&mut NewEntry)| {
        let mut entry = good(1);
        spoil(&mut entry);
        let rejection = rejection(&entry);
        let compared = rejection.expected_actual().map(|(expected, actual)| format!(" [{expected}; {actual}]"));
        format!("{rejection}{}", compared.unwrap_or_default())
    };
    assert_eq!(
        said(|entry| entry.postings[1].amount.minor = -11),
        "debits less credits are -0.01 CNY, not zero [0.00 CNY; -0.01 CNY]"
    );
    assert_eq!(
        said(|entry| {
            entry.postings[0].amount.minor = 101;
            entry.postings[1].amount.minor = -101;
        }),
        "account due: the balance would be 1.01 CNY, above its limit of 1.00 CNY [at most 1.00 CNY; 1.01 CNY]"
    );
    assert_eq!(
        said(|entry| entry.postings = vec![leg("owed", 1, "CNY", None), leg("bank", -1, "CNY", None)]),
        "account owed: the balance would be -0.01 CNY, below its limit of 0.00 CNY [at least 0.00 CNY; -0.01 CNY]"
    );
    assert_eq!(
        said(|entry| entry.postings[1] = leg("usd", -10, "CNY", None)),
        "posting 1: account usd holds USD, not CNY [USD; CNY]"
    );
    assert_eq!(
        said(|entry| entry.effective_date = Some(date(2027, 3, 4))),
        "effective date 2027-03-04 is outside 1970-01-01 to 2027-03-03 [1970-01-01 to 2027-03-03; 2027-03-04]"
    );
    assert_eq!(
        said(|entry| entry.postings = vec![leg("bank", i64::MAX, "CNY", None), leg("owed", i64::MAX, "CNY", None)]),
        "debits less credits are 92233720368547758.07 CNY, not zero [0.00 CNY; 92233720368547758.07 CNY]"
    );
}

#[test]
fn the_least_amount_has_no_opposite_and_passes_no_total() {
    let entry = NewEntry {
        postings: vec![
            leg("bank", i64::MIN, "CNY", None),
            leg("full", i64::MAX, "CNY", None),
            leg("usd", 1, "USD", None),
            leg("usd", -1, "USD", None),
        ],
        ..good(1)
    };
    assert_eq!(rejection(&entry).code(), "account_on_both_sides");
    let entry = NewEntry {
        postings: vec![
            leg("bank", i64::MIN, "CNY", None),
            leg("due", i64::MAX, "CNY", Some("C")),
            leg("due", 1, "CNY", Some("C")),
        ],
        ..good(1)
    };
    assert_eq!(rejection(&entry).code(), "total_overflow");
}

#[test]
fn a_run_is_posted_whole_or_not_at_all() {
    let mut bad = good(2);
    bad.postings[0].amount.minor = 11;
    let run = [linked(good(1)), linked(bad), good(3)];
    assert_eq!(words(&[&run, &[good(4)]]), "linked_entry_rejected, unbalanced, linked_entry_rejected, posted 42");
    let run = [linked(good(1)), good(2), good(3), linked(good(4))];
    assert_eq!(words(&[&run]), "posted 42, posted 43, posted 44, linked_run_open");
    // What a refused run held, released and posted is as if it had never been asked for.
    let big = NewEntry { postings: vec![leg("due", 95, "CNY", Some("C")), leg("bank", -95, "CNY", None)], ..good(5) };
    let run = [linked(good(1)), linked(release(6, 7)), big.clone()];
    let requests: [&[NewEntry]; 4] = [&[hold(7)], &run, &[release(8, 7)], &[good(1)]];
    assert_eq!(
        words(&requests),
        "posted 42, linked_entry_rejected, linked_entry_rejected, above_maximum, posted 43, posted 44"
    );
}

#[test]
fn a_hold_counts_in_limits_and_is_released_once() {
    let big = |id| NewEntry {
        kind: EntryKind::Hold,
        postings: vec![leg("due", 95, "CNY", Some("C")), leg("bank", -95, "CNY", None)],
        ..good(id)
    };
    let requests: [&[NewEntry]; 6] =
        [&[big(1)], &[good(2)], &[release(3, 1)], &[good(2)], &[release(4, 1)], &[release(3, 1)]];
    assert_eq!(words(&requests), "posted 42, above_maximum, posted 43, posted 44, hold_released, replayed 43");
    assert_eq!(words(&[&[release(3, 1)]]), "hold_unknown");
    assert_eq!(words(&[&[good(1), release(3, 1)]]), "posted 42, not_a_hold");
    let nameless = NewEntry { relates_to: None, ..release(3, 1) };
    let with_legs = NewEntry { postings: good(1).postings, ..release(3, 1) };
    assert_eq!(words(&[&[nameless, with_legs]]), "relates_to_missing, hold_unknown");
}

/// What the journal holds of [`good`] under an id.
fn stored(id: u128) -> Journaled {
    let NewEntry { kind, reference, description, metadata, relates_to, postings, .. } = good(id);
    let legs = postings.into_iter().zip([2, 1]).map(|(leg, account_no)| {
        let NewPosting { account, amount, item, due_date } = leg;
        StoredLeg { account_no, account, amount, item, due_date, layer: Layer::Settled }
    });
    let effective_date = date(2026, 1, 1);
    let legs = legs.collect();
    let entry = StoredEntry {
        kind,
        effective_date,
        value_date: None,
        adjusting: false,
        reference,
        description,
        metadata,
        relates_to,
        hold_group: None,
        expires_at: None,
        at_most_minor: None,
        legs,
        sequence: 7,
        booked_at: "2026-01-01T00:00:00Z".parse().unwrap(),
    };
    Journaled { entries: HashMap::from([(Uuid::from_u128(id), entry)]), groups: HashMap::new() }
}

#[test]
fn a_repetition_gets_the_first_answer_and_another_content_names_its_first_difference() {
    let again = NewEntry { actor: "somebody else".to_owned(), ..good(1) };
    assert_eq!(words_with(&stored(1), &[slice::from_ref(&again), slice::from_ref(&again)]), "replayed 7, replayed 7");
    assert_eq!(words(&[slice::from_ref(&again), slice::from_ref(&again)]), "posted 42, replayed 42");
    let day = |day| NewEntry { effective_date: Some(date(2026, 1, day)), ..good(1) };
    assert_eq!(words_with(&stored(1), &[&[day(1), day(2)]]), "replayed 7, id_conflict");
    let changes: [(&str, Spoil); 9] = [
        ("kind", |entry| entry.kind = EntryKind::Hold),
        ("reference", |entry| entry.reference.push('x')),
        ("description", |entry| entry.description.push('x')),
        ("metadata", |entry| entry.metadata = None),
        ("relates_to", |entry| entry.relates_to = Some(Uuid::from_u128(5))),
        ("postings", |entry| entry.postings.truncate(1)),
        ("postings/0/account", |entry| entry.postings[0].account = code("owed")),
        ("postings/1/amount", |entry| entry.postings[1].amount.minor = -11),
        ("postings/0/item", |entry| entry.postings[0].item = None),
    ];
    for (field, change) in changes {
        let mut other = good(1);
        change(&mut other);
        let first = outcomes(&stored(1), &[slice::from_ref(&other)]);
        let batch = [good(1), other];
        let second = outcomes(&Journaled::default(), &[&batch]);
        for outcome in [&first[0], &second[1]] {
            let Outcome::Rejected(Rejection::IdConflict { field: named, .. }) = outcome else { panic!("{outcome:?}") };
            assert_eq!(named, field);
        }
    }
}

const NAMES: [&str; 6] = ["bank", "due", "owed", "old", "usd", "nobody"];

prop_compose! {
    fn posting()(name in 0..NAMES.len(), minor in prop_oneof![-60..60_i64, any::<i64>()], item in any::<bool>())
        -> NewPosting
    {
        let currency = if NAMES[name] == "usd" { "USD" } else { "CNY" };
        leg(NAMES[name], minor, currency, item.then_some("C"))
    }
}

prop_compose! {
    fn entry()(
        id in 0..12_u128, of in 0..12_u128, kind in 0..8, linked in prop::bool::weighted(0.2), pairs in any::<bool>(),
        first in posting(), mut postings in vec(posting(), 0..3)
    ) -> NewEntry {
        let mut against = NewPosting { amount: Money::new(first.amount.minor.wrapping_neg(), first.amount.currency),
            ..leg("bank", 0, "CNY", None) };
        if first.account == against.account {
            against = NewPosting { amount: against.amount, ..leg("owed", 0, "CNY", None) };
        }
        postings = if pairs { vec![first, against] } else { [vec![first], postings].concat() };
        let entry = NewEntry { linked, postings, ..good(id) };
        match kind {
            0 => NewEntry { linked, ..release(id, of) },
            1 | 2 => NewEntry { kind: EntryKind::Hold, ..entry },
            _ => entry,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_asked_the_books_balance_within_limits(requests in vec(vec(entry(), 0..5), 0..12)) {
        let (state, journaled) = (state(), Journaled::default());
        let requests: Vec<&[NewEntry]> = requests.iter().map(Vec::as_slice).collect();
        let decided = decide(&state, &journaled, &requests, BOOKED_AT.parse().unwrap());

        prop_assert_eq!(decided.outcomes.len(), requests.iter().map(|request| request.len()).sum::<usize>());
        let posted = decided.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Posted(_))).count();
        prop_assert_eq!(posted, decided.entries.len());
        prop_assert!(decided.entries.iter().zip(42..).all(|(accepted, sequence)| accepted.sequence == sequence));

        let mut sums: BTreeMap<(i64, &str, Layer), i128> = BTreeMap::new();
        let mut balances: BTreeMap<Slot, Balance> = BTreeMap::new();
        for leg in &decided.legs {
            let currency = leg.amount.currency.code();
            *sums.entry((leg.sequence, currency, leg.layer)).or_default() += i128::from(leg.amount.minor);
            let slot = state.slot_by_no(leg.account_no).unwrap();
            let balance = balances.entry(slot).or_insert_with(|| state.brief(slot).balance);
            let kind = decided.entries[usize::try_from(leg.sequence - 42).unwrap()].entry.kind;
            let effect = kind.effect(leg.layer).unwrap();
            let totals = balance.fold(effect, leg.amount.minor).unwrap();
            prop_assert_eq!((totals.debits, totals.credits), (leg.debits_after, leg.credits_after));
            prop_assert!(!state.account(slot).setting.closed || effect == Effect::Unhold);
        }
        prop_assert!(sums.values().all(|sum| *sum == 0));
        let after: BTreeMap<Slot, Balance> = decided.after.iter().copied().collect();
        prop_assert_eq!(&balances, &after);
        let due = &after.get(&1).copied().unwrap_or_default();
        let (settled, pending) = (due.settled, due.pending);
        prop_assert!((0..=100).contains(&(settled.debits - settled.credits)));
        prop_assert!(settled.debits - settled.credits + pending.debits <= 100);
        prop_assert!(settled.debits - settled.credits - pending.credits >= 0);

        let mut position = 0;
        for request in requests {
            for run in request.chunk_by(|entry, _| entry.linked) {
                let outcomes = &decided.outcomes[position..position + run.len()];
                let refused = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Rejected(_))).count();
                prop_assert!(refused == 0 || refused == run.len(), "{outcomes:?}");
                position += run.len();
            }
        }
    }
}
