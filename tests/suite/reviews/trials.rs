//! What a trial shows of decisions that are on record.

use dianfu_claims::claim::State;
use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::prereview::rules::Rule;
use dianfu_claims::prereview::trial::Trial;
use dianfu_claims::rule_book::{last_trial, propose, try_on_past};
use jiff::civil::date;

use crate::claims::fixture::{ADVANCE, Desk, ON, WIDE, intake, now, party, prescribed, the_rules};
use dianfu_claims::{Command, apply};

async fn trial_of(desk: &Desk, version: &RuleVersion) -> ([u8; 32], Trial) {
    let mut client = desk.ledger.client().await.unwrap();
    let insurer = party("picc");
    let digest = propose(&mut client, &insurer, version, "wang", now()).await.unwrap().unwrap();
    let trial = try_on_past(&mut client, &insurer, (2, &digest), "wang", now()).await.unwrap().unwrap();
    (digest, trial)
}

#[tokio::test]
async fn a_trial_shows_which_decisions_would_be_others_and_how() {
    let desk = Desk::new(WIDE).await;
    for (claim_no, patient_no) in [("C-1", "p-1"), ("C-2", "p-2")] {
        desk.bring(claim_no, patient_no, State::PreApproved).await;
    }
    // The rules reject it: its prescription is 59 days old.
    let old = prescribed(date(2026, 1, 2), intake("C-3", "p-3"));
    let commands = [
        Command::take_in(old, ON),
        crate::claims::fixture::told("C-3", dianfu_claims::event::Event::Submitted),
        crate::claims::fixture::told("C-3", dianfu_claims::event::Event::ReviewStarted),
        Command::review(crate::claims::fixture::number("C-3"), ON),
    ];
    let mut client = desk.ledger.client().await.unwrap();
    for answer in apply(&desk.ledger, &mut client, &commands, "tester", now()).await.unwrap() {
        answer.unwrap();
    }
    let same = trial_of(&desk, &the_rules(2)).await.1;
    assert_eq!((same.tried, same.changed), (3, 0));

    let mut milder = the_rules(2);
    milder.rules.rules[1].rule = Rule::PrescriptionValid { days: 90 };
    let (digest, trial) = trial_of(&desk, &milder).await;
    assert_eq!((trial.tried, trial.changed, trial.newly_approved, trial.approved_no_more), (3, 1, 1, 0));
    let advances = (trial.advance_before_minor, trial.advance_after_minor);
    assert_eq!(advances, (2 * i128::from(ADVANCE), 3 * i128::from(ADVANCE)));
    let [change] = trial.changes.as_slice() else { panic!("{trial:?}") };
    assert_eq!(
        (change.claim_no.as_str(), change.before.rules.as_slice()),
        ("C-3", &["prescription_valid".to_owned()][..])
    );
    assert_eq!((change.after.outcome.as_str(), change.after.advance_minor), ("approved", ADVANCE));
    let kept = last_trial(&mut client, &party("picc"), (2, &digest)).await.unwrap();
    assert_eq!(kept, Some(trial));

    let mut stricter = the_rules(2);
    stricter.rules.rules[1].rule = Rule::PrescriptionValid { days: 0 };
    let (_, trial) = trial_of(&desk, &stricter).await;
    assert_eq!((trial.changed, trial.approved_no_more), (2, 2));
    assert!(trial.changes[0].english[0].contains("it can be used until 2026-03-01"), "{trial:?}");
    assert!(trial.changes[0].chinese[0].contains("有效期至 2026-03-01"), "{trial:?}");
}
