//! `dianfu account set`: the limits of an account, its place in the chart, and whether it is frozen or closed.

use clap::{ArgGroup, Args, ValueEnum};
use dianfu_ledger::account::{AccountCode, Change, Frozen, SettingChange};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::opening::SettingOutcome;

use crate::cli::arguments::account_code;
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No, note};
use crate::cli::print::Output;

/// Change an account's limits or place, freeze or close it, from now on
///
/// What is not named stays as it is. Every change is on record with who made it and why. A limit below what is used
/// already breaks nothing: it stops further use.
#[derive(Args)]
#[command(
    group = ArgGroup::new("change")
        .args(["min", "max", "freeze", "parent", "metadata", "close", "reopen"])
        .required(true)
        .multiple(true),
    after_help = "\
Examples:
  dianfu account set 1101.picc --max 8000000.00 --reason \"Credit committee of 2 March\"
  dianfu account set 1002.bank --freeze out --reason \"Court order 17\"
  dianfu account set 1101.picc --close --reason \"Contract ended\""
)]
pub struct Set {
    /// The account's code
    #[arg(value_parser = account_code)]
    code: AccountCode,
    /// The balance never falls below this; `none` for no lower limit
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    min: Option<String>,
    /// The balance never rises above this; `none` for no upper limit
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    max: Option<String>,
    /// Refuse what would raise the balance (in), lower it (out), or both, seen from the normal side
    #[arg(long, value_enum)]
    freeze: Option<Freeze>,
    /// Roll it up to this account or heading; `none` for what stands before the last dot of its code
    #[arg(long, value_name = "CODE")]
    parent: Option<String>,
    /// A JSON object about it; `none` for none
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
    /// Take no postings any more; at zero only
    #[arg(long, conflicts_with = "reopen")]
    close: bool,
    /// Take postings again
    #[arg(long)]
    reopen: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Freeze {
    None,
    In,
    Out,
    Both,
}

impl From<Freeze> for Frozen {
    fn from(freeze: Freeze) -> Frozen {
        match freeze {
            Freeze::None => Frozen::None,
            Freeze::In => Frozen::In,
            Freeze::Out => Frozen::Out,
            Freeze::Both => Frozen::Both,
        }
    }
}

impl Set {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let there = super::find(desk, &self.code).await?;
        let change = self.change(there.account.currency)?;
        let outcome = desk.ledger().await?.change_setting(&self.code, change, &Desk::actor(), &self.reason).await?;
        match outcome {
            SettingOutcome::Changed => {}
            SettingOutcome::Unchanged => note(&format!("account {} was so already", self.code)),
            SettingOutcome::AccountUnknown => return Err(super::unknown(desk, &self.code).into()),
            SettingOutcome::Refused(fault) => return Err(No::new(fault.to_string()).into()),
        }
        super::show(desk, &self.code, &self.output).await
    }

    fn change(&self, currency: Currency) -> Result<SettingChange, No> {
        let closed = (self.close || self.reopen).then_some(self.close);
        let (min, max) = (limit(self.min.as_deref(), currency)?, limit(self.max.as_deref(), currency)?);
        let (frozen, parent) = (self.freeze.map(Frozen::from), text(self.parent.as_deref()));
        Ok(SettingChange { min, max, closed, frozen, parent, metadata: text(self.metadata.as_deref()) })
    }
}

fn limit(given: Option<&str>, currency: Currency) -> Result<Change<i64>, No> {
    match given {
        None => Ok(Change::Keep),
        Some("none") => Ok(Change::To(None)),
        Some(text) => match Money::parse(text, currency) {
            Ok(money) => Ok(Change::To(Some(money.minor))),
            Err(error) => Err(No::new(error.to_string())),
        },
    }
}

fn text(given: Option<&str>) -> Change<String> {
    match given {
        None => Change::Keep,
        Some("none") => Change::To(None),
        Some(text) => Change::To(Some(text.to_owned())),
    }
}
