//! The model as a state machine: what the books are, what was sent, and what the last operation must answer.

use dianfu_ledger::allocation::NewAllocation;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::limit_group::GroupOutcome;
use dianfu_ledger::opening::{AccountOutcome, SettingOutcome};
use dianfu_ledger::period::PeriodFault;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use super::books::{Books, Expected};
use super::operation::{Operation, Past, operation};
use super::sharing::Shared;
use super::{chart, draft};

/// The model's side of the test.
pub struct Reference;

/// Where the model stands.
#[derive(Clone, Debug)]
pub struct State {
    pub books: Books,
    /// Every entry that was ever sent, in the books or not.
    pub sent: Vec<NewEntry>,
    /// Every allocation that was ever asked for.
    allocations: Vec<NewAllocation>,
    /// What the last operation must answer.
    pub answer: Answer,
    /// How often amounts are huge: see [`Past`].
    huge: u32,
}

/// Operations refer to no more than so many entries that were sent or posted last.
const LATELY: usize = 200;

/// What an operation answers.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// For each request, one answer an entry.
    Posted(Vec<Vec<Expected>>),
    /// One answer an account.
    Opened(Vec<AccountOutcome>),
    /// What became of a change of settings.
    Changed(SettingOutcome),
    /// What became of a limit group.
    GroupSet(GroupOutcome),
    /// What became of a closing or a reopening.
    Period(Result<(), PeriodFault>),
    /// What became of an allocation.
    Allocated(Shared),
    /// Nothing to tell.
    Done,
}

impl ReferenceStateMachine for Reference {
    type State = State;
    type Transition = Operation;

    fn init_state() -> BoxedStrategy<State> {
        Just(State::new(40)).boxed()
    }

    fn transitions(state: &State) -> BoxedStrategy<Operation> {
        state.next_operation()
    }

    fn apply(mut state: State, operation: &Operation) -> State {
        state.answer = match operation {
            Operation::Post { requests, .. } => state.post(requests, true),
            Operation::PostIn { requests, commit, .. } => state.post(requests, *commit),
            Operation::Open { accounts, .. } => Answer::Opened(state.books.open(accounts)),
            Operation::Change { account, setting, .. } => Answer::Changed(state.books.change(account, *setting)),
            Operation::SetGroup { name, group, .. } => Answer::GroupSet(state.books.set_group(name, group)),
            Operation::ClosePeriod { through, how, .. } => Answer::Period(state.books.close(*through, *how)),
            Operation::ReopenPeriod { reopening, .. } => Answer::Period(state.books.reopen(reopening)),
            Operation::Allocate { allocation, keep, .. } => state.allocate(allocation, *keep),
            Operation::Pass { by, tick, .. } => {
                state.books.move_on(*by);
                state.post(&[vec![tick.clone()]], true)
            }
            Operation::Look { .. } | Operation::Reopen { .. } => Answer::Done,
        };
        state
    }
}

impl State {
    /// The chart, and the entry with which a book begins.
    pub fn new(huge: u32) -> State {
        let mut books = Books::new();
        books.open(&chart::opened());
        let mut state = State { books, sent: Vec::new(), allocations: Vec::new(), answer: Answer::Done, huge };
        state.answer = state.post(&[vec![draft::tick(draft::FIRST_TICK)]], true);
        state
    }

    /// Draws what is done next.
    pub fn next_operation(&self) -> BoxedStrategy<Operation> {
        let entries = &self.books.entries;
        let posted: Vec<NewEntry> =
            entries[entries.len().saturating_sub(LATELY)..].iter().map(|entry| entry.given.clone()).collect();
        let sent = &self.sent[self.sent.len().saturating_sub(LATELY)..];
        let allocations = &self.allocations[self.allocations.len().saturating_sub(LATELY)..];
        operation(Past { sent, posted: &posted, allocations, now: self.books.now, huge: self.huge })
    }

    fn allocate(&mut self, allocation: &NewAllocation, keep: bool) -> Answer {
        let before = self.books.entries.len();
        let shared = self.books.allocate(allocation);
        self.allocations.push(allocation.clone());
        if !keep {
            self.books.cut(before);
        }
        self.sent.extend(self.books.entries[before..].iter().map(|entry| entry.given.clone()));
        Answer::Allocated(shared)
    }

    fn post(&mut self, requests: &[Vec<NewEntry>], keep: bool) -> Answer {
        self.sent.extend(requests.iter().flatten().cloned());
        let before = self.books.entries.len();
        let answers = requests.iter().map(|request| self.books.post(request)).collect();
        if !keep {
            self.books.cut(before);
        }
        Answer::Posted(answers)
    }
}
