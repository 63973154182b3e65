//! Each journal at the worked figures.

use dianfu_ledger::entry::{EntryKind, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::claim::{
    ClaimKind, ClaimLine, ClaimNo, DiagnosisCode, DrugCode, NewClaim, PolicyNo, Prescription, Progress, Quote,
    ShareCollector, State,
};

const ON: Date = date(2026, 3, 3);

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
            gross_minor: 2_000_000,
        }],
        gross_minor: 2_000_000,
        currency: Currency::CNY,
        share_collector,
    };
    let quote = Quote {
        deductible_minor: 100_000,
        share_minor: 480_000,
        advance_minor: 1_520_000,
        fee_minor: 20_000,
        vat_minor: 1_132,
        valid_until: date(2026, 4, 1),
        payment_days: 7,
    };
    Claim {
        progress: Progress { quote: Some(quote), ..Progress::default() },
        state: State::InsurerSubmitted,
        ..Claim::taken_in(intake, Timestamp::from_second(1_770_000_000).unwrap())
    }
}

fn lines(entry: &NewEntry) -> Vec<String> {
    let line = |posting: &NewPosting| {
        let side = if posting.amount.minor > 0 { "Dr" } else { "Cr" };
        let amount = Money::new(posting.amount.minor.abs(), posting.amount.currency).to_decimal_string();
        let item = posting.item.as_ref().map(|item| format!(" [{item}]")).unwrap_or_default();
        format!("{side} {}{item} {amount}", posting.account)
    };
    entry.postings.iter().map(line).collect()
}

/// What a journal posts when an event leads the worked claim on: the lines of the table of journals.
fn check(journal: Journal, event: &Event, expected: &[&str]) {
    check_for(&claim(ShareCollector::Platform), journal, event, expected);
}

fn check_for(before: &Claim, journal: Journal, event: &Event, expected: &[&str]) {
    let claim = before.after(event, ON, before.state);
    let entries = entries(&Journals::shipped(), &claim, event, (ON, "wang"), &[journal]).unwrap();
    let [entry] = entries.as_slice() else { panic!("{journal:?} is one entry: {entries:?}") };
    assert_eq!(lines(entry), expected, "{journal:?}");
    assert!(entry.template_no.is_some() && entry.metadata.is_none());
    assert_eq!((entry.effective_date, entry.reference.as_str(), entry.actor.as_str()), (Some(ON), "C-1", "wang"));
    assert!(!entry.linked);
}

/// The entries by the templates that the program ships.
fn made(claim: &Claim, event: &Event, journals: &[Journal]) -> Vec<NewEntry> {
    entries(&Journals::shipped(), claim, event, (ON, "wang"), journals).unwrap()
}

fn decided(approved_minor: i64) -> Event {
    Event::InsurerDecided {
        approved_minor,
        cause: (approved_minor < 1_520_000).then(|| "CO-45".to_owned()),
        insurer_claim_no: "94060555410000".to_owned(),
        position: 1,
    }
}

fn assigned(bearer: Bearer) -> Event {
    Event::ShortfallAssigned { number: 1, bearer, amount_minor: 120_000, checked_by: "li".to_owned() }
}

#[test]
fn before_the_insurer_decides() {
    let hold = &["Dr 1101.picc [C-1] 15200.00", "Cr 9002.picc 15200.00"];
    check(Journal::J1, &Event::ReviewStarted, hold);
    let paid = Event::SharePaid { amount_minor: 480_000, channel: party("wechat") };
    check(Journal::J2, &paid, &["Dr 1005.wechat [2026-03-03] 4800.00", "Cr 2203.p-17 [C-1] 4800.00"]);
    check(
        Journal::J3,
        &Event::Dispensed,
        &["Dr 1101.picc [C-1] 15200.00", "Dr 2203.p-17 [C-1] 4800.00", "Cr 2101.red-cross [C-1] 20000.00"],
    );
    let collected = claim(ShareCollector::Pharmacy);
    let owed = &["Dr 1101.picc [C-1] 15200.00", "Cr 2101.red-cross [C-1] 15200.00"];
    check_for(&collected, Journal::J3b, &Event::Dispensed, owed);
    check(Journal::J4, &Event::Dispensed, &["Dr 2101.red-cross [C-1] 200.00", "Cr 4102 188.68", "Cr 2401 11.32"]);
    check(Journal::J20, &Event::Cancelled, &["Dr 2203.p-17 [C-1] 4800.00", "Cr 2202.p-17 [C-1] 4800.00"]);
}

