//! The program under test beside the model: each operation is done to both, and the answers must be the same.

use std::collections::BTreeMap;

use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{NewEntry, Receipt};
use dianfu_ledger::period::{PeriodFault, PeriodOutcome, Reopening};
use dianfu_ledger::register::Signature;
use dianfu_ledger::rejection::Rejection;
use dianfu_ledger::{Ledger, Outcome};
use dianfu_tests::{TestDatabase, test_database};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::books::Expected;
use super::operation::Operation;
use super::reference::{Answer, Reference, State};
use super::rules::{DAY_OF_BOOKING, LONG_AGO, SOME_DAY_OF_BOOKING};
use super::{chart, whole};

/// A book in a database of its own, and two handles on it that know nothing of each other.
pub struct Machine {
    runtime: Runtime,
    handles: Vec<Handle>,
    book: Booked,
    _database: TestDatabase,
}

/// A handle, and what it takes to open it again.
struct Handle {
    database: dianfu_ledger::db::Database,
    ledger: Ledger,
}

/// What the answers have told so far: when each entry was booked.
#[derive(Clone, Default)]
pub struct Booked {
    pub at: BTreeMap<Uuid, Timestamp>,
    last: Timestamp,
}

impl Handle {
    async fn open(database: dianfu_ledger::db::Database) -> Handle {
        let ledger = Ledger::open(&database, &BookName::parse("main").unwrap()).await.unwrap();
        Handle { database, ledger }
    }

    async fn reopen(self) -> Handle {
        self.ledger.close().await;
        Handle::open(self.database).await
    }
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Machine;
    type Reference = Reference;

    fn init_test(_: &State) -> Machine {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (database, handles) = runtime.block_on(async {
            let database = test_database().await;
            let mut handles = Vec::new();
            for _ in 0..2 {
                handles.push(Handle::open(database.database().clone()).await);
            }
            handles[0].ledger.open_accounts(&chart::first(), "model").await.unwrap();
            (database, handles)
        });
        Machine { runtime, handles, book: Booked::default(), _database: database }
    }

    fn apply(mut machine: Machine, expected: &State, operation: Operation) -> Machine {
        match operation {
            Operation::Post { handle, requests } => machine.post(handle, &requests, &expected.answer),
            Operation::PostIn { handle, requests, commit } => {
                machine.post_in(handle, &requests, commit, &expected.answer);
            }
            Operation::Open { handle, accounts } => {
                let opening = machine.handles[handle].ledger.open_accounts(&accounts, "model");
                assert_eq!(Answer::Opened(machine.runtime.block_on(opening).unwrap()), expected.answer);
            }
            Operation::Change { handle, account, setting } => {
                let changing =
                    machine.handles[handle].ledger.change_setting(&account, setting.into(), "model", "a test");
                assert_eq!(Answer::Changed(machine.runtime.block_on(changing).unwrap()), expected.answer);
            }
            Operation::SetGroup { handle, name, group } => {
                let signature = Signature::of("model", "a test");
                let setting = machine.handles[handle].ledger.set_limit_group(name, &group, signature);
                assert_eq!(Answer::GroupSet(machine.runtime.block_on(setting).unwrap()), expected.answer);
            }
            Operation::ClosePeriod { handle, through, how } => {
                let closing =
                    machine.handles[handle].ledger.close_period(through, how, Signature::of("model", "a test"));
                let outcome = machine.runtime.block_on(closing).unwrap();
                assert_eq!(of_period(outcome), expected.answer);
            }
            Operation::ReopenPeriod { handle, reopening } => {
                let outcome = machine.reopen_period(handle, &reopening);
                assert_eq!(of_period(outcome), expected.answer);
            }
            Operation::Reopen { handle } => {
                let reopened = machine.runtime.block_on(machine.handles.remove(handle).reopen());
                machine.handles.insert(handle, reopened);
            }
        }
        machine
    }

    fn teardown(machine: Machine, expected: <Self::Reference as ReferenceStateMachine>::State) {
        machine.runtime.block_on(async {
            whole::compare(&machine.handles[0].ledger, &machine.book.at, &expected).await;
        });
    }
}

fn of_period(outcome: PeriodOutcome) -> Answer {
    Answer::Period(match outcome {
        PeriodOutcome::Recorded(_) => Ok(()),
        PeriodOutcome::Refused(fault) => Err(fault),
    })
}

