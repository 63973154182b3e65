//! What must have happened before a remittance could be sent: the claims, policies, and earlier payments that a real
//! file speaks of. Pure.
//!
//! Every line that pays or charges anything is a claim of its own, also where lines share a claim number. Its price is
//! what was charged, or what is paid if that is more; the patient's share is what the file says the patient owes, as
//! far as price and payment leave room for it; the insurer approves what it pays.
//!
//! A line that takes a payment back (CLP02 22) speaks of a claim that an earlier remittance has paid. The line under
//! the same number that decides it anew is the same claim. What the insurer takes back from the payee as a whole (WO,
//! 72, FB) it has paid too much before.

use std::collections::{BTreeMap, BTreeSet};

use dianfu_claims::claim::ClaimNo;
use dianfu_ledger::money::Currency;
use dianfu_reconcile::remittance::{ClaimLine, REVERSAL, Remittance};
use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;

/// Adjustment codes that take back what was paid too much.
const TAKEBACKS: [&str; 3] = ["WO", "72", "FB"];
/// The longest name that is kept.
const NAME_LETTERS_MAX: usize = 100;

/// Everything that is to happen before the file comes; amounts in minor units.
#[derive(Debug)]
pub struct Plan {
    /// Who pays: number and name.
    pub insurer: (PartyNo, String),
    /// Who is paid: number and name.
    pub pharmacy: (PartyNo, String),
    /// The currency of the book.
    pub currency: Currency,
    /// When the money moves.
    pub on: Date,
    /// The patients of the claims.
    pub patients: Vec<PartyNo>,
    /// The claims, in the order of the file.
    pub claims: Vec<PlannedClaim>,
    /// What the insurer has paid too much before, by reference.
    pub overpaid: BTreeMap<String, i64>,
    /// The cash of each remittance, by trace.
    pub cash: Vec<(String, i64)>,
    /// Lines that say nothing about money: trace and order.
    pub without_claim: Vec<(String, usize)>,
}

/// A claim that a line speaks of.
#[derive(Debug)]
pub struct PlannedClaim {
    /// Our own number.
    pub claim_no: ClaimNo,
    /// The number that the line echoes.
    pub submitted_no: String,
    /// The insurer's own number.
    pub insurer_claim_no: String,
    /// Its order among the claims that share both numbers, from 1.
    pub position: i32,
    /// Who needs the drug.
    pub patient: PartyNo,
    /// What was charged.
    pub gross_minor: i64,
    /// What the patient pays.
    pub share_minor: i64,
    /// What the insurer approves.
    pub approved_minor: i64,
    /// Why that is less than the advance.
    pub cause: Option<String>,
    /// Whether an earlier remittance has paid it, and this one takes it back.
    pub is_taken_back: bool,
}

impl PlannedClaim {
    /// What is advanced.
    pub fn advance_minor(&self) -> i64 {
        self.gross_minor - self.share_minor
    }
}

/// Why the demo cannot play a file whose sums hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// It pays in several currencies.
    #[error("it pays in {first} and in {other}: a book keeps claims in one currency")]
    SeveralCurrencies {
        /// The first.
        first: Currency,
        /// Another.
        other: Currency,
    },
    /// It has no payment.
    #[error("it has no payment")]
    Nothing,
}

/// Plans what happened before these remittances; `today` is when money moves that has no date.
pub fn plan(remittances: &[Remittance], today: Date) -> Result<Plan, PlanError> {
    let first = remittances.first().ok_or(PlanError::Nothing)?;
    let currency = first.currency;
    if let Some(other) = remittances.iter().find(|other| other.currency != currency) {
        return Err(PlanError::SeveralCurrencies { first: currency, other: other.currency });
    }
    let mut claims = Claims::default();
    for remittance in remittances {
        claims.of_remittance(remittance);
    }
    let Claims { patients, planned: claims, without_claim, .. } = claims;
    Ok(Plan {
        insurer: (number(&first.payer.name, "insurer"), name(&first.payer.name, "Insurer")),
        pharmacy: (number(&first.payee.name, "pharmacy"), name(&first.payee.name, "Pharmacy")),
        currency,
        on: first.value_date().filter(|date| (EARLIEST..=today).contains(date)).unwrap_or(today),
        patients: patients.into_values().collect(),
        claims,
        overpaid: overpaid(remittances),
        cash: remittances.iter().map(|remittance| (remittance.trace.clone(), remittance.paid_minor)).collect(),
        without_claim,
    })
}

/// What happened before is dated up to two months earlier, and must still be a date that the ledger takes.
const EARLIEST: Date = jiff::civil::date(2001, 1, 1);

