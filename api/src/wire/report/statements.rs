//! The financial statements: balance sheet and income statement.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::report::statements::{
    BalanceSheet, BalanceSheetTotal, IncomeStatement, IncomeStatementTotal, StatementLine,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::sheet::{Listed, listed};

/// A line of a statement. Amounts are seen from the section's own side: assets and expenses positive for a debit, the
/// others for a credit.
#[derive(Serialize, ToSchema)]
#[schema(as = FinancialLine)]
pub struct LineBody {
    /// `asset`, `liability`, `equity`, `income` or `expense`.
    section: &'static str,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// `account`; `heading`, to which accounts are rolled up; or `result`: income less expenses not yet closed to
    /// equity.
    kind: &'static str,
    /// The account or heading; empty for the result.
    #[schema(example = "1101")]
    account: String,
    name: String,
    /// How many lines stand above it in its section.
    level: u16,
    /// Whether it sums up lines below it.
    subtotal: bool,
    /// What stands on the account itself.
    own: String,
    /// That and all below it.
    #[schema(example = "15200.00")]
    amount: String,
}

impl From<StatementLine> for LineBody {
    fn from(line: StatementLine) -> LineBody {
        let text = |[minor]: [i128; 1]| decimal_text(minor, line.currency);
        LineBody {
            section: line.section.word(),
            currency: line.currency,
            kind: line.kind.word(),
            account: line.code,
            name: line.name,
            level: line.level,
            subtotal: line.is_subtotal,
            own: text(line.own_minor),
            amount: text(line.amount_minor),
        }
    }
}

/// A balance sheet: by currency and section, in the order of the chart.
#[derive(Serialize, ToSchema)]
#[schema(as = BalanceSheet)]
pub struct BalanceSheetBody {
    /// The day of the sheet; null for all that is booked.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// Whether assets are liabilities, equity and result in every currency.
    balanced: bool,
    /// Each followed by what is below it. The lines of level 0 add up to the totals.
    lines: Vec<LineBody>,
    /// One a currency.
    totals: Vec<BalanceSheetTotalBody>,
}

listed!(BalanceSheetBody, lines: LineBody; wrong |body| {
    (!body.balanced).then_some("assets are not liabilities and equity: something stands on memo accounts alone")
});

/// One currency of a balance sheet.
#[derive(Serialize, ToSchema)]
#[schema(as = BalanceSheetTotal)]
pub struct BalanceSheetTotalBody {
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    assets: String,
    liabilities: String,
    /// Equity accounts.
    equity: String,
    /// Income less expenses not yet closed to equity.
    result: String,
    /// What stands on memo accounts, credits less debits.
    memo: String,
    /// Assets less liabilities, equity and result.
    difference: String,
}

impl From<BalanceSheet> for BalanceSheetBody {
    fn from(sheet: BalanceSheet) -> BalanceSheetBody {
        BalanceSheetBody {
            as_of: sheet.as_of,
            known_at: sheet.known_at,
            balanced: sheet.is_balanced(),
            lines: sheet.lines.into_iter().map(LineBody::from).collect(),
            totals: sheet.totals.into_iter().map(BalanceSheetTotalBody::from).collect(),
        }
    }
}

impl From<BalanceSheetTotal> for BalanceSheetTotalBody {
    fn from(total: BalanceSheetTotal) -> BalanceSheetTotalBody {
        let text = |minor| decimal_text(minor, total.currency);
        BalanceSheetTotalBody {
            currency: total.currency,
            assets: text(total.assets_minor),
            liabilities: text(total.liabilities_minor),
            equity: text(total.equity_minor),
            result: text(total.result_minor),
            memo: text(total.memo_minor),
            difference: text(total.difference_minor),
        }
    }
}

/// An income statement: by currency and section, in the order of the chart.
#[derive(Serialize, ToSchema)]
#[schema(as = IncomeStatement)]
pub struct IncomeStatementBody {
    /// The first day; null for the beginning.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; null for all that is booked.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// Each followed by what is below it. The lines of level 0 add up to the totals.
    lines: Vec<LineBody>,
    /// One a currency.
    totals: Vec<IncomeStatementTotalBody>,
}

listed!(IncomeStatementBody, lines: LineBody);

/// One currency of an income statement.
#[derive(Serialize, ToSchema)]
#[schema(as = IncomeStatementTotal)]
pub struct IncomeStatementTotalBody {
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    income: String,
    expenses: String,
    /// Income less expenses.
    result: String,
}

impl From<IncomeStatement> for IncomeStatementBody {
    fn from(statement: IncomeStatement) -> IncomeStatementBody {
        IncomeStatementBody {
            from: statement.from,
            as_of: statement.as_of,
            known_at: statement.known_at,
            lines: statement.lines.into_iter().map(LineBody::from).collect(),
            totals: statement.totals.into_iter().map(IncomeStatementTotalBody::from).collect(),
        }
    }
}

impl From<IncomeStatementTotal> for IncomeStatementTotalBody {
    fn from(total: IncomeStatementTotal) -> IncomeStatementTotalBody {
        let text = |minor| decimal_text(minor, total.currency);
        IncomeStatementTotalBody {
            currency: total.currency,
            income: text(total.income_minor),
            expenses: text(total.expenses_minor),
            result: text(total.result_minor),
        }
    }
}
