//! The model goes the way that the journal shows.

use std::collections::HashMap;

use dianfu_ledger::account::{AccountCode, AccountSetting};
use dianfu_ledger::entry::{EntryKind, Layer, NewEntry};
use dianfu_ledger::limit_group::{self, LimitGroup};
use dianfu_ledger::money::Money;
use dianfu_ledger::query::{self, EntryView, PAGE_ROWS_MAX};
use dianfu_ledger::register::{self, Record};
use dianfu_ledger::verify::Asked;
use dianfu_ledger::{Ledger, period};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Client;

use super::traffic::Answered;
use crate::model::books::{Books, Expected, Sides};
use crate::model::machine::Booked;
use crate::model::whole::{self, Running, entry_view};
use crate::model::{chart, time};

/// Positions of which a failure tells what the model says there.
const TOLD_POSITIONS: usize = 6;

/// What the journal and the record show, one after the other.
enum Step {
    Entry(Box<EntryView>),
    Setting(AccountCode, AccountSetting),
    Group(String, LimitGroup),
    Closing { soft_through: Option<Date>, hard_through: Option<Date> },
}

/// The model, and how far it has followed.
pub struct Follower {
    pub books: Books,
    booked: Booked,
    running: Running,
    setting_no: i64,
    register_no: i64,
    pub met: Met,
}

/// How often it was told by what an answer was decided.
#[derive(Clone, Copy, Default, Debug)]
pub struct Met {
    /// By the sequence that it named.
    pub at_a_sequence: u32,
    /// By one of the positions where it may have been.
    pub in_between: u32,
    /// Entries in the books whose first answer was lost.
    pub answer_lost: u32,
}

impl Follower {
    /// Begins with the accounts, as they were opened.
    pub async fn new(ledger: &Ledger) -> Follower {
        let mut books = Books::new();
        books.open(&chart::opened());
        let (booked, running, met) = (Booked::default(), Running::new(), Met::default());
        let mut follower = Follower { books, booked, running, setting_no: 0, register_no: 0, met };
        follower.read(&ledger.client().await.unwrap()).await;
        follower
    }

    /// Goes on to the end of the journal. Every answer must be the model's at the position where it was given.
    pub async fn follow(&mut self, ledger: &Ledger, answered: Vec<Answered>, sent: &[NewEntry]) {
        let mut steps = self.read(&ledger.client().await.unwrap()).await;
        steps.sort_by_key(|(place, _)| *place);
        let start = self.len();
        let (mut by_sequence, mut waiting) = (HashMap::new(), Vec::new());
        for mut answer in answered {
            // What time has ended is ended by the first turn, which may be this one's.
            answer.high = answer.high.max(start);
            match answer.first_posted().filter(|_| answer.is_kept()) {
                Some(sequence) => _ = by_sequence.insert(sequence, answer),
                None => waiting.push(answer),
            }
        }
        self.answer_those_here(&mut waiting);
        let mut views = Vec::new();
        for (_, step) in steps {
            match step {
                Step::Entry(view) => {
                    if view.sequence > self.len() {
                        match by_sequence.remove(&view.sequence) {
                            Some(answer) => self.answer(&answer),
                            None => self.find(&view, sent),
                        }
                    }
                    views.push(*view);
                }
                Step::Setting(code, setting) => self.books.accounts.get_mut(&code).unwrap().setting = setting,
                Step::Group(name, group) => _ = self.books.groups.insert(name, group),
                Step::Closing { soft_through, hard_through } => {
                    (self.books.soft_through, self.books.hard_through) = (soft_through, hard_through);
                }
            }
            self.answer_those_here(&mut waiting);
        }
        assert!(waiting.is_empty(), "the model answers otherwise wherever it may have been decided: {waiting:#?}");
        assert!(by_sequence.is_empty(), "answered, and not in the books: {by_sequence:#?}");
        assert_eq!(self.len(), views.last().map_or(start, |last| last.sequence), "the model has more entries");
        self.compare(&views);
    }

    fn len(&self) -> i64 {
        i64::try_from(self.books.entries.len()).unwrap()
    }

    /// A request of which something was posted was decided right here.
    fn answer(&mut self, answer: &Answered) {
        let here = self.len();
        assert!((answer.low..answer.high).contains(&here), "posted after {here}: {answer:#?}");
        self.met.at_a_sequence += 1;
        let said = self.books.post(&answer.asked.request);
        assert!(answer.agrees(&said), "after {here} the model says {said:#?}\nand this was answered: {answer:#?}");
    }

    /// Leaves those that cannot have been decided here.
    fn answer_those_here(&mut self, waiting: &mut Vec<Answered>) {
        let here = self.books.entries.len();
        let place = self.len();
        waiting.retain_mut(|answer| {
            let may_be = match answer.first_posted() {
                Some(sequence) => place == sequence - 1,
                None => (answer.low..=answer.high).contains(&place),
            };
            if !may_be {
                return true;
            }
            let said = self.books.post(&answer.asked.request);
            self.books.cut(here);
            if answer.agrees(&said) {
                self.met.in_between += 1;
                return false;
            }
            if answer.said.len() < TOLD_POSITIONS {
                answer.said.push((here, said));
            }
            true
        });
    }

