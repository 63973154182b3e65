//! Plays a real remittance: first everything that must have happened before it was sent ([`mod@super::plan`]), then the
//! file itself.

use dianfu_claims::Command;
use dianfu_claims::claim::{
    ClaimKind, ClaimLine, ClaimNo, DiagnosisCode, DrugCode, NewClaim, PolicyNo, ShareCollector,
};
use dianfu_claims::event::{Event, LineDecision};
use dianfu_claims::insurer::Insurer;
use dianfu_claims::insurer::terms::ContractTerms;
use dianfu_claims::patient::Policy;
use dianfu_claims::pharmacy::Pharmacy;
use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::prereview::rules::{Rule, RuleSet};
use dianfu_settlement::batch::Pays;
use jiff::ToSpan;
use jiff::civil::Date;

use super::advice::{Advice, AdviceLine};
use super::narrator::Narrator;
use super::office::{Office, offer, prescription};
use super::plan::{Plan, PlannedClaim};
use super::story::pickup_proof;

const DRUG: &str = "as-dispensed";
/// An illness that the file does not tell: unspecified.
const DIAGNOSIS: &str = "R69";

/// The days before the money moves.
struct Days {
    pickup: Date,
    payout: Date,
    decision: Date,
}

/// Plays a file that the plan was made of.
pub async fn play(
    office: &mut Office,
    narrator: &mut Narrator,
    plan: &Plan,
    file: &[u8],
) -> anyhow::Result<Vec<ClaimNo>> {
    let before = |days: i64| plan.on.saturating_sub(days.days());
    let days = Days { pickup: before(30), payout: before(27), decision: before(5) };
    begin(office, narrator, plan, days.pickup).await?;
    review(office, narrator, plan, days.pickup).await?;
    order(office, narrator, plan, days.pickup).await?;
    dispense(office, narrator, plan, days.pickup).await?;
    pay(office, narrator, days.payout).await?;
    decide(office, narrator, plan, days.decision).await?;
    earlier(office, narrator, plan, days.decision).await?;
    recover(office, narrator, plan, file).await?;
    Ok(plan.claims.iter().map(|claim| claim.claim_no.clone()).collect())
}

async fn begin(office: &mut Office, narrator: &mut Narrator, plan: &Plan, on: Date) -> anyhow::Result<()> {
    narrator.step("Those whom the file names, and own funds for the advances")?;
    let advances = plan.claims.iter().fold(0_i64, |sum, claim| sum.saturating_add(claim.advance_minor()));
    let ((insurer_no, insurer), (pharmacy_no, pharmacy)) = (&plan.insurer, &plan.pharmacy);
    let line = office.text(advances);
    narrator.say(&format!("Insurer {insurer_no}: {insurer}; advances up to {line} at any moment"))?;
    narrator.say(&format!("Pharmacy {pharmacy_no}: {pharmacy}; fee 1 % of the price, 6 % VAT in it"))?;
    narrator.say(&format!("{} patients with {} policies", plan.patients.len(), plan.claims.len()))?;
    let currency = plan.currency;
    let insurer = Insurer { insurer_no: insurer_no.clone(), name: insurer.clone(), currency };
    office.insurer(&insurer, (ContractTerms::plain(), advances), &rules(on)?).await?;
    let pharmacy = Pharmacy {
        pharmacy_no: pharmacy_no.clone(),
        name: pharmacy.clone(),
        currency,
        fee_per_10000: 100,
        vat_per_10000: 600,
        payment_days: 1,
    };
    office.pharmacy(&pharmacy, "6222 0001").await?;
    for patient in &plan.patients {
        office.patient(patient).await?;
    }
    for claim in &plan.claims {
        office.policy(&policy(plan, claim, on)?).await?;
    }
    if advances > 0 {
        office.bring_capital("CAPITAL", advances, on).await?;
    }
    narrator.show_journals(office.client()).await
}

