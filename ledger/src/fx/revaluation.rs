//! Revaluation: monetary accounts of foreign currencies valued at the closing rate of a day.
//!
//! One entry an account on the day, and one that moves it back on the next. Doing it again posts nothing; with a
//! corrected rate, or after late postings, the difference. The method stands in [`super`].

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::Transaction;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::legs::push;
use super::state::{self, Place, Rates};
use super::{FxFault, Setup, setup, sql};
use crate::account::AccountCode;
use crate::decide::Outcome;
use crate::entry::{EntryKind, NewEntry, NewPosting, Receipt};
use crate::error::Error;
use crate::id;
use crate::journal::sql as journal;
use crate::ledger::Ledger;
use crate::money::{Currency, decimal_text};
use crate::rate::{Quotation, Rule, convert};
use crate::rejection::Rejection;

/// What is to be revalued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revaluation {
    /// The last day of the period.
    pub date: Date,
    /// The accounts; if there are none, those whose metadata says `"monetary": true`.
    pub accounts: Vec<AccountCode>,
    /// At which rates balances are valued.
    pub rule: Rule,
    /// At which rates what moved past the clearing accounts is carried.
    pub carried_at: Rule,
    /// Whether it adjusts a period that is closed to all but adjusters.
    pub adjusting: bool,
    /// Who asked for it.
    pub actor: String,
}

/// An account that was valued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevaluedAccount {
    /// The account.
    pub account: AccountCode,
    /// What stands on it, debit positive, in minor units.
    pub quantity_minor: i128,
    /// Its currency.
    pub currency: Currency,
    /// At what that is carried, in minor units of the functional currency, as are all amounts from here on.
    pub carried_minor: i128,
    /// The rate.
    pub rate: Quotation,
    /// What it is worth at that rate.
    pub value_minor: i128,
    /// What earlier revaluations of the same day had posted.
    pub posted_minor: i128,
    /// What is posted now.
    pub change_minor: i128,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Revalued {
    /// It is posted, or, in a rehearsal, would be; no entries, if nothing has changed since the last time.
    Posted {
        /// The functional currency.
        functional: Currency,
        /// The accounts by code.
        accounts: Vec<RevaluedAccount>,
        /// The entries, each followed by the one that moves it back.
        receipts: Vec<Receipt>,
    },
    /// It cannot be done so.
    Refused(FxFault),
}

/// Revalues inside the caller's transaction; nothing of it counts before the caller's COMMIT.
pub async fn revalue(ledger: &Ledger, tx: &Transaction<'_>, asked: &Revaluation) -> Result<Revalued, Error> {
    // Nobody posts between looking and moving.
    let head = journal::lock_head(tx).await?;
    let Some(view) = setup::in_force(&**tx).await? else { return Ok(Revalued::Refused(FxFault::not_set_up())) };
    let setup = view.setup;
    let accounts = match valued(tx, &setup, asked).await? {
        Ok(accounts) => accounts,
        Err(fault) => return Ok(Revalued::Refused(fault)),
    };
    let mut entries = Vec::new();
    let currencies: BTreeSet<Currency> = accounts.iter().map(|account| account.currency).collect();
    for currency in currencies {
        let posted = state::items_at(tx, &setup.revaluation(currency), asked.date).await?;
        let of_currency = accounts.iter().filter(|account| account.currency == currency);
        for change in changes(&posted, of_currency) {
            match entry(asked, &setup, currency, &change, head.sequence, &accounts) {
                Ok(pair) => entries.extend(pair),
                Err(fault) => return Ok(Revalued::Refused(fault)),
            }
        }
    }
    if let Some(last) = entries.last_mut() {
        last.linked = false;
    }
    let mut receipts = Vec::with_capacity(entries.len());
    let outcomes = if entries.is_empty() { Vec::new() } else { ledger.post_in(tx, &entries).await? };
    for outcome in outcomes {
        match outcome {
            Outcome::Posted(receipt) | Outcome::Replayed(receipt) => receipts.push(receipt),
            Outcome::Rejected(Rejection::LinkedEntryRejected { .. }) => {}
            Outcome::Rejected(rejection) => return Ok(Revalued::Refused(FxFault::rejection(&rejection))),
        }
    }
    Ok(Revalued::Posted { functional: setup.functional, accounts, receipts })
}

