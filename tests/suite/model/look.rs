//! What every report must say at a moment, added up from the legs of the model's journal, and what it does say.
//!
//! A look names a time by an entry that was booked at it, or the microsecond before, and days. Whatever is asked at one
//! moment is compared with the same list of legs: those that were known then and count by then.

mod items;
mod ledger;
mod statements;

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{EntryKind, Layer};
use dianfu_ledger::query::{self, EntryView, Moment, PostingView, Sums};
use dianfu_ledger::report::{Period, tree};
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;
use tokio_postgres::Client;

use super::books::{Books, Sides};

/// A moment, and the first day of those reports that have one.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// At which entry's time, and whether just before it; `None` for now.
    known: Option<(Index, bool)>,
    from: Option<Date>,
    as_of: Option<Date>,
}

/// Draws a look. Days are those on which entries count, and up to a year later, when items have long been due.
pub fn look() -> impl Strategy<Value = Look> {
    let day = || {
        let days = prop_oneof![5 => 0..34_i64, 2 => 34..500_i64];
        prop::option::of(days.prop_map(|days| date(2024, 1, 1).checked_add(Span::new().days(days)).unwrap()))
    };
    let known = prop::option::of((any::<Index>(), any::<bool>()));
    (known, day(), day()).prop_map(|(known, one, other)| {
        let (from, as_of) = match (one, other) {
            (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
            days => days,
        };
        Look { known, from, as_of }
    })
}

/// Every account, type and currency at a moment.
pub struct Seen<'a> {
    client: &'a Client,
    books: &'a Books,
    period: Period,
    facts: Vec<(&'a EntryView, &'a PostingView)>,
}

type ByAccount<T> = BTreeMap<AccountCode, T>;

impl<'a> Seen<'a> {
    /// All that counts, now or ever.
    pub fn whole(client: &'a Client, books: &'a Books, journal: &'a [EntryView]) -> Seen<'a> {
        Seen::new(client, books, journal, Look { known: None, from: None, as_of: None })
    }

    /// What is seen of a journal.
    pub fn new(client: &'a Client, books: &'a Books, journal: &'a [EntryView], look: Look) -> Seen<'a> {
        let Look { known, from, as_of } = look;
        let at = |(which, before): (Index, bool)| {
            let booked_at = journal.get(which.index(journal.len().max(1)))?.booked_at;
            let step = i64::from(before);
            Timestamp::from_microsecond(booked_at.as_microsecond() - step).ok()
        };
        let known_at = known.and_then(at);
        let seen = journal.iter().filter(|entry| {
            known_at.is_none_or(|known_at| entry.booked_at <= known_at)
                && as_of.is_none_or(|as_of| entry.effective_date <= as_of)
        });
        let facts = seen.flat_map(|entry| entry.postings.iter().map(move |leg| (entry, leg))).collect();
        Seen { client, books, period: Period { from, moment: Moment { as_of, known_at } }, facts }
    }

    /// Compares every report.
    pub async fn compare(&self) {
        self.balances().await;
        self.trial_balance().await;
        self.balance_sheet().await;
        self.income_statement().await;
        self.general_ledger().await;
        self.statements().await;
        self.roll_forward().await;
        self.items().await;
    }

    fn settled(&self) -> impl Iterator<Item = (&'a EntryView, &'a PostingView)> {
        self.facts.iter().copied().filter(|(_, leg)| leg.layer == Layer::Settled)
    }

    fn in_period(&self, entry: &EntryView) -> bool {
        self.period.from.is_none_or(|from| entry.effective_date >= from)
    }

    async fn balances(&self) {
        for code in self.books.accounts.keys() {
            let mut layers = [Sides::default(), Sides::default()];
            for (entry, leg) in self.facts.iter().filter(|(_, leg)| leg.account == *code) {
                let sides = &mut layers[usize::from(leg.layer == Layer::Pending)];
                let gives_back = leg.layer == Layer::Pending && entry.kind != EntryKind::Hold;
                if gives_back { sides.give_back(leg.amount) } else { sides.add(leg.amount) }
            }
            let [settled, pending] =
                layers.map(|Sides { debits, credits }| Sums { debits_minor: debits, credits_minor: credits });
            let view = query::balance(self.client, code, self.period.moment).await.unwrap().unwrap();
            assert_eq!((view.settled, view.pending), (settled, pending), "{code} {:?}", self.period);
        }
    }

    /// Of each account on which anything counts: opening, debits and credits.
    fn standing(&self) -> ByAccount<(i128, Sides)> {
        let mut standing: ByAccount<(i128, Sides)> = BTreeMap::new();
        for (entry, leg) in self.settled() {
            let (opening, sides) = standing.entry(leg.account.clone()).or_default();
            if self.in_period(entry) { sides.add(leg.amount) } else { *opening += i128::from(leg.amount.minor) }
        }
        standing
    }

    async fn trial_balance(&self) {
        let Period { from, moment } = self.period;
        let tree = tree::trial_tree(self.client, self.period).await.unwrap();
        let listed = query::trial_balance(self.client, moment, from).await.unwrap();
        assert_eq!(tree.balance.rows, listed.rows);
        assert!(listed.is_balanced(), "{:?}", self.period);
        let rows = listed.rows.into_iter().map(|row| {
            let sides = Sides { debits: row.debits_minor, credits: row.credits_minor };
            (row.account, (row.opening_minor, sides))
        });
        assert_eq!(rows.collect::<ByAccount<_>>(), self.standing(), "{:?}", self.period);
    }
}
