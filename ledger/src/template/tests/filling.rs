//! What comes of inputs: postings and the table, and what is refused.

use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;
use crate::entry::NewPosting;
use crate::money::{Currency, Money};

pub(super) fn cny(text: &str) -> Input {
    Input::Amount(Money::parse(text, Currency::CNY).unwrap())
}

fn usd(text: &str) -> Input {
    Input::Amount(Money::parse(text, Currency::USD).unwrap())
}

/// Inputs from texts, each of the kind that the template asks for.
pub(super) fn inputs(template: &Template, given: &[(&str, &str)]) -> BTreeMap<String, Input> {
    let kind_of = |name: &str| template.definition().inputs.iter().find(|input| input.name == name).unwrap().kind;
    let input = |(name, text): &(&str, &str)| {
        let input = match kind_of(name) {
            InputKind::Amount => cny(text),
            InputKind::Segment => Input::Segment((*text).to_owned()),
            InputKind::Text => Input::Text((*text).to_owned()),
            InputKind::Date => Input::Date(text.parse().unwrap()),
            InputKind::List => panic!("a list is no text"),
        };
        ((*name).to_owned(), input)
    };
    given.iter().map(input).collect()
}

/// The legs as a person writes them.
pub(super) fn lines(filled: &Filled) -> Vec<String> {
    let line = |posting: &NewPosting| {
        let side = if posting.amount.minor > 0 { "Dr" } else { "Cr" };
        let item = posting.item.as_ref().map(|item| format!(" [{item}]")).unwrap_or_default();
        let due = posting.due_date.map(|due| format!(" due {due}")).unwrap_or_default();
        format!("{side} {}{item} {}{due}", posting.account, posting.amount.without_sign().to_decimal_string())
    };
    filled.postings.iter().map(line).collect()
}

const GIVEN: [(&str, &str); 7] = [
    ("insurer", "picc"),
    ("claim", "C-1"),
    ("due_on", "2026-04-01"),
    ("price", "100.00"),
    ("fee", "2.00"),
    ("left", "1.00"),
    ("right", "2.00"),
];

/// The sound template, changed, filled with the usual inputs, changed; those that it has no more are not given.
fn fill(changes: &[(&str, Value)], given: &[(&str, Option<Input>)]) -> Result<Filled, Vec<Fault>> {
    let template = parse(&with(changes)).unwrap();
    let asked = |name: &str| template.definition().inputs.iter().any(|input| input.name == name);
    let usual: Vec<_> = GIVEN.into_iter().filter(|(name, _)| asked(name)).collect();
    let mut all = inputs(&template, &usual);
    for (name, input) in given {
        match input {
            Some(input) => drop(all.insert((*name).to_owned(), input.clone())),
            None => drop(all.remove(*name)),
        }
    }
    template.fill(Currency::CNY, &all)
}

fn check(given: &[(&str, Option<Input>)], expected: &[&str]) {
    check_with(&[], given, expected);
}

fn check_with(changes: &[(&str, Value)], given: &[(&str, Option<Input>)], expected: &[&str]) {
    let faults = fill(changes, given).unwrap_err();
    assert_eq!(places(&faults), expected);
    for fault in &faults {
        says_what_is_wrong(fault);
    }
}

#[test]
fn legs_and_a_table_that_says_why() {
    let filled = fill(&[], &[]).unwrap();
    let legs = [
        "Dr 1101.picc [C-1] 34.00 due 2026-04-01",
        "Dr 1102.picc [C-1/picc/2026-04-01] 68.00",
        "Cr 2101 101.89",
        "Cr 2401 0.11",
    ];
    assert_eq!(lines(&filled), legs);
    let table = filled.amounts.iter().map(|row| format!("{} = {} ({})", row.name, row.value, row.formula));
    let rows = [
        "price = 100.00 CNY (given: what the drug costs)",
        "fee = 2.00 CNY (given)",
        "left = 1.00 CNY (given)",
        "right = 2.00 CNY (given)",
        "vat = 0.11 CNY (6/106 of fee, rounded half away from zero)",
        "all = 102.00 CNY (price plus fee)",
        "a = 34.00 CNY (part of all by left among left, right, largest remainder)",
        "b = 68.00 CNY (part of all by right among left, right, largest remainder)",
        "net = 101.89 CNY (all less vat)",
    ];
    assert_eq!(table.collect::<Vec<_>>(), rows);
    assert_eq!((filled.currency, filled.postings[0].due_date), (Currency::CNY, Some(date(2026, 4, 1))));
}

