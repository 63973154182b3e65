//! The demo's own story: six claims, of which one falls short, one is rejected after the advance, one is paid to an
//! account that does not exist, one is refused by a rule, and one has to wait for the credit line.
//!
//! The first claim has the worked figures: price 20 000.00, share 4 800.00, advance 15 200.00, fee 200.00 with 11.32
//! VAT, payout 19 800.00; the insurer covers 14 000.00 and pays 13 950.00, because it takes back 50.00 from before.

use dianfu_claims::Command;
use dianfu_claims::claim::{
    ClaimKind, ClaimLine, ClaimNo, DiagnosisCode, DrugCode, NewClaim, PolicyNo, ShareCollector,
};
use dianfu_claims::event::{Bearer, Event, Grounds, LineDecision};
use dianfu_claims::insurer::Insurer;
use dianfu_claims::insurer::terms::ContractTerms;
use dianfu_claims::patient::Policy;
use dianfu_claims::pharmacy::Pharmacy;
use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::prereview::rules::{Cycle, Rule, RuleSet};
use dianfu_ledger::money::Currency;
use dianfu_settlement::batch::Pays;
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::payout::Payout;
use jiff::ToSpan;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::advice::{Advice, AdviceLine};
use super::narrator::Narrator;
use super::office::{Office, checker, maker, offer, party, prescription};

/// The currency of the story.
pub const CURRENCY: Currency = Currency::CNY;
const DRUG: &str = "osimertinib-80mg-30";
/// Lung cancer, for which the drug is.
const DIAGNOSIS: &str = "C34.9";
/// The advances of the first four claims, and one fen less than the sixth needs.
const CREDIT_LINE_MINOR: i64 = 1_520_000 + 540_000 + 800_000 + 240_000 + 1_519_999;
const CAPITAL_MINOR: i64 = 10_000_000;

/// A claim of the story and the policy that it is claimed under; amounts in minor units.
struct Case {
    claim_no: &'static str,
    patient: &'static str,
    pharmacy: &'static str,
    declined_by: Option<&'static str>,
    gross_minor: i64,
    deductible_minor: i64,
    coinsurance_per_10000: i32,
    approved_minor: i64,
    reason: Option<&'static str>,
}

#[rustfmt::skip]
const CASES: [Case; 6] = [
    Case { claim_no: "CLM-1", patient: "P-1001", pharmacy: "north-gate", declined_by: None,
           gross_minor: 2_000_000,
           deductible_minor: 100_000, coinsurance_per_10000: 2_000, approved_minor: 1_400_000,
           reason: Some("45: price above contract") },
    Case { claim_no: "CLM-2", patient: "P-1002", pharmacy: "river-side", declined_by: None,
           gross_minor: 600_000,
           deductible_minor: 0, coinsurance_per_10000: 1_000, approved_minor: 540_000, reason: None },
    Case { claim_no: "CLM-3", patient: "P-1003", pharmacy: "river-side", declined_by: None,
           gross_minor: 800_000,
           deductible_minor: 0, coinsurance_per_10000: 0, approved_minor: 0,
           reason: Some("50: not deemed necessary") },
    Case { claim_no: "CLM-4", patient: "P-1004", pharmacy: "old-town", declined_by: Some("river-side"),
           gross_minor: 300_000,
           deductible_minor: 0, coinsurance_per_10000: 2_000, approved_minor: 240_000, reason: None },
    Case { claim_no: "CLM-5", patient: "P-1001", pharmacy: "north-gate", declined_by: None,
           gross_minor: 2_000_000,
           deductible_minor: 100_000, coinsurance_per_10000: 2_000, approved_minor: 0, reason: None },
    Case { claim_no: "CLM-6", patient: "P-1006", pharmacy: "north-gate", declined_by: None,
           gross_minor: 1_520_000,
           deductible_minor: 0, coinsurance_per_10000: 0, approved_minor: 0, reason: None },
];

/// The days of the story, counted back from today.
struct Days {
    review: Date,
    pickup: Date,
    payout: Date,
    returned: Date,
    decision: Date,
    cash: Date,
}

impl Days {
    fn until(today: Date) -> Days {
        let before = |days: i64| today.saturating_sub(days.days());
        let (review, pickup, payout) = (before(40), before(38), before(35));
        Days { review, pickup, payout, returned: before(33), decision: before(10), cash: before(2) }
    }
}

/// Tells the story in a fresh book, so that it ends today.
pub async fn tell(office: &mut Office, narrator: &mut Narrator, today: Date) -> anyhow::Result<Vec<ClaimNo>> {
    let days = Days::until(today);
    let insurer = party("picc")?;
    begin(office, narrator, &insurer, days.review).await?;
    review(office, narrator, &insurer, &days).await?;
    order(office, narrator, days.pickup).await?;
    dispense(office, narrator, &days).await?;
    pay(office, narrator, &days).await?;
    decide(office, narrator, days.decision).await?;
    recover(office, narrator, &insurer, days.cash).await?;
    CASES.iter().map(|case| Ok(ClaimNo::parse(case.claim_no)?)).collect()
}

