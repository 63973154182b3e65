//! Open items: what is left of each, when it is due, and all of them by age.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::clock;
use dianfu_ledger::query::{self, EntryView, Items, LIST_ROWS_MAX, PostingView};
use dianfu_ledger::report::aging::{self, Bucket};
use jiff::Span;
use jiff::civil::Date;

use super::{ByAccount, Seen};

impl Seen<'_> {
    /// Each open item with what is left of it and its age, and all of them by age.
    pub(super) async fn items(&self) {
        let report = aging::aging(self.client, None, self.period.moment).await.unwrap();
        let aged_on = self.period.moment.as_of.unwrap_or_else(|| clock::date_of(report.known_at));
        assert_eq!(report.aged_on, aged_on);
        let mut expected: BTreeMap<(AccountCode, String), Item> = BTreeMap::new();
        for (entry, leg) in self.settled() {
            let Some(name) = &leg.item else { continue };
            expected.entry((leg.account.clone(), name.clone())).or_default().count(entry, leg);
        }
        let all = query::open_item_page(self.client, None, self.period.moment, Items::All, None, LIST_ROWS_MAX);
        let all = all.await.unwrap().items.into_iter();
        let said: BTreeMap<_, _> = all.map(|item| ((item.account, item.item), item.outstanding_minor)).collect();
        let left: BTreeMap<_, _> = expected.iter().map(|(name, item)| (name.clone(), item.left)).collect();
        assert_eq!(said, left, "{:?}", self.period);
        expected.retain(|_, item| item.left != 0);
        let mut by_age: ByAccount<[i128; 6]> = BTreeMap::new();
        for ((code, _), item) in &expected {
            by_age.entry(code.clone()).or_default()[item.bucket(aged_on) as usize] += item.left;
        }
        let said: ByAccount<_> = report.rows.into_iter().map(|row| (row.account, row.buckets.minor)).collect();
        assert_eq!(said, by_age, "{:?}", self.period);
        let mut said = BTreeMap::new();
        let mut cursor = None;
        loop {
            let page = aging::aged_items(self.client, None, None, self.period.moment, cursor.as_deref(), 9);
            let page = page.await.unwrap();
            for aged in page.items {
                let item = Item { left: aged.outstanding_minor, first: Some(aged.first_date), due: aged.due_date };
                assert_eq!(item.bucket(aged_on), aged.bucket);
                said.insert((aged.account, aged.item), item);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(said, expected, "{:?}", self.period);
    }
}

/// An open item as its postings make it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Item {
    left: i128,
    first: Option<Date>,
    due: Option<Date>,
}

impl Item {
    fn count(&mut self, entry: &EntryView, leg: &PostingView) {
        self.left += i128::from(leg.amount.minor);
        self.first = Some(self.first.map_or(entry.effective_date, |first| first.min(entry.effective_date)));
        self.due = self.due.max(leg.due_date);
    }

    fn bucket(&self, aged_on: Date) -> Bucket {
        let due = self.due.or(self.first).unwrap();
        let days_later = |days: i64| due.checked_add(Span::new().days(days)).unwrap();
        let passed = [0, 30, 60, 90, 180].into_iter().filter(|days| aged_on > days_later(*days));
        Bucket::ALL[passed.count()]
    }
}
