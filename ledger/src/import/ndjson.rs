//! A book as lines of JSON: what `export ndjson` writes, and what a person or a program may write by hand.
//!
//! Each line is one object with one field that says what it is: `account`, `entry`, `setting`, `limit_group`. The
//! export puts a `book` line first and an `end` line last, with how many accounts and entries there are; a file that
//! begins with `book` must end with `end`, so that a file that was cut is never taken for a whole one.
//!
//! An entry has the fields that `GET /v1/entries` shows, and is history: its legs are what it moved, not what it asked
//! for. So `at_most`, `value_date`, `template_no`, `sequence` and `booked_at` are read and not carried over; an expiry,
//! which is the ledger's own, becomes a release of the same legs; what ended a whole group of holds ends it again. Of
//! the legs, those in the layer that the ledger makes up itself (what a capture no longer holds) are skipped.

use std::io::{self, Read};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::account::{AccountNote, AccountType, Change, Frozen, Limits, NormalSide, SettingChange};
use crate::entry::{EntryKind, Layer, NewEntry, NewPosting};
use crate::limit_group::LimitGroup;
use crate::money::{Currency, Money};

use super::json::{self, Object};
use super::line::Lines;
use super::{AccountLine, Fault, Numbered, Record, SettingLine, account_code, currency, day, is_given};

/// The version of the lines that are read and written.
pub const FORMAT: u32 = 1;
const EXPECTED: &str = "one object a line: {\"account\": {...}}, {\"entry\": {...}}, {\"setting\": {...}} or \
                        {\"limit_group\": {...}}";

/// A file of lines that is being read.
pub struct Reader<R> {
    lines: Lines<R>,
    counted: Counted,
    /// Whether it said at its beginning that it will say at its end how much there is.
    has_end: bool,
    is_ended: bool,
    is_over: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
struct Counted {
    accounts: u64,
    entries: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line<'a> {
    Book(BookBody),
    Account(#[serde(borrow)] Object<AccountBody<'a>>),
    Entry(#[serde(borrow)] Box<Object<EntryBody<'a>>>),
    Setting(#[serde(borrow)] Object<SettingBody<'a>>),
    LimitGroup(Object<GroupBody>),
    End(Counted),
}

/// What the export says of the book; only how its lines are to be read counts here.
#[derive(Deserialize)]
struct BookBody {
    format: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountBody<'a> {
    code: String,
    name: Option<String>,
    r#type: String,
    currency: String,
    normal_side: Option<String>,
    #[serde(default)]
    open_item: bool,
    min: Option<String>,
    max: Option<String>,
    parent: Option<String>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingBody<'a> {
    account: String,
    currency: String,
    #[serde(default, deserialize_with = "change")]
    min: Change<String>,
    #[serde(default, deserialize_with = "change")]
    max: Change<String>,
    closed: Option<bool>,
    frozen: Option<String>,
    #[serde(default, deserialize_with = "change")]
    parent: Change<String>,
    #[serde(default, borrow, deserialize_with = "raw_change")]
    metadata: Change<&'a RawValue>,
    metadata_text: Option<String>,
}

/// A field that is left out stays as it is; `null` takes away what is there.
fn change<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Change<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Change::To)
}

fn raw_change<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Change<&'a RawValue>, D::Error> {
    Option::<&'a RawValue>::deserialize(deserializer).map(Change::To)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupBody {
    name: String,
    currency: String,
    normal_side: String,
    min: Option<String>,
    max: Option<String>,
    accounts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read and not carried over must be known, so that all else is refused")]
struct EntryBody<'a> {
    id: Option<Uuid>,
    #[serde(default)]
    kind: KindWord,
    effective_date: Option<String>,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    description: String,
    #[serde(default, borrow)]
    metadata: Option<&'a RawValue>,
    metadata_text: Option<String>,
    actor: Option<String>,
    #[serde(default)]
    adjusting: bool,
    relates_to: Option<Uuid>,
    hold_group: Option<Uuid>,
    expires_at: Option<Timestamp>,
    at_most: Option<String>,
    value_date: Option<String>,
    template_no: Option<i32>,
    sequence: Option<i64>,
    booked_at: Option<Timestamp>,
    #[serde(borrow)]
    postings: Vec<Object<PostingBody<'a>>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindWord {
    #[default]
    Post,
    Hold,
    Release,
    Capture,
    Expiry,
    Reversal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PostingBody<'a> {
    #[serde(borrow)]
    account: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    debit: Option<&'a RawValue>,
    #[serde(borrow)]
    credit: Option<&'a RawValue>,
    #[serde(borrow)]
    currency: std::borrow::Cow<'a, str>,
    item: Option<String>,
    due_date: Option<String>,
    layer: Option<std::borrow::Cow<'a, str>>,
}

impl<R: Read> Reader<R> {
    /// Begins at the first line.
    pub fn new(input: R) -> Reader<R> {
        let lines = Lines::new(input);
        Reader { lines, counted: Counted::default(), has_end: false, is_ended: false, is_over: false }
    }

