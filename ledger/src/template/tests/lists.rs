//! Legs for each element of a list: the balance in symbols, what is refused, and what comes of a filling.

use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;

use super::filling::{cny, lines};
use super::*;
use crate::entry::POSTINGS_MAX;
use crate::money::Money;

/// A payout that pays orders of a pharmacy, less a tax.
fn payout() -> Value {
    json!({
        "name": "T5",
        "title": "Payout",
        "description": "For tests.",
        "inputs": [
            {"name": "payout", "kind": "text"},
            {"name": "withheld", "kind": "amount"},
            {"name": "orders", "kind": "list", "of": [
                {"name": "pharmacy", "kind": "segment"},
                {"name": "claim", "kind": "text"},
                {"name": "due_on", "kind": "date", "optional": true},
                {"name": "amount", "kind": "amount", "text": "what is paid"},
            ]},
        ],
        "amounts": [
            {"total": {"name": "gross", "of": "amount"}},
            {"sum": {"name": "net", "plus": ["gross"], "less": ["withheld"]}},
        ],
        "legs": [
            {"each": "orders", "side": "debit", "account": "2101.{pharmacy}", "item": "{claim}/{payout}",
             "amount": "amount", "due_date": "due_on"},
            {"side": "credit", "account": "1010", "item": "{payout}", "amount": "net"},
            {"side": "credit", "account": "2402", "amount": "withheld"},
        ],
    })
}

fn changed(place: &str, value: &Value) -> Result<Template, Vec<Fault>> {
    let mut template = payout();
    *template.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = value.clone();
    parse(&template)
}

fn refused(place: &str, value: &Value, expected: &[&str]) {
    let faults = changed(place, value).unwrap_err();
    assert_eq!(places(&faults), expected, "{place}");
    faults.iter().for_each(says_what_is_wrong);
}

fn order(pharmacy: &str, claim: &str, amount: &str) -> Inputs {
    let fields = [
        ("pharmacy", Input::Segment(pharmacy.to_owned())),
        ("claim", Input::Text(claim.to_owned())),
        ("amount", cny(amount)),
    ];
    fields.map(|(name, input)| (name.to_owned(), input)).into()
}

fn inputs(withheld: &str, orders: Vec<Inputs>) -> Inputs {
    let given =
        [("payout", Input::Text("P-1".to_owned())), ("withheld", cny(withheld)), ("orders", Input::List(orders))];
    given.map(|(name, input)| (name.to_owned(), input)).into()
}

fn fill(withheld: &str, orders: Vec<Inputs>) -> Result<Filled, Vec<Fault>> {
    parse(&payout()).unwrap().fill(Currency::CNY, &inputs(withheld, orders))
}

#[test]
fn a_leg_stands_for_each_element_and_the_rest_for_all_of_them() {
    let due = Inputs::from([("due_on".to_owned(), Input::Date(date(2026, 4, 1)))]);
    let with_due: Inputs = order("b", "C-2", "0.50").into_iter().chain(due).collect();
    let filled = fill("0.05", vec![order("a", "C-1", "19.00"), with_due, order("a", "C-3", "0.00")]).unwrap();
    let expected =
        ["Dr 2101.a [C-1/P-1] 19.00", "Dr 2101.b [C-2/P-1] 0.50 due 2026-04-01", "Cr 1010 [P-1] 19.45", "Cr 2402 0.05"];
    assert_eq!(lines(&filled), expected);
    let table: Vec<String> =
        filled.amounts.iter().map(|row| format!("{} = {} ({})", row.name, row.value, row.formula)).collect();
    let expected = [
        "withheld = 0.05 CNY (given)",
        "amount = 19.50 CNY (given, for each of 3 orders; this is all of them added up)",
        "gross = 19.50 CNY (amount added up)",
        "net = 19.45 CNY (gross less withheld)",
    ];
    assert_eq!(table, expected);
    assert!(fill("0.00", Vec::new()).unwrap().postings.is_empty());
    assert_eq!(places(&fill("0.01", Vec::new()).unwrap_err()), ["leg_negative /legs/1/amount"]);
}

#[test]
fn the_text_form_of_a_list_is_read_back() {
    let template = parse(&payout()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&template.canonical()).unwrap(), payout());
}

