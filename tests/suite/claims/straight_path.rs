//! One claim from intake to recovered money at the worked figures, each step with its journals, to the minor unit.

use dianfu_claims::claim::State;
use dianfu_claims::event::{Bearer, Event};
use dianfu_settlement::batch::Pays;

use super::bank::paid;
use super::fixture::{ADVANCE, Desk, SHARE, WIDE, assigned, decided, intake, now, sent, straight_path, told};

/// What each command of the straight path posts.
const JOURNALS: [&[&str]; 12] = [
    &[],
    &[],
    &[],
    &["J1: (1101.picc C-1 1520000), (9002.picc - -1520000)"],
    &[],
    &[],
    &[],
    &["J2: 1005.wechat 2026-03-02 480000, 2203.p-1 C-1 -480000"],
    &[],
    &[
        "J1r: (9002.picc - 1520000), (1101.picc C-1 -1520000)",
        "J3: 1101.picc C-1 1520000, 2203.p-1 C-1 480000, 2101.red-cross C-1 -2000000",
        "J4: 2101.red-cross C-1 20000, 4102 - -18868, 2401 - -1132",
    ],
    &[],
    &["J10: 1102.picc C-1 1400000, 1109.picc C-1 120000, 1101.picc C-1 -1520000"],
];

#[tokio::test]
async fn each_transition_posts_its_journals_and_nothing_else() {
    let desk = Desk::new(WIDE).await;
    let mut before = None;
    for (at, (command, to)) in straight_path(intake("C-1", "p-1")).into_iter().enumerate() {
        let applied = desk.ask(command).await.unwrap();
        assert_eq!((applied.from, applied.to, applied.replayed), (before, to, false));
        assert_eq!(applied.event_no, i32::try_from(at).unwrap() + 1);
        assert_eq!(desk.journals(&applied.entry_ids).await, JOURNALS[at]);
        before = Some(to);
    }
    let (claim, events) = desk.story("C-1").await;
    let quote = claim.progress.quote.unwrap();
    assert_eq!((quote.deductible_minor, quote.share_minor, quote.advance_minor), (100_000, SHARE, ADVANCE));
    assert_eq!((quote.fee_minor, quote.vat_minor), (20_000, 1_132));
    assert_eq!((claim.progress.approved_minor, claim.progress.shortfall_minor), (1_400_000, 120_000));
    assert_eq!(
        events.iter().map(|event| event.entry_ids.len()).collect::<Vec<_>>(),
        [0, 0, 0, 1, 0, 0, 0, 1, 0, 3, 0, 1]
    );
    assert_eq!((desk.held().await, desk.count("entry").await), (0, 6));
}

#[tokio::test]
async fn the_worked_figures_to_the_end() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;

    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    let [payout] = payouts.as_slice() else { panic!("{payouts:?}") };
    assert_eq!(payout.net_minor(), 1_980_000);
    let posted = desk.journals(&desk.instruction(payout).await).await;
    assert_eq!(posted, ["J5: 2101.red-cross C-1 1980000, 1010.settlement B-1-0001 -1980000"]);
    let moved = "1001.own -1520000; 1002.settlement 1520000";
    assert!(desk.balances().await.starts_with(moved), "own money covers the advance and nothing else");
    let recorded = desk.report(&payout.payout_id, paid(payout, 250)).await.unwrap();
    let posted = desk.journals(&recorded.entry_ids).await;
    assert_eq!(posted, ["J6: 1010.settlement B-1-0001 1980000, 5101 - 250, 1002.settlement - -1980250"]);

    desk.move_money(&[("1002.settlement", None, 5_000), ("2301.picc", Some("MARCH"), -5_000)]).await;
    let posted = desk.journals(&[desk.cash("T-1", 1_395_000).await]).await;
    assert_eq!(posted, ["J14a: 1002.settlement - 1395000, 2190.picc T-1 -1395000"]);
    let remitted = desk.remit("T-1", &[("C-1", 1_400_000)], Some(("MARCH", 5_000))).await;
    let posted = desk.journals(&remitted.entry_ids).await;
    assert_eq!(posted, ["J14b: 2190.picc T-1 1395000, 2301.picc MARCH 5000, 1102.picc C-1 -1400000"]);
    assert_eq!(desk.settled("C-1").await, State::ShortfallOpen);

    let borne = desk.tell("C-1", assigned(1, Bearer::Platform, 120_000)).await;
    assert_eq!(desk.journals(&borne.entry_ids).await, ["J10c: 5201 - 120000, 1109.picc C-1 -120000"]);
    assert_eq!(desk.settled("C-1").await, State::Closed);

    let balances = "1001.own -1520000; 1002.settlement 939750; 1005.wechat 480000; 2401 -1132; 4102 -18868; \
                    5101 250; 5201 120000";
    assert_eq!(desk.balances().await, balances);
    let states: Vec<_> = desk.story("C-1").await.1.iter().skip(12).map(|event| event.to.word()).collect();
    assert_eq!(states, ["SHORTFALL_OPEN", "SHORTFALL_OPEN", "RECOVERED", "CLOSED"]);
}

