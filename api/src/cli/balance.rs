//! `dianfu balance`: what stands on an account.

use clap::Args;
use dianfu_api::report::books;
use dianfu_ledger::account::AccountCode;

use super::arguments::{MomentArgs, account_code};
use super::desk::Desk;
use super::ending::Answer;
use super::paper::PaperOutput;

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
    output: PaperOutput,
}

impl Balance {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let question = books::Balances { account: self.code.clone(), moment: self.moment.moment() };
        self.output.print(desk, question).await
    }
}
