//! What a review needs to know, and the review itself, in memory.
//!
//! Reviews of one patient come one after the other (their rows are locked), and reviews of one batch see what those
//! before them have granted, so that a deductible is used once and a cycle's packs are given once.

use std::collections::HashMap;

use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;

use crate::benefit::{Terms, quote};
use crate::claim::Claim;
use crate::patient::Policy;
use crate::pharmacy::Pharmacy;
use crate::prereview::rules::{EarlierPacks, Facts};
use crate::prereview::{Decision, Outcome, RuleVersion, evaluate};
use crate::refusal::Reason;
use crate::sql::parties::PolicyKey;
use crate::sql::rules::PacksKey;

/// What earlier claims have used up of a policy, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Used {
    /// Of the deductible.
    pub deductible_minor: i64,
    /// Of the patient's cap.
    pub share_minor: i64,
    /// Of the insurer's limit.
    pub advance_minor: i64,
}

/// What the reviews of a batch need to know.
#[derive(Debug, Default)]
pub struct ReviewBook {
    /// Policies by insurer and number.
    pub policies: HashMap<PolicyKey, Policy>,
    /// Pharmacies by number.
    pub pharmacies: HashMap<PartyNo, Pharmacy>,
    /// Versions of rules, rising, by insurer.
    pub rules: HashMap<PartyNo, Vec<RuleVersion>>,
    /// What is used up, by policy.
    pub used: HashMap<PolicyKey, Used>,
    /// Packs by patient and drug.
    pub packs: HashMap<PacksKey, Vec<EarlierPacks>>,
}

impl ReviewBook {
    /// Reviews a claim on a day and remembers what it grants.
    pub fn review(&mut self, claim: &Claim, on: Date) -> Result<Decision, Reason> {
        let intake = &claim.intake;
        let policy_key = (intake.insurer.clone(), intake.policy_no.clone());
        let line = intake.lines.first().expect("a claim has a line");
        let packs_key = (intake.patient.clone(), line.drug_code.clone());
        let unknown = |what, number: String| Reason::PartyUnknown { what, number };
        let policy = self.policies.get(&policy_key);
        let policy = policy.ok_or_else(|| unknown("policy", intake.policy_no.to_string()))?;
        let pharmacy = self.pharmacies.get(&intake.pharmacy);
        let pharmacy = pharmacy.ok_or_else(|| unknown("pharmacy", intake.pharmacy.to_string()))?;
        let version = self.rules_on(&intake.insurer, on)?;
        let used = self.used.get(&policy_key).copied().unwrap_or_default();
        let terms = left(policy, used);
        let quote = quote(intake.gross_minor, &terms, &pharmacy.fee_terms(), on, version.rules.approval_days);
        let facts = Facts {
            on,
            policy_no: intake.policy_no.clone(),
            in_force_from: policy.in_force_from,
            in_force_until: policy.in_force_until,
            drug_code: line.drug_code.clone(),
            quantity: line.quantity,
            earlier: self.packs.get(&packs_key).cloned().unwrap_or_default(),
            prescribed_on: intake.prescription.prescribed_on,
        };
        let decision = evaluate(version, facts, quote);
        self.remember(&decision, policy_key, packs_key, on);
        Ok(decision)
    }

    /// The highest version of an insurer's rules in force on a day.
    fn rules_on(&self, insurer: &PartyNo, on: Date) -> Result<&RuleVersion, Reason> {
        let versions = self.rules.get(insurer).map_or(&[][..], Vec::as_slice);
        let in_force = versions.iter().rfind(|version| version.effective_from <= on);
        in_force.ok_or_else(|| Reason::RulesMissing { insurer: insurer.to_string(), on })
    }

    fn remember(&mut self, decision: &Decision, policy_key: PolicyKey, packs_key: PacksKey, on: Date) {
        let Outcome::Approved(quote) = decision.verdict.outcome() else { return };
        let used = self.used.entry(policy_key).or_default();
        used.deductible_minor = used.deductible_minor.saturating_add(quote.deductible_minor);
        used.share_minor = used.share_minor.saturating_add(quote.share_minor);
        used.advance_minor = used.advance_minor.saturating_add(quote.advance_minor);
        let quantity = decision.facts.quantity;
        self.packs.entry(packs_key).or_default().push(EarlierPacks { on, quantity });
    }
}

fn left(policy: &Policy, used: Used) -> Terms {
    Terms {
        deductible_left_minor: policy.deductible_minor.saturating_sub(used.deductible_minor),
        coinsurance_per_10000: policy.coinsurance_per_10000,
        share_cap_left_minor: policy.share_cap_minor.map(|cap| cap.saturating_sub(used.share_minor)),
        benefit_left_minor: policy.benefit_limit_minor.map(|limit| limit.saturating_sub(used.advance_minor)),
    }
}
