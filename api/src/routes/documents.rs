//! Materials of a claim: what it needs and lacks, what is asked for, and the documents that are handed in.
//!
//! Documents are sealed; who opens one does so for a reason that is on record first. A patient hands in documents of
//! the own claims. Below: [`handing_in`].

mod handing_in;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use deadpool_postgres::Client;
use dianfu_claims::claim::Claim;
use dianfu_claims::documents::{self, Review};
use dianfu_claims::materials::{self, AskedBy, ClaimScope, MaterialRequest, Phase, completeness_of};
use dianfu_ledger::{clock, id};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::asked::one_of;
use super::claims::telling::seen;
use super::group;
use crate::app::App;
use crate::auth::{Access, Permission};
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::Problem;
use crate::wire::claim_refusal::unknown;
use crate::wire::material::{
    DocumentVerdictBody, DocumentsBody, MaterialsBody, NewRequestBody, RequestBody, of_document, of_material,
};
use crate::wire::patient::ReadingReasonBody;

/// Routes of materials and documents, each with the right it needs.
pub fn routes(app: &App) -> OpenApiRouter<App> {
    let reading = group(app, Permission::ReadClaims, |routes| routes.routes(routes!(material_view)));
    let intake = group(app, Permission::TakeInClaims, |routes| routes.routes(routes!(handing_in::document_hand_in)));
    let own = group(app, Permission::PatientDesk, |routes| routes.routes(routes!(handing_in::document_hand_in_own)));
    let opening = group(app, Permission::ReadPatients, |routes| {
        routes.routes(routes!(document_list)).routes(routes!(document_open))
    });
    let reviewing = group(app, Permission::ReviewClaims, |routes| {
        routes.routes(routes!(material_ask)).routes(routes!(document_judge))
    });
    reading.merge(intake).merge(own).merge(opening).merge(reviewing)
}

/// In which phase.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PhaseQuery {
    /// `first_application` (if left out), `refill`, `charity`, `appeal` or `insurer_request`.
    #[param(example = "first_application")]
    phase: Option<String>,
}

/// What a claim needs, and what of it is lacking today, in sentences for the patient.
#[utoipa::path(
    get, path = "/v1/claims/{claim_no}/materials", tag = "materials",
    params(("claim_no" = String, Path, example = "CLM-1"), PhaseQuery),
    responses(
        (status = 200, body = MaterialsBody),
        (status = 404, description = "There is no such claim, or it is not the caller's to see.")
    )
)]
pub async fn material_view(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    QueryParams(query): QueryParams<PhaseQuery>,
) -> Result<Json<MaterialsBody>, Problem> {
    let word = query.phase.as_deref().unwrap_or(Phase::FirstApplication.word());
    let phase = one_of("/query/phase", word, Phase::from_word(word), &Phase::ALL.map(Phase::word))?;
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &claim_no).await?;
    lacking(&mut client, &claim, phase).await.map(Json)
}

async fn lacking(client: &mut Client, claim: &Claim, phase: Phase) -> Result<MaterialsBody, Problem> {
    let (claim_no, insurer) = (claim.claim_no().clone(), claim.intake.insurer.clone());
    let drugs = claim.intake.lines.iter().map(|line| line.drug_code.clone()).collect();
    let scope = ClaimScope { claim_no, insurer, drugs, phase };
    let tx = client.transaction().await?;
    let on = clock::date_of(clock::now());
    let found = completeness_of(&tx, std::slice::from_ref(&scope), on).await?.remove(&scope.claim_no);
    found.map(MaterialsBody::of).ok_or_else(|| unknown(scope.claim_no.as_str()))
}

