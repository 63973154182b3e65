//! Statements about segments and the tables that are made for them.

use tokio_postgres::{Client, Error, GenericClient, Row, Transaction};

/// What is appended to a partition's name while its successor is made.
const SUFFIX: &str = "_made";

/// The partitioned tables of the journal, in the order in which they are locked.
pub const PARENTS: [&str; 2] = ["entry", "posting"];

/// All segments and what has become of them. How large a file is may not be asked by everybody.
pub const SEGMENTS: &str = "
    SELECT s.segment_no, s.first_sequence, s.last_sequence, s.sealed_at,
           to_regclass(leaf('posting', s.segment_no) || '_account_idx') IS NOT NULL AS is_indexed,
           summary.segment_no IS NOT NULL AND ids.segment_no IS NOT NULL AS is_summed_up,
           entry_file, posting_file,
           entry_file IS NOT NULL AND may_ask_files()
           AND (COALESCE(entries <> entry_bytes, entries IS NULL)
                OR COALESCE(postings <> posting_bytes, postings IS NULL))
               AS is_damaged,
           CASE
               WHEN entry_file IS NULL THEN
                   pg_total_relation_size(to_regclass(leaf('entry', s.segment_no)))
                   + pg_total_relation_size(to_regclass(leaf('posting', s.segment_no)))
               ELSE entries + postings
           END AS bytes
    FROM segment s
    LEFT JOIN summary USING (segment_no)
    LEFT JOIN segment_ids ids USING (segment_no)
    CROSS JOIN LATERAL (
        SELECT leaf_file('entry', s.segment_no) AS entry_file, leaf_file('posting', s.segment_no) AS posting_file,
               reached_file_bytes('entry', s.segment_no) AS entries,
               reached_file_bytes('posting', s.segment_no) AS postings
    ) AS files
    WHERE $1::integer IS NULL OR s.segment_no = $1
    ORDER BY s.segment_no";

const LOCK: &str = "SELECT FROM segment WHERE segment_no = $1 FOR UPDATE";

/// The hash of the commit that a sequence is in: what the journal is up to there.
const HASH_AT: &str = "
    SELECT encode(substr(hash, 1, 8), 'hex') AS hash
    FROM commit
    WHERE first_sequence <= $1
    ORDER BY first_sequence DESC
    LIMIT 1";

/// Whether somebody may have a snapshot from before a segment was full. He would see more of a file than he should. Of
/// other users' sessions it is not told when they began, nor anything else, without the right to all statistics: they
/// may have one.
const IS_SEEN_FROM_BEFORE: &str = "
    SELECT EXISTS (
        SELECT
        FROM pg_stat_activity, segment
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND segment_no = $1
          AND (xact_start <= sealed_at OR backend_type IS NULL)
    )";

const HAS_SERVER: &str = "
    SELECT EXISTS (SELECT FROM pg_foreign_server WHERE srvname = 'dianfu_files') AS has_server,
           EXISTS (SELECT FROM pg_available_extensions WHERE name = 'file_fdw') AS has_extension";
const MAKE_SERVER: &str = "
    CREATE SCHEMA IF NOT EXISTS dianfu_files;
    CREATE EXTENSION IF NOT EXISTS file_fdw SCHEMA dianfu_files;
    CREATE SERVER IF NOT EXISTS dianfu_files FOREIGN DATA WRAPPER file_fdw";
const USER: &str = "SELECT quote_ident(session_user)";

const MAKE_FILE_LEAF: &str = "SELECT make_file_leaf($1, $2, $3, $4)";
const MAKE_LEAF: &str = "SELECT make_leaf($1, $2, $3)";
const KEEP_DIGEST: &str = "SELECT keep_digest($1, $2, $3)";
const IS_AS_DETACHED: &str = "SELECT is_as_detached($1, $2, $3)";
const FINISH_LEAVES: &str = "SELECT finish_leaves($1, $2)";
const SWAP_LEAVES: &str = "SELECT swap_leaves($1, $2)";

/// Every statement that can be prepared, by name.
pub const ALL: [(&str, &str); 11] = [
    ("SEGMENTS", SEGMENTS),
    ("LOCK", LOCK),
    ("HASH_AT", HASH_AT),
    ("IS_SEEN_FROM_BEFORE", IS_SEEN_FROM_BEFORE),
    ("HAS_SERVER", HAS_SERVER),
    ("MAKE_FILE_LEAF", MAKE_FILE_LEAF),
    ("MAKE_LEAF", MAKE_LEAF),
    ("KEEP_DIGEST", KEEP_DIGEST),
    ("IS_AS_DETACHED", IS_AS_DETACHED),
    ("FINISH_LEAVES", FINISH_LEAVES),
    ("SWAP_LEAVES", SWAP_LEAVES),
];

/// Makes a book the world of this session.
pub async fn enter(client: &Client, schema: &str) -> Result<(), Error> {
    client.batch_execute(&format!("SET search_path = {schema}")).await
}

/// The segments, or one of them.
pub async fn segments(client: &impl GenericClient, segment_no: Option<i32>) -> Result<Vec<Row>, Error> {
    client.query(SEGMENTS, &[&segment_no]).await
}

/// Locks a segment against all who would detach, attach or tend it until the end of the transaction.
pub async fn lock(tx: &Transaction<'_>, segment_no: i32) -> Result<(), Error> {
    tx.execute(LOCK, &[&segment_no]).await.map(drop)
}

