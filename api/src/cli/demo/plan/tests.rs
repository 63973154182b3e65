//! What a file must have come from, line by line.

use std::fmt::Write;

use dianfu_reconcile::examine;
use jiff::civil::date;

use super::*;

/// An 835 of these lines (`number own status billed paid patient`, `-` for none) and adjustments (`code reference
/// amount`), whole units of money.
fn planned(lines: &str, adjustments: &str, paid: i64) -> Plan {
    let mut body = String::new();
    let rows = |table: &str| -> Vec<Vec<String>> {
        let rows = table.split(';').map(|row| row.split_whitespace().map(str::to_owned).collect());
        rows.filter(|row: &Vec<String>| !row.is_empty()).collect()
    };
    for row in rows(lines) {
        let [number, own, status, billed, paid, patient] = row.as_slice() else { panic!("{row:?}") };
        let (own, patient) = (own.replace('-', ""), if patient == "-" { "" } else { patient });
        let reduction = billed.parse::<i64>().unwrap() - paid.parse::<i64>().unwrap();
        write!(body, "CLP*{number}*{status}*{billed}*{paid}*{patient}*12*{own}~").unwrap();
        if reduction != 0 {
            write!(body, "CAS*CO*45*{reduction}~").unwrap();
        }
    }
    for row in rows(adjustments) {
        write!(body, "PLB*1*20261231*{}:{}*{}~", row[0], row[1], row[2]).unwrap();
    }
    let count = body.matches('~').count() + 7;
    let method = if paid == 0 { "NON" } else { "ACH" };
    let file = format!(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*1200*^*00501*000000001*0*T*:~\
         GS*HP*SENDER*RECEIVER*20260302*1200*1*X*005010X221A1~ST*835*0001~BPR*I*{paid}*C*{method}************20260301~\
         TRN*1*T-1*1512345678~N1*PR*Blue & Gold Ins., Inc.~N1*PE*东 Ph*XX*1~LX*1~{body}SE*{count}*0001~GE*1*1~\
         IEA*1*000000001~"
    );
    let (remittances, verdict) = examine(file.as_bytes());
    assert!(verdict.balanced, "{:?}", verdict.errors);
    plan(&remittances, date(2026, 3, 5)).unwrap()
}

/// `submitted/own/position gross share approved [back]` of each claim, in whole units of money.
fn shown(plan: &Plan) -> String {
    let claim = |claim: &PlannedClaim| {
        let PlannedClaim { submitted_no, insurer_claim_no, position, .. } = claim;
        let units = [claim.gross_minor, claim.share_minor, claim.approved_minor].map(|minor| (minor / 100).to_string());
        let back = if claim.is_taken_back { " back" } else { "" };
        format!("{submitted_no}/{insurer_claim_no}/{position} {}{back}", units.join(" "))
    };
    plan.claims.iter().map(claim).collect::<Vec<_>>().join("; ")
}

#[test]
fn every_line_is_a_claim_of_its_own() {
    let plan = planned("A X 1 100 80 20; A X 1 100 80 20; A Y 1 50 50 -; B - 1 10 10 -", "", 220);
    assert_eq!(shown(&plan), "A/X/1 100 20 80; A/X/2 100 20 80; A/Y/1 50 0 50; B/B/1 10 0 10");
    let numbers: Vec<_> = plan.claims.iter().map(|claim| claim.claim_no.as_str()).collect();
    assert_eq!(numbers, ["CLM-0001", "CLM-0002", "CLM-0003", "CLM-0004"]);
    assert_eq!(plan.patients.len(), 4);
}

#[test]
fn the_share_is_what_the_file_says_if_there_is_room_for_it() {
    let plan = planned("A 1 1 100 80 15; B 2 1 100 80 20; C 3 1 100 80 21; D 4 1 100 80 0; E 5 1 100 0 100", "", 320);
    assert_eq!(shown(&plan), "A/1/1 100 15 80; B/2/1 100 20 80; C/3/1 100 0 80; D/4/1 100 0 80; E/5/1 100 100 0");
    let causes: Vec<_> = plan.claims.iter().map(|claim| claim.cause.as_deref().unwrap_or("-")).collect();
    assert_eq!(causes, ["CO-45", "-", "CO-45", "CO-45", "-"]);
}

#[test]
fn a_line_that_pays_more_than_it_charges_has_the_payment_as_its_price() {
    assert_eq!(shown(&planned("A X 1 100 120 -", "", 120)), "A/X/1 120 0 120");
}

#[test]
fn a_line_without_money_has_no_claim() {
    let plan = planned("A X 1 0 0 -; B Y 1 10 10 -", "", 10);
    assert_eq!(shown(&plan), "B/Y/1 10 0 10");
    assert_eq!(plan.without_claim, [("T-1".to_owned(), 1)]);
}

#[test]
fn what_is_taken_back_was_paid_before_and_is_decided_anew() {
    let plan = planned("A X 22 -100 -80 -; A X 1 100 60 -; B Y 1 100 100 -", "", 80);
    assert_eq!(shown(&plan), "A/X/1 100 0 80 back; B/Y/1 100 0 100");
}

#[test]
fn takebacks_were_overpaid_before_and_other_codes_were_not() {
    let plan = planned("A X 1 100 100 -", "WO R1 5; WO R1 6; FB R2 7; FB R3 -8; CV R4 9; 72 R5 1", 80);
    let overpaid: Vec<_> = plan.overpaid.iter().map(|(own, minor)| format!("{own} {}", minor / 100)).collect();
    assert_eq!(overpaid, ["R1 11", "R2 7", "R5 1"]);
}

#[test]
fn parties_are_named_after_the_file() {
    let plan = planned("A X 1 100 100 -", "", 100);
    assert_eq!((plan.insurer.0.as_str(), plan.insurer.1.as_str()), ("blue-gold-ins-inc", "Blue & Gold Ins., Inc."));
    assert_eq!((plan.pharmacy.0.as_str(), plan.pharmacy.1.as_str()), ("ph", "东 Ph"));
    assert_eq!((plan.cash.clone(), plan.on), (vec![("T-1".to_owned(), 10_000)], date(2026, 3, 1)));
    assert_eq!(number("东药", "pharmacy").as_str(), "pharmacy");
}
