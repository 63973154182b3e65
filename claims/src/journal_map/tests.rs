//! What stands above and around the legs: ids, links, due dates, descriptions, payables. The legs themselves are shown
//! by the lives of claims.

use dianfu_ledger::entry::{EntryKind, NewPosting};
use dianfu_settlement::chart::CHART;
use jiff::civil::date;

use super::*;
use crate::event::Bearer;
use crate::state::next;
use crate::state::tests::story::Story;
use crate::state::tests::told::*;

/// What an event comes to: the claim behind it, its entries in one run, and its payables.
fn comes_to(story: &Story, event: &Event) -> (Claim, Vec<NewEntry>, Vec<NewPayable>) {
    let transition = next(&story.claim, event, story.now, Some(&story.look())).unwrap();
    let claim = Claim { state: transition.to, progress: transition.progress, ..story.claim.clone() };
    let by = (ON, "wang");
    let entries = entries(&Journals::shipped(), &claim, event, by, &transition.posted).unwrap();
    let payables = payables(&claim, &transition.posted, ON);
    (claim, entries, payables)
}

fn until(shape: Shape, state: State) -> Story {
    Story::until(shape, state)
}

/// Due dates by account.
fn due(entry: &NewEntry) -> Vec<(&str, Date)> {
    let of = |leg: &NewPosting| Some((leg.account.control().to_owned(), leg.due_date?));
    let own = |control: String| CHART.iter().find(|line| line.code == control).unwrap().code;
    entry.postings.iter().filter_map(of).map(|(control, due)| (own(control), due)).collect()
}

#[test]
fn an_entry_says_what_it_is_of_and_by_whom() {
    let (_, entries, _) = comes_to(&until(DIRECT, State::ShareDue), &share_paid(SHARE));
    let [entry] = entries.as_slice() else { panic!("J2 is one entry: {entries:?}") };
    assert!(entry.template_no.is_some() && entry.metadata.is_none() && !entry.linked && entry.late);
    assert_eq!((entry.effective_date, entry.reference.as_str(), entry.actor.as_str()), (Some(ON), "C-1", "wang"));
    assert_eq!(entry.description, "Patient paid the share");
    let items: Vec<_> = entry.postings.iter().map(|leg| leg.item.as_deref()).collect();
    assert_eq!(items, [Some("2026-03-02"), Some("C-1")]);
}

#[test]
fn a_release_undoes_the_hold_in_one_run_with_the_advance() {
    for (shape, hold_template) in [(DIRECT, "J1"), (PREFUND, "J24-hold")] {
        let (claim, hold, _) = comes_to(&until(shape, State::PreReview), &quoted(shape, ADVANCE));
        assert_eq!((hold.len(), hold[0].kind), (1, EntryKind::Hold));
        assert_eq!(hold[0].id, id::entry_id(claim.taken_in_at, "C-1", hold_template));
        let (_, run, _) = comes_to(&until(shape, State::Ready), &Event::Dispensed);
        let kinds: Vec<_> = run.iter().map(|entry| (entry.kind, entry.linked)).collect();
        assert_eq!(kinds, [(EntryKind::Release, true), (EntryKind::Post, true), (EntryKind::Post, false)]);
        assert_eq!((run[0].relates_to, run[0].postings.len()), (Some(hold[0].id), 2));
    }
}

#[test]
fn journals_that_move_nothing_have_no_entry() {
    let mut story = until(DIRECT, State::PreReview);
    assert_eq!(story.tell(&quoted(DIRECT, 0)).unwrap().len(), 0, "nothing is held");
    let mut order = story.life();
    for event in order.drain(3..8) {
        let event = if matches!(event, Event::SharePaid { .. }) { share_paid(GROSS) } else { event };
        story.tell(&event).unwrap();
    }
    let (_, run, _) = comes_to(&story, &Event::Dispensed);
    assert_eq!(run.len(), 2, "J3 and J4, and nothing to release");
}

