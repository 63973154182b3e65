//! The plain-text journal of hledger.
//!
//! Each settled entry is one transaction: its effective date, the sequence as the code, the description, and the tags
//! `id`, `reference` and, on postings, `item`. Holds and releases move no money and are left out, so that
//! `hledger balance` gives the trial balance, account by account, debits positive.
//!
//! Account names: the first dot becomes hledger's separator, `1101.picc` is `1101:picc`, so that hledger rolls up to
//! the control account by itself. Codes have no colons, so the mapping is one to one ([`hledger_account`]).
//!
//! Texts keep their meaning: what hledger would take for syntax, and `%` itself, is written as in URLs (`;` is `%3B`),
//! so that every URL decoder gives the text back. That concerns `;` `|` `,` `[` `]` `%`, control characters, those of
//! the direction of writing too, white space other than single inner spaces, and a parenthesis in front.
//!
//! Written as it is read, a piece of the journal at a time; memory does not grow with the journal.

use std::fmt::Write as _;
use std::io::Write;
use std::pin::pin;

use futures_util::TryStreamExt;
use tokio_postgres::types::ToSql;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::error::Error;
use crate::money::{Currency, Money};
use crate::query::{Horizon, Moment, QueryError, horizon};

use super::{ExportError, Exported, Progress, is_bidi_control, sql};

/// Entries read with one statement: what the server sorts at a time.
const PIECE_ENTRIES: i64 = 1 << 17;

/// The name of an account in hledger: `1101.picc` is `1101:picc`.
pub fn hledger_account(code: &str) -> String {
    code.replacen('.', ":", 1)
}

/// Writes the journal as it was at a moment.
pub async fn hledger(
    client: &impl GenericClient,
    moment: Moment,
    out: &mut impl Write,
    mut progress: impl FnMut(Progress),
) -> Result<Exported, ExportError> {
    let horizon = horizon(client, moment).await?;
    write_heading(&horizon, out)?;
    write_accounts(client, &horizon, out).await?;
    let mut entries = 0;
    let mut first = 1;
    while first <= horizon.sequence {
        let last = horizon.sequence.min(first + PIECE_ENTRIES - 1);
        entries += write_entries(client, first, last, &horizon, out).await?;
        progress(Progress { done: last.unsigned_abs(), total: horizon.sequence.unsigned_abs() });
        first = last + 1;
    }
    out.flush()?;
    Ok(Exported { entries, known_at: horizon.known_at, last_sequence: horizon.sequence })
}

fn write_heading(horizon: &Horizon, out: &mut impl Write) -> Result<(), ExportError> {
    let as_of = horizon.as_of.map_or_else(|| "of any date".to_owned(), |date| format!("dated up to {date}"));
    writeln!(out, "; Settled entries {as_of}, known at {}. Holds move no money and are left out.", horizon.known_at)?;
    writeln!(out, "decimal-mark .\n")?;
    Ok(())
}

async fn write_accounts(
    client: &impl GenericClient,
    horizon: &Horizon,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let parameters: [&(dyn ToSql + Sync); 2] = [&horizon.sequence, &horizon.as_of];
    let mut rows = pin!(client.query_raw(sql::ACCOUNTS, parameters).await?);
    let mut currencies: Vec<Currency> = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let currency = currency(&row)?;
        if !currencies.contains(&currency) {
            writeln!(out, "commodity {}", commodity_style(currency))?;
            currencies.push(currency);
        }
        let mut line = format!("account {}  ; name:", hledger_account(row.get("code")));
        push_escaped(&mut line, row.get("name"));
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// `1000.00 CNY`, `1000. JPY`: hledger reads from it how many decimals to show and which mark is the decimal one.
fn commodity_style(currency: Currency) -> String {
    let decimals = "0".repeat(usize::try_from(currency.decimals()).expect("a currency has a few decimals"));
    format!("1000.{decimals} {currency}")
}

/// Writes the settled entries of a piece; answers how many.
async fn write_entries(
    client: &impl GenericClient,
    first: i64,
    last: i64,
    horizon: &Horizon,
    out: &mut impl Write,
) -> Result<u64, ExportError> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&first, &last, &horizon.as_of];
    let mut rows = pin!(client.query_raw(sql::LEGS, parameters).await?);
    let mut entries = 0;
    let mut written = None;
    while let Some(row) = rows.try_next().await? {
        let sequence: i64 = row.get("sequence");
        if written != Some(sequence) {
            writeln!(out, "\n{}", transaction_line(&row, sequence)?)?;
            written = Some(sequence);
            entries += 1;
        }
        writeln!(out, "{}", posting_line(&row)?)?;
    }
    Ok(entries)
}