#[test]
fn a_leg_on_which_nothing_moves_is_left_out() {
    let filled = fill(&[], &[("fee", Some(cny("0"))), ("left", Some(cny("0")))]).unwrap();
    assert_eq!(lines(&filled), ["Dr 1102.picc [C-1/picc/2026-04-01] 100.00", "Cr 2101 100.00"]);
    let nothing = fill(&[], &[("fee", Some(cny("0"))), ("price", Some(cny("0")))]).unwrap();
    assert!(nothing.postings.is_empty());
}

#[test]
fn inputs_are_checked_all_at_once() {
    check(&[("fee", None), ("claim", None)], &["input_missing /inputs/claim", "input_missing /inputs/fee"]);
    check(&[("a/b~c", Some(cny("1")))], &["input_unknown /inputs/a~1b~0c"]);
    check(&[("vat", Some(cny("1")))], &["input_unknown /inputs/vat"]);
    check(&[("fee", Some(Input::Text("2".to_owned())))], &["input_kind /inputs/fee"]);
    check(&[("insurer", Some(Input::Text("picc".to_owned())))], &["input_kind /inputs/insurer"]);
    check(&[("fee", Some(cny("-0.01")))], &["amount_negative /inputs/fee"]);
    check(&[("fee", Some(usd("2")))], &["currency_mixed /inputs/fee"]);
    for malformed in ["", "a.b", "a b", "张", &"x".repeat(65)] {
        check(&[("insurer", Some(Input::Segment(malformed.to_owned())))], &["segment_malformed /inputs/insurer"]);
    }
    check(&[("claim", Some(Input::Text(String::new())))], &["text_length /inputs/claim"]);
    check(&[("claim", Some(Input::Text("x".repeat(201))))], &["text_length /inputs/claim"]);
    check(&[("claim", Some(Input::Text("a\0".to_owned())))], &["text_has_nul /inputs/claim"]);
    check(
        &[("fee", Some(usd("2"))), ("left", Some(cny("-1"))), ("insurer", None)],
        &["input_missing /inputs/insurer", "currency_mixed /inputs/fee", "amount_negative /inputs/left"],
    );
}

#[test]
fn what_is_filled_in_may_be_too_long() {
    let long = |bytes: usize| Some(Input::Segment("x".repeat(bytes)));
    check(&[("insurer", long(60))], &["account_malformed /legs/0/account", "account_malformed /legs/1/account"]);
    check(&[("claim", Some(Input::Text("x".repeat(190))))], &["item_malformed /legs/1/item"]);
}

#[test]
fn amounts_that_are_too_large_or_below_zero() {
    let most = || Some(Input::Amount(Money::new(i64::MAX, Currency::CNY)));
    check(&[("price", most())], &["amount_overflow /amounts/1"]);
    let larger = [("/amounts/0/fraction/numerator", json!(3)), ("/amounts/0/fraction/denominator", json!(2))];
    check_with(&larger, &[("fee", most())], &["amount_overflow /amounts/0", "amount_overflow /amounts/1"]);
    let less = [("/amounts/1", json!({"sum": {"name": "all", "plus": ["price"], "less": ["fee"]}}))];
    let refused = ["split_negative /amounts/2/split/of", "leg_negative /legs/2/amount"];
    check_with(&less, &[("fee", Some(cny("101")))], &refused);
}

#[test]
fn weights_that_do_not_split() {
    let zero = || Some(cny("0"));
    check(&[("left", zero()), ("right", zero())], &["split_weights_zero /amounts/2/split/parts"]);
    let nothing = [("left", zero()), ("right", zero()), ("price", zero()), ("fee", zero())];
    assert!(fill(&[], &nothing).unwrap().postings.is_empty());
    let below = [
        ("/amounts/0", json!({"sum": {"name": "vat", "plus": ["left"], "less": ["right"]}})),
        ("/amounts/2/split/parts/0/weight", json!("vat")),
    ];
    let refused = ["split_negative /amounts/2/split/parts/0/weight", "leg_negative /legs/3/amount"];
    check_with(&below, &[], &refused);
}

#[test]
fn an_account_and_item_stands_on_one_side() {
    let both = [("/legs/3/account", json!("1101.{insurer}")), ("/legs/3/item", json!("{claim}"))];
    check_with(&both, &[], &["account_on_both_sides /legs/3/account"]);
    // Nothing moves on one of the two.
    assert_eq!(fill(&both, &[("fee", Some(cny("0")))]).unwrap().postings.len(), 3);
}
