//! Exchanging one currency for another, and settling in a foreign currency what was raised at another rate.
//!
//! Both are one entry: one account gives, another takes, and what the two are worth in the functional currency decides
//! about gain or loss ([`super::legs`]). The entry's metadata has the request, by which a retry is known again, the
//! value, the result, and every rate that was used.

use deadpool_postgres::Transaction;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use super::legs::{Leg, legs};
use super::state::{self, Place, Rates};
use super::{FxFault, Holding, Setup, setup};
use crate::account::{Account, AccountCode};
use crate::decide::Outcome;
use crate::entry::{NewEntry, Receipt};
use crate::error::Error;
use crate::journal::sql as journal;
use crate::ledger::Ledger;
use crate::money::{Currency, Money};
use crate::query::{self, QueryError};
use crate::rate::{Pair, Quotation, RateValue, Ratio, Rule, convert};

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TradeKind {
    /// Two accounts of different currencies.
    Exchange,
    /// Two accounts of one foreign currency.
    Settlement,
}

impl TradeKind {
    /// The journal, as the entry's metadata names it.
    pub fn journal(self) -> &'static str {
        match self {
            TradeKind::Exchange => "fx_exchange",
            TradeKind::Settlement => "fx_settlement",
        }
    }
}

/// An account that gives or takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Side {
    /// The account.
    pub account: AccountCode,
    /// Its open item.
    pub item: Option<String>,
    /// How much, above zero; `None` to have it worked out.
    pub amount: Option<Money>,
}

/// A rate that was agreed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quoted {
    /// What is priced, and in what: the two currencies of the exchange, either way round; for a settlement, its
    /// currency and the functional one.
    pub pair: Pair,
    /// The rate.
    pub value: RateValue,
}

/// What is to be exchanged or settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trade {
    /// The entry's id.
    pub id: Uuid,
    /// Which of the two.
    pub kind: TradeKind,
    /// The day.
    pub date: Date,
    /// What gives: it is credited.
    pub from: Side,
    /// What takes: it is debited.
    pub to: Side,
    /// At this rate; at that of the table if an amount is to be worked out and none is given.
    pub rate: Option<Quoted>,
    /// What both sides are worth in the functional currency; by the rate of the table if neither side says so.
    pub value: Option<Money>,
    /// Which rates of the table may be used.
    pub rule: Rule,
    /// Whether it adjusts a period that is closed to all but adjusters.
    pub adjusting: bool,
    /// The business document.
    pub reference: String,
    /// A sentence for a person.
    pub description: String,
    /// Who asked for it.
    pub actor: String,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Traded {
    /// It is posted, or, in a rehearsal, would be.
    Posted {
        /// Where it stands in the journal.
        receipt: Receipt,
        /// The entry.
        entry: Box<NewEntry>,
        /// What both sides are worth in the functional currency.
        value: Money,
        /// The realised gain, below zero for a loss.
        gain: Money,
        /// The rates of the table that were used.
        rates: Vec<Quotation>,
    },
    /// It was in the books already: the first answer again.
    Replayed(Receipt),
    /// It cannot be done so.
    Refused(FxFault),
}

/// Exchanges or settles inside the caller's transaction; nothing of it counts before the caller's COMMIT.
pub async fn trade(ledger: &Ledger, tx: &Transaction<'_>, trade: &Trade) -> Result<Traded, Error> {
    // Nobody posts between looking and moving.
    journal::lock_head(tx).await?;
    if let Some(known) = known_again(tx, trade).await? {
        return Ok(known);
    }
    let worked = match worked_out(tx, trade).await? {
        Ok(worked) => worked,
        Err(fault) => return Ok(Traded::Refused(fault)),
    };
    let (entry, value, gain, rates) = worked;
    let outcome = ledger.post_in(tx, std::slice::from_ref(&entry)).await?.pop();
    Ok(match outcome {
        Some(Outcome::Posted(receipt) | Outcome::Replayed(receipt)) => {
            Traded::Posted { receipt, entry: Box::new(entry), value, gain, rates }
        }
        Some(Outcome::Rejected(rejection)) => Traded::Refused(FxFault::rejection(&rejection)),
        None => return Err(Error::Corrupt("an entry without an outcome".to_owned())),
    })
}

