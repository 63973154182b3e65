//! Exchange rates: put on record one by one or by a file, listed, and looked up.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use dianfu_ledger::rate::sheet::{self, Defaults};
use dianfu_ledger::rate::table::{self, Filter};
use dianfu_ledger::rate::{NewRate, RateKind, RateOutcome};
use dianfu_ledger::register::Signature;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::app::App;
use crate::auth::Access;
use crate::extract::{self, QueryParams};
use crate::problem::{Kind, Problem, Violation};
use crate::wire::rate::{
    AskedRule, NewRatesBody, QuotationBody, RatePageBody, RecordedRatesBody, currency, of_fault, of_missing,
    of_sheet_fault, pair,
};
use crate::wire::time;

const CSV: &str = "text/csv";
const REFUSED: &str = "The rates cannot be put on record";

/// Puts rates on record, all or none. A rate of a day that has one already is a correction; the same again is fine.
#[utoipa::path(
    post, path = "/v1/rates", tag = "rates", request_body = NewRatesBody,
    responses(
        (status = 201, body = RecordedRatesBody, description = "They are in force, or, in a dry run, could be."),
        (status = 422, description = "None is: `errors` says which is wrong.")
    )
)]
pub async fn rate_record(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewRatesBody>,
) -> Result<(StatusCode, Json<RecordedRatesBody>), Problem> {
    let read = body.rates.into_iter().enumerate().map(|(at, rate)| rate.into_rate(&format!("/rates/{at}")));
    let (rates, faults): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
    if !faults.is_empty() {
        return Err(Problem::refused(REFUSED, false, faults.into_iter().filter_map(Result::err).collect()));
    }
    let rates: Vec<NewRate> = rates.into_iter().filter_map(Result::ok).collect();
    record(&access, &rates, &body.reason, body.dry_run, |at| format!("/rates/{at}")).await
}

/// What holds for all lines of a file.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoadQuery {
    /// The kind of lines that name none; `spot` if left out.
    kind: Option<String>,
    /// The source of lines that name none.
    #[serde(default)]
    #[param(example = "PBOC")]
    source: String,
    /// Why, for the record.
    #[param(example = "Rates of April")]
    reason: String,
    /// Only say what would become of them.
    #[serde(default)]
    dry_run: bool,
}

/// Puts the rates of a CSV file on record, all or none; every fault is named with its line and column.
///
/// The first line names the columns: `base,quote,date,rate`, and if wanted `kind` and `source`.
#[utoipa::path(
    post, path = "/v1/rates/files", tag = "rates", params(LoadQuery),
    request_body(content = String, content_type = "text/csv", description = "The file."),
    responses(
        (status = 201, body = RecordedRatesBody, description = "They are in force, or, in a dry run, could be."),
        (status = 422, description = "None is: `errors` names every fault at `/lines/LINE/COLUMN`.")
    )
)]
pub async fn rate_load(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<LoadQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<RecordedRatesBody>), Problem> {
    if extract::media_type(&headers) != CSV {
        return Err(extract::unsupported(CSV));
    }
    let bytes = extract::whole(body, &app).await?;
    let kind = kind(query.kind.as_deref())?.unwrap_or_else(RateKind::spot);
    let read = sheet::read(&bytes, &Defaults { kind, source: query.source });
    let rates = read.map_err(|faults| Problem::refused(REFUSED, false, faults.iter().map(of_sheet_fault).collect()))?;
    record(&access, &rates, &query.reason, query.dry_run, |at| format!("/rates/{at}")).await
}

async fn record(
    access: &Access,
    rates: &[NewRate],
    reason: &str,
    dry_run: bool,
    place: impl Fn(usize) -> String,
) -> Result<(StatusCode, Json<RecordedRatesBody>), Problem> {
    match access.ledger.record_rates(rates, Signature::of(&access.actor, reason), !dry_run).await? {
        RateOutcome::Recorded(recorded) => Ok((StatusCode::CREATED, Json(RecordedRatesBody::new(recorded, dry_run)))),
        RateOutcome::Refused(at, fault) => {
            let pointer = match fault.field {
                "rates" | "reason" | "actor" => format!("/{}", fault.field),
                field => format!("{}/{field}", place(at)),
            };
            Err(Problem::refused(REFUSED, false, vec![of_fault(&fault, &pointer)]))
        }
    }
}

