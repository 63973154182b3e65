//! Every statement of the posting path, one function each, on the caller's transaction.

mod ids;
mod originals;
mod records;

pub use ids::*;
pub use originals::*;
pub use records::*;

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use deadpool_postgres::Transaction;
use futures_util::SinkExt;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::account::{Account, AccountCode, AccountNo, AccountSetting, AccountType, Frozen, Limits, NormalSide};
use crate::balance::{Balance, GroupTotals, Totals};
use crate::entry::Layer;
use crate::error::Error;
use crate::journal::state::{Known, KnownAccount, KnownGroup};
use crate::limit_group::LimitGroup;

/// The one row that is the lock, the fence, the sequence and the tip of the hash chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// Last entry written.
    pub sequence: i64,
    /// Last commit written.
    pub commit_no: i64,
    /// Its hash.
    pub hash: [u8; 32],
    /// When it was booked.
    pub booked_at: Timestamp,
    /// Last account opened.
    pub account_no: AccountNo,
    /// Its hash.
    pub account_hash: [u8; 32],
    /// Last account setting recorded.
    pub setting_no: i64,
    /// Its hash.
    pub setting_hash: [u8; 32],
    /// Last row of the register.
    pub register_no: i64,
    /// Its hash.
    pub register_hash: [u8; 32],
    /// Days up to this one take adjusting entries only.
    pub soft_closed_through: Option<Date>,
    /// Days up to this one take no entry.
    pub hard_closed_through: Option<Date>,
    /// No hold that still holds anything expires before this.
    pub next_expiry: Option<Timestamp>,
    /// Last segment.
    pub segment_no: i32,
    /// Last sequence that it takes.
    pub segment_end: i64,
}

/// Locks the head until the end of the transaction: whoever holds it is the only writer of the book.
pub async fn lock_head(tx: &Transaction<'_>) -> Result<Head, Error> {
    Ok(lock_head_then_clock(tx).await?.0)
}

/// Locks the head, and only then reads the database's clock, so that the times of commits rise on every node alike.
pub async fn lock_head_then_clock(tx: &Transaction<'_>) -> Result<(Head, Timestamp), Error> {
    const SQL: &str = "
        WITH locked AS MATERIALIZED (
            SELECT sequence, commit_no, hash, booked_at, account_no, account_hash, setting_no, setting_hash,
                   register_no, register_hash, soft_closed_through, hard_closed_through, next_expiry, segment_no,
                   segment_end
            FROM head
            FOR UPDATE
        )
        SELECT *, clock_timestamp() AS clock
        FROM locked";
    let row = tx.query_one(&tx.prepare_cached(SQL).await?, &[]).await?;
    let hash = |column: &str| {
        let bytes: &[u8] = row.get(column);
        bytes.try_into().map_err(|_| Error::Corrupt(format!("head.{column} is not 32 bytes")))
    };
    let head = Head {
        sequence: row.get("sequence"),
        commit_no: row.get("commit_no"),
        hash: hash("hash")?,
        booked_at: row.get("booked_at"),
        account_no: row.get("account_no"),
        account_hash: hash("account_hash")?,
        setting_no: row.get("setting_no"),
        setting_hash: hash("setting_hash")?,
        register_no: row.get("register_no"),
        register_hash: hash("register_hash")?,
        soft_closed_through: row.get("soft_closed_through"),
        hard_closed_through: row.get("hard_closed_through"),
        next_expiry: row.get("next_expiry"),
        segment_no: row.get("segment_no"),
        segment_end: row.get("segment_end"),
    };
    Ok((head, row.get("clock")))
}

/// Takes a lane until the end of the transaction, and only then reads the database's clock; `None` if none is free.
/// From now on the transaction waits for any lock 200 ms at most.
pub async fn take_lane(tx: &Transaction<'_>) -> Result<Option<Timestamp>, Error> {
    const SQL: &str = "
        WITH taken AS MATERIALIZED (
            SELECT lane_no
            FROM lane
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        )
        SELECT clock_timestamp() AS clock, set_config('lock_timeout', '200ms', true)
        FROM taken";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[]).await?;
    Ok(row.map(|row| row.get("clock")))
}

/// How a lock was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// Nobody had it.
    AtOnce,
    /// Somebody else had it, or has asked for it before.
    AfterOthers,
}

