//! How far the readers of events are.

use axum::{Extension, Json};
use dianfu_ledger::Ledger;
use dianfu_ledger::events::{Claim, CursorFault, cursor};

use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::{Kind, Problem, Violation};
use crate::wire::event::{CursorBody, CursorMoveBody, CursorWithActsBody, CursorsBody, NewFailureBody};

/// All cursors, by name.
#[utoipa::path(
    get, path = "/v1/event-cursors", tag = "events",
    responses((status = 200, body = CursorsBody))
)]
pub async fn event_cursor_list(Extension(access): Extension<Access>) -> Result<Json<CursorsBody>, Problem> {
    let client = access.ledger.client().await?;
    let cursors = cursor::list(&**client).await?;
    Ok(Json(CursorsBody { cursors: cursors.into_iter().map(CursorBody::from).collect() }))
}

/// One cursor, and what people have done to it.
#[utoipa::path(
    get, path = "/v1/event-cursors/{name}", tag = "events",
    params(("name" = String, Path, example = "warehouse")),
    responses((status = 200, body = CursorWithActsBody), (status = 404, description = "There is no such cursor."))
)]
pub async fn event_cursor_view(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
) -> Result<Json<CursorWithActsBody>, Problem> {
    view(&access.ledger, &name).await.map(Json)
}

/// Moves a cursor on, stops it at an event, or puts it somewhere.
///
/// A worker reads its cursor, deals with the events after `position`, and moves the cursor on with `from` and `fence`
/// as it has read them. Of two workers the slower one gets 409 `cursor_moved`. What was dealt with before a crash, and
/// not yet moved over, comes again: each event at least once, in order.
#[utoipa::path(
    put, path = "/v1/event-cursors/{name}", tag = "events", request_body = CursorMoveBody,
    params(("name" = String, Path, example = "warehouse")),
    responses(
        (status = 200, body = CursorWithActsBody, description = "It is done."),
        (status = 404, description = "There is no such cursor."),
        (status = 409, description = "Somebody else has taken or moved it."),
        (status = 422, description = "It cannot be as was asked.")
    )
)]
pub async fn event_cursor_move(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
    extract::Json(body): extract::Json<CursorMoveBody>,
) -> Result<Json<CursorWithActsBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let claim = |(position, fence)| Claim { name: name.clone(), fence, position };
    let CursorMoveBody { position, from, fence, failure, reason } = body;
    match (position, from.zip(fence).map(claim), failure, reason) {
        (Some(position), Some(claim), None, None) => {
            cursor::advance(&client, &claim, position, None).await.map_err(problem)?;
        }
        (None, Some(claim), Some(NewFailureBody { sequence, error }), None) => {
            cursor::fail(&client, &claim, sequence, &error).await.map_err(problem)?;
        }
        (Some(position), None, None, Some(reason)) if from.is_none() && fence.is_none() => {
            cursor::set(&mut client, &name, position, &access.actor, &reason).await.map_err(problem)?;
        }
        _ => return Err(misshapen()),
    }
    drop(client);
    view(&access.ledger, &name).await.map(Json)
}

async fn view(ledger: &Ledger, name: &str) -> Result<CursorWithActsBody, Problem> {
    let client = ledger.client().await?;
    let cursor = cursor::find(&**client, name).await.map_err(problem)?;
    let acts = cursor::acts(&**client, name).await?;
    Ok(CursorWithActsBody { cursor: cursor.into(), acts: acts.into_iter().map(Into::into).collect() })
}

fn misshapen() -> Problem {
    let message = "give position, from and fence to move it on; failure, from and fence to stop it; position and \
                   reason to put it there";
    let violation = Violation::at("cursor_move_unclear", "", message);
    Problem::refused("The body is not what is read here", false, vec![violation])
}

fn problem(fault: CursorFault) -> Problem {
    let message = fault.to_string();
    let code = fault.code();
    let at = |pointer: &'static str, is_conflict| {
        let violation = Violation::at(code.expect("the world's faults are told apart"), pointer, message.as_str());
        (violation, is_conflict)
    };
    let (violation, is_conflict) = match &fault {
        CursorFault::World(_) => {
            let CursorFault::World(error) = fault else { unreachable!("it was matched just now") };
            return error.into();
        }
        CursorFault::Unknown(_) => return Problem::new(Kind::EventCursorUnknown, message),
        CursorFault::NameMalformed => {
            let (violation, _) = at("/path/name", false);
            return Problem::new(Kind::ParameterInvalid, message).with_errors(vec![violation]);
        }
        CursorFault::Held { .. } | CursorFault::BookPutBack { .. } => at("", true),
        CursorFault::Moved { position, .. } => {
            let (violation, is_conflict) = at("/from", true);
            (Violation { actual: Some(position.to_string().into()), ..violation }, is_conflict)
        }
        CursorFault::Backwards { from, given } => {
            let (violation, is_conflict) = at("/position", false);
            (violation.expected(format!("{from} or more"), given.to_string()), is_conflict)
        }
        CursorFault::BeyondHead { head, given } => {
            let (violation, is_conflict) = at("/position", false);
            (violation.expected(format!("at most {head}"), given.to_string()), is_conflict)
        }
        CursorFault::NothingFailed(_) => at("", false),
        CursorFault::Text(_) => at("/reason", false),
    };
    Problem::refused("The cursor cannot be moved", is_conflict, vec![violation])
}
