//! What is on record: versions, what is in force, who was faster, and what `verify` says of what was altered.

use dianfu_ledger::template_register::{TemplateFault, TemplateOutcome, history, last_of, list, sql, versions};
use dianfu_ledger::verify::{Asked, Place, Rule};

use super::fixture::{ALICE, BOB, assert_clean, filling, fresh, post, receipt, record, request};
use crate::books::Book;

#[tokio::test]
async fn every_statement_fits_the_tables() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    for (name, statement) in sql::ALL {
        if let Err(error) = client.prepare(statement).await {
            panic!("{name}: {error:?}");
        }
    }
}

#[tokio::test]
async fn versions_stay_on_record_and_the_last_is_in_force() {
    let book = Book::new().await;
    let first = record(&book, &receipt(1)).await;
    let again = book.ledger.record_template(&receipt(1), None, BOB, true).await.unwrap();
    assert_eq!(again, TemplateOutcome::Unchanged(first));
    let rehearsed = book.ledger.record_template(&receipt(2), None, BOB, false).await.unwrap();
    let second = record(&book, &receipt(2)).await;
    assert_eq!(rehearsed, TemplateOutcome::Recorded(second));
    let retired = book.ledger.retire_template("receipt", Some(second), BOB).await.unwrap();
    let TemplateOutcome::Recorded(end) = retired else { panic!("{retired:?}") };
    let third = record(&book, &receipt(1)).await;

    let client = book.ledger.client().await.unwrap();
    let told: Vec<_> = history(&**client, "receipt").await.unwrap();
    let numbers: Vec<_> = told.iter().map(|version| (version.template_no, version.template.clone())).collect();
    let expected = [(first, Some(receipt(1))), (second, Some(receipt(2))), (end, None), (third, Some(receipt(1)))];
    assert_eq!(numbers, expected);
    assert_eq!((told[2].actor.as_str(), told[2].reason.as_str()), ("bob", "another test"));
    assert_eq!(list(&**client).await.unwrap(), [told[3].clone()]);
    assert_eq!(last_of(&**client, &["receipt", "nothing"]).await.unwrap()["receipt"], told[3]);
    assert_eq!(versions(&**client, &[second, 999]).await.unwrap()[&second], told[1]);
    assert_clean(&book).await;
}

#[tokio::test]
async fn who_works_from_an_old_version_is_told_which_one_is_in_force() {
    let book = Book::new().await;
    let first = record(&book, &receipt(1)).await;
    let second = record(&book, &receipt(2)).await;
    let overtaken = TemplateFault::Overtaken { name: "receipt".to_owned(), replaces: first, in_force: Some(second) };
    let refused = TemplateOutcome::Refused(overtaken);
    assert_eq!(book.ledger.record_template(&receipt(3), Some(first), BOB, true).await.unwrap(), refused);
    assert_eq!(book.ledger.retire_template("receipt", Some(first), BOB).await.unwrap(), refused);
    // The same again is no conflict: the retry of who was first finds what it recorded.
    let again = book.ledger.record_template(&receipt(2), Some(first), ALICE, true).await.unwrap();
    assert_eq!(again, TemplateOutcome::Unchanged(second));
    let code = |outcome| match outcome {
        TemplateOutcome::Refused(fault) => fault.code(),
        other => panic!("{other:?}"),
    };
    assert_eq!(code(book.ledger.retire_template("nothing", None, BOB).await.unwrap()), "template_unknown");
    let nobody = dianfu_ledger::register::Signature { actor: "", ..ALICE };
    assert_eq!(code(book.ledger.record_template(&receipt(3), None, nobody, true).await.unwrap()), "text_length");
}

#[tokio::test]
async fn an_entry_of_a_template_that_was_not_in_force_is_found() {
    let book = Book::new().await;
    let first = record(&book, &receipt(1)).await;
    assert_eq!(post(&book, vec![fresh("1.00"), fresh("2.00")]).await, ["posted", "posted"]);
    let second = record(&book, &receipt(2)).await;
    assert_eq!(post(&book, vec![fresh("3.00")]).await, ["posted"]);
    book.ledger.retire_template("receipt", None, BOB).await.unwrap();
    let last = dianfu_ledger::id::fresh();
    assert_eq!(post(&book, vec![request(last, filling("4.00"))]).await, ["template_unknown"]);
    assert_clean(&book).await;
    let vandal = book.test.database().connect_owner().await.unwrap();
    vandal.batch_execute("SET search_path = book_main; SET session_replication_role = replica").await.unwrap();
    for (sequence, template_no, there) in [(2, second, first), (3, first, second), (3, 999, second)] {
        let alter = format!("UPDATE entry SET template_no = {template_no} WHERE sequence = {sequence}");
        vandal.batch_execute(&alter).await.unwrap();
        let finding = book.ledger.verify(Asked::default(), |_| {}).await.unwrap().finding.unwrap();
        let found = (finding.place, finding.rule, finding.actual);
        assert_eq!(found, (Place::Entry { sequence }, Rule::TemplateInForce, template_no.to_string()));
        let restore = format!("UPDATE entry SET template_no = {there} WHERE sequence = {sequence}");
        vandal.batch_execute(&restore).await.unwrap();
    }
    assert_clean(&book).await;
}
