//! One JSON object a line, with the place of what is wrong.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Fault, clipped};

/// A value that is written as a JSON object: by itself, serde reads a struct also from an array, by position.
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

/// A text that is borrowed from the line where nothing in it is escaped; by itself, serde borrows none in an `Option`.
#[derive(Deserialize)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Reads one value that fills the line.
pub fn read<'a, T: Deserialize<'a>>(line: u64, text: &'a str, expected: &str) -> Result<T, Fault> {
    serde_json::from_str(text).or_else(|_| read_with_path(line, text, expected))
}

/// The same, keeping the path to what is being read, which costs a step a field.
fn read_with_path<'a, T: Deserialize<'a>>(line: u64, text: &'a str, expected: &str) -> Result<T, Fault> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let path = error.path().to_string();
        fault(line, error.inner(), &path, text, expected)
    })?;
    parser.end().map_err(|error| fault(line, &error, ".", text, expected))?;
    Ok(value)
}

fn fault(line: u64, error: &serde_json::Error, path: &str, text: &str, expected: &str) -> Fault {
    let at = if path == "." { String::new() } else { format!(" (at {path})") };
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    let (code, message) = if error.is_data() {
        ("field_invalid", format!("{said}{at}"))
    } else if error.is_eof() {
        ("line_cut", format!("the line ends in the middle of a value{at}"))
    } else {
        ("json_malformed", format!("this is not JSON: {said}{at}"))
    };
    Fault::new(line, code, message).expected(expected, clipped(text))
}
