//! Answers over HTTP: in the format that the caller takes, with a tag where the whole answer is at hand, streamed where
//! it is long.
//!
//! JSON comes a page at a time. Every other format is the whole list: if it has one page it is made at once, if more,
//! page after page at the pace of the reader, with no connection to the database kept meanwhile. A stream ends when the
//! token that it was opened with does. NDJSON then says that it is not complete; in the other formats the transfer
//! breaks off, so that a part never looks like a whole.
//!
//! A tag is strong: the digest of the very bytes. An answer that can never change may be kept for ever.

use std::io;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use dianfu_ledger::query::LIST_ROWS_MAX;
use futures_util::stream;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::auth::{Access, gate};
use crate::extract;
use crate::problem::{Kind, Problem};
use crate::report::{Format, PrintError, Printing, Question};
use crate::routes::asked::{FormatQuery, PageQuery};
use crate::sheet::{Imprint, Paper};
use crate::wire::proof::hexadecimal;

/// How long an answer stays the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lasts {
    /// This question will always have this answer.
    ForEver,
    /// The answer may be another the next time.
    ForNow,
}

impl Lasts {
    /// For ever if the time is named at which it is known.
    pub fn with(known_at: Option<jiff::Timestamp>) -> Lasts {
        if known_at.is_some() { Lasts::ForEver } else { Lasts::ForNow }
    }

    fn cache_control(self) -> &'static str {
        match self {
            Lasts::ForEver => "private, max-age=31536000, immutable",
            Lasts::ForNow => "private, no-cache",
        }
    }
}

/// Who asks, and what the head of the request says about the answer.
pub struct Reader {
    access: Access,
    headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let access = Extension::<Access>::from_request_parts(parts, state).await;
        let Extension(access) =
            access.map_err(|_| Problem::new(Kind::Unauthenticated, "no gate stands before this"))?;
        Ok(Reader { access, headers: parts.headers.clone() })
    }
}

impl Reader {
    /// Answers a question that has no pages.
    pub async fn answer<Q: Question>(
        &self,
        question: Q,
        format: FormatQuery,
        lasts: Lasts,
    ) -> Result<Response, Problem> {
        self.answer_pages(question, PageQuery::default(), format, lasts).await
    }

    /// Answers a question: a page of JSON, or the whole in another format.
    pub async fn answer_pages<Q: Question>(
        &self,
        question: Q,
        page: PageQuery,
        format: FormatQuery,
        lasts: Lasts,
    ) -> Result<Response, Problem> {
        let format = match format.format {
            Some(format) => format,
            None => self.negotiated()?,
        };
        if format == Format::Json {
            let limit = extract::page_limit(page.limit)?;
            let client = self.access.ledger.client().await?;
            let body = question.page(&client, page.cursor.as_deref(), limit).await?;
            drop(client);
            let mut response = json(&self.headers, lasts, &body)?;
            response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
            return Ok(response);
        }
        page.refuse_with(format)?;
        let client = self.access.ledger.client().await?;
        let first = question.page(&client, None, LIST_ROWS_MAX).await?;
        drop(client);
        let (book, actor) = (self.access.ledger.book().to_string(), self.access.actor.clone());
        let head = head(format, &Q::PAPER, &book);
        let printing = Printing::new(question, first, format.render(Q::PAPER, Imprint { book, actor }));
        if printing.has_more() {
            return Ok((head, Body::from_stream(pieces(printing, self.access.clone()))).into_response());
        }
        let bytes = self.whole(printing).await?;
        Ok(tagged(&self.headers, &digest(&bytes), lasts, head, || bytes.into_response()))
    }

    /// The format that the caller likes best.
    fn negotiated(&self) -> Result<Format, Problem> {
        let values: Vec<&str> = self.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        if values.iter().all(|value| value.trim().is_empty()) {
            return Ok(Format::default());
        }
        Format::accepted(&values.join(",")).ok_or_else(|| {
            let there_is = Format::ALL.map(Format::media_type).join(", ");
            Problem::new(Kind::NotAcceptable, format!("take one of {there_is}, or ask with ?format="))
        })
    }

    async fn whole<Q: Question>(&self, mut printing: Printing<Q>) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        while let Some(piece) = printing.step(&self.access.ledger).await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// The pieces of a list, while its reader takes them.
fn pieces<Q: Question>(
    printing: Printing<Q>,
    access: Access,
) -> impl stream::Stream<Item = io::Result<Vec<u8>>> + use<Q> {
    stream::unfold(Some((printing, access)), async |state| {
        let (mut printing, access) = state?;
        let stepped = match gate::still_open(&access).await {
            Ok(()) => printing.step(&access.ledger).await.map_err(Problem::from),
            Err(problem) => Err(problem),
        };
        match stepped {
            Ok(Some(piece)) => Some((Ok(piece), Some((printing, access)))),
            Ok(None) => None,
            Err(problem) => {
                tracing::error!(code = problem.code(), cause = problem.cause(), "a list breaks off");
                let last = printing.break_off(problem.code());
                Some((last.ok_or_else(|| io::Error::other("the list is not whole")), None))
            }
        }
    })
}

/// The head of an answer in a format.
fn head(format: Format, paper: &Paper, book: &str) -> HeaderMap {
    let mut head = HeaderMap::new();
    head.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    head.insert(VARY, HeaderValue::from_static("accept"));
    head.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if format == Format::Html {
        // The page needs its style and nothing else.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        head.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        return head;
    }
    let attachment = format!("attachment; filename=\"{book}-{}.{}\"", paper.name, format.word());
    let attachment = HeaderValue::try_from(attachment).expect("names of books and papers are plain ASCII");
    head.insert(CONTENT_DISPOSITION, attachment);
    head
}

/// An answer in JSON by the digest of its bytes.
pub fn json(headers: &HeaderMap, lasts: Lasts, body: &impl Serialize) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(Problem::internal)?;
    let head = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Ok(tagged(headers, &digest(&bytes), lasts, head, || bytes.into_response()))
}

/// An answer in JSON by a tag of its own.
pub fn json_tagged(headers: &HeaderMap, tag: &str, lasts: Lasts, body: &impl Serialize) -> Response {
    tagged(headers, tag, lasts, HeaderMap::new(), || Json(body).into_response())
}

/// An answer by its tag: only that, if the caller has the answer.
fn tagged(
    headers: &HeaderMap,
    tag: &str,
    lasts: Lasts,
    mut head: HeaderMap,
    body: impl FnOnce() -> Response,
) -> Response {
    let tag = format!("\"{tag}\"");
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known: Vec<&str> = known.flat_map(|value| value.split(',')).map(str::trim).collect();
    // GET compares weakly (RFC 9110, section 13.1.2): a proxy may have marked ours as weak.
    let is_known = known.iter().any(|known| known.strip_prefix("W/").unwrap_or(known) == tag || *known == "*");
    let said = |name: HeaderName, value: &str| (name, HeaderValue::try_from(value).expect("a tag is plain ASCII"));
    head.extend([said(ETAG, &tag), said(CACHE_CONTROL, lasts.cache_control())]);
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { body() };
    if is_known {
        head.remove(CONTENT_TYPE);
        head.remove(CONTENT_DISPOSITION);
    }
    response.headers_mut().extend(head);
    response
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

impl From<PrintError> for Problem {
    fn from(error: PrintError) -> Problem {
        match error {
            PrintError::Report(error) => error.into(),
            error @ (PrintError::Render(_) | PrintError::Lost(_)) => Problem::internal(error),
        }
    }
}
