//! Reports in one currency.

use axum::response::Response;
use dianfu_ledger::query::Moment;
use dianfu_ledger::report::Period;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::asked::FormatQuery;
use crate::answer::{Lasts, Reader};
use crate::extract::{PathParam, Queries};
use crate::problem::{Kind, Problem, Violation};
use crate::report::translated::Translated;
use crate::wire::rate::{AskedRule, currency};
use crate::wire::time;
use crate::wire::translated::{Name, TranslatedBody, presentation};

/// In what, at which rates, and when.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TranslatedQuery {
    /// The one currency.
    #[param(example = "CNY")]
    r#in: String,
    /// The kind of rate for balances; `closing` if left out.
    rate_kind: Option<String>,
    /// The kind of rate for income and expenses; `average` if left out.
    result_kind: Option<String>,
    /// A rate of at most so many days before may stand in.
    #[serde(default)]
    max_age: u16,
    /// A rate the other way round may.
    #[serde(default)]
    inverse: bool,
    /// Two over this currency may.
    via: Option<String>,
    /// The first day of an income statement.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day, which is that of the rates.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// Only what the ledger knew at this time, rates included; now if left out.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
}

/// A report in one currency: balances at one kind of rate, results at another, and lines for what that leaves.
#[utoipa::path(
    get, path = "/v1/fx/reports/{name}", tag = "fx",
    params(("name" = inline(Name), Path, example = "trial-balance"), TranslatedQuery, FormatQuery),
    responses(
        (status = 200, body = TranslatedBody),
        (status = 404, description = "There is no rate for one of its currencies; the nearest there is is named.")
    )
)]
pub async fn fx_report(
    reader: Reader,
    PathParam(name): PathParam<Name>,
    Queries((query, format)): Queries<(TranslatedQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let unreadable = |violation: Violation| {
        Problem::new(Kind::ParameterInvalid, violation.message.to_string()).with_errors(vec![violation])
    };
    let TranslatedQuery { rate_kind: kind, max_age, inverse, via, .. } = query;
    let balances = AskedRule { kind, max_age, inverse, via };
    let into = currency(&query.r#in, "/query/in").map_err(unreadable)?;
    let presentation = presentation(into, balances, query.result_kind.as_deref()).map_err(unreadable)?;
    let moment = Moment { as_of: query.as_of, known_at: query.known_at };
    let question = Translated { report: name.into(), period: Period { from: query.from, moment }, presentation };
    reader.answer(question, format, Lasts::with(query.known_at)).await
}
