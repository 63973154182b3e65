//! `dianfu proof`: keys, receipts and proofs at the shell; checking needs no database.

use serde_json::{Value, json};

use crate::shell::{Ended, Shell, dianfu};

/// Without a database: the program knows of none.
fn offline(arguments: &[&str]) -> Ended {
    Ended::of(arguments, dianfu(arguments).env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").output().unwrap())
}

#[tokio::test]
async fn a_receipt_is_written_and_checked_without_a_database() {
    let shell = Shell::with_accounts().await;
    let posted: Vec<Value> = (0..3).map(|_| shell.pay_in("5.00")).map(|_| Value::Null).collect();
    assert_eq!(posted.len(), 3);
    let entries = shell.run(&["entry", "list", "--format", "json"]).went_well().json();
    let id = entries["entries"][1]["id"].as_str().unwrap();
    let made = shell.run(&["proof", "key", "-o", "receipt.key", "--format", "json"]).went_well().json();
    let key = made["public_key"].as_str().unwrap();
    let shown = shell.run(&["proof", "key", "--receipt-key", "receipt.key", "--format", "json"]).went_well().json();
    assert_eq!(shown, made);
    shell.run(&["proof", "key", "-o", "receipt.key"]).says(3, "cannot make receipt.key");
    shell.run(&["proof", "entry", id]).says(1, "there is no key to sign with");
    let arguments = ["proof", "entry", id, "--receipt-key", "receipt.key", "-o", "receipt.json"];
    shell.run(&arguments).went_well();
    let path = shell.file("other.key", "not a key\n");
    shell.run(&["proof", "entry", id, "--receipt-key", "other.key"]).says(1, "is not a key");

    let file = path.with_file_name("receipt.json");
    let name = file.to_str().unwrap();
    let verdict = offline(&["proof", "check", name, "--public-key", key, "--format", "json"]).went_well().json();
    assert_eq!((&verdict["holds"], &verdict["signature_checked"]), (&json!(true), &json!(true)));
    let unsigned = offline(&["proof", "check", name, "--format", "json"]).went_well().json();
    assert_eq!((&unsigned["holds"], &unsigned["signature_checked"]), (&json!(true), &json!(false)));
    let stranger = "A".repeat(43);
    offline(&["proof", "check", name, "--public-key", &stranger]).says(1, "the signature is not this key's");
    offline(&["proof", "check", name, "--public-key", "short"]).ended_with(2);

    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"sequence\": 2", "\"sequence\": 3")).unwrap();
    offline(&["proof", "check", name]).says(1, "the rows are those of another entry");
    std::fs::write(&file, text.replace("dianfu-receipt-v1", "dianfu-receipt-v2")).unwrap();
    offline(&["proof", "check", name]).says(1, "version");
    std::fs::write(&file, "{}").unwrap();
    offline(&["proof", "check", name]).says(1, "no receipt and no proof");
    offline(&["proof", "check", "nowhere.json"]).says(3, "cannot read nowhere.json");
}

#[tokio::test]
async fn tips_and_what_follows_from_them() {
    let shell = Shell::with_accounts().await;
    shell.run(&["proof", "tip"]).says(1, "there is no commit 0");
    for _ in 0..3 {
        shell.pay_in("1.00");
    }
    let tip = shell.run(&["proof", "tip", "--format", "json"]).went_well().json();
    assert_eq!(tip["commit_no"], 3);
    let proof = shell.run(&["proof", "consistency", "--from", "1", "--to", "3", "--format", "json"]).went_well();
    assert_eq!(proof.json()["to"], tip);
    let file = shell.file("proof.json", &proof.out);
    let name = file.to_str().unwrap();
    offline(&["proof", "check", name]).went_well();
    let root = tip["root"].as_str().unwrap();
    std::fs::write(&file, proof.out.replace(root, &"0".repeat(64))).unwrap();
    offline(&["proof", "check", name]).says(1, "the path does not lead");
    shell.run(&["proof", "consistency", "--from", "3", "--to", "1"]).says(1, "behind");
    shell.run(&["proof", "tip", "--commit", "4"]).says(1, "there is no commit 4");
}
