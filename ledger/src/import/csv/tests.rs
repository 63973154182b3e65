//! Rows that are read, and rows that are not.

use jiff::civil::date;

use super::*;
use crate::money::Currency;

const HEADER: &str = "entry,date,account,debit,credit,currency,item,description";

fn read(text: &str) -> Vec<Result<Record, (u64, &'static str)>> {
    let records = Reader::new(text.as_bytes(), "erp").map(|record| record.unwrap());
    records.map(|Numbered { record, .. }| record.map_err(|fault| (fault.line, fault.code))).collect()
}

fn faults(text: &str) -> Vec<(u64, &'static str)> {
    read(text).into_iter().filter_map(Result::err).collect()
}

#[test]
fn rows_of_one_number_are_one_entry() {
    let rows = "17,2024-01-05,1002,5.00,,CNY,,\"'=1+1, paid\"\n17,,3001,,5.00,CNY,,\n18,2024-01-06,1002,1,,CNY,,\n";
    let read = read(&format!("\u{feff}{HEADER}\r\n{rows}"));
    let [Ok(Record::Entry(first)), Ok(Record::Entry(second))] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((first.id, second.id), (id_of("erp", "17"), id_of("erp", "18")));
    assert_eq!(first.effective_date, Some(date(2024, 1, 5)));
    assert_eq!(first.description, "=1+1, paid");
    let amounts: Vec<i64> = first.postings.iter().map(|posting| posting.amount.minor).collect();
    assert_eq!(amounts, [500, -500]);
    assert_eq!(first.postings[0].amount.currency, Currency::CNY);
    assert_ne!(id_of("erp", "17"), id_of("bank", "17"));
    let id = "0199aa00-0000-7000-8000-000000000001";
    assert_eq!(id_of("erp", id).to_string(), id);
}

#[test]
fn words_that_look_like_formulas_come_back() {
    for words in ["", "x", "=1", "-5", "'=1", "''@x", "'tis", "\tx", "'"] {
        assert_eq!(unshielded(&shielded(words)), words);
        assert!(!begins_formula(&shielded(words)), "{words}");
    }
}

#[test]
fn every_fault_is_named_with_its_line() {
    for (rows, expected) in [
        ("1,2024-01-05,1002,5.00,,CNY,\n", &[(2, "row_ragged")][..]),
        (",2024-01-05,1002,5.00,,CNY,,\n", &[(2, "entry_missing")]),
        ("1,2024-1-5,1002,5.00,,CNY,,\n", &[(2, "date_malformed")]),
        ("1,,1002,5.00,,CNY,,\n", &[(2, "date_malformed")]),
        ("1,2024-01-05,10 02,5.00,,CNY,,\n", &[(2, "account_malformed")]),
        ("1,2024-01-05,1002,5.00,,CNN,,\n", &[(2, "currency_unknown")]),
        ("1,2024-01-05,1002,5.001,,CNY,,\n", &[(2, "amount_too_many_decimals")]),
        ("1,2024-01-05,1002,\"5,00\",,CNY,,\n", &[(2, "amount_malformed")]),
        ("1,2024-01-05,1002,0,,CNY,,\n", &[(2, "amount_zero")]),
        ("1,2024-01-05,1002,-5,,CNY,,\n", &[(2, "amount_negative")]),
        ("1,2024-01-05,1002,5,5,CNY,,\n", &[(2, "debit_or_credit")]),
        ("1,2024-01-05,1002,,,CNY,,\n", &[(2, "debit_or_credit")]),
        ("1,2024-01-05,1002,5,,CNY,,x\n1,,3001,,5,CNY,,y\n", &[(3, "entry_differs")]),
        ("1,2024-01-05,1002,5,,CNY,,\"x\ny\n", &[(2, "quote_unclosed")]),
        ("1,x,1002,5,,CNY,,\"x\ny\"\n1,,3001,,z,CNY,,\n", &[(2, "date_malformed"), (4, "amount_malformed")]),
    ] {
        assert_eq!(faults(&format!("{HEADER}\n{rows}")), expected, "{rows}");
    }
}

#[test]
fn the_header_is_checked() {
    for (header, expected) in [
        ("", &[(1, "file_empty")][..]),
        ("entry,date,account,amount,currency", &[]),
        ("entry,date,account,amount,debit,credit,currency", &[(1, "column_missing")]),
        ("entry,date,account,debit,currency", &[(1, "column_missing")]),
        ("entry;date;account;amount;currency", &[(1, "separator_unknown")]),
        ("entry,entry,date,account,amount,currency,Item", &[(1, "column_twice"), (1, "column_unknown")]),
    ] {
        let mut found = faults(header);
        found.dedup_by_key(|(_, code)| *code);
        assert!(found.starts_with(expected) && found.is_empty() == expected.is_empty(), "{header}: {found:?}");
    }
}
