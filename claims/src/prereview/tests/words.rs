//! Decisions in words: what a person reads, in both languages.

use super::*;

fn english_and_chinese(facts: Facts) -> Vec<(String, String)> {
    let decision = decided(rules().rules, facts);
    decision.findings.into_iter().map(|found| (found.english, found.chinese)).collect()
}

fn check(facts: Facts, expected: &[(&str, &str)]) {
    let found = english_and_chinese(facts);
    let texts: Vec<(&str, &str)> = found.iter().map(|(first, second)| (first.as_str(), second.as_str())).collect();
    assert_eq!(texts, expected);
}
