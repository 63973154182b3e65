//! A payment is shared out over claims at the shell.

use serde_json::json;

use super::Shell;

#[tokio::test]
async fn the_claims_due_first_take_and_the_rest_stays_on_the_payment() {
    let shell = Shell::with_accounts().await;
    for (debit, credit) in [
        ("1101.picc=60.00@CLM-1", "3001=60.00"),
        ("1101.picc=50.00@CLM-2", "3001=50.00"),
        ("1002.bank=100.00", "1101.picc=100.00@PAY=1"),
    ] {
        shell.run(&["post", "--currency", "CNY", "--debit", debit, "--credit", credit]).went_well();
    }
    let allocate = ["allocate", "1101.picc", "--currency", "CNY", "--format", "json"];
    let with = |more: &[&str]| shell.run(&[&allocate[..], more].concat());
    let rehearsed = with(&["--from", "PAY=1=100.00", "--dry-run"]).went_well().json();
    let due_first = json!([{"item": "PAY=1", "debit": "100.00"}, {"item": "CLM-1", "credit": "60.00"},
                           {"item": "CLM-2", "credit": "40.00"}]);
    assert_eq!((&rehearsed["items"], &rehearsed["sequence"]), (&due_first, &serde_json::Value::Null));
    let done = with(&["--from", "PAY=1=10.00", "--to", "CLM-2"]).went_well().json();
    assert_eq!((&done["items"][1]["credit"], &done["sequence"]), (&json!("10.00"), &json!(4)));
    with(&["--from", "PAY=1=100.00", "--to", "CLM-2"]).says(1, "is more than the 90.00 CNY that stands on it");
}
