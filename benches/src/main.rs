//! The canonical load program: our figure, the floor and two plain ways, from one run on one server.
//!
//! - *ours*: `Ledger::post`, every promise kept: durable, sums checked by the database, exact limits, hash chain.
//! - *floor*: the same bytes by COPY into tables without indexes or triggers, in batches of 8,000, one connection:
//!   what the server can take at all.
//! - *row lock*: the usual way: a transaction an entry that locks two balance rows, inserts and updates.
//! - *set function*: the other usual way: one PL/pgSQL function a batch that does the same for all of its entries.
//!
//! Every workload gets a book of its own on a durable server, and after it the book is verified.

#![expect(clippy::float_arithmetic, reason = "rates are no money")]

mod floor;
mod measure;
mod ours;
mod plain;
mod report;
mod reports;
mod workload;

use std::sync::Arc;

use anyhow::ensure;
use clap::Parser;
use dianfu_ledger::db::Database;
use dianfu_tests::durable_cluster;
use mimalloc::MiMalloc;

use self::report::Line;
use self::workload::Workload;

/// The one that the program itself has.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures posting, beside the floor and two plain ways; or reading, beside its targets.
///
/// Without a database URL it makes a durable private server in a temporary folder, and removes it afterwards.
#[derive(Parser)]
#[command(after_help = "EXAMPLES:\n    ./run bench\n    ./run bench --workload U --entries 10000000\n    \
                  ./run bench --json\n    ./run bench --reports\n    ./run bench --reports --quick")]
struct Args {
    /// Which workloads, in order: U uniform, H one account on every entry, S single entries from many callers.
    #[arg(long, value_delimiter = ',', default_values_t = [Workload::Uniform, Workload::Hot, Workload::Single])]
    workload: Vec<Workload>,
    /// Measure reading instead: balances, statements, reports, verify, export and import, beside their targets.
    #[arg(long, conflicts_with = "workload")]
    reports: bool,
    /// Entries a workload; S posts a tenth of it [default: 1,000,000; 10,000,000 for reports].
    #[arg(long)]
    entries: Option<usize>,
    /// Accounts that entries are spread over [default: 10,000; 100,000 for reports].
    #[arg(long)]
    accounts: Option<usize>,
    /// Concurrent callers of single entries.
    #[arg(long, default_value_t = 256)]
    callers: usize,
    /// A short run that shows that everything works: 50,000 entries; 300,000 of 3,000 accounts for reports.
    #[arg(long)]
    quick: bool,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// A server to measure instead of a private one; the user must be allowed to create schemas and roles.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

// Everything runs on the threads of the pool, as in the server; an answer that wakes another thread comes later.
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    // Set to nothing is not set.
    if let Some(url) = args.database_url.as_deref().filter(|url| !url.is_empty()) {
        let database = Database::at_url(url)?;
        return tokio::spawn(async move { run(&args, &database).await }).await?;
    }
    let (_folder, cluster) = tokio::task::spawn_blocking(durable_cluster).await?;
    let database = Database::on_cluster(Arc::new(cluster));
    let running = database.clone();
    let outcome = tokio::spawn(async move { run(&args, &running).await }).await?;
    database.close().await?;
    outcome
}

async fn run(args: &Args, database: &Database) -> anyhow::Result<()> {
    if args.reports { run_reports(args, database).await } else { run_workloads(args, database).await }
}

async fn run_reports(args: &Args, database: &Database) -> anyhow::Result<()> {
    let (entries, accounts) = if args.quick { (300_000, 3_000) } else { (10_000_000, 100_000) };
    let size = reports::Size { entries: args.entries.unwrap_or(entries), accounts: args.accounts.unwrap_or(accounts) };
    let url = match (&args.database_url, database.cluster()) {
        (_, Some(cluster)) => format!("host={} user=postgres", cluster.socket_folder().display()),
        (Some(url), None) => url.clone(),
        (None, None) => unreachable!("without a URL there is a private cluster"),
    };
    let program = tokio::task::spawn_blocking(|| reports::Program::at(url)).await?;
    let verified = reports::run(database, &program, size, args.json).await?;
    ensure!(verified, "the book does not verify");
    Ok(())
}

async fn run_workloads(args: &Args, database: &Database) -> anyhow::Result<()> {
    let entries = args.entries.unwrap_or(if args.quick { 50_000 } else { 1_000_000 });
    let accounts = args.accounts.unwrap_or(10_000);
    let mut lines = Vec::new();
    for workload in &args.workload {
        let size = workload.size(entries, accounts, args.callers);
        let line = measure_one(database, *workload, size).await?;
        if args.json {
            println!("{}", serde_json::to_string(&line)?);
        } else {
            eprintln!("{workload}: done");
        }
        lines.push(line);
    }
    if !args.json {
        println!("{}", report::table(&lines));
    }
    let unverified: Vec<&str> = lines.iter().filter(|line| !line.verified).map(|line| line.workload).collect();
    ensure!(unverified.is_empty(), "the book of workload {} does not verify", unverified.join(", "));
    Ok(())
}

async fn measure_one(database: &Database, workload: Workload, size: workload::Size) -> anyhow::Result<Line> {
    let ours = ours::measure(database, workload, size).await?;
    let floor_per_s = floor::measure(database, size).await?;
    let row_lock_per_s = plain::row_lock(database, workload, size).await?;
    let set_function_per_s = plain::set_function(database, workload, size).await?;
    Ok(Line::new(workload, size, &ours, floor_per_s, row_lock_per_s, set_function_per_s))
}
