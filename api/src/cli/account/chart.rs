//! `dianfu account chart`: the accounts that the platform's journals post to.

use clap::Args;
use dianfu_api::wire::account::{AccountBody, AccountPageBody};
use dianfu_ledger::account::NewAccount;
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::opening::AccountOutcome;
use dianfu_settlement::chart::{insurer_accounts, pharmacy_accounts, platform_accounts};
use dianfu_settlement::number::PartyNo;

use super::open::{conflict, refuse_other};
use super::{COLUMNS, find};
use crate::cli::arguments::party;
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No};
use crate::cli::print::{Output, Sheet};

/// Open the platform's accounts, and those of an insurer or a pharmacy
///
/// Claims, payouts and remittances post to these. What is open already stays as it is.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu account chart --currency CNY
  dianfu account chart --currency CNY --insurer picc --credit-line 5000000.00
  dianfu account chart --currency CNY --pharmacy xinte")]
pub struct Chart {
    /// The one currency of the book's chart, such as CNY
    #[arg(long)]
    currency: String,
    /// Also the accounts of this insurer
    #[arg(long, value_name = "NAME", value_parser = party)]
    insurer: Option<PartyNo>,
    /// The most that may be advanced for the insurer at any moment; no limit if left out
    #[arg(long, value_name = "AMOUNT", requires = "insurer")]
    credit_line: Option<String>,
    /// Also the accounts of this pharmacy
    #[arg(long, value_name = "NAME", value_parser = party)]
    pharmacy: Option<PartyNo>,
    #[command(flatten)]
    output: Output,
}

impl Chart {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let wanted = self.accounts()?;
        let outcomes = desk.ledger().await?.open_accounts(&wanted, &Desk::actor()).await?;
        let mut accounts = Vec::with_capacity(wanted.len());
        for (account, outcome) in wanted.iter().zip(outcomes) {
            match outcome {
                AccountOutcome::Opened(_) => {}
                AccountOutcome::Existing(_) => refuse_other(account, &find(desk, &account.code).await?)?,
                AccountOutcome::Conflict { field, first, given } => {
                    return Err(conflict(&account.code, field, &first, &given).into());
                }
                AccountOutcome::Refused(fault) => return Err(No::new(format!("{}: {fault}", account.code)).into()),
            }
            accounts.push(AccountBody::from(find(desk, &account.code).await?));
        }
        let sheet = Sheet { rows: "accounts", columns: COLUMNS, ..Sheet::default() };
        self.output.print(&AccountPageBody { accounts, next: None }, &sheet)?;
        Ok(Answer::Yes)
    }

    fn accounts(&self) -> Result<Vec<NewAccount>, No> {
        let no = |error: dianfu_ledger::money::MoneyError| No::new(error.to_string());
        let currency: Currency = self.currency.parse().map_err(no)?;
        let line = self.credit_line.as_deref().map(|text| Money::parse(text, currency)).transpose().map_err(no)?;
        let of_insurer = self.insurer.iter().flat_map(|insurer| match line {
            Some(line) => insurer_accounts(insurer, currency, line.minor),
            None => without_credit_line(insurer_accounts(insurer, currency, i64::MAX)),
        });
        let of_pharmacy = self.pharmacy.iter().flat_map(|pharmacy| pharmacy_accounts(pharmacy, currency));
        Ok(platform_accounts(currency).into_iter().chain(of_insurer).chain(of_pharmacy).collect())
    }
}

fn without_credit_line(mut accounts: Vec<NewAccount>) -> Vec<NewAccount> {
    for account in &mut accounts {
        account.limits.max_minor = None;
    }
    accounts
}
