//! How far a reader is, kept in the book: a durable cursor by name.
//!
//! A worker *takes* a cursor, which gives it a [`Claim`]; deals with the events after the claim's position; and
//! *advances* the cursor over them. The cursor moves only for the fence and from the position that the claim names, so
//! that of two workers with one name the one that was overtaken is told so and can change nothing. Holding a cursor for
//! a while (by the database's clock) keeps the other from trying at all; no correctness rests on it.
//!
//! An event that cannot be dealt with stops its cursor: [`fail`] leaves the event, the error and how often it was tried
//! for everybody to see, and nothing goes past it. [`skip`] does, and is on record with who and why.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::{Client, GenericClient, Row, Transaction};

use super::{page, sql};
use crate::account::{AccountFault, check_text};
use crate::entry::{DESCRIPTION_BYTES_MAX, REFERENCE_BYTES_MAX};
use crate::error::Error;

/// Acts that are shown of one cursor.
const ACTS_MAX: i64 = 1_000;

/// A cursor as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// Its name.
    pub name: String,
    /// Everything up to this sequence was dealt with.
    pub position: i64,
    /// Raised by everybody who takes it or puts it elsewhere.
    pub fence: i64,
    /// Who holds it now.
    pub holder: Option<String>,
    /// Until when, unless he holds it longer.
    pub held_until: Option<Timestamp>,
    /// The event that stops it.
    pub failure: Option<Failure>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last moved.
    pub moved_at: Timestamp,
    /// The last sequence in the book, when this was read.
    pub head: i64,
}

/// An event that could not be dealt with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its sequence.
    pub sequence: i64,
    /// What the worker said.
    pub error: String,
    /// How often in a row.
    pub count: i32,
    /// The last time.
    pub failed_at: Timestamp,
}

/// What somebody has done to a cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CursorAct {
    /// `created`, `set`, `skipped` or `dropped`.
    pub act: String,
    /// Where it was.
    pub from: Option<i64>,
    /// Where it was put.
    pub to: Option<i64>,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub recorded_at: Timestamp,
}

/// The right to move a cursor, until somebody else takes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The cursor.
    pub name: String,
    /// The fence that was raised with it.
    pub fence: i64,
    /// Where the cursor is.
    pub position: i64,
}

/// Why a cursor is not moved.
#[derive(Debug, thiserror::Error)]
pub enum CursorFault {
    /// There is none of this name.
    #[error("there is no cursor '{0}'")]
    Unknown(String),
    /// No cursor has such a name.
    #[error(
        "a cursor's name has 1 to 63 lower-case letters, digits, '.', '_' and '-', and begins with one of the first"
    )]
    NameMalformed,
    /// It is held by somebody else.
    #[error("cursor '{name}' is held by {holder} until {until}")]
    Held {
        /// The cursor.
        name: String,
        /// By whom.
        holder: String,
        /// Until when.
        until: Timestamp,
    },
    /// It is not where, or not whose, the caller thinks: somebody else has taken or moved it.
    #[error("cursor '{name}' is at {position} with fence {fence}: somebody else has taken or moved it")]
    Moved {
        /// The cursor.
        name: String,
        /// Where it is.
        position: i64,
        /// Its fence.
        fence: i64,
    },
    /// It would go back without saying so.
    #[error("a cursor does not move from {from} back to {given}: put it there, with a reason")]
    Backwards {
        /// Where it is.
        from: i64,
        /// Where it was to go.
        given: i64,
    },
    /// It would stand behind the end of the book.
    #[error("{given} is beyond the last sequence of the book, {head}")]
    BeyondHead {
        /// The last sequence.
        head: i64,
        /// Where it was to go.
        given: i64,
    },
    /// It stands behind the end of the book: the book was put back to an earlier time.
    #[error("cursor '{name}' is at {position}, but the book ends at {head}: it was put back to an earlier time")]
    BookPutBack {
        /// The cursor.
        name: String,
        /// Where it is.
        position: i64,
        /// The last sequence.
        head: i64,
    },
    /// Nothing stops it.
    #[error("no event stops cursor '{0}': there is nothing to skip")]
    NothingFailed(String),
    /// A text is missing or too long.
    #[error(transparent)]
    Text(#[from] AccountFault),
    /// The world.
    #[error(transparent)]
    World(#[from] Error),
}

impl From<tokio_postgres::Error> for CursorFault {
    fn from(error: tokio_postgres::Error) -> CursorFault {
        CursorFault::World(error.into())
    }
}

impl CursorFault {
    /// The stable code; `None` if it is the world's.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            CursorFault::Unknown(_) => Some("cursor_unknown"),
            CursorFault::NameMalformed => Some("cursor_name_malformed"),
            CursorFault::Held { .. } => Some("cursor_held"),
            CursorFault::Moved { .. } => Some("cursor_moved"),
            CursorFault::Backwards { .. } => Some("cursor_backwards"),
            CursorFault::BeyondHead { .. } => Some("beyond_head"),
            CursorFault::BookPutBack { .. } => Some("book_put_back"),
            CursorFault::NothingFailed(_) => Some("nothing_failed"),
            CursorFault::Text(fault) => Some(fault.code()),
            CursorFault::World(_) => None,
        }
    }
}

