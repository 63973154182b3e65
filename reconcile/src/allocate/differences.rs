//! The breaks that an applied remittance leaves.

use std::collections::BTreeMap;

use super::{AdjustmentMatch, Funded, adjustment_suspense, line_suspense};
use crate::breaks::{Break, Category};
use crate::matching::{Match, Outcome};
use crate::remittance::decimal_text;

/// Everything that somebody must explain, lines first.
pub fn of(funded: &Funded<'_>, matches: &[Match], adjustments: &[AdjustmentMatch]) -> Vec<Break> {
    let last_of_claim = last_of_claim(matches);
    let mut breaks: Vec<Break> = Vec::new();
    for found in matches {
        breaks.extend(waiting(funded, found));
        let is_last = found.claim_no.as_deref().and_then(|claim| last_of_claim.get(claim)) == Some(&found.order);
        breaks.extend(off(funded, found, is_last));
    }
    breaks.extend(adjustments.iter().filter_map(|booked| adjustment(funded, booked)));
    breaks
}

/// The last line that pays, or denies, each claim: whether a claim is short is told by what this line leaves.
fn last_of_claim(matches: &[Match]) -> BTreeMap<&str, usize> {
    let paying = matches.iter().filter(|found| found.outcome != Outcome::Reversal);
    paying.filter_map(|found| Some((found.claim_no.as_deref()?, found.order))).collect()
}

/// A line with money that no claim is known for.
fn waiting(funded: &Funded<'_>, found: &Match) -> Option<Break> {
    let amount_minor = found.parts.suspense_minor;
    let text = decimal_text(amount_minor.into(), funded.currency);
    let (category, explanation) = match found.outcome {
        _ if amount_minor == 0 => return None,
        _ if amount_minor < 0 => {
            (Category::ReversalUnlinked, format!("line {} takes back {text} that no claim received", found.order))
        }
        Outcome::Ambiguous => {
            let candidates = found.evidence.candidates;
            (Category::Ambiguous, format!("line {} pays {text}; {candidates} claims could be meant", found.order))
        }
        _ => (Category::UnknownClaim, format!("line {} pays {text} for a claim that is not known", found.order)),
    };
    let item = Some(line_suspense(funded.trace, found.order));
    Some(Break { category, line: Some(found.order), adjustment: None, item, amount_minor, explanation })
}

/// A line of a known claim that pays more or less than is due.
fn off(funded: &Funded<'_>, found: &Match, is_last: bool) -> Option<Break> {
    let claim_no = found.claim_no.as_deref()?;
    let due = found.evidence.open_minor - found.parts.applied_minor - found.tolerated_minor;
    let text = |minor: i64| decimal_text(minor.into(), funded.currency);
    let (category, amount_minor, explanation) = match found.outcome {
        Outcome::Over if found.parts.excess_minor > 0 => {
            let excess = found.parts.excess_minor;
            (Category::OverPaid, excess, format!("claim {claim_no} is paid {} more than is due", text(excess)))
        }
        Outcome::Short | Outcome::Denied if is_last && due > 0 => {
            (Category::ShortPaid, due, format!("claim {claim_no}: {} stays due", text(due)))
        }
        _ => return None,
    };
    Some(Break { category, line: Some(found.order), adjustment: None, item: None, amount_minor, explanation })
}

fn adjustment(funded: &Funded<'_>, booked: &AdjustmentMatch) -> Option<Break> {
    let category = booked.waits_as.filter(|_| booked.suspense_minor != 0)?;
    let item = Some(adjustment_suspense(funded.trace, booked.order));
    // An adjustment that lowers the payment is money that we miss.
    let amount_minor = booked.suspense_minor.saturating_neg();
    let explanation = booked.reason.clone();
    Some(Break { category, line: None, adjustment: Some(booked.order), item, amount_minor, explanation })
}
