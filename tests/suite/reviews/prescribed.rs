//! No more packs than prescribed: what intake says of the prescription is what the rule sees.

use dianfu_claims::Command;
use dianfu_claims::claim::{ClaimLine, NewClaim, State};
use dianfu_claims::prereview::rules::{OnFail, Rule, RuleEntry};
use dianfu_claims::rule_book;

use crate::claims::fixture::{Desk, ON, WIDE, intake, now, party, the_rules};

/// A claim for packs of a prescription.
fn asking(quantity: i32, prescribed_quantity: Option<i32>) -> NewClaim {
    let claim = intake("C-1", "p-1");
    let line = ClaimLine { quantity, prescribed_quantity, ..claim.lines[0].clone() };
    NewClaim { lines: vec![line], ..claim }
}

#[tokio::test]
async fn more_packs_than_prescribed_are_rejected_and_an_unknown_number_is_left_to_a_reviewer() {
    for (quantity, prescribed, to) in [
        (2, Some(2), State::PreApproved),
        (1, Some(2), State::PreApproved),
        (2, Some(1), State::PreRejected),
        (1, None, State::PreReview),
    ] {
        let desk = Desk::new(WIDE).await;
        let mut version = the_rules(2);
        version.rules.rules = vec![RuleEntry { rule: Rule::PrescribedQuantity, on_fail: OnFail::Reject }];
        let mut client = desk.ledger.client().await.unwrap();
        rule_book::record(&mut client, &party("picc"), &version, ("wang", "li"), now()).await.unwrap().unwrap();
        assert_eq!(desk.reviewed(asking(quantity, prescribed)).await.to, to, "{quantity} of {prescribed:?}");
    }
}

#[tokio::test]
async fn nobody_is_prescribed_less_than_a_pack() {
    let desk = Desk::new(WIDE).await;
    for prescribed in [0, -1] {
        assert_eq!(desk.refused(Command::take_in(asking(1, Some(prescribed)), ON)).await, "out_of_range");
    }
}
