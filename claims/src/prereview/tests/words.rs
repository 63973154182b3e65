//! Decisions in words: what a person reads, in both languages.

use super::*;

fn check(facts: Facts, expected: &[[&str; 2]]) {
    let findings = decided(rules().rules, facts).findings;
    let found: Vec<[&str; 2]> =
        findings.iter().map(|finding| [finding.english.as_str(), finding.chinese.as_str()]).collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
}

/// What the rules on policy, papers and packs say.
const OF_PAPERS: [[&str; 2]; 8] = [
    [
        "Policy P-1 is in force on 2026-03-02: it runs from 2026-01-01 to 2026-12-31.",
        "保单 P-1 在 2026-03-02 有效：保险期间为 2026-01-01 至 2026-12-31。",
    ],
    [
        "The prescription of 2026-02-27 is behind the waiting period: enrolled on 2026-01-01, the patient is \
         covered from 2026-02-27.",
        "2026-02-27 开具的处方已满等待期：参保日 2026-01-01，自 2026-02-27 起保障。",
    ],
    ["Drug osimertinib-80mg-30 is on the list.", "药品 osimertinib-80mg-30 在保障目录内。"],
    [
        "Diagnosis C34.9 is among those that drug osimertinib-80mg-30 is for: C33, C34.",
        "诊断 C34.9 属于药品 osimertinib-80mg-30 的适应症：C33、C34。",
    ],
    [
        "The prescription of 2026-02-27 is valid on 2026-03-02: it can be used until 2026-03-02.",
        "2026-02-27 开具的处方在 2026-03-02 有效：有效期至 2026-03-02。",
    ],
    [
        "Line 1 asks for 1 packs of drug osimertinib-80mg-30, within the 1 prescribed.",
        "第 1 行申请药品 osimertinib-80mg-30 1 盒，未超过处方数量 1 盒。",
    ],
    [
        "The test for EGFR of 2026-01-05 was positive; on 2026-03-02 it is what drug osimertinib-80mg-30 \
         takes: a positive test for EGFR or T790M, at most 60 days old.",
        "2026-01-05 的 EGFR 检测结果为阳性，于 2026-03-02 符合药品 osimertinib-80mg-30 的要求：EGFR或T790M \
         阳性，检测时间在 60 天内。",
    ],
    [
        "With this claim the patient has 1 packs of drug osimertinib-80mg-30 in 28 days, within the 1 allowed.",
        "含本次申请，药品 osimertinib-80mg-30 在 28 天内共 1 盒，未超过限额 1 盒。",
    ],
];

/// What the rules on refills, gifts, prices, places and caps say.
const OF_SUPPLY: [[&str; 2]; 8] = [
    [
        "Earlier packs of drug osimertinib-80mg-30 are used up on 2026-03-04, at 30 days a pack. A refill on \
         2026-03-02 is not too early: it may come 2 days before, from 2026-03-02.",
        "药品 osimertinib-80mg-30 既往用药（每盒 30 天）将于 2026-03-04 用完。2026-03-02 续药不早于允许日期 \
         2026-03-02（可提前 2 天）。",
    ],
    [
        "By the charity scheme of drug osimertinib-80mg-30, 2 packs are paid and the 3 that follow are free. \
         1 were paid and 0 free; with this claim 2 are paid, within the 2 payable by now.",
        "药品 osimertinib-80mg-30 慈善赠药方案：自付 2 盒，其后 3 盒免费。此前已付 1 盒、赠药 0 盒；含本次申请共付 \
         2 盒，未超过目前应付 2 盒。",
    ],
    [
        "Line 1: 1 packs of drug osimertinib-80mg-30 for 20000.00 CNY, within the 20000.00 CNY that they may \
         cost; by contract a pack costs 19990.00 CNY.",
        "第 1 行：药品 osimertinib-80mg-30 1 盒共 20000.00 CNY，未超过允许金额 20000.00 CNY；合同单价 \
         19990.00 CNY。",
    ],
    ["Doctor dr-chen is designated.", "医生 dr-chen 为定点责任医师。"],
    ["Pharmacy red-cross is designated.", "药店 red-cross 为定点药店。"],
    [
        "With this claim 30400.00 CNY is covered in the policy's year from 2026-01-01, within the cap of \
         30400.00 CNY.",
        "含本次申请，在自 2026-01-01 起的保单年度内共保障 30400.00 CNY，未超过限额 30400.00 CNY。",
    ],
    [
        "With this claim 30400.00 CNY of drug osimertinib-80mg-30 is covered in the policy's year from \
         2026-01-01, within the cap of 30400.00 CNY.",
        "含本次申请，药品 osimertinib-80mg-30 在自 2026-01-01 起的保单年度内共保障 30400.00 CNY，未超过限额 \
         30400.00 CNY。",
    ],
    [
        "With this claim the patient has 2 packs of drug osimertinib-80mg-30 in the policy's year from \
         2026-01-01, within the 2 allowed.",
        "含本次申请，药品 osimertinib-80mg-30 在自 2026-01-01 起的保单年度内共 2 盒，未超过年度限额 2 盒。",
    ],
];

