//! Trial balance, balance sheet, income statement.

use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::report::statements::{balance_sheet, income_statement};
use dianfu_ledger::report::tree::trial_tree;
use dianfu_ledger::report::{Period, ReportError};
use tokio_postgres::Client;

use super::Question;
use crate::sheet::{Column, Paper, Sheet};
use crate::wire::report::TrialBalanceBody;
use crate::wire::report::statements::{BalanceSheetBody, IncomeStatementBody};
use crate::wire::report::tree::TrialTreeBody;

/// What is said of a book without entries.
const NOTHING_POSTED: &str = "Nothing is posted yet.";

/// The trial balance, account by account.
#[derive(Clone, Copy, Debug)]
pub struct TrialBalance {
    /// From when to when.
    pub period: Period,
    /// One row for `1101.picc` and `1101.cpic` together, and so on.
    pub by_control: bool,
}

impl Question for TrialBalance {
    type Body = TrialBalanceBody;

    const PAPER: Paper = Paper {
        title: "Trial balance",
        name: "trial-balance",
        lead: None,
        sheet: Sheet {
            above: &["from"],
            rows: "rows",
            columns: &[
                Column::Text("account"),
                Column::Text("name"),
                Column::Text("currency"),
                Column::Amount("opening"),
                Column::Amount("debits"),
                Column::Amount("credits"),
                Column::Amount("closing"),
            ],
            totals: Some("totals"),
            below: &["balanced", "as_of", "known_at"],
            empty: NOTHING_POSTED,
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<TrialBalanceBody, ReportError> {
        self.period.check()?;
        let balance = query::trial_balance(client, self.period.moment, self.period.from).await?;
        Ok(if self.by_control { balance.by_control() } else { balance }.into())
    }
}

/// The trial balance as a tree.
#[derive(Clone, Copy, Debug)]
pub struct TrialTree {
    /// From when to when.
    pub period: Period,
}

impl Question for TrialTree {
    type Body = TrialTreeBody;

    const PAPER: Paper = Paper {
        title: "Trial balance",
        name: "trial-balance",
        lead: None,
        sheet: Sheet {
            above: &["from"],
            rows: "lines",
            columns: &[
                Column::Tree("account"),
                Column::Text("name"),
                Column::Text("currency"),
                Column::Number("level"),
                Column::Amount("opening"),
                Column::Amount("debits"),
                Column::Amount("credits"),
                Column::Amount("closing"),
            ],
            totals: Some("totals"),
            below: &["balanced", "as_of", "known_at"],
            empty: NOTHING_POSTED,
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<TrialTreeBody, ReportError> {
        Ok(trial_tree(client, self.period).await?.into())
    }
}

/// Columns of a statement's lines.
const STATEMENT_COLUMNS: &[Column] = &[
    Column::Text("section"),
    Column::Tree("account"),
    Column::Text("name"),
    Column::Text("kind"),
    Column::Number("level"),
    Column::Text("currency"),
    Column::Amount("amount"),
];

/// The balance sheet.
#[derive(Clone, Copy, Debug)]
pub struct BalanceSheet {
    /// When.
    pub moment: Moment,
}

impl Question for BalanceSheet {
    type Body = BalanceSheetBody;

    const PAPER: Paper = Paper {
        title: "Balance sheet",
        name: "balance-sheet",
        lead: Some(Sheet {
            rows: "totals",
            columns: &[
                Column::Text("currency"),
                Column::Amount("assets"),
                Column::Amount("liabilities"),
                Column::Amount("equity"),
                Column::Amount("result"),
                Column::Amount("memo"),
                Column::Amount("difference"),
            ],
            above: &[],
            totals: None,
            below: &[],
            empty: "",
        }),
        sheet: Sheet {
            above: &[],
            rows: "lines",
            columns: STATEMENT_COLUMNS,
            totals: None,
            below: &["balanced", "as_of", "known_at"],
            empty: NOTHING_POSTED,
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<BalanceSheetBody, ReportError> {
        Ok(balance_sheet(client, self.moment).await?.into())
    }
}

/// The income statement.
#[derive(Clone, Copy, Debug)]
pub struct IncomeStatement {
    /// From when to when.
    pub period: Period,
}

impl Question for IncomeStatement {
    type Body = IncomeStatementBody;

    const PAPER: Paper = Paper {
        title: "Income statement",
        name: "income-statement",
        lead: Some(Sheet {
            rows: "totals",
            columns: &[
                Column::Text("currency"),
                Column::Amount("income"),
                Column::Amount("expenses"),
                Column::Amount("result"),
            ],
            above: &[],
            totals: None,
            below: &[],
            empty: "",
        }),
        sheet: Sheet {
            above: &["from"],
            rows: "lines",
            columns: STATEMENT_COLUMNS,
            totals: None,
            below: &["as_of", "known_at"],
            empty: "There is no income and no expense.",
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<IncomeStatementBody, ReportError> {
        Ok(income_statement(client, self.period).await?.into())
    }
}
