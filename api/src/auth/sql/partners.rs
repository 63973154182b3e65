//! Partners' keys and their nonces.

use jiff::Timestamp;
use tokio_postgres::{Client, Error};

use super::Serving;

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
