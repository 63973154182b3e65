//! Random lives: whatever is told, in whatever order, the books of the claim hold.

use proptest::prelude::*;
use proptest::sample::Index;

use super::sample::{Sample, sample};
use super::story::{Cash, Story};
use super::told::*;
use crate::claim::{ClaimKind, ShareCollector, State};
use crate::event::{Bearer, Debt, Event, EventKind};
use crate::insurer::terms::Funding;

/// What comes next: somebody tells an event, sensible or not, or somebody else books on an item of the claim.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Tell(EventKind, Sample),
    /// An event that the state takes, with a part of what is open, in hundredths.
    TellLegal(Index, Sample, i64),
    Quote(i64),
    /// A part of what is due, in hundredths.
    InsurerPays(i64),
    /// A part of what the insurer has paid, in hundredths.
    InsurerTakesBack(i64),
    PharmacyIsPaid,
    OthersPay,
}

fn a_shape() -> impl Strategy<Value = Shape> {
    let kind = prop_oneof![4 => Just(ClaimKind::DirectPay), 1 => Just(ClaimKind::Reimbursement)];
    let collector = prop_oneof![
        Just(ShareCollector::Platform),
        Just(ShareCollector::Pharmacy),
        Just(ShareCollector::PlatformLater)
    ];
    let funding = prop_oneof![2 => Just(Funding::CreditLine), 1 => Just(Funding::Prefund)];
    let prices = prop_oneof![Just(&[GROSS][..]), Just(&[333_333, 666_667, 1_000_000][..])];
    (kind, collector, funding, prop_oneof![Just(0), Just(100), Just(333)], prices).prop_map(
        |(kind, collector, funding, service_fee, prices)| Shape { kind, collector, funding, service_fee, prices },
    )
}

fn a_sample() -> impl Strategy<Value = Sample> {
    let amount = prop_oneof![
        4 => 1..200_000_i64,
        2 => prop_oneof![Just(SHARE), Just(1_400_000), Just(ADVANCE), Just(GROSS), Just(120_000)],
        1 => prop_oneof![Just(0), Just(-1), Just(-50_000), Just(i64::MAX), Just(i64::MIN)],
    ];
    let bearer = prop_oneof![
        Just(Bearer::Patient),
        Just(Bearer::PharmacyByNetting),
        Just(Bearer::PharmacyUnpaidOrder),
        Just(Bearer::Platform),
        Just(Bearer::InsurerAfterDispute),
    ];
    let debt = prop_oneof![2 => Just(Debt::Clawback), 1 => Just(Debt::Shortfall)];
    let off_by = prop_oneof![8 => Just(0), 1 => Just(-1), 1 => Just(1)];
    (amount, bearer, debt, off_by).prop_map(|(amount_minor, bearer, debt, off_by)| Sample {
        amount_minor,
        bearer,
        debt,
        off_by,
    })
}

fn a_turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        16 => (any::<Index>(), a_sample(), 1..=100_i64)
            .prop_map(|(kind, sample, hundredths)| Turn::TellLegal(kind, sample, hundredths)),
        4 => (proptest::sample::select(EventKind::ALL), a_sample()).prop_map(|(kind, sample)| Turn::Tell(kind, sample)),
        1 => prop_oneof![Just(0), Just(19_999), Just(ADVANCE), Just(GROSS)].prop_map(Turn::Quote),
        3 => (1..=100_i64).prop_map(Turn::InsurerPays),
        1 => (1..=100_i64).prop_map(Turn::InsurerTakesBack),
        2 => Just(Turn::PharmacyIsPaid),
        1 => Just(Turn::OthersPay),
    ]
}

