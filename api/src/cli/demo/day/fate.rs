//! What becomes of a claim of the day. Pure: a fate only says what it is; the stages ask it.

use dianfu_claims::event::{Bearer, Grounds};
use dianfu_claims::insurer::bearer::Condition;

/// What becomes of a claim, named by where it leaves the straight path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It does not.
    Straight,
    /// The pharmacy collects the share (J3b).
    PharmacyCollects,
    /// The share is owed when the drug is dispensed (J3c), and paid later (J2-owed).
    ShareOwed,
    /// The patient calls it off after paying (J1r, J20-held).
    CalledOff,
    /// The scheme gives the drug for nothing: rejected by rule, and no money moves (J26).
    InCharityPhase,
    /// Another claim came first: the patient owes more (J22).
    ShareRaised,
    /// The patient was charged too much (J22-overcharged).
    ShareLowered,
    /// The drug comes back before its order is paid (J19a, J19d).
    BackBeforePayout,
    /// It comes back behind the payout (J19b).
    BackBehindPayout,
    /// It comes back when the insurer has paid, too (J19c).
    BackBehindRecovery,
    /// The pharmacy bears a shortfall while its order is unpaid (J10b-unpaid).
    UnpaidOrderBears,
    /// It bears one later, by netting (J10b, J19e).
    PharmacyBears,
    /// The patient bears it and pays in instalments (J10a, J12).
    PatientBears,
    /// The patient bears it and does not pay: provided for, written off, paid after all (J13).
    PatientFails,
    /// The platform bears it (J10c).
    PlatformBears,
    /// Nobody does: provided for and written off (J13).
    NobodyBears,
    /// A dispute is won (J10d), and what was provided for is not needed.
    DisputeWon,
    /// The insurer rejects after the advance (J11).
    Rejected,
    /// It approves more than the advance, and the share falls (J10e).
    ApprovedMore,
    /// It decides again for less (J18b, J9b-back).
    DecidedDown,
    /// It pays a few fen too little (J25).
    PaidShort,
    /// It pays a few fen too much (J25-gained).
    PaidOver,
    /// It pays far too much, and gets it back (J15b).
    PaidTwice,
    /// It takes its payment back, and pays less (J18).
    TakenBack,
    /// Dispensed later, by a pharmacy with debts (J19e).
    SecondBatch,
    /// Plain reimbursement (J23).
    Reimbursed,
    /// The insurer decides again for less (J23-cut).
    ReimbursementCut,
    /// On the deposit of an insurer that pays beforehand (J24).
    Prefunded,
    /// It approves less, then all after all (J24-cut, J24-decided-again).
    PrefundDecidedAgain,
    /// It approves more than was drawn (J24-more).
    PrefundMore,
}

/// Every fate and how many claims have it; with the story's six they are 200.
#[rustfmt::skip]
pub const FATES: [(Fate, usize); 30] = [
    (Fate::Straight, 73), (Fate::PharmacyCollects, 10), (Fate::ShareOwed, 6), (Fate::CalledOff, 3),
    (Fate::InCharityPhase, 3), (Fate::ShareRaised, 3), (Fate::ShareLowered, 3), (Fate::BackBeforePayout, 3),
    (Fate::BackBehindPayout, 3), (Fate::BackBehindRecovery, 3), (Fate::UnpaidOrderBears, 3),
    (Fate::PharmacyBears, 4), (Fate::PatientBears, 4), (Fate::PatientFails, 3), (Fate::PlatformBears, 4),
    (Fate::NobodyBears, 3), (Fate::DisputeWon, 3), (Fate::Rejected, 3), (Fate::ApprovedMore, 3),
    (Fate::DecidedDown, 3), (Fate::PaidShort, 3), (Fate::PaidOver, 3), (Fate::PaidTwice, 3), (Fate::TakenBack, 3),
    (Fate::SecondBatch, 8), (Fate::Reimbursed, 6), (Fate::ReimbursementCut, 3), (Fate::Prefunded, 15),
    (Fate::PrefundDecidedAgain, 4), (Fate::PrefundMore, 3),
];

impl Fate {
    /// Whether the insurer has paid beforehand.
    pub fn is_prefunded(self) -> bool {
        matches!(self, Fate::Prefunded | Fate::PrefundDecidedAgain | Fate::PrefundMore)
    }

