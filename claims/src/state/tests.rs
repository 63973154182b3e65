//! The straight path and its forks, refusals, and random stories.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::money::Currency;
use dianfu_ledger::query;
use dianfu_settlement::journals::Journals;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::claim::{ClaimKind, ClaimLine, ClaimNo, DiagnosisCode, DrugCode, NewClaim, PolicyNo, Prescription};
use crate::journal_map;
use crate::prereview::Verdict;
use crate::standing::{Outstanding, accounts_of};

const ON: Date = date(2026, 3, 2);
const GROSS: i64 = 2_000_000;
const ADVANCE: i64 = 1_520_000;

fn party(name: &str) -> PartyNo {
    PartyNo::parse(name).unwrap()
}

fn claim(share_collector: ShareCollector) -> Claim {
    let intake = NewClaim {
        claim_no: ClaimNo::parse("C-1").unwrap(),
        kind: ClaimKind::DirectPay,
        insurer: party("picc"),
        pharmacy: party("red-cross"),
        patient: party("p-17"),
        policy_no: PolicyNo::parse("P-1").unwrap(),
        diagnosis: DiagnosisCode::parse("C34.9").unwrap(),
        prescription: Prescription {
            prescription_no: "RX-1".to_owned(),
            prescribed_on: date(2026, 3, 1),
            doctor_no: party("dr-wu"),
        },
        tests: Vec::new(),
        lines: vec![ClaimLine {
            line_no: 1,
            drug_code: DrugCode::parse("osimertinib-80mg-30").unwrap(),
            quantity: 1,
            gross_minor: GROSS,
        }],
        gross_minor: GROSS,
        currency: Currency::CNY,
        share_collector,
    };
    Claim::taken_in(intake, Timestamp::from_second(1_770_000_000).unwrap())
}

fn approved(advance_minor: i64) -> Event {
    let quote = Quote {
        deductible_minor: 0,
        share_minor: GROSS - advance_minor,
        advance_minor,
        fee_minor: 20_000,
        vat_minor: 1_132,
        valid_until: date(2026, 4, 1),
        payment_days: 7,
    };
    Event::PreReviewed(Verdict { rules_version: 1, outcome: Outcome::Approved(quote) })
}

fn rejected() -> Event {
    let outcome = Outcome::Rejected { rules: vec!["policy_in_force".to_owned()] };
    Event::PreReviewed(Verdict { rules_version: 1, outcome })
}

fn share_paid(amount_minor: i64) -> Event {
    Event::SharePaid { amount_minor, channel: party("wechat") }
}

fn sent() -> Event {
    Event::SentToInsurer { submitted_no: "C-1".to_owned() }
}

fn decided(approved_minor: i64) -> Event {
    let cause = (approved_minor < ADVANCE).then(|| "CO-45".to_owned());
    Event::InsurerDecided { approved_minor, cause, insurer_claim_no: "9406".to_owned(), position: 1 }
}

fn assigned(number: i32, bearer: Bearer, amount_minor: i64) -> Event {
    Event::ShortfallAssigned { number, bearer, amount_minor, checked_by: "li".to_owned() }
}

/// A claim, its entries, and the balances that they make: the ledger as far as one claim can see it.
struct Story {
    claim: Claim,
    settled: BTreeMap<(AccountCode, String), i64>,
    pending: BTreeMap<(AccountCode, String), i64>,
    holds: BTreeMap<Uuid, NewEntry>,
}

impl Story {
    fn begin(share_collector: ShareCollector) -> Story {
        let claim = claim(share_collector);
        Story { claim, settled: BTreeMap::new(), pending: BTreeMap::new(), holds: BTreeMap::new() }
    }

