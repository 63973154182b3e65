//! Captures, releases, reversals, groups of holds, ends of holds, amounts that are moved at most, days that are closed.

use jiff::civil::date;

use super::super::tests::{BOOKED_AT, code, good, hold, leg, linked, outcomes, release, state, words};
use super::super::*;
use crate::account::AccountCode;
use crate::entry::NewPosting;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Takes from an entry; all that is left without legs.
fn taking(kind: EntryKind, number: u128, of: u128, legs: &[(&str, i64, Option<&str>)]) -> NewEntry {
    NewEntry { kind, postings: postings(legs), ..release(number, of) }
}

fn postings(legs: &[(&str, i64, Option<&str>)]) -> Vec<NewPosting> {
    legs.iter().map(|(account, minor, item)| leg(account, *minor, "CNY", *item)).collect()
}

/// `due` and `bank`, as [`good`] has them, with another amount.
fn part(minor: i64) -> [(&'static str, i64, Option<&'static str>); 2] {
    [("due", minor, Some("CLM-1")), ("bank", -minor, None)]
}

fn capture(number: u128, of: u128, minor: i64) -> NewEntry {
    taking(EntryKind::Capture, number, of, &part(minor))
}

fn reversal(number: u128, of: u128, minor: i64) -> NewEntry {
    taking(EntryKind::Reversal, number, of, &part(-minor))
}

fn whole(kind: EntryKind, number: u128, of: u128) -> NewEntry {
    taking(kind, number, of, &[])
}

/// Settled and held on an account after a batch of requests of one entry each.
fn stands(entries: &[NewEntry], account: &str) -> (i128, i128) {
    let (state, journaled) = (state(), Journaled::default());
    let requests: Vec<&[NewEntry]> = entries.iter().map(std::slice::from_ref).collect();
    let decided = decide(&state, &journaled, &requests, BOOKED_AT.parse().unwrap());
    let slot = state.slot(&code(account)).unwrap();
    let (_, balance) = decided.after.iter().find(|(touched, _)| *touched == slot).copied().unwrap_or_default();
    (balance.settled.net(), balance.pending.net())
}

fn said(entries: &[NewEntry]) -> String {
    let requests: Vec<&[NewEntry]> = entries.iter().map(std::slice::from_ref).collect();
    words(&requests)
}

#[test]
fn a_hold_is_captured_in_parts_up_to_what_is_held() {
    let entries = [hold(1), capture(2, 1, 4), capture(3, 1, 7), capture(4, 1, 6), capture(5, 1, 1)];
    assert_eq!(said(&entries), "posted 42, posted 43, more_than_left, posted 44, hold_captured");
    assert_eq!(stands(&entries, "due"), (10, 0));
    assert_eq!(stands(&entries[..2], "due"), (4, 6));
    let rest = [hold(1), capture(2, 1, 4), whole(EntryKind::Capture, 3, 1), release(4, 1)];
    assert_eq!(said(&rest), "posted 42, posted 43, posted 44, hold_captured");
    assert_eq!(stands(&rest, "due"), (10, 0));
}

#[test]
fn a_hold_is_released_in_part_and_the_rest_captured() {
    let back = taking(EntryKind::Release, 2, 1, &part(-3));
    let entries = [hold(1), back, whole(EntryKind::Capture, 3, 1), release(4, 1)];
    assert_eq!(said(&entries), "posted 42, posted 43, posted 44, hold_captured");
    assert_eq!(stands(&entries, "due"), (7, 0));
}

#[test]
fn what_is_taken_names_a_leg_a_side_and_no_more_than_is_left() {
    let other = taking(EntryKind::Capture, 2, 1, &[("due", 4, Some("CLM-2")), ("bank", -4, None)]);
    assert_eq!(said(&[hold(1), other]), "posted 42, not_in_original");
    assert_eq!(said(&[hold(1), capture(2, 1, -4)]), "posted 42, not_in_original");
    assert_eq!(said(&[hold(1), taking(EntryKind::Release, 2, 1, &part(4))]), "posted 42, not_in_original");
    let split = [("due", 6, Some("CLM-1")), ("due", 5, Some("CLM-1")), ("bank", -11, None)];
    assert_eq!(said(&[hold(1), taking(EntryKind::Capture, 2, 1, &split)]), "posted 42, more_than_left");
    let least = [("due", i64::MIN, Some("CLM-1")), ("bank", i64::MAX, None), ("owed", 1, None)];
    assert_eq!(said(&[hold(1), taking(EntryKind::Release, 2, 1, &least)]), "posted 42, not_in_original");
    let refused = outcomes(&Journaled::default(), &[&[hold(1)], &[capture(2, 1, 11)]]);
    let Outcome::Rejected(rejection) = &refused[1] else { panic!("{refused:?}") };
    let compared = rejection.expected_actual().unwrap();
    assert_eq!((compared.0.as_str(), compared.1.as_str()), ("at most 0.10 CNY", "0.11 CNY"));
}

