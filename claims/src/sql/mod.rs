//! Every statement of claims, one function each, on the caller's transaction. Statements take arrays; one is the case
//! of length one.
//!
//! Reading order: [`parties`] (who takes part), [`rules`] (the rules and what they need to know), [`claims`] (the
//! claims).

pub mod claims;
pub mod parties;
pub mod rules;

use dianfu_ledger::money::Currency;
use dianfu_settlement::number::NumberError;
use tokio_postgres::Row;

use crate::error::Error;

fn number<T>(parsed: Result<T, NumberError>) -> Result<T, Error> {
    parsed.map_err(|error| Error::Corrupt(error.to_string()))
}

fn currency(row: &Row) -> Result<Currency, Error> {
    row.get::<_, &str>("currency").parse().map_err(|_| corrupt("currency"))
}

fn corrupt(column: &str) -> Error {
    Error::Corrupt(column.to_owned())
}

fn json<T: serde::Serialize>(value: &T) -> Result<serde_json::Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::Corrupt(error.to_string()))
}
