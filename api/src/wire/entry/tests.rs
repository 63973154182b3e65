//! What an entry may look like on the wire, and what is said of one that may not.

use super::*;

const ID: &str = "0199aa00-0000-7000-8000-000000000001";

fn entry_with(postings: &str) -> Vec<u8> {
    format!(r#"{{"id":"{ID}","postings":{postings}}}"#).into_bytes()
}

fn poster(actor: &str) -> Poster {
    Poster { actor: actor.to_owned(), may_adjust: false }
}

#[test]
fn only_an_adjuster_adjusts_closed_days() {
    let text = format!(r#"{{"id":"{ID}","adjusting":true,"postings":[]}}"#);
    assert_eq!(refusal(text.as_bytes()).code, "adjusting_not_permitted");
    let adjuster = Poster { may_adjust: true, ..poster("person:lin") };
    assert!(read(text.as_bytes(), &adjuster).unwrap().entry.adjusting);
}

fn refusal(text: &[u8]) -> Violation {
    read(text, &Poster::default()).unwrap_err().misread.into_violation()
}

#[test]
fn reads_every_field_as_it_was_sent() {
    let text = format!(
        r#"{{"id":"{ID}","kind":"hold","effective_date":"2026-05-01","reference":"CLM-1","description":"hold it",
            "metadata":{{"b": 1.10, "a":"\u0041"}},"linked":true,
            "postings":[{{"account":"1101.picc","debit":"15200.5","currency":"CNY","item":"CLM-1"}},
                        {{"account":"9002","credit":"15200.50","currency":"CNY"}}]}}"#
    );
    let entry = read(text.as_bytes(), &poster("person:lin")).unwrap().entry;
    assert_eq!(entry.id.to_string(), ID);
    assert_eq!((entry.kind, entry.linked), (EntryKind::Hold, true));
    assert_eq!(entry.effective_date, Some(jiff::civil::date(2026, 5, 1)));
    assert_eq!((entry.reference.as_str(), entry.description.as_str()), ("CLM-1", "hold it"));
    assert_eq!(entry.metadata.as_deref(), Some(r#"{"b": 1.10, "a":"\u0041"}"#));
    assert_eq!(entry.actor, "person:lin");
    let minor: Vec<i64> = entry.postings.iter().map(|posting| posting.amount.minor).collect();
    assert_eq!(minor, [1_520_050, -1_520_050]);
    assert_eq!(entry.postings[0].item.as_deref(), Some("CLM-1"));
    assert_eq!(entry.postings[1].item, None);
}

#[test]
fn leaves_out_what_may_be_left_out() {
    let entry = read(&entry_with("[]"), &Poster::default()).unwrap().entry;
    assert_eq!((entry.kind, entry.effective_date, entry.linked), (EntryKind::Post, None, false));
    assert_eq!((entry.reference.as_str(), entry.metadata, entry.relates_to), ("", None, None));
}

#[test]
fn refuses_each_mistake_at_its_place() {
    let posting = |fields: &str| entry_with(&format!(r#"[{{"account":"1","currency":"CNY",{fields}}}]"#));
    let field = |fields: &str| format!(r#"{{"id":"{ID}","postings":[],{fields}}}"#).into_bytes();
    for (text, code, pointer) in [
        (posting(r#""debit":15200.00"#), "amount_not_text", "/postings/0/debit"),
        (posting(r#""credit":1"#), "amount_not_text", "/postings/0/credit"),
        (posting(r#""debit":{"a":1}"#), "amount_not_text", "/postings/0/debit"),
        (posting(r#""debit":"""#), "amount_malformed", "/postings/0/debit"),
        (posting(r#""debit":"1e3""#), "amount_malformed", "/postings/0/debit"),
        (posting(r#""debit":"1.234""#), "amount_too_many_decimals", "/postings/0/debit"),
        (posting(r#""debit":"92233720368547758.08""#), "amount_overflow", "/postings/0/debit"),
        (posting(r#""debit":"0.00""#), "amount_zero", "/postings/0/debit"),
        (posting(r#""credit":"-1""#), "amount_negative", "/postings/0/credit"),
        (posting(r#""debit":"1","credit":"1""#), "debit_or_credit", "/postings/0"),
        (posting(r#""debit":null"#), "debit_or_credit", "/postings/0"),
        (posting(r#""debit":"1","amount":"1""#), "field_invalid", "/postings/0/amount"),
        (posting(r#""debit":"1","debit":"1""#), "field_invalid", "/postings/0"),
        (entry_with(r#"[{"account":".x","currency":"CNY","debit":"1"}]"#), "account_malformed", "/postings/0/account"),
        (entry_with(r#"[{"account":"1","currency":"cny","debit":"1"}]"#), "currency_unknown", "/postings/0/currency"),
        (entry_with(r#"[{"account":"1","debit":"1"}]"#), "field_invalid", "/postings/0"),
        (field(r#""kind":"reverse""#), "field_invalid", "/kind"),
        (field(r#""effective_date":"2026-02-30""#), "field_invalid", "/effective_date"),
        (field(r#""metadata":[1]"#), "metadata_not_object", "/metadata"),
        (field(r#""metadata":{"a":1e999}"#), "metadata_malformed", "/metadata"),
        (field(r#""metadata":{"a":"\ud800"}"#), "metadata_malformed", "/metadata"),
        (field(r#""linked":"yes""#), "field_invalid", "/linked"),
        (field(r#""colour":"red""#), "field_invalid", "/colour"),
        (br#"{"postings":[]}"#.to_vec(), "field_invalid", ""),
        (format!(r#"["{ID}"]"#).into_bytes(), "field_invalid", ""),
        (entry_with(r#"[["1","1",null,"CNY",null]]"#), "field_invalid", "/postings/0"),
        (br#"{"id":"1","postings":[]}"#.to_vec(), "field_invalid", "/id"),
        (entry_with("[")[..40].to_vec(), "json_malformed", "/id"),
        (posting(r#""debit":"1""#)[..99].to_vec(), "json_malformed", "/postings/0/debit"),
    ] {
        let violation = refusal(&text);
        let text = String::from_utf8_lossy(&text);
        assert_eq!((violation.code, violation.pointer.as_deref()), (code, Some(pointer)), "{text}");
    }
}

#[test]
fn keeps_what_can_be_read_of_an_unread_entry() {
    let half =
        read(format!(r#"{{"id":"{ID}","linked":true,"postings":1}}"#).as_bytes(), &Poster::default()).unwrap_err();
    assert_eq!((half.id, half.linked), (Some(ID.parse().unwrap()), Some(true)));
    let unbounded = r#""metadata":{"a":1e999},"linked":true,"postings":"#;
    for postings in ["[]", "1"] {
        let unread =
            read(format!(r#"{{"id":"{ID}",{unbounded}{postings}}}"#).as_bytes(), &Poster::default()).unwrap_err();
        assert_eq!((unread.id, unread.linked), (Some(ID.parse().unwrap()), Some(true)), "{postings}");
    }
    let none = read(b"{\"id\":", &Poster::default()).unwrap_err();
    assert_eq!((none.id, none.linked), (None, None));
}

#[test]
fn says_what_was_expected_and_found() {
    let text = entry_with(r#"[{"account":"1","currency":"CNY","debit":15200.10}]"#);
    let violation = refusal(&text);
    assert_eq!(violation.expected.as_deref(), Some("a decimal string"));
    assert_eq!(violation.actual.as_deref(), Some("15200.10"));
}