async fn review(office: &mut Office, narrator: &mut Narrator, plan: &Plan, on: Date) -> anyhow::Result<()> {
    narrator.step("One claim for every line: taken in, pre-reviewed, held within the credit line")?;
    for (trace, order) in &plan.without_claim {
        narrator.say(&format!("Line {order} of {trace} charges nothing and pays nothing: no claim"))?;
    }
    let mut commands = Vec::with_capacity(plan.claims.len() * 4);
    for claim in &plan.claims {
        commands.push(Command::take_in(new_claim(plan, claim, on)?, on));
        commands.push(Command::tell(claim.claim_no.clone(), Event::Submitted, on));
        commands.push(Command::tell(claim.claim_no.clone(), Event::ReviewStarted, on));
        commands.push(Command::review(claim.claim_no.clone(), on));
    }
    office.tell(commands, "pre-review").await?;
    narrator.show_journals(office.client()).await
}

async fn order(office: &mut Office, narrator: &mut Narrator, plan: &Plan, on: Date) -> anyhow::Result<()> {
    narrator.step("The pharmacy is offered every order, and takes it")?;
    let offers = plan.claims.iter().map(|claim| offer(&claim.claim_no, 1, &plan.pharmacy.0, on));
    office.tell(offers.collect(), "dispatch").await?;
    let accepted =
        |claim: &PlannedClaim| Command::tell(claim.claim_no.clone(), Event::OrderAccepted { offer_no: 1 }, on);
    let pharmacy = format!("pharmacy:{}", plan.pharmacy.0);
    office.tell(plan.claims.iter().map(accepted).collect(), &pharmacy).await.map(|_| ())
}

async fn dispense(office: &mut Office, narrator: &mut Narrator, plan: &Plan, on: Date) -> anyhow::Result<()> {
    narrator.step("Patients pay what the file says they owe; drugs are dispensed, advances made, fees earned")?;
    let mut collected_minor = 0_i64;
    let mut commands = Vec::with_capacity(plan.claims.len() * 5);
    for claim in &plan.claims {
        let tell = |event| Command::tell(claim.claim_no.clone(), event, on);
        if claim.share_minor > 0 {
            collected_minor = collected_minor.saturating_add(claim.share_minor);
            let paid = Event::SharePaid { amount_minor: claim.share_minor, channel: office.channel().clone() };
            commands.extend([tell(Event::ShareRequested), tell(paid)]);
        }
        commands.push(tell(Event::DrugReady));
        commands.push(tell(Event::Dispensed).proven_by(pickup_proof(&claim.claim_no)));
        commands.push(tell(Event::SentToInsurer { submitted_no: claim.submitted_no.clone() }));
    }
    office.tell(commands, "pharmacy").await?;
    if collected_minor > 0 {
        office.channel_pays(on, collected_minor, 0).await?;
    }
    narrator.show_journals(office.client()).await
}

async fn pay(office: &mut Office, narrator: &mut Narrator, on: Date) -> anyhow::Result<()> {
    narrator.step("The pharmacy is paid: own money covers the advances, two people release the batch")?;
    let payouts = office.pay(Pays::Pharmacies, "B-1", on).await?;
    office.debited(&payouts, on).await?;
    narrator.show_journals(office.client()).await
}

async fn decide(office: &mut Office, narrator: &mut Narrator, plan: &Plan, on: Date) -> anyhow::Result<()> {
    narrator.step("The insurer decides: what it pays is due, what it denies is rejected, the rest is a shortfall")?;
    let decided = |claim: &PlannedClaim| {
        let reasons = claim.cause.clone().into_iter().collect();
        let decided = Event::InsurerDecided {
            decision_no: 1,
            insurer_claim_no: claim.insurer_claim_no.clone(),
            position: claim.position,
            lines: vec![LineDecision { line_no: 1, approved_minor: claim.approved_minor, reasons }],
        };
        Command::tell(claim.claim_no.clone(), decided, on)
    };
    office.tell(plan.claims.iter().map(decided).collect(), &format!("insurer:{}", plan.insurer.0)).await?;
    narrator.show_journals(office.client()).await
}

