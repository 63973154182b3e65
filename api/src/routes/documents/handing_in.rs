//! Handing a document in: judged by its bytes, sealed, kept.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use dianfu_claims::documents::{self, DocumentDraw, HandIn, MediaType};
use dianfu_claims::materials::MaterialKind;
use dianfu_ledger::{clock, id};
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Access;
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::Problem;
use crate::routes::asked::one_of;
use crate::routes::claims::telling::seen;
use crate::wire::claim_told::reading::digest;
use crate::wire::material::{DocumentBody, of_document};
use crate::wire::time;

/// What a document is.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentQuery {
    /// The kind of material, such as `prescription`.
    #[param(example = "prescription")]
    kind: String,
    /// Which file of that kind, from 1 to 50; 1 if left out. The same part again is its next version.
    part: Option<i32>,
    /// The day that it was issued on.
    #[serde(deserialize_with = "time::that_day")]
    #[param(value_type = String, format = Date, example = "2026-03-01")]
    issued_on: Date,
    /// Its own last day, where it has one.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    expires_on: Option<Date>,
    /// Its SHA-256 in hexadecimal, so that one that was damaged on its way is refused.
    sha256: Option<String>,
}

/// Hands in a document of a claim: a PDF, JPEG or PNG of at most 20 MiB, byte by byte. The same again is the same.
#[utoipa::path(
    put, path = "/v1/claims/{claim_no}/documents/{id}", tag = "materials",
    params(
        ("claim_no" = String, Path, example = "CLM-1"),
        ("id" = Uuid, Path, description = "Yours, fresh: the same when the same is tried again."),
        DocumentQuery
    ),
    request_body(content((String = "application/pdf"), (String = "image/jpeg"), (String = "image/png"))),
    responses(
        (status = 200, body = DocumentBody, description = "It is on record."),
        (status = 404, description = "There is no such claim."),
        (status = 409, description = "The id is another document's."),
        (status = 422, description = "It is not what it says, is over, or holds what it may not."),
        (status = 501, description = "This server has no keys, or no place for documents.")
    )
)]
pub async fn document_hand_in(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    PathParam(path): PathParam<(String, Uuid)>,
    QueryParams(query): QueryParams<DocumentQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DocumentBody>, Problem> {
    hand_in(&app, &access, path, query, (&headers, body)).await
}

/// Hands in a document of one of the patient's own claims: a PDF, JPEG or PNG of at most 20 MiB, byte by byte.
#[utoipa::path(
    put, path = "/v1/claims/{claim_no}/own-documents/{id}", tag = "materials",
    params(
        ("claim_no" = String, Path, example = "CLM-1"),
        ("id" = Uuid, Path, description = "Yours, fresh: the same when the same is tried again."),
        DocumentQuery
    ),
    request_body(content((String = "application/pdf"), (String = "image/jpeg"), (String = "image/png"))),
    responses(
        (status = 200, body = DocumentBody, description = "It is on record."),
        (status = 404, description = "There is no such claim, or it is not the patient's."),
        (status = 409, description = "The id is another document's."),
        (status = 422, description = "It is not what it says, is over, or holds what it may not."),
        (status = 501, description = "This server has no keys, or no place for documents.")
    )
)]
pub async fn document_hand_in_own(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    PathParam(path): PathParam<(String, Uuid)>,
    QueryParams(query): QueryParams<DocumentQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DocumentBody>, Problem> {
    hand_in(&app, &access, path, query, (&headers, body)).await
}

async fn hand_in(
    app: &App,
    access: &Access,
    (claim_no, document_id): (String, Uuid),
    query: DocumentQuery,
    (headers, body): (&HeaderMap, Body),
) -> Result<Json<DocumentBody>, Problem> {
    let given = extract::media_type(headers);
    let declared = MediaType::from_word(&given);
    let declared = declared.ok_or_else(|| extract::unsupported("application/pdf, image/jpeg or image/png"))?;
    let DocumentQuery { kind, part, issued_on, expires_on, sha256 } = query;
    let words = MaterialKind::ALL.map(MaterialKind::word);
    let kind = one_of("/query/kind", &kind, MaterialKind::from_word(&kind), &words)?;
    let malformed = |_| Problem::parameter("/query/sha256", "the digest is SHA-256 in 64 hexadecimal digits");
    let announced = sha256.as_deref().map(digest).transpose().map_err(malformed)?;
    let (keyring, store) = app.sealing().documents()?;
    let mut client = access.ledger.client().await?;
    let claim_no = seen(access, &mut client, &claim_no).await?.claim_no().clone();
    // A connection only when the file is read: who waits for that holds up nobody else.
    drop(client);
    let bytes = extract::document_file(body, app).await?;
    let (part, actor, now) = (part.unwrap_or(1), access.actor.clone(), clock::now());
    let new =
        HandIn { document_id, claim_no, kind, part, issued_on, expires_on, declared: Some(declared), announced, actor };
    let (draw, at) = (DocumentDraw::new(id::random_bytes()), (clock::date_of(now), now));
    let mut client = access.ledger.client().await?;
    let handed = documents::hand_in(&mut client, keyring, store, new, bytes.clone(), draw, at).await?;
    Ok(Json(handed.map_err(|refusal| of_document(&refusal))?.into()))
}
