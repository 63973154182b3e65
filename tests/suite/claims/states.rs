//! What each state takes, on a real book: everything else is refused with the state, and nothing of it is done.

use dianfu_claims::Command;
use dianfu_claims::claim::{ClaimKind, NewClaim, State};
use dianfu_claims::event::{Bearer, Debt, Event};
use dianfu_settlement::batch::Pays;
use jiff::civil::date;

use super::bank::paid;
use super::fixture::{
    ADVANCE, Desk, ON, SHARE, WIDE, assigned, decided, intake, number, offered, party, prescribed, sent, share_paid,
    straight_path, told,
};
use super::material::asked_for;

/// What each state takes of what can be told, by the letters of [`everything`].
const TAKES: [(State, &str); 29] = [
    (State::Draft, "uc"),
    (State::Submitted, "smc"),
    (State::Pended, "Mcx"),
    (State::PreReview, "rmc"),
    (State::PreRejected, ""),
    (State::PreApproved, "oicx"),
    (State::OrderOffered, "kntcx"),
    (State::OrderAccepted, "aycx"),
    (State::OrderDeclined, "ocx"),
    (State::OrderTimedOut, "ocx"),
    (State::ShareDue, "pcx"),
    (State::SharePaid, "ycx"),
    (State::Ready, "dcx"),
    (State::Dispensed, "iwhz"),
    (State::InsurerSubmitted, "vqwhz"),
    (State::InsurerPended, "vQwhz"),
    (State::Approved, DECIDED),
    (State::Partial, DECIDED),
    (State::Rejected, DECIDED),
    (State::PartRecovered, DECIDED),
    (State::Recovered, DECIDED),
    (State::ShortfallOpen, DECIDED),
    (State::TakenBack, DECIDED),
    (State::Returned, "wf"),
    (State::Funded, ""),
    (State::Paid, ""),
    (State::Cancelled, ""),
    (State::Expired, ""),
    (State::Closed, "vfGz"),
];
/// What a claim takes once the insurer has decided.
const DECIDED: &str = "vbwefgGz";

/// Everything that can be told of a claim, each under a letter.
fn everything(claim_no: &str) -> Vec<(char, Command)> {
    let told = |event| told(claim_no, event);
    let (bank, channel) = (party("settlement"), party("wechat"));
    let owed = Event::OwedSharePaid { number: 1, amount_minor: 1, channel };
    let clawback = Event::ClawbackPaid { number: 1, amount_minor: 1, bank: bank.clone() };
    let written_off = Event::WrittenOff { number: 1, debt: Debt::Shortfall, amount_minor: 1 };
    vec![
        ('u', told(Event::Submitted)),
        ('s', told(Event::ReviewStarted)),
        ('m', told(asked_for(1, ON))),
        ('M', told(Event::MaterialSupplied { number: 1 })),
        ('r', Command::review(number(claim_no), ON)),
        ('o', offered(claim_no, 1, "red-cross")),
        ('k', told(Event::OrderAccepted { offer_no: 1 })),
        ('n', told(Event::OrderDeclined { offer_no: 1 })),
        ('t', told(Event::OfferTimedOut { offer_no: 1 })),
        ('a', told(Event::ShareRequested)),
        ('p', told(share_paid(SHARE))),
        ('y', told(Event::DrugReady)),
        ('d', told(Event::Dispensed)),
        ('w', told(owed)),
        ('h', told(Event::ShareRecalculated { number: 1, share_minor: SHARE })),
        ('i', told(sent(claim_no))),
        ('q', told(insurer_asks())),
        ('Q', told(Event::MoreSentToInsurer { number: 1 })),
        ('v', told(decided(1_400_000))),
        ('b', told(assigned(1, Bearer::Platform, 1))),
        ('e', told(clawback)),
        ('f', told(Event::Provisioned { number: 1, change_minor: 1 })),
        ('g', told(written_off)),
        ('G', told(Event::WrittenOffRecovered { number: 1, amount_minor: 1, bank })),
        ('z', told(Event::Returned)),
        ('c', told(Event::Cancelled)),
        ('x', told(Event::Expired)),
    ]
}

fn insurer_asks() -> Event {
    Event::InsurerAskedForMore { number: 1, materials: vec!["invoice".to_owned()], respond_by: ON }
}

