//! People: who works here, and in which roles.
//!
//! A person is on record by a name that stands in everything that he does, `person:NAME`, whichever token he came with.
//! He holds roles, each for a time and for a reason; a token of his is good while he holds its role. The same again is
//! fine; other content under the same name is a conflict. Everything is an act on record.
//!
//! One person may hold roles on both sides of a duty, where a platform has few people: who has made cannot check the
//! same thing all the same, and [`conflict`](super::conflict) lists who could.

use dianfu_claims::Error;
use dianfu_claims::act::{Act, record_in};
use dianfu_settlement::number_type;
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::{Client, Transaction};

use super::role::{HeldBy, Role};
use super::sql::operators as sql;

/// What a person's actor begins with.
const ACTOR_PREFIX: &str = "person:";
/// The longest name to be shown, in bytes.
const DISPLAY_NAME_BYTES_MAX: usize = 200;
/// The longest reason, in bytes.
const REASON_BYTES_MAX: usize = 1_000;
/// The kind of subject in acts.
const SUBJECT: &str = "operator";

number_type!(
    /// A person's name in everything that he does.
    OperatorNo,
    "a person's name",
    64
);

impl OperatorNo {
    /// The person as an actor on record.
    pub fn actor(&self) -> String {
        format!("{ACTOR_PREFIX}{self}")
    }
}

/// Who does something to people, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Who.
    pub actor: &'a str,
    /// Why, 1 to 1,000 bytes.
    pub reason: &'a str,
    /// Of the request it came with.
    pub request_id: Option<&'a str>,
    /// When.
    pub now: Timestamp,
}

/// A person as he is on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// His name on record.
    pub operator_no: OperatorNo,
    /// His name for people.
    pub display_name: String,
    /// When he was put on record.
    pub registered_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// When he leaves, or left.
    pub ends_at: Option<Timestamp>,
    /// The roles that he has ever held, by role and then by time.
    pub roles: Vec<HeldRole>,
}

impl Operator {
    /// The roles that he holds at a time: none when he has left.
    pub fn holds_at(&self, at: Timestamp) -> impl Iterator<Item = &HeldRole> {
        let is_live = move |ends_at: Option<Timestamp>| ends_at.is_none_or(|ends_at| ends_at > at);
        let is_here = is_live(self.ends_at);
        self.roles.iter().filter(move |held| is_here && is_live(held.ends_at))
    }
}

/// A role that somebody holds, or held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldRole {
    /// Which.
    pub role: Role,
    /// Since when.
    pub held_from: Timestamp,
    /// Until when.
    pub ends_at: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// Who has granted it.
    pub actor: String,
}

/// Why something cannot be done to a person.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OperatorRefusal {
    /// Nobody has this name.
    #[error("there is nobody of the name '{0}'")]
    Unknown(OperatorNo),
    /// He is on record with another name to be shown, or another name differs in the size of letters only.
    #[error("'{first}' is on record as '{display_name}'")]
    Conflict {
        /// The name on record.
        first: OperatorNo,
        /// What it is shown as.
        display_name: String,
    },
    /// He has left.
    #[error("'{operator_no}' has left at {ends_at}")]
    Left {
        /// Who.
        operator_no: OperatorNo,
        /// When.
        ends_at: Timestamp,
    },
    /// The role is not one of people.
    #[error("{} is no role of a person", .0.word())]
    RoleOfNobody(Role),
    /// He does not hold the role.
    #[error("'{operator_no}' does not hold the role {}", role.word())]
    RoleNotHeld {
        /// Who.
        operator_no: OperatorNo,
        /// Which.
        role: Role,
    },
    /// Somebody would give himself a role.
    #[error("'{0}' cannot give a role to himself: it takes somebody else")]
    SamePerson(OperatorNo),
    /// A role would end before it begins.
    #[error("it would end at {0}, which is over")]
    EndPassed(Timestamp),
    /// A text is missing or too long.
    #[error("{field} has 1 to {max} bytes; this has {actual}")]
    TextLength {
        /// Which.
        field: &'static str,
        /// The most it may have.
        max: usize,
        /// Its bytes.
        actual: usize,
    },
}

impl OperatorRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            OperatorRefusal::Unknown(_) => "operator_unknown",
            OperatorRefusal::Conflict { .. } => "conflict",
            OperatorRefusal::Left { .. } => "operator_left",
            OperatorRefusal::RoleOfNobody(_) => "role_of_nobody",
            OperatorRefusal::RoleNotHeld { .. } => "role_not_held",
            OperatorRefusal::SamePerson(_) => "same_person",
            OperatorRefusal::EndPassed(_) => "end_passed",
            OperatorRefusal::TextLength { .. } => "text_length",
        }
    }

    /// The field of the request that it is about.
    pub fn field(&self) -> &'static str {
        match self {
            OperatorRefusal::Unknown(_) | OperatorRefusal::Conflict { .. } | OperatorRefusal::Left { .. } => "operator",
            OperatorRefusal::RoleOfNobody(_) | OperatorRefusal::RoleNotHeld { .. } | OperatorRefusal::SamePerson(_) => {
                "role"
            }
            OperatorRefusal::EndPassed(_) => "ends_at",
            OperatorRefusal::TextLength { field, .. } => field,
        }
    }
}

/// What became of it: whether it is new, or was so before.
type Outcome = Result<Result<bool, OperatorRefusal>, Error>;

