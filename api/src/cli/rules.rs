//! `dianfu rules`: an insurer's pre-review rules, proposed by one person, tried on past claims, made live by another.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use deadpool_postgres::Client;
use dianfu_api::wire::claim_told::reading::digest;
use dianfu_api::wire::rules::{NewRulesBody, QualitiesBody, QualityBody, RuleBookBody, RulesProposalBody, TrialBody};
use dianfu_claims::registration::RegistrationRefusal;
use dianfu_claims::rule_book;
use dianfu_claims::rule_quality::rule_quality;
use dianfu_ledger::clock;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;

use super::arguments::party;
use super::claim::{body, misread};
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::insurer;
use super::print::{Column, Output, Sheet};

/// Propose pre-review rules, try them on past claims, and make them live
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu rules show picc
  dianfu rules propose picc 2 rules.json        prints the digest by which it is tried and accepted
  dianfu rules try picc 2 DIGEST                which past claims would be decided otherwise
  dianfu rules accept picc 2 DIGEST             as another person
  dianfu rules quality picc")]
pub enum Rules {
    /// Show an insurer's rules: live versions, proposals of the next, and what each version has changed
    #[command(after_help = "\
Example:
  dianfu rules show picc --format json")]
    Show(Of),
    Propose(Propose),
    /// Try a proposal on the insurer's past claims, and keep what it shows
    #[command(after_help = "\
Example:
  dianfu rules try picc 2 5a1f…")]
    Try(Proposed),
    /// Make a proposal live, as another person than its maker, after a trial of exactly it
    #[command(after_help = "\
Example:
  dianfu rules accept picc 2 5a1f…")]
    Accept(Proposed),
    /// Show how well each version decides: what it said, where people decided, what the platform bears of it
    #[command(after_help = "\
Example:
  dianfu rules quality picc")]
    Quality(Of),
}

#[derive(Args)]
pub struct Of {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    #[command(flatten)]
    output: Output,
}

