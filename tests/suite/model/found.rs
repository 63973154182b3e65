//! What the model has found wrong in the ledger once, as the shortest operations that show it.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::Money;
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use uuid::Uuid;

use super::books::Expected;
use super::draft::bare;
use super::machine::Machine;
use super::operation::Operation;
use super::reference::{Answer, State};

/// Posts each request by itself, to the ledger and to the model, and gives the model's answers to the last.
fn post_each(requests: Vec<Vec<NewEntry>>) -> Vec<Expected> {
    let mut state = State::new(40);
    let mut operations = Vec::new();
    for request in requests {
        operations.push(Operation::Post { handle: 0, requests: vec![request] });
        state = <Machine as StateMachineTest>::Reference::apply(state, operations.last().unwrap());
    }
    Machine::test_sequential(Config::default(), State::new(40), operations, None);
    let Answer::Posted(mut answers) = state.answer else { panic!("{:?}", state.answer) };
    answers.remove(0)
}

fn codes(answers: &[Expected]) -> Vec<&str> {
    let code = |answer: &Expected| match answer {
        Expected::Rejected(rejection) => rejection.code(),
        Expected::Posted { .. } | Expected::Replayed { .. } => "in the books",
    };
    answers.iter().map(code).collect()
}

fn entry(id: u128, kind: EntryKind, legs: &[(&str, i64, Option<&str>)]) -> NewEntry {
    let posting = |(code, minor, item): &(&str, i64, Option<&str>)| NewPosting {
        account: AccountCode::parse(code).unwrap(),
        amount: Money::new(*minor, "USD".parse().unwrap()),
        item: item.map(str::to_owned),
        due_date: None,
    };
    NewEntry { postings: legs.iter().map(posting).collect(), ..bare(Uuid::from_u128(id), kind) }
}

#[test]
fn an_empty_text_names_no_item() {
    let nameless = entry(1, EntryKind::Post, &[("1002.usd", 5, None), ("2190.usd", -5, Some(""))]);
    assert_eq!(codes(&post_each(vec![vec![nameless]])), ["item_required"]);
}

#[test]
fn a_release_that_is_repeated_with_legs_of_its_own_is_another_release() {
    let legs = [("1002.usd", 5, None), ("2190.usd", -5, Some("CLM-1"))];
    let hold = entry(1, EntryKind::Hold, &legs);
    let release = NewEntry { relates_to: Some(hold.id), ..entry(2, EntryKind::Release, &[]) };
    let opposite = legs.map(|(code, minor, item)| (code, -minor, item));
    let with_legs = NewEntry { relates_to: Some(hold.id), ..entry(2, EntryKind::Release, &opposite) };

    let later = post_each(vec![vec![hold.clone()], vec![release.clone()], vec![with_legs.clone()]]);
    assert_eq!(codes(&later), ["id_conflict"]);
    let at_once = post_each(vec![vec![hold, release, with_legs]]);
    assert_eq!(codes(&at_once), ["in the books", "in the books", "id_conflict"]);
}

#[test]
fn a_hold_at_its_end_was_not_ended_by_what_ends_its_group_later() {
    let group = Some(Uuid::from_u128(9));
    let legs = [("1002.usd", 5, None), ("2190.usd", -5, Some("CLM-1"))];
    let hold = |id| NewEntry { hold_group: group, ..entry(id, EntryKind::Hold, &legs) };
    let release = |id| NewEntry { relates_to: Some(hold(1).id), ..entry(id, EntryKind::Release, &[]) };
    let capture = NewEntry { hold_group: group, ..entry(5, EntryKind::Capture, &[]) };

    let before = vec![vec![hold(1)], vec![hold(2)], vec![release(3)]];
    let at_once = post_each([before.clone(), vec![vec![release(4), capture.clone(), release(6)]]].concat());
    assert_eq!(codes(&at_once), ["hold_released", "in the books", "hold_released"]);
    let later = post_each([before, vec![vec![capture], vec![release(6)]]].concat());
    assert_eq!(codes(&later), ["hold_released"]);
}
