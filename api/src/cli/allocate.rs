//! `dianfu allocate`: a payment that is shared out over open items.

use clap::Args;
use dianfu_api::wire::allocation::AllocationBody;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::allocation::{AllocationOutcome, NewAllocation, Share};
use dianfu_ledger::id;
use dianfu_ledger::money::{Currency, Money};
use jiff::civil::Date;
use uuid::Uuid;

use super::arguments::{account_code, currency, day};
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};

/// Set open items of an account off against each other: a payment against claims, or several payments against one
///
/// Items give and take in the order in which they are named, as much as stands on them, or exactly the amount that is
/// named. What is too much stays on the payment's item. Without --to, the items that are due first take. It is an
/// ordinary entry: reversing it takes it back.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu allocate 1102.picc --currency CNY --from PAY-1 --to CLM-17 --to CLM-18
  dianfu allocate 1102.picc --currency CNY --from PAY-1 --from PAY-2 --to CLM-17=14000.00
  dianfu allocate 1102.picc --currency CNY --from PAY-1 --dry-run        the items due first take; nothing is posted")]
pub struct Allocate {
    /// The account that the items are on
    #[arg(value_parser = account_code)]
    account: AccountCode,
    /// Its currency
    #[arg(long, value_parser = currency)]
    currency: Currency,
    /// An item that gives; may be given several times
    #[arg(long, value_name = "ITEM[=AMOUNT]", required = true)]
    from: Vec<String>,
    /// An item that takes; may be given several times
    #[arg(long, value_name = "ITEM[=AMOUNT]")]
    to: Vec<String>,
    /// The id of its entry: a retry with the same id posts nothing twice. Drawn and shown if left out
    #[arg(long)]
    id: Option<Uuid>,
    /// When it counts; the day it is booked if left out
    #[arg(long, value_name = "DAY", value_parser = day)]
    date: Option<Date>,
    /// The business document it stems from
    #[arg(long, default_value = "", hide_default_value = true)]
    reference: String,
    /// A sentence for a person
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,
    /// Only show what would be posted
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

const SHEET: Sheet = Sheet {
    above: &["id", "sequence", "booked_at", "account", "currency"],
    rows: "items",
    columns: &[Column::Text("item"), Column::Number("debit"), Column::Number("credit")],
    totals: None,
    below: &[],
    empty: "",
};

impl Allocate {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let allocation = self.allocation()?;
        match desk.ledger().await?.allocate(&allocation, !self.dry_run).await? {
            AllocationOutcome::Done { receipt, replayed, shares } => {
                if replayed {
                    note("it was in the books already; this is the first answer again");
                }
                let receipt = (!self.dry_run || replayed).then_some(receipt);
                self.output.print(&AllocationBody::new(&allocation, receipt, replayed, shares), &SHEET)?;
                Ok(Answer::Yes)
            }
            AllocationOutcome::Refused(fault) => Err(No::new(format!("{} ({})", fault, fault.code())).into()),
        }
    }

    fn allocation(&self) -> Result<NewAllocation, No> {
        let shares = |texts: &[String]| texts.iter().map(|text| self.share(text)).collect::<Result<Vec<_>, No>>();
        Ok(NewAllocation {
            id: self.id.unwrap_or_else(id::fresh),
            account: self.account.clone(),
            currency: self.currency,
            effective_date: self.date,
            reference: self.reference.clone(),
            description: self.description.clone(),
            actor: Desk::actor(),
            from: shares(&self.from)?,
            to: shares(&self.to)?,
        })
    }

    /// An item may have `=` in its name: the amount stands behind the last one.
    fn share(&self, text: &str) -> Result<Share, No> {
        let Some((item, amount)) = text.rsplit_once('=') else {
            return Ok(Share { item: text.to_owned(), minor: None });
        };
        let money = Money::parse(amount, self.currency).map_err(|error| No::new(format!("{item}: {error}")))?;
        Ok(Share { item: item.to_owned(), minor: Some(money.minor) })
    }
}
