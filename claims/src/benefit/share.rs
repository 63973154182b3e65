//! Sharing one claim between patient and insurer, exactly.
//!
//! Line by line, in the order of the lines: the deductible is used up first; behind it the patient's part is counted by
//! bands, and their sum over all lines is rounded once. The parts of the lines are made of what is rounded by the
//! largest remainder ([`split_over_lines`]), so that they always add up. Then come the caps, in this order: the
//! patient's of the year, the insurer's of a drug, the insurer's of the year; what is above an insurer's cap is the
//! patient's, and does not count towards the patient's own cap.

use std::collections::BTreeMap;

use dianfu_ledger::money::{share_of_sum, split};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::terms::{Band, BenefitTerms};
use crate::claim::{ClaimNo, DiagnosisCode, DrugCode};

/// What sharing needs to know of a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimToShare {
    /// Its number.
    pub claim_no: ClaimNo,
    /// The day of its prescription, which places it among the claims of its policy and in a year.
    pub prescribed_on: Date,
    /// The diagnosis, where it is known.
    pub diagnosis: Option<DiagnosisCode>,
    /// Its lines, by number.
    pub lines: Vec<LineToShare>,
}

/// A line of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineToShare {
    /// Its number, from 1.
    pub line_no: i32,
    /// The drug.
    pub drug_code: DrugCode,
    /// Its price, in minor units; not negative.
    pub gross_minor: i64,
}

/// What claims have used up of a policy's year, in minor units.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Used {
    /// Of the deductible.
    pub deductible_minor: i64,
    /// What has come together behind the deductible: where in the bands the next claim begins.
    pub behind_deductible_minor: i64,
    /// What counts towards the patient's cap.
    pub counted_minor: i64,
    /// What the insurer covers.
    pub advance_minor: i64,
    /// What it covers by drug.
    pub advance_of_drug_minor: BTreeMap<DrugCode, i64>,
}

/// How a line is shared, in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineShare {
    /// The line.
    pub line_no: i32,
    /// Its drug.
    pub drug_code: DrugCode,
    /// Its price: the two next add up to it.
    pub gross_minor: i64,
    /// The patient's part.
    pub share_minor: i64,
    /// The insurer's part.
    pub advance_minor: i64,
    /// What of the patient's part uses up the deductible.
    pub deductible_minor: i64,
    /// What of the patient's part counts towards the patient's cap.
    pub counted_minor: i64,
}

/// How a claim is shared: the sums of its lines, in minor units.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Split {
    /// The part of the share that uses up the deductible.
    pub deductible_minor: i64,
    /// U.
    pub share_minor: i64,
    /// A.
    pub advance_minor: i64,
    /// By line.
    pub lines: Vec<LineShare>,
}

impl Split {
    /// The sums of these lines.
    pub fn of(lines: Vec<LineShare>) -> Split {
        let sum = |of: fn(&LineShare) -> i64| lines.iter().map(of).fold(0_i64, i64::saturating_add);
        let deductible_minor = sum(|line| line.deductible_minor);
        let (share_minor, advance_minor) = (sum(|line| line.share_minor), sum(|line| line.advance_minor));
        Split { deductible_minor, share_minor, advance_minor, lines }
    }
}

impl Used {
    /// Adds what a claim uses.
    pub fn add(&mut self, lines: &[LineShare]) {
        for line in lines {
            let behind_minor = line.gross_minor.saturating_sub(line.deductible_minor);
            let of_drug_minor = self.advance_of_drug_minor.entry(line.drug_code.clone()).or_default();
            *of_drug_minor = of_drug_minor.saturating_add(line.advance_minor);
            for (sum_minor, minor) in [
                (&mut self.deductible_minor, line.deductible_minor),
                (&mut self.behind_deductible_minor, behind_minor),
                (&mut self.counted_minor, line.counted_minor),
                (&mut self.advance_minor, line.advance_minor),
            ] {
                *sum_minor = sum_minor.saturating_add(minor);
            }
        }
    }
}

/// Shares a claim under the terms of its policy, of which so much is used up. The prices of the lines add up to at most
/// what an amount can hold.
pub fn share(claim: &ClaimToShare, terms: &BenefitTerms, used: &Used) -> Split {
    let deductibles = deductibles(claim, terms, used);
    let coinsurances = coinsurances(claim, terms, used, &deductibles);
    let counted = counted(terms, used, &deductibles, &coinsurances);
    let advances = advances(claim, terms, used, &counted);
    let lines: Vec<LineShare> = claim
        .lines
        .iter()
        .enumerate()
        .map(|(index, line)| LineShare {
            line_no: line.line_no,
            drug_code: line.drug_code.clone(),
            gross_minor: line.gross_minor,
            share_minor: line.gross_minor - advances[index],
            advance_minor: advances[index],
            deductible_minor: deductibles[index].min(counted[index]),
            counted_minor: counted[index],
        })
        .collect();
    let sum = |of: fn(&LineShare) -> i64| lines.iter().map(of).sum();
    Split {
        deductible_minor: sum(|line| line.deductible_minor),
        share_minor: sum(|line| line.share_minor),
        advance_minor: sum(|line| line.advance_minor),
        lines,
    }
}