    /// Posts an entry that was asked for, and whose first answer was lost: one with its id, as the journal has it.
    fn find(&mut self, view: &EntryView, sent: &[NewEntry]) {
        let here = self.books.entries.len();
        let mut said = Vec::new();
        for entry in sent.iter().filter(|entry| entry.id == view.id) {
            match self.books.post_entry(entry) {
                Ok(Expected::Posted { sequence, .. }) if sequence == view.sequence => {
                    self.booked.at.insert(view.id, view.booked_at);
                    let mut running = self.running.clone();
                    let expected =
                        entry_view(&self.books, &self.books.entries[here], sequence, &self.booked, &mut running);
                    if alike(&expected, view) {
                        self.met.answer_lost += 1;
                        return;
                    }
                    self.books.cut(here);
                }
                other => said.push(other),
            }
        }
        panic!("this is in the books, and the model says {said:#?}: {view:#?}");
    }

    /// The entries that were read, as the model has them now.
    fn compare(&mut self, views: &[EntryView]) {
        for view in views {
            let own = view.kind == EntryKind::Expiry;
            let known_as = if own { time::expiry_of(view.relates_to.unwrap()) } else { view.id };
            self.booked.at.insert(known_as, view.booked_at);
            self.booked.ids.insert(known_as, view.id);
        }
        for view in views {
            let entry = &self.books.entries[usize::try_from(view.sequence).unwrap() - 1];
            assert_eq!(*view, entry_view(&self.books, entry, view.sequence, &self.booked, &mut self.running));
        }
    }

    /// The whole book, and the program's own check.
    pub async fn compare_whole(&self, ledger: &Ledger, sent: &[NewEntry]) {
        let report = ledger.verify(Asked::default(), |_| {}).await.unwrap();
        assert_eq!(report.finding, None);
        whole::compare_books(ledger, &self.booked, &self.books, sent).await;
    }

    /// Of each account on which anything was moved: its code, debits and credits.
    pub fn trial_balance(&self) -> Vec<[String; 3]> {
        let moved = self.books.accounts.iter().filter_map(|(code, account)| {
            let Sides { debits, credits } = self.books.sides(code, Layer::Settled);
            let text = |minor: i128| Money::new(i64::try_from(minor).unwrap(), account.opened.currency);
            let row = [code.to_string(), text(debits).to_decimal_string(), text(credits).to_decimal_string()];
            (debits + credits > 0).then_some(row)
        });
        moved.collect()
    }

    /// What is new in the journal and on record, each with its place.
    async fn read(&mut self, client: &Client) -> Vec<((i64, u8, Timestamp), Step)> {
        let mut steps = Vec::new();
        for code in self.books.accounts.keys() {
            for record in query::account_history(client, code).await.unwrap().unwrap() {
                let place = (record.after_sequence, 1, record.recorded_at);
                steps.push((record.setting_no, place, Step::Setting(code.clone(), record.setting)));
            }
        }
        let settings = steps.iter().map(|(no, ..)| *no).max().unwrap_or_default();
        steps.retain(|(no, ..)| *no > self.setting_no);
        self.setting_no = settings;
        let mut records = Vec::new();
        for (kind, names) in [(limit_group::KIND, &["line", "pool"][..]), (period::KIND, &["books"])] {
            for name in names {
                let history = register::history(client, kind, name).await.unwrap();
                records.extend(history.into_iter().map(|record| (kind, record)));
            }
        }
        records.retain(|(_, record)| record.register_no > self.register_no);
        self.register_no = records.iter().map(|(_, record)| record.register_no).max().unwrap_or(self.register_no);
        let mut all: Vec<_> = steps.into_iter().map(|(_, place, step)| (place, step)).collect();
        for (kind, record) in records {
            all.push(((record.after_sequence, 1, record.recorded_at), on_record(kind, record)));
        }
        let mut after = self.read_to();
        loop {
            let page = query::entries(client, after, PAGE_ROWS_MAX).await.unwrap();
            let Some(last) = page.last() else { return all };
            after = last.sequence;
            all.extend(page.into_iter().map(|view| ((view.sequence, 0, view.booked_at), Step::Entry(Box::new(view)))));
        }
    }

    /// The last sequence that was compared; what time ends is in the model's books before it is in the journal.
    pub fn read_to(&self) -> i64 {
        i64::try_from(self.booked.at.len()).unwrap()
    }
}

/// Whether two are the same entry, whatever was posted before and after it.
fn alike(one: &EntryView, other: &EntryView) -> bool {
    let alone = |view: &EntryView| {
        let mut view = view.clone();
        view.related.clear();
        for posting in &mut view.postings {
            posting.after = dianfu_ledger::balance::Totals::default();
        }
        view
    };
    alone(one) == alone(other)
}

fn on_record(kind: &str, record: Record) -> Step {
    if kind == limit_group::KIND {
        return Step::Group(record.name, LimitGroup::parse(&record.content).unwrap());
    }
    let content: serde_json::Value = serde_json::from_str(&record.content).unwrap();
    let day = |name: &str| content[name].as_str().map(|day| day.parse::<Date>().unwrap());
    Step::Closing { soft_through: day("soft_through"), hard_through: day("hard_through") }
}
