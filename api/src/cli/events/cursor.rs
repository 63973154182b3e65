//! `dianfu events cursor`: how far readers are, and what a person does about it.

use clap::Subcommand;
use dianfu_api::wire::event::{CursorBody, CursorWithActsBody, CursorsBody};
use dianfu_ledger::events::{CursorFault, cursor};

use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No, note};
use crate::cli::print::{Column, Output, Sheet};

/// See how far readers are, and put them elsewhere
///
/// A cursor is made by `dianfu events follow --cursor NAME`, or by `set`. What people do to it is on record.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu events cursor list
  dianfu events cursor show warehouse
  dianfu events cursor set warehouse 1000 --reason 'send May again'
  dianfu events cursor skip warehouse --reason 'ticket 4711: posted there by hand'
  dianfu events cursor drop warehouse --reason 'replaced by the lake'")]
pub enum Cursor {
    /// List all cursors, and what stops them
    #[command(after_help = "\
Example:
  dianfu events cursor list --format json")]
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Show one cursor, and what people have done to it
    #[command(after_help = "\
Example:
  dianfu events cursor show warehouse")]
    Show {
        /// Its name
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Put a cursor somewhere; the event behind it is the next. Makes it where there is none
    #[command(after_help = "\
Examples:
  dianfu events cursor set warehouse 0 --reason 'all of it again'
  dianfu events cursor set mail 25000 --reason 'begins with the new year'")]
    Set {
        /// Its name
        name: String,
        /// The last sequence that counts as dealt with
        position: i64,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Pass over the event that stops a cursor
    #[command(after_help = "\
Example:
  dianfu events cursor skip warehouse --reason 'ticket 4711: posted there by hand'")]
    Skip {
        /// Its name
        name: String,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Remove a cursor
    #[command(after_help = "\
Example:
  dianfu events cursor drop warehouse --reason 'replaced by the lake'")]
    Drop {
        /// Its name
        name: String,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

const CURSORS: Sheet = Sheet {
    above: &[],
    rows: "cursors",
    columns: &[
        Column::Text("name"),
        Column::Number("position"),
        Column::Number("behind"),
        Column::Text("holder"),
        Column::Text("held_until"),
        Column::Number("failure.sequence"),
        Column::Number("failure.count"),
        Column::Text("failure.error"),
        Column::Text("moved_at"),
    ],
    totals: None,
    below: &[],
    empty: "There are no cursors.",
};

const CURSOR: Sheet = Sheet {
    above: &[
        "name",
        "position",
        "behind",
        "fence",
        "holder",
        "held_until",
        "failure.sequence",
        "failure.count",
        "failure.error",
        "failure.failed_at",
        "created_at",
        "moved_at",
    ],
    rows: "acts",
    columns: &[
        Column::Text("recorded_at"),
        Column::Text("act"),
        Column::Number("from"),
        Column::Number("to"),
        Column::Text("actor"),
        Column::Text("reason"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing is on record of it.",
};

impl Cursor {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let mut client = desk.client().await?;
        let actor = Desk::actor();
        match self {
            Cursor::List { output } => {
                let cursors = cursor::list(&**client).await?.into_iter().map(CursorBody::from).collect();
                output.print(&CursorsBody { cursors }, &CURSORS)?;
            }
            Cursor::Show { name, output } => {
                let cursor = cursor::find(&**client, name).await.map_err(no)?.into();
                let acts = cursor::acts(&**client, name).await?.into_iter().map(Into::into).collect();
                output.print(&CursorWithActsBody { cursor, acts }, &CURSOR)?;
            }
            Cursor::Set { name, position, reason } => {
                cursor::set(&mut client, name, *position, &actor, reason).await.map_err(no)?;
                note(&format!("cursor '{name}' is at {position}"));
            }
            Cursor::Skip { name, reason } => {
                let cursor = cursor::skip(&mut client, name, &actor, reason).await.map_err(no)?;
                note(&format!("cursor '{name}' has passed over event {}", cursor.position));
            }
            Cursor::Drop { name, reason } => {
                let position = cursor::remove(&mut client, name, &actor, reason).await.map_err(no)?;
                note(&format!("cursor '{name}' was at {position} and is removed"));
            }
        }
        Ok(Answer::Yes)
    }
}

/// What is the cursor's fault, and what to do next; the world's stays the world's.
pub fn no(fault: CursorFault) -> anyhow::Error {
    let said = fault.to_string();
    match fault {
        CursorFault::World(error) => error.into(),
        CursorFault::Unknown(_) => No::new(said).next("`dianfu events cursor list` lists those that there are").into(),
        CursorFault::BookPutBack { name, .. } => {
            let next =
                format!("see what its reader has, then `dianfu events cursor set {name} POSITION --reason TEXT`");
            No::new(said).next(next).into()
        }
        _ => No::new(said).into(),
    }
}