#[test]
fn an_entry_is_moved_back_at_most_once_over_and_a_reversal_too() {
    let entries = [
        good(1),
        reversal(2, 1, 4),
        reversal(3, 1, 7),
        whole(EntryKind::Reversal, 4, 1),
        whole(EntryKind::Reversal, 5, 1),
        reversal(6, 2, -3),
        reversal(7, 1, 4),
        reversal(8, 1, 3),
    ];
    assert_eq!(
        said(&entries),
        "posted 42, posted 43, more_than_left, posted 44, already_reversed, posted 45, more_than_left, posted 46"
    );
    assert_eq!(stands(&entries, "due"), (0, 0));
    assert_eq!(stands(&entries[..6], "due"), (3, 0));
    assert_eq!(said(&[whole(EntryKind::Reversal, 1, 9)]), "original_unknown");
    let no_hold = [hold(1), whole(EntryKind::Reversal, 2, 1), release(3, 1), whole(EntryKind::Reversal, 4, 3)];
    assert_eq!(said(&no_hold), "posted 42, not_reversible, posted 43, not_reversible");
    let captured = [hold(1), capture(2, 1, 4), whole(EntryKind::Reversal, 3, 2), whole(EntryKind::Capture, 4, 1)];
    assert_eq!(said(&captured), "posted 42, posted 43, posted 44, posted 45");
    assert_eq!(stands(&captured, "due"), (6, 0));
}

#[test]
fn what_a_refused_run_has_taken_is_still_there() {
    let bad = NewEntry { postings: postings(&part(200)), ..good(9) };
    let run = [linked(capture(2, 1, 4)), linked(whole(EntryKind::Capture, 3, 1)), bad];
    let requests: [&[NewEntry]; 3] = [&[hold(1)], &run, &[capture(4, 1, 10)]];
    assert_eq!(words(&requests), "posted 42, linked_entry_rejected, linked_entry_rejected, above_maximum, posted 43");
}

fn in_group(number: u128, group: u128) -> NewEntry {
    NewEntry { hold_group: Some(id(group)), ..hold(number) }
}

fn end(kind: EntryKind, number: u128, group: u128) -> NewEntry {
    NewEntry { relates_to: None, hold_group: Some(id(group)), ..whole(kind, number, 1) }
}

#[test]
fn a_group_of_holds_is_ended_together_and_once() {
    let entries = [
        in_group(1, 90),
        in_group(2, 90),
        capture(3, 1, 4),
        end(EntryKind::Capture, 4, 90),
        release(5, 2),
        end(EntryKind::Release, 6, 90),
        in_group(7, 90),
    ];
    assert_eq!(
        said(&entries),
        "posted 42, posted 43, posted 44, posted 45, hold_captured, hold_group_ended, hold_group_ended"
    );
    assert_eq!(stands(&entries, "due"), (20, 0));
    let released = [in_group(1, 90), in_group(2, 90), end(EntryKind::Release, 3, 90), capture(4, 1, 1)];
    assert_eq!(said(&released), "posted 42, posted 43, posted 44, hold_released");
    assert_eq!(stands(&released, "due"), (0, 0));
    assert_eq!(said(&[end(EntryKind::Release, 1, 90)]), "hold_group_unknown");
    let both = NewEntry { hold_group: Some(id(90)), ..release(2, 1) };
    assert_eq!(said(&[in_group(1, 90), both]), "posted 42, hold_group_not_allowed");
}

