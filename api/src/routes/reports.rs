//! Reports over the whole book. Each comes as JSON, NDJSON, CSV, a page to print, or a workbook.

pub mod items;
pub mod parallel_run;
pub mod registers;

use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{AccountQuery, FormatQuery, FromQuery, MomentQuery, PageQuery};
use crate::answer::Reader;
use crate::extract::Queries;
use crate::problem::Problem;
use crate::report::{books, statements};
use crate::wire::report::TrialBalanceBody;
use crate::wire::report::general_ledger::GeneralLedgerBody;
use crate::wire::report::roll_forward::RollForwardBody;
use crate::wire::report::statements::{BalanceSheetBody, IncomeStatementBody};
use crate::wire::report::tree::TrialTreeBody;

/// One row for what.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Each account.
    #[default]
    Account,
    /// Each control account: `1101` for `1101.picc` and `1101.cpic` together.
    Control,
    /// Each account and each heading to which accounts are rolled up, as a tree with subtotals on every level.
    Tree,
}

/// How fine.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LevelQuery {
    /// One row for what; `account` if left out.
    #[serde(default)]
    #[param(inline)]
    level: Level,
}

/// A trial balance, or its tree. Only the document has it as one type.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = TrialBalanceOrTree)]
#[expect(dead_code, reason = "only the document has it as one type")]
pub enum TrialBalanceAnswer {
    /// With `level` `account` or `control`.
    #[schema(title = "rows")]
    Rows(TrialBalanceBody),
    /// With `level` `tree`.
    #[schema(title = "lines")]
    Tree(TrialTreeBody),
}

/// Every account that has postings, with debits, credits, and totals that are zero.
#[utoipa::path(
    get, path = "/v1/reports/trial-balance", tag = "reports", params(FromQuery, MomentQuery, LevelQuery, FormatQuery),
    responses((status = 200, body = TrialBalanceAnswer))
)]
pub async fn trial_balance(
    reader: Reader,
    Queries((from, moment, level, format)): Queries<(FromQuery, MomentQuery, LevelQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let period = from.until(&moment);
    let by_control = match level.level {
        Level::Account => false,
        Level::Control => true,
        Level::Tree => return reader.answer(statements::TrialTree { period }, format, moment.lasts()).await,
    };
    reader.answer(statements::TrialBalance { period, by_control }, format, moment.lasts()).await
}

/// Assets, liabilities and equity, with what income and expenses have come to and was not closed yet.
#[utoipa::path(
    get, path = "/v1/reports/balance-sheet", tag = "reports", params(MomentQuery, FormatQuery),
    responses((status = 200, body = BalanceSheetBody))
)]
pub async fn balance_sheet(
    reader: Reader,
    Queries((moment, format)): Queries<(MomentQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let question = statements::BalanceSheet { moment: moment.moment() };
    reader.answer(question, format, moment.lasts()).await
}

/// Income and expenses of a period, without the entries that close a year.
#[utoipa::path(
    get, path = "/v1/reports/income-statement", tag = "reports", params(FromQuery, MomentQuery, FormatQuery),
    responses((status = 200, body = IncomeStatementBody))
)]
pub async fn income_statement(
    reader: Reader,
    Queries((from, moment, format)): Queries<(FromQuery, MomentQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let question = statements::IncomeStatement { period: from.until(&moment) };
    reader.answer(question, format, moment.lasts()).await
}

/// Account by account: what stood before the period, every posting in it with the balance after it, what stood at the
/// end.
///
/// The pages of one ledger are one answer: the cursor keeps the time that the first page was known at.
#[utoipa::path(
    get, path = "/v1/reports/general-ledger", tag = "reports",
    params(AccountQuery, FromQuery, MomentQuery, PageQuery, FormatQuery),
    responses((status = 200, body = GeneralLedgerBody), (status = 404, description = "There is no such account."))
)]
pub async fn general_ledger(
    reader: Reader,
    Queries((account, from, moment, page, format)): Queries<(
        AccountQuery,
        FromQuery,
        MomentQuery,
        PageQuery,
        FormatQuery,
    )>,
) -> Result<Response, Problem> {
    let question = books::GeneralLedger { account: account.code()?, period: from.until(&moment) };
    reader.answer_pages(question, page, format, moment.lasts()).await
}

/// How each account came from what stood before the period to what stood at its end, by what has moved.
#[utoipa::path(
    get, path = "/v1/reports/roll-forward", tag = "reports", params(AccountQuery, FromQuery, MomentQuery, FormatQuery),
    responses((status = 200, body = RollForwardBody), (status = 404, description = "There is no such account."))
)]
pub async fn roll_forward(
    reader: Reader,
    Queries((account, from, moment, format)): Queries<(AccountQuery, FromQuery, MomentQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let question = books::RollForward { account: account.code()?, period: from.until(&moment) };
    reader.answer(question, format, moment.lasts()).await
}