/// The deductible is used up from the first line on.
fn deductibles(claim: &ClaimToShare, terms: &BenefitTerms, used: &Used) -> Vec<i64> {
    let mut left_minor = left(terms.deductible_minor, used.deductible_minor);
    let take = |line: &LineToShare| {
        let taken_minor = line.gross_minor.min(left_minor);
        left_minor -= taken_minor;
        taken_minor
    };
    claim.lines.iter().map(take).collect()
}

/// The patient's part of what lies behind the deductible: rounded once, then split.
fn coinsurances(claim: &ClaimToShare, terms: &BenefitTerms, used: &Used, deductibles: &[i64]) -> Vec<i64> {
    let mut start = i128::from(used.behind_deductible_minor);
    let per_10000: Vec<i128> = claim
        .lines
        .iter()
        .zip(deductibles)
        .map(|(line, deductible_minor)| {
            let end = start + i128::from(line.gross_minor - deductible_minor);
            let bands = terms.bands_of(&line.drug_code, claim.diagnosis.as_ref());
            let part = part_in_bands(start, end, bands);
            start = end;
            part
        })
        .collect();
    let rounded = share_of_sum(per_10000.iter().sum(), 1, WHOLE).and_then(|sum| i64::try_from(sum).ok());
    split_over_lines(rounded.expect("a part of the price fits where the price does"), &per_10000, WHOLE)
}

const WHOLE: i128 = 10_000;

/// The patient's part of what comes between two sums of the year, in ten-thousandths of a minor unit.
fn part_in_bands(start: i128, end: i128, bands: &[Band]) -> i128 {
    let mut begins = 0;
    let mut part = 0;
    for (index, band) in bands.iter().enumerate() {
        let is_last = index + 1 == bands.len();
        let ends = band.up_to_minor.filter(|_| !is_last).map_or(i128::MAX, i128::from);
        let overlap = end.min(ends) - start.max(begins);
        part += overlap.max(0) * i128::from(band.patient_per_10000);
        begins = ends;
    }
    part
}

/// The shares as far as they count towards the patient's cap.
fn counted(terms: &BenefitTerms, used: &Used, deductibles: &[i64], coinsurances: &[i64]) -> Vec<i64> {
    let shares: Vec<i64> = deductibles.iter().zip(coinsurances).map(|(first, second)| first + second).collect();
    match terms.share_cap_minor {
        Some(cap_minor) => cut_to(left(cap_minor, used.counted_minor), &shares),
        None => shares,
    }
}

/// What the insurer covers, by line.
fn advances(claim: &ClaimToShare, terms: &BenefitTerms, used: &Used, counted: &[i64]) -> Vec<i64> {
    let mut taken_of_drug: BTreeMap<&DrugCode, i64> = BTreeMap::new();
    let mut covered: Vec<i64> = Vec::with_capacity(counted.len());
    for (line, counted_minor) in claim.lines.iter().zip(counted) {
        let covered_minor = line.gross_minor - counted_minor;
        let Some(cap_minor) = terms.cap_of(&line.drug_code) else {
            covered.push(covered_minor);
            continue;
        };
        let before_minor = used.advance_of_drug_minor.get(&line.drug_code).copied().unwrap_or(0);
        let taken_minor = taken_of_drug.entry(&line.drug_code).or_insert(before_minor);
        let granted_minor = covered_minor.min(left(cap_minor, *taken_minor));
        *taken_minor = taken_minor.saturating_add(granted_minor);
        covered.push(granted_minor);
    }
    match terms.benefit_limit_minor {
        Some(limit_minor) => cut_to(left(limit_minor, used.advance_minor), &covered),
        None => covered,
    }
}

fn left(of_minor: i64, used_minor: i64) -> i64 {
    of_minor.saturating_sub(used_minor).max(0)
}

/// Amounts, made smaller in proportion so that they add up to at most so much. None becomes larger.
fn cut_to(most_minor: i64, amounts: &[i64]) -> Vec<i64> {
    let sum_minor: i64 = amounts.iter().sum();
    if sum_minor <= most_minor {
        return amounts.to_vec();
    }
    split(most_minor, amounts).expect("the amounts add up to more than nothing, and none is negative")
}

/// Splits an amount over lines whose exact parts are these, in so many parts of a unit: each gets its exact part cut to
/// whole units, and the units left over go, one each, to those that were cut most; among equals the earlier comes
/// first. The amount is the sum of the exact parts, rounded.
pub fn split_over_lines(amount_minor: i64, exact: &[i128], units: i128) -> Vec<i64> {
    let whole = |part: &i128| i64::try_from(part / units).expect("a part fits where the amount does");
    let mut parts: Vec<i64> = exact.iter().map(whole).collect();
    let left_over = amount_minor - parts.iter().sum::<i64>();
    let mut most_cut_first: Vec<usize> = (0..parts.len()).collect();
    most_cut_first.sort_by_key(|index| std::cmp::Reverse(exact[*index] % units)); // stable: among equals the earlier
    let places = usize::try_from(left_over).expect("whole parts add up to no more than the amount");
    assert!(places <= parts.len(), "the amount is the sum of the exact parts, rounded");
    for index in most_cut_first.into_iter().take(places) {
        parts[index] += 1;
    }
    parts
}