#[test]
fn a_group_takes_no_more_than_one_entry_can_end() {
    let many = |number: u128| NewEntry {
        postings: postings(&[("left", 1, None); 250]).into_iter().chain(postings(&[("bank", -1, None); 250])).collect(),
        ..in_group(number, 90)
    };
    assert_eq!(
        said(&[many(1), in_group(2, 90), end(EntryKind::Release, 3, 90)]),
        "group_above_maximum, posted 42, posted 43"
    );
    let few = |number: u128| NewEntry {
        postings: (0..500_i64)
            .flat_map(|n| postings(&[("due", 1, Some(&format!("I{n}"))), ("bank", -1, None)]))
            .collect(),
        ..in_group(number, 91)
    };
    assert_eq!(said(&[few(1)]), "above_maximum");
}

#[test]
fn a_limit_on_a_group_is_exact_and_counts_what_is_held() {
    let on = |number, account, minor| NewEntry {
        postings: postings(&[(account, minor, None), ("bank", -minor, None)]),
        ..good(number)
    };
    let held = NewEntry { kind: EntryKind::Hold, ..on(2, "right", 40) };
    let entries = [on(1, "left", 60), held, on(3, "left", 1), release(4, 2), on(5, "right", 40), on(6, "right", 1)];
    assert_eq!(said(&entries), "posted 42, posted 43, group_above_maximum, posted 44, posted 45, group_above_maximum");
    let between = NewEntry { postings: postings(&[("left", 500, None), ("right", -500, None)]), ..good(1) };
    assert_eq!(said(&[between, on(2, "left", 100), on(3, "right", 1)]), "posted 42, posted 43, group_above_maximum");
}

#[test]
fn at_most_what_is_there_is_moved_and_the_answer_says_how_much() {
    let most = |number, minor| NewEntry { at_most: true, postings: postings(&part(minor)), ..good(number) };
    let requests: [&[NewEntry]; 5] = [&[most(1, 70)], &[most(2, 70)], &[most(3, 70)], &[most(1, 70)], &[most(2, 69)]];
    assert_eq!(words(&requests), "posted 42, posted 43, above_maximum, replayed 42, id_conflict");
    let moved: Vec<Option<i64>> = outcomes(&Journaled::default(), &requests)
        .iter()
        .map(|outcome| match outcome {
            Outcome::Posted(receipt) | Outcome::Replayed(receipt) => receipt.moved.map(|moved| moved.minor),
            Outcome::Rejected(_) => None,
        })
        .collect();
    assert_eq!(moved, [Some(70), Some(30), None, Some(70), None]);
    let held = NewEntry { kind: EntryKind::Hold, ..most(1, 170) };
    assert_eq!(stands(&[held], "due"), (0, 100));
    let grouped = NewEntry { at_most: true, postings: postings(&[("bank", 90, None), ("left", -90, None)]), ..good(1) };
    assert_eq!(stands(&[grouped], "left"), (-50, 0));
}

#[test]
fn a_closed_day_takes_adjusting_entries_late_ones_elsewhere_and_then_none() {
    let dated = |number, day| NewEntry { effective_date: Some(day), ..good(number) };
    let (soft, hard) = (date(2025, 12, 31), date(2025, 6, 30));
    let adjusting = |number, day| NewEntry { adjusting: true, ..dated(number, day) };
    let entries = [dated(1, soft), adjusting(2, soft), adjusting(3, hard), dated(4, date(2026, 1, 1))];
    assert_eq!(said(&entries), "period_closed, posted 42, period_closed, posted 43");
    let (state, journaled) = (state(), Journaled::default());
    let late = [
        NewEntry { late: true, ..dated(1, hard) },
        NewEntry { late: true, ..adjusting(2, hard) },
        NewEntry { late: true, ..dated(3, date(2026, 2, 1)) },
    ];
    let requests: Vec<&[NewEntry]> = late.iter().map(std::slice::from_ref).collect();
    let decided = decide(&state, &journaled, &requests, BOOKED_AT.parse().unwrap());
    let dates: Vec<_> = decided.entries.iter().map(|entry| (entry.effective_date, entry.value_date)).collect();
    assert_eq!(dates, [(date(2026, 1, 1), Some(hard)), (date(2025, 7, 1), Some(hard)), (date(2026, 2, 1), None)]);
    // A retry asks for the day that was asked for.
    assert_eq!(said(&[late[0].clone(), late[0].clone(), dated(1, hard)]), "posted 42, replayed 42, replayed 42");
    assert_eq!(said(&[late[0].clone(), dated(1, date(2026, 1, 1))]), "posted 42, id_conflict");
}

