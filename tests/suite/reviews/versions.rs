//! A version of rules is proposed by one person, tried, and made live by another.

use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::registration::RegistrationRefusal;
use dianfu_claims::rule_book::{self, change_log, go_live, propose, try_on_past};
use futures_util::future::join_all;
use jiff::civil::date;

use crate::claims::fixture::{Desk, WIDE, now, party, the_rules};

/// The second version: approvals that are good for fewer days.
fn second(approval_days: i32) -> RuleVersion {
    let mut version = the_rules(2);
    version.effective_from = date(2026, 4, 1);
    version.rules.approval_days = approval_days;
    version
}

async fn proposed(desk: &Desk, version: &RuleVersion) -> [u8; 32] {
    let mut client = desk.ledger.client().await.unwrap();
    propose(&mut client, &party("picc"), version, "wang", now()).await.unwrap().unwrap()
}

async fn tried(desk: &Desk, digest: &[u8; 32]) {
    let mut client = desk.ledger.client().await.unwrap();
    try_on_past(&mut client, &party("picc"), (2, digest), "wang", now()).await.unwrap().unwrap();
}

async fn lives(desk: &Desk, digest: &[u8; 32], checked_by: &str) -> Result<(), RegistrationRefusal> {
    let mut client = desk.ledger.client().await.unwrap();
    go_live(&mut client, &party("picc"), (2, digest), checked_by, now()).await.unwrap()
}

#[tokio::test]
async fn what_goes_live_was_tried_and_is_checked_by_another() {
    let desk = Desk::new(WIDE).await;
    let digest = proposed(&desk, &second(20)).await;
    let refused = lives(&desk, &digest, "li").await.unwrap_err();
    assert_eq!(refused.to_string(), "version 2 of the rules of insurer 'picc' has not been tried on past claims");
    tried(&desk, &digest).await;
    assert_eq!(lives(&desk, &digest, "wang").await.unwrap_err().code(), "same_person");
    lives(&desk, &digest, "li").await.unwrap();
    lives(&desk, &digest, "zhao").await.unwrap();
    assert_eq!((desk.count("rule_version").await, desk.count("rule_trial").await), (2, 2));
}

#[tokio::test]
async fn a_trial_is_of_exactly_one_content() {
    let desk = Desk::new(WIDE).await;
    let (first, other) = (proposed(&desk, &second(20)).await, proposed(&desk, &second(21)).await);
    tried(&desk, &first).await;
    assert_eq!(lives(&desk, &other, "li").await.unwrap_err().code(), "untried");
    assert_eq!(lives(&desk, &[7; 32], "li").await.unwrap_err().code(), "unknown");
    tried(&desk, &other).await;
    lives(&desk, &other, "li").await.unwrap();
    let refused = lives(&desk, &first, "li").await.unwrap_err();
    assert!(refused.to_string().contains("another rules/approval_days: there '21', here '20'"), "{refused}");
}

#[tokio::test]
async fn the_database_says_so_whoever_asks() {
    let desk = Desk::new(WIDE).await;
    let digest = proposed(&desk, &second(20)).await;
    let owner = desk.owner().await;
    let live = |columns: &str| {
        format!(
            "INSERT INTO rule_version (insurer_no, version, content_sha256, made_by, checked_by, trial_no, recorded_at)
             SELECT insurer_no, version, content_sha256, {columns}, now() FROM rule_proposal WHERE version = 2"
        )
    };
    for (columns, constraint) in
        [("'wang', 'li', 1", "rule_version_was_tried"), ("'wang', 'wang', 1", "rule_version_two_people")]
    {
        let error = owner.batch_execute(&live(columns)).await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(constraint), "{error:?}");
    }
    tried(&desk, &digest).await;
    let error = owner.batch_execute(&live("'li', 'wang', 1")).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("rule_version_is_a_proposal"));
    owner.batch_execute(&live("'wang', 'li', 1")).await.unwrap();
    for table in ["rule_proposal", "rule_trial"] {
        let error = owner.batch_execute(&format!("DELETE FROM {table}")).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "23001", "{error:?}");
    }
}

#[tokio::test]
async fn the_change_log_tells_each_rule_with_its_people() {
    let desk = Desk::new(WIDE).await;
    let digest = proposed(&desk, &second(20)).await;
    tried(&desk, &digest).await;
    lives(&desk, &digest, "li").await.unwrap();
    let mut client = desk.ledger.client().await.unwrap();
    let log = change_log(&mut client, &party("picc")).await.unwrap();
    assert_eq!(log.iter().filter(|line| line.version == 1).count(), 3 + 4);
    let [.., last] = log.as_slice() else { panic!() };
    assert_eq!((last.change.rule.as_str(), last.effective_from), ("approval_days", date(2026, 4, 1)));
    assert_eq!((last.change.from.clone(), last.change.to.clone()), (Some(30.into()), Some(20.into())));
    assert_eq!((last.made_by.as_str(), last.checked_by.as_str()), ("wang", "li"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn made_live_by_many_at_once_one_content_is_live() {
    let desk = Desk::new(WIDE).await;
    let tell = async |days: i32| {
        let mut client = desk.ledger.client().await.unwrap();
        let people = ("wang", "li");
        rule_book::record(&mut client, &party("picc"), &second(days), people, now()).await.unwrap()
    };
    let answers = join_all((0..6).map(|number| tell(20 + number % 2))).await;
    assert_eq!(desk.count("rule_version").await, 2);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|refused| refused.code() == "conflict"));
}
