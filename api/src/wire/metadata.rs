//! Metadata: a JSON object that is kept byte by byte, and that whoever reads it later must be able to read.

use serde_json::Value;

use crate::problem::Violation;

/// How deep objects and arrays may be nested. Readers commonly stop at 128, and ours stands inside an entry on a page.
const DEPTH_MAX: usize = 100;

/// Refuses what is JSON by its grammar and still nothing that a reader can hold: a number without bounds, half of a
/// surrogate pair, a nesting without end, the character NUL.
pub fn check(text: &str) -> Result<(), Violation> {
    let refused = |code, message: &str| Err(Violation::at(code, "/metadata", message));
    if !text.starts_with('{') {
        return refused("metadata_not_object", "metadata is a JSON object");
    }
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return refused("metadata_malformed", &format!("metadata cannot be read: {error}")),
    };
    if depth(&value) > DEPTH_MAX {
        let message = format!("metadata cannot be read: it is nested deeper than {DEPTH_MAX}");
        return refused("metadata_malformed", &message);
    }
    if has_nul(&value) {
        return refused("text_has_nul", "metadata has the character NUL");
    }
    Ok(())
}

/// Objects and arrays around the innermost value. The parser has bounded it.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{{}}{}", "{\"a\":".repeat(depth - 1), "}".repeat(depth - 1))
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
            (&nested(3_000), "metadata_malformed"),
            (r#"{"a":"\u0000"}"#, "text_has_nul"),
            (r#"{"a":[{"\u0000b":1}]}"#, "text_has_nul"),
        ] {
            let violation = check(text).unwrap_err();
            assert_eq!((violation.code, violation.pointer.as_deref()), (code, Some("/metadata")), "{text}");
        }
    }
}
