//! Benefits at their edges, whatever the order, and against an independent implementation.

mod obvious;
mod random;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::claim::{ClaimNo, DiagnosisCode, DrugCode};

pub fn drug(code: &str) -> DrugCode {
    DrugCode::parse(code).unwrap()
}

/// A claim with a line for each price.
pub fn claim(claim_no: &str, prescribed_on: Date, lines: &[(&str, i64)]) -> ClaimToShare {
    let line = |(line_no, (code, gross_minor)): (i32, &(&str, i64))| LineToShare {
        line_no,
        drug_code: drug(code),
        gross_minor: *gross_minor,
    };
    ClaimToShare {
        claim_no: ClaimNo::parse(claim_no).unwrap(),
        prescribed_on,
        diagnosis: DiagnosisCode::parse("C34.9").ok(),
        lines: (1..).zip(lines).map(line).collect(),
    }
}

fn terms() -> BenefitTerms {
    BenefitTerms::plain(100_000, 2_000)
}

fn policy(first: BenefitTerms) -> PolicyTerms {
    PolicyTerms { years_from: date(2026, 1, 1), first, versions: Vec::new() }
}

fn check(gross_minor: i64, terms: &BenefitTerms, deductible_minor: i64, share_minor: i64, advance_minor: i64) {
    let split = share(&claim("C-1", date(2026, 3, 1), &[("a", gross_minor)]), terms, &Used::default());
    let sums = (split.deductible_minor, split.share_minor, split.advance_minor);
    assert_eq!(sums, (deductible_minor, share_minor, advance_minor));
}

#[test]
fn the_worked_example() {
    check(2_000_000, &terms(), 100_000, 480_000, 1_520_000);
    let split = share(&claim("C-1", date(2026, 3, 1), &[("a", 2_000_000)]), &terms(), &Used::default());
    let fee = FeeTerms { fee_per_10000: 100, vat_per_10000: 600, payment_days: 7 };
    let quote = quote(&split, &fee, date(2026, 3, 2), 30);
    assert_eq!((quote.fee_minor, quote.vat_minor, quote.fee_minor - quote.vat_minor), (20_000, 1_132, 18_868));
    assert_eq!(quote.valid_until, date(2026, 4, 1));
}

#[test]
fn deductible_caps_and_limits() {
    let with_cap = |cap| BenefitTerms { share_cap_minor: Some(cap), ..terms() };
    let with_limit = |limit| BenefitTerms { benefit_limit_minor: Some(limit), ..terms() };
    check(80_000, &terms(), 80_000, 80_000, 0);
    check(100_000, &terms(), 100_000, 100_000, 0);
    check(100_001, &terms(), 100_000, 100_000, 1);
    check(100_003, &terms(), 100_000, 100_001, 2);
    check(2_000_000, &with_cap(300_000), 100_000, 300_000, 1_700_000);
    check(2_000_000, &with_cap(0), 0, 0, 2_000_000);
    check(2_000_000, &with_limit(1_000_000), 100_000, 1_000_000, 1_000_000);
    check(2_000_000, &BenefitTerms::plain(0, 0), 0, 0, 2_000_000);
    check(i64::MAX, &BenefitTerms::plain(100_000, 10_000), 100_000, i64::MAX, 0);
}

#[test]
fn bands_count_what_comes_together_in_the_year() {
    let band = |up_to_minor, patient_per_10000| Band { up_to_minor, patient_per_10000 };
    let bands = vec![band(Some(1_000), 5_000), band(Some(3_000), 2_000), band(None, 0)];
    let terms = BenefitTerms { bands, ..BenefitTerms::plain(500, 0) };
    check(1_500, &terms, 500, 1_000, 500);
    check(1_501, &terms, 500, 1_000, 501);
    check(10_000, &terms, 500, 500 + 500 + 400, 8_600);
    let policy = policy(terms);
    let first = claim("C-1", date(2026, 3, 1), &[("a", 1_500)]);
    let second = claim("C-2", date(2026, 3, 1), &[("a", 3_000)]);
    let shares: Vec<i64> =
        share_all(&[second, first], &policy, UsedByYear::new()).iter().map(|split| split.share_minor).collect();
    assert_eq!(shares, [400, 1_000]);
}

#[test]
fn special_bands_are_for_their_drugs_and_diagnoses() {
    let bands = vec![Band { up_to_minor: None, patient_per_10000: 9_000 }];
    let code = |text| DiagnosisCode::parse(text).unwrap();
    let had_before = SpecialBands { drugs: vec![], diagnoses: vec![code("C34")], bands: bands.clone() };
    let class = SpecialBands { drugs: vec![drug("b")], diagnoses: vec![], bands };
    let with = |special| BenefitTerms { special: vec![special], ..BenefitTerms::plain(0, 2_000) };
    let lines = [("a", 1_000), ("b", 1_000)];
    let sick = claim("C-1", date(2026, 3, 1), &lines);
    let unknown = ClaimToShare { diagnosis: None, ..sick.clone() };
    let shares = |claim: &ClaimToShare, terms: &BenefitTerms| -> Vec<i64> {
        share(claim, terms, &Used::default()).lines.iter().map(|line| line.share_minor).collect()
    };
    assert_eq!(shares(&sick, &with(had_before.clone())), [900, 900]);
    assert_eq!(shares(&unknown, &with(had_before)), [200, 200]);
    assert_eq!(shares(&sick, &with(class)), [200, 900]);
}

