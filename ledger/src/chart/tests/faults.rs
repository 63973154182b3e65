//! One file for each kind of fault, and files with many.

use std::collections::{BTreeMap, BTreeSet};

use super::code;
use crate::account::AccountCode;
use crate::chart::{ChartFault, FaultKind, read_chart};

const HEADER: &str = "account,type,currency,name,parent,minimum,maximum,open_item,normal_side,note\n";

/// Lines below the header, and the one fault expected: code, line, column, expected, actual.
type Case<'a> = (&'a str, (&'a str, usize, Option<&'a str>, &'a str, &'a str));

fn faults(bytes: &[u8]) -> Vec<ChartFault> {
    read_chart(bytes, &BTreeMap::new()).unwrap_err()
}

#[track_caller]
fn assert_fault(file: &[u8], expected: (&str, usize, Option<&str>, &str, &str)) {
    let faults = faults(file);
    assert_eq!(faults.len(), 1, "{faults:?}");
    let fault = &faults[0];
    let told = (fault.code(), fault.line, fault.column.as_deref(), fault.expected.as_str(), fault.actual.as_str());
    assert_eq!(told, expected);
}

const CODE_FORM: &str = "1 to 64 letters, digits, '-', '_' and inner '.', such as 1101.picc";
const TYPES: &str = "one of asset, liability, equity, income, expense, memo";
const NO_NUL: &str = "text without NUL characters";
const ABOVE: &str = "an account of this file or of the book";
const OUTSIDE: &str = "a parent outside the account";

const CELLS: &[Case] = &[
    ("1 1,asset,CNY,A,,,,,,", ("account_malformed", 2, Some("account"), CODE_FORM, "'1 1'")),
    (",asset,CNY,A,,,,,,", ("account_malformed", 2, Some("account"), CODE_FORM, "an empty cell")),
    ("1,Asset,CNY,A,,,,,,", ("type_unknown", 2, Some("type"), TYPES, "'Asset'")),
    ("1,asset,CNY,A,,,,,d,", ("side_unknown", 2, Some("normal_side"), "D or debit, C or credit, or nothing", "'d'")),
    ("1,asset,CNY,A,,,,yes,,", ("flag_malformed", 2, Some("open_item"), "true, false or nothing", "'yes'")),
    (
        "1,asset,RMB,A,,x,,,,",
        ("currency_unknown", 2, Some("currency"), "an active ISO 4217 currency code, such as CNY", "'RMB'"),
    ),
    (
        "1,asset,CNY,A,,\"1,000\",,,,",
        ("amount_malformed", 2, Some("minimum"), "a decimal amount such as 1234.50, or nothing", "'1,000'"),
    ),
    ("1,asset,JPY,A,,,0.5,,,", ("amount_too_many_decimals", 2, Some("maximum"), "at most 0 decimals of JPY", "'0.5'")),
    (
        "1,asset,JPY,A,,9223372036854775808,,,,",
        ("amount_overflow", 2, Some("minimum"), "at most 9223372036854775807", "'9223372036854775808'"),
    ),
    ("1,asset,CNY,A,,2,1.99,,,", ("limits_crossed", 2, Some("minimum"), "at most the maximum, 1.99", "'2'")),
    ("1,asset,CNY,,,,,,,", ("text_length", 2, Some("name"), "a name of 1 to 200 bytes", "0 bytes")),
    ("1,asset,CNY,A\0,,,,,,", ("text_has_nul", 2, Some("name"), NO_NUL, "'A\0'")),
    ("1,asset,CNY,A,,,,,,\0", ("text_has_nul", 2, Some("note"), NO_NUL, "'\0'")),
    ("1,asset,CNY,A,,,,,", ("row_ragged", 2, None, "10 cells, as the header has", "9 cells")),
    ("1,asset,CNY,A,,,,,,,", ("row_ragged", 2, None, "10 cells, as the header has", "11 cells")),
    (
        "1,asset,CNY,A,,,,,,\n\n2,asset,\"C\nNY",
        (
            "quote_unclosed",
            4,
            Some("currency"),
            "a closing quote",
            "the end of the file, in the cell that begins with 'C'",
        ),
    ),
    // The row's own faults come where its cells begin.
    ("1,asset,CNY,\"A\nB\",,,,,,\0", ("text_has_nul", 3, Some("note"), NO_NUL, "'\0'")),
];