fn transaction_line(row: &Row, sequence: i64) -> Result<String, QueryError> {
    let date: jiff::civil::Date = row.try_get("effective_date")?;
    let id: Uuid = row.try_get("entry_id")?;
    let mut line = format!("{date} * ({sequence}) ");
    push_escaped(&mut line, row.get("description"));
    write!(line, "  ; id:{id}, reference:").expect("a string takes all text");
    push_escaped(&mut line, row.get("reference"));
    Ok(line)
}

fn posting_line(row: &Row) -> Result<String, QueryError> {
    let amount = Money::new(row.try_get("amount_minor")?, currency(row)?);
    let mut line = format!("    {}  {amount}", hledger_account(row.get("code")));
    if let Some(item) = row.get::<_, Option<&str>>("item") {
        line.push_str("  ; item:");
        push_escaped(&mut line, item);
    }
    Ok(line)
}

fn currency(row: &Row) -> Result<Currency, QueryError> {
    let code: &str = row.try_get("currency")?;
    code.parse().map_err(|_| QueryError::World(Error::Corrupt(format!("currency is '{code}'"))))
}

/// Appends a text so that hledger takes all of it for text.
fn push_escaped(line: &mut String, text: &str) {
    let mut previous = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_syntax = match character {
            ' ' => matches!(previous, None | Some(' ')) || characters.peek().is_none(),
            '(' => previous.is_none(),
            ';' | '|' | ',' | '[' | ']' | '%' => true,
            other => other.is_control() || other.is_whitespace() || is_bidi_control(other),
        };
        if is_syntax {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                write!(line, "%{byte:02X}").expect("a string takes all text");
            }
        } else {
            line.push(character);
        }
        previous = Some(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_below_its_control_account() {
        assert_eq!(hledger_account("1101.picc"), "1101:picc");
        assert_eq!(hledger_account("1101"), "1101");
        assert_eq!(hledger_account("1101.a.b"), "1101:a.b");
    }

    #[test]
    fn commodities_show_all_their_decimals() {
        let style = |code: &str| commodity_style(code.parse().unwrap());
        assert_eq!([style("CNY"), style("JPY"), style("KWD")], ["1000.00 CNY", "1000. JPY", "1000.000 KWD"]);
    }

    #[test]
    fn what_hledger_would_take_for_syntax_is_escaped() {
        let escaped = |text: &str| {
            let mut line = String::new();
            push_escaped(&mut line, text);
            line
        };
        for (text, expected) in [
            ("垫付 for CLM-1", "垫付 for CLM-1"),
            ("", ""),
            ("a;b|c,d", "a%3Bb%7Cc%2Cd"),
            ("100% [2024-01-01]", "100%25 %5B2024-01-01%5D"),
            ("two  spaces", "two %20spaces"),
            (" at the edges ", "%20at the edges%20"),
            ("line\nbreak\r\ttab\u{85}", "line%0Abreak%0D%09tab%C2%85"),
            ("(in front) (inside)", "%28in front) (inside)"),
            ("\u{3000}wide", "%E3%80%80wide"),
            ("paid \u{202e}00.1", "paid %E2%80%AE00.1"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
