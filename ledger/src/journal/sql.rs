//! Every statement of the posting path, one function each, on the caller's transaction.

use std::collections::HashMap;
use std::pin::Pin;

use bytes::Bytes;
use deadpool_postgres::Transaction;
use futures_util::SinkExt;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{CopyInSink, Row, Statement};
use uuid::Uuid;

use crate::account::{Account, AccountCode, AccountNo, AccountSetting, Limits, NewAccount, NormalSide};
use crate::balance::{Balance, Totals};
use crate::decide::{StoredEntry, StoredLeg};
use crate::entry::{EntryKind, Layer, Receipt};
use crate::error::Error;
use crate::journal::codec::{AccountRow, SettingRow};
use crate::journal::state::{Known, KnownAccount};
use crate::money::Money;

/// The one row that is the lock, the fence, the sequence and the tip of the hash chain.
#[derive(Clone, Debug)]
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
    /// Last segment.
    pub segment_no: i32,
    /// Last sequence that it takes.
    pub segment_end: i64,
}

/// Locks the head until the end of the transaction: whoever holds it is the only writer of the book.
pub async fn lock_head(tx: &Transaction<'_>) -> Result<Head, Error> {
    const SQL: &str = "
        SELECT sequence, commit_no, hash, booked_at, account_no, account_hash, setting_no, setting_hash, segment_no,
               segment_end
        FROM head
        FOR UPDATE";
    let row = tx.query_one(&tx.prepare_cached(SQL).await?, &[]).await?;
    let hash = |column: &str| {
        let bytes: &[u8] = row.get(column);
        bytes.try_into().map_err(|_| Error::Corrupt(format!("head.{column} is not 32 bytes")))
    };
    Ok(Head {
        sequence: row.get("sequence"),
        commit_no: row.get("commit_no"),
        hash: hash("hash")?,
        booked_at: row.get("booked_at"),
        account_no: row.get("account_no"),
        account_hash: hash("account_hash")?,
        setting_no: row.get("setting_no"),
        setting_hash: hash("setting_hash")?,
        segment_no: row.get("segment_no"),
        segment_end: row.get("segment_end"),
    })
}

/// The database's clock. Asked after the head is locked, so that the times of commits rise on every node alike.
pub async fn clock(tx: &Transaction<'_>) -> Result<Timestamp, Error> {
    Ok(tx.query_one(&tx.prepare_cached("SELECT clock_timestamp()").await?, &[]).await?.get(0))
}

/// Whether the book has this commit, this account and this setting; a number of zero asks for none.
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
               ))";
    let Known { commit_no, hash, account_no, account_hash, setting_no, setting_hash } = known;
    let values: [&(dyn ToSql + Sync); 6] =
        [commit_no, &hash.as_slice(), account_no, &account_hash.as_slice(), setting_no, &setting_hash.as_slice()];
    Ok(tx.query_one(&tx.prepare_cached(SQL).await?, &values).await?.get(0))
}

/// The last totals of each account and layer written after `sequence`.
pub async fn totals_after(tx: &Transaction<'_>, sequence: i64) -> Result<Vec<(AccountNo, Layer, Totals)>, Error> {
    const SQL: &str = "
        SELECT DISTINCT ON (account_no, layer) account_no, layer, debits_after, credits_after
        FROM posting
        WHERE sequence > $1
        ORDER BY account_no, layer, sequence DESC, leg DESC";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&sequence]).await?;
    rows.iter().map(|row| Ok((row.get("account_no"), layer(row)?, totals(row)))).collect()
}

/// The settings recorded after `setting_no`, oldest first.
pub async fn settings_after(tx: &Transaction<'_>, setting_no: i64) -> Result<Vec<(AccountNo, AccountSetting)>, Error> {
    const SQL: &str = "
        SELECT account_no, min_minor, max_minor, closed
        FROM account_setting
        WHERE setting_no > $1
        ORDER BY setting_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&setting_no]).await?;
    Ok(rows.iter().map(|row| (row.get("account_no"), setting(row))).collect())
}

