//! What takes two people about an insurer: papers are judged, and what is proposed is accepted or withdrawn.

use std::path::PathBuf;

use clap::Args;
use dianfu_api::wire::insurer_agreed::NewProposalBody;
use dianfu_claims::insurer::checklist::{self, CheckItem};
use dianfu_claims::insurer::proposal;
use dianfu_ledger::clock;
use dianfu_settlement::number::PartyNo;

use super::{item, no, seen};
use crate::cli::arguments::party;
use crate::cli::claim::{body, misread};
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, note};

/// Judge a paper, as another person than the one who handed it in
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu insurer judge picc licence 1 --accept --reason 'as in the public register'")]
pub struct Judge {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// What the paper is for
    #[arg(value_parser = item)]
    item: CheckItem,
    /// Its number
    paper: i32,
    /// It is good
    #[arg(long, required_unless_present = "reject", conflicts_with = "reject")]
    accept: bool,
    /// It is not
    #[arg(long)]
    reject: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Propose what takes two people: going live, terms, a credit line, lifting a suspension, closing, a dispute's end
///
/// The file is a JSON object, as the HTTP interface takes it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  echo '{\"act\": \"go_live\", \"reason\": \"all papers are there\"}' | dianfu insurer propose picc -
  dianfu insurer propose picc line.json    {\"act\": {\"credit_line\": {\"max\": \"9.00\"}}, \"reason\": \"…\"}")]
pub struct Propose {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// The file; `-` is standard input
    file: PathBuf,
}

/// A word on a proposal.
#[derive(Args)]
pub struct Decide {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// The proposal's number
    proposal: i32,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Judge {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (mut client, actor, paper) = (desk.client().await?, Desk::actor(), (self.item, self.paper));
        let verdict = (self.accept, self.reason.as_str());
        let judged = checklist::judge(&mut client, &self.insurer, paper, verdict, &actor, clock::now()).await?;
        judged.map_err(|refusal| no(&refusal))?;
        note(if self.accept { "accepted" } else { "rejected" });
        Ok(Answer::Yes)
    }
}

impl Propose {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let NewProposalBody { act, reason } = body(&self.file).await?;
        let (mut client, actor, insurer) = (desk.client().await?, Desk::actor(), &self.insurer);
        let currency = seen(&mut client, insurer).await?.standing.insurer.currency;
        let act = act.read(currency).map_err(|violation| misread(&violation))?;
        let proposed = proposal::propose(&mut client, insurer, &act, (&reason, &actor), clock::now()).await?;
        let number = proposed.map_err(|refusal| no(&refusal))?;
        note(&format!(
            "it is proposal {number}; another person accepts it with `dianfu insurer accept {insurer} {number}`"
        ));
        Ok(Answer::Yes)
    }
}

impl Decide {
    pub async fn accept(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Decide { insurer, proposal, reason } = self;
        let (mut client, actor) = (desk.client().await?, Desk::actor());
        let accepted = proposal::approve(&mut client, insurer, *proposal, (reason, &actor), clock::now()).await?;
        accepted.map_err(|refusal| no(&refusal))?;
        note("accepted, and done");
        Ok(Answer::Yes)
    }

    pub async fn withdraw(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Decide { insurer, proposal, reason } = self;
        let (mut client, actor) = (desk.client().await?, Desk::actor());
        let withdrawn = proposal::withdraw(&mut client, insurer, *proposal, (reason, &actor), clock::now()).await?;
        withdrawn.map_err(|refusal| no(&refusal))?;
        note("withdrawn");
        Ok(Answer::Yes)
    }
}
