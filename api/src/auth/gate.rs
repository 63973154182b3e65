//! The gate before a group of routes: who is it, which book, and may it do what this group needs.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use dianfu_ledger::{Ledger, clock};

use super::partner::Credentials;
use super::token::{self, ACTOR_PREFIX, Bearer, TokenHash};
use super::{Access, Permission, Shown};
use crate::app::App;
use crate::extract;
use crate::problem::{Kind, Problem};

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
        (staff(&app, permission, &token).await?, body)
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

async fn staff(app: &App, permission: Permission, token: &str) -> Result<Access, Problem> {
    let book = token::book_of(token).ok_or_else(token_invalid)?;
    let ledger = app.books().ledger(&book).await?.ok_or_else(token_invalid)?;
    let hash = TokenHash::of(token);
    let bearer = permitted(&ledger, hash, permission).await?;
    let actor = format!("{ACTOR_PREFIX}{}", bearer.name);
    let may_adjust = bearer.role.permits(Permission::AdjustPeriods);
    Ok(Access { ledger, actor, may_adjust, insurer: None, shown: Shown::Token { hash, permission } })
}

/// The bearer of a token that is live and may do this.
async fn permitted(ledger: &Ledger, hash: TokenHash, permission: Permission) -> Result<Bearer, Problem> {
    let client = ledger.client().await?;
    let bearer = token::bearer(&client, hash).await?.ok_or_else(token_invalid)?;
    if bearer.role.permits(permission) {
        return Ok(bearer);
    }
    let (role, needed) = (bearer.role.word(), permission.word());
    Err(Problem::new(Kind::Forbidden, format!("this needs the right {needed}, which {role} has not")))
}

/// Asks once more whether who was let in may stay: a stream of entries may outlast the token that it was opened with.
///
/// One look-up by hash. A connection that broke while nobody used it is tried once more.
pub async fn still_open(access: &Access) -> Result<(), Problem> {
    let Shown::Token { hash, permission } = access.shown else { return Ok(()) };
    let mut asked = permitted(&access.ledger, hash, permission).await;
    if asked.as_ref().is_err_and(Problem::is_retryable) {
        asked = permitted(&access.ledger, hash, permission).await;
    }
    asked.map(|_| ())
}

async fn partner(app: &App, permission: Permission, head: &Parts, body: Body) -> Result<(Access, Body), Problem> {
    let credentials = Credentials::read(&head.headers)?;
    let ledger = app.books().ledger(&credentials.book).await?.ok_or_else(|| credentials.key_unknown())?;
    credentials.verify(&ledger.client().await?, &head.method, &head.uri, clock::now()).await?;
    if permission != Permission::ImportRemittances {
        return Err(Problem::new(Kind::Forbidden, "a partner's signature is good for handing in remittances only"));
    }
    let body = extract::remittance_file(body, app.limits()).await?;
    credentials.verify_body(&body)?;
    credentials.spend_nonce(&ledger.client().await?).await?;
    let access = access_of(ledger, credentials);
    Ok((access, body.into()))
}

fn access_of(ledger: Ledger, credentials: Credentials) -> Access {
    let actor = format!("partner:{}", credentials.app_id);
    Access { ledger, actor, may_adjust: false, insurer: Some(credentials.insurer), shown: Shown::Signature }
}

/// One answer for tokens that are malformed, of no book, unknown, expired or revoked.
fn token_invalid() -> Problem {
    Problem::new(Kind::TokenInvalid, "the token is not known, or has expired or been revoked")
}
