//! The suspense report: what stands on accounts for money whose place is not known yet, and for how long.
//!
//! A suspense account is one whose metadata says `{"suspense": true}` at the moment asked for, or whose control account
//! is for suspense in the chart of accounts. Where an account keeps items each is a row; else its balance is one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::GenericClient;

use crate::account::{AccountCode, AccountNo, NormalSide};
use crate::money::Currency;
use crate::query::{Moment, row};

use super::aging::days_between;
use super::chart::Chart;
use super::{ReportError, Scope, add, sql};

/// Control accounts for suspense: 2190, unapplied receipts.
pub const SUSPENSE_CONTROLS: [&str; 1] = ["2190"];

/// What waits for its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuspenseRow {
    /// The account.
    pub account: AccountCode,
    /// Its name.
    pub name: String,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// Its currency.
    pub currency: Currency,
    /// The item: a receipt, a line of a bank statement; `None` where the account keeps none.
    pub item: Option<String>,
    /// Debits less credits, in minor units.
    pub amount_minor: i128,
    /// When it was received: the first effective date.
    pub first_date: Date,
    /// When something last moved on it.
    pub last_date: Date,
    /// Days since it was received.
    pub days: i64,
}

/// The suspense report: rows by account and item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suspense {
    /// What waits.
    pub rows: Vec<SuspenseRow>,
    /// What it comes to, by currency.
    pub totals: Vec<(Currency, i128)>,
    /// The day to which ages are counted.
    pub aged_on: Date,
    /// The last effective date that counts.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

/// What stands on suspense accounts. Costs one pass over their postings.
pub async fn suspense(client: &impl GenericClient, moment: Moment) -> Result<Suspense, ReportError> {
    let scope = Scope::resolve(client, moment).await?;
    let chart = Chart::read(client, &scope).await?;
    let is_suspense = |code: &AccountCode, marked: bool| marked || SUSPENSE_CONTROLS.contains(&code.control());
    let wanted: Vec<_> = chart.accounts.iter().filter(|(code, known)| is_suspense(code, known.suspense)).collect();
    let numbers: Vec<AccountNo> = wanted.iter().map(|(_, known)| known.no).collect();
    let found = client.query(sql::SUSPENSE, &[&scope.sequence, &scope.as_of, &numbers]).await?;
    let mut rows = Vec::with_capacity(found.len());
    let by_number: BTreeMap<_, _> = wanted.into_iter().map(|(code, known)| (known.no, (code, known))).collect();
    let mut totals = BTreeMap::<Currency, i128>::new();
    for row in &found {
        let number: AccountNo = row.try_get("account_no")?;
        let Some((code, known)) = by_number.get(&number) else { continue };
        let (amount_minor, first_date) = (row::sum(row, "amount")?, row.try_get("first_date")?);
        add(totals.entry(known.currency).or_default(), amount_minor)?;
        rows.push(SuspenseRow {
            account: (*code).clone(),
            name: known.name.clone(),
            normal_side: known.normal_side,
            currency: known.currency,
            item: row.try_get("item")?,
            amount_minor,
            first_date,
            last_date: row.try_get("last_date")?,
            days: days_between(first_date, scope.day())?,
        });
    }
    rows.sort_by(|one, other| (&one.account, &one.item).cmp(&(&other.account, &other.item)));
    let totals = totals.into_iter().collect();
    Ok(Suspense { rows, totals, aged_on: scope.day(), as_of: scope.as_of, known_at: scope.known_at })
}