    /// Tells an event; answers the journals it posts.
    fn tell(&mut self, event: &Event) -> Result<Vec<&'static str>, Refusal> {
        let transition = next(&self.claim, event, ON)?;
        self.claim = self.claim.after(event, ON, transition.to);
        let journals = Journals::shipped();
        for entry in journal_map::entries(&journals, &self.claim, event, (ON, "wang"), &transition.journals).unwrap() {
            self.post(entry);
        }
        Ok(transition.journals.iter().map(|journal| journal.number()).collect())
    }

    fn post(&mut self, entry: NewEntry) {
        let hold = entry.relates_to.map(|hold| self.holds.remove(&hold).expect("a hold is released once"));
        let (legs, sign) = hold.as_ref().map_or((&entry.postings, 1), |hold| (&hold.postings, -1));
        assert_eq!(legs.iter().map(|leg| leg.amount.minor).sum::<i64>(), 0, "{entry:?}");
        for leg in legs.iter().filter(|leg| leg.item.is_some()) {
            let layer = if entry.kind == EntryKind::Post { &mut self.settled } else { &mut self.pending };
            *layer.entry((leg.account.clone(), leg.item.clone().unwrap())).or_default() += sign * leg.amount.minor;
        }
        if entry.kind == EntryKind::Hold {
            self.holds.insert(entry.id, entry);
        }
    }

    /// Somebody else clears a part of an item of the claim: a remittance, a payout, a repayment.
    fn clear(&mut self, control: &str, part: i64, whole: i64) {
        let own = |account: &AccountCode| account.control() == control;
        for (_, open) in self.settled.iter_mut().filter(|((account, item), _)| own(account) && item == "C-1") {
            *open -= *open * part / whole;
        }
    }

    fn look(&self) -> Outstanding {
        let items = accounts_of(&self.claim).into_iter().map(|account| {
            let key = (account.clone(), "C-1".to_owned());
            let of = |layer: &BTreeMap<_, i64>| i128::from(layer.get(&key).copied().unwrap_or(0));
            let (settled_minor, pending_minor) = (of(&self.settled), of(&self.pending));
            query::Outstanding { account, item: "C-1".to_owned(), settled_minor, pending_minor }
        });
        let items: Vec<_> = items.collect();
        Outstanding::of(items.iter(), false).unwrap()
    }

    /// Looks at the ledger until nothing changes any more.
    fn settle(&mut self) -> State {
        for _ in 0..3 {
            let look = Event::LedgerRead(self.look());
            if self.tell(&look).is_err() {
                break;
            }
        }
        self.claim.state
    }
}

fn told(share_collector: ShareCollector, events: &[Event]) -> Story {
    let mut story = Story::begin(share_collector);
    for event in events {
        story.tell(event).unwrap();
    }
    story
}

fn until_dispensed() -> Vec<Event> {
    let share = GROSS - ADVANCE;
    vec![
        Event::ReviewStarted,
        approved(ADVANCE),
        Event::ShareRequested,
        share_paid(share),
        Event::DrugReady,
        Event::Dispensed,
    ]
}

fn until_sent() -> Vec<Event> {
    [until_dispensed(), vec![sent()]].concat()
}

#[test]
fn the_straight_path_with_its_journals() {
    let mut story = Story::begin(ShareCollector::Platform);
    let steps = [
        (Event::ReviewStarted, State::PreReview, ""),
        (approved(ADVANCE), State::PreApproved, "J1"),
        (Event::ShareRequested, State::ShareDue, ""),
        (share_paid(480_000), State::SharePaid, "J2"),
        (Event::DrugReady, State::Ready, ""),
        (Event::Dispensed, State::Dispensed, "J1r J3 J4"),
        (sent(), State::InsurerSubmitted, ""),
        (decided(ADVANCE), State::Approved, "J9"),
    ];
    for (event, state, journals) in steps {
        assert_eq!(story.tell(&event).unwrap().join(" "), journals);
        assert_eq!(story.claim.state, state);
    }
    assert_eq!(story.settle(), State::Approved);
    story.clear("1102", 1, 2);
    assert_eq!(story.settle(), State::PartRecovered);
    story.clear("1102", 1, 1);
    assert_eq!(story.settle(), State::Recovered, "the pharmacy is not paid yet");
    story.clear("2101", 1, 1);
    assert_eq!(story.settle(), State::Closed);
}

#[test]
fn a_share_that_the_pharmacy_collects_is_no_share_of_ours() {
    let events = [Event::ReviewStarted, approved(ADVANCE), Event::DrugReady];
    let mut story = told(ShareCollector::Pharmacy, &events);
    assert_eq!(story.tell(&Event::Dispensed).unwrap(), ["J1r", "J3b", "J4"]);
    let mut story = told(ShareCollector::Pharmacy, &events[..2]);
    assert_eq!(story.tell(&Event::ShareRequested).unwrap_err().code(), "no_share_to_collect");
}

#[test]
fn a_partial_approval_closes_when_the_rest_is_borne() {
    let mut story = told(ShareCollector::Platform, &[until_sent(), vec![decided(1_400_000)]].concat());
    assert_eq!(story.claim.state, State::Partial);
    story.clear("1102", 1, 1);
    story.clear("2101", 1, 1);
    assert_eq!(story.settle(), State::ShortfallOpen);
    story.tell(&assigned(1, Bearer::Patient, 20_000)).unwrap();
    assert_eq!(story.settle(), State::ShortfallOpen);
    story.tell(&assigned(2, Bearer::Platform, 100_000)).unwrap();
    assert_eq!(story.settle(), State::Recovered, "the patient still owes");
    story.clear("1202", 1, 1);
    assert_eq!(story.settle(), State::Closed);
}

