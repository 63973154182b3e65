//! Pre-review: whether a claim may pass before money moves.
//!
//! Rules are data with versions ([`rules`]), checked before they count ([`check`](mod@check)) and tried on past claims
//! ([`trial`]). The engine is pure: it sees [`facts`], each rule finds numbers and dates in them ([`find`]), and every
//! decision keeps the version, the inputs it saw, and an explanation for people ([`explain`]). What the rules leave to
//! people is decided by people ([`ruling`]), who cannot let pass what a rule rejects. A decision costs microseconds:
//! rules by lines by packs that the patient had before.

pub mod facts;
pub mod rules;
pub mod find;
pub mod explain;
pub mod check;
pub mod ruling;
pub mod trial;
pub mod changes;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::benefit::LineShare;
use crate::claim::Quote;
use explain::Finding;
use facts::Facts;
use find::Answer;
use rules::{OnFail, RuleSet};

/// Rules as they are in force for an insurer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleVersion {
    /// Counts the insurer's versions, from 1.
    pub version: i32,
    /// From when it counts.
    pub effective_from: Date,
    /// The rules.
    pub rules: RuleSet,
}

/// What the rules, or people where the rules leave it to them, have decided. Made by [`evaluate`] and
/// [`ruling::ruled`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    pub(crate) rules_version: i32,
    pub(crate) outcome: Outcome,
}

/// The decision itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The claim may go on at this quote.
    Approved(Quote),
    /// It may not.
    Rejected {
        /// The codes of the rules that said no, in the order of the rule set, or of a reviewer's reasons.
        rules: Vec<String>,
    },
    /// A reviewer decides.
    Referred {
        /// The codes of the rules that leave it to a reviewer, in the order of the rule set; at the end
        /// [`SECOND_PERSON`] or [`NOT_AUTOMATIC`] where that is why. At least one.
        rules: Vec<String>,
    },
}

/// Why a claim that passes every rule is referred: its advance takes two people.
pub const SECOND_PERSON: &str = "second_person";
/// Why a claim that passes every rule is referred: the rules advise and do not decide.
pub const NOT_AUTOMATIC: &str = "not_automatic";

impl Outcome {
    /// The word for it, in the database and at every edge.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Approved(_) => "approved",
            Outcome::Rejected { .. } => "rejected",
            Outcome::Referred { .. } => "referred",
        }
    }
}

impl Verdict {
    /// The version of the rules that decided.
    pub fn rules_version(&self) -> i32 {
        self.rules_version
    }

    /// The decision.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The codes of the rules that said no, or that leave it to a reviewer.
    pub fn rules_fired(&self) -> &[String] {
        match &self.outcome {
            Outcome::Approved(_) => &[],
            Outcome::Rejected { rules } | Outcome::Referred { rules } => rules,
        }
    }
}

/// A verdict with everything that led to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// What the rules saw.
    pub facts: Facts,
    /// What each rule found, in the order of the rule set.
    pub findings: Vec<Finding>,
    /// How the lines are shared at the quote, whether or not it is granted.
    pub shares: Vec<LineShare>,
    /// Whether an approval takes a second person.
    pub second_person: bool,
    /// What people said, where they decided.
    pub ruling: Option<ruling::Ruling>,
}

impl Decision {
    /// What is advanced on it: nothing unless it is approved. In minor units.
    pub fn advance_minor(&self) -> i64 {
        match self.verdict.outcome() {
            Outcome::Approved(quote) => quote.advance_minor,
            Outcome::Rejected { .. } | Outcome::Referred { .. } => 0,
        }
    }

    /// The materials that would say what is unknown, each once.
    pub fn materials(&self) -> Vec<&str> {
        let mut materials: Vec<&str> = Vec::new();
        for material in self.findings.iter().filter_map(|finding| finding.material.as_deref()) {
            if !materials.contains(&material) {
                materials.push(material);
            }
        }
        materials
    }
}

/// What a claim is offered if it passes: the quote, and how its lines are shared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// The quote.
    pub quote: Quote,
    /// Its parts by line.
    pub shares: Vec<LineShare>,
}

/// Applies every rule to the facts. A claim that fails a rule that rejects is rejected; one that fails another rule, or
/// of which something is unknown, is left to a reviewer, and so is one that takes two people; every other claim may go
/// on at the quote.
pub fn evaluate(version: &RuleVersion, facts: Facts, offer: Offer) -> Decision {
    let findings: Vec<Finding> =
        version.rules.rules.iter().flat_map(|entry| explain::findings(&entry.rule, &facts)).collect();
    let second_person = takes_two(&version.rules, &facts);
    let outcome = match judged(&version.rules, &findings, second_person) {
        Judgement::Approve => Outcome::Approved(offer.quote),
        Judgement::Reject(rules) => Outcome::Rejected { rules },
        Judgement::Refer(rules) => Outcome::Referred { rules },
    };
    let verdict = Verdict { rules_version: version.version, outcome };
    Decision { verdict, facts, findings, shares: offer.shares, second_person, ruling: None }
}

/// What findings come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Judgement {
    Approve,
    Reject(Vec<String>),
    Refer(Vec<String>),
}

fn judged(rules: &RuleSet, findings: &[Finding], second_person: bool) -> Judgement {
    let mut rejected_by =
        fired(rules, findings, |answer, on_fail| answer == Answer::Failed && on_fail == OnFail::Reject);
    let mut referred_by = fired(rules, findings, |answer, _| answer != Answer::Passed);
    if rules.auto_decide && !rejected_by.is_empty() {
        return Judgement::Reject(std::mem::take(&mut rejected_by));
    }
    if referred_by.is_empty() && second_person {
        referred_by.push(SECOND_PERSON.to_owned());
    }
    if !rules.auto_decide {
        referred_by.push(NOT_AUTOMATIC.to_owned());
    }
    if referred_by.is_empty() { Judgement::Approve } else { Judgement::Refer(referred_by) }
}

/// The codes of the rules of which a finding is so, each once, in the order of the rule set.
fn fired(rules: &RuleSet, findings: &[Finding], is_so: fn(Answer, OnFail) -> bool) -> Vec<String> {
    let fires = |entry: &&rules::RuleEntry| {
        let code = entry.rule.code();
        findings.iter().any(|finding| finding.rule == code && is_so(finding.answer, entry.on_fail))
    };
    rules.rules.iter().filter(fires).map(|entry| entry.rule.code().to_owned()).collect()
}

fn takes_two(rules: &RuleSet, facts: &Facts) -> bool {
    rules.second_person_above_minor.is_some_and(|most_minor| facts.advance_minor() > most_minor)
}

#[cfg(test)]
pub(crate) mod tests;