/// The most that an event of a kind may bring.
fn open_for(kind: EventKind, debt: Debt, story: &Story) -> i64 {
    let progress = &story.claim.progress;
    let written_off = progress.patient_written_off_minor + progress.borne.nobody_minor;
    match (kind, debt) {
        (EventKind::OwedSharePaid, _) => story.open("1201.p-17"),
        (EventKind::ClawbackPaid, _) | (EventKind::WrittenOff, Debt::Clawback) => story.open("1202.p-17"),
        (EventKind::ShortfallAssigned | EventKind::WrittenOff, _) => story.open("1109.picc"),
        (EventKind::Provisioned, Debt::Shortfall) => story.open("1109.picc") - progress.provision_minor,
        (EventKind::Provisioned, Debt::Clawback) => -progress.provision_minor,
        (EventKind::WrittenOffRecovered, _) => written_off - progress.written_off_recovered_minor,
        _ => GROSS,
    }
}

/// What the insurer has paid of what it owes by itself.
fn paid_by_insurer(story: &Story) -> i64 {
    let progress = &story.claim.progress;
    let owed = if story.shape.funding == Funding::CreditLine { progress.approved_minor } else { 0 };
    (owed + progress.service_fee_minor - story.open("1102.picc")).max(0)
}

fn take(story: &mut Story, turn: Turn) -> Result<(), TestCaseError> {
    match turn {
        Turn::TellLegal(at, with, hundredths) => {
            // A return ends most of what can happen, so it comes less often.
            let comes = |kind: &&EventKind| **kind != EventKind::Returned || hundredths <= 10;
            let kinds: Vec<&EventKind> = story.claim.state.accepts().iter().filter(comes).collect();
            if !kinds.is_empty() {
                let kind = *kinds[at.index(kinds.len())];
                let amount_minor = open_for(kind, with.debt, story) * hundredths / 100;
                tell(story, &sample(kind, story, Sample { amount_minor, off_by: 0, ..with }))?;
            }
        }
        Turn::Tell(kind, with) => tell(story, &sample(kind, story, with))?,
        Turn::Quote(advance_minor) => tell(story, &quoted(story.shape, advance_minor))?,
        Turn::InsurerPays(hundredths) => {
            story.insurer_pays(story.open("1102.picc") * hundredths / 100);
            story.insurer_reimburses(story.open("1103.picc") * hundredths / 100);
        }
        Turn::InsurerTakesBack(hundredths) => {
            if story.shape.kind == ClaimKind::DirectPay && story.claim.progress.returned_on.is_none() {
                story.insurer_takes_back(paid_by_insurer(story) * hundredths / 100);
            }
        }
        Turn::PharmacyIsPaid => story.pharmacy_is_paid(),
        Turn::OthersPay => story.others_pay(),
    }
    Ok(())
}

fn tell(story: &mut Story, event: &Event) -> Result<(), TestCaseError> {
    let before = story.claim.clone();
    if story.tell(event).is_err() {
        prop_assert_eq!(&story.claim, &before, "what is refused changes nothing");
    }
    Ok(())
}

/// Nobody owes less than nothing, and what is known of the claim is what stands in the ledger.
fn check(story: &Story) -> Result<(), TestCaseError> {
    for receivable in ["1101.picc", "1102.picc", "1103.picc", "1109.picc", "1201.p-17", "1202.p-17"] {
        prop_assert!(story.open(receivable) >= 0, "{} is {}", receivable, story.open(receivable));
    }
    for payable in ["2101.red-cross", "2201.p-17", "2202.p-17", "2203.p-17", "2301.picc"] {
        prop_assert!(story.open(payable) <= 0, "{} is {}", payable, story.open(payable));
    }
    let progress = &story.claim.progress;
    if progress.returned_on.is_none() && story.shape.kind == ClaimKind::DirectPay {
        prop_assert_eq!(progress.shortfall_minor, story.open("1109.picc"));
    }
    let advanced = match (story.claim.state.is_held(), progress.dispensed_on) {
        (false, Some(_)) if progress.decision_no == 0 && progress.returned_on.is_none() => story.claim.advance_minor(),
        _ => 0,
    };
    let on_credit = if story.shape.funding == Funding::CreditLine { advanced } else { 0 };
    prop_assert_eq!(story.open("1101.picc"), on_credit);
    Ok(())
}

