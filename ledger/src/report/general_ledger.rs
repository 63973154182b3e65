//! The general ledger: account by account what stood before the period, every posting in it with the balance after it,
//! and what stood at its end.
//!
//! Accounts come by code, postings in the order of booking. The pages of one ledger are one answer: the cursor pins
//! the scope of the first page. An account that has nothing up to the last day is left out. A page costs the postings
//! of its accounts; whoever exports all of them writes page after page and holds one.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::account::{AccountCode, AccountNo, NormalSide};
use crate::entry::EntryKind;
use crate::money::Currency;
use crate::query::{LIST_ROWS_MAX, row};

use super::chart::{Chart, ChartAccount};
use super::place::Place;
use super::{Period, ReportError, Scope, add, less, sql};

/// Accounts whose sums and postings are asked for at a time.
const ACCOUNTS_AT_A_TIME: usize = 500;
/// An opening and a posting: with less, a page could end where it began.
const LINES_MIN: u16 = 2;

/// A posting in the general ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerPosting {
    /// The entry's number.
    pub sequence: i64,
    /// The leg in the entry.
    pub leg: i16,
    /// The entry's id.
    pub entry_id: Uuid,
    /// What the entry does.
    pub kind: EntryKind,
    /// When it counts.
    pub effective_date: Date,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// The open item.
    pub item: Option<String>,
    /// Debit positive.
    pub amount_minor: i64,
}

/// What a line of the general ledger says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LedgerLineKind {
    /// What stood before the first day.
    Opening,
    /// A posting.
    Posting(Box<LedgerPosting>),
    /// What stood after the last day, with all debits and credits of the period.
    Closing {
        /// Sum of debits.
        debits_minor: i128,
        /// Sum of credits, as a positive number.
        credits_minor: i128,
    },
}

/// A line of the general ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerLine {
    /// The account.
    pub account: AccountCode,
    /// Its name.
    pub name: String,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// Its currency.
    pub currency: Currency,
    /// What the line says.
    pub kind: LedgerLineKind,
    /// The balance after it, debit positive.
    pub balance_minor: i128,
}

/// A page of the general ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GeneralLedger {
    /// The lines: of each account an opening, its postings, a closing.
    pub lines: Vec<LedgerLine>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

/// A page of an account and all accounts below it, or of all accounts: at most `limit` lines (never more than
/// [`LIST_ROWS_MAX`] or fewer than two), and the closing behind the last. Go on with [`GeneralLedger::next`] and the
/// same arguments.
pub async fn general_ledger(
    client: &impl GenericClient,
    code: Option<&AccountCode>,
    period: Period,
    cursor: Option<&str>,
    limit: u16,
) -> Result<GeneralLedger, ReportError> {
    let question = format!("general-ledger {code:?} {:?} {:?}", period.from, period.moment.as_of);
    let (scope, after) = match cursor {
        None => (period.resolve(client).await?, Place::default()),
        Some(text) => Place::parse(text, period.moment, &question)?,
    };
    let chart = Chart::read(client, &scope).await?;
    let accounts: Vec<_> =
        chart.below(code)?.into_iter().filter(|(code, _)| code.as_str() >= after.name.as_str()).collect();
    let room = usize::from(limit.clamp(LINES_MIN, LIST_ROWS_MAX));
    let mut page = Page { scope, from: period.from, after, room, lines: Vec::new(), full_at: None };
    for some in accounts.chunks(ACCOUNTS_AT_A_TIME) {
        page.read(client, some).await?;
        if page.full_at.is_some() {
            break;
        }
    }
    let next = page.full_at.map(|place| place.to_text(&scope, &question));
    let (as_of, known_at) = (scope.as_of, scope.known_at);
    Ok(GeneralLedger { lines: page.lines, next, from: period.from, as_of, known_at })
}

/// A page that fills up.
struct Page {
    scope: Scope,
    from: Option<Date>,
    after: Place,
    room: usize,
    lines: Vec<LedgerLine>,
    full_at: Option<Place>,
}

/// What an account comes to.
struct Sums {
    opening: i128,
    debits: i128,
    credits: i128,
    before_page: i128,
}