#[test]
fn a_field_stands_where_its_elements_are() {
    let unused = "name_unused /inputs/2/of/1/name";
    refused("/legs/1/item", &json!("{claim}"), &["field_outside_each /legs/1/item"]);
    refused(
        "/legs/1/amount",
        &json!("amount"),
        &["field_outside_each /legs/1/amount", "name_unused /amounts/1/sum/name"],
    );
    refused("/amounts/1/sum/less/0", &json!("amount"), &["field_outside_each /amounts/1/sum/less/0"]);
    refused("/amounts/0/total/of", &json!("withheld"), &["kind_mismatch /amounts/0/total/of"]);
    refused("/amounts/0/total/of", &json!("claim"), &["kind_mismatch /amounts/0/total/of"]);
    refused("/amounts/0/total/of", &json!("nothing"), &["name_unknown /amounts/0/total/of"]);
    refused("/legs/0/amount", &json!("withheld"), &["kind_mismatch /legs/0/amount"]);
    refused(
        "/legs/0/each",
        &json!("payout"),
        &[
            "kind_mismatch /legs/0/each",
            "field_outside_each /legs/0/account",
            "field_outside_each /legs/0/item",
            "field_outside_each /legs/0/due_date",
            "field_outside_each /legs/0/amount",
            "name_unused /inputs/2/name",
        ],
    );
    refused("/legs/0/item", &json!("{payout}"), &[unused]);
    refused("/legs/0/item", &json!("{claim}/{due_on}/{payout}"), &["kind_mismatch /legs/0/item"]);
    refused(
        "/inputs/1",
        &json!({"name": "withheld", "kind": "amount", "optional": true}),
        &["kind_mismatch /inputs/1/optional"],
    );
    refused("/inputs/2/of", &json!([]), &["field_count /inputs/2/of"]);
    refused(
        "/inputs/1",
        &json!({"name": "withheld", "kind": "amount", "of": [{"name": "x", "kind": "text"}]}),
        &["field_count /inputs/1/of"],
    );
    refused(
        "/inputs/2/of/1",
        &json!({"name": "claim", "kind": "list", "of": []}),
        &["kind_mismatch /inputs/2/of/1/kind", "kind_mismatch /legs/0/item"],
    );
    refused(
        "/inputs/2/of/1",
        &json!({"name": "payout", "kind": "text"}),
        &["name_twice /inputs/2/of/1/name", "name_unknown /legs/0/item"],
    );
}

#[test]
fn a_leg_for_each_counts_for_all_of_them_in_the_balance() {
    let left_over = |place: &str, value: &Value| {
        let faults = changed(place, value).unwrap_err();
        assert_eq!(places(&faults), ["unbalanced /legs"], "{place}");
        faults[0].problem.expected_actual().1
    };
    assert_eq!(left_over("/legs/0/side", &json!("credit")), "-2 amount");
    assert_eq!(left_over("/legs/2/side", &json!("debit")), "2 withheld");
    let twice = json!({"each": "orders", "side": "debit", "account": "1", "amount": "amount"});
    let mut legs = payout()["legs"].as_array().unwrap().clone();
    legs.push(twice);
    assert_eq!(left_over("/legs", &json!(legs)), "amount");
}

#[test]
fn every_element_is_checked_at_its_place() {
    let bad = [
        Inputs::new(),
        order("a.b", "C-1", "1.00"),
        order("a", "C-1", "-1.00"),
        order("a", "", "1.00").into_iter().chain([("colour".to_owned(), cny("1"))]).collect(),
    ];
    let faults = fill("0.00", bad.to_vec()).unwrap_err();
    let expected = [
        "input_missing /inputs/orders/0/pharmacy",
        "input_missing /inputs/orders/0/claim",
        "input_missing /inputs/orders/0/amount",
        "segment_malformed /inputs/orders/1/pharmacy",
        "amount_negative /inputs/orders/2/amount",
        "text_length /inputs/orders/3/claim",
        "input_unknown /inputs/orders/3/colour",
    ];
    assert_eq!(places(&faults), expected);
    let many = |count: usize| vec![order("a", "C-1", "1.00"); count];
    assert_eq!(fill("0.00", many(POSTINGS_MAX - 1)).unwrap().postings.len(), POSTINGS_MAX);
    assert_eq!(places(&fill("0.00", many(POSTINGS_MAX)).unwrap_err()), ["leg_count /legs"]);
    assert_eq!(places(&fill("0.00", many(ELEMENTS_MAX + 1)).unwrap_err()), ["element_count /inputs/orders"]);
    let most = Inputs::from([("amount".to_owned(), Input::Amount(Money::new(i64::MAX, Currency::CNY)))]);
    let two = vec![order("a", "C-1", "1.00").into_iter().chain(most).collect::<Inputs>(); 2];
    assert_eq!(places(&fill("0.00", two).unwrap_err()), ["amount_overflow /amounts/0"]);
}

