//! `dianfu claim`: claims, what happened to them, and what waits for somebody.
//!
//! Below: telling and deciding ([`telling`]), sharing anew ([`rerunning`]), and what takes two people ([`proposing`]).

mod proposing;
mod rerunning;
mod telling;

use clap::{Args, Subcommand, value_parser};
use dianfu_api::wire::claim::{ClaimPageBody, ClaimStoryBody, QueueCountBody, QueueCountsBody, QueuePageBody};
use dianfu_claims::claim::{ClaimNo, DrugCode, PolicyNo, State};
use dianfu_claims::queue::{self, Queue};
use dianfu_claims::search::{self, ClaimFilter, Place, View};
use dianfu_claims::{read, settle_open, timer};
use dianfu_ledger::clock;
use dianfu_settlement::number::{NumberError, PartyNo};
use jiff::Timestamp;

use super::arguments::{instant, party};
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};
use proposing::{Decide, Proposals, Propose};
use rerunning::Rerun;
use telling::{Offer, Review, Rule, TakeIn, Tell};
pub use telling::{body, misread};

/// Take claims in, tell what happened to them, decide on them, and see what waits
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu claim list --state PRE_REVIEW --insurer picc
  dianfu claim show CLM-1
  dianfu claim take-in CLM-1 claim.json
  echo '{\"event\": {\"submitted\": {}}, \"on\": \"2026-03-02\"}' | dianfu claim tell CLM-1 -
  dianfu claim review CLM-1
  dianfu claim queues")]
pub enum Claim {
    List(Box<List>),
    /// Show a claim and everything that happened to it
    #[command(after_help = "\
Example:
  dianfu claim show CLM-1 --format json")]
    Show {
        /// Its number
        #[arg(value_parser = claim_no)]
        claim_no: ClaimNo,
        #[command(flatten)]
        output: Output,
    },
    TakeIn(TakeIn),
    Tell(Tell),
    Review(Review),
    Rule(Rule),
    Offer(Offer),
    Rerun(Rerun),
    Propose(Propose),
    Proposals(Proposals),
    /// Accept what another person has proposed; it is done at once
    #[command(after_help = "\
Example:
  dianfu claim accept 0199aa00-0000-7000-8000-000000000001 --reason 'as agreed with the insurer'")]
    Accept(Decide),
    /// Turn a proposal down, or take your own back; nothing is done
    #[command(after_help = "\
Example:
  dianfu claim turn-down 0199aa00-0000-7000-8000-000000000001 --reason 'the insurer pays after all'")]
    TurnDown(Decide),
    /// Count what waits for somebody of the platform, queue by queue
    #[command(after_help = "\
Example:
  dianfu claim queues")]
    Queues {
        #[command(flatten)]
        output: Output,
    },
    Queue(Waiting),
    /// Move claims on that time or the ledger moves on, as `dianfu serve` does by itself
    #[command(after_help = "\
Example:
  dianfu claim move-on")]
    MoveOn,
}

/// List claims, newest first
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu claim list --state PRE_REVIEW --state PRE_APPROVED
  dianfu claim list --patient p-1 --from 2026-03-01T00:00:00Z --format json")]
pub struct List {
    /// Only those whose number begins so
    #[arg(value_parser = claim_no)]
    claim_no: Option<ClaimNo>,
    /// Only those in this state; may be given more than once
    #[arg(long, value_parser = state)]
    state: Vec<State>,
    /// Only those of this insurer
    #[arg(long, value_parser = party)]
    insurer: Option<PartyNo>,
    /// Only those of this pharmacy
    #[arg(long, value_parser = party)]
    pharmacy: Option<PartyNo>,
    /// Only those of this patient
    #[arg(long, value_parser = party)]
    patient: Option<PartyNo>,
    /// Only those under this policy
    #[arg(long, value_parser = policy_no)]
    policy: Option<PolicyNo>,
    /// Only those about this drug
    #[arg(long, value_parser = drug_code)]
    drug: Option<DrugCode>,
    /// Only those taken in from this time on
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<Timestamp>,
    /// Only those taken in before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    to: Option<Timestamp>,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    output: Output,
}

