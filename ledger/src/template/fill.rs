//! Filling a template: its inputs are checked, its amounts worked out one by one, its legs written down.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::definition::{Amount, InputKind, Leg, NamedInput, Part, Side};
use super::fault::{Fault, Problem, clipped, escaped};
use super::pattern::Pattern;
use super::{Template, check, words};
use crate::account::AccountCode;
use crate::entry::{NewPosting, REFERENCE_BYTES_MAX};
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
}

impl Input {
    /// Which kind of input it is.
    pub fn kind(&self) -> InputKind {
        match self {
            Input::Amount(_) => InputKind::Amount,
            Input::Segment(_) => InputKind::Segment,
            Input::Text(_) => InputKind::Text,
            Input::Date(_) => InputKind::Date,
        }
    }

    /// How it reads in an account or an item.
    fn text(&self) -> String {
        match self {
            Input::Amount(money) => money.to_string(),
            Input::Segment(text) | Input::Text(text) => text.clone(),
            Input::Date(date) => date.to_string(),
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
    pub fn fill(&self, inputs: &BTreeMap<String, Input>) -> Result<Filled, Vec<Fault>> {
        let definition = self.definition();
        let (currency, faults) = check_inputs(&definition.inputs, inputs);
        let Some(currency) = currency.filter(|_| faults.is_empty()) else { return Err(faults) };
        let mut filling = Filling { inputs, currency, values: BTreeMap::new(), faults };
        for (name, input) in inputs {
            if let Input::Amount(money) = input {
                filling.values.insert(name, money.minor);
            }
        }
        for (index, amount) in definition.amounts.iter().enumerate() {
            filling.work_out(&format!("/amounts/{index}"), amount);
        }
        let legs = definition.legs.iter().enumerate();
        let postings = legs.filter_map(|(index, leg)| filling.posting(&format!("/legs/{index}"), leg)).collect();
        let amounts = filling.amounts(self);
        if filling.faults.is_empty() { Ok(Filled { currency, amounts, postings }) } else { Err(filling.faults) }
    }
}

/// The currency of the first amount, and what is wrong with the inputs. A sound template has an amount among them,
/// because its legs have amounts and those come from inputs.
fn check_inputs(asked: &[NamedInput], given: &BTreeMap<String, Input>) -> (Option<Currency>, Vec<Fault>) {
    let (mut currency, mut faults) = (None, Vec::new());
    for NamedInput { name, kind, .. } in asked {
        let problem = match given.get(name) {
            None => Some(Problem::InputMissing { name: name.clone(), kind: *kind }),
            Some(input) if input.kind() != *kind => {
                Some(Problem::InputKind { name: name.clone(), expected: *kind, actual: input.kind() })
            }
            Some(input) => check_input(name, input, &mut currency),
        };
        faults.extend(problem.map(|problem| Fault::at(format!("/inputs/{name}"), problem)));
    }
    let known = || asked.iter().map(|input| input.name.as_str()).collect::<Vec<_>>().join(", ");
    for name in given.keys().filter(|name| asked.iter().all(|input| input.name != **name)) {
        let problem = Problem::InputUnknown { name: clipped(name), known: clipped(&known()) };
        faults.push(Fault::at(format!("/inputs/{}", escaped(name)), problem));
    }
    (currency, faults)
}

fn check_input(name: &str, input: &Input, currency: &mut Option<Currency>) -> Option<Problem> {
    match input {
        Input::Amount(money) => {
            let expected = *currency.get_or_insert(money.currency);
            let (name, actual) = (name.to_owned(), money.currency);
            if actual != expected {
                return Some(Problem::CurrencyMixed { name, expected, actual });
            }
            (money.minor < 0).then_some(Problem::AmountNegative { name, given: *money })
        }
        Input::Segment(text) if check::is_segment(text) => None,
        Input::Segment(text) => Some(Problem::SegmentMalformed { given: clipped(text) }),
        Input::Text(text) => check::text(text, REFERENCE_BYTES_MAX),
        Input::Date(_) => None,
    }
}

/// A template being filled. An amount that could not be worked out has no value, and what depends on it is passed over.
struct Filling<'t> {
    inputs: &'t BTreeMap<String, Input>,
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
            Amount::Split { of, parts } => self.split(pointer, of, parts),
        }
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

    fn posting(&mut self, pointer: &str, leg: &'t Leg) -> Option<NewPosting> {
        let minor = self.value(&leg.amount)?;
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
        let account = self.account(pointer, &leg.account)?;
        let item = match &leg.item {
            Some(item) => Some(self.item(pointer, item)?),
            None => None,
        };
        let due_date = leg.due_date.as_ref().and_then(|name| match self.inputs.get(name) {
            Some(Input::Date(date)) => Some(*date),
            _ => None,
        });
        Some(NewPosting { account, amount: self.money(signed), item, due_date })
    }

    fn account(&mut self, pointer: &str, pattern: &str) -> Option<AccountCode> {
        let code = self.filled(pattern);
        let account = AccountCode::parse(&code);
        if account.is_none() {
            let problem = Problem::AccountMalformed { given: clipped(&code), reason: "a code has at most 64 bytes" };
            self.faults.push(Fault::at(format!("{pointer}/account"), problem));
        }
        account
    }

    fn item(&mut self, pointer: &str, pattern: &str) -> Option<String> {
        let item = self.filled(pattern);
        if item.len() > REFERENCE_BYTES_MAX {
            let problem = Problem::ItemMalformed { given: clipped(&item), reason: "an item has at most 200 bytes" };
            self.faults.push(Fault::at(format!("{pointer}/item"), problem));
            return None;
        }
        Some(item)
    }

    fn filled(&self, pattern: &str) -> String {
        let with = |name: &str| self.inputs.get(name).map(Input::text).unwrap_or_default();
        Pattern::parse(pattern).map(|pattern| pattern.filled(with)).unwrap_or_default()
    }

    fn amounts(&self, template: &Template) -> Vec<Computed> {
        let definition = template.definition();
        let given = definition.inputs.iter().map(|input| (input.name.as_str(), words::of_input(input)));
        let computed = definition.amounts.iter().flat_map(words::of_amount);
        let with_value = |(name, formula): (&str, String)| {
            Some(Computed { name: name.to_owned(), formula, value: self.money(self.value(name)?) })
        };
        given.chain(computed).filter_map(with_value).collect()
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
