//! Linear forms: an amount as so many times this name, less so many times that one.
//!
//! Bounded: a sum names every amount before it at most once, so the coefficients of all forms together at most double
//! with each of [`AMOUNTS_MAX`](super::AMOUNTS_MAX) amounts. From [`INPUTS_MAX`](super::INPUTS_MAX) inputs they stay
//! below 2^107, and below 2^117 when a thousand legs are added up.

use std::collections::BTreeMap;
use std::fmt;

/// A sum of names with coefficients, none of them zero.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Form<'t>(BTreeMap<&'t str, i128>);

impl<'t> Form<'t> {
    /// A name that stands for itself.
    pub(super) fn of(name: &'t str) -> Form<'t> {
        Form(BTreeMap::from([(name, 1)]))
    }

    /// With another form added.
    #[must_use]
    pub(super) fn plus(self, other: &Form<'t>) -> Form<'t> {
        self.with(other, 1)
    }

    /// With another form taken away.
    #[must_use]
    pub(super) fn less(self, other: &Form<'t>) -> Form<'t> {
        self.with(other, -1)
    }

    /// Whether it is zero whatever the names stand for.
    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn with(mut self, other: &Form<'t>, sign: i128) -> Form<'t> {
        for (name, coefficient) in &other.0 {
            let sum = self.0.entry(name).or_default();
            *sum += sign * coefficient;
            if *sum == 0 {
                self.0.remove(name);
            }
        }
        self
    }
}

/// `fee - 2 vat`; `0` if it is zero.
impl fmt::Display for Form<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        for (position, (name, coefficient)) in self.0.iter().enumerate() {
            let sign = match (position, *coefficient < 0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            let times = if coefficient.abs() == 1 { String::new() } else { format!("{} ", coefficient.abs()) };
            write!(f, "{sign}{times}{name}")?;
        }
        Ok(())
    }
}