/// Takes the book's pen until the end of the transaction: see `batch::pen`. An error if it is not to be had in time.
pub async fn take_pen(tx: &Transaction<'_>, wait_max: Duration) -> Result<Taken, Error> {
    const TRY: &str = "SELECT pg_try_advisory_xact_lock('head'::regclass::bigint)";
    const WAIT_MAX: &str = "SELECT set_config('lock_timeout', $1, true)";
    const WAIT: &str = "SELECT pg_advisory_xact_lock('head'::regclass::bigint)";
    if tx.query_one(&tx.prepare_cached(TRY).await?, &[]).await?.get(0) {
        return Ok(Taken::AtOnce);
    }
    tx.execute(&tx.prepare_cached(WAIT_MAX).await?, &[&format!("{}ms", wait_max.as_millis())]).await?;
    tx.execute(&tx.prepare_cached(WAIT).await?, &[]).await?;
    Ok(Taken::AfterOthers)
}

/// The database's clock.
pub async fn clock(tx: &Transaction<'_>) -> Result<Timestamp, Error> {
    Ok(tx.query_one(&tx.prepare_cached("SELECT clock_timestamp()").await?, &[]).await?.get(0))
}

/// Whether the book has this commit, account, setting and row of the register; a number of zero asks for none.
pub async fn has_rows(tx: &Transaction<'_>, known: &Known) -> Result<bool, Error> {
    const SQL: &str = "
        SELECT ($1::bigint = 0 OR EXISTS (
                   SELECT FROM commit
                   WHERE commit_no = $1 AND hash = $2
               ))
           AND ($3::integer = 0 OR EXISTS (
                   SELECT FROM account
                   WHERE account_no = $3 AND hash = $4
               ))
           AND ($5::bigint = 0 OR EXISTS (
                   SELECT FROM account_setting
                   WHERE setting_no = $5 AND hash = $6
               ))
           AND ($7::bigint = 0 OR EXISTS (
                   SELECT FROM register
                   WHERE register_no = $7 AND hash = $8
               ))";
    let [hash, account_hash, setting_hash, register_hash] =
        [&known.hash, &known.account_hash, &known.setting_hash, &known.register_hash].map(<[u8; 32]>::as_slice);
    let Known { commit_no, account_no, setting_no, register_no, .. } = known;
    let values: [&(dyn ToSql + Sync); 8] =
        [commit_no, &hash, account_no, &account_hash, setting_no, &setting_hash, register_no, &register_hash];
    Ok(tx.query_one(&tx.prepare_cached(SQL).await?, &values).await?.get(0))
}

/// The last totals of each account and layer written after `sequence` in a segment. Settled totals only rise, so that
/// the last are the highest.
pub async fn totals_behind(
    tx: &Transaction<'_>,
    segment_no: i32,
    sequence: i64,
) -> Result<Vec<(AccountNo, Layer, Totals)>, Error> {
    let leaf = leaf_to_read(tx, "posting", segment_no).await?;
    let sql = format!(
        "SELECT account_no, layer,
                CASE layer WHEN 0 THEN max(debits_after) ELSE (max(pending))[3] END AS debits_after,
                CASE layer WHEN 0 THEN max(credits_after) ELSE (max(pending))[4] END AS credits_after
         FROM {leaf}
         CROSS JOIN LATERAL (
             SELECT CASE layer WHEN 1 THEN ARRAY[sequence, leg, debits_after, credits_after] END AS pending
         ) AS at
         WHERE sequence > $1
         GROUP BY account_no, layer"
    );
    let rows = tx.query(&sql, &[&sequence]).await?;
    rows.iter().map(|row| Ok((row.get("account_no"), layer(row)?, totals(row)))).collect()
}

/// The settings recorded after `setting_no`, oldest first.
pub async fn settings_after(tx: &Transaction<'_>, setting_no: i64) -> Result<Vec<(AccountNo, AccountSetting)>, Error> {
    const SQL: &str = "
        SELECT account_no, min_minor, max_minor, closed, frozen
        FROM account_setting
        WHERE setting_no > $1
        ORDER BY setting_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&setting_no]).await?;
    rows.iter().map(|row| Ok((row.get("account_no"), setting(row)?))).collect()
}

