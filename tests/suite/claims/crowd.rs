//! A thousand claims at once against one credit line: it is never passed by a minor unit, and nothing is lost.

use std::collections::BTreeMap;

use dianfu_claims::claim::{NewClaim, State};
use dianfu_claims::event::Event;
use dianfu_claims::patient::{self, Patient, Policy};
use dianfu_claims::{Command, apply};
use dianfu_ledger::Ledger;
use dianfu_ledger::money::Currency;

use super::fixture::{
    Desk, GROSS, ON, decision, intake, line_decided, now, number, offered, party, policy_of, sent, share_paid, told,
};
use super::races::at_once;

const CLAIMS: usize = 1_000;
const PATIENTS: usize = 40;
/// Without a deductible, every claim has the same share and advance.
const SHARE: i64 = GROSS / 5;
const ADVANCE: i64 = GROSS - SHARE;
/// One minor unit less than 300 advances.
const LINE: i64 = 300 * ADVANCE - 1;
/// Processes, and callers in each.
const PROCESSES: usize = 4;
const CALLERS: usize = 6;

/// A book in which every claim waits for its review, each patient with many.
async fn waiting() -> Desk {
    let desk = Desk::new(LINE).await;
    let mut client = desk.ledger.client().await.unwrap();
    desk.asks_little().await;
    for at in 0..PATIENTS {
        let patient = Patient { patient_no: party(&patient_of(at)), currency: Currency::CNY };
        patient::register(&mut client, &patient, "tester", now()).await.unwrap().unwrap();
        let policy = Policy { deductible_minor: 0, ..policy_of(&patient_of(at)) };
        patient::register_policy(&mut client, &policy, "tester", now()).await.unwrap().unwrap();
    }
    let begun = |at: usize| {
        let claim: NewClaim = intake(&claim_of(at), &patient_of(at));
        let events = [Event::Submitted, Event::ReviewStarted].map(|event| told(&claim_of(at), event));
        [vec![Command::take_in(claim, ON)], events.into()].concat()
    };
    let commands: Vec<Command> = (0..CLAIMS).flat_map(begun).collect();
    assert!(desk.ask_at_once(&commands).await.iter().all(Result::is_ok));
    desk
}

fn claim_of(at: usize) -> String {
    format!("C-{at}")
}

fn patient_of(at: usize) -> String {
    format!("q-{}", at % PATIENTS)
}

/// What becomes of a claim once its advance is held: every fourth is called off, every fourth waits, every fourth is
/// dispensed, and every fourth is dispensed and approved.
fn then(at: usize) -> (Vec<Command>, State) {
    let claim_no = claim_of(at);
    let told = |event| told(&claim_no, event);
    let mut dispensed = vec![offered(&claim_no, 1, "red-cross")];
    let events = [
        Event::OrderAccepted { offer_no: 1 },
        Event::ShareRequested,
        share_paid(SHARE),
        Event::DrugReady,
        Event::Dispensed,
    ];
    dispensed.extend(events.map(told));
    match at % 4 {
        0 => (vec![told(Event::Cancelled)], State::Cancelled),
        1 => (Vec::new(), State::PreApproved),
        2 => (dispensed, State::Dispensed),
        _ => {
            let approved = decision(1, vec![line_decided(1, ADVANCE, None)]);
            dispensed.extend([sent(&claim_no), approved].map(told));
            (dispensed, State::Approved)
        }
    }
}

/// Reviews claims one by one, and goes on with those that pass; where each is left.
async fn caller(ledger: Ledger, claims: Vec<usize>) -> Vec<(usize, State)> {
    let mut client = ledger.client().await.unwrap();
    let mut left = Vec::new();
    for at in claims {
        let review = Command::review(number(&claim_of(at)), ON);
        let reviewed = apply(&ledger, &mut client, &[review], "tester", now()).await.unwrap().remove(0);
        let state = if let Err(refusal) = reviewed {
            assert_eq!(refusal.code(), "group_above_maximum", "{refusal}");
            State::PreReview
        } else {
            let (commands, state) = then(at);
            let answers = apply(&ledger, &mut client, &commands, "tester", now()).await.unwrap();
            for answer in answers {
                assert!(!answer.unwrap().replayed);
            }
            state
        };
        left.push((at, state));
    }
    left
}

/// One process with its callers.
async fn process(ledger: Ledger, share: usize) -> Vec<(usize, State)> {
    let claims_of = |caller: usize| {
        (0..CLAIMS).filter(move |at| at % (PROCESSES * CALLERS) == share * CALLERS + caller).collect::<Vec<usize>>()
    };
    let callers = (0..CALLERS).map(|at| tokio::spawn(caller(ledger.clone(), claims_of(at))));
    let left = futures_util::future::join_all(callers).await;
    left.into_iter().flat_map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_claims_at_once_never_pass_one_credit_line() {
    let desk = waiting().await;
    let left: BTreeMap<usize, State> = at_once(&desk, 0..PROCESSES, process).await.into_iter().flatten().collect();
    assert_eq!(left.len(), CLAIMS);
    let client = desk.ledger.client().await.unwrap();
    let rows = client.query("SELECT claim_no, state FROM claim", &[]).await.unwrap();
    let on_record: BTreeMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let told = left.iter().map(|(at, state)| (claim_of(*at), state.word().to_owned())).collect();
    assert_eq!(on_record, told, "what each caller was told is what stands");

    let count = |state| i64::try_from(left.values().filter(|of| **of == state).count()).unwrap();
    let (held, advanced, approved) = (count(State::PreApproved), count(State::Dispensed), count(State::Approved));
    assert_eq!(desk.held().await, held * ADVANCE);
    let balances = desk.balances().await;
    let both = format!("1101.picc {}; 1102.picc {};", advanced * ADVANCE, approved * ADVANCE);
    assert!(balances.contains(&both), "{balances}");
    let highest = "SELECT max(used)::bigint FROM (
                       SELECT sum(sum(amount_minor)) OVER (ORDER BY sequence) AS used
                       FROM posting JOIN account USING (account_no)
                       WHERE code IN ('1101.picc', '1102.picc', '1109.picc')
                       GROUP BY sequence
                   ) AS line";
    let highest: i64 = client.query_one(highest, &[]).await.unwrap().get(0);
    assert_eq!(highest, 299 * ADVANCE, "the line is full at some moment, and never more than that");

    // Those that were refused get what is left, to the last whole advance.
    let refused = left.iter().filter(|(_, state)| **state == State::PreReview);
    let reviews: Vec<Command> = refused.map(|(at, _)| Command::review(number(&claim_of(*at)), ON)).collect();
    let answers = desk.ask_at_once(&reviews).await;
    let passed = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(
        i64::try_from(passed).unwrap(),
        (299 - held - advanced - approved).min(i64::try_from(reviews.len()).unwrap())
    );
    assert!(answers.iter().all(|answer| answer.as_ref().map_or_else(|code| *code == "group_above_maximum", |_| true)));
    desk.verify().await;
}
