//! Accounts, their balances and statements.

use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::opening::{AccountOutcome, SettingOutcome};
use dianfu_ledger::query::{self, AccountFilter, AccountView, DateRange};
use jiff::civil::Date;
use serde::Deserialize;

use super::asked::{FormatQuery, MomentQuery, PageQuery};
use crate::answer::{self, Reader};
use crate::auth::Access;
use crate::extract::{self, PathParam, Queries, QueryParams};
use crate::problem::{Kind, Problem, Violation};
use crate::report::books::{Balances, Statement};
use crate::wire::account::{
    self, AccountBody, AccountChangeBody, AccountHistoryBody, AccountPageBody, BalanceBody, NewAccountBody,
};
use crate::wire::metadata;
use crate::wire::statement::StatementBody;
use crate::wire::time;

/// Opens an account. The same definition again is fine; limits are settings and do not count in the comparison.
#[utoipa::path(
    post, path = "/v1/accounts", tag = "accounts", request_body = NewAccountBody,
    responses(
        (status = 201, body = AccountBody, description = "It is open now."),
        (status = 200, body = AccountBody, description = "It was open already, with the same definition."),
        (status = 409, description = "It is open with another definition.")
    )
)]
pub async fn account_open(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewAccountBody>,
) -> Result<Response, Problem> {
    let refused = |violation| Problem::refused("The account cannot be opened", false, vec![violation]);
    let account = body.into_account().map_err(&refused)?;
    let code = account.code.clone();
    let outcomes = access.ledger.open_accounts(&[account], &access.actor).await?;
    let status = match outcomes.into_iter().next().expect("one outcome an account") {
        AccountOutcome::Opened(_) => StatusCode::CREATED,
        AccountOutcome::Existing(_) => StatusCode::OK,
        AccountOutcome::Conflict { field, first, given } => return Err(conflict(&code, field, first, given)),
        AccountOutcome::Refused(fault) => return Err(refused(account::violation(&fault))),
    };
    let location = [(LOCATION, format!("/v1/accounts/{code}"))];
    Ok((status, location, Json(find(&access, &code).await?)).into_response())
}

fn conflict(code: &AccountCode, field: &'static str, first: String, given: String) -> Problem {
    let message = format!("account {code} is open with another {field}: there '{first}', here '{given}'");
    let violation = Violation::at(Kind::AccountConflict.code(), format!("/{field}"), message.as_str());
    Problem::new(Kind::AccountConflict, message).with_errors(vec![violation.expected(first, given)])
}

/// Changes an account's limits, freezes or closes it, moves it in the chart, or notes what is known about it: from now
/// on, and on record with who did it and why.
#[utoipa::path(
    patch, path = "/v1/accounts/{code}", tag = "accounts", request_body = AccountChangeBody,
    params(("code" = String, Path, example = "1101.picc")),
    responses(
        (status = 200, body = AccountBody, description = "It is so now."),
        (status = 404, description = "There is no such account."),
        (status = 422, description = "It cannot be as was asked.")
    )
)]
pub async fn account_change(
    Extension(access): Extension<Access>,
    PathParam(code): PathParam<String>,
    extract::Json(body): extract::Json<AccountChangeBody>,
) -> Result<Json<AccountBody>, Problem> {
    let refused = |violation| Problem::refused("The account cannot be changed so", false, vec![violation]);
    let code = parse(&code)?;
    let there = view(&access, &code).await?;
    let reason = body.reason.clone();
    let change = body.into_change(there.account.currency).map_err(&refused)?;
    match access.ledger.change_setting(&code, change, &access.actor, &reason).await? {
        SettingOutcome::Changed | SettingOutcome::Unchanged => find(&access, &code).await.map(Json),
        SettingOutcome::AccountUnknown => Err(unknown(code.as_str())),
        SettingOutcome::Refused(fault) => Err(refused(account::violation(&fault))),
    }
}

/// Which accounts.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountsQuery {
    /// Only accounts whose code starts with this.
    #[serde(default)]
    #[param(example = "1101")]
    prefix: String,
    /// Only accounts whose metadata has at least this JSON object.
    #[param(example = r#"{"region":"east"}"#)]
    metadata: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// Accounts by code, with the settings in force.
#[utoipa::path(
    get, path = "/v1/accounts", tag = "accounts", params(AccountsQuery),
    responses((status = 200, body = AccountPageBody))
)]
pub async fn account_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<AccountsQuery>,
) -> Result<Json<AccountPageBody>, Problem> {
    let limit = extract::page_limit(query.limit)?;
    let client = access.ledger.client().await?;
    let cursor = query.cursor.map(|cursor| AccountCode::parse(&cursor).ok_or(query::QueryError::CursorMalformed));
    let prefix = extract::code_prefix(&query.prefix)?;
    if let Some(violation) = query.metadata.as_deref().and_then(|text| metadata::check(text).err()) {
        return Err(Problem::parameter("/query/metadata", violation.message));
    }
    let filter = AccountFilter { prefix, metadata: query.metadata.as_deref() };
    let page = query::accounts(&**client, filter, cursor.transpose()?.as_ref(), limit).await?;
    let accounts = page.accounts.into_iter().map(AccountBody::from).collect();
    Ok(Json(AccountPageBody { accounts, next: page.next.map(|code| code.to_string()) }))
}