/// Everybody does what is left to do.
fn finish(story: &mut Story) {
    let progress = &story.claim.progress;
    match story.claim.state {
        State::Closed | State::Returned | State::Cancelled | State::Expired | State::Funded | State::Paid => {}
        _ if story.shape.kind == ClaimKind::DirectPay && progress.dispensed_on.is_none() => {
            story.tell(&Event::Cancelled).unwrap();
        }
        State::Dispensed => {
            story.tell(&sent()).unwrap();
            story.decide(1_400_000);
        }
        State::InsurerSubmitted | State::InsurerPended => drop(story.decide(1_400_000)),
        _ if progress.decision_no == 0 => drop(story.tell(&Event::Cancelled).unwrap()),
        _ => {}
    }
    let number = story.claim.event_no;
    let shortfall_minor = story.open("1109.picc");
    if shortfall_minor > 0 {
        story.tell(&assigned(number, Bearer::Platform, shortfall_minor)).unwrap();
    }
    let (owed_minor, clawback_minor) = (story.open("1201.p-17"), story.open("1202.p-17"));
    if owed_minor > 0 {
        story.tell(&owed_share_paid(number, owed_minor)).unwrap();
    }
    if clawback_minor > 0 {
        story.tell(&clawback_paid(number, clawback_minor)).unwrap();
    }
    story.others_pay();
}

/// What each has got in money once everything is paid.
fn expected(story: &Story) -> Cash {
    let (progress, shape) = (&story.claim.progress, story.shape);
    let Some(quote) = progress.quote.as_ref().filter(|_| progress.dispensed_on.is_some()) else {
        return Cash::default();
    };
    let by_pharmacy = if shape.collector == ShareCollector::Pharmacy { quote.share_minor } else { 0 };
    let recovered = progress.written_off_recovered_minor;
    if progress.returned_on.is_some() {
        // The patient has the share back that the pharmacy has collected.
        let others_recovered = (recovered - progress.patient_written_off_minor).max(0);
        return Cash { insurer: 0, pharmacy: -by_pharmacy, patient: by_pharmacy - others_recovered };
    }
    let covered = if shape.funding == Funding::CreditLine { progress.approved_minor } else { 0 };
    let share = story.claim.share_minor() - progress.excess_minor - by_pharmacy;
    let bears = progress.borne.patient_minor - progress.patient_written_off_minor + recovered;
    Cash {
        insurer: -covered - progress.service_fee_minor,
        pharmacy: GROSS - by_pharmacy - story.claim.fee().0 - progress.borne.pharmacy_minor,
        patient: -share - bears,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// `next` itself asserts that no step leaves the graph that the database holds too, and that what was advanced is
    /// borne by somebody; a story asserts that an event told again gives the same, that entries balance, and that no
    /// entry takes an account of the chart below zero.
    #[test]
    fn a_claim_is_closed_exactly_when_nothing_is_open_and_can_always_be_closed(
        shape in a_shape(),
        head_start in 0..=20_usize,
        turns in proptest::collection::vec(a_turn(), 0..40),
    ) {
        let mut story = Story::begin(shape);
        for event in story.life().iter().take(head_start) {
            story.tell(event).unwrap();
        }
        for turn in turns {
            take(&mut story, turn)?;
            check(&story)?;
            let closed = story.settle() == State::Closed;
            let leads = story.claim.state.accepts().contains(&EventKind::LedgerRead);
            prop_assert_eq!(closed, leads && story.look().is_nothing());
        }
        if story.claim.state == State::PreRejected {
            return Ok(());
        }
        finish(&mut story);
        prop_assert_eq!(story.settle(), State::Closed);
        check(&story)?;
        if shape.kind == ClaimKind::DirectPay {
            prop_assert_eq!(story.cash, expected(&story));
        }
    }
}
