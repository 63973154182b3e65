//! The statements on refusals. [`ALL`] lists them for the test that prepares each against the migrated tables.

use deadpool_postgres::Client;
use jiff::Timestamp;
use uuid::Uuid;

use super::Refusal;
use super::request::cut;
use crate::entry::{DESCRIPTION_BYTES_MAX, EntryKind, REFERENCE_BYTES_MAX};
use crate::error::Error;

/// The constraint that two writers at once meet.
pub const NUMBER_KEY: &str = "refusal_pkey";

/// Adds rows under the next numbers, each once.
pub const INSERT: &str = "
    INSERT INTO refusal (refusal_no, refusal_id, refused_at, door, node, actor, entry_id, kind, code, pointer, message,
        request)
    SELECT last.refusal_no + row_number() OVER (ORDER BY given.place), given.refusal_id, given.refused_at, given.door,
           $1, given.actor, given.entry_id, given.kind, given.code, given.pointer, given.message, given.request::json
    FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[]) WITH ORDINALITY
        AS given (refusal_id, refused_at, door, actor, entry_id, kind, code, pointer, message, request, place)
    CROSS JOIN (SELECT COALESCE(max(refusal_no), 0) AS refusal_no FROM refusal) AS last
    WHERE NOT EXISTS (SELECT FROM refusal WHERE refusal_id = given.refusal_id)";

/// Refusals before a number, newest first; each condition may be NULL.
pub const LIST: &str = "
    SELECT refusal_no, refused_at, recorded_at, door, node, actor, entry_id, kind, code, pointer, message,
           request::text AS request
    FROM refusal
    WHERE refusal_no < COALESCE($1, 9223372036854775807)
      AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR code = $3) AND ($4::text IS NULL OR door = $4)
      AND ($5::uuid IS NULL OR entry_id = $5)
      AND ($6::timestamptz IS NULL OR refused_at >= $6) AND ($7::timestamptz IS NULL OR refused_at < $7)
    ORDER BY refusal_no DESC
    LIMIT $8";

/// Every statement by name.
pub const ALL: [(&str, &str); 2] = [("INSERT", INSERT), ("LIST", LIST)];

/// Adds rows; fails on [`NUMBER_KEY`] when another writer was faster.
pub async fn insert(client: &Client, rows: &[Refusal], node: &str) -> Result<(), Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let times: Vec<Timestamp> = rows.iter().map(|row| row.refused_at).collect();
    let doors: Vec<&str> = rows.iter().map(|row| row.door.word()).collect();
    let actors: Vec<String> = rows.iter().map(|row| text(&row.actor, REFERENCE_BYTES_MAX)).collect();
    let entries: Vec<Option<Uuid>> = rows.iter().map(|row| row.entry_id).collect();
    let kinds: Vec<Option<&str>> = rows.iter().map(|row| row.kind.map(EntryKind::word)).collect();
    let codes: Vec<&str> = rows.iter().map(|row| row.code).collect();
    let kept = |pointer: &String| text(pointer, REFERENCE_BYTES_MAX);
    let pointers: Vec<Option<String>> = rows.iter().map(|row| row.pointer.as_ref().map(kept)).collect();
    let messages: Vec<String> = rows.iter().map(|row| text(&row.message, DESCRIPTION_BYTES_MAX)).collect();
    let requests: Vec<Option<String>> = rows.iter().map(|row| row.request.to_json()).collect();
    let statement = client.prepare_cached(INSERT).await?;
    client
        .execute(
            &statement,
            &[&node, &ids, &times, &doors, &actors, &entries, &kinds, &codes, &pointers, &messages, &requests],
        )
        .await?;
    Ok(())
}

/// A text as PostgreSQL can keep it, and no longer than is kept.
fn text(given: &str, bytes_max: usize) -> String {
    cut(given, bytes_max).replace('\0', "\u{fffd}")
}
