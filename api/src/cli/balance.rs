//! `dianfu balance`: what stands on an account.

use clap::Args;
use dianfu_api::wire::account::BalanceBody;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query;

use super::account::unknown;
use super::arguments::{MomentArgs, account_code};
use super::desk::Desk;
use super::ending::Answer;
use super::print::{Column, Output, Sheet};

/// Show the balance of an account, or of all accounts below a code
///
/// One row a currency, seen from the normal side. Pending is money that is held and has not moved.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu balance 1101.picc
  dianfu balance 1101                                  all accounts that begin with `1101.` together
  dianfu balance 1101.picc --as-of 2026-05-31 --known-at 2026-06-02T00:00:00Z")]
pub struct Balance {
    /// The account's code
    #[arg(value_parser = account_code)]
    code: AccountCode,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: Output,
}

const NOTHING: &str = "Nothing was posted below this code.";

const COLUMNS: &[Column] = &[
    Column::Text("account"),
    Column::Text("name"),
    Column::Text("currency"),
    Column::Number("balance"),
    Column::Number("settled.debits"),
    Column::Number("settled.credits"),
    Column::Number("pending.debits"),
    Column::Number("pending.credits"),
];

impl Balance {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let client = desk.client().await?;
        let views = query::balances(&**client, &self.code, self.moment.moment()).await?;
        let views = views.ok_or_else(|| unknown(desk, &self.code))?;
        let balances: Vec<BalanceBody> = views.into_iter().map(BalanceBody::from).collect();
        self.output.print(&balances, &Sheet { columns: COLUMNS, empty: NOTHING, ..Sheet::default() })?;
        Ok(Answer::Yes)
    }
}