const TREES: &[Case] = &[
    (
        "1,asset,CNY,A,,,,,,\n2,asset,CNY,B,,,,,,\n1,memo,USD,C,,,,,,",
        ("account_twice", 4, Some("account"), "each account once", "1 again, first on line 2"),
    ),
    ("1,asset,CNY,A,.x,,,,,", ("parent_malformed", 2, Some("parent"), CODE_FORM, "'.x'")),
    ("1,asset,CNY,A,7,,,,,", ("parent_unknown", 2, Some("parent"), ABOVE, "'7'")),
    ("1,asset,CNY,A,1,,,,,", ("parent_cycle", 2, Some("parent"), OUTSIDE, "1 > 1")),
    (
        "0,asset,CNY,A,b,,,,,\na,asset,CNY,A,b,,,,,\nb,asset,CNY,A,c,,,,,\nc,asset,CNY,A,a,,,,,",
        ("parent_cycle", 3, Some("parent"), OUTSIDE, "a > b > c > a"),
    ),
    (
        "1,asset,CNY,A,,,,,,\n2,income,CNY,B,1,,,,,",
        ("parent_type_mismatch", 3, Some("parent"), "a parent of type income", "1 of type asset, on line 2"),
    ),
];

#[test]
fn cells_and_trees() {
    for (lines, expected) in CELLS.iter().chain(TREES) {
        assert_fault(format!("{HEADER}{lines}").as_bytes(), *expected);
    }
}

#[test]
fn files() {
    let wanted = "a header and at least one account";
    for nothing in [&b""[..], b"\xef\xbb\xbf", b"\n\r\n\n"] {
        assert_fault(nothing, ("file_empty", 1, None, wanted, "nothing"));
    }
    assert_fault(HEADER.as_bytes(), ("file_empty", 1, None, wanted, "a header only"));
    let utf16 = |bytes: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{HEADER}").encode_utf16().flat_map(bytes).collect()
    };
    for mark in ["", "\u{feff}"] {
        let little = utf16(u16::to_le_bytes, mark);
        assert_fault(&little, ("encoding_utf16", 1, None, "UTF-8", "UTF-16, little endian"));
        let big = utf16(u16::to_be_bytes, mark);
        assert_fault(&big, ("encoding_utf16", 1, None, "UTF-8", "UTF-16, big endian"));
    }
    // Two characters of GB18030 in the name on line 3.
    let gb = b"\xef\xbb\xbfaccount,type,currency,name\r\n1,asset,CNY,A\r\n2,asset,CNY,\xd2\xf8\xd0\xd0\r\n";
    let actual = "byte 0xD2, byte 13 of the line and byte 59 of the file";
    assert_fault(gb, ("encoding_not_utf8", 3, None, "UTF-8", actual));
    let cut = "account,type,\"cur\nrency,name\n1,asset,CNY,A\n";
    let actual = "the end of the file, in the cell that begins with 'cur'";
    assert_fault(cut.as_bytes(), ("quote_unclosed", 1, Some("the header"), "a closing quote", actual));
}

