//! `dianfu account chart`: the accounts that the platform's journals post to.

use clap::Args;
use dianfu_api::wire::account::{AccountBody, AccountPageBody};
use dianfu_ledger::account::NewAccount;
use dianfu_ledger::limit_group::{self, GroupOutcome};
use dianfu_ledger::money::{Currency, Money, MoneyError};
use dianfu_ledger::opening::AccountOutcome;
use dianfu_ledger::register::Signature;
use dianfu_settlement::chart::{credit_line, credit_line_name, insurer_accounts, pharmacy_accounts, platform_accounts};
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
    /// The most that may be held, advanced, due and disputed for the insurer at any moment; no limit if left out
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
        self.set_credit_line(desk).await?;
        let sheet = Sheet { rows: "accounts", columns: COLUMNS, ..Sheet::default() };
        self.output.print(&AccountPageBody { accounts, next: None }, &sheet)?;
        Ok(Answer::Yes)
    }

    fn accounts(&self) -> Result<Vec<NewAccount>, No> {
        let currency = self.currency()?;
        let of_insurer = self.insurer.iter().flat_map(|insurer| insurer_accounts(insurer, currency));
        let of_pharmacy = self.pharmacy.iter().flat_map(|pharmacy| pharmacy_accounts(pharmacy, currency));
        Ok(platform_accounts(currency).into_iter().chain(of_insurer).chain(of_pharmacy).collect())
    }

    fn currency(&self) -> Result<Currency, No> {
        self.currency.parse().map_err(|error: MoneyError| No::new(error.to_string()))
    }

    /// Sets the insurer's first credit line; the next ones take two people.
    async fn set_credit_line(&self, desk: &Desk) -> anyhow::Result<()> {
        let (Some(insurer), Some(text)) = (&self.insurer, &self.credit_line) else { return Ok(()) };
        let line = Money::parse(text, self.currency()?).map_err(|error| No::new(error.to_string()))?;
        let (name, group) = (credit_line_name(insurer), credit_line(insurer, line.currency, line.minor));
        let ledger = desk.ledger().await?;
        let history = limit_group::history(&**ledger.client().await?, &name).await?;
        if let Some(last) = history.last() {
            let told = "another credit line is in force; it is changed by two people";
            return if last.group == group { Ok(()) } else { Err(No::new(format!("{insurer}: {told}")).into()) };
        }
        match ledger.set_limit_group(&name, &group, Signature::of(&Desk::actor(), "the first credit line")).await? {
            GroupOutcome::Changed | GroupOutcome::Unchanged => Ok(()),
            GroupOutcome::Refused(fault) => Err(No::new(fault.to_string()).into()),
        }
    }
}
