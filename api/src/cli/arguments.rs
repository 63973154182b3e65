//! Days, times and names as arguments.

use clap::Args;
use dianfu_api::auth::OperatorNo;
use dianfu_api::wire::time;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::book::BookName;
use dianfu_ledger::money::{Currency, MoneyError};
use dianfu_ledger::query::Moment;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

/// The past instant that a question is about.
#[derive(Args)]
pub struct MomentArgs {
    /// Count only what is dated up to this day, such as 2026-05-31
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<Date>,
    /// Count only what the book knew at this time, such as 2026-05-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    known_at: Option<Timestamp>,
}

impl MomentArgs {
    /// The instant.
    pub fn moment(&self) -> Moment {
        Moment { as_of: self.as_of, known_at: self.known_at }
    }
}

/// Reads a day, as the HTTP interface does.
pub fn day(text: &str) -> Result<Date, String> {
    let read = time::day(Value::from(text)).map_err(|error| error.to_string())?;
    read.ok_or_else(|| "is missing".to_owned())
}

/// Reads a time, as the HTTP interface does.
pub fn instant(text: &str) -> Result<Timestamp, String> {
    let wanted = "is a time with its offset, such as 2026-05-01T08:00:00Z";
    text.parse().map_err(|_| wanted.to_owned())
}

/// Reads an account's code.
pub fn account_code(text: &str) -> Result<AccountCode, String> {
    let wanted = "an account's code has 1 to 64 letters, digits, '-', '_' and '.', such as 1101.picc";
    AccountCode::parse(text).ok_or_else(|| wanted.to_owned())
}

/// Reads a currency.
pub fn currency(text: &str) -> Result<Currency, String> {
    text.parse().map_err(|error: MoneyError| error.to_string())
}

/// Reads a JSON object, and keeps it as it is.
pub fn json_object(text: &str) -> Result<String, String> {
    let is_object = serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
    if is_object { Ok(text.to_owned()) } else { Err("is not a JSON object".to_owned()) }
}

/// Reads the name of a book.
pub fn book_name(text: &str) -> Result<BookName, String> {
    let wanted = "a book's name has 1 to 40 lower-case letters, digits and '_', and starts with a letter";
    BookName::parse(text).ok_or_else(|| wanted.to_owned())
}

/// Reads a person's name.
pub fn person(text: &str) -> Result<OperatorNo, String> {
    OperatorNo::parse(text).map_err(|error| error.to_string())
}

/// Reads the name of a party, such as an insurer.
pub fn party(text: &str) -> Result<PartyNo, String> {
    PartyNo::parse(text).map_err(|error| error.to_string())
}
