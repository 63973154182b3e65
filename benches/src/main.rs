//! The canonical load program: our figure, the floor and two plain ways, from one run on one server.
//!
//! - *ours*: `Ledger::post`, every promise kept: durable, sums checked by the database, exact limits, hash chain; and
//!   the real server over HTTP.
//! - *floor*: the same bytes by COPY into tables without indexes or triggers, in batches of 8,000, one connection:
//!   what the server can take at all.
//! - *row lock*: the usual way: a transaction an entry that locks two balance rows, inserts and updates.
//! - *set function*: the other usual way: one PL/pgSQL function a batch that does the same for all of its entries.
//!
//! Every workload gets a book of its own on a durable server, and after it the book is verified and dropped.
//!
//! Reading order: [`arguments`], [`workload`], [`runs`], [`yardsticks`] with [`floor`] and [`plain`], [`report`];
//! [`measure`], [`cpu`] and [`server`] are what they measure with. [`reports`] is about reading,
//! [`parts`] about what each part of posting costs, [`decisions`] about deciding on a claim.

#![expect(clippy::float_arithmetic, reason = "rates are no money")]

mod arguments;
mod cpu;
mod decisions;
mod floor;
mod measure;
mod parts;
mod plain;
mod report;
mod reports;
mod runs;
mod server;
mod workload;
mod yardsticks;

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use clap::Parser;
use dianfu_ledger::clock;
use dianfu_ledger::db::Database;
use dianfu_tests::durable_cluster;
use mimalloc::MiMalloc;

use self::arguments::{Args, Command, count};
use self::report::html::{self, Origin};
use self::report::line::Line;
use self::runs::Place;
use self::workload::Workload;
use self::workload::size::Size;
use self::yardsticks::Yardsticks;

/// The one that the program itself has.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

// Everything runs on the threads of the pool, as in the server; an answer that wakes another thread comes later.
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let (Some(lines), Some(page)) = (&args.from, &args.page) {
        let text = fs::read_to_string(lines).with_context(|| format!("read {}", lines.display()))?;
        return write_page(page, &html::page_of_text(&text)?);
    }
    if let Some(page) = &args.page {
        // Before anything is measured for some minutes; what is in the file stays until there is a page.
        File::options().append(true).create(true).open(page).with_context(|| format!("write {}", page.display()))?;
    }
    if let Some(url) = args.url() {
        let (database, url) = (Database::at_url(url)?, url.to_owned());
        return tokio::spawn(async move { run(&args, database, url).await }).await?;
    }
    let (_folder, cluster) = tokio::task::spawn_blocking(durable_cluster).await?;
    let url = format!("host={} user=postgres", cluster.socket_folder().display());
    let database = Database::on_cluster(Arc::new(cluster));
    let running = database.clone();
    let outcome = tokio::spawn(async move { run(&args, running, url).await }).await?;
    database.close().await?;
    outcome
}

async fn run(args: &Args, database: Database, url: String) -> anyhow::Result<()> {
    if let Some(Command::PostBeside { orders }) = &args.command {
        return runs::two_processes::post_beside(&database, orders).await;
    }
    if matches!(args.command, Some(Command::Claims)) {
        decisions::print(args.quick, args.json)?;
    }
    let place = Place { database, url };
    if args.reports {
        run_reports(args, &place).await
    } else if args.parts {
        let rounds = if args.quick { 1 } else { 3 };
        parts::run(&place.database, args.wish().size(Workload::Uniform, 1), rounds, args.json).await
    } else {
        run_workloads(args, &place).await
    }
}

async fn run_reports(args: &Args, place: &Place) -> anyhow::Result<()> {
    let (entries, accounts) = if args.quick { (300_000, 3_000) } else { (10_000_000, 100_000) };
    let size = reports::Size {
        entries: count(args.entries).unwrap_or(entries),
        accounts: count(args.accounts).unwrap_or(accounts),
    };
    let url = place.url.clone();
    let program = tokio::task::spawn_blocking(|| reports::Program::at(url)).await?;
    let verified = reports::run(&place.database, &program, size, args.json).await;
    server::drop_books(&place.database).await?;
    ensure!(verified?, "the book does not verify");
    Ok(())
}

async fn run_workloads(args: &Args, place: &Place) -> anyhow::Result<()> {
    let sizes: Vec<(Workload, Size)> = args.workloads().iter().flat_map(|workload| sizes(args, *workload)).collect();
    let largest = sizes.iter().map(|(_, size)| size.entries).max().unwrap_or_default();
    let origin = origin(&place.database).await?;
    let mut yardsticks = Yardsticks::new(largest, args.quick);
    let mut lines: Vec<Line> = Vec::new();
    for (workload, size) in sizes {
        eprintln!("{workload}: {} entries, {} callers", size.entries, size.callers);
        let beside =
            if workload.is_plain() { Some(yardsticks.measure(&place.database, workload, size).await?) } else { None };
        let line = runs::run(place, workload, size, beside).await;
        server::drop_books(&place.database).await?;
        let line = line?;
        if args.json {
            println!("{}", serde_json::to_string(&origin.of(&line))?);
        }
        lines.push(line);
    }
    if !args.json {
        println!("{}", report::table::tables(&lines));
    }
    if let Some(page) = &args.page {
        let lines: Vec<_> = lines.iter().map(|line| origin.of(line)).collect();
        write_page(page, &html::page(&lines)?)?;
    }
    let unverified: Vec<&str> = lines.iter().filter(|line| !line.verified).map(|line| line.workload.as_str()).collect();
    ensure!(unverified.is_empty(), "the book of workload {} does not verify", unverified.join(", "));
    Ok(())
}

/// Where this run measures, and what it was asked.
async fn origin(database: &Database) -> anyhow::Result<Origin> {
    let today = clock::date_of(clock::now());
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    Origin::here(&database.connect_owner().await?, today, &arguments).await
}

fn write_page(file: &Path, page: &str) -> anyhow::Result<()> {
    fs::write(file, page).with_context(|| format!("write {}", file.display()))
}

/// One size of a workload; of single entries one for each number of callers.
fn sizes(args: &Args, workload: Workload) -> Vec<(Workload, Size)> {
    let callers = args.callers.iter().filter_map(|callers| count(Some(*callers)));
    let several = if workload == Workload::Single { args.callers.len() } else { 1 };
    callers.take(several).map(|callers| (workload, args.wish().size(workload, callers))).collect()
}
