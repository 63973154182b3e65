//! Statements about what is on record beside the journal: accounts, their settings, the register.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use tokio_postgres::types::ToSql;
use tokio_postgres::{GenericClient, Row};

use crate::account::{AccountCode, AccountNo, AccountNote, AccountType, NewAccount, SettingRecord};
use crate::error::Error;
use crate::journal::codec::{AccountRow, RegisterRow, SettingRow};
use crate::register::Record;
use crate::template_register::sql::NUMBERS_IN_FORCE;
use crate::template_register::{self, TemplateNo};

use super::setting;

/// Opens accounts, numbered without gaps after the head's, each with its hash, and moves the head past them.
pub async fn insert_accounts(tx: &Transaction<'_>, rows: &[(AccountRow<'_>, [u8; 32])]) -> Result<(), Error> {
    const SQL: &str = "
        WITH opened AS (
            INSERT INTO account
                (account_no, code, name, type, currency, normal_side, open_item, opened_at, opened_by, hash)
            SELECT account_no, code, name, type, currency, normal_side, open_item, $7, $8, hash
            FROM unnest(
                $1::integer[], $2::text[], $3::text[], $12::text[], $4::text[], $5::text[], $6::boolean[], $9::bytea[]
            ) AS opened (account_no, code, name, type, currency, normal_side, open_item, hash)
        )
        UPDATE head
        SET account_no = $10, account_hash = $11";
    let Some((last, tip)) = rows.last() else { return Ok(()) };
    let of_account = |take: fn(&NewAccount) -> &str| rows.iter().map(|(row, _)| take(row.account)).collect::<Vec<_>>();
    let numbers: Vec<AccountNo> = rows.iter().map(|(row, _)| row.account_no).collect();
    let codes = of_account(|account| account.code.as_str());
    let names = of_account(|account| &account.name);
    let types = of_account(|account| account.account_type.word());
    let currencies = of_account(|account| account.currency.code());
    let sides = of_account(|account| account.normal_side.letter());
    let open_items: Vec<bool> = rows.iter().map(|(row, _)| row.account.open_item).collect();
    let hashes: Vec<&[u8]> = rows.iter().map(|(_, hash)| hash.as_slice()).collect();
    let values: [&(dyn ToSql + Sync); 12] = [
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
        &types,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Records settings, numbered without gaps after the head's, each with its hash, and moves the head past them.
pub async fn insert_settings(tx: &Transaction<'_>, rows: &[(SettingRow<'_>, [u8; 32])]) -> Result<(), Error> {
    const SQL: &str = "
        WITH recorded AS (
            INSERT INTO account_setting
                (setting_no, account_no, after_sequence, min_minor, max_minor, closed, frozen, parent, metadata,
                 recorded_at, actor, reason, hash)
            SELECT setting_no, account_no, $13, min_minor, max_minor, closed, frozen, parent, metadata::json,
                   $7, $8, $9, hash
            FROM unnest(
                $1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::boolean[], $6::bytea[], $10::text[],
                $11::text[], $12::text[]
            ) AS recorded (setting_no, account_no, min_minor, max_minor, closed, hash, frozen, parent, metadata)
        )
        UPDATE head
        SET setting_no = $14, setting_hash = $15";
    let Some((last, tip)) = rows.last() else { return Ok(()) };
    let numbers: Vec<i64> = rows.iter().map(|(row, _)| row.setting_no).collect();
    let accounts: Vec<AccountNo> = rows.iter().map(|(row, _)| row.account_no).collect();
    let minima: Vec<Option<i64>> = rows.iter().map(|(row, _)| row.setting.limits.min_minor).collect();
    let maxima: Vec<Option<i64>> = rows.iter().map(|(row, _)| row.setting.limits.max_minor).collect();
    let closed: Vec<bool> = rows.iter().map(|(row, _)| row.setting.closed).collect();
    let hashes: Vec<&[u8]> = rows.iter().map(|(_, hash)| hash.as_slice()).collect();
    let frozen: Vec<&str> = rows.iter().map(|(row, _)| row.setting.frozen.word()).collect();
    let parents: Vec<Option<&str>> = rows.iter().map(|(row, _)| row.note.parent.as_deref()).collect();
    let metadata: Vec<Option<&str>> = rows.iter().map(|(row, _)| row.note.metadata.as_deref()).collect();
    let values: [&(dyn ToSql + Sync); 15] = [
        &numbers,
        &accounts,
        &minima,
        &maxima,
        &closed,
        &hashes,
        &last.recorded_at,
        &last.actor,
        &last.reason,
        &frozen,
        &parents,
        &metadata,
        &last.after_sequence,
        &last.setting_no,
        &tip.as_slice(),
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Puts a row on the register, numbered after the head's, and moves the head to it.
pub async fn insert_register(tx: &Transaction<'_>, row: &RegisterRow<'_>, hash: &[u8; 32]) -> Result<(), Error> {
    const SQL: &str = "
        WITH recorded AS (
            INSERT INTO register
                (register_no, kind, name, content, after_sequence, proposed_by, recorded_at, actor, reason, hash)
            VALUES ($1, $2, $3, $4::text::json, $5, $6, $7, $8, $9, $10)
        )
        UPDATE head
        SET register_no = $1, register_hash = $10";
    let RegisterRow { register_no, kind, name, content, after_sequence, proposed_by, recorded_at, actor, reason } = row;
    let hash = hash.as_slice();
    let values: [&(dyn ToSql + Sync); 10] =
        [register_no, kind, name, content, after_sequence, proposed_by, recorded_at, actor, reason, &hash];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Puts rows of one kind and signature on the register, numbered after the head's, and moves the head to the last.
pub async fn insert_register_rows(tx: &Transaction<'_>, rows: &[(RegisterRow<'_>, [u8; 32])]) -> Result<(), Error> {
    const SQL: &str = "
        WITH recorded AS (
            INSERT INTO register
                (register_no, kind, name, content, after_sequence, proposed_by, recorded_at, actor, reason, hash)
            SELECT register_no, $5, name, content::json, $6, $7, $8, $9, $10, hash
            FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[])
                AS recorded (register_no, name, content, hash)
        )
        UPDATE head
        SET register_no = $11, register_hash = $12";
    let Some((last, tip)) = rows.last() else { return Ok(()) };
    let numbers: Vec<i64> = rows.iter().map(|(row, _)| row.register_no).collect();
    let names: Vec<&str> = rows.iter().map(|(row, _)| row.name).collect();
    let contents: Vec<&str> = rows.iter().map(|(row, _)| row.content).collect();
    let hashes: Vec<&[u8]> = rows.iter().map(|(_, hash)| hash.as_slice()).collect();
    let RegisterRow { register_no, kind, after_sequence, proposed_by, recorded_at, actor, reason, .. } = last;
    let tip = tip.as_slice();
    let values: [&(dyn ToSql + Sync); 12] = [
        &numbers,
        &names,
        &contents,
        &hashes,
        kind,
        after_sequence,
        proposed_by,
        recorded_at,
        actor,
        reason,
        register_no,
        &tip,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Says which accounts a limit group has had since a row of the register.
pub async fn insert_group_members(tx: &Transaction<'_>, register_no: i64, accounts: &[AccountNo]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO limit_group_member (account_no, register_no)
        SELECT account_no, $1
        FROM unnest($2::integer[]) AS member (account_no)";
    tx.execute(&tx.prepare_cached(SQL).await?, &[&register_no, &accounts]).await?;
    Ok(())
}

/// What no posting asks for about an account: its last setting's parent and metadata.
pub async fn account_note(tx: &Transaction<'_>, account_no: AccountNo) -> Result<AccountNote, Error> {
    const SQL: &str = "
        SELECT parent, metadata::text AS metadata
        FROM account_setting
        WHERE account_no = $1
        ORDER BY setting_no DESC
        LIMIT 1";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&account_no]).await?;
    let note = row.map(|row| AccountNote { parent: row.get("parent"), metadata: row.get("metadata") });
    Ok(note.unwrap_or_default())
}

/// What was ever set about an account, oldest first: the last is in force.
pub async fn settings_of(client: &impl GenericClient, account_no: AccountNo) -> Result<Vec<SettingRecord>, Error> {
    const SQL: &str = "
        SELECT setting_no, after_sequence, min_minor, max_minor, closed, frozen, parent,
               metadata::text AS metadata, recorded_at, actor, reason
        FROM account_setting
        WHERE account_no = $1
        ORDER BY setting_no";
    client.query(SQL, &[&account_no]).await?.iter().map(setting_record).collect()
}

fn setting_record(row: &Row) -> Result<SettingRecord, Error> {
    Ok(SettingRecord {
        setting_no: row.get("setting_no"),
        after_sequence: row.get("after_sequence"),
        setting: setting(row)?,
        note: AccountNote { parent: row.get("parent"), metadata: row.get("metadata") },
        recorded_at: row.get("recorded_at"),
        actor: row.get("actor"),
        reason: row.get("reason"),
    })
}

/// The types of the accounts with these codes, by code.
pub async fn account_types(tx: &Transaction<'_>, codes: &[&str]) -> Result<HashMap<String, AccountType>, Error> {
    const SQL: &str = "SELECT code, type FROM account WHERE code = ANY ($1)";
    let rows = tx.query(SQL, &[&codes]).await?;
    let known = |row: &Row| {
        let account_type = AccountType::from_word(row.get("type"));
        Ok((row.get("code"), account_type.ok_or_else(|| Error::Corrupt("account.type".to_owned()))?))
    };
    rows.iter().map(known).collect()
}

/// Whether one account is rolled up to another, however far up, or is the same.
pub async fn is_below(tx: &Transaction<'_>, below: &str, above: &str) -> Result<bool, Error> {
    const SQL: &str = "
        WITH RECURSIVE up (code) AS (
            SELECT $1::text COLLATE \"C\"
            UNION
            SELECT setting.parent
            FROM up
            JOIN account a USING (code)
            CROSS JOIN LATERAL (
                SELECT parent
                FROM account_setting
                WHERE account_no = a.account_no
                ORDER BY setting_no DESC
                LIMIT 1
            ) AS setting
            WHERE setting.parent IS NOT NULL
        )
        SELECT EXISTS (SELECT FROM up WHERE code = $2)";
    Ok(tx.query_one(SQL, &[&below, &above]).await?.get(0))
}

/// What is in force of a kind in the register, by name.
pub async fn records_in_force(client: &impl GenericClient, kind: &str) -> Result<Vec<Record>, Error> {
    const SQL: &str = "
        SELECT DISTINCT ON (name) register_no, name, content::text AS content, after_sequence, proposed_by,
               recorded_at, actor, reason
        FROM register
        WHERE kind = $1
        ORDER BY name, register_no DESC";
    Ok(client.query(SQL, &[&kind]).await?.iter().map(record).collect())
}

/// All that was ever on record under a kind and name, oldest first.
pub async fn records_of(client: &impl GenericClient, kind: &str, name: &str) -> Result<Vec<Record>, Error> {
    const SQL: &str = "
        SELECT register_no, name, content::text AS content, after_sequence, proposed_by, recorded_at, actor, reason
        FROM register
        WHERE kind = $1 AND name = $2
        ORDER BY register_no";
    Ok(client.query(SQL, &[&kind, &name]).await?.iter().map(record).collect())
}

/// Every record of a kind, oldest first.
pub async fn records_of_kind(client: &impl GenericClient, kind: &str) -> Result<Vec<Record>, Error> {
    const SQL: &str = "
        SELECT register_no, name, content::text AS content, after_sequence, proposed_by, recorded_at, actor, reason
        FROM register
        WHERE kind = $1
        ORDER BY register_no";
    Ok(client.query(SQL, &[&kind]).await?.iter().map(record).collect())
}

fn record(row: &Row) -> Record {
    Record {
        register_no: row.get("register_no"),
        name: row.get("name"),
        content: row.get("content"),
        after_sequence: row.get("after_sequence"),
        proposed_by: row.get("proposed_by"),
        recorded_at: row.get("recorded_at"),
        actor: row.get("actor"),
        reason: row.get("reason"),
    }
}

/// The versions of templates that are in force.
pub async fn templates_in_force(tx: &Transaction<'_>) -> Result<Vec<TemplateNo>, Error> {
    let rows = tx.query(&tx.prepare_cached(NUMBERS_IN_FORCE).await?, &[]).await?;
    rows.iter().map(|row| template_register::number(row.get(0))).collect()
}

/// Those of these accounts that are open.
pub async fn open_accounts_among(tx: &Transaction<'_>, codes: &[String]) -> Result<Vec<AccountCode>, Error> {
    const SQL: &str = "
        SELECT a.code
        FROM unnest($1::text[]) AS wanted (code)
        JOIN account a ON a.code = wanted.code";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&codes]).await?;
    rows.iter().map(super::account_code).collect()
}
