//! Remittances at the shell: checked without a database, taken in once, told line by line.

use dianfu_tests::sample;
use serde_json::{Value, json};

use super::{Ended, Shell, dianfu};

/// Pays 80.00 of 100.00 for one claim, less 3.00 taken back, and says `paid` for it.
fn file(paid: &str) -> String {
    format!(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*1200*^*00501*000000001*0*T*:~\
         GS*HP*SENDER*RECEIVER*20260302*1200*1*X*005010X221A1~ST*835*0001~BPR*I*{paid}*C*ACH************20260301~\
         TRN*1*TRACE-1*1512345678~N1*PR*PICC~N1*PE*DIANFU*XX*1~LX*1~CLP*CLM-1*1*100.00*80.00**12*OWN-1~\
         CAS*CO*45*20.00~PLB*1*20261231*WO:REF-1*3.00~SE*10*0001~GE*1*1~IEA*1*000000001~"
    )
}

/// Runs a check without any database.
fn check(arguments: &[&str]) -> Ended {
    let arguments = [&["--database-url", "nonsense", "remittance", "check"], arguments].concat();
    Ended::of(&arguments, dianfu(&arguments).output().unwrap())
}

#[tokio::test]
async fn a_file_is_checked_in_every_format_without_a_database() {
    let shell = Shell::new().await;
    let good = shell.file("good.835", file("77.00"));
    let bad = shell.file("bad.835", file("78.00"));
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());

    let verdict = check(&[good, "--format", "json"]).went_well().json();
    assert_eq!((&verdict["balanced"], &verdict["errors"]), (&json!(true), &json!([])));
    assert!(check(&[good]).went_well().out.ends_with("The sums hold.\n"));
    assert_eq!(check(&[good, "--format", "csv"]).went_well().csv().1, Vec::<Vec<String>>::new());

    let verdict = check(&[bad, "--format", "json"]).says(1, "does not hold: R3 at ST 1, BPR02").json();
    let error = &verdict["errors"][0];
    assert_eq!(verdict["balanced"], false);
    assert_eq!((&error["rule"], &error["segment"]), (&json!("R3"), &json!(4)));
    assert_eq!((&error["expected"], &error["actual"]), (&json!("77.00"), &json!("78.00")));
    assert!(check(&[bad]).says(1, "R3").out.ends_with("The sums do not hold.\n"));
    let (names, rows) = check(&[bad, "--format", "csv"]).says(1, "R3").csv();
    assert_eq!(names[..3], ["severity", "rule", "segment"]);
    assert_eq!(rows[0][..3], ["error", "R3", "4"]);

    let piped = shell.feed(&["remittance", "check", "-", "--format", "json"], &file("78.00"));
    assert_eq!(piped.says(1, "standard input does not hold").json(), verdict);
}

#[tokio::test]
async fn real_files_get_the_verdict_of_an_independent_script() {
    for (name, broken) in [
        ("herophilus-pharmacy.835", &[][..]),
        ("herophilus-professional.835", &[]),
        ("herophilus-institutional.835", &[]),
        ("linuxforhealth-managed-care.835", &[]),
        ("linuxforhealth-medicare-part-a.835", &[]),
        ("stupidedi-era-sample.835", &[]),
        ("stupidedi-multiple-claims.835", &[]),
        ("linuxforhealth-tertiary-payment.835", &["R1"]),
        ("stupidedi-3a-unbalanced.835", &["SYNTAX", "R3", "R8"]),
    ] {
        let Some(bytes) = sample(&format!("835/{name}")) else { return };
        let shell = Shell::new().await;
        let path = shell.file(name, bytes);
        let ended = check(&[path.to_str().unwrap(), "--format", "json"]);
        let verdict = ended.json();
        let rules: Vec<&Value> = verdict["errors"].as_array().unwrap().iter().map(|error| &error["rule"]).collect();
        assert_eq!(rules, broken, "{name}");
        assert_eq!((ended.code, &verdict["balanced"]), (i32::from(!broken.is_empty()), &json!(broken.is_empty())));
    }
}

async fn shell_with_insurer() -> Shell {
    let shell = Shell::new().await;
    shell.run(&["account", "chart", "--currency", "USD", "--insurer", "picc"]).went_well();
    shell.file("good.835", file("77.00"));
    shell
}

