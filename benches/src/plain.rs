//! Two plain ways to keep the same books, as most SQL ledgers do: a row lock an entry, and one function a batch.
//!
//! Both keep balance rows, check one limit, and refuse a repeated id by a unique index. Neither keeps running totals,
//! a hash chain, layers or open items. They post fewer entries than we do: they are slow, and the rate is steady.

use std::sync::Arc;
use std::time::Instant;

use dianfu_ledger::db::Database;
use tokio::task::JoinSet;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use crate::measure::per_second;
use crate::workload::{Size, Transfer, Transfers, Workload};

const CONNECTIONS: usize = 8;
const ROW_LOCK_ENTRIES: usize = 12_000;
const SET_FUNCTION_ENTRIES: usize = 160_000;
const SET_FUNCTION_SINGLE_ENTRIES: usize = 12_000;

const TABLES: &str = include_str!("plain.sql");

/// One transaction an entry, eight connections.
pub async fn row_lock(database: &Database, workload: Workload, size: Size) -> anyhow::Result<f64> {
    let owner = make_tables(database, size).await?;
    let each = size.entries.min(ROW_LOCK_ENTRIES) / CONNECTIONS;
    let rate = on_all_connections(database, CONNECTIONS, each * CONNECTIONS, move |client, connection| {
        Box::pin(
            async move { row_lock_entries(client, Transfers::new(workload, size.accounts, connection), each).await },
        )
    });
    let rate = rate.await?;
    drop_tables(&owner).await?;
    Ok(rate)
}

/// One function a batch: one connection for large batches, eight for single entries.
pub async fn set_function(database: &Database, workload: Workload, size: Size) -> anyhow::Result<f64> {
    let owner = make_tables(database, size).await?;
    let (connections, most) =
        if size.batch == 1 { (CONNECTIONS, SET_FUNCTION_SINGLE_ENTRIES) } else { (1, SET_FUNCTION_ENTRIES) };
    let batches = (size.entries.min(most) / connections / size.batch).max(1);
    let posted = batches * size.batch * connections;
    let rate = on_all_connections(database, connections, posted, move |client, connection| {
        let transfers = Transfers::new(workload, size.accounts, connection);
        Box::pin(async move { set_function_batches(client, transfers, size.batch, batches).await })
    });
    let rate = rate.await?;
    drop_tables(&owner).await?;
    Ok(rate)
}

type Work = std::pin::Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

async fn on_all_connections(
    database: &Database,
    connections: usize,
    entries: usize,
    work: impl Fn(Client, usize) -> Work,
) -> anyhow::Result<f64> {
    let mut ready = Vec::new();
    for _ in 0..connections {
        let client = database.connect_owner().await?;
        client.batch_execute("SET search_path = plain").await?;
        ready.push(client);
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for (connection, client) in ready.into_iter().enumerate() {
        tasks.spawn(work(client, connection));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(per_second(entries, started))
}

async fn row_lock_entries(mut client: Client, transfers: Transfers, entries: usize) -> anyhow::Result<()> {
    let lock = client.prepare("SELECT balance_minor FROM balance WHERE account_no = $1 FOR UPDATE").await?;
    let update = client.prepare("UPDATE balance SET balance_minor = balance_minor + $2 WHERE account_no = $1").await?;
    let entry = client.prepare("INSERT INTO entry (entry_id, reference) VALUES ($1, 'bench')").await?;
    let posting =
        client.prepare("INSERT INTO posting (entry_id, account_no, amount_minor) VALUES ($1, $2, $3)").await?;
    let statements = Arc::new([lock, update, entry, posting]);
    for transfer in transfers.take(entries) {
        row_lock_entry(&mut client, &statements, &transfer).await?;
    }
    Ok(())
}

async fn row_lock_entry(client: &mut Client, statements: &[Statement; 4], transfer: &Transfer) -> anyhow::Result<()> {
    let [lock, update, entry, posting] = statements;
    let mut legs = [(number(transfer.debit), transfer.amount_minor), (number(transfer.credit), -transfer.amount_minor)];
    legs.sort_unstable();
    let tx = client.transaction().await?;
    for (account, _) in &legs {
        tx.query_one(lock, &[account]).await?;
    }
    tx.execute(entry, &[&transfer.id]).await?;
    for (account, amount_minor) in &legs {
        tx.execute(posting, &[&transfer.id, account, amount_minor]).await?;
        tx.execute(update, &[account, amount_minor]).await?;
    }
    Ok(tx.commit().await?)
}

async fn set_function_batches(
    client: Client,
    mut transfers: Transfers,
    batch: usize,
    batches: usize,
) -> anyhow::Result<()> {
    let post = client.prepare("SELECT post_batch($1, $2, $3, $4)").await?;
    for _ in 0..batches {
        let transfers: Vec<Transfer> = transfers.by_ref().take(batch).collect();
        let ids: Vec<Uuid> = transfers.iter().map(|transfer| transfer.id).collect();
        let debits: Vec<i32> = transfers.iter().map(|transfer| number(transfer.debit)).collect();
        let credits: Vec<i32> = transfers.iter().map(|transfer| number(transfer.credit)).collect();
        let amounts: Vec<i64> = transfers.iter().map(|transfer| transfer.amount_minor).collect();
        client.execute(&post, &[&ids, &debits, &credits, &amounts]).await?;
    }
    Ok(())
}

async fn make_tables(database: &Database, size: Size) -> anyhow::Result<Client> {
    let owner = database.connect_owner().await?;
    owner.batch_execute(TABLES).await?;
    let accounts = "INSERT INTO balance SELECT number, 0, 9000000000000000 FROM generate_series(0, $1 - 1) AS number";
    owner.execute(accounts, &[&number(size.accounts)]).await?;
    owner.batch_execute("ANALYZE balance").await?;
    Ok(owner)
}

async fn drop_tables(owner: &Client) -> anyhow::Result<()> {
    Ok(owner.batch_execute("DROP SCHEMA plain CASCADE").await?)
}

fn number(account: usize) -> i32 {
    i32::try_from(account).expect("accounts are counted in 32 bits")
}