#[tokio::test]
async fn no_state_takes_what_does_not_belong_to_it() {
    assert_eq!(TAKES.map(|(state, _)| state), State::ALL);
    let desk = Desk::new(WIDE).await;
    for (at, (state, takes)) in TAKES.into_iter().enumerate() {
        let (claim_no, patient_no) = (format!("C-{at}"), format!("patient-{at}"));
        desk.patient(&patient_no).await;
        bring(&desk, &claim_no, &patient_no, state).await;
        let before = (desk.story(&claim_no).await, desk.count("entry").await);
        let on_record: Vec<&str> = before.0.1.iter().map(|event| event.event.kind().word()).collect();
        for (letter, command) in everything(&claim_no) {
            if takes.contains(letter) || on_record.contains(&command.kind().word()) {
                continue;
            }
            let refusal = desk.ask(command).await.unwrap_err();
            assert_eq!((refusal.code(), refusal.state), ("not_in_this_state", Some(state)), "{refusal}");
        }
        assert_eq!((desk.story(&claim_no).await, desk.count("entry").await), before);
    }
    desk.verify().await;
}

/// Brings a claim to a state, by whatever way leads there.
async fn bring(desk: &Desk, claim_no: &str, patient_no: &str, to: State) {
    let on_the_path = straight_path(intake(claim_no, patient_no)).iter().any(|(_, state)| *state == to);
    let after = async |state: State, command: Command| {
        desk.bring(claim_no, patient_no, state).await;
        desk.ask(command).await.unwrap();
    };
    let told = |event| told(claim_no, event);
    match to {
        _ if on_the_path => desk.bring(claim_no, patient_no, to).await,
        State::PreRejected => {
            let claim = prescribed(date(2026, 1, 1), intake(claim_no, patient_no));
            desk.reviewed(claim).await;
        }
        State::Pended => after(State::Submitted, told(asked_for(1, ON))).await,
        State::OrderDeclined => after(State::OrderOffered, told(Event::OrderDeclined { offer_no: 1 })).await,
        State::OrderTimedOut => {
            desk.bring(claim_no, patient_no, State::OrderOffered).await;
            desk.times_out(claim_no, 1).await;
        }
        State::InsurerPended => after(State::InsurerSubmitted, told(insurer_asks())).await,
        State::Returned => after(State::Dispensed, told(Event::Returned)).await,
        State::Cancelled => after(State::SharePaid, told(Event::Cancelled)).await,
        State::Expired => {
            after(State::SharePaid, Command { on: date(2026, 4, 2), ..told(Event::Expired) }).await;
        }
        State::Funded | State::Paid => bring_reimbursement(desk, claim_no, patient_no, to).await,
        _ => bring_behind_the_decision(desk, claim_no, patient_no, to).await,
    }
    assert_eq!(desk.claim(claim_no).await.state, to);
}

async fn bring_reimbursement(desk: &Desk, claim_no: &str, patient_no: &str, to: State) {
    let claim = NewClaim { kind: ClaimKind::Reimbursement, ..intake(claim_no, patient_no) };
    desk.reviewed(claim).await;
    desk.tell(claim_no, sent(claim_no)).await;
    desk.tell(claim_no, decided(ADVANCE)).await;
    desk.move_money(&[("1002.settlement", None, ADVANCE), ("1103.picc", Some(claim_no), -ADVANCE)]).await;
    assert_eq!(desk.settled(claim_no).await, State::Funded);
    if to == State::Paid {
        // Nothing is owed on 2201 any more, and the claim has another item that is open.
        let (owed, other) = (format!("2201.{patient_no}"), format!("2202.{patient_no}"));
        desk.move_money(&[(&owed, Some(claim_no), ADVANCE), (&other, Some(claim_no), -ADVANCE)]).await;
        desk.settled(claim_no).await;
    }
}

async fn bring_behind_the_decision(desk: &Desk, claim_no: &str, patient_no: &str, to: State) {
    desk.bring(claim_no, patient_no, State::InsurerSubmitted).await;
    let approved_minor = if matches!(to, State::Rejected | State::ShortfallOpen) { 0 } else { ADVANCE };
    desk.tell(claim_no, decided(approved_minor)).await;
    let received_minor = match to {
        State::Approved | State::Rejected => return,
        State::ShortfallOpen => 0,
        State::PartRecovered => 1_000_000,
        _ => ADVANCE,
    };
    if received_minor > 0 {
        desk.move_money(&[("1002.settlement", None, received_minor), ("1102.picc", Some(claim_no), -received_minor)])
            .await;
    }
    if to == State::Closed {
        let payouts = desk.pay("B-1", Pays::Pharmacies).await;
        desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    }
    desk.settled(claim_no).await;
    if to == State::TakenBack {
        desk.move_money(&[("1102.picc", Some(claim_no), 70), ("2301.picc", Some(claim_no), -70)]).await;
        desk.settled(claim_no).await;
    }
}
