//! What is different between two versions of rules, rule by rule: the lines of the rule change log.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rules::RuleSet;

/// A rule that is different.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleChange {
    /// The rule's code, or the setting's name, such as `approval_days`.
    pub rule: String,
    /// As it was; `None` where it is new.
    pub from: Option<Value>,
    /// As it is; `None` where it is gone.
    pub to: Option<Value>,
}

/// What is different: settings first, then rules in the order of the new version, then those that are gone.
pub fn changes(before: Option<&RuleSet>, after: &RuleSet) -> Vec<RuleChange> {
    let (old, new) = (before.map(parts).unwrap_or_default(), parts(after));
    let of = |parts: &[(String, Value)], rule: &str| {
        parts.iter().find(|(code, _)| code == rule).map(|(_, value)| value.clone())
    };
    let gone = old.iter().filter(|(rule, _)| of(&new, rule).is_none());
    let rules = new.iter().chain(gone).map(|(rule, _)| rule.clone());
    let change = |rule: String| RuleChange { from: of(&old, &rule), to: of(&new, &rule), rule };
    rules.map(change).filter(|change| change.from != change.to).collect()
}

fn parts(set: &RuleSet) -> Vec<(String, Value)> {
    let mut parts = vec![
        ("approval_days".to_owned(), json!(set.approval_days)),
        ("second_person_above_minor".to_owned(), json!(set.second_person_above_minor)),
        ("auto_decide".to_owned(), json!(set.auto_decide)),
    ];
    parts.extend(set.rules.iter().map(|entry| (entry.rule.code().to_owned(), json!(entry))));
    parts
}
