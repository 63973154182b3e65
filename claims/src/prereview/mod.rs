//! Pre-review: whether a claim may pass before money moves. Rules are data with versions ([`rules`]); the engine is
//! pure; every decision keeps the version, the inputs it saw, and an explanation for people ([`explain`]).

pub mod explain;
pub mod rules;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::claim::Quote;
use crate::prereview::explain::Finding;
use crate::prereview::rules::{Facts, RuleSet};

/// Rules as they are in force for an insurer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleVersion {
    /// Counts the insurer's versions, from 1.
    pub version: i32,
    /// From when it counts.
    pub effective_from: Date,
    /// The rules.
    pub rules: RuleSet,
}

/// What the rules have decided. Made by [`evaluate`].
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
        /// The codes of the rules that said no, in the order of the rule set.
        rules: Vec<String>,
    },
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

    /// The codes of the rules that said no.
    pub fn rules_fired(&self) -> &[String] {
        match &self.outcome {
            Outcome::Approved(_) => &[],
            Outcome::Rejected { rules } => rules,
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
}

/// Applies every rule to the facts. All must pass; then the claim may go on at the quote.
pub fn evaluate(version: &RuleVersion, facts: Facts, quote: Quote) -> Decision {
    let findings: Vec<Finding> = version.rules.rules.iter().map(|rule| explain::finding(rule, &facts)).collect();
    let fired: Vec<String> =
        findings.iter().filter(|finding| !finding.passed).map(|finding| finding.rule.clone()).collect();
    let outcome = if fired.is_empty() { Outcome::Approved(quote) } else { Outcome::Rejected { rules: fired } };
    Decision { verdict: Verdict { rules_version: version.version, outcome }, facts, findings }
}

#[cfg(test)]
pub(crate) mod tests;
