//! The rates on record: putting them there, looking one up, and listing them.
//!
//! A look-up costs one index probe a rate that it tries, and two more to name the nearest day where there is none.
//! Putting any number of rates on record costs two statements; it holds the head, as every row of the register does.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use tokio_postgres::{GenericClient, Row};

use super::{KIND, NewRate, Pair, Quotation, RATES_MAX, RateFault, RateKind, RateMissing, RateValue, Rule, Step};
use super::{name, sql, value};
use crate::account::check_text;
use crate::entry::REFERENCE_BYTES_MAX;
use crate::error::Error;
use crate::journal::sql as journal;
use crate::money::Currency;
use crate::register::{self, Signature};

/// The days that rates may have.
const FIRST_DAY: Date = date(1, 1, 1);
const LAST_DAY: Date = date(9999, 12, 31);

/// What the register keeps of a rate beside its name.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    rate: String,
    source: String,
}

/// A rate on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RateView {
    /// The rate.
    pub rate: NewRate,
    /// Its number in the register.
    pub register_no: i64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// How many rates were put on record.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Recorded {
    /// Days that had none of the pair and kind.
    pub new: usize,
    /// Days that had another.
    pub corrected: usize,
    /// Days that had the same from the same source: nothing was recorded for them.
    pub unchanged: usize,
}

/// What became of rates that were to be put on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RateOutcome {
    /// They are in force.
    Recorded(Recorded),
    /// None is; this is wrong with the rate at this place, from 0.
    Refused(usize, RateFault),
}

/// Puts rates on record, all or none, inside the caller's transaction, which must not be used for anything long.
pub async fn record(tx: &Transaction<'_>, rates: &[NewRate], signature: Signature<'_>) -> Result<RateOutcome, Error> {
    if let Err((at, fault)) = check(rates, signature) {
        return Ok(RateOutcome::Refused(at, fault));
    }
    let mut head = journal::lock_head(tx).await?;
    let now = journal::clock(tx).await?;
    let names: Vec<String> = rates.iter().map(NewRate::name).collect();
    let there = tx.query(sql::IN_FORCE, &[&names]).await?;
    let there: HashMap<&str, &str> = there.iter().map(|row| (row.get("name"), row.get("content"))).collect();
    let mut recorded = Recorded::default();
    let mut rows = Vec::new();
    for (name, rate) in names.iter().zip(rates) {
        let content = Content { rate: rate.value.to_string(), source: rate.source.clone() };
        let content = serde_json::to_string(&content).expect("a struct of texts is JSON");
        match there.get(name.as_str()) {
            Some(same) if *same == content => recorded.unchanged += 1,
            Some(_) => {
                recorded.corrected += 1;
                rows.push((name.as_str(), content));
            }
            None => {
                recorded.new += 1;
                rows.push((name.as_str(), content));
            }
        }
    }
    register::record_many(tx, &mut head, KIND, &rows, signature, now).await?;
    Ok(RateOutcome::Recorded(recorded))
}

fn check(rates: &[NewRate], signature: Signature<'_>) -> Result<(), (usize, RateFault)> {
    signature.check().map_err(|fault| (0, RateFault::text(&fault)))?;
    if !(1..=RATES_MAX).contains(&rates.len()) {
        return Err((0, RateFault::count(rates.len(), RATES_MAX)));
    }
    let mut seen = HashSet::new();
    for (at, rate) in rates.iter().enumerate() {
        value::check_date(rate.date).map_err(|fault| (at, fault))?;
        check_source(&rate.source).map_err(|fault| (at, fault))?;
        if !seen.insert((rate.pair, &rate.kind, rate.date)) {
            return Err((at, RateFault::twice(&rate.name())));
        }
    }
    Ok(())
}

/// Refuses a source that is missing, too long, or cannot be stored.
pub(super) fn check_source(source: &str) -> Result<(), RateFault> {
    check_text("source", source, REFERENCE_BYTES_MAX).map_err(|fault| RateFault::text(&fault))
}

/// What a unit of a currency is worth in another on a day, as it was known at a time, or now.
///
/// Tried in this order: a rate of the pair; if the rule says so, one the other way round; if it says so, two over
/// another currency, each either way as the rule says. The first that is of the day or not older than the rule allows
/// is taken: a rate of the pair from the day before comes before one of the inverse from the very day.
pub async fn look_up(
    client: &impl GenericClient,
    pair: Pair,
    date: Date,
    rule: &Rule,
    known_at: Option<Timestamp>,
) -> Result<Result<Quotation, RateMissing>, Error> {
    if let Some(step) = step(client, pair, date, rule, known_at).await? {
        return Ok(quotation(pair, date, rule, vec![step]));
    }
    if let Some(via) = rule.via.filter(|via| *via != pair.base && *via != pair.quote) {
        let mut steps = Vec::new();
        for leg in [Pair { base: pair.base, quote: via }, Pair { base: via, quote: pair.quote }] {
            match step(client, leg, date, rule, known_at).await? {
                Some(step) => steps.push(step),
                None => return Ok(Err(missing(client, leg, date, rule, known_at).await?)),
            }
        }
        return Ok(quotation(pair, date, rule, steps));
    }
    Ok(Err(missing(client, pair, date, rule, known_at).await?))
}