async fn begin(office: &mut Office, narrator: &mut Narrator, insurer: &PartyNo, on: Date) -> anyhow::Result<()> {
    narrator.step("Those who take part, and own funds for the advances")?;
    let line = office.text(CREDIT_LINE_MINOR);
    narrator.say(&format!("Insurer {insurer}: held, advanced, due and disputed up to {line} at any moment"))?;
    let name = "Example Property and Casualty".to_owned();
    let insurer = Insurer { insurer_no: insurer.clone(), name, currency: CURRENCY };
    office.insurer(&insurer, (ContractTerms::plain(), CREDIT_LINE_MINOR), &rules(on)?).await?;
    for pharmacy_no in ["north-gate", "river-side", "old-town"] {
        let pharmacy = pharmacy(pharmacy_no)?;
        narrator.say(&format!("Pharmacy {pharmacy_no}: fee 1 % of the price, 6 % VAT in it"))?;
        office.pharmacy(&pharmacy, "6222 0001").await?;
    }
    for case in CASES.iter().filter(|case| case.claim_no != "CLM-5") {
        office.patient(&party(case.patient)?).await?;
        office.policy(&policy(case, &insurer.insurer_no, on)?).await?;
    }
    office.bring_capital("CAPITAL", CAPITAL_MINOR, on).await?;
    narrator.show_journals(office.client()).await
}

async fn review(office: &mut Office, narrator: &mut Narrator, insurer: &PartyNo, days: &Days) -> anyhow::Result<()> {
    narrator.step("Claims are taken in and pre-reviewed: what passes is held within the credit line")?;
    let on = days.review;
    let mut commands = Vec::new();
    for case in &CASES {
        let claim = claim(case, insurer, on)?;
        let claim_no = claim.claim_no.clone();
        commands.push(Command::take_in(claim, on));
        commands.push(Command::tell(claim_no.clone(), Event::Submitted, on));
        commands.push(Command::tell(claim_no, Event::ReviewStarted, on));
    }
    office.tell(commands, "intake").await?;
    let (last, first) = CASES.split_last().expect("there are six claims");
    let reviews = first.iter().map(|case| Ok(Command::review(ClaimNo::parse(case.claim_no)?, on)));
    office.tell(reviews.collect::<anyhow::Result<_>>()?, "pre-review").await?;
    narrator.show_journals(office.client()).await?;
    let (claim, events) = office.story(&ClaimNo::parse("CLM-5")?).await?;
    let fired = events.iter().find_map(|event| match &event.event {
        Event::PreReviewed(verdict) => Some(verdict.rules_fired().join(", ")),
        _ => None,
    });
    let fired = fired.unwrap_or_default();
    narrator.say(&format!("CLM-5 is {} by the rule {fired}: two packs in one cycle", claim.state.word()))?;
    narrator.step("The credit line refuses one fen more than it has")?;
    match office.ask(Command::review(ClaimNo::parse(last.claim_no)?, on), "pre-review").await? {
        Ok(_) => anyhow::bail!("the credit line let {} pass", last.claim_no),
        Err(refusal) => narrator.say(&refusal.to_string()),
    }
}

async fn order(office: &mut Office, narrator: &mut Narrator, on: Date) -> anyhow::Result<()> {
    narrator.step("Pharmacies are offered the orders; one declines, and the order goes to another")?;
    for case in dispensed() {
        let claim_no = ClaimNo::parse(case.claim_no)?;
        let mut offer_no = 1;
        if let Some(declines) = case.declined_by {
            office.tell(vec![offer(&claim_no, offer_no, &party(declines)?, on)], "dispatch").await?;
            let declined = Command::tell(claim_no.clone(), Event::OrderDeclined { offer_no }, on);
            office.tell(vec![declined.because("out of stock")], &format!("pharmacy:{declines}")).await?;
            narrator.say(&format!("{claim_no}: {declines} declines, out of stock"))?;
            offer_no += 1;
        }
        office.tell(vec![offer(&claim_no, offer_no, &party(case.pharmacy)?, on)], "dispatch").await?;
        let accepted = Command::tell(claim_no.clone(), Event::OrderAccepted { offer_no }, on);
        office.tell(vec![accepted], &format!("pharmacy:{}", case.pharmacy)).await?;
        narrator.say(&format!("{claim_no}: {} accepts", case.pharmacy))?;
    }
    narrator.show_journals(office.client()).await
}