#[test]
fn a_rejection_after_the_advance_closes_without_ever_being_recovered() {
    let mut story = told(ShareCollector::Platform, &[until_sent(), vec![decided(0)]].concat());
    assert_eq!(story.settle(), State::ShortfallOpen);
    story.tell(&assigned(1, Bearer::Platform, ADVANCE)).unwrap();
    assert_eq!(story.settle(), State::ShortfallOpen, "the pharmacy is not paid yet");
    story.clear("2101", 1, 1);
    assert_eq!(story.settle(), State::Closed);
}

#[test]
fn a_dispute_that_is_won_is_due_again() {
    let mut story = told(ShareCollector::Platform, &[until_sent(), vec![decided(0)]].concat());
    story.settle();
    story.tell(&assigned(1, Bearer::InsurerAfterDispute, ADVANCE)).unwrap();
    assert_eq!(story.settle(), State::Approved);
    story.clear("1102", 1, 4);
    assert_eq!(story.settle(), State::PartRecovered);
}

#[test]
fn a_takeback_reopens_a_closed_claim() {
    let mut story = told(ShareCollector::Platform, &[until_sent(), vec![decided(ADVANCE)]].concat());
    story.clear("1102", 1, 1);
    story.clear("2101", 1, 1);
    assert_eq!(story.settle(), State::Closed);
    story.settled.insert((AccountCode::parse("1102.picc").unwrap(), "C-1".to_owned()), 50_000);
    assert_eq!(story.settle(), State::TakenBack);
    story.clear("1102", 1, 1);
    assert_eq!(story.settle(), State::Closed);
}

#[test]
fn calling_off_gives_back_what_is_held() {
    let events = until_dispensed();
    for (told_before, journals) in [(1, ""), (2, "J1r"), (3, "J1r"), (4, "J1r J20"), (5, "J1r J20")] {
        let mut story = told(ShareCollector::Platform, &events[..told_before]);
        assert_eq!(story.tell(&Event::Cancelled).unwrap().join(" "), journals);
        let refund_open = told_before >= 4;
        assert_eq!(story.settle(), if refund_open { State::Cancelled } else { State::Closed });
        story.clear("2202", 1, 1);
        assert_eq!(story.settle(), State::Closed);
    }
    let mut dispensed = told(ShareCollector::Platform, &events);
    assert_eq!(dispensed.tell(&Event::Cancelled).unwrap_err().code(), "not_in_this_state");
}

#[test]
fn an_approval_lasts_to_its_day_and_not_longer() {
    let on_day = |claim: &Claim, event: &Event, day| next(claim, event, day).map_err(|refusal| refusal.code());
    let (last, after) = (date(2026, 4, 1), date(2026, 4, 2));
    let ready = told(ShareCollector::Platform, &until_dispensed()[..5]).claim;
    assert!(on_day(&ready, &Event::Dispensed, last).is_ok());
    assert_eq!(on_day(&ready, &Event::Dispensed, after).err(), Some("approval_over"));
    assert_eq!(on_day(&ready, &Event::Expired, last).err(), Some("approval_still_valid"));
    assert_eq!(on_day(&ready, &Event::Expired, after).unwrap().to, State::Expired);
}

#[test]
fn what_is_refused_and_how_it_is_said() {
    let check = |events: &[Event], event: &Event, code: &str, sentence: &str| {
        let refusal = told(ShareCollector::Platform, events).tell(event).unwrap_err();
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, sentence));
    };
    let (quoted, all) = (&until_dispensed()[..2], until_sent());
    check(
        &[],
        &Event::Dispensed,
        "not_in_this_state",
        "claim C-1 (SUBMITTED): dispensed is refused: it does not happen in this state",
    );
    check(
        quoted,
        &Event::DrugReady,
        "share_not_paid",
        "claim C-1 (PRE_APPROVED): drug_ready is refused: the share of 4800.00 CNY is not paid",
    );
    check(
        &until_dispensed()[..3],
        &share_paid(479_999),
        "share_differs",
        "claim C-1 (SHARE_DUE): share_paid is refused: the share is 4800.00 CNY, not 4799.99 CNY",
    );
    check(
        &all,
        &decided(GROSS + 1),
        "approved_above_gross",
        "claim C-1 (INSURER_SUBMITTED): insurer_decided is refused: the insurer approves 20000.01 CNY, \
         but the price is 20000.00 CNY",
    );
    let no_cause =
        Event::InsurerDecided { approved_minor: 0, cause: None, insurer_claim_no: "9406".to_owned(), position: 1 };
    check(
        &all,
        &no_cause,
        "cause_mismatch",
        "claim C-1 (INSURER_SUBMITTED): insurer_decided is refused: a cause is given exactly when less than \
         15200.00 CNY is approved; approved are 0.00 CNY",
    );
    check(
        &[all, vec![decided(1_400_000)]].concat(),
        &assigned(1, Bearer::Platform, 120_001),
        "shortfall_exceeded",
        "claim C-1 (PARTIAL): shortfall_assigned is refused: 1200.01 CNY is not between one minor unit and the open \
         shortfall of 1200.00 CNY",
    );
}

