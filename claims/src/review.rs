//! What a review needs to know, and the review itself, in memory.
//!
//! Reviews of one patient come one after the other (their rows are locked), and reviews of one batch see what those
//! before them have granted, so that a deductible is used once and a cycle's packs are given once. Which comes first
//! does not depend on the order of the batch: [`in_order`].

use std::collections::HashMap;

use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;

use crate::benefit::{
    BenefitTerms, ClaimToShare, LineToShare, PolicyTerms, Split, TermsVersion, Used, UsedByYear, quote, share_next,
};
use crate::claim::{Claim, ClaimLine, ClaimNo, NewClaim};
use crate::patient::Policy;
use crate::pharmacy::Pharmacy;
use crate::prereview::facts::{EarlierPacks, Facts, LineFacts, PolicyFacts, TestFact};
use crate::prereview::ruling::{Ruling, ruled};
use crate::prereview::{Decision, Offer, RuleVersion, evaluate};
use crate::refusal::Reason;
use crate::sql::parties::PolicyKey;

/// What the reviews of a batch need to know.
#[derive(Debug, Default)]
pub struct ReviewBook {
    /// Policies by insurer and number.
    pub policies: HashMap<PolicyKey, Policy>,
    /// What policies promise beyond that, in the order of its recording.
    pub terms: HashMap<PolicyKey, Vec<TermsVersion>>,
    /// Pharmacies by number.
    pub pharmacies: HashMap<PartyNo, Pharmacy>,
    /// Versions of rules, rising, by insurer.
    pub rules: HashMap<PartyNo, Vec<RuleVersion>>,
    /// What is used up, by policy and year.
    pub used: HashMap<PolicyKey, UsedByYear>,
    /// Packs by patient, the earliest first.
    pub packs: HashMap<PartyNo, Vec<EarlierPacks>>,
}

impl ReviewBook {
    /// Reviews a claim on a day.
    pub fn review(&self, claim: &Claim, on: Date) -> Result<Reviewed, Reason> {
        let seen = self.see(&claim.intake, on)?;
        Ok(Reviewed { decision: evaluate(seen.version, seen.facts, seen.offer), used: seen.used })
    }

    /// The same where people decide what the rules leave to them.
    pub fn rule(&self, claim: &Claim, on: Date, ruling: &Ruling) -> Result<Reviewed, Reason> {
        let seen = self.see(&claim.intake, on)?;
        Ok(Reviewed { decision: ruled(seen.version, seen.facts, seen.offer, ruling)?, used: seen.used })
    }

