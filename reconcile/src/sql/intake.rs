//! Taking a file in.

use std::collections::HashSet;

use deadpool_postgres::Transaction;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{corrupt, currency, integer, json};
use crate::error::Error;
use crate::remittance::{ClaimLine, Remittance};
use crate::verdict::Verdict;

/// The currency in which an insurer's account is kept; `None` if there is no such account.
pub async fn account_currency(tx: &Transaction<'_>, account: &str) -> Result<Option<Currency>, Error> {
    const SQL: &str = "
        SELECT currency
        FROM account
        WHERE code = $1";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&account]).await?;
    row.as_ref().map(currency).transpose()
}

/// The verdict on a file that was taken in; `None` if it was not.
pub async fn file_verdict(tx: &Transaction<'_>, insurer: &PartyNo, digest: &[u8]) -> Result<Option<Verdict>, Error> {
    const SQL: &str = "
        SELECT verdict
        FROM remittance_file
        WHERE insurer = $1 AND digest = $2";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &digest]).await?;
    let verdict = |row: tokio_postgres::Row| {
        serde_json::from_value(row.get("verdict")).map_err(|_| corrupt("remittance_file.verdict"))
    };
    row.map(verdict).transpose()
}

/// A file being put on record.
#[derive(Clone, Copy, Debug)]
pub struct FileRow<'a> {
    /// Who sent it.
    pub insurer: &'a PartyNo,
    /// SHA-256 of its bytes.
    pub digest: &'a [u8],
    /// Its bytes.
    pub content: &'a [u8],
    /// What was found.
    pub verdict: &'a Verdict,
    /// When it came.
    pub received_at: Timestamp,
    /// Who brought it.
    pub actor: &'a str,
}

/// Keeps a file that is taken in. Answers whether it is new: waits for whoever is keeping the same file.
pub async fn insert_file(tx: &Transaction<'_>, file: &FileRow<'_>) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO remittance_file (insurer, digest, content, verdict, received_at, actor)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT remittance_file_pkey DO NOTHING";
    let FileRow { insurer, digest, content, verdict, received_at, actor } = file;
    let values: [&(dyn ToSql + Sync); 6] = [&insurer.as_str(), digest, content, &json(verdict), received_at, actor];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await? == 1)
}

/// Notes that a file was refused. The same file again is noted once.
pub async fn insert_rejection(tx: &Transaction<'_>, file: &FileRow<'_>) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO remittance_rejection (insurer, digest, byte_count, verdict, received_at, actor)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT remittance_rejection_pkey DO NOTHING";
    let FileRow { insurer, digest, content, verdict, received_at, actor } = file;
    let byte_count = i64::try_from(content.len()).expect("a file fits in memory");
    let values: [&(dyn ToSql + Sync); 6] = [&insurer.as_str(), digest, &byte_count, &json(verdict), received_at, actor];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// A remittance of a file that is being put on record.
#[derive(Clone, Copy, Debug)]
pub struct NewRemittance<'a> {
    /// The id that it gets.
    pub remittance_id: Uuid,
    /// What the file says.
    pub remittance: &'a Remittance,
    /// When it counts.
    pub value_date: Date,
}

