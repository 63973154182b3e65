//! The complete book as lines of JSON, which [`crate::import::ndjson`] reads again.
//!
//! In this order: a line `book`; the accounts as they were opened, in that order; the entries by sequence with all they
//! are; the settings in force, one line an account that has any; the limit groups in force; a line `end` that says how
//! many accounts and entries there are, so that a file that was cut shows it. Settings come last because they are those
//! of today: what was posted before a limit was lowered, or an account closed, was right then.
//!
//! Not in it: templates and closings, which are the book's way to take in entries, not what is in the books.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_postgres::GenericClient;
use uuid::Uuid;

use crate::account::{AccountNote, AccountSetting, NormalSide};
use crate::book::BookName;
use crate::import::ndjson::FORMAT;
use crate::limit_group::{self, LimitGroup};
use crate::money::{Money, decimal_text};
use crate::query::{EntryView, Moment, PostingView, QueryError};
use crate::register;

use super::journal::{ChartAccount, Progress, Span, chart, each_entry};
use super::{ExportError, Exported};

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Book { format: u32, name: &'a str, sequence: i64, as_of: Option<Date>, known_at: Timestamp },
    Account(AccountBody<'a>),
    Entry(Box<EntryBody<'a>>),
    Setting(SettingBody<'a>),
    LimitGroup(GroupBody<'a>),
    End { accounts: u64, entries: u64 },
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
    booked_at: Timestamp,
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
    at_most: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    adjusting: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_no: Option<i32>,
    postings: Vec<PostingBody<'a>>,
}

#[derive(Serialize)]
struct PostingBody<'a> {
    account: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    debit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Date>,
    layer: &'static str,
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
    client: &impl GenericClient,
    book: &BookName,
    moment: Moment,
    out: &mut impl Write,
    progress: impl FnMut(Progress),
) -> Result<Exported, ExportError> {
    let extent = Span { moment, ..Span::default() }.extent(client).await?;
    let (sequence, known_at) = (extent.last, extent.horizon.known_at);
    let name = book.to_string();
    write(out, &Line::Book { format: FORMAT, name: &name, sequence, as_of: moment.as_of, known_at })?;
    let chart = chart(client, moment.known_at).await?;
    for account in &chart {
        write(out, &Line::Account(account_body(account)))?;
    }
    let entries = each_entry(client, &extent, progress, |entry| {
        let line = Line::Entry(Box::new(entry_body(&entry)?));
        Ok(write(out, &line)?)
    })
    .await?;
    for account in chart.iter().filter(|account| has_settings(account)) {
        write(out, &Line::Setting(setting_body(account)?))?;
    }
    write_limit_groups(client, moment, out).await?;
    write(out, &Line::End { accounts: u64::try_from(chart.len()).expect("a chart fits in memory"), entries })?;
    out.flush()?;
    Ok(Exported { entries, known_at, last_sequence: sequence })
}

fn write(out: &mut impl Write, line: &Line<'_>) -> Result<(), io::Error> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

async fn write_limit_groups(
    client: &impl GenericClient,
    moment: Moment,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let records = register::in_force(client, limit_group::KIND).await.map_err(QueryError::World)?;
    let is_known = |record: &&register::Record| moment.known_at.is_none_or(|known_at| record.recorded_at <= known_at);
    for record in records.iter().filter(is_known) {
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

fn word(side: NormalSide) -> &'static str {
    match side {
        NormalSide::Debit => "debit",
        NormalSide::Credit => "credit",
    }
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

fn entry_body(entry: &EntryView) -> Result<EntryBody<'_>, ExportError> {
    let (metadata, metadata_text) = json(entry.metadata.as_deref())?;
    Ok(EntryBody {
        id: entry.id,
        sequence: entry.sequence,
        kind: entry.kind.word(),
        effective_date: entry.effective_date,
        booked_at: entry.booked_at,
        reference: &entry.reference,
        description: &entry.description,
        actor: &entry.actor,
        metadata,
        metadata_text,
        value_date: entry.value_date,
        relates_to: entry.relates_to,
        hold_group: entry.hold_group,
        expires_at: entry.expires_at,
        at_most: entry.at_most.map(Money::to_decimal_string),
        adjusting: entry.adjusting,
        template_no: entry.template_no,
        postings: entry.postings.iter().map(posting_body).collect(),
    })
}

fn posting_body(posting: &PostingView) -> PostingBody<'_> {
    let amount = posting.amount;
    let text = decimal_text(i128::from(amount.minor).abs(), amount.currency);
    let (debit, credit) = if amount.minor < 0 { (None, Some(text)) } else { (Some(text), None) };
    PostingBody {
        account: posting.account.as_str(),
        debit,
        credit,
        currency: amount.currency.code(),
        item: posting.item.as_deref(),
        due_date: posting.due_date,
        layer: posting.layer.word(),
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
