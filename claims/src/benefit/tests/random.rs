//! Random histories: the program against the obvious implementation, and one order against all others.

use std::collections::HashMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::obvious::{self, Paper, Sheet};
use super::{claim, drug};
use crate::benefit::MayChange;
use crate::benefit::{
    Band, BenefitTerms, Charged, ClaimToShare, DrugCap, PolicyTerms, SpecialBands, Split, UsedByYear, rerun, share_all,
};

const HISTORIES: u64 = 100_000;
const SEED: &str = "DIANFU_TEST_SEED";
const DRUGS: [&str; 3] = ["a", "b", "c"];
const YEAR: Date = date(2026, 1, 1);

/// The seed of this run, as it is asked for or else always the same.
fn seed() -> u64 {
    std::env::var(SEED).ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_302)
}

fn bands(random: &mut StdRng) -> Vec<(i64, i64)> {
    let mut end = 0;
    let count = random.random_range(1..=3);
    let band = |_| {
        end += random.random_range(1..=24);
        (end, random.random_range(0..=10_000))
    };
    (0..count).map(band).collect()
}

fn paper(random: &mut StdRng) -> Paper {
    let mut some = |most: i64| random.random_bool(0.5).then(|| random.random_range(0..=most));
    let (deductible, patient_cap, insurer_cap) = (some(24).unwrap_or(0), some(36), some(60));
    let drug_caps = DRUGS.into_iter().filter_map(|code| Some((code, some(30)?))).collect();
    let bands_of_all = bands(random);
    let special = if random.random_bool(0.3) { HashMap::from([("b", bands(random))]) } else { HashMap::new() };
    Paper { deductible, bands: bands_of_all, special, patient_cap, insurer_cap, drug_caps }
}

fn sheets(random: &mut StdRng) -> Vec<Sheet> {
    let count = random.random_range(1..=4);
    let sheet = |number: i32| Sheet {
        day: YEAR.saturating_add(random.random_range(0..4).days()),
        number: format!("C-{number}"),
        boxes: (0..random.random_range(1..=3))
            .map(|_| (DRUGS[random.random_range(0..DRUGS.len())], random.random_range(0..=24)))
            .collect(),
    };
    let mut sheets: Vec<Sheet> = (0..count).map(sheet).collect();
    sheets.shuffle(random);
    sheets
}

fn policy(paper: &Paper) -> PolicyTerms {
    let bands = |bands: &[(i64, i64)]| -> Vec<Band> {
        let band = |(index, (end, rate)): (usize, &(i64, i64))| Band {
            up_to_minor: (index + 1 < bands.len()).then_some(*end),
            patient_per_10000: i32::try_from(*rate).unwrap(),
        };
        bands.iter().enumerate().map(band).collect()
    };
    let special = |(code, own): (&&str, &Vec<(i64, i64)>)| SpecialBands {
        drugs: vec![drug(code)],
        diagnoses: vec![],
        bands: bands(own),
    };
    let cap = |(code, cap_minor): (&&str, &i64)| DrugCap { drug_code: drug(code), cap_minor: *cap_minor };
    let first = BenefitTerms {
        deductible_minor: paper.deductible,
        bands: bands(&paper.bands),
        special: paper.special.iter().map(special).collect(),
        share_cap_minor: paper.patient_cap,
        benefit_limit_minor: paper.insurer_cap,
        drug_caps: paper.drug_caps.iter().map(cap).collect(),
    };
    assert_eq!(first.faults(), []);
    PolicyTerms { years_from: YEAR, first, versions: Vec::new() }
}

fn covered(split: &Split) -> Vec<i64> {
    split.lines.iter().map(|line| line.advance_minor).collect()
}

#[test]
fn the_obvious_implementation_says_the_same_of_100_000_random_histories() {
    let seed = seed();
    println!("{SEED}={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for history in 0..HISTORIES {
        let (paper, sheets) = (paper(&mut random), sheets(&mut random));
        let claims: Vec<ClaimToShare> =
            sheets.iter().map(|sheet| claim(&sheet.number, sheet.day, &sheet.boxes)).collect();
        let splits = share_all(&claims, &policy(&paper), UsedByYear::new());
        let expected = obvious::covered(&paper, &sheets);
        for (sheet, split) in sheets.iter().zip(&splits) {
            let (here, there) = (covered(split), &expected[&sheet.number]);
            assert_eq!(here, *there, "{SEED}={seed} history {history}: {sheet:?} of {sheets:?} under {paper:?}");
        }
    }
}

#[test]
fn any_order_gives_the_same_quotes_and_a_rerun_of_them_changes_nothing() {
    let seed = seed();
    println!("{SEED}={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _history in 0..1_000 {
        let (paper, sheets) = (paper(&mut random), sheets(&mut random));
        let policy = policy(&paper);
        let mut claims: Vec<ClaimToShare> =
            sheets.iter().map(|sheet| claim(&sheet.number, sheet.day, &sheet.boxes)).collect();
        let first: HashMap<_, _> = by_number(&claims, &policy);
        claims.shuffle(&mut random);
        assert_eq!(by_number(&claims, &policy), first, "{SEED}={seed}: {sheets:?} under {paper:?}");
        let charged: Vec<Charged> = claims
            .into_iter()
            .map(|claim| {
                let Split { share_minor, lines, .. } = first[claim.claim_no.as_str()].clone();
                Charged { share_minor, lines, may_change: MayChange::Freely, claim }
            })
            .collect();
        let again = rerun(&charged, &policy, UsedByYear::new());
        assert!(again.iter().all(|claim| claim.difference_minor == 0), "{SEED}={seed}: {sheets:?} under {paper:?}");
    }
}

fn by_number(claims: &[ClaimToShare], policy: &PolicyTerms) -> HashMap<String, Split> {
    let splits = share_all(claims, policy, UsedByYear::new());
    claims.iter().map(|claim| claim.claim_no.to_string()).zip(splits).collect()
}
