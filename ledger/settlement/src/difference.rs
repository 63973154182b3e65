//! Where two contents under one number differ: what a conflict names.

use serde::Serialize;
use serde_json::Value;

/// The first field in which two values differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The field, as `quote/share_minor`.
    pub field: String,
    /// Its value on record.
    pub first: String,
    /// Its value in the request.
    pub given: String,
}

/// The first difference between what is on record and what is given, in the order of field names.
pub fn difference<T: Serialize>(first: &T, given: &T) -> Option<Difference> {
    let [first, given] = [first, given].map(|value| serde_json::to_value(value).unwrap_or_default());
    between(String::new(), &first, &given)
}

fn between(field: String, first: &Value, given: &Value) -> Option<Difference> {
    if first == given {
        return None;
    }
    let (Value::Object(first_fields), Value::Object(given_fields)) = (first, given) else {
        let field = if field.is_empty() { "content".to_owned() } else { field };
        return Some(Difference { field, first: text(first), given: text(given) });
    };
    let mut names = first_fields.keys().chain(given_fields.keys().filter(|name| !first_fields.contains_key(*name)));
    names.find_map(|name| {
        let path = if field.is_empty() { name.clone() } else { format!("{field}/{name}") };
        let of = |fields: &serde_json::Map<String, Value>| fields.get(name).cloned().unwrap_or_default();
        between(path, &of(first_fields), &of(given_fields))
    })
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_the_place_and_both_values() {
        let first = json!({"kind": "paid", "details": {"amount": 100, "bank": "a"}});
        let given = json!({"kind": "paid", "details": {"amount": 101, "bank": "b"}});
        let found = difference(&first, &given).unwrap();
        assert_eq!(
            (found.field.as_str(), found.first.as_str(), found.given.as_str()),
            ("details/amount", "100", "101")
        );
        assert_eq!(difference(&first, &first), None);
        let more = json!({"kind": "paid", "details": {"amount": 100, "bank": "a"}, "note": "x"});
        let found = difference(&first, &more).unwrap();
        assert_eq!((found.field.as_str(), found.first.as_str(), found.given.as_str()), ("note", "nothing", "x"));
    }
}
