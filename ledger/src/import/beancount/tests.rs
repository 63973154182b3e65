//! Files that are read, and lines that are not.

use jiff::civil::date;

use super::*;
use crate::account::AccountType;
use crate::entry::NewEntry;

fn read(text: &str) -> Vec<Result<Record, (u64, &'static str)>> {
    let records = Reader::new(text.as_bytes(), &CommodityMap::default()).map(|record| record.unwrap());
    records.map(|Numbered { record, .. }| record.map_err(|fault| (fault.line, fault.code))).collect()
}

fn entries(text: &str) -> Vec<NewEntry> {
    let entry = |record: Result<Record, _>| match record {
        Ok(Record::Entry(entry)) => Some(*entry),
        Ok(_) => None,
        Err(fault) => panic!("{fault:?}"),
    };
    read(text).into_iter().filter_map(entry).collect()
}

fn legs(entry: &NewEntry) -> Vec<String> {
    let leg = |leg: &crate::entry::NewPosting| {
        let item = leg.item.as_ref().map(|item| format!(" {item}")).unwrap_or_default();
        format!("{} {}{item}", leg.account, leg.amount)
    };
    entry.postings.iter().map(leg).collect()
}

#[test]
fn a_transaction_by_hand_is_an_entry() {
    let text = "\
option \"title\" \"books\"
* Outline
2026-05-01 ! \"City Clinic\" \"advance \\\"x\\\"
more\" #urgent ^inv-7 ; see mail
  reference: \"INV-7\"
  batch: 12
  Assets:Bank  -1,250.50 USD
    checked: TRUE
  ! Assets:Picc
    item: \"CLM-1\"
    due: 2026-06-01
";
    let entries = entries(text);
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(legs(entry), ["Assets.Bank -1250.50 USD", "Assets.Picc 1250.50 USD CLM-1"]);
    assert_eq!(entry.effective_date, Some(date(2026, 5, 1)));
    assert_eq!(entry.postings[1].due_date, Some(date(2026, 6, 1)));
    assert_eq!((entry.reference.as_str(), entry.description.as_str()), ("INV-7", "advance \"x\"\nmore"));
    let metadata: serde_json::Value = serde_json::from_str(entry.metadata.as_deref().unwrap()).unwrap();
    let expected = serde_json::json!({"batch": "12", "beancount": {
        "flag": "!", "payee": "City Clinic", "tags": ["urgent"], "links": ["inv-7"], "comment": "see mail",
        "postings": {"1": {"checked": true}, "2": {"flag": "!"}}}});
    assert_eq!(metadata, expected);
}

#[test]
fn accounts_are_opened_as_they_are_described() {
    let text = "\
2020-01-01 open Assets:1101:Picc CNY
  code: \"1101.picc\"
  name: \"垫付\"
  open-item: TRUE
  region: \"east\"
2020-01-01 open Equity:X-memo:9002 CNY \"NONE\"
  stands-for: \"memo\"
  side: \"credit\"
2026-01-01 close Assets:1101:Picc
";
    let read = read(text);
    let [Ok(Record::Account(first)), Ok(Record::Account(second)), Ok(Record::Setting(closed))] = read.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!((first.code.as_str(), first.name.as_deref()), ("1101.picc", Some("垫付")));
    assert!(first.open_item && first.account_type == Some(AccountType::Asset));
    assert_eq!(first.note.metadata.as_deref(), Some("{\"region\":\"east\"}"));
    assert_eq!(second.account_type, Some(AccountType::Memo));
    assert_eq!((closed.account.as_str(), closed.change.closed), ("1101.picc", Some(true)));
}

#[test]
fn a_pad_makes_the_next_balance_come_true() {
    let text = "\
2026-01-05 balance Assets:Bank  100.00 CNY
2026-01-09 balance Assets:Bank  100.00 CNY
2026-01-01 pad Assets:Bank Equity:Opening
2026-01-03 * \"x\"
  Assets:Bank:Sub  30 CNY
  Income:X
2026-01-06 pad Assets:Bank Equity:Other
2026-01-07 * \"y\"
  Assets:Bank  1 CNY
  Income:X
";
    let entries = entries(text);
    let all: Vec<Vec<String>> = entries.iter().map(legs).collect();
    assert_eq!(
        all[2..],
        [
            ["Assets.Bank 70.00 CNY", "Equity.Opening -70.00 CNY"].map(str::to_owned).to_vec(),
            ["Assets.Bank -1.00 CNY", "Equity.Other 1.00 CNY"].map(str::to_owned).to_vec(),
        ]
    );
    let assertion = read(text).into_iter().find_map(|record| match record {
        Ok(Record::Assertion(assertion)) => Some(assertion),
        _ => None,
    });
    let codes: Vec<String> = assertion.unwrap().accounts.iter().map(ToString::to_string).collect();
    assert_eq!(codes, ["Assets.Bank", "Assets.Bank.Sub"]);
}

#[test]
fn what_is_not_taken_over_is_named_with_its_line() {
    let of = |posting: &str| format!("2026-01-01 * \"x\"\n  Assets:A  {posting}\n  Assets:B\n");
    for (text, expected) in [
        (of("5 USD @ 7 CNY"), (2, "price_unsupported")),
        (of("5 USD {7 CNY}"), (2, "price_unsupported")),
        (of("(1+2) USD"), (2, "amount_malformed")),
        (of("5*2 USD"), (2, "amount_malformed")),
        (of("5"), (2, "amount_malformed")),
        (of("5 HOOL"), (2, "commodity_unknown")),
        (of("5.001 USD"), (2, "amount_too_many_decimals")),
        (of("5 USD\n    due: \"tomorrow\""), (3, "date_malformed")),
        ("2026-01-01 * \"x\"\n  Assets:A\n  Assets:B\n".into(), (3, "amounts_missing")),
        ("2026-01-01 * \"x\" y\n  Assets:A  5 USD\n  Assets:B\n".into(), (1, "word_unknown")),
        ("2026-01-01 * \"x\"\n  id: \"7\"\n  Assets:A  5 USD\n  Assets:B\n".into(), (1, "id_malformed")),
        ("2026-02-30 * \"x\"\n  Assets:A  5 USD\n  Assets:B\n".into(), (1, "date_malformed")),
        ("2026-01-01 * \"x\n".into(), (1, "quote_unclosed")),
        ("include \"other\"\n".into(), (1, "directive_unsupported")),
        ("plugin \"x\"\n".into(), (1, "directive_unsupported")),
        ("option \"name_assets\" \"X\"\n".into(), (1, "directive_unsupported")),
        ("2026-01-01 price USD 7 CNY\n".into(), (1, "directive_unsupported")),
        ("2026-01-01 balance Assets:A 5 ~ 1 CNY\n".into(), (1, "tolerance_unsupported")),
        ("2026-01-01 balance Assets:A 5\n".into(), (1, "directive_malformed")),
        ("2026-01-01 open Assets:A CNY\n  stands-for: \"thing\"\n".into(), (1, "value_unknown")),
        ("; note\n  Assets:A  5 USD\n".into(), (2, "line_indented")),
    ] {
        let faults: Vec<_> = read(&text).into_iter().filter_map(Result::err).collect();
        assert_eq!(faults, [expected], "{text}");
    }
}