/// The accounts with these codes that exist, with their settings and totals as they stand.
pub async fn accounts(tx: &Transaction<'_>, codes: &[String]) -> Result<Vec<KnownAccount>, Error> {
    const SQL: &str = "
        SELECT a.account_no, a.code, a.name, a.type, a.currency, a.normal_side, a.open_item,
               s.min_minor, s.max_minor, COALESCE(s.closed, false) AS closed, COALESCE(s.frozen, 'none') AS frozen
        FROM unnest($1::text[]) AS wanted (code)
        JOIN account a ON a.code = wanted.code
        LEFT JOIN LATERAL (
            SELECT min_minor, max_minor, closed, frozen
            FROM account_setting
            WHERE account_no = a.account_no
            ORDER BY setting_no DESC
            LIMIT 1
        ) s ON true";
    const TOTALS: &str = "
        SELECT account_no, layer, debits_after, credits_after
        FROM last_totals($1, 9223372036854775807)";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&codes]).await?;
    let mut known: HashMap<AccountNo, KnownAccount> = HashMap::with_capacity(rows.len());
    for row in &rows {
        let account = account(row)?;
        known.insert(account.no, KnownAccount { account, balance: Balance::default() });
    }
    let numbers: Vec<AccountNo> = known.keys().copied().collect();
    for row in &tx.query(&tx.prepare_cached(TOTALS).await?, &[&numbers]).await? {
        let account_no: AccountNo = row.get("account_no");
        let account = known.get_mut(&account_no).expect("only totals of these accounts are asked for");
        account.balance.set_layer(layer(row)?, totals(row));
    }
    Ok(known.into_values().collect())
}

/// The limit groups in force that these accounts are in, without their totals, and all their accounts.
pub async fn limit_groups_of(
    tx: &Transaction<'_>,
    codes: &[String],
) -> Result<Vec<(KnownGroup, Vec<AccountCode>)>, Error> {
    const SQL: &str = "
        SELECT r.name, r.content::text AS content
        FROM register r
        WHERE r.register_no IN (
            SELECT m.register_no
            FROM account a
            JOIN limit_group_member m USING (account_no)
            WHERE a.code = ANY ($1)
        ) AND NOT EXISTS (
            SELECT
            FROM register newer
            WHERE newer.kind = r.kind AND newer.name = r.name AND newer.register_no > r.register_no
        )";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&codes]).await?;
    rows.iter()
        .map(|row| {
            let group = LimitGroup::parse(row.get("content"))
                .ok_or_else(|| Error::Corrupt("register.content of a limit group".to_owned()))?;
            let LimitGroup { currency, normal_side, limits, accounts } = group;
            let (name, totals) = (row.get("name"), GroupTotals::default());
            Ok((KnownGroup { name, currency, normal_side, limits, totals }, accounts))
        })
        .collect()
}

/// Opens the next segment of the journal; answers the last sequence it covers.
pub async fn open_segment(tx: &Transaction<'_>) -> Result<i64, Error> {
    Ok(tx.query_one("SELECT open_segment()", &[]).await?.get(0))
}

/// Seals the first full segment that is not sealed; answers whether there was one. If not, and little is posted, gives
/// the open one its indexes.
pub async fn tend_segments(client: &deadpool_postgres::Client) -> Result<bool, Error> {
    Ok(client.query_one("SELECT tend_segments()", &[]).await?.get(0))
}

/// Sums up the first sealed segment that is not summed up yet; answers whether there was one.
pub async fn summarise_segment(client: &deadpool_postgres::Client) -> Result<bool, Error> {
    Ok(client.query_one("SELECT summarise_segment()", &[]).await?.get(0))
}

/// Streams encoded entry rows into the partition of their segment.
pub async fn copy_entries(tx: &Transaction<'_>, segment_no: i32, encoded: Bytes) -> Result<(), Error> {
    copy(tx, &format!("COPY entry_{segment_no:06} FROM STDIN (FORMAT binary)"), encoded).await
}

/// Streams encoded posting rows into the partition of their segment; the database checks their sums.
pub async fn copy_postings(tx: &Transaction<'_>, segment_no: i32, encoded: Bytes) -> Result<(), Error> {
    copy(tx, &format!("COPY posting_{segment_no:06} FROM STDIN (FORMAT binary)"), encoded).await
}

