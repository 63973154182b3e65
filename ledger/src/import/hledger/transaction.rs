//! A block that begins with a date.

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::import::block::Block;
use crate::import::transaction::{Given, Leg, Transaction, add_text, day, id};
use crate::import::{Assertion, Fault, Numbered, Record, Until};
use crate::money::Money;

use super::Known;
use super::tags::Comment;

/// Reads a transaction: its entry, if it moves anything, and what it asserts.
pub(super) fn read(block: &Block, known: &mut Known) -> Result<Vec<Numbered>, Vec<Fault>> {
    let mut faults = Vec::new();
    let heading = heading(block.line, &block.head);
    let mut comment = Comment::default();
    let mut postings: Vec<(u64, &str, Comment<'_>)> = Vec::new();
    for (line, text) in &block.body {
        let (text, behind) = text.split_once(';').unwrap_or((text, ""));
        if !text.trim().is_empty() {
            postings.push((*line, text.trim(), Comment::default()));
        }
        postings.last_mut().map_or(&mut comment, |(_, _, comment)| comment).add(behind);
    }
    let mut asserted = Vec::new();
    let mut legs = Vec::with_capacity(postings.len());
    for (line, text, comment) in postings {
        match posting(line, text, comment, known) {
            Ok((leg, assertion)) => {
                asserted.extend(assertion.map(|minor| (legs.len(), minor)));
                legs.push(leg);
            }
            Err(fault) => faults.push(fault),
        }
    }
    let read = heading.and_then(|heading| transaction(&heading, comment, legs, known));
    match read {
        Err(fault) => faults.insert(0, fault),
        Ok(transaction) if faults.is_empty() => match records(transaction, &asserted) {
            Ok(records) => return Ok(records),
            Err(fault) => faults.push(fault),
        },
        Ok(_) => {}
    }
    Err(faults)
}

fn records(transaction: Transaction, asserted: &[(usize, Money)]) -> Result<Vec<Numbered>, Fault> {
    let moves = transaction.moves()?;
    let assertions = asserted.iter().map(|(place, stands)| {
        let leg = &transaction.legs[*place];
        let later = moves.iter().filter(|(of_leg, money)| {
            of_leg > place && transaction.legs[*of_leg].account == leg.account && money.currency == stands.currency
        });
        let less = later.map(|(_, money)| i128::from(money.minor)).sum();
        let assertion = Assertion {
            accounts: vec![leg.account.clone()],
            until: Until::Within(transaction.date, less),
            currency: stands.currency,
            minor: stands.minor,
        };
        Numbered { line: leg.line, record: Ok(Record::Assertion(assertion)) }
    });
    let assertions: Vec<Numbered> = assertions.collect();
    let line = transaction.line;
    let entry = transaction.entry("hledger")?;
    let entry = entry.map(|entry| Numbered { line, record: Ok(Record::Entry(Box::new(entry))) });
    Ok(entry.into_iter().chain(assertions).collect())
}

/// The first line of a transaction.
struct Heading<'a> {
    line: u64,
    date: Date,
    date2: Option<Date>,
    status: &'static str,
    code: &'a str,
    description: &'a str,
    comment: &'a str,
}

fn heading(line: u64, head: &str) -> Result<Heading<'_>, Fault> {
    let (text, comment) = head.split_once(';').unwrap_or((head, ""));
    let (dates, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (first, second) = dates.split_once('=').map_or((dates, None), |(first, second)| (first, Some(second)));
    let date = day(line, first)?;
    let date2 = second.map(|text| day(line, text)).transpose()?;
    let rest = rest.trim();
    let (status, rest) = match (rest.strip_prefix('*'), rest.strip_prefix('!')) {
        (Some(rest), _) => ("cleared", rest.trim_start()),
        (None, Some(rest)) => ("pending", rest.trim_start()),
        (None, None) => ("", rest),
    };
    let coded = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (code, description) = coded.map_or(("", rest), |(code, rest)| (code.trim(), rest.trim_start()));
    Ok(Heading { line, date, date2, status, code, description, comment })
}

