//! A book as lines of JSON: what `export ndjson` writes, and what a person or a program may write by hand.
//!
//! Each line is one object with one field that says what it is: `account`, `template`, `entry`, `setting`,
//! `limit_group`. The export puts a `book` line first and an `end` line last, with how many accounts, templates and
//! entries there are; a file that begins with `book` must end with `end`, so that a file that was cut is never taken
//! for a whole one.
//!
//! A template is a version as `GET /v1/templates/NAME` shows it, and stands above the entries that it made; they name
//! it by its number in the file.
//!
//! An entry has the fields that `GET /v1/entries` shows, and is history: its legs are what it moved, not what it asked
//! for. So `at_most`, `value_date`, `sequence` and `booked_at` are read and not carried over; an expiry, which is the
//! ledger's own, becomes a release of the same legs; what ended a whole group of holds ends it again. Of the legs,
//! those in the layer that the ledger makes up itself (what a capture no longer holds) are skipped.

mod body;

use std::collections::HashMap;
use std::io::{self, Read};

use serde_json::value::RawValue;

use crate::account::{AccountNote, AccountType, Change, Frozen, Limits, NormalSide, SettingChange, check_text};
use crate::entry::{EntryKind, Layer, NewEntry, NewPosting, REFERENCE_BYTES_MAX};
use crate::limit_group::LimitGroup;
use crate::money::{Currency, Money};
use crate::template::Template;
use crate::template_register::TemplateNo;

use self::body::{
    AccountBody, BookBody, Counted, EntryBody, GroupBody, KindWord, Line, MadeByBody, PostingBody, SettingBody,
    TemplateBody,
};
use super::json::{self, Object};
use super::line::Lines;
use super::templates::TemplateLine;
use super::{AccountLine, Fault, Numbered, Record, SettingLine, account_code, currency, day, is_given};

/// The version of the lines that are read and written.
pub const FORMAT: u32 = 1;
const EXPECTED: &str = "one object a line: {\"account\": {...}}, {\"template\": {...}}, {\"entry\": {...}}, \
                        {\"setting\": {...}} or {\"limit_group\": {...}}";

/// A file of lines that is being read.
pub struct Reader<R> {
    lines: Lines<R>,
    counted: Counted,
    /// The templates so far, by number; without a name, it was retired, or could not be read.
    templates: HashMap<TemplateNo, Option<String>>,
    /// Whether it said at its beginning that it will say at its end how much there is.
    has_end: bool,
    is_ended: bool,
    is_over: bool,
}

impl<R: Read> Reader<R> {
    /// Begins at the first line.
    pub fn new(input: R) -> Reader<R> {
        let lines = Lines::new(input);
        Reader {
            lines,
            counted: Counted::default(),
            templates: HashMap::new(),
            has_end: false,
            is_ended: false,
            is_over: false,
        }
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
            let read = line.and_then(|text| text_to_line(text, &mut self.counted, &mut self.templates));
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
    let words = |Counted { accounts, templates, entries }: Counted| {
        format!("{accounts} accounts, {templates} templates and {entries} entries")
    };
    let message = "the file does not have what its last line says: something was taken out or added";
    Fault::new(line, "file_miscounted", message).expected(words(said), words(counted))
}

/// Reads a line; its number is put in by the caller.
fn text_to_line(
    text: &str,
    counted: &mut Counted,
    templates: &mut HashMap<TemplateNo, Option<String>>,
) -> Result<Said, Fault> {
    // What cannot be read is counted, too, so that one fault does not bring a second at the end.
    let mut count = |text: &str| {
        counted.accounts += u64::from(text.starts_with("{\"account\""));
        counted.templates += u64::from(text.starts_with("{\"template\""));
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
        Line::Template(Object(body)) => {
            counted.templates += 1;
            Record::Template(Box::new(template(body, templates)?))
        }
        Line::Entry(body) => {
            counted.entries += 1;
            Record::Entry(Box::new(entry(body.0, templates)?))
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

fn template(
    body: TemplateBody<'_>,
    templates: &mut HashMap<TemplateNo, Option<String>>,
) -> Result<TemplateLine, Fault> {
    let TemplateBody { template_no, name, template, actor, reason, .. } = body;
    if templates.insert(template_no, None).is_some() {
        let fault = Fault::new(0, "template_twice", "the file has another template with this number before");
        return Err(fault.expected("a number of its own", template_no.to_string()));
    }
    check_text("name", &name, REFERENCE_BYTES_MAX).map_err(|fault| Fault::account(0, &fault))?;
    let template = template.map(|json| Template::parse(json.get())).transpose();
    let template = template.map_err(|faults| Fault::template(0, &faults))?;
    if let Some(own) = template.as_ref().map(|template| &template.definition().name).filter(|own| **own != name) {
        return Err(Fault::new(0, "name_differs", "the template has another name than its line").expected(name, own));
    }
    templates.insert(template_no, template.is_some().then(|| name.clone()));
    Ok(TemplateLine { template_no, name, template, actor, reason })
}

/// The number of the template that an entry names, which stands above it.
fn made_by(body: MadeByBody, templates: &HashMap<TemplateNo, Option<String>>) -> Result<TemplateNo, Fault> {
    let MadeByBody { name, template_no } = body;
    let said = |name: &str| format!("{name}, number {template_no}");
    let above = templates.get(&template_no).and_then(Option::as_deref);
    if above == Some(name.as_str()) {
        return Ok(template_no);
    }
    let expected = above.map_or_else(|| format!("a template with number {template_no} above"), said);
    Err(Fault::new(0, "template_unknown", "no line above has this template").expected(expected, said(&name)))
}

fn entry(body: EntryBody<'_>, templates: &HashMap<TemplateNo, Option<String>>) -> Result<NewEntry, Fault> {
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
        template_no: body.template.map(|Object(made_by)| self::made_by(made_by, templates)).transpose()?,
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
