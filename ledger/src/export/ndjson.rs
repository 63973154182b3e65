//! Accounts, templates and history as lines of JSON, which [`crate::import::ndjson`] reads again.
//!
//! In this order: a line `book`; the accounts as they were opened, in that order; the entries by sequence with all they
//! are, and among them every version of a template where it came into force; the settings in force, one line an account
//! that has any; the limit groups in force; a line `end` that says how many accounts, templates and entries there are,
//! so that a file that was cut shows it. Settings come last because they are those of today: what was posted before a
//! limit was lowered, or an account closed, was right then.
//!
//! Not in it: closings, which are the book's way to take in entries, not what is in the books. Memory grows with the
//! chart and the templates, not with the journal.

use std::collections::HashMap;
use std::io::{self, Write};

use deadpool_postgres::Client;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tokio_postgres::GenericClient;
use uuid::Uuid;

use crate::account::{AccountNote, AccountSetting};
use crate::book::BookName;
use crate::error::Error;
use crate::import::ndjson::FORMAT;
use crate::limit_group::{self, LimitGroup};
use crate::money::{Money, decimal_text};
use crate::query::{Moment, QueryError};
use crate::register;
use crate::template_register::{self, TemplateNo};

use super::journal::{ChartAccount, Entry, Leg, Legs, Progress, Span, chart, each_entry};
use super::text::push_decimal;
use super::{ExportError, Exported, word};

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Book { format: u32, name: &'a str, sequence: i64, as_of: Option<Date>, known_at: Timestamp },
    Account(AccountBody<'a>),
    Template(TemplateBody<'a>),
    Entry(Box<EntryBody<'a>>),
    Setting(SettingBody<'a>),
    LimitGroup(GroupBody<'a>),
    End { accounts: u64, templates: u64, entries: u64 },
}

#[derive(Serialize)]
struct AccountBody<'a> {
    code: &'a str,
    name: &'a str,
    r#type: &'static str,
    currency: &'static str,
    normal_side: &'static str,
    open_item: bool,
}

#[derive(Serialize)]
struct EntryBody<'a> {
    id: Uuid,
    sequence: i64,
    kind: &'static str,
    effective_date: Date,
    booked_at: &'a str,
    reference: &'a str,
    description: &'a str,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    /// The same, if its bytes do not fit in a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata_text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relates_to: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_group: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<Decimal>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    adjusting: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<MadeByBody<'a>>,
    postings: LegsBody<'a>,
}

#[derive(Serialize)]
struct MadeByBody<'a> {
    name: &'a str,
    template_no: TemplateNo,
}

#[derive(Serialize)]
struct TemplateBody<'a> {
    name: &'a str,
    template_no: TemplateNo,
    recorded_at: Timestamp,
    actor: &'a str,
    reason: &'a str,
    /// `null` if the name is retired.
    template: &'a RawValue,
}

/// The postings, read while they are written.
struct LegsBody<'a>(Legs<'a>);

impl Serialize for LegsBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for leg in self.0.iter() {
            list.serialize_element(&posting_body(&leg.map_err(S::Error::custom)?))?;
        }
        list.end()
    }
}

#[derive(Serialize)]
struct PostingBody<'a> {
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    debit: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<Decimal>,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Date>,
    layer: &'static str,
}

/// An amount as a decimal string.
struct Decimal(Money);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(24);
        push_decimal(&mut text, self.0.minor, self.0.currency);
        serializer.serialize_str(&text)
    }
}

#[derive(Serialize)]
struct SettingBody<'a> {
    account: &'a str,
    currency: &'static str,
    min: Option<String>,
    max: Option<String>,
    closed: bool,
    frozen: &'static str,
    parent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata_text: Option<&'a str>,
}

#[derive(Serialize)]
struct GroupBody<'a> {
    name: &'a str,
    currency: &'static str,
    normal_side: &'static str,
    min: Option<String>,
    max: Option<String>,
    accounts: Vec<&'a str>,
}

