//! The plain-text journal of hledger.
//!
//! Each settled entry is one transaction: its effective date, the sequence as the code, the description, and the tags
//! `id`, `reference` and, on postings, `item` and `due`. Holds and releases move no money and are left out, so that
//! `hledger balance` gives the trial balance, account by account, debits positive. [`crate::import::hledger`] reads it.
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

use deadpool_postgres::Client;

use crate::account::AccountType;
use crate::entry::Layer;
use crate::import::hledger::ENCODED;
use crate::money::Currency;
use crate::query::{Horizon, Moment};

use super::journal::{ChartAccount, Entry, Legs, Progress, Span, chart, each_entry};
use super::text::{Days, push_decimal, push_id, push_number};
use super::{ExportError, Exported, is_bidi_control};

/// The name of an account in hledger: `1101.picc` is `1101:picc`.
pub fn hledger_account(code: &str) -> String {
    code.replacen('.', ":", 1)
}

/// Writes the journal as it was at a moment.
pub async fn hledger(
    clients: [Client; 2],
    moment: Moment,
    out: &mut impl Write,
    progress: impl FnMut(Progress),
) -> Result<Exported, ExportError> {
    let extent = Span { moment, ..Span::default() }.extent(&**clients[0]).await?;
    let chart = chart(&**clients[0], moment.known_at).await?;
    write_heading(&extent.horizon, out)?;
    write_accounts(&chart, out)?;
    let names: Vec<String> = chart.iter().map(|known| hledger_account(known.account.code.as_str())).collect();
    let (mut text, mut days, mut entries) = (String::new(), Days::default(), 0);
    each_entry(clients, &extent, &chart, progress, |entry, legs| {
        if entry.kind.effect(Layer::Settled).is_none() {
            return Ok(());
        }
        text.clear();
        push_transaction(&mut text, entry, &mut days);
        push_postings(&mut text, legs, &names, &mut days)?;
        entries += 1;
        Ok(out.write_all(text.as_bytes())?)
    })
    .await?;
    out.flush()?;
    Ok(Exported { entries, known_at: extent.horizon.known_at, last_sequence: extent.last })
}

fn write_heading(horizon: &Horizon, out: &mut impl Write) -> Result<(), ExportError> {
    let as_of = horizon.as_of.map_or_else(|| "of any date".to_owned(), |date| format!("dated up to {date}"));
    writeln!(out, "; Settled entries {as_of}, known at {}. Holds move no money and are left out.", horizon.known_at)?;
    writeln!(out, "{ENCODED}\ndecimal-mark .\n")?;
    Ok(())
}

fn write_accounts(chart: &[ChartAccount], out: &mut impl Write) -> Result<(), ExportError> {
    let mut currencies: Vec<Currency> = Vec::new();
    for ChartAccount { account, .. } in chart {
        let currency = account.currency;
        if !currencies.contains(&currency) {
            writeln!(out, "commodity {}", commodity_style(currency))?;
            currencies.push(currency);
        }
        let mut line = format!("account {}  ; name:", hledger_account(account.code.as_str()));
        push_escaped(&mut line, &account.name);
        let stands_for = match account.account_type {
            AccountType::Asset => "type:A",
            AccountType::Liability => "type:L",
            AccountType::Equity => "type:E",
            AccountType::Income => "type:R",
            AccountType::Expense => "type:X",
            AccountType::Memo => "stands-for:memo", // hledger has no such type
        };
        write!(line, ", {stands_for}, currency:{currency}, side:{}", super::word(account.normal_side))
            .expect("a string takes all text");
        if account.open_item {
            line.push_str(", open-item:true");
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// `1000.00 CNY`, `1000. JPY`: hledger reads from it how many decimals to show and which mark is the decimal one.
fn commodity_style(currency: Currency) -> String {
    let decimals = "0".repeat(usize::try_from(currency.decimals()).expect("a currency has a few decimals"));
    format!("1000.{decimals} {currency}")
}

fn push_transaction(text: &mut String, entry: &Entry<'_>, days: &mut Days) {
    text.push('\n');
    days.push(text, entry.effective_date);
    text.push_str(" * (");
    push_number(text, entry.sequence);
    text.push_str(") ");
    push_escaped(text, entry.description);
    text.push_str("  ; id:");
    push_id(text, entry.id);
    text.push_str(", reference:");
    push_escaped(text, entry.reference);
    text.push('\n');
}

fn push_postings(text: &mut String, legs: Legs<'_>, names: &[String], days: &mut Days) -> Result<(), ExportError> {
    for leg in legs.settled() {
        let leg = leg?;
        text.push_str("    ");
        text.push_str(&names[leg.place]);
        text.push_str("  ");
        push_decimal(text, leg.minor, leg.account.currency);
        text.push(' ');
        text.push_str(leg.account.currency.code());
        if let Some(item) = leg.item {
            text.push_str("  ; item:");
            push_escaped(text, item);
        }
        if let Some(due_date) = leg.due_date {
            text.push_str(", due:");
            days.push(text, due_date);
        }
        text.push('\n');
    }
    Ok(())
}

/// Appends a text so that hledger takes all of it for text.
fn push_escaped(line: &mut String, text: &str) {
    if is_plain(text) {
        line.push_str(text);
        return;
    }
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

/// Whether a text is such that nothing in it can be syntax: most are, and looking is quicker than escaping.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/'))
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
