//! The program under test beside the model: each operation is done to both, and the answers must be the same.

use std::collections::BTreeMap;

use dianfu_ledger::allocation::{AllocationFault, AllocationOutcome, NewAllocation};
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{EntryKind, NewEntry, Receipt};
use dianfu_ledger::period::{PeriodFault, PeriodOutcome, Reopening};
use dianfu_ledger::query::{self, PAGE_ROWS_MAX};
use dianfu_ledger::register::Signature;
use dianfu_ledger::rejection::Rejection;
use dianfu_ledger::{Ledger, Outcome};
use dianfu_tests::{TestDatabase, test_database};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use uuid::Uuid;

use super::books::Expected;
use super::operation::Operation;
use super::reference::{Answer, Reference, State};
use super::rules::LONG_AGO;
use super::{chart, draft, time, whole};

/// A book in a database of its own, and two handles on it that know nothing of each other.
pub struct Machine {
    runtime: Runtime,
    handles: Vec<Handle>,
    book: Booked,
    database: TestDatabase,
}

/// A handle, and what it takes to open it again.
struct Handle {
    database: dianfu_ledger::db::Database,
    ledger: Ledger,
}

/// What the answers have told so far: when each entry was booked, and the ids of those that the ledger made itself.
#[derive(Clone, Default)]
pub struct Booked {
    pub at: BTreeMap<Uuid, Timestamp>,
    pub ids: BTreeMap<Uuid, Uuid>,
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

    fn init_test(state: &State) -> Machine {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (database, handles) = runtime.block_on(async {
            let database = test_database().await;
            let mut handles = Vec::new();
            for _ in 0..2 {
                handles.push(Handle::open(database.database().clone()).await);
            }
            handles[0].ledger.open_accounts(&chart::opened(), "model").await.unwrap();
            (database, handles)
        });
        let mut machine = Machine { runtime, handles, book: Booked::default(), database };
        machine.pass(0, draft::tick(draft::FIRST_TICK), state);
        machine
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
            Operation::Allocate { handle, allocation, keep } => {
                machine.allocate(handle, &allocation, keep, &expected.answer);
            }
            Operation::Pass { handle, by: _, tick } => machine.pass(handle, tick, expected),
            Operation::Look { handle, look } => {
                let ledger = &machine.handles[handle].ledger;
                machine.runtime.block_on(whole::look(ledger, &machine.book, &expected.books, look));
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
            whole::compare(&machine.handles[0].ledger, &machine.book, &expected).await;
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
    /// Does something to the book as its owner.
    pub fn on_owner(&self, what: &impl AsyncFn(&Client)) {
        self.runtime.block_on(async {
            let owner = self.database.database().connect_owner().await.unwrap();
            owner.batch_execute("SET search_path = book_main").await.unwrap();
            what(&owner).await;
        });
    }

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

    fn allocate(&mut self, handle: usize, allocation: &NewAllocation, keep: bool, expected: &Answer) {
        let Answer::Allocated(expected) = expected else { panic!("the model expects {expected:?}") };
        let allocating = self.handles[handle].ledger.allocate(allocation, keep);
        match (self.runtime.block_on(allocating).unwrap(), expected) {
            (AllocationOutcome::Done { receipt, replayed, shares }, Ok((answer, moved))) => {
                let shares: Vec<_> = shares.into_iter().map(|share| (share.item, share.amount)).collect();
                assert_eq!(shares, *moved, "{allocation:?}");
                let outcome = if replayed { Outcome::Replayed(receipt) } else { Outcome::Posted(receipt) };
                let mut book = self.book.clone();
                book.compare_one(allocation.id, &outcome, answer, self.book.last);
                if keep {
                    self.book = book;
                }
            }
            (AllocationOutcome::Refused(AllocationFault::Entry(told)), Err(AllocationFault::Entry(wanted))) => {
                assert_eq!(comparable(told), comparable(wanted.clone()), "{allocation:?}");
            }
            (AllocationOutcome::Refused(told), Err(wanted)) => assert_eq!(told, *wanted, "{allocation:?}"),
            (told, wanted) => panic!("answered {told:?}, expected {wanted:?} for {allocation:?}"),
        }
    }

    /// Moves time on, and reads which holds that has ended.
    fn pass(&mut self, handle: usize, tick: NewEntry, expected: &State) {
        let Answer::Posted(answers) = &expected.answer else { panic!("the model expects {:?}", expected.answer) };
        let Expected::Posted { sequence, .. } = answers[0][0] else { panic!("a tick is posted: {answers:?}") };
        let ledger = &self.handles[handle].ledger;
        let (outcomes, ended) = self.runtime.block_on(async {
            time::move_on(self.database.database(), expected.books.now).await;
            let outcomes = ledger.post(vec![tick.clone()]).await.unwrap();
            let before = sequence - i64::try_from(expected.books.ended_by_time(sequence)).unwrap() - 1;
            let client = &**ledger.client().await.unwrap();
            (outcomes, query::entries(client, before, PAGE_ROWS_MAX).await.unwrap())
        });
        for entry in ended.iter().filter(|entry| entry.kind == EntryKind::Expiry) {
            let stands_for_it = time::expiry_of(entry.relates_to.unwrap());
            self.book.ids.insert(stands_for_it, entry.id);
            self.book.at.insert(stands_for_it, entry.booked_at);
            self.book.last = entry.booked_at;
        }
        self.book.compare(&[vec![tick]], &[outcomes], &expected.answer);
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
                self.compare_one(entry.id, outcome, expected, before);
            }
        }
    }

    /// Times rise from operation to operation; a replay has the time of the first answer.
    fn compare_one(&mut self, id: Uuid, outcome: &Outcome, expected: &Expected, before: Timestamp) {
        let in_full = || format!("answered {outcome:?}, expected {expected:?} for {id}");
        match (outcome, expected) {
            (Outcome::Posted(Receipt { sequence, booked_at, moved }), Expected::Posted { .. }) => {
                let answered = Expected::Posted { sequence: *sequence, moved: *moved };
                assert_eq!(answered, *expected, "{}", in_full());
                assert!(*booked_at > before && *booked_at >= self.last, "{}", in_full());
                self.last = *booked_at;
                self.at.insert(id, *booked_at);
            }
            (Outcome::Replayed(Receipt { sequence, booked_at, moved }), Expected::Replayed { .. }) => {
                let answered = Expected::Replayed { sequence: *sequence, moved: *moved };
                assert_eq!((answered, *booked_at), (expected.clone(), self.at[&id]), "{}", in_full());
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

/// A rejection without what the model cannot know: the moment of booking, and ids that the ledger draws.
pub fn comparable(rejection: Rejection) -> Rejection {
    match rejection {
        Rejection::ExpiryPassed { given, .. } => Rejection::ExpiryPassed { given, booked_at: LONG_AGO },
        Rejection::NothingLeft { of, how: EntryKind::Expiry, .. } => {
            Rejection::NothingLeft { of, by: Uuid::nil(), how: EntryKind::Expiry }
        }
        other => other,
    }
}
