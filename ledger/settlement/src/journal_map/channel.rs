//! The journals of collection channels.

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::id;
use dianfu_ledger::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::journals::{Facts, JournalFault, Journals};
use crate::number::PartyNo;
use crate::payout::in_range;
use crate::refusal::Refusal;
use crate::voucher::Heading;

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
pub fn channel_settled(journals: &Journals, settlement: &ChannelSettlement, actor: &str) -> Result<NewEntry, Refusal> {
    let ChannelSettlement { channel, day, bank, reference, currency, collected_minor, fee_minor, on } = settlement;
    in_range("collected", *collected_minor, 1..=i64::MAX)?;
    in_range("fee", *fee_minor, 0..=*collected_minor)?;
    let heading = Heading {
        id: channel_settlement_id(settlement),
        journal: "J2b",
        kind: EntryKind::Post,
        relates_to: None,
        on: *on,
        reference,
        description: Some(format!("Channel {channel} settled its receipts of {day}")),
        actor,
    };
    let facts = Facts::new(*currency)
        .party("bank", bank)
        .party("channel", channel)
        .day("day", *day)
        .amount("collected", *collected_minor)
        .amount("charge", *fee_minor);
    let nothing = || Refusal::Journal(JournalFault::Unknown { journal: "J2b".to_owned() });
    journals.entry(heading, &facts)?.ok_or_else(nothing)
}

/// The id of its entry.
pub fn channel_settlement_id(settlement: &ChannelSettlement) -> Uuid {
    id::entry_id(start_of(settlement.day), settlement.channel.as_str(), &format!("J2b/{}", settlement.reference))
}

/// A share that a collection channel gave back to a patient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelRefund {
    /// The channel.
    pub channel: PartyNo,
    /// The day whose receipts it is taken from.
    pub day: Date,
    /// The channel's own number for it, unique for the channel.
    pub reference: String,
    /// The patient.
    pub patient: PartyNo,
    /// The claim: the item of what we owe the patient.
    pub claim: String,
    /// The currency of the amount.
    pub currency: Currency,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// When it counts.
    pub on: Date,
}

/// J20-channel, `2202 U / 1005 U`.
pub fn channel_refunded(journals: &Journals, refund: &ChannelRefund, actor: &str) -> Result<NewEntry, Refusal> {
    let ChannelRefund { channel, day, reference, patient, claim, currency, amount_minor, on } = refund;
    in_range("refunded", *amount_minor, 1..=i64::MAX)?;
    let heading = Heading {
        id: channel_refund_id(refund),
        journal: "J20-channel",
        kind: EntryKind::Post,
        relates_to: None,
        on: *on,
        reference,
        description: Some(format!("Channel {channel} refunded the share of claim {claim}")),
        actor,
    };
    let facts = Facts::new(*currency)
        .party("patient", patient)
        .text("claim", claim)
        .party("channel", channel)
        .day("day", *day)
        .amount("share", *amount_minor);
    let nothing = || Refusal::Journal(JournalFault::Unknown { journal: "J20-channel".to_owned() });
    journals.entry(heading, &facts)?.ok_or_else(nothing)
}

/// The id of its entry: the reference makes it one, whatever else is said of it.
pub fn channel_refund_id(refund: &ChannelRefund) -> Uuid {
    id::entry_id(Timestamp::UNIX_EPOCH, refund.channel.as_str(), &format!("J20-channel/{}", refund.reference))
}

fn start_of(day: Date) -> Timestamp {
    day.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |day| day.timestamp())
}
