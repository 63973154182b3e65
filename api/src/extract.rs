//! What handlers take out of a request; whatever cannot be read is a [`Problem`].

use std::borrow::Cow;

use axum::body::{Body, HttpBody};
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use bytes::BytesMut;
use dianfu_ledger::query::PAGE_ROWS_MAX;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::Parameter;

use crate::app::App;
use crate::edge::room::{Held, Room};
use crate::problem::{Kind, Problem};
use crate::wire::json::{self, Object};

/// The query's parameters.
pub struct QueryParams<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read_pairs(parts.uri.query().unwrap_or_default().as_bytes()).map(QueryParams)
    }
}

/// The query's parameters in groups that several paths share.
pub struct Queries<T>(pub T);

type Pairs<'a> = [(Cow<'a, str>, Cow<'a, str>)];

/// A group of parameters, each of which is listed in the document.
trait Group: DeserializeOwned + IntoParams {
    fn read(pairs: &Pairs<'_>) -> Result<Self, Problem> {
        let parameters = Self::into_params(|| None);
        let is_own = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
        let text = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs.iter().filter(|(name, _)| is_own(name)))
            .finish();
        read_pairs(text.as_bytes())
    }
}

impl<T: DeserializeOwned + IntoParams> Group for T {}

/// Refuses a query with a parameter that is missing, or given twice; one that is unknown does not come so far.
fn check_names(pairs: &Pairs<'_>, parameters: &[Parameter]) -> Result<(), Problem> {
    let refused = |name: &str, message: &str| {
        let place = format!("/query/{}", json::escaped(name));
        Err(Problem::parameter(&place, message))
    };
    for (at, (name, _)) in pairs.iter().enumerate() {
        if pairs[..at].iter().any(|(earlier, _)| earlier == name) {
            return refused(name, "it is given twice");
        }
    }
    let is_missing = |parameter: &&Parameter| {
        matches!(parameter.required, Required::True) && !pairs.iter().any(|(name, _)| *name == parameter.name)
    };
    parameters.iter().find(is_missing).map_or(Ok(()), |missing| refused(&missing.name, "it is needed"))
}

/// Reads groups of parameters.
macro_rules! queries {
    ($($group:ident)+) => {
        impl<S: Send + Sync, $($group: DeserializeOwned + IntoParams),+> FromRequestParts<S>
            for Queries<($($group,)+)>
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                let query = parts.uri.query().unwrap_or_default();
                let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
                check_names(&pairs, &[$($group::into_params(|| None)),+].concat())?;
                Ok(Queries(($($group::read(&pairs)?,)+)))
            }
        }
    };
}

queries!(A B);
queries!(A B C);
queries!(A B C D);
queries!(A B C D E);

fn read_pairs<T: DeserializeOwned>(query: &[u8]) -> Result<T, Problem> {
    let pairs = form_urlencoded::parse(query);
    let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
    read.map_err(|error| {
        let place = format!("/query{}", json::pointer(error.path()));
        Problem::parameter(&place, error.into_inner().to_string())
    })
}

/// The path's parameter.
pub struct PathParam<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParam<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::from_request_parts(parts, state).await;
        read.map(|Path(path)| PathParam(path)).map_err(|rejection| match rejection {
            PathRejection::FailedToDeserializePathParams(error) => unreadable_path(error.into_kind()),
            other => Problem::parameter("/path", other.body_text()),
        })
    }
}

fn unreadable_path(kind: ErrorKind) -> Problem {
    match kind {
        ErrorKind::DeserializeError { key, value, message } => {
            Problem::parameter(&format!("/path/{key}"), format!("'{value}' cannot be read: {message}"))
        }
        other => Problem::parameter("/path", other.to_string()),
    }
}

/// A JSON body within the limit of bodies.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        if media_type(&head.headers) != "application/json" {
            return Err(unsupported("application/json"));
        }
        let body = whole(body, app).await?;
        json::refuse_nul(&body)?;
        let Object(value) = json::read(&body)?;
        Ok(Json(value))
    }
}

