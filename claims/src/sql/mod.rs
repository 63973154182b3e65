//! Every statement of claims, one function each, on the caller's transaction. Statements take arrays; one is the case
//! of length one.
//!
//! Reading order: [`insurers`] and [`parties`] (who takes part), [`calendar`] and [`coverage`] (bank days, guarantees),
//! [`terms`] (what policies promise), [`rule_book`] (the rules), [`rules`] (what they need to know and what they
//! decided), [`shares`] (how claims were shared), [`charity`] (packs that were given), [`review_tasks`] (the queue of
//! those who review), [`claims`] (the claims), [`proposals`] (what takes two people), [`vault`] (what is sealed),
//! [`patients`] (who they are), [`materials`] and [`documents`] (what they hand in), [`search`] and [`queues`] (finding
//! claims), [`acts`] (what people have done besides).

pub mod acts;
pub mod calendar;
pub mod charity;
pub mod claims;
pub mod coverage;
pub mod documents;
pub mod insurers;
pub mod materials;
pub mod parties;
pub mod patients;
pub mod proposals;
pub mod queues;
pub mod review_tasks;
pub mod rule_book;
pub mod rules;
pub mod search;
pub mod shares;
pub mod terms;
pub mod vault;

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