#[test]
fn a_fee_larger_than_the_payable_is_refused() {
    let mut story = Story::begin(ShareCollector::Pharmacy);
    story.tell(&Event::ReviewStarted).unwrap();
    assert_eq!(story.tell(&approved(19_999)).unwrap_err().code(), "fee_above_payable");
}

#[test]
fn words_and_kinds_are_told_apart() {
    for state in State::ALL {
        assert_eq!(State::from_word(state.word()), Some(state));
    }
    let words: std::collections::BTreeSet<_> = EventKind::ALL.map(EventKind::word).into();
    assert_eq!(words.len(), EventKind::ALL.len());
}

/// What may come next in a random story: an event, or somebody else clearing an item.
#[derive(Clone, Debug)]
enum Turn {
    Tell(Event),
    Clear(&'static str, i64),
    TakeBack(i64),
}

fn a_turn() -> impl Strategy<Value = Turn> {
    let amount = || prop_oneof![Just(0), Just(1), Just(480_000), Just(1_400_000), Just(ADVANCE), Just(GROSS), Just(-1)];
    let bearer = prop_oneof![
        Just(Bearer::Patient),
        Just(Bearer::PharmacyByNetting),
        Just(Bearer::Platform),
        Just(Bearer::InsurerAfterDispute),
    ];
    let controls = prop_oneof![Just("1102"), Just("2101"), Just("2202"), Just("1202"), Just("1301")];
    let event = prop_oneof![
        Just(Event::ReviewStarted),
        prop_oneof![Just(ADVANCE), Just(0), Just(GROSS)].prop_map(approved),
        Just(rejected()),
        Just(Event::ShareRequested),
        amount().prop_map(share_paid),
        Just(Event::DrugReady),
        Just(Event::Dispensed),
        Just(sent()),
        amount().prop_map(decided),
        (1..9, bearer, amount()).prop_map(|(number, bearer, amount)| assigned(number, bearer, amount)),
        Just(Event::Cancelled),
    ];
    prop_oneof![
        8 => event.prop_map(Turn::Tell),
        3 => (controls, 1..=2_i64).prop_map(|(control, whole)| Turn::Clear(control, whole)),
        1 => (1..100_000_i64).prop_map(Turn::TakeBack),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// `next` itself asserts that no step leaves the graph that the database holds too.
    #[test]
    fn a_claim_is_closed_exactly_when_nothing_is_open(
        collector in prop_oneof![Just(ShareCollector::Platform), Just(ShareCollector::Pharmacy)],
        head_start in 0..=8_usize,
        turns in proptest::collection::vec(a_turn(), 0..40),
    ) {
        let mut story = Story::begin(collector);
        for event in until_sent().iter().take(head_start) {
            let _may_be_refused = story.tell(event);
        }
        for turn in turns {
            let before = story.claim.clone();
            match turn {
                Turn::Tell(event) => {
                    if story.tell(&event).is_err() {
                        prop_assert_eq!(&story.claim, &before);
                    }
                }
                Turn::Clear(control, whole) => story.clear(control, 1, whole),
                Turn::TakeBack(minor) if matches!(story.claim.state, State::Recovered | State::Closed) => {
                    let due = (AccountCode::parse("1102.picc").unwrap(), "C-1".to_owned());
                    *story.settled.entry(due).or_default() += minor;
                }
                Turn::TakeBack(_) => {}
            }
            let state = story.settle();
            let ledger_leads = state.accepts().contains(&EventKind::LedgerRead);
            prop_assert_eq!(state == State::Closed, ledger_leads && story.look().is_nothing());
            let mut due = story.settled.iter().filter(|((account, _), _)| account.as_str().starts_with("11"));
            prop_assert!(due.all(|(_, open)| *open >= 0));
        }
    }
}
