//! The journal out of the database: five sessions read one snapshot side by side.
//!
//! Each session has a thread and a runtime of its own. What it reads goes into a bounded channel; while that is full
//! the thread waits, and with it the server.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio_postgres::{Client, IsolationLevel};

use crate::book::BookName;
use crate::db::Database;
use crate::error::Error;
use crate::journal::tuples::{Batch, Batches};

use super::Halt;
use super::feed::{Journal, Rows, Sent, from_thread};
use super::order::{Keys, Sorter, TooMixed};
use super::sql::{self, Table};

/// Batches that wait in a channel: a megabyte or so.
const BATCHES_AHEAD: usize = 16;
/// Numbers in one piece of a table that is sorted: with two-leg entries some tens of megabytes.
const PIECE: i64 = 1 << 17;

/// How the large tables are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// As they lie: fast, and right if nothing is found wrong.
    AsItLies,
    /// Sorted by the server, piece by piece.
    Sorted,
}

/// One table of a session: the statements that read it, one after the other, and where its rows go.
struct Job {
    statements: Vec<String>,
    /// Of a table that is read as it lies.
    keys: Option<Keys>,
    to: SyncSender<Sent>,
}

/// The book's journal as it stands now.
pub async fn open(database: &Database, book: &BookName, order: Order) -> Result<Journal, Error> {
    let schema = book.schema();
    let mut client = database.connect_service(&schema).await?;
    let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let tx = snapshot.start().await?;
    let snapshot: String = tx.query_one(sql::EXPORT_SNAPSHOT, &[]).await?.try_get(0)?;
    let last: i64 = tx.query_one(sql::LAST_SEQUENCE, &[]).await?.try_get(0)?;
    let last_summary: i32 = tx.query_one(sql::LAST_SUMMARY, &[]).await?.try_get(0)?;

    let mut small = Vec::new();
    let mut read_in_order = |table: &'static Table| rows(table, vec![table.in_order()], None, &mut small);
    let (head, segments) = (read_in_order(&sql::HEAD), read_in_order(&sql::SEGMENT));
    let (accounts, settings) = (read_in_order(&sql::ACCOUNT), read_in_order(&sql::SETTING));
    let (register, members) = (read_in_order(&sql::REGISTER), read_in_order(&sql::MEMBER));
    let (reversed, summaries) = (read_in_order(&sql::REVERSED), read_in_order(&sql::SUMMARY));
    let large = |table: &'static Table, keys: Keys, jobs: &mut Vec<Job>| match order {
        Order::AsItLies => rows(table, vec![table.as_it_lies()], Some(keys), jobs),
        Order::Sorted => rows(table, pieces(table, last), None, jobs),
    };
    let commits = large(&sql::COMMIT, Keys::Number, &mut small);
    let (mut of_entries, mut of_postings, mut of_links, mut summed_up) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let links = Some(rows(&sql::LINK, vec![sql::LINK.in_order()], None, &mut of_links));
    let entries = large(&sql::ENTRY, Keys::Number, &mut of_entries);
    let postings = large(&sql::POSTING, Keys::Legs, &mut of_postings);
    let totals = rows(&sql::DAY_TOTAL, totals(last_summary.into()), None, &mut summed_up);
    let items = rows(&sql::ITEM_TOTAL, vec![sql::ITEM_TOTAL.as_it_lies()], None, &mut summed_up);

    let sessions = [small, of_entries, of_postings, of_links, summed_up].map(|jobs| {
        let (ready, is_ready) = oneshot::channel();
        let (database, schema, snapshot) = (database.clone(), schema.clone(), snapshot.clone());
        thread::spawn(move || session(&database, &schema, &snapshot, jobs, ready));
        is_ready
    });
    for is_ready in sessions {
        is_ready.await.unwrap_or_else(|_| unreachable!("a session says whether it has the snapshot"))?;
    }
    Ok(Journal {
        head,
        segments,
        accounts,
        settings,
        register,
        members,
        reversed,
        commits,
        entries,
        postings,
        links,
        summaries,
        totals,
        items,
    })
}

