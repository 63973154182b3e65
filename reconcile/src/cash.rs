//! Cash from an insurer, as the bank shows it: J14a, advice or not.
//!
//! The bank's own reference makes it one receipt: the same again gets the first answer, another content is a conflict.
//! The receipt and its entry are one transaction. If the advice is there, the remittance is applied next.

use deadpool_postgres::Client;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::money::Money;
use dianfu_ledger::{Ledger, Outcome, id};
use dianfu_settlement::journals::{Facts, JournalFault, Journals};
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::voucher::Heading;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::apply::{Application, Applying, apply};
use crate::error::Error;
use crate::refusal::Refusal;
use crate::remittance::OWN_ITEM;
use crate::sql::{self, StoredReceipt};

/// The longest trace or reference of a bank.
const NUMBER_BYTES_MAX: usize = 100;

/// A credit on our bank account.
#[derive(Clone, Copy, Debug)]
pub struct CashReceipt<'a> {
    /// Our bank account: the party of 1002.
    pub bank: &'a PartyNo,
    /// The bank's reference of the credit, unique on the account.
    pub bank_reference: &'a str,
    /// Who paid.
    pub insurer: &'a PartyNo,
    /// The trace that came with it, if one did.
    pub trace: Option<&'a str>,
    /// How much.
    pub amount: Money,
    /// When it counts.
    pub value_date: Date,
    /// When we learnt of it.
    pub received_at: Timestamp,
    /// Who says so.
    pub actor: &'a str,
}

impl CashReceipt<'_> {
    /// Its item on 2190: the trace, or one by the bank's reference while nobody knows what it is for.
    pub fn item(&self) -> String {
        self.trace.map_or_else(|| format!("{OWN_ITEM}{OWN_ITEM}{}", self.bank_reference), str::to_owned)
    }
}

/// A receipt that is booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// The entry that booked it.
    pub entry_id: Uuid,
    /// Where the remittance of its trace stands now; `None` if its advice has not come.
    pub application: Option<Application>,
    /// Whether it had been booked before.
    pub replayed: bool,
}

/// Books a receipt, and applies its remittance if the advice is there. `on` is when applying counts.
pub async fn receive(
    ledger: &Ledger,
    client: &mut Client,
    receipt: &CashReceipt<'_>,
    on: Date,
) -> Result<Result<Received, Refusal>, Error> {
    if let Some(refusal) = malformed(receipt) {
        return Ok(Err(refusal));
    }
    let (entry_id, replayed) = match book(ledger, client, receipt).await? {
        Ok(booked) => booked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let CashReceipt { insurer, actor, received_at: now, .. } = *receipt;
    let Some(trace) = receipt.trace else { return Ok(Ok(Received { entry_id, application: None, replayed })) };
    let applying = Applying { insurer, trace, on, actor, now };
    let application = match apply(ledger, client, &applying).await? {
        Ok(application) => Some(application),
        Err(Refusal::RemittanceUnknown { .. }) => None,
        Err(refusal) => return Ok(Err(refusal)),
    };
    Ok(Ok(Received { entry_id, application, replayed }))
}

fn malformed(receipt: &CashReceipt<'_>) -> Option<Refusal> {
    let numbers = [("bank_reference", Some(receipt.bank_reference)), ("trace", receipt.trace)];
    let bad = |number: &str| {
        !(1..=NUMBER_BYTES_MAX).contains(&number.len()) || number.contains('\0') || number.starts_with(OWN_ITEM)
    };
    let bad = numbers.into_iter().find_map(|(field, number)| Some((field, number.filter(|number| bad(number))?)));
    if let Some((field, given)) = bad {
        let given = given.chars().take(80).collect();
        return Some(Refusal::NumberMalformed { field, bytes_max: NUMBER_BYTES_MAX, given });
    }
    let actual_minor = receipt.amount.minor;
    (actual_minor <= 0).then_some(Refusal::AmountNotPositive { actual_minor })
}

/// Books the receipt: its entry, and whether it was booked before.
async fn book(
    ledger: &Ledger,
    client: &mut Client,
    receipt: &CashReceipt<'_>,
) -> Result<Result<(Uuid, bool), Refusal>, Error> {
    let entry_id = entry_id(receipt);
    let tx = client.transaction().await?;
    if !sql::insert_receipt(&tx, receipt, entry_id).await? {
        let first = sql::receipt(&tx, receipt.bank, receipt.bank_reference).await?;
        let first = first.ok_or_else(|| Error::Corrupt("a receipt on record cannot be read".to_owned()))?;
        return Ok(same(receipt, &first).map(|()| (first.entry_id, true)));
    }
    // Under the head, so that no version of the journal is recorded in between.
    lock_head(&tx).await?;
    let entry = match entry(&Journals::in_force(&tx, &["J14a"]).await?, receipt) {
        Ok(entry) => entry,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let entries: Vec<NewEntry> = entry.into_iter().collect();
    let outcomes = ledger.post_in(&tx, &entries).await?;
    if let Some(Outcome::Rejected(rejection)) = outcomes.into_iter().next() {
        return Ok(Err(Refusal::Ledger(rejection)));
    }
    tx.commit().await?;
    Ok(Ok((entry_id, false)))
}

fn entry_id(receipt: &CashReceipt<'_>) -> Uuid {
    let subject = format!("receipt {}/{}", receipt.bank, receipt.bank_reference);
    id::entry_id(receipt.received_at, &subject, "J14a")
}

/// J14a: `1002 B / 2190 B`.
fn entry(journals: &Journals, receipt: &CashReceipt<'_>) -> Result<Option<NewEntry>, JournalFault> {
    let heading = Heading {
        id: entry_id(receipt),
        journal: "J14a",
        kind: EntryKind::Post,
        relates_to: None,
        on: receipt.value_date,
        reference: receipt.bank_reference,
        description: Some(format!("Cash from insurer {} for {}", receipt.insurer, receipt.item())),
        actor: receipt.actor,
    };
    let facts = Facts::new(receipt.amount.currency)
        .party("bank", receipt.bank)
        .party("insurer", receipt.insurer)
        .text("receipt", &receipt.item())
        .amount("cash", receipt.amount.minor);
    journals.entry(heading, &facts)
}

fn same(receipt: &CashReceipt<'_>, first: &StoredReceipt) -> Result<(), Refusal> {
    let fields = [
        ("insurer", first.insurer.to_string(), receipt.insurer.to_string()),
        ("trace", first.item.clone(), receipt.item()),
        ("amount", first.amount.to_string(), receipt.amount.to_string()),
        ("value_date", first.value_date.to_string(), receipt.value_date.to_string()),
    ];
    match fields.into_iter().find(|(_, first, given)| first != given) {
        Some((field, first, given)) => {
            let bank_reference = receipt.bank_reference.to_owned();
            Err(Refusal::ReceiptConflict { bank_reference, field, first, given })
        }
        None => Ok(()),
    }
}
