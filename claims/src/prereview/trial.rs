//! Trying a version of the rules on what was decided before: which decisions would be others, and how.
//!
//! A trial judges the stored facts again, amounts included, and compares what the rules said then with what they say
//! now; what people decided afterwards is not compared.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::facts::Facts;
use super::find::Answer;
use super::{Judgement, RuleVersion, explain, judged, takes_two};
use crate::claim::ClaimNo;

/// The most changes that a trial lists; the others are counted.
pub const CHANGES_MAX: usize = 1_000;

/// A decision of the past.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastDecision {
    /// The claim.
    pub claim_no: ClaimNo,
    /// What the rules saw.
    pub facts: Facts,
    /// What they said.
    pub said: Said,
}

/// What rules say of a claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// `approved`, `rejected` or `referred`.
    pub outcome: String,
    /// The rules that fired.
    pub rules: Vec<String>,
    /// What would be advanced: nothing unless it is approved. In minor units.
    pub advance_minor: i64,
}

/// A decision that would be another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The claim.
    pub claim_no: ClaimNo,
    /// What was said.
    pub before: Said,
    /// What would be said.
    pub after: Said,
    /// What the rules that would fire find, in English.
    pub english: Vec<String>,
    /// The same in Chinese.
    pub chinese: Vec<String>,
}

/// What a trial shows.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Trial {
    /// Decisions that were judged again.
    pub tried: u32,
    /// Those that would be others.
    pub changed: u32,
    /// Those that were approved and would not be.
    pub approved_no_more: u32,
    /// Those that would be approved and were not.
    pub newly_approved: u32,
    /// What was advanced on all of them, in minor units.
    pub advance_before_minor: i128,
    /// What would be.
    pub advance_after_minor: i128,
    /// The changes, in the order of the decisions; at most [`CHANGES_MAX`].
    pub changes: Vec<Change>,
}

impl Trial {
    /// Tries a version on one more decision.
    pub fn add(&mut self, version: &RuleVersion, past: &PastDecision) {
        let (after, english, chinese) = said(version, &past.facts);
        let before = &past.said;
        let approved = |said: &Said| said.outcome == "approved";
        self.tried += 1;
        self.advance_before_minor += i128::from(before.advance_minor);
        self.advance_after_minor += i128::from(after.advance_minor);
        self.approved_no_more += u32::from(approved(before) && !approved(&after));
        self.newly_approved += u32::from(!approved(before) && approved(&after));
        if *before == after {
            return;
        }
        self.changed += 1;
        if self.changes.len() < CHANGES_MAX {
            let (claim_no, before) = (past.claim_no.clone(), before.clone());
            self.changes.push(Change { claim_no, before, after, english, chinese });
        }
    }

    /// The digest by which it is known.
    pub fn digest(&self) -> [u8; 32] {
        digest(self)
    }
}

/// The digest of a version: its number, its first day, its rules.
pub fn content_digest(version: &RuleVersion) -> [u8; 32] {
    digest(version)
}

fn digest<T: Serialize>(value: &T) -> [u8; 32] {
    let text = serde_json::to_vec(value).expect("names, numbers and lists become JSON");
    Sha256::digest(text).into()
}

/// What a version says of facts, and why, in two languages.
fn said(version: &RuleVersion, facts: &Facts) -> (Said, Vec<String>, Vec<String>) {
    let rules = &version.rules;
    let findings: Vec<_> = rules.rules.iter().flat_map(|entry| explain::findings(&entry.rule, facts)).collect();
    let (outcome, fired, advance_minor) = match judged(rules, &findings, takes_two(rules, facts)) {
        Judgement::Approve => ("approved", Vec::new(), facts.advance_minor()),
        Judgement::Reject(fired) => ("rejected", fired, 0),
        Judgement::Refer(fired) => ("referred", fired, 0),
    };
    let firing = || findings.iter().filter(|finding| finding.answer != Answer::Passed);
    let english = firing().map(|finding| finding.english.clone()).collect();
    let chinese = firing().map(|finding| finding.chinese.clone()).collect();
    (Said { outcome: outcome.to_owned(), rules: fired, advance_minor }, english, chinese)
}
