//! People and their roles.

use dianfu_claims::Error;
use jiff::Timestamp;
use tokio_postgres::{Client, Row, Transaction};

use crate::auth::operator::{By, HeldRole, Operator, OperatorNo};
use crate::auth::role::Role;

/// A person without his roles.
pub struct OperatorRow {
    /// His name.
    pub operator_no: OperatorNo,
    /// His name for people.
    pub display_name: String,
    /// When he left.
    pub ends_at: Option<Timestamp>,
}

/// Adds a person; false if there is one of this name, whatever the size of its letters.
pub async fn insert_operator(
    tx: &Transaction<'_>,
    operator_no: &str,
    display_name: &str,
    actor: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO operator (operator_no, display_name, registered_at, actor)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    Ok(tx.execute(SQL, &[&operator_no, &display_name, &now, &actor]).await? == 1)
}

/// The person of a name, whatever the size of its letters, locked until the end of the transaction.
pub async fn lock_operator(tx: &Transaction<'_>, operator_no: &str) -> Result<Option<OperatorRow>, Error> {
    const SQL: &str = "
        SELECT operator_no, display_name, ends_at
        FROM operator
        WHERE lower(operator_no) = lower($1)
        FOR NO KEY UPDATE";
    let found = |row: Row| {
        let operator_no = name(row.get("operator_no"))?;
        Ok(OperatorRow { operator_no, display_name: row.get("display_name"), ends_at: row.get("ends_at") })
    };
    tx.query_opt(SQL, &[&operator_no]).await?.map(found).transpose()
}

/// Whether a person holds a role at a time.
pub async fn live_role(tx: &Transaction<'_>, operator_no: &str, role: &str, now: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "
        SELECT EXISTS (
            SELECT
            FROM operator_role
            WHERE operator_no = $1 AND role = $2 AND (ends_at IS NULL OR ends_at > $3))";
    Ok(tx.query_one(SQL, &[&operator_no, &role, &now]).await?.get(0))
}

/// Adds a role.
pub async fn insert_role(
    tx: &Transaction<'_>,
    operator_no: &str,
    role: &str,
    ends_at: Option<Timestamp>,
    by: By<'_>,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO operator_role (operator_no, role, held_from, ends_at, reason, actor)
        VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(SQL, &[&operator_no, &role, &by.now, &ends_at, &by.reason, &by.actor]).await?;
    Ok(())
}

/// Ends a role of a person, or all of them; answers how many were held. A clock that is behind the one by which a role
/// was given ends it as it began.
pub async fn end_roles(
    tx: &Transaction<'_>,
    operator_no: &str,
    role: Option<&str>,
    now: Timestamp,
) -> Result<u64, Error> {
    const SQL: &str = "
        UPDATE operator_role
        SET ends_at = greatest($3, held_from)
        WHERE operator_no = $1
          AND ($2::text IS NULL OR role = $2)
          AND (ends_at IS NULL OR ends_at > greatest($3, held_from))";
    Ok(tx.execute(SQL, &[&operator_no, &role, &now]).await?)
}

/// Ends a person's time here.
pub async fn end_operator(tx: &Transaction<'_>, operator_no: &str, now: Timestamp) -> Result<(), Error> {
    const SQL: &str = "
        UPDATE operator
        SET ends_at = greatest($2, registered_at)
        WHERE operator_no = $1";
    tx.execute(SQL, &[&operator_no, &now]).await?;
    Ok(())
}

/// People with all their roles, by name; one of them if one is named.
pub async fn operators(client: &Client, operator_no: Option<&str>) -> Result<Vec<Operator>, Error> {
    const SQL: &str = "
        SELECT o.operator_no, o.display_name, o.registered_at, o.actor, o.ends_at, r.role, r.held_from,
               r.ends_at AS role_ends_at, r.reason, r.actor AS granted_by
        FROM operator o
        LEFT JOIN operator_role r USING (operator_no)
        WHERE $1::text IS NULL OR o.operator_no = $1
        ORDER BY o.operator_no, r.role, r.held_from";
    let mut operators: Vec<Operator> = Vec::new();
    for row in client.query(SQL, &[&operator_no]).await? {
        let operator_no = name(row.get("operator_no"))?;
        if operators.last().is_none_or(|last| last.operator_no != operator_no) {
            operators.push(Operator {
                operator_no,
                display_name: row.get("display_name"),
                registered_at: row.get("registered_at"),
                actor: row.get("actor"),
                ends_at: row.get("ends_at"),
                roles: Vec::new(),
            });
        }
        let Some(role) = row.get::<_, Option<&str>>("role") else { continue };
        let role = HeldRole {
            role: Role::from_word(role).ok_or_else(|| Error::Corrupt("operator_role.role".to_owned()))?,
            held_from: row.get("held_from"),
            ends_at: row.get("role_ends_at"),
            reason: row.get("reason"),
            actor: row.get("granted_by"),
        };
        operators.last_mut().expect("one was pushed just now").roles.push(role);
    }
    Ok(operators)
}

fn name(text: &str) -> Result<OperatorNo, Error> {
    OperatorNo::parse(text).map_err(|error| Error::Corrupt(error.to_string()))
}