/// Asks for more of a claim. The same again, as long as nothing else is asked for, is the same request.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/material-requests", tag = "materials", request_body = NewRequestBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 200, body = RequestBody, description = "It is asked for."),
        (status = 404, description = "There is no such claim."),
        (status = 422, description = "It cannot be asked for.")
    )
)]
pub async fn material_ask(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<NewRequestBody>,
) -> Result<Json<RequestBody>, Problem> {
    let NewRequestBody { kinds, reason, respond_by } = body;
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &claim_no).await?;
    let (claim_no, asked_by, asked_at) = (claim.claim_no().clone(), AskedBy::Reviewer, clock::now());
    let request = MaterialRequest { claim_no, asked_by, kinds, reason, respond_by, asked_at };
    let asked = materials::ask(&mut client, &request, &access.actor).await?;
    let request = asked.map_err(|refusal| of_material(&refusal))?;
    let materials = lacking(&mut client, &claim, Phase::FirstApplication).await?;
    Ok(Json(RequestBody { request, materials }))
}

/// The documents of a claim, also those that a later one has replaced.
#[utoipa::path(
    get, path = "/v1/claims/{claim_no}/documents", tag = "materials",
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses((status = 200, body = DocumentsBody), (status = 404, description = "There is no such claim."))
)]
pub async fn document_list(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
) -> Result<Json<DocumentsBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &claim_no).await?;
    listed(&mut client, &claim).await.map(Json)
}

async fn listed(client: &mut Client, claim: &Claim) -> Result<DocumentsBody, Problem> {
    let documents = documents::list(client, claim.claim_no()).await?;
    Ok(DocumentsBody { documents: documents.into_iter().map(Into::into).collect() })
}

/// Opens a document, for a reason that is on record with the reader before it is answered.
#[utoipa::path(
    post, path = "/v1/documents/{id}/readings", tag = "materials", request_body = ReadingReasonBody,
    params(("id" = Uuid, Path)),
    responses(
        (
            status = 200, description = "The document, as it was handed in.",
            content(
                (String = "application/pdf"),
                (String = "image/jpeg"),
                (String = "image/png")
            )
        ),
        (status = 404, description = "There is no such document."),
        (status = 501, description = "This server has no keys, or no place for documents.")
    )
)]
pub async fn document_open(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    PathParam(document): PathParam<Uuid>,
    extract::Json(body): extract::Json<ReadingReasonBody>,
) -> Result<Response, Problem> {
    let (keyring, store) = app.sealing().documents()?;
    let by = (id::fresh(), access.actor.as_str(), body.reason.as_str());
    let mut client = access.ledger.client().await?;
    let opened = documents::fetch(&mut client, keyring, store, document, by, clock::now()).await?;
    let (document, bytes) = opened.map_err(|refusal| of_document(&refusal))?;
    let head = [
        (CONTENT_TYPE, document.media_type.word()),
        // What strangers have sent is kept, not shown within a page, and nobody in between keeps a copy.
        (CONTENT_DISPOSITION, "attachment"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((head, bytes.to_vec()).into_response())
}

/// Says whether a document will do. The last word counts, and it is not that of who handed it in.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/documents/{id}/verdict", tag = "materials", request_body = DocumentVerdictBody,
    params(("claim_no" = String, Path, example = "CLM-1"), ("id" = Uuid, Path)),
    responses(
        (status = 200, body = DocumentsBody, description = "It is on record."),
        (status = 404, description = "There is no such claim, or no such document."),
        (status = 409, description = "A later version has taken its place."),
        (status = 422, description = "You have handed it in yourself, or say not why it will not do.")
    )
)]
pub async fn document_judge(
    Extension(access): Extension<Access>,
    PathParam((claim_no, document_id)): PathParam<(String, Uuid)>,
    extract::Json(body): extract::Json<DocumentVerdictBody>,
) -> Result<Json<DocumentsBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &claim_no).await?;
    let known = documents::list(&mut client, claim.claim_no()).await?;
    if !known.iter().any(|document| document.document_id == document_id) {
        return Err(crate::wire::material::unknown_document(document_id));
    }
    let DocumentVerdictBody { accepted, reason } = body;
    let word = Review { document_id, accepted, reason, reviewer: access.actor.clone() };
    let judged = documents::review(&mut client, &word, clock::now()).await?;
    judged.map_err(|refusal| of_document(&refusal))?;
    listed(&mut client, &claim).await.map(Json)
}
