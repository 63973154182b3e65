//! The demo at the shell: its own story at the worked figures, and real files played to the end.

use std::collections::BTreeMap;
use std::fmt::Write;

use dianfu_tests::sample;

use super::{Ended, Shell};

/// Closing balance of each account that is not zero, as the trial balance of the demo's book shows it.
fn closings(shell: &Shell, book: &str) -> BTreeMap<String, String> {
    let report = shell.run(&["--book", book, "report", "trial-balance", "--format", "json"]).went_well().json();
    let text = |row: &serde_json::Value, field: &str| row[field].as_str().unwrap().to_owned();
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| (text(row, "account"), text(row, "closing"))).filter(|(_, closing)| closing != "0.00").collect()
}

/// The journals of a kind, each with its legs, as one text with single spaces.
fn told(ended: &Ended) -> String {
    ended.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The state of each claim, in order.
fn states(ended: &Ended) -> Vec<&str> {
    let claims = ended.out.split("The claims as they stand").nth(1).unwrap();
    let claims = claims.split("The trial balance").next().unwrap();
    let states = claims.lines().filter(|line| line.trim_start().starts_with("CLM-"));
    states.map(|line| line.split_whitespace().last().unwrap()).collect()
}

#[tokio::test]
async fn the_story_has_the_worked_figures_and_its_book_stays() {
    let shell = Shell::new().await;
    let ended = shell.run(&["demo", "--book", "demo"]).went_well();
    let told = told(&ended);
    for journal in [
        "1101.picc CLM-1 15200.00 2203.P-1001 CLM-1 4800.00 2101.north-gate CLM-1 20000.00",
        "2101.north-gate CLM-1 200.00 4102 188.68 2401 11.32",
        "2101.north-gate CLM-1 19800.00 1010.settlement B-1-0001 19800.00",
        "1102.picc CLM-1 14000.00 1109.picc CLM-1 1200.00 1101.picc CLM-1 15200.00",
        "2190.picc PICC-2101 13950.00 2301.picc TB-MARCH 50.00 1102.picc CLM-1 14000.00",
        "1109.picc CLM-3 8000.00 1101.picc CLM-3 8000.00",
        "2110 B-1-0002 2970.00 1010.settlement B-1-0002-R1 2970.00",
    ] {
        assert!(told.contains(journal), "{journal}\n{}", ended.out);
    }
    assert!(told.contains("the balance would be 46200.00 CNY, above its limit of 46199.99 CNY"), "{}", ended.out);
    let expected = ["SHORTFALL_OPEN", "CLOSED", "CLOSED", "CLOSED", "PRE_REJECTED", "PRE_APPROVED"];
    assert_eq!(states(&ended)[..6], expected);
    assert!(told.contains("… and 160 more claims"), "{}", ended.out);

    let expected = [
        ("1001.own", "1225704.00"),
        ("1002.settlement", "2200226.88"),
        ("1102.cpic", "1204.56"),
        ("1109.picc", "1200.00"),
        ("2302.taikang", "-340770.00"),
        ("2401", "-2489.94"),
        ("3001", "-3100000.00"),
        ("4101", "-17267.11"),
        ("4102", "-24231.69"),
        ("4905", "-300.00"),
        ("5101", "63.00"),
        ("5201", "53060.00"),
        ("5202", "3600.00"),
        ("5901", "0.30"),
    ];
    let closings = closings(&shell, "demo");
    assert_eq!(closings.iter().map(|(account, closing)| (&**account, &**closing)).collect::<Vec<_>>(), expected);
    every_journal_is_posted(&shell, &ended);
    let sides = ended.out.split("as its four parties see it").nth(1).unwrap();
    let together = sides.lines().find(|line| line.trim_start().starts_with("together")).unwrap();
    assert!(together.trim_end().ends_with(" 0.00"), "{sides}");
    let held = shell.run(&["--book", "demo", "balance", "1101.picc", "--format", "json"]).went_well().json();
    assert_eq!(held[0]["pending"]["debits"], "15200.00");
    shell.run(&["--book", "demo", "verify"]).went_well();
}

/// Every journal that ships is posted by the day, but those of which J14a, J14b and J18 are the whole.
fn every_journal_is_posted(shell: &Shell, ended: &Ended) {
    let within_others = ["J15", "J16", "J18-corrected", "J23-cash", "J23-applied"];
    let table = ended.out.split("Every journal of the day").nth(1).unwrap();
    let table = table.split("What of the credit lines").next().unwrap();
    let posted: Vec<&str> = table.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let shipped = shell.run(&["--book", "demo", "template", "list", "--format", "json"]).went_well().json();
    let shipped = shipped["templates"].as_array().unwrap();
    assert!(shipped.len() > 60, "{shipped:?}");
    for name in shipped.iter().map(|template| template["name"].as_str().unwrap()) {
        assert_eq!(posted.contains(&name), !within_others.contains(&name), "{name}\n{table}");
    }
}

#[tokio::test]
async fn a_book_that_is_there_is_left_alone() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("5.00");
    let before = closings(&shell, "main");
    let path = shell.file("one.835", file("80.00", LINES, ""));
    let demo = ["demo", "--remittance", path.to_str().unwrap()];
    let ended = shell.run(&demo).went_well();
    assert!(ended.out.contains("The book 'main_2' stays"), "{}", ended.out);
    assert!(ended.out.contains("dianfu --book main_2 report trial-balance"), "{}", ended.out);
    let ended = shell.run(&demo).went_well();
    assert!(ended.out.contains("The book 'main_3' stays"), "{}", ended.out);
    assert_eq!(closings(&shell, "main"), before);
    assert_eq!(closings(&shell, "main_2"), closings(&shell, "main_3"));
}

