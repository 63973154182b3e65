//! `dianfu refusal`: what was asked for and refused.

use clap::{Subcommand, ValueEnum, value_parser};
use dianfu_api::wire::refusal::RefusalPageBody;
use dianfu_ledger::refusal::{self, RefusalFilter};
use jiff::Timestamp;
use uuid::Uuid;

use super::arguments::instant;
use super::desk::Desk;
use super::ending::Answer;
use super::print::{Column, Output, Sheet};

/// Show requests that were refused
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu refusal list
  dianfu refusal list --code below_minimum --from 2026-05-01T00:00:00Z --format json")]
pub enum Refusal {
    /// List refused requests, newest first
    ///
    /// Entries that the rules refused, also inside transactions that were rolled back; what could not be read as an
    /// entry; and who was turned away. They are put on record behind the refusal: a crash may lose those of its last
    /// moment, and what there is no room for is counted in a row with the code `refusals_not_recorded`.
    #[command(after_help = "\
Examples:
  dianfu refusal list
  dianfu refusal list --actor system:shop --limit 20
  dianfu refusal list --door gate --from 2026-05-01T00:00:00Z
  dianfu refusal list --code below_minimum --format json")]
    List {
        /// Only those of this actor
        #[arg(long)]
        actor: Option<String>,
        /// Only those with this code
        #[arg(long)]
        code: Option<String>,
        /// Only those at this door
        #[arg(long, value_enum)]
        door: Option<Door>,
        /// Only those of the entry with this id
        #[arg(long, value_name = "ID")]
        entry: Option<Uuid>,
        /// Only those from this time on
        #[arg(long, value_name = "TIME", value_parser = instant)]
        from: Option<Timestamp>,
        /// Only those before this time
        #[arg(long, value_name = "TIME", value_parser = instant)]
        to: Option<Timestamp>,
        /// Those before this number
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
        /// At most this many, 1 to 1000
        #[arg(long, value_name = "ROWS", default_value_t = 100, value_parser = value_parser!(u16).range(1..=1000))]
        limit: u16,
        #[command(flatten)]
        output: Output,
    },
}

/// Where a request was refused.
#[derive(Clone, Copy, ValueEnum)]
pub enum Door {
    /// By the rules of the ledger
    Post,
    /// By the rules of the ledger, inside a larger transaction
    #[value(name = "post_in")]
    PostIn,
    /// It could not be read as an entry
    Api,
    /// Who asked may not
    Gate,
    /// How many refusals there was no room for
    Recorder,
}

impl From<Door> for refusal::Door {
    fn from(door: Door) -> refusal::Door {
        match door {
            Door::Post => refusal::Door::Post,
            Door::PostIn => refusal::Door::PostIn,
            Door::Api => refusal::Door::Api,
            Door::Gate => refusal::Door::Gate,
            Door::Recorder => refusal::Door::Recorder,
        }
    }
}

const REFUSALS: Sheet = Sheet {
    above: &[],
    rows: "refusals",
    columns: &[
        Column::Number("refusal_no"),
        Column::Text("refused_at"),
        Column::Text("door"),
        Column::Text("actor"),
        Column::Text("entry_id"),
        Column::Text("code"),
        Column::Text("pointer"),
        Column::Text("message"),
    ],
    totals: None,
    below: &["next"],
    empty: "Nothing was refused.",
};

impl Refusal {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Refusal::List { actor, code, door, entry, from, to, before, limit, output } = self;
        let filter = RefusalFilter {
            actor: actor.clone(),
            code: code.clone(),
            door: door.map(Into::into),
            entry_id: *entry,
            from: *from,
            to: *to,
        };
        let client = desk.client().await?;
        let page = refusal::refusals(&**client, &filter, *before, *limit).await?;
        output.print(&RefusalPageBody::try_from(page)?, &REFUSALS)?;
        Ok(Answer::Yes)
    }
}
