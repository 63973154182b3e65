//! The financial statements: balance sheet and income statement, by type of account and section of the chart.
//!
//! Lines come by currency, section, and in the order of a printed chart ([`roll_up`](mod@super::roll_up)). A section
//! shows its amounts from its own side: assets and expenses positive for a debit, the others for a credit. What income
//! and expense accounts have come to and no closing entry has yet moved to equity is a line of equity of its own, so
//! that assets are liabilities and equity. An income statement leaves out the entries that close a year: they say
//! nothing of what was earned. Memo accounts are in no statement; where somebody posted between a memo
//! account and another, the difference that this leaves is named.
//!
//! Costs what a trial balance of the same days does.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::GenericClient;

use crate::account::{AccountCode, AccountType, NormalSide};
use crate::money::Currency;
use crate::query::{self, Moment, row};

use super::chart::Chart;
use super::roll_up::{self, roll_up};
use super::{Period, ReportError, Scope, add, less, sql};

/// What a line of a statement is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LineKind {
    /// What accounts are rolled up to, and no account itself.
    Heading,
    /// An account.
    Account,
    /// Income less expenses that no closing entry has moved to equity.
    Result,
}

impl LineKind {
    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            LineKind::Heading => "heading",
            LineKind::Account => "account",
            LineKind::Result => "result",
        }
    }
}

/// A line of a statement, with `N` amounts side by side, seen from the normal side of its section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatementLine<const N: usize = 1> {
    /// The section.
    pub section: AccountType,
    /// The currency.
    pub currency: Currency,
    /// What it is.
    pub kind: LineKind,
    /// The account or heading; empty for the result.
    pub code: String,
    /// Its name; empty for a heading without an account of its own.
    pub name: String,
    /// How many lines stand above it in its section.
    pub level: u16,
    /// Whether lines stand below it, which its amounts sum up.
    pub is_subtotal: bool,
    /// What stands on the account itself, in minor units.
    pub own_minor: [i128; N],
    /// That and all below it.
    pub amount_minor: [i128; N],
}

/// One currency of a balance sheet, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BalanceSheetTotal {
    /// The currency.
    pub currency: Currency,
    /// Assets, debits less credits.
    pub assets_minor: i128,
    /// Liabilities, credits less debits.
    pub liabilities_minor: i128,
    /// Equity accounts, credits less debits.
    pub equity_minor: i128,
    /// Income less expenses not yet closed to equity.
    pub result_minor: i128,
    /// What stands on memo accounts, credits less debits; zero if they are posted against each other only.
    pub memo_minor: i128,
    /// Assets less liabilities, equity and result: zero in a sheet that balances, else what stands on memo accounts.
    pub difference_minor: i128,
}

/// A balance sheet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BalanceSheet {
    /// By currency and section, in the order of the chart.
    pub lines: Vec<StatementLine>,
    /// One a currency.
    pub totals: Vec<BalanceSheetTotal>,
    /// The day of the sheet; `None` for all that is booked.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

impl BalanceSheet {
    /// Whether assets are liabilities, equity and result in every currency.
    pub fn is_balanced(&self) -> bool {
        self.totals.iter().all(|total| total.difference_minor == 0)
    }
}

/// One currency of an income statement, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IncomeStatementTotal {
    /// The currency.
    pub currency: Currency,
    /// Credits less debits.
    pub income_minor: i128,
    /// Debits less credits.
    pub expenses_minor: i128,
    /// Income less expenses.
    pub result_minor: i128,
}

/// An income statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncomeStatement {
    /// By currency and section, in the order of the chart.
    pub lines: Vec<StatementLine>,
    /// One a currency.
    pub totals: Vec<IncomeStatementTotal>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

/// The sections of a balance sheet; the result stands at the end of equity.
pub(super) const OF_BALANCE_SHEET: [AccountType; 3] = [AccountType::Asset, AccountType::Liability, AccountType::Equity];
/// The sections of an income statement.
pub(super) const OF_INCOME: [AccountType; 2] = [AccountType::Income, AccountType::Expense];

