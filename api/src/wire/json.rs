//! Reading JSON, with the place of what is wrong.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::problem::{Kind, Problem, Violation};

/// Why a text is not the value that was expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Misread {
    /// It is not JSON at all.
    Malformed(Violation),
    /// It is JSON, but not of the right shape.
    Misshapen(Violation),
}

impl Misread {
    /// What is wrong and where.
    pub fn into_violation(self) -> Violation {
        match self {
            Misread::Malformed(violation) | Misread::Misshapen(violation) => violation,
        }
    }
}

impl From<Misread> for Problem {
    fn from(misread: Misread) -> Problem {
        match misread {
            Misread::Malformed(violation) => {
                Problem::new(Kind::JsonMalformed, &*violation.message).with_errors(vec![violation])
            }
            Misread::Misshapen(violation) => {
                Problem::refused("The body is not what is read here", false, vec![violation])
            }
        }
    }
}

/// A value that is written as a JSON object. By itself a struct is also read from an array, field by field in the order
/// of its declaration, which nobody should send about money.
#[derive(PartialEq, Eq, Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Object)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// Reads one JSON value that fills the text. One that cannot be read is gone through twice: the place of what is wrong
/// is looked for then.
pub fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Misread> {
    serde_json::from_slice(text).or_else(|_| read_minding_the_place(text))
}

fn read_minding_the_place<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Misread> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let pointer = pointer(error.path());
        misread(error.inner(), pointer)
    })?;
    parser.end().map_err(|error| misread(&error, String::new()))?;
    Ok(value)
}

/// Refuses a value that has the character NUL in a text or a name: no text of a book has it. Costs a look at the bytes
/// where there is none.
pub fn refuse_nul(text: &[u8]) -> Result<(), Misread> {
    const AS_WRITTEN: &[u8] = br"\u0000";
    if !text.windows(AS_WRITTEN.len()).any(|bytes| bytes == AS_WRITTEN) {
        return Ok(());
    }
    // What else may be wrong is told by whoever reads it.
    let Ok(value) = serde_json::from_slice::<Value>(text) else { return Ok(()) };
    place_of_nul(&value).map_or(Ok(()), |pointer| {
        Err(Misread::Misshapen(Violation::at("text_has_nul", pointer, "the text has the character NUL")))
    })
}

/// The pointer to the first one. The parser has bounded the depth.
fn place_of_nul(value: &Value) -> Option<String> {
    let below = |step: String, value: &Value| place_of_nul(value).map(|rest| format!("/{step}{rest}"));
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(values) => values.iter().enumerate().find_map(|(at, value)| below(at.to_string(), value)),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            if name.contains('\0') { Some(format!("/{}", escaped(name))) } else { below(escaped(name), value) }
        }),
        _ => None,
    }
}

fn misread(error: &serde_json::Error, pointer: String) -> Misread {
    if error.is_data() {
        Misread::Misshapen(Violation::at("field_invalid", pointer, error.to_string()))
    } else {
        Misread::Malformed(Violation::at(Kind::JsonMalformed.code(), pointer, error.to_string()))
    }
}

/// The path as a JSON pointer (RFC 6901).
pub fn pointer(path: &Path) -> String {
    let steps = path.iter().map(|segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escaped(key)),
        Segment::Enum { variant } => format!("/{}", escaped(variant)),
        Segment::Unknown => String::new(),
    });
    steps.collect()
}

/// A name as a step of a JSON pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Crate {
        sides: Vec<Object<Side>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Side {
        #[serde(rename = "a/b")]
        length: u8,
    }

    #[test]
    fn names_the_place() {
        for (text, code, pointer) in [
            (r#"{"sides":[{"a/b":1},{"a/b":"x"}]}"#, "field_invalid", "/sides/1/a~1b"),
            (r#"{"sides":[{"a/b":1,"c":2}]}"#, "field_invalid", "/sides/0/c"),
            (r#"{"sides":[{"a/b":1},[1]]}"#, "field_invalid", "/sides/1"),
            (r#"{"sides":[{}]}"#, "field_invalid", "/sides/0"),
            (r#"[[{"a/b":1}]]"#, "field_invalid", ""),
            ("7", "field_invalid", ""),
            (r#"{"sides":[{"a/b":1},{"a/b":"#, "json_malformed", "/sides/1/a~1b"),
            (r#"{"sides":[{"a/b":1},{"a/b":1]}"#, "json_malformed", "/sides/1"),
            ("", "json_malformed", ""),
            ("{", "json_malformed", ""),
            (r#"{"sides":[]}x"#, "json_malformed", ""),
            (r#"{"sides":[]} {}"#, "json_malformed", ""),
            ("\u{feff}{}", "json_malformed", ""),
        ] {
            let violation = read::<Object<Crate>>(text.as_bytes()).unwrap_err().into_violation();
            assert_eq!((violation.code, violation.pointer.as_deref()), (code, Some(pointer)), "{text}");
        }
    }

    #[test]
    fn names_the_place_of_a_nul() {
        for (text, pointer) in [
            (r#"{"a":"\u0000"}"#, Some("/a")),
            (r#"{"a":["b",{"c~/":"x\u0000"}]}"#, Some("/a/1/c~0~1")),
            (r#"{"a":[{"b\u0000":1}]}"#, Some("/a/0/b\0")),
            (r#""\u0000""#, Some("")),
            (r#"{"a":"\\u0000"}"#, None),
            (r#"{"a":"\u0000"#, None),
            (r#"{"a":"\u0001"}"#, None),
        ] {
            let found = refuse_nul(text.as_bytes()).err().map(Misread::into_violation);
            assert_eq!(found.as_ref().map(|violation| violation.pointer.as_deref().unwrap()), pointer, "{text}");
        }
    }

    #[test]
    fn reads_an_object_with_blanks_around() {
        let read = read::<Object<Crate>>(br#" {"sides":[{"a/b":7}]} "#).unwrap();
        assert_eq!(read.0.sides, [Object(Side { length: 7 })]);
    }
}
