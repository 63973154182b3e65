//! `dianfu remittance import`: take a file in, match and apply it, tell what became of each line.

use std::path::PathBuf;

use clap::Args;
use deadpool_postgres::Client;
use dianfu_api::wire::remittance::{ImportedBody, RemittanceBody};
use dianfu_ledger::clock;
use dianfu_ledger::money::Money;
use dianfu_reconcile::report::{self, ApplicationRow};
use dianfu_reconcile::{Application, CashReceipt, Delivery, Refusal, import, receive};
use dianfu_settlement::number::PartyNo;
use serde::Serialize;

use super::{check, show};
use crate::cli::arguments::party;
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No, note};
use crate::cli::input;
use crate::cli::print::{Format, Output};

/// Take an X12 835 in, match its lines to claims, and apply it
///
/// A file whose sums do not hold is refused whole. A remittance is applied when its cash is there: from the bank's
/// statement, or booked by --cash. The same file again changes nothing and gives the first answer again.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu remittance import payment.835 --insurer picc
  dianfu remittance import payment.835 --insurer picc --cash settlement
  dianfu remittance import - --insurer picc --format json < payment.835")]
pub struct Import {
    /// The file; `-` is standard input
    file: PathBuf,
    /// The insurer that sent it, as in the accounts `1102.picc`
    #[arg(long, value_name = "NAME", value_parser = party)]
    insurer: PartyNo,
    /// Also book the announced cash, as received on this bank account: `settlement` is 1002.settlement. Only where
    /// nothing else books what the bank shows
    #[arg(long, value_name = "BANK", value_parser = party)]
    cash: Option<PartyNo>,
    #[command(flatten)]
    output: Output,
}

/// The answer of the HTTP interface, and each of its remittances as the HTTP interface shows it.
#[derive(Serialize)]
struct ImportBody {
    #[serde(flatten)]
    imported: ImportedBody,
    details: Vec<RemittanceBody>,
}

impl Import {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let bytes = input::whole(&self.file, input::REMITTANCE_BYTES_MAX).await?;
        let mut client = desk.client().await?;
        let (insurer, received_at, actor) = (&self.insurer, clock::now(), &Desk::actor());
        let delivery = Delivery { insurer, bytes: &bytes, received_at, actor };
        let imported = import(desk.ledger().await?, &mut client, &delivery).await?;
        let mut imported = imported.map_err(|refusal| self.refused(&refusal))?;
        let mut details = Vec::with_capacity(imported.remittances.len());
        for application in &mut imported.remittances {
            self.receive_cash(desk, &mut client, application).await?;
            details.extend(report::remittance(&mut client, application.remittance_id).await?);
        }
        if imported.replayed {
            note("this file was taken in before: this is where it stands");
        }
        let details: Vec<RemittanceBody> = details.into_iter().map(RemittanceBody::from).collect();
        if self.output.format == Format::Json {
            self.output.print_one(&ImportBody { imported: imported.into(), details }, &[])?;
        } else {
            show::print(&details, &self.output)?;
        }
        Ok(Answer::Yes)
    }

    /// Says why a file is refused; with every rule that it breaks, if it does not hold.
    fn refused(&self, refusal: &Refusal) -> No {
        if let Refusal::Unbalanced(verdict) = refusal
            && let Err(error) = check::print(verdict, &self.output)
        {
            note(&format!("the verdict could not be printed: {error}"));
        }
        let no = No::new(format!("{}: {refusal}", input::name(&self.file)));
        match refusal {
            Refusal::InsurerUnknown { insurer } => {
                no.next(format!("open its accounts: dianfu account chart --currency CURRENCY --insurer {insurer}"))
            }
            Refusal::Unbalanced(_) => no.next("ask the sender for a file that holds; nothing of this one is booked"),
            Refusal::Ledger(_) => no.next(
                "the file is on record and what is refused waits (`dianfu remittance list`): \
                 mend the cause and import the file again",
            ),
            _ => no.next("nothing of the file is booked"),
        }
    }

    /// Books the announced cash, unless that was not asked for or the cash has come.
    async fn receive_cash(&self, desk: &Desk, client: &mut Client, about: &mut Application) -> anyhow::Result<()> {
        let Some(bank) = &self.cash else { return Ok(()) };
        let Some(view) = report::remittance(client, about.remittance_id).await? else { return Ok(()) };
        let ApplicationRow { remittance, cash_minor, .. } = view.row;
        if remittance.paid_minor == 0 || cash_minor >= i128::from(remittance.paid_minor) {
            return Ok(());
        }
        let now = clock::now();
        let receipt = CashReceipt {
            bank,
            bank_reference: &format!("{}/{}", self.insurer, remittance.trace),
            insurer: &self.insurer,
            trace: Some(&remittance.trace),
            amount: Money::new(remittance.paid_minor, remittance.currency),
            value_date: remittance.value_date,
            received_at: now,
            actor: &Desk::actor(),
        };
        let received = receive(desk.ledger().await?, client, &receipt, clock::date_of(now)).await?;
        let received = received.map_err(|refusal| {
            No::new(format!("the file is taken in, but its cash cannot be booked: {refusal}"))
                .next(format!("see that 1002.{bank} is open: dianfu account show 1002.{bank}"))
        })?;
        *about = received.application.unwrap_or_else(|| about.clone());
        Ok(())
    }
}
