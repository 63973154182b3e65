//! One claim, its entries, and the balances that they make: the ledger as far as one claim can see it.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::query;
use dianfu_settlement::chart::CHART;
use dianfu_settlement::journals::Journals;
use uuid::Uuid;

use super::told::*;
use crate::claim::{Claim, ClaimKind, State};
use crate::event::{Event, EventKind, When};
use crate::journal_map::{self, Posting};
use crate::refusal::Refusal;
use crate::standing::{Outstanding, accounts_of};
use crate::state::next;

/// What the insurer has deposited before the story begins.
const DEPOSIT: i64 = 10_000_000;

type Items = BTreeMap<(AccountCode, String), i64>;

/// What each party has got from us in money, less what it has paid us.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Cash {
    pub(crate) insurer: i64,
    pub(crate) pharmacy: i64,
    pub(crate) patient: i64,
}

#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) claim: Claim,
    pub(crate) shape: Shape,
    pub(crate) now: When,
    pub(crate) cash: Cash,
    settled: Items,
    pending: Items,
    balances: BTreeMap<AccountCode, i64>,
    holds: BTreeMap<Uuid, NewEntry>,
    journals: Journals,
}

impl Story {
    pub(crate) fn begin(shape: Shape) -> Story {
        Story {
            claim: Claim::taken_in(intake(shape), moment(0)),
            shape,
            now: on(ON, moment(0)),
            cash: Cash::default(),
            settled: Items::new(),
            pending: Items::new(),
            balances: BTreeMap::from([(AccountCode::parse("2302.picc").unwrap(), -DEPOSIT)]),
            holds: BTreeMap::new(),
            journals: Journals::shipped(),
        }
    }

    /// The story of the worked claim up to a state that it comes to before the insurer decides.
    pub(crate) fn until(shape: Shape, state: State) -> Story {
        let mut story = Story::begin(shape);
        for event in story.life() {
            if story.claim.state == state {
                break;
            }
            story.tell(&event).unwrap();
        }
        assert_eq!(story.claim.state, state);
        story
    }

    /// The same with a first decision.
    pub(crate) fn decided(shape: Shape, approved_minor: i64) -> Story {
        let mut story = Story::until(shape, State::InsurerSubmitted);
        story.decide(approved_minor);
        story
    }

    /// The same at another time.
    pub(crate) fn at(self, now: When) -> Story {
        Story { now, ..self }
    }

    /// The events of the straight path, up to the insurer.
    pub(crate) fn life(&self) -> Vec<Event> {
        let mut events = vec![Event::Submitted, Event::ReviewStarted, quoted(self.shape, ADVANCE)];
        if self.shape.kind == ClaimKind::DirectPay {
            events.extend([offered(1), Event::OrderAccepted { offer_no: 1 }]);
            if self.shape.collector == crate::claim::ShareCollector::Platform {
                events.extend([Event::ShareRequested, share_paid(SHARE)]);
            }
            events.extend([Event::DrugReady, Event::Dispensed]);
        }
        events.push(sent());
        events
    }

    /// Tells an event; answers what it posts, a line an entry that moves something.
    pub(crate) fn tell(&mut self, event: &Event) -> Result<Vec<String>, Refusal> {
        let seen = event.kind().reads_ledger().then(|| self.look());
        let transition = next(&self.claim, event, self.now, seen.as_ref())?;
        assert_eq!(next(&self.claim, event, self.now, seen.as_ref()).as_ref(), Ok(&transition), "told again");
        let (state, progress, event_no) = (transition.to, transition.progress, self.claim.event_no + 1);
        self.claim = Claim { state, event_no, progress, ..self.claim.clone() };
        let by = Posting { on: self.now.on, insurer_due_on: Some(VALID_UNTIL), actor: "wang" };
        let mut told = Vec::new();
        for posted in &transition.posted {
            let entries =
                journal_map::entries(&self.journals, &self.claim, event, by, std::slice::from_ref(posted)).unwrap();
            let template = posted.journal.template();
            told.extend(entries.into_iter().map(|entry| format!("{template}: {}", self.post(entry))));
        }
        Ok(told)
    }

    /// The insurer's next decision.
    pub(crate) fn decide(&mut self, approved_minor: i64) -> Vec<String> {
        self.tell(&self.decision(approved_minor)).unwrap()
    }

    pub(crate) fn decision(&self, approved_minor: i64) -> Event {
        decided(self.shape, self.claim.progress.decision_no + 1, approved_minor, self.claim.advance_minor())
    }

    fn post(&mut self, entry: NewEntry) -> String {
        let hold = entry.relates_to.map(|hold| self.holds.remove(&hold).expect("a hold is released once"));
        let (legs, sign) = hold.as_ref().map_or((&entry.postings, 1), |hold| (&hold.postings, -1));
        assert_eq!(legs.iter().map(|leg| leg.amount.minor).sum::<i64>(), 0, "{entry:?}");
        if entry.kind == EntryKind::Post {
            let cash = |leg: &&NewPosting| ["1002", "1005"].contains(&leg.account.control());
            self.cash.patient -= legs.iter().filter(cash).map(|leg| leg.amount.minor).sum::<i64>();
            for leg in legs {
                *self.balances.entry(leg.account.clone()).or_default() += leg.amount.minor;
            }
        }
        for leg in legs.iter().filter(|leg| leg.item.is_some()) {
            let layer = if entry.kind == EntryKind::Post { &mut self.settled } else { &mut self.pending };
            *layer.entry((leg.account.clone(), leg.item.clone().unwrap())).or_default() += sign * leg.amount.minor;
        }
        self.assert_within_limits(&entry);
        let said = said(&entry);
        if entry.kind == EntryKind::Hold {
            self.holds.insert(entry.id, entry);
        }
        said
    }

