//! What has moved, account by account: the statement of one, the general ledger, the roll-forward, balances.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{self, DateRange, Moment};
use dianfu_ledger::report::general_ledger::general_ledger;
use dianfu_ledger::report::roll_forward::roll_forward;
use dianfu_ledger::report::{Period, ReportError};
use tokio_postgres::Client;

use super::Question;
use crate::sheet::{Column, Paper, Sheet};
use crate::wire::account::{BalanceBody, BalancesBody};
use crate::wire::report::general_ledger::GeneralLedgerBody;
use crate::wire::report::roll_forward::RollForwardBody;
use crate::wire::statement::StatementBody;

/// The balances of an account and of all accounts below it, one a currency.
#[derive(Clone, Debug)]
pub struct Balances {
    /// The code.
    pub account: AccountCode,
    /// When.
    pub moment: Moment,
}

impl Question for Balances {
    type Body = BalancesBody;

    const PAPER: Paper = Paper {
        title: "Balance",
        name: "balance",
        lead: None,
        sheet: Sheet {
            above: &[],
            rows: "",
            columns: &[
                Column::Text("account"),
                Column::Text("name"),
                Column::Text("currency"),
                Column::Amount("balance"),
                Column::Amount("settled.debits"),
                Column::Amount("settled.credits"),
                Column::Amount("pending.debits"),
                Column::Amount("pending.credits"),
                Column::Day("as_of"),
                Column::Text("known_at"),
            ],
            totals: None,
            below: &[],
            empty: "Nothing was posted below this code.",
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<BalancesBody, ReportError> {
        let found = query::balances(client, &self.account, self.moment).await?;
        let found = found.ok_or_else(|| ReportError::AccountUnknown(self.account.clone()))?;
        Ok(BalancesBody(found.into_iter().map(BalanceBody::from).collect()))
    }
}

/// The statement of one account.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The account.
    pub account: AccountCode,
    /// The days.
    pub range: DateRange,
    /// When.
    pub moment: Moment,
}

impl Question for Statement {
    type Body = StatementBody;

    const PAPER: Paper = Paper {
        title: "Statement of account",
        name: "statement",
        lead: None,
        sheet: Sheet {
            above: &["account", "name", "currency", "opening"],
            rows: "rows",
            columns: &[
                Column::Number("sequence"),
                Column::Day("effective_date"),
                Column::Text("reference"),
                Column::Text("description"),
                Column::Text("item"),
                Column::Amount("debit"),
                Column::Amount("credit"),
                Column::Amount("balance"),
            ],
            totals: None,
            below: &["closing", "from", "to", "known_at"],
            empty: "Nothing has moved.",
        },
    };

    async fn page(&self, client: &Client, cursor: Option<&str>, limit: u16) -> Result<StatementBody, ReportError> {
        Period { from: self.range.from, moment: Moment { as_of: self.range.to, known_at: None } }.check()?;
        Period { from: self.range.from, moment: self.moment }.check()?;
        let found = query::statement(client, &self.account, self.moment, self.range, cursor, limit).await?;
        Ok(found.ok_or_else(|| ReportError::AccountUnknown(self.account.clone()))?.into())
    }
}

/// The general ledger.
#[derive(Clone, Debug)]
pub struct GeneralLedger {
    /// The account and all accounts below it; all if `None`.
    pub account: Option<AccountCode>,
    /// From when to when.
    pub period: Period,
}

impl Question for GeneralLedger {
    type Body = GeneralLedgerBody;

    const PAPER: Paper = Paper {
        title: "General ledger",
        name: "general-ledger",
        lead: None,
        sheet: Sheet {
            above: &["from"],
            rows: "lines",
            columns: &[
                Column::Text("account"),
                Column::Text("currency"),
                Column::Text("line"),
                Column::Number("sequence"),
                Column::Day("effective_date"),
                Column::Text("reference"),
                Column::Text("description"),
                Column::Text("item"),
                Column::Amount("debit"),
                Column::Amount("credit"),
                Column::Amount("balance"),
            ],
            totals: None,
            below: &["as_of", "known_at"],
            empty: "Nothing is posted yet.",
        },
    };

    async fn page(&self, client: &Client, cursor: Option<&str>, limit: u16) -> Result<GeneralLedgerBody, ReportError> {
        Ok(general_ledger(client, self.account.as_ref(), self.period, cursor, limit).await?.into())
    }
}

/// The roll-forward.
#[derive(Clone, Debug)]
pub struct RollForward {
    /// The account and all accounts below it; all if `None`.
    pub account: Option<AccountCode>,
    /// From when to when.
    pub period: Period,
}

impl Question for RollForward {
    type Body = RollForwardBody;

    const PAPER: Paper = Paper {
        title: "Roll-forward",
        name: "roll-forward",
        lead: None,
        sheet: Sheet {
            above: &["from"],
            rows: "rows",
            columns: &[
                Column::Text("account"),
                Column::Text("name"),
                Column::Text("currency"),
                Column::Amount("opening"),
                Column::Amount("new"),
                Column::Amount("applied"),
                Column::Amount("adjusted"),
                Column::Amount("written_off"),
                Column::Amount("closing"),
                Column::Amount("tie_out"),
            ],
            totals: None,
            below: &["ties_out", "as_of", "known_at"],
            empty: "Nothing is posted yet.",
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<RollForwardBody, ReportError> {
        Ok(roll_forward(client, self.account.as_ref(), self.period).await?.into())
    }
}
