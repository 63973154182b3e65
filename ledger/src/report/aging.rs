//! The aging of open items: what is outstanding, by how long it has been due.
//!
//! An item is due on the latest date that any of its postings gives, and without one on its first day. Its age is
//! counted to the day asked for, and without one to the day (UTC) at which the report is known. The buckets of an
//! account add up to what is outstanding on it, and that is its balance, as every posting on an account that keeps
//! items names one. Costs one pass over the postings that name items; the items themselves come page by page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};

use crate::account::{AccountCode, AccountNo, NormalSide};
use crate::error::Error;
use crate::money::Currency;
use crate::query::{LIST_ROWS_MAX, Moment, QueryError, row};

use super::chart::Chart;
use super::place::Place;
use super::{ReportError, Scope, add, sql};

/// How long something has been due.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Bucket {
    /// Not due yet, or due on the very day.
    Current,
    /// 1 to 30 days.
    To30,
    /// 31 to 60 days.
    To60,
    /// 61 to 90 days.
    To90,
    /// 91 to 180 days.
    To180,
    /// More than 180 days.
    Over180,
}

impl Bucket {
    /// Every bucket, from the youngest; the statements number them so, from 0.
    pub const ALL: [Bucket; 6] =
        [Bucket::Current, Bucket::To30, Bucket::To60, Bucket::To90, Bucket::To180, Bucket::Over180];

    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Bucket::Current => "current",
            Bucket::To30 => "1-30",
            Bucket::To60 => "31-60",
            Bucket::To90 => "61-90",
            Bucket::To180 => "91-180",
            Bucket::Over180 => "over-180",
        }
    }

    /// The inverse of [`Bucket::word`].
    pub fn from_word(word: &str) -> Option<Bucket> {
        Bucket::ALL.into_iter().find(|bucket| bucket.word() == word)
    }

    /// The bucket of what has been due for so many days.
    pub fn of_days(days: i64) -> Bucket {
        match days {
            ..=0 => Bucket::Current,
            1..=30 => Bucket::To30,
            31..=60 => Bucket::To60,
            61..=90 => Bucket::To90,
            91..=180 => Bucket::To180,
            181.. => Bucket::Over180,
        }
    }

    fn number(self) -> i16 {
        self as i16
    }

    fn from_row(row: &Row) -> Result<Bucket, ReportError> {
        let number: i16 = row.try_get("bucket")?;
        let bucket = Bucket::ALL.into_iter().find(|bucket| bucket.number() == number);
        Ok(bucket.ok_or_else(|| Error::Corrupt(format!("bucket is '{number}'")))?)
    }
}

/// Amounts by bucket, in minor units, debits less credits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Buckets {
    /// In the order of [`Bucket::ALL`].
    pub minor: [i128; 6],
    /// All buckets together.
    pub total_minor: i128,
    /// How many items.
    pub items: i64,
}

impl Buckets {
    /// What is in one bucket.
    pub fn of(&self, bucket: Bucket) -> i128 {
        self.minor[bucket as usize]
    }

    fn take(&mut self, bucket: Bucket, minor: i128, items: i64) -> Result<(), ReportError> {
        add(&mut self.minor[bucket as usize], minor)?;
        add(&mut self.total_minor, minor)?;
        self.items = self.items.saturating_add(items);
        Ok(())
    }
}

/// An account in the aging.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgingRow {
    /// The account.
    pub account: AccountCode,
    /// Its name.
    pub name: String,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// Its currency.
    pub currency: Currency,
    /// What is outstanding.
    pub buckets: Buckets,
}

/// An aging: the accounts that have something outstanding, by code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aging {
    /// One an account.
    pub rows: Vec<AgingRow>,
    /// One a currency.
    pub totals: Vec<(Currency, Buckets)>,
    /// The day to which ages are counted.
    pub aged_on: Date,
    /// The last effective date that counts.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

/// An item behind a bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgedItem {
    /// The account.
    pub account: AccountCode,
    /// The item: a claim, an order, a payout.
    pub item: String,
    /// The account's currency.
    pub currency: Currency,
    /// Debits less credits, in minor units.
    pub outstanding_minor: i128,
    /// The earliest effective date among its postings.
    pub first_date: Date,
    /// The latest.
    pub last_date: Date,
    /// The latest due date that its postings give.
    pub due_date: Option<Date>,
    /// Days since it was due, or since its first day; negative before.
    pub days: i64,
    /// Where these days lie.
    pub bucket: Bucket,
}

/// A page of items behind an aging, by account and item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgedItems {
    /// The items.
    pub items: Vec<AgedItem>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
    /// The day to which ages are counted.
    pub aged_on: Date,
    /// The last effective date that counts.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

