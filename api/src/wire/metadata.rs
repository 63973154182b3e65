//! Metadata: a JSON object that is kept byte by byte, and that whoever reads it later must be able to read.

use std::collections::HashSet;
use std::fmt;

use dianfu_ledger::entry::METADATA_BYTES_MAX;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::json::escaped;
use crate::problem::Violation;

/// How deep objects and arrays may be nested. Readers commonly stop at 128, and ours stands inside an entry on a page.
const DEPTH_MAX: usize = 100;

/// Refuses what is JSON by its grammar and still nothing that a reader can hold, or that two readers hold for the same:
/// a number without bounds, half of a surrogate pair, a nesting without end, the character NUL, two fields of one name.
///
/// What is longer than the ledger keeps is left for the ledger to refuse: [`Json`] takes memory for every level.
pub fn check(text: &str) -> Result<(), Violation> {
    if text.len() > METADATA_BYTES_MAX {
        return Ok(());
    }
    let refused = |code, message: &str| Err(Violation::at(code, "/metadata", message));
    if !text.starts_with('{') {
        return refused("metadata_not_object", "metadata is a JSON object");
    }
    let json: Json = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => return refused("metadata_malformed", &format!("metadata cannot be read: {error}")),
    };
    if json.depth() > DEPTH_MAX {
        let message = format!("metadata cannot be read: it is nested deeper than {DEPTH_MAX}");
        return refused("metadata_malformed", &message);
    }
    if json.has_nul() {
        return refused("text_has_nul", "metadata has the character NUL");
    }
    if let Some(place) = json.twice() {
        let violation = Violation::at("metadata_field_twice", format!("/metadata{place}"), "a field is given once");
        return Err(violation.expected("one value", "more than one"));
    }
    Ok(())
}

/// JSON as it was written, with every field of an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Json {
    Text(String),
    List(Vec<Json>),
    Fields(Fields),
    Other(IgnoredAny),
}

impl Json {
    /// Objects and arrays around the innermost value. The parser has bounded it.
    fn depth(&self) -> usize {
        match self {
            Json::List(values) => 1 + values.iter().map(Json::depth).max().unwrap_or(0),
            Json::Fields(Fields(fields)) => 1 + fields.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            Json::Text(_) | Json::Other(_) => 0,
        }
    }

    fn has_nul(&self) -> bool {
        match self {
            Json::Text(text) => text.contains('\0'),
            Json::List(values) => values.iter().any(Json::has_nul),
            Json::Fields(Fields(fields)) => fields.iter().any(|(name, value)| name.contains('\0') || value.has_nul()),
            Json::Other(_) => false,
        }
    }

    /// Where a field is that an object has more than once, as a JSON pointer.
    fn twice(&self) -> Option<String> {
        let inside = |step: &dyn fmt::Display, value: &Json| value.twice().map(|place| format!("/{step}{place}"));
        match self {
            Json::List(values) => values.iter().enumerate().find_map(|(step, value)| inside(&step, value)),
            Json::Fields(Fields(fields)) => {
                let mut names = HashSet::new();
                let again = fields.iter().find(|(name, _)| !names.insert(name));
                let again = again.map(|(name, _)| format!("/{}", escaped(name)));
                again.or_else(|| fields.iter().find_map(|(name, value)| inside(&escaped(name), value)))
            }
            Json::Text(_) | Json::Other(_) => None,
        }
    }
}

/// An object, field by field.
struct Fields(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{{}}{}", "{\"a\":".repeat(depth - 1), "}".repeat(depth - 1))
    }

    #[test]
    fn what_is_too_long_is_not_read_at_all() {
        let wide = format!("{{\"a\":{}{}0{}}}", "[".repeat(90), "0,".repeat(METADATA_BYTES_MAX), "]".repeat(90));
        assert!(check(&wide).is_ok());
        assert!(check(&wide.replace(']', "")).is_ok(), "not even whether it is JSON");
    }

    #[test]
    fn what_a_reader_can_hold_is_taken() {
        for text in [
            "{}",
            r#"{"a":1.10,"b":-1e300,"c":18446744073709551615,"d":123456789012345678901234567890}"#,
            r#"{"a":"\ud83d\ude00 \u0001 \u2028"}"#,
            &nested(DEPTH_MAX),
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_no_reader_can_hold_is_refused() {
        for (text, code) in [
            ("[]", "metadata_not_object"),
            ("7", "metadata_not_object"),
            (r#"{"a":1e999}"#, "metadata_malformed"),
            (r#"{"a":[{"b":-1e400}]}"#, "metadata_malformed"),
            (r#"{"a":"\ud800"}"#, "metadata_malformed"),
            (r#"{"a":"\udc00\ud800"}"#, "metadata_malformed"),
            (r#"{"\ud83d":1}"#, "metadata_malformed"),
            (&nested(DEPTH_MAX + 1), "metadata_malformed"),
            (&nested(1_300), "metadata_malformed"),
            (r#"{"a":"\u0000"}"#, "text_has_nul"),
            (r#"{"a":[{"\u0000b":1}]}"#, "text_has_nul"),
        ] {
            let violation = check(text).unwrap_err();
            assert_eq!((violation.code, violation.pointer.as_deref()), (code, Some("/metadata")), "{text}");
        }
    }

    #[test]
    fn a_field_is_given_once() {
        for (text, place) in [
            (r#"{"a":1,"b":2,"a":1}"#, "/metadata/a"),
            (r#"{"a":{"b":1},"c":[0,{"b":1,"b/~":[],"b/~":[]}]}"#, "/metadata/c/1/b~1~0"),
            (r#"{"a":1,"\u0061":1}"#, "/metadata/a"),
        ] {
            let violation = check(text).unwrap_err();
            assert_eq!((violation.code, violation.pointer.as_deref()), ("metadata_field_twice", Some(place)), "{text}");
        }
        assert_eq!(check(r#"{"a":{"a":[{"a":1},{"a":1}]}}"#), Ok(()));
    }
}
