//! A block that begins with a word.

use serde_json::{Map, Value};

use crate::account::{AccountCode, AccountNote, AccountType, NormalSide};
use crate::import::block::Block;
use crate::import::{AccountLine, Fault, Numbered, Record, account_code, currency};

use super::Known;
use super::tags::Comment;

/// Reads a directive.
pub(super) fn read(block: &Block, known: &mut Known) -> Result<Vec<Numbered>, Vec<Fault>> {
    let (word, rest) = block.head.split_once(char::is_whitespace).unwrap_or((&block.head, ""));
    let rest = rest.trim();
    match word {
        "account" => account(block, rest, known)
            .map(|account| vec![Numbered { line: block.line, record: Ok(Record::Account(Box::new(account))) }]),
        "commodity" => commodity(block, rest, known).map(|()| Vec::new()),
        "decimal-mark" => match rest {
            "." | "," => {
                known.mark = rest.chars().next();
                without_body(block)?;
                return Ok(Vec::new());
            }
            _ => {
                Err(Fault::new(block.line, "directive_malformed", "a decimal mark is . or ,").expected(". or ,", rest))
            }
        },
        // They only declare names; whether all are declared is hledger's to check.
        "payee" | "tag" => return without_body(block).map(|()| Vec::new()),
        _ => {
            let message = "this directive is not taken over: its effect on the entries would be lost";
            let fault = Fault::new(block.line, "directive_unsupported", message);
            Err(fault.expected("account, commodity, decimal-mark, payee, tag, a date, or a comment", &block.head))
        }
    }
    .map_err(|fault| vec![fault])
}

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

/// `commodity 1.000,00 EUR`, or `commodity EUR` and `format 1.000,00 EUR` below it: how its numbers are written.
fn commodity(block: &Block, rest: &str, known: &mut Known) -> Result<(), Fault> {
    let mut formats = vec![(block.line, rest)];
    for (line, text) in &block.body {
        let text = text.as_str();
        match text.strip_prefix("format ") {
            Some(format) => formats.push((*line, format)),
            None if text.starts_with(';') => {}
            None => {
                let fault = Fault::new(*line, "directive_unsupported", "this is not taken over");
                return Err(fault.expected("format, or a comment", text));
            }
        }
    }
    for (_, format) in formats {
        let format = format.split(';').next().unwrap_or_default().trim();
        let is_number = |character: char| character.is_ascii_digit() || matches!(character, '.' | ',' | ' ');
        let name = format.trim_matches(is_number).trim().trim_matches('"');
        // The last mark is the decimal one, as hledger demands of the format.
        if let Some(mark) = format.chars().rev().find(|character| matches!(character, '.' | ',')) {
            known.marks.insert(name.to_owned(), mark);
        }
    }
    Ok(())
}

/// An account, with what its tags say of it.
fn account(block: &Block, rest: &str, known: &mut Known) -> Result<AccountLine, Fault> {
    let line = block.line;
    let (before, behind) = rest.split_once(';').unwrap_or((rest, ""));
    let name = before.trim();
    if name.is_empty() || name.contains("  ") || name.contains('\t') {
        let fault = Fault::new(line, "directive_malformed", "this is not the name of an account");
        return Err(fault.expected("a name, and two blanks before a comment", rest));
    }
    let mut comment = Comment::default();
    comment.add(behind);
    for (line, text) in &block.body {
        let Some(text) = text.strip_prefix(';') else {
            let fault = Fault::new(*line, "directive_unsupported", "this is not taken over");
            return Err(fault.expected("a comment", text));
        };
        comment.add(text);
    }
    let code = match comment.take("code") {
        Some(code) => known.names.bind(line, name, account_code(line, code)?)?,
        None => known.names.code(line, name)?,
    };
    let described = describe(line, code, comment, known)?;
    if let Some(account_type) = described.account_type {
        known.types.insert(name.to_owned(), account_type);
    }
    known.declared.insert(name.to_owned());
    let guess = known.type_of(name);
    Ok(AccountLine { guess, ..described })
}

fn describe(line: u64, code: AccountCode, mut comment: Comment<'_>, known: &Known) -> Result<AccountLine, Fault> {
    let name = comment.take("name").map(|name| known.text(line, name)).transpose()?;
    let by_letter = comment.take("type").map(|word| account_type(line, word)).transpose()?;
    let by_word = comment.take("stands-for").map(|word| stands_for(line, word)).transpose()?;
    let currency = comment.take("currency").map(|code| currency(line, code)).transpose()?;
    let side = comment.take("side").map(|word| match word {
        "debit" => Ok(NormalSide::Debit),
        "credit" => Ok(NormalSide::Credit),
        _ => Err(Fault::new(line, "side_unknown", "this is no side of an account").expected("debit or credit", word)),
    });
    let open_item = comment.take("open-item").map(|word| match word {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Fault::new(line, "flag_malformed", "open-item is true or false").expected("true or false", word)),
    });
    let mut rest = Map::new();
    comment.into_map(&mut rest);
    let metadata = (!rest.is_empty()).then(|| Value::Object(rest).to_string());
    Ok(AccountLine {
        name,
        account_type: by_word.or(by_letter),
        currency,
        normal_side: side.transpose()?,
        open_item: open_item.transpose()?.unwrap_or_default(),
        note: AccountNote { metadata, ..AccountNote::default() },
        ..AccountLine::new(code)
    })
}

/// hledger's own letters and words.
fn account_type(line: u64, word: &str) -> Result<AccountType, Fault> {
    match word.to_ascii_lowercase().as_str() {
        "a" | "asset" | "c" | "cash" => Ok(AccountType::Asset),
        "l" | "liability" => Ok(AccountType::Liability),
        "e" | "equity" | "v" | "conversion" => Ok(AccountType::Equity),
        "r" | "revenue" => Ok(AccountType::Income),
        "x" | "expense" => Ok(AccountType::Expense),
        _ => {
            let fault = Fault::new(line, "type_unknown", "this is no type of accounts");
            Err(fault.expected("A, L, E, R, X, C or V", word))
        }
    }
}

fn stands_for(line: u64, word: &str) -> Result<AccountType, Fault> {
    AccountType::from_word(word).ok_or_else(|| {
        let fault = Fault::new(line, "type_unknown", "this is no type of accounts");
        fault.expected(AccountType::ALL.map(AccountType::word).join(", "), word)
    })
}
