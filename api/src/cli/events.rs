//! `dianfu events`: entries as they are posted, and how far their readers are.

mod cursor;
mod exec;
mod follow;

use clap::{Args, Subcommand, value_parser};
use dianfu_api::wire::event::{self, EventPageBody};
use dianfu_ledger::events::{EventType, Filter, page};

use super::desk::Desk;
use super::ending::Answer;
use super::print::{Column, Output, Sheet};

/// Hear of every entry, in the order of posting, without gaps
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu events read --after 1000 --limit 100 --format json
  dianfu events follow | jq -c '[.sequence, .type]'
  dianfu events follow --cursor warehouse --exec ./send-to-warehouse
  dianfu events cursor list")]
pub enum Events {
    Read(Read),
    Follow(follow::Follow),
    #[command(subcommand)]
    Cursor(cursor::Cursor),
}

/// Show a page of events
///
/// `next` is what to give as --after for the next page. It moves also when the filter lets nothing through.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu events read
  dianfu events read --after 1000 --type hold.captured,hold.expired
  dianfu events read --prefix 1101. --format json")]
pub struct Read {
    /// Only events behind this sequence
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: i64,
    /// At most this many, 1 to 1000
    #[arg(long, value_name = "ROWS", default_value_t = 100, value_parser = value_parser!(u16).range(1..=1000))]
    limit: u16,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    output: Output,
}

/// Which events.
#[derive(Args)]
pub struct Wanted {
    /// Only those with an account whose code begins so, such as 1101.
    #[arg(long, value_name = "CODE")]
    prefix: Option<String>,
    /// Only these types, separated by commas, such as hold.captured,hold.expired
    #[arg(long = "type", value_name = "TYPES", value_parser = types)]
    types: Option<Types>,
    /// Only those made by the template of this name, or, of those by no template, whose metadata has it as its
    /// field `journal`
    #[arg(long, value_name = "NAME")]
    journal: Option<String>,
    /// Only those made by this version of a template
    #[arg(long, value_name = "NUMBER")]
    template_no: Option<i32>,
}

/// Types of events, as one argument.
#[derive(Clone)]
struct Types(Vec<EventType>);

fn types(text: &str) -> Result<Types, String> {
    event::types(text).map(Types)
}

impl Wanted {
    fn filter(&self) -> Filter {
        let types = self.types.clone().map(|Types(types)| types);
        event::filter(self.prefix.clone(), types, self.journal.clone(), self.template_no)
    }
}

const EVENTS: Sheet = Sheet {
    above: &[],
    rows: "events",
    columns: &[
        Column::Number("sequence"),
        Column::Text("type"),
        Column::Text("entry.id"),
        Column::Text("entry.effective_date"),
        Column::Text("booked_at"),
        Column::Text("entry.reference"),
        Column::Text("entry.description"),
        Column::Text("entry.actor"),
    ],
    totals: None,
    below: &["next", "head"],
    empty: "There are no such events here.",
};

impl Events {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let interrupted = desk.interrupts().happened();
        match self {
            Events::Read(read) => unless(interrupted, read.run(desk)).await,
            Events::Cursor(cursor) => unless(interrupted, cursor.run(desk)).await,
            // It ends by itself, when it has let its cursor go.
            Events::Follow(follow) => follow.run(desk).await,
        }
    }
}

/// What is worked out, unless a signal comes before.
async fn unless(
    interrupted: impl Future<Output = ()>,
    working: impl Future<Output = anyhow::Result<Answer>>,
) -> anyhow::Result<Answer> {
    tokio::select! {
        answer = working => answer,
        () = interrupted => Ok(Answer::Interrupted),
    }
}

impl Read {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let client = desk.client().await?;
        let page = page(&**client, self.after, self.limit, &self.wanted.filter()).await?;
        self.output.print(&EventPageBody::try_from(page)?, &EVENTS)?;
        Ok(Answer::Yes)
    }
}