#[test]
fn what_every_rule_says_of_a_claim_that_passes() {
    check(facts(), &[OF_PAPERS.as_slice(), OF_SUPPLY.as_slice()].concat());
}

/// The sentences of the rules that fire, by code.
fn of_firing(facts: Facts) -> Vec<[String; 3]> {
    let findings = decided(rules().rules, facts).findings.into_iter();
    let firing = findings.filter(|finding| finding.answer != Answer::Passed);
    firing.map(|finding| [finding.rule, finding.english, finding.chinese]).collect()
}

#[test]
fn what_is_unknown_is_said_to_be() {
    let unknown = Facts { diagnosis: None, doctor: None, tests: Vec::new(), ..facts() };
    let expected = [
        [
            "indication",
            "The diagnosis is not known; drug osimertinib-80mg-30 is for C33, C34.",
            "诊断未知；药品 osimertinib-80mg-30 的适应症为 C33、C34。",
        ],
        [
            "genetic_test",
            "Drug osimertinib-80mg-30 takes a positive test for EGFR or T790M; none is on file.",
            "药品 osimertinib-80mg-30 须有 EGFR或T790M 基因检测阳性结果；未见检测结果。",
        ],
        ["designated_doctor", "The doctor is not known.", "处方医生未知。"],
    ];
    assert_eq!(of_firing(unknown), expected.map(|row| row.map(str::to_owned)));
}

#[test]
fn what_fails_says_against_what_it_was_measured() {
    let mut failing = facts();
    failing.lines[0].quantity = 2;
    failing.lines[0].gross_minor = 4_000_001;
    failing.tests[0].positive = false;
    failing.pharmacy = party("other");
    failing.earlier[0].on = date(2026, 2, 20);
    let english: Vec<String> = of_firing(failing).into_iter().map(|[_, english, _]| english).collect();
    let expected = [
        "Line 1 asks for 2 packs of drug osimertinib-80mg-30, more than the 1 prescribed.",
        "The test for EGFR of 2026-01-05 was negative; on 2026-03-02 it is not what drug osimertinib-80mg-30 takes: a \
         positive test for EGFR or T790M, at most 60 days old.",
        "With this claim the patient has 3 packs of drug osimertinib-80mg-30 in 28 days, more than the 1 allowed.",
        "Earlier packs of drug osimertinib-80mg-30 are used up on 2026-03-22, at 30 days a pack. A refill on \
         2026-03-02 is too early: it may come 2 days before, from 2026-03-20.",
        "By the charity scheme of drug osimertinib-80mg-30, 2 packs are paid and the 3 that follow are free. 1 were \
         paid and 0 free; with this claim 3 are paid, more than the 2 payable by now.",
        "Line 1: 2 packs of drug osimertinib-80mg-30 for 40000.01 CNY, more than the 40000.00 CNY that they may cost; \
         by contract a pack costs 19990.00 CNY.",
        "Pharmacy other is not designated.",
        "With this claim the patient has 3 packs of drug osimertinib-80mg-30 in the policy's year from 2026-01-01, \
         more than the 2 allowed.",
    ];
    assert_eq!(english, expected);
}

#[test]
fn a_drug_that_is_not_listed_is_asked_nothing() {
    let mut other = facts();
    other.lines[0].drug_code = DrugCode::parse("other").unwrap();
    let findings = decided(rules().rules, other).findings;
    let not_asked = findings.iter().filter(|finding| finding.english == "This rule asks nothing of drug other.");
    assert_eq!(not_asked.count(), 8);
    let listed = &findings[2];
    assert_eq!(
        (listed.english.as_str(), listed.chinese.as_str()),
        ("Drug other is not on the list.", "药品 other 不在保障目录内。")
    );
}