/// The first answer, if the request is in the books; a conflict, if something else is under its id.
async fn known_again(tx: &Transaction<'_>, trade: &Trade) -> Result<Option<Traded>, Error> {
    let found = query::entry(&**tx, trade.id).await.map_err(|error| match error {
        QueryError::World(error) => error,
        other => Error::Corrupt(other.to_string()),
    })?;
    let Some(there) = found else { return Ok(None) };
    let metadata: Value = there.metadata.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if metadata["request"] == request(trade) {
        let receipt = Receipt { sequence: there.sequence, booked_at: there.booked_at, moved: None };
        return Ok(Some(Traded::Replayed(receipt)));
    }
    let message = format!("entry {} is already in the books, for another request", trade.id);
    Ok(Some(Traded::Refused(FxFault::new("id_conflict", "/id", message))))
}

/// The request as the entry's metadata keeps it.
fn request(trade: &Trade) -> Value {
    let side = |side: &Side| {
        let amount = side.amount.map(|money| money.to_string());
        json!({"account": side.account.as_str(), "item": side.item, "amount": amount})
    };
    let Rule { kind, max_age_days, inverse, via } = &trade.rule;
    json!({
        "kind": trade.kind.journal(),
        "date": trade.date.to_string(),
        "from": side(&trade.from),
        "to": side(&trade.to),
        "rate": trade.rate.map(|quoted| format!("{} {}", quoted.pair, quoted.value)),
        "value": trade.value.map(|value| value.to_string()),
        "rule": {"kind": kind.as_str(), "max_age": max_age_days, "inverse": inverse, "via": via.map(Currency::code)},
        "reference": trade.reference,
        "description": trade.description,
        "adjusting": trade.adjusting,
    })
}

type Worked = (NewEntry, Money, Money, Vec<Quotation>);

async fn worked_out(tx: &Transaction<'_>, trade: &Trade) -> Result<Result<Worked, FxFault>, Error> {
    let Some(view) = setup::in_force(&**tx).await? else { return Ok(Err(FxFault::not_set_up())) };
    let setup = view.setup;
    let mut accounts = Vec::with_capacity(2);
    for (side, pointer) in [(&trade.from, "/from/account"), (&trade.to, "/to/account")] {
        match state::account(tx, &side.account, pointer).await? {
            Ok(account) => accounts.push(account),
            Err(fault) => return Ok(Err(fault)),
        }
    }
    let (from, to) = (&accounts[0], &accounts[1]);
    if let Err(fault) = check(trade, &setup, from, to) {
        return Ok(Err(fault));
    }
    let mut used = Vec::new();
    let mut rates = Rates::new(tx, &trade.rule);
    let amounts = match amounts(trade, &setup, [from.currency, to.currency], &mut rates, &mut used).await? {
        Ok(amounts) => amounts,
        Err(fault) => return Ok(Err(fault)),
    };
    let sides = match sides(tx, trade, &setup, [from, to], &amounts, &mut rates).await? {
        Ok(sides) => sides,
        Err(fault) => return Ok(Err(fault)),
    };
    Ok(legs(&setup, &sides, amounts.value).map(|(postings, gain)| {
        let (value, gain) = (Money::new(amounts.value, setup.functional), Money::new(gain, setup.functional));
        let words: Vec<String> = used.iter().map(Quotation::words).collect();
        let metadata = json!({
            "journal": trade.kind.journal(), "value": value.to_string(), "realised": gain.to_string(), "rates": words,
            "request": request(trade),
        });
        let entry = NewEntry {
            id: trade.id,
            effective_date: Some(trade.date),
            adjusting: trade.adjusting,
            reference: trade.reference.clone(),
            description: trade.description.clone(),
            metadata: Some(metadata.to_string()),
            actor: trade.actor.clone(),
            postings,
            ..NewEntry::default()
        };
        (entry, value, gain, used)
    }))
}