async fn dispense(office: &mut Office, narrator: &mut Narrator, days: &Days) -> anyhow::Result<()> {
    narrator.step("Patients pay their shares, and the collection channel pays out to the bank")?;
    let on = days.pickup;
    let mut collected_minor = 0;
    let mut commands = Vec::new();
    for case in dispensed() {
        let claim_no = ClaimNo::parse(case.claim_no)?;
        let (claim, _) = office.story(&claim_no).await?;
        let amount_minor = claim.share_to_collect_minor();
        if amount_minor > 0 {
            collected_minor += amount_minor;
            commands.push(Command::tell(claim_no.clone(), Event::ShareRequested, on));
            let paid = Event::SharePaid { amount_minor, channel: office.channel().clone() };
            commands.push(Command::tell(claim_no.clone(), paid, on));
        }
        commands.push(Command::tell(claim_no, Event::DrugReady, on));
    }
    office.tell(commands, "patients").await?;
    office.channel_pays(on, collected_minor, 3_600).await?;
    narrator.show_journals(office.client()).await?;
    narrator.step("Drugs are dispensed: the hold ends, the advance is made, the fee is earned")?;
    let mut commands = Vec::new();
    for case in dispensed() {
        let claim_no = ClaimNo::parse(case.claim_no)?;
        commands.push(Command::tell(claim_no.clone(), Event::Dispensed, on).proven_by(pickup_proof(&claim_no)));
        let submitted_no = case.claim_no.to_owned();
        commands.push(Command::tell(claim_no, Event::SentToInsurer { submitted_no }, on));
    }
    office.tell(commands, "pharmacies").await?;
    narrator.show_journals(office.client()).await
}

async fn pay(office: &mut Office, narrator: &mut Narrator, days: &Days) -> anyhow::Result<()> {
    narrator.step("Pharmacies are paid: own money covers the advances, two people release the batch")?;
    let payouts = office.pay(Pays::Pharmacies, "B-1", days.payout).await?;
    narrator.show_journals(office.client()).await?;
    narrator.step("The bank's statement shows the payouts; one of them comes back")?;
    office.debited(&payouts, days.payout).await?;
    let lost = |payout: &&Payout| payout.payee.as_str() == "old-town";
    let lost = payouts.iter().find(lost).ok_or_else(|| anyhow::anyhow!("old-town is paid in the batch"))?;
    office.came_back(lost, "AC01: no such account", days.returned).await?;
    narrator.show_journals(office.client()).await?;
    narrator.step("With the right account number it is issued again, once")?;
    office.bank_details(&party("old-town")?, 2, "6222 0002").await?;
    let again = office.pay_again(lost, days.returned).await?;
    office.debited(&[again], days.returned).await?;
    narrator.show_journals(office.client()).await
}

async fn decide(office: &mut Office, narrator: &mut Narrator, on: Date) -> anyhow::Result<()> {
    narrator.step("The insurer decides: two claims in full, one in part, one rejected after the advance")?;
    let mut commands = Vec::new();
    for case in dispensed() {
        let reasons = case.reason.map(str::to_owned).into_iter().collect();
        let lines = vec![LineDecision { line_no: 1, approved_minor: case.approved_minor, reasons }];
        let (decision_no, insurer_claim_no) = (1, own_no(case));
        let decided = Event::InsurerDecided { decision_no, insurer_claim_no, position: 1, lines };
        commands.push(Command::tell(ClaimNo::parse(case.claim_no)?, decided, on));
    }
    office.tell(commands, "insurer:picc").await?;
    narrator.show_journals(office.client()).await?;
    narrator.step("Two people decide who bears the rejected claim: the platform, because its rule was wrong")?;
    let (bearer, grounds) = (Bearer::Platform, Grounds::of("rule_misapplied", &[]));
    let borne = Event::ShortfallAssigned { number: 1, bearer, amount_minor: 800_000, grounds };
    let borne = Command::tell(ClaimNo::parse("CLM-3")?, borne, on).checked_by(checker());
    office.tell(vec![borne], maker()).await?;
    narrator.show_journals(office.client()).await
}

async fn recover(office: &mut Office, narrator: &mut Narrator, insurer: &PartyNo, on: Date) -> anyhow::Result<()> {
    narrator.step("An earlier overpayment of the insurer stands in the books")?;
    office.overpaid(insurer, "TB-MARCH", 5_000, on.saturating_sub(20.days())).await?;
    narrator.show_journals(office.client()).await?;
    narrator.step("The insurer's cash shows at the bank, and its remittances are matched and applied")?;
    let [short, full] = advices(on);
    for advice in [short, full] {
        office.cash(insurer, advice.trace, advice.paid_minor(), on).await?;
        let imported = office.take_in(insurer, &advice.to_bytes()).await?;
        for view in office.outcome(&imported).await? {
            super::tell_outcome(narrator, &view)?;
        }
        narrator.show_journals(office.client()).await?;
    }
    narrator.step("What the insurer has paid no longer uses the credit line: the claim that had to wait passes")?;
    office.tell(vec![Command::review(ClaimNo::parse("CLM-6")?, on)], "pre-review").await?;
    office.settle(on).await?;
    narrator.show_journals(office.client()).await
}