/// Refuses what is no name of a cursor.
pub fn check_name(name: &str) -> Result<(), CursorFault> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let first = name.bytes().next().is_some_and(is_letter);
    let all = name.bytes().all(|byte| is_letter(byte) || matches!(byte, b'.' | b'_' | b'-'));
    if first && all && name.len() <= 63 { Ok(()) } else { Err(CursorFault::NameMalformed) }
}

/// Every cursor, by name.
pub async fn list(client: &impl GenericClient) -> Result<Vec<Cursor>, Error> {
    let rows = client.query(sql::CURSORS, &[&None::<&str>]).await?;
    rows.iter().map(cursor).collect()
}

/// One cursor.
pub async fn find(client: &impl GenericClient, name: &str) -> Result<Cursor, CursorFault> {
    check_name(name)?;
    let found = client.query_opt(sql::CURSORS, &[&name]).await?;
    let row = found.ok_or_else(|| CursorFault::Unknown(name.to_owned()))?;
    Ok(cursor(&row)?)
}

/// What people have done to a cursor, newest first; also to one that was dropped.
pub async fn acts(client: &impl GenericClient, name: &str) -> Result<Vec<CursorAct>, Error> {
    let rows = client.query(sql::ACTS, &[&name, &ACTS_MAX]).await?;
    rows.iter().map(act).collect()
}

/// Makes a cursor where there is none of this name. Answers whether it is new.
pub async fn create(client: &mut Client, name: &str, position: i64, actor: &str) -> Result<bool, CursorFault> {
    check_name(name)?;
    let tx = client.transaction().await?;
    let is_new = create_in(&tx, name, position, actor, "").await?;
    tx.commit().await?;
    Ok(is_new)
}

async fn create_in(
    tx: &Transaction<'_>,
    name: &str,
    position: i64,
    actor: &str,
    reason: &str,
) -> Result<bool, CursorFault> {
    check_position(tx, position).await?;
    let is_new = tx.execute(sql::CREATE, &[&name, &position]).await? == 1;
    if is_new {
        record(tx, name, "created", (None, Some(position)), actor, reason).await?;
    }
    Ok(is_new)
}

/// Takes a cursor for a while.
pub async fn take(client: &Client, name: &str, holder: &str, lease: Duration) -> Result<Claim, CursorFault> {
    check_name(name)?;
    let taken = client.query_opt(sql::TAKE, &[&name, &holder, &seconds(lease)]).await?;
    let cursor = find(client, name).await?;
    let Some(row) = taken else {
        let (holder, until) = (cursor.holder.unwrap_or_default(), cursor.held_until.unwrap_or(cursor.moved_at));
        return Err(CursorFault::Held { name: cursor.name, holder, until });
    };
    let claim = Claim { name: name.to_owned(), fence: row.try_get("fence")?, position: row.try_get("position")? };
    if claim.position > cursor.head {
        release(client, &claim).await?;
        let (position, head) = (claim.position, cursor.head);
        return Err(CursorFault::BookPutBack { name: claim.name, position, head });
    }
    Ok(claim)
}

/// Holds a cursor longer.
pub async fn renew(client: &Client, claim: &Claim, lease: Duration) -> Result<(), CursorFault> {
    let renewed = client.execute(sql::RENEW, &[&claim.name, &claim.fence, &seconds(lease)]).await?;
    if renewed == 1 { Ok(()) } else { Err(overtaken(client, claim).await) }
}

/// Lets a cursor go, so that another worker need not wait. That it is another's already is fine.
pub async fn release(client: &Client, claim: &Claim) -> Result<(), Error> {
    client.execute(sql::RELEASE, &[&claim.name, &claim.fence]).await?;
    Ok(())
}

/// Moves a cursor on: everything up to `to` was dealt with. With a lease, also holds it longer.
pub async fn advance(client: &Client, claim: &Claim, to: i64, lease: Option<Duration>) -> Result<Claim, CursorFault> {
    let lease_s = lease.map(seconds);
    let moved = client.execute(sql::ADVANCE, &[&claim.name, &claim.fence, &claim.position, &to, &lease_s]).await?;
    if moved == 1 {
        return Ok(Claim { position: to, ..claim.clone() });
    }
    if to < claim.position {
        return Err(CursorFault::Backwards { from: claim.position, given: to });
    }
    check_position(client, to).await?;
    Err(overtaken(client, claim).await)
}

/// Puts on the cursor that an event behind its position could not be dealt with. Answers how often in a row.
pub async fn fail(client: &Client, claim: &Claim, sequence: i64, error: &str) -> Result<i32, CursorFault> {
    if sequence <= claim.position {
        return Err(CursorFault::Backwards { from: claim.position, given: sequence });
    }
    check_position(client, sequence).await?;
    let error = error.replace('\0', "\u{fffd}");
    let error = &error[..error.floor_char_boundary(DESCRIPTION_BYTES_MAX)];
    let Claim { name, fence, position } = claim;
    match client.query_opt(sql::FAIL, &[name, fence, position, &sequence, &error]).await? {
        Some(row) => Ok(row.try_get("failures")?),
        None => Err(overtaken(client, claim).await),
    }
}

