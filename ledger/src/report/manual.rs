//! The register of manual journals: entries that moved money because a person said so, by no template.
//!
//! Templates leave their version on the entry, others may name a journal in the metadata, and machines post under
//! names that begin so. What is left was written by hand. Entries come by sequence, page by page; a page costs the
//! entries between its first and its last.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::entry::EntryKind;
use crate::error::Error;
use crate::money::Currency;
use crate::query::{LIST_ROWS_MAX, QueryError, row};

use super::place::Place;
use super::{Period, ReportError, journal, sql};

/// Actors that are no person: the ledger itself.
pub const MACHINES: [&str; 1] = ["ledger"];
/// What the actors begin with that are no person of the platform: parties and other systems.
pub const MACHINE_PREFIXES: [&str; 4] = ["insurer:", "pharmacy:", "patient:", "system:"];

/// What a register says of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisteredEntry {
    /// The entry's number.
    pub sequence: i64,
    /// Its id.
    pub entry_id: Uuid,
    /// What it does.
    pub kind: EntryKind,
    /// When it counts.
    pub effective_date: Date,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
    /// The day asked for, if that was closed.
    pub value_date: Option<Date>,
    /// Whether it adjusts a period that is closed to all but adjusters.
    pub adjusting: bool,
    /// The business document.
    pub reference: String,
    /// Why, in a sentence.
    pub description: String,
    /// Who asked for it.
    pub actor: String,
}

impl RegisteredEntry {
    /// Reads the columns that every register has.
    pub(super) fn read(row: &Row) -> Result<RegisteredEntry, ReportError> {
        Ok(RegisteredEntry {
            sequence: row.try_get("sequence")?,
            entry_id: row.try_get("entry_id")?,
            kind: row::kind(row)?,
            effective_date: row.try_get("effective_date")?,
            booked_at: row.try_get("booked_at")?,
            value_date: row.try_get("value_date")?,
            adjusting: row.try_get("adjusting")?,
            reference: row.try_get("reference")?,
            description: row.try_get("description")?,
            actor: row.try_get("actor")?,
        })
    }
}

/// A manual journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManualEntry {
    /// The entry.
    pub entry: RegisteredEntry,
    /// How many legs it has.
    pub legs: i64,
    /// Its debits by currency, in minor units; its credits are as much.
    pub amounts: Vec<(Currency, i128)>,
}

/// A page of the register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManualRegister {
    /// By sequence.
    pub entries: Vec<ManualEntry>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

/// A page of at most `limit` entries (never more than [`LIST_ROWS_MAX`]) of a period. Go on with
/// [`ManualRegister::next`] and the same arguments.
pub async fn manual_journals(
    client: &impl GenericClient,
    period: Period,
    cursor: Option<&str>,
    limit: u16,
) -> Result<ManualRegister, ReportError> {
    let question = format!("manual-journals {:?} {:?}", period.from, period.moment.as_of);
    let (scope, after) = match cursor {
        None => (period.resolve(client).await?, Place::default()),
        Some(text) => Place::parse(text, period.moment, &question)?,
    };
    let most = usize::from(limit.clamp(1, LIST_ROWS_MAX));
    let with_one_more = i64::try_from(most + 1).unwrap_or(i64::MAX);
    let (mut entries, mut after) = (Vec::new(), after.sequence);
    loop {
        let (machines, prefixes) = (&MACHINES[..], &MACHINE_PREFIXES[..]);
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
            [&scope.sequence, &period.from, &scope.as_of, &after, &machines, &prefixes, &with_one_more];
        let found = client.query(sql::MANUAL_ENTRIES, &parameters).await?;
        for row in &found {
            let odd: Option<&str> = row.try_get("odd")?;
            if odd.and_then(journal::named).is_none() {
                entries.push(manual_entry(row)?);
            }
        }
        let Some(last) = found.last().filter(|_| found.len() > most && entries.len() <= most) else { break };
        after = last.try_get("sequence")?;
    }
    let more = entries.len() > most;
    entries.truncate(most);
    let last = entries.last().filter(|_| more).map(|last| last.entry.sequence);
    let next = last.map(|sequence| Place { sequence, ..Place::default() }.to_text(&scope, &question));
    Ok(ManualRegister { entries, next, from: period.from, as_of: scope.as_of, known_at: scope.known_at })
}

fn manual_entry(row: &Row) -> Result<ManualEntry, ReportError> {
    let (currencies, amounts): (Vec<&str>, Vec<&str>) = (row.try_get("currencies")?, row.try_get("amounts")?);
    let amount = |(currency, minor): (&str, &str)| Some((currency.parse().ok()?, minor.parse().ok()?));
    let amounts: Option<Vec<_>> = currencies.into_iter().zip(amounts).map(amount).collect();
    let amounts = amounts.ok_or_else(|| QueryError::World(Error::Corrupt("an amount of an entry".to_owned())))?;
    Ok(ManualEntry { entry: RegisteredEntry::read(row)?, legs: row.try_get("legs")?, amounts })
}
