//! Roles and what each may do.
//!
//! What takes two people is a [`Duty`] with two sides, and a role is on one of them at most: [`Role::side_of`] answers
//! one side, so that no role can both make and check, whatever is written into it.

use dianfu_claims::party::Party;
use dianfu_settlement::number::PartyNo;

use super::permission::{Duty, Permission, Side};

/// What the bearer of a token is to its book.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Sets the book up: accounts, people, insurers and rules, which somebody else agrees to.
    Admin,
    /// Answers for the book: closes it, and everything but handing in remittances.
    Controller,
    /// Keeps the book: posts, hands in remittances, sets rates, proposes what happens to money.
    Finance,
    /// Reads the books and what was done, writes nothing, and sees no patient's record.
    Auditor,
    /// Another system that posts its entries and reads nothing.
    Poster,
    /// Reviews claims before money moves.
    Reviewer,
    /// The second person: of reviews, of money, of insurers, of rules.
    Approver,
    /// Takes claims in, checks materials, offers orders.
    Operator,
    /// An insurer: its own claims and decisions.
    Insurer,
    /// A pharmacy: its own orders.
    Pharmacy,
    /// A patient, for whom the platform's own client acts.
    Patient,
}

/// Whom a token of a role acts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeldBy {
    /// A person of the platform.
    Person,
    /// A program.
    System,
    /// A person, or a program that only reads.
    PersonOrSystem,
    /// An insurer, a pharmacy or a patient.
    Party,
}

impl HeldBy {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            HeldBy::Person => "a person",
            HeldBy::System => "a system",
            HeldBy::PersonOrSystem => "a person or a system",
            HeldBy::Party => "an insurer, a pharmacy or a patient",
        }
    }
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 11] = [
        Role::Admin,
        Role::Controller,
        Role::Finance,
        Role::Auditor,
        Role::Poster,
        Role::Reviewer,
        Role::Approver,
        Role::Operator,
        Role::Insurer,
        Role::Pharmacy,
        Role::Patient,
    ];

    /// The word at every edge and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Controller => "controller",
            Role::Finance => "finance",
            Role::Auditor => "auditor",
            Role::Poster => "poster",
            Role::Reviewer => "reviewer",
            Role::Approver => "approver",
            Role::Operator => "operator",
            Role::Insurer => "insurer",
            Role::Pharmacy => "pharmacy",
            Role::Patient => "patient",
        }
    }

    /// The inverse of [`Role::word`].
    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whom its tokens act for.
    pub fn held_by(self) -> HeldBy {
        match self {
            Role::Admin | Role::Controller | Role::Finance | Role::Reviewer | Role::Approver | Role::Operator => {
                HeldBy::Person
            }
            Role::Auditor => HeldBy::PersonOrSystem,
            Role::Poster => HeldBy::System,
            Role::Insurer | Role::Pharmacy | Role::Patient => HeldBy::Party,
        }
    }

    /// The party of this number that its tokens act for, if the role is one of parties.
    pub fn party(self, number: PartyNo) -> Option<Party> {
        match self {
            Role::Insurer => Some(Party::Insurer(number)),
            Role::Pharmacy => Some(Party::Pharmacy(number)),
            Role::Patient => Some(Party::Patient(number)),
            Role::Admin
            | Role::Controller
            | Role::Finance
            | Role::Auditor
            | Role::Poster
            | Role::Reviewer
            | Role::Approver
            | Role::Operator => None,
        }
    }

    /// On which side of a duty it is.
    pub fn side_of(self, duty: Duty) -> Option<Side> {
        match self {
            Role::Admin => matches!(duty, Duty::Insurers | Duty::Rules).then_some(Side::Maker),
            Role::Finance => (duty == Duty::Money).then_some(Side::Maker),
            Role::Reviewer => (duty == Duty::PreReview).then_some(Side::Maker),
            Role::Approver => Some(Side::Checker),
            Role::Controller
            | Role::Auditor
            | Role::Poster
            | Role::Operator
            | Role::Insurer
            | Role::Pharmacy
            | Role::Patient => None,
        }
    }

    /// Whether the role may.
    pub fn permits(self, permission: Permission) -> bool {
        match permission.duty() {
            Some((duty, side)) => self.side_of(duty) == Some(side),
            None => self.permits_alone(permission),
        }
    }

    /// Whether the role may do what one person does alone.
    fn permits_alone(self, permission: Permission) -> bool {
        use Permission as May;
        match self {
            Role::Admin => !matches!(
                permission,
                May::ReadPatients | May::TakeInClaims | May::InsurerDesk | May::PharmacyDesk | May::PatientDesk
            ),
            Role::Controller => matches!(
                permission,
                May::PostEntries
                    | May::ReadLedger
                    | May::OpenAccounts
                    | May::AdjustPeriods
                    | May::ClosePeriods
                    | May::MoveCursors
                    | May::SetRates
                    | May::ReadClaims
                    | May::ReadQueues
                    | May::ReadActs
            ),
            Role::Finance => matches!(
                permission,
                May::PostEntries
                    | May::ReadLedger
                    | May::ImportRemittances
                    | May::MoveCursors
                    | May::SetRates
                    | May::ReadClaims
                    | May::ReadQueues
            ),
            Role::Auditor => {
                matches!(permission, May::ReadLedger | May::ReadClaims | May::ReadQueues | May::ReadActs)
            }
            Role::Poster => permission == May::PostEntries,
            Role::Reviewer => matches!(permission, May::ReadClaims | May::ReadQueues | May::ReadPatients),
            Role::Approver => matches!(
                permission,
                May::ReadLedger | May::ReadClaims | May::ReadQueues | May::ReadPatients | May::ReadActs
            ),
            Role::Operator => {
                matches!(permission, May::ReadClaims | May::ReadQueues | May::ReadPatients | May::TakeInClaims)
            }
            Role::Insurer => matches!(permission, May::ReadClaims | May::InsurerDesk),
            Role::Pharmacy => matches!(permission, May::ReadClaims | May::PharmacyDesk),
            Role::Patient => matches!(permission, May::ReadClaims | May::PatientDesk),
        }
    }
}

