//! The settled entries as beancount reads them; `bean-check` accepts what is written.
//!
//! Each settled entry is one transaction: its effective date, the description as the narration, and the metadata
//! `sequence`, `id`, `reference` and, on postings, `item` and `due`. Holds move no money and are left out. Every
//! account is opened on the first day that the ledger knows, with its code and all else that opens it again;
//! [`crate::import::beancount`] reads it. The balances on the day behind the last entry are asserted at the end, so
//! that beancount itself compares them with ours; not of an account that others stand below, which it would add.
//!
//! Account names: beancount wants one of five roots and parts that begin with a capital or a digit. The root is what
//! the account stands for; the first dot parts; a small letter in front becomes a capital, and what beancount does not
//! take is escaped so that no two codes have one name ([`beancount_account`]): `1101.picc` is `Assets:1101:Picc`.

use std::io::Write;

use deadpool_postgres::Client;
use jiff::civil::Date;

use crate::account::{Account, AccountType};
use crate::book::BookName;
use crate::entry::Layer;
use crate::money::decimal_text;
use crate::query::{Moment, trial_balance};

use super::journal::{ChartAccount, Entry, Legs, Progress, Span, chart, each_entry};
use super::text::{Days, push_decimal, push_id, push_number};
use super::{ExportError, Exported};

/// The first day on which an entry may count.
const FIRST_DAY: &str = "1970-01-01";

/// The name of an account in beancount.
pub fn beancount_account(account_type: AccountType, code: &str) -> String {
    let mut name = String::from(match account_type {
        AccountType::Asset => "Assets",
        AccountType::Liability => "Liabilities",
        AccountType::Equity => "Equity",
        AccountType::Income => "Income",
        AccountType::Expense => "Expenses",
        AccountType::Memo => "Equity:X-memo",
    });
    for part in code.splitn(2, '.') {
        name.push(':');
        push_part(&mut name, part);
    }
    name
}

/// A part as it is after a digit or a small letter, which becomes a capital; `X-0` in front of what begins otherwise.
/// Behind the first letter, `--` is a hyphen, `-u` an underscore, `-d` a dot: nothing else stands behind a hyphen.
fn push_part(name: &mut String, part: &str) {
    let mut letters = part.chars();
    match letters.clone().next() {
        Some(first) if first.is_ascii_digit() || first.is_ascii_lowercase() => {
            name.push(first.to_ascii_uppercase());
            letters.next();
        }
        _ => name.push_str("X-0"),
    }
    for letter in letters {
        match letter {
            '-' => name.push_str("--"),
            '_' => name.push_str("-u"),
            '.' => name.push_str("-d"),
            other => name.push(other),
        }
    }
}

/// Writes the book as it was at a moment.
pub async fn beancount(
    clients: [Client; 2],
    book: &BookName,
    moment: Moment,
    out: &mut impl Write,
    progress: impl FnMut(Progress),
) -> Result<Exported, ExportError> {
    let extent = Span { moment, ..Span::default() }.extent(&**clients[0]).await?;
    let known_at = extent.horizon.known_at;
    let chart = chart(&**clients[0], moment.known_at).await?;
    let pinned = Moment { known_at: (extent.last > 0).then_some(known_at), ..moment };
    let balances = trial_balance(&**clients[0], pinned, None).await?;
    writeln!(out, "option \"title\" \"{book}\"")?;
    let as_of = moment.as_of.map_or_else(|| "of any date".to_owned(), |date| format!("dated up to {date}"));
    writeln!(out, "; Settled entries {as_of}, known at {known_at}. Holds move no money and are left out.")?;
    let names: Vec<String> = chart.iter().map(|ChartAccount { account, .. }| name(account)).collect();
    let mut text = String::new();
    for (ChartAccount { account, .. }, name) in chart.iter().zip(&names) {
        text.clear();
        push_open(&mut text, account, name);
        out.write_all(text.as_bytes())?;
    }
    let (mut days, mut entries, mut last_day) = (Days::default(), 0, None::<Date>);
    each_entry(clients, &extent, &chart, progress, |entry, legs| {
        if entry.kind.effect(Layer::Settled).is_none() {
            return Ok(());
        }
        text.clear();
        push_transaction(&mut text, entry, &mut days);
        push_postings(&mut text, legs, &names, &mut days)?;
        entries += 1;
        last_day = last_day.max(Some(entry.effective_date));
        Ok(out.write_all(text.as_bytes())?)
    })
    .await?;
    if let Some(day) = last_day.and_then(|day| day.tomorrow().ok()) {
        writeln!(out)?;
        let places: std::collections::HashMap<&str, usize> =
            chart.iter().enumerate().map(|(place, known)| (known.account.code.as_str(), place)).collect();
        for row in &balances.rows {
            let Some(place) = places.get(row.account.as_str()) else { continue };
            // Beancount counts the accounts below, too: what is asserted of an account above others is their sum.
            let is_above =
                |other: &String| other.strip_prefix(names[*place].as_str()).is_some_and(|rest| rest.starts_with(':'));
            if names.iter().any(is_above) {
                continue;
            }
            let closing = decimal_text(row.closing_minor(), row.currency);
            writeln!(out, "{day} balance {}  {closing} {}", names[*place], row.currency)?;
        }
    }
    out.flush()?;
    Ok(Exported { entries, known_at, last_sequence: extent.last })
}