    fn see(&self, intake: &NewClaim, on: Date) -> Result<Seen<'_>, Reason> {
        let policy_key = (intake.insurer.clone(), intake.policy_no.clone());
        let unknown = |what, number: String| Reason::PartyUnknown { what, number };
        let policy = self.policies.get(&policy_key);
        let policy = policy.ok_or_else(|| unknown("policy", intake.policy_no.to_string()))?;
        let pharmacy = self.pharmacies.get(&intake.pharmacy);
        let pharmacy = pharmacy.ok_or_else(|| unknown("pharmacy", intake.pharmacy.to_string()))?;
        let version = self.rules_on(&intake.insurer, on)?;
        let terms = terms_of(policy, self.terms.get(&policy_key).cloned().unwrap_or_default());
        let mut used = self.used.get(&policy_key).cloned().unwrap_or_default();
        let year_from = terms.year_of(intake.prescription.prescribed_on);
        let used_before = used.get(&year_from).cloned().unwrap_or_default();
        let split = share_next(&to_share(intake), &terms, &mut used);
        let facts = self.facts(intake, on, &split, policy_facts(policy, &terms, intake, used_before));
        let quote = quote(&split, &pharmacy.fee_terms(), on, version.rules.approval_days);
        Ok(Seen { version, facts, offer: Offer { quote, shares: split.lines }, used })
    }

    /// What is granted counts for the claims that follow.
    pub fn grant(&mut self, intake: &NewClaim, decision: &Decision, used: UsedByYear) {
        self.used.insert((intake.insurer.clone(), intake.policy_no.clone()), used);
        self.remember_packs(intake, decision);
    }

    /// The highest version of an insurer's rules in force on a day.
    fn rules_on(&self, insurer: &PartyNo, on: Date) -> Result<&RuleVersion, Reason> {
        let versions = self.rules.get(insurer).map_or(&[][..], Vec::as_slice);
        let in_force = versions.iter().rfind(|version| version.effective_from <= on);
        in_force.ok_or_else(|| Reason::RulesMissing { insurer: insurer.to_string(), on })
    }

    fn facts(&self, intake: &NewClaim, on: Date, split: &Split, policy: PolicyFacts) -> Facts {
        let earlier = self.packs.get(&intake.patient).map_or(&[][..], Vec::as_slice);
        let concerns = |packs: &&EarlierPacks| split.lines.iter().any(|line| line.drug_code == packs.drug_code);
        let tests = intake.tests.iter().map(|result| TestFact {
            test: result.test.clone(),
            positive: result.positive,
            tested_on: result.tested_on,
        });
        let lines = intake.lines.iter().zip(&split.lines).map(|(line, share)| LineFacts {
            line_no: line.line_no,
            drug_code: line.drug_code.clone(),
            quantity: line.quantity,
            prescribed_quantity: line.prescribed_quantity,
            gross_minor: line.gross_minor,
            advance_minor: share.advance_minor,
        });
        Facts {
            on,
            currency: intake.currency,
            policy,
            pharmacy: intake.pharmacy.clone(),
            doctor: Some(intake.prescription.doctor_no.clone()),
            diagnosis: Some(intake.diagnosis.clone()),
            prescribed_on: intake.prescription.prescribed_on,
            tests: tests.collect(),
            lines: lines.collect(),
            earlier: earlier.iter().filter(concerns).cloned().collect(),
        }
    }

    fn remember_packs(&mut self, intake: &NewClaim, decision: &Decision) {
        let Facts { on, prescribed_on, lines, .. } = &decision.facts;
        let packs = lines.iter().map(|line| EarlierPacks {
            drug_code: line.drug_code.clone(),
            on: *on,
            prescribed_on: *prescribed_on,
            quantity: line.quantity,
            free: false,
        });
        self.packs.entry(intake.patient.clone()).or_default().extend(packs);
    }
}

/// What a review has come to.
#[derive(Debug)]
pub struct Reviewed {
    /// The decision.
    pub decision: Decision,
    /// What is used up of the policy if it is granted.
    pub used: UsedByYear,
}

/// What a review sees.
struct Seen<'a> {
    version: &'a RuleVersion,
    facts: Facts,
    offer: Offer,
    /// What is used up if it is granted.
    used: UsedByYear,
}

/// The order in which claims are decided that are decided at once: by the day of their prescription, then by number.
/// Whoever's claims they are, so that any permutation of a batch has the same outcome.
pub fn in_order(intake: &NewClaim) -> (Date, &ClaimNo) {
    (intake.prescription.prescribed_on, &intake.claim_no)
}

/// What sharing needs to know of a claim.
pub fn to_share(intake: &NewClaim) -> ClaimToShare {
    let line = |line: &ClaimLine| LineToShare {
        line_no: line.line_no,
        drug_code: line.drug_code.clone(),
        gross_minor: line.gross_minor,
    };
    ClaimToShare {
        claim_no: intake.claim_no.clone(),
        prescribed_on: intake.prescription.prescribed_on,
        diagnosis: Some(intake.diagnosis.clone()),
        lines: intake.lines.iter().map(line).collect(),
    }
}

fn policy_facts(policy: &Policy, terms: &PolicyTerms, intake: &NewClaim, used: Used) -> PolicyFacts {
    PolicyFacts {
        policy_no: policy.policy_no.clone(),
        in_force_from: policy.in_force_from,
        in_force_until: policy.in_force_until,
        enrolled_on: terms.enrolled_on(intake.prescription.prescribed_on),
        year_from: terms.year_of(intake.prescription.prescribed_on),
        used,
    }
}

/// All terms of a policy: what its own row promises, and the versions that follow it.
pub fn terms_of(policy: &Policy, versions: Vec<TermsVersion>) -> PolicyTerms {
    let first = BenefitTerms {
        share_cap_minor: policy.share_cap_minor,
        benefit_limit_minor: policy.benefit_limit_minor,
        ..BenefitTerms::plain(policy.deductible_minor, policy.coinsurance_per_10000)
    };
    PolicyTerms { years_from: policy.in_force_from, first, versions }
}
