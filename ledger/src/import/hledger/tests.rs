//! Journals that are read, and lines that are not.

use jiff::civil::date;

use super::*;
use crate::entry::NewEntry;
use crate::import::Until;

fn read(text: &str) -> Vec<Result<Record, (u64, &'static str)>> {
    let commodities = CommodityMap::parse("$=USD").unwrap();
    let records = Reader::new(text.as_bytes(), &commodities).map(|record| record.unwrap());
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
2026/5/1=2026-05-03 ! (INV-7) City Clinic | advance  ; batch:B1, urgent
    ; see mail
    assets:bank      -$1,250.50
    * receivable:picc  ; item:CLM-1, due:2026-06-01
    assets:bank  0
";
    let entries = entries(text);
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(legs(entry), ["assets.bank -1250.50 USD", "receivable.picc 1250.50 USD CLM-1"]);
    assert_eq!(entry.effective_date, Some(date(2026, 5, 1)));
    assert_eq!(entry.postings[1].due_date, Some(date(2026, 6, 1)));
    assert_eq!((entry.reference.as_str(), entry.description.as_str()), ("INV-7", "City Clinic | advance"));
    let metadata: serde_json::Value = serde_json::from_str(entry.metadata.as_deref().unwrap()).unwrap();
    let expected = serde_json::json!({"batch": "B1", "hledger": {
        "status": "pending", "date2": "2026-05-03", "payee": "City Clinic", "note": "advance",
        "comment": "batch:B1, urgent\nsee mail", "postings": {"2": {"status": "cleared"}}}});
    assert_eq!(metadata, expected);
}

#[test]
fn what_lacks_is_taken_in_each_currency() {
    let text = "2026-01-01\n  a  5 CNY\n  b  -3 USD\n  c\n";
    assert_eq!(legs(&entries(text)[0]), ["a 5.00 CNY", "b -3.00 USD", "c -5.00 CNY", "c 3.00 USD"]);
}

#[test]
fn accounts_say_what_they_are() {
    let text = "\
account 资产:银行  ; code:1002, name:银行, type:A, currency:CNY, open-item:true, branch:7
account contra  ; stands-for:memo, side:credit
account expenses:food

2026-01-01 x
    资产:银行  1 CNY
    expenses:food:out  1 CNY
    other  -2 CNY
";
    let accounts: Vec<AccountLine> = read(text)
        .into_iter()
        .filter_map(|record| match record.unwrap() {
            Record::Account(account) => Some(*account),
            _ => None,
        })
        .collect();
    let codes: Vec<&str> = accounts.iter().map(|account| account.code.as_str()).collect();
    assert_eq!(codes, ["1002", "contra", "expenses.food", "expenses.food.out"]);
    assert_eq!(accounts[0].name.as_deref(), Some("银行"));
    assert!(accounts[0].open_item && accounts[0].currency.is_some());
    assert_eq!(accounts[0].note.metadata.as_deref(), Some("{\"branch\":\"7\"}"));
    assert_eq!(accounts[1].account_type, Some(AccountType::Memo));
    assert_eq!((accounts[2].account_type, accounts[2].guess), (None, Some(AccountType::Expense)));
    assert_eq!(accounts[3].guess, Some(AccountType::Expense));
}

#[test]
fn assertions_count_to_their_place() {
    let text = "2026-01-02\n  a  5 CNY = 15 CNY\n  a  1 CNY == 16 CNY\n  b\n";
    let assertions: Vec<_> = read(text)
        .into_iter()
        .filter_map(|record| match record.unwrap() {
            Record::Assertion(assertion) => Some((assertion.minor, assertion.until)),
            _ => None,
        })
        .collect();
    let day = date(2026, 1, 2);
    assert_eq!(assertions, [(1_500, Until::Within(day, 100)), (1_600, Until::Within(day, 0))]);
}

#[test]
fn texts_written_as_in_urls_come_back() {
    let id = "0199aa00-0000-7000-8000-000000000001";
    let text = format!(
        "{ENCODED}\n2026-01-01 * (9) a%3Bb %28c%29  ; id:{id}, reference:R%2C1\n  1101:picc  1 CNY  ; item:%20x\n  b\n"
    );
    let entries = entries(&text);
    assert_eq!((entries[0].id.to_string().as_str(), entries[0].metadata.as_deref()), (id, None));
    assert_eq!((entries[0].description.as_str(), entries[0].reference.as_str()), ("a;b (c)", "R,1"));
    assert_eq!(entries[0].postings[0].item.as_deref(), Some(" x"));
    let raw = text.replacen(ENCODED, "", 1);
    assert_eq!(self::entries(&raw)[0].description, "a%3Bb %28c%29");
}

#[test]
fn what_is_not_taken_over_is_named_with_its_line() {
    let of = |posting: &str| format!("2026-01-01 x\n  a  {posting}\n  b\n");
    for (text, expected) in [
        (of("5 USD @ 7 CNY"), (2, "price_unsupported")),
        (of("5 USD {7 CNY}"), (2, "price_unsupported")),
        (of("= 5 USD"), (2, "balance_assignment")),
        (of("5 USD =* 5 USD"), (2, "assertion_unsupported")),
        (of("5 USD  ; [2026-01-02]"), (2, "posting_dated")),
        (of("1,000 USD"), (2, "amount_malformed")),
        (of("5"), (2, "commodity_missing")),
        (of("5 XXX"), (2, "commodity_unknown")),
        (of("5.001 USD"), (2, "amount_too_many_decimals")),
        (of("5 USD  ; item:x, due:tomorrow"), (2, "date_malformed")),
        ("2026-01-01\n  (a)  5 USD\n".into(), (2, "virtual_posting")),
        ("2026-01-01\n  a b:c d  5 USD\n  b\n".into(), (2, "account_malformed")),
        ("2026-01-01\n  a\n  b\n".into(), (3, "amounts_missing")),
        ("2026-13-01\n  a  5 USD\n  b\n".into(), (1, "date_malformed")),
        ("5/1 x\n  a  5 USD\n  b\n".into(), (1, "date_malformed")),
        ("2026-01-01 ; id:7\n  a  5 USD\n  b\n".into(), (1, "id_malformed")),
        ("include other.journal\n".into(), (1, "directive_unsupported")),
        ("P 2026-01-01 USD 7 CNY\n".into(), (1, "directive_unsupported")),
        ("~ monthly\n  a  5 USD\n  b\n".into(), (1, "directive_unsupported")),
        ("; note\n  a  5 USD\n".into(), (2, "line_indented")),
        ("comment\nanything\n\n  at all\n".into(), (4, "comment_unclosed")),
        ("account a  ; type:Z\n".into(), (1, "type_unknown")),
    ] {
        let faults: Vec<_> = read(&text).into_iter().filter_map(Result::err).collect();
        assert_eq!(faults, [expected], "{text}");
    }
    let text = "# a\n* b\n; c\ncomment\n x\nend comment\npayee City\ntag t\ndecimal-mark ,\ncommodity 1.000,00 CNY\n";
    assert_eq!(read(text), []);
}
