//! Everything that can be wrong with a template before it is filled, in the order in which it is written down.

mod scope;

use std::ops::RangeInclusive;

use super::definition::{Amount, Definition, InputKind, Leg, NamedInput, Part, Side};
use super::fault::{Counted, Fault, Problem, clipped};
use super::form::Form;
use super::pattern::Pattern;
use super::{AMOUNTS_MAX, INPUTS_MAX};
use crate::account::{AccountCode, NAME_BYTES_MAX};
use crate::entry::{DESCRIPTION_BYTES_MAX, POSTINGS_MAX, POSTINGS_MIN, REFERENCE_BYTES_MAX};
use scope::Scope;

/// Account codes, and so their segments, have at most this many bytes.
pub(super) const SEGMENT_BYTES_MAX: usize = 64;

/// The most terms on either side of a sum: every input and amount once.
const TERMS_MAX: usize = INPUTS_MAX + AMOUNTS_MAX;

/// All that is wrong with a template; it is sound if there is nothing. If there is too much of something, or too
/// little, it is looked at no further.
pub(super) fn faults(definition: &Definition) -> Vec<Fault> {
    let mut faults = sizes(definition);
    if !faults.is_empty() {
        return faults;
    }
    faults.extend(texts(definition));
    let mut scope = Scope::new(definition);
    for (index, input) in definition.inputs.iter().enumerate() {
        define(&mut scope, &format!("/inputs/{index}"), input);
    }
    for (index, amount) in definition.amounts.iter().enumerate() {
        work_out(&mut scope, index, amount);
    }
    let sides: Vec<_> = definition.legs.iter().enumerate().map(|(index, leg)| stand(&mut scope, index, leg)).collect();
    faults.extend(scope.into_faults());
    faults.extend(unbalanced(sides));
    faults
}

fn sizes(definition: &Definition) -> Vec<Fault> {
    let names: usize = definition.amounts.iter().map(|amount| names_of(amount).len()).sum();
    let inputs: usize = definition.inputs.iter().map(|input| 1 + input.of.len()).sum();
    let whole = [
        count("/inputs", Counted::Inputs, 1..=INPUTS_MAX, inputs),
        count("/amounts", Counted::Amounts, 0..=AMOUNTS_MAX, names),
        count("/legs", Counted::Legs, POSTINGS_MIN..=POSTINGS_MAX, definition.legs.len()),
    ];
    let within = definition.amounts.iter().enumerate().flat_map(|(index, amount)| sizes_within(index, amount));
    let lists = definition.inputs.iter().enumerate().map(|(index, input)| {
        let fields = if input.kind == InputKind::List { 1..=INPUTS_MAX } else { 0..=0 };
        count(&format!("/inputs/{index}/of"), Counted::Fields, fields, input.of.len())
    });
    whole.into_iter().chain(within).chain(lists).flatten().collect()
}

fn sizes_within(index: usize, amount: &Amount) -> [Option<Fault>; 2] {
    let at = |place: &str| format!("/amounts/{index}/{place}");
    match amount {
        Amount::Sum { plus, less, .. } => [
            count(&at("sum/plus"), Counted::Terms, 1..=TERMS_MAX, plus.len()),
            count(&at("sum/less"), Counted::Terms, 0..=TERMS_MAX, less.len()),
        ],
        Amount::Fraction { .. } | Amount::Total { .. } => [None, None],
        Amount::Split { parts, .. } => [count(&at("split/parts"), Counted::Parts, 2..=AMOUNTS_MAX, parts.len()), None],
    }
}

fn count(pointer: &str, of: Counted, range: RangeInclusive<usize>, actual: usize) -> Option<Fault> {
    let (min, max) = range.into_inner();
    (!(min..=max).contains(&actual)).then(|| Fault::at(pointer, Problem::Count { of, min, max, actual }))
}

fn texts(definition: &Definition) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !is_template_name(&definition.name) {
        let expected = "1 to 40 letters, digits, '-' or '_'";
        faults.push(Fault::at("/name", Problem::NameMalformed { given: clipped(&definition.name), expected }));
    }
    let heading = [
        ("/title".to_owned(), &definition.title, NAME_BYTES_MAX),
        ("/description".to_owned(), &definition.description, DESCRIPTION_BYTES_MAX),
    ];
    let inputs = definition.inputs.iter().enumerate().flat_map(|(index, input)| {
        let fields = input.of.iter().enumerate().map(move |(field, of)| (format!("/inputs/{index}/of/{field}"), of));
        std::iter::once((format!("/inputs/{index}"), input)).chain(fields)
    });
    let of_inputs =
        inputs.filter_map(|(pointer, input)| Some((format!("{pointer}/text"), input.text.as_ref()?, NAME_BYTES_MAX)));
    for (pointer, words, max) in heading.into_iter().chain(of_inputs) {
        faults.extend(text(words, max).map(|problem| Fault::at(pointer, problem)));
    }
    faults
}

