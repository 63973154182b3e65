//! The statements on exchanges.

use dianfu_settlement::number::PartyNo;
use dianfu_signing::digest::hexadecimal;
use jiff::Timestamp;
use serde_json::value::RawValue;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use super::{Exchange, ExchangeOutcome, Intent};
use crate::claim::ClaimNo;
use crate::error::Error;

type Client = deadpool_postgres::Client;

/// The digest that went first under this key; this one, if it is the first.
pub async fn first_content(
    client: &Client,
    partner: &PartyNo,
    (route, business_key): (&str, &str),
    digest: &[u8; 32],
    now: Timestamp,
) -> Result<Vec<u8>, tokio_postgres::Error> {
    const INSERT: &str = "
        INSERT INTO exchange_content (partner_no, route, business_key, request_sha256, first_sent_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT exchange_content_pkey DO NOTHING";
    const SELECT: &str = "
        SELECT request_sha256
        FROM exchange_content
        WHERE partner_no = $1 AND route = $2 AND business_key = $3";
    let insert = client.prepare_cached(INSERT).await?;
    let inserted =
        client.execute(&insert, &[&partner.as_str(), &route, &business_key, &digest.as_slice(), &now]).await?;
    if inserted > 0 {
        return Ok(digest.to_vec());
    }
    // Two at once: the second has waited for the first, whose row it now sees.
    let select = client.prepare_cached(SELECT).await?;
    client.query_one(&select, &[&partner.as_str(), &route, &business_key]).await?.try_get(0)
}

/// Records a call that is about to be made.
pub async fn insert_exchange(
    client: &Client,
    intent: &Intent<'_>,
    (digest, masked): (&[u8; 32], Option<&str>),
    now: Timestamp,
) -> Result<i64, tokio_postgres::Error> {
    const SQL: &str = "
        INSERT INTO exchange (direction, partner_no, route, business_key, claim_no, attempt_no, nonce, request_sha256,
            request_bytes, request_masked, started_at)
        VALUES ('out', $1, $2, $3, $4, $5, $6, $7, $8, $9::text::json, $10)
        RETURNING exchange_no";
    let Intent { partner, route, business_key, claim_no, attempt_no, nonce, body } = intent;
    let (partner, claim_no) = (partner.as_str(), claim_no.map(ClaimNo::as_str));
    let (digest, bytes) = (digest.as_slice(), super::length(body));
    let statement = client.prepare_cached(SQL).await?;
    client
        .query_one(
            &statement,
            &[&partner, route, business_key, &claim_no, attempt_no, nonce, &digest, &bytes, &masked, &now],
        )
        .await?
        .try_get(0)
}

/// A row of `exchange_outcome`.
pub struct OutcomeRow<'a> {
    pub exchange_no: i64,
    pub ended_at: Timestamp,
    pub outcome: &'a str,
    pub detail: Option<&'a str>,
    pub http_status: Option<i32>,
    pub response_sha256: Option<&'a [u8]>,
    pub response_bytes: Option<i32>,
    pub response_masked: Option<&'a str>,
}

/// Records what came of a call.
pub async fn insert_outcome(client: &Client, row: &OutcomeRow<'_>) -> Result<(), tokio_postgres::Error> {
    const SQL: &str = "
        INSERT INTO exchange_outcome (exchange_no, ended_at, outcome, detail, http_status, response_sha256,
            response_bytes, response_masked)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::json)";
    let OutcomeRow { exchange_no, ended_at, outcome, detail, http_status, response_sha256, .. } = row;
    let OutcomeRow { response_bytes, response_masked, .. } = row;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(
            &statement,
            &[exchange_no, ended_at, outcome, detail, http_status, response_sha256, response_bytes, response_masked],
        )
        .await?;
    Ok(())
}

/// The calls about a claim before a number, the youngest first.
pub async fn exchanges(client: &Client, claim_no: &ClaimNo, before: i64, limit: i64) -> Result<Vec<Exchange>, Error> {
    const SQL: &str = "
        SELECT exchange_no, direction, partner_no, route, business_key, attempt_no, request_sha256, request_masked,
            started_at, ended_at, outcome, detail, http_status, response_sha256, response_masked
        FROM exchange
        LEFT JOIN exchange_outcome USING (exchange_no)
        WHERE claim_no = $1 AND exchange_no < $2
        ORDER BY exchange_no DESC
        LIMIT $3";
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&claim_no.as_str(), &before, &limit]).await?;
    rows.iter().map(exchange).collect()
}

fn exchange(row: &Row) -> Result<Exchange, Error> {
    let partner = PartyNo::parse(row.try_get("partner_no")?).map_err(|error| Error::Corrupt(error.to_string()))?;
    let ended_at: Option<Timestamp> = row.try_get("ended_at")?;
    let outcome = match ended_at {
        Some(ended_at) => Some(ExchangeOutcome {
            ended_at,
            outcome: row.try_get("outcome")?,
            detail: row.try_get("detail")?,
            http_status: row.try_get("http_status")?,
            response_sha256: row.try_get::<_, Option<&[u8]>>("response_sha256")?.map(hexadecimal),
            response: json(row, "response_masked")?,
        }),
        None => None,
    };
    Ok(Exchange {
        exchange_no: row.try_get("exchange_no")?,
        direction: row.try_get("direction")?,
        partner,
        route: row.try_get("route")?,
        business_key: row.try_get("business_key")?,
        attempt_no: row.try_get("attempt_no")?,
        request_sha256: hexadecimal(row.try_get("request_sha256")?),
        request: json(row, "request_masked")?,
        started_at: row.try_get("started_at")?,
        outcome,
    })
}

fn json(row: &Row, column: &str) -> Result<Option<Box<RawValue>>, tokio_postgres::Error> {
    Ok(row.try_get::<_, Option<Json<Box<RawValue>>>>(column)?.map(|Json(value)| value))
}
