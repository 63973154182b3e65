//! Each way a file can be bad, and the rule, the segment and the words that name it.

use dianfu_reconcile::check::examine;
use dianfu_reconcile::parse::FILE_BYTES_MAX;
use dianfu_reconcile::violation::{Rule, Violation};

const GOOD: &str = "\
ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*^*00501*000000001*0*T*:~
GS*HP*SENDER*RECEIVER*20240101*1200*7*X*005010X221A1~
ST*835*0001~
BPR*I*90.00*C*ACH************20240102~
TRN*1*T-1*1512345678~
DTM*405*20240101~
N1*PR*PAYER~
N1*PE*PAYEE*XX*9999999995~
LX*1~
CLP*C-1*1*150*100*20*12*OWN-1~
CAS*CO*45*5~
NM1*QC*1*DOE*JANE~
SVC*N4:68382005501*150*105**30~
DTM*472*20231231~
CAS*CO*45*25~
CAS*PR*3*20~
PLB*9999999995*20241231*WO:C-0*10~
SE*16*0001~
GE*1*7~
IEA*1*000000001~
";

fn errors(text: &str) -> Vec<Violation> {
    let (_, verdict) = examine(text.as_bytes());
    assert_eq!(verdict.balanced, verdict.errors.is_empty());
    verdict.errors
}

/// The file with one text replaced by another gets this as an error, whatever else it gets.
fn check(from: &str, to: &str, rule: Rule, segment: impl Into<Option<usize>>, words: &str) {
    assert!(GOOD.contains(from), "{from}");
    let bad = GOOD.replacen(from, to, 1);
    let segment = segment.into();
    let errors = errors(&bad);
    let found = errors.iter().find(|e| e.rule == rule && e.segment == segment && e.message.contains(words));
    assert!(found.is_some(), "{from} -> {to}: no {rule:?} at {segment:?} with '{words}' in {errors:#?}");
}

#[test]
fn the_good_one_is_good() {
    let (remittances, verdict) = examine(GOOD.as_bytes());
    assert_eq!((verdict.errors, verdict.warnings), (vec![], vec![]));
    assert_eq!((remittances.len(), remittances[0].paid_minor), (1, 9_000));
}

#[test]
fn what_is_no_interchange() {
    for (bytes, words) in [
        (&b""[..], "the file is empty"),
        (b" \r\n", "the file is empty"),
        (b"hello", "does not start with an ISA segment"),
        (b"VISA*00*", "does not start with an ISA segment"),
        (b"\xef\xbb\xbfISA*", "does not start with an ISA segment"),
        (b"ISA", "ends inside the ISA segment"),
        (b"ISA*00*", "does not have 16 elements"),
        (b"%PDF-1.7\xff\xfe\x00", "not text in UTF-8"),
    ] {
        let (_, verdict) = examine(bytes);
        let first = &verdict.errors[0];
        assert_eq!(first.rule, Rule::Syntax);
        assert!(first.message.contains(words), "{first:?}");
    }
    let (_, verdict) = examine(&vec![b' '; FILE_BYTES_MAX + 1]);
    assert!(verdict.errors[0].message.contains("too large"), "{:?}", verdict.errors);
}

#[test]
fn delimiters_that_change_or_cannot_be() {
    check("*:~", "*:", Rule::R9, 11, "'5~' is not a decimal amount");
    check("*T*:~\n", "*T*:", Rule::Syntax, 1, "cannot be a delimiter");
    check("*^*00501", "*00501", Rule::Syntax, 1, "cannot be a delimiter");
    let pipes = GOOD.replacen("GS*", "GS|", 1);
    assert!(errors(&pipes).iter().any(|e| e.segment == Some(2)), "{:?}", errors(&pipes));
    let other_terminator = errors(&GOOD.replace("~\n", "'\n").replacen('\'', "~", 1));
    assert!(other_terminator.iter().any(|e| e.message.contains("no terminator")), "{other_terminator:?}");
}

