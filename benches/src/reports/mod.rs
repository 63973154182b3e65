//! Reading: every figure that somebody who asks the books waits for, on one large book, beside its target.
//!
//! The book is built once, from a seed ([`book`]): a year of days in order with one entry in twenty dated back by up to
//! ninety days, a bank account on every fourth entry, open items with due dates. Balances are asked for while posting
//! goes on, also over HTTP from the real server on a socket; export and import run in the real program, whose memory
//! counts. What is measured is checked: reports must balance, and the book is verified.

mod book;
mod bulk;
mod figure;
mod http;
mod questions;

use anyhow::Context;
use dianfu_ledger::Ledger;
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;

pub use self::book::Size;
use self::book::Traffic;
pub use self::bulk::Program;
use self::figure::{Figure, table};

/// Measures them all and prints them; answers whether the book verifies.
pub async fn run(database: &Database, program: &Program, size: Size, json: bool) -> anyhow::Result<bool> {
    let name = BookName::parse(&format!("bench_reports_{}", std::process::id())).context("a book's name")?;
    let mut figures = Figures { size, json, all: Vec::new() };
    figures.take(book::build(database, &name, size).await?);
    let ledger = Ledger::open(database, &name).await?;
    book::wait_until_tended(database, &name).await?;

    let traffic = Traffic::start(&ledger, size).await?;
    figures.take(questions::balances_now(&ledger, size).await?);
    figures.take(http::balances_now(database, &name, size).await?);
    let posted = traffic.stop().await?;
    figures.take(questions::balances_past(&ledger, size, false).await?);
    figures.take(questions::balances_past(&ledger, size, true).await?);
    figures.take(questions::statements(&ledger, size).await?);
    figures.take(questions::trial_balances(&ledger, false, size).await?);
    figures.take(questions::trial_balances(&ledger, true, size).await?);
    figures.take(questions::agings(&ledger, false, size).await?);
    figures.take(questions::agings(&ledger, true, size).await?);
    ledger.close().await;

    let (figure, verified) = bulk::verified(database, &name, size.entries + posted).await?;
    figures.take(figure);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("book.ndjson");
    figures.take(program.exported(&name, size.entries + posted, &file)?);
    figures.take(program.imported(size.entries + posted, &file)?);
    if !json {
        println!("{}", table(&figures.all, size));
    }
    Ok(verified)
}

/// What was measured so far.
struct Figures {
    size: Size,
    json: bool,
    all: Vec<Figure>,
}

impl Figures {
    fn take(&mut self, figure: Figure) {
        if self.json {
            println!("{}", figure.to_json(self.size));
        } else {
            eprintln!("{}: done", figure.name());
        }
        self.all.push(figure);
    }
}
