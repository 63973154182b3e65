//! Books filled with legal entries, by hand or at random, and a naive mirror: a list of what was booked, from which
//! every question can be answered a second time by adding up.

use std::collections::BTreeMap;

use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{EntryKind, Layer, NewEntry, NewPosting, Receipt};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::{Ledger, Outcome, id};
use dianfu_tests::{TestDatabase, test_database};
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use uuid::Uuid;

/// The day from which dates are counted.
pub const FIRST_DAY: Date = date(2024, 1, 1);
/// Days on which random entries fall, from [`FIRST_DAY`].
pub const DAYS: i64 = 30;

/// Accounts: code, currency, normal side, whether it keeps items. Some codes are such that a format might stumble.
const CHART: [(&str, &str, NormalSide, bool); 14] = [
    ("1101.picc", "CNY", NormalSide::Debit, true),
    ("1101.cpic", "CNY", NormalSide::Debit, true),
    ("1101.aia", "USD", NormalSide::Debit, true),
    ("1002", "CNY", NormalSide::Debit, false),
    ("1002.usd", "USD", NormalSide::Debit, false),
    ("1002.jpy", "JPY", NormalSide::Debit, false),
    ("1002.kwd", "KWD", NormalSide::Debit, false),
    ("2101.p-1", "CNY", NormalSide::Credit, true),
    ("2190", "CNY", NormalSide::Credit, true),
    ("2190.usd", "USD", NormalSide::Credit, false),
    ("2190.jpy", "JPY", NormalSide::Credit, false),
    ("2190.kwd", "KWD", NormalSide::Credit, false),
    ("-_..x.y", "CNY", NormalSide::Debit, false),
    ("9002", "CNY", NormalSide::Credit, false),
];

/// What the accounts stand for, so that every section of a statement has some.
pub fn type_of(code: &str) -> AccountType {
    match code {
        "-_..x.y" => AccountType::Expense,
        "2190.usd" | "2190.jpy" => AccountType::Income,
        "2190.kwd" => AccountType::Equity,
        "9002" => AccountType::Memo,
        code if code.starts_with('2') => AccountType::Liability,
        _ => AccountType::Asset,
    }
}

/// A book in a database of its own, and what was booked in it.
pub struct Book {
    pub test: TestDatabase,
    pub ledger: Ledger,
    pub booked: Vec<Booked>,
}

/// An entry as it was booked, with the legs that the ledger wrote for it.
#[derive(Clone, Debug)]
pub struct Booked {
    pub entry: NewEntry,
    pub legs: Vec<(Layer, NewPosting)>,
    pub receipt: Receipt,
}

impl Booked {
    pub fn date(&self) -> Date {
        self.entry.effective_date.expect("the entries of these books name their date")
    }

    /// Its legs in one layer.
    pub fn legs_in(&self, layer: Layer) -> impl Iterator<Item = &NewPosting> {
        self.legs.iter().filter(move |(of, _)| *of == layer).map(|(_, posting)| posting)
    }
}

impl Book {
    /// A book with the chart and no entries.
    pub async fn new() -> Book {
        let test = test_database().await;
        let ledger = Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap();
        let accounts: Vec<NewAccount> = CHART
            .iter()
            .map(|(code, currency, normal_side, open_item)| NewAccount {
                code: account(code),
                name: format!("Account; {code} | 账户"),
                account_type: type_of(code),
                currency: currency.parse().unwrap(),
                normal_side: *normal_side,
                open_item: *open_item,
                limits: Limits::default(),
                note: AccountNote::default(),
            })
            .collect();
        ledger.open_accounts(&accounts, "test").await.unwrap();
        Book { test, ledger, booked: Vec::new() }
    }

    /// Posts entries in one turn; all of them must be posted.
    pub async fn post(&mut self, entries: Vec<NewEntry>) {
        if entries.is_empty() {
            return;
        }
        let outcomes = self.ledger.post(entries.clone()).await.unwrap();
        for (entry, outcome) in entries.into_iter().zip(outcomes) {
            let Outcome::Posted(receipt) = outcome else { panic!("{outcome:?} for {entry:?}") };
            let legs = self.legs(&entry);
            self.booked.push(Booked { entry, legs, receipt });
        }
    }