fn name(account: &Account) -> String {
    beancount_account(account.account_type, account.code.as_str())
}

fn push_open(text: &mut String, account: &Account, name: &str) {
    text.push_str(FIRST_DAY);
    text.push_str(" open ");
    text.push_str(name);
    text.push(' ');
    text.push_str(account.currency.code());
    for (key, value) in [("code", account.code.as_str()), ("name", &account.name)] {
        push_metadata(text, "  ", key, value);
    }
    if account.account_type == AccountType::Memo {
        push_metadata(text, "  ", "stands-for", "memo");
    }
    push_metadata(text, "  ", "side", super::word(account.normal_side));
    if account.open_item {
        text.push_str("\n  open-item: TRUE");
    }
    text.push('\n');
}

fn push_transaction(text: &mut String, entry: &Entry<'_>, days: &mut Days) {
    text.push('\n');
    days.push(text, entry.effective_date);
    text.push_str(" * \"");
    push_escaped(text, entry.description);
    text.push_str("\"\n  sequence: ");
    push_number(text, entry.sequence);
    text.push_str("\n  id: \"");
    push_id(text, entry.id);
    text.push('"');
    push_metadata(text, "  ", "reference", entry.reference);
    text.push('\n');
}

fn push_postings(text: &mut String, legs: Legs<'_>, names: &[String], days: &mut Days) -> Result<(), ExportError> {
    for leg in legs.settled() {
        let leg = leg?;
        text.push_str("  ");
        text.push_str(&names[leg.place]);
        text.push_str("  ");
        push_decimal(text, leg.minor, leg.account.currency);
        text.push(' ');
        text.push_str(leg.account.currency.code());
        if let Some(item) = leg.item {
            push_metadata(text, "    ", "item", item);
        }
        if let Some(due_date) = leg.due_date {
            text.push_str("\n    due: ");
            days.push(text, due_date);
        }
        text.push('\n');
    }
    Ok(())
}

fn push_metadata(text: &mut String, indent: &str, key: &str, value: &str) {
    text.push('\n');
    text.push_str(indent);
    text.push_str(key);
    text.push_str(": \"");
    push_escaped(text, value);
    text.push('"');
}

/// Appends what stands in quotes; line ends, too, become escapes, so that every text is on one line.
fn push_escaped(text: &mut String, value: &str) {
    if !value.contains(['"', '\\', '\n', '\r', '\t']) {
        text.push_str(value);
        return;
    }
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_such_as_beancount_takes() {
        let name = |code: &str| beancount_account(AccountType::Asset, code);
        assert_eq!(name("1101.picc"), "Assets:1101:Picc");
        assert_eq!(name("1101.Picc"), "Assets:1101:X-0Picc");
        assert_eq!(name("-_..x.y"), "Assets:X-0---u:X-0-dx-dy");
        assert_eq!(beancount_account(AccountType::Memo, "9002"), "Equity:X-memo:9002");
        assert_eq!(beancount_account(AccountType::Equity, "x-memo.9002"), "Equity:X--memo:9002");
    }

    proptest! {
        #[test]
        fn no_two_codes_have_one_name(codes in prop::collection::vec("[aA1_.-]{1,5}", 2..40)) {
            let mut names: HashMap<String, String> = HashMap::new();
            for code in codes {
                let name = beancount_account(AccountType::Income, &code);
                let is_part = |part: &str| {
                    part.starts_with(|first: char| first.is_ascii_uppercase() || first.is_ascii_digit())
                        && part.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
                };
                prop_assert!(name.split(':').all(is_part), "{}", name);
                let there = names.entry(name).or_insert_with(|| code.clone());
                prop_assert_eq!(there, &code);
            }
        }
    }
}