#[test]
fn a_drug_has_a_cap_over_all_lines_and_claims_of_the_year() {
    let cap = DrugCap { drug_code: drug("a"), cap_minor: 1_000 };
    let policy = policy(BenefitTerms { drug_caps: vec![cap], ..BenefitTerms::plain(0, 0) });
    let first = claim("C-1", date(2026, 3, 1), &[("a", 600), ("b", 600), ("a", 600)]);
    let next_year = claim("C-2", date(2027, 1, 1), &[("a", 600)]);
    let splits = share_all(&[first, next_year], &policy, UsedByYear::new());
    let advances = |split: &Split| -> Vec<i64> { split.lines.iter().map(|line| line.advance_minor).collect() };
    assert_eq!((advances(&splits[0]), advances(&splits[1])), (vec![600, 600, 400], vec![600]));
}

#[test]
fn what_is_above_an_insurers_cap_does_not_use_up_the_patients() {
    let terms = BenefitTerms {
        share_cap_minor: Some(1_000),
        drug_caps: vec![DrugCap { drug_code: drug("a"), cap_minor: 0 }],
        ..BenefitTerms::plain(0, 5_000)
    };
    let first = claim("C-1", date(2026, 3, 1), &[("a", 1_000)]);
    let second = claim("C-2", date(2026, 3, 2), &[("b", 4_000)]);
    let splits = share_all(&[first, second], &policy(terms), UsedByYear::new());
    assert_eq!((splits[0].share_minor, splits[1].share_minor), (1_000, 500));
}

#[test]
fn one_rounding_a_claim_and_lines_that_add_up() {
    let terms = BenefitTerms::plain(0, 3_333);
    let lines = [("a", 1), ("b", 1), ("c", 1), ("d", 1)];
    let split = share(&claim("C-1", date(2026, 3, 1), &lines), &terms, &Used::default());
    let shares: Vec<i64> = split.lines.iter().map(|line| line.share_minor).collect();
    assert_eq!((split.share_minor, shares), (1, vec![1, 0, 0, 0]));
    assert_eq!(split_over_lines(11, &[100_000, 1_000, 4_000], 10_000), [10, 0, 1]);
}

#[test]
fn years_begin_with_the_policy() {
    let policy = PolicyTerms { years_from: date(2024, 2, 29), ..policy(terms()) };
    for (day, year) in [
        (date(2024, 2, 29), date(2024, 2, 29)),
        (date(2025, 2, 27), date(2024, 2, 29)),
        (date(2025, 2, 28), date(2025, 2, 28)),
        (date(2028, 2, 28), date(2027, 2, 28)),
        (date(2028, 2, 29), date(2028, 2, 29)),
    ] {
        assert_eq!(policy.year_of(day), year, "{day}");
    }
}

#[test]
fn a_later_version_counts_for_later_prescriptions() {
    let later = |day, deductible_minor| TermsVersion {
        effective_from: day,
        enrolled_on: None,
        terms: BenefitTerms::plain(deductible_minor, 0),
    };
    let versions = vec![later(date(2026, 7, 1), 1), later(date(2026, 6, 1), 2)];
    let policy = PolicyTerms { versions, ..policy(terms()) };
    for (day, deductible_minor) in
        [(date(2026, 5, 31), 100_000), (date(2026, 6, 1), 2), (date(2026, 6, 30), 2), (date(2026, 7, 1), 2)]
    {
        assert_eq!(policy.on(day).deductible_minor, deductible_minor, "{day}");
    }
}

#[test]
fn a_rerun_says_what_each_patient_owes_more_or_less() {
    let policy = policy(terms());
    let day = date(2026, 3, 1);
    let claims = ["C-1", "C-2"].map(|claim_no| claim(claim_no, day, &[("a", 2_000_000)]));
    let charged = |claim: &ClaimToShare, share_minor| charged(claim, share_minor, MayChange::Freely);
    // The second was decided first and used up the deductible.
    let told = [charged(&claims[1], 480_000), charged(&claims[0], 400_000)];
    let differences: Vec<(String, i64)> = rerun(&told, &policy, UsedByYear::new())
        .iter()
        .map(|again| (again.claim_no.to_string(), again.difference_minor))
        .collect();
    assert_eq!(differences, [("C-1".to_owned(), 80_000), ("C-2".to_owned(), -80_000)]);
    // The one that used it up is cancelled.
    let left = rerun(&told[1..], &policy, UsedByYear::new());
    assert_eq!(left[0].difference_minor, 80_000);
}

