//! The floor: the bytes of our rows, by COPY, into tables that cost the server as little as tables can.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use dianfu_ledger::db::Database;
use dianfu_ledger::journal::codec::{COPY_HEADER, COPY_TRAILER, EntryRow, PostingRow};
use futures_util::{SinkExt, pin_mut};
use jiff::Timestamp;
use tokio_postgres::{Client, Transaction};

use crate::measure::per_second;
use crate::server;
use crate::workload::draw::Kind;
use crate::workload::transfers::{Seat, Transfer, Transfers};

/// Entries of a COMMIT.
pub const BATCH: usize = 8_000;

/// Entries a second on one connection, a COMMIT every 8,000, for so many batches.
pub async fn measure(database: &Database, accounts: usize, batches: usize) -> anyhow::Result<f64> {
    let mut client = database.connect_owner().await?;
    make_tables(&client).await?;
    let (entries, postings) = encoded(accounts);
    server::checkpoint(&client).await;
    let started = Instant::now();
    for _ in 0..batches {
        let tx = client.transaction().await?;
        copy(&tx, "COPY floor_entry FROM STDIN (FORMAT binary)", entries.clone()).await?;
        copy(&tx, "COPY floor_posting FROM STDIN (FORMAT binary)", postings.clone()).await?;
        tx.commit().await?;
    }
    let rate = per_second(batches * BATCH, started.elapsed());
    client.batch_execute("DROP SCHEMA floor CASCADE").await?;
    Ok(rate)
}

async fn make_tables(client: &Client) -> anyhow::Result<()> {
    let sql = "
        CREATE SCHEMA floor;
        SET search_path = floor;
        CREATE TABLE floor_entry (
            sequence bigint, entry_id uuid, kind smallint, effective_date date, booked_at timestamptz,
            value_date date, relates_to uuid, hold_group uuid, expires_at timestamptz, at_most_minor bigint,
            adjusting boolean, template_no integer, reference text, description text, metadata json, actor text
        );
        CREATE TABLE floor_posting (
            sequence bigint, amount_minor bigint, debits_after bigint, credits_after bigint, account_no integer,
            effective_date date, leg smallint, layer smallint, currency text, item text, due_date date
        )";
    Ok(client.batch_execute(sql).await?)
}

async fn copy(tx: &Transaction<'_>, sql: &str, rows: Bytes) -> anyhow::Result<()> {
    let sink = tx.copy_in::<_, Bytes>(sql).await?;
    pin_mut!(sink);
    sink.send(rows).await?;
    sink.finish().await?;
    Ok(())
}

fn encoded(accounts: usize) -> (Bytes, Bytes) {
    let (mut entries, mut postings) = (BytesMut::new(), BytesMut::new());
    entries.put_slice(COPY_HEADER);
    postings.put_slice(COPY_HEADER);
    for (transfer, sequence) in
        Transfers::new(Kind::Uniform.from(accounts), Seat { number: 0, after: 0 }).take(BATCH).zip(1..)
    {
        encode(&transfer, sequence, &mut entries, &mut postings);
    }
    entries.put_slice(&COPY_TRAILER);
    postings.put_slice(&COPY_TRAILER);
    (entries.freeze(), postings.freeze())
}

fn encode(transfer: &Transfer, sequence: i64, entries: &mut BytesMut, postings: &mut BytesMut) {
    let effective_date = jiff::civil::date(2026, 1, 1);
    let entry = EntryRow {
        sequence,
        entry_id: transfer.id,
        kind: 0,
        effective_date,
        booked_at: Timestamp::UNIX_EPOCH,
        value_date: None,
        relates_to: None,
        hold_group: None,
        expires_at: None,
        at_most_minor: None,
        adjusting: false,
        template_no: None,
        reference: "bench",
        description: "",
        metadata: None,
        actor: "bench",
    };
    entry.encode(entries);
    for (leg, number, amount_minor) in
        [(0, transfer.debit, transfer.amount_minor), (1, transfer.credit, -transfer.amount_minor)]
    {
        let posting = PostingRow {
            sequence,
            amount_minor,
            debits_after: transfer.amount_minor,
            credits_after: transfer.amount_minor,
            account_no: i32::try_from(number).expect("accounts are counted in 32 bits"),
            effective_date,
            leg,
            layer: 0,
            currency: "CNY",
            item: None,
            due_date: None,
        };
        posting.encode(postings);
    }
}
