//! The gate before a group of routes: who is it, which book, and may it do what this group needs.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use dianfu_claims::party::Party;
use dianfu_ledger::refusal::{Door, Refusal, Request as Asked};
use dianfu_ledger::{Ledger, clock};

use super::partner::Credentials;
use super::token::{self, Bearer, TokenHash};
use super::{Access, LookUp, Permission, Shown};
use crate::app::App;
use crate::books::Open;
use crate::edge::REQUEST_ID;
use crate::extract;
use crate::problem::{Kind, Problem};

/// Who acts with a token that nobody knows.
const NOBODY: &str = "nobody";

/// Lets a request through with its [`Access`], or answers a problem. A body that is encoded is refused here, before
/// anybody reads it for what it is not.
pub async fn gate(
    State((app, permission)): State<(App, Permission)>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut head, body) = request.into_parts();
    extract::require_plain(&head.headers)?;
    let (access, body) = if let Some(token) = bearer_token(&head)? {
        (bearing(&app, permission, &head, &token).await?, body)
    } else if is_signed(&head.headers) {
        partner(&app, permission, &head, body).await?
    } else {
        return Err(Problem::new(Kind::Unauthenticated, "send Authorization: Bearer TOKEN, or sign the request"));
    };
    head.extensions.insert(access);
    Ok(next.run(Request::from_parts(head, body)).await)
}

/// Whether a request comes in by its signature.
pub fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key("X-Signature") && !headers.contains_key(AUTHORIZATION)
}

fn bearer_token(head: &Parts) -> Result<Option<String>, Problem> {
    let Some(value) = head.headers.get(AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim().to_owned())),
        _ => Err(token_invalid()),
    }
}

async fn bearing(app: &App, permission: Permission, head: &Parts, token: &str) -> Result<Access, Problem> {
    let book = token::book_of(token).ok_or_else(token_invalid)?;
    let Open { ledger, look_up } = app.books().open(&book).await?.ok_or_else(token_invalid)?;
    let hash = TokenHash::of(token);
    let bearer = bearer(&look_up, hash).await.map_err(|problem| on_record(&ledger, NOBODY, head, problem))?;
    permit(&bearer, permission).map_err(|problem| on_record(&ledger, &bearer.actor, head, problem))?;
    let may_adjust = bearer.role.permits(Permission::AdjustPeriods);
    let (Bearer { actor, party, .. }, request_id) = (bearer, request_id(head));
    let shown = Shown::Token { hash, permission };
    Ok(Access { ledger, actor, may_adjust, party, request_id, shown, look_up })
}

/// The request's id, which the edge has put there.
fn request_id(head: &Parts) -> String {
    head.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned()
}

/// Puts on the book's record that somebody was turned away, with what he asked for and without what he showed.
fn on_record(ledger: &Ledger, actor: &str, head: &Parts, problem: Problem) -> Problem {
    if matches!(problem.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        let (method, path) = (head.method.to_string(), head.uri.path().to_owned());
        let message = problem.to_violation().message.into();
        let refusal = Refusal::new(Door::Gate, actor.to_owned(), problem.code(), message);
        ledger.refusals().offer(Refusal { request: Asked::Call { method, path }, ..refusal });
    }
    problem
}

/// The bearer of a token that is live.
async fn bearer(look_up: &LookUp, hash: TokenHash) -> Result<Bearer, Problem> {
    look_up.bearer(hash).await?.ok_or_else(token_invalid)
}

fn permit(bearer: &Bearer, permission: Permission) -> Result<(), Problem> {
    if bearer.role.permits(permission) {
        return Ok(());
    }
    let (role, needed) = (bearer.role.word(), permission.word());
    Err(Problem::new(Kind::Forbidden, format!("this needs the right {needed}, which {role} has not")))
}

/// Asks once more whether who was let in may stay: a stream of entries may outlast the token that it was opened with.
///
/// One look-up by hash. A connection that broke while nobody used it is tried once more.
pub async fn still_open(access: &Access) -> Result<(), Problem> {
    let Shown::Token { hash, permission } = access.shown else { return Ok(()) };
    let mut asked = bearer(&access.look_up, hash).await;
    if asked.as_ref().is_err_and(Problem::is_retryable) {
        asked = bearer(&access.look_up, hash).await;
    }
    permit(&asked?, permission)
}

async fn partner(app: &App, permission: Permission, head: &Parts, body: Body) -> Result<(Access, Body), Problem> {
    let credentials = Credentials::read(&head.headers)?;
    let opened = app.books().open(&credentials.book).await?;
    let Open { ledger, look_up } = opened.ok_or_else(|| credentials.key_unknown())?;
    let party = Party::Insurer(credentials.insurer.clone());
    let actor = party.actor();
    let on_record = |problem| on_record(&ledger, &actor, head, problem);
    let client = ledger.client().await?;
    credentials.verify(&client, &head.method, &head.uri, clock::now()).await.map_err(on_record)?;
    drop(client);
    if permission != Permission::ImportRemittances {
        let detail = "a partner's signature is good for handing in remittances only";
        return Err(on_record(Problem::new(Kind::Forbidden, detail)));
    }
    let body = extract::remittance_file(body, app).await?;
    credentials.verify_body(&body).map_err(on_record)?;
    credentials.spend_nonce(&ledger.client().await?).await.map_err(on_record)?;
    let (party, request_id, shown) = (Some(party), request_id(head), Shown::Signature);
    Ok((Access { ledger, actor, may_adjust: false, party, request_id, shown, look_up }, body.clone().into()))
}

/// One answer for tokens that are malformed, of no book, unknown, expired or revoked.
fn token_invalid() -> Problem {
    Problem::new(Kind::TokenInvalid, "the token is not known, or has expired or been revoked")
}