/// The balance sheet at a moment.
pub async fn balance_sheet(client: &impl GenericClient, moment: Moment) -> Result<BalanceSheet, ReportError> {
    let scope = Scope::resolve(client, moment).await?;
    let chart = Chart::read(client, &scope).await?;
    let amounts = Amounts { of: side_by_side([&net(client, &scope, None).await?]) };
    let lines = amounts.lines(&chart, &OF_BALANCE_SHEET)?;
    let mut totals = Vec::new();
    for (currency, sums) in amounts.sums(&chart)? {
        let of = |section| sums.seen_from_side(section)[0];
        let (assets_minor, liabilities_minor) = (of(AccountType::Asset), of(AccountType::Liability));
        let (equity_minor, result_minor) = (of(AccountType::Equity), sums.result()?[0]);
        let difference_minor = less(less(less(assets_minor, liabilities_minor)?, equity_minor)?, result_minor)?;
        let memo_minor = -of(AccountType::Memo);
        totals.push(BalanceSheetTotal {
            currency,
            assets_minor,
            liabilities_minor,
            equity_minor,
            result_minor,
            memo_minor,
            difference_minor,
        });
    }
    Ok(BalanceSheet { lines, totals, as_of: scope.as_of, known_at: scope.known_at })
}

/// The income statement of a period, as it was before its year was closed.
pub async fn income_statement(client: &impl GenericClient, period: Period) -> Result<IncomeStatement, ReportError> {
    let scope = period.resolve(client).await?;
    let chart = Chart::read(client, &scope).await?;
    let amounts = Amounts { of: side_by_side([&net_of_results(client, &scope, period.from).await?]) };
    let lines = amounts.lines(&chart, &OF_INCOME)?;
    let mut totals = Vec::new();
    for (currency, sums) in amounts.sums(&chart)? {
        totals.push(IncomeStatementTotal {
            currency,
            income_minor: sums.seen_from_side(AccountType::Income)[0],
            expenses_minor: sums.seen_from_side(AccountType::Expense)[0],
            result_minor: sums.result()?[0],
        });
    }
    Ok(IncomeStatement { lines, totals, from: period.from, as_of: scope.as_of, known_at: scope.known_at })
}

/// The same without the entries that have closed a year: what they have moved to equity was earned and spent before.
pub(super) async fn net_of_results(
    client: &impl GenericClient,
    scope: &Scope,
    from: Option<Date>,
) -> Result<BTreeMap<AccountCode, i128>, ReportError> {
    let mut net = net(client, scope, from).await?;
    let closings = year_ends(client, scope.sequence).await?;
    for row in &client.query(sql::RESULTS_MOVED, &[&closings, &from, &scope.as_of]).await? {
        let there = net.entry(row::account_code(row, "code")?).or_default();
        *there = less(*there, row::sum(row, "net")?)?;
    }
    Ok(net)
}

/// The entries up to one that have closed a year, and those that have taken them back.
pub(super) async fn year_ends(client: &impl GenericClient, sequence: i64) -> Result<Vec<i64>, ReportError> {
    Ok(client.query_one(sql::YEAR_ENDS, &[&sequence]).await?.try_get("sequences")?)
}

/// What has moved on each account, debits less credits, from a day to the end of the scope.
pub(super) async fn net(
    client: &impl GenericClient,
    scope: &Scope,
    from: Option<Date>,
) -> Result<BTreeMap<AccountCode, i128>, ReportError> {
    let rows = match (from, scope.as_of) {
        (None, None) => client.query(query::sql::TRIAL_BALANCE, &[&scope.sequence]).await?,
        (from, as_of) => client.query(query::sql::TRIAL_BALANCE_DATED, &[&scope.sequence, &from, &as_of]).await?,
    };
    let mut accounts = BTreeMap::new();
    for row in &rows {
        accounts.insert(row::account_code(row, "code")?, less(row::sum(row, "debits")?, row::sum(row, "credits")?)?);
    }
    Ok(accounts)
}