/// The claims that come to be dispensed.
fn dispensed() -> impl Iterator<Item = &'static Case> {
    CASES.iter().take(4)
}

/// What the insurer announces: the claim that falls short less the takeback, and all others.
fn advices(on: Date) -> [Advice<'static>; 2] {
    let line = |claim_no, insurer_claim_no, billed_minor, paid_minor, patient_minor| AdviceLine {
        claim_no,
        insurer_claim_no,
        billed_minor,
        paid_minor,
        patient_minor,
    };
    let short = Advice {
        trace: "PICC-2101",
        on,
        currency: CURRENCY,
        lines: vec![line("CLM-1", "PICC-CLM-1", 2_000_000, 1_400_000, 480_000)],
        takebacks: vec![("TB-MARCH", 5_000)],
    };
    let full = Advice {
        trace: "PICC-2102",
        on,
        currency: CURRENCY,
        lines: vec![
            line("CLM-2", "PICC-CLM-2", 600_000, 540_000, 60_000),
            line("CLM-3", "PICC-CLM-3", 800_000, 0, 0),
            line("CLM-4", "PICC-CLM-4", 300_000, 240_000, 60_000),
        ],
        takebacks: Vec::new(),
    };
    [short, full]
}

fn own_no(case: &Case) -> String {
    format!("PICC-{}", case.claim_no)
}

/// The hash of what the patient signed at pickup.
pub fn pickup_proof(claim_no: &ClaimNo) -> [u8; 32] {
    Sha256::digest(format!("picked up: {claim_no}")).into()
}

fn claim(case: &Case, insurer: &PartyNo, on: Date) -> anyhow::Result<NewClaim> {
    Ok(NewClaim {
        claim_no: ClaimNo::parse(case.claim_no)?,
        kind: ClaimKind::DirectPay,
        insurer: insurer.clone(),
        pharmacy: party(case.pharmacy)?,
        patient: party(case.patient)?,
        policy_no: policy_no(case)?,
        diagnosis: DiagnosisCode::parse(DIAGNOSIS)?,
        prescription: prescription(on)?,
        tests: Vec::new(),
        lines: vec![ClaimLine {
            line_no: 1,
            drug_code: DrugCode::parse(DRUG)?,
            quantity: 1,
            prescribed_quantity: Some(1),
            gross_minor: case.gross_minor,
        }],
        gross_minor: case.gross_minor,
        currency: CURRENCY,
        share_collector: ShareCollector::Platform,
    })
}

fn policy(case: &Case, insurer: &PartyNo, on: Date) -> anyhow::Result<Policy> {
    Ok(Policy {
        insurer: insurer.clone(),
        policy_no: policy_no(case)?,
        patient: party(case.patient)?,
        currency: CURRENCY,
        in_force_from: on.saturating_sub(100.days()),
        in_force_until: on.saturating_add(265.days()),
        deductible_minor: case.deductible_minor,
        coinsurance_per_10000: case.coinsurance_per_10000,
        share_cap_minor: None,
        benefit_limit_minor: None,
    })
}

fn policy_no(case: &Case) -> anyhow::Result<PolicyNo> {
    Ok(PolicyNo::parse(&format!("POL-{}", case.patient))?)
}

/// A pharmacy of the story, on the terms that all of them have.
pub fn pharmacy(pharmacy_no: &str) -> anyhow::Result<Pharmacy> {
    Ok(Pharmacy {
        pharmacy_no: party(pharmacy_no)?,
        name: format!("Pharmacy {pharmacy_no}"),
        currency: CURRENCY,
        fee_per_10000: 100,
        vat_per_10000: 600,
        payment_days: 1,
    })
}

/// One pack in four weeks, on a prescription of the last sixty days, while the policy is in force.
fn rules(on: Date) -> anyhow::Result<RuleVersion> {
    let drug_code = DrugCode::parse(DRUG)?;
    let listed = Rule::DrugListed { drugs: vec![drug_code.clone()] };
    let cycle = Rule::QuantityPerCycle { drugs: vec![Cycle { drug_code, packs_per_cycle: 1, cycle_days: 28 }] };
    let prescription = [Rule::PrescriptionValid { days: 60 }, Rule::PrescribedQuantity];
    let rules = [Rule::PolicyInForce, listed, cycle].into_iter().chain(prescription).collect();
    Ok(RuleVersion { version: 1, effective_from: on, rules: RuleSet::deciding(30, rules) })
}