#[test]
fn text_before_the_envelope_is_told_and_the_sums_are_still_named() {
    let bad = format!("Dear VISA customer,\r\n{}", GOOD.replace("*90.00*", "*90.01*"));
    let errors = errors(&bad);
    let found: Vec<_> = errors.iter().map(|error| (error.rule, error.segment)).collect();
    assert_eq!(found, [(Rule::Syntax, None), (Rule::R3, Some(4))]);
}

#[test]
fn sums_that_do_not_hold() {
    check("*105**30", "*105.01**30", Rule::R1, 13, "150.00 less its adjustments 45.00 is 105.00, not 105.01");
    check("CAS*CO*45*5~", "CAS*CO*45*6~", Rule::R2, 10, "is 99.00, not 100.00");
    check(
        "*90.00*",
        "*89.99*",
        Rule::R3,
        4,
        "the lines pay 100.00, less payee-level adjustments of 10.00 is 90.00, not 89.99",
    );
    check("WO:C-0*10", "WO:C-0*110", Rule::R3, 4, "carried forward by a PLB with code FB");
    check("*90.00*", "*-90.00*", Rule::R4, 4, "negative");
    check("BPR*I*", "BPR*H*", Rule::R5, 4, "moves no money");
    check("*1*150*100", "*22*150*100", Rule::R6, 10, "CLP04 is positive");
}

#[test]
fn amounts_that_are_too_large_together() {
    let huge = "50000000000000000";
    let lines = format!("CLP*C-2*1*{huge}*{huge}~CLP*C-3*22*-{huge}*-{huge}~CLP*C-3*1*0*0~PLB*");
    let bad = GOOD.replace("PLB*", &lines).replace("SE*16", "SE*19");
    let errors = errors(&bad);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((errors[0].rule, errors[0].segment), (Rule::R9, Some(4)));
}

#[test]
fn a_notification_without_money_is_fine() {
    let quiet = GOOD.replace("BPR*I*90.00*C*ACH", "BPR*H*0*C*NON").replace("WO:C-0*10", "FB:C-0*100");
    assert_eq!(errors(&quiet), vec![]);
}

#[test]
fn envelopes_that_do_not_close_as_they_opened() {
    check("SE*16*", "SE*15*", Rule::R8, 18, "counts the segments");
    check("SE*16*0001", "SE*16*0002", Rule::R8, 18, "number in ST02");
    check("GE*1*", "GE*2*", Rule::R8, 19, "counts the transactions");
    check("GE*1*7", "GE*1*8", Rule::R8, 19, "number in GS06");
    check("IEA*1*", "IEA*x*", Rule::R8, 20, "counts the groups");
    check("IEA*1*000000001", "IEA*1*1", Rule::R8, 20, "number in ISA13");
    check("SE*16*0001~\n", "", Rule::R8, 3, "has no SE before GE");
    check("GE*1*7~\n", "", Rule::R8, 2, "has no GE before IEA");
    check("IEA*1*000000001~\n", "", Rule::R8, 1, "has no IEA before the end of the file");
    check("ST*835*0001~\n", "", Rule::R8, 3, "BPR stands outside of a transaction");
    check("ST*835*0001~\n", "", Rule::R8, 17, "SE closes what no ST has opened");
    check("GS*HP*SENDER*RECEIVER*20240101*1200*7*X*005010X221A1~\n", "", Rule::R8, 2, "ST stands outside of a group");
    check("ST*835*", "ST*837*", Rule::Syntax, 3, "is no 835");
    check("GS*HP*", "GS*HC*", Rule::Syntax, 2, "not one of claim payments");
}

#[test]
fn a_file_without_a_transaction() {
    let (envelope, _) = GOOD.split_once("ST*").unwrap();
    let errors = errors(&format!("{envelope}GE*0*7~IEA*1*000000001~"));
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].message.contains("no 835 transaction"));
}

