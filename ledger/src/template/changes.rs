//! What a new version of a template changes: place by place, for whoever is asked to agree to it.

use serde_json::Value;

use super::Template;

/// A place in which two versions differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// JSON pointer (RFC 6901) to it. Lists are compared position by position.
    pub pointer: String,
    /// What stands there in the first version, as JSON; `None` if nothing does.
    pub before: Option<String>,
    /// What stands there in the second.
    pub after: Option<String>,
}

/// Where two versions differ, in the order of the template.
pub fn changes(before: &Template, after: &Template) -> Vec<Change> {
    let value = |template: &Template| {
        serde_json::to_value(template.definition()).expect("a struct of texts, numbers and lists is JSON")
    };
    let mut changes = Vec::new();
    compare(String::new(), Some(&value(before)), Some(&value(after)), &mut changes);
    changes
}

fn compare(pointer: String, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        _ if before == after => {}
        (Some(Value::Object(first)), Some(Value::Object(then))) => {
            let added = then.keys().filter(|name| !first.contains_key(*name));
            for name in first.keys().chain(added) {
                compare(format!("{pointer}/{name}"), first.get(name), then.get(name), changes);
            }
        }
        (Some(Value::Array(first)), Some(Value::Array(then))) => {
            for place in 0..first.len().max(then.len()) {
                compare(format!("{pointer}/{place}"), first.get(place), then.get(place), changes);
            }
        }
        _ => {
            let text = |value: Option<&Value>| value.map(Value::to_string);
            changes.push(Change { pointer, before: text(before), after: text(after) });
        }
    }
}
