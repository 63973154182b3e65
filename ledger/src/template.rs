//! Journal templates: journals as versioned data. A template names its inputs, works out amounts and puts them on legs.
//!
//! There is no language: an amount is an input, a sum of amounts less others, a fraction of one amount, a part of one
//! amount that is split by weights, or the total of an amount that each element of a list has. All of it is integers;
//! [`share_of`](crate::money::share_of) alone rounds, half away from zero, and [`split`](crate::money::split) divides
//! to the last unit.
//!
//! [`Template::parse`] promises that whatever a template is filled with balances: debits and credits are compared as
//! sums of the names in them, where a rounded amount and every part of a split but the last stand for themselves, and
//! the last part for the rest. A template whose two sides differ is refused with what is left over. So is one that
//! balances only because two of its rounded amounts happen to be the same: work that amount out once.
//!
//! A leg may stand for each element of a list, such as the orders that a payout pays. Whatever the list, such a leg
//! moves the total of its amount, and that is what it counts for when debits and credits are compared. That is the
//! only repetition: an element has no amounts of its own that are worked out, and lists do not nest.
//!
//! [`Template::fill`] gives postings, and every amount with how it came about, for a person to read before anything is
//! posted. A leg on which nothing moves is left out; legs that would stand on one account and item on both sides are
//! refused. Whether the accounts exist, take the currency and stay within their limits, the ledger decides when it
//! posts.
//!
//! Order of a template: inputs, then amounts from what stands before them, then legs. Pure: no clock, no database; the
//! same template and inputs always give the same answer. Costs a pass over the template, with look-ups by name; bounded
//! by [`BYTES_MAX`], [`INPUTS_MAX`], [`AMOUNTS_MAX`] and the most postings of an entry.

mod definition;
mod pattern;
mod form;
mod check;
mod words;
mod given;
mod fill;
mod changes;
mod fault;

pub use changes::{Change, changes};
pub use definition::{Amount, Definition, InputKind, Leg, NamedInput, Part, Side};
pub use fault::{Counted, Fault, Problem};
pub use fill::{Computed, Filled, Input, Inputs};
pub use given::{Given, given_by_name};

use serde_path_to_error::Segment;

use crate::money::Currency;

/// The longest template, in bytes of JSON.
pub const BYTES_MAX: usize = 65_536;
/// The most inputs of a template.
pub const INPUTS_MAX: usize = 100;
/// The most elements of a list: an entry has no more postings.
pub const ELEMENTS_MAX: usize = crate::entry::POSTINGS_MAX;
/// The most amounts that a template works out, parts of splits counted one by one.
pub const AMOUNTS_MAX: usize = 100;

/// A template that was checked: it balances whatever it is filled with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template(Definition);

impl Template {
    /// Reads a template from JSON and checks it: all that is wrong, or, if it does not even have the shape of a
    /// template, the first thing that is wrong with its shape.
    pub fn parse(json: &str) -> Result<Template, Vec<Fault>> {
        if json.len() > BYTES_MAX {
            return Err(vec![Fault::at("", Problem::TemplateTooLong { actual: json.len() })]);
        }
        let definition = read(json).map_err(|fault| vec![fault])?;
        Template::check(definition)
    }

    /// Checks a template that is no longer, or never was, text.
    pub fn check(definition: Definition) -> Result<Template, Vec<Fault>> {
        let faults = check::faults(&definition);
        if faults.is_empty() { Ok(Template(definition)) } else { Err(faults) }
    }

    /// What it consists of.
    pub fn definition(&self) -> &Definition {
        &self.0
    }

    /// Fills the template with those of these inputs that it asks for, and leaves the others aside: for who knows more
    /// than any one template needs.
    pub fn fill_from(&self, currency: Currency, known: &Inputs) -> Result<Filled, Vec<Fault>> {
        let asked = self.definition().inputs.iter().filter_map(|input| known.get_key_value(&input.name));
        self.fill(currency, &asked.map(|(name, input)| (name.clone(), input.clone())).collect())
    }

    /// The template as JSON, always the same bytes for equal templates: no spaces, fields in the order of
    /// [`Definition`], nothing for what is left out. [`Template::parse`] reads it back.
    pub fn canonical(&self) -> String {
        serde_json::to_string(&self.0).expect("a struct of texts, numbers and lists is JSON")
    }
}

fn read(json: &str) -> Result<Definition, Fault> {
    let malformed = |pointer: String, error: &serde_json::Error| {
        Fault::at(pointer, Problem::Malformed { reason: fault::clipped(&error.to_string()) })
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let definition = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let places = error.path().iter().map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", fault::escaped(key)),
            Segment::Enum { variant } => format!("/{}", fault::escaped(variant)),
            Segment::Unknown => String::new(),
        });
        malformed(places.collect(), error.inner())
    })?;
    reader.end().map_err(|error| malformed(String::new(), &error))?;
    Ok(definition)
}

#[cfg(test)]
mod tests;
