//! Reading what is told: amounts in the claim's currency, numbers, and digests, each refused at its place.

use dianfu_claims::event::{Event, Grounds, LineDecision};
use dianfu_claims::insurer::bearer::Condition;
use dianfu_ledger::money::{Currency, Money, MoneyError};
use dianfu_settlement::number::PartyNo;

use super::{LineDecisionBody, ToldBody};
use crate::problem::Violation;

/// Reads the amounts of a body in the claim's currency.
pub(super) struct Amounts<'a> {
    /// What the body says.
    pub currency: Option<&'a str>,
    /// What it must say.
    pub of_claim: Currency,
}

impl Amounts<'_> {
    /// An amount in minor units.
    fn minor(&self, text: &str, pointer: &str) -> Result<i64, Violation> {
        let expected = self.of_claim;
        let given = self.currency.unwrap_or("nothing");
        if given != expected.code() {
            let message = format!("the claim is in {expected}; so are all its amounts");
            return Err(Violation::at("currency_differs", "/currency", message).expected(expected.code(), given));
        }
        let misread = |error: MoneyError| Violation::at(error.code(), pointer, error.to_string());
        Ok(Money::parse(text, expected).map_err(misread)?.minor)
    }
}

fn party(text: &str, pointer: &str) -> Result<PartyNo, Violation> {
    PartyNo::parse(text).map_err(|error| Violation::at("number_malformed", pointer, error.to_string()))
}

impl ToldBody {
    /// The event that it tells.
    pub(super) fn read(self, amounts: &Amounts<'_>) -> Result<Event, Violation> {
        let place = format!("/event/{}", self.kind().word());
        Ok(match self {
            ToldBody::Submitted {} => Event::Submitted,
            ToldBody::ReviewStarted {} => Event::ReviewStarted,
            ToldBody::MaterialRequested { number, materials, due_on } => {
                Event::MaterialRequested { number, materials, due_on }
            }
            ToldBody::MaterialSupplied { number } => Event::MaterialSupplied { number },
            ToldBody::ShareRequested {} => Event::ShareRequested,
            ToldBody::SentToInsurer { submitted_no } => Event::SentToInsurer { submitted_no },
            ToldBody::MoreSentToInsurer { number } => Event::MoreSentToInsurer { number },
            ToldBody::Cancelled {} => Event::Cancelled,
            ToldBody::InsurerAskedForMore { number, materials, respond_by } => {
                Event::InsurerAskedForMore { number, materials, respond_by }
            }
            ToldBody::InsurerDecided { decision_no, insurer_claim_no, position, lines } => {
                let lines = line_decisions(lines, amounts)?;
                Event::InsurerDecided { decision_no, insurer_claim_no, position, lines }
            }
            ToldBody::OrderAccepted { offer_no } => Event::OrderAccepted { offer_no },
            ToldBody::OrderDeclined { offer_no } => Event::OrderDeclined { offer_no },
            ToldBody::DrugReady {} => Event::DrugReady,
            ToldBody::Dispensed {} => Event::Dispensed,
            ToldBody::Returned {} => Event::Returned,
            money => money.read_money(amounts, &place)?,
        })
    }

    /// The events that have one amount.
    fn read_money(self, amounts: &Amounts<'_>, place: &str) -> Result<Event, Violation> {
        let minor = |text: &str| amounts.minor(text, &format!("{place}/amount"));
        let bank = |text: &str| party(text, &format!("{place}/bank"));
        let channel = |text: &str| party(text, &format!("{place}/channel"));
        Ok(match self {
            ToldBody::SharePaid { amount, channel: by } => {
                Event::SharePaid { amount_minor: minor(&amount)?, channel: channel(&by)? }
            }
            ToldBody::OwedSharePaid { number, amount, channel: by } => {
                Event::OwedSharePaid { number, amount_minor: minor(&amount)?, channel: channel(&by)? }
            }
            ToldBody::ShareRecalculated { number, share } => {
                Event::ShareRecalculated { number, share_minor: amounts.minor(&share, &format!("{place}/share"))? }
            }
            ToldBody::ClawbackPaid { number, amount, bank: to } => {
                Event::ClawbackPaid { number, amount_minor: minor(&amount)?, bank: bank(&to)? }
            }
            ToldBody::WrittenOffRecovered { number, amount, bank: to } => {
                Event::WrittenOffRecovered { number, amount_minor: minor(&amount)?, bank: bank(&to)? }
            }
            ToldBody::ShortfallAssigned { number, bearer, amount, cause, met, overrides } => {
                let grounds = Grounds { cause, met: met.into_iter().map(Condition::from).collect(), overrides };
                Event::ShortfallAssigned { number, bearer: bearer.into(), amount_minor: minor(&amount)?, grounds }
            }
            ToldBody::Provisioned { number, change } => {
                Event::Provisioned { number, change_minor: amounts.minor(&change, &format!("{place}/change"))? }
            }
            ToldBody::WrittenOff { number, debt, amount } => {
                Event::WrittenOff { number, debt: debt.into(), amount_minor: minor(&amount)? }
            }
            plain => unreachable!("{} has no amount of its own", plain.kind().word()),
        })
    }
}

fn line_decisions(lines: Vec<LineDecisionBody>, amounts: &Amounts<'_>) -> Result<Vec<LineDecision>, Violation> {
    let line = |(at, LineDecisionBody { line_no, approved, reasons }): (usize, LineDecisionBody)| {
        let pointer = format!("/event/insurer_decided/lines/{at}/approved");
        let approved_minor = amounts.minor(&approved, &pointer)?;
        if approved_minor < 0 {
            let violation = Violation::at("out_of_range", pointer, "what the insurer pays of a line is not negative");
            return Err(violation.expected("zero or more", approved));
        }
        Ok(LineDecision { line_no, approved_minor, reasons })
    };
    lines.into_iter().enumerate().map(line).collect()
}

/// Reads SHA-256 in hexadecimal, at `/evidence_sha256`.
pub fn digest(text: &str) -> Result<[u8; 32], Violation> {
    let wrong = || {
        let message = "the digest is SHA-256 in 64 hexadecimal digits";
        Violation::at("digest_malformed", "/evidence_sha256", message).expected("64 hexadecimal digits", text)
    };
    let is_digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_digest {
        return Err(wrong());
    }
    let mut digest = [0; 32];
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(digest)
}