#[test]
fn what_is_given_as_text_is_read_as_what_is_asked_for() {
    let template = parse(&payout()).unwrap();
    let read = |given: Value| {
        let given: BTreeMap<String, Given> = serde_json::from_value(given).unwrap();
        template.read(Currency::CNY, &given)
    };
    let good = json!({"payout": "P-1", "withheld": "0.05",
        "orders": [{"pharmacy": "a", "claim": "C-1", "amount": "19.00"}]});
    assert_eq!(read(good).unwrap(), inputs("0.05", vec![order("a", "C-1", "19.00")]));
    let bad = json!({"payout": 7, "withheld": "0.055", "colour": "red",
        "orders": [{"pharmacy": "a", "claim": "C-1", "amount": 19, "due_on": "1 May"}, {"amount": "x"}]});
    let faults = read(bad).unwrap_err();
    let expected = [
        "input_malformed /inputs/orders/0/amount",
        "input_malformed /inputs/orders/0/due_on",
        "amount_malformed /inputs/orders/1/amount",
        "input_malformed /inputs/payout",
        "amount_too_many_decimals /inputs/withheld",
    ];
    assert_eq!(places(&faults), expected);
    faults.iter().for_each(says_what_is_wrong);
    let twice = r#"{"payout": "P-1", "payout": "P-1", "colour": 1, "colour": 2, "withheld": "0.05", "withheld": "0.05",
        "orders": [{"pharmacy": "a", "claim": "C-1", "amount": "1.00"}, {"amount": "1.00", "amount": "2.00"}]}"#;
    let twice = given_by_name(&mut serde_json::Deserializer::from_str(twice)).unwrap();
    let faults = template.read(Currency::CNY, &twice).unwrap_err();
    let expected = ["/inputs/colour", "/inputs/orders/1/amount", "/inputs/payout", "/inputs/withheld"];
    assert_eq!(places(&faults), expected.map(|place| format!("input_twice {place}")));
    faults.iter().for_each(says_what_is_wrong);
    for (text, what) in
        [("7", "a number"), ("-7", "a number"), ("7.5", "a number"), ("null", "null"), ("true", "a boolean")]
    {
        assert_eq!(serde_json::from_str::<Given>(text).unwrap(), Given::Other(what));
        assert!(given_by_name(&mut serde_json::Deserializer::from_str(text)).is_err());
    }
    let malformed = read(json!({"orders": ["C-1"]})).unwrap_err();
    assert_eq!(places(&malformed), ["input_malformed /inputs/orders"]);
}

#[test]
fn a_change_is_told_place_by_place() {
    let (before, mut value) = (parse(&payout()).unwrap(), payout());
    value["legs"][2]["account"] = json!("2403");
    value["inputs"][0]["text"] = json!("the payout");
    let after = parse(&value).unwrap();
    let mut told: Vec<(String, Option<String>, Option<String>)> =
        changes(&before, &after).into_iter().map(|change| (change.pointer, change.before, change.after)).collect();
    told.sort();
    let quoted = |text: &str| Some(format!("\"{text}\""));
    assert_eq!(
        told,
        [
            ("/inputs/0/text".to_owned(), None, quoted("the payout")),
            ("/legs/2/account".to_owned(), quoted("2402"), quoted("2403")),
        ]
    );
    assert_eq!(changes(&before, &before), []);
}

proptest! {
    #[test]
    fn whatever_the_list_is_the_legs_sum_to_zero(
        minor in prop::collection::vec(0..1_i64 << 40, 0..30),
        tax in 0..1_i64 << 42,
    ) {
        let cent = |minor: i64| Input::Amount(Money::new(minor, Currency::CNY));
        let orders = minor.iter().map(|minor| {
            let own = ("amount".to_owned(), cent(*minor));
            order("a", "C-1", "1").into_iter().chain([own]).collect()
        });
        let withheld = [("withheld".to_owned(), cent(tax))];
        let given: Inputs = inputs("0", orders.collect()).into_iter().chain(withheld).collect();
        let total: i64 = minor.iter().sum();
        match parse(&payout()).unwrap().fill(Currency::CNY, &given) {
            Ok(filled) => {
                prop_assert_eq!(filled.postings.iter().map(|posting| posting.amount.minor).sum::<i64>(), 0);
                let moving = minor.iter().filter(|minor| **minor > 0).count();
                let others = usize::from(total > tax) + usize::from(tax > 0);
                prop_assert_eq!(filled.postings.len(), moving + others);
            }
            Err(faults) => {
                prop_assert!(tax > total, "{faults:?}");
                prop_assert_eq!(places(&faults), ["leg_negative /legs/1/amount"]);
            }
        }
    }
}
