//! People, their roles, and who stands on both sides of a duty.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;
use crate::auth::conflict::DutyConflict;
use crate::auth::operator::{HeldRole, Operator, OperatorRefusal};
use crate::auth::role::{ConflictingPair, Role};
use crate::problem::Violation;

/// A person to be put on record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOperator)]
pub struct NewOperatorBody {
    /// The name in everything that he does: 1 to 64 letters, digits, `-` or `_`.
    #[schema(example = "lin")]
    pub operator: String,
    /// The name for people.
    #[schema(example = "Lin Yue")]
    pub name: String,
    /// Why, for the record.
    pub reason: String,
}

/// A role to be given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRole)]
pub struct NewRoleBody {
    /// One of the roles of people: `admin`, `controller`, `finance`, `auditor`, `reviewer`, `approver`, `operator`.
    #[schema(example = "reviewer")]
    pub role: String,
    /// When it ends; when somebody ends it, if left out.
    #[serde(default, deserialize_with = "time::instant")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// Why, for the record.
    pub reason: String,
}

/// A role to be ended, or all of somebody's time here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEnding)]
pub struct NewEndingBody {
    /// The role; all, and the person with them, if left out.
    #[serde(default)]
    #[schema(example = "reviewer")]
    pub role: Option<String>,
    /// Why, for the record.
    pub reason: String,
}

/// A role that somebody holds, or held.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldRole)]
pub struct HeldRoleBody {
    #[schema(value_type = String, example = "reviewer")]
    role: &'static str,
    #[schema(value_type = String, format = DateTime)]
    held_from: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// Why it was given.
    reason: String,
    /// Who gave it.
    actor: String,
}

/// A person as he is on record.
#[derive(Serialize, ToSchema)]
#[schema(as = Operator)]
pub struct OperatorBody {
    #[schema(example = "lin")]
    operator: String,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    registered_at: Timestamp,
    /// Who has put him on record.
    actor: String,
    /// When he leaves, or left.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// The roles that he holds now.
    #[schema(value_type = Vec<String>, example = json!(["reviewer"]))]
    holds: Vec<&'static str>,
    /// The roles that he has ever held.
    roles: Vec<HeldRoleBody>,
}

/// People by name.
#[derive(Serialize, ToSchema)]
#[schema(as = Operators)]
pub struct OperatorsBody {
    /// The people.
    pub operators: Vec<OperatorBody>,
}

/// Two roles of one person on both sides of what takes two.
#[derive(Serialize, ToSchema)]
#[schema(as = ConflictingPair)]
pub struct ConflictingPairBody {
    /// What takes two people.
    #[schema(value_type = String, example = "pre_review")]
    duty: &'static str,
    /// The role that makes.
    #[schema(value_type = String, example = "reviewer")]
    maker: &'static str,
    /// The role that checks.
    #[schema(value_type = String, example = "approver")]
    checker: &'static str,
}

/// A person on both sides of a duty.
#[derive(Serialize, ToSchema)]
#[schema(as = DutyConflict)]
pub struct DutyConflictBody {
    #[schema(example = "lin")]
    operator: String,
    name: String,
    /// The roles that he holds.
    #[schema(value_type = Vec<String>, example = json!(["reviewer", "approver"]))]
    holds: Vec<&'static str>,
    /// What he is on both sides of.
    #[schema(value_type = Vec<String>, example = json!(["pre_review"]))]
    duties: Vec<&'static str>,
    /// The roles that he holds, with the reasons for which he was given them.
    roles: Vec<HeldRoleBody>,
    pairs: Vec<ConflictingPairBody>,
}

/// Everybody on both sides of a duty, by name.
#[derive(Serialize, ToSchema)]
#[schema(as = DutyConflicts)]
pub struct DutyConflictsBody {
    /// At this time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The people.
    pub conflicts: Vec<DutyConflictBody>,
}

/// Reads a role.
pub fn role(word: &str) -> Result<Role, Violation> {
    let unknown = || {
        let words = Role::ALL.map(Role::word).join(", ");
        Violation::at("role_unknown", "/role", format!("'{word}' is no role")).expected(words, word)
    };
    Role::from_word(word).ok_or_else(unknown)
}

/// What is wrong, at its field.
pub fn of_refusal(refusal: &OperatorRefusal) -> Violation {
    Violation::at(refusal.code(), format!("/{}", refusal.field()), refusal.to_string())
}

impl From<HeldRole> for HeldRoleBody {
    fn from(HeldRole { role, held_from, ends_at, reason, actor }: HeldRole) -> HeldRoleBody {
        HeldRoleBody { role: role.word(), held_from, ends_at, reason, actor }
    }
}

impl OperatorBody {
    /// A person as he is at a time.
    pub fn at(operator: Operator, now: Timestamp) -> OperatorBody {
        OperatorBody {
            holds: operator.holds_at(now).map(|held| held.role.word()).collect(),
            operator: operator.operator_no.into(),
            name: operator.display_name,
            registered_at: operator.registered_at,
            actor: operator.actor,
            ends_at: operator.ends_at,
            roles: operator.roles.into_iter().map(HeldRoleBody::from).collect(),
        }
    }
}

impl From<ConflictingPair> for ConflictingPairBody {
    fn from(ConflictingPair { duty, maker, checker }: ConflictingPair) -> ConflictingPairBody {
        ConflictingPairBody { duty: duty.word(), maker: maker.word(), checker: checker.word() }
    }
}

impl From<DutyConflict> for DutyConflictBody {
    fn from(conflict: DutyConflict) -> DutyConflictBody {
        DutyConflictBody {
            operator: conflict.operator_no.into(),
            name: conflict.display_name,
            holds: conflict.roles.iter().map(|held| held.role.word()).collect(),
            duties: conflict.pairs.iter().map(|pair| pair.duty.word()).collect(),
            roles: conflict.roles.into_iter().map(HeldRoleBody::from).collect(),
            pairs: conflict.pairs.into_iter().map(ConflictingPairBody::from).collect(),
        }
    }
}
