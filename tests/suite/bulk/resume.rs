//! An import that is killed is resumed by running it again, and posts nothing twice.

use std::fmt::Write as _;

use dianfu_ledger::query::{self, Moment};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::open;
use crate::shell::Shell;

const ENTRIES: i64 = 40_000;

fn leg(account: &str, side: &str, n: i64) -> String {
    format!(r#"{{"account":"{account}","{side}":"{n}.00","currency":"CNY"}}"#)
}

/// Entries with ids of their own, or without.
fn lines(with_ids: bool) -> String {
    let mut text = String::new();
    for n in 1..=ENTRIES {
        let id = if with_ids { format!(r#""id":"0199aa00-0000-7000-8000-{n:012}","#) } else { String::new() };
        writeln!(
            text,
            r#"{{"entry":{{{id}"effective_date":"2024-01-05","postings":[{},{}]}}}}"#,
            leg("1002.bank", "debit", n),
            leg("3001", "credit", n)
        )
        .unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_is_resumed_and_posts_nothing_twice() {
    for with_ids in [true, false] {
        let shell = Shell::with_accounts().await;
        let file = shell.file("big.ndjson", lines(with_ids));
        let arguments = ["import", "ndjson", file.to_str().unwrap(), "--format", "json"];
        let ledger = open(shell.test(), "main").await;
        let client = ledger.client().await.unwrap();
        for at_least in [1, ENTRIES / 3, 2 * ENTRIES / 3] {
            let mut running = shell.command(&arguments).spawn().unwrap();
            dianfu_tests::eventually("the import is on its way", async || {
                query::horizon(&**client, Moment::default()).await.unwrap().sequence >= at_least
            })
            .await;
            kill(Pid::from_raw(running.id().try_into().unwrap()), Signal::SIGKILL).unwrap();
            running.wait().unwrap();
        }
        let last = shell.run(&arguments).went_well().json();
        assert_eq!(last["posted"].as_i64().unwrap() + last["replayed"].as_i64().unwrap(), ENTRIES);
        assert!(last["replayed"].as_i64().unwrap() > 0, "{last}");
        let books = query::trial_balance(&**client, Moment::default(), None).await.unwrap();
        let sum = i128::from(ENTRIES) * i128::from(ENTRIES + 1) / 2 * 100;
        let closings: Vec<i128> = books.rows.iter().map(query::TrialBalanceRow::closing_minor).collect();
        assert_eq!(closings, [sum, -sum]);
        assert_eq!(query::horizon(&**client, Moment::default()).await.unwrap().sequence, ENTRIES);
        ledger.close().await;
    }
}
