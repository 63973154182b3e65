//! What can be told of the worked claim: a price of 20,000.00, a share of 4,800.00, an advance of 15,200.00.

use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

use crate::claim::{
    ClaimKind, ClaimLine, ClaimNo, Cover, DiagnosisCode, DrugCode, NewClaim, Order, PolicyNo, Prescription, Quote,
    ShareCollector,
};
use crate::event::{Bearer, Debt, Event, Grounds, LineDecision, When};
use crate::insurer::terms::Funding;
use crate::prereview::{Outcome, Verdict};
use crate::state::split::over_lines;

pub(crate) const ON: Date = date(2026, 3, 2);
pub(crate) const VALID_UNTIL: Date = date(2026, 4, 1);
pub(crate) const GROSS: i64 = 2_000_000;
pub(crate) const SHARE: i64 = 480_000;
pub(crate) const ADVANCE: i64 = 1_520_000;

/// What a claim is like from the beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub(crate) kind: ClaimKind,
    pub(crate) collector: ShareCollector,
    pub(crate) funding: Funding,
    /// Our service fee, in ten-thousandths.
    pub(crate) service_fee: i32,
    /// The prices of its lines.
    pub(crate) prices: &'static [i64],
}

/// The worked claim.
pub(crate) const DIRECT: Shape = Shape {
    kind: ClaimKind::DirectPay,
    collector: ShareCollector::Platform,
    funding: Funding::CreditLine,
    service_fee: 0,
    prices: &[GROSS],
};
pub(crate) const AT_PHARMACY: Shape = Shape { collector: ShareCollector::Pharmacy, ..DIRECT };
pub(crate) const LATER: Shape = Shape { collector: ShareCollector::PlatformLater, ..DIRECT };
pub(crate) const PREFUND: Shape = Shape { funding: Funding::Prefund, ..DIRECT };
pub(crate) const WITH_FEE: Shape = Shape { service_fee: 100, ..DIRECT };
pub(crate) const REIMBURSED: Shape = Shape { kind: ClaimKind::Reimbursement, ..DIRECT };

pub(crate) fn party(name: &str) -> PartyNo {
    PartyNo::parse(name).unwrap()
}

pub(crate) fn intake(shape: Shape) -> NewClaim {
    let drug_code = DrugCode::parse("osimertinib-80mg-30").unwrap();
    let line = |(line_no, gross_minor): (i32, &i64)| ClaimLine {
        line_no,
        drug_code: drug_code.clone(),
        quantity: 1,
        prescribed_quantity: Some(1),
        gross_minor: *gross_minor,
    };
    NewClaim {
        claim_no: ClaimNo::parse("C-1").unwrap(),
        kind: shape.kind,
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
        lines: (1..).zip(shape.prices).map(line).collect(),
        gross_minor: GROSS,
        currency: Currency::CNY,
        share_collector: shape.collector,
    }
}

/// A moment, by days behind that of the worked claim.
pub(crate) fn moment(days: i64) -> Timestamp {
    Timestamp::from_second(1_772_400_000).unwrap() + SignedDuration::from_hours(24 * days)
}

/// When an event is told that has nothing to wait for.
pub(crate) const fn on(on: Date, at: Timestamp) -> When {
    When { on, at }
}

pub(crate) fn quoted(shape: Shape, advance_minor: i64) -> Event {
    let quote = Quote {
        deductible_minor: 0,
        share_minor: GROSS - advance_minor,
        advance_minor,
        fee_minor: 20_000,
        vat_minor: 1_132,
        valid_until: VALID_UNTIL,
        payment_days: 7,
        cover: Cover { funding: shape.funding, service_fee_per_10000: shape.service_fee, service_vat_per_10000: 600 },
    };
    Event::PreReviewed(Verdict { rules_version: 1, outcome: Outcome::Approved(quote) })
}

pub(crate) fn not_quoted() -> Event {
    let outcome = Outcome::Rejected { rules: vec!["policy_in_force".to_owned()] };
    Event::PreReviewed(Verdict { rules_version: 1, outcome })
}

pub(crate) fn offered(offer_no: i32) -> Event {
    let (pharmacy, respond_by) = (party("red-cross"), moment(1));
    Event::OrderOffered(Order { offer_no, pharmacy, respond_by, fee_minor: 20_000, vat_minor: 1_132, payment_days: 7 })
}

pub(crate) fn material_requested(number: i32) -> Event {
    Event::MaterialRequested { number, materials: vec!["invoice".to_owned()], due_on: date(2026, 3, 9) }
}

pub(crate) fn asked_for_more(number: i32) -> Event {
    Event::InsurerAskedForMore { number, materials: vec!["invoice".to_owned()], respond_by: date(2026, 3, 9) }
}

pub(crate) fn share_paid(amount_minor: i64) -> Event {
    Event::SharePaid { amount_minor, channel: party("wechat") }
}

pub(crate) fn owed_share_paid(number: i32, amount_minor: i64) -> Event {
    Event::OwedSharePaid { number, amount_minor, channel: party("wechat") }
}

pub(crate) fn sent() -> Event {
    Event::SentToInsurer { submitted_no: "C-1".to_owned() }
}

/// A decision by lines, with a reason wherever it is less than the line's part of the advance.
pub(crate) fn decided_lines(decision_no: i32, parts: &[(i64, i64)]) -> Event {
    let line = |(line_no, (approved_minor, expected_minor)): (i32, &(i64, i64))| {
        let reasons = if approved_minor < expected_minor { vec!["CO-45".to_owned()] } else { Vec::new() };
        LineDecision { line_no, approved_minor: *approved_minor, reasons }
    };
    let lines = (1..).zip(parts).map(line).collect();
    Event::InsurerDecided { decision_no, insurer_claim_no: "9406".to_owned(), position: 1, lines }
}

/// A decision spread over the lines of a claim by their prices.
pub(crate) fn decided(shape: Shape, decision_no: i32, approved_minor: i64, advance_minor: i64) -> Event {
    let lines = intake(shape).lines;
    let expected = over_lines(advance_minor, &lines);
    let approved = over_lines(approved_minor.clamp(0, GROSS), &lines);
    let parts: Vec<_> = approved.into_iter().zip(expected).collect();
    decided_lines(decision_no, &parts)
}

pub(crate) fn assigned(number: i32, bearer: Bearer, amount_minor: i64) -> Event {
    let grounds = Grounds::of("rule_misapplied", &[]);
    Event::ShortfallAssigned { number, bearer, amount_minor, grounds }
}

pub(crate) fn clawback_paid(number: i32, amount_minor: i64) -> Event {
    Event::ClawbackPaid { number, amount_minor, bank: party("settlement") }
}

pub(crate) fn provisioned(number: i32, change_minor: i64) -> Event {
    Event::Provisioned { number, change_minor }
}

pub(crate) fn written_off(number: i32, debt: Debt, amount_minor: i64) -> Event {
    Event::WrittenOff { number, debt, amount_minor }
}

pub(crate) fn written_off_recovered(number: i32, amount_minor: i64) -> Event {
    Event::WrittenOffRecovered { number, amount_minor, bank: party("settlement") }
}