#[test]
fn one_journal_of_one_claim_has_one_id_and_what_comes_more_than_once_is_counted() {
    let of = |story: &Story, event: &Event| comes_to(story, event).1.iter().map(|entry| entry.id).collect::<Vec<_>>();
    let named = |story: &Story, fact: &str| id::entry_id(story.claim.taken_in_at, "C-1", fact);
    let ready = until(DIRECT, State::Ready);
    assert_eq!(of(&ready, &Event::Dispensed), ["J1r", "J3", "J4"].map(|fact| named(&ready, fact)));
    let short = Story::decided(WITH_FEE, 1_400_000);
    let by_patient = assigned(2, Bearer::Patient, 120_000);
    assert_eq!(of(&short, &by_patient), [named(&short, "J10a/shortfall_assigned/2")]);
    let won = assigned(3, Bearer::InsurerAfterDispute, 120_000);
    assert_eq!(of(&short, &won), ["J10d", "J9b"].map(|fact| named(&short, &format!("{fact}/shortfall_assigned/3"))));
    let again = short.decision(ADVANCE);
    assert_eq!(of(&short, &again), ["J10d", "J9b"].map(|fact| named(&short, &format!("{fact}/insurer_decided/2"))));
}

#[test]
fn the_pharmacy_is_due_by_its_order_and_the_insurer_by_its_terms() {
    let mut story = until(DIRECT, State::PreApproved);
    let Event::OrderOffered(order) = offered(1) else { unreachable!() };
    story.tell(&Event::OrderOffered(crate::claim::Order { payment_days: 14, ..order })).unwrap();
    for event in [Event::OrderAccepted { offer_no: 1 }, Event::ShareRequested, share_paid(SHARE), Event::DrugReady] {
        story.tell(&event).unwrap();
    }
    let (_, run, payables) = comes_to(&story, &Event::Dispensed);
    assert_eq!(due(&run[1]), [("2101", date(2026, 3, 16))]);
    assert_eq!(payables[0].due_on, date(2026, 3, 16));
    let sent = until(DIRECT, State::InsurerSubmitted);
    let (_, decided, _) = comes_to(&sent, &sent.decision(1_400_000));
    assert_eq!(due(&decided[0]), [("1102", date(2026, 4, 1))]);
    assert_eq!(decided[0].description.split_once(": ").unwrap().1, "CO-45", "the insurer's reasons");
}

#[test]
fn what_is_to_be_paid_out_is_a_payable() {
    let raised = |story: &Story, event: &Event| {
        let of = |payable: NewPayable| {
            assert_eq!(payable.item, "C-1");
            (payable.account.to_string(), payable.payee.to_string(), payable.advance_minor)
        };
        comes_to(story, event).2.into_iter().map(of).collect::<Vec<_>>()
    };
    let order = |advance| vec![("2101.red-cross".to_owned(), "red-cross".to_owned(), advance)];
    let refund = || vec![("2202.p-17".to_owned(), "p-17".to_owned(), 0)];
    assert_eq!(raised(&until(DIRECT, State::Ready), &Event::Dispensed), order(ADVANCE));
    assert_eq!(raised(&until(AT_PHARMACY, State::Ready), &Event::Dispensed), order(ADVANCE));
    assert_eq!(raised(&until(PREFUND, State::Ready), &Event::Dispensed), order(0), "the insurer's own money");
    assert_eq!(raised(&until(DIRECT, State::Ready), &Event::Cancelled), refund());
    assert_eq!(raised(&until(AT_PHARMACY, State::Ready), &Event::Cancelled), []);
    for shape in [DIRECT, PREFUND] {
        let sent = until(shape, State::InsurerSubmitted);
        assert_eq!(raised(&sent, &sent.decision(1_600_000)), refund());
        assert_eq!(raised(&sent, &Event::Returned), refund());
        assert_eq!(raised(&sent, &Event::ShareRecalculated { number: 1, share_minor: 1 }), refund());
        let mut short = Story::decided(shape, 1_400_000);
        assert_eq!(raised(&short, &short.decision(ADVANCE)), []);
        short.tell(&assigned(1, Bearer::PharmacyUnpaidOrder, 120_000)).unwrap();
        assert_eq!(raised(&short, &short.decision(ADVANCE)), order(0), "the order is owed in full again");
    }
    let mut approved = Story::decided(REIMBURSED, ADVANCE);
    assert_eq!(raised(&approved, &Event::LedgerRead(approved.look())), []);
    approved.insurer_reimburses(ADVANCE);
    let reimbursement = vec![("2201.p-17".to_owned(), "p-17".to_owned(), 0)];
    assert_eq!(raised(&approved, &Event::LedgerRead(approved.look())), reimbursement);
}

/// A journal that a claim names and the program does not ship would be found at the first claim that needs it only.
#[test]
fn every_journal_of_a_claim_is_shipped() {
    let journals = Journals::shipped();
    for template in TEMPLATES {
        assert!(journals.title(template).is_some(), "{template}");
    }
}
