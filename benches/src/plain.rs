//! Two plain ways to keep the same books, as most SQL ledgers do: a row lock an entry, and one function a batch.
//!
//! Both keep balance rows, check one limit, and refuse a repeated id by a unique index. Neither keeps running totals,
//! a hash chain, layers or open items, and no workload makes them refuse anything. They post fewer entries than we do:
//! they are slow, and the rate is steady.

use std::sync::Arc;
use std::time::Instant;

use dianfu_ledger::db::Database;
use tokio::task::JoinSet;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use crate::measure::{bytes_each, per_second};
use crate::server;
use crate::workload::draw::{Draw, Kind};
use crate::workload::transfers::{Seat, Transfer, Transfers};

const CONNECTIONS: usize = 8;

const SCHEMA: &str = "plain";
const TABLES: &str = include_str!("plain.sql");

/// What they post.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How accounts are drawn.
    pub kind: Kind,
    /// How many accounts there are.
    pub accounts: usize,
    /// Entries of the function's batches.
    pub batch: usize,
    /// Entries one by one.
    pub row_lock_entries: usize,
    /// Entries through the function.
    pub set_function_entries: usize,
}

/// What a transaction an entry costs.
#[derive(Clone, Copy, Debug)]
pub struct RowLock {
    /// Entries a second.
    pub entries_per_s: f64,
    /// Write-ahead log an entry.
    pub wal_bytes_per_entry: f64,
    /// What tables and indexes grew by an entry.
    pub table_bytes_per_entry: f64,
}

/// One transaction an entry, eight connections.
pub async fn row_lock(database: &Database, load: &Load) -> anyhow::Result<RowLock> {
    let owner = make_tables(database, load.accounts).await?;
    let draw = load.kind.from(load.accounts);
    let each = load.row_lock_entries.div_ceil(CONNECTIONS);
    let entries = each * CONNECTIONS;
    let (space, wal_bytes) = (server::space(&owner, SCHEMA).await?, server::wal_bytes(&owner).await?);
    let entries_per_s = on_all_connections(database, CONNECTIONS, entries, |client, connection| {
        Box::pin(row_lock_entries(client, transfers(&draw, connection), each))
    });
    let entries_per_s = entries_per_s.await?;
    let wal_bytes = server::wal_bytes(&owner).await? - wal_bytes;
    let grown_bytes = server::space(&owner, SCHEMA).await?.all - space.all;
    drop_tables(&owner).await?;
    Ok(RowLock {
        entries_per_s,
        wal_bytes_per_entry: bytes_each(wal_bytes, entries),
        table_bytes_per_entry: bytes_each(grown_bytes, entries),
    })
}

/// One function a batch, entries a second: one connection for large batches, eight for single entries.
pub async fn set_function(database: &Database, load: &Load) -> anyhow::Result<f64> {
    let owner = make_tables(database, load.accounts).await?;
    let draw = load.kind.from(load.accounts);
    let connections = if load.batch == 1 { CONNECTIONS } else { 1 };
    let batches = (load.set_function_entries / connections / load.batch).max(1);
    let entries = batches * load.batch * connections;
    let rate = on_all_connections(database, connections, entries, |client, connection| {
        Box::pin(set_function_batches(client, transfers(&draw, connection), load.batch, batches))
    });
    let rate = rate.await?;
    drop_tables(&owner).await?;
    Ok(rate)
}

fn transfers(draw: &Draw, connection: usize) -> Transfers {
    let number = u64::try_from(connection).expect("connections are few");
    Transfers::new(draw.clone(), Seat { number, after: 0 })
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
        ready.push(server::connect(database, SCHEMA).await?);
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for (connection, client) in ready.into_iter().enumerate() {
        tasks.spawn(work(client, connection));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(per_second(entries, started.elapsed()))
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

async fn make_tables(database: &Database, accounts: usize) -> anyhow::Result<Client> {
    let owner = database.connect_owner().await?;
    owner.batch_execute(TABLES).await?;
    let sql = "INSERT INTO balance SELECT number, 0, 9000000000000000 FROM generate_series(0, $1 - 1) AS number";
    owner.execute(sql, &[&number(accounts)]).await?;
    owner.batch_execute("ANALYZE balance").await?;
    server::checkpoint(&owner).await;
    Ok(owner)
}

async fn drop_tables(owner: &Client) -> anyhow::Result<()> {
    Ok(owner.batch_execute("DROP SCHEMA plain CASCADE").await?)
}

fn number(account: usize) -> i32 {
    i32::try_from(account).expect("accounts are counted in 32 bits")
}