/// One account with the settings in force.
#[utoipa::path(
    get, path = "/v1/accounts/{code}", tag = "accounts",
    params(("code" = String, Path, example = "1101.picc")),
    responses((status = 200, body = AccountBody), (status = 404, description = "There is no such account."))
)]
pub async fn account_view(
    Extension(access): Extension<Access>,
    PathParam(code): PathParam<String>,
) -> Result<Json<AccountBody>, Problem> {
    find(&access, &parse(&code)?).await.map(Json)
}

/// Everything that was ever set about an account: limits, freezing, closing, its place in the chart; by whom, and why.
#[utoipa::path(
    get, path = "/v1/accounts/{code}/history", tag = "accounts",
    params(("code" = String, Path, example = "1101.picc")),
    responses((status = 200, body = AccountHistoryBody), (status = 404, description = "There is no such account."))
)]
pub async fn account_history(
    Extension(access): Extension<Access>,
    PathParam(code): PathParam<String>,
) -> Result<Json<AccountHistoryBody>, Problem> {
    let code = parse(&code)?;
    let account = view(&access, &code).await?.account;
    let client = access.ledger.client().await?;
    let settings = query::account_history(&**client, &code).await?.unwrap_or_default();
    Ok(Json(AccountHistoryBody::new(&account, settings)))
}

/// The balance of one account.
#[utoipa::path(
    get, path = "/v1/accounts/{code}/balance", tag = "accounts",
    params(("code" = String, Path, example = "1101.picc"), MomentQuery),
    responses((status = 200, body = BalanceBody), (status = 404, description = "There is no such account."))
)]
pub async fn account_balance(
    Extension(access): Extension<Access>,
    PathParam(code): PathParam<String>,
    QueryParams(moment): QueryParams<MomentQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let code = parse(&code)?;
    let client = access.ledger.client().await?;
    let found = query::balance(&**client, &code, moment.moment()).await?;
    let view = found.ok_or_else(|| unknown(code.as_str()))?;
    answer::json(&headers, moment.lasts(), &BalanceBody::from(view))
}

/// The balances of an account and of all accounts below it, one a currency: `1101` sums up `1101`, `1101.picc`, and so
/// on.
///
/// A currency in which nothing was posted yet is left out, unless it is that of the very account asked for.
#[utoipa::path(
    get, path = "/v1/accounts/{code}/balances", tag = "accounts",
    params(("code" = String, Path, example = "1101"), MomentQuery, FormatQuery),
    responses(
        (status = 200, body = Vec<BalanceBody>),
        (status = 404, description = "There is no such account, and none below it.")
    )
)]
pub async fn account_balances(
    reader: Reader,
    PathParam(code): PathParam<String>,
    Queries((moment, format)): Queries<(MomentQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let question = Balances { account: parse(&code)?, moment: moment.moment() };
    reader.answer(question, format, moment.lasts()).await
}

/// Which days.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DaysQuery {
    /// The first day; what is dated before it is in the opening balance.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date, example = "2026-05-01")]
    from: Option<Date>,
    /// The last day.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date, example = "2026-05-31")]
    to: Option<Date>,
}

/// The statement of one account: its settled postings in the order of posting, with the balance after each.
#[utoipa::path(
    get, path = "/v1/accounts/{code}/statement", tag = "accounts",
    params(("code" = String, Path, example = "1101.picc"), DaysQuery, MomentQuery, PageQuery, FormatQuery),
    responses((status = 200, body = StatementBody), (status = 404, description = "There is no such account."))
)]
pub async fn account_statement(
    reader: Reader,
    PathParam(code): PathParam<String>,
    Queries((days, moment, page, format)): Queries<(DaysQuery, MomentQuery, PageQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let question = Statement {
        account: parse(&code)?,
        range: DateRange { from: days.from, to: days.to },
        moment: moment.moment(),
    };
    reader.answer_pages(question, page, format, moment.lasts()).await
}

async fn find(access: &Access, code: &AccountCode) -> Result<AccountBody, Problem> {
    view(access, code).await.map(AccountBody::from)
}

/// The account of exactly this code: the first of those that start with it.
async fn view(access: &Access, code: &AccountCode) -> Result<AccountView, Problem> {
    let client = access.ledger.client().await?;
    let filter = AccountFilter { prefix: code.as_str(), ..AccountFilter::default() };
    let page = query::accounts(&**client, filter, None, 1).await?;
    let found = page.accounts.into_iter().next().filter(|view| view.account.code == *code);
    found.ok_or_else(|| unknown(code.as_str()))
}

fn parse(code: &str) -> Result<AccountCode, Problem> {
    AccountCode::parse(code).ok_or_else(|| unknown(code))
}

fn unknown(code: &str) -> Problem {
    let shown: String = code.chars().take(64).collect();
    Problem::new(Kind::AccountUnknown, format!("there is no account {shown} in this book"))
}
