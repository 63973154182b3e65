//! Packs: prescribed, in a cycle, in a year, refilled, given for nothing.

use jiff::civil::Date;

use super::{Words, compared};
use crate::claim::DrugCode;
use crate::prereview::facts::Facts;
use crate::prereview::rules::{CharityScheme, Cycle, Supply};

pub fn prescribed(line_no: i32, drug: &DrugCode, asked: i32, prescribed: Option<i32>) -> Words {
    let Some(most) = prescribed else {
        return (
            format!("Line {line_no} asks for {asked} packs of drug {drug}; how many are prescribed is not known."),
            format!("第 {line_no} 行申请药品 {drug} {asked} 盒；处方数量未知。"),
        );
    };
    let (comparison, verdict) = compared(asked <= most);
    (
        format!("Line {line_no} asks for {asked} packs of drug {drug}, {comparison} the {most} prescribed."),
        format!("第 {line_no} 行申请药品 {drug} {asked} 盒，{verdict}处方数量 {most} 盒。"),
    )
}

pub fn in_cycle(in_cycle: i64, cycle: &Cycle, passed: bool) -> Words {
    let Cycle { drug_code, packs_per_cycle, cycle_days } = cycle;
    let (comparison, verdict) = compared(passed);
    (
        format!(
            "With this claim the patient has {in_cycle} packs of drug {drug_code} in {cycle_days} days, {comparison} \
             the {packs_per_cycle} allowed."
        ),
        format!(
            "含本次申请，药品 {drug_code} 在 {cycle_days} 天内共 {in_cycle} 盒，{verdict}限额 {packs_per_cycle} 盒。"
        ),
    )
}

pub fn refill(facts: &Facts, refill: Option<(Date, Date)>, supply: &Supply, passed: bool) -> Words {
    let Supply { drug_code, days_per_pack, early_days } = supply;
    let Some((used_up, first)) = refill else {
        return (
            format!("The patient had no pack of drug {drug_code} before."),
            format!("患者此前未领取过药品 {drug_code}。"),
        );
    };
    let on = facts.on;
    let (when, verdict) = if passed { ("not too early", "不早于") } else { ("too early", "早于") };
    (
        format!(
            "Earlier packs of drug {drug_code} are used up on {used_up}, at {days_per_pack} days a pack. A refill on \
             {on} is {when}: it may come {early_days} days before, from {first}."
        ),
        format!(
            "药品 {drug_code} 既往用药（每盒 {days_per_pack} 天）将于 {used_up} 用完。{on} 续药{verdict}允许日期 \
             {first}（可提前 {early_days} 天）。"
        ),
    )
}

pub fn charity([paid, free, asked, payable]: [i64; 4], scheme: &CharityScheme, passed: bool) -> Words {
    let CharityScheme { drug_code, paid_packs, free_packs } = scheme;
    let (phase, chinese_phase) = free_packs.map_or_else(
        || ("all that follow are free".to_owned(), "其后全部免费".to_owned()),
        |packs| (format!("the {packs} that follow are free"), format!("其后 {packs} 盒免费")),
    );
    let (comparison, verdict) = compared(passed);
    (
        format!(
            "By the charity scheme of drug {drug_code}, {paid_packs} packs are paid and {phase}. {paid} were paid and \
             {free} free; with this claim {with} are paid, {comparison} the {payable} payable by now.",
            with = paid + asked
        ),
        format!(
            "药品 {drug_code} 慈善赠药方案：自付 {paid_packs} 盒，{chinese_phase}。此前已付 {paid} 盒、赠药 {free} 盒；\
             含本次申请共付 {with} 盒，{verdict}目前应付 {payable} 盒。",
            with = paid + asked
        ),
    )
}

pub fn in_year(facts: &Facts, drug: &DrugCode, packs: i64, allowed: i32, passed: bool) -> Words {
    let year_from = facts.policy.year_from;
    let (comparison, verdict) = compared(passed);
    (
        format!(
            "With this claim the patient has {packs} packs of drug {drug} in the policy's year from {year_from}, \
             {comparison} the {allowed} allowed."
        ),
        format!(
            "含本次申请，药品 {drug} 在自 {year_from} 起的保单年度内共 {packs} 盒，{verdict}年度限额 {allowed} 盒。"
        ),
    )
}
