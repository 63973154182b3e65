//! Questions to the library, at random, from a seed.

use std::time::Instant;

use anyhow::{Context, ensure};
use deadpool_postgres::Client;
use dianfu_ledger::Ledger;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{self, DateRange, Moment};
use dianfu_ledger::report::aging::aging;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::measure::{self, Latencies};

use super::book::{DAYS, FIRST_DAY, Size, code};
use super::figure::Figure;

const NOW_QUESTIONS: usize = 5_000;
const PAST_QUESTIONS: usize = 500;
const REPORTS: usize = 7;
/// The busiest account is asked for once in so many questions.
const BANK_EVERY: usize = 10;
const PAGE: u16 = 100;

/// Draws what is asked for.
pub struct Asker {
    random: StdRng,
    size: Size,
}

impl Asker {
    /// The same questions every time.
    pub fn new(size: Size) -> Asker {
        Asker { random: StdRng::seed_from_u64(7), size }
    }

    /// Any account; the bank more often than others.
    pub fn account(&mut self) -> AccountCode {
        let bank = self.random.random_range(0..BANK_EVERY) == 0;
        code(if bank { 0 } else { self.random.random_range(0..self.size.accounts) })
    }

    fn day(&mut self) -> Date {
        let days = i64::try_from(self.random.random_range(0..DAYS)).expect("days of a year");
        FIRST_DAY.checked_add(days.days()).expect("a day of that year")
    }

    /// A time at which the book was known, anywhere in its history.
    async fn known_at(&mut self, client: &Client) -> anyhow::Result<Timestamp> {
        let last: i64 = client.query_one("SELECT commit_no FROM head", &[]).await?.get(0);
        let commit_no = self.random.random_range(1..=last);
        Ok(client.query_one("SELECT booked_at FROM commit WHERE commit_no = $1", &[&commit_no]).await?.get(0))
    }

    async fn moment(&mut self, client: &Client) -> anyhow::Result<Moment> {
        Ok(Moment { as_of: Some(self.day()), known_at: Some(self.known_at(client).await?) })
    }
}

/// Balances as the book is now.
pub async fn balances_now(ledger: &Ledger, size: Size) -> anyhow::Result<Figure> {
    let (mut asker, mut latencies) = (Asker::new(size), Latencies::default());
    let client = ledger.client().await?;
    measure::forget_peak_memory();
    for _ in 0..NOW_QUESTIONS {
        let account = asker.account();
        let asked = Instant::now();
        query::balance(&**client, &account, Moment::default()).await?.context("an account of the book")?;
        latencies.record(asked.elapsed());
    }
    Figure::of_questions("balance now, while posting", latencies, 1.0)
}

/// Balances at any effective date and any time known at: of any account, or of the bank alone.
pub async fn balances_past(ledger: &Ledger, size: Size, bank: bool) -> anyhow::Result<Figure> {
    let (mut asker, mut latencies) = (Asker::new(size), Latencies::default());
    let client = ledger.client().await?;
    measure::forget_peak_memory();
    for _ in 0..PAST_QUESTIONS {
        let account = if bank { code(0) } else { asker.account() };
        let moment = asker.moment(&client).await?;
        let asked = Instant::now();
        query::balance(&**client, &account, moment).await?.context("an account of the book")?;
        latencies.record(asked.elapsed());
    }
    let name = if bank { "balance in the past, of the busiest account" } else { "balance in the past" };
    Figure::of_questions(name, latencies, 20.0)
}

/// First pages of statements, half of them from a day.
pub async fn statements(ledger: &Ledger, size: Size) -> anyhow::Result<Figure> {
    let (mut asker, mut latencies) = (Asker::new(size), Latencies::default());
    let client = ledger.client().await?;
    measure::forget_peak_memory();
    for number in 0..PAST_QUESTIONS {
        let account = asker.account();
        let from = (number % 2 == 0).then(|| asker.day());
        let asked = Instant::now();
        let range = DateRange { from, to: None };
        query::statement(&**client, &account, Moment::default(), range, None, PAGE).await?.context("an account")?;
        latencies.record(asked.elapsed());
    }
    Figure::of_questions("statement, first page", latencies, 20.0)
}

/// Trial balances now, or at any effective date and time known at.
pub async fn trial_balances(ledger: &Ledger, past: bool, size: Size) -> anyhow::Result<Figure> {
    let (mut asker, mut latencies) = (Asker::new(size), Latencies::default());
    let client = ledger.client().await?;
    measure::forget_peak_memory();
    for _ in 0..REPORTS {
        let moment = if past { asker.moment(&client).await? } else { Moment::default() };
        let asked = Instant::now();
        let report = query::trial_balance(&**client, moment, None).await?;
        latencies.record(asked.elapsed());
        ensure!(report.is_balanced(), "the trial balance at {moment:?} is not zero");
    }
    let (name, target) = if past { ("trial balance in the past", 3_000.0) } else { ("trial balance now", 1_000.0) };
    Figure::of_questions(name, latencies, target)
}

/// Agings of all that is open, now or as of a day.
pub async fn agings(ledger: &Ledger, past: bool, size: Size) -> anyhow::Result<Figure> {
    let (mut asker, mut latencies) = (Asker::new(size), Latencies::default());
    let client = ledger.client().await?;
    measure::forget_peak_memory();
    for _ in 0..REPORTS {
        let moment = Moment { as_of: past.then(|| asker.day()), known_at: None };
        let asked = Instant::now();
        let report = aging(&**client, None, moment).await?;
        latencies.record(asked.elapsed());
        let items: i64 = report.totals.iter().map(|(_, total)| total.items).sum();
        if !past {
            eprintln!("{items} items are open");
        }
    }
    let name = if past { "aging of open items, as of a day" } else { "aging of open items" };
    Figure::of_questions(name, latencies, 3_000.0)
}