impl Machine {
    fn reopen_period(&self, handle: usize, reopening: &Reopening) -> PeriodOutcome {
        let ledger = &self.handles[handle].ledger;
        self.runtime.block_on(async {
            let proposed = ledger.propose_reopening(reopening, Signature::of("one", "a mistake")).await.unwrap();
            let PeriodOutcome::Recorded(proposal) = proposed else { return proposed };
            let alone = ledger.reopen_period(proposal, Signature::of("one", "agreed")).await.unwrap();
            let fault = PeriodFault::SamePerson { person: "one".to_owned() };
            assert_eq!(alone, PeriodOutcome::Refused(fault));
            ledger.reopen_period(proposal, Signature::of("another", "agreed")).await.unwrap()
        })
    }

    fn post(&mut self, handle: usize, requests: &[Vec<NewEntry>], expected: &Answer) {
        let ledger = &self.handles[handle].ledger;
        let at_once = try_join_all(requests.iter().map(|request| ledger.post(request.clone())));
        let outcomes = self.runtime.block_on(at_once).unwrap();
        self.book.compare(requests, &outcomes, expected);
    }

    fn post_in(&mut self, handle: usize, requests: &[Vec<NewEntry>], commit: bool, expected: &Answer) {
        let ledger = self.handles[handle].ledger.clone();
        let outcomes = self.runtime.block_on(async {
            let mut client = ledger.client().await.unwrap();
            let tx = client.transaction().await.unwrap();
            let mut outcomes = Vec::new();
            for request in requests {
                outcomes.push(ledger.post_in(&tx, request).await.unwrap());
            }
            if commit {
                tx.commit().await.unwrap();
            } else {
                tx.rollback().await.unwrap();
            }
            outcomes
        });
        let mut book = self.book.clone();
        book.compare(requests, &outcomes, expected);
        if commit {
            self.book = book;
        }
    }
}

impl Booked {
    fn compare(&mut self, requests: &[Vec<NewEntry>], outcomes: &[Vec<Outcome>], expected: &Answer) {
        let Answer::Posted(expected) = expected else { panic!("the model expects {expected:?}") };
        let before = self.last;
        assert_eq!(outcomes.len(), expected.len());
        for ((request, outcomes), expected) in requests.iter().zip(outcomes).zip(expected) {
            assert_eq!(outcomes.len(), expected.len(), "{outcomes:?}");
            for ((entry, outcome), expected) in request.iter().zip(outcomes).zip(expected) {
                self.compare_one(entry, outcome, expected, before);
            }
        }
    }

    /// Times rise from operation to operation; a replay has the time of the first answer.
    fn compare_one(&mut self, entry: &NewEntry, outcome: &Outcome, expected: &Expected, before: Timestamp) {
        let in_full = || format!("answered {outcome:?}, expected {expected:?} for {entry:?}");
        match (outcome, expected) {
            (Outcome::Posted(Receipt { sequence, booked_at, moved }), Expected::Posted { .. }) => {
                let answered = Expected::Posted { sequence: *sequence, moved: *moved };
                assert_eq!(answered, *expected, "{}", in_full());
                assert!(*booked_at > before && *booked_at >= self.last, "{}", in_full());
                self.last = *booked_at;
                self.at.insert(entry.id, *booked_at);
            }
            (Outcome::Replayed(Receipt { sequence, booked_at, moved }), Expected::Replayed { .. }) => {
                let answered = Expected::Replayed { sequence: *sequence, moved: *moved };
                assert_eq!((answered, *booked_at), (expected.clone(), self.at[&entry.id]), "{}", in_full());
            }
            (Outcome::Rejected(rejection), Expected::Rejected(wanted)) => {
                assert_eq!(comparable(rejection.clone()), comparable(wanted.clone()), "{}", in_full());
                let texts = (rejection.code(), rejection.pointer(), rejection.expected_actual());
                assert_eq!(texts.0, wanted.code(), "{texts:?} {}", in_full());
            }
            _ => panic!("{}", in_full()),
        }
    }
}

/// Operations give no date that is later, and all are booked after it.
const GIVEN_DATES_END: Date = date(2024, 12, 31);

/// A rejection without what depends on the clock or is another program's wording.
fn comparable(rejection: Rejection) -> Rejection {
    match rejection {
        Rejection::EffectiveDateOutOfRange { given, .. } => {
            Rejection::EffectiveDateOutOfRange { given, earliest: given, latest: given }
        }
        Rejection::IdConflict { id, field, given, .. } if field == "effective_date" => {
            Rejection::IdConflict { id, field, first: DAY_OF_BOOKING.to_owned(), given }
        }
        Rejection::ExpiryPassed { given, .. } => Rejection::ExpiryPassed { given, booked_at: LONG_AGO },
        Rejection::DatedBeforeOriginal { of, date, given } if date > GIVEN_DATES_END => {
            Rejection::DatedBeforeOriginal { of, date: SOME_DAY_OF_BOOKING, given }
        }
        other => other,
    }
}