/// Puts a person on record.
pub async fn create(client: &mut Client, operator_no: &OperatorNo, display_name: &str, by: By<'_>) -> Outcome {
    let texts = [("name", display_name, DISPLAY_NAME_BYTES_MAX), ("reason", by.reason, REASON_BYTES_MAX)];
    if let Some(refusal) = texts.into_iter().find_map(|(field, text, max)| wrong_length(field, text, max)) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if !sql::insert_operator(&tx, operator_no.as_str(), display_name, by.actor, by.now).await? {
        let first = sql::lock_operator(&tx, operator_no.as_str()).await?;
        let first = first.ok_or_else(|| Error::Corrupt("operator".to_owned()))?;
        let is_same = first.operator_no == *operator_no && first.display_name == display_name;
        let conflict = || OperatorRefusal::Conflict { first: first.operator_no, display_name: first.display_name };
        return Ok(if is_same { Ok(false) } else { Err(conflict()) });
    }
    let act = act("operator_created", operator_no, by);
    record_in(&tx, &[Act { after: Some(json!({"name": display_name})), ..act }]).await?;
    tx.commit().await?;
    Ok(Ok(true))
}

/// Gives a person a role, at once and until an end, if there is one. A role that he holds is left as it is.
pub async fn grant(
    client: &mut Client,
    operator_no: &OperatorNo,
    role: Role,
    ends_at: Option<Timestamp>,
    by: By<'_>,
) -> Outcome {
    if let Some(refusal) = wrong_grant(role, ends_at, by) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if let Err(refusal) = lock_present(&tx, operator_no, by.now).await? {
        return Ok(Err(refusal));
    }
    if sql::live_role(&tx, operator_no.as_str(), role.word(), by.now).await? {
        return Ok(Ok(false));
    }
    sql::insert_role(&tx, operator_no.as_str(), role.word(), ends_at, by).await?;
    let after = Some(json!({"role": role.word(), "ends_at": ends_at}));
    record_in(&tx, &[Act { after, ..act("role_granted", operator_no, by) }]).await?;
    tx.commit().await?;
    Ok(Ok(true))
}

fn wrong_grant(role: Role, ends_at: Option<Timestamp>, by: By<'_>) -> Option<OperatorRefusal> {
    match role.held_by() {
        HeldBy::Person | HeldBy::PersonOrSystem => {}
        HeldBy::System | HeldBy::Party => return Some(OperatorRefusal::RoleOfNobody(role)),
    }
    let passed = ends_at.filter(|ends_at| *ends_at <= by.now).map(OperatorRefusal::EndPassed);
    passed.or_else(|| wrong_length("reason", by.reason, REASON_BYTES_MAX))
}

/// Ends a role of a person, or all of his time here; his tokens of it are good no more, at once.
pub async fn end(client: &mut Client, operator_no: &OperatorNo, role: Option<Role>, by: By<'_>) -> Outcome {
    if let Some(refusal) = wrong_length("reason", by.reason, REASON_BYTES_MAX) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    let present = lock_present(&tx, operator_no, by.now).await?;
    match (present, role) {
        // He is gone with all his roles: the same again is fine.
        (Err(OperatorRefusal::Left { .. }), _) => return Ok(Ok(false)),
        (Err(refusal), _) => return Ok(Err(refusal)),
        (Ok(()), Some(role)) => {
            if sql::end_roles(&tx, operator_no.as_str(), Some(role.word()), by.now).await? == 0 {
                return Ok(Err(OperatorRefusal::RoleNotHeld { operator_no: operator_no.clone(), role }));
            }
        }
        (Ok(()), None) => {
            sql::end_roles(&tx, operator_no.as_str(), None, by.now).await?;
            sql::end_operator(&tx, operator_no.as_str(), by.now).await?;
        }
    }
    let what = if role.is_some() { "role_ended" } else { "operator_ended" };
    let before = role.map(|role| json!({"role": role.word()}));
    record_in(&tx, &[Act { before, ..act(what, operator_no, by) }]).await?;
    tx.commit().await?;
    Ok(Ok(true))
}

/// Everybody who was ever here, by name.
pub async fn operators(client: &Client) -> Result<Vec<Operator>, Error> {
    sql::operators(client, None).await
}

/// One person.
pub async fn operator(client: &Client, operator_no: &OperatorNo) -> Result<Option<Operator>, Error> {
    Ok(sql::operators(client, Some(operator_no.as_str())).await?.pop())
}

/// Locks a person's row, so that what is done to him comes one after the other.
async fn lock_present(
    tx: &Transaction<'_>,
    operator_no: &OperatorNo,
    now: Timestamp,
) -> Result<Result<(), OperatorRefusal>, Error> {
    let found = sql::lock_operator(tx, operator_no.as_str()).await?;
    let Some(found) = found.filter(|found| found.operator_no == *operator_no) else {
        return Ok(Err(OperatorRefusal::Unknown(operator_no.clone())));
    };
    let left = found.ends_at.filter(|ends_at| *ends_at <= now);
    Ok(left.map_or(Ok(()), |ends_at| Err(OperatorRefusal::Left { operator_no: found.operator_no, ends_at })))
}

fn wrong_length(field: &'static str, text: &str, max: usize) -> Option<OperatorRefusal> {
    let actual = text.len();
    (!(1..=max).contains(&actual)).then_some(OperatorRefusal::TextLength { field, max, actual })
}

fn act(what: &'static str, operator_no: &OperatorNo, by: By<'_>) -> Act {
    Act {
        acted_at: by.now,
        actor: by.actor.to_owned(),
        what,
        subject_kind: SUBJECT,
        subject_no: operator_no.to_string(),
        before: None,
        after: None,
        reason: by.reason.to_owned(),
        request_id: by.request_id.map(str::to_owned),
    }
}
