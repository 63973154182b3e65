//! Who bears what an insurer does not cover, by cause: a policy table of the contract, data and not code.
//!
//! A rule names a cause, who bears it if a condition is met, and who else. What is met is told by the two people who
//! decide; the table only looks it up, and an assignment that it contradicts is refused ([`agrees`]). They may decide
//! against it, which is an override: with a reason and a proof, and on record as one.

use serde::{Deserialize, Serialize};

use crate::event::{Bearer, Grounds};
use crate::registration::{RegistrationRefusal, in_range};

/// Who bears a shortfall.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bears {
    /// The patient owes it (J10a).
    Patient,
    /// The pharmacy owes it (J10b).
    Pharmacy,
    /// The platform loses it (J10c).
    Platform,
    /// The insurer owes it after all: a dispute that its own answer decides (J10d).
    Insurer,
    /// Nobody yet: it stays on 1109 while it is disputed, and is provided for by age.
    Dispute,
}

/// What must be so for a rule's first answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Nothing.
    Always,
    /// Somebody has reviewed it a second time.
    SecondReview,
    /// The patient has signed that the quote may change.
    ConsentSigned,
    /// The insurer's guarantee was valid.
    InsideGuarantee,
    /// The contract with the pharmacy gives the right to charge back.
    ChargebackRight,
}

impl Bears {
    /// The word for it, at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Bears::Patient => "patient",
            Bears::Pharmacy => "pharmacy",
            Bears::Platform => "platform",
            Bears::Insurer => "insurer",
            Bears::Dispute => "dispute",
        }
    }

    /// Whether a part of a shortfall may go to a bearer. What is disputed can only be won; what is lost of a dispute
    /// has another cause.
    fn allows(self, bearer: Bearer) -> bool {
        match bearer {
            Bearer::Patient => self == Bears::Patient,
            Bearer::PharmacyByNetting | Bearer::PharmacyUnpaidOrder => self == Bears::Pharmacy,
            Bearer::Platform => self == Bears::Platform,
            Bearer::InsurerAfterDispute => matches!(self, Bears::Insurer | Bears::Dispute),
        }
    }
}

/// A line of the table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BearerRule {
    /// The cause, as a stable code.
    pub cause: String,
    /// What must be so.
    pub condition: Condition,
    /// Who bears it then.
    pub bears: Bears,
    /// Who bears it otherwise.
    pub otherwise: Bears,
}

/// What the table answers, with the rule that says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bearing<'a> {
    /// Who bears it.
    pub bears: Bears,
    /// The rule.
    pub rule: &'a BearerRule,
    /// Whether its condition is met.
    pub met: bool,
}

/// Who bears a cause, given what is met; `None` if the table does not name the cause.
pub fn bearer_of<'a>(rules: &'a [BearerRule], cause: &str, met: &[Condition]) -> Option<Bearing<'a>> {
    let rule = rules.iter().find(|rule| rule.cause == cause)?;
    let met = rule.condition == Condition::Always || met.contains(&rule.condition);
    Some(Bearing { bears: if met { rule.bears } else { rule.otherwise }, rule, met })
}

/// Why nobody bears a shortfall as it was assigned; in order of precedence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BearerRefusal {
    /// The table does not name the cause.
    #[error("'{cause}' is no cause of a shortfall in the contract: it has {}", known.join(", "))]
    CauseUnknown {
        /// The cause.
        cause: String,
        /// Those of the contract.
        known: Vec<String>,
    },
    /// Who decides against the table says why, and proves it.
    #[error("to decide against the contract's table takes a reason and the hash of a proof as evidence")]
    OverrideUnproven,
    /// The table says that somebody else bears it.
    #[error("the contract has the {} bear '{cause}', not {}", bears.word(), assigned.word())]
    BearerDiffers {
        /// The cause.
        cause: String,
        /// Who bears it.
        bears: Bears,
        /// Who was to bear it.
        assigned: Bearer,
    },
}

impl BearerRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            BearerRefusal::CauseUnknown { .. } => "cause_unknown",
            BearerRefusal::OverrideUnproven => "override_unproven",
            BearerRefusal::BearerDiffers { .. } => "bearer_differs",
        }
    }
}

/// Refuses an assignment that the table contradicts. `is_proven` says whether a reason and a proof are given.
pub fn agrees(rules: &[BearerRule], grounds: &Grounds, assigned: Bearer, is_proven: bool) -> Result<(), BearerRefusal> {
    let cause = || grounds.cause.clone();
    let Some(bearing) = bearer_of(rules, &grounds.cause, &grounds.met) else {
        let known = rules.iter().map(|rule| rule.cause.clone()).collect();
        return Err(BearerRefusal::CauseUnknown { cause: cause(), known });
    };
    match (grounds.overrides, is_proven) {
        (true, true) => Ok(()),
        (true, false) => Err(BearerRefusal::OverrideUnproven),
        (false, _) if bearing.bears.allows(assigned) => Ok(()),
        (false, _) => Err(BearerRefusal::BearerDiffers { cause: cause(), bears: bearing.bears, assigned }),
    }
}

