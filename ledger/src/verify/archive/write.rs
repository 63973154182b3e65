//! Writing an archive: the tables pass through as the server sends them.

use std::io::{self, Write};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, IsolationLevel};

use crate::export::{ExportError, Exported, Progress};
use crate::journal::tuples::Batches;
use crate::query::QueryError;
use crate::verify::database::pieces;
use crate::verify::sql;

use super::{END, HEADER, Header, MAGIC, ROWS, TABLE, tables, title};

/// Writes the journal of the book that the client's search path names, as one snapshot has it. Memory is a batch of
/// rows; large tables are sorted by the server piece by piece.
pub async fn write(
    client: &mut Client,
    book: &str,
    out: &mut impl Write,
    progress: &mut (impl FnMut(Progress) + ?Sized),
) -> Result<Exported, ExportError> {
    let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let tx = snapshot.start().await?;
    tx.batch_execute(sql::SETTINGS).await?;
    // A book without its head is archived too: the check says that it is gone.
    let (last_sequence, known_at) = match tx.query_opt(sql::ARCHIVED, &[]).await? {
        Some(head) => (head.try_get("sequence")?, head.try_get("booked_at")?),
        None => (0, Timestamp::UNIX_EPOCH),
    };
    let total = u64::try_from(last_sequence).unwrap_or(0);
    progress(Progress { done: 0, total });

    let mut blocks = Blocks { out, digest: Sha256::new() };
    blocks.put(&MAGIC)?;
    let header = Header { book: book.to_owned(), known_at, last_sequence };
    blocks.block(HEADER, &serde_json::to_vec(&header).expect("texts and numbers are JSON"))?;
    for table in tables() {
        blocks.block(TABLE, title(table).as_bytes())?;
        let is_large = [sql::COMMIT.name, sql::ENTRY.name, sql::POSTING.name].contains(&table.name);
        let statements = if is_large { pieces(table, last_sequence) } else { vec![table.in_order()] };
        for statement in statements {
            let mut batches = Batches::new(tx.copy_out(&statement).await?);
            while let Some(batch) = batches.next().await.map_err(QueryError::from)? {
                blocks.block(ROWS, batch.bytes())?;
            }
        }
    }
    blocks.end()?;
    tx.rollback().await?;
    progress(Progress { done: total, total });
    Ok(Exported { entries: total, known_at, last_sequence })
}

/// What is written, and the digest of it so far.
struct Blocks<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Blocks<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.out.write_all(bytes)
    }

    fn block(&mut self, kind: u8, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).expect("a batch of rows is short");
        self.put(&[kind])?;
        self.put(&length.to_be_bytes())?;
        self.put(bytes)
    }

    /// The last block is not in the digest that it holds.
    fn end(&mut self) -> io::Result<()> {
        let digest = self.digest.finalize_reset();
        self.block(END, &digest)
    }
}