#[test]
fn nothing_counts_before_what_it_takes_from() {
    let day = |day| Some(date(2026, 2, day));
    let held = NewEntry { effective_date: day(10), ..hold(1) };
    let early = NewEntry { effective_date: day(9), ..capture(2, 1, 4) };
    assert_eq!(said(&[held.clone(), early.clone()]), "posted 42, dated_before_original");
    let late = NewEntry { late: true, ..early };
    let (state, journaled) = (state(), Journaled::default());
    let both = [held, late];
    let decided = decide(&state, &journaled, &[&both], BOOKED_AT.parse().unwrap());
    let dates: Vec<_> = decided.entries.iter().map(|entry| (entry.effective_date, entry.value_date)).collect();
    assert_eq!(dates, [(date(2026, 2, 10), None), (date(2026, 2, 10), day(9))]);
}

#[test]
fn a_hold_ends_at_its_time_with_what_is_left_of_it() {
    let (state, booked_at): (_, Timestamp) = (state(), BOOKED_AT.parse().unwrap());
    let expires_at = Some("2026-03-02T10:00:00Z".parse().unwrap());
    assert_eq!(said(&[NewEntry { expires_at: Some(booked_at), ..hold(1) }]), "expiry_passed");
    assert_eq!(said(&[NewEntry { expires_at, ..hold(1) }]), "posted 42");

    let leg = |account: &str, minor, layer| StoredLeg {
        account_no: state.brief(state.slot(&code(account)).unwrap()).no,
        account: AccountCode::parse(account).unwrap(),
        amount: Money::new(minor, Currency::CNY),
        item: (account == "due").then(|| "CLM-1".to_owned()),
        due_date: None,
        layer,
    };
    let stored = |kind, relates_to, legs| StoredEntry {
        kind,
        effective_date: date(2026, 3, 5),
        value_date: None,
        adjusting: false,
        reference: String::new(),
        description: String::new(),
        metadata: None,
        relates_to,
        hold_group: None,
        expires_at,
        at_most_minor: None,
        legs,
        sequence: 7,
        booked_at,
    };
    let held = vec![leg("due", 10, Layer::Pending), leg("bank", -10, Layer::Pending)];
    let taken = [Layer::Settled, Layer::Pending]
        .into_iter()
        .zip([1, -1])
        .flat_map(|(layer, sign)| [leg("due", 4 * sign, layer), leg("bank", -4 * sign, layer)]);
    let entries = [
        (id(1), stored(EntryKind::Hold, None, held.clone())),
        (id(2), stored(EntryKind::Capture, Some(id(1)), taken.collect())),
        (id(3), stored(EntryKind::Hold, None, held)),
        (
            id(4),
            stored(
                EntryKind::Release,
                Some(id(3)),
                vec![leg("due", -10, Layer::Pending), leg("bank", 10, Layer::Pending)],
            ),
        ),
    ];
    let journaled = Journaled { entries: entries.into(), ..Journaled::default() };
    let mut state = state;
    for (account, debits, credits) in [("due", 6, 0), ("bank", 0, 6)] {
        let slot = state.slot(&code(account)).unwrap();
        let mut balance = state.brief(slot).balance;
        (balance.pending.debits, balance.pending.credits) = (debits, credits);
        state.set_balance(slot, balance);
    }
    let expiries = [whole(EntryKind::Expiry, 11, 1), whole(EntryKind::Expiry, 12, 3)];
    let decided = expire(&state, &journaled, &expiries, booked_at);
    assert_eq!(decided.entries.len(), 1, "what was released has ended already");
    assert_eq!(decided.entries[0].effective_date, date(2026, 3, 5), "not before the hold");
    let amounts: Vec<i64> = decided.legs.iter().map(|leg| leg.amount.minor).collect();
    assert_eq!(amounts, [-6, 6]);
    assert!(decided.after.iter().all(|(_, balance)| balance.pending.net() == 0));
}