/// Writes the book as it was at a moment.
pub async fn ndjson(
    clients: [Client; 2],
    book: &BookName,
    moment: Moment,
    out: &mut impl Write,
    progress: impl FnMut(Progress),
) -> Result<Exported, ExportError> {
    let extent = Span { moment, ..Span::default() }.extent(&**clients[0]).await?;
    let (sequence, known_at) = (extent.last, extent.horizon.known_at);
    let name = book.to_string();
    write(out, &Line::Book { format: FORMAT, name: &name, sequence, as_of: moment.as_of, known_at })?;
    let chart = chart(&**clients[0], moment.known_at).await?;
    for account in &chart {
        write(out, &Line::Account(account_body(account)))?;
    }
    let groups = limit_groups(&**clients[0], moment).await?;
    let templates = Templates::read(&**clients[0], moment).await?;
    let mut coming = templates.versions.iter().peekable();
    let (mut line, mut booked) = (Vec::new(), (Timestamp::MIN, String::new()));
    let entries = each_entry(clients, &extent, &chart, progress, |entry, legs| {
        while let Some(version) = coming.next_if(|version| version.after_sequence < entry.sequence) {
            write(out, &Line::Template(template_body(version)?))?;
        }
        if booked.0 != entry.booked_at {
            booked = (entry.booked_at, entry.booked_at.to_string());
        }
        line.clear();
        write(&mut line, &Line::Entry(Box::new(entry_body(entry, legs, &booked.1, &templates)?)))?;
        Ok(out.write_all(&line)?)
    })
    .await?;
    for version in coming {
        write(out, &Line::Template(template_body(version)?))?;
    }
    for account in chart.iter().filter(|account| has_settings(account)) {
        write(out, &Line::Setting(setting_body(account)?))?;
    }
    write_limit_groups(&groups, out)?;
    let count = |count: usize| u64::try_from(count).expect("what is in memory can be counted");
    write(out, &Line::End { accounts: count(chart.len()), templates: count(templates.versions.len()), entries })?;
    out.flush()?;
    Ok(Exported { entries, known_at, last_sequence: sequence })
}

fn write(out: &mut impl Write, line: &Line<'_>) -> Result<(), io::Error> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Every version of a template that was on record, oldest first.
struct Templates {
    versions: Vec<register::Record>,
    names: HashMap<TemplateNo, usize>,
}

impl Templates {
    async fn read(client: &impl GenericClient, moment: Moment) -> Result<Templates, QueryError> {
        let mut versions = register::all(client, template_register::KIND).await.map_err(QueryError::World)?;
        versions.retain(|version| moment.known_at.is_none_or(|known_at| version.recorded_at <= known_at));
        let numbered = versions.iter().enumerate();
        let names = numbered.map(|(place, version)| Ok((template_register::number(version.register_no)?, place)));
        let names = names.collect::<Result<_, Error>>().map_err(QueryError::World)?;
        Ok(Templates { versions, names })
    }

    /// The version of a number, as entries name it.
    fn made_by(&self, template_no: TemplateNo) -> Result<MadeByBody<'_>, ExportError> {
        let unknown = || Error::Corrupt(format!("entry.template_no is {template_no}, which is not on record"));
        let place = self.names.get(&template_no).ok_or_else(unknown).map_err(QueryError::World)?;
        Ok(MadeByBody { name: &self.versions[*place].name, template_no })
    }
}

fn template_body(version: &register::Record) -> Result<TemplateBody<'_>, ExportError> {
    let register::Record { register_no, name, content, recorded_at, actor, reason, .. } = version;
    Ok(TemplateBody {
        name,
        template_no: template_register::number(*register_no).map_err(QueryError::World)?,
        recorded_at: *recorded_at,
        actor,
        reason,
        template: serde_json::from_str(content).map_err(io::Error::from)?,
    })
}

/// The limit groups that were in force.
async fn limit_groups(client: &impl GenericClient, moment: Moment) -> Result<Vec<register::Record>, QueryError> {
    let mut records = register::in_force(client, limit_group::KIND).await.map_err(QueryError::World)?;
    records.retain(|record| moment.known_at.is_none_or(|known_at| record.recorded_at <= known_at));
    Ok(records)
}

