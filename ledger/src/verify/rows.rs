//! A table read in order, a few rows at a time.
//!
//! Two tables are read side by side on one connection, so each is a portal of its own from which rows are fetched as
//! they are needed. A table is read in pieces of the sequence: a server that chooses to sort does so in memory, piece
//! by piece, instead of all on disk before the first row.

use std::collections::VecDeque;
use std::vec;

use tokio_postgres::{Portal, Row, Statement, Transaction};

use crate::error::Error;

/// Entries in one piece: if the server chooses to sort, some tens of megabytes.
const PIECE_ENTRIES: i64 = 1 << 17;
/// Rows in one fetch: a few hundred kilobytes.
const FETCH_ROWS: i32 = 4_096;

/// First and last number of each piece of a table whose numbers should run from 1 to `last`. The outermost pieces are
/// open, so that no row escapes.
pub fn pieces(last: i64) -> vec::IntoIter<(i64, i64)> {
    let count = (last.max(1) - 1) / PIECE_ENTRIES + 1;
    let mut pieces: Vec<(i64, i64)> =
        (0..count).map(|piece| (piece * PIECE_ENTRIES + 1, (piece + 1) * PIECE_ENTRIES)).collect();
    if let Some(first) = pieces.first_mut() {
        first.0 = i64::MIN;
    }
    if let Some(last) = pieces.last_mut() {
        last.1 = i64::MAX;
    }
    pieces.into_iter()
}

/// The rows of a table in order.
pub struct Rows<'t> {
    tx: &'t Transaction<'t>,
    statement: Statement,
    pieces: vec::IntoIter<(i64, i64)>,
    portal: Option<Portal>,
    fetched: VecDeque<Row>,
}

impl<'t> Rows<'t> {
    /// Prepares to read.
    pub async fn open(
        tx: &'t Transaction<'t>,
        sql: &str,
        pieces: vec::IntoIter<(i64, i64)>,
    ) -> Result<Rows<'t>, Error> {
        let statement = tx.prepare(sql).await?;
        Ok(Rows { tx, statement, pieces, portal: None, fetched: VecDeque::new() })
    }

    /// The next row, without taking it.
    pub async fn peek(&mut self) -> Result<Option<&Row>, Error> {
        while self.fetched.is_empty() {
            let Some(portal) = self.portal.take() else {
                let Some((first, last)) = self.pieces.next() else { return Ok(None) };
                self.portal = Some(self.tx.bind(&self.statement, &[&first, &last]).await?);
                continue;
            };
            let rows = self.tx.query_portal(&portal, FETCH_ROWS).await?;
            if !rows.is_empty() {
                self.portal = Some(portal);
            }
            self.fetched = rows.into();
        }
        Ok(self.fetched.front())
    }

    /// Takes the next row.
    pub async fn next(&mut self) -> Result<Option<Row>, Error> {
        self.peek().await?;
        Ok(self.fetched.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_number_once() {
        for last in [0, 1, PIECE_ENTRIES, PIECE_ENTRIES + 1, 5 * PIECE_ENTRIES] {
            let pieces: Vec<_> = pieces(last).collect();
            assert_eq!((pieces[0].0, pieces[pieces.len() - 1].1), (i64::MIN, i64::MAX));
            assert!(pieces.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
        }
        assert_eq!(pieces(PIECE_ENTRIES).len(), 1);
        assert_eq!(pieces(PIECE_ENTRIES + 1).len(), 2);
    }
}