/// Adds the remittances of a file; answers those whose trace is new. In the order of their traces, so that two files
/// that announce some of the same never wait for each other.
pub async fn insert_remittances(
    tx: &Transaction<'_>,
    file: &FileRow<'_>,
    new: &[NewRemittance<'_>],
) -> Result<HashSet<Uuid>, Error> {
    const SQL: &str = "
        INSERT INTO remittance
            (remittance_id, insurer, trace, digest, transaction_no, segment, payer, payee, originator, handling,
             method, currency, paid_minor, value_date, received_at, actor)
        SELECT remittance_id, $13, trace, $14, transaction_no, segment, payer, payee, originator, handling, method,
               currency, paid_minor, value_date, $15, $16
        FROM unnest(
            $1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::bigint[], $12::date[]
        ) AS announced (remittance_id, trace, transaction_no, segment, payer, payee, originator, handling, method,
                        currency, paid_minor, value_date)
        ORDER BY trace
        ON CONFLICT ON CONSTRAINT remittance_trace_key DO NOTHING
        RETURNING remittance_id";
    let texts = |of: fn(&Remittance) -> &str| new.iter().map(|new| of(new.remittance)).collect::<Vec<&str>>();
    let ids: Vec<Uuid> = new.iter().map(|new| new.remittance_id).collect();
    let traces = texts(|remittance| &remittance.trace);
    let transactions: Vec<i32> = new.iter().map(|new| integer(new.remittance.place.transaction)).collect();
    let segments: Vec<i32> = new.iter().map(|new| integer(new.remittance.place.segment)).collect();
    let payers = texts(|remittance| &remittance.payer.name);
    let payees = texts(|remittance| &remittance.payee.name);
    let originators = texts(|remittance| &remittance.originator);
    let handlings = texts(|remittance| &remittance.handling);
    let methods = texts(|remittance| &remittance.method);
    let currencies = texts(|remittance| remittance.currency.code());
    let paid: Vec<i64> = new.iter().map(|new| new.remittance.paid_minor).collect();
    let dates: Vec<Date> = new.iter().map(|new| new.value_date).collect();
    let values: [&(dyn ToSql + Sync); 16] = [
        &ids,
        &traces,
        &transactions,
        &segments,
        &payers,
        &payees,
        &originators,
        &handlings,
        &methods,
        &currencies,
        &paid,
        &dates,
        &file.insurer.as_str(),
        &file.digest,
        &file.received_at,
        &file.actor,
    ];
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(rows.iter().map(|row| row.get("remittance_id")).collect())
}

/// SHA-256 of the file that announced a trace.
pub async fn digest_of_trace(tx: &Transaction<'_>, insurer: &PartyNo, trace: &str) -> Result<Option<Vec<u8>>, Error> {
    const SQL: &str = "
        SELECT digest
        FROM remittance
        WHERE insurer = $1 AND trace = $2";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &trace]).await?;
    Ok(row.map(|row| row.get("digest")))
}

/// Lines that one statement adds: some milliseconds of work for this thread, and a few megabytes.
const LINES_A_STATEMENT: usize = 2_000;

/// Adds the lines of remittances.
pub async fn insert_lines(tx: &Transaction<'_>, new: &[NewRemittance<'_>]) -> Result<(), Error> {
    let lines = new.iter().flat_map(|new| new.remittance.lines.iter().map(move |line| (new.remittance_id, line)));
    let lines: Vec<(Uuid, &ClaimLine)> = lines.collect();
    for lines in lines.chunks(LINES_A_STATEMENT) {
        insert_some_lines(tx, lines).await?;
    }
    Ok(())
}

async fn insert_some_lines(tx: &Transaction<'_>, lines: &[(Uuid, &ClaimLine)]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO remittance_line
            (remittance_id, line_no, segment, claim_no, insurer_claim_no, status, billed_minor, paid_minor,
             patient_minor, detail)
        SELECT line.*
        FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                    $8::bigint[], $9::bigint[], $10::jsonb[]) AS line";
    let ids: Vec<Uuid> = lines.iter().map(|(remittance_id, _)| *remittance_id).collect();
    let lines = || lines.iter().map(|(_, line)| *line);
    let order: Vec<i32> = lines().map(|line| integer(line.order)).collect();
    let segments: Vec<i32> = lines().map(|line| integer(line.place.segment)).collect();
    let claims: Vec<&str> = lines().map(|line| line.claim_no.as_str()).collect();
    let own: Vec<&str> = lines().map(|line| line.insurer_claim_no.as_str()).collect();
    let statuses: Vec<&str> = lines().map(|line| line.status.as_str()).collect();
    let billed: Vec<i64> = lines().map(|line| line.billed_minor).collect();
    let paid: Vec<i64> = lines().map(|line| line.paid_minor).collect();
    let patient: Vec<Option<i64>> = lines().map(|line| line.patient_minor).collect();
    let details: Vec<serde_json::Value> = lines().map(json).collect();
    let values: [&(dyn ToSql + Sync); 10] =
        [&ids, &order, &segments, &claims, &own, &statuses, &billed, &paid, &patient, &details];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Adds the payee-level adjustments of remittances.
pub async fn insert_adjustments(tx: &Transaction<'_>, new: &[NewRemittance<'_>]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO remittance_adjustment (remittance_id, adjustment_no, segment, code, reference, amount_minor)
        SELECT adjustment.*
        FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::bigint[]) AS adjustment";
    let own = || new.iter().flat_map(|new| new.remittance.adjustments.iter().map(move |own| (new.remittance_id, own)));
    let ids: Vec<Uuid> = own().map(|(remittance_id, _)| remittance_id).collect();
    let order: Vec<i32> = own().map(|(_, own)| integer(own.order)).collect();
    let segments: Vec<i32> = own().map(|(_, own)| integer(own.place.segment)).collect();
    let codes: Vec<&str> = own().map(|(_, own)| own.code.as_str()).collect();
    let references: Vec<&str> = own().map(|(_, own)| own.reference.as_str()).collect();
    let amounts: Vec<i64> = own().map(|(_, own)| own.amount_minor).collect();
    let values: [&(dyn ToSql + Sync); 6] = [&ids, &order, &segments, &codes, &references, &amounts];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// The traces of a file, in its order.
pub async fn traces_of_file(tx: &Transaction<'_>, insurer: &PartyNo, digest: &[u8]) -> Result<Vec<String>, Error> {
    const SQL: &str = "
        SELECT trace
        FROM remittance
        WHERE insurer = $1 AND digest = $2
        ORDER BY transaction_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &digest]).await?;
    Ok(rows.iter().map(|row| row.get("trace")).collect())
}