fn write_limit_groups(records: &[register::Record], out: &mut impl Write) -> Result<(), io::Error> {
    for record in records {
        let Some(group) = LimitGroup::parse(&record.content) else { continue };
        let decimal = |minor: Option<i64>| minor.map(|minor| decimal_text(minor.into(), group.currency));
        let body = GroupBody {
            name: &record.name,
            currency: group.currency.code(),
            normal_side: word(group.normal_side),
            min: decimal(group.limits.min_minor),
            max: decimal(group.limits.max_minor),
            accounts: group.accounts.iter().map(crate::account::AccountCode::as_str).collect(),
        };
        write(out, &Line::LimitGroup(body))?;
    }
    Ok(())
}

fn account_body(ChartAccount { account, .. }: &ChartAccount) -> AccountBody<'_> {
    AccountBody {
        code: account.code.as_str(),
        name: &account.name,
        r#type: account.account_type.word(),
        currency: account.currency.code(),
        normal_side: word(account.normal_side),
        open_item: account.open_item,
    }
}

fn has_settings(ChartAccount { account, note }: &ChartAccount) -> bool {
    account.setting != AccountSetting::default() || *note != AccountNote::default()
}

fn setting_body(ChartAccount { account, note }: &ChartAccount) -> Result<SettingBody<'_>, ExportError> {
    let decimal = |minor: Option<i64>| minor.map(|minor| decimal_text(minor.into(), account.currency));
    let (metadata, metadata_text) = json(note.metadata.as_deref())?;
    Ok(SettingBody {
        account: account.code.as_str(),
        currency: account.currency.code(),
        min: decimal(account.setting.limits.min_minor),
        max: decimal(account.setting.limits.max_minor),
        closed: account.setting.closed,
        frozen: account.setting.frozen.word(),
        parent: note.parent.as_deref(),
        metadata,
        metadata_text,
    })
}

fn entry_body<'a>(
    entry: &Entry<'a>,
    legs: Legs<'a>,
    booked_at: &'a str,
    templates: &'a Templates,
) -> Result<EntryBody<'a>, ExportError> {
    let (metadata, metadata_text) = json(entry.metadata)?;
    Ok(EntryBody {
        id: entry.id,
        sequence: entry.sequence,
        kind: entry.kind.word(),
        effective_date: entry.effective_date,
        booked_at,
        reference: entry.reference,
        description: entry.description,
        actor: entry.actor,
        metadata,
        metadata_text,
        value_date: entry.value_date,
        relates_to: entry.relates_to,
        hold_group: entry.hold_group,
        expires_at: entry.expires_at,
        at_most: at_most(entry, legs)?,
        adjusting: entry.adjusting,
        template: entry.template_no.map(|template_no| templates.made_by(template_no)).transpose()?,
        postings: LegsBody(legs),
    })
}

/// How much was asked for, if less was moved; what takes from another asks for what is left.
fn at_most(entry: &Entry<'_>, legs: Legs<'_>) -> Result<Option<Decimal>, ExportError> {
    let Some(minor) = entry.at_most_minor.filter(|_| !entry.kind.relates()) else { return Ok(None) };
    let first = legs.iter().next().transpose()?;
    Ok(first.map(|leg| Decimal(Money::new(minor, leg.account.currency))))
}

fn posting_body<'a>(leg: &Leg<'a>) -> PostingBody<'a> {
    let currency = leg.account.currency;
    let amount = Some(Decimal(Money::new(leg.minor, currency).without_sign()));
    let (debit, credit) = if leg.minor < 0 { (None, amount) } else { (amount, None) };
    PostingBody {
        account: leg.account.code.as_str(),
        debit,
        credit,
        currency: currency.code(),
        item: leg.item,
        due_date: leg.due_date,
        layer: leg.layer.word(),
    }
}

/// JSON text as it was sent, byte by byte: as a value if it is one line without blanks around, else as a text.
fn json(text: Option<&str>) -> Result<(Option<&RawValue>, Option<&str>), ExportError> {
    match text {
        None => Ok((None, None)),
        Some(text) if text.contains(['\n', '\r']) || text.trim_ascii() != text => Ok((None, Some(text))),
        Some(text) => match serde_json::from_str(text) {
            Ok(value) => Ok((Some(value), None)),
            Err(error) => Err(ExportError::Write(error.into())),
        },
    }
}