/// A claim of one line, charged like this; all of what is not a fifth is the deductible.
fn charged(claim: &ClaimToShare, share_minor: i64, may_change: MayChange) -> Charged {
    let LineToShare { line_no, drug_code, gross_minor } = claim.lines[0].clone();
    let deductible_minor = (share_minor - gross_minor / 5) * 5 / 4;
    let advance_minor = gross_minor - share_minor;
    let counted_minor = share_minor;
    let line =
        LineShare { line_no, drug_code, gross_minor, share_minor, advance_minor, deductible_minor, counted_minor };
    Charged { claim: claim.clone(), share_minor, lines: vec![line], may_change }
}

#[test]
fn what_may_not_change_stays_as_charged_and_uses_up_what_it_did() {
    let policy = policy(terms());
    let day = date(2026, 3, 1);
    let claims = ["C-1", "C-2"].map(|claim_no| claim(claim_no, day, &[("a", 2_000_000)]));
    // The second was decided first and used up the deductible.
    for (first_may, second_may, expected) in [
        (MayChange::Freely, MayChange::Freely, [80_000, -80_000]),
        (MayChange::ToLess, MayChange::Freely, [0, 0]),
        (MayChange::No, MayChange::ToLess, [0, 0]),
        (MayChange::Freely, MayChange::No, [80_000, 0]),
    ] {
        let told = [charged(&claims[0], 400_000, first_may), charged(&claims[1], 480_000, second_may)];
        let again = rerun(&told, &policy, UsedByYear::new());
        let differences: Vec<i64> = again.iter().map(|again| again.difference_minor).collect();
        assert_eq!(differences, expected, "{first_may:?} {second_may:?}");
    }
}

#[test]
fn terms_that_cannot_be_are_named_by_place() {
    let band = |up_to_minor, patient_per_10000| Band { up_to_minor, patient_per_10000 };
    let cap = |cap_minor| DrugCap { drug_code: drug("a"), cap_minor };
    let all = BenefitTerms {
        deductible_minor: -1,
        bands: vec![band(Some(5), 10_001), band(Some(5), 0), band(None, -1), band(Some(9), 0)],
        special: vec![SpecialBands { drugs: vec![], diagnoses: vec![], bands: vec![] }],
        share_cap_minor: Some(-2),
        benefit_limit_minor: Some(0),
        drug_caps: vec![cap(-3), cap(1)],
    };
    let paths: Vec<String> = all.faults().into_iter().map(|fault| fault.path).collect();
    assert_eq!(
        paths,
        [
            "deductible_minor",
            "share_cap_minor",
            "bands/0/patient_per_10000",
            "bands/1/up_to_minor",
            "bands/2/patient_per_10000",
            "bands/2/up_to_minor",
            "bands/3/up_to_minor",
            "special/0/bands",
            "special/0",
            "drug_caps/0/cap_minor",
            "drug_caps/1/drug_code",
        ]
    );
    assert_eq!(terms().faults(), []);
}

proptest! {
    #[test]
    fn the_parts_are_the_price_and_never_negative(
        prices in proptest::collection::vec(0..=i64::MAX / 3, 1..=3),
        deductible_minor in 0..=i64::MAX,
        patient_per_10000 in 0..=10_000,
        share_cap_minor in proptest::option::of(0..=i64::MAX),
        benefit_limit_minor in proptest::option::of(0..=i64::MAX),
        cap_minor in 0..=i64::MAX,
    ) {
        let terms = BenefitTerms {
            share_cap_minor,
            benefit_limit_minor,
            drug_caps: vec![DrugCap { drug_code: drug("a"), cap_minor }],
            ..BenefitTerms::plain(deductible_minor, patient_per_10000)
        };
        let lines: Vec<(&str, i64)> = ["a", "b", "a"].into_iter().zip(prices.iter().copied()).collect();
        let split = share(&claim("C-1", date(2026, 3, 1), &lines), &terms, &Used::default());
        prop_assert_eq!(split.share_minor + split.advance_minor, prices.iter().sum::<i64>());
        prop_assert!(benefit_limit_minor.is_none_or(|limit| split.advance_minor <= limit));
        let lines_of_a = split.lines.iter().filter(|line| line.drug_code == drug("a"));
        let of_a: i64 = lines_of_a.map(|line| line.advance_minor).sum();
        prop_assert!(of_a <= cap_minor && split.deductible_minor <= deductible_minor);
        for line in &split.lines {
            prop_assert_eq!(line.share_minor + line.advance_minor, line.gross_minor);
            prop_assert!(line.advance_minor >= 0 && line.deductible_minor >= 0);
            prop_assert!(line.deductible_minor <= line.counted_minor && line.counted_minor <= line.share_minor);
        }
    }

    #[test]
    fn vat_and_income_are_the_fee(fee_minor in 0_i64..=i64::MAX, vat_per_10000 in 0..=10_000) {
        let vat = vat_in(fee_minor, vat_per_10000);
        prop_assert!((0..=fee_minor).contains(&vat));
    }
}