    /// At the end of the input: whether the file has said so, too.
    fn end(&mut self) -> Option<Numbered> {
        if std::mem::replace(&mut self.is_over, true) || !self.has_end || self.is_ended {
            return None;
        }
        let line = self.lines.number() + 1;
        let message = "the file begins as a whole book and has no last line: it was cut";
        let fault = Fault::new(line, "file_cut", message).expected("a line {\"end\": {...}}", "the end of the file");
        Some(Numbered { line, record: Err(fault) })
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = io::Result<Numbered>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.lines.next_line() {
                Err(error) => return Some(Err(error)),
                Ok(None) => return self.end().map(Ok),
                Ok(Some(Ok(text))) if text.trim_ascii().is_empty() => continue,
                Ok(Some(line)) => line,
            };
            let read = line.and_then(|text| text_to_line(text, &mut self.counted));
            let line = self.lines.number();
            let read = match read {
                Ok(Said::Record(record)) if self.is_ended => {
                    drop(record);
                    Err(Fault::new(line, "line_after_end", "there is more behind the line that ends the file")
                        .expected("the end of the file", "another line"))
                }
                Ok(Said::Record(record)) => Ok(record),
                Ok(Said::Book) => {
                    self.has_end = true;
                    continue;
                }
                Ok(Said::End(said)) => {
                    self.is_ended = true;
                    if said == self.counted {
                        continue;
                    }
                    Err(miscounted(line, said, self.counted))
                }
                Err(fault) => Err(Fault { line, ..fault }),
            };
            return Some(Ok(Numbered { line, record: read }));
        }
    }
}

enum Said {
    Book,
    Record(Record),
    End(Counted),
}

fn miscounted(line: u64, said: Counted, counted: Counted) -> Fault {
    let words = |counted: Counted| format!("{} accounts and {} entries", counted.accounts, counted.entries);
    let message = "the file does not have what its last line says: something was taken out or added";
    Fault::new(line, "file_miscounted", message).expected(words(said), words(counted))
}

/// Reads a line; its number is put in by the caller.
fn text_to_line(text: &str, counted: &mut Counted) -> Result<Said, Fault> {
    // What cannot be read is counted, too, so that one fault does not bring a second at the end.
    let mut count = |text: &str| {
        counted.accounts += u64::from(text.starts_with("{\"account\""));
        counted.entries += u64::from(text.starts_with("{\"entry\""));
    };
    let line = json::read(0, text, EXPECTED).inspect_err(|_| count(text))?;
    let record = match line {
        Line::Book(BookBody { format: FORMAT }) => return Ok(Said::Book),
        Line::Book(BookBody { format }) => {
            let fault = Fault::new(0, "format_unknown", "this file was written by another version of the program");
            return Err(fault.expected(format!("format {FORMAT}"), format!("format {format}")));
        }
        Line::End(said) => return Ok(Said::End(said)),
        Line::Account(Object(body)) => {
            counted.accounts += 1;
            Record::Account(Box::new(account(body)?))
        }
        Line::Entry(body) => {
            counted.entries += 1;
            Record::Entry(Box::new(entry(body.0)?))
        }
        Line::Setting(Object(body)) => Record::Setting(Box::new(setting(body)?)),
        Line::LimitGroup(Object(body)) => limit_group(body)?,
    };
    Ok(Said::Record(record))
}