/// Refuses what could not be worked out, whatever the rates are.
fn check(trade: &Trade, setup: &Setup, from: &Account, to: &Account) -> Result<(), FxFault> {
    for (side, account, place) in [(&trade.from, from, "/from"), (&trade.to, to, "/to")] {
        let Some(amount) = side.amount else { continue };
        if amount.currency != account.currency {
            return Err(FxFault::currency(&format!("{place}/currency"), account, amount.currency));
        }
        if amount.minor <= 0 {
            let message = format!("{amount} is not above zero");
            return Err(FxFault::new("amount_not_positive", format!("{place}/amount"), message));
        }
    }
    if trade.value.is_some_and(|value| value.currency != setup.functional || value.minor <= 0) {
        let message = format!("the value is an amount of {} above zero", setup.functional);
        return Err(FxFault::new("value_invalid", "/value", message));
    }
    let same = from.currency == to.currency;
    match trade.kind {
        TradeKind::Exchange if same => {
            let message = format!("both accounts hold {}: there is nothing to exchange", from.currency);
            Err(FxFault::new("same_currency", "/to/account", message))
        }
        TradeKind::Settlement if !same => {
            let message = "a settlement is between two accounts of one currency; an exchange is between two currencies";
            Err(FxFault::new("currency_mismatch", "/to/account", message))
        }
        TradeKind::Settlement if from.currency == setup.functional => {
            let message = format!("{} is the functional currency: an ordinary entry settles it", from.currency);
            Err(FxFault::new("functional_currency", "/from/account", message))
        }
        TradeKind::Settlement if trade.from.account == trade.to.account && trade.from.item == trade.to.item => {
            Err(FxFault::new("account_twice", "/to/account", "both sides are the same"))
        }
        TradeKind::Exchange | TradeKind::Settlement => Ok(()),
    }
}

/// What the sides and the value come to, in minor units above zero.
struct Amounts {
    from: i64,
    to: i64,
    value: i64,
}

async fn amounts(
    trade: &Trade,
    setup: &Setup,
    [from, to]: [Currency; 2],
    rates: &mut Rates<'_>,
    used: &mut Vec<Quotation>,
) -> Result<Result<Amounts, FxFault>, Error> {
    let given = (trade.from.amount.map(|money| money.minor), trade.to.amount.map(|money| money.minor));
    let functional = setup.functional;
    let is_functional = from == functional || to == functional;
    let asked = if from == to { [from, functional] } else { [from, to] };
    let both = matches!(given, (Some(_), Some(_))) && from != to;
    if let Err(fault) = check_given(trade, given, asked, both, is_functional) {
        return Ok(Err(fault));
    }
    let needs_rate = if from == to { trade.value.is_none() } else { !both };
    let ratio = match ratio(trade, asked, needs_rate, rates, used).await? {
        Ok(ratio) => ratio,
        Err(fault) => return Ok(Err(fault)),
    };
    let in_other = |minor: i64, from, to, ratio| positive(convert(minor.into(), from, to, ratio));
    let sides = match given {
        (Some(given), Some(got)) => Ok((given, got)),
        (Some(given), None) if from == to => Ok((given, given)),
        (None, Some(got)) if from == to => Ok((got, got)),
        (Some(given), None) => in_other(given, from, to, ratio).map(|got| (given, got)),
        (None, Some(got)) => in_other(got, to, from, ratio.inverse()).map(|given| (given, got)),
        (None, None) => Err(FxFault::new("amount_missing", "/from/amount", "an amount is needed on one side")),
    };
    let (minor_from, minor_to) = match sides {
        Ok(sides) => sides,
        Err(fault) => return Ok(Err(fault)),
    };
    let value = match trade.value {
        Some(value) => Ok(value.minor),
        None if from == functional => Ok(minor_from),
        None if to == functional => Ok(minor_to),
        None if from == to => in_other(minor_from, from, functional, ratio),
        None => match rates.of(from, functional, trade.date).await? {
            Ok(quotation) => {
                let value = in_other(minor_from, from, functional, quotation.ratio);
                used.push(quotation);
                value
            }
            Err(fault) => Err(fault),
        },
    };
    Ok(value.map(|value| Amounts { from: minor_from, to: minor_to, value }))
}