const IMPORT: [&str; 5] = ["remittance", "import", "good.835", "--insurer", "picc"];

#[tokio::test]
async fn a_file_without_its_cash_waits_and_is_applied_when_the_cash_is_booked() {
    let shell = shell_with_insurer().await;
    let waiting = shell.run(&[&IMPORT[..], &["--format", "json"]].concat()).went_well().json();
    assert_eq!((&waiting["replayed"], &waiting["remittances"][0]["state"]), (&json!(false), &json!("VALIDATED")));
    assert_eq!(waiting["details"][0]["cash_break"], "MISSING_CASH");

    let with_cash = [&IMPORT[..], &["--cash", "settlement"]].concat();
    let applied = shell.run(&[&with_cash[..], &["--format", "json"]].concat()).went_well();
    assert!(applied.err.contains("taken in before"), "{applied:?}");
    let applied = applied.json();
    assert_eq!((&applied["replayed"], &applied["remittances"][0]["state"]), (&json!(true), &json!("PART_APPLIED")));
    let details = &applied["details"][0];
    assert_eq!((&details["cash"], &details["unapplied"]), (&json!("77.00"), &json!("77.00")));
    assert_eq!(details["lines"][0]["matched"]["outcome"], "unknown_claim");
    let categories: Vec<&Value> = details["breaks"].as_array().unwrap().iter().map(|one| &one["category"]).collect();
    assert_eq!(categories, ["UNKNOWN_CLAIM", "TAKEBACK_UNEXPECTED"]);

    let again = shell.run(&[&with_cash[..], &["--format", "json"]].concat()).went_well().json();
    assert_eq!(again, applied);
    let bank = shell.run(&["balance", "1002.settlement", "--format", "json"]).went_well().json();
    assert_eq!(bank[0]["balance"], "77.00");

    let table = shell.run(&with_cash).went_well().out;
    for words in ["state: PART_APPLIED", "CLM-1", "unknown_claim", "UNKNOWN_CLAIM", "REF-1", "line 1 pays 80.00"] {
        assert!(table.contains(words), "{words}: {table}");
    }
    let (names, rows) = shell.run(&[&with_cash[..], &["--format", "csv"]].concat()).went_well().csv();
    assert_eq!((names[1].as_str(), rows[0][1].as_str(), rows.len()), ("claim_no", "CLM-1", 1));

    let id = details["id"].as_str().unwrap();
    let shown = shell.run(&["remittance", "show", id, "--format", "json"]).went_well().json();
    assert_eq!(&shown, details);
    assert!(shell.run(&["remittance", "show", id]).went_well().out.contains("unknown_claim"));
    let listed = shell.run(&["remittance", "list", "--insurer", "picc", "--format", "json"]).went_well().json();
    assert_eq!(listed["remittances"][0]["id"], id);
    assert_eq!(shell.run(&["remittance", "list", "--format", "csv"]).went_well().csv().1.len(), 1);
    assert!(shell.run(&["remittance", "list"]).went_well().out.contains("PART_APPLIED"));
    shell.run(&["verify"]).went_well();
}

#[tokio::test]
async fn files_that_are_refused_change_nothing() {
    let shell = shell_with_insurer().await;
    shell.file("bad.835", file("78.00"));
    let bad = shell.run(&["remittance", "import", "bad.835", "--insurer", "picc", "--cash", "settlement"]);
    assert!(bad.says(1, "R3 at ST 1, BPR02").out.contains("78.00"));
    let unknown = ["remittance", "import", "good.835", "--insurer", "cpic"];
    shell.run(&unknown).says(1, "account chart --currency CURRENCY --insurer cpic");
    shell.run(&IMPORT).went_well();
    shell.file("good.835", file("77.00").replace("REF-1", "REF-2"));
    shell.run(&IMPORT).says(1, "announced TRACE-1 before");
    let closed_bank = [&IMPORT[..], &["--cash", "nowhere"]].concat();
    shell.file("good.835", file("77.00"));
    shell.run(&closed_bank).says(1, "account show 1002.nowhere");
    assert_eq!(shell.run(&["entry", "list", "--format", "json"]).went_well().json()["entries"], json!([]));
}
