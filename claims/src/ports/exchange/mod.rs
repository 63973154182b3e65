//! The record of every call to a partner: what went, when, what came back, what came of it.
//!
//! A call is written before it is sent ([`begin`]) and after it has ended ([`end`]), in transactions of their own: one
//! that was cut off stands there without outcome. The digests are those of the bytes; the bodies are kept with their
//! sensitive members masked ([`mask`]). Nothing of it is ever changed. A page costs one read of an index.

pub mod mask;
mod sql;

use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::insurer::Fault;
use super::insurer::judge::RawAnswer;
use crate::claim::ClaimNo;
use crate::error::Error;
use mask::Secrets;

/// The longest body that is kept, in bytes, masked.
pub const BODY_BYTES_MAX: usize = 65_536;
/// The longest page.
pub const PAGE_MAX: i64 = 1_000;
/// The outcome of a call that was answered.
pub const ANSWERED: &str = "answered";

/// A call that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct Intent<'a> {
    /// Who is called.
    pub partner: &'a PartyNo,
    /// Its route.
    pub route: &'a str,
    /// What makes it the same question.
    pub business_key: &'a str,
    /// The claim it is about.
    pub claim_no: Option<&'a ClaimNo>,
    /// From 1, within one call.
    pub attempt_no: i32,
    /// The nonce that it is signed with.
    pub nonce: &'a str,
    /// The bytes of its body.
    pub body: &'a [u8],
}

/// What came of a call.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// Why there is no answer; `None` for an answer.
    pub fault: Option<&'a Fault>,
    /// What came, whether it is believed or not.
    pub answer: Option<&'a RawAnswer>,
    /// The body of the request: what was secret in it is masked in the answer, too.
    pub request: &'a [u8],
}

/// A call on record.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// Its number; later calls have higher ones.
    pub exchange_no: i64,
    /// `out` for calls of ours.
    pub direction: String,
    /// Who was called.
    pub partner: PartyNo,
    /// Its route.
    pub route: String,
    /// What makes it the same question.
    pub business_key: String,
    /// From 1, within one call.
    pub attempt_no: i32,
    /// SHA-256 of its body, lower-case hexadecimal.
    pub request_sha256: String,
    /// Its body, masked.
    pub request: Option<Box<RawValue>>,
    /// When it was sent.
    pub started_at: Timestamp,
    /// What came of it; `None` if it was cut off or is under way.
    pub outcome: Option<ExchangeOutcome>,
}

/// What came of a call on record.
#[derive(Clone, Debug, Serialize)]
pub struct ExchangeOutcome {
    /// When it ended.
    pub ended_at: Timestamp,
    /// [`ANSWERED`], or the code of the fault.
    pub outcome: String,
    /// For a person.
    pub detail: Option<String>,
    /// The HTTP status, if one came.
    pub http_status: Option<i32>,
    /// SHA-256 of what came, lower-case hexadecimal.
    pub response_sha256: Option<String>,
    /// What came, masked.
    pub response: Option<Box<RawValue>>,
}

/// Whether nothing else went under this key before; the first time it is put on record.
pub async fn is_same_content(
    client: &deadpool_postgres::Client,
    partner: &PartyNo,
    (route, business_key): (&str, &str),
    body: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let digest = digest(body);
    Ok(sql::first_content(client, partner, (route, business_key), &digest, now).await? == digest)
}

/// Writes down a call that is about to be made. Answers its number.
pub async fn begin(client: &deadpool_postgres::Client, intent: &Intent<'_>, now: Timestamp) -> Result<i64, Error> {
    let masked = kept(intent.body, &Secrets::of(intent.body));
    Ok(sql::insert_exchange(client, intent, (&digest(intent.body), masked.as_deref()), now).await?)
}

/// Writes down what came of it.
pub async fn end(
    client: &deadpool_postgres::Client,
    exchange_no: i64,
    outcome: &Outcome<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let secrets = Secrets::of(outcome.request);
    let masked = outcome.answer.and_then(|answer| kept(&answer.body, &secrets.and(&answer.body)));
    let word = outcome.fault.map_or(ANSWERED, Fault::code);
    let detail = outcome.fault.map(detail);
    let answer = outcome.answer.map(|answer| (answer, digest(&answer.body)));
    let row = sql::OutcomeRow {
        exchange_no,
        ended_at: now,
        outcome: word,
        detail: detail.as_deref(),
        http_status: answer.as_ref().map(|(answer, _)| i32::from(answer.status)),
        response_sha256: answer.as_ref().map(|(_, digest)| digest.as_slice()),
        response_bytes: answer.as_ref().map(|(answer, _)| length(&answer.body)),
        response_masked: masked.as_deref(),
    };
    Ok(sql::insert_outcome(client, &row).await?)
}

/// The calls about a claim, the youngest first: at most `limit` of them (1 to [`PAGE_MAX`]), those before `before` if
/// it is given. The last number of a page is the `before` of the next. A page that was read stays as it is, but for
/// calls that were under way.
pub async fn of_claim(
    client: &deadpool_postgres::Client,
    claim_no: &ClaimNo,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Exchange>, Error> {
    sql::exchanges(client, claim_no, before.unwrap_or(i64::MAX), limit.clamp(1, PAGE_MAX)).await
}

/// The words of a fault, without what a partner has written in words of its own.
fn detail(fault: &Fault) -> String {
    match fault {
        Fault::Refused { status, .. } => format!("refused with status {status}"),
        Fault::EndpointMissing(_)
        | Fault::ContentDiffers { .. }
        | Fault::CircuitOpen { .. }
        | Fault::Timeout { .. }
        | Fault::Unreachable(_)
        | Fault::SignatureInvalid(_)
        | Fault::AnswerInvalid(_) => fault.to_string(),
    }
}

/// What is kept of a body: nothing of what is no JSON or too long.
fn kept(body: &[u8], secrets: &Secrets) -> Option<String> {
    secrets.masked(body).filter(|text| text.len() <= BODY_BYTES_MAX)
}

fn digest(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

fn length(body: &[u8]) -> i32 {
    i32::try_from(body.len()).unwrap_or(i32::MAX)
}