/// The aging of an account and all accounts below it, or of all accounts.
pub async fn aging(
    client: &impl GenericClient,
    code: Option<&AccountCode>,
    moment: Moment,
) -> Result<Aging, ReportError> {
    let scope = Scope::resolve(client, moment).await?;
    let chart = Chart::read(client, &scope).await?;
    let wanted = chart.below(code)?;
    let numbers: Option<Vec<AccountNo>> = code.map(|_| wanted.iter().map(|(_, account)| account.no).collect());
    let found = client.query(sql::AGING, &[&scope.sequence, &scope.as_of, &numbers, &scope.day()]).await?;
    let mut by_account: BTreeMap<AccountNo, Buckets> = BTreeMap::new();
    for row in &found {
        let buckets = by_account.entry(row.try_get("account_no")?).or_default();
        buckets.take(Bucket::from_row(row)?, row::sum(row, "outstanding")?, row.try_get("items")?)?;
    }
    let (mut rows, mut totals) = (Vec::new(), BTreeMap::<Currency, Buckets>::new());
    for (code, account) in wanted {
        let Some(buckets) = by_account.remove(&account.no) else { continue };
        let total = totals.entry(account.currency).or_default();
        for bucket in Bucket::ALL {
            total.take(bucket, buckets.of(bucket), 0)?;
        }
        total.items = total.items.saturating_add(buckets.items);
        let (name, normal_side, currency) = (account.name.clone(), account.normal_side, account.currency);
        rows.push(AgingRow { account: code.clone(), name, normal_side, currency, buckets });
    }
    let (aged_on, as_of, known_at) = (scope.day(), scope.as_of, scope.known_at);
    Ok(Aging { rows, totals: totals.into_iter().collect(), aged_on, as_of, known_at })
}

/// A page of at most `limit` items (never more than [`LIST_ROWS_MAX`]) behind an aging, of one bucket or of all. Go on
/// with [`AgedItems::next`] and the same arguments.
pub async fn aged_items(
    client: &impl GenericClient,
    code: Option<&AccountCode>,
    bucket: Option<Bucket>,
    moment: Moment,
    cursor: Option<&str>,
    limit: u16,
) -> Result<AgedItems, ReportError> {
    let question = format!("aging {code:?} {bucket:?} {:?}", moment.as_of);
    let (scope, after) = match cursor {
        None => (Scope::resolve(client, moment).await?, Place::default()),
        Some(text) => Place::parse(text, moment, &question)?,
    };
    let chart = Chart::read(client, &scope).await?;
    let wanted = chart.below(code)?;
    let numbers: Option<Vec<AccountNo>> = code.map(|_| wanted.iter().map(|(_, account)| account.no).collect());
    let most = usize::from(limit.clamp(1, LIST_ROWS_MAX));
    let with_one_more = i64::try_from(most + 1).unwrap_or(i64::MAX);
    let (after_account, after_item) = after.name.split_once('\0').unwrap_or_default();
    let (aged_on, bucket) = (scope.day(), bucket.map(Bucket::number));
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [&scope.sequence, &scope.as_of, &numbers, &aged_on, &bucket, &after_account, &after_item, &with_one_more];
    let found = client.query(sql::AGING_ITEMS, &parameters).await?;
    let items = found.iter().take(most).map(|row| item(row, &chart, aged_on)).collect::<Result<Vec<_>, _>>()?;
    let next = items.last().filter(|_| found.len() > most).map(|last| {
        let name = format!("{}\0{}", last.account, last.item);
        Place { name, ..Place::default() }.to_text(&scope, &question)
    });
    Ok(AgedItems { items, next, aged_on, as_of: scope.as_of, known_at: scope.known_at })
}

fn item(row: &Row, chart: &Chart, aged_on: Date) -> Result<AgedItem, ReportError> {
    let account = row::account_code(row, "code")?;
    let known = chart.accounts.get(&account).ok_or_else(|| Error::Corrupt(format!("{account} is in no chart")))?;
    let (first_date, due_date): (Date, Option<Date>) = (row.try_get("first_date")?, row.try_get("due_date")?);
    let days = days_between(due_date.unwrap_or(first_date), aged_on)?;
    Ok(AgedItem {
        currency: known.currency,
        account,
        item: row.try_get("item")?,
        outstanding_minor: row::sum(row, "outstanding")?,
        first_date,
        last_date: row.try_get("last_date")?,
        due_date,
        days,
        bucket: Bucket::from_row(row)?,
    })
}

/// Days from one day to another; negative if the other is earlier.
pub(super) fn days_between(from: Date, to: Date) -> Result<i64, ReportError> {
    let days = to.since(from).map_err(|error| QueryError::World(Error::Corrupt(error.to_string())))?;
    Ok(i64::from(days.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_begins_the_day_after_the_one_before_ends() {
        for (days, bucket) in [
            (-1, "current"),
            (0, "current"),
            (1, "1-30"),
            (30, "1-30"),
            (31, "31-60"),
            (60, "31-60"),
            (61, "61-90"),
            (90, "61-90"),
            (91, "91-180"),
            (180, "91-180"),
            (181, "over-180"),
            (i64::MAX, "over-180"),
        ] {
            assert_eq!(Bucket::of_days(days).word(), bucket, "{days}");
            assert_eq!(Bucket::from_word(bucket), Some(Bucket::of_days(days)));
        }
    }

    #[test]
    fn days_are_counted_both_ways() {
        let (first, last) = (jiff::civil::date(2024, 2, 28), jiff::civil::date(2025, 3, 1));
        assert_eq!(days_between(first, last).unwrap(), 367);
        assert_eq!(days_between(last, first).unwrap(), -367);
    }
}
