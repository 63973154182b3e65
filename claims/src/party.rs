//! Who takes part in a claim from outside, and sees of the claims only its own.

use dianfu_settlement::number::PartyNo;

use crate::claim::NewClaim;

/// Somebody who takes part.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Party {
    /// Who covers claims.
    Insurer(PartyNo),
    /// Who dispenses.
    Pharmacy(PartyNo),
    /// Who needs the drug.
    Patient(PartyNo),
}

impl Party {
    /// Its number.
    pub fn number(&self) -> &PartyNo {
        match self {
            Party::Insurer(number) | Party::Pharmacy(number) | Party::Patient(number) => number,
        }
    }

    /// What it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Party::Insurer(_) => "insurer",
            Party::Pharmacy(_) => "pharmacy",
            Party::Patient(_) => "patient",
        }
    }

    /// It as an actor on record, such as `insurer:picc`.
    pub fn actor(&self) -> String {
        format!("{}:{}", self.kind(), self.number())
    }

    /// Whether it is one of the three that something belongs to. The one place that says what a party may see.
    pub fn is_among(&self, insurer: &PartyNo, pharmacy: &PartyNo, patient: &PartyNo) -> bool {
        match self {
            Party::Insurer(own) => own == insurer,
            Party::Pharmacy(own) => own == pharmacy,
            Party::Patient(own) => own == patient,
        }
    }

    /// Whether a claim is its own.
    pub fn takes_part_in(&self, claim: &NewClaim) -> bool {
        self.is_among(&claim.insurer, &claim.pharmacy, &claim.patient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> PartyNo {
        PartyNo::parse(text).unwrap()
    }

    #[test]
    fn a_number_counts_for_its_own_kind_only() {
        let (insurer, pharmacy, patient) = (number("a"), number("b"), number("c"));
        let sees = |party: Party| party.is_among(&insurer, &pharmacy, &patient);
        assert!(sees(Party::Insurer(number("a"))) && sees(Party::Pharmacy(number("b"))));
        assert!(sees(Party::Patient(number("c"))));
        assert!(!sees(Party::Insurer(number("b"))) && !sees(Party::Pharmacy(number("a"))));
        assert!(!sees(Party::Patient(number("a"))) && !sees(Party::Patient(number("d"))));
        assert_eq!(Party::Pharmacy(number("b")).actor(), "pharmacy:b");
    }
}
