//! What a rule found, in words for people: English and Chinese, with the numbers and dates that it saw.
//!
//! A sentence says first what is so, then what it was measured against; both languages say the same.

mod amounts;
mod packs;
mod papers;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::find::{Answer, Found};
use super::rules::Rule;
use crate::claim::DrugCode;

/// What a rule found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's code.
    pub rule: String,
    /// Whether the claim passes it.
    pub answer: Answer,
    /// The material that would say what is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<String>,
    /// A sentence in English.
    pub english: String,
    /// The same in Chinese.
    pub chinese: String,
}

/// A sentence in English, and the same in Chinese.
pub(super) type Words = (String, String);

/// Applies a rule and puts what it found into words.
pub fn findings(rule: &Rule, facts: &Facts) -> Vec<Finding> {
    let finding = |found: Found| {
        let answer = found.answer(facts);
        let (english, chinese) = words(&found, answer, facts);
        let material = (answer == Answer::Unknown).then(|| found.material().to_owned());
        Finding { rule: rule.code().to_owned(), answer, material, english, chinese }
    };
    rule.find(facts).into_iter().map(finding).collect()
}

fn words(found: &Found, answer: Answer, facts: &Facts) -> Words {
    let passed = answer == Answer::Passed;
    match found {
        Found::Policy => papers::policy(facts, passed),
        Found::CoveredFrom(first) => papers::waiting(facts, *first, passed),
        Found::Listed(drug, _) => papers::listed(drug, passed),
        Found::Indication(drug, diagnoses) => papers::indication(facts, drug, diagnoses, passed),
        Found::UsableUntil(last) => papers::prescription(facts, *last, passed),
        Found::Test(result, asked) => papers::test(facts, result.as_ref(), asked, passed),
        Found::Doctor(_) => papers::doctor(facts, passed),
        Found::Pharmacy(_) => papers::pharmacy(facts, passed),
        Found::Prescribed(line_no, drug, asked, prescribed) => packs::prescribed(*line_no, drug, *asked, *prescribed),
        Found::InCycle(in_cycle, cycle) => packs::in_cycle(*in_cycle, cycle, passed),
        Found::Refill(refill, supply) => packs::refill(facts, *refill, supply, passed),
        Found::Charity { paid, free, asked, payable, scheme } => {
            packs::charity([*paid, *free, *asked, *payable], scheme, passed)
        }
        Found::InYear(drug, packs, allowed) => packs::in_year(facts, drug, *packs, *allowed, passed),
        Found::Price { line_no, quantity, gross_minor, most_minor, contract } => {
            amounts::price(facts, (*line_no, *quantity), (*gross_minor, *most_minor), contract, passed)
        }
        Found::Covered(drug, covered_minor, cap_minor) => {
            amounts::covered(facts, drug.as_ref(), *covered_minor, *cap_minor, passed)
        }
        Found::NotAsked(drug) => not_asked(drug),
    }
}

fn not_asked(drug: &DrugCode) -> Words {
    (format!("This rule asks nothing of drug {drug}."), format!("本规则对药品 {drug} 无要求。"))
}

/// "is" or "is not", and the Chinese word for either.
pub(super) fn either(passed: bool, chinese: [&'static str; 2]) -> (&'static str, &'static str) {
    if passed { ("is", chinese[0]) } else { ("is not", chinese[1]) }
}

/// How a number compares with the most allowed.
pub(super) fn compared(passed: bool) -> (&'static str, &'static str) {
    if passed { ("within", "未超过") } else { ("more than", "超过") }
}

/// Words in a row.
pub(super) fn listed<T: std::fmt::Display>(words: &[T], between: &str) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}