/// Streams encoded links in.
pub async fn copy_links(tx: &Transaction<'_>, encoded: Bytes) -> Result<(), Error> {
    copy(tx, "COPY entry_link FROM STDIN (FORMAT binary)", encoded).await
}

/// Bytes of a message: the server takes a message apart when it has come whole.
const PIECE_BYTES: usize = 32 << 10;
/// Statements that a session keeps prepared: more than there are, but for two of every segment it has written to.
const STATEMENTS_MAX: usize = 128;

async fn copy(tx: &Transaction<'_>, statement: &str, mut encoded: Bytes) -> Result<(), Error> {
    if tx.statement_cache.size() >= STATEMENTS_MAX {
        tx.statement_cache.clear();
    }
    let mut sink = pin!(tx.copy_in::<_, Bytes>(&tx.prepare_cached(statement).await?).await?);
    while !encoded.is_empty() {
        sink.send(encoded.split_to(encoded.len().min(PIECE_BYTES))).await?;
    }
    sink.finish().await?;
    Ok(())
}

/// A row of table `commit`.
#[derive(Debug)]
pub struct CommitRow<'a> {
    /// Dense number.
    pub commit_no: i64,
    /// Its first entry.
    pub first_sequence: i64,
    /// Its last entry.
    pub last_sequence: i64,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// Root of the tree of its entries.
    pub entries_root: &'a [u8],
    /// Hash of the commit before.
    pub previous_hash: &'a [u8],
    /// Its hash.
    pub hash: &'a [u8],
    /// The process that wrote it.
    pub node: &'a str,
}

/// Records the commit and moves the head to it.
pub async fn commit(tx: &Transaction<'_>, row: &CommitRow<'_>, next_expiry: Option<Timestamp>) -> Result<(), Error> {
    const SQL: &str = "
        WITH written AS (
            INSERT INTO commit
                (commit_no, first_sequence, last_sequence, booked_at, entries_root, previous_hash, hash, node)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        )
        UPDATE head
        SET sequence = $3, commit_no = $1, hash = $7, booked_at = $4, next_expiry = $9";
    let CommitRow { commit_no, first_sequence, last_sequence, booked_at, entries_root, previous_hash, hash, node } =
        row;
    let values: [&(dyn ToSql + Sync); 9] =
        [commit_no, first_sequence, last_sequence, booked_at, entries_root, previous_hash, hash, node, &next_expiry];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

fn account(row: &Row) -> Result<Account, Error> {
    Ok(Account {
        no: row.get("account_no"),
        code: account_code(row)?,
        name: row.get("name"),
        account_type: AccountType::from_word(row.get("type"))
            .ok_or_else(|| Error::Corrupt("account.type".to_owned()))?,
        currency: parsed(row.get("currency"))?,
        normal_side: NormalSide::from_letter(row.get("normal_side"))
            .ok_or_else(|| Error::Corrupt("account.normal_side".to_owned()))?,
        open_item: row.get("open_item"),
        setting: setting(row)?,
    })
}

fn account_code(row: &Row) -> Result<AccountCode, Error> {
    AccountCode::parse(row.get("code")).ok_or_else(|| Error::Corrupt("account.code".to_owned()))
}

fn parsed(currency: &str) -> Result<crate::money::Currency, Error> {
    currency.parse().map_err(|_| Error::Corrupt(format!("currency {currency}")))
}

fn layer(row: &Row) -> Result<Layer, Error> {
    Layer::from_number(row.get("layer")).ok_or_else(|| Error::Corrupt("posting.layer".to_owned()))
}

fn totals(row: &Row) -> Totals {
    Totals { debits: row.get("debits_after"), credits: row.get("credits_after") }
}

fn setting(row: &Row) -> Result<AccountSetting, Error> {
    let frozen = Frozen::from_word(row.get("frozen"));
    Ok(AccountSetting {
        limits: Limits { min_minor: row.get("min_minor"), max_minor: row.get("max_minor") },
        closed: row.get("closed"),
        frozen: frozen.ok_or_else(|| Error::Corrupt("account_setting.frozen".to_owned()))?,
    })
}