    /// The ledger refuses an entry, each by itself, that takes an account below zero.
    fn assert_within_limits(&self, entry: &NewEntry) {
        for (account, balance) in &self.balances {
            let line = CHART.iter().find(|line| line.code == account.control()).unwrap();
            let normal = if line.normal_side == dianfu_ledger::account::NormalSide::Debit { 1 } else { -1 };
            assert!(!line.never_negative || balance * normal >= 0, "{account} is {balance} after {}", said(entry));
        }
    }

    /// Somebody else books on an item of the claim; debit positive.
    pub(crate) fn book(&mut self, account: &str, minor: i64) {
        let account = AccountCode::parse(account).unwrap();
        *self.balances.entry(account.clone()).or_default() += minor;
        *self.settled.entry((account, "C-1".to_owned())).or_default() += minor;
    }

    /// What stands on an item of the claim; debit positive.
    pub(crate) fn open(&self, account: &str) -> i64 {
        let key = (AccountCode::parse(account).unwrap(), "C-1".to_owned());
        self.settled.get(&key).copied().unwrap_or(0)
    }

    /// What stands on an account, by all that the claim has posted; debit positive.
    pub(crate) fn balance(&self, account: &str) -> i64 {
        self.balances.get(&AccountCode::parse(account).unwrap()).copied().unwrap_or(0)
    }

    /// What the claim has drawn on the prefund.
    pub(crate) fn drawn(&self) -> i64 {
        DEPOSIT + self.balance("2302.picc")
    }

    /// A remittance pays a part of what is due.
    pub(crate) fn insurer_pays(&mut self, minor: i64) {
        self.book("1102.picc", -minor);
        self.cash.insurer -= minor;
    }

    /// A remittance takes back what it has paid (J18): due again, and owed until it is set off.
    pub(crate) fn insurer_takes_back(&mut self, minor: i64) {
        self.book("1102.picc", minor);
        self.book("2301.picc", -minor);
    }

    /// The order is paid out (J5).
    pub(crate) fn pharmacy_is_paid(&mut self) {
        let minor = -self.open("2101.red-cross");
        self.book("2101.red-cross", minor);
        self.cash.pharmacy += minor;
    }

    /// The reimbursement is remitted (J23-applied).
    pub(crate) fn insurer_reimburses(&mut self, minor: i64) {
        self.book("1103.picc", -minor);
        self.cash.insurer -= minor;
    }

    /// Everything is paid that others pay: what we owe the pharmacy, the patient and the insurer, what the insurer
    /// owes, and what the pharmacy owes is netted.
    pub(crate) fn others_pay(&mut self) {
        self.pharmacy_is_paid();
        let owes = self.open("1301.red-cross");
        self.book("1301.red-cross", -owes);
        self.cash.pharmacy -= owes;
        for account in ["2201.p-17", "2202.p-17"] {
            let minor = -self.open(account);
            self.book(account, minor);
            self.cash.patient += minor;
        }
        for account in ["1102.picc", "1103.picc", "2301.picc"] {
            let minor = -self.open(account);
            self.book(account, minor);
            self.cash.insurer += minor;
        }
    }

    pub(crate) fn look(&self) -> Outstanding {
        let items = accounts_of(&self.claim).into_iter().map(|account| {
            let key = (account.clone(), "C-1".to_owned());
            let of = |layer: &Items| i128::from(layer.get(&key).copied().unwrap_or(0));
            let (settled_minor, pending_minor) = (of(&self.settled), of(&self.pending));
            query::Outstanding { account, item: "C-1".to_owned(), settled_minor, pending_minor }
        });
        let items: Vec<_> = items.collect();
        Outstanding::of(items.iter(), false).unwrap()
    }

    /// Looks at the ledger until nothing changes any more: at most three times.
    pub(crate) fn settle(&mut self) -> State {
        for _ in 0..3 {
            let look = Event::LedgerRead(self.look());
            if self.tell(&look).is_err() {
                break;
            }
        }
        assert!(
            !self.claim.state.accepts().contains(&EventKind::LedgerRead)
                || crate::standing::standing(&self.claim, &self.look()) == Some(self.claim.state),
            "three looks are enough"
        );
        self.claim.state
    }
}

/// An entry as a person writes it; items are named where they are not the claim.
pub(crate) fn said(entry: &NewEntry) -> String {
    let leg = |leg: &NewPosting| {
        let side = if leg.amount.minor > 0 { "Dr" } else { "Cr" };
        let item = leg.item.as_ref().filter(|item| *item != "C-1").map(|item| format!(" [{item}]"));
        let amount = leg.amount.without_sign().to_decimal_string();
        format!("{side} {}{} {amount}", leg.account, item.unwrap_or_default())
    };
    entry.postings.iter().map(leg).collect::<Vec<_>>().join(", ")
}

/// Tells an event that posts exactly this.
pub(crate) fn posts(story: &mut Story, event: &Event, expected: &[&str]) {
    assert_eq!(story.tell(event).unwrap(), expected, "{event:?}");
}
