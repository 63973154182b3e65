//! A transaction with its postings.

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::import::block::Block;
use crate::import::transaction::{Given, Leg, Transaction, add, add_text, day, id};
use crate::import::{Fault, Numbered, Record};

use super::Known;
use super::directive::key_value;
use super::token::{Token, tokens};

/// Reads a transaction; `rest` stands behind its flag.
pub(super) fn read(
    block: &Block,
    date: Date,
    flag: &str,
    rest: Vec<Token<'_>>,
    comment: &str,
    known: &mut Known,
) -> Result<Vec<Numbered>, Vec<Fault>> {
    let line = block.line;
    let mut faults = Vec::new();
    let mut draft = Draft::default();
    add_text(&mut draft.notes, "flag", if flag == "*" { "" } else { flag });
    draft.comment(comment);
    faults.extend(draft.heading(line, rest).err());
    for (line, text) in &block.body {
        faults.extend(draft.line(*line, text, known).err());
    }
    let transaction = draft.finish(line, date);
    let entry = match transaction {
        Ok(transaction) if faults.is_empty() => transaction.entry("beancount").map_err(|fault| vec![fault])?,
        Ok(_) => return Err(faults),
        Err(fault) => {
            faults.push(fault);
            return Err(faults);
        }
    };
    let numbered = |entry| Numbered { line, record: Ok(Record::Entry(Box::new(entry))) };
    Ok(entry.map(numbered).into_iter().collect())
}

/// A transaction as far as it has been read.
#[derive(Default)]
struct Draft {
    narration: String,
    tags: Map<String, Value>,
    notes: Map<String, Value>,
    legs: Vec<Leg>,
    texts: Vec<String>,
}

impl Draft {
    fn comment(&mut self, text: &str) {
        if !text.is_empty() {
            self.texts.push(text.to_owned());
        }
    }

    /// What stands behind the flag: payee and narration, or the narration alone; tags and links.
    fn heading(&mut self, line: u64, rest: Vec<Token<'_>>) -> Result<(), Fault> {
        let mut texts = Vec::new();
        for token in rest {
            match token {
                Token::Text(text) => texts.push(text),
                Token::Word(word) if self.label(word) => {}
                Token::Word(word) => return Err(stray(line, word)),
                Token::Mark(mark) => return Err(stray(line, &mark.to_string())),
            }
        }
        let surplus = (texts.len() > 2).then(|| stray(line, &texts[2]));
        self.narration = texts.pop().unwrap_or_default();
        add_text(&mut self.notes, "payee", &texts.pop().unwrap_or_default());
        surplus.map_or(Ok(()), Err)
    }

    /// Takes a tag or a link; answers whether it is one.
    fn label(&mut self, word: &str) -> bool {
        let (key, label) = match (word.strip_prefix('#'), word.strip_prefix('^')) {
            (Some(tag), _) => ("tags", tag),
            (None, Some(link)) => ("links", link),
            (None, None) => return false,
        };
        match self.notes.get_mut(key) {
            Some(Value::Array(labels)) => labels.push(label.into()),
            _ => add(&mut self.notes, key, Value::Array(vec![label.into()])),
        }
        true
    }

    /// A line below: metadata of the transaction or of the posting above, a posting, tags and links, a comment.
    fn line(&mut self, line: u64, text: &str, known: &mut Known) -> Result<(), Fault> {
        if let Some(read) = key_value(line, text) {
            let (key, value) = read?;
            return self.keep(line, key, value);
        }
        let (words, comment) = tokens(line, text)?;
        match words.first() {
            None => {}
            Some(Token::Word(word)) if word.starts_with(['#', '^']) => self.heading_labels(line, &words)?,
            Some(_) => {
                let leg = posting(line, text, &words, known)?;
                self.legs.push(leg);
                add_text(self.legs.last_mut().map_or(&mut self.notes, |leg| &mut leg.notes), "comment", comment);
                return Ok(());
            }
        }
        match self.legs.last_mut() {
            Some(leg) => add_text(&mut leg.notes, "comment", comment),
            None => self.comment(comment),
        }
        Ok(())
    }

    fn heading_labels(&mut self, line: u64, words: &[Token<'_>]) -> Result<(), Fault> {
        for word in words {
            match word {
                Token::Word(word) if self.label(word) => {}
                _ => return Err(stray(line, &format!("{word:?}"))),
            }
        }
        Ok(())
    }

    fn keep(&mut self, line: u64, key: &str, value: Value) -> Result<(), Fault> {
        let Some(leg) = self.legs.last_mut() else {
            add(&mut self.tags, key, value);
            return Ok(());
        };
        match (key, value) {
            ("item", Value::String(item)) => leg.item = Some(item),
            ("due", Value::String(due)) => leg.due_date = Some(day(line, &due)?),
            (key, value) => add(&mut leg.notes, key, value),
        }
        Ok(())
    }

    fn finish(mut self, line: u64, date: Date) -> Result<Transaction, Fault> {
        let mut take = |key: &str| match self.tags.get(key) {
            Some(Value::String(text)) => {
                let text = text.clone();
                self.tags.remove(key);
                Some(text)
            }
            _ => None,
        };
        let id = take("id").map(|text| id(line, &text)).transpose()?;
        let reference = take("reference").unwrap_or_default();
        add_text(&mut self.notes, "comment", &self.texts.join("\n"));
        let Draft { narration, tags, notes, legs, .. } = self;
        Ok(Transaction { line, date, id, reference, description: narration, tags, notes, legs })
    }
}

fn stray(line: u64, word: &str) -> Fault {
    let fault = Fault::new(line, "word_unknown", "this has no place here");
    fault.expected("texts in quotes, #tags, ^links, key: value, or a posting", word)
}

fn posting(line: u64, text: &str, words: &[Token<'_>], known: &mut Known) -> Result<Leg, Fault> {
    if words.iter().any(|word| matches!(word, Token::Mark('{' | '}' | '@'))) {
        let message = "prices and costs are not taken over: each currency of an entry sums to zero by itself here";
        let fault = Fault::new(line, "price_unsupported", message);
        return Err(fault.expected("postings to an exchange account in each currency", text));
    }
    let (flag, words) = match words {
        [Token::Word(flag), rest @ ..] if flag.len() == 1 && !rest.is_empty() => (*flag, rest),
        words => ("", words),
    };
    let (name, amount) = match words {
        [Token::Word(name)] => (name, Given::Open),
        [Token::Word(name), Token::Word(number), Token::Word(currency)] => {
            (name, Given::of(Some(known.money(line, number, currency)?)))
        }
        [Token::Word(name), Token::Word("-" | "+"), ..] | [Token::Word(name), ..] => {
            let fault = Fault::new(line, "amount_malformed", "this is not an amount");
            return Err(fault.expected("a number and a currency, such as -15200.00 CNY", format!("{name}: {text}")));
        }
        _ => return Err(stray(line, text)),
    };
    let account = known.account(line, name)?;
    let mut notes = Map::new();
    add_text(&mut notes, "flag", flag);
    Ok(Leg { line, account, amount, item: None, due_date: None, notes })
}