fn quotation(pair: Pair, date: Date, rule: &Rule, steps: Vec<Step>) -> Result<Quotation, RateMissing> {
    let Rule { kind, max_age_days, .. } = rule;
    let too_wide = || RateMissing { pair, date, kind: kind.clone(), max_age_days: *max_age_days, nearest: None };
    Quotation::of(pair, date, steps).ok_or_else(too_wide)
}

async fn step(
    client: &impl GenericClient,
    pair: Pair,
    date: Date,
    rule: &Rule,
    known_at: Option<Timestamp>,
) -> Result<Option<Step>, Error> {
    for (pair, inverted) in [(pair, false), (pair.inverse(), true)] {
        if inverted && !rule.inverse {
            break;
        }
        let days = (rule.earliest(date), date);
        if let Some(rate) = probe(client, sql::LAST_IN_RANGE, pair, &rule.kind, days, known_at).await? {
            return Ok(Some(Step { rate, inverted }));
        }
    }
    Ok(None)
}

async fn missing(
    client: &impl GenericClient,
    pair: Pair,
    date: Date,
    rule: &Rule,
    known_at: Option<Timestamp>,
) -> Result<RateMissing, Error> {
    let mut days = Vec::new();
    for pair in [pair, pair.inverse()] {
        for (statement, range) in [(sql::LAST_IN_RANGE, (FIRST_DAY, date)), (sql::FIRST_IN_RANGE, (date, LAST_DAY))] {
            days.extend(
                probe(client, statement, pair, &rule.kind, range, known_at).await?.map(|found| found.rate.date),
            );
        }
    }
    let nearest = days.into_iter().min_by_key(|day| (day.duration_since(date).abs(), *day));
    Ok(RateMissing { pair, date, kind: rule.kind.clone(), max_age_days: rule.max_age_days, nearest })
}

async fn probe(
    client: &impl GenericClient,
    statement: &str,
    pair: Pair,
    kind: &RateKind,
    (first, last): (Date, Date),
    known_at: Option<Timestamp>,
) -> Result<Option<RateView>, Error> {
    let (first, last) = (name(pair, kind, first.max(FIRST_DAY)), name(pair, kind, last.min(LAST_DAY)));
    let found = client.query_opt(statement, &[&first, &last, &known_at]).await?;
    found.as_ref().map(view).transpose()
}

/// Which rates a list is to have.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Filter {
    /// Of this base only.
    pub base: Option<Currency>,
    /// In this quote only.
    pub quote: Option<Currency>,
    /// Of this kind only.
    pub kind: Option<RateKind>,
    /// From this day on.
    pub from: Option<Date>,
    /// Up to this day.
    pub to: Option<Date>,
    /// As they were known at this time.
    pub known_at: Option<Timestamp>,
    /// Behind the rate of this name.
    pub after: String,
}

/// At most so many of the rates in force, by pair, kind and day.
pub async fn list(client: &impl GenericClient, filter: &Filter, limit: u16) -> Result<Vec<RateView>, Error> {
    let Filter { base, quote, kind, from, to, known_at, after } = filter;
    let (base, quote) = (base.map(Currency::code), quote.map(Currency::code));
    let kind = kind.as_ref().map(RateKind::as_str);
    let day = |given: Option<Date>, or: Date| given.unwrap_or(or).clamp(FIRST_DAY, LAST_DAY).to_string();
    let (from, to) = (day(*from, FIRST_DAY), day(*to, LAST_DAY));
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [after, &base, &quote, &kind, &from, &to, known_at, &i64::from(limit)];
    client.query(sql::LIST, &values).await?.iter().map(view).collect()
}

/// All that was ever on record for a pair, kind and day, oldest first: the last is in force.
pub async fn history(
    client: &impl GenericClient,
    pair: Pair,
    kind: &RateKind,
    date: Date,
) -> Result<Vec<RateView>, Error> {
    client.query(sql::HISTORY, &[&name(pair, kind, date)]).await?.iter().map(view).collect()
}

fn view(row: &Row) -> Result<RateView, Error> {
    let read = || -> Option<NewRate> {
        let mut words = row.get::<_, &str>("name").split(' ');
        let (pair, kind, date) = (words.next()?, words.next()?, words.next()?);
        let Content { rate, source } = serde_json::from_str(row.get("content")).ok()?;
        let (pair, kind, date) = (pair.parse().ok()?, kind.parse().ok()?, date.parse().ok()?);
        Some(NewRate { pair, date, kind, value: RateValue::parse(&rate).ok()?, source })
    };
    let rate = read().ok_or_else(|| Error::Corrupt("a rate in the register".to_owned()))?;
    Ok(RateView {
        rate,
        register_no: row.get("register_no"),
        recorded_at: row.get("recorded_at"),
        actor: row.get("actor"),
        reason: row.get("reason"),
    })
}
