//! The journal that an entry's metadata names: `{"journal": "J3"}`, where no template names it.

/// Reads the name; `None` if the metadata names none.
pub(super) fn named(metadata: &str) -> Option<String> {
    let read: serde_json::Value = serde_json::from_str(metadata).ok()?;
    match read.get("journal")? {
        serde_json::Value::Null => None,
        serde_json::Value::String(name) => Some(name.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_named_or_not() {
        for (metadata, expected) in [
            ("{\"journal\":\"J3\"}", Some("J3")),
            ("{\"journal\":\"\\u004a3\", \"x\":\"\\u0000\"}", Some("J3")),
            ("{\"journal\":3}", Some("3")),
            ("{\"journal\":null}", None),
            ("{\"x\":{\"journal\":\"J3\"}}", None),
            ("[\"journal\"]", None),
            ("{\"x\":\"\\ud800\"}", None),
        ] {
            assert_eq!(named(metadata).as_deref(), expected, "{metadata}");
        }
    }
}
