//! Filling a template: its inputs are checked, its amounts worked out one by one, its legs written down.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::definition::{Amount, InputKind, Leg, NamedInput, Part, Side};
use super::fault::{Counted, Fault, Problem, clipped, escaped};
use super::pattern::Pattern;
use super::{ELEMENTS_MAX, Template, check, words};
use crate::account::AccountCode;
use crate::entry::{NewPosting, POSTINGS_MAX, POSTINGS_MIN, REFERENCE_BYTES_MAX};
use crate::money::{self, Currency, Money};

/// What is given for an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// An amount.
    Amount(Money),
    /// A part of an account's code.
    Segment(String),
    /// A text.
    Text(String),
    /// A day.
    Date(Date),
    /// The elements of a list, each with its fields.
    List(Vec<Inputs>),
}

/// What is given, by name.
pub type Inputs = BTreeMap<String, Input>;

impl Input {
    /// Which kind of input it is.
    pub fn kind(&self) -> InputKind {
        match self {
            Input::Amount(_) => InputKind::Amount,
            Input::Segment(_) => InputKind::Segment,
            Input::Text(_) => InputKind::Text,
            Input::Date(_) => InputKind::Date,
            Input::List(_) => InputKind::List,
        }
    }

    /// How it reads in an account or an item.
    fn text(&self) -> String {
        match self {
            Input::Amount(money) => money.to_string(),
            Input::Segment(text) | Input::Text(text) => text.clone(),
            Input::Date(date) => date.to_string(),
            Input::List(elements) => elements.len().to_string(),
        }
    }
}

/// A filled template: what would be posted, and why it is that much.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filled {
    /// The currency of all amounts.
    pub currency: Currency,
    /// Every amount: what was given, then what was worked out, in the order of the template.
    pub amounts: Vec<Computed>,
    /// The legs on which something moves; they sum to zero. None at all if nothing moves: there is nothing to post.
    pub postings: Vec<NewPosting>,
}

/// An amount with how it came about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Computed {
    /// Its name.
    pub name: String,
    /// How it came about, in words.
    pub formula: String,
    /// What it came to.
    pub value: Money,
}

impl Template {
    /// The postings that come of these inputs: all of them or every fault that stands in their way, first those of the
    /// inputs alone.
    pub fn fill(&self, currency: Currency, inputs: &Inputs) -> Result<Filled, Vec<Fault>> {
        let definition = self.definition();
        let mut faults = Vec::new();
        check_inputs("/inputs", &definition.inputs, inputs, currency, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let values = minor_of(inputs).collect();
        let mut filling = Filling { inputs, currency, values, faults };
        for (index, amount) in definition.amounts.iter().enumerate() {
            filling.work_out(&format!("/amounts/{index}"), amount);
        }
        let mut postings = Vec::with_capacity(definition.legs.len());
        let mut legs = Vec::with_capacity(definition.legs.len());
        for (index, leg) in definition.legs.iter().enumerate() {
            filling.stand(&format!("/legs/{index}"), leg, &mut postings);
            legs.resize(postings.len(), index);
        }
        filling.faults.extend(on_both_sides(&postings, &legs));
        if postings.len() > POSTINGS_MAX {
            let (of, min, max, actual) = (Counted::Legs, POSTINGS_MIN, POSTINGS_MAX, postings.len());
            filling.faults.push(Fault::at("/legs", Problem::Count { of, min, max, actual }));
        }
        let amounts = filling.amounts(self);
        if filling.faults.is_empty() { Ok(Filled { currency, amounts, postings }) } else { Err(filling.faults) }
    }
}

/// What is wrong with the inputs at a place: those of the template, or the fields of an element.
fn check_inputs(place: &str, asked: &[NamedInput], given: &Inputs, currency: Currency, faults: &mut Vec<Fault>) {
    for input in asked {
        let NamedInput { name, kind, optional, .. } = input;
        let pointer = format!("{place}/{name}");
        let problem = match given.get(name) {
            None if *optional => None,
            None => Some(Problem::InputMissing { name: name.clone(), kind: *kind }),
            Some(given) if given.kind() != *kind => {
                Some(Problem::InputKind { name: name.clone(), expected: *kind, actual: given.kind() })
            }
            Some(Input::List(elements)) => {
                for (element, position) in elements.iter().take(ELEMENTS_MAX).zip(0..) {
                    check_inputs(&format!("{pointer}/{position}"), &input.of, element, currency, faults);
                }
                let (of, min, max, actual) = (Counted::Elements, 0, ELEMENTS_MAX, elements.len());
                (actual > max).then_some(Problem::Count { of, min, max, actual })
            }
            Some(given) => check_input(name, given, currency),
        };
        faults.extend(problem.map(|problem| Fault::at(pointer, problem)));
    }
    let known = || asked.iter().map(|input| input.name.as_str()).collect::<Vec<_>>().join(", ");
    for name in given.keys().filter(|name| asked.iter().all(|input| input.name != **name)) {
        let problem = Problem::InputUnknown { name: clipped(name), known: clipped(&known()) };
        faults.push(Fault::at(format!("{place}/{}", escaped(name)), problem));
    }
}

fn check_input(name: &str, input: &Input, expected: Currency) -> Option<Problem> {
    match input {
        Input::Amount(money) => {
            let (name, actual) = (name.to_owned(), money.currency);
            if actual != expected {
                return Some(Problem::CurrencyMixed { name, expected, actual });
            }
            (money.minor < 0).then_some(Problem::AmountNegative { name, given: *money })
        }
        Input::Segment(text) if check::is_segment(text) => None,
        Input::Segment(text) => Some(Problem::SegmentMalformed { given: clipped(text) }),
        Input::Text(text) => check::text(text, REFERENCE_BYTES_MAX),
        Input::Date(_) | Input::List(_) => None,
    }
}

/// The amounts among inputs, in minor units.
fn minor_of(inputs: &Inputs) -> impl Iterator<Item = (&str, i64)> {
    inputs.iter().filter_map(|(name, input)| match input {
        Input::Amount(money) => Some((name.as_str(), money.minor)),
        Input::Segment(_) | Input::Text(_) | Input::Date(_) | Input::List(_) => None,
    })
}

/// A template being filled. An amount that could not be worked out has no value, and what depends on it is passed over.
struct Filling<'t> {
    inputs: &'t Inputs,
    currency: Currency,
    values: BTreeMap<&'t str, i64>,
    faults: Vec<Fault>,
}

