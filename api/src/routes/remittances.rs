//! Taking remittance files in, and telling what became of them.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use dianfu_claims::party::Party;
use dianfu_ledger::clock;
use dianfu_reconcile::{Delivery, Refusal, read, report, take_in};
use dianfu_settlement::number::PartyNo;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Access;
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::{Kind, Problem, Violation};
use crate::wire::remittance::{ImportedBody, RemittanceBody, RemittancePageBody, SummaryBody, of_rule};

/// The content type of an X12 file (RFC 1767).
const X12: &str = "application/edi-x12";
/// Where the insurer is named.
const INSURER: &str = "/query/insurer";

/// Whose file.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// The insurer that sent it. Staff must name it; a partner's signature does.
    #[param(example = "picc")]
    insurer: Option<String>,
}

/// Takes in a remittance file, an X12 835, and applies every remittance in it whose cash is there.
///
/// 201 when it is new, 200 when the same bytes were taken in before. A file whose sums do not hold is refused as a
/// whole, with every rule that is broken, its segment, what the arithmetic gives and what the file says. A file of more
/// than 10 MiB is taken in with `dianfu remittance import`.
#[utoipa::path(
    post, path = "/v1/remittances", tag = "remittances", params(ImportQuery),
    request_body(content = String, content_type = "application/edi-x12", description = "The file, byte by byte."),
    responses(
        (status = 201, body = ImportedBody, description = "It is taken in now."),
        (status = 200, body = ImportedBody, description = "The same bytes were taken in before."),
        (status = 409, description = "Another file has announced a payment under the same trace."),
        (status = 413, description = "The file is larger than one request takes."),
        (status = 422, description = "It is not an 835, or its sums do not hold.")
    )
)]
pub async fn remittance_import(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if extract::media_type(&headers) != X12 {
        return Err(extract::unsupported(X12));
    }
    let insurer = insurer(&access, query.insurer)?;
    let bytes = extract::remittance_file(body, &app).await?;
    // A connection only when the file is read: who waits for that holds up nobody else.
    let read = read(bytes.clone()).await;
    let mut client = access.ledger.client().await?;
    let delivery = Delivery { insurer: &insurer, bytes: &bytes, received_at: clock::now(), actor: &access.actor };
    let imported = take_in(&access.ledger, &mut client, &delivery, read).await?.map_err(|refusal| refused(&refusal))?;
    let status = if imported.replayed { StatusCode::OK } else { StatusCode::CREATED };
    let place = match imported.remittances.as_slice() {
        [only] => HeaderValue::try_from(format!("/v1/remittances/{}", only.remittance_id)).ok(),
        _ => None,
    };
    let mut response = (status, Json(ImportedBody::from(imported))).into_response();
    response.headers_mut().extend(place.map(|place| (LOCATION, place)));
    Ok(response)
}

/// The insurer whose file it is: the partner itself, or whom staff names.
fn insurer(access: &Access, named: Option<String>) -> Result<PartyNo, Problem> {
    match (&access.party, named) {
        (Some(Party::Insurer(own)), None) => Ok(own.clone()),
        (Some(Party::Insurer(own)), Some(named)) if own.as_str() == named => Ok(own.clone()),
        (Some(other), _) => Err(Problem::new(Kind::Forbidden, format!("this speaks for {} only", other.actor()))),
        (None, Some(named)) => party(&named),
        (None, None) => Err(Problem::parameter(INSURER, "say whose file it is: insurer=…")),
    }
}

fn party(named: &str) -> Result<PartyNo, Problem> {
    PartyNo::parse(named).map_err(|error| Problem::parameter(INSURER, error.to_string()))
}

fn refused(refusal: &Refusal) -> Problem {
    let title = "The remittance is refused";
    let is_conflict = matches!(refusal, Refusal::DuplicateAdvice { .. });
    let whole = Violation { code: refusal.code(), message: refusal.to_string().into(), ..Violation::default() };
    let errors = match refusal {
        Refusal::Unbalanced(verdict) => verdict.errors.iter().map(|broken| of_rule(refusal.code(), broken)).collect(),
        Refusal::DuplicateAdvice { first_sha256, given_sha256, .. } => {
            vec![whole.expected(first_sha256.as_str(), given_sha256.as_str())]
        }
        Refusal::CurrencyMismatch { expected, actual, .. } => vec![whole.expected(expected.code(), actual.code())],
        _ => vec![whole],
    };
    Problem::refused(title, is_conflict, errors)
}

/// Which remittances.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RemittancesQuery {
    /// Only those of this insurer.
    #[param(example = "picc")]
    insurer: Option<String>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// The application report: remittances in the order in which they came, their cash, and where it went.
#[utoipa::path(
    get, path = "/v1/remittances", tag = "remittances", params(RemittancesQuery),
    responses((status = 200, body = RemittancePageBody))
)]
pub async fn remittance_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<RemittancesQuery>,
) -> Result<Json<RemittancePageBody>, Problem> {
    let limit = extract::page_limit(query.limit)?;
    let insurer = query.insurer.as_deref().map(party).transpose()?;
    let mut client = access.ledger.client().await?;
    let page = report::application_page(&mut client, insurer.as_ref(), query.cursor, limit).await?;
    let remittances = page.rows.into_iter().map(SummaryBody::from).collect();
    Ok(Json(RemittancePageBody { remittances, next: page.next }))
}

/// One remittance: its lines, what each was matched to and why, and the differences that it left.
#[utoipa::path(
    get, path = "/v1/remittances/{id}", tag = "remittances", params(("id" = Uuid, Path)),
    responses((status = 200, body = RemittanceBody), (status = 404, description = "There is no such remittance."))
)]
pub async fn remittance_view(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
) -> Result<Json<RemittanceBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let found = report::remittance(&mut client, id).await?;
    let unknown = || Problem::new(Kind::RemittanceUnknown, format!("there is no remittance {id} in this book"));
    Ok(Json(found.ok_or_else(unknown)?.into()))
}