/// The content type without its parameters; empty if there is none.
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Refuses a body that would have to be decoded before it can be read.
pub fn require_plain(headers: &HeaderMap) -> Result<(), Problem> {
    let is_plain = |value: &HeaderValue| value.is_empty() || value.as_bytes().eq_ignore_ascii_case(b"identity");
    match headers.get_all(CONTENT_ENCODING).iter().find(|value| !is_plain(value)) {
        Some(value) => {
            let given = String::from_utf8_lossy(value.as_bytes());
            let detail = format!("the body comes as Content-Encoding: {given}; send it as it is, without that header");
            Err(Problem::new(Kind::ContentEncodingUnsupported, detail))
        }
        None => Ok(()),
    }
}

/// The answer to any other content type.
pub fn unsupported(expected: &str) -> Problem {
    Problem::new(Kind::ContentTypeUnsupported, format!("send Content-Type: {expected}"))
}

/// A remittance file. One that is too large for a request is taken in at the shell.
pub async fn remittance_file(body: Body, app: &App) -> Result<Held, Problem> {
    let max = app.limits().remittance_bytes;
    let too_large = || {
        let way = "a larger one is taken in at the shell: dianfu remittance import FILE --insurer NAME";
        Problem::new(Kind::BodyTooLarge, format!("a file of at most {max} bytes is taken here; {way}"))
    };
    within(body, app.room(), max, too_large).await
}

/// A document.
pub async fn document_file(body: Body, app: &App) -> Result<Held, Problem> {
    let max = app.limits().document_bytes;
    let too_large = || Problem::new(Kind::BodyTooLarge, format!("a document has at most {max} bytes"));
    within(body, app.room(), max, too_large).await
}

/// The whole body; a problem if it has more bytes than is allowed, at once where the head says so, if it breaks off, or
/// if there is no room for it.
pub async fn whole(body: Body, app: &App) -> Result<Held, Problem> {
    let limit = app.limits().body_bytes;
    let too_large = || Problem::new(Kind::BodyTooLarge, format!("at most {limit} bytes are taken"));
    within(body, app.room(), limit, too_large).await
}

async fn within(body: Body, room: &Room, limit: usize, too_large: impl Fn() -> Problem) -> Result<Held, Problem> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large());
    }
    let share = room.for_body(if body.size_hint().exact().is_some() { announced } else { limit })?;
    let mut frames = body.into_data_stream();
    let mut whole = BytesMut::with_capacity(announced);
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|_| Problem::new(Kind::BodyIncomplete, "the connection ended before the body"))?;
        if whole.len() + frame.len() > limit {
            return Err(too_large());
        }
        whole.extend_from_slice(&frame);
    }
    Ok(Held::new(whole.freeze(), share))
}

/// Rows a page if nothing is said.
const PAGE_ROWS: u16 = 100;

/// The rows of a page.
pub fn page_limit(asked: Option<u16>) -> Result<u16, Problem> {
    let rows = asked.unwrap_or(PAGE_ROWS);
    if (1..=PAGE_ROWS_MAX).contains(&rows) {
        return Ok(rows);
    }
    Err(Problem::parameter("/query/limit", format!("limit is 1 to {PAGE_ROWS_MAX}")))
}

/// The beginning of an account's code; may be empty.
pub fn code_prefix(asked: &str) -> Result<&str, Problem> {
    let of_codes = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let wanted = "prefix is the beginning of an account's code";
    if asked.bytes().all(of_codes) { Ok(asked) } else { Err(Problem::parameter("/query/prefix", wanted)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_body_is_read() {
        let headers = |encodings: &[&'static str]| {
            let pairs = encodings.iter().map(|encoding| (CONTENT_ENCODING, HeaderValue::from_static(encoding)));
            pairs.collect::<HeaderMap>()
        };
        for plain in [&[][..], &["identity"], &["Identity"], &[""]] {
            assert!(require_plain(&headers(plain)).is_ok(), "{plain:?}");
        }
        for encoded in [&["gzip"][..], &["br"], &["identity, gzip"]] {
            let problem = require_plain(&headers(encoded)).unwrap_err();
            assert_eq!((problem.status().as_u16(), problem.code()), (415, "content_encoding_unsupported"));
        }
    }
}
