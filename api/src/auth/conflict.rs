//! Access and duty conflicts: who could stand on both sides of what takes two people.
//!
//! No role can by itself; a person who holds two of them could make with one and check with the other. What he has made
//! himself he cannot check all the same; the report is for whoever decides whether it stays so.

use dianfu_claims::Error;
use jiff::Timestamp;
use tokio_postgres::Client;

use super::operator::{self, HeldRole, Operator, OperatorNo};
use super::role::{ConflictingPair, Role, conflicts_among};

/// A person on both sides of a duty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DutyConflict {
    /// Who.
    pub operator_no: OperatorNo,
    /// His name for people.
    pub display_name: String,
    /// The roles that he holds, with the reasons for which he was given them: the exceptions that somebody made.
    pub roles: Vec<HeldRole>,
    /// Which of them stand against each other, in what.
    pub pairs: Vec<ConflictingPair>,
}

/// Everybody who is on both sides of a duty at a moment, by name.
pub async fn duty_conflicts(client: &Client, at: Timestamp) -> Result<Vec<DutyConflict>, Error> {
    Ok(operator::operators(client).await?.into_iter().filter_map(|operator| conflict_of(operator, at)).collect())
}

fn conflict_of(operator: Operator, at: Timestamp) -> Option<DutyConflict> {
    let roles: Vec<HeldRole> = operator.holds_at(at).cloned().collect();
    let held: Vec<Role> = roles.iter().map(|held| held.role).collect();
    let pairs = conflicts_among(&held);
    let (operator_no, display_name) = (operator.operator_no, operator.display_name);
    (!pairs.is_empty()).then_some(DutyConflict { operator_no, display_name, roles, pairs })
}