fn transaction<'a>(
    heading: &Heading<'a>,
    mut comment: Comment<'a>,
    legs: Vec<Leg>,
    known: &Known,
) -> Result<Transaction, Fault> {
    let Heading { line, date, date2, status, code, description, comment: behind } = *heading;
    let mut first = Comment::default();
    first.add(behind);
    first.tags.append(&mut comment.tags);
    first.texts.append(&mut comment.texts);
    let id = first.take("id").map(|text| id(line, text)).transpose()?;
    let (mut tags, mut notes) = (Map::new(), Map::new());
    let reference = first.take("reference");
    // Our own export has the sequence there, and every entry of it is cleared.
    let (code, status) = if known.is_encoded { ("", "") } else { (code, status) };
    add_text(&mut notes, "status", status);
    if reference.is_some() {
        add_text(&mut notes, "code", code);
    }
    if let Some(date2) = date2 {
        add_text(&mut notes, "date2", &date2.to_string());
    }
    if let Some((payee, note)) = description.split_once('|') {
        add_text(&mut notes, "payee", payee.trim());
        add_text(&mut notes, "note", note.trim());
    }
    let texts = first.texts.join("\n");
    first.texts.clear();
    add_text(&mut notes, "comment", &known.text(line, &texts)?);
    first.into_map(&mut tags);
    decode(line, &mut tags, known)?;
    let reference = known.text(line, reference.unwrap_or(code))?;
    let description = known.text(line, description)?;
    Ok(Transaction { line, date, id, reference, description, tags, notes, legs })
}

fn decode(line: u64, tags: &mut Map<String, Value>, known: &Known) -> Result<(), Fault> {
    for value in tags.values_mut() {
        if let Value::String(text) = value {
            *text = known.text(line, text)?;
        }
    }
    Ok(())
}

/// A posting, and what its account must stand at after it.
fn posting(line: u64, text: &str, mut comment: Comment<'_>, known: &mut Known) -> Result<(Leg, Option<Money>), Fault> {
    let (status, text) = match (text.strip_prefix('*'), text.strip_prefix('!')) {
        (Some(rest), _) => ("cleared", rest.trim_start()),
        (None, Some(rest)) => ("pending", rest.trim_start()),
        (None, None) => ("", text),
    };
    if text.starts_with(['(', '[']) {
        let fault = Fault::new(line, "virtual_posting", "virtual postings are not taken over: they need not balance");
        return Err(fault.expected("an account without ( ) or [ ] around it", text));
    }
    if comment.has_date() {
        let fault = Fault::new(line, "posting_dated", "all postings of an entry are of one day here");
        return Err(fault.expected("a transaction of its own for what is of another day", text));
    }
    let end = text.find("  ").or(text.find('\t')).map_or(text.len(), |end| end.min(text.find('\t').unwrap_or(end)));
    let (name, rest) = (&text[..end], text[end..].trim());
    if rest.contains(['@', '{']) {
        let message = "prices and costs are not taken over: each currency of an entry sums to zero by itself here";
        let fault = Fault::new(line, "price_unsupported", message);
        return Err(fault.expected("postings to an exchange account in each currency", rest));
    }
    let (amount, asserted) = rest.split_once('=').map_or((rest, None), |(amount, rest)| (amount.trim(), Some(rest)));
    let amount = match amount {
        "" if asserted.is_some() => {
            let message = "balance assignments are not taken over: an amount must stand in the file";
            return Err(Fault::new(line, "balance_assignment", message).expected("an amount before the =", rest));
        }
        "" => None,
        text => Some(known.money(line, text)?),
    };
    let stands = asserted.map(|text| self::asserted(line, text, amount.flatten(), known)).transpose()?;
    let text = |text: &str, known: &Known| known.text(line, text);
    let item = comment.take("item").map(|item| text(item, known)).transpose()?;
    let due_date = comment.take("due").map(|text| day(line, text)).transpose()?;
    let mut notes = Map::new();
    comment.into_map(&mut notes);
    add_text(&mut notes, "status", status);
    decode(line, &mut notes, known)?;
    let account = known.account(line, name)?;
    let amount = amount.map_or(Given::Open, Given::of);
    Ok((Leg { line, account, amount, item, due_date, notes }, stands))
}

fn asserted(line: u64, text: &str, amount: Option<Money>, known: &Known) -> Result<Money, Fault> {
    let text = text.strip_prefix('=').unwrap_or(text);
    if text.trim_start().starts_with('*') {
        let message = "assertions that count accounts below, too, are not taken over";
        return Err(Fault::new(line, "assertion_unsupported", message).expected("= AMOUNT or == AMOUNT", text));
    }
    match (known.money(line, text)?, amount) {
        (Some(stands), _) => Ok(stands),
        (None, Some(amount)) => Ok(Money::new(0, amount.currency)),
        (None, None) => {
            let fault = Fault::new(line, "commodity_missing", "this assertion has no commodity");
            Err(fault.expected("an amount with its commodity", text))
        }
    }
}