/// Puts columns side by side; an account that a column lacks has zero there.
pub(super) fn side_by_side<const N: usize>(
    columns: [&BTreeMap<AccountCode, i128>; N],
) -> BTreeMap<AccountCode, [i128; N]> {
    let mut accounts = BTreeMap::new();
    for (at, column) in columns.into_iter().enumerate() {
        for (code, minor) in column {
            accounts.entry(code.clone()).or_insert([0; N])[at] = *minor;
        }
    }
    accounts
}

/// Amounts by account, debit positive.
pub(super) struct Amounts<const N: usize> {
    pub of: BTreeMap<AccountCode, [i128; N]>,
}

/// What the accounts of each type come to in one currency, debit positive.
#[derive(Default)]
pub(super) struct Sums<const N: usize>(BTreeMap<AccountType, [i128; N]>);

impl<const N: usize> Sums<N> {
    fn of(&self, section: AccountType) -> [i128; N] {
        self.0.get(&section).copied().unwrap_or([0; N])
    }

    fn seen_from_side(&self, section: AccountType) -> [i128; N] {
        self.of(section).map(|minor| section.normal_side().seen_from(minor))
    }

    /// Income less expenses.
    fn result(&self) -> Result<[i128; N], ReportError> {
        let mut result = self.seen_from_side(AccountType::Income);
        for (sum, expense) in result.iter_mut().zip(self.of(AccountType::Expense)) {
            *sum = less(*sum, expense)?;
        }
        Ok(result)
    }
}

impl<const N: usize> Amounts<N> {
    /// The lines of some sections.
    pub(super) fn lines(&self, chart: &Chart, sections: &[AccountType]) -> Result<Vec<StatementLine<N>>, ReportError> {
        let mut parts: BTreeMap<(Currency, AccountType), BTreeMap<&str, [i128; N]>> = BTreeMap::new();
        for (code, amounts) in &self.of {
            if let Some(account) = chart.accounts.get(code) {
                let part = parts.entry((account.currency, account.account_type)).or_default();
                part.insert(code.as_str(), *amounts);
            }
        }
        let mut lines = Vec::new();
        for (currency, sums) in self.sums(chart)? {
            for section in sections {
                if let Some(part) = parts.get(&(currency, *section)) {
                    let rolled = roll_up(part, |code| chart.parent_of(code))?;
                    lines.extend(rolled.into_iter().map(|line| shown(line, chart, *section, currency)));
                }
            }
            if sections.contains(&AccountType::Equity) {
                lines.push(result_line(currency, sums.result()?));
            }
        }
        Ok(lines)
    }

    /// What each type comes to, by currency.
    pub(super) fn sums(&self, chart: &Chart) -> Result<BTreeMap<Currency, Sums<N>>, ReportError> {
        let mut sums: BTreeMap<Currency, Sums<N>> = BTreeMap::new();
        for (code, amounts) in &self.of {
            let Some(account) = chart.accounts.get(code) else { continue };
            let of_type = sums.entry(account.currency).or_insert_with(|| Sums(BTreeMap::new()));
            let of_type = of_type.0.entry(account.account_type).or_insert([0; N]);
            for (sum, more) in of_type.iter_mut().zip(amounts) {
                add(sum, *more)?;
            }
        }
        Ok(sums)
    }
}

fn shown<const N: usize>(
    line: roll_up::Line<N>,
    chart: &Chart,
    section: AccountType,
    currency: Currency,
) -> StatementLine<N> {
    let side: NormalSide = section.normal_side();
    StatementLine {
        section,
        currency,
        kind: if line.is_account { LineKind::Account } else { LineKind::Heading },
        name: chart.name_of(&line.code).to_owned(),
        code: line.code,
        level: line.level,
        is_subtotal: line.has_below,
        own_minor: line.own.map(|minor| side.seen_from(minor)),
        amount_minor: line.total.map(|minor| side.seen_from(minor)),
    }
}

fn result_line<const N: usize>(currency: Currency, result: [i128; N]) -> StatementLine<N> {
    StatementLine {
        section: AccountType::Equity,
        currency,
        kind: LineKind::Result,
        code: String::new(),
        name: "Result not yet closed".to_owned(),
        level: 0,
        is_subtotal: false,
        own_minor: result,
        amount_minor: result,
    }
}
