//! The trial balance as a tree: accounts under what they are rolled up to, with a subtotal on every level.
//!
//! The accounts are those of the trial balance, in a tree for each currency and in the order of a printed chart
//! ([`roll_up`](mod@super::roll_up)); the chart is that of the time at which the balance is known. The lines at the
//! top of a currency add up to its totals. Costs a trial balance and the chart.

use std::collections::BTreeMap;

use tokio_postgres::GenericClient;

use crate::money::Currency;
use crate::query::{self, TrialBalance, TrialBalanceRow};

use super::chart::Chart;
use super::roll_up::{self, roll_up};
use super::{Period, ReportError};

/// Sums of a line, in minor units; opening and closing debit positive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeSums {
    /// Before the first day.
    pub opening_minor: i128,
    /// Debits from the first day on.
    pub debits_minor: i128,
    /// Credits from the first day on, as a positive number.
    pub credits_minor: i128,
    /// Opening plus debits less credits.
    pub closing_minor: i128,
}

/// A line of the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TreeLine {
    /// The account or heading.
    pub code: String,
    /// Its name; empty for a heading without an account of its own.
    pub name: String,
    /// The currency.
    pub currency: Currency,
    /// How many lines stand above it.
    pub level: u16,
    /// Whether lines stand below it, which its total sums up.
    pub is_subtotal: bool,
    /// The account's own.
    pub own: TreeSums,
    /// Its own and those of all lines below it.
    pub total: TreeSums,
}

/// A trial balance and its tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrialTree {
    /// By currency, and in the order of the chart.
    pub lines: Vec<TreeLine>,
    /// The accounts themselves, and the moment.
    pub balance: TrialBalance,
}

/// The tree of the trial balance at a moment. Everything dated before `from` is opening.
pub async fn trial_tree(client: &impl GenericClient, period: Period) -> Result<TrialTree, ReportError> {
    let scope = period.resolve(client).await?;
    let chart = Chart::read(client, &scope).await?;
    let rows = query::trial_balance::rows(client, scope.sequence, period.from, scope.as_of).await?;
    let balance = TrialBalance { rows, from: period.from, as_of: scope.as_of, known_at: scope.known_at };
    Ok(TrialTree { lines: lines(&chart, &balance)?, balance })
}

fn lines(chart: &Chart, balance: &TrialBalance) -> Result<Vec<TreeLine>, ReportError> {
    let mut currencies: BTreeMap<Currency, BTreeMap<&str, [i128; 3]>> = BTreeMap::new();
    for row in &balance.rows {
        let TrialBalanceRow { opening_minor, debits_minor, credits_minor, .. } = *row;
        let of_currency = currencies.entry(row.currency).or_default();
        of_currency.insert(row.account.as_str(), [opening_minor, debits_minor, credits_minor]);
    }
    let mut lines = Vec::new();
    for (currency, amounts) in currencies {
        let rolled = roll_up(&amounts, |code| chart.parent_of(code))?;
        lines.extend(rolled.into_iter().map(|line| shown(line, chart, currency)));
    }
    Ok(lines)
}

fn shown(line: roll_up::Line<3>, chart: &Chart, currency: Currency) -> TreeLine {
    TreeLine {
        name: chart.name_of(&line.code).to_owned(),
        code: line.code,
        currency,
        level: line.level,
        is_subtotal: line.has_below,
        own: sums(line.own),
        total: sums(line.total),
    }
}

/// Sums of postings are far below 128 bits: a row of the trial balance closes the same way.
fn sums([opening_minor, debits_minor, credits_minor]: [i128; 3]) -> TreeSums {
    let closing_minor = opening_minor + debits_minor - credits_minor;
    TreeSums { opening_minor, debits_minor, credits_minor, closing_minor }
}