#[test]
fn amounts_that_are_none() {
    for (amount, words) in [
        ("1E2", "not a decimal amount"),
        ("1,00", "not a decimal amount"),
        ("+100", "not a decimal amount"),
        ("100.000", "has 3 decimals"),
        ("99999999999999999999", "larger than this ledger can hold"),
    ] {
        check("*150*100*20", &format!("*150*{amount}*20"), Rule::R9, 10, words);
        check("*90.00*", &format!("*{amount}*"), Rule::R9, 4, words);
        check("WO:C-0*10", &format!("WO:C-0*{amount}"), Rule::R9, 17, words);
        check("CO*45*25", &format!("CO*45*{amount}"), Rule::R9, 15, words);
    }
    check("*90.00*", "**", Rule::Syntax, 4, "the amount paid is missing");
    check("*150*105*", "*150**", Rule::Syntax, 13, "the payment is missing");
    check("TRN*1*T-1*1512345678~", "TRN*1*T-1~CUR*PR*JPY~", Rule::R9, 4, "has 2 decimals");
    check("TRN*1*T-1*1512345678~", "TRN*1*T-1~CUR*PR*RMB~", Rule::Syntax, 6, "no active currency");
}

#[test]
fn segments_that_are_missing_unknown_or_in_the_wrong_place() {
    check("BPR*I*90.00*C*ACH************20240102~\n", "", Rule::Syntax, 17, "BPR, the payment, is missing");
    check("TRN*1*T-1*1512345678~\n", "", Rule::Syntax, 17, "TRN, the trace, is missing");
    check("TRN*1*T-1*", "TRN*1**", Rule::Syntax, 5, "the trace number is missing");
    check("N1*PR*PAYER~\n", "", Rule::Syntax, 17, "N1 PR, the payer, is missing");
    check("N1*PE*", "N1*XX*", Rule::Syntax, 8, "neither the payer nor the payee");
    check("N1*PE*", "N1*PR*", Rule::Syntax, 8, "names this party twice");
    check("LX*1~", "LX*1~CAS*CO*45*5~", Rule::Syntax, 10, "CAS stands in the lines' loop");
    check("LX*1~", "LX*1~SVC*HC:1*5*5~", Rule::Syntax, 10, "SVC stands in the lines' loop");
    check("SE*16", "CLP*C-2*1*0*0~SE*17", Rule::Syntax, 18, "CLP stands in the summary");
    check("LX*1~", "LX*1~ZZZ*1~", Rule::Syntax, 10, "'ZZZ' is no segment of an 835");
    check("LX*1~", "LX*1~~", Rule::Syntax, 10, "'' is no segment of an 835");
    check("DTM*405", "BPR*I*1*C*ACH~DTM*405", Rule::Syntax, 6, "a second BPR");
    check("DTM*405*20240101~", "DTM*405*20240101", Rule::Syntax, 6, "control character");
    check("CLP*C-1*", "CLP**", Rule::Syntax, 10, "the claim number is missing");
    check("CAS*PR*3*20", "CAS*XX*3*20", Rule::Syntax, 16, "no group of adjustments");
    check("CAS*PR*3*20", "CAS*PR*3", Rule::Syntax, 16, "the adjustment is missing");
    check("CAS*PR*3*20", "CAS*PR**20", Rule::Syntax, 16, "the reason is missing");
    check("CAS*PR*3*20", "CAS*PR", Rule::Syntax, 16, "CAS has no adjustment");
    check("CAS*PR*3*20", &format!("CAS*PR*3*20{}*4*5", "*".repeat(16)), Rule::Syntax, 16, "more elements");
    check("WO:C-0*10", ":C-0*10", Rule::Syntax, 17, "no code");
    check("BPR*I*90.00*C", "BPR*I*90.00*D", Rule::Syntax, 4, "a credit");
    check("BPR*I*", "BPR*Q*", Rule::Syntax, 4, "no way to handle a payment");
}

#[test]
fn numbers_that_are_too_long() {
    let long = "X".repeat(51);
    check("T-1", &long, Rule::Syntax, 5, "longer than it may be");
    check("CLP*C-1", &format!("CLP*{long}"), Rule::Syntax, 10, "longer than it may be");
    check("OWN-1", &long, Rule::Syntax, 10, "longer than it may be");
    check("WO:C-0", &format!("WO:{long}"), Rule::Syntax, 17, "longer than it may be");
}

