//! Plain reimbursement (J23): the patient has paid; what the insurer approves goes through the platform to the patient.

use dianfu_claims::claim::{ClaimKind, NewClaim, State};
use dianfu_claims::event::{Bearer, Event};

use super::fixture::{ADVANCE, Desk, WIDE, assigned, decided, decided_again, intake, sent, told};

/// A reimbursement that is with the insurer.
async fn submitted(claim_no: &str) -> Desk {
    let desk = Desk::new(0).await;
    let claim = NewClaim { kind: ClaimKind::Reimbursement, ..intake(claim_no, "p-1") };
    let reviewed = desk.reviewed(claim).await;
    assert_eq!((reviewed.to, reviewed.entry_ids.len()), (State::PreApproved, 0), "nothing is advanced");
    assert_eq!(desk.tell(claim_no, sent(claim_no)).await.to, State::InsurerSubmitted);
    desk
}

#[tokio::test]
async fn a_reimbursement_from_approval_over_cash_to_the_patient() {
    let desk = submitted("C-1").await;
    let mut journals = Vec::new();
    let decisions = [(1_400_000, State::Partial), (ADVANCE, State::Approved), (1_500_000, State::Partial)];
    for (decision_no, (approved_minor, to)) in (1..).zip(decisions) {
        let applied = desk.tell("C-1", decided_again(decision_no, approved_minor)).await;
        assert_eq!(applied.to, to);
        journals.extend(desk.journals(&applied.entry_ids).await);
    }
    let expected = [
        "J23: 1103.picc C-1 1400000, 2201.p-1 C-1 -1400000",
        "J23: 1103.picc C-1 120000, 2201.p-1 C-1 -120000",
        "J23-cut: 2201.p-1 C-1 20000, 1103.picc C-1 -20000",
    ];
    assert_eq!(journals, expected);
    assert_eq!(desk.settled("C-1").await, State::Partial, "the insurer has not paid");

    desk.cash("T-1", 1_500_000).await;
    let applied = |minor: i64| [("2190.picc", Some("T-1"), minor), ("1103.picc", Some("C-1"), -minor)];
    desk.move_money(&applied(600_000)).await;
    assert_eq!(desk.settled("C-1").await, State::Partial, "a part of it is not all");
    desk.move_money(&applied(900_000)).await;
    assert_eq!(desk.count("payable").await, 0, "nothing is due to the patient before the insurer has paid");
    assert_eq!(desk.settled("C-1").await, State::Funded);
    assert_eq!(desk.count("payable WHERE account = '2201.p-1' AND item = 'C-1' AND advance_minor = 0").await, 1);

    let out = ("1010.settlement", Some("P-1"));
    desk.move_money(&[("2201.p-1", Some("C-1"), 1_500_000), (out.0, out.1, -1_500_000)]).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.move_money(&[(out.0, out.1, 1_500_000), ("1002.settlement", None, -1_500_000)]).await;
    assert_eq!(desk.balances().await, "");
}

#[tokio::test]
async fn what_the_insurer_has_paid_it_cannot_decide_away() {
    let desk = submitted("C-1").await;
    desk.tell("C-1", decided(1_400_000)).await;
    desk.move_money(&[("1002.settlement", None, 1_000_000), ("1103.picc", Some("C-1"), -1_000_000)]).await;
    assert_eq!(desk.refused(told("C-1", decided_again(2, 999_999))).await, "decided_below_paid");
    desk.tell("C-1", decided_again(2, 1_000_000)).await;
    assert_eq!(desk.settled("C-1").await, State::Funded);
    desk.move_money(&[("1103.picc", Some("C-1"), 70), ("2301.picc", Some("C-1"), -70)]).await;
    assert_eq!(desk.settled("C-1").await, State::TakenBack);
    desk.move_money(&[("2301.picc", Some("C-1"), 70), ("1103.picc", Some("C-1"), -70)]).await;
    assert_eq!(desk.settled("C-1").await, State::Funded);
    desk.verify().await;
}

#[tokio::test]
async fn a_reimbursement_that_the_insurer_rejects_is_closed_by_itself() {
    let desk = submitted("C-1").await;
    let rejected = desk.tell("C-1", decided(0)).await;
    assert_eq!((rejected.to, rejected.entry_ids.len()), (State::Rejected, 0));
    assert_eq!(desk.refused(told("C-1", assigned(1, Bearer::Platform, 1))).await, "not_for_this_kind");
    assert_eq!(desk.settled("C-1").await, State::Closed);
}

#[tokio::test]
async fn the_money_of_an_advance_is_not_sent_to_the_insurer_before_it_is_dispensed() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::PreApproved).await;
    assert_eq!(desk.refused(told("C-1", sent("C-1"))).await, "not_for_this_kind");
    let claim = NewClaim { kind: ClaimKind::Reimbursement, ..intake("C-2", "p-2") };
    desk.reviewed(claim).await;
    let cancelled = desk.tell("C-2", Event::Cancelled).await;
    assert_eq!((cancelled.entry_ids.len(), desk.settled("C-2").await), (0, State::Closed));
}
