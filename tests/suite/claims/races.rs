//! Many at once: a claim moves once, a credit line gives no more than it has, and money is paid once.

use std::future::Future;

use dianfu_claims::claim::{DiagnosisCode, NewClaim, State};
use dianfu_claims::event::{Bearer, Event};
use dianfu_claims::{Command, Refusal, apply, settle};
use dianfu_ledger::Ledger;
use dianfu_settlement::batch::Pays;
use dianfu_settlement::{Reissue, Report, instruct, record, reissue};
use tokio::task::JoinSet;

use super::bank::{DUE_ON, approval, batch, paid, rejected, returned};
use super::fixture::{ADVANCE, Desk, ON, WIDE, assigned, decided, intake, now, number, straight_path, told};

/// The same work in as many processes as there are inputs, all at once; what came of each, in no order.
pub async fn at_once<I, T, F>(desk: &Desk, inputs: impl IntoIterator<Item = I>, work: fn(Ledger, I) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut racers = JoinSet::new();
    for input in inputs {
        racers.spawn(work(Desk::open(&desk.test).await, input));
    }
    racers.join_all().await
}

/// Asks for these commands one by one; whether each was on record already.
pub async fn ask(ledger: Ledger, commands: Vec<Command>) -> Vec<Result<bool, Refusal>> {
    let mut client = ledger.client().await.unwrap();
    let mut answers = Vec::new();
    for command in commands {
        let answer = apply(&ledger, &mut client, &[command], "tester", now()).await.unwrap().remove(0);
        answers.push(answer.map(|applied| applied.replayed));
    }
    answers
}

