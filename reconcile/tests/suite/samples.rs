//! Real files that nobody in this project wrote, in `../shared/samples` beside the project; passed over where that
//! folder is absent. Each must get the verdict of an independent script.

use std::path::PathBuf;

use dianfu_reconcile::check::examine;
use dianfu_reconcile::remittance::Remittance;
use dianfu_reconcile::verdict::Verdict;
use dianfu_reconcile::violation::Rule;

fn sample(name: &str) -> Option<(Vec<Remittance>, Verdict)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("shared/samples/835").join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("passed over: there is no {}", path.display());
        return None;
    };
    Some(examine(&bytes))
}

fn rules(verdict: &Verdict) -> Vec<(Rule, Option<usize>)> {
    verdict.errors.iter().map(|error| (error.rule, error.segment)).collect()
}

#[test]
fn those_that_balance_are_taken() {
    for (name, trace, paid, computed, lines, services) in [
        ("herophilus-institutional.835", "10100000000", "1481.99", "1481.99", 2, 0),
        ("herophilus-pharmacy.835", "10100000000", "219.65", "219.65", 3, 3),
        ("herophilus-professional.835", "10100000000", "45.75", "45.75", 3, 10),
        ("linuxforhealth-managed-care.835", "7170066655", "945.00", "945.00", 2, 2),
        ("linuxforhealth-medicare-part-a.835", "12345", "150000.00", "150000.00", 2, 0),
        ("stupidedi-era-sample.835", "12345", "132.00", "132.00", 1, 5),
        ("stupidedi-multiple-claims.835", "12345", "810.80", "810.80", 9, 33),
    ] {
        let Some((remittances, verdict)) = sample(name) else { return };
        assert_eq!((verdict.balanced, rules(&verdict)), (true, vec![]), "{name}: {:?}", verdict.errors);
        let [summary] = verdict.remittances.as_slice() else { panic!("{name} has one remittance") };
        let found = (summary.trace.as_str(), summary.paid.as_str(), summary.computed.as_str());
        assert_eq!(found, (trace, paid, computed), "{name}");
        assert_eq!((summary.lines, summary.services, remittances.len()), (lines, services, 1), "{name}");
    }
}

#[test]
fn a_payment_date_that_is_none_is_a_warning_and_the_production_date_counts() {
    let Some((remittances, verdict)) = sample("linuxforhealth-managed-care.835") else { return };
    assert_eq!(remittances[0].payment_date, None);
    assert_eq!(remittances[0].value_date(), Some(jiff::civil::date(2002, 3, 14)));
    let [warning] = verdict.warnings.as_slice() else { panic!("one warning: {:?}", verdict.warnings) };
    assert_eq!(
        (warning.segment, warning.place.as_str(), warning.actual.as_str()),
        (Some(4), "ST 1, BPR16", "20002316")
    );
}

#[test]
fn lines_keep_what_tells_them_apart() {
    let Some((remittances, _)) = sample("herophilus-pharmacy.835") else { return };
    let lines = &remittances[0].lines;
    let numbers: Vec<_> = lines.iter().map(|line| (line.claim_no.as_str(), line.insurer_claim_no.as_str())).collect();
    assert_eq!(numbers[1], ("PATIENT ACCOUNT NUMBER", "1000220000000030"));
    assert_eq!(numbers[2], ("PATIENT ACCOUNT NUMBER", "1000300000000030"));
    let amounts: Vec<i64> = lines[2].services[0].adjustments.iter().map(|adjustment| adjustment.amount_minor).collect();
    assert_eq!(amounts, [-350, 3632]);
    assert_eq!(lines[2].patient_name.as_deref(), Some("SUBMITTED LAST SUBMITTED FIRST"));
    let adjustment = &remittances[0].adjustments[0];
    assert_eq!((adjustment.code.as_str(), adjustment.reference.as_str()), ("WO", "FCN#201001010000000"));
    assert_eq!((adjustment.amount_minor, adjustment.place.segment), (399, 43));
}

#[test]
fn a_service_line_that_does_not_hold_is_named() {
    let Some((_, verdict)) = sample("linuxforhealth-tertiary-payment.835") else { return };
    assert_eq!(rules(&verdict), vec![(Rule::R1, Some(20))]);
    let error = &verdict.errors[0];
    assert_eq!((error.expected.as_str(), error.actual.as_str()), ("23020.00", "1766.50"));
    assert_eq!(error.place, "ST 1, CLP 1, SVC 1, SVC03");
}

#[test]
fn a_file_without_envelope_with_a_wrong_count_and_wrong_sums_gets_all_three_named() {
    let Some((_, verdict)) = sample("stupidedi-3a-unbalanced.835") else { return };
    assert!(!verdict.balanced);
    assert_eq!(rules(&verdict), vec![(Rule::Syntax, None), (Rule::R3, Some(4)), (Rule::R8, Some(43))]);
    let [_, sums, count] = verdict.errors.as_slice() else { panic!("three errors") };
    assert_eq!((sums.expected.as_str(), sums.actual.as_str()), ("1224.54", "1222.00"));
    assert_eq!((count.expected.as_str(), count.actual.as_str()), ("41", "39"));
}
