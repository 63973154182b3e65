//! Columns as domain values; what the program could never have written is [`Error::Corrupt`].

use tokio_postgres::Row;

use crate::account::{AccountCode, AccountType, Frozen, NormalSide};
use crate::entry::{EntryKind, Layer};
use crate::error::Error;
use crate::money::Currency;

pub(crate) fn account_code(row: &Row, column: &str) -> Result<AccountCode, Error> {
    let code: &str = row.try_get(column)?;
    AccountCode::parse(code).ok_or_else(|| corrupt(column, code))
}

pub(crate) fn currency(row: &Row) -> Result<Currency, Error> {
    let code: &str = row.try_get("currency")?;
    code.parse().map_err(|_| corrupt("currency", code))
}

pub(crate) fn normal_side(row: &Row) -> Result<NormalSide, Error> {
    let letter: &str = row.try_get("normal_side")?;
    NormalSide::from_letter(letter).ok_or_else(|| corrupt("normal_side", letter))
}

pub(crate) fn account_type(row: &Row) -> Result<AccountType, Error> {
    let word: &str = row.try_get("type")?;
    AccountType::from_word(word).ok_or_else(|| corrupt("type", word))
}

pub(crate) fn frozen(row: &Row) -> Result<Frozen, Error> {
    let word: &str = row.try_get("frozen")?;
    Frozen::from_word(word).ok_or_else(|| corrupt("frozen", word))
}

pub(crate) fn kind(row: &Row) -> Result<EntryKind, Error> {
    known_kind(row.try_get("kind")?)
}

pub(crate) fn known_kind(number: i16) -> Result<EntryKind, Error> {
    EntryKind::from_number(number).ok_or_else(|| corrupt("kind", number))
}

pub(crate) fn layer(row: &Row) -> Result<Layer, Error> {
    let number: i16 = row.try_get("layer")?;
    Layer::from_number(number).ok_or_else(|| corrupt("layer", number))
}

/// A sum of minor units: the server sums `bigint` as `numeric`, which has no limit, and sends it as text.
pub(crate) fn sum(row: &Row, column: &str) -> Result<i128, Error> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| corrupt(column, text))
}

fn corrupt(column: &str, value: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("{column} is '{value}'"))
}
