//! What a rule found, in words for people: English and Chinese.

use serde::Serialize;

use crate::prereview::rules::{Facts, Found, Rule};

/// What a rule found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// The rule's code.
    pub rule: String,
    /// Whether the claim passes it.
    pub passed: bool,
    /// A sentence in English.
    pub english: String,
    /// The same in Chinese.
    pub chinese: String,
}

/// Applies a rule and puts what it found into words.
pub fn finding(rule: &Rule, facts: &Facts) -> Finding {
    let found = rule.find(facts);
    let passed = found.passes(facts);
    let (english, chinese) = match &found {
        Found::Policy { .. } => policy(facts, passed),
        Found::DrugNotListed => not_listed(facts),
        Found::Packs { in_cycle, drug } => packs(facts, *in_cycle, drug.packs_per_cycle, drug.cycle_days, passed),
        Found::Prescription { valid_until } => prescription(facts, *valid_until, passed),
    };
    Finding { rule: rule.code().to_owned(), passed, english, chinese }
}

fn policy(facts: &Facts, passed: bool) -> (String, String) {
    let Facts { policy_no, on, in_force_from, in_force_until, .. } = facts;
    let (is, state) = if passed { ("is", "有效") } else { ("is not", "无效") };
    (
        format!("Policy {policy_no} {is} in force on {on}: it runs from {in_force_from} to {in_force_until}."),
        format!("保单 {policy_no} 在 {on} {state}：保险期间为 {in_force_from} 至 {in_force_until}。"),
    )
}

fn not_listed(facts: &Facts) -> (String, String) {
    let drug_code = &facts.drug_code;
    (format!("Drug {drug_code} is not covered."), format!("药品 {drug_code} 不在保障目录内。"))
}

fn packs(facts: &Facts, in_cycle: i64, allowed: i32, cycle_days: i32, passed: bool) -> (String, String) {
    let drug_code = &facts.drug_code;
    let (comparison, verdict) = if passed { ("within", "未超过") } else { ("more than", "超过") };
    (
        format!(
            "Drug {drug_code} is covered. With this claim the patient has {in_cycle} packs in {cycle_days} days, \
             {comparison} the {allowed} allowed."
        ),
        format!(
            "药品 {drug_code} 在保障目录内。含本次申请，{cycle_days} 天内共 {in_cycle} 盒，{verdict}限额 {allowed} 盒。"
        ),
    )
}

fn prescription(facts: &Facts, valid_until: jiff::civil::Date, passed: bool) -> (String, String) {
    let Facts { prescribed_on, on, .. } = facts;
    let (is, state) = if passed { ("is", "有效") } else { ("is not", "无效") };
    (
        format!("The prescription of {prescribed_on} {is} valid on {on}: it can be used until {valid_until}."),
        format!("{prescribed_on} 开具的处方在 {on} {state}：有效期至 {valid_until}。"),
    )
}
