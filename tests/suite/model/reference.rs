//! The model as a state machine: what the books are, what was sent, and what the last operation must answer.

use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::limit_group::GroupOutcome;
use dianfu_ledger::opening::{AccountOutcome, SettingOutcome};
use dianfu_ledger::period::PeriodFault;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use super::books::{Books, Expected};
use super::chart;
use super::operation::{Operation, operation};

/// The model's side of the test.
pub struct Reference;

/// Where the model stands.
#[derive(Clone, Debug)]
pub struct State {
    pub books: Books,
    /// Every entry that was ever sent, in the books or not.
    pub sent: Vec<NewEntry>,
    /// What the last operation must answer.
    pub answer: Answer,
}

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
    /// Nothing to tell.
    Done,
}

impl ReferenceStateMachine for Reference {
    type State = State;
    type Transition = Operation;

    fn init_state() -> BoxedStrategy<State> {
        Just(State::new()).boxed()
    }

    fn transitions(state: &State) -> BoxedStrategy<Operation> {
        let posted: Vec<NewEntry> = state.books.entries.iter().map(|entry| entry.given.clone()).collect();
        operation(&state.sent, &posted)
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
            Operation::Reopen { .. } => Answer::Done,
        };
        state
    }
}

impl State {
    /// The chart, and no entry.
    pub fn new() -> State {
        let mut books = Books::default();
        books.open(&chart::first());
        State { books, sent: Vec::new(), answer: Answer::Done }
    }

    fn post(&mut self, requests: &[Vec<NewEntry>], keep: bool) -> Answer {
        self.sent.extend(requests.iter().flatten().cloned());
        let mut books = self.books.clone();
        let answers = requests.iter().map(|request| books.post(request)).collect();
        if keep {
            self.books = books;
        }
        Answer::Posted(answers)
    }
}