fn rows(table: &'static Table, statements: Vec<String>, keys: Option<Keys>, jobs: &mut Vec<Job>) -> Rows {
    let (to, from) = sync_channel(BATCHES_AHEAD);
    jobs.push(Job { statements, keys, to });
    Rows::new(table, from_thread(from))
}

/// The statements that read a table whose numbers should run from 1 to `last`. The outermost pieces are open, so that
/// no row escapes.
pub fn pieces(table: &Table, last: i64) -> Vec<String> {
    let count = (last.max(1) - 1) / PIECE + 1;
    let piece = |piece: i64| {
        let first = if piece == 0 { i64::MIN } else { piece * PIECE + 1 };
        let last = if piece == count - 1 { i64::MAX } else { (piece + 1) * PIECE };
        table.piece(first, last)
    };
    (0..count).map(piece).collect()
}

/// The statements that read, segment by segment, the days of busy accounts and then the totals of all accounts. The
/// outermost pieces have what is of no segment.
fn totals(last: i64) -> Vec<String> {
    let segments = (1..=last).map(|segment_no| (segment_no, segment_no));
    let pieces = [(i64::MIN, 0)].into_iter().chain(segments).chain([(last + 1, i64::MAX)]);
    pieces.flat_map(|(first, last)| [&sql::DAY_TOTAL, &sql::ACCOUNT_TOTAL].map(|it| it.piece(first, last))).collect()
}

/// A thread's life: it enters the snapshot, says so, and reads its tables.
fn session(
    database: &Database,
    schema: &str,
    snapshot: &str,
    jobs: Vec<Job>,
    ready: oneshot::Sender<Result<(), Error>>,
) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a process that has sockets can have one more poll");
    runtime.block_on(async {
        let client = match enter(database, schema, snapshot).await {
            Ok(client) => client,
            Err(error) => {
                _ = ready.send(Err(error));
                return;
            }
        };
        _ = ready.send(Ok(()));
        for job in jobs {
            let last = match job.read(&client).await {
                Ok(()) => Ok(None),
                Err(Halt::Unwanted) => return,
                Err(halt) => Err(halt),
            };
            _ = job.to.send(last);
        }
    });
}

async fn enter(database: &Database, schema: &str, snapshot: &str) -> Result<Client, Error> {
    let client = database.connect_service(schema).await?;
    client.batch_execute(sql::BEGIN).await?;
    client.batch_execute(&sql::import_snapshot(snapshot)).await?;
    Ok(client)
}

impl Job {
    async fn read(&self, client: &Client) -> Result<(), Halt> {
        for statement in &self.statements {
            let mut batches = Batches::new(client.copy_out(statement).await?);
            let mut sorter = self.keys.map(Sorter::new);
            while let Some(batch) = batches.next().await? {
                let batch = match &mut sorter {
                    Some(sorter) => in_order(sorter, &batch)?,
                    None => batch,
                };
                self.send(batch)?;
            }
            if let Some(sorter) = sorter {
                let mut rest = Vec::new();
                sorter.finish(&mut rest);
                self.send(Batch::new(rest))?;
            }
        }
        Ok(())
    }

    fn send(&self, batch: Batch) -> Result<(), Halt> {
        if batch.bytes().is_empty() {
            return Ok(());
        }
        self.to.send(Ok(Some(batch))).map_err(|_| Halt::Unwanted)
    }
}

fn in_order(sorter: &mut Sorter, batch: &Batch) -> Result<Batch, Halt> {
    let mut out = Vec::with_capacity(batch.bytes().len());
    for tuple in batch.tuples() {
        let tuple = tuple.map_err(Error::from)?;
        sorter.push(tuple.bytes(), &mut out).map_err(|TooMixed| Halt::Mixed)?;
    }
    Ok(Batch::new(out))
}
