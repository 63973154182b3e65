//! What takes two people: one proposes, another accepts it or turns it down.

use std::path::PathBuf;

use clap::{Args, value_parser};
use dianfu_api::wire::claim_answer::AppliedBody;
use dianfu_api::wire::claim_proposal::{MadeProposalBody, ProposalPageBody};
use dianfu_claims::claim::ClaimNo;
use dianfu_claims::proposal::{self, ProposalRefusal};
use dianfu_claims::read;
use dianfu_ledger::{clock, id};
use jiff::Timestamp;
use uuid::Uuid;

use super::claim_no;
use super::telling::{body, no, print_applied, told};
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No, note};
use crate::cli::print::{Column, Output, Sheet};

/// Propose what takes a second person: who bears a shortfall, a provision, a write-off
///
/// The file is a JSON object as `dianfu claim tell` takes it. Prints what it would do now; nothing of that is done.
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu claim propose CLM-1 written-off.json")]
pub struct Propose {
    /// The claim
    #[arg(value_parser = claim_no)]
    claim_no: ClaimNo,
    /// The file; `-` is standard input
    file: PathBuf,
    /// Its id, so that the same again is the same; a new one if left out
    #[arg(long)]
    id: Option<Uuid>,
    #[command(flatten)]
    output: Output,
}

/// List proposals that wait for another person, oldest first
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu claim proposals")]
pub struct Proposals {
    /// Only those on this claim
    #[arg(long, value_parser = claim_no)]
    claim_no: Option<ClaimNo>,
    /// At most this many, 1 to 1000
    #[arg(long, value_name = "ROWS", default_value_t = 100, value_parser = value_parser!(u16).range(1..=1000))]
    limit: u16,
    #[command(flatten)]
    output: Output,
}

/// The word of the second person.
#[derive(Args)]
pub struct Decide {
    /// The proposal
    id: Uuid,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

const PROPOSALS: Sheet = Sheet {
    above: &[],
    rows: "proposals",
    columns: &[
        Column::Text("proposal"),
        Column::Text("claim_no"),
        Column::Text("event"),
        Column::Number("amount"),
        Column::Text("currency"),
        Column::Text("bearer"),
        Column::Text("approve"),
        Column::Text("made_by"),
        Column::Text("reason"),
    ],
    totals: None,
    below: &[],
    empty: "No proposal waits for another person.",
};

impl Propose {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let command = told(desk, &self.claim_no, body(&self.file).await?).await?;
        let (ledger, mut client) = (desk.ledger().await?, desk.client().await?);
        let proposal = self.id.unwrap_or_else(id::fresh);
        let made = proposal::propose(ledger, &mut client, proposal, &command, &Desk::actor(), clock::now()).await?;
        let would = AppliedBody::of(command.kind(), made.map_err(|refusal| no(&refusal))?);
        let fields = &["proposal", "would.claim_no", "would.event", "would.from", "would.to"];
        self.output.print_one(&MadeProposalBody { proposal, would }, fields)?;
        note(&format!("another person accepts it with `dianfu claim accept {proposal}`"));
        Ok(Answer::Yes)
    }
}

impl Proposals {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let mut client = desk.client().await?;
        let first = (Timestamp::UNIX_EPOCH, Uuid::nil());
        let waiting = proposal::waiting(&mut client, self.claim_no.as_ref(), first, self.limit.into()).await?;
        let numbers: Vec<&str> = waiting.iter().map(|proposal| proposal.command.claim_no.as_str()).collect();
        let claims = read::claims(&mut client, &numbers).await?;
        self.output.print(&ProposalPageBody::of(waiting, &claims, None), &PROPOSALS)?;
        Ok(Answer::Yes)
    }
}

impl Decide {
    pub async fn accept(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (ledger, mut client, actor) = (desk.ledger().await?, desk.client().await?, Desk::actor());
        let Some(found) = proposal::look_up(&mut client, self.id).await? else {
            return Err(refused(&ProposalRefusal::Unknown).into());
        };
        let word = (actor.as_str(), self.reason.as_str());
        let accepted = proposal::accept(ledger, &mut client, self.id, word, clock::now()).await?;
        let applied = accepted.map_err(|refusal| refused(&refusal))?;
        print_applied(&AppliedBody::of(found.command.kind(), applied), &self.output)
    }

    pub async fn turn_down(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (mut client, actor) = (desk.client().await?, Desk::actor());
        let word = (actor.as_str(), self.reason.as_str());
        let turned_down = proposal::turn_down(&mut client, self.id, word, clock::now()).await?;
        turned_down.map_err(|refusal| refused(&refusal))?;
        note("it is turned down");
        Ok(Answer::Yes)
    }
}

fn refused(refusal: &ProposalRefusal) -> No {
    match refusal {
        ProposalRefusal::Claim(refusal) => no(refusal),
        ProposalRefusal::Task(task) => No::new(format!("{} ({task})", task.code())),
        ProposalRefusal::Unknown | ProposalRefusal::Decided => {
            No::new(refusal.to_string()).next("`dianfu claim proposals` shows those that wait")
        }
    }
}
