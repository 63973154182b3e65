//! Who tells what: partners and patients speak of what is theirs, and of two people who look at the same claim one
//! decides.

use dianfu_claims::claim::State;
use dianfu_claims::event::{Bearer, Debt, Event};
use dianfu_claims::{Command, apply};
use dianfu_ledger::Ledger;

use super::fixture::{Desk, ON, WIDE, assigned, decided, decided_again, intake, now, offered, party, told};
use super::races::at_once;

#[tokio::test]
async fn nobody_tells_what_is_for_another_to_tell() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    let borne = told("C-1", assigned(1, Bearer::Platform, 1));
    let taken_in = Command::take_in(intake("C-2", "p-2"), ON);
    let wrong = [
        ("insurer:other", told("C-1", decided(0))),
        ("insurer:picc", told("C-1", Event::Returned)),
        ("insurer:picc", told("C-1", Event::MoreSentToInsurer { number: 1 })),
        ("insurer:picc", borne.clone()),
        ("pharmacy:red-cross", told("C-1", decided(0))),
        ("pharmacy:old-town", told("C-1", Event::Returned)),
        ("pharmacy:red-cross", borne.clone()),
        ("pharmacy:red-cross", offered("C-1", 2, "red-cross")),
        ("patient:p-1", told("C-1", decided(0))),
        ("patient:p-2", told("C-1", Event::Cancelled)),
        ("patient:p-1", taken_in.clone()),
        ("insurer:picc", taken_in.clone()),
        ("system:worker", borne.clone()),
    ];
    let before = desk.everything().await;
    for (actor, command) in wrong {
        let event = command.kind().word();
        let refusal = desk.ask_as(command, actor, now()).await.unwrap_err();
        assert_eq!(refusal.code(), "wrong_actor", "{actor} tells {event}: {refusal}");
        assert!(refusal.to_string().contains(&format!("'{actor}' cannot tell this of this claim; ")), "{refusal}");
    }
    assert_eq!(desk.everything().await, before);
    desk.ask_as(told("C-1", decided(0)), "insurer:picc", now()).await.unwrap();
    desk.ask_as(taken_in, "patient:p-2", now()).await.unwrap();
    desk.ask_as(borne, "finance:wang", now()).await.unwrap();
}

#[tokio::test]
async fn an_order_belongs_to_the_pharmacy_that_it_is_offered_to() {
    let desk = Desk::new(WIDE).await;
    desk.pharmacy("old-town", 200, 3).await;
    desk.bring("C-1", "p-1", State::OrderOffered).await;
    let as_of = |actor, event| desk.ask_as(told("C-1", event), actor, now());
    as_of("pharmacy:red-cross", Event::OrderDeclined { offer_no: 1 }).await.unwrap();
    desk.ask(offered("C-1", 2, "old-town")).await.unwrap();
    let refusal = as_of("pharmacy:red-cross", Event::OrderAccepted { offer_no: 2 }).await.unwrap_err();
    assert_eq!(refusal.code(), "wrong_actor");
    as_of("pharmacy:old-town", Event::OrderAccepted { offer_no: 2 }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_people_who_decide_at_once_one_has_looked_too_early() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    let seen = desk.claim("C-1").await.event_no;
    let choices = [(1, Bearer::Platform), (2, Bearer::Patient)];
    let racers = choices.map(|(number, bearer)| told("C-1", assigned(number, bearer, 60_000)).as_of(seen));
    let work = |ledger: Ledger, command: Command| async move {
        let mut client = ledger.client().await.unwrap();
        let answer = apply(&ledger, &mut client, &[command], "tester", now()).await.unwrap().remove(0);
        answer.map_or_else(|refusal| refusal.to_string(), |_| "ok".to_owned())
    };
    let mut answers = at_once(&desk, racers.clone(), work).await;
    answers.sort_unstable();
    let stale = "the claim is at event 13; it was looked at as of event 12";
    assert!(answers[0].contains(stale) && answers[1] == "ok", "{answers:?}");
    // The one whose word counts is answered again; the other one looks again.
    let mut again = Vec::new();
    for command in racers {
        again.push(desk.ask(command).await.map_err(|refusal| refusal.code()).map(|applied| applied.replayed));
    }
    assert!(again.contains(&Ok(true)) && again.contains(&Err("stale_version")), "{again:?}");
}

#[tokio::test]
async fn what_reads_the_ledger_sees_what_its_own_batch_has_done() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    let paid = |number, amount_minor| Event::ClawbackPaid { number, amount_minor, bank: party("settlement") };
    let written_off = |number, amount_minor| Event::WrittenOff { number, debt: Debt::Clawback, amount_minor };
    let steps = [
        (decided(1_400_000), "ok"),
        (assigned(1, Bearer::Patient, 120_000), "ok"),
        (paid(1, 50_000), "ok"),
        (paid(2, 70_001), "out_of_range"),
        (Event::Provisioned { number: 1, change_minor: 70_001 }, "out_of_range"),
        (Event::Provisioned { number: 1, change_minor: 70_000 }, "ok"),
        (written_off(1, 30_000), "ok"),
        (written_off(2, 40_001), "out_of_range"),
        (decided_again(2, 1_390_000), "ok"),
        (decided_again(3, 1_520_000), "ok"),
        (paid(3, 1), "out_of_range"),
        (Event::Returned, "ok"),
    ];
    let commands = steps.clone().map(|(event, _)| told("C-1", event));
    let answers = desk.ask_at_once(&commands).await;
    let codes: Vec<&str> = answers.iter().map(|answer| answer.as_ref().map_or_else(|code| *code, |_| "ok")).collect();
    assert_eq!(codes, steps.map(|(_, code)| code));
    let entries: Vec<_> = answers.iter().flatten().flat_map(|applied| applied.entry_ids.clone()).collect();
    let posted = desk.journals(&entries).await;
    assert_eq!(posted[5], "J18b: 1109.picc C-1 10000, 1102.picc C-1 -10000");
    let relieved = "J10d: 1102.picc C-1 130000, 1109.picc C-1 -10000, 1202.p-1 C-1 -40000, 2202.p-1 C-1 -50000, \
                    4905 - -30000";
    assert_eq!(posted[6], relieved);
    desk.verify().await;
}
