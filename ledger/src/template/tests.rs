//! What is refused, with which code and where; the balance in symbols; the text form.

mod filling;
mod journals;
mod lists;
mod properties;

use serde_json::{Value, json};

use super::*;

/// A template that is sound, with every kind of input and amount.
fn sound() -> Value {
    json!({
        "name": "T1",
        "title": "A price shared out",
        "description": "For tests.",
        "inputs": [
            {"name": "insurer", "kind": "segment"},
            {"name": "claim", "kind": "text"},
            {"name": "due_on", "kind": "date"},
            {"name": "price", "kind": "amount", "text": "what the drug costs"},
            {"name": "fee", "kind": "amount"},
            {"name": "left", "kind": "amount"},
            {"name": "right", "kind": "amount"},
        ],
        "amounts": [
            {"fraction": {"name": "vat", "of": "fee", "numerator": 6, "denominator": 106}},
            {"sum": {"name": "all", "plus": ["price", "fee"]}},
            {"split": {"of": "all", "parts": [{"name": "a", "weight": "left"}, {"name": "b", "weight": "right"}]}},
            {"sum": {"name": "net", "plus": ["all"], "less": ["vat"]}},
        ],
        "legs": [
            {"side": "debit", "account": "1101.{insurer}", "item": "{claim}", "amount": "a", "due_date": "due_on"},
            {"side": "debit", "account": "1102.{insurer}", "item": "{claim}/{insurer}/{due_on}", "amount": "b"},
            {"side": "credit", "account": "2101", "amount": "net"},
            {"side": "credit", "account": "2401", "amount": "vat"},
        ],
    })
}

/// The sound template with one value put in a place; `null` takes it out, `/-` behind a list appends.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut template = sound();
    for (place, value) in changes {
        let (parent, step) = place.rsplit_once('/').unwrap();
        match template.pointer_mut(parent).unwrap() {
            Value::Array(list) if step == "-" => list.push(value.clone()),
            Value::Array(list) if value.is_null() => drop(list.remove(step.parse().unwrap())),
            Value::Array(list) => list[step.parse::<usize>().unwrap()] = value.clone(),
            Value::Object(fields) if value.is_null() => drop(fields.remove(step)),
            Value::Object(fields) => drop(fields.insert(step.to_owned(), value.clone())),
            other => panic!("{place} is in {other}"),
        }
    }
    template
}

fn parse(template: &Value) -> Result<Template, Vec<Fault>> {
    Template::parse(&template.to_string())
}

/// Code and place of every fault.
fn places(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(|fault| format!("{} {}", fault.code(), fault.pointer)).collect()
}

fn check(changes: &[(&str, Value)], expected: &[&str]) {
    let faults = parse(&with(changes)).err().unwrap_or_default();
    assert_eq!(places(&faults), expected, "{changes:?}");
    for fault in &faults {
        says_what_is_wrong(fault);
    }
}

fn says_what_is_wrong(fault: &Fault) {
    let (expected, actual) = fault.problem.expected_actual();
    assert!(expected != actual && !expected.is_empty() && fault.to_string().len() > 10, "{fault:?}");
}