#[tokio::test]
async fn real_files_are_played_to_the_end() {
    let shell = Shell::new().await;
    for (name, claims, remittance, to_look_at) in [
        ("herophilus-pharmacy.835", 3, "APPLIED", 0),
        ("herophilus-professional.835", 3, "APPLIED", 0),
        ("herophilus-institutional.835", 2, "APPLIED", 0),
        ("linuxforhealth-managed-care.835", 2, "APPLIED", 0),
        ("linuxforhealth-medicare-part-a.835", 2, "PART_APPLIED", 1),
        ("stupidedi-era-sample.835", 1, "APPLIED", 0),
        ("stupidedi-multiple-claims.835", 9, "APPLIED", 0),
    ] {
        let Some(bytes) = sample(&format!("835/{name}")) else { continue };
        let (file, book) = (shell.file(name, bytes), &name.replace(['-', '.'], "_"));
        let ended = shell.run(&["--book", book, "demo", "--remittance", file.to_str().unwrap()]).went_well();
        assert_eq!(states(&ended).len(), claims, "{}", ended.out);
        assert!(states(&ended).iter().all(|state| ["CLOSED", "SHORTFALL_OPEN"].contains(state)), "{}", ended.out);
        assert!(ended.out.contains(&format!(": {remittance}\n")), "{}", ended.out);
        assert_eq!(ended.out.matches("to look at: ").count(), to_look_at, "{}", ended.out);
        let closings = closings(&shell, book);
        let open = |control: &str| closings.keys().any(|account| account.starts_with(control));
        assert!(!open("1101") && !open("1102") && !open("2101") && !open("2301"), "{closings:?}");
        assert_eq!(open("2190"), to_look_at > 0, "{closings:?}");
    }
}

#[tokio::test]
async fn files_that_do_not_hold_are_refused_with_their_sums_and_leave_no_book() {
    let shell = Shell::new().await;
    let written = shell.file("written.835", file("78.00", LINES, ""));
    let refused = shell.run(&["demo", "--book", "refused", "--remittance", written.to_str().unwrap()]);
    let refused = refused.says(1, "the lines pay 80.00, less payee-level adjustments of 0.00 is 80.00, not 78.00");
    assert!(refused.out.contains("R3"), "{}", refused.out);
    for name in ["linuxforhealth-tertiary-payment.835", "stupidedi-3a-unbalanced.835"] {
        let Some(bytes) = sample(&format!("835/{name}")) else { continue };
        let file = shell.file(name, bytes);
        shell.run(&["demo", "--book", "refused", "--remittance", file.to_str().unwrap()]).says(1, "does not hold");
    }
    let books = shell.run(&["book", "list"]).went_well().out;
    assert!(!books.contains("refused"), "{books}");
}

