//! What an insurer has guaranteed when it was asked before money moves: coverage checks.
//!
//! An answer is kept as it came, under the insurer's reference, with the digest of the exchange. Whether one covers an
//! amount on a day is decided purely; the newest answer of a policy counts, also where it says less than one before.

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::money::{Currency, Money};
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::number_type;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::claim::PolicyNo;
use crate::error::Error;
use crate::registration::{RegistrationRefusal, in_range, same};
use crate::sql;

number_type!(
    /// The answer to a coverage check, as its insurer numbers it.
    VerifyNo,
    "a reference of a coverage check",
    64
);

/// The most answers that are recorded at once.
pub const ANSWERS_MAX: usize = 1_000;

/// What an insurer answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CoverageAnswer {
    /// The insurer.
    pub insurer: PartyNo,
    /// Its reference.
    pub verify_no: VerifyNo,
    /// The policy that it was asked about.
    pub policy_no: PolicyNo,
    /// Who is covered by it.
    pub patient: PartyNo,
    /// The currency of the amount.
    pub currency: Currency,
    /// Whether the policy is in force.
    pub in_force: bool,
    /// How much it guarantees, in minor units; nothing where the policy is not in force.
    pub guaranteed_minor: i64,
    /// The last day of the guarantee.
    pub valid_until: Date,
    /// When it answered.
    pub answered_at: Timestamp,
    /// SHA-256 of the exchange.
    pub exchange_sha256: [u8; 32],
}

/// Why an amount is not covered; in order of precedence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotCovered {
    /// Nobody has asked, or the insurer says that the policy is not in force.
    #[error("there is no answer of the insurer that policy '{policy_no}' is in force")]
    Missing {
        /// The policy.
        policy_no: PolicyNo,
    },
    /// The guarantee is over.
    #[error("the guarantee '{verify_no}' was valid until {valid_until}; {on} is later")]
    Expired {
        /// The insurer's reference.
        verify_no: VerifyNo,
        /// Its last day.
        valid_until: Date,
        /// The day it was asked for.
        on: Date,
    },
    /// It guarantees less.
    #[error("the guarantee '{verify_no}' is for {guaranteed}, not for {wanted}")]
    TooSmall {
        /// The insurer's reference.
        verify_no: VerifyNo,
        /// What it guarantees.
        guaranteed: Money,
        /// What was to be covered.
        wanted: Money,
    },
}

impl NotCovered {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            NotCovered::Missing { .. } => "coverage_missing",
            NotCovered::Expired { .. } => "coverage_expired",
            NotCovered::TooSmall { .. } => "coverage_too_small",
        }
    }
}

/// Whether the newest answer for a policy covers an amount on a day. Answers the guarantee that does.
pub fn covers<'a>(
    answer: Option<&'a CoverageAnswer>,
    policy_no: &PolicyNo,
    wanted: Money,
    on: Date,
) -> Result<&'a VerifyNo, NotCovered> {
    let answer = answer.filter(|answer| answer.in_force && answer.currency == wanted.currency);
    let answer = answer.ok_or_else(|| NotCovered::Missing { policy_no: policy_no.clone() })?;
    let verify_no = || answer.verify_no.clone();
    if answer.valid_until < on {
        return Err(NotCovered::Expired { verify_no: verify_no(), valid_until: answer.valid_until, on });
    }
    if answer.guaranteed_minor < wanted.minor {
        let guaranteed = Money::new(answer.guaranteed_minor, answer.currency);
        return Err(NotCovered::TooSmall { verify_no: verify_no(), guaranteed, wanted });
    }
    Ok(&answer.verify_no)
}

