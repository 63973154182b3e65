//! `dianfu account set`: the limits of an account, and whether it is closed.

use clap::{ArgGroup, Args};
use dianfu_ledger::account::{AccountCode, LimitChange, SettingChange};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::opening::SettingOutcome;

use crate::cli::arguments::account_code;
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No, note};
use crate::cli::print::Output;

/// Change an account's limits, or close it, from now on
///
/// What is not named stays as it is. Every change is on record with who made it and why. A limit below what is used
/// already breaks nothing: it stops further use.
#[derive(Args)]
#[command(
    group = ArgGroup::new("change").args(["min", "max", "close", "reopen"]).required(true).multiple(true),
    after_help = "\
Examples:
  dianfu account set 1101.picc --max 8000000.00 --reason \"Credit committee of 2 March\"
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
    /// Take no postings any more
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

impl Set {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let there = super::find(desk, &self.code).await?;
        let change = self.change(there.currency)?;
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
        Ok(SettingChange { min, max, closed })
    }
}

fn limit(given: Option<&str>, currency: Currency) -> Result<LimitChange, No> {
    match given {
        None => Ok(LimitChange::Keep),
        Some("none") => Ok(LimitChange::To(None)),
        Some(text) => match Money::parse(text, currency) {
            Ok(money) => Ok(LimitChange::To(Some(money.minor))),
            Err(error) => Err(No::new(error.to_string())),
        },
    }
}
