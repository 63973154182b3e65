//! Two books run beside each other: what they agree on, and what they do not.

use super::formats::example;
use crate::shell::Shell;

#[tokio::test]
async fn balances_are_compared_account_by_account() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("250000.00");
    let shown = example(&shell, &["report", "parallel-run"]).replace(",as_of", "").replace(",2026-01-31", "");
    let file = shell.file("balances.csv", shown.replace("1002,", "bank,"));
    let map = shell.file("names.csv", "theirs,ours\nbank,1002.bank\n");
    let command = ["report", "parallel-run", file.to_str().unwrap(), "--accounts", map.to_str().unwrap()];
    let same = shell.run(&[&command[..], &["--format", "json"]].concat()).went_well().json();
    assert_eq!((&same["agrees"], same["rows"].as_array().unwrap().len()), (&true.into(), 2));

    let without_map = [&command[..3], &["--format", "json"]].concat();
    let ended = shell.run(&without_map).says(1, "2 accounts differ");
    let verdicts: Vec<String> = ended.json()["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            format!("{} {} {}", row["account"].as_str().unwrap(), row["verdict"].as_str().unwrap(), row["difference"])
        })
        .collect();
    let expected = ["1002.bank only_ours \"250000.00\"", "3001 equal \"0.00\"", "bank only_theirs \"-250000.00\""];
    assert_eq!(verdicts, expected);

    shell.pay_in("0.01");
    shell.run(&command).says(1, "2 accounts differ");
    shell.run(&[&command[..], &["--tolerance", "0.01"]].concat()).went_well();
    shell.run(&[&command[..], &["--tolerance", "0.001"]].concat()).says(1, "decimals");
    shell.file("balances.csv", "account,currency,balance\nbank,CNY,x\n");
    shell.run(&command).says(1, "line 2");
}
