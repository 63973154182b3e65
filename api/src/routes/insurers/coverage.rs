//! Coverage checks: what an insurer has guaranteed for a policy, and until when.

use axum::{Extension, Json};
use dianfu_claims::claim::PolicyNo;
use dianfu_claims::coverage::{self, VerifyNo};
use dianfu_claims::registration::RegistrationRefusal;
use dianfu_ledger::clock;
use dianfu_settlement::number::NumberError;

use super::money::seen;
use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::{Kind, Problem, Violation};
use crate::wire::coverage::{CoverageBody, NewCoverageBody};
use crate::wire::insurer_refusal::{conflict, misread, of_registration};

/// Puts the answer to a coverage check on record. The same again is fine; the newest answer of a policy counts.
#[utoipa::path(
    put, path = "/v1/insurers/{insurer}/coverage/{verify_no}", tag = "insurers", request_body = NewCoverageBody,
    params(
        ("insurer" = String, Path, example = "picc"),
        ("verify_no" = String, Path, example = "V-1", description = "The insurer's reference.")
    ),
    responses(
        (status = 200, body = CoverageBody, description = "It is on record."),
        (status = 404, description = "There is no such insurer."),
        (status = 409, description = "Another answer is on record under the reference."),
        (status = 422, description = "It cannot be the answer about the policy.")
    )
)]
pub async fn coverage_record(
    Extension(access): Extension<Access>,
    PathParam((insurer, verify_no)): PathParam<(String, String)>,
    extract::Json(body): extract::Json<NewCoverageBody>,
) -> Result<Json<CoverageBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, _) = seen(&access, &mut client, &insurer).await?;
    let malformed =
        |error: NumberError| misread(Violation::at("number_malformed", "/path/verify_no", error.to_string()));
    let verify_no = VerifyNo::parse(&verify_no).map_err(malformed)?;
    let answer = body.read(insurer, verify_no).map_err(misread)?;
    let recorded = coverage::record(&mut client, &answer, &access.actor, clock::now()).await?;
    recorded.map_err(|refusal| refused(&refusal))?;
    Ok(Json(answer.into()))
}

fn refused(refusal: &RegistrationRefusal) -> Problem {
    let at = |pointer: &str| Violation::at(refusal.code(), pointer, refusal.to_string());
    match refusal {
        RegistrationRefusal::Unknown { what: "policy", .. } => misread(at("/policy")),
        RegistrationRefusal::Unknown { .. } => misread(at("/patient")),
        RegistrationRefusal::CurrencyDiffers { expected, actual, .. } => {
            misread(at("/currency").expected(expected.code(), actual.code()))
        }
        RegistrationRefusal::Conflict { difference, .. } => {
            let field = match difference.field.as_str() {
                "policy_no" => "policy",
                "guaranteed_minor" => "guaranteed",
                "exchange_sha256" => "evidence_sha256",
                field => field.split('/').next().unwrap_or(field),
            };
            conflict(at(&format!("/{field}")).expected(difference.first.as_str(), difference.given.as_str()))
        }
        other => of_registration(other, ""),
    }
}

/// The newest answer for a policy, which is the one that counts.
#[utoipa::path(
    get, path = "/v1/insurers/{insurer}/policies/{policy}/coverage", tag = "insurers",
    params(("insurer" = String, Path, example = "picc"), ("policy" = String, Path, example = "POL-1")),
    responses(
        (status = 200, body = CoverageBody),
        (status = 404, description = "There is no such insurer to be seen, or no answer about the policy.")
    )
)]
pub async fn coverage_view(
    Extension(access): Extension<Access>,
    PathParam((insurer, policy)): PathParam<(String, String)>,
) -> Result<Json<CoverageBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, _) = seen(&access, &mut client, &insurer).await?;
    let missing =
        || Problem::new(Kind::CoverageUnknown, format!("there is no answer about policy '{policy}' on record"));
    let policy_no = PolicyNo::parse(&policy).map_err(|_| missing())?;
    let newest = coverage::newest(&mut client, &insurer, &policy_no).await?;
    newest.map(|answer| Json(answer.into())).ok_or_else(missing)
}