impl<'t> Filling<'t> {
    fn work_out(&mut self, pointer: &str, amount: &'t Amount) {
        match amount {
            Amount::Sum { name, plus, less } => {
                let Some((plus, less)) = self.all(plus).zip(self.all(less)) else { return };
                // a sum has some hundred terms at most, each of 64 bits
                let sum: i128 = plus.into_iter().map(i128::from).sum();
                let less: i128 = less.into_iter().map(i128::from).sum();
                self.keep(pointer, name, i64::try_from(sum - less).ok());
            }
            Amount::Fraction { name, of, numerator, denominator } => {
                let Some(of) = self.value(of) else { return };
                self.keep(pointer, name, money::share_of(of, *numerator, *denominator));
            }
            Amount::Total { name, of } => {
                let total: i128 = self.elements().filter_map(|element| minor(element, of)).map(i128::from).sum();
                self.keep(pointer, name, i64::try_from(total).ok());
            }
            Amount::Split { of, parts } => self.split(pointer, of, parts),
        }
    }

    /// The elements of all lists; names of fields are unique over all of them.
    fn elements(&self) -> impl Iterator<Item = &'t Inputs> {
        self.inputs.values().flat_map(|input| match input {
            Input::List(elements) => elements.as_slice(),
            Input::Amount(_) | Input::Segment(_) | Input::Text(_) | Input::Date(_) => &[],
        })
    }

    fn split(&mut self, pointer: &str, of: &'t str, parts: &'t [Part]) {
        let weights: Option<Vec<i64>> = parts.iter().map(|part| self.value(&part.weight)).collect();
        let Some((whole, weights)) = self.value(of).zip(weights) else { return };
        let weighed =
            parts.iter().zip(0..).map(|(part, place)| (format!("parts/{place}/weight"), part.weight.as_str()));
        let of_all: Vec<(String, &str)> = std::iter::once(("of".to_owned(), of)).chain(weighed).collect();
        for ((place, name), minor) in of_all.into_iter().zip(std::iter::once(whole).chain(weights.iter().copied())) {
            if minor < 0 {
                let problem = Problem::SplitNegative { name: name.to_owned(), value: self.money(minor) };
                self.faults.push(Fault::at(format!("{pointer}/split/{place}"), problem));
            }
        }
        match money::split(whole, &weights) {
            Some(shares) => self.values.extend(parts.iter().map(|part| part.name.as_str()).zip(shares)),
            None if whole > 0 && weights.iter().all(|weight| *weight == 0) => {
                let problem = Problem::SplitWeightsZero { value: self.money(whole) };
                self.faults.push(Fault::at(format!("{pointer}/split/parts"), problem));
            }
            None => {} // negative, and noted above
        }
    }

    /// Writes a leg down, once or for each element of its list.
    fn stand(&mut self, pointer: &str, leg: &'t Leg, postings: &mut Vec<NewPosting>) {
        let Some(list) = &leg.each else {
            let minor = self.value(&leg.amount);
            postings.extend(minor.and_then(|minor| self.posting(pointer, leg, minor, None)));
            return;
        };
        let Some(Input::List(elements)) = self.inputs.get(list) else { return };
        for element in elements {
            let minor = minor(element, &leg.amount);
            postings.extend(minor.and_then(|minor| self.posting(pointer, leg, minor, Some(element))));
        }
    }

    fn posting(&mut self, pointer: &str, leg: &'t Leg, minor: i64, element: Option<&Inputs>) -> Option<NewPosting> {
        if minor < 0 {
            let (account, name) = (clipped(&leg.account), leg.amount.clone());
            let problem = Problem::LegNegative { account, name, value: self.money(minor) };
            self.faults.push(Fault::at(format!("{pointer}/amount"), problem));
            return None;
        }
        if minor == 0 {
            return None;
        }
        let signed = match leg.side {
            Side::Debit => minor,
            Side::Credit => -minor,
        };
        let account = self.account(pointer, &leg.account, element)?;
        let item = match &leg.item {
            Some(item) => Some(self.item(pointer, item, element)?),
            None => None,
        };
        let due_date = leg.due_date.as_ref().and_then(|name| match self.given(name, element) {
            Some(Input::Date(date)) => Some(*date),
            _ => None,
        });
        Some(NewPosting { account, amount: self.money(signed), item, due_date })
    }

    fn account(&mut self, pointer: &str, pattern: &str, element: Option<&Inputs>) -> Option<AccountCode> {
        let code = self.filled(pattern, element);
        let account = AccountCode::parse(&code);
        if account.is_none() {
            let problem = Problem::AccountMalformed { given: clipped(&code), reason: "a code has at most 64 bytes" };
            self.faults.push(Fault::at(format!("{pointer}/account"), problem));
        }
        account
    }

    fn item(&mut self, pointer: &str, pattern: &str, element: Option<&Inputs>) -> Option<String> {
        let item = self.filled(pattern, element);
        if item.len() > REFERENCE_BYTES_MAX {
            let problem = Problem::ItemMalformed { given: clipped(&item), reason: "an item has at most 200 bytes" };
            self.faults.push(Fault::at(format!("{pointer}/item"), problem));
            return None;
        }
        Some(item)
    }

    fn filled(&self, pattern: &str, element: Option<&Inputs>) -> String {
        let with = |name: &str| self.given(name, element).map(Input::text).unwrap_or_default();
        Pattern::parse(pattern).map(|pattern| pattern.filled(with)).unwrap_or_default()
    }

    fn given<'a>(&'a self, name: &str, element: Option<&'a Inputs>) -> Option<&'a Input> {
        element.and_then(|element| element.get(name)).or_else(|| self.inputs.get(name))
    }

    fn amounts(&self, template: &Template) -> Vec<Computed> {
        let definition = template.definition();
        let given = definition.inputs.iter().flat_map(|input| self.given_amounts(input));
        let computed = definition.amounts.iter().flat_map(words::of_amount);
        let computed = computed.filter_map(|(name, formula)| Some((name, formula, self.value(name)?)));
        let row = |(name, formula, minor): (&str, String, i64)| Computed {
            name: name.to_owned(),
            formula,
            value: self.money(minor),
        };
        given.chain(computed).map(row).collect()
    }

    /// The amount that was given for an input; of a list: those of all its elements together, if they can be held.
    fn given_amounts(&self, input: &'t NamedInput) -> Vec<(&'t str, String, i64)> {
        let Some(Input::List(elements)) = self.inputs.get(&input.name) else {
            return self
                .value(&input.name)
                .map(|minor| (&*input.name, words::of_input(input), minor))
                .into_iter()
                .collect();
        };
        let fields = input.of.iter().filter(|field| field.kind == InputKind::Amount);
        let total = |field: &'t NamedInput| {
            let total: i128 = elements.iter().filter_map(|element| minor(element, &field.name)).map(i128::from).sum();
            Some((&*field.name, words::of_field(&input.name, elements.len()), i64::try_from(total).ok()?))
        };
        fields.filter_map(total).collect()
    }

    fn keep(&mut self, pointer: &str, name: &'t str, minor: Option<i64>) {
        match minor {
            Some(minor) => {
                self.values.insert(name, minor);
            }
            None => self.faults.push(Fault::at(pointer, Problem::AmountOverflow { name: name.to_owned() })),
        }
    }

    fn all(&self, names: &[String]) -> Option<Vec<i64>> {
        names.iter().map(|name| self.value(name)).collect()
    }

    fn value(&self, name: &str) -> Option<i64> {
        self.values.get(name).copied()
    }

    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }
}

/// An amount of an element, in minor units.
fn minor(element: &Inputs, field: &str) -> Option<i64> {
    match element.get(field) {
        Some(Input::Amount(money)) => Some(money.minor),
        _ => None,
    }
}

/// One account for one item is debited or credited by an entry, never both: the ledger would refuse it. `legs` says
/// which leg of the template each posting is of.
fn on_both_sides(postings: &[NewPosting], legs: &[usize]) -> Vec<Fault> {
    let mut first: BTreeMap<(&str, Option<&str>), (usize, Side)> = BTreeMap::new();
    let mut faults = Vec::new();
    for (posting, leg) in postings.iter().zip(legs) {
        let own = if posting.amount.minor > 0 { Side::Debit } else { Side::Credit };
        let key = (posting.account.as_str(), posting.item.as_deref());
        let (earlier, side) = *first.entry(key).or_insert((*leg, own));
        if side != own {
            let (account, first) = (clipped(posting.account.as_str()), format!("/legs/{earlier}"));
            let problem = Problem::AccountOnBothSides { account, first, side };
            faults.push(Fault::at(format!("/legs/{leg}/account"), problem));
        }
    }
    faults
}