/// Units of the second currency for one of the first: as agreed on, or as the table has it.
async fn ratio(
    trade: &Trade,
    asked: [Currency; 2],
    is_needed: bool,
    rates: &mut Rates<'_>,
    used: &mut Vec<Quotation>,
) -> Result<Result<Ratio, FxFault>, Error> {
    match trade.rate {
        _ if !is_needed => Ok(Ok(Ratio::ONE)),
        Some(Quoted { pair, value }) if pair.base == asked[0] => Ok(Ok(value.ratio())),
        Some(Quoted { value, .. }) => Ok(Ok(value.ratio().inverse())),
        None => Ok(rates.of(asked[0], asked[1], trade.date).await?.map(|quotation| {
            let ratio = quotation.ratio;
            used.push(quotation);
            ratio
        })),
    }
}

/// Refuses amounts and rates of which one would contradict another.
fn check_given(
    trade: &Trade,
    given: (Option<i64>, Option<i64>),
    asked: [Currency; 2],
    both: bool,
    is_functional: bool,
) -> Result<(), FxFault> {
    let overdetermined = |pointer: &str, message: &str| Err(FxFault::new("overdetermined", pointer, message));
    if trade.kind == TradeKind::Settlement && given.0.is_some() && given.1.is_some() && given.0 != given.1 {
        return overdetermined("/to/amount", "the two sides of a settlement are one amount");
    }
    if trade.rate.is_some() && (both || (trade.kind == TradeKind::Settlement && trade.value.is_some())) {
        return overdetermined("/rate", "the amounts say the rate already");
    }
    if trade.value.is_some() && is_functional {
        return overdetermined("/value", "the side in the functional currency says the value already");
    }
    let fits =
        |pair: Pair| (pair.base, pair.quote) == (asked[0], asked[1]) || (pair.quote, pair.base) == (asked[0], asked[1]);
    match trade.rate {
        Some(quoted) if !fits(quoted.pair) => {
            let message = format!("the rate must be of {}/{} or the other way round", asked[0], asked[1]);
            Err(FxFault::new("rate_pair_mismatch", "/rate", message))
        }
        _ => Ok(()),
    }
}

/// An amount that a rate gave; one that rounds to nothing cannot be posted.
fn positive(minor: Option<i128>) -> Result<i64, FxFault> {
    let minor = minor.and_then(|minor| i64::try_from(minor).ok()).ok_or_else(FxFault::overflow)?;
    let nothing =
        || FxFault::new("amount_not_positive", "", "in the other currency this is less than half a minor unit");
    if minor > 0 { Ok(minor) } else { Err(nothing()) }
}

async fn sides(
    tx: &Transaction<'_>,
    trade: &Trade,
    setup: &Setup,
    accounts: [&Account; 2],
    amounts: &Amounts,
    rates: &mut Rates<'_>,
) -> Result<Result<[Leg; 2], FxFault>, Error> {
    let given = [(&trade.from, -amounts.from), (&trade.to, amounts.to)];
    let mut places = Vec::new();
    for ((side, _), account) in given.iter().zip(accounts) {
        if account.currency != setup.functional {
            if let Err(fault) = state::check_clearing(tx, setup, account.currency).await? {
                return Ok(Err(fault));
            }
            places.push(Place { account: account.clone(), item: side.item.clone() });
        }
    }
    let mut holdings = match state::holdings(tx, setup, &places, None, rates).await? {
        Ok(holdings) => holdings.into_iter(),
        Err(fault) => return Ok(Err(fault)),
    };
    let mut leg = |(side, minor): (&Side, i64), account: &Account| Leg {
        account: account.code.clone(),
        item: side.item.clone(),
        amount: Money::new(minor, account.currency),
        before: if account.currency == setup.functional {
            Holding::default()
        } else {
            holdings.next().unwrap_or_default()
        },
    };
    let from = leg(given[0], accounts[0]);
    Ok(Ok([from, leg(given[1], accounts[1])]))
}
