//! `dianfu limit`: limits on what stands on several accounts together.

use clap::{Args, Subcommand};
use dianfu_api::wire::control::{LimitGroupBody, LimitGroupsBody};
use dianfu_ledger::account::{AccountCode, Limits, NormalSide};
use dianfu_ledger::limit_group::{self, GroupOutcome, LimitGroup};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::register::Signature;

use super::account::Side;
use super::arguments::{account_code, currency};
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};

/// Set and list limits on several accounts together, such as an insurer's credit line
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu limit set \"credit line of picc\" --currency CNY --max 8000000.00 --account 1101.picc --account 1102.picc \\
    --reason \"Credit committee of 2 March\"
  dianfu limit list")]
pub enum Limit {
    Set(Set),
    /// List the limits in force
    #[command(after_help = "\
Example:
  dianfu limit list --format json")]
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Show everything that was ever set under a name, oldest first
    #[command(after_help = "\
Example:
  dianfu limit history \"credit line of picc\"")]
    History {
        /// The group's name
        name: String,
        #[command(flatten)]
        output: Output,
    },
}

/// Set limits on what stands on several accounts together, from now on
///
/// Holds count. A limit below what is used already breaks nothing: it stops further use. Without --min and --max the
/// group has no limit any more. Every change is on record.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu limit set \"line of picc\" --currency CNY --max 8000000.00 --account 1101.picc --account 1102.picc \\
    --reason \"Credit committee of 2 March\"
  dianfu limit set pool --currency CNY --min 0 --account 1002.a --account 1002.b --reason \"No overdraft in sum\"")]
pub struct Set {
    /// The group's name
    name: String,
    /// The currency that all of its accounts hold
    #[arg(long, value_parser = currency)]
    currency: Currency,
    /// The side from which its balance is seen
    #[arg(long, value_enum, default_value = "debit")]
    side: Side,
    /// The balance never falls below this
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    min: Option<String>,
    /// The balance never rises above this
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    max: Option<String>,
    /// One of its accounts; give it once for each
    #[arg(long = "account", value_name = "CODE", required = true, value_parser = account_code)]
    accounts: Vec<AccountCode>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

const SHEET: Sheet = Sheet {
    above: &[],
    rows: "limit_groups",
    columns: &[
        Column::Text("name"),
        Column::Text("currency"),
        Column::Text("normal_side"),
        Column::Number("min"),
        Column::Number("max"),
        Column::Text("accounts"),
        Column::Text("recorded_at"),
        Column::Text("actor"),
        Column::Text("reason"),
    ],
    totals: None,
    below: &[],
    empty: "There is no limit on several accounts together.",
};

impl Limit {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Limit::Set(set) => set.run(desk).await,
            Limit::List { output } => list(desk, output).await,
            Limit::History { name, output } => history(desk, name, output).await,
        }
    }
}

impl Set {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let minor = |text: &Option<String>| -> Result<Option<i64>, No> {
            let money = text.as_deref().map(|text| Money::parse(text, self.currency)).transpose();
            Ok(money.map_err(|error| No::new(error.to_string()))?.map(|money| money.minor))
        };
        let group = LimitGroup {
            currency: self.currency,
            normal_side: NormalSide::from(self.side),
            limits: Limits { min_minor: minor(&self.min)?, max_minor: minor(&self.max)? },
            accounts: self.accounts.clone(),
        };
        let actor = Desk::actor();
        let signature = Signature::of(&actor, &self.reason);
        match desk.ledger().await?.set_limit_group(&self.name, &group, signature).await? {
            GroupOutcome::Changed => {}
            GroupOutcome::Unchanged => note(&format!("'{}' was so already", self.name)),
            GroupOutcome::Refused(fault) => return Err(No::new(fault.to_string()).into()),
        }
        list(desk, &self.output).await
    }
}

async fn list(desk: &Desk, output: &Output) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    let groups = limit_group::in_force(&**client).await?;
    let limit_groups = groups.into_iter().map(LimitGroupBody::from).collect();
    output.print(&LimitGroupsBody { limit_groups }, &SHEET)?;
    Ok(Answer::Yes)
}

async fn history(desk: &Desk, name: &str, output: &Output) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    let groups = limit_group::history(&**client, name).await?;
    if groups.is_empty() {
        return Err(No::new(format!("there is no limit group '{name}' in book '{}'", desk.book())).into());
    }
    let limit_groups = groups.into_iter().map(LimitGroupBody::from).collect();
    output.print(&LimitGroupsBody { limit_groups }, &SHEET)?;
    Ok(Answer::Yes)
}