/// Two roles that should not be one person's, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConflictingPair {
    /// What takes two people.
    pub duty: Duty,
    /// Who makes.
    pub maker: Role,
    /// Who checks.
    pub checker: Role,
}

/// The pairs among these roles of one person that stand on both sides of a duty, in the order of duties.
pub fn conflicts_among(roles: &[Role]) -> Vec<ConflictingPair> {
    let on = |duty: Duty, side: Side| roles.iter().copied().filter(move |role| role.side_of(duty) == Some(side));
    let pairs = Duty::ALL.into_iter().flat_map(|duty| {
        on(duty, Side::Maker)
            .flat_map(move |maker| on(duty, Side::Checker).map(move |checker| ConflictingPair { duty, maker, checker }))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_role_is_on_both_sides_of_a_duty() {
        for role in Role::ALL {
            assert_eq!(conflicts_among(&[role]), []);
        }
    }

    #[test]
    fn every_duty_has_both_sides_in_some_role() {
        for duty in Duty::ALL {
            for side in [Side::Maker, Side::Checker] {
                assert!(Role::ALL.into_iter().any(|role| role.side_of(duty) == Some(side)), "{duty:?} {side:?}");
            }
        }
    }

    #[test]
    fn a_person_on_both_sides_is_named_with_the_duty() {
        let found = conflicts_among(&[Role::Admin, Role::Reviewer, Role::Approver]);
        let pair = |duty, maker| ConflictingPair { duty, maker, checker: Role::Approver };
        assert_eq!(
            found,
            [pair(Duty::PreReview, Role::Reviewer), pair(Duty::Insurers, Role::Admin), pair(Duty::Rules, Role::Admin)]
        );
        assert_eq!(conflicts_among(&[Role::Finance, Role::Reviewer, Role::Auditor]), []);
    }
}
