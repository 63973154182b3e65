//! Several currencies at the shell: rates.

use serde_json::json;

use super::Shell;

#[tokio::test]
async fn rates_are_loaded_whole_corrected_and_shown() {
    let shell = Shell::new().await;
    let bad = shell.file("bad.csv", "base,quote,date,rate\nUSD,CNY,2026-04-30,7.1\nUSD,CNY,2026-04-30,0\n");
    let bad = bad.to_str().unwrap();
    let load = ["rate", "load", bad, "--source", "PBOC", "--reason", "April", "--format", "json"];
    let refused = shell.run(&load).says(1, "the file has 1 faults; nothing is recorded");
    let fault = &refused.json()["errors"][0];
    assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/lines/3/rate"), &json!("rate_not_positive")));
    let good = shell.file("good.csv", "base,quote,date,rate\nUSD,CNY,2026-04-29,7.1\nUSD,CNY,2026-04-30,7.2\n");
    let good = good.to_str().unwrap();
    let load = ["rate", "load", good, "--source", "PBOC", "--reason", "April", "--format", "json"];
    assert_eq!(shell.run(&[&load[..], &["--dry-run"]].concat()).went_well().json()["new"], 2);
    assert_eq!(shell.run(&load).went_well().json()["new"], 2);
    assert_eq!(shell.run(&load).went_well().json()["unchanged"], 2);
    let date = ["--date", "2026-04-30"];
    let set = [&["rate", "set", "USD/CNY", "7.3", "--source", "PBOC", "--reason", "Typo"][..], &date].concat();
    shell.run(&set).went_well();
    let show = [&["rate", "show", "USD/CNY"][..], &date].concat();
    assert!(shell.run(&show).went_well().out.contains("rate: USD/CNY 7.3 spot 2026-04-30"));
    let history = shell.run(&[&show[..], &["--history", "--format", "csv"]].concat()).went_well();
    assert_eq!(history.csv().1.iter().map(|row| row[3].as_str()).collect::<Vec<_>>(), ["7.2", "7.3"]);
    let list = shell.run(&["rate", "list", "--base", "USD", "--format", "json"]).went_well().json();
    assert_eq!(list["rates"].as_array().unwrap().len(), 2);
    shell
        .run(&["rate", "show", "EUR/CNY", "--date", "2026-04-30", "--via", "USD"])
        .says(1, "there is no spot rate EUR/USD for 2026-04-30, nor for any other day");
    shell
        .run(&["rate", "set", "USD/CNY", "-1", "--date", "2026-04-30", "--source", "x", "--reason", "x"])
        .ended_with(2);
}
