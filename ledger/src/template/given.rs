//! What a template is filled with, as texts: from a body of JSON or a command line.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::definition::{InputKind, NamedInput};
use super::fault::{Fault, Problem, clipped, escaped};
use super::{Input, Inputs, Template};
use crate::money::{Currency, Money};

/// The most bytes of JSON that a template is filled with.
const GIVEN_BYTES_MAX: usize = 1 << 16;

/// What is given for an input. Amounts are decimal strings: a JSON number may lose digits on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Given {
    /// An amount, a segment, a text or a day.
    Text(String),
    /// The elements of a list.
    List(Vec<BTreeMap<String, Given>>),
    /// More than one thing under one name, of which none can be chosen.
    Twice,
    /// Something else: what it is.
    Other(&'static str),
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Given, D::Error> {
        Json::deserialize(deserializer).map(Given::from)
    }
}

/// Reads what is given from an object: a value by the name of its input. Refuses what is too long before it is read:
/// that takes memory for every level of lists in lists.
pub fn given_by_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Given>, D::Error> {
    let text = Box::<RawValue>::deserialize(deserializer)?;
    if text.get().len() > GIVEN_BYTES_MAX {
        return Err(D::Error::custom(format_args!("what is given has at most {GIVEN_BYTES_MAX} bytes")));
    }
    serde_json::from_str(text.get()).map(|Fields(fields)| fields).map_err(D::Error::custom)
}

/// JSON, as far as it can be given; all else is a value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Json {
    Text(String),
    List(Vec<Fields>),
    Other(Value),
}

impl From<Json> for Given {
    fn from(json: Json) -> Given {
        match json {
            Json::Text(text) => Given::Text(text),
            Json::List(elements) => Given::List(elements.into_iter().map(|Fields(fields)| fields).collect()),
            Json::Other(value) => Given::Other(match value {
                Value::String(_) => "a string",
                Value::Array(_) => "an array of other things than objects",
                Value::Null => "null",
                Value::Bool(_) => "a boolean",
                Value::Number(_) => "a number",
                Value::Object(_) => "an object",
            }),
        }
    }
}

/// An object, of which no field is lost that it has twice.
struct Fields(BTreeMap<String, Given>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object: a value for each input")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, given)) = map.next_entry::<String, Given>()? {
            match fields.entry(name) {
                Entry::Vacant(first) => drop(first.insert(given)),
                Entry::Occupied(mut second) => drop(second.insert(Given::Twice)),
            }
        }
        Ok(Fields(fields))
    }
}

impl Given {
    fn shown(&self) -> String {
        match self {
            Given::Text(text) => clipped(text),
            Given::List(_) => "a list".to_owned(),
            Given::Twice => "more than one value".to_owned(),
            Given::Other(what) => (*what).to_owned(),
        }
    }
}

impl Template {
    /// Reads what is given as what the template asks for; what it does not ask for is left for
    /// [`Template::fill`] to refuse, as is what is missing.
    pub fn read(&self, currency: Currency, given: &BTreeMap<String, Given>) -> Result<Inputs, Vec<Fault>> {
        let mut faults = Vec::new();
        let inputs = read(&self.definition().inputs, "/inputs", currency, given, &mut faults);
        if faults.is_empty() { Ok(inputs) } else { Err(faults) }
    }
}

fn read(
    asked: &[NamedInput],
    place: &str,
    currency: Currency,
    given: &BTreeMap<String, Given>,
    faults: &mut Vec<Fault>,
) -> Inputs {
    let mut inputs = Inputs::new();
    for (name, given) in given {
        let pointer = format!("{place}/{}", escaped(name));
        if *given == Given::Twice {
            faults.push(Fault::at(pointer, Problem::InputTwice { name: clipped(name) }));
            continue;
        }
        let Some(input) = asked.iter().find(|input| input.name == *name) else {
            inputs.insert(name.clone(), Input::Text(given.shown()));
            continue;
        };
        match (input.kind, given) {
            (InputKind::List, Given::List(elements)) => {
                let elements = elements.iter().enumerate();
                let read =
                    elements.map(|(at, given)| read(&input.of, &format!("{pointer}/{at}"), currency, given, faults));
                let read = Input::List(read.collect());
                inputs.insert(name.clone(), read);
            }
            (kind, given) => match one(name, kind, given, currency) {
                Ok(input) => drop(inputs.insert(name.clone(), input)),
                Err(problem) => faults.push(Fault::at(pointer, problem)),
            },
        }
    }
    inputs
}

fn one(name: &str, kind: InputKind, given: &Given, currency: Currency) -> Result<Input, Problem> {
    let malformed = |expected| Problem::InputMalformed { name: name.to_owned(), expected, given: given.shown() };
    match (kind, given) {
        (InputKind::Amount, Given::Text(text)) => match Money::parse(text, currency) {
            Ok(money) => Ok(Input::Amount(money)),
            Err(error) => Err(Problem::AmountUnreadable { name: name.to_owned(), error }),
        },
        (InputKind::Segment, Given::Text(text)) => Ok(Input::Segment(text.clone())),
        (InputKind::Text, Given::Text(text)) => Ok(Input::Text(text.clone())),
        (InputKind::Date, Given::Text(text)) => {
            text.parse().map(Input::Date).map_err(|_| malformed("a day such as 2026-03-02"))
        }
        (InputKind::Amount, _) => Err(malformed("an amount as a decimal string, such as \"15200.00\"")),
        (InputKind::Segment, _) => Err(malformed("a part of an account's code, as a string")),
        (InputKind::Text, _) => Err(malformed("a string")),
        (InputKind::Date, _) => Err(malformed("a day such as \"2026-03-02\"")),
        (InputKind::List, _) => Err(malformed("a list of objects")),
    }
}
