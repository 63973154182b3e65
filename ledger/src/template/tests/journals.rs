//! The journals of claims and settlement, as data: each is a sound template, and gives the worked figures.

use serde_json::value::RawValue;

use super::filling::{inputs, lines};
use super::*;
use crate::money::Currency;

const JOURNALS: &str = include_str!("../../../settlement/templates/journals.json");

fn journals() -> Vec<Template> {
    let texts: Vec<&RawValue> = serde_json::from_str(JOURNALS).unwrap();
    texts.iter().map(|text| Template::parse(text.get()).unwrap_or_else(|faults| panic!("{faults:?}\n{text}"))).collect()
}

const PARTIES: [(&str, &str); 14] = [
    ("insurer", "picc"),
    ("pharmacy", "red-cross"),
    ("patient", "p-17"),
    ("bank", "settlement"),
    ("own_bank", "own"),
    ("channel", "wechat"),
    ("claim", "C-1"),
    ("returned_claim", "C-0"),
    ("payout", "P-2"),
    ("returned_payout", "P-1"),
    ("receipt", "TRN-9"),
    ("reference", "R-3"),
    ("day", "2026-03-02"),
    ("due_on", "2026-04-01"),
];

/// What a journal posts for these amounts and lists; amounts and lists that are not given are nothing.
fn check(name: &str, amounts: &[(&str, &str)], expected: &[&str]) {
    let template = journals().into_iter().find(|template| template.definition().name == name).unwrap();
    let given = |input: &NamedInput| {
        let named = |(name, _): &&(&str, &str)| *name == input.name;
        let text = amounts.iter().find(named).or_else(|| PARTIES.iter().find(named)).map(|(_, text)| *text);
        match (input.kind, text) {
            (InputKind::List, text) => serde_json::from_str(text.unwrap_or("[]")).unwrap(),
            (InputKind::Amount, None) => Given::Text("0".to_owned()),
            (_, text) => Given::Text(text.unwrap_or_else(|| panic!("{name}: {}", input.name)).to_owned()),
        }
    };
    let inputs = template.definition().inputs.iter().map(|input| (input.name.clone(), given(input))).collect();
    let inputs = template.read(Currency::CNY, &inputs).unwrap();
    assert_eq!(lines(&template.fill(Currency::CNY, &inputs).unwrap()), expected, "{name}");
}

#[test]
fn every_journal_is_there_once() {
    let journals = journals();
    let names: Vec<&str> = journals.iter().map(|template| template.definition().name.as_str()).collect();
    let table = "J1 J1r J2 J2-owed J2b J3 J3b J3c J4 J5a J5 J6 J7 J7-excess J7-refund J7-reimbursement J7-reissued \
        J8 J8b J9 J9b J9b-back J10 J10a J10b J10b-unpaid J10c J10d J10e J11 J12 J13 J13-released J13-write-off-patient \
        J13-write-off-insurer J13-recovered J14a J14b J15 J15b J16 J17 J18 J18-corrected J18b J19a J19b J19c \
        J19d J19d-paid-out J19e J20-held J20 J20-channel J22 J22-overcharged J23 J23-cut J23-cash J23-applied \
        J23-paid J24 J24-hold J24-release J24-drawn J24-cut J24-more J24-decided-again J25 J25-gained";
    assert_eq!(names, table.split_whitespace().collect::<Vec<_>>());
    for template in journals {
        assert_eq!(Template::parse(&template.canonical()), Ok(template));
    }
}

