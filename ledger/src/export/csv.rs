//! All entries as CSV, one row a posting, which [`crate::import::csv`] reads again; the accounts as a chart.
//!
//! Every entry is whole, holds and what takes from them too; what is about the entry stands in each of its rows, so
//! that a row says all by itself. Words that a spreadsheet would take for a formula get an apostrophe in front. The
//! accounts go into a file of their own, as `account load` reads it; what no chart can say (whether an account is
//! closed or frozen, metadata that are no plain texts) is counted, not written.

use std::io::Write;

use deadpool_postgres::Client;
use tokio_postgres::GenericClient;

use crate::account::{AccountNote, Frozen, NewAccount};
use crate::chart::write_chart;
use crate::import::csv::{Column, shielded};
use crate::query::Moment;

use super::journal::{ChartAccount, Entry, Leg, Progress, Span, chart, each_entry};
use super::text::{Days, push_decimal, push_id};
use super::{ExportError, Exported};

/// The columns that are written, in their order: debit and credit, and no signed amount.
fn columns() -> impl Iterator<Item = Column> {
    Column::ALL.into_iter().filter(|column| *column != Column::Amount)
}

/// Writes the entries as they were at a moment.
pub async fn csv(
    clients: [Client; 2],
    moment: Moment,
    out: &mut impl Write,
    progress: impl FnMut(Progress),
) -> Result<Exported, ExportError> {
    let extent = Span { moment, ..Span::default() }.extent(&**clients[0]).await?;
    let chart = chart(&**clients[0], moment.known_at).await?;
    let header: Vec<&str> = columns().map(Column::word).collect();
    writeln!(out, "{}", header.join(","))?;
    let (mut text, mut days) = (String::new(), Days::default());
    let entries = each_entry(clients, &extent, &chart, progress, |entry, legs| {
        text.clear();
        for leg in legs.iter() {
            push_row(&mut text, entry, &leg?, &mut days);
        }
        Ok(out.write_all(text.as_bytes())?)
    })
    .await?;
    out.flush()?;
    Ok(Exported { entries, known_at: extent.horizon.known_at, last_sequence: extent.last })
}

fn push_row(text: &mut String, entry: &Entry<'_>, leg: &Leg<'_>, days: &mut Days) {
    for (place, column) in columns().enumerate() {
        if place > 0 {
            text.push(',');
        }
        match column {
            Column::Entry => push_id(text, entry.id),
            Column::Date => days.push(text, entry.effective_date),
            Column::Kind => text.push_str(entry.kind.word()),
            Column::Account => push_words(text, leg.account.code.as_str()),
            Column::Debit if leg.minor > 0 => push_decimal(text, leg.minor, leg.account.currency),
            Column::Credit if leg.minor < 0 => push_decimal(text, -leg.minor, leg.account.currency),
            Column::Currency => text.push_str(leg.account.currency.code()),
            Column::Item => push_words(text, leg.item.unwrap_or_default()),
            Column::DueDate => leg.due_date.into_iter().for_each(|date| days.push(text, date)),
            Column::Layer => text.push_str(leg.layer.word()),
            Column::Reference => push_words(text, entry.reference),
            Column::Description => push_words(text, entry.description),
            Column::Actor => push_words(text, entry.actor),
            Column::Metadata => push_cell(text, entry.metadata.unwrap_or_default()),
            Column::Adjusting if entry.adjusting => text.push_str("true"),
            Column::Debit | Column::Credit | Column::Amount | Column::Adjusting => {}
            Column::RelatesTo => entry.relates_to.into_iter().for_each(|id| push_id(text, id)),
            Column::HoldGroup => entry.hold_group.into_iter().for_each(|id| push_id(text, id)),
            Column::ExpiresAt => entry.expires_at.into_iter().for_each(|time| text.push_str(&time.to_string())),
        }
    }
    text.push('\n');
}

fn push_words(text: &mut String, words: &str) {
    push_cell(text, &shielded(words));
}

fn push_cell(text: &mut String, cell: &str) {
    if !cell.contains([',', '"', '\n', '\r']) {
        text.push_str(cell);
        return;
    }
    text.push('"');
    text.push_str(&cell.replace('"', "\"\""));
    text.push('"');
}

/// How many accounts have something that a chart cannot say.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Unsaid {
    /// Closed or frozen.
    pub closed: usize,
    /// Metadata that are no object of texts.
    pub metadata: usize,
}

/// Writes the accounts as they were known at a moment.
pub async fn accounts_csv(
    client: &impl GenericClient,
    moment: Moment,
    out: &mut impl Write,
) -> Result<Unsaid, ExportError> {
    let mut unsaid = Unsaid::default();
    let mut accounts = Vec::new();
    for ChartAccount { account, note } in chart(client, moment.known_at).await? {
        unsaid.closed += usize::from(account.setting.closed || account.setting.frozen != Frozen::None);
        let mut new = NewAccount {
            code: account.code,
            name: account.name,
            account_type: account.account_type,
            currency: account.currency,
            normal_side: account.normal_side,
            open_item: account.open_item,
            limits: account.setting.limits,
            note,
        };
        if write_chart(std::slice::from_ref(&new)).is_err() {
            unsaid.metadata += 1;
            new.note = AccountNote { metadata: None, ..new.note };
        }
        accounts.push(new);
    }
    let text = write_chart(&accounts).map_err(|error| std::io::Error::other(error.to_string()))?;
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(unsaid)
}
