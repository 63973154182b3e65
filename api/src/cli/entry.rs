//! `dianfu entry`: the journal, entry by entry.

use clap::{Subcommand, value_parser};
use dianfu_api::wire::entry::{EntryBody, EntryPageBody};
use dianfu_ledger::query::{self, EntryPage};
use uuid::Uuid;

use super::desk::Desk;
use super::ending::{Answer, No};
use super::print::{Column, Output, Sheet};

/// Show entries as they stand in the journal
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu entry list --limit 10
  dianfu entry show 0199aa00-0000-7000-8000-000000000001")]
pub enum Entry {
    /// List entries in the order of posting
    #[command(after_help = "\
Examples:
  dianfu entry list
  dianfu entry list --after 1000 --limit 100 --format json")]
    List {
        /// Only entries behind this number
        #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
        after: i64,
        /// At most this many, 1 to 1000
        #[arg(long, value_name = "ROWS", default_value_t = 100, value_parser = value_parser!(u16).range(1..=1000))]
        limit: u16,
        #[command(flatten)]
        output: Output,
    },
    /// Show one entry with its postings
    #[command(after_help = "\
Example:
  dianfu entry show 0199aa00-0000-7000-8000-000000000001 --format json")]
    Show {
        /// Its id
        id: Uuid,
        #[command(flatten)]
        output: Output,
    },
}

const ENTRIES: Sheet = Sheet {
    above: &[],
    rows: "entries",
    columns: &[
        Column::Number("sequence"),
        Column::Text("id"),
        Column::Text("kind"),
        Column::Text("effective_date"),
        Column::Text("reference"),
        Column::Text("description"),
        Column::Text("template.name"),
        Column::Text("actor"),
    ],
    totals: None,
    below: &["next"],
    empty: "There are no entries.",
};

const ENTRY: Sheet = Sheet {
    above: &[
        "id",
        "sequence",
        "kind",
        "effective_date",
        "booked_at",
        "reference",
        "description",
        "metadata",
        "value_date",
        "relates_to",
        "related",
        "hold_group",
        "expires_at",
        "at_most",
        "adjusting",
        "template.name",
        "template.template_no",
        "actor",
    ],
    rows: "postings",
    columns: &[
        Column::Text("account"),
        Column::Text("currency"),
        Column::Number("debit"),
        Column::Number("credit"),
        Column::Text("item"),
        Column::Text("due_date"),
        Column::Text("layer"),
    ],
    totals: None,
    below: &[],
    empty: "",
};

impl Entry {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Entry::List { after, limit, output } => list(desk, *after, *limit, output).await,
            Entry::Show { id, output } => show(desk, *id, output).await,
        }
    }
}

async fn list(desk: &Desk, after: i64, limit: u16, output: &Output) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    let EntryPage { entries, next, known_at } = query::entry_page(&**client, after, None, limit).await?;
    let entries = entries.into_iter().map(EntryBody::try_from).collect::<Result<_, _>>()?;
    output.print(&EntryPageBody { known_at, entries, next }, &ENTRIES)?;
    Ok(Answer::Yes)
}

async fn show(desk: &Desk, id: Uuid, output: &Output) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    let found = query::entry(&**client, id).await?;
    let view = found.ok_or_else(|| No::new(format!("there is no entry {id} in book '{}'", desk.book())))?;
    output.print(&EntryBody::try_from(view)?, &ENTRY)?;
    Ok(Answer::Yes)
}