    /// Whether the patient has paid, and is paid back.
    pub fn is_reimbursed(self) -> bool {
        matches!(self, Fate::Reimbursed | Fate::ReimbursementCut)
    }

    /// Whether the pharmacy is the one whose debts are set off.
    pub fn meets_at_one_pharmacy(self) -> bool {
        matches!(self, Fate::SecondBatch | Fate::PharmacyBears | Fate::BackBehindPayout | Fate::BackBehindRecovery)
    }

    /// Whether a pharmacy dispenses in the first round.
    pub fn is_dispensed_first(self) -> bool {
        !self.is_reimbursed() && !matches!(self, Fate::CalledOff | Fate::InCharityPhase | Fate::SecondBatch)
    }

    /// Whether it is decided with the others: it is not back before, and its insurer has not been quicker.
    pub fn is_decided_in_time(self) -> bool {
        let is_earlier = matches!(self, Fate::BackBeforePayout | Fate::BackBehindPayout | Fate::UnpaidOrderBears);
        (self.is_dispensed_first() || self.is_reimbursed() || self == Fate::SecondBatch) && !is_earlier
    }

    /// What the insurer says first, of an advance; minor units.
    pub fn approved_minor(self, advance_minor: i64) -> i64 {
        match self {
            Fate::Rejected => 0,
            Fate::ApprovedMore | Fate::PrefundMore => advance_minor + 5_000,
            fate if fate.is_short() => advance_minor - 60_000,
            _ => advance_minor,
        }
    }

    fn is_short(self) -> bool {
        matches!(
            self,
            Fate::UnpaidOrderBears
                | Fate::PharmacyBears
                | Fate::PatientBears
                | Fate::PatientFails
                | Fate::PlatformBears
                | Fate::NobodyBears
                | Fate::DisputeWon
                | Fate::PrefundDecidedAgain
        )
    }

    /// What the insurer says the second time, of an advance; minor units.
    pub fn approved_again_minor(self, advance_minor: i64) -> i64 {
        match self {
            Fate::DecidedDown | Fate::ReimbursementCut => advance_minor - 40_000,
            Fate::TakenBack => advance_minor - 50_000,
            _ => advance_minor,
        }
    }

    /// Whether the insurer decides a second time before it pays.
    pub fn is_decided_again(self) -> bool {
        matches!(self, Fate::DecidedDown | Fate::ReimbursementCut | Fate::PrefundDecidedAgain)
    }

    /// Who bears what the insurer does not cover, as two people decide; `None` if nobody has to.
    pub fn bearer(self) -> Option<Bearer> {
        match self {
            Fate::PharmacyBears => Some(Bearer::PharmacyByNetting),
            Fate::PatientBears | Fate::PatientFails => Some(Bearer::Patient),
            Fate::PlatformBears | Fate::Rejected | Fate::DecidedDown => Some(Bearer::Platform),
            Fate::DisputeWon => Some(Bearer::InsurerAfterDispute),
            _ => None,
        }
    }

    /// Why it is who it is, by the insurer's contract.
    pub fn grounds(self) -> Grounds {
        match self {
            Fate::UnpaidOrderBears => Grounds::of("price_above_contract", &[Condition::ChargebackRight]),
            Fate::PharmacyBears => Grounds::of("dispense_proof_missing", &[Condition::ChargebackRight]),
            Fate::PatientBears => Grounds::of("benefit_used_up", &[Condition::ConsentSigned]),
            Fate::PatientFails => Grounds::of("material_forged", &[Condition::SecondReview]),
            Fate::DisputeWon => Grounds::of("clinical_view", &[]),
            _ => Grounds::of("rule_misapplied", &[]),
        }
    }

    /// How far the insurer's payment is off what is due, in minor units.
    pub fn paid_off_by_minor(self) -> i64 {
        match self {
            Fate::PaidShort => -30,
            Fate::PaidOver => 20,
            Fate::PaidTwice => 100_000,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_the_storys_six_they_are_two_hundred() {
        assert_eq!(FATES.iter().map(|(_, count)| count).sum::<usize>() + 6, 200);
    }
}
