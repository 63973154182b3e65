//! Several currencies at the shell: rates, exchange, revaluation, reports in one currency.

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

/// 100 USD for 700 CNY, of which 40 are sold for 300: 20 are gained. The 60 left cost 420 and are worth 432.
#[tokio::test]
async fn money_is_exchanged_and_revalued() {
    let shell = Shell::new().await;
    shell.run(&["account", "load", "--starter"]).went_well();
    let bank = ["--name", "Bank abroad", "--type", "asset", "--currency", "USD"];
    shell.run(&[&["account", "open", "1002.usd"][..], &bank].concat()).went_well();
    let exchange = ["fx", "exchange", "--from", "1002=700.00", "--to", "1002.usd=100.00", "--date", "2026-04-10"];
    shell.run(&exchange).says(1, "the book has no functional currency yet");
    let setup = ["fx", "setup", "--functional", "CNY", "--currency", "USD", "--reason", "abroad"];
    assert!(shell.run(&setup).went_well().out.contains("functional: CNY"));
    shell.run(&exchange).went_well();
    let sell = ["fx", "exchange", "--from", "1002.usd=40.00", "--to", "1002", "--rate", "USD/CNY=7.50"];
    let sell = [&sell[..], &["--date", "2026-04-20", "--format", "json"]].concat();
    let rehearsed = shell.run(&[&sell[..], &["--dry-run"]].concat()).went_well().json();
    assert_eq!((&rehearsed["status"], &rehearsed["realised"]), (&json!("rehearsed"), &json!("20.00")));
    let sold = shell.run(&sell).went_well().json();
    assert_eq!((&sold["postings"], &sold["value"]), (&rehearsed["postings"], &json!("300.00")));
    let revalue = ["fx", "revalue", "2026-04-30", "--account", "1002.usd", "--format", "json"];
    shell.run(&revalue).says(1, "there is no closing rate USD/CNY for 2026-04-30, nor for any other day");
    let set = ["rate", "set", "USD/CNY", "7.2", "--date", "2026-04-30", "--kind", "closing"];
    shell.run(&[&set[..], &["--source", "PBOC", "--reason", "month end"]].concat()).went_well();
    assert_eq!(shell.run(&revalue).went_well().json()["accounts"][0]["posted_now"], "12.00");
    assert_eq!(shell.run(&revalue).went_well().json()["sequences"], json!([]));
    let report = ["fx", "report", "balance-sheet", "--in", "CNY", "--as-of", "2026-04-30", "--result-kind", "closing"];
    let shown = shell.run(&report).went_well().out;
    assert!(shown.contains("USD/CNY 7.2 closing 2026-04-30") && shown.contains("432.00"), "{shown}");
    shell
        .run(&["fx", "exchange", "--from", "nobody=1.00", "--to", "1002", "--date", "2026-04-10"])
        .says(1, "there is no account nobody in this book");
}
