//! What people decide of a claim that the rules leave to them.
//!
//! A reviewer approves or rejects, with reasons. Nobody lets pass what a rule rejects. Above the rules' limit it takes
//! a second person, who is another.

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::rules::OnFail;
use super::{Decision, Offer, Outcome, RuleVersion, evaluate, fired};
use crate::prereview::find::Answer;

/// What people say of a claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// Whether it may go on.
    pub approve: bool,
    /// Why: codes of lower-case letters, digits and `_`. A rejection has one at least, and so has an approval of a
    /// claim that fails a rule.
    pub reasons: Vec<String>,
    /// Who says so.
    pub reviewer: String,
    /// Who says so, too.
    pub second: Option<String>,
}

/// Why a ruling does not count.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RulingRefusal {
    /// The rules reject it.
    #[error("the rules reject the claim ({}), and no reviewer lets it pass", rules.join(", "))]
    RulesSayNo {
        /// The codes of those rules.
        rules: Vec<String>,
    },
    /// It takes two people.
    #[error("an advance of {advance_minor} takes a second person; {limit_minor} is the most without one")]
    SecondPersonMissing {
        /// The advance, in minor units.
        advance_minor: i64,
        /// The most without a second person, in minor units.
        limit_minor: i64,
    },
    /// The second person is the first.
    #[error("'{person}' has reviewed it and cannot be the second person")]
    SamePerson {
        /// Who.
        person: String,
    },
    /// There is no reason.
    #[error("a rejection, and an approval in spite of a rule, gives a reason")]
    ReasonMissing,
    /// A reason is no code.
    #[error("'{reason}' is no code: it has 1 to 40 lower-case letters, digits and '_'")]
    ReasonMalformed {
        /// It.
        reason: String,
    },
}

impl RulingRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            RulingRefusal::RulesSayNo { .. } => "rules_say_no",
            RulingRefusal::SecondPersonMissing { .. } => "second_person_missing",
            RulingRefusal::SamePerson { .. } => "same_person",
            RulingRefusal::ReasonMissing => "reason_missing",
            RulingRefusal::ReasonMalformed { .. } => "reason_malformed",
        }
    }
}

/// The decision of people on a claim, with what the rules find in it now.
pub fn ruled(version: &RuleVersion, facts: Facts, offer: Offer, ruling: &Ruling) -> Result<Decision, RulingRefusal> {
    let quote = offer.quote.clone();
    let mut decision = evaluate(version, facts, offer);
    if let Some(reason) = ruling.reasons.iter().find(|reason| !is_code(reason)) {
        return Err(RulingRefusal::ReasonMalformed { reason: reason.chars().take(80).collect() });
    }
    if ruling.second.as_ref() == Some(&ruling.reviewer) {
        return Err(RulingRefusal::SamePerson { person: ruling.reviewer.clone() });
    }
    let fails = decision.findings.iter().any(|finding| finding.answer != Answer::Passed);
    if ruling.reasons.is_empty() && (fails || !ruling.approve) {
        return Err(RulingRefusal::ReasonMissing);
    }
    if ruling.approve {
        approvable(version, &decision, ruling)?;
    }
    decision.verdict.outcome =
        if ruling.approve { Outcome::Approved(quote) } else { Outcome::Rejected { rules: ruling.reasons.clone() } };
    decision.ruling = Some(ruling.clone());
    Ok(decision)
}

fn approvable(version: &RuleVersion, decision: &Decision, ruling: &Ruling) -> Result<(), RulingRefusal> {
    let says_no = |answer, on_fail| answer == Answer::Failed && on_fail == OnFail::Reject;
    let rules = fired(&version.rules, &decision.findings, says_no);
    if !rules.is_empty() {
        return Err(RulingRefusal::RulesSayNo { rules });
    }
    match version.rules.second_person_above_minor {
        Some(limit_minor) if decision.second_person && ruling.second.is_none() => {
            let advance_minor = decision.facts.advance_minor();
            Err(RulingRefusal::SecondPersonMissing { advance_minor, limit_minor })
        }
        _ => Ok(()),
    }
}

fn is_code(reason: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=40).contains(&reason.len()) && reason.bytes().all(allowed)
}
