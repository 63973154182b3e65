//! The roll-forward: how each account came from what stood before the period to what stood at its end.
//!
//! Movements are summed entry by entry, by what the entry does and by its journal: the template it was posted by, or
//! the one that its metadata names; opening and closing come from the trial balance, which knows nothing of entries. So
//! the tie-out is a check and not a definition: it is zero, or the book does not hang together. Costs a trial balance
//! and one pass over the entries of the period.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};

use crate::account::{AccountCode, AccountNo, NormalSide};
use crate::entry::EntryKind;
use crate::money::Currency;
use crate::query::{self, row};

use super::chart::Chart;
use super::{Period, ReportError, Scope, add, journal, less, sql};

/// What one kind of entry, under one journal, has moved on an account. Minor units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Movement {
    /// What the entries do.
    pub kind: EntryKind,
    /// The journal that they name.
    pub journal: Option<String>,
    /// Sum of debits.
    pub debits_minor: i128,
    /// Sum of credits, as a positive number.
    pub credits_minor: i128,
}

/// An account's way through the period. Minor units, debit positive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RollForwardRow {
    /// The account.
    pub account: AccountCode,
    /// Its name.
    pub name: String,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// Its currency.
    pub currency: Currency,
    /// What stood before the first day.
    pub opening_minor: i128,
    /// What has moved, by kind and journal.
    pub movements: Vec<Movement>,
    /// What stood after the last day.
    pub closing_minor: i128,
    /// Closing less opening and all movements: zero.
    pub tie_out_minor: i128,
}

impl RollForwardRow {
    /// Debits less credits of one kind of entry.
    pub fn moved_minor(&self, kind: EntryKind) -> i128 {
        let of_kind = self.movements.iter().filter(|movement| movement.kind == kind);
        of_kind.map(|movement| movement.debits_minor - movement.credits_minor).sum()
    }
}

/// A roll-forward: the accounts that have postings, by code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RollForward {
    /// One an account.
    pub rows: Vec<RollForwardRow>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

impl RollForward {
    /// Whether every account ties out.
    pub fn ties_out(&self) -> bool {
        self.rows.iter().all(|row| row.tie_out_minor == 0)
    }
}

type Movements = BTreeMap<(i16, Option<String>), (i128, i128)>;

/// The roll-forward of an account and all accounts below it, or of all accounts.
pub async fn roll_forward(
    client: &impl GenericClient,
    code: Option<&AccountCode>,
    period: Period,
) -> Result<RollForward, ReportError> {
    let scope = period.resolve(client).await?;
    let chart = Chart::read(client, &scope).await?;
    let wanted = chart.below(code)?;
    let numbers: Option<Vec<AccountNo>> = code.map(|_| wanted.iter().map(|(_, account)| account.no).collect());
    let mut moved = movements(client, &scope, period.from, numbers.as_deref()).await?;
    let mut standing = standing(client, &scope, period.from).await?;
    let mut rows = Vec::new();
    for (code, account) in wanted {
        let (moved, standing) = (moved.remove(&account.no), standing.remove(code));
        if moved.is_none() && standing.is_none() {
            continue;
        }
        let (opening_minor, closing_minor) = standing.unwrap_or((0, 0));
        let mut tie_out_minor = less(closing_minor, opening_minor)?;
        let mut movements = Vec::new();
        for ((kind, journal), (debits_minor, credits_minor)) in moved.unwrap_or_default() {
            tie_out_minor = less(tie_out_minor, less(debits_minor, credits_minor)?)?;
            movements.push(Movement { kind: row::known_kind(kind)?, journal, debits_minor, credits_minor });
        }
        rows.push(RollForwardRow {
            account: code.clone(),
            name: account.name.clone(),
            normal_side: account.normal_side,
            currency: account.currency,
            opening_minor,
            movements,
            closing_minor,
            tie_out_minor,
        });
    }
    Ok(RollForward { rows, from: period.from, as_of: scope.as_of, known_at: scope.known_at })
}

async fn movements(
    client: &impl GenericClient,
    scope: &Scope,
    from: Option<Date>,
    accounts: Option<&[AccountNo]>,
) -> Result<BTreeMap<AccountNo, Movements>, ReportError> {
    let rows = client.query(sql::MOVEMENTS, &[&scope.sequence, &from, &scope.as_of, &accounts]).await?;
    let mut moved: BTreeMap<AccountNo, Movements> = BTreeMap::new();
    for row in &rows {
        let odd: Option<&str> = row.try_get("odd")?;
        let journal = match odd {
            Some(metadata) => journal::named(metadata),
            None => row.try_get("journal")?,
        };
        let of_account = moved.entry(row.try_get("account_no")?).or_default();
        let sums = of_account.entry((row.try_get("kind")?, journal)).or_default();
        add(&mut sums.0, row::sum(row, "debits")?)?;
        add(&mut sums.1, row::sum(row, "credits")?)?;
    }
    Ok(moved)
}

/// Opening and closing of every account that has postings, from the trial balance.
async fn standing(
    client: &impl GenericClient,
    scope: &Scope,
    from: Option<Date>,
) -> Result<BTreeMap<AccountCode, (i128, i128)>, ReportError> {
    let rows = match (from, scope.as_of) {
        (None, None) => client.query(query::sql::TRIAL_BALANCE, &[&scope.sequence]).await?,
        (from, as_of) => client.query(query::sql::TRIAL_BALANCE_DATED, &[&scope.sequence, &from, &as_of]).await?,
    };
    rows.iter().map(opening_and_closing).collect()
}

fn opening_and_closing(row: &Row) -> Result<(AccountCode, (i128, i128)), ReportError> {
    let opening = row::sum(row, "opening")?;
    let mut closing = opening;
    add(&mut closing, less(row::sum(row, "debits")?, row::sum(row, "credits")?)?)?;
    Ok((row::account_code(row, "code")?, (opening, closing)))
}