fn account(body: AccountBody<'_>) -> Result<AccountLine, Fault> {
    let currency = currency(0, &body.currency)?;
    let Some(account_type) = AccountType::from_word(&body.r#type) else {
        let expected = AccountType::ALL.map(AccountType::word).join(", ");
        return Err(Fault::new(0, "type_unknown", "this is no type of accounts").expected(expected, &body.r#type));
    };
    let limits = Limits { min_minor: limit(body.min, currency)?, max_minor: limit(body.max, currency)? };
    let metadata = body.metadata.map(|json| json.get().to_owned());
    let account = AccountLine {
        name: body.name,
        account_type: Some(account_type),
        currency: Some(currency),
        normal_side: body.normal_side.as_deref().map(side).transpose()?,
        open_item: body.open_item,
        limits,
        note: AccountNote { parent: body.parent, metadata },
        ..AccountLine::new(account_code(0, &body.code)?)
    };
    match account.complete().map(|account| account.check()) {
        Some(Err(fault)) => Err(Fault::account(0, &fault)),
        Some(Ok(())) | None => Ok(account),
    }
}

fn side(word: &str) -> Result<NormalSide, Fault> {
    match word {
        "debit" => Ok(NormalSide::Debit),
        "credit" => Ok(NormalSide::Credit),
        _ => Err(Fault::new(0, "side_unknown", "this is no side of an account").expected("debit or credit", word)),
    }
}

fn limit(text: Option<String>, currency: Currency) -> Result<Option<i64>, Fault> {
    let minor = text.map(|text| Money::parse(&text, currency).map(|money| money.minor));
    minor.transpose().map_err(|error| Fault::money(0, &error))
}

fn setting(body: SettingBody<'_>) -> Result<SettingLine, Fault> {
    let currency = currency(0, &body.currency)?;
    let amount = |change| match change {
        Change::Keep => Ok(Change::Keep),
        Change::To(text) => limit(text, currency).map(Change::To),
    };
    let frozen = body.frozen.as_deref().map(|word| {
        let expected = Frozen::ALL.map(Frozen::word).join(", ");
        Frozen::from_word(word)
            .ok_or_else(|| Fault::new(0, "frozen_unknown", "this is no way to freeze").expected(expected, word))
    });
    let metadata = match body.metadata {
        Change::Keep => Change::Keep,
        Change::To(json) => Change::To(json.map(|json| json.get().to_owned())),
    };
    let metadata = body.metadata_text.map_or(metadata, |text| Change::To(Some(text)));
    let change = SettingChange {
        min: amount(body.min)?,
        max: amount(body.max)?,
        closed: body.closed,
        frozen: frozen.transpose()?,
        parent: body.parent,
        metadata,
    };
    Ok(SettingLine { account: account_code(0, &body.account)?, change })
}

fn limit_group(body: GroupBody) -> Result<Record, Fault> {
    let currency = currency(0, &body.currency)?;
    let group = LimitGroup {
        currency,
        normal_side: side(&body.normal_side)?,
        limits: Limits { min_minor: limit(body.min, currency)?, max_minor: limit(body.max, currency)? },
        accounts: body.accounts.iter().map(|code| account_code(0, code)).collect::<Result<_, _>>()?,
    };
    Ok(Record::LimitGroup { name: body.name, group })
}

fn entry(body: EntryBody<'_>) -> Result<NewEntry, Fault> {
    if body.id.is_some_and(|id| id.is_nil()) {
        return Err(Fault::new(0, "id_nil", "id must not be the nil UUID"));
    }
    let kind = match body.kind {
        KindWord::Post => EntryKind::Post,
        KindWord::Hold => EntryKind::Hold,
        KindWord::Release | KindWord::Expiry => EntryKind::Release,
        KindWord::Capture => EntryKind::Capture,
        KindWord::Reversal => EntryKind::Reversal,
    };
    let metadata = body.metadata_text.or(body.metadata.map(|json| json.get().to_owned()));
    let ends_group = kind.relates() && body.hold_group.is_some();
    let mut postings = Vec::with_capacity(body.postings.len());
    for (leg, Object(posting)) in body.postings.into_iter().enumerate() {
        let (layer, posting) = self::posting(leg, posting)?;
        if is_given(0, kind, layer)? && !ends_group {
            postings.push(posting);
        }
    }
    Ok(NewEntry {
        id: body.id.unwrap_or_default(),
        kind,
        effective_date: body.effective_date.as_deref().map(|text| day(0, text)).transpose()?,
        adjusting: body.adjusting,
        reference: body.reference,
        description: body.description,
        metadata,
        actor: body.actor.unwrap_or_default(),
        relates_to: body.relates_to,
        hold_group: body.hold_group,
        expires_at: body.expires_at,
        postings,
        ..NewEntry::default()
    })
}

fn posting(leg: usize, body: PostingBody<'_>) -> Result<(Option<Layer>, NewPosting), Fault> {
    let account = account_code(0, &body.account)?;
    let currency = currency(0, &body.currency)?;
    let amount = match (body.debit, body.credit) {
        (Some(debit), None) => positive(leg, debit, currency)?,
        (None, Some(credit)) => {
            let money = positive(leg, credit, currency)?;
            Money::new(-money.minor, currency)
        }
        (both, _) => {
            let message = format!("a posting has exactly one of debit and credit (posting {leg})");
            let actual = if both.is_some() { "both" } else { "none" };
            return Err(Fault::new(0, "debit_or_credit", message).expected("debit or credit", actual));
        }
    };
    let layer = body.layer.as_deref().map(|word| {
        let known = Layer::ALL.into_iter().find(|layer| layer.word() == word);
        known.ok_or_else(|| Fault::new(0, "layer_unknown", "this is no layer").expected("settled or pending", word))
    });
    let due_date = body.due_date.as_deref().map(|text| day(0, text)).transpose()?;
    Ok((layer.transpose()?, NewPosting { account, amount, item: body.item, due_date }))
}

/// A decimal string above zero.
fn positive(leg: usize, raw: &RawValue, currency: Currency) -> Result<Money, Fault> {
    let plain = raw.get().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let Some(text) = plain.filter(|text| !text.contains('\\')) else {
        let message = format!("an amount is a decimal string: a JSON number may lose digits (posting {leg})");
        return Err(Fault::new(0, "amount_not_text", message).expected("\"15200.00\"", raw.get()));
    };
    let money = Money::parse(text, currency).map_err(|error| Fault::money(0, &error))?;
    match money.minor {
        1.. => Ok(money),
        0 => Err(Fault::new(0, "amount_zero", format!("an amount is not zero (posting {leg})"))
            .expected("more than 0", text)),
        _ => Err(Fault::new(0, "amount_negative", format!("an amount is not negative (posting {leg})"))
            .expected("more than 0, on the other side", text)),
    }
}

#[cfg(test)]
mod tests;