/// Refuses a text that is missing, too long, or cannot be stored.
pub(super) fn text(text: &str, max: usize) -> Option<Problem> {
    let actual = text.len();
    if !(1..=max).contains(&actual) {
        return Some(Problem::TextLength { max, actual });
    }
    text.contains('\0').then_some(Problem::TextHasNul)
}

fn is_template_name(name: &str) -> bool {
    (1..=40).contains(&name.len()) && is_segment(name)
}

/// Whether a text can stand behind a dot of an account's code.
pub(super) fn is_segment(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=SEGMENT_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

/// The names that an amount defines.
pub(super) fn names_of(amount: &Amount) -> Vec<&str> {
    match amount {
        Amount::Sum { name, .. } | Amount::Fraction { name, .. } | Amount::Total { name, .. } => vec![name],
        Amount::Split { parts, .. } => parts.iter().map(|part| part.name.as_str()).collect(),
    }
}

fn define<'t>(scope: &mut Scope<'t>, pointer: &str, input: &'t NamedInput) {
    scope.define_input(input, format!("{pointer}/name"), None);
    may_be_left_out(scope, pointer, input);
    for (field, position) in input.of.iter().zip(0..) {
        let pointer = format!("{pointer}/of/{position}");
        scope.define_input(field, format!("{pointer}/name"), Some(&input.name));
        may_be_left_out(scope, &pointer, field);
        if field.kind == InputKind::List {
            let expected = "an amount, a segment, a text or a date";
            let problem = Problem::KindMismatch { name: clipped(&field.name), expected, actual: field.kind };
            scope.fault(format!("{pointer}/kind"), problem);
        }
    }
}

fn may_be_left_out(scope: &mut Scope<'_>, pointer: &str, input: &NamedInput) {
    if input.optional && input.kind != InputKind::Date {
        let (name, expected) = (clipped(&input.name), "a date, which alone may be left out,");
        scope.fault(format!("{pointer}/optional"), Problem::KindMismatch { name, expected, actual: input.kind });
    }
}

fn work_out<'t>(scope: &mut Scope<'t>, index: usize, amount: &'t Amount) {
    match amount {
        Amount::Sum { name, plus, less } => {
            let pointer = format!("/amounts/{index}/sum");
            let form = sum(scope, &pointer, plus, less);
            scope.define(name, format!("{pointer}/name"), form);
        }
        Amount::Total { name, of } => {
            let pointer = format!("/amounts/{index}/total");
            let form = scope.field(of, &format!("{pointer}/of"), None);
            scope.define(name, format!("{pointer}/name"), form);
        }
        Amount::Fraction { name, of, numerator, denominator } => {
            let pointer = format!("/amounts/{index}/fraction");
            let whole = scope.amount(of, &format!("{pointer}/of"));
            if *denominator == 0 {
                scope.fault(format!("{pointer}/denominator"), Problem::DenominatorZero);
            } else if *numerator < 0 || *denominator < 0 {
                let problem = Problem::FractionNegative { numerator: *numerator, denominator: *denominator };
                scope.fault(pointer.clone(), problem);
            }
            let form = whole.map(|_| Form::of(name));
            scope.define(name, format!("{pointer}/name"), form);
        }
        Amount::Split { of, parts } => split(scope, &format!("/amounts/{index}/split"), of, parts),
    }
}

fn sum<'t>(scope: &mut Scope<'t>, pointer: &str, plus: &'t [String], less: &'t [String]) -> Option<Form<'t>> {
    let mut form = Some(Form::default());
    let mut seen = Vec::with_capacity(plus.len());
    for (list, terms) in [("plus", plus), ("less", less)] {
        for (term, position) in terms.iter().zip(0..) {
            let place = format!("{pointer}/{list}/{position}");
            let value = scope.amount(term, &place);
            form = match (form, value) {
                (Some(form), Some(value)) if list == "plus" => Some(form.plus(&value)),
                (Some(form), Some(value)) => Some(form.less(&value)),
                _ => None,
            };
            if seen.contains(&term) {
                scope.fault(place, Problem::TermTwice { name: clipped(term) });
                form = None;
            }
            seen.push(term);
        }
    }
    form
}

