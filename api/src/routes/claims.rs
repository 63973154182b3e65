//! Finding claims, the story of one, and what waits.
//!
//! A party sees its own claims, and of others not that they are there. Below: taking claims in, telling what happened
//! to them, deciding on them.

pub mod deciding;
pub mod intake;
pub mod telling;

use axum::{Extension, Json};
use dianfu_claims::claim::{ClaimNo, DrugCode, PolicyNo, State};
use dianfu_claims::queue::{self, Queue};
use dianfu_claims::read;
use dianfu_claims::search::{self, ClaimFilter, Place};
use dianfu_ledger::clock;
use dianfu_settlement::number::{NumberError, PartyNo};
use jiff::Timestamp;
use serde::Deserialize;

use super::asked::one_of;
use crate::auth::Access;
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::{Kind, Problem};
use crate::wire::claim::{ClaimPageBody, ClaimStoryBody, QueueCountBody, QueueCountsBody, QueuePageBody};
use crate::wire::time;

/// Which claims; all that is given must hold.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClaimsQuery {
    /// The number, or its beginning.
    #[param(example = "CLM-1")]
    claim_no: Option<String>,
    /// The patient.
    patient: Option<String>,
    /// A drug that it is about.
    drug: Option<String>,
    /// One or more states, joined by commas.
    #[param(example = "PRE_REVIEW,PRE_APPROVED")]
    state: Option<String>,
    /// The insurer.
    #[param(example = "picc")]
    insurer: Option<String>,
    /// The pharmacy.
    pharmacy: Option<String>,
    /// The policy.
    policy: Option<String>,
    /// Only those taken in from this time on.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only those taken in before this time.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// `next` of the page before, with the same other parameters.
    cursor: Option<String>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

impl ClaimsQuery {
    fn filter(&self) -> Result<ClaimFilter, Problem> {
        Ok(ClaimFilter {
            number_prefix: number("claim_no", self.claim_no.as_deref(), ClaimNo::parse)?,
            patient: number("patient", self.patient.as_deref(), PartyNo::parse)?,
            drug: number("drug", self.drug.as_deref(), DrugCode::parse)?,
            states: self.state.as_deref().map_or(Ok(Vec::new()), states)?,
            insurer: number("insurer", self.insurer.as_deref(), PartyNo::parse)?,
            pharmacy: number("pharmacy", self.pharmacy.as_deref(), PartyNo::parse)?,
            policy_no: number("policy", self.policy.as_deref(), PolicyNo::parse)?,
            from: self.from,
            to: self.to,
        })
    }
}

/// Claims, newest first: those that the caller may see.
#[utoipa::path(
    get, path = "/v1/claims", tag = "claims", params(ClaimsQuery),
    responses((status = 200, body = ClaimPageBody))
)]
pub async fn claim_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<ClaimsQuery>,
) -> Result<Json<ClaimPageBody>, Problem> {
    let (limit, filter, after) = (extract::page_limit(query.limit)?, query.filter()?, place(query.cursor.as_deref())?);
    let client = access.ledger.client().await?;
    let page = search::search(&client, access.view(), &filter, after.as_ref(), limit).await?;
    Ok(Json(page.into()))
}

/// A claim and everything that happened to it.
#[utoipa::path(
    get, path = "/v1/claims/{claim_no}", tag = "claims", params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 200, body = ClaimStoryBody),
        (status = 404, description = "There is no such claim, or it is not the caller's to see.")
    )
)]
pub async fn claim_view(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
) -> Result<Json<ClaimStoryBody>, Problem> {
    let unknown = || Problem::new(Kind::ClaimUnknown, format!("there is no claim '{claim_no}' to be seen"));
    let number = ClaimNo::parse(&claim_no).map_err(|_| unknown())?;
    let mut client = access.ledger.client().await?;
    let story = read::story(&mut client, &number).await?;
    let own = story.filter(|(claim, _)| telling::may_see(&access, claim));
    let (claim, events) = own.ok_or_else(unknown)?;
    Ok(Json(ClaimStoryBody::shown_to(access.party.as_ref(), &claim, events)))
}

/// How much waits for somebody of the platform, queue by queue.
#[utoipa::path(get, path = "/v1/work-queues", tag = "claims", responses((status = 200, body = QueueCountsBody)))]
pub async fn queue_list(Extension(access): Extension<Access>) -> Result<Json<QueueCountsBody>, Problem> {
    let (client, at) = (access.ledger.client().await?, clock::now());
    let queues = queue::counts(&client, at).await?.into_iter().map(QueueCountBody::from).collect();
    Ok(Json(QueueCountsBody { at, queues }))
}

/// Which page of a queue.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// The claims that wait in a queue, the longest waiting first.
#[utoipa::path(
    get, path = "/v1/work-queues/{queue}", tag = "claims",
    params(("queue" = String, Path, example = "to_review"), QueueQuery),
    responses((status = 200, body = QueuePageBody))
)]
pub async fn queue_view(
    Extension(access): Extension<Access>,
    PathParam(word): PathParam<String>,
    QueryParams(query): QueryParams<QueueQuery>,
) -> Result<Json<QueuePageBody>, Problem> {
    let queue = one_of("/path/queue", &word, Queue::from_word(&word), &Queue::ALL.map(Queue::word))?;
    let (limit, after) = (extract::page_limit(query.limit)?, place(query.cursor.as_deref())?);
    let client = access.ledger.client().await?;
    Ok(Json(queue::waiting(&client, queue, clock::now(), after.as_ref(), limit).await?.into()))
}

fn number<T>(
    name: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, NumberError>,
) -> Result<Option<T>, Problem> {
    let malformed = |error: NumberError| Problem::parameter(&format!("/query/{name}"), error.to_string());
    text.map(parse).transpose().map_err(malformed)
}

fn states(words: &str) -> Result<Vec<State>, Problem> {
    let state = |word| one_of("/query/state", word, State::from_word(word), &State::ALL.map(State::word));
    words.split(',').map(state).collect()
}

fn place(cursor: Option<&str>) -> Result<Option<Place>, Problem> {
    let malformed = || Problem::parameter("/query/cursor", "the cursor is not one of ours");
    cursor.map(|text| Place::parse(text).ok_or_else(malformed)).transpose()
}