/// The accounts with what stands on them, at what it is carried, and what it is worth.
async fn valued(
    tx: &Transaction<'_>,
    setup: &Setup,
    asked: &Revaluation,
) -> Result<Result<Vec<RevaluedAccount>, FxFault>, Error> {
    let places = match places(tx, setup, asked).await? {
        Ok(places) => places,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut carried_at = Rates::new(tx, &asked.carried_at);
    let holdings = match state::holdings(tx, setup, &places, Some(asked.date), &mut carried_at).await? {
        Ok(holdings) => holdings,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut closing = Rates::new(tx, &asked.rule);
    let mut posted: BTreeMap<Currency, BTreeMap<String, i128>> = BTreeMap::new();
    let mut accounts = Vec::with_capacity(places.len());
    for (place, holding) in places.into_iter().zip(holdings) {
        let (code, currency) = (place.account.code, place.account.currency);
        if let Entry::Vacant(vacant) = posted.entry(currency) {
            vacant.insert(state::items_at(tx, &setup.revaluation(currency), asked.date).await?);
        }
        let rate = match closing.of(currency, setup.functional, asked.date).await? {
            Ok(rate) => rate,
            Err(fault) => return Ok(Err(fault)),
        };
        let Some(value_minor) = convert(holding.quantity_minor, currency, setup.functional, rate.ratio) else {
            return Ok(Err(FxFault::overflow()));
        };
        let posted_minor = posted[&currency].get(code.as_str()).copied().unwrap_or(0);
        accounts.push(RevaluedAccount {
            account: code,
            quantity_minor: holding.quantity_minor,
            currency,
            carried_minor: holding.cost_minor,
            rate,
            value_minor,
            posted_minor,
            change_minor: value_minor - holding.cost_minor - posted_minor,
        });
    }
    Ok(Ok(accounts))
}

async fn places(
    tx: &Transaction<'_>,
    setup: &Setup,
    asked: &Revaluation,
) -> Result<Result<Vec<Place>, FxFault>, Error> {
    let mut codes: BTreeSet<AccountCode> = asked.accounts.iter().cloned().collect();
    if codes.is_empty() {
        for row in tx.query(sql::MONETARY, &[&setup.functional.code()]).await? {
            codes.extend(AccountCode::parse(row.get("code")));
        }
    }
    let mut places = Vec::with_capacity(codes.len());
    for code in codes {
        let account = match state::account(tx, &code, "/accounts").await? {
            Ok(account) => account,
            Err(fault) => return Ok(Err(fault)),
        };
        if account.currency == setup.functional {
            let message = format!("account {code} holds {}, the functional currency", account.currency);
            return Ok(Err(FxFault::new("functional_currency", "/accounts", message)));
        }
        if let Err(fault) = state::check_clearing(tx, setup, account.currency).await? {
            return Ok(Err(fault));
        }
        places.push(Place { account, item: None });
    }
    Ok(Ok(places))
}

/// What is to be posted for one account: what stood on its item and on which result, and what is to stand there.
struct Change {
    item: String,
    was: i128,
    was_gain: bool,
    is: i128,
    is_gain: bool,
}

/// The changes of one currency. All of it is gain or all of it is loss, as it is in sum: where a correction turns the
/// sum, every account of the currency moves from one to the other. Pure.
fn changes<'a>(posted: &BTreeMap<String, i128>, accounts: impl Iterator<Item = &'a RevaluedAccount>) -> Vec<Change> {
    let mut targets = posted.clone();
    for account in accounts {
        targets.insert(account.account.to_string(), account.value_minor - account.carried_minor);
    }
    let was_gain = posted.values().sum::<i128>() >= 0;
    let is_gain = targets.values().sum::<i128>() >= 0;
    let change = |(item, is): (String, i128)| {
        let was = posted.get(&item).copied().unwrap_or(0);
        Change { item, was, was_gain, is, is_gain }
    };
    let changes = targets.into_iter().map(change);
    changes.filter(|change| change.was != change.is || (was_gain != is_gain && change.was != 0)).collect()
}

/// The entry of the day, and the one of the next that moves it back.
fn entry(
    asked: &Revaluation,
    setup: &Setup,
    currency: Currency,
    change: &Change,
    sequence: i64,
    accounts: &[RevaluedAccount],
) -> Result<[NewEntry; 2], FxFault> {
    let Change { item, was, was_gain, is, is_gain } = change;
    let functional = setup.functional;
    let mut postings: Vec<NewPosting> = Vec::with_capacity(3);
    push(&mut postings, setup.revaluation(currency), is - was, functional, Some(item.clone()))?;
    let of = |gain: bool| (if gain == *was_gain { *was } else { 0 }) - (if gain == *is_gain { *is } else { 0 });
    push(&mut postings, setup.unrealised_gain.clone(), of(true), functional, None)?;
    push(&mut postings, setup.unrealised_loss.clone(), of(false), functional, None)?;
    let valued = accounts.iter().find(|account| account.account.as_str() == item);
    let money = |minor: i128| decimal_text(minor, functional);
    let metadata = valued.map(|valued| {
        json!({
            "journal": "fx_revaluation", "account": item, "rate": valued.rate.words(),
            "balance": decimal_text(valued.quantity_minor, currency), "currency": currency.code(),
            "carried": money(valued.carried_minor), "value": money(valued.value_minor),
        })
    });
    let metadata = metadata.unwrap_or_else(|| json!({"journal": "fx_revaluation", "account": item}));
    let since = asked.date.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp()).unwrap_or_default();
    let fact = format!("{} {item} after {sequence}", asked.date);
    let of_day = NewEntry {
        id: id::entry_id(since, "fx_revaluation", &fact),
        effective_date: Some(asked.date),
        adjusting: asked.adjusting,
        reference: format!("REVALUATION {}", asked.date),
        description: format!("Revaluation of {item}"),
        metadata: Some(metadata.to_string()),
        actor: asked.actor.clone(),
        linked: true,
        postings,
        ..NewEntry::default()
    };
    let back = NewEntry {
        id: id::entry_id(since, "fx_revaluation_back", &fact),
        kind: EntryKind::Reversal,
        effective_date: Some(asked.date.saturating_add(jiff::Span::new().days(1))),
        relates_to: Some(of_day.id),
        description: format!("Revaluation of {item}, moved back"),
        postings: Vec::new(),
        metadata: Some(r#"{"journal":"fx_revaluation"}"#.to_owned()),
        ..of_day.clone()
    };
    Ok([of_day, back])
}

impl RevaluedAccount {
    /// What it is worth above what it is carried at.
    pub fn difference_minor(&self) -> i128 {
        self.value_minor - self.carried_minor
    }

    /// What stands on it.
    pub fn quantity(&self) -> String {
        decimal_text(self.quantity_minor, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account(code: &str, carried_minor: i128, value_minor: i128) -> RevaluedAccount {
        let date = jiff::civil::date(2026, 4, 30);
        RevaluedAccount {
            account: AccountCode::parse(code).unwrap(),
            quantity_minor: 0,
            currency: Currency::USD,
            carried_minor,
            rate: Quotation::same(Currency::USD, date),
            value_minor,
            posted_minor: 0,
            change_minor: 0,
        }
    }

    fn asked() -> Revaluation {
        let rule = Rule::exact(crate::rate::RateKind::closing());
        Revaluation {
            date: jiff::civil::date(2026, 4, 30),
            accounts: Vec::new(),
            carried_at: rule.clone(),
            rule,
            adjusting: false,
            actor: "test".to_owned(),
        }
    }

    /// Posts what a revaluation of these accounts asks for, and answers how many entries that took.
    fn post(books: &mut BTreeMap<(String, String), i128>, accounts: &[RevaluedAccount]) -> usize {
        let setup = Setup::starter(Currency::CNY);
        let posted: BTreeMap<String, i128> = books
            .iter()
            .filter(|((account, _), minor)| account == "1903.usd" && **minor != 0)
            .map(|((_, item), minor)| (item.clone(), *minor))
            .collect();
        let changes = changes(&posted, accounts.iter());
        for change in &changes {
            let [of_day, _] = entry(&asked(), &setup, Currency::USD, change, 7, accounts).unwrap();
            assert_eq!(of_day.postings.iter().map(|leg| leg.amount.minor).sum::<i64>(), 0);
            for leg in of_day.postings {
                let key = (leg.account.to_string(), leg.item.unwrap_or_default());
                *books.entry(key).or_default() += i128::from(leg.amount.minor);
            }
        }
        changes.len()
    }

    fn on(books: &BTreeMap<(String, String), i128>, account: &str) -> i128 {
        books.iter().filter(|((code, _), _)| code == account).map(|(_, minor)| *minor).sum()
    }

    proptest! {
        /// However often rates are corrected, and over whichever of the accounts: each item is its difference, the sum
        /// is on one account of results, and once more changes nothing.
        #[test]
        fn doing_it_again_is_nothing(
            rounds in prop::collection::vec(prop::collection::vec(-1_000..1_000_i128, 3), 1..6),
            first in 0..3_usize,
        ) {
            let mut books = BTreeMap::new();
            let mut expected = [0; 3];
            for differences in rounds {
                let accounts: Vec<_> = ["a", "b", "c"]
                    .iter()
                    .zip(&differences)
                    .skip(first)
                    .map(|(code, difference)| account(code, 500, 500 + difference))
                    .collect();
                expected[first..].copy_from_slice(&differences[first..]);
                post(&mut books, &accounts);
                prop_assert_eq!(post(&mut books, &accounts), 0);
                for (code, difference) in ["a", "b", "c"].iter().zip(expected) {
                    let item = books.get(&("1903.usd".to_owned(), (*code).to_owned())).copied().unwrap_or(0);
                    prop_assert_eq!(item, difference);
                }
                let sum: i128 = expected.iter().sum();
                prop_assert_eq!((on(&books, "4912"), on(&books, "5912")), ((-sum).min(0), (-sum).max(0)));
            }
        }
    }
}