    /// What takes from another moves its postings, or all that is left; a capture no longer holds what it moves.
    fn legs(&self, entry: &NewEntry) -> Vec<(Layer, NewPosting)> {
        let of = |layer: Layer, postings: Vec<NewPosting>| postings.into_iter().map(move |posting| (layer, posting));
        let given = match entry.relates_to {
            Some(original) if entry.postings.is_empty() && entry.kind == EntryKind::Capture => self.left(original),
            Some(original) if entry.postings.is_empty() => opposite(&self.left(original)),
            _ => entry.postings.clone(),
        };
        if entry.kind != EntryKind::Capture {
            return of(entry.kind.layer(), given).collect();
        }
        let unheld = opposite(&given);
        of(Layer::Settled, given).chain(of(Layer::Pending, unheld)).collect()
    }

    /// What an entry still holds, or has moved and nobody has moved back.
    pub fn left(&self, id: Uuid) -> Vec<NewPosting> {
        let original = self.booked.iter().find(|booked| booked.entry.id == id).expect("it was booked before");
        let layer = original.entry.kind.layer();
        let mut left: Vec<NewPosting> = original.legs_in(layer).cloned().collect();
        let mut family = vec![id];
        for later in &self.booked {
            if later.entry.relates_to.is_some_and(|original| family.contains(&original)) {
                family.push(later.entry.id);
                for leg in later.legs_in(layer) {
                    let beside = |known: &&mut NewPosting| known.account == leg.account && known.item == leg.item;
                    left.iter_mut().find(beside).expect("it takes what is there").amount.minor += leg.amount.minor;
                }
            }
        }
        left.retain(|leg| leg.amount.minor != 0);
        left
    }

    /// Everything that counts at a moment.
    pub fn at(&self, as_of: Option<Date>, known_at: Timestamp) -> impl Iterator<Item = &Booked> {
        self.booked
            .iter()
            .filter(move |booked| booked.receipt.booked_at <= known_at)
            .filter(move |booked| as_of.is_none_or(|as_of| booked.date() <= as_of))
    }

    /// Debits and credits by account, with the account's currency, of what moved money.
    pub fn settled(&self, as_of: Option<Date>, known_at: Timestamp) -> BTreeMap<AccountCode, Mirror> {
        mirror(self.at(as_of, known_at).flat_map(|booked| booked.legs_in(Layer::Settled).map(|leg| (leg.clone(), 1))))
    }

    /// What is outstanding on each side: what is no longer held takes away what a hold has added.
    pub fn pending(&self, as_of: Option<Date>, known_at: Timestamp) -> BTreeMap<AccountCode, Mirror> {
        mirror(self.at(as_of, known_at).flat_map(|booked| {
            let legs: Vec<NewPosting> = booked.legs_in(Layer::Pending).cloned().collect();
            let holds = booked.entry.kind == EntryKind::Hold;
            let (legs, sign) = if holds { (legs, 1) } else { (opposite(&legs), -1) };
            legs.into_iter().map(move |leg| (leg, sign))
        }))
    }
}

fn opposite(legs: &[NewPosting]) -> Vec<NewPosting> {
    let opposite = |leg: &NewPosting| {
        let amount = Money::new(-leg.amount.minor, leg.amount.currency);
        NewPosting { amount, ..leg.clone() }
    };
    legs.iter().map(opposite).collect()
}

/// Debits and credits of one account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mirror {
    pub currency: Currency,
    pub debits: i128,
    pub credits: i128,
}

fn mirror(legs: impl Iterator<Item = (NewPosting, i128)>) -> BTreeMap<AccountCode, Mirror> {
    let mut accounts = BTreeMap::new();
    for (leg, sign) in legs {
        let currency = leg.amount.currency;
        let sums = accounts.entry(leg.account).or_insert(Mirror { currency, debits: 0, credits: 0 });
        match i128::from(leg.amount.minor) {
            debit if debit > 0 => sums.debits += sign * debit,
            credit => sums.credits -= sign * credit,
        }
    }
    accounts
}

