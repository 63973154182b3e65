//! Posting entries, one, many, or a stream of them; and reading them.

pub mod batch;
pub mod chunk;
pub mod item;
pub mod lines;
mod stream;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, EXPECT, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use dianfu_ledger::batch::REQUEST_ENTRIES_MAX;
use dianfu_ledger::query;
use dianfu_ledger::template_register::posting::Answer;
use dianfu_ledger::{Outcome, Rejection};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use self::item::Item;
use super::asked::{FormatQuery, PageQuery};
use crate::answer::{self, Lasts, Reader};
use crate::app::App;
use crate::auth::Access;
use crate::extract::{self, PathParam, Queries};
use crate::problem::{Kind, Problem};
use crate::report::entries::Entries;
use crate::wire::entry::{EntryBody, EntryPageBody, NewEntryBody};
use crate::wire::outcome::{OutcomeBody, Status};
use crate::wire::{entry, json, outcome, time};

/// The content type of a stream of entries.
const NDJSON: &str = "application/x-ndjson";
/// The title of a refusal by the ledger.
const REFUSED: &str = "The ledger refused the entry";

/// Posts one entry, an array of entries, or a stream of them with one a line (NDJSON).
///
/// One: 201 when it is posted, 200 when it was in the books already, a problem when it is refused.
///
/// Many: 200 with one outcome an entry, in order; a refused entry does not touch its neighbours, unless they are linked
/// to it. At most 10,000 entries.
///
/// A stream: 200 with one outcome a line as soon as it is known, each with its line number, and a last line
/// `{"summary": …}`, without which the answer is not whole. It may be of any length. A line that cannot be read is
/// refused by its number; earlier and later ones stand, except that in a run of linked lines an unreadable one counts
/// as linked to the next. Read the answer while you send: who does not will be made to wait. When the token is revoked
/// or expires meanwhile, the next line is refused as `token_invalid`, nothing from it on is posted, and the stream ends
/// with `complete` false.
///
/// When more waits to be posted than is worked off within two seconds or so, one or many are refused with 429 before
/// anything of them is done: send them again, with the same ids, after `Retry-After` seconds. A stream is made to wait.
#[utoipa::path(
    post, path = "/v1/entries", tag = "entries",
    request_body(content(
        (entry::OneOrMany = "application/json"),
        (NewEntryBody<'static> = "application/x-ndjson"),
    )),
    responses(
        (status = 201, body = OutcomeBody, description = "One entry, and it is posted."),
        (status = 200, description = "One entry that was in the books already; or an outcome for each of many.",
         content((outcome::OneOrMany = "application/json"), (outcome::Line = "application/x-ndjson"))),
        (status = 409, description = "One entry, and its id is in the books with other content."),
        (status = 422, description = "One entry, and the ledger refused it."),
        (status = 429, description = "Too much is waiting, or being read: nothing of this request is done.")
    )
)]
pub async fn entry_create(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    match extract::media_type(&headers).as_str() {
        "application/json" => {
            let body = extract::whole(body, &app).await?;
            let is_many = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
            if is_many { create_many(&access, &body).await } else { create_one(&access, &body).await }
        }
        NDJSON => {
            let share = app.room().for_stream()?;
            let body = if headers.contains_key(EXPECT) { stream::begun(body, app.limits()).await } else { body };
            let outcomes = stream::outcomes(access, body, app.limits(), share);
            Ok(([(CONTENT_TYPE, NDJSON)], Body::from_stream(outcomes)).into_response())
        }
        _ => Err(extract::unsupported("application/json or application/x-ndjson")),
    }
}