/// Every part stands for itself but the last, which is the rest.
fn split<'t>(scope: &mut Scope<'t>, pointer: &str, of: &'t str, parts: &'t [Part]) {
    let whole = scope.amount(of, &format!("{pointer}/of"));
    for (part, position) in parts.iter().zip(0..) {
        scope.amount(&part.weight, &format!("{pointer}/parts/{position}/weight"));
    }
    let mut rest = whole;
    for (part, position) in parts.iter().zip(1..) {
        let last = position == parts.len();
        let form = if last { rest.clone() } else { rest.as_ref().map(|_| Form::of(&part.name)) };
        rest = rest.zip(form.clone()).map(|(rest, form)| rest.less(&form));
        let place = format!("{pointer}/parts/{}/name", position - 1);
        scope.define(&part.name, place, form);
    }
}

/// Checks a leg; its amount with its side, if it is known. A leg for each element of a list moves as much as all of
/// its elements together.
fn stand<'t>(scope: &mut Scope<'t>, index: usize, leg: &'t Leg) -> Option<(Side, Form<'t>)> {
    let pointer = format!("/legs/{index}");
    let each = leg.each.as_deref();
    if let Some(list) = each {
        scope.input(list, &format!("{pointer}/each"), &[InputKind::List], "a list", None);
    }
    if let Err(reason) = account(scope, &format!("{pointer}/account"), leg) {
        let problem = Problem::AccountMalformed { given: clipped(&leg.account), reason };
        scope.fault(format!("{pointer}/account"), problem);
    }
    if let Some(Err(reason)) = leg.item.as_ref().map(|text| item(scope, &format!("{pointer}/item"), text, each)) {
        let given = clipped(leg.item.as_deref().unwrap_or_default());
        scope.fault(format!("{pointer}/item"), Problem::ItemMalformed { given, reason });
    }
    if let Some(due) = &leg.due_date {
        let place = format!("{pointer}/due_date");
        scope.input(due, &place, &[InputKind::Date], "a date", each);
        if leg.item.is_none() {
            scope.fault(place, Problem::DueDateNotAllowed { account: clipped(&leg.account) });
        }
    }
    let place = format!("{pointer}/amount");
    let form = match each {
        None => scope.amount(&leg.amount, &place),
        Some(list) => scope.field(&leg.amount, &place, Some(list)),
    };
    Some((leg.side, form?))
}

fn account<'t>(scope: &mut Scope<'t>, pointer: &str, leg: &'t Leg) -> Result<(), &'static str> {
    let pattern = Pattern::parse(&leg.account)?;
    for name in pattern.names() {
        scope.input(name, pointer, &[InputKind::Segment], "a segment", leg.each.as_deref());
    }
    if leg.account.split('.').next().is_some_and(|control| control.contains('{')) {
        return Err("its control account, before the first dot, is written out");
    }
    let with_shortest = AccountCode::parse(&pattern.filled(|_| "x".to_owned()));
    with_shortest.map(|_| ()).ok_or("a code has 1 to 64 letters, digits, '-', '_' or '.', no dot at its ends")
}

fn item<'t>(scope: &mut Scope<'t>, pointer: &str, text: &'t str, each: Option<&str>) -> Result<(), &'static str> {
    let pattern = Pattern::parse(text)?;
    for name in pattern.names() {
        let kinds = [InputKind::Text, InputKind::Segment, InputKind::Date];
        scope.input(name, pointer, &kinds, "a text, a segment or a date", each);
        if scope.is_optional(name) {
            let (name, expected) = (clipped(name), "an input that is never left out");
            scope.fault(pointer.to_owned(), Problem::KindMismatch { name, expected, actual: InputKind::Date });
        }
    }
    let with_shortest = pattern.filled(|_| "x".to_owned());
    if with_shortest.contains('\0') {
        return Err("it contains a NUL character");
    }
    let fits = (1..=REFERENCE_BYTES_MAX).contains(&with_shortest.len());
    if fits { Ok(()) } else { Err("an item has 1 to 200 bytes") }
}

/// Debits less credits, if every leg's amount is known and something is left over.
fn unbalanced(sides: Vec<Option<(Side, Form<'_>)>>) -> Option<Fault> {
    let mut left_over = Form::default();
    for leg in sides {
        left_over = match leg? {
            (Side::Debit, form) => left_over.plus(&form),
            (Side::Credit, form) => left_over.less(&form),
        };
    }
    let problem = || Problem::Unbalanced { left_over: clipped(&left_over.to_string()) };
    (!left_over.is_zero()).then(|| Fault::at("/legs", problem()))
}