/// What earlier remittances have paid and this one takes back.
async fn earlier(office: &mut Office, narrator: &mut Narrator, plan: &Plan, on: Date) -> anyhow::Result<()> {
    let taken_back: Vec<&PlannedClaim> = plan.claims.iter().filter(|claim| claim.is_taken_back).collect();
    if plan.overpaid.is_empty() && taken_back.is_empty() {
        return Ok(());
    }
    narrator.step("Earlier payments that this file takes back")?;
    let insurer = &plan.insurer.0;
    for (reference, minor) in &plan.overpaid {
        office.overpaid(insurer, reference, *minor, on).await?;
    }
    if !taken_back.is_empty() {
        let lines = taken_back.iter().map(|claim| AdviceLine {
            claim_no: &claim.submitted_no,
            insurer_claim_no: &claim.insurer_claim_no,
            billed_minor: claim.gross_minor,
            paid_minor: claim.approved_minor,
            patient_minor: claim.share_minor,
        });
        let (trace, currency, takebacks) = ("EARLIER", plan.currency, Vec::new());
        let advice = Advice { trace, on, currency, lines: lines.collect(), takebacks };
        if advice.paid_minor() > 0 {
            office.cash(insurer, trace, advice.paid_minor(), on).await?;
        }
        office.take_in(insurer, &advice.to_bytes()).await?;
    }
    narrator.show_journals(office.client()).await
}

async fn recover(office: &mut Office, narrator: &mut Narrator, plan: &Plan, file: &[u8]) -> anyhow::Result<()> {
    narrator.step("The insurer's cash shows at the bank, and the file is matched and applied")?;
    for (trace, minor) in plan.cash.iter().filter(|(_, minor)| *minor > 0) {
        office.cash(&plan.insurer.0, trace, *minor, plan.on).await?;
    }
    let imported = office.take_in(&plan.insurer.0, file).await?;
    for view in office.outcome(&imported).await? {
        super::tell_outcome(narrator, &view)?;
    }
    office.settle(plan.on).await?;
    narrator.show_journals(office.client()).await
}

fn new_claim(plan: &Plan, claim: &PlannedClaim, on: Date) -> anyhow::Result<NewClaim> {
    Ok(NewClaim {
        claim_no: claim.claim_no.clone(),
        kind: ClaimKind::DirectPay,
        insurer: plan.insurer.0.clone(),
        pharmacy: plan.pharmacy.0.clone(),
        patient: claim.patient.clone(),
        policy_no: policy_no(claim)?,
        diagnosis: DiagnosisCode::parse(DIAGNOSIS)?,
        prescription: prescription(on)?,
        tests: Vec::new(),
        lines: vec![ClaimLine {
            line_no: 1,
            drug_code: DrugCode::parse(DRUG)?,
            quantity: 1,
            prescribed_quantity: Some(1),
            gross_minor: claim.gross_minor,
        }],
        gross_minor: claim.gross_minor,
        currency: plan.currency,
        share_collector: ShareCollector::Platform,
    })
}

/// A policy that leaves the patient exactly what the file says: as a deductible.
fn policy(plan: &Plan, claim: &PlannedClaim, on: Date) -> anyhow::Result<Policy> {
    Ok(Policy {
        insurer: plan.insurer.0.clone(),
        policy_no: policy_no(claim)?,
        patient: claim.patient.clone(),
        currency: plan.currency,
        in_force_from: on.saturating_sub(30.days()),
        in_force_until: on.saturating_add(335.days()),
        deductible_minor: claim.share_minor,
        coinsurance_per_10000: 0,
        share_cap_minor: None,
        benefit_limit_minor: None,
    })
}

fn policy_no(claim: &PlannedClaim) -> anyhow::Result<PolicyNo> {
    Ok(PolicyNo::parse(&format!("POL-{}", claim.claim_no))?)
}

/// The file says what was covered: the rules let pass what it speaks of.
fn rules(on: Date) -> anyhow::Result<RuleVersion> {
    let listed = Rule::DrugListed { drugs: vec![DrugCode::parse(DRUG)?] };
    Ok(RuleVersion { version: 1, effective_from: on, rules: RuleSet::deciding(30, vec![Rule::PolicyInForce, listed]) })
}