#[test]
fn dispensed() {
    let worked = [("gross", "20000.00"), ("share", "4800.00")];
    check("J1", &[("advance", "15200.00")], &["Dr 1101.picc [C-1] 15200.00", "Cr 9002.picc 15200.00"]);
    check("J1r", &[("advance", "15200.00")], &["Dr 9002.picc 15200.00", "Cr 1101.picc [C-1] 15200.00"]);
    check("J2", &worked[1..], &["Dr 1005.wechat [2026-03-02] 4800.00", "Cr 2203.p-17 [C-1] 4800.00"]);
    let settled = ["Dr 1002.settlement 4795.20", "Dr 5101 4.80", "Cr 1005.wechat [2026-03-02] 4800.00"];
    check("J2b", &[("collected", "4800.00"), ("charge", "4.80")], &settled);
    let owed = "Cr 2101.red-cross [C-1] 20000.00 due 2026-04-01";
    check("J3", &worked, &["Dr 1101.picc [C-1] 15200.00", "Dr 2203.p-17 [C-1] 4800.00", owed]);
    check("J3c", &worked, &["Dr 1101.picc [C-1] 15200.00", "Dr 1201.p-17 [C-1] 4800.00", owed]);
    let no_share = [("gross", "20000.00"), ("share", "0.00")];
    check("J3", &no_share, &["Dr 1101.picc [C-1] 20000.00", owed]);
    check(
        "J4",
        &[("fee", "200.00"), ("vat", "11.32")],
        &["Dr 2101.red-cross [C-1] 200.00", "Cr 4102 188.68", "Cr 2401 11.32"],
    );
}

