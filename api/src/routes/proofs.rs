//! Proofs: the receipt of an entry, the tip of the books, and that one tip follows from another.
//!
//! What is asked for of a named tip never changes: such answers carry a strong `ETag` and may be kept for ever. What is
//! asked for of the latest tip has an `ETag` too, and must be asked for again.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Extension, Json};
use dianfu_ledger::proof::{self, ProofError, SecretKey};
use serde::Deserialize;
use uuid::Uuid;

use crate::answer::{Lasts, json_tagged};
use crate::app::App;
use crate::auth::Access;
use crate::extract::{PathParam, QueryParams};
use crate::problem::{Kind, Problem};
use crate::wire::proof::{ConsistencyBody, KeyBody, ReceiptBody, TipBody, hexadecimal};

/// How long the answer to a question about a tip lasts, which may be the latest.
fn lasts(commit_no: Option<i64>) -> Lasts {
    if commit_no.is_some() { Lasts::ForEver } else { Lasts::ForNow }
}

/// Under which tip.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TipQuery {
    /// The last commit that the tip covers; the latest commit if left out.
    commit_no: Option<i64>,
}

/// From which tip to which.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyQuery {
    /// The last commit of the earlier tip.
    from: i64,
    /// The last commit of the later tip.
    to: i64,
}

/// The signed receipt of an entry: its place in its commit, and its commit's under a tip.
///
/// Keep it: with the public key it shows without the books that the entry was booked so. Reads the hashes of all
/// commits up to the tip.
#[utoipa::path(
    get, path = "/v1/entries/{id}/receipt", tag = "proofs", params(("id" = Uuid, Path), TipQuery),
    responses(
        (status = 200, body = ReceiptBody),
        (status = 304, description = "If-None-Match names the receipt."),
        (status = 404, description = "There is no such entry, or no such commit."),
        (status = 501, description = "This server has no key to sign with.")
    )
)]
pub async fn entry_receipt(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    QueryParams(query): QueryParams<TipQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = signing_key(&app)?;
    let client = access.ledger.client().await?;
    let found = proof::receipt(&**client, access.ledger.book().as_str(), id, query.commit_no).await?;
    let found =
        found.ok_or_else(|| Problem::new(Kind::EntryUnknown, format!("there is no entry {id} in this book")))?;
    let tag = format!("{}-{}", hexadecimal(&found.receipt.tip.root), hexadecimal(&key.public().id()));
    let body = ReceiptBody::of(found.receipt.signed(key), &found.rows);
    Ok(json_tagged(&headers, &tag, lasts(query.commit_no), &body))
}

/// The tip: all commits in one hash.
///
/// Keep it elsewhere, and ask later for the proof that the books still follow from it.
#[utoipa::path(
    get, path = "/v1/proofs/tip", tag = "proofs", params(TipQuery),
    responses(
        (status = 200, body = TipBody),
        (status = 304, description = "If-None-Match names the tip."),
        (status = 404, description = "There is no such commit.")
    )
)]
pub async fn proof_tip(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<TipQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let client = access.ledger.client().await?;
    let tip = proof::tip(&**client, query.commit_no).await?;
    Ok(json_tagged(&headers, &hexadecimal(&tip.root), lasts(query.commit_no), &TipBody::from(tip)))
}

/// The proof that the later tip is the earlier one with commits added behind it (RFC 6962, section 2.1.2).
#[utoipa::path(
    get, path = "/v1/proofs/consistency", tag = "proofs", params(ConsistencyQuery),
    responses(
        (status = 200, body = ConsistencyBody),
        (status = 304, description = "If-None-Match names the proof."),
        (status = 404, description = "There is no such commit.")
    )
)]
pub async fn proof_consistency(
    Extension(access): Extension<Access>,
    QueryParams(ConsistencyQuery { from, to }): QueryParams<ConsistencyQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let client = access.ledger.client().await?;
    let found = proof::consistency(&**client, from, to).await?;
    let tag = format!("{from}-{}", hexadecimal(&found.to.root));
    Ok(json_tagged(&headers, &tag, Lasts::ForEver, &ConsistencyBody::from(found)))
}

/// The public key with which this server's receipts are checked. Keep it: who brings a receipt must not bring the key.
#[utoipa::path(
    get, path = "/v1/proofs/key", tag = "proofs",
    responses(
        (status = 200, body = KeyBody),
        (status = 501, description = "This server has no key to sign with.")
    )
)]
pub async fn proof_key(State(app): State<App>) -> Result<Json<KeyBody>, Problem> {
    Ok(Json(KeyBody::of(&signing_key(&app)?.public())))
}

fn signing_key(app: &App) -> Result<&SecretKey, Problem> {
    let missing = || Problem::new(Kind::ReceiptKeyMissing, "start the server with --receipt-key FILE");
    app.receipt_key().ok_or_else(missing)
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Problem {
        let message = error.to_string();
        match error {
            ProofError::NoSuchTip { .. } => Problem::new(Kind::CommitUnknown, message),
            ProofError::Backwards { .. } => Problem::parameter("/query/to", message),
            ProofError::NotCovered { .. } => Problem::parameter("/query/commit_no", message),
            ProofError::World(error) => error.into(),
        }
    }
}
