//! Prices and caps.

use dianfu_ledger::money::decimal_text;

use super::{Words, compared};
use crate::claim::DrugCode;
use crate::prereview::facts::Facts;
use crate::prereview::rules::PackPrice;

pub fn price(
    facts: &Facts,
    (line_no, quantity): (i32, i32),
    (gross_minor, most_minor): (i64, i64),
    contract: &PackPrice,
    passed: bool,
) -> Words {
    let PackPrice { drug_code, price_minor } = contract;
    let [gross, most, price] = [gross_minor, most_minor, *price_minor].map(|minor| facts.money(minor));
    let (comparison, verdict) = compared(passed);
    (
        format!(
            "Line {line_no}: {quantity} packs of drug {drug_code} for {gross}, {comparison} the {most} that they may \
             cost; by contract a pack costs {price}."
        ),
        format!(
            "第 {line_no} 行：药品 {drug_code} {quantity} 盒共 {gross}，{verdict}允许金额 {most}；合同单价 {price}。"
        ),
    )
}

pub fn covered(facts: &Facts, drug: Option<&DrugCode>, covered_minor: i128, cap_minor: i64, passed: bool) -> Words {
    let (year_from, currency) = (facts.policy.year_from, facts.currency);
    let covered = format!("{} {currency}", decimal_text(covered_minor, currency));
    let cap = facts.money(cap_minor);
    let (of, chinese_of) =
        drug.map_or_else(Default::default, |drug| (format!(" of drug {drug}"), format!("药品 {drug} ")));
    let (comparison, verdict) = compared(passed);
    (
        format!(
            "With this claim {covered}{of} is covered in the policy's year from {year_from}, {comparison} the cap of \
             {cap}."
        ),
        format!("含本次申请，{chinese_of}在自 {year_from} 起的保单年度内共保障 {covered}，{verdict}限额 {cap}。"),
    )
}
