//! Lines that are read, and lines that are not.

use super::*;

const ENTRY: &str = r#"{"entry":{"id":"0199aa00-0000-7000-8000-000000000001","postings":[
    {"account":"1002","debit":"5.00","currency":"CNY"},{"account":"3001","credit":"5.00","currency":"CNY"}]}}"#;

fn read(text: &str) -> Vec<Result<Record, (u64, &'static str)>> {
    let records = Reader::new(text.as_bytes()).map(|record| record.unwrap());
    records.map(|Numbered { record, .. }| record.map_err(|fault| (fault.line, fault.code))).collect()
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

fn faults(text: &str) -> Vec<(u64, &'static str)> {
    read(text).into_iter().filter_map(Result::err).collect()
}

#[test]
fn an_entry_is_history() {
    let text = r#"{"entry":{"id":"0199aa00-0000-7000-8000-000000000001","sequence":7,"kind":"expiry",
        "effective_date":"2024-01-05","booked_at":"2024-01-05T00:00:00Z",
        "relates_to":"0199aa00-0000-7000-8000-000000000002",
        "actor":"ledger","reference":"","description":"over","postings":[
        {"account":"1101.picc","credit":"1.20","currency":"CNY","item":"CLM","layer":"pending"},
        {"account":"9002","debit":"1.20","currency":"CNY","layer":"pending"}]}}"#;
    let read = read(&one_line(text));
    let [Ok(Record::Entry(entry))] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((entry.kind, entry.actor.as_str()), (EntryKind::Release, "ledger"));
    let amounts: Vec<i64> = entry.postings.iter().map(|posting| posting.amount.minor).collect();
    assert_eq!(amounts, [-120, 120]);
}

#[test]
fn a_capture_gives_what_it_moves_and_a_whole_group_nothing() {
    let leg = |layer: &str, side: &str, account: &str| {
        format!(r#"{{"account":"{account}","{side}":"1.00","currency":"CNY","layer":"{layer}"}}"#)
    };
    let legs = [
        leg("settled", "debit", "1002"),
        leg("settled", "credit", "3001"),
        leg("pending", "credit", "1002"),
        leg("pending", "debit", "3001"),
    ];
    for (of, postings) in [("relates_to", 2), ("hold_group", 0)] {
        let id = "0199aa00-0000-7000-8000-000000000002";
        let text = format!(r#"{{"entry":{{"kind":"capture","{of}":"{id}","postings":[{}]}}}}"#, legs.join(","));
        let read = read(&text);
        let [Ok(Record::Entry(entry))] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!(entry.postings.len(), postings, "{of}");
    }
}

#[test]
fn a_setting_changes_what_it_names() {
    let text = r#"{"setting":{"account":"1002","currency":"JPY","min":null,"max":"700","closed":true}}"#;
    let read = read(text);
    let [Ok(Record::Setting(setting))] = read.as_slice() else { panic!("{read:?}") };
    let expected =
        SettingChange { min: Change::To(None), max: Change::To(Some(700)), closed: Some(true), ..Default::default() };
    assert_eq!(setting.change, expected);
}

#[test]
fn a_file_that_was_cut_is_no_file() {
    let book = r#"{"book":{"format":1}}"#;
    let end = r#"{"end":{"accounts":0,"entries":1}}"#;
    let entry = one_line(ENTRY);
    assert_eq!(faults(&format!("{book}\n{entry}\n{end}\n")), []);
    assert_eq!(faults(&format!("{entry}\n")), []);
    assert_eq!(faults(&format!("{book}\n{entry}\n")), [(3, "file_cut")]);
    assert_eq!(faults(&format!("{book}\n{end}\n")), [(2, "file_miscounted")]);
    assert_eq!(faults(&format!("{book}\n{entry}\n{end}\n{entry}\n")), [(4, "line_after_end")]);
    for cut in 1..entry.len() {
        assert_eq!(faults(&entry[..cut]), [(1, "line_cut")], "{}", &entry[..cut]);
    }
}

#[test]
fn every_fault_is_named_with_its_line() {
    let with = |from: &str, to: &str| one_line(&ENTRY.replacen(from, to, 1));
    let account = |fields: &str| format!(r#"{{"account":{{"code":"1","name":"x",{fields}}}}}"#);
    for (text, code) in [
        ("[1]".to_owned(), "json_malformed"),
        ("x".to_owned(), "json_malformed"),
        (r#"{"entries":{}}"#.to_owned(), "field_invalid"),
        (r#"{"entry":[]}"#.to_owned(), "field_invalid"),
        (with("\"id\"", "\"nr\""), "field_invalid"),
        (with("0199aa00-0000-7000-8000-000000000001", "00000000-0000-0000-0000-000000000000"), "id_nil"),
        (with("\"5.00\"", "5.00"), "amount_not_text"),
        (with("5.00", "0"), "amount_zero"),
        (with("5.00", "-5"), "amount_negative"),
        (with("5.00", "5.001"), "amount_too_many_decimals"),
        (with("CNY", "CNN"), "currency_unknown"),
        (with("1002", "10 02"), "account_malformed"),
        (with("debit", "credit"), ""),
        (with("\"postings\"", "\"effective_date\":\"2024-1-1\",\"postings\""), "date_malformed"),
        (with("\"CNY\"}", "\"CNY\",\"layer\":\"pending\"}"), "layer_impossible"),
        (account(r#""type":"asset","currency":"CNY""#), ""),
        (account(r#""type":"thing","currency":"CNY""#), "type_unknown"),
        (account(r#""type":"asset","currency":"CNY","min":"2","max":"1""#), "limits_crossed"),
        (account(r#""type":"asset","currency":"CNY","normal_side":"left""#), "side_unknown"),
    ] {
        let expected: &[(u64, &str)] = if code.is_empty() { &[] } else { &[(2, code)] };
        assert_eq!(faults(&format!("\n{text}\n")), expected, "{text}");
    }
}
