//! The same benefits again, written from the words of a policy and not from the program: fen by fen, in the order in
//! which a patient would lay them on the table. Slow, and nothing in it is shared with the program.

use std::collections::HashMap;

use jiff::civil::Date;

/// A policy as its patient reads it. Every amount in fen.
#[derive(Clone, Debug)]
pub struct Paper {
    pub deductible: i64,
    /// `(end of the band, patient's ten-thousandths)`; the last end is not read.
    pub bands: Vec<(i64, i64)>,
    /// Drugs that have bands of their own.
    pub special: HashMap<&'static str, Vec<(i64, i64)>>,
    pub patient_cap: Option<i64>,
    pub insurer_cap: Option<i64>,
    pub drug_caps: HashMap<&'static str, i64>,
}

/// A claim on paper: its day, its number, and its boxes with their prices in fen.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub day: Date,
    pub number: String,
    pub boxes: Vec<(&'static str, i64)>,
}

/// The year's ledger card of a patient.
#[derive(Default, Debug)]
struct Card {
    deductible: i64,
    behind: i64,
    counted: i64,
    covered: i64,
    covered_of_drug: HashMap<&'static str, i64>,
}

/// What the insurer covers of each box, by claim number. The sheets of one year.
pub fn covered(paper: &Paper, sheets: &[Sheet]) -> HashMap<String, Vec<i64>> {
    let mut card = Card::default();
    let mut answers = HashMap::new();
    let mut left: Vec<&Sheet> = sheets.iter().collect();
    while !left.is_empty() {
        let first = (0..left.len()).min_by_key(|at| (left[*at].day, left[*at].number.clone())).unwrap();
        let sheet = left.remove(first);
        answers.insert(sheet.number.clone(), one(paper, &mut card, sheet));
    }
    answers
}

fn one(paper: &Paper, card: &mut Card, sheet: &Sheet) -> Vec<i64> {
    let boxes = sheet.boxes.len();
    let (mut deductible, mut parts) = (vec![0_i64; boxes], vec![0_i64; boxes]);
    let (mut deductible_used, mut behind) = (card.deductible, card.behind);
    for (at, (drug, price)) in sheet.boxes.iter().enumerate() {
        let bands = paper.special.get(drug).unwrap_or(&paper.bands);
        for _fen in 0..*price {
            if deductible_used < paper.deductible {
                deductible_used += 1;
                deductible[at] += 1;
            } else {
                parts[at] += rate(bands, behind);
                behind += 1;
            }
        }
    }
    let whole = parts.iter().sum::<i64>();
    // Half a fen and more is a fen.
    let rounded = (0..=whole).find(|fen| (2 * fen + 1) * 10_000 > 2 * whole).unwrap();
    let coinsurance = hand_out(rounded, &parts, 10_000);
    let mut counted: Vec<i64> = (0..boxes).map(|at| deductible[at] + coinsurance[at]).collect();
    if let Some(cap) = paper.patient_cap {
        counted = at_most(cap - card.counted, counted);
    }
    let mut covered = Vec::new();
    for (at, (drug, price)) in sheet.boxes.iter().enumerate() {
        let of_drug = card.covered_of_drug.entry(drug).or_default();
        let mut mine = 0;
        while mine < price - counted[at] && paper.drug_caps.get(drug).is_none_or(|cap| *of_drug < *cap) {
            mine += 1;
            *of_drug += 1;
        }
        covered.push(mine);
    }
    let within_drug_caps = covered.clone();
    if let Some(cap) = paper.insurer_cap {
        covered = at_most(cap - card.covered, covered);
    }
    for (at, (drug, price)) in sheet.boxes.iter().enumerate() {
        *card.covered_of_drug.get_mut(drug).unwrap() -= within_drug_caps[at] - covered[at];
        let used = deductible[at].min(counted[at]);
        card.deductible += used;
        card.behind += price - used;
        card.counted += counted[at];
        card.covered += covered[at];
    }
    covered
}

fn rate(bands: &[(i64, i64)], behind: i64) -> i64 {
    let inside = bands[..bands.len() - 1].iter().find(|(end, _)| behind < *end);
    inside.unwrap_or(bands.last().unwrap()).1
}

/// Cuts amounts in proportion, so that they come to at most so much.
fn at_most(most: i64, amounts: Vec<i64>) -> Vec<i64> {
    let sum: i64 = amounts.iter().sum();
    let most = most.max(0);
    if sum <= most {
        return amounts;
    }
    // The exact part of each is amount * most / sum: in units of 1 / sum.
    let exact: Vec<i64> = amounts.iter().map(|amount| amount * most).collect();
    hand_out(most, &exact, sum)
}

/// Gives one fen after the other to who is furthest below the exact part, the first of equals.
fn hand_out(fens: i64, exact: &[i64], unit: i64) -> Vec<i64> {
    let mut given = vec![0_i64; exact.len()];
    for _fen in 0..fens {
        let mut poorest = 0;
        for at in 1..exact.len() {
            if exact[at] - given[at] * unit > exact[poorest] - given[poorest] * unit {
                poorest = at;
            }
        }
        given[poorest] += 1;
    }
    given
}
