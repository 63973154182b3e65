//! Files that are not taken: every fault is named with its line, and nothing is posted.

use serde_json::Value;

use super::{open, place, run};
use crate::shell::{Ended, Shell, entry_id, entry_line};

/// Imports a file into the shell's book; answers what it said.
pub fn import(shell: &Shell, format: &str, content: &[u8]) -> Ended {
    let path = shell.file("input", content);
    shell.run(&["import", format, path.to_str().unwrap(), "--format", "json"])
}

/// The lines and codes of the faults that it said.
pub fn faults(ended: &Ended) -> Vec<(u64, String)> {
    let list = ended.json()["faults"].as_array().unwrap().clone();
    let fault = |fault: &Value| (fault["line"].as_u64().unwrap(), fault["code"].as_str().unwrap().to_owned());
    list.iter().map(fault).collect()
}

fn entry(n: u32, debit: &str, amount: &str) -> String {
    format!(r#"{{"entry":{}}}"#, entry_line(n, debit, "3001", amount))
}

#[tokio::test]
async fn every_fault_is_named_and_nothing_is_posted() {
    let shell = Shell::with_accounts().await;
    let unbalanced = entry(4, "1002.bank", "5.00").replacen("5.00", "6.00", 1);
    let lines = [
        entry(1, "1002.bank", "5.00"),
        entry(1, "1002.bank", "5.00"),
        "{".to_owned(),
        entry(3, "1002.other", "5.00"),
        unbalanced,
        entry(5, "1002.bank", "5.001"),
        entry(6, "1002.other", "5.00"),
        entry(7, "1101.picc", "5.00"),
        r#"{"setting":{"account":"none","currency":"CNY","max":"1"}}"#.to_owned(),
        r#"{"account":{"code":"1002.bank","name":"x","type":"liability","currency":"CNY"}}"#.to_owned(),
    ];
    let ended = import(&shell, "ndjson", lines.join("\n").as_bytes()).ended_with(1);
    let expected = [
        (2, "id_twice"),
        (3, "line_cut"),
        (4, "account_unknown"),
        (5, "unbalanced"),
        (6, "amount_too_many_decimals"),
        (8, "item_required"),
        (9, "account_unknown"),
        (10, "account_conflict"),
    ];
    assert_eq!(faults(&ended), expected.map(|(line, code)| (line, code.to_owned())));
    assert!(ended.err.contains("8 faults; nothing is posted"), "{ended:?}");
    assert_eq!(shell.run(&["entry", "list", "--format", "json"]).went_well().json()["entries"], Value::Array(vec![]));
}

#[tokio::test]
async fn a_foreign_encoding_is_named() {
    let shell = Shell::with_accounts().await;
    let line = entry(1, "1002.bank", "5.00") + "\n";
    let utf_16: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let gb18030 = [line.as_bytes(), b"\xb5\xe6\xb8\xb6\n"].concat();
    for (bytes, line) in [(utf_16, 1), (gb18030, 2)] {
        let ended = import(&shell, "ndjson", &bytes).ended_with(1);
        assert_eq!(faults(&ended), [(line, "encoding_not_utf8".to_owned())]);
    }
}

#[tokio::test]
async fn what_the_book_would_refuse_is_named_before_anything_is_posted() {
    let shell = Shell::with_accounts().await;
    let hold = |n: u32, kind: &str, relates: &str, amount: &str| {
        let legs = format!(
            r#"[{{"account":"1101.picc","debit":"{amount}","currency":"CNY","item":"C"}},
                {{"account":"3001","credit":"{amount}","currency":"CNY"}}]"#
        );
        let legs = legs.replace('\n', "");
        format!(r#"{{"entry":{{"id":"{}","kind":"{kind}",{relates}"postings":{legs}}}}}"#, entry_id(n))
    };
    let of = |n: u32| format!(r#""relates_to":"{}","#, entry_id(n));
    let lines = [
        hold(1, "hold", "", "900.00"),
        hold(2, "hold", "", "200.00"),
        hold(3, "capture", &of(1), "500.00"),
        hold(4, "capture", &of(1), "500.00"),
        hold(5, "capture", &of(7), "500.00"),
    ];
    let ended = import(&shell, "ndjson", lines.join("\n").as_bytes()).ended_with(1);
    let expected = [(2, "above_maximum"), (4, "more_than_left"), (5, "hold_unknown")];
    assert_eq!(faults(&ended), expected.map(|(line, code)| (line, code.to_owned())));
    let good = [lines[0].clone(), lines[2].clone()].join("\n");
    assert_eq!(import(&shell, "ndjson", good.as_bytes()).went_well().json()["posted"], 2);
}

#[tokio::test]
async fn a_file_that_was_cut_is_not_taken() {
    let book = crate::books::Book::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = place(folder.path(), "book.ndjson");
    run(&book.test, &["export", "ndjson", "-o", &file]).went_well();
    let whole = std::fs::read(&file).unwrap();
    run(&book.test, &["book", "create", "copy"]).went_well();
    let line_end = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
    for (length, code) in [(line_end + 1, "file_cut"), (line_end - 20, "line_cut")] {
        std::fs::write(&file, &whole[..length]).unwrap();
        let ended = run(&book.test, &["import", "ndjson", &file, "--book", "copy", "--format", "json"]).ended_with(1);
        assert!(faults(&ended).iter().any(|(_, found)| found == code), "{ended:?}");
    }
    let copy = open(&book.test, "copy").await;
    let accounts = dianfu_ledger::query::accounts(
        &**copy.client().await.unwrap(),
        dianfu_ledger::query::AccountFilter::default(),
        None,
        1_000,
    )
    .await
    .unwrap();
    assert_eq!(accounts.accounts, []);
}
