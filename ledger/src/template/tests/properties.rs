//! Random templates: what parses balances whatever it is filled with; the text form is one.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::money::{Currency, Money};

const INPUTS: [&str; 4] = ["p", "q", "r", "s"];

/// What one random amount does, with names chosen from those before it.
#[derive(Clone, Debug)]
enum Step {
    Sum(Vec<Index>, Vec<Index>),
    Fraction(Index, i64, i64),
    Split(Index, Vec<Index>),
}

fn step() -> impl Strategy<Value = Step> {
    let some = |from, to| prop::collection::vec(any::<Index>(), from..to);
    prop_oneof![
        (some(1, 4), some(0, 2)).prop_map(|(plus, less)| Step::Sum(plus, less)),
        (any::<Index>(), 0..200_i64, 1..200_i64).prop_map(|(of, part, whole)| Step::Fraction(of, part, whole)),
        (any::<Index>(), some(2, 5)).prop_map(|(of, weights)| Step::Split(of, weights)),
    ]
}

/// A template of these steps: every name stands on a debit of its own, and on credits what each of them is made of, so
/// that it balances; `spoilt` moves one leg to the other side.
fn template(steps: &[Step], spoilt: Option<Index>) -> Definition {
    let mut names: Vec<String> = INPUTS.iter().map(ToString::to_string).collect();
    let mut amounts = Vec::new();
    let mut legs: Vec<(Side, String)> = Vec::new();
    let both = |name: &String| [(Side::Debit, name.clone()), (Side::Credit, name.clone())];
    for (number, step) in steps.iter().enumerate() {
        let chosen = |index: &Index| index.get(&names).clone();
        let amount = match step {
            Step::Sum(plus, less) => {
                let mut all: Vec<String> = plus.iter().chain(less).map(chosen).collect();
                let mut seen = Vec::new();
                all.retain(|name| {
                    !seen.contains(name) && {
                        seen.push(name.clone());
                        true
                    }
                });
                let less = all.split_off(plus.len().min(all.len()));
                let name = format!("sum{number}");
                legs.push((Side::Debit, name.clone()));
                legs.extend(all.iter().map(|term| (Side::Credit, term.clone())));
                legs.extend(less.iter().map(|term| (Side::Debit, term.clone())));
                Amount::Sum { name, plus: all, less }
            }
            Step::Fraction(of, numerator, denominator) => {
                let name = format!("fraction{number}");
                legs.extend(both(&name));
                Amount::Fraction { name, of: chosen(of), numerator: *numerator, denominator: *denominator }
            }
            Step::Split(of, weights) => {
                let part = |(place, weight): (usize, &Index)| Part {
                    name: format!("split{number}_{place}"),
                    weight: chosen(weight),
                };
                let parts: Vec<Part> = weights.iter().enumerate().map(part).collect();
                legs.push((Side::Debit, chosen(of)));
                legs.extend(parts.iter().map(|part| (Side::Credit, part.name.clone())));
                Amount::Split { of: chosen(of), parts }
            }
        };
        names.extend(check::names_of(&amount).into_iter().map(str::to_owned));
        amounts.push(amount);
    }
    legs.extend(INPUTS.iter().flat_map(|name| both(&(*name).to_owned())));
    if let Some(leg) = spoilt.map(|spoilt| spoilt.index(legs.len())) {
        legs[leg].0 = if legs[leg].0 == Side::Debit { Side::Credit } else { Side::Debit };
    }
    definition(amounts, legs)
}

fn definition(amounts: Vec<Amount>, legs: Vec<(Side, String)>) -> Definition {
    let inputs = INPUTS.iter().map(|name| NamedInput {
        name: (*name).to_owned(),
        kind: InputKind::Amount,
        text: None,
        of: Vec::new(),
        optional: false,
    });
    let leg = |(number, (side, amount)): (usize, (Side, String))| Leg {
        each: None,
        side,
        account: format!("{number}"),
        item: None,
        amount,
        due_date: None,
    };
    Definition {
        name: "T".to_owned(),
        title: "t".to_owned(),
        description: "d".to_owned(),
        inputs: inputs.collect(),
        amounts,
        legs: legs.into_iter().enumerate().map(leg).collect(),
    }
}

fn amounts() -> impl Strategy<Value = [i64; 4]> {
    prop_oneof![
        4 => [0..3_i64, 0..3, 0..3, 0..3],
        4 => [0..100_000_i64, 0..100_000, 0..100_000, 0..100_000],
        2 => [0..1_i64 << 60, 0..1_i64 << 60, 0..1_i64 << 60, 0..1_i64 << 60],
        1 => any::<[i64; 4]>(),
    ]
}

fn filled(template: &Template, minor: [i64; 4]) -> Result<Filled, Vec<Fault>> {
    let input = |(name, minor): (&&str, i64)| ((*name).to_owned(), Input::Amount(Money::new(minor, Currency::CNY)));
    let inputs: BTreeMap<String, Input> = INPUTS.iter().zip(minor).map(input).collect();
    let filled = template.fill(Currency::CNY, &inputs);
    assert_eq!(filled, template.fill(Currency::CNY, &inputs), "the same inputs, the same answer");
    filled
}

fn total(filled: &Filled) -> i128 {
    filled.postings.iter().map(|posting| i128::from(posting.amount.minor)).sum()
}

proptest! {
    #[test]
    fn what_is_filled_balances_and_its_splits_add_up(
        steps in prop::collection::vec(step(), 0..8),
        minor in amounts(),
    ) {
        let template = Template::check(template(&steps, None)).unwrap();
        if let Ok(filled) = filled(&template, minor) {
            prop_assert_eq!(total(&filled), 0);
            prop_assert!(filled.postings.iter().all(|posting| posting.amount.minor != 0));
            let value = |name: &str| filled.amounts.iter().find(|row| row.name == name).unwrap().value.minor;
            for amount in &template.definition().amounts {
                if let Amount::Split { of, parts } = amount {
                    prop_assert_eq!(parts.iter().map(|part| value(&part.name)).sum::<i64>(), value(of));
                }
            }
        } else {
            let below_zero = minor.iter().any(|minor| *minor < 0);
            prop_assert!(below_zero || !steps.is_empty());
        }
    }

    #[test]
    fn a_leg_on_the_wrong_side_is_found(
        steps in prop::collection::vec(step(), 0..8),
        spoilt: Index,
        minor in amounts(),
    ) {
        // it is no fault if the amount of that leg is zero in symbols, as `p less q` is when q is a sum of p alone
        let taken = Template::check(template(&steps, Some(spoilt)));
        if let Some(filled) = taken.ok().and_then(|template| filled(&template, minor).ok()) {
            prop_assert_eq!(total(&filled), 0);
        }
    }

    #[test]
    fn the_text_form_is_read_back(steps in prop::collection::vec(step(), 0..8), words in "\\PC{1,20}") {
        let mut definition = template(&steps, None);
        definition.title.clone_from(&words);
        definition.inputs[0].text = Some(words);
        let template = Template::check(definition).unwrap();
        let canonical = template.canonical();
        let again = Template::parse(&canonical).unwrap();
        prop_assert_eq!(again.canonical(), canonical);
        prop_assert_eq!(again, template);
    }

    #[test]
    fn nothing_panics_on_any_text(text in "\\PC{0,60}", place in 0..4_usize) {
        let value = json!(text);
        let places = ["/legs/0/account", "/legs/0/item", "/inputs/0/name", "/amounts/1/sum/plus/0"];
        let _ = parse(&with(&[(places[place], value)]));
        let _ = Template::parse(&text);
    }
}