/// Puts answers on record inside the caller's transaction, one outcome an answer. The same again is fine; another
/// answer under the same reference is a conflict.
pub async fn record_in(
    tx: &Transaction<'_>,
    answers: &[CoverageAnswer],
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Result<(), RegistrationRefusal>>, Error> {
    let (unit, actual) = ("answers", answers.len());
    if actual > ANSWERS_MAX {
        return Err(dianfu_ledger::Error::RequestTooLarge { unit, actual, max: ANSWERS_MAX }.into());
    }
    let answers: Vec<CoverageAnswer> = answers.iter().map(as_kept).collect();
    let keys: Vec<_> = answers.iter().map(|answer| (answer.insurer.clone(), answer.policy_no.clone())).collect();
    let policies = sql::parties::policies(tx, &keys).await?;
    let checked: Vec<Result<(), RegistrationRefusal>> = answers
        .iter()
        .zip(&keys)
        .map(|(answer, key)| check(answer, policies.get(key).map(|policy| (&policy.patient, policy.currency))))
        .collect();
    let sound = || answers.iter().zip(&checked).filter(|(_, checked)| checked.is_ok()).map(|(answer, _)| answer);
    sql::coverage::insert(tx, &sound().collect::<Vec<_>>(), actor, now).await?;
    let recorded = sql::coverage::recorded(tx, &sound().collect::<Vec<_>>()).await?;
    let outcome = |(answer, checked): (&CoverageAnswer, Result<(), RegistrationRefusal>)| {
        checked?;
        let first = recorded.get(&(answer.insurer.clone(), answer.verify_no.clone()));
        first.map_or(Ok(()), |first| same("coverage", answer.verify_no.as_str(), first, answer))
    };
    Ok(answers.iter().zip(checked).map(outcome).collect())
}

/// Puts one answer on record, in a transaction of its own.
pub async fn record(
    client: &mut Client,
    answer: &CoverageAnswer,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    let tx = client.transaction().await?;
    let recorded = record_in(&tx, std::slice::from_ref(answer), actor, now).await?.pop();
    let recorded = recorded.ok_or_else(|| Error::Corrupt("an answer without an outcome".to_owned()))?;
    if recorded.is_ok() {
        tx.commit().await?;
    }
    Ok(recorded)
}

/// The newest answer for a policy, which is the one that counts; `None` if there is none on record.
pub async fn newest(
    client: &mut Client,
    insurer: &PartyNo,
    policy_no: &PolicyNo,
) -> Result<Option<CoverageAnswer>, Error> {
    let key = (insurer.clone(), policy_no.clone());
    let tx = client.transaction().await?;
    Ok(sql::coverage::newest(&tx, std::slice::from_ref(&key)).await?.remove(&key))
}

/// Refuses an answer about a policy that is not on record, or about another patient than its own.
fn check(answer: &CoverageAnswer, policy: Option<(&PartyNo, Currency)>) -> Result<(), RegistrationRefusal> {
    let unknown = |what, number: &str| RegistrationRefusal::Unknown { what, number: number.to_owned() };
    let (patient, currency) = policy.ok_or_else(|| unknown("policy", answer.policy_no.as_str()))?;
    if *patient != answer.patient {
        return Err(unknown("patient of the policy", answer.patient.as_str()));
    }
    if currency != answer.currency {
        let (number, expected, actual) = (answer.policy_no.to_string(), currency, answer.currency);
        return Err(RegistrationRefusal::CurrencyDiffers { what: "policy", number, expected, actual });
    }
    let max = if answer.in_force { i64::MAX } else { 0 };
    in_range("guaranteed_minor", answer.guaranteed_minor, 0, max)
}

/// An answer as the database keeps it.
fn as_kept(answer: &CoverageAnswer) -> CoverageAnswer {
    CoverageAnswer { answered_at: dianfu_ledger::clock::as_kept(answer.answered_at), ..answer.clone() }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn answer(guaranteed_minor: i64) -> CoverageAnswer {
        CoverageAnswer {
            insurer: PartyNo::parse("picc").unwrap(),
            verify_no: VerifyNo::parse("V-1").unwrap(),
            policy_no: PolicyNo::parse("POL-1").unwrap(),
            patient: PartyNo::parse("p-1").unwrap(),
            currency: Currency::CNY,
            in_force: true,
            guaranteed_minor,
            valid_until: date(2026, 4, 1),
            answered_at: Timestamp::UNIX_EPOCH,
            exchange_sha256: [7; 32],
        }
    }

    fn code(answer: Option<&CoverageAnswer>, minor: i64, on: Date) -> Result<String, &'static str> {
        let wanted = Money::new(minor, Currency::CNY);
        let covered = covers(answer, &PolicyNo::parse("POL-1").unwrap(), wanted, on);
        covered.map(ToString::to_string).map_err(|refusal| refusal.code())
    }

    #[test]
    fn an_amount_is_covered_to_the_minor_unit_and_to_the_last_day() {
        let last = date(2026, 4, 1);
        assert_eq!(code(Some(&answer(1_520_000)), 1_520_000, last), Ok("V-1".to_owned()));
        assert_eq!(code(Some(&answer(1_519_999)), 1_520_000, last), Err("coverage_too_small"));
        assert_eq!(code(Some(&answer(1_520_000)), 1, date(2026, 4, 2)), Err("coverage_expired"));
        assert_eq!(code(None, 1, last), Err("coverage_missing"));
        let lapsed = CoverageAnswer { in_force: false, ..answer(0) };
        assert_eq!(code(Some(&lapsed), 0, last), Err("coverage_missing"));
        let foreign = CoverageAnswer { currency: Currency::USD, ..answer(1) };
        assert_eq!(code(Some(&foreign), 1, last), Err("coverage_missing"));
    }
}
