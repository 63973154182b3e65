//! The book that is asked: accounts, a year of entries from a seed, and what goes on posting while others ask.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::{Ledger, Outcome};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use uuid::Uuid;

use crate::measure::{self, per_second};
use crate::server;

use super::figure::Figure;

/// The first day of the book.
pub const FIRST_DAY: Date = date(2025, 1, 1);
/// Days that it spans.
pub const DAYS: usize = 365;
/// Days after which an item is due.
const DUE_AFTER_DAYS: i64 = 30;
/// Entries of a request while it is built, and requests at the same time.
const REQUEST: usize = 8_000;
const IN_FLIGHT: usize = 3;
/// What goes on posting: so many entries, so often.
const TRAFFIC_ENTRIES: usize = 100;
const TRAFFIC_EVERY: Duration = Duration::from_millis(20);

/// Account 0 is the bank; behind it some that are busy, and those that keep open items.
const BUSY: std::ops::Range<usize> = 1..11;
const ITEMS: std::ops::Range<usize> = 11..111;

/// How large it is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Entries.
    pub entries: usize,
    /// Accounts; at least some hundred.
    pub accounts: usize,
}

/// The code of an account by its number.
pub fn code(number: usize) -> AccountCode {
    let control = if number == 0 {
        "1002"
    } else if ITEMS.contains(&number) {
        "1101"
    } else {
        "2"
    };
    AccountCode::parse(&format!("{control}.{number}")).expect("digits and a dot make a code")
}

fn accounts(size: Size) -> Vec<NewAccount> {
    let account = |number: usize| NewAccount {
        code: code(number),
        name: format!("Account {number}"),
        account_type: if number < ITEMS.end { AccountType::Asset } else { AccountType::Liability },
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        open_item: ITEMS.contains(&number),
        limits: Limits::default(),
        note: AccountNote::default(),
    };
    (0..size.accounts).map(account).collect()
}

/// An endless stream of entries; one seed gives one stream.
struct Entries {
    size: Size,
    random: StdRng,
    next: usize,
    /// Items that are not cleared yet: account, item, amount.
    open: VecDeque<(usize, String, i64)>,
}

impl Entries {
    /// The stream of a seed; streams of different seeds share no id and no item. The entries before `next` are skipped.
    fn new(size: Size, seed: u64, next: usize) -> Entries {
        Entries { size, random: StdRng::seed_from_u64(seed), next, open: VecDeque::new() }
    }

    fn any_account(&mut self) -> usize {
        self.random.random_range(ITEMS.end..self.size.accounts)
    }

    /// Of a hundred, sixteen raise an item, six clear one by the bank, nineteen more touch the bank, ten a busy one.
    fn legs(&mut self, day: Date, id: Uuid) -> Vec<NewPosting> {
        let amount = self.random.random_range(1..=100_000);
        let other = self.any_account();
        let leg = |number: usize, minor: i64| NewPosting::new(code(number), Money::new(minor, Currency::CNY), None);
        match self.random.random_range(0..100) {
            0..16 => {
                let number = self.random.random_range(ITEMS);
                let item = id.simple().to_string();
                self.open.push_back((number, item.clone(), amount));
                let due_date = day.checked_add(DUE_AFTER_DAYS.days()).ok();
                vec![NewPosting { item: Some(item), due_date, ..leg(number, amount) }, leg(other, -amount)]
            }
            16..22 if !self.open.is_empty() => {
                let (number, item, amount) = self.open.pop_front().expect("there is one");
                vec![leg(0, amount), NewPosting { item: Some(item), ..leg(number, -amount) }]
            }
            16..41 => vec![leg(0, amount), leg(other, -amount)],
            41..51 => vec![leg(self.random.random_range(BUSY), -amount), leg(other, amount)],
            _ => {
                let step = self.random.random_range(1..self.size.accounts - ITEMS.end);
                let across = ITEMS.end + (other - ITEMS.end + step) % (self.size.accounts - ITEMS.end);
                vec![leg(other, amount), leg(across, -amount)]
            }
        }
    }
}

impl Iterator for Entries {
    type Item = NewEntry;

