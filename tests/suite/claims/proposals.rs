//! What takes two people: proposed by one, shown, and done once another has accepted it.

use dianfu_claims::claim::State;
use dianfu_claims::command::Request;
use dianfu_claims::decide::Applied;
use dianfu_claims::event::{Bearer, Event};
use dianfu_claims::{Command, proposal};
use dianfu_ledger::{Ledger, id};
use jiff::Timestamp;
use uuid::Uuid;

use super::fixture::{Desk, ON, WIDE, assigned, intake, now, number};
use super::races::at_once;

/// What the insurer does not cover at the worked figures.
const SHORTFALL: i64 = 120_000;

/// The platform is to bear so much of it.
fn to_bear(amount_minor: i64) -> Command {
    Command::tell(number("C-1"), assigned(1, Bearer::Platform, amount_minor), ON)
}

/// A claim with a shortfall.
async fn desk() -> Desk {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    desk
}

impl Desk {
    /// Somebody proposes a command.
    pub async fn proposed(&self, id: Uuid, command: &Command, actor: &str) -> Result<Applied, &'static str> {
        let mut client = self.ledger.client().await.unwrap();
        let answer = proposal::propose(&self.ledger, &mut client, id, command, actor, now()).await.unwrap();
        answer.map_err(|refusal| refusal.code())
    }

    /// Somebody accepts a proposal.
    pub async fn accepted(&self, id: Uuid, actor: &str) -> Result<Applied, &'static str> {
        let mut client = self.ledger.client().await.unwrap();
        let answer = proposal::accept(&self.ledger, &mut client, id, (actor, "agreed"), now()).await.unwrap();
        answer.map_err(|refusal| refusal.code())
    }

    /// Somebody turns a proposal down.
    pub async fn turned_down(&self, id: Uuid, actor: &str) -> Result<(), &'static str> {
        let mut client = self.ledger.client().await.unwrap();
        let answer = proposal::turn_down(&mut client, id, (actor, "not this way"), now()).await.unwrap();
        answer.map_err(|refusal| refusal.code())
    }

    /// How many proposals wait.
    async fn waiting(&self) -> usize {
        let mut client = self.ledger.client().await.unwrap();
        let first = (Timestamp::UNIX_EPOCH, Uuid::nil());
        let of_claim = proposal::waiting(&mut client, Some(&number("C-1")), first, 10).await.unwrap();
        let all = proposal::waiting(&mut client, None, first, 10).await.unwrap();
        assert_eq!(of_claim, all);
        all.len()
    }
}

#[tokio::test]
async fn a_proposal_shows_what_it_would_do_and_keeps_nothing_else() {
    let desk = desk().await;
    let mut before = desk.everything().await;
    let id = id::fresh();
    let shown = desk.proposed(id, &to_bear(SHORTFALL), "wang").await.unwrap();
    assert_eq!((shown.from, shown.entry_ids.len(), shown.replayed), (Some(State::Partial), 1, false));
    let mut after = desk.everything().await;
    assert_ne!(before.remove("claim_proposal"), after.remove("claim_proposal"));
    assert_eq!(before, after);
    let mut client = desk.ledger.client().await.unwrap();
    let kept = proposal::look_up(&mut client, id).await.unwrap().unwrap();
    assert_eq!((kept.command, kept.made_by.as_str(), kept.decision), (to_bear(SHORTFALL), "wang", None));
    assert_eq!((desk.waiting().await, proposal::look_up(&mut client, id::fresh()).await.unwrap()), (1, None));
}

#[tokio::test]
async fn the_same_proposal_again_is_fine_and_another_under_its_id_is_not() {
    let desk = desk().await;
    let id = id::fresh();
    let shown = desk.proposed(id, &to_bear(SHORTFALL), "wang").await.unwrap();
    let again = desk.proposed(id, &to_bear(SHORTFALL), "wang").await.unwrap();
    assert_eq!((again.event_no, again.to), (shown.event_no, shown.to));
    let refused = Err("already_proposed");
    assert_eq!(desk.proposed(id, &to_bear(1), "wang").await, refused, "another command");
    assert_eq!(desk.proposed(id, &to_bear(SHORTFALL), "zhao").await, refused, "another person");
    assert_eq!(desk.proposed(id::fresh(), &to_bear(SHORTFALL), "zhao").await, refused, "it waits already");
    assert_eq!((desk.waiting().await, desk.count("claim_proposal").await), (1, 1));
}

#[tokio::test]
async fn what_cannot_happen_is_not_proposed() {
    let desk = desk().await;
    let of = |claim_no: &str, event| Command::tell(number(claim_no), event, ON);
    for (command, code) in [
        (to_bear(SHORTFALL + 1), "shortfall_exceeded"),
        (of("C-1", Event::Submitted), "conflict"),
        (of("C-1", Event::Cancelled), "not_in_this_state"),
        (of("C-9", Event::Submitted), "claim_unknown"),
        (Command::take_in(intake("C-9", "p-1"), ON), "claim_unknown"),
        (to_bear(SHORTFALL).as_of(1), "stale_version"),
    ] {
        let command = Command { on: if code == "conflict" { ON.tomorrow().unwrap() } else { ON }, ..command };
        assert_eq!(desk.proposed(id::fresh(), &command, "wang").await, Err(code));
    }
    assert_eq!(desk.count("claim_proposal").await, 0);
}

