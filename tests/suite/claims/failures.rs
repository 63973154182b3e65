//! Whatever fails at whatever write, and at COMMIT: nothing is half done, and the step taken again does all of it.

use std::collections::{BTreeMap, BTreeSet};

use dianfu_claims::apply::{Attempt, attempt};
use dianfu_settlement::journals;

use super::fixture::{Desk, WIDE, intake, now, straight_path};
use super::lives::{Life, left_to_reviewers, lives};

/// Tables that each step writes a row of its own to; a fault at these can wait until COMMIT.
const DEFERRED: [&str; 2] = ["claim_event", "payout_fact"];

/// Everything that the steps write to.
const PLACES: [&str; 23] = [
    "COMMIT claim_event",
    "COMMIT payout_fact",
    "claim",
    "claim_event",
    "claim_line",
    "claim_proposal",
    "claim_share",
    "commit",
    "decision",
    "entry",
    "entry_link",
    "head",
    "open_item_reference",
    "payable",
    "payee_account",
    "payout",
    "payout_batch",
    "payout_fact",
    "payout_item",
    "posting",
    "review_task",
    "review_task_act",
    "segment",
];

/// Makes every write to a table fail.
async fn break_at(owner: &tokio_postgres::Client, place: &str) {
    let create = match place.strip_prefix("COMMIT ") {
        None => format!(
            "CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON {place}
                 FOR EACH ROW EXECUTE FUNCTION fault()"
        ),
        Some(table) => format!(
            "CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON {table}
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fault()"
        ),
    };
    owner.batch_execute(&create).await.unwrap();
}

async fn mend(owner: &tokio_postgres::Client, place: &str) {
    let table = place.trim_start_matches("COMMIT ");
    owner.batch_execute(&format!("DROP TRIGGER fault ON {table}")).await.unwrap();
}

#[tokio::test]
async fn a_failure_at_any_write_leaves_nothing_and_is_made_good_by_trying_again() {
    let mut failed = BTreeSet::new();
    for life in lives().into_iter().chain([left_to_reviewers()]) {
        failed.extend(fail_everywhere(&life).await);
    }
    assert_eq!(failed.into_iter().collect::<Vec<_>>(), PLACES);
}

/// Fails each step of a life at each place that it writes to, and takes it then; answers the places.
async fn fail_everywhere(life: &Life) -> BTreeSet<String> {
    // What each step writes is seen in another book, where nothing fails.
    let (desk, reference) = (life.book().await, life.book().await);
    for book in [&desk, &reference] {
        // What a book lacks of its journals is recorded before a step begins.
        journals::install(&book.ledger).await.unwrap();
    }
    let owner = desk.owner().await;
    let function = "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql
                    AS $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = 'XX001'; END $$";
    owner.batch_execute(function).await.unwrap();
    let mut failed = BTreeSet::new();
    for step in &life.steps {
        let (before, of_reference) = (desk.everything().await, reference.everything().await);
        step.take(&reference).await.unwrap();
        let after = reference.everything().await;
        let written = after.into_iter().filter(|(table, rows)| of_reference[table] != *rows);
        let written: Vec<String> = written.map(|(table, _)| table).collect();
        let at_commit = written.iter().filter(|table| DEFERRED.contains(&table.as_str()));
        for place in written.iter().cloned().chain(at_commit.map(|table| format!("COMMIT {table}"))) {
            break_at(&owner, &place).await;
            let error = step.take(&desk).await.unwrap_err();
            mend(&owner, &place).await;
            // Statements are sent without waiting for each other: one behind may say first that it is too late.
            assert!(error.contains("injected") || error.contains("E25P02"), "{place}: {error}");
            assert_eq!(desk.everything().await, before, "{place}");
            failed.insert(place);
        }
        step.take(&desk).await.unwrap();
    }
    desk.verify().await;
    failed
}

#[tokio::test]
async fn a_transaction_that_is_given_up_before_commit_has_not_happened() {
    let desk = Desk::new(WIDE).await;
    for (command, _) in straight_path(intake("C-1", "p-1")) {
        let before = desk.everything().await;
        let given_up = {
            let mut client = desk.ledger.client().await.unwrap();
            let tx = client.transaction().await.unwrap();
            let commands = std::slice::from_ref(&command);
            let attempt = attempt(&desk.ledger, &tx, commands, &BTreeMap::new(), "tester", now()).await.unwrap();
            let Attempt::Applied(answers) = attempt else { panic!("{attempt:?}") };
            answers[0].clone().unwrap()
        };
        assert_eq!(desk.everything().await, before);
        assert_eq!(desk.ask(command).await.unwrap(), given_up);
    }
    desk.verify().await;
}
