//! A program that posts requests of the tests' common work on one book, as one of several: see `dianfu_tests::poster`.

use std::collections::VecDeque;
use std::io::stdin;
use std::sync::{Arc, Mutex};

use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use dianfu_ledger::{Error, Ledger, Outcome};
use dianfu_tests::poster::{Orders, READY, Said};
use dianfu_tests::work;
use tokio::task::JoinSet;

/// Blocks that are worked on at the same time.
const TASKS: usize = 6;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, in_transactions, first, end, begin] = arguments.as_slice() else {
        anyhow::bail!("usage: poster URL IN-TRANSACTIONS FIRST END BEGIN");
    };
    let orders = Orders {
        in_transactions: in_transactions.parse()?,
        first: first.parse()?,
        end: end.parse()?,
        begin: begin.parse()?,
    };
    let main = BookName::parse("main").expect("'main' is a name");
    let ledger = Ledger::open(&Database::at_url(url)?, &main).await?;
    println!("{READY}");
    stdin().read_line(&mut String::new())?;

    let blocks = Arc::new(Mutex::new(blocks(orders)));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(work_off(ledger.clone(), orders.in_transactions, blocks.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    ledger.close().await;
    Ok(())
}

/// The first requests of the blocks, in the order in which they are done.
fn blocks(orders: Orders) -> VecDeque<u32> {
    let step = usize::try_from(work::BLOCK).expect("a block is small");
    let from_begin = (orders.begin..orders.end).step_by(step);
    from_begin.chain((orders.first..orders.begin).step_by(step)).collect()
}

/// Takes block after block and does its requests one after the other.
async fn work_off(ledger: Ledger, in_transactions: bool, blocks: Arc<Mutex<VecDeque<u32>>>) -> anyhow::Result<()> {
    let next = || blocks.lock().expect("no task panics with the lock").pop_front();
    while let Some(block) = next() {
        for number in block..block + work::BLOCK {
            println!("{}", until_answered(&ledger, in_transactions, number).await?);
        }
    }
    Ok(())
}

/// Asks again for as long as the database is away, or does not say what has become of it.
async fn until_answered(ledger: &Ledger, in_transactions: bool, number: u32) -> Result<Said, Error> {
    loop {
        let said = if in_transactions { in_transaction(ledger, number).await } else { post(ledger, number).await };
        match said {
            Err(error) if error.is_retryable() => {}
            answered => return answered,
        }
    }
}

/// Posts through the group commit.
async fn post(ledger: &Ledger, number: u32) -> Result<Said, Error> {
    Ok(Said::about(number, &ledger.post(work::request(number)).await?))
}

/// Notes the request and posts it in one transaction, whole or not at all; every fifth time only at the second attempt.
async fn in_transaction(ledger: &Ledger, number: u32) -> Result<Said, Error> {
    if number.is_multiple_of(5) {
        noted_and_posted(ledger, number, false).await?;
    }
    noted_and_posted(ledger, number, true).await
}

async fn noted_and_posted(ledger: &Ledger, number: u32, keep: bool) -> Result<Said, Error> {
    let mut client = ledger.client().await?;
    let tx = client.transaction().await?;
    let note = "INSERT INTO flow (request) VALUES ($1) ON CONFLICT DO NOTHING";
    tx.execute(note, &[&i64::from(number)]).await?;
    let outcomes = ledger.post_in(&tx, &work::request(number)).await?;
    let refused = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Rejected(_)));
    if refused || !keep {
        tx.rollback().await?;
        return Ok(Said { number, told: None });
    }
    tx.commit().await?;
    Ok(Said::about(number, &outcomes))
}
