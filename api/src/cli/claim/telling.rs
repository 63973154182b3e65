//! Taking in, telling, and deciding: the bodies are those of the HTTP interface.

use std::path::{Path, PathBuf};

use clap::Args;
use dianfu_api::problem::Violation;
use dianfu_api::wire::claim_answer::AppliedBody;
use dianfu_api::wire::claim_intake::NewClaimBody;
use dianfu_api::wire::claim_told::{TellBody, asked};
use dianfu_api::wire::json;
use dianfu_claims::claim::{Claim, ClaimNo};
use dianfu_claims::command::Request;
use dianfu_claims::refusal::Reason;
use dianfu_claims::{Command, Refusal, apply, read};
use dianfu_ledger::clock;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use super::{claim_no, unknown};
use crate::cli::arguments::{day, instant, party};
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No};
use crate::cli::input;
use crate::cli::print::Output;

/// The longest body, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Take a claim in: a JSON object, as the HTTP interface takes it
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu claim take-in CLM-1 claim.json")]
pub struct TakeIn {
    /// The number that it gets
    #[arg(value_parser = claim_no)]
    claim_no: ClaimNo,
    /// The file; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// Tell what happened to a claim: a JSON object as its events take it over HTTP
///
/// What is told once more is answered as the first time. What takes two people is proposed instead.
#[derive(Args)]
#[command(after_help = "\
Examples:
  echo '{\"event\": {\"submitted\": {}}, \"on\": \"2026-03-02\"}' | dianfu claim tell CLM-1 -
  dianfu claim tell CLM-1 dispensed.json")]
pub struct Tell {
    /// The claim
    #[arg(value_parser = claim_no)]
    claim_no: ClaimNo,
    /// The file; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// Let the rules in force decide on a claim: approved, rejected, or left to a reviewer
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu claim review CLM-1")]
pub struct Review {
    #[command(flatten)]
    said: Said,
}

/// Decide what the rules leave to a reviewer
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu claim rule CLM-1 --approve --code doctor_confirmed
  dianfu claim rule CLM-1 --reject --code indication_missing --reason 'no finding in the report'")]
pub struct Rule {
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    ruling: Ruling,
}

#[derive(Args)]
pub struct Ruling {
    /// The claim may go on
    #[arg(long, required_unless_present = "reject", conflicts_with = "reject")]
    approve: bool,
    /// The claim ends
    #[arg(long)]
    reject: bool,
    /// Why, in a code of lower-case letters, digits and `_`; may be given more than once
    #[arg(long = "code", value_name = "CODE")]
    codes: Vec<String>,
}

/// Offer the order of a claim to a pharmacy, on its terms
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu claim offer CLM-1 --offer-no 1 --pharmacy red-cross --respond-by 2026-03-03T12:00:00+08:00")]
pub struct Offer {
    #[command(flatten)]
    said: Said,
    /// Counts the offers of the claim, from 1
    #[arg(long = "offer-no", value_name = "NUMBER", default_value_t = 1)]
    number: i32,
    /// The pharmacy
    #[arg(long, value_parser = party)]
    pharmacy: PartyNo,
    /// Until when it may answer
    #[arg(long, value_name = "TIME", value_parser = instant)]
    respond_by: Timestamp,
}

/// What every decision says.
#[derive(Args)]
pub struct Said {
    /// The claim
    #[arg(value_parser = claim_no)]
    claim_no: ClaimNo,
    /// The day of it; today if left out
    #[arg(long, value_name = "DAY", value_parser = day)]
    on: Option<Date>,
    /// Why, in words
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// The number of the claim's last event that you have seen: if another has come meanwhile, this is refused
    #[arg(long, value_name = "NUMBER")]
    as_of_event: Option<i32>,
    #[command(flatten)]
    output: Output,
}

impl TakeIn {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let body: NewClaimBody = body(&self.file).await?;
        let command = body.read(&self.claim_no).map_err(|violation| misread(&violation))?;
        carry_out(desk, &command, &self.output).await
    }
}

impl Tell {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let body: TellBody = body(&self.file).await?;
        let command = told(desk, &self.claim_no, body).await?;
        carry_out(desk, &command, &self.output).await
    }
}

impl Review {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        carry_out(desk, &self.said.command(Request::Review), &self.said.output).await
    }
}

impl Rule {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        carry_out(desk, &self.said.command(self.ruling.request()), &self.said.output).await
    }
}

impl Ruling {
    fn request(&self) -> Request {
        Request::Rule { approve: self.approve, reasons: self.codes.clone() }
    }
}

impl Offer {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Offer { said, number, pharmacy, respond_by } = self;
        let offer = Request::Offer { offer_no: *number, pharmacy: pharmacy.clone(), respond_by: *respond_by };
        carry_out(desk, &said.command(offer), &said.output).await
    }
}

impl Said {
    fn command(&self, request: Request) -> Command {
        let on = self.on.unwrap_or_else(|| clock::date_of(clock::now()));
        asked(&self.claim_no, request, (on, &self.reason), self.as_of_event)
    }
}

/// What a body tells of a claim.
pub(super) async fn told(desk: &Desk, claim_no: &ClaimNo, body: TellBody) -> anyhow::Result<Command> {
    let claim: Option<Claim> = read::claim(&mut desk.client().await?, claim_no).await?;
    let claim = claim.ok_or_else(|| unknown(claim_no))?;
    Ok(body.read(&claim).map_err(|violation| misread(&violation))?)
}

async fn carry_out(desk: &Desk, command: &Command, output: &Output) -> anyhow::Result<Answer> {
    let (ledger, mut client) = (desk.ledger().await?, desk.client().await?);
    let commands = std::slice::from_ref(command);
    let answers = apply(ledger, &mut client, commands, &Desk::actor(), clock::now()).await?;
    let answer = answers.into_iter().next().expect("one command has one answer");
    let applied = answer.map_err(|refusal| no(&refusal))?;
    print_applied(&AppliedBody::of(command.kind(), applied), output)
}

pub(super) fn print_applied(applied: &AppliedBody, output: &Output) -> anyhow::Result<Answer> {
    output.print_one(applied, &["claim_no", "event", "event_no", "from", "to", "entries", "replayed"])?;
    Ok(Answer::Yes)
}

/// Reads a file of JSON.
pub async fn body<T: DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    let text = input::whole(file, BODY_BYTES_MAX).await?;
    let read = json::refuse_nul(&text).and_then(|()| json::read(&text));
    Ok(read.map_err(|wrong| misread(&wrong.into_violation()))?)
}

pub fn misread(violation: &Violation) -> No {
    let Violation { code, pointer, message, .. } = violation;
    let place = pointer.as_deref().filter(|pointer| !pointer.is_empty());
    No::new(format!("{code}{}: {message}", place.map(|place| format!(" at {place}")).unwrap_or_default()))
}

pub(super) fn no(refusal: &Refusal) -> No {
    let said = No::new(format!("{refusal} ({})", refusal.reason.code()));
    match refusal.reason {
        Reason::ClaimUnknown => said.next("`dianfu claim list` shows those that there are"),
        Reason::SecondPersonNeeded => said.next("propose it with `dianfu claim propose`, and another accepts it"),
        _ => said,
    }
}
