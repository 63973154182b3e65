//! What each part of posting costs: workload U as it is, and again without one part after the other.
//!
//! A part is left out in a book of its own, by its owner, who may do what the service may not. Such books are worth
//! nothing but their rate: they are dropped, and not verified.

use std::time::Duration;

use comfy_table::Table;
use dianfu_ledger::db::Database;
use dianfu_tests::rewrite;
use serde::Serialize;

use crate::measure::per_second;
use crate::report::table::table;
use crate::runs::alone::FIRST;
use crate::runs::plan::Plan;
use crate::runs::posting::{Left, post_all};
use crate::runs::stage::Stage;
use crate::server;
use crate::workload::Workload;
use crate::workload::size::Size;
use crate::workload::transfers::Seat;

/// A function of the migrations, some words of it, and what stands there without the part.
type Part = (&'static str, &'static str, &'static str);

const CHECK: Part = (
    "make_leaf",
    "CREATE TRIGGER entries_balance AFTER INSERT ON %I REFERENCING NEW TABLE AS written
             FOR EACH STATEMENT EXECUTE FUNCTION entries_balance()",
    "SELECT %L",
);
const IDS: Part = ("make_leaf", "ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (entry_id)", "SELECT %L, %L");
const SUMS: Part = ("summarise_segment", "\nBEGIN\n", "\nBEGIN\n    RETURN false;\n");
const SEALS: Part = ("tend_segments", "\nBEGIN\n", "\nBEGIN\n    RETURN false;\n");

/// What is left out of a book that has no segment yet.
const LEFT_OUT: [(&str, &[Part]); 7] = [
    ("nothing", &[]),
    ("the check of sums in the database", &[CHECK]),
    ("the index on ids of the open segment", &[IDS]),
    ("summing up", &[SUMS]),
    ("sealing and summing up", &[SEALS, SUMS]),
    ("sealing, summing up and the check", &[SEALS, SUMS, CHECK]),
    ("all of these", &[SEALS, SUMS, CHECK, IDS]),
];

/// The rate without a part.
#[derive(Serialize)]
struct Without {
    left_out: &'static str,
    entries: usize,
    entries_per_s: f64,
    of_whole: f64,
}

/// Measures all of it in so many rounds, because what else a machine does changes from minute to minute; prints it.
pub async fn run(database: &Database, size: Size, rounds: u32, as_json: bool) -> anyhow::Result<()> {
    let plan = Plan::new(Workload::Uniform, size);
    let mut times = [Duration::ZERO; LEFT_OUT.len()];
    for round in 1..=rounds {
        for ((left_out, parts), time) in LEFT_OUT.iter().zip(&mut times) {
            eprintln!("round {round} of {rounds}: left out is {left_out}");
            let took = without(database, &plan, parts).await;
            server::drop_books(database).await?;
            *time += took? / rounds;
        }
    }
    let rates = times.map(|time| per_second(size.entries, time));
    let lines = LEFT_OUT.iter().zip(rates).map(|((left_out, _), rate)| Without {
        left_out,
        entries: size.entries,
        entries_per_s: rate.round(),
        of_whole: rate / rates[0],
    });
    if as_json {
        for line in lines {
            println!("{}", serde_json::to_string(&line)?);
        }
    } else {
        println!("{}", shown(lines));
    }
    Ok(())
}

/// How long it takes to post the workload into a book without some of its parts.
async fn without(database: &Database, plan: &Plan, parts: &[Part]) -> anyhow::Result<Duration> {
    let mut stage = Stage::new(database, plan, "_parts").await?;
    for (function, words, others) in parts {
        rewrite(&stage.owner, function, words, others).await;
    }
    let ledger = stage.open(plan).await?;
    server::checkpoint(&stage.owner).await;
    let first = Seat { after: stage.entries, ..FIRST };
    let posted = post_all(&ledger, plan, &Left::new(plan.size.entries.into()), first).await?;
    ledger.close().await;
    Ok(posted.took)
}

fn shown(lines: impl Iterator<Item = Without>) -> Table {
    let cells = |line: Without| {
        vec![line.left_out.to_owned(), format!("{:.0}", line.entries_per_s), format!("{:.2}", line.of_whole)]
    };
    table(&["left out", "entries/s", "of the whole"], lines.map(cells))
}
