//! `dianfu claim rerun`: what the claims of a policy are shared like now, posted for each that has changed.

use clap::Args;
use dianfu_claims::claim::{Claim, ClaimNo, PolicyNo};
use dianfu_claims::read;
use dianfu_claims::rerun::{self, Recalculated};
use dianfu_ledger::clock;
use dianfu_ledger::money::decimal_text;
use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use super::super::arguments::{day, party};
use super::super::desk::Desk;
use super::super::ending::Answer;
use super::super::print::{Column, Output, Sheet};
use super::policy_no;
use super::telling::no;

/// Share the claims of a policy anew, and post what each patient owes more or less
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu claim rerun picc POL-1 --reason 'CLM-1 was called off'")]
pub struct Rerun {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// The policy, as the insurer numbers it
    #[arg(value_parser = policy_no)]
    policy: PolicyNo,
    /// The day on which it counts; today if left out
    #[arg(long, value_name = "DAY", value_parser = day)]
    on: Option<Date>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// The claims whose shares have changed.
#[derive(Serialize)]
struct RerunBody {
    recalculated: Vec<RecalculatedBody>,
}

#[derive(Serialize)]
struct RecalculatedBody {
    claim_no: ClaimNo,
    /// What the patient owes more; negative for what the patient was charged too much.
    difference: Option<String>,
    share: Option<String>,
    currency: Option<String>,
    entries: Vec<Uuid>,
}

const RECALCULATED: Sheet = Sheet {
    above: &[],
    rows: "recalculated",
    columns: &[
        Column::Text("claim_no"),
        Column::Number("difference"),
        Column::Number("share"),
        Column::Text("currency"),
        Column::Text("entries"),
    ],
    totals: None,
    below: &[],
    empty: "No share has changed.",
};

impl Rerun {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (ledger, mut client, now) = (desk.ledger().await?, desk.client().await?, clock::now());
        let (policy, actor) = ((self.insurer.clone(), self.policy.clone()), Desk::actor());
        let told = (self.on.unwrap_or_else(|| clock::date_of(now)), actor.as_str(), self.reason.as_str());
        let changed = rerun::run(ledger, &mut client, &policy, told, now).await?;
        let changed = changed.map_err(|refusal| no(&refusal))?;
        let numbers: Vec<&str> = changed.iter().map(|changed| changed.rerun.claim_no.as_str()).collect();
        let claims = read::claims(&mut client, &numbers).await?;
        let recalculated = changed.iter().map(|changed| RecalculatedBody::of(changed, &claims)).collect();
        self.output.print(&RerunBody { recalculated }, &RECALCULATED)?;
        Ok(Answer::Yes)
    }
}

impl RecalculatedBody {
    fn of(changed: &Recalculated, claims: &[Claim]) -> RecalculatedBody {
        let claim_no = &changed.rerun.claim_no;
        let currency = claims.iter().find(|claim| claim.claim_no() == claim_no).map(|claim| claim.intake.currency);
        let text = |minor: i64| currency.map(|currency| decimal_text(minor.into(), currency));
        RecalculatedBody {
            claim_no: claim_no.clone(),
            difference: text(changed.rerun.difference_minor),
            share: text(changed.rerun.split.share_minor),
            currency: currency.map(|currency| currency.to_string()),
            entries: changed.applied.entry_ids.clone(),
        }
    }
}