/// The accounts with these codes that exist, with their settings and totals as they stand.
pub async fn accounts(tx: &Transaction<'_>, codes: &[&str]) -> Result<Vec<KnownAccount>, Error> {
    const SQL: &str = "
        SELECT a.account_no, a.code, a.name, a.currency, a.normal_side, a.open_item,
               s.min_minor, s.max_minor, COALESCE(s.closed, false) AS closed
        FROM unnest($1::text[]) AS wanted (code)
        JOIN account a ON a.code = wanted.code
        LEFT JOIN LATERAL (
            SELECT min_minor, max_minor, closed
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

/// The entries with these ids that are in the books.
pub async fn entries(tx: &Transaction<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, StoredEntry)>, Error> {
    const SQL: &str = "
        SELECT entry_id, sequence, kind, effective_date, booked_at, relates_to, reference, description,
               metadata::text AS metadata, actor
        FROM entry
        WHERE entry_id = ANY ($1)";
    // A join, because `= ANY ($1)` compares every row with every number; and the bounds, which the block ranges of an
    // unsealed segment can use.
    const LEGS: &str = "
        SELECT p.sequence, p.amount_minor, p.account_no, p.currency, p.item, a.code
        FROM unnest($1::bigint[]) AS wanted (sequence)
        JOIN posting p USING (sequence)
        JOIN account a USING (account_no)
        WHERE p.sequence BETWEEN $2 AND $3
        ORDER BY p.sequence, p.leg";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&ids]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let sequences: Vec<i64> = rows.iter().map(|row| row.get("sequence")).collect();
    let (first, last) = (sequences.iter().min(), sequences.iter().max());
    let legs = tx.query(&tx.prepare_cached(LEGS).await?, &[&sequences, &first, &last]).await?;
    let mut legs_by_sequence: HashMap<i64, Vec<StoredLeg>> = HashMap::new();
    for row in &legs {
        legs_by_sequence.entry(row.get("sequence")).or_default().push(stored_leg(row)?);
    }
    rows.iter()
        .map(|row| {
            let legs = legs_by_sequence.remove(&row.get("sequence")).unwrap_or_default();
            Ok((row.get("entry_id"), stored_entry(row, legs)?))
        })
        .collect()
}

/// For each of these holds that has been released: the entry that released it.
pub async fn releases(tx: &Transaction<'_>, holds: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, Error> {
    const SQL: &str = "
        SELECT relates_to, entry_id
        FROM entry
        WHERE kind = 2 AND relates_to = ANY ($1)";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&holds]).await?;
    Ok(rows.iter().map(|row| (row.get("relates_to"), row.get("entry_id"))).collect())
}

/// Opens the next segment of the journal; answers the last sequence it covers.
pub async fn open_segment(tx: &Transaction<'_>) -> Result<i64, Error> {
    Ok(tx.query_one("SELECT open_segment()", &[]).await?.get(0))
}

/// Brings the block range indexes of unsealed segments up to date and seals the first full one; answers whether there
/// was one.
pub async fn tend_segments(client: &deadpool_postgres::Client) -> Result<bool, Error> {
    Ok(client.query_one("SELECT tend_segments()", &[]).await?.get(0))
}

/// Starts streaming encoded entry rows in; the server works on them while the caller goes on.
pub async fn copy_entries(tx: &Transaction<'_>, encoded: Bytes) -> Result<Copying, Error> {
    let copy = tx.prepare_cached("COPY entry FROM STDIN (FORMAT binary)").await?;
    Copying::start(tx, &copy, encoded).await
}

/// Starts streaming encoded posting rows into the partition of their segment; the database checks their sums.
pub async fn copy_postings(tx: &Transaction<'_>, segment_no: i32, encoded: Bytes) -> Result<Copying, Error> {
    // Prepared anew: a cache would keep a statement for every segment there has ever been.
    let copy = tx.prepare(&format!("COPY posting_{segment_no:06} FROM STDIN (FORMAT binary)")).await?;
    Copying::start(tx, &copy, encoded).await
}

/// Rows on their way into a table.
pub struct Copying(Pin<Box<CopyInSink<Bytes>>>);

impl Copying {
    async fn start(tx: &Transaction<'_>, copy: &Statement, encoded: Bytes) -> Result<Copying, Error> {
        let mut sink = Box::pin(tx.copy_in::<_, Bytes>(copy).await?);
        sink.send(encoded).await?;
        Ok(Copying(sink))
    }

    /// Waits until the server has taken them all.
    pub async fn finish(mut self) -> Result<(), Error> {
        self.0.as_mut().finish().await?;
        Ok(())
    }
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
    /// Hash of the commit before.
    pub previous_hash: &'a [u8],
    /// Its hash.
    pub hash: &'a [u8],
    /// The process that wrote it.
    pub node: &'a str,
}

/// Records the commit and moves the head to it.
pub async fn commit(tx: &Transaction<'_>, row: &CommitRow<'_>) -> Result<(), Error> {
    const SQL: &str = "
        WITH written AS (
            INSERT INTO commit (commit_no, first_sequence, last_sequence, booked_at, previous_hash, hash, node)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
        )
        UPDATE head
        SET sequence = $3, commit_no = $1, hash = $6, booked_at = $4";
    let CommitRow { commit_no, first_sequence, last_sequence, booked_at, previous_hash, hash, node } = row;
    tx.execute(
        &tx.prepare_cached(SQL).await?,
        &[commit_no, first_sequence, last_sequence, booked_at, previous_hash, hash, node],
    )
    .await?;
    Ok(())
}

/// Opens accounts, numbered without gaps after the head's, each with its hash, and moves the head past them.
pub async fn insert_accounts(tx: &Transaction<'_>, rows: &[(AccountRow<'_>, [u8; 32])]) -> Result<(), Error> {
    const SQL: &str = "
        WITH opened AS (
            INSERT INTO account
                (account_no, code, name, currency, normal_side, open_item, opened_at, opened_by, hash)
            SELECT account_no, code, name, currency, normal_side, open_item, $7, $8, hash
            FROM unnest(
                $1::integer[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $9::bytea[]
            ) AS opened (account_no, code, name, currency, normal_side, open_item, hash)
        )
        UPDATE head
        SET account_no = $10, account_hash = $11";
    let Some((last, tip)) = rows.last() else { return Ok(()) };
    let of_account = |take: fn(&NewAccount) -> &str| rows.iter().map(|(row, _)| take(row.account)).collect::<Vec<_>>();
    let numbers: Vec<AccountNo> = rows.iter().map(|(row, _)| row.account_no).collect();
    let codes = of_account(|account| account.code.as_str());
    let names = of_account(|account| &account.name);
    let currencies = of_account(|account| account.currency.code());
    let sides = of_account(|account| account.normal_side.letter());
    let open_items: Vec<bool> = rows.iter().map(|(row, _)| row.account.open_item).collect();
    let hashes: Vec<&[u8]> = rows.iter().map(|(_, hash)| hash.as_slice()).collect();
    let values: [&(dyn ToSql + Sync); 11] = [
        &numbers,
        &codes,
        &names,
        &currencies,
        &sides,
        &open_items,
        &last.opened_at,
        &last.opened_by,
        &hashes,
        &last.account_no,
        &tip.as_slice(),
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Records settings, numbered without gaps after the head's, each with its hash, and moves the head past them.
pub async fn insert_settings(tx: &Transaction<'_>, rows: &[(SettingRow<'_>, [u8; 32])]) -> Result<(), Error> {
    const SQL: &str = "
        WITH recorded AS (
            INSERT INTO account_setting
                (setting_no, account_no, after_sequence, min_minor, max_minor, closed, recorded_at, actor, reason, hash)
            SELECT setting_no, account_no, after_sequence, min_minor, max_minor, closed, recorded_at, actor, reason,
                   hash
            FROM unnest(
                $1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[], $7::timestamptz[],
                $8::text[], $9::text[], $10::bytea[]
            ) AS recorded (
                setting_no, account_no, after_sequence, min_minor, max_minor, closed, recorded_at, actor, reason, hash
            )
        )
        UPDATE head
        SET setting_no = $11, setting_hash = $12";
    let Some((last, tip)) = rows.last() else { return Ok(()) };
    let numbers: Vec<i64> = rows.iter().map(|(row, _)| row.setting_no).collect();
    let accounts: Vec<AccountNo> = rows.iter().map(|(row, _)| row.account_no).collect();
    let after: Vec<i64> = rows.iter().map(|(row, _)| row.after_sequence).collect();
    let minima: Vec<Option<i64>> = rows.iter().map(|(row, _)| row.setting.limits.min_minor).collect();
    let maxima: Vec<Option<i64>> = rows.iter().map(|(row, _)| row.setting.limits.max_minor).collect();
    let closed: Vec<bool> = rows.iter().map(|(row, _)| row.setting.closed).collect();
    let times: Vec<Timestamp> = rows.iter().map(|(row, _)| row.recorded_at).collect();
    let actors: Vec<&str> = rows.iter().map(|(row, _)| row.actor).collect();
    let reasons: Vec<&str> = rows.iter().map(|(row, _)| row.reason).collect();
    let hashes: Vec<&[u8]> = rows.iter().map(|(_, hash)| hash.as_slice()).collect();
    let values: [&(dyn ToSql + Sync); 12] = [
        &numbers,
        &accounts,
        &after,
        &minima,
        &maxima,
        &closed,
        &times,
        &actors,
        &reasons,
        &hashes,
        &last.setting_no,
        &tip.as_slice(),
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

fn account(row: &Row) -> Result<Account, Error> {
    Ok(Account {
        no: row.get("account_no"),
        code: account_code(row)?,
        name: row.get("name"),
        currency: parsed(row.get("currency"))?,
        normal_side: NormalSide::from_letter(row.get("normal_side"))
            .ok_or_else(|| Error::Corrupt("account.normal_side".to_owned()))?,
        open_item: row.get("open_item"),
        setting: setting(row),
    })
}

fn stored_entry(row: &Row, legs: Vec<StoredLeg>) -> Result<StoredEntry, Error> {
    Ok(StoredEntry {
        kind: EntryKind::from_number(row.get("kind")).ok_or_else(|| Error::Corrupt("entry.kind".to_owned()))?,
        effective_date: row.get("effective_date"),
        reference: row.get("reference"),
        description: row.get("description"),
        metadata: row.get("metadata"),
        relates_to: row.get("relates_to"),
        legs,
        receipt: Receipt { sequence: row.get("sequence"), booked_at: row.get("booked_at") },
    })
}

fn stored_leg(row: &Row) -> Result<StoredLeg, Error> {
    Ok(StoredLeg {
        account_no: row.get("account_no"),
        account: account_code(row)?,
        amount: Money::new(row.get("amount_minor"), parsed(row.get("currency"))?),
        item: row.get("item"),
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

fn setting(row: &Row) -> AccountSetting {
    AccountSetting {
        limits: Limits { min_minor: row.get("min_minor"), max_minor: row.get("max_minor") },
        closed: row.get("closed"),
    }
}
