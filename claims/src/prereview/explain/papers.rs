//! Policies, prescriptions, diagnoses, tests, and who may prescribe and dispense.

use jiff::civil::Date;

use super::{Words, either, listed as in_a_row};
use crate::claim::{DiagnosisCode, DrugCode};
use crate::prereview::facts::{Facts, TestFact};
use crate::prereview::rules::TestAsked;

pub fn policy(facts: &Facts, passed: bool) -> Words {
    let Facts { on, policy, .. } = facts;
    let (policy_no, from, until) = (&policy.policy_no, policy.in_force_from, policy.in_force_until);
    let (is, state) = either(passed, ["有效", "无效"]);
    (
        format!("Policy {policy_no} {is} in force on {on}: it runs from {from} to {until}."),
        format!("保单 {policy_no} 在 {on} {state}：保险期间为 {from} 至 {until}。"),
    )
}

pub fn waiting(facts: &Facts, first: Date, passed: bool) -> Words {
    let (prescribed_on, enrolled_on) = (facts.prescribed_on, facts.policy.enrolled_on);
    let (is, state) = either(passed, ["已满", "未满"]);
    (
        format!(
            "The prescription of {prescribed_on} {is} behind the waiting period: enrolled on {enrolled_on}, the \
             patient is covered from {first}."
        ),
        format!("{prescribed_on} 开具的处方{state}等待期：参保日 {enrolled_on}，自 {first} 起保障。"),
    )
}

pub fn listed(drug: &DrugCode, passed: bool) -> Words {
    let (is, state) = either(passed, ["在", "不在"]);
    (format!("Drug {drug} {is} on the list."), format!("药品 {drug} {state}保障目录内。"))
}

pub fn indication(facts: &Facts, drug: &DrugCode, diagnoses: &[DiagnosisCode], passed: bool) -> Words {
    let (row, chinese_row) = (in_a_row(diagnoses, ", "), in_a_row(diagnoses, "、"));
    let Some(diagnosis) = &facts.diagnosis else {
        return (
            format!("The diagnosis is not known; drug {drug} is for {row}."),
            format!("诊断未知；药品 {drug} 的适应症为 {chinese_row}。"),
        );
    };
    let (is, state) = either(passed, ["属于", "不属于"]);
    (
        format!("Diagnosis {diagnosis} {is} among those that drug {drug} is for: {row}."),
        format!("诊断 {diagnosis} {state}药品 {drug} 的适应症：{chinese_row}。"),
    )
}

pub fn prescription(facts: &Facts, last: Date, passed: bool) -> Words {
    let Facts { prescribed_on, on, .. } = facts;
    let (is, state) = either(passed, ["有效", "无效"]);
    (
        format!("The prescription of {prescribed_on} {is} valid on {on}: it can be used until {last}."),
        format!("{prescribed_on} 开具的处方在 {on} {state}：有效期至 {last}。"),
    )
}

pub fn test(facts: &Facts, result: Option<&TestFact>, asked: &TestAsked, passed: bool) -> Words {
    let TestAsked { drug_code, any_of, days_max } = asked;
    let (row, chinese_row) = (in_a_row(any_of, " or "), in_a_row(any_of, "或"));
    let Some(TestFact { test, positive, tested_on }) = result else {
        return (
            format!("Drug {drug_code} takes a positive test for {row}; none is on file."),
            format!("药品 {drug_code} 须有 {chinese_row} 基因检测阳性结果；未见检测结果。"),
        );
    };
    let (found, chinese_found) = if *positive { ("positive", "阳性") } else { ("negative", "阴性") };
    let (age, chinese_age) = days_max.map_or_else(
        || ("of any age".to_owned(), "不限检测时间".to_owned()),
        |days| (format!("at most {days} days old"), format!("检测时间在 {days} 天内")),
    );
    let (is, state) = either(passed, ["符合", "不符合"]);
    let on = facts.on;
    (
        format!(
            "The test for {test} of {tested_on} was {found}; on {on} it {is} what drug {drug_code} takes: a positive \
             test for {row}, {age}."
        ),
        format!(
            "{tested_on} 的 {test} 检测结果为{chinese_found}，于 {on} {state}药品 {drug_code} 的要求：{chinese_row} 阳性，\
             {chinese_age}。"
        ),
    )
}

pub fn doctor(facts: &Facts, passed: bool) -> Words {
    let Some(doctor) = &facts.doctor else {
        return ("The doctor is not known.".to_owned(), "处方医生未知。".to_owned());
    };
    let (is, state) = either(passed, ["为", "不是"]);
    (format!("Doctor {doctor} {is} designated."), format!("医生 {doctor} {state}定点责任医师。"))
}

pub fn pharmacy(facts: &Facts, passed: bool) -> Words {
    let pharmacy = &facts.pharmacy;
    let (is, state) = either(passed, ["为", "不是"]);
    (format!("Pharmacy {pharmacy} {is} designated."), format!("药店 {pharmacy} {state}定点药店。"))
}
