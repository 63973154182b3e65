//! A suspension takes one person and counts at once; lifting it, and closing, take two.

use dianfu_claims::insurer::proposal::Act;
use dianfu_claims::insurer::stage::{Stage, StageAct};
use dianfu_claims::insurer::suspension::suspend;
use dianfu_claims::insurer::{InsurerRefusal, Need, standings_in};
use dianfu_ledger::Ledger;
use dianfu_ledger::entry::EntryKind;
use dianfu_settlement::number::PartyNo;
use dianfu_tests::eventually;

use super::fixture::{CHECKER, MAKER, Office, cpic, entry, later, now, told, word};

async fn suspended(ledger: &Ledger) -> Result<(), InsurerRefusal> {
    let mut client = ledger.client().await.unwrap();
    suspend(&mut client, &cpic(), ("fraud inquiry", MAKER), later(1)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_waits_for_who_relies_on_the_insurer_and_counts_for_all_after_it() {
    let office = Office::live().await;
    let mut client = office.client().await;
    let tx = client.transaction().await.unwrap();
    let standing = standings_in(&tx, &[cpic()], now()).await.unwrap().remove(&cpic()).unwrap();
    standing.permits(Need::Advance).unwrap();

    let other = Office::open(&office.test).await;
    let suspending = tokio::spawn(async move { suspended(&other).await });
    let owner = office.owner().await;
    let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock')";
    eventually("the suspension waits", async || owner.query_one(waiting, &[]).await.unwrap().get(0)).await;
    assert!(!suspending.is_finished());

    let hold = entry(EntryKind::Hold, "1101.cpic", 100, "C-1");
    let outcomes = office.ledger.post_in(&tx, &[hold]).await.unwrap();
    assert_eq!(word(&outcomes[0]), "posted");
    tx.commit().await.unwrap();
    suspending.await.unwrap().unwrap();

    // Also for a moment before it: what counts is which comes first, not what a clock says.
    let standing = office.standing(now()).await;
    let refusal = standing.permits(Need::Advance).unwrap_err();
    assert_eq!((standing.stage.stage, refusal.code()), (Stage::Suspended, "insurer_suspended"));
    assert!(refusal.to_string().ends_with("fraud inquiry"), "{refusal}");
    for need in [Need::SendToInsurer, Need::Decision, Need::Remittance, Need::Reimburse] {
        assert_eq!(standing.permits(need), Ok(()), "what was begun goes on");
    }
}

#[tokio::test]
async fn lifting_and_closing_take_two_people() {
    let office = Office::live().await;
    suspended(&office.ledger).await.unwrap();
    suspended(&office.ledger).await.unwrap();
    assert_eq!(office.count("insurer_stage_step").await, 2);

    let proposal_no = office.propose(&Act::Lift, later(2)).await.unwrap();
    assert!(told(office.approve(proposal_no, MAKER, later(2)).await).starts_with("same_person: "));
    assert_eq!(office.standing(later(2)).await.stage.stage, Stage::Suspended);
    office.approve(proposal_no, CHECKER, later(2)).await.unwrap();
    let view = office.standing(later(2)).await.stage;
    assert_eq!((view.stage, view.because.unwrap().act), (Stage::Live, StageAct::Lift));

    suspended(&office.ledger).await.unwrap();
    let outcomes = office.ledger.post(vec![entry(EntryKind::Post, "1102.cpic", 700, "C-1")]).await.unwrap();
    assert_eq!(word(&outcomes[0]), "posted");
    let refusal = told(office.propose(&Act::Close, later(3)).await);
    assert_eq!(refusal, "balance_open: account 1102.cpic is not at zero: 7.00 CNY are open on it");
    office.ledger.post(vec![entry(EntryKind::Post, "1102.cpic", -700, "C-1")]).await.unwrap();
    let proposal_no = office.propose(&Act::Close, later(3)).await.unwrap();
    office.approve(proposal_no, CHECKER, later(3)).await.unwrap();
    let standing = office.standing(later(3)).await;
    assert!(Need::ALL.into_iter().all(|need| standing.permits(need).unwrap_err().code() == "insurer_not_live"));
    assert!(told(suspended(&office.ledger).await).starts_with("not_in_this_stage: insurer 'cpic' is CLOSED"));
}

#[tokio::test]
async fn only_who_is_live_is_suspended() {
    let office = Office::new().await;
    assert!(told(suspended(&office.ledger).await).starts_with("not_in_this_stage: insurer 'cpic' is ONBOARDING"));
    let mut client = office.client().await;
    let nobody = PartyNo::parse("nobody").unwrap();
    let answer = suspend(&mut client, &nobody, ("fraud inquiry", MAKER), now()).await.unwrap();
    assert_eq!(told(answer), "unknown: there is no insurer 'nobody'");
    let answer = suspend(&mut client, &cpic(), ("", MAKER), now()).await.unwrap();
    assert!(told(answer).starts_with("text_length: reason"));
}