async fn create_one(access: &Access, text: &[u8]) -> Result<Response, Problem> {
    let request = entry::read(text, &access.poster()).map_err(|unread| {
        let violation = unread.misread.clone().into_violation();
        access.ledger.refusals().offer(batch::unread(&access.actor, unread.id, &violation, item::beginning(text)));
        Problem::from(*unread.misread)
    })?;
    let (id, form) = (request.entry.id, batch::Form::of(&request));
    let location = [(LOCATION, format!("/v1/entries/{id}"))];
    let answers = access.ledger.refusing_when_full().post_requests(vec![request]).await?;
    let outcome = match answers.into_iter().next().expect("one answer a request") {
        Answer::Decided(outcome) => outcome,
        Answer::Unfilled(unfilled) => {
            access.ledger.refusals().offer(batch::not_filled(&access.actor, id, &unfilled));
            return Err(Problem::refused(REFUSED, false, batch::unfilled_violations(&unfilled)));
        }
    };
    match outcome {
        Outcome::Posted(receipt) => {
            let outcome = OutcomeBody::in_the_books(id, Status::Posted, receipt);
            Ok((StatusCode::CREATED, location, Json(outcome)).into_response())
        }
        Outcome::Replayed(receipt) => {
            let outcome = OutcomeBody::in_the_books(id, Status::Replayed, receipt);
            Ok((StatusCode::OK, location, Json(outcome::OneOrMany::One(outcome))).into_response())
        }
        Outcome::Rejected(rejection) => {
            let is_conflict = matches!(rejection, Rejection::IdConflict { .. });
            Err(Problem::refused(REFUSED, is_conflict, vec![batch::violation(&rejection, &form)]))
        }
    }
}

async fn create_many(access: &Access, text: &[u8]) -> Result<Response, Problem> {
    let texts: Vec<&RawValue> = json::read(text)?;
    // Counted before they are read: what cannot be read has an outcome, too.
    let (actual, max) = (texts.len(), REQUEST_ENTRIES_MAX);
    if actual > max {
        return Err(dianfu_ledger::Error::RequestTooLarge { unit: "entries", actual, max }.into());
    }
    let poster = access.poster();
    let mut items: Vec<Item> = Vec::with_capacity(texts.len());
    for (index, text) in (0..).zip(texts) {
        let in_run = items.last().is_some_and(|item| item.linked);
        items.push(Item::read(index, text.get().as_bytes(), &poster, in_run));
    }
    let posted = batch::post(&access.ledger.refusing_when_full(), &access.actor, items).await;
    if let Some(error) = posted.error {
        return Err(error.into());
    }
    let with_index = |(index, outcome)| OutcomeBody { index: Some(index), ..outcome };
    let outcomes: Vec<OutcomeBody> = posted.outcomes.into_iter().map(with_index).collect();
    Ok(Json(outcome::OneOrMany::Many(outcomes)).into_response())
}

/// One entry as it stands in the journal, with the entries that take from it.
///
/// What was posted never changes; what takes from it may grow, and with it the `ETag`.
#[utoipa::path(
    get, path = "/v1/entries/{id}", tag = "entries", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = EntryBody, headers(("etag" = String, description = "Strong: of the very bytes."))),
        (status = 304, description = "If-None-Match names the entry as it is."),
        (status = 404, description = "There is no such entry.")
    )
)]
pub async fn entry_view(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let client = access.ledger.client().await?;
    let found = query::entry(&**client, id).await?;
    let view = found.ok_or_else(|| Problem::new(Kind::EntryUnknown, format!("there is no entry {id} in this book")))?;
    let body = EntryBody::try_from(view).map_err(Problem::internal)?;
    answer::json(&headers, Lasts::ForNow, &body)
}

/// Which entries.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// Entries after this sequence; `next` of the page before. From the beginning if left out.
    #[serde(default)]
    #[param(value_type = Option<i64>, example = 0)]
    after: i64,
    /// Only what the ledger knew at this time; all there is if left out.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
    /// Rows a page: 1 to 1,000, 100 if left out. Only with JSON: every other format is the whole list.
    limit: Option<u16>,
}

/// Entries in the order of posting. Reading on after the last `sequence` gives what was posted since.
///
/// As NDJSON all entries are one answer, known at the time that its last line names.
#[utoipa::path(
    get, path = "/v1/entries", tag = "entries", params(EntriesQuery, FormatQuery),
    responses((status = 200, body = EntryPageBody))
)]
pub async fn entry_list(
    reader: Reader,
    Queries((which, format)): Queries<(EntriesQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let EntriesQuery { after, known_at, limit } = which;
    let page = PageQuery { cursor: None, limit };
    // Pages are asked for by `after`, and what takes from an entry is told up to the time: so it lasts only with one.
    reader.answer_pages(Entries { after, known_at }, page, format, Lasts::with(known_at)).await
}
