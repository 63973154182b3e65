//! Every statement of reconciliation, one function each, on the caller's transaction.
//!
//! Statements take arrays; one is the case of length one. None locks a row: whoever decides on what it reads here has
//! locked the head first ([`dianfu_ledger::journal::sql::lock_head`]), because what is open changes by posting alone.
//! Who inserts first wins by primary key; the loser reads what the winner wrote.

mod application;
mod cash;
mod intake;
mod reading;
mod tolerance;

pub use application::*;
pub use cash::*;
pub use intake::*;
pub use reading::*;
pub use tolerance::*;

use dianfu_ledger::money::Currency;
use tokio_postgres::Row;

use crate::error::Error;

fn currency(row: &Row) -> Result<Currency, Error> {
    let code: &str = row.get("currency");
    code.parse().map_err(|_| corrupt("currency"))
}

fn corrupt(column: &str) -> Error {
    Error::Corrupt(format!("{column} is not what this program writes"))
}

/// A count or an order as the database keeps it.
fn integer(number: usize) -> i32 {
    i32::try_from(number).expect("a file of 64 MiB has fewer segments than 32 bits count")
}

fn ordinal(row: &Row, column: &str) -> Result<usize, Error> {
    usize::try_from(row.get::<_, i32>(column)).map_err(|_| corrupt(column))
}

fn json(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).expect("records of texts and numbers are JSON")
}
