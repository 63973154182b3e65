//! The statements on endpoints and keys of insurers.

use dianfu_settlement::number::PartyNo;
use dianfu_signing::Algorithm;
use jiff::Timestamp;
use tokio_postgres::{Client, Error};

use super::endpoint::{Holder, NewKey};

/// A connection of the service's pool.
type Serving = deadpool_postgres::Client;

/// Makes the book of `schema` the whole world of a session. The name of a schema needs no quoting.
pub async fn use_schema(client: &Client, schema: &str) -> Result<(), Error> {
    client.batch_execute(&format!("SET search_path = {schema}")).await
}

/// Records the next version of an endpoint. Two at once: one of them fails on the primary key.
pub async fn insert_endpoint(
    client: &Client,
    insurer: &PartyNo,
    (base_url, app_id): (&str, &str),
    actor: &str,
    now: Timestamp,
) -> Result<i32, Error> {
    const SQL: &str = "
        INSERT INTO insurer_endpoint (insurer_no, version, base_url, app_id, recorded_at, recorded_by)
        SELECT $1, COALESCE(max(version), 0) + 1, $2, $3, $4, $5
        FROM insurer_endpoint
        WHERE insurer_no = $1
        RETURNING version";
    client.query_one(SQL, &[&insurer.as_str(), &base_url, &app_id, &now, &actor]).await?.try_get(0)
}

/// Records a key; false if its id is on record.
pub async fn insert_key(
    client: &Client,
    insurer: &PartyNo,
    new: &NewKey<'_>,
    actor: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO insurer_key
            (insurer_no, holder, key_id, algorithm, key_text, created_at, created_by, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT ON CONSTRAINT insurer_key_pkey DO NOTHING";
    let NewKey { holder, key_id, algorithm, text, expires_at } = new;
    let (holder, algorithm) = (holder.word(), algorithm.word());
    let inserted =
        client.execute(SQL, &[&insurer.as_str(), &holder, key_id, &algorithm, text, &now, &actor, expires_at]).await?;
    Ok(inserted > 0)
}

/// Ends a live key; false if there is none.
pub async fn revoke_key(
    client: &Client,
    insurer: &PartyNo,
    (holder, key_id): (Holder, &str),
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        UPDATE insurer_key
        SET revoked_at = $4
        WHERE insurer_no = $1 AND holder = $2 AND key_id = $3 AND revoked_at IS NULL";
    Ok(client.execute(SQL, &[&insurer.as_str(), &holder.word(), &key_id, &now]).await? > 0)
}

/// Base URL and app id, by the newest version.
pub async fn endpoint(client: &Serving, insurer: &PartyNo) -> Result<Option<(String, String)>, Error> {
    const SQL: &str = "
        SELECT base_url, app_id
        FROM insurer_endpoint
        WHERE insurer_no = $1
        ORDER BY version DESC
        LIMIT 1";
    let row = client.query_opt(&client.prepare_cached(SQL).await?, &[&insurer.as_str()]).await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}

/// A live key as it is kept.
pub struct KeptKey {
    pub is_ours: bool,
    pub key_id: String,
    pub algorithm: Algorithm,
    pub text: String,
}

/// The live keys of both sides, the youngest first.
pub async fn live_keys(client: &Serving, insurer: &PartyNo, now: Timestamp) -> Result<Vec<KeptKey>, Error> {
    const SQL: &str = "
        SELECT holder, key_id, algorithm, key_text
        FROM insurer_key
        WHERE insurer_no = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
        ORDER BY created_at DESC, key_id DESC";
    let rows = client.query(&client.prepare_cached(SQL).await?, &[&insurer.as_str(), &now]).await?;
    let key = |row: &tokio_postgres::Row| {
        let algorithm = Algorithm::from_word(row.try_get("algorithm")?).expect("the table knows our algorithms only");
        let is_ours = row.try_get::<_, &str>("holder")? == Holder::Ours.word();
        Ok(KeptKey { is_ours, key_id: row.try_get("key_id")?, algorithm, text: row.try_get("key_text")? })
    };
    rows.iter().map(key).collect()
}
