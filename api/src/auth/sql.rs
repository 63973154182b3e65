//! The statements on tokens, keys and nonces.

use jiff::Timestamp;
use tokio_postgres::{Client, Error, Row};

use super::NewToken;

/// A connection of the service's pool, which remembers prepared statements.
type Serving = deadpool_postgres::Client;

/// Makes the book of `schema` the whole world of a session. The name of a schema needs no quoting.
pub async fn use_schema(client: &Client, schema: &str) -> Result<(), Error> {
    client.batch_execute(&format!("SET search_path = {schema}")).await
}

pub async fn insert_token(client: &Client, hash: &[u8; 32], new: &NewToken<'_>) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO access_token (token_hash, name, role, created_at, created_by, expires_at)
        VALUES ($1, $2, $3, now(), $4, $5)";
    let NewToken { name, role, expires_at, created_by } = new;
    client.execute(SQL, &[&hash.as_slice(), name, &role.word(), created_by, expires_at]).await?;
    Ok(())
}

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
        SELECT name, role, created_at, created_by, expires_at, revoked_at
        FROM access_token
        ORDER BY name, created_at";
    client.query(SQL, &[]).await
}

/// Hash, name and role of the live tokens with these hashes.
pub async fn live_tokens(client: &Serving, hashes: &[&[u8]]) -> Result<Vec<Row>, Error> {
    const SQL: &str = "
        SELECT token_hash, name, role
        FROM access_token
        WHERE token_hash = ANY ($1) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())";
    // On the way of every request: prepared once a connection.
    let statement = client.prepare_cached(SQL).await?;
    client.query(&statement, &[&hashes]).await
}

pub async fn insert_partner_key(
    client: &Client,
    key_id: &str,
    insurer: &str,
    secret: &str,
    expires_at: Option<Timestamp>,
    created_by: &str,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO partner_key (key_id, insurer, secret, created_at, created_by, expires_at)
        VALUES ($1, $2, $3, now(), $4, $5)";
    client.execute(SQL, &[&key_id, &insurer, &secret, &created_by, &expires_at]).await?;
    Ok(())
}

pub async fn revoke_partner_key(client: &Client, key_id: &str) -> Result<bool, Error> {
    const SQL: &str = "
        UPDATE partner_key
        SET revoked_at = now()
        WHERE key_id = $1 AND revoked_at IS NULL";
    Ok(client.execute(SQL, &[&key_id]).await? > 0)
}

/// The secret of a live key of this insurer.
pub async fn live_partner_secret(client: &Serving, key_id: &str, insurer: &str) -> Result<Option<String>, Error> {
    const SQL: &str = "
        SELECT secret
        FROM partner_key
        WHERE key_id = $1 AND insurer = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())";
    client.query_opt(SQL, &[&key_id, &insurer]).await?.map(|row| row.try_get("secret")).transpose()
}

/// Records a nonce; false if it is on record. Two at once: the second waits for the first and then finds it.
pub async fn insert_nonce(client: &Serving, key_id: &str, nonce: &str) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO partner_nonce (key_id, nonce, seen_at)
        VALUES ($1, $2, now())
        ON CONFLICT ON CONSTRAINT partner_nonce_pkey DO NOTHING";
    Ok(client.execute(SQL, &[&key_id, &nonce]).await? > 0)
}

/// Forgets nonces whose signatures are refused for their age anyway.
pub async fn delete_old_nonces(client: &Serving, kept_s: i64) -> Result<(), Error> {
    const SQL: &str = "
        DELETE FROM partner_nonce
        WHERE seen_at < now() - make_interval(secs => $1::bigint)";
    client.execute(SQL, &[&kept_s]).await?;
    Ok(())
}