#[test]
fn columns() {
    let line = "\n1,asset,CNY,A,x";
    let file = |header: &str| format!("{header}{line}").into_bytes();
    let known = "account,type,currency,name";
    let unnamed = ("column_unnamed", 1, None, "a name", "none over column 5");
    assert_fault(&file(&format!("{known},")), unnamed);
    for (name, meant) in [
        ("Name", "name"),
        (" type", "type"),
        ("normal side", "normal_side"),
        ("Open-Item", "open_item"),
        ("openitem", "open_item"),
        ("minimom", "minimum"),
        ("maximom", "maximum"),
        ("parents", "parent"),
        ("min", "minimum"),
        ("MAX", "maximum"),
        ("code", "account"),
        ("side", "normal_side"),
    ] {
        let given = format!("'{name}'");
        assert_fault(&file(&format!("{known},{name}")), ("column_unknown", 1, Some(name), meant, &given));
    }
    let twice = "'note' as column 5 and as column 6";
    let two = format!("{known},note,note{line},y");
    assert_fault(two.as_bytes(), ("column_twice", 1, Some("note"), "each column once", twice));
    assert_fault(&file(&format!("{known},a\0")), ("text_has_nul", 1, Some("a\0"), NO_NUL, "'a\0'"));
    let missing = "'account,type,currency,names,region'";
    let expected = ("column_missing", 1, Some("name"), "a column name", missing);
    assert_fault(&file("account,type,currency,names,region"), expected);
}

#[test]
fn every_kind_is_told_of_some_file_by_its_own_code() {
    let known = "account,type,currency,name";
    let headers = ["", "account", ",", "min", "note,note"].map(|more| format!("{known},{more}\n1,asset,CNY,A,"));
    let headers = headers.into_iter().chain(["account,type\n1,asset".to_owned()]).map(String::into_bytes);
    let lines = CELLS.iter().chain(TREES).map(|(lines, _)| format!("{HEADER}{lines}").into_bytes());
    let others = [b"".to_vec(), b"\xff\xfea\0".to_vec(), b"\xff".to_vec()];
    let files = headers.chain(lines).chain(others);
    let kinds: BTreeSet<FaultKind> = files.flat_map(|file| faults(&file)).map(|fault| fault.kind).collect();
    assert_eq!(kinds, BTreeSet::from(FaultKind::ALL));
    let codes: BTreeSet<&str> = FaultKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), FaultKind::ALL.len());
}

#[test]
fn all_faults_are_told_in_the_order_of_the_lines() {
    let file = "account,account,type,currency,min,name,parent\n\
        1,x,assets,RMB,5,,1\n\
        2,x,asset,CNY,5,B,3\n\
        3,x,asset\n\
        3,x,asset,CNY,5,C,9\n";
    let told: Vec<(usize, &str)> = faults(file.as_bytes()).iter().map(|fault| (fault.line, fault.code())).collect();
    let expected = [
        (1, "column_twice"),
        (1, "column_unknown"),
        (2, "type_unknown"),
        (2, "currency_unknown"),
        (2, "text_length"),
        (2, "parent_cycle"),
        (4, "row_ragged"),
        (5, "account_twice"),
        (5, "parent_unknown"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_cycle_may_run_through_the_book() {
    let known: BTreeMap<AccountCode, Option<String>> = BTreeMap::from([
        (code("a"), Some("b".to_owned())),
        (code("c"), Some("d".to_owned())),
        (code("d"), Some("c".to_owned())),
        (code("e"), Some("nowhere".to_owned())),
    ]);
    let file = format!("{HEADER}x,asset,CNY,A,c,,,,,\ny,asset,CNY,A,e,,,,,\nb,asset,CNY,B,a,,,,,\n");
    let faults = read_chart(file.as_bytes(), &known).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].to_string(), "line 4, parent: expected a parent outside the account; found b > a > b");
}

#[test]
fn long_texts_are_cut_and_long_metadata_is_refused() {
    let file = format!("{HEADER}1,{},CNY,A,,,,,,\n", "\u{6b66}".repeat(90));
    assert_eq!(faults(file.as_bytes())[0].actual, format!("'{}...'", "\u{6b66}".repeat(80)));
    for (length, column) in [(7_999, None), (8_001, Some("note"))] {
        let file = format!("{HEADER}1,asset,CNY,A,,,,,,{}", "x".repeat(length));
        let faults = faults(file.as_bytes());
        assert_eq!((faults[0].code(), faults[0].column.as_deref()), ("text_length", column));
    }
}
