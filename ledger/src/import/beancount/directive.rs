//! A block by its first line.

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::account::{AccountNote, AccountType, NormalSide, SettingChange};
use crate::import::block::Block;
use crate::import::names::type_of_root;
use crate::import::transaction::{add, day};
use crate::import::{AccountLine, Fault, Numbered, Record, SettingLine, account_code};
use crate::money::Money;

use super::token::{Token, tokens};
use super::{Balance, Known, Pad, transaction};

/// Options that change no entry.
const OPTIONS: [&str; 7] = [
    "title",
    "operating_currency",
    "render_commas",
    "documents",
    "booking_method",
    "inferred_tolerance_default",
    "inferred_tolerance_multiplier",
];

/// Below such a line stand comments only.
pub(super) fn without_body(block: &Block) -> Result<(), Vec<Fault>> {
    let stray = block.body.iter().filter(|(_, text)| !text.starts_with(';'));
    let faults: Vec<Fault> = stray
        .map(|(line, text)| {
            let fault = Fault::new(*line, "line_indented", "this indented line belongs to nothing");
            fault.expected("a date that begins at the margin above it", text)
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// What has no date: options.
pub(super) fn undated(block: &Block) -> Result<(), Vec<Fault>> {
    let (words, _) = tokens(block.line, &block.head).map_err(|fault| vec![fault])?;
    match words.as_slice() {
        [Token::Word("option"), Token::Text(name), Token::Text(_)] if OPTIONS.contains(&name.as_str()) => {
            without_body(block)
        }
        _ => Err(vec![unsupported(block.line, &block.head)]),
    }
}

fn unsupported(line: u64, text: &str) -> Fault {
    let message = "this is not taken over: its effect on the entries would be lost";
    let expected = "a transaction, open, close, commodity, balance, pad, or a comment";
    Fault::new(line, "directive_unsupported", message).expected(expected, text)
}

/// What begins with a date.
pub(super) fn dated(block: &Block, known: &mut Known) -> Result<Vec<Numbered>, Vec<Fault>> {
    let line = block.line;
    let one = |fault: Fault| vec![fault];
    let (words, comment) = tokens(line, &block.head).map_err(one)?;
    let mut words = words.into_iter();
    let (Some(Token::Word(date)), Some(Token::Word(word))) = (words.next(), words.next()) else {
        return Err(vec![unsupported(line, &block.head)]);
    };
    let date = day(line, date).map_err(one)?;
    let rest: Vec<Token<'_>> = words.collect();
    let record = |record: Record| vec![Numbered { line, record: Ok(record) }];
    match word {
        "open" => open(block, rest, known).map(|account| record(Record::Account(Box::new(account)))).map_err(one),
        "close" => match rest.as_slice() {
            [Token::Word(account)] => {
                let account = known.account(line, account).map_err(one)?;
                let change = SettingChange { closed: Some(true), ..SettingChange::default() };
                Ok(record(Record::Setting(Box::new(SettingLine { account, change }))))
            }
            _ => Err(vec![malformed(block, "close ACCOUNT")]),
        },
        "commodity" => match rest.as_slice() {
            [Token::Word(_)] => metadata(block).map(|_| Vec::new()).map_err(one),
            _ => Err(vec![malformed(block, "commodity CURRENCY")]),
        },
        "balance" => balance(block, date, &rest, known).map(|()| Vec::new()).map_err(one),
        "pad" => match rest.as_slice() {
            [Token::Word(account), Token::Word(from)] => {
                let from = known.account(line, from).map_err(one)?;
                known.account(line, account).map_err(one)?;
                known.pads.push(Pad { line, date, account: (*account).to_owned(), from });
                Ok(Vec::new())
            }
            _ => Err(vec![malformed(block, "pad ACCOUNT ACCOUNT")]),
        },
        "txn" | "*" | "!" => transaction::read(block, date, word, rest, comment, known),
        flag if flag.len() == 1 && flag.bytes().all(|letter| b"PSTCURM#?%&".contains(&letter)) => {
            transaction::read(block, date, flag, rest, comment, known)
        }
        _ => Err(vec![unsupported(line, &block.head)]),
    }
}

fn malformed(block: &Block, expected: &str) -> Fault {
    Fault::new(block.line, "directive_malformed", "this directive is not complete").expected(expected, &block.head)
}

/// A line `key: value`; `None` if it is none.
pub(super) fn key_value(line: u64, text: &str) -> Option<Result<(&str, Value), Fault>> {
    let (key, value) = text.split_once(':')?;
    let is_key = key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-_".contains(&letter));
    if !is_key {
        return None;
    }
    let value = match tokens(line, value) {
        Err(fault) => Err(fault),
        Ok((mut words, _)) if words.len() <= 1 => Ok(words.pop().map_or(Value::Null, Token::value)),
        // An amount, a list: as it stands.
        Ok(_) => Ok(Value::String(value.trim().to_owned())),
    };
    Some(value.map(|value| (key, value)))
}

/// The metadata below a directive that is no transaction.
fn metadata(block: &Block) -> Result<Map<String, Value>, Fault> {
    let mut map = Map::new();
    for (line, text) in block.body.iter().filter(|(_, text)| !text.starts_with(';')) {
        let Some(read) = key_value(*line, text) else {
            let fault = Fault::new(*line, "line_indented", "this indented line belongs to nothing");
            return Err(fault.expected("key: value", text));
        };
        let (key, value) = read?;
        add(&mut map, key, value);
    }
    Ok(map)
}

fn open(block: &Block, rest: Vec<Token<'_>>, known: &mut Known) -> Result<AccountLine, Fault> {
    let line = block.line;
    let mut rest = rest.into_iter();
    let Some(Token::Word(name)) = rest.next() else { return Err(malformed(block, "open ACCOUNT CURRENCY")) };
    let mut currencies = Vec::new();
    for token in rest {
        match token {
            Token::Word(words) => {
                let words = words.split(',').filter(|word| !word.is_empty());
                let found = words.map(|word| known.commodities.currency(line, word));
                currencies.extend(found.collect::<Result<Vec<_>, Fault>>()?);
            }
            Token::Text(_) => {} // How lots are booked; there are none without costs.
            Token::Mark(_) => return Err(malformed(block, "open ACCOUNT CURRENCY")),
        }
    }
    let mut map = metadata(block)?;
    let mut take = |key: &str| match map.remove(key) {
        Some(Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
        None => None,
    };
    let code = match take("code") {
        Some(code) => known.names.bind(line, name, account_code(line, &code)?)?,
        None => known.names.code(line, name)?,
    };
    let named = take("name");
    let word = |word: Option<String>, known: &[&'static str]| match word {
        None => Ok(None),
        Some(word) => known.iter().position(|known| *known == word).map(Some).ok_or_else(|| {
            let fault = Fault::new(line, "value_unknown", "this is no value of this key");
            fault.expected(known.join(", "), &word)
        }),
    };
    let stands_for = word(take("stands-for"), &AccountType::ALL.map(AccountType::word))?;
    let side = word(take("side"), &["debit", "credit"])?;
    let open_item = word(take("open-item"), &["false", "true"])?;
    known.opened.insert(name.to_owned());
    let metadata = (!map.is_empty()).then(|| Value::Object(map).to_string());
    let only = if let [currency] = currencies[..] { Some(currency) } else { None };
    Ok(AccountLine {
        name: named,
        account_type: stands_for.map(|place| AccountType::ALL[place]).or(type_of_root(name)),
        currency: only,
        normal_side: side.map(|place| [NormalSide::Debit, NormalSide::Credit][place]),
        open_item: open_item == Some(1),
        note: AccountNote { metadata, ..AccountNote::default() },
        ..AccountLine::new(code)
    })
}

fn balance(block: &Block, date: Date, rest: &[Token<'_>], known: &mut Known) -> Result<(), Fault> {
    let line = block.line;
    if rest.contains(&Token::Mark('~')) {
        let fault = Fault::new(line, "tolerance_unsupported", "a balance is asserted to the last unit here");
        return Err(fault.expected("an amount without a tolerance", &block.head));
    }
    let [Token::Word(account), Token::Word(number), Token::Word(currency)] = rest else {
        return Err(malformed(block, "balance ACCOUNT NUMBER CURRENCY"));
    };
    metadata(block)?;
    let stands: Money = known.money(line, number, currency)?;
    known.balances.push(Balance { line, date, account: (*account).to_owned(), stands });
    Ok(())
}