    fn next(&mut self) -> Option<NewEntry> {
        let mut bytes = [0; 10];
        self.random.fill_bytes(&mut bytes);
        let millis = 1_735_689_600_000 + u64::try_from(self.next).expect("counts fit in 64 bits");
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid();
        let in_order = i64::try_from((self.next * DAYS / self.size.entries).min(DAYS - 1)).expect("days of a year");
        let back = if self.random.random_range(0..20) == 0 { self.random.random_range(0..90) } else { 0 };
        let day = FIRST_DAY.checked_add((in_order - back).days()).expect("days about a year");
        self.next += 1;
        Some(NewEntry {
            id,
            effective_date: Some(day),
            reference: format!("R-{}", self.next),
            actor: "bench".to_owned(),
            postings: self.legs(day, id),
            ..NewEntry::default()
        })
    }
}

/// Builds the book; the figure is the rate at which it took the entries.
pub async fn build(database: &Database, name: &BookName, size: Size) -> anyhow::Result<Figure> {
    ensure!(size.accounts > 2 * ITEMS.end, "too few accounts");
    book::create(database, name).await?;
    let ledger = Ledger::open(database, name).await?;
    for some in accounts(size).chunks(10_000) {
        ledger.open_accounts(some, "bench").await?;
    }
    measure::forget_peak_memory();
    let started = Instant::now();
    let mut entries = Entries::new(size, 0, 0).take(size.entries);
    let mut requests = JoinSet::new();
    loop {
        let request: Vec<NewEntry> = entries.by_ref().take(REQUEST).collect();
        if request.is_empty() || requests.len() >= IN_FLIGHT {
            match requests.join_next().await {
                Some(posted) => posted??,
                None => break,
            }
        }
        if !request.is_empty() {
            let ledger = ledger.clone();
            requests.spawn(async move { post(&ledger, request).await });
        }
    }
    let rate = per_second(size.entries, started.elapsed());
    ledger.close().await;
    Ok(Figure::of_rate("posting, batches of 8,000", rate, 200_000.0, measure::peak_memory_mb()?))
}

async fn post(ledger: &Ledger, request: Vec<NewEntry>) -> anyhow::Result<()> {
    let outcomes = ledger.post(request).await?;
    let refused = outcomes.iter().find(|outcome| !matches!(outcome, Outcome::Posted(_)));
    ensure!(refused.is_none(), "not posted: {refused:?}");
    Ok(())
}

/// Waits for what works behind the writer: full segments are summed up, the open one is indexed.
pub async fn wait_until_tended(database: &Database, name: &BookName) -> anyhow::Result<()> {
    let client = database.connect_service(&name.schema()).await?;
    let started = Instant::now();
    while server::untended(&client).await? > 0 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    eprintln!("summed up and indexed {:.1} s after the last entry", started.elapsed().as_secs_f64());
    Ok(())
}

/// Somebody who goes on posting, 5,000 entries a second, until told to stop.
pub struct Traffic {
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<usize>>,
}

impl Traffic {
    /// Starts, and waits until as much has been posted that most accounts have been come upon: looking up an account is
    /// paid for once in the life of a program that posts.
    pub async fn start(ledger: &Ledger, size: Size) -> anyhow::Result<Traffic> {
        let (stop, mut stopped) = oneshot::channel();
        let (warm, is_warm) = oneshot::channel();
        let mut warm = Some(warm);
        let ledger = ledger.clone();
        let running = tokio::spawn(async move {
            let mut entries = Entries::new(size, 1, size.entries);
            let mut posted = 0;
            let mut ticks = tokio::time::interval(TRAFFIC_EVERY);
            while stopped.try_recv().is_err() {
                ticks.tick().await;
                post(&ledger, entries.by_ref().take(TRAFFIC_ENTRIES).collect()).await?;
                posted += TRAFFIC_ENTRIES;
                if let Some(warm) = warm.take_if(|_| posted >= size.accounts) {
                    _ = warm.send(());
                }
            }
            Ok(posted)
        });
        match is_warm.await {
            Ok(()) => Ok(Traffic { stop, running }),
            Err(_) => Err(running.await?.err().context("posting ended by itself")?),
        }
    }

    /// Stops; answers how many entries were posted.
    pub async fn stop(self) -> anyhow::Result<usize> {
        self.stop.send(()).ok().context("posting went wrong meanwhile")?;
        self.running.await?
    }
}
