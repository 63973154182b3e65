//! The names of a template: what stands before the place that is looked at, what comes later, and what is never used.

use std::collections::{BTreeMap, BTreeSet};

use super::names_of;
use crate::template::definition::{Definition, InputKind, NamedInput};
use crate::template::fault::{Fault, Problem, clipped};
use crate::template::form::Form;

/// What a name stands for.
struct Named<'t> {
    pointer: String,
    kind: InputKind,
    /// The list of which it is a field.
    list: Option<&'t str>,
    /// Whether it may be left out.
    optional: bool,
    /// The amount; of a field: that of all elements together. `None` if it is none, or if what it is worked out from is
    /// at fault.
    form: Option<Form<'t>>,
}

/// The names so far, and what was wrong on the way.
pub(super) struct Scope<'t> {
    /// Every amount that is worked out somewhere, and where.
    amounts: BTreeMap<&'t str, String>,
    /// In the order of definition.
    order: Vec<&'t str>,
    named: BTreeMap<&'t str, Named<'t>>,
    used: BTreeSet<&'t str>,
    faults: Vec<Fault>,
}

impl<'t> Scope<'t> {
    /// No names yet.
    pub(super) fn new(definition: &'t Definition) -> Scope<'t> {
        let mut amounts = BTreeMap::new();
        for (index, amount) in definition.amounts.iter().enumerate() {
            for name in names_of(amount) {
                amounts.entry(name).or_insert_with(|| format!("/amounts/{index}"));
            }
        }
        let (order, named, used) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        Scope { amounts, order, named, used, faults: Vec::new() }
    }

    /// Gives an input, or a field of a list, its name.
    pub(super) fn define_input(&mut self, input: &'t NamedInput, pointer: String, list: Option<&'t str>) {
        let form = (input.kind == InputKind::Amount).then(|| Form::of(&input.name));
        self.define_as(&input.name, Named { pointer, kind: input.kind, list, optional: input.optional, form });
    }

    /// Gives an amount a name from here on.
    pub(super) fn define(&mut self, name: &'t str, pointer: String, form: Option<Form<'t>>) {
        self.define_as(name, Named { pointer, kind: InputKind::Amount, list: None, optional: false, form });
    }

    fn define_as(&mut self, name: &'t str, named: Named<'t>) {
        let pointer = named.pointer.clone();
        if !is_name(name) {
            let expected = "a small letter, then small letters, digits or '_', 40 at most";
            self.fault(pointer.clone(), Problem::NameMalformed { given: clipped(name), expected });
        }
        if let Some(first) = self.named.get(name).map(|first| first.pointer.clone()) {
            return self.fault(pointer, Problem::NameTwice { name: clipped(name), first });
        }
        self.order.push(name);
        self.named.insert(name, named);
    }

    /// The amount that a name stands for at this place.
    pub(super) fn amount(&mut self, name: &'t str, pointer: &str) -> Option<Form<'t>> {
        self.resolve(name, pointer, &[InputKind::Amount], "an amount", None)?.form.clone()
    }

    /// An amount of the elements of a list, any list or this one, all of them together.
    pub(super) fn field(&mut self, name: &'t str, pointer: &str, each: Option<&str>) -> Option<Form<'t>> {
        let list = each.or_else(|| self.named.get(name)?.list);
        let named = self.resolve(name, pointer, &[InputKind::Amount], "an amount", list)?;
        if named.list.is_some() {
            return named.form.clone();
        }
        let (expected, actual) = ("a field of a list", named.kind);
        self.fault(pointer.to_owned(), Problem::KindMismatch { name: clipped(name), expected, actual });
        None
    }

    /// Makes sure that a name stands at this place for an input of one of these kinds, or, in a leg for each element of
    /// a list, for a field of that list.
    pub(super) fn input(
        &mut self,
        name: &'t str,
        pointer: &str,
        kinds: &[InputKind],
        expected: &'static str,
        each: Option<&str>,
    ) {
        self.resolve(name, pointer, kinds, expected, each);
    }

    /// Whether an input may be left out.
    pub(super) fn is_optional(&self, name: &str) -> bool {
        self.named.get(name).is_some_and(|named| named.optional)
    }

    fn resolve(
        &mut self,
        name: &'t str,
        pointer: &str,
        kinds: &[InputKind],
        expected: &'static str,
        each: Option<&str>,
    ) -> Option<&Named<'t>> {
        self.used.insert(name);
        let given = clipped(name);
        let problem = match self.named.get(name) {
            None => match self.amounts.get(name) {
                Some(defined) => Problem::NameUsedBeforeDefinition { name: given, defined: defined.clone() },
                None => Problem::NameUnknown { name: given },
            },
            Some(Named { kind, .. }) if !kinds.contains(kind) => {
                Problem::KindMismatch { name: given, expected, actual: *kind }
            }
            Some(Named { list: Some(list), .. }) if each != Some(*list) => {
                Problem::FieldOutsideEach { name: given, list: clipped(list) }
            }
            Some(_) => return self.named.get(name),
        };
        self.fault(pointer.to_owned(), problem);
        None
    }

    /// Notes that something is wrong.
    pub(super) fn fault(&mut self, pointer: String, problem: Problem) {
        self.faults.push(Fault::at(pointer, problem));
    }

    /// All that was wrong, and the names that nothing uses.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let Scope { order, named, used, mut faults, .. } = self;
        for name in order.into_iter().filter(|name| !used.contains(name)) {
            let pointer = named.get(name).map(|unused| unused.pointer.clone()).unwrap_or_default();
            faults.push(Fault::at(pointer, Problem::NameUnused { name: clipped(name) }));
        }
        faults
    }
}

fn is_name(name: &str) -> bool {
    let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    starts_well && name.len() <= 40 && name.bytes().all(allowed)
}