/// The first 16 digits of the hash of the journal up to a sequence.
pub async fn hash_at(tx: &Transaction<'_>, sequence: i64) -> Result<String, Error> {
    Ok(tx.query_one(HASH_AT, &[&sequence]).await?.get("hash"))
}

/// Whether the server for files is there, and whether the extension that it needs can be had.
pub async fn has_server(client: &Client) -> Result<(bool, bool), Error> {
    let row = client.query_one(HAS_SERVER, &[]).await?;
    Ok((row.get("has_server"), row.get("has_extension")))
}

/// Makes the server for files, outside of all books.
pub async fn make_server(client: &Client) -> Result<(), Error> {
    client.batch_execute(MAKE_SERVER).await
}

/// What an administrator runs so that the session's user may detach and attach.
pub async fn statements_for_an_administrator(client: &Client) -> Result<String, Error> {
    let user: String = client.query_one(USER, &[]).await?.get(0);
    let make = MAKE_SERVER.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(format!(
        "{make}; GRANT USAGE ON FOREIGN SERVER dianfu_files TO {user}; \
         GRANT pg_read_server_files, pg_execute_server_program, pg_read_all_stats TO {user}; \
         GRANT EXECUTE ON FUNCTION pg_stat_file(text, boolean) TO {user};"
    ))
}

/// Has the server write a partition's rows to a file, in order, which is there whole and durable or not at all. `file`
/// has no character that a shell or SQL would take for another.
///
/// The file gets its name by a program of its own: one that rows are sent to takes their end for the whole, also when
/// the session that sends them is killed.
pub async fn write_file(tx: &Transaction<'_>, parent: &str, segment_no: i32, file: &str) -> Result<(), Error> {
    let folder = file.rsplit_once('/').map(|(folder, _)| folder).filter(|folder| !folder.is_empty()).unwrap_or("/");
    let order = if parent == "posting" { "sequence, leg" } else { "sequence" };
    tx.batch_execute(&format!(
        "COPY (SELECT * FROM {parent}_{segment_no:06} ORDER BY {order})
         TO PROGRAM 'set -e; cat > {file}.part; sync {file}.part' (FORMAT binary);
         COPY (SELECT) TO PROGRAM 'set -e; cat > /dev/null; mv {file}.part {file}; sync {folder}'"
    ))
    .await
}

/// Makes the foreign table that is to be a segment's partition.
pub async fn make_file_leaf(tx: &Transaction<'_>, parent: &str, segment_no: i32, file: &str) -> Result<(), Error> {
    tx.execute(MAKE_FILE_LEAF, &[&parent, &segment_no, &SUFFIX, &file]).await.map(drop)
}

/// Makes the table that is to be a segment's partition, and fills it from a file. FREEZE: the rows are there for
/// everybody, whatever snapshot he has, as those of a file are.
pub async fn make_leaf_of_file(tx: &Transaction<'_>, parent: &str, segment_no: i32, file: &str) -> Result<(), Error> {
    tx.execute(MAKE_LEAF, &[&parent, &segment_no, &SUFFIX]).await?;
    let file = file.replace('\'', "''");
    let copy = format!("COPY {parent}_{segment_no:06}{SUFFIX} FROM '{file}' (FORMAT binary, FREEZE)");
    tx.batch_execute(&copy).await
}

/// Keeps what a partition says; answers whether what was made says the same.
pub async fn keep_digest(tx: &Transaction<'_>, parent: &str, segment_no: i32) -> Result<bool, Error> {
    Ok(tx.query_one(KEEP_DIGEST, &[&parent, &segment_no, &SUFFIX]).await?.get(0))
}

/// Whether what was made says what the partition said when it was detached.
pub async fn is_as_detached(tx: &Transaction<'_>, parent: &str, segment_no: i32) -> Result<bool, Error> {
    Ok(tx.query_one(IS_AS_DETACHED, &[&parent, &segment_no, &SUFFIX]).await?.get(0))
}

/// Gives tables that were made and filled the indexes of a segment that is sealed and summed up.
pub async fn finish_leaves(tx: &Transaction<'_>, segment_no: i32) -> Result<(), Error> {
    tx.execute(FINISH_LEAVES, &[&segment_no, &SUFFIX]).await.map(drop)
}

/// Whether somebody may see the segment as it was before it was full.
pub async fn is_seen_from_before(tx: &Transaction<'_>, segment_no: i32) -> Result<bool, Error> {
    Ok(tx.query_one(IS_SEEN_FROM_BEFORE, &[&segment_no]).await?.get(0))
}

/// Locks the journal's tables against everybody. From now on every lock is waited for a tenth of a second at most, for
/// everybody who comes behind waits with us.
pub async fn lock_tables(tx: &Transaction<'_>) -> Result<(), Error> {
    let parents = PARENTS.map(|parent| format!("ONLY {parent}")).join(", ");
    tx.batch_execute(&format!("SET LOCAL lock_timeout = '100ms'; LOCK TABLE {parents} IN ACCESS EXCLUSIVE MODE")).await
}

/// Puts what was made in the place of the partitions.
pub async fn swap_leaves(tx: &Transaction<'_>, segment_no: i32) -> Result<(), Error> {
    tx.execute(SWAP_LEAVES, &[&segment_no, &SUFFIX]).await.map(drop)
}