#[test]
fn the_same_trace_twice_in_one_file() {
    let (before, rest) = GOOD.split_once("ST*").unwrap();
    let (transaction, after) = rest.split_once("GE*").unwrap();
    let again = transaction.replace("0001", "0002");
    let twice = format!("{before}ST*{transaction}ST*{again}GE*{}", after.replacen('1', "2", 1));
    let errors = errors(&twice);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((errors[0].rule, errors[0].segment), (Rule::R5, Some(21)));
    assert_eq!(errors[0].message, "trace T-1 was used by segment 5 of this file");
    assert!(self::errors(&twice.replacen("T-1", "T-2", 1)).is_empty());
}

#[test]
fn what_is_odd_is_a_warning_and_no_more() {
    for (from, to, rule, segment, words) in [
        ("*20240102~", "*20241302~", Rule::Syntax, 4, "the payment date is no date"),
        ("*20240102~", "~", Rule::Syntax, 4, "the payment date is no date"),
        ("DTM*405*20240101", "DTM*405*2024", Rule::Syntax, 6, "the production date is no date"),
        ("*100*20*", "*100*19*", Rule::R7, 10, "group PR"),
        ("SENDER  ", "SENDER ", Rule::Syntax, 1, "fixed width"),
        ("SVC*N4:68382005501", "SVC*N4", Rule::Syntax, 13, "qualifier and no code"),
    ] {
        let (_, verdict) = examine(GOOD.replacen(from, to, 1).as_bytes());
        assert_eq!(verdict.errors, vec![]);
        let [warning] = verdict.warnings.as_slice() else { panic!("one warning: {:?}", verdict.warnings) };
        assert_eq!((warning.rule, warning.segment), (rule, Some(segment)), "{warning:?}");
        assert!(warning.message.contains(words), "{warning:?}");
    }
}

#[test]
fn a_reversal_without_its_correction_is_a_warning() {
    let reversal = "CLP*C-9*22*-30*-30~";
    let alone = GOOD.replace("PLB*", &format!("{reversal}PLB*")).replace("*90.00*", "*60*").replace("SE*16", "SE*17");
    let (_, verdict) = examine(alone.as_bytes());
    assert_eq!((verdict.errors, verdict.warnings.len(), verdict.warnings[0].rule), (vec![], 1, Rule::R6));
    let corrected = alone.replace(reversal, &format!("{reversal}CLP*C-9*1*30*30~"));
    let corrected = corrected.replace("*60*", "*90*").replace("SE*17", "SE*18");
    let (_, verdict) = examine(corrected.as_bytes());
    assert_eq!((verdict.errors, verdict.warnings), (vec![], vec![]));
}

#[test]
fn the_verdict_is_json_as_the_shell_and_the_api_show_it() {
    let (_, verdict) = examine(GOOD.replace("*90.00*", "*90.01*").as_bytes());
    let json = serde_json::to_value(verdict).unwrap();
    let expected = serde_json::json!({
        "balanced": false,
        "errors": [{
            "rule": "R3",
            "segment": 4,
            "place": "ST 1, BPR02",
            "message": "the lines pay 100.00, less payee-level adjustments of 10.00 is 90.00, not 90.01",
            "expected": "90.00",
            "actual": "90.01",
        }],
        "warnings": [],
        "omitted": 0,
        "remittances": [{
            "transaction": 1,
            "segment": 4,
            "payer": {"name": "PAYER", "id": ""},
            "payee": {"name": "PAYEE", "id": "9999999995"},
            "trace": "T-1",
            "value_date": "2024-01-02",
            "method": "ACH",
            "currency": "USD",
            "paid": "90.01",
            "computed": "90.00",
            "lines_billed": "150.00",
            "lines_paid": "100.00",
            "adjustments": "10.00",
            "lines": 1,
            "services": 1,
        }],
    });
    assert_eq!(json, expected);
}
