//! Tokens.

use tokio_postgres::{Client, Error, Row};

use crate::auth::token::{Holder, NewToken};

use super::Serving;

/// Adds a token.
pub async fn insert_token(client: &Client, hash: &[u8; 32], new: &NewToken<'_>) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO access_token (token_hash, name, role, operator_no, party_no, created_at, created_by, expires_at)
        VALUES ($1, $2, $3, $4, $5, now(), $6, $7)";
    let NewToken { name, role, holder, expires_at, created_by } = new;
    let (person, party) = match holder {
        Holder::Person(person) => (Some(person.as_str()), None),
        Holder::System => (None, None),
        Holder::Party(party) => (None, Some(party.as_str())),
    };
    let hash = hash.as_slice();
    client.execute(SQL, &[&hash, name, &role.word(), &person, &party, created_by, expires_at]).await?;
    Ok(())
}

/// Ends the live token of a name.
pub async fn revoke_token(client: &Client, name: &str) -> Result<bool, Error> {
    const SQL: &str = "
        UPDATE access_token
        SET revoked_at = now()
        WHERE name = $1 AND revoked_at IS NULL";
    Ok(client.execute(SQL, &[&name]).await? > 0)
}

/// Every token, by name and then by age.
pub async fn tokens(client: &Serving) -> Result<Vec<Row>, Error> {
    const SQL: &str = "
        SELECT name, role, operator_no, party_no, created_at, created_by, expires_at, revoked_at
        FROM access_token
        ORDER BY name, created_at";
    client.query(SQL, &[]).await
}

/// The live tokens with these hashes. The token of a person lives while the person holds its role.
pub async fn live_tokens(client: &Serving, hashes: &[&[u8]]) -> Result<Vec<Row>, Error> {
    const SQL: &str = "
        SELECT t.token_hash, t.name, t.role, t.operator_no, t.party_no
        FROM access_token t
        WHERE t.token_hash = ANY ($1)
          AND t.revoked_at IS NULL
          AND (t.expires_at IS NULL OR t.expires_at > now())
          AND (
              t.operator_no IS NULL
              OR EXISTS (
                  SELECT
                  FROM operator_role r
                  JOIN operator o USING (operator_no)
                  WHERE r.operator_no = t.operator_no
                    AND r.role = t.role
                    AND (r.ends_at IS NULL OR r.ends_at > now())
                    AND (o.ends_at IS NULL OR o.ends_at > now())))";
    // On the way of every request: prepared once a connection.
    let statement = client.prepare_cached(SQL).await?;
    client.query(&statement, &[&hashes]).await
}

/// Whether a person holds a role now.
pub async fn holds_role(client: &Client, operator: &str, role: &str) -> Result<bool, Error> {
    const SQL: &str = "
        SELECT EXISTS (
            SELECT
            FROM operator_role r
            JOIN operator o USING (operator_no)
            WHERE r.operator_no = $1
              AND r.role = $2
              AND (r.ends_at IS NULL OR r.ends_at > now())
              AND (o.ends_at IS NULL OR o.ends_at > now()))";
    Ok(client.query_one(SQL, &[&operator, &role]).await?.get(0))
}

/// Whether a party of a kind (`insurer`, `pharmacy`, `patient`) is on record.
pub async fn knows_party(client: &Client, kind: &str, party: &str) -> Result<bool, Error> {
    const SQL: &str = "
        SELECT CASE $1
            WHEN 'insurer' THEN EXISTS (SELECT FROM insurer WHERE insurer_no = $2)
            WHEN 'pharmacy' THEN EXISTS (SELECT FROM pharmacy WHERE pharmacy_no = $2)
            ELSE EXISTS (SELECT FROM patient WHERE patient_no = $2)
        END";
    Ok(client.query_one(SQL, &[&kind, &party]).await?.get(0))
}