fn path() -> Vec<Command> {
    straight_path(intake("C-1", "p-1")).into_iter().map(|(command, _)| command).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_step_of_a_claim_is_taken_by_one_of_many() {
    let desk = Desk::new(WIDE).await;
    let answers = at_once(&desk, (0..5).map(|_| path()), ask).await;
    let answers: Vec<bool> = answers.into_iter().flatten().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|replayed| !**replayed).count(), 12);
    assert_eq!((desk.claim("C-1").await.state, desk.count("entry").await), (State::Partial, 6));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_ends_a_claim_comes_to_one() {
    for round in 0..4 {
        let desk = Desk::new(WIDE).await;
        desk.bring("C-1", "p-1", State::Ready).await;
        let racers = [vec![told("C-1", Event::Dispensed)], vec![told("C-1", Event::Cancelled)]];
        let answers = at_once(&desk, racers, ask).await.concat();
        let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).map(Refusal::code).collect();
        assert_eq!(refused, ["not_in_this_state"], "round {round}");
        let (claim, entries) = (desk.claim("C-1").await, desk.count("entry").await);
        assert!(
            [(State::Dispensed, 5), (State::Cancelled, 4)].contains(&(claim.state, entries)),
            "{claim:?} {entries}"
        );
        assert_eq!(desk.held().await, 0);
        desk.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_contents_of_a_fact_one_counts() {
    let desk = Desk::new(WIDE).await;
    let dearer = NewClaim { diagnosis: DiagnosisCode::parse("C34.1").unwrap(), ..intake("C-1", "p-1") };
    let racers = [intake("C-1", "p-1"), dearer].map(|claim| vec![Command::take_in(claim, ON)]);
    let answers = at_once(&desk, racers, ask).await.concat();
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).map(Refusal::code).collect();
    assert_eq!((refused, desk.count("claim_event").await), (vec!["conflict"], 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_credit_line_gives_what_it_has_to_those_who_come_first() {
    for (line_minor, passing) in [(2 * ADVANCE, 2), (2 * ADVANCE - 1, 1)] {
        let desk = Desk::new(line_minor).await;
        let claims = [("C-1", "p-1"), ("C-2", "p-2"), ("C-3", "p-3"), ("C-4", "p-4")];
        for (claim_no, patient_no) in claims {
            desk.bring(claim_no, patient_no, State::PreReview).await;
        }
        let reviews = claims.map(|(claim_no, _)| vec![Command::review(number(claim_no), ON)]);
        let answers = at_once(&desk, reviews, ask).await.concat();
        let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).map(Refusal::code).collect();
        assert_eq!(refused, vec!["group_above_maximum"; 4 - passing]);
        assert_eq!(desk.held().await, i64::try_from(passing).unwrap() * ADVANCE);
        desk.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deductible_and_a_cycle_are_used_once() {
    let desk = Desk::new(WIDE).await;
    for claim_no in ["C-1", "C-2", "C-3"] {
        desk.bring(claim_no, "p-1", State::PreReview).await;
    }
    let reviews = ["C-1", "C-2", "C-3"].map(|claim_no| vec![Command::review(number(claim_no), ON)]);
    for answer in at_once(&desk, reviews, ask).await.concat() {
        answer.unwrap();
    }
    let mut states = Vec::new();
    for claim_no in ["C-1", "C-2", "C-3"] {
        states.push(desk.claim(claim_no).await.state);
    }
    states.sort_unstable();
    assert_eq!(states, [State::PreRejected, State::PreRejected, State::PreApproved]);
    assert_eq!(desk.held().await, ADVANCE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_due_is_paid_by_one_batch() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    for batch_no in ["B-1", "B-2"] {
        desk.propose(&batch(batch_no, Pays::Pharmacies)).await.unwrap();
    }
    let work = |ledger: Ledger, batch_no: &'static str| async move {
        let mut client = ledger.client().await.unwrap();
        let answer = instruct(&ledger, &mut client, &approval(batch_no, 1, 1_980_000), now()).await.unwrap();
        answer.map(|payouts| payouts[0].payout_id.to_string()).map_err(|refusal| refusal.code())
    };
    let answers = at_once(&desk, ["B-1", "B-1", "B-2", "B-2"], work).await;
    let paid: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert!(paid.len() == 2 && paid[0] == paid[1], "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Err("nothing_due")).count(), 2);
    assert_eq!((desk.count("payout").await, desk.count("entry WHERE reference LIKE 'B-%'").await), (1, 2));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_is_paid_or_paid_less_and_never_both() {
    for round in 0..4 {
        let desk = Desk::new(WIDE).await;
        desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
        desk.tell("C-1", decided(0)).await;
        desk.propose(&batch("B-1", Pays::Pharmacies)).await.unwrap();
        let work = |ledger: Ledger, pays: bool| async move {
            let mut client = ledger.client().await.unwrap();
            if pays {
                let answer = instruct(&ledger, &mut client, &approval("B-1", 1, 1_980_000), now()).await.unwrap();
                return answer.map_or_else(|refusal| refusal.code(), |_| "paid");
            }
            let less = told("C-1", assigned(1, Bearer::PharmacyUnpaidOrder, 1_000));
            let answer = apply(&ledger, &mut client, &[less], "tester", now()).await.unwrap().remove(0);
            answer.map_or_else(|refusal| refusal.code(), |_| "less")
        };
        let mut answers = at_once(&desk, [true, false], work).await;
        answers.sort_unstable();
        let both = [["control_total_differs", "less"], ["order_not_open", "paid"]];
        assert!(both.contains(&[answers[0], answers[1]]), "round {round}: {answers:?}");
        desk.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bank_has_one_last_word_and_a_return_is_issued_again_once() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    let payout = desk.pay("B-1", Pays::Pharmacies).await.remove(0);
    let facts = [paid(&payout, 0), rejected(), paid(&payout, 0), rejected()];
    let reports =
        facts.map(|fact| Report { payout_id: payout.payout_id.clone(), fact, on: DUE_ON, evidence_sha256: None });
    let work = |ledger: Ledger, report: Report| async move {
        let mut client = ledger.client().await.unwrap();
        let answer = record(&ledger, &mut client, &[report], "bank", now()).await.unwrap().remove(0);
        answer.map(|recorded| recorded.replayed).map_err(|refusal| refusal.code())
    };
    let mut answers = at_once(&desk, reports, work).await;
    answers.sort_unstable();
    assert_eq!(answers, [Ok(false), Ok(true), Err("fact_not_possible"), Err("fact_not_possible")]);

    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    let payout = desk.pay("B-1", Pays::Pharmacies).await.remove(0);
    desk.report(&payout.payout_id, paid(&payout, 0)).await.unwrap();
    desk.report(&payout.payout_id, returned(&payout)).await.unwrap();
    desk.pays("red-cross", 2).await;
    let order =
        Reissue { returned: payout.payout_id, made_by: "wang".to_owned(), checked_by: "li".to_owned(), on: DUE_ON };
    let work = |ledger: Ledger, order: Reissue| async move {
        let mut client = ledger.client().await.unwrap();
        reissue(&ledger, &mut client, &order, now()).await.unwrap().unwrap().payout_id.to_string()
    };
    let answers = at_once(&desk, vec![order; 4], work).await;
    assert_eq!((answers, desk.count("payout").await), (vec!["B-1-0001-R1".to_owned(); 4], 2));
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_claim_is_closed_once_by_many_who_look() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::ShareDue).await;
    desk.tell("C-1", Event::Cancelled).await;
    let work = |ledger: Ledger, claim_no: &'static str| async move {
        let mut client = ledger.client().await.unwrap();
        let answer = settle(&ledger, &mut client, &[number(claim_no)], (ON, "system"), now()).await.unwrap().remove(0);
        answer.unwrap().replayed
    };
    let answers = at_once(&desk, ["C-1"; 5], work).await;
    assert_eq!(answers.iter().filter(|replayed| !**replayed).count(), 1, "{answers:?}");
    assert_eq!((desk.claim("C-1").await.state, desk.count("claim_event").await), (State::Closed, 9));
}
