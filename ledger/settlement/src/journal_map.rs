//! The journals of settlement, as pure functions from a payout to its entry.
//!
//! A advance, N gross, w tax withheld, R returned, U collected, b bank charge, c channel fee.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::id;
use dianfu_ledger::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::batch::Batch;
use crate::chart::{BANK_CHARGES, BANK_CLIENT, BANK_OWN, CHANNEL, OUTBOUND, OWN_BANK, REFUND, RETURNED, TAX_WITHHELD};
use crate::number::PartyNo;
use crate::payout::{Fact, Payout, in_range};
use crate::refusal::Refusal;
use crate::voucher::{Heading, Voucher};

/// J5a: own money moves to the clients' bank account to cover the advances in a batch, `1002 A / 1001 A`. Clients'
/// money never funds an advance. `None` if the batch has none.
pub fn own_money_moved(batch: &Batch, advances_minor: i64, on: Date, actor: &str) -> Option<NewEntry> {
    let heading = Heading {
        id: id::entry_id(batch.made_at, batch.batch_no.as_str(), "J5a"),
        journal: "J5a",
        on,
        reference: batch.batch_no.as_str(),
        description: format!("Own money covers the advances in payout batch {}", batch.batch_no),
        actor,
    };
    let own = PartyNo::parse(OWN_BANK).expect("a bank account's name is a party number");
    Voucher::post(heading, batch.currency)
        .debit(BANK_CLIENT.of(&batch.bank), advances_minor, None)
        .credit(BANK_OWN.of(&own), advances_minor, None)
        .close()
}

/// The entry that a fact about a payout posts; `None` where no money moves.
pub fn fact(payout: &Payout, fact: &Fact, on: Date, actor: &str) -> Option<NewEntry> {
    match fact {
        Fact::Instructed => instructed(payout, on, actor),
        Fact::Paid { charge_minor, .. } => paid(payout, *charge_minor, on, actor),
        Fact::Rejected { reason } => rejected(payout, reason, on, actor),
        Fact::Returned { reason, .. } => returned(payout, reason, on, actor),
        Fact::Unknown { .. } | Fact::Accepted { .. } | Fact::Reissued { .. } => None,
    }
}

/// J5, `2101 N / 1010 N-w, 2402 w`; J8b and J20 are the same for what stands on 2110 and on 2202.
fn instructed(payout: &Payout, on: Date, actor: &str) -> Option<NewEntry> {
    let journal = instruction_journal(payout);
    let description = match &payout.reissue_of {
        Some(returned) => format!("Payout {} instructed in place of {returned}", payout.payout_id),
        None => format!("Payout {} to {} instructed", payout.payout_id, payout.payee),
    };
    let mut voucher = Voucher::post(heading(payout, journal, description, on, actor), payout.currency);
    for item in &payout.items {
        voucher = voucher.debit(item.account.clone(), item.amount_minor, Some(&item.item));
    }
    voucher
        .credit(OUTBOUND.of(&payout.bank), payout.net_minor(), Some(payout.payout_id.as_str()))
        .credit(TAX_WITHHELD.of_book(), payout.withheld_minor, None)
        .close()
}

/// J6, `1010 N-w, 5101 b / 1002 N-w+b`.
fn paid(payout: &Payout, charge_minor: i64, on: Date, actor: &str) -> Option<NewEntry> {
    let description = format!("Payout {} debited by the bank", payout.payout_id);
    let debited = payout.net_minor().checked_add(charge_minor)?;
    Voucher::post(heading(payout, "J6", description, on, actor), payout.currency)
        .debit(OUTBOUND.of(&payout.bank), payout.net_minor(), Some(payout.payout_id.as_str()))
        .debit(BANK_CHARGES.of_book(), charge_minor, None)
        .credit(BANK_CLIENT.of(&payout.bank), debited, None)
        .close()
}

/// J7, `1010 N-w, 2402 w / 2101 N`: the items are open again.
fn rejected(payout: &Payout, reason: &str, on: Date, actor: &str) -> Option<NewEntry> {
    let description = format!("Payout {} rejected by the bank: {reason}", payout.payout_id);
    let mut voucher = Voucher::post(heading(payout, "J7", description, on, actor), payout.currency)
        .debit(OUTBOUND.of(&payout.bank), payout.net_minor(), Some(payout.payout_id.as_str()))
        .debit(TAX_WITHHELD.of_book(), payout.withheld_minor, None);
    for item in &payout.items {
        voucher = voucher.credit(item.account.clone(), item.amount_minor, Some(&item.item));
    }
    voucher.close()
}

/// J8, `1002 R / 2110 R`: it waits for new bank details.
fn returned(payout: &Payout, reason: &str, on: Date, actor: &str) -> Option<NewEntry> {
    let description = format!("Payout {} returned by the bank: {reason}", payout.payout_id);
    Voucher::post(heading(payout, "J8", description, on, actor), payout.currency)
        .debit(BANK_CLIENT.of(&payout.bank), payout.net_minor(), None)
        .credit(RETURNED.of_book(), payout.net_minor(), Some(payout.payout_id.as_str()))
        .close()
}

/// What a collection channel paid out to our bank account for one day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelSettlement {
    /// The channel.
    pub channel: PartyNo,
    /// The day whose receipts it settles.
    pub day: Date,
    /// Our bank account that got the money.
    pub bank: PartyNo,
    /// The bank's or the channel's own number for it, unique for the channel.
    pub reference: String,
    /// The currency of both amounts.
    pub currency: Currency,
    /// What was collected, in minor units.
    pub collected_minor: i64,
    /// What the channel kept for itself, in minor units.
    pub fee_minor: i64,
    /// The day the bank shows it.
    pub on: Date,
}

/// J2b, `1002 U-c, 5101 c / 1005 U`.
pub fn channel_settled(settlement: &ChannelSettlement, actor: &str) -> Result<NewEntry, Refusal> {
    let ChannelSettlement { channel, day, bank, reference, currency, collected_minor, fee_minor, on } = settlement;
    in_range("collected", *collected_minor, 1..=i64::MAX)?;
    in_range("fee", *fee_minor, 0..=*collected_minor)?;
    let heading = Heading {
        id: channel_settlement_id(settlement),
        journal: "J2b",
        on: *on,
        reference,
        description: format!("Channel {channel} settled its receipts of {day}"),
        actor,
    };
    let entry = Voucher::post(heading, *currency)
        .debit(BANK_CLIENT.of(bank), collected_minor - fee_minor, None)
        .debit(BANK_CHARGES.of_book(), *fee_minor, None)
        .credit(CHANNEL.of(channel), *collected_minor, Some(&day.to_string()))
        .close();
    Ok(entry.expect("what was collected is not zero"))
}

fn channel_settlement_id(settlement: &ChannelSettlement) -> Uuid {
    let since = settlement.day.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |day| day.timestamp());
    id::entry_id(since, settlement.channel.as_str(), &format!("J2b/{}", settlement.reference))
}

fn heading<'a>(payout: &'a Payout, journal: &'a str, description: String, on: Date, actor: &'a str) -> Heading<'a> {
    let id = id::entry_id(payout.created_at, payout.payout_id.as_str(), journal);
    Heading { id, journal, on, reference: payout.payout_id.as_str(), description, actor }
}

fn instruction_journal(payout: &Payout) -> &'static str {
    let refunds = |account: &AccountCode| account.control() == REFUND.code;
    match &payout.reissue_of {
        Some(_) => "J8b",
        None if payout.items.iter().any(|item| refunds(&item.account)) => "J20",
        None => "J5",
    }
}

#[cfg(test)]
mod tests;