/// Puts a cursor somewhere, on record; makes it where there is none. Who holds it has lost it.
pub async fn set(
    client: &mut Client,
    name: &str,
    position: i64,
    actor: &str,
    reason: &str,
) -> Result<Cursor, CursorFault> {
    check_name(name)?;
    check_reason(actor, reason)?;
    let tx = client.transaction().await?;
    if !create_in(&tx, name, position, actor, reason).await? {
        let from: i64 = tx.query_one(sql::SET, &[&name, &position]).await?.try_get("position")?;
        record(&tx, name, "set", (Some(from), Some(position)), actor, reason).await?;
    }
    let cursor = find(&tx, name).await?;
    tx.commit().await?;
    Ok(cursor)
}

/// Passes over the event that stops a cursor, on record.
pub async fn skip(client: &mut Client, name: &str, actor: &str, reason: &str) -> Result<Cursor, CursorFault> {
    check_reason(actor, reason)?;
    let tx = client.transaction().await?;
    let cursor = find(&tx, name).await?;
    let failure = cursor.failure.ok_or_else(|| CursorFault::NothingFailed(name.to_owned()))?;
    let from: i64 = tx.query_one(sql::SET, &[&name, &failure.sequence]).await?.try_get("position")?;
    if from >= failure.sequence {
        // Somebody was faster, and the event is behind it: going back would be worse than doing nothing.
        return Err(CursorFault::NothingFailed(name.to_owned()));
    }
    record(&tx, name, "skipped", (Some(from), Some(failure.sequence)), actor, reason).await?;
    let cursor = find(&tx, name).await?;
    tx.commit().await?;
    Ok(cursor)
}

/// Removes a cursor, on record. Answers where it was.
pub async fn remove(client: &mut Client, name: &str, actor: &str, reason: &str) -> Result<i64, CursorFault> {
    check_name(name)?;
    check_reason(actor, reason)?;
    let tx = client.transaction().await?;
    let found = tx.query_opt(sql::DROP_CURSOR, &[&name]).await?;
    let from: i64 = found.ok_or_else(|| CursorFault::Unknown(name.to_owned()))?.try_get("position")?;
    record(&tx, name, "dropped", (Some(from), None), actor, reason).await?;
    tx.commit().await?;
    Ok(from)
}

async fn record(
    tx: &Transaction<'_>,
    name: &str,
    act: &str,
    (from, to): (Option<i64>, Option<i64>),
    actor: &str,
    reason: &str,
) -> Result<(), Error> {
    tx.execute(sql::RECORD_ACT, &[&name, &act, &from, &to, &actor, &reason]).await?;
    Ok(())
}

fn check_reason(actor: &str, reason: &str) -> Result<(), CursorFault> {
    check_text("actor", actor, REFERENCE_BYTES_MAX)?;
    Ok(check_text("reason", reason, DESCRIPTION_BYTES_MAX)?)
}

async fn check_position(client: &impl GenericClient, given: i64) -> Result<(), CursorFault> {
    let head = page::head(client).await?;
    if given < 0 {
        return Err(CursorFault::Backwards { from: 0, given });
    }
    if given <= head { Ok(()) } else { Err(CursorFault::BeyondHead { head, given }) }
}

/// Whole seconds, as the statements take them.
fn seconds(lease: Duration) -> i64 {
    i64::try_from(lease.as_secs()).unwrap_or(i64::MAX)
}

/// What to say to who could not move a cursor.
async fn overtaken(client: &Client, claim: &Claim) -> CursorFault {
    match find(client, &claim.name).await {
        Ok(Cursor { name, position, fence, .. }) => CursorFault::Moved { name, position, fence },
        Err(fault) => fault,
    }
}

fn cursor(row: &Row) -> Result<Cursor, Error> {
    let is_held: Option<bool> = row.try_get("is_held")?;
    let is_held = is_held == Some(true);
    let sequence: Option<i64> = row.try_get("failed_sequence")?;
    let failure = match sequence {
        Some(sequence) => Some(Failure {
            sequence,
            error: row.try_get("error")?,
            count: row.try_get("failures")?,
            failed_at: row.try_get("failed_at")?,
        }),
        None => None,
    };
    let (holder, held_until): (Option<String>, Option<Timestamp>) =
        (row.try_get("holder")?, row.try_get("held_until")?);
    Ok(Cursor {
        name: row.try_get("name")?,
        position: row.try_get("position")?,
        fence: row.try_get("fence")?,
        holder: holder.filter(|_| is_held),
        held_until: held_until.filter(|_| is_held),
        failure,
        created_at: row.try_get("created_at")?,
        moved_at: row.try_get("moved_at")?,
        head: row.try_get("head")?,
    })
}

fn act(row: &Row) -> Result<CursorAct, Error> {
    Ok(CursorAct {
        act: row.try_get("act")?,
        from: row.try_get("from_position")?,
        to: row.try_get("to_position")?,
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        recorded_at: row.try_get("recorded_at")?,
    })
}