#[test]
fn a_sound_template_is_taken_and_written_as_it_was_read() {
    let template = parse(&sound()).unwrap();
    let canonical = template.canonical();
    assert_eq!(Template::parse(&canonical), Ok(template.clone()));
    assert_eq!(serde_json::from_str::<Value>(&canonical).unwrap(), sound());
    let (spaced, nothing) =
        (serde_json::to_string_pretty(&sound()).unwrap(), with(&[("/amounts/1/sum/less", json!([]))]));
    for same in [Template::parse(&spaced), parse(&nothing)] {
        assert_eq!(same.unwrap().canonical(), canonical);
    }
    assert!(
        canonical.starts_with(r#"{"name":"T1","title":"A price shared out","description":"For tests.","inputs":["#)
    );
}

#[test]
fn what_has_not_the_shape_of_a_template_is_refused_at_its_place() {
    for (changes, place) in [
        (vec![("/colour", json!("red"))], "template_malformed /colour"),
        (vec![("/legs", Value::Null)], "template_malformed "),
        (vec![("/legs/1/side", json!("left"))], "template_malformed /legs/1/side"),
        (vec![("/legs/1/layer", json!("pending"))], "template_malformed /legs/1/layer"),
        (vec![("/inputs/0/kind", json!("number"))], "template_malformed /inputs/0/kind"),
        (vec![("/amounts/0", json!({"product": {}}))], "template_malformed /amounts/0"),
        (vec![("/amounts/0/fraction/numerator", json!(0.5))], "template_malformed /amounts/0/fraction/numerator"),
        (vec![("/amounts/1/sum/times", json!(2))], "template_malformed /amounts/1/sum/times"),
    ] {
        check(&changes, &[place]);
    }
    let (followed, named_twice) =
        (format!("{} {{}}", sound()), sound().to_string().replacen('{', r#"{"name":"T2","#, 1));
    for text in ["", "{", "[]", "null", &followed, &named_twice] {
        assert_eq!(Template::parse(text).unwrap_err()[0].code(), "template_malformed", "{text}");
    }
    let long = format!("{}{}", sound(), " ".repeat(BYTES_MAX));
    assert_eq!(places(&Template::parse(&long).unwrap_err()), ["template_too_long "]);
}

#[test]
fn names_and_texts() {
    check(&[("/name", json!("J 3"))], &["name_malformed /name"]);
    check(&[("/title", json!(""))], &["text_length /title"]);
    check(&[("/description", json!("a\0b"))], &["text_has_nul /description"]);
    check(&[("/inputs/3/text", json!("x".repeat(201)))], &["text_length /inputs/3/text"]);
    check(
        &[("/inputs/-", json!({"name": "Fee", "kind": "amount"}))],
        &["name_malformed /inputs/7/name", "name_unused /inputs/7/name"],
    );
    check(
        &[("/amounts/0/fraction/name", json!("fee"))],
        &["name_twice /amounts/0/fraction/name", "name_unknown /amounts/3/sum/less/0", "name_unknown /legs/3/amount"],
    );
    check(&[("/legs/3/amount", json!("tax"))], &["name_unknown /legs/3/amount"]);
    check(
        &[("/amounts/1/sum/plus/0", json!("net"))],
        &["name_used_before_definition /amounts/1/sum/plus/0", "name_unused /inputs/3/name"],
    );
    check(
        &[("/amounts/2/split/parts/1/weight", json!("a"))],
        &["name_used_before_definition /amounts/2/split/parts/1/weight", "name_unused /inputs/6/name"],
    );
    check(&[("/amounts/0/fraction/of", json!("vat"))], &["name_used_before_definition /amounts/0/fraction/of"]);
    check(&[("/amounts/-", json!({"sum": {"name": "spare", "plus": ["fee"]}}))], &["name_unused /amounts/4/sum/name"]);
    check(&[("/amounts/1/sum/less", json!(["claim"]))], &["kind_mismatch /amounts/1/sum/less/0"]);
    check(
        &[("/legs/0/amount", json!("due_on"))],
        &["kind_mismatch /legs/0/amount", "name_unused /amounts/2/split/parts/0/name"],
    );
}

#[test]
fn amounts() {
    check(&[("/amounts/0/fraction/denominator", json!(0))], &["denominator_zero /amounts/0/fraction/denominator"]);
    check(&[("/amounts/0/fraction/numerator", json!(-6))], &["fraction_negative /amounts/0/fraction"]);
    check(&[("/amounts/0/fraction/denominator", json!(-106))], &["fraction_negative /amounts/0/fraction"]);
    check(&[("/amounts/1/sum/less", json!(["fee"]))], &["term_twice /amounts/1/sum/less/0"]);
}

#[test]
fn legs() {
    let account = "/legs/0/account";
    for malformed in ["", "1101.{insurer", "1101.}", "1101.{}", "1101.{{insurer}}", "11 01", "1101.", "保险"] {
        check(&[(account, json!(malformed))], &["account_malformed /legs/0/account"]);
    }
    check(&[(account, json!("{insurer}.x"))], &["account_malformed /legs/0/account"]);
    check(&[(account, json!("1101.{claim}"))], &["kind_mismatch /legs/0/account"]);
    check(&[(account, json!("1101.{bank}"))], &["name_unknown /legs/0/account"]);
    for malformed in ["", "a{", "\0", &"x".repeat(201)] {
        check(&[("/legs/1/item", json!(malformed))], &["item_malformed /legs/1/item"]);
    }
    check(&[("/legs/1/item", json!("{fee}"))], &["kind_mismatch /legs/1/item"]);
    check(&[("/legs/0/due_date", json!("claim"))], &["kind_mismatch /legs/0/due_date"]);
    check(&[("/legs/0/item", Value::Null)], &["due_date_not_allowed /legs/0/due_date"]);
}

#[test]
fn too_few_and_too_many() {
    check(&[("/legs", json!([]))], &["leg_count /legs"]);
    check(&[("/legs", json!([sound()["legs"][0]]))], &["leg_count /legs"]);
    check(&[("/inputs", json!([])), ("/legs", json!([]))], &["input_count /inputs", "leg_count /legs"]);
    let leg = json!({"side": "debit", "account": "1", "amount": "fee"});
    check(&[("/legs", json!(vec![leg; 1_001]))], &["leg_count /legs"]);
    check(&[("/amounts/3/sum/plus", json!([]))], &["term_count /amounts/3/sum/plus"]);
    check(&[("/amounts/3/sum/less", json!(vec!["vat"; 201]))], &["term_count /amounts/3/sum/less"]);
    check(&[("/amounts/2/split/parts/1", Value::Null)], &["part_count /amounts/2/split/parts"]);
    let part = json!({"name": "a", "weight": "fee"});
    check(&[("/amounts/2/split/parts", json!(vec![part; 98]))], &["amount_count /amounts"]);
}

#[test]
fn every_fault_is_named_at_once() {
    let changes = [
        ("/title", json!("")),
        ("/amounts/0/fraction/denominator", json!(0)),
        ("/legs/0/account", json!("1101.{bank}")),
        ("/legs/2/amount", json!("all")),
    ];
    let faults = [
        "text_length /title",
        "denominator_zero /amounts/0/fraction/denominator",
        "name_unknown /legs/0/account",
        "name_unused /amounts/3/sum/name",
        "unbalanced /legs",
    ];
    check(&changes, &faults);
}

fn left_over(changes: &[(&str, Value)]) -> String {
    let faults = parse(&with(changes)).unwrap_err();
    let [fault] = faults.as_slice() else { panic!("one fault: {faults:?}") };
    assert_eq!((fault.code(), fault.pointer.as_str()), ("unbalanced", "/legs"));
    fault.problem.expected_actual().1
}

#[test]
fn what_does_not_balance_is_refused_with_what_is_left_over() {
    assert_eq!(left_over(&[("/legs/3", Value::Null)]), "vat");
    assert_eq!(left_over(&[("/legs/3/side", json!("debit"))]), "2 vat");
    assert_eq!(left_over(&[("/legs/3/amount", json!("fee"))]), "-fee + vat");
    let less = json!({"sum": {"name": "all", "plus": ["price"], "less": ["fee"]}});
    let price = ("/legs/2/amount", json!("price"));
    assert_eq!(left_over(&[("/amounts/1", less), price, ("/amounts/3", Value::Null)]), "-fee - vat");
    // a part of a split stands for itself, the last for the rest
    let first_again = json!({"side": "debit", "account": "3", "amount": "a"});
    assert_eq!(left_over(&[("/legs/-", first_again)]), "a");
    let last_again = json!({"side": "debit", "account": "3", "amount": "b"});
    assert_eq!(left_over(&[("/legs/-", last_again)]), "-a + fee + price");
}

#[test]
fn two_roundings_of_the_same_are_two_amounts() {
    let again = json!({"fraction": {"name": "again", "of": "fee", "numerator": 6, "denominator": 106}});
    assert_eq!(left_over(&[("/amounts/-", again), ("/legs/3/amount", json!("again"))]), "-again + vat");
}

#[test]
fn coefficients_stay_within_bounds() {
    let names: Vec<String> = (0..AMOUNTS_MAX).map(|index| format!("s{index}")).collect();
    let plus = |index: usize| [&["fee".to_owned()], &names[..index]].concat();
    let sum = |index: usize| json!({"sum": {"name": names[index], "plus": plus(index)}});
    let amounts: Vec<Value> = (0..AMOUNTS_MAX).map(sum).collect();
    let last = &names[AMOUNTS_MAX - 1];
    let leg = |index: usize| json!({"side": "debit", "account": format!("1.{index}"), "amount": last});
    let legs: Vec<Value> = (0..crate::entry::POSTINGS_MAX).map(leg).collect();
    let template = json!({
        "name": "T2", "title": "t", "description": "d", "amounts": amounts, "legs": legs,
        "inputs": [{"name": "fee", "kind": "amount"}],
    });
    let definition: Definition = serde_json::from_value(template).unwrap();
    let faults = Template::check(definition).unwrap_err();
    let most = format!("{} fee", 1000 * (1_i128 << (AMOUNTS_MAX - 1)));
    assert_eq!(faults[0].problem, Problem::Unbalanced { left_over: most });
}