pub fn account(code: &str) -> AccountCode {
    AccountCode::parse(code).unwrap()
}

pub fn day(number: i64) -> Date {
    FIRST_DAY.checked_add(Span::new().days(number)).unwrap()
}

/// An entry with legs (account, minor units, item), dated on a day from [`FIRST_DAY`].
pub fn entry(kind: EntryKind, on_day: i64, legs: &[(&str, i64, Option<&str>)]) -> NewEntry {
    let postings = legs.iter().map(|(code, minor, item)| NewPosting {
        account: account(code),
        amount: Money::new(*minor, currency_of(code)),
        item: item.map(str::to_owned),
        due_date: None,
    });
    NewEntry {
        id: id::fresh(),
        kind,
        effective_date: Some(day(on_day)),
        reference: "REF-1".to_owned(),
        description: "a test".to_owned(),
        actor: "test".to_owned(),
        postings: postings.collect(),
        ..NewEntry::default()
    }
}

/// The release of a hold.
pub fn release(hold: Uuid, on_day: i64) -> NewEntry {
    NewEntry { relates_to: Some(hold), ..entry(EntryKind::Release, on_day, &[]) }
}

fn currency_of(code: &str) -> Currency {
    let (_, currency, ..) = CHART.iter().find(|(known, ..)| *known == code).expect("an account of the chart");
    currency.parse().unwrap()
}

/// Fills `cases` books at random and hands each to `check`, on a runtime of its own.
pub fn for_random_books(cases: u32, check: impl AsyncFn(&mut Book)) {
    for_random_books_of(cases, 12, check);
}

/// The variable that names the seed of random books, so that a failure can be seen again.
const SEED: &str = "DIANFU_TEST_SEED";

/// The same with books of up to so many turns. A failure tells the seed.
#[expect(clippy::needless_pass_by_value, reason = "the check is written where it is passed")]
pub fn for_random_books_of(cases: u32, turns: usize, check: impl AsyncFn(&mut Book)) {
    let turns = prop::collection::vec(prop::collection::vec(step(), 1..5), turns.div_ceil(12)..turns);
    for_cases(cases, turns, &async |book: &mut Book, turns| {
        fill(book, turns).await;
        check(book).await;
    });
}