/// Propose a version of the rules; the same again is fine
///
/// The file is a JSON object, as the HTTP interface takes it; amounts are decimal strings.
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu rules propose picc 2 rules.json")]
pub struct Propose {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// The version
    version: i32,
    /// The file; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// A proposal, by its content.
#[derive(Args)]
pub struct Proposed {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// The version
    version: i32,
    /// The digest of its content, in hexadecimal
    #[arg(value_parser = content)]
    digest: [u8; 32],
    #[command(flatten)]
    output: Output,
}

const VERSIONS: Sheet = Sheet {
    above: &[],
    rows: "versions",
    columns: &[
        Column::Number("version"),
        Column::Text("effective_from"),
        Column::Text("made_by"),
        Column::Text("checked_by"),
        Column::Text("recorded_at"),
    ],
    totals: None,
    below: &[],
    empty: "No rules are live.",
};

const PROPOSALS: Sheet = Sheet {
    above: &[],
    rows: "proposals",
    columns: &[
        Column::Number("version"),
        Column::Text("content_sha256"),
        Column::Text("effective_from"),
        Column::Text("made_by"),
        Column::Number("trial"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing is proposed.",
};

const CHANGES: Sheet = Sheet {
    above: &[],
    rows: "changes",
    columns: &[
        Column::Number("version"),
        Column::Text("rule"),
        Column::Text("from"),
        Column::Text("to"),
        Column::Text("made_by"),
        Column::Text("checked_by"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing was changed.",
};

const TRIAL: Sheet = Sheet {
    above: &["tried", "changed", "approved_no_more", "newly_approved", "advance_before", "advance_after"],
    rows: "changes",
    columns: &[
        Column::Text("claim_no"),
        Column::Text("before.outcome"),
        Column::Text("after.outcome"),
        Column::Number("before.advance"),
        Column::Number("after.advance"),
        Column::Text("english"),
    ],
    totals: None,
    below: &[],
    empty: "No past claim would be decided otherwise.",
};

const QUALITY: Sheet = Sheet {
    above: &[],
    rows: "versions",
    columns: &[
        Column::Number("version"),
        Column::Number("approved"),
        Column::Number("rejected"),
        Column::Number("referred"),
        Column::Number("ruled"),
        Column::Number("borne_claims"),
        Column::Number("borne"),
    ],
    totals: None,
    below: &[],
    empty: "No rules are live.",
};

impl Rules {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Rules::Show(of) => of.show(desk).await,
            Rules::Propose(propose) => propose.run(desk).await,
            Rules::Try(proposed) => proposed.be_tried(desk).await,
            Rules::Accept(proposed) => proposed.accept(desk).await,
            Rules::Quality(of) => of.quality(desk).await,
        }
    }
}

impl Of {
    async fn show(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let mut client = desk.client().await?;
        let currency = currency_of(&mut client, &self.insurer).await?;
        let book = rule_book::book(&mut client, &self.insurer).await?;
        self.output.print_parts(&RuleBookBody::of(book, currency), &[VERSIONS, PROPOSALS, CHANGES])?;
        Ok(Answer::Yes)
    }

    async fn quality(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let mut client = desk.client().await?;
        let currency = currency_of(&mut client, &self.insurer).await?;
        let versions = rule_quality(&mut client, &self.insurer).await?;
        let versions = versions.iter().map(|one| QualityBody::of(one, currency)).collect();
        self.output.print(&QualitiesBody { versions }, &QUALITY)?;
        Ok(Answer::Yes)
    }
}

impl Propose {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let body: NewRulesBody = body(&self.file).await?;
        let (mut client, insurer) = (desk.client().await?, &self.insurer);
        let currency = currency_of(&mut client, insurer).await?;
        let version = body.read(self.version, currency).map_err(|violation| misread(&violation))?;
        let proposed = rule_book::propose(&mut client, insurer, &version, &Desk::actor(), clock::now()).await?;
        let content = proposed.map_err(|refusal| no(&refusal))?;
        let proposals = rule_book::proposals(&mut client, insurer, self.version).await?;
        let own = proposals.iter().find(|proposal| proposal.content_sha256 == content);
        let own = own.ok_or_else(|| No::new("another proposal of this version went live meanwhile"))?;
        let fields = &["version", "content_sha256", "effective_from", "made_by", "trial"];
        self.output.print_one(&RulesProposalBody::of(own, currency), fields)?;
        Ok(Answer::Yes)
    }
}

impl Proposed {
    async fn be_tried(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Proposed { insurer, version, digest, output } = self;
        let (mut client, actor) = (desk.client().await?, Desk::actor());
        let currency = currency_of(&mut client, insurer).await?;
        let tried = rule_book::try_on_past(&mut client, insurer, (*version, digest), &actor, clock::now()).await?;
        let trial = tried.map_err(|refusal| no(&refusal))?;
        output.print(&TrialBody::of(trial, currency), &TRIAL)?;
        Ok(Answer::Yes)
    }

    async fn accept(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Proposed { insurer, version, digest, .. } = self;
        let (mut client, actor) = (desk.client().await?, Desk::actor());
        let live = rule_book::go_live(&mut client, insurer, (*version, digest), &actor, clock::now()).await?;
        live.map_err(|refusal| no(&refusal))?;
        note(&format!("version {version} of the rules of {insurer} is live"));
        Ok(Answer::Yes)
    }
}

async fn currency_of(client: &mut Client, insurer: &PartyNo) -> anyhow::Result<Currency> {
    Ok(insurer::seen(client, insurer).await?.standing.insurer.currency)
}

fn no(refusal: &RegistrationRefusal) -> No {
    No::new(format!("{refusal} ({})", refusal.code()))
}

fn content(text: &str) -> Result<[u8; 32], String> {
    digest(text).map_err(|_| "is the content_sha256 of a proposal: 64 hexadecimal digits".to_owned())
}