/// List the claims that wait in a queue, the longest waiting first
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu claim queue to_review")]
pub struct Waiting {
    /// Which queue; `dianfu claim queues` names them
    #[arg(value_parser = queue_of)]
    queue: Queue,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
struct Page {
    /// Go on behind the page that gave this as its `next`
    #[arg(long, value_parser = place)]
    cursor: Option<Place>,
    /// At most this many, 1 to 1000
    #[arg(long, value_name = "ROWS", default_value_t = 100, value_parser = value_parser!(u16).range(1..=1000))]
    limit: u16,
}

const CLAIMS: Sheet = Sheet {
    above: &[],
    rows: "claims",
    columns: &[
        Column::Text("claim_no"),
        Column::Text("state"),
        Column::Text("insurer"),
        Column::Text("pharmacy"),
        Column::Text("patient"),
        Column::Text("policy"),
        Column::Number("gross"),
        Column::Number("advance"),
        Column::Text("currency"),
        Column::Text("taken_in_at"),
    ],
    totals: None,
    below: &["next"],
    empty: "There are no such claims.",
};

const STORY: Sheet = Sheet {
    above: &[
        "claim.claim_no",
        "claim.state",
        "claim.insurer",
        "claim.pharmacy",
        "claim.patient",
        "claim.policy",
        "claim.gross",
        "claim.advance",
        "claim.currency",
    ],
    rows: "events",
    columns: &[
        Column::Number("event_no"),
        Column::Text("on"),
        Column::Text("event"),
        Column::Text("from"),
        Column::Text("to"),
        Column::Text("actor"),
        Column::Text("reason"),
        Column::Text("entries"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing has happened to it.",
};

const QUEUES: Sheet = Sheet {
    above: &["at"],
    rows: "queues",
    columns: &[Column::Text("queue"), Column::Number("waiting"), Column::Number("overdue"), Column::Text("oldest")],
    totals: None,
    below: &[],
    empty: "There are no queues.",
};

const WAITING: Sheet = Sheet {
    above: &[],
    rows: "waiting",
    columns: &[
        Column::Text("claim_no"),
        Column::Text("state"),
        Column::Text("insurer"),
        Column::Text("patient"),
        Column::Number("gross"),
        Column::Text("currency"),
        Column::Text("since"),
        Column::Text("due_at"),
    ],
    totals: None,
    below: &["next"],
    empty: "Nothing waits there.",
};

impl Claim {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Claim::List(list) => list.run(desk).await,
            Claim::Show { claim_no, output } => show(desk, claim_no, output).await,
            Claim::TakeIn(take_in) => take_in.run(desk).await,
            Claim::Tell(tell) => tell.run(desk).await,
            Claim::Review(review) => review.run(desk).await,
            Claim::Rule(rule) => rule.run(desk).await,
            Claim::Offer(offer) => offer.run(desk).await,
            Claim::Rerun(rerun) => rerun.run(desk).await,
            Claim::Propose(propose) => propose.run(desk).await,
            Claim::Proposals(proposals) => proposals.run(desk).await,
            Claim::Accept(decide) => decide.accept(desk).await,
            Claim::TurnDown(decide) => decide.turn_down(desk).await,
            Claim::Queues { output } => queues(desk, output).await,
            Claim::Queue(waiting) => waiting.run(desk).await,
            Claim::MoveOn => move_on(desk).await,
        }
    }
}

impl List {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let filter = ClaimFilter {
            number_prefix: self.claim_no.clone(),
            patient: self.patient.clone(),
            drug: self.drug.clone(),
            states: self.state.clone(),
            insurer: self.insurer.clone(),
            pharmacy: self.pharmacy.clone(),
            policy_no: self.policy.clone(),
            from: self.from,
            to: self.to,
        };
        let Page { cursor, limit } = &self.page;
        let page = search::search(&desk.client().await?, View::Platform, &filter, cursor.as_ref(), *limit).await?;
        self.output.print(&ClaimPageBody::from(page), &CLAIMS)?;
        Ok(Answer::Yes)
    }
}

impl Waiting {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Page { cursor, limit } = &self.page;
        let page = queue::waiting(&desk.client().await?, self.queue, clock::now(), cursor.as_ref(), *limit).await?;
        self.output.print(&QueuePageBody::from(page), &WAITING)?;
        Ok(Answer::Yes)
    }
}

async fn show(desk: &Desk, claim_no: &ClaimNo, output: &Output) -> anyhow::Result<Answer> {
    let Some((claim, events)) = read::story(&mut desk.client().await?, claim_no).await? else {
        return Err(unknown(claim_no).into());
    };
    output.print(&ClaimStoryBody::shown_to(None, &claim, events), &STORY)?;
    Ok(Answer::Yes)
}

async fn queues(desk: &Desk, output: &Output) -> anyhow::Result<Answer> {
    let at = clock::now();
    let queues = queue::counts(&desk.client().await?, at).await?.into_iter().map(QueueCountBody::from).collect();
    output.print(&QueueCountsBody { at, queues }, &QUEUES)?;
    Ok(Answer::Yes)
}

async fn move_on(desk: &Desk) -> anyhow::Result<Answer> {
    let (ledger, mut client, now, actor) = (desk.ledger().await?, desk.client().await?, clock::now(), Desk::actor());
    let woken = timer::tick(ledger, &mut client, &actor, now).await?;
    let settled = settle_open(ledger, &mut client, (clock::date_of(now), &actor), now).await?;
    note(&format!("{} moved on by time, {} by the ledger", woken.len(), settled.len()));
    Ok(Answer::Yes)
}

fn unknown(claim_no: &ClaimNo) -> No {
    let next = "`dianfu claim list` shows those that there are";
    No::new(format!("there is no claim '{claim_no}' in this book")).next(next)
}

fn claim_no(text: &str) -> Result<ClaimNo, String> {
    ClaimNo::parse(text).map_err(said)
}

fn policy_no(text: &str) -> Result<PolicyNo, String> {
    PolicyNo::parse(text).map_err(said)
}

fn drug_code(text: &str) -> Result<DrugCode, String> {
    DrugCode::parse(text).map_err(said)
}

#[expect(clippy::needless_pass_by_value, reason = "what an error is mapped by")]
fn said(error: NumberError) -> String {
    error.to_string()
}

fn state(text: &str) -> Result<State, String> {
    let wanted = || format!("is one of {}", State::ALL.map(State::word).join(", "));
    State::from_word(text).ok_or_else(wanted)
}

fn queue_of(text: &str) -> Result<Queue, String> {
    let wanted = || format!("is one of {}", Queue::ALL.map(Queue::word).join(", "));
    Queue::from_word(text).ok_or_else(wanted)
}

fn place(text: &str) -> Result<Place, String> {
    Place::parse(text).ok_or_else(|| "is the `next` of a page".to_owned())
}
