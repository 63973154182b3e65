//! Texts of others in what we print: no formula in a spreadsheet, no turned writing on a screen, no file left behind.

use super::{Shell, entry_id};

#[tokio::test]
async fn a_description_is_no_formula_and_a_balance_keeps_its_minus() {
    let shell = Shell::with_accounts().await;
    let formula = "=HYPERLINK(\"evil\")";
    let arguments = ["post", "--currency", "CNY", "--debit", "3001=7.00", "--credit", "1002.bank=7.00"];
    shell.run(&[&arguments[..], &["--description", formula, "--reference=-1+2"]].concat()).went_well();
    let (names, rows) = shell.run(&["statement", "1002.bank", "--format", "csv"]).went_well().csv();
    let cell = |name: &str| rows[0][names.iter().position(|known| known == name).unwrap()].as_str();
    assert_eq!(cell("description"), format!("'{formula}"));
    assert_eq!((cell("reference"), cell("balance")), ("'-1+2", "-7.00"));
    let json = shell.run(&["statement", "1002.bank", "--format", "json"]).went_well().json();
    assert_eq!(json["rows"][0]["description"], formula);
}

#[tokio::test]
async fn writing_is_not_turned_round() {
    let shell = Shell::with_accounts().await;
    let turned = "paid \u{202e}00.1";
    let line = super::entry_line(1, "1002.bank", "3001", "1.00");
    let line = line.replacen('{', &format!("{{\"description\":\"{turned}\",\"reference\":\"{turned}\","), 1);
    shell.feed(&["post", "-"], &line).went_well();
    for arguments in [
        &["statement", "1002.bank"][..],
        &["statement", "1002.bank", "--format", "csv"],
        &["entry", "show", &entry_id(1)],
        &["export", "hledger"],
    ] {
        let out = shell.run(arguments).went_well().out;
        assert!(out.contains("paid") && !out.contains('\u{202e}'), "{arguments:?}: {out}");
    }
}

#[tokio::test]
async fn an_export_that_cannot_be_finished_leaves_nothing_behind() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("1.00");
    shell.run(&["export", "hledger", "-o", "book.journal", "--known-at", "2999-01-01T00:00:00Z"]).says(1, "known_at");
    shell.run(&["export", "hledger", "-o", "whole.journal"]).went_well();
    let folder = shell.file("beside", "").parent().unwrap().to_owned();
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    assert_eq!(names, ["beside", "whole.journal"]);
}