#[tokio::test]
async fn another_person_accepts_it_and_then_it_is_done_once() {
    let desk = desk().await;
    let id = id::fresh();
    desk.proposed(id, &to_bear(SHORTFALL), "wang").await.unwrap();
    assert_eq!(desk.accepted(id, "wang").await, Err("same_person"));
    assert_eq!((desk.waiting().await, desk.claim("C-1").await.progress.shortfall_minor), (1, SHORTFALL));
    let done = desk.accepted(id, "li").await.unwrap();
    assert!(!done.replayed);
    assert_eq!(desk.journals(&done.entry_ids).await, ["J10c: 5201 - 120000, 1109.picc C-1 -120000"]);
    let again = desk.accepted(id, "li").await.unwrap();
    assert_eq!(again, Applied { replayed: true, ..done.clone() });
    let (claim, events) = desk.story("C-1").await;
    let last = events.last().unwrap();
    assert_eq!((claim.event_no, last.actor.as_str()), (done.event_no, "wang"), "who proposes it tells it");
    assert_eq!(desk.count("claim_event WHERE actor = 'wang' AND checked_by = 'li'").await, 1);
    // It is decided, whoever asks and for what.
    for answer in [desk.accepted(id, "zhao").await, desk.accepted(id, "wang").await] {
        assert_eq!(answer.map(|_| ()), Err("proposal_decided"));
    }
    assert_eq!(desk.turned_down(id, "li").await, Err("proposal_decided"));
    assert!(desk.proposed(id, &to_bear(SHORTFALL), "wang").await.unwrap().replayed);
    assert_eq!(desk.waiting().await, 0);
    desk.verify().await;
}

#[tokio::test]
async fn what_is_turned_down_or_taken_back_is_not_done_and_can_be_proposed_anew() {
    let desk = desk().await;
    for who in ["li", "wang"] {
        let id = id::fresh();
        desk.proposed(id, &to_bear(SHORTFALL), "wang").await.unwrap();
        for _ in 0..2 {
            assert_eq!(desk.turned_down(id, who).await, Ok(()), "again is fine");
        }
        assert_eq!(desk.turned_down(id, "zhao").await, Err("proposal_decided"));
        assert_eq!(desk.accepted(id, "li").await, Err("proposal_decided"));
    }
    assert_eq!((desk.waiting().await, desk.claim("C-1").await.progress.shortfall_minor), (0, SHORTFALL));
    let id = id::fresh();
    desk.proposed(id, &to_bear(SHORTFALL), "wang").await.unwrap();
    desk.accepted(id, "li").await.unwrap();
    let nobody = id::fresh();
    assert_eq!(desk.accepted(nobody, "li").await, Err("proposal_unknown"));
    assert_eq!(desk.turned_down(nobody, "li").await, Err("proposal_unknown"));
    desk.verify().await;
}

#[tokio::test]
async fn what_the_claim_no_longer_takes_is_not_accepted_and_still_waits() {
    let desk = desk().await;
    let event_no = desk.claim("C-1").await.event_no;
    let (first, dated) = (id::fresh(), id::fresh());
    desk.proposed(first, &to_bear(SHORTFALL), "wang").await.unwrap();
    let second = Command::tell(number("C-1"), Event::Provisioned { number: 1, change_minor: 1_000 }, ON);
    desk.proposed(dated, &second.as_of(event_no), "wang").await.unwrap();
    desk.tell("C-1", assigned(1, Bearer::Patient, SHORTFALL)).await;
    let before = desk.everything().await;
    assert_eq!(desk.accepted(first, "li").await, Err("conflict"));
    assert_eq!(desk.accepted(dated, "li").await, Err("stale_version"));
    assert_eq!(desk.everything().await, before);
    assert_eq!(desk.waiting().await, 2);
    desk.turned_down(first, "li").await.unwrap();
    desk.verify().await;
}

#[tokio::test]
async fn what_was_done_meanwhile_is_not_done_again_and_not_accepted_by_its_maker() {
    let desk = desk().await;
    let id = id::fresh();
    desk.proposed(id, &to_bear(SHORTFALL), "wang").await.unwrap();
    let done = desk.ask(to_bear(SHORTFALL).checked_by("li")).await.unwrap();
    assert_eq!(desk.accepted(id, "wang").await, Err("same_person"));
    assert_eq!(desk.accepted(id, "li").await.unwrap(), Applied { replayed: true, ..done });
    assert_eq!(desk.waiting().await, 0);
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_accept_at_once_one_does_it() {
    let desk = desk().await;
    let id = id::fresh();
    desk.proposed(id, &to_bear(SHORTFALL), "wang").await.unwrap();
    let entries = desk.count("entry").await;
    let work = |ledger: Ledger, (id, who): (Uuid, &'static str)| async move {
        let mut client = ledger.client().await.unwrap();
        let answer = proposal::accept(&ledger, &mut client, id, (who, "agreed"), now()).await.unwrap();
        answer.map(|applied| applied.replayed).map_err(|refusal| refusal.code())
    };
    let mut answers = at_once(&desk, ["li", "li", "zhao", "zhao"].map(|who| (id, who)), work).await;
    answers.sort_unstable();
    let decided = Err("proposal_decided");
    assert_eq!(answers, [Ok(false), Ok(true), decided, decided], "who comes first has it");
    assert_eq!(desk.count("entry").await, entries + 1);
    desk.verify().await;
}

#[tokio::test]
async fn an_event_that_takes_one_person_can_be_proposed_too() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::PreReview).await;
    let id = id::fresh();
    let review = Command::of(number("C-1"), Request::Review, ON);
    assert_eq!(desk.proposed(id, &review, "wang").await.unwrap().to, State::PreApproved);
    assert_eq!((desk.held().await, desk.claim("C-1").await.state), (0, State::PreReview));
    assert_eq!(desk.accepted(id, "li").await.unwrap().to, State::PreApproved);
    desk.verify().await;
}
