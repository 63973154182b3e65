//! What a line is, by its amount, and where its money goes.
//!
//! Reversals first, then the rest, each in the order of the lines; every line sees what the lines before it have left
//! of the claim. A payment goes to what is due, and its excess to what we owe. A reversal takes what we owe for the
//! claim first, then what the claim had received; what was never received is no claim's and goes to suspense.

use std::collections::BTreeMap;

use super::{Evidence, Found, Match, MatchRule, OpenClaimItem, Outcome, RULES, Receivable};
use crate::remittance::ClaimLine;

/// Where a line's money goes; signed like the line, and together the whole line.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Parts {
    /// To what the insurer owes for the claim.
    pub applied_minor: i64,
    /// To what we owe the insurer for the claim.
    pub excess_minor: i64,
    /// To suspense: no claim is known for it.
    pub suspense_minor: i64,
}

/// What is left of a claim while its lines are weighed.
struct Left {
    open: i64,
    received: i64,
    owed: i64,
}

/// Weighs the lines, which come in their order.
pub(super) fn weigh<'a>(found: impl Iterator<Item = Found<'a>>) -> Vec<Match> {
    let mut left: BTreeMap<&str, Left> = BTreeMap::new();
    let (reversals, rest): (Vec<Found<'a>>, Vec<Found<'a>>) = found.partition(|found| found.line.paid_minor < 0);
    let mut matches: Vec<Match> = Vec::with_capacity(reversals.len() + rest.len());
    for Found { line, item, candidates } in reversals.into_iter().chain(rest) {
        matches.push(match item {
            Some((item, rule)) => {
                let left = left.entry(&item.claim_no).or_insert_with(|| left_of(item));
                on_claim(line, item, rule, candidates, left)
            }
            None => on_none(line, candidates),
        });
    }
    matches.sort_by_key(|matched| matched.order);
    matches
}

fn left_of(item: &OpenClaimItem) -> Left {
    Left { open: item.open_minor.max(0), received: item.received_minor.max(0), owed: item.owed_minor.max(0) }
}

fn on_claim(line: &ClaimLine, item: &OpenClaimItem, rule: MatchRule, candidates: usize, left: &mut Left) -> Match {
    let open_minor = left.open;
    let (outcome, parts) =
        if line.paid_minor < 0 { take_back(line.paid_minor, left) } else { pay(line.paid_minor, left) };
    let evidence = evidence(line, item, rule, candidates, open_minor);
    Match {
        order: line.order,
        outcome,
        claim_no: Some(item.claim_no.clone()),
        receivable: item.receivable,
        parts,
        tolerated_minor: 0,
        evidence,
    }
}

fn on_none(line: &ClaimLine, candidates: usize) -> Match {
    let outcome = if candidates == 0 { Outcome::UnknownClaim } else { Outcome::Ambiguous };
    let agreed: &[&str] = if candidates == 0 { &[] } else { &["claim_no", "insurer", "currency"] };
    let agreed = agreed.iter().map(|key| (*key).to_owned()).collect();
    let evidence =
        Evidence { rule: None, rules: RULES.to_owned(), agreed, differed: Vec::new(), candidates, open_minor: 0 };
    let parts = Parts { suspense_minor: line.paid_minor, ..Parts::default() };
    Match {
        order: line.order,
        outcome,
        claim_no: None,
        receivable: Receivable::default(),
        parts,
        tolerated_minor: 0,
        evidence,
    }
}

fn pay(paid: i64, left: &mut Left) -> (Outcome, Parts) {
    let applied = paid.min(left.open);
    let outcome = match () {
        () if paid == 0 => Outcome::Denied,
        () if paid < left.open => Outcome::Short,
        () if paid > left.open => Outcome::Over,
        () => Outcome::Equal,
    };
    left.open -= applied;
    left.received = left.received.saturating_add(applied);
    left.owed = left.owed.saturating_add(paid - applied);
    (outcome, Parts { applied_minor: applied, excess_minor: paid - applied, suspense_minor: 0 })
}

fn take_back(paid: i64, left: &mut Left) -> (Outcome, Parts) {
    let back = paid.saturating_neg();
    let from_owed = back.min(left.owed);
    let from_received = (back - from_owed).min(left.received);
    left.owed -= from_owed;
    left.received -= from_received;
    left.open = left.open.saturating_add(from_received);
    let parts = Parts {
        applied_minor: -from_received,
        excess_minor: -from_owed,
        suspense_minor: paid + from_owed + from_received,
    };
    (Outcome::Reversal, parts)
}

fn evidence(line: &ClaimLine, item: &OpenClaimItem, rule: MatchRule, candidates: usize, open_minor: i64) -> Evidence {
    let mut agreed = vec!["claim_no", "insurer", "currency"];
    let mut differed = Vec::new();
    let mut known = item.insurer_claim_nos.iter().filter(|number| !number.is_empty()).peekable();
    if !line.insurer_claim_no.is_empty() && known.peek().is_some() {
        let agrees = known.any(|number| *number == line.insurer_claim_no);
        if agrees { &mut agreed } else { &mut differed }.push("insurer_claim_no");
    }
    if rule == MatchRule::Order {
        agreed.push("position");
    }
    if line.paid_minor == open_minor { &mut agreed } else { &mut differed }.push("amount");
    let owned = |keys: Vec<&str>| keys.into_iter().map(str::to_owned).collect();
    let (agreed, differed) = (owned(agreed), owned(differed));
    Evidence { rule: Some(rule), rules: RULES.to_owned(), agreed, differed, candidates, open_minor }
}
