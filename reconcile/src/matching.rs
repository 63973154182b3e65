//! Which claim does a line pay? Pure and deterministic: the order of the arguments does not matter.
//!
//! Pass 2, reference first. A line belongs to a claim of the same insurer and currency under whose number it was sent;
//! the number is echoed in the line. Where several claims were sent under one number, the payer's own number tells them
//! apart, then the amount, then the order of the lines, each only if it leaves no choice (`tell_apart`). What is not
//! certain is [`Outcome::Ambiguous`], never a guess: money that waits in suspense can be found, money on the wrong
//! claim is lost twice.
//!
//! The amount then decides what the line is (`weigh`): equal, short, over, a reversal, or denied. Evidence is kept as
//! keys that agreed and differed, not as a score.
//!
//! Costs a sort of lines and items; memory for both.

mod tell_apart;
mod weigh;

use std::collections::BTreeMap;

use dianfu_settlement::chart::{DUE, Line, PASS_THROUGH};
use serde::{Deserialize, Serialize};

use crate::remittance::ClaimLine;

pub use self::weigh::Parts;

/// Name and version of these rules, stored with what they decided. A change of behaviour is a new version.
pub const RULES: &str = "reference-first/1";

/// What the insurer owes for a claim, and on which of its accounts that stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum Receivable {
    /// What we have advanced, on 1102.
    #[default]
    Due,
    /// A reimbursement that we pass on to the patient, on 1103.
    PassThrough,
}

impl Receivable {
    /// Every kind.
    pub const ALL: [Receivable; 2] = [Receivable::Due, Receivable::PassThrough];

    /// The line of the chart that it stands on.
    pub fn line(self) -> &'static Line {
        match self {
            Receivable::Due => &DUE,
            Receivable::PassThrough => &PASS_THROUGH,
        }
    }
}

/// A claim of the insurer in the currency of the remittance, as matching sees it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OpenClaimItem {
    /// The number under which it was sent; lines echo it. Several claims may share it.
    pub submitted_no: String,
    /// Its order among the claims that share their numbers.
    pub position: i32,
    /// Our own number, the item on the insurer's accounts.
    pub claim_no: String,
    /// The payer's own numbers of it, as far as they are on record.
    pub insurer_claim_nos: Vec<String>,
    /// Where that stands.
    pub receivable: Receivable,
    /// What is still due for it.
    pub open_minor: i64,
    /// What earlier remittances paid on it and did not take back.
    pub received_minor: i64,
    /// What we owe the insurer for it: paid in excess, or to be given back.
    pub owed_minor: i64,
}

/// What a line turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It pays what is due.
    Equal,
    /// It pays less; the rest stays due.
    Short,
    /// It pays more; the excess is owed back.
    Over,
    /// It takes an earlier payment back.
    Reversal,
    /// It pays nothing.
    Denied,
    /// No claim was sent under its number.
    UnknownClaim,
    /// Several claims were, and nothing tells which it is.
    Ambiguous,
}

impl Outcome {
    /// The word at every edge and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Equal => "equal",
            Outcome::Short => "short",
            Outcome::Over => "over",
            Outcome::Reversal => "reversal",
            Outcome::Denied => "denied",
            Outcome::UnknownClaim => "unknown_claim",
            Outcome::Ambiguous => "ambiguous",
        }
    }
}

/// The rule by which a claim was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchRule {
    /// One claim only was sent under the echoed number.
    EchoedNumber,
    /// One claim only has both the echoed number and the payer's own.
    EchoedAndOwnNumber,
    /// As many claims as lines share the numbers, and in their order all amounts agree.
    Order,
    /// One claim only of those that share the numbers has the amount, and one line only.
    UniqueAmount,
    /// A reversal under the same echoed number takes one claim back, and this line decides it anew.
    Correction,
}

/// Why a line was matched as it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The rule that found the claim; `None` if none did.
    pub rule: Option<MatchRule>,
    /// [`RULES`].
    pub rules: String,
    /// Keys on which line and claim agree.
    pub agreed: Vec<String>,
    /// Keys on which they differ.
    pub differed: Vec<String>,
    /// How many claims were sent under the echoed number.
    pub candidates: usize,
    /// What was due on the claim before this line.
    pub open_minor: i64,
}

/// What became of one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Match {
    /// The line's order in the remittance.
    pub order: usize,
    /// What it turned out to be.
    pub outcome: Outcome,
    /// The claim; `None` if it is unknown or ambiguous.
    pub claim_no: Option<String>,
    /// Where the claim's receivable stands; of no meaning without a claim.
    pub receivable: Receivable,
    /// Where its money goes.
    pub parts: Parts,
    /// The difference that is taken for nothing: what we bear, or, below zero, what we gain.
    pub tolerated_minor: i64,
    /// Why.
    pub evidence: Evidence,
}

/// Matches the lines of one remittance to claims; one match a line, in the order of the lines.
pub fn match_lines(lines: &[ClaimLine], items: &[OpenClaimItem]) -> Vec<Match> {
    let mut lines: Vec<&ClaimLine> = lines.iter().collect();
    lines.sort_by_key(|line| line.order);
    let mut items: Vec<&OpenClaimItem> = items.iter().collect();
    items.sort();
    let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    for item in &items {
        groups.entry(&item.submitted_no).or_default().items.push(item);
    }
    for line in &lines {
        groups.entry(&line.claim_no).or_default().lines.push(line);
    }
    let found = groups.values().flat_map(|group| tell_apart::tell_apart(&group.lines, &group.items));
    let found: BTreeMap<usize, Found<'_>> = found.map(|found| (found.line.order, found)).collect();
    weigh::weigh(found.into_values())
}

/// The lines and the claims that share one echoed number.
#[derive(Default)]
struct Group<'a> {
    lines: Vec<&'a ClaimLine>,
    items: Vec<&'a OpenClaimItem>,
}

/// A line and the claim that was found for it.
struct Found<'a> {
    line: &'a ClaimLine,
    item: Option<(&'a OpenClaimItem, MatchRule)>,
    candidates: usize,
}

#[cfg(test)]
mod tests;
