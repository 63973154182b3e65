//! Reading JSON, with the place of what is wrong.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
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

/// Reads one JSON value that fills the text.
pub fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Misread> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let pointer = pointer(error.path());
        misread(error.inner(), pointer)
    })?;
    parser.end().map_err(|error| misread(&error, String::new()))?;
    Ok(value)
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
    fn reads_an_object_with_blanks_around() {
        let read = read::<Object<Crate>>(br#" {"sides":[{"a/b":7}]} "#).unwrap();
        assert_eq!(read.0.sides, [Object(Side { length: 7 })]);
    }
}