const LINES: &str = "CLP*A*1*100.00*80.00*20.00*12*X~CAS*PR*2*20.00~";

/// An 835 that pays this.
fn file(paid: &str, lines: &str, adjustments: &str) -> String {
    let body = format!("{lines}{adjustments}");
    let segments = body.matches('~').count() + 7;
    format!(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*1200*^*00501*000000001*0*T*:~\
         GS*HP*SENDER*RECEIVER*20260302*1200*1*X*005010X221A1~ST*835*0001~BPR*I*{paid}*C*ACH************20260301~\
         TRN*1*TRACE-1*1512345678~N1*PR*PICC~N1*PE*DIANFU*XX*1~LX*1~{body}SE*{segments}*0001~GE*1*1~IEA*1*000000001~"
    )
}

#[tokio::test]
async fn what_a_file_takes_back_was_paid_before() {
    let shell = Shell::new().await;
    let lines = "CLP*A*22*-100*-80*-20*12*X~CAS*PR*2*-20~CLP*A*1*100*60*20*12*X~CAS*PR*2*20~CAS*CO*45*20~\
                 CLP*B*1*50*50**12*Y~";
    let path = shell.file("back.835", file("19.00", lines, "PLB*1*20261231*WO:TB*10.00*50:FEE*1~"));
    let ended = shell.run(&["demo", "--book", "back", "--remittance", path.to_str().unwrap()]).went_well();
    let told = told(&ended);
    assert!(told.contains("line 1, number A: reversal (CLM-0001) line 2, number A: short (CLM-0001)"), "{told}");
    assert!(told.contains("adjustment WO TB: code WO: on what we owe under TB"), "{told}");
    assert_eq!(ended.out.matches("to look at: ").count(), 2, "{}", ended.out);
    assert_eq!(states(&ended), ["PART_RECOVERED", "CLOSED"]);
    let closings = closings(&shell, "back");
    assert_eq!(closings["1102.picc"], "20.00");
    assert_eq!(closings["2190.picc"], "1.00");
    assert!(!closings.contains_key("2301.picc"), "{closings:?}");
}

#[tokio::test]
async fn many_claims_are_told_in_a_few_lines() {
    let shell = Shell::new().await;
    let mut lines = String::new();
    for number in 1..=130 {
        write!(lines, "CLP*N{number}*1*10.00*8.00**12*O{number}~CAS*CO*45*2.00~NM1*QC*1*PATIENT*ONE~").unwrap();
    }
    let path = shell.file("many.835", file("1040.00", &lines, ""));
    let ended = shell.run(&["demo", "--book", "many", "--remittance", path.to_str().unwrap()]).went_well();
    let told = told(&ended);
    assert!(told.contains("J3 … and 124 more entries, in all 1240.00"), "{told}");
    assert!(told.contains("… and 118 more lines") && told.contains("… and 90 more claims"), "{told}");
    assert_eq!(closings(&shell, "many")["1109.picc"], "260.00");
}

#[tokio::test]
async fn a_file_in_two_currencies_has_no_book() {
    let shell = Shell::new().await;
    let one = file("80.00", LINES, "");
    let (head, tail) = one.split_once("SE*9*0001~").unwrap();
    let second = head.split_once("ST*835").unwrap().1;
    let second = second.replace("*0001~BPR", "*0002~BPR").replace("TRACE-1", "TRACE-2");
    let second = second.replace("1512345678~", "1512345678~CUR*PR*EUR~");
    let tail = tail.replace("GE*1*1", "GE*2*1");
    let both = shell.file("both.835", format!("{head}SE*9*0001~ST*835{second}SE*10*0002~{tail}"));
    let ended = shell.run(&["demo", "--book", "both", "--remittance", both.to_str().unwrap()]);
    ended.says(1, "it pays in USD and in EUR: a book keeps claims in one currency");
}