/// Which rates.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Of this currency only.
    #[param(example = "USD")]
    base: Option<String>,
    /// In this currency only.
    quote: Option<String>,
    /// Of this kind only.
    kind: Option<String>,
    /// From this day on.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Up to this day.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// As they were known at this time; now if left out.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
    /// The cursor of a page before.
    #[serde(default)]
    cursor: String,
    /// Rates a page, 1 to 1,000; 100 if left out.
    limit: Option<u16>,
}

/// The rates in force, by pair, kind and day.
#[utoipa::path(
    get, path = "/v1/rates", tag = "rates", params(ListQuery),
    responses((status = 200, body = RatePageBody))
)]
pub async fn rate_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<ListQuery>,
) -> Result<Json<RatePageBody>, Problem> {
    let limit = extract::page_limit(query.limit)?;
    let of = |code: Option<String>, place| code.map(|code| currency(&code, place)).transpose().map_err(unreadable);
    let filter = Filter {
        base: of(query.base, "/query/base")?,
        quote: of(query.quote, "/query/quote")?,
        kind: kind(query.kind.as_deref())?,
        from: query.from,
        to: query.to,
        known_at: query.known_at,
        after: query.cursor,
    };
    let client = access.ledger.client().await?;
    Ok(Json(RatePageBody::new(table::list(&**client, &filter, limit).await?, limit)))
}

/// Which rate, and what may stand in for it.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LookUpQuery {
    /// The currency that is priced, and the one in which it is.
    #[param(example = "USD/CNY")]
    pair: String,
    /// The day.
    #[serde(deserialize_with = "time::that_day")]
    #[param(value_type = String, format = Date, example = "2026-04-30")]
    date: Date,
    /// The kind; `spot` if left out.
    kind: Option<String>,
    /// If there is none of the day: the last of at most so many days before.
    #[serde(default)]
    max_age: u16,
    /// If there is none: one of the pair the other way round.
    #[serde(default)]
    inverse: bool,
    /// If there is none: two over this currency.
    via: Option<String>,
    /// As it was known at this time; now if left out.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
}

/// What a unit of one currency is worth in another on a day, with the rates on record that it is made of.
#[utoipa::path(
    get, path = "/v1/rates/quotation", tag = "rates", params(LookUpQuery),
    responses(
        (status = 200, body = QuotationBody),
        (status = 404, description = "There is no such rate; the nearest there is is named.")
    )
)]
pub async fn rate_look_up(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<LookUpQuery>,
) -> Result<Json<QuotationBody>, Problem> {
    let pair = pair(&query.pair, "/query/pair").map_err(unreadable)?;
    let asked = AskedRule { kind: None, max_age: query.max_age, inverse: query.inverse, via: query.via };
    let kind = kind(query.kind.as_deref())?.unwrap_or_else(RateKind::spot);
    let rule = asked.read(kind, "/query").map_err(unreadable)?;
    let client = access.ledger.client().await?;
    match table::look_up(&**client, pair, query.date, &rule, query.known_at).await? {
        Ok(quotation) => Ok(Json(quotation.into())),
        Err(missing) => {
            let place = of_missing(&missing, "/query/date");
            Err(Problem::new(Kind::RateMissing, missing.to_string()).with_errors(vec![place]))
        }
    }
}

fn kind(asked: Option<&str>) -> Result<Option<RateKind>, Problem> {
    let read = asked.map(str::parse::<RateKind>).transpose();
    read.map_err(|fault| unreadable(of_fault(&fault, "/query/kind")))
}

/// A parameter that cannot be read.
fn unreadable(violation: Violation) -> Problem {
    Problem::new(Kind::ParameterInvalid, violation.message.to_string()).with_errors(vec![violation])
}