/// The table to begin with. Each is the usual answer of the trade; a contract may have another.
pub fn usual() -> Vec<BearerRule> {
    let rule =
        |cause: &str, condition, bears, otherwise| BearerRule { cause: cause.to_owned(), condition, bears, otherwise };
    vec![
        rule("material_forged", Condition::SecondReview, Bears::Patient, Bears::Dispute),
        rule("benefit_used_up", Condition::ConsentSigned, Bears::Patient, Bears::Platform),
        rule("policy_not_in_force", Condition::InsideGuarantee, Bears::Insurer, Bears::Platform),
        rule("price_above_contract", Condition::ChargebackRight, Bears::Pharmacy, Bears::Platform),
        rule("wrong_drug_or_quantity", Condition::ChargebackRight, Bears::Pharmacy, Bears::Platform),
        rule("dispense_proof_missing", Condition::ChargebackRight, Bears::Pharmacy, Bears::Platform),
        rule("rule_misapplied", Condition::Always, Bears::Platform, Bears::Platform),
        rule("clinical_view", Condition::Always, Bears::Dispute, Bears::Dispute),
    ]
}

/// Refuses a table that names a cause twice, or one without a name.
pub(super) fn check(rules: &[BearerRule]) -> Result<(), RegistrationRefusal> {
    in_range("bearers", i64::try_from(rules.len()).unwrap_or(i64::MAX), 1, 100)?;
    for (at, rule) in rules.iter().enumerate() {
        in_range("bearers/cause", i64::try_from(rule.cause.len()).unwrap_or(i64::MAX), 1, 64)?;
        if rules[..at].iter().any(|earlier| earlier.cause == rule.cause) {
            let what = "cause of shortfalls";
            return Err(RegistrationRefusal::Twice { what, number: rule.cause.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_usual_bearer() {
        let rules = usual();
        check(&rules).unwrap();
        for (cause, met, expected) in [
            ("material_forged", Some(Condition::SecondReview), Bears::Patient),
            ("material_forged", None, Bears::Dispute),
            ("benefit_used_up", Some(Condition::ConsentSigned), Bears::Patient),
            ("benefit_used_up", Some(Condition::SecondReview), Bears::Platform),
            ("policy_not_in_force", Some(Condition::InsideGuarantee), Bears::Insurer),
            ("policy_not_in_force", None, Bears::Platform),
            ("price_above_contract", Some(Condition::ChargebackRight), Bears::Pharmacy),
            ("dispense_proof_missing", None, Bears::Platform),
            ("rule_misapplied", None, Bears::Platform),
            ("clinical_view", None, Bears::Dispute),
        ] {
            let met: Vec<Condition> = met.into_iter().collect();
            assert_eq!(bearer_of(&rules, cause, &met).unwrap().bears, expected, "{cause} {met:?}");
        }
        assert_eq!(bearer_of(&rules, "weather", &[]), None);
    }

    #[test]
    fn each_bearer_is_allowed_by_its_own_line_alone() {
        let bearers = [
            (Bearer::Patient, Bears::Patient),
            (Bearer::PharmacyByNetting, Bears::Pharmacy),
            (Bearer::PharmacyUnpaidOrder, Bears::Pharmacy),
            (Bearer::Platform, Bears::Platform),
            (Bearer::InsurerAfterDispute, Bears::Insurer),
            (Bearer::InsurerAfterDispute, Bears::Dispute),
        ];
        for bears in [Bears::Patient, Bears::Pharmacy, Bears::Platform, Bears::Insurer, Bears::Dispute] {
            let rule = BearerRule { cause: "c".to_owned(), condition: Condition::Always, bears, otherwise: bears };
            for (assigned, _) in bearers {
                let agreed = agrees(std::slice::from_ref(&rule), &Grounds::of("c", &[]), assigned, true);
                let expected = bearers.contains(&(assigned, bears));
                assert_eq!(agreed.map_err(|refusal| refusal.code()).is_ok(), expected, "{assigned:?} {bears:?}");
            }
        }
    }

    #[test]
    fn who_decides_against_the_table_says_why() {
        let (rules, by_table) = (usual(), Grounds::of("clinical_view", &[]));
        let against = Grounds { overrides: true, ..by_table.clone() };
        let told = |grounds: &Grounds, is_proven| {
            agrees(&rules, grounds, Bearer::Platform, is_proven).map_err(|refusal| refusal.code())
        };
        assert_eq!(told(&by_table, true), Err("bearer_differs"));
        assert_eq!(told(&against, false), Err("override_unproven"));
        assert_eq!(told(&against, true), Ok(()));
        let unknown = Grounds { cause: "weather".to_owned(), ..against };
        assert_eq!(told(&unknown, true), Err("cause_unknown"));
    }

    #[test]
    fn a_cause_stands_once_in_the_table() {
        let mut rules = usual();
        rules.push(rules[0].clone());
        assert_eq!(check(&rules).unwrap_err().code(), "twice");
        assert_eq!(check(&[]).unwrap_err().code(), "out_of_range");
    }
}