/// Runs a check on books of their own, each with another random value. A failure tells the seed.
pub fn for_cases<S: Strategy>(cases: u32, values: S, check: &impl AsyncFn(&mut Book, S::Value)) {
    let drawn = || format!("{}{}", id::fresh().simple(), Uuid::new_v8(*id::fresh().as_bytes()).simple());
    let seed = std::env::var(SEED).unwrap_or_else(|_| drawn());
    let digits = seed.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16));
    let bytes: Vec<u8> = digits.collect::<Result<_, _>>().expect("a seed is 64 hexadecimal digits");
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = Config { cases, max_shrink_iters: 30, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new_with_rng(config, rng).run(&values, |value| {
        runtime.block_on(async {
            let mut book = Book::new().await;
            check(&mut book, value).await;
        });
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{SEED}={seed}: {failure}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Entry { kind: EntryKind, on_day: i64, currencies: Vec<usize>, amounts: [i64; 3], texts: [String; 3] },
    Take { which: prop::sample::Index, kind: EntryKind, half: bool, on_day: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    // What plain-text formats take for syntax, and what they may not expect at all.
    let text = || proptest::string::string_regex("[ -~垫付\n\t\r;|,:%()\\[\\]*!=\u{3000}\u{85}é]{0,24}").unwrap();
    let kind = prop_oneof![3 => Just(EntryKind::Post), 1 => Just(EntryKind::Hold)];
    let currencies = prop::sample::subsequence(vec![0_usize, 1, 2, 3], 1..=2);
    let amounts = prop::array::uniform3(prop_oneof![1..100_000_i64, -100_000..0_i64, 1..1_000_000_000_000_i64]);
    let texts = [text().boxed(), text().boxed(), "[ -~;,垫]{1,12}".boxed()];
    let entry = (kind, 0..DAYS, currencies, amounts, texts).prop_map(|(kind, on_day, currencies, amounts, texts)| {
        Step::Entry { kind, on_day, currencies, amounts, texts }
    });
    let kind = prop::sample::select(vec![EntryKind::Release, EntryKind::Capture, EntryKind::Reversal]);
    let take = (any::<prop::sample::Index>(), kind, any::<bool>(), 0..DAYS)
        .prop_map(|(which, kind, half, on_day)| Step::Take { which, kind, half, on_day });
    prop_oneof![5 => entry, 2 => take]
}

/// Posts the steps, each turn as one request; what takes from an earlier entry alone, so that it is known what is left.
async fn fill(book: &mut Book, turns: Vec<Vec<Step>>) {
    for turn in turns {
        let mut request = Vec::new();
        for step in turn {
            match step {
                Step::Entry { kind, on_day, currencies, amounts, texts } => {
                    request.push(random_entry(kind, on_day, &currencies, amounts, texts));
                }
                Step::Take { which, kind, half, on_day } => {
                    book.post(std::mem::take(&mut request)).await;
                    book.post(taking(book, which, kind, half, on_day).into_iter().collect()).await;
                }
            }
        }
        book.post(request).await;
    }
}

/// What takes half of two legs, or all, of one of the entries of which something is left; nothing if there is none.
fn taking(book: &Book, which: prop::sample::Index, kind: EntryKind, half: bool, on_day: i64) -> Option<NewEntry> {
    let from_holds = kind != EntryKind::Reversal;
    let mut originals = book.booked.iter().filter(|booked| match booked.entry.kind {
        EntryKind::Hold => from_holds,
        EntryKind::Post | EntryKind::Capture | EntryKind::Reversal => !from_holds,
        EntryKind::Release | EntryKind::Expiry => false,
    });
    let left = |booked: &Booked| book.left(booked.entry.id);
    let originals: Vec<_> = originals.by_ref().filter(|booked| !left(booked).is_empty()).collect();
    let original = originals.get(which.index(originals.len().max(1)))?;
    let left = left(original);
    let across = left.iter().find(|leg| {
        leg.amount.currency == left[0].amount.currency && leg.amount.minor.signum() != left[0].amount.minor.signum()
    });
    let amount = across?.amount.minor.abs().min(left[0].amount.minor.abs()) / 2;
    let part = |leg: &NewPosting| {
        let minor = leg.amount.minor.signum() * amount;
        NewPosting { amount: Money::new(minor, leg.amount.currency), ..leg.clone() }
    };
    let parts = if half && amount > 0 { vec![part(&left[0]), part(across?)] } else { Vec::new() };
    let postings = if kind == EntryKind::Capture { parts } else { opposite(&parts) };
    let effective_date = Some(original.date().max(day(on_day)));
    Some(NewEntry { relates_to: Some(original.entry.id), effective_date, postings, ..entry(kind, on_day, &[]) })
}

fn random_entry(
    kind: EntryKind,
    on_day: i64,
    currencies: &[usize],
    amounts: [i64; 3],
    [description, reference, item]: [String; 3],
) -> NewEntry {
    let mut legs = Vec::new();
    for currency in currencies {
        let currency = ["CNY", "USD", "JPY", "KWD"][*currency];
        let accounts: Vec<_> = CHART.iter().filter(|(_, known, ..)| *known == currency).collect();
        // At most four legs, on different accounts, the last of which balances the others.
        let n_legs = accounts.len().min(4);
        let first = usize::try_from(amounts[0].unsigned_abs()).unwrap() % accounts.len();
        let mut rest = 0;
        for (leg, (code, _, _, open_item)) in accounts.iter().cycle().skip(first).take(n_legs).enumerate() {
            let last = leg + 1 == n_legs;
            let amount = if last { -rest } else { amounts[leg] };
            rest += amount;
            legs.push((*code, amount, open_item.then_some(item.as_str())));
        }
    }
    legs.retain(|(_, amount, _)| *amount != 0);
    NewEntry { description, reference, ..entry(kind, on_day, &legs) }
}
