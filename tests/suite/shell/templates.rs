//! `dianfu template` and `dianfu post --template`: as the help says.

use serde_json::json;

use super::Shell;

fn receipt(fee_percent: i64) -> String {
    json!({
        "name": "receipt", "title": "Receipt less a fee", "description": "Seen at the bank.",
        "inputs": [{"name": "claim", "kind": "text"}, {"name": "received", "kind": "amount"}],
        "amounts": [
            {"fraction": {"name": "fee", "of": "received", "numerator": fee_percent, "denominator": 100}},
            {"sum": {"name": "net", "plus": ["received"], "less": ["fee"]}},
        ],
        "legs": [
            {"side": "debit", "account": "1002.bank", "amount": "net"},
            {"side": "debit", "account": "3001", "amount": "fee"},
            {"side": "credit", "account": "1101.picc", "item": "{claim}", "amount": "received"},
        ],
    })
    .to_string()
}

const FILLED: [&str; 6] = ["--currency", "CNY", "--input", "claim=CLM-17", "--input", "received=100.50"];

#[tokio::test]
async fn a_template_is_checked_recorded_tried_and_posted_by() {
    let shell = Shell::with_accounts().await;
    shell.file("journal.json", receipt(1));
    assert_eq!(
        shell.run(&["template", "check", "journal.json", "--format", "json"]).went_well().json()["faults"],
        json!([])
    );
    let record = |rest: &[&str]| {
        let all = [&["template", "record", "journal.json", "--reason", "a test", "--format", "json"], rest].concat();
        shell.run(&all)
    };
    assert_eq!(record(&["--dry-run"]).went_well().json()["new"], true);
    assert!(
        shell.run(&["template", "list", "--format", "json"]).went_well().json()["templates"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let first = record(&[]).went_well().json()["template_no"].to_string();
    shell.file("journal.json", receipt(2));
    let second = record(&["--replaces", &first]).went_well().json();
    assert_eq!(second["changes"][0]["pointer"], "/amounts/0/fraction/numerator");
    shell.file("journal.json", receipt(3));
    let late = record(&["--replaces", &first]);
    assert_eq!(late.code, 1);
    assert!(late.err.contains("was to be replaced; in force is"), "{}", late.err);

    let preview = [&["template", "preview", "receipt"], &FILLED[..]].concat();
    let seen = shell.run(&preview).went_well();
    for said in ["2/100 of received, rounded half away from zero", "2.01", "98.49", "1101.picc", "CLM-17"] {
        assert!(seen.out.contains(said), "{said}: {}", seen.out);
    }
    let post = [&["post", "--template", "receipt"], &FILLED[..]].concat();
    let dry = shell.run(&[&post[..], &["--dry-run"]].concat()).went_well();
    assert_eq!(dry.out, seen.out);
    // Nothing was posted before.
    assert!(shell.run(&post).went_well().out.contains("posted as entry 1"));
    let shown = shell.run(&["template", "show", "receipt", "--format", "json"]).went_well().json();
    assert_eq!(shown["template"]["amounts"][0]["fraction"]["numerator"], 2);
    shell.run(&["template", "retire", "receipt", "--reason", "enough"]).went_well();
    let refused = shell.run(&post);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("[template_unknown] (at /template/name)"), "{}", refused.err);
    let history = shell.run(&["template", "show", "receipt", "--history", "--format", "json"]).went_well().json();
    assert_eq!(history["templates"].as_array().unwrap().len(), 3);
    shell.run(&["verify"]).went_well();
}

#[tokio::test]
async fn faults_are_named_at_their_places() {
    let shell = Shell::with_accounts().await;
    let unsound = receipt(1).replace("credit", "debit").replace("{claim}", "{case}");
    shell.file("journals.json", format!("[{},{unsound},7]", receipt(1)));
    let checked = shell.run(&["template", "check", "journals.json", "--format", "csv"]);
    assert_eq!(checked.code, 1);
    for said in ["/1/legs/2/item,name_unknown", "/1/legs,unbalanced", "/2,template_malformed"] {
        assert!(checked.out.contains(said), "{said}: {}", checked.out);
    }
    let lost = shell.run(&[
        "post",
        "--currency",
        "CNY",
        "--debit",
        "1002.bank=1.00",
        "--credit",
        "3001=1.00",
        "--input",
        "claim=x",
    ]);
    assert_eq!(lost.code, 1);
    assert!(lost.err.contains("--template NAME"), "{}", lost.err);
    let twice = ["template", "preview", "x", "--currency", "CNY", "--input", "a=1", "--input", "a=2"];
    assert!(shell.run(&twice).err.contains("'a' is given twice"));
}
