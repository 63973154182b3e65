//! What is asked of the server about a run, and the ends of books.

use anyhow::Context;
use dianfu_ledger::db::Database;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

/// Partitions that are dropped at once: each takes a dozen locks, of which a server has some thousand.
const DROPPED_AT_ONCE: usize = 16;

/// How often a book is tried to be dropped again.
const DROP_TRIES: usize = 20;

/// Bytes of tables and indexes.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    /// Entries, postings and commits.
    pub journal: i64,
    /// Everything.
    pub all: i64,
}

/// A connection with a schema as its search path.
pub async fn connect(database: &Database, schema: &str) -> anyhow::Result<Client> {
    let owner = database.connect_owner().await?;
    owner.batch_execute(&format!("SET search_path = {schema}")).await?;
    Ok(owner)
}

/// Writes everything back, so that what came before is not paid for in what comes. Where our user may not ask for it,
/// the figures are those of whatever the server is busy with.
pub async fn checkpoint(client: &Client) {
    if let Err(error) = client.batch_execute("CHECKPOINT").await {
        eprintln!("no checkpoint before the run: {error}");
    }
}

/// The write-ahead log so far, in bytes.
pub async fn wal_bytes(client: &Client) -> anyhow::Result<i64> {
    let sql = "SELECT (pg_current_wal_lsn() - '0/0')::bigint";
    Ok(client.query_one(sql, &[]).await?.get(0))
}

/// What the tables of a schema take, with their indexes.
pub async fn space(client: &Client, schema: &str) -> anyhow::Result<Space> {
    let sql = "
        SELECT
            COALESCE(sum(size) FILTER (WHERE relname ~ '^(entry|posting|commit)'), 0)::bigint AS journal,
            COALESCE(sum(size), 0)::bigint AS all_tables
        FROM (
            SELECT c.relname, pg_total_relation_size(c.oid) AS size
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relkind = 'r'
        ) AS own";
    let row = client.query_one(sql, &[&schema]).await?;
    Ok(Space { journal: row.get("journal"), all: row.get("all_tables") })
}

/// How many segments still wait for what is done behind the writer: full ones are summed up, the open one is indexed.
pub async fn untended(client: &Client) -> anyhow::Result<i64> {
    let sql = "
        SELECT count(*)
        FROM segment
        LEFT JOIN summary USING (segment_no)
        WHERE has_totals IS NULL
          AND (last_sequence <= (SELECT sequence FROM head)
               OR to_regclass(leaf('posting', segment_no) || '_account_idx') IS NULL)";
    Ok(client.query_one(sql, &[]).await?.get(0))
}

/// Drops the books that this process has made, those of a run that failed too.
pub async fn drop_books(database: &Database) -> anyhow::Result<()> {
    let owner = database.connect_owner().await?;
    // Who still holds a table after a failure must not keep us for ever.
    owner.batch_execute("SET lock_timeout = '30s'").await?;
    let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE $1";
    let ours = format!("book\\_bench\\_%\\_{}", std::process::id());
    for row in owner.query(sql, &[&ours]).await? {
        let schema: String = row.get(0);
        // What is done behind a writer may still go on in the server after the ledger is closed.
        let mut dropped = drop_schema(&owner, &schema).await;
        for _ in 0..DROP_TRIES {
            if !dropped.as_ref().is_err_and(|error| error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED)) {
                break;
            }
            dropped = drop_schema(&owner, &schema).await;
        }
        dropped.with_context(|| format!("drop {schema}"))?;
    }
    Ok(())
}

/// Partitions first and some at a time: one transaction could not lock them all.
async fn drop_schema(owner: &Client, schema: &str) -> Result<(), tokio_postgres::Error> {
    let sql = "
        SELECT c.oid::regclass::text
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relispartition
        ORDER BY c.oid";
    let partitions: Vec<String> = owner.query(sql, &[&schema]).await?.iter().map(|row| row.get(0)).collect();
    for some in partitions.chunks(DROPPED_AT_ONCE) {
        owner.batch_execute(&format!("DROP TABLE {}", some.join(", "))).await?;
    }
    owner.batch_execute(&format!("DROP SCHEMA {schema} CASCADE")).await
}