impl Page {
    /// Adds the lines of some accounts, until the page is full.
    async fn read(
        &mut self,
        client: &impl GenericClient,
        accounts: &[(&AccountCode, &ChartAccount)],
    ) -> Result<(), ReportError> {
        let numbers: Vec<AccountNo> = accounts.iter().map(|(_, account)| account.no).collect();
        let (sequence, from, to) = (self.scope.sequence, self.from, self.scope.as_of);
        let begun = accounts.iter().find(|(code, _)| code.as_str() == self.after.name);
        let begun = begun.map_or(0, |(_, account)| account.no);
        let (after, leg) = (self.after.sequence, self.after.leg);
        let sums = client.query(sql::LEDGER_SUMS, &[&numbers, &sequence, &from, &to, &begun, &after, &leg]).await?;
        let sums = sums.iter().map(sums_of).collect::<Result<HashMap<_, _>, ReportError>>()?;
        let most = i64::try_from(self.room.saturating_sub(self.lines.len()).saturating_add(1)).unwrap_or(i64::MAX);
        let found =
            client.query(sql::LEDGER_ROWS, &[&numbers, &sequence, &from, &to, &begun, &after, &leg, &most]).await?;
        let mut rows = found.iter().peekable();
        for (code, account) in accounts {
            let Some(sums) = sums.get(&account.no) else { continue };
            let mut own = Vec::new();
            while let Some(row) = rows.next_if(|row| row.get::<_, AccountNo>("account_no") == account.no) {
                own.push(row);
            }
            self.add(code, account, sums, &own)?;
            if self.full_at.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Adds the lines of an account that the page has room for.
    fn add(
        &mut self,
        code: &AccountCode,
        account: &ChartAccount,
        sums: &Sums,
        rows: &[&Row],
    ) -> Result<(), ReportError> {
        let line = |kind, balance_minor| LedgerLine {
            account: code.clone(),
            name: account.name.clone(),
            normal_side: account.normal_side,
            currency: account.currency,
            kind,
            balance_minor,
        };
        // A place in an account is behind one of its postings: its opening has been given out.
        let begun = self.after.name == code.as_str() && self.after.sequence > 0;
        if !begun {
            if self.lines.len() >= self.room {
                self.full_at = Some(Place { name: code.to_string(), ..Place::default() });
                return Ok(());
            }
            self.lines.push(line(LedgerLineKind::Opening, sums.opening));
        }
        let mut balance = sums.opening;
        add(&mut balance, sums.before_page)?;
        for row in rows {
            // An opening alone says nothing: it goes with the first posting, onto the next page.
            if self.lines.len() >= self.room {
                let last = self.lines.iter().rev().find(|line| line.account == *code).map(|line| &line.kind);
                let mut place = Place { name: code.to_string(), ..Place::default() };
                if let Some(LedgerLineKind::Posting(last)) = last {
                    (place.sequence, place.leg) = (last.sequence, last.leg);
                } else if last.is_some() {
                    self.lines.pop();
                }
                self.full_at = Some(place);
                return Ok(());
            }
            let posting = posting(row)?;
            add(&mut balance, posting.amount_minor.into())?;
            self.lines.push(line(LedgerLineKind::Posting(Box::new(posting)), balance));
        }
        let mut closing = sums.opening;
        add(&mut closing, less(sums.debits, sums.credits)?)?;
        let (debits_minor, credits_minor) = (sums.debits, sums.credits);
        self.lines.push(line(LedgerLineKind::Closing { debits_minor, credits_minor }, closing));
        Ok(())
    }
}

fn sums_of(row: &Row) -> Result<(AccountNo, Sums), ReportError> {
    let sums = Sums {
        opening: row::sum(row, "opening")?,
        debits: row::sum(row, "debits")?,
        credits: row::sum(row, "credits")?,
        before_page: row::sum(row, "before_page")?,
    };
    Ok((row.try_get("account_no")?, sums))
}

fn posting(row: &Row) -> Result<LedgerPosting, ReportError> {
    Ok(LedgerPosting {
        sequence: row.try_get("sequence")?,
        leg: row.try_get("leg")?,
        entry_id: row.try_get("entry_id")?,
        kind: row::kind(row)?,
        effective_date: row.try_get("effective_date")?,
        booked_at: row.try_get("booked_at")?,
        reference: row.try_get("reference")?,
        description: row.try_get("description")?,
        item: row.try_get("item")?,
        amount_minor: row.try_get("amount_minor")?,
    })
}