#[tokio::test]
async fn approved_in_full_and_paid_in_two_parts() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    let approved = desk.tell("C-1", decided(ADVANCE)).await;
    assert_eq!(desk.journals(&approved.entry_ids).await, ["J9: 1102.picc C-1 1520000, 1101.picc C-1 -1520000"]);
    assert_eq!(approved.to, State::Approved);
    assert_eq!(desk.settled("C-1").await, State::Approved);

    desk.cash("T-1", 1_000_000).await;
    desk.remit("T-1", &[("C-1", 1_000_000)], None).await;
    assert_eq!(desk.settled("C-1").await, State::PartRecovered);
    desk.cash("T-2", 520_000).await;
    desk.remit("T-2", &[("C-1", 520_000)], None).await;
    assert_eq!(desk.settled("C-1").await, State::Recovered, "the pharmacy is not paid yet");

    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    assert_eq!(desk.settled("C-1").await, State::Recovered, "the bank's last word is not spoken");
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    assert_eq!(desk.settled("C-1").await, State::Closed);

    // The insurer takes it back and pays again.
    desk.remit("T-3", &[("C-1", -400_000), ("C-1", 400_000)], None).await;
    assert_eq!(desk.settled("C-1").await, State::Closed, "{}", desk.balances().await);
}

#[tokio::test]
async fn a_batch_of_claims_is_applied_in_order_and_by_itself() {
    let desk = Desk::new(WIDE).await;
    let mut client = desk.ledger.client().await.unwrap();
    let paths = [intake("C-1", "p-1"), intake("C-2", "p-2")].map(straight_path);
    let [first, second] = paths.map(|path| path.into_iter().map(|(command, _)| command).collect::<Vec<_>>());
    let mut commands = Vec::new();
    for (at, (one, other)) in first.into_iter().zip(second).enumerate() {
        // The second claim's drug is never ready: what follows on it is refused, and nobody else notices.
        commands.extend(if at == 8 { vec![one] } else { vec![one, other] });
    }
    let answers = dianfu_claims::apply(&desk.ledger, &mut client, &commands, "tester", now()).await;
    let answers = answers.unwrap();
    let told: Vec<_> = answers.iter().map(|answer| answer.as_ref().map_err(dianfu_claims::Refusal::code)).collect();
    let refused = told.iter().filter(|answer| answer.is_err()).count();
    assert_eq!((told.len(), refused), (23, 3));
    assert!(told.iter().all(|answer| answer.is_ok() || *answer == Err("not_in_this_state")), "{told:?}");
    assert_eq!(desk.claim("C-1").await.state, State::Partial);
    assert_eq!(desk.claim("C-2").await.state, State::SharePaid);
    assert_eq!(desk.held().await, ADVANCE);
    desk.verify().await;
}

#[tokio::test]
async fn the_number_that_the_insurer_echoes_finds_the_claim() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    desk.tell("C-1", sent("DIANFU-2026-77")).await;
    desk.tell("C-1", decided(ADVANCE)).await;
    desk.cash("T-1", ADVANCE).await;
    let remitted = desk.remit("T-1", &[("DIANFU-2026-77", ADVANCE)], None).await;
    let posted = desk.journals(&remitted.entry_ids).await;
    assert_eq!(posted, ["J14b: 2190.picc T-1 1520000, 1102.picc C-1 -1520000"]);
    assert_eq!(desk.settled("C-1").await, State::Recovered);
    let refused = desk.refused(told("C-1", Event::Cancelled)).await;
    assert_eq!(refused, "not_in_this_state");
}