#[test]
fn paid_out() {
    check("J5a", &[("advances", "15200.00")], &["Dr 1002.settlement 15200.00", "Cr 1001.own 15200.00"]);
    let orders = (
        "orders",
        r#"[{"pharmacy":"a","claim":"C-1","amount":"19000.00"},{"pharmacy":"a","claim":"C-2","amount":"800.00"}]"#,
    );
    let paid = ["Dr 2101.a [C-1] 19000.00", "Dr 2101.a [C-2] 800.00", "Cr 1010.settlement [P-2] 19800.00"];
    check("J5", &[orders, ("withheld", "0.00")], &paid);
    let back =
        ["Dr 1010.settlement [P-2] 19799.95", "Dr 2402 0.05", "Cr 2101.a [C-1] 19000.00", "Cr 2101.a [C-2] 800.00"];
    check("J7", &[orders, ("withheld", "0.05")], &back);
    let refunds = ("refunds", r#"[{"patient":"p-17","claim":"C-1","share":"4800.00"}]"#);
    let paid = ["Dr 2202.p-17 [C-1] 4800.00", "Cr 1010.settlement [P-2] 4800.00"];
    check("J20", &[refunds, ("withheld", "0.00")], &paid);
    check("J7-reissued", &[("returned", "1.00")], &["Dr 1010.settlement [P-2] 1.00", "Cr 2110 [P-1] 1.00"]);
    let debited = ["Dr 1010.settlement [P-2] 19800.00", "Dr 5101 5.00", "Cr 1002.settlement 19805.00"];
    check("J6", &[("net", "19800.00"), ("charge", "5.00")], &debited);
    check("J8b", &[("returned", "1.00")], &["Dr 2110 [P-1] 1.00", "Cr 1010.settlement [P-2] 1.00"]);
}

#[test]
fn decided_and_recovered() {
    let part = [("advance", "15200.00"), ("approved", "14000.00")];
    let [due, open] = ["Dr 1102.picc [C-1] 14000.00 due 2026-04-01", "Cr 1101.picc [C-1] 15200.00"];
    check("J10", &part, &[due, "Dr 1109.picc [C-1] 1200.00", open]);
    let more = [("advance", "15200.00"), ("approved", "16000.00")];
    check("J10e", &more, &["Dr 1102.picc [C-1] 16000.00 due 2026-04-01", open, "Cr 2202.p-17 [C-1] 800.00"]);
    let advice = [
        ("lines", r#"[{"claim":"C-1","paid":"14000.00"}]"#),
        ("takebacks", r#"[{"reference":"R-3","takeback":"50.00"}]"#),
    ];
    let applied = ["Dr 2190.picc [TRN-9] 13950.00", "Dr 2301.picc [R-3] 50.00", "Cr 1102.picc [C-1] 14000.00"];
    check("J14b", &advice, &applied);
    let taken = [("takebacks", advice[1].1), ("given_back", "50.00")];
    check("J14b", &taken, &["Cr 2190.picc [TRN-9] 50.00", "Dr 2301.picc [R-3] 50.00"]);
    let reversed = [("reversals", r#"[{"claim":"C-1","paid":"5.00"}]"#)];
    check("J18", &reversed, &["Dr 1102.picc [C-1] 5.00", "Cr 2301.picc [C-1] 5.00"]);
}

#[test]
fn decided_again() {
    let all = [
        ("shortfall", "1.00"),
        ("clawback", "2.00"),
        ("refund", "3.00"),
        ("chargeback", "4.00"),
        ("order", "5.00"),
        ("loss", "6.00"),
        ("written_off", "7.00"),
    ];
    let relieved = [
        "Cr 1109.picc [C-1] 1.00",
        "Cr 1202.p-17 [C-1] 2.00",
        "Cr 2202.p-17 [C-1] 3.00",
        "Cr 1301.red-cross [C-1] 4.00",
        "Cr 2101.red-cross [C-1] 5.00",
        "Cr 5201 6.00",
        "Cr 4905 7.00",
    ];
    check("J10d", &all, &[&["Dr 1102.picc [C-1] 28.00 due 2026-04-01"], &relieved[..]].concat());
    check("J24-decided-again", &all, &[&["Dr 2302.picc 28.00"], &relieved[..]].concat());
    let less = [("paid", "15200.00"), ("decided", "14000.00")];
    check("J18b", &less, &["Dr 1109.picc [C-1] 1200.00", "Cr 1102.picc [C-1] 1200.00"]);
    let cut = [("shortfall", "1200.00")];
    check("J24-cut", &cut, &["Dr 1109.picc [C-1] 1200.00", "Cr 2302.picc 1200.00"]);
    check("J24-more", &[("excess", "800.00")], &["Dr 2302.picc 800.00", "Cr 2202.p-17 [C-1] 800.00"]);
    check(
        "J23",
        &[("approved", "14000.00")],
        &["Dr 1103.picc [C-1] 14000.00 due 2026-04-01", "Cr 2201.p-17 [C-1] 14000.00"],
    );
    check("J23-cut", &cut, &["Dr 2201.p-17 [C-1] 1200.00", "Cr 1103.picc [C-1] 1200.00"]);
    let fee = [("service_fee", "152.00"), ("service_vat", "8.60")];
    check("J9b", &fee, &["Dr 1102.picc [C-1] 152.00 due 2026-04-01", "Cr 4101 143.40", "Cr 2401 8.60"]);
    check(
        "J9b-back",
        &[("fee_due", "100.00"), ("fee_owed", "52.00"), ("service_vat", "8.60")],
        &["Dr 4101 143.40", "Dr 2401 8.60", "Cr 1102.picc [C-1] 100.00", "Cr 2301.picc [C-1] 52.00"],
    );
}

#[test]
fn shortfalls_and_losses() {
    let short = [("shortfall", "1200.00")];
    check("J10b-unpaid", &short, &["Dr 2101.red-cross [C-1] 1200.00", "Cr 1109.picc [C-1] 1200.00"]);
    check("J12", &[("amount", "500.00")], &["Dr 1002.settlement 500.00", "Cr 1202.p-17 [C-1] 500.00"]);
    check("J13", &[("provision", "700.00")], &["Dr 5202 700.00", "Cr 1390 700.00"]);
    check("J13-released", &[("provision", "700.00")], &["Dr 1390 700.00", "Cr 5202 700.00"]);
    let off = [("amount", "700.00")];
    check("J13-write-off-patient", &off, &["Dr 1390 700.00", "Cr 1202.p-17 [C-1] 700.00"]);
    check("J13-write-off-insurer", &off, &["Dr 1390 700.00", "Cr 1109.picc [C-1] 700.00"]);
    check("J13-recovered", &off, &["Dr 1002.settlement 700.00", "Cr 4905 700.00"]);
}

#[test]
fn returned() {
    let unpaid = [("advanced", "15200.00"), ("refund", "4800.00"), ("unpaid", "20000.00")];
    check(
        "J19a",
        &unpaid,
        &["Dr 2101.red-cross [C-1] 20000.00", "Cr 1101.picc [C-1] 15200.00", "Cr 2202.p-17 [C-1] 4800.00"],
    );
    check(
        "J19b",
        &[("due", "15200.00"), ("refund", "4800.00")],
        &["Dr 1301.red-cross [C-1] 20000.00", "Cr 1102.picc [C-1] 15200.00", "Cr 2202.p-17 [C-1] 4800.00"],
    );
    check(
        "J19c",
        &[("recovered", "15200.00"), ("share_owed", "4800.00")],
        &["Dr 1301.red-cross [C-1] 20000.00", "Cr 2301.picc [C-1] 15200.00", "Cr 1201.p-17 [C-1] 4800.00"],
    );
    let borne = [
        ("prefund", "14000.00"),
        ("shortfall", "100.00"),
        ("clawback", "200.00"),
        ("loss", "300.00"),
        ("written_off", "600.00"),
        ("refund", "4800.00"),
        ("unpaid", "5000.00"),
    ];
    check(
        "J19a",
        &borne,
        &[
            "Dr 2101.red-cross [C-1] 5000.00",
            "Dr 1301.red-cross [C-1] 15000.00",
            "Cr 2302.picc 14000.00",
            "Cr 1109.picc [C-1] 100.00",
            "Cr 1202.p-17 [C-1] 200.00",
            "Cr 5201 300.00",
            "Cr 4905 600.00",
            "Cr 2202.p-17 [C-1] 4800.00",
        ],
    );
    let fee = [("fee", "200.00"), ("vat", "11.32")];
    check("J19d", &fee, &["Dr 4102 188.68", "Dr 2401 11.32", "Cr 2101.red-cross [C-1] 200.00"]);
    check("J19d-paid-out", &fee, &["Dr 4102 188.68", "Dr 2401 11.32", "Cr 1301.red-cross [C-1] 200.00"]);
    check("J20-held", &[("share", "4800.00")], &["Dr 2203.p-17 [C-1] 4800.00", "Cr 2202.p-17 [C-1] 4800.00"]);
}

#[test]
fn run_again_and_on_a_prefund() {
    let parts = [("advanced", "1000.00"), ("prefund", "0.00")];
    check("J22", &parts, &["Dr 1201.p-17 [C-1] 1000.00", "Cr 1101.picc [C-1] 1000.00"]);
    check("J22-overcharged", &parts, &["Dr 1101.picc [C-1] 1000.00", "Cr 2202.p-17 [C-1] 1000.00"]);
    let parts = [("advanced", "0.00"), ("prefund", "1000.00")];
    check("J22", &parts, &["Dr 1201.p-17 [C-1] 1000.00", "Cr 2302.picc 1000.00"]);
    check("J22-overcharged", &parts, &["Dr 2302.picc 1000.00", "Cr 2202.p-17 [C-1] 1000.00"]);
    let advance = [("advance", "15200.00")];
    check("J24-hold", &advance, &["Dr 2302.picc 15200.00", "Cr 9002.picc 15200.00"]);
    check("J24-release", &advance, &["Dr 9002.picc 15200.00", "Cr 2302.picc 15200.00"]);
    check(
        "J24-drawn",
        &[("advance", "15200.00"), ("share_held", "4800.00")],
        &["Dr 2302.picc 15200.00", "Dr 2203.p-17 [C-1] 4800.00", "Cr 2101.red-cross [C-1] 20000.00 due 2026-04-01"],
    );
    check("J24", &[("deposit", "50000.00")], &["Dr 1002.settlement 50000.00", "Cr 2302.picc 50000.00"]);
    check("J2-owed", &[("amount", "1800.00")], &["Dr 1005.wechat [2026-03-02] 1800.00", "Cr 1201.p-17 [C-1] 1800.00"]);
}

#[test]
fn a_journal_for_another_case_is_refused() {
    let template = journals().into_iter().find(|template| template.definition().name == "J10").unwrap();
    let parties = PARTIES.iter().filter(|(name, _)| ["insurer", "claim", "due_on"].contains(name)).copied();
    let given: Vec<_> = parties.chain([("advance", "15200.00"), ("approved", "16000.00")]).collect();
    let faults = template.fill(Currency::CNY, &inputs(&template, &given)).unwrap_err();
    assert_eq!(places(&faults), ["leg_negative /legs/1/amount"]);
    assert_eq!(
        faults[0].to_string(),
        "the leg on '1109.{insurer}' would be -800.00 CNY: 'shortfall' must not fall below zero"
    );
}