#[derive(Default)]
struct Claims {
    patients: BTreeMap<String, PartyNo>,
    planned: Vec<PlannedClaim>,
    positions: BTreeMap<(String, String), i32>,
    without_claim: Vec<(String, usize)>,
}

impl Claims {
    fn of_remittance(&mut self, remittance: &Remittance) {
        let reversals = remittance.lines.iter().filter(|line| line.status == REVERSAL);
        let mut to_correct: BTreeSet<&str> = reversals.map(|line| line.claim_no.as_str()).collect();
        for line in &remittance.lines {
            let is_correction = line.status != REVERSAL && to_correct.remove(line.claim_no.as_str());
            if line.billed_minor == 0 && line.paid_minor == 0 {
                self.without_claim.push((remittance.trace.clone(), line.order));
            } else if !is_correction {
                self.of_line(line);
            }
        }
    }

    fn of_line(&mut self, line: &ClaimLine) {
        let is_taken_back = line.status == REVERSAL;
        let sign = if is_taken_back { -1 } else { 1 };
        let paid_minor = line.paid_minor.saturating_mul(sign).max(0);
        let gross_minor = line.billed_minor.saturating_mul(sign).max(paid_minor).max(1);
        let room = 0..=gross_minor - paid_minor;
        let patient_minor = line.patient_minor.map(|minor| minor.saturating_mul(sign));
        let share_minor = patient_minor.filter(|minor| room.contains(minor)).unwrap_or(0);
        let is_short = paid_minor < gross_minor - share_minor;
        let insurer_claim_no = match line.insurer_claim_no.as_str() {
            "" => line.claim_no.clone(),
            own => own.to_owned(),
        };
        let position = self.positions.entry((line.claim_no.clone(), insurer_claim_no.clone())).or_default();
        *position += 1;
        let position = *position;
        let patient = self.patient(line);
        let claim_no = numbered("CLM", self.planned.len() + 1);
        self.planned.push(PlannedClaim {
            claim_no: ClaimNo::parse(&claim_no).expect("letters, digits and a hyphen"),
            submitted_no: line.claim_no.clone(),
            insurer_claim_no,
            position,
            patient,
            gross_minor,
            share_minor,
            approved_minor: paid_minor,
            cause: is_short.then(|| cause(line)),
            is_taken_back,
        });
    }

    /// One patient a name; claims without a name have a patient each.
    fn patient(&mut self, line: &ClaimLine) -> PartyNo {
        let name = line.patient_name.clone().filter(|name| !name.trim().is_empty());
        let key = name.unwrap_or_else(|| format!("\u{1c}{}", self.planned.len()));
        let next = numbered("P", self.patients.len() + 1);
        let next = || PartyNo::parse(&next).expect("letters, digits and a hyphen");
        self.patients.entry(key).or_insert_with(next).clone()
    }
}

fn numbered(prefix: &str, number: usize) -> String {
    format!("{prefix}-{number:04}")
}

/// The first reduction that is not the patient's to bear.
fn cause(line: &ClaimLine) -> String {
    let of_services = line.services.iter().flat_map(|service| &service.adjustments);
    let mut reductions = line.adjustments.iter().chain(of_services);
    let reduction = reductions.find(|reduction| reduction.group != "PR" && reduction.amount_minor > 0);
    reduction.map_or_else(
        || format!("claim status {}", line.status),
        |reduction| format!("{}-{}", reduction.group, reduction.reason),
    )
}

fn overpaid(remittances: &[Remittance]) -> BTreeMap<String, i64> {
    let mut overpaid: BTreeMap<String, i64> = BTreeMap::new();
    for own in remittances.iter().flat_map(|remittance| &remittance.adjustments) {
        let takes_back = TAKEBACKS.contains(&own.code.as_str()) && own.amount_minor > 0;
        if takes_back && !own.reference.is_empty() {
            let minor = overpaid.entry(own.reference.clone()).or_default();
            *minor = minor.saturating_add(own.amount_minor);
        }
    }
    overpaid
}

/// A party's number, made of its name.
fn number(name: &str, otherwise: &str) -> PartyNo {
    let letters = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { ' ' });
    let letters: String = letters.collect::<String>().to_ascii_lowercase();
    let mut number = letters.split_whitespace().collect::<Vec<_>>().join("-");
    number.truncate(40);
    let number = number.trim_end_matches('-');
    PartyNo::parse(number).or_else(|_| PartyNo::parse(otherwise)).expect("what is put in its place is a number")
}

fn name(name: &str, otherwise: &str) -> String {
    let name = if name.trim().is_empty() { otherwise } else { name };
    name.chars().take(NAME_LETTERS_MAX).collect()
}

#[cfg(test)]
mod tests;
