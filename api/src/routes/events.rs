//! Events: a page at a time, waited for, or as a stream.

mod stream;

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use dianfu_ledger::events::{Filter, Listener, Page};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use self::stream::Following;
use crate::app::App;
use crate::auth::Access;
use crate::extract::{self, QueryParams};
use crate::problem::Problem;
use crate::wire::event::{self, EventPageBody};

/// The content type of a stream of server-sent events.
const EVENT_STREAM: &str = "text/event-stream";
/// Where a client of such a stream says what it has seen.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks proxies to hand a stream on as it comes.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// The longest a page is waited for, in seconds.
const WAIT_MAX_S: u16 = 20;

/// Which events.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Events after this sequence; `next` of the page before. From the beginning if left out.
    #[serde(default)]
    #[param(value_type = Option<i64>)]
    after: i64,
    /// Events a page: 1 to 1,000, 100 if left out. A stream has no pages.
    limit: Option<u16>,
    /// Seconds to wait, at most 20, if there is no event yet. A stream waits for ever.
    #[serde(default)]
    #[param(value_type = Option<u16>, maximum = 20)]
    wait: u16,
    /// Only those with an account whose code begins so.
    #[param(example = "1101.")]
    prefix: Option<String>,
    /// Only these types, separated by commas.
    #[param(example = "hold.captured,hold.expired")]
    r#type: Option<String>,
    /// Only those made by the template of this name, or, of those by no template, whose metadata has it as its
    /// field `journal`.
    #[param(example = "J2")]
    journal: Option<String>,
    /// Only those made by this version of a template.
    template_no: Option<i32>,
}

impl EventsQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let malformed = |message| Problem::parameter("/query/type", message);
        let types = self.r#type.as_deref().map(event::types).transpose().map_err(malformed)?;
        let prefix = self.prefix.as_deref().map(extract::code_prefix).transpose()?.map(str::to_owned);
        Ok(event::filter(prefix, types, self.journal.clone(), self.template_no))
    }
}

/// Entries as events, in the order of posting and without gaps.
///
/// A page: read on after `next`, which moves also when the filter lets nothing through. With `wait` an empty answer
/// comes only when nothing has happened for so long.
///
/// With `Accept: text/event-stream`, a stream (server-sent events): `id` is the sequence, `event` the type, `data` the
/// event. A client that comes back with `Last-Event-ID` misses nothing. It ends with an event `end`, whose data says
/// why, when the token does, when the server stops, or when the database is away.
#[utoipa::path(
    get, path = "/v1/events", tag = "events",
    params(EventsQuery, ("Last-Event-ID" = Option<i64>, Header, description = "In place of `after`.")),
    responses((status = 200, description = "A page, or a stream.",
        content((EventPageBody = "application/json"), (String = "text/event-stream"))))
)]
pub async fn event_list(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    QueryParams(query): QueryParams<EventsQuery>,
) -> Result<Response, Problem> {
    let (limit, filter) = (extract::page_limit(query.limit)?, query.filter()?);
    if query.wait > WAIT_MAX_S {
        return Err(Problem::parameter("/query/wait", format!("wait is 0 to {WAIT_MAX_S} seconds")));
    }
    let after = last_seen(&headers)?.unwrap_or(query.after);
    if after < 0 {
        return Err(Problem::parameter("/query/after", "a sequence is not negative"));
    }
    let listener = access.ledger.tail().listen();
    if wants_stream(&headers) {
        let events = Following::new(app, access, listener, filter, after).into_stream();
        let heads = [(CONTENT_TYPE, EVENT_STREAM), (CACHE_CONTROL, "no-store"), (ACCEL_BUFFERING, "no")];
        return Ok((heads, Body::from_stream(events)).into_response());
    }
    let until = Instant::now() + Duration::from_secs(query.wait.into());
    let page = tokio::select! {
        page = first_page(listener, after, limit, &filter, until) => page?,
        () = app.stopping() => Page { events: Vec::new(), next: after, head: after },
    };
    Ok(Json(EventPageBody::try_from(page).map_err(Problem::internal)?).into_response())
}

/// The first page that is not empty, or what there is when the time is over.
async fn first_page(
    mut listener: Listener,
    after: i64,
    limit: u16,
    filter: &Filter,
    until: Instant,
) -> Result<Page, Problem> {
    let mut page = listener.page(after, limit, filter).await?;
    while page.events.is_empty() && Instant::now() < until {
        if page.is_last() && !timeout_at(until, listener.beyond(page.next)).await.unwrap_or(false) {
            break;
        }
        page = listener.page(page.next, limit, filter).await?;
    }
    Ok(page)
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|value| value.split(','));
    kinds.any(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(EVENT_STREAM))
}

fn last_seen(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let read = value.to_str().ok().and_then(|text| text.parse().ok());
    read.map(Some).ok_or_else(|| Problem::parameter("/header/Last-Event-ID", "it is the sequence of an event"))
}
