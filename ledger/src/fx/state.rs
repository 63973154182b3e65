//! What the books say about holdings: quantities, and carrying amounts by the cost on record and the rates of days.

use std::collections::BTreeMap;

use deadpool_postgres::Transaction;
use jiff::civil::Date;
use tokio_postgres::Row;

use super::{FxFault, Holding, Setup, sql};
use crate::account::{Account, AccountCode};
use crate::error::Error;
use crate::journal::sql as journal;
use crate::money::Currency;
use crate::query::row;
use crate::rate::{Pair, Quotation, Rule, convert, table};

/// An account, or an item of it, that holds a foreign currency.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub account: Account,
    pub item: Option<String>,
}

/// Rates looked up, each once.
pub(super) struct Rates<'a> {
    tx: &'a Transaction<'a>,
    rule: &'a Rule,
    found: BTreeMap<(Pair, Date), Quotation>,
}

impl<'a> Rates<'a> {
    pub(super) fn new(tx: &'a Transaction<'a>, rule: &'a Rule) -> Rates<'a> {
        Rates { tx, rule, found: BTreeMap::new() }
    }

    /// What a unit of one currency is worth in another on a day.
    pub(super) async fn of(
        &mut self,
        from: Currency,
        to: Currency,
        date: Date,
    ) -> Result<Result<Quotation, FxFault>, Error> {
        let Ok(pair) = Pair::new(from, to) else { return Ok(Ok(Quotation::same(from, date))) };
        if let Some(found) = self.found.get(&(pair, date)) {
            return Ok(Ok(found.clone()));
        }
        match table::look_up(&**self.tx, pair, date, self.rule, None).await? {
            Ok(found) => {
                self.found.insert((pair, date), found.clone());
                Ok(Ok(found))
            }
            Err(missing) => Ok(Err(FxFault::rate_missing(&missing))),
        }
    }
}

/// What stands at places of foreign currencies at the end of a day, or now, in their order. What moved past the
/// clearing accounts is carried at the rate of its day.
pub(super) async fn holdings(
    tx: &Transaction<'_>,
    setup: &Setup,
    places: &[Place],
    through: Option<Date>,
    rates: &mut Rates<'_>,
) -> Result<Result<Vec<Holding>, FxFault>, Error> {
    let currency = |place: &Place| place.account.currency;
    let codes: Vec<&str> = places.iter().map(|place| place.account.code.as_str()).collect();
    let items: Vec<&str> = places.iter().map(|place| place.item.as_deref().unwrap_or_default()).collect();
    let positions: Vec<String> = places.iter().map(|place| setup.position(currency(place)).to_string()).collect();
    let costs: Vec<String> = places.iter().map(|place| setup.cost(currency(place)).to_string()).collect();
    let rows = tx.query(sql::HOLDINGS, &[&codes, &items, &positions, &costs, &through]).await?;
    let mut holdings = vec![Holding::default(); places.len()];
    for row in &rows {
        let at = usize::try_from(row.get::<_, i64>("no") - 1).map_err(|_| corrupt("an ordinal"))?;
        let (place, holding) = (&places[at], &mut holdings[at]);
        let outside = row::sum(row, "outside")?;
        holding.quantity_minor += row::sum(row, "quantity")?;
        holding.cost_minor += row::sum(row, "cost")?;
        if outside != 0 {
            let quotation = match rates.of(currency(place), setup.functional, row.get("effective_date")).await? {
                Ok(quotation) => quotation,
                Err(fault) => return Ok(Err(fault)),
            };
            match convert(outside, currency(place), setup.functional, quotation.ratio) {
                Some(cost) => holding.cost_minor += cost,
                None => return Ok(Err(FxFault::overflow())),
            }
        }
    }
    Ok(Ok(holdings))
}

/// An account by its code.
pub(super) async fn account(
    tx: &Transaction<'_>,
    code: &AccountCode,
    pointer: &str,
) -> Result<Result<Account, FxFault>, Error> {
    let found = journal::accounts(tx, &[code.as_str().to_owned()]).await?.pop();
    Ok(found.map(|known| known.account).ok_or_else(|| FxFault::account_unknown(pointer, code)))
}

/// Refuses a currency whose clearing accounts are not open.
pub(super) async fn check_clearing(
    tx: &Transaction<'_>,
    setup: &Setup,
    currency: Currency,
) -> Result<Result<(), FxFault>, Error> {
    let codes = [setup.position(currency), setup.cost(currency), setup.revaluation(currency)];
    let wanted: Vec<String> = codes.iter().map(ToString::to_string).collect();
    let open = journal::open_accounts_among(tx, &wanted).await?;
    let missing = codes.into_iter().find(|code| !open.contains(code));
    Ok(missing.map_or(Ok(()), |code| Err(FxFault::clearing_missing(&code, currency))))
}

/// What stands on the items of an account at the end of a day.
pub(super) async fn items_at(
    tx: &Transaction<'_>,
    account: &AccountCode,
    date: Date,
) -> Result<BTreeMap<String, i128>, Error> {
    let rows = tx.query(sql::ITEMS_AT, &[&account.as_str(), &date]).await?;
    rows.iter().map(|row: &Row| Ok((row.get("item"), row::sum(row, "minor")?))).collect()
}

fn corrupt(what: &str) -> Error {
    Error::Corrupt(format!("{what} of a holding"))
}