#[test]
fn what_the_insurer_decides() {
    check(Journal::J9, &decided(1_520_000), &["Dr 1102.picc [C-1] 15200.00", "Cr 1101.picc [C-1] 15200.00"]);
    check(
        Journal::J10,
        &decided(1_400_000),
        &["Dr 1102.picc [C-1] 14000.00", "Dr 1109.picc [C-1] 1200.00", "Cr 1101.picc [C-1] 15200.00"],
    );
    check(
        Journal::J10e,
        &decided(1_600_000),
        &["Dr 1102.picc [C-1] 16000.00", "Cr 1101.picc [C-1] 15200.00", "Cr 2202.p-17 [C-1] 800.00"],
    );
    check(Journal::J11, &decided(0), &["Dr 1109.picc [C-1] 15200.00", "Cr 1101.picc [C-1] 15200.00"]);
}

#[test]
fn who_bears_a_shortfall() {
    let from_shortfall = "Cr 1109.picc [C-1] 1200.00";
    let table = [
        (Journal::J10a, Bearer::Patient, "Dr 1202.p-17 [C-1] 1200.00"),
        (Journal::J10b, Bearer::PharmacyByNetting, "Dr 1301.red-cross [C-1] 1200.00"),
        (Journal::J10b, Bearer::PharmacyUnpaidOrder, "Dr 2101.red-cross [C-1] 1200.00"),
        (Journal::J10c, Bearer::Platform, "Dr 5201 1200.00"),
        (Journal::J10d, Bearer::InsurerAfterDispute, "Dr 1102.picc [C-1] 1200.00"),
    ];
    let mut short = claim(ShareCollector::Platform);
    short.progress.shortfall_minor = 120_000;
    for (journal, bearer, debit) in table {
        check_for(&short, journal, &assigned(bearer), &[debit, from_shortfall]);
    }
}

#[test]
fn a_release_undoes_the_hold_in_one_run_with_the_advance() {
    let claim = claim(ShareCollector::Platform);
    let hold = &made(&claim, &Event::ReviewStarted, &[Journal::J1])[0];
    let run = made(&claim, &Event::Dispensed, &[Journal::J1r, Journal::J3, Journal::J4]);
    let kinds: Vec<_> = run.iter().map(|entry| (entry.kind, entry.linked)).collect();
    assert_eq!(hold.kind, EntryKind::Hold);
    assert_eq!(kinds, [(EntryKind::Release, true), (EntryKind::Post, true), (EntryKind::Post, false)]);
    assert_eq!((run[0].relates_to, run[0].postings.len()), (Some(hold.id), 2));
}

#[test]
fn journals_that_move_nothing_have_no_entry() {
    let mut free = claim(ShareCollector::Platform);
    let quote = free.progress.quote.as_mut().unwrap();
    (quote.share_minor, quote.advance_minor, quote.fee_minor, quote.vat_minor) = (2_000_000, 0, 0, 0);
    let entries = |journals: &[Journal]| made(&free, &Event::Dispensed, journals).len();
    assert_eq!(entries(&[Journal::J1]), 0);
    assert_eq!(entries(&[Journal::J1r, Journal::J3, Journal::J4]), 1);
}

#[test]
fn one_journal_of_one_claim_has_one_id_and_assignments_are_counted() {
    let claim = claim(ShareCollector::Platform);
    let id = |event: &Event, journal| made(&claim, event, &[journal])[0].id;
    assert_eq!(id(&Event::Dispensed, Journal::J3), id::entry_id(claim.taken_in_at, "C-1", "J3"));
    assert_eq!(id(&assigned(Bearer::Patient), Journal::J10a), id::entry_id(claim.taken_in_at, "C-1", "J10a/1"));
}

#[test]
fn dispensing_raises_the_payable_and_a_cancelled_share_the_refund() {
    let claim = claim(ShareCollector::Platform);
    let raised = payables(&claim, &[Journal::J1r, Journal::J3, Journal::J4], ON);
    let [order] = raised.as_slice() else { panic!("{raised:?}") };
    assert_eq!(
        (order.account.as_str(), order.item.as_str(), order.payee.as_str()),
        ("2101.red-cross", "C-1", "red-cross")
    );
    assert_eq!((order.advance_minor, order.due_on), (1_520_000, date(2026, 3, 10)));
    let raised = payables(&claim, &[Journal::J1r, Journal::J20], ON);
    let [refund] = raised.as_slice() else { panic!("{raised:?}") };
    assert_eq!((refund.account.as_str(), refund.advance_minor, refund.due_on), ("2202.p-17", 0, ON));
}
