//! The journal as it comes in, table by table, from a database or from an archive.

use std::iter::Fuse;
use std::sync::mpsc::Receiver;

use crate::journal::tuples::{Batch, Tuple};

use super::sql::Table;
use super::{Finding, Halt, Place, Rule};

/// The rows of a table, a batch at a time.
pub type Feed = Box<dyn Iterator<Item = Result<Batch, Halt>> + Send>;

/// What is sent between threads: a batch, or that there are no more.
pub type Sent = Result<Option<Batch>, Halt>;

/// The rows that another thread sends.
pub fn from_thread(sent: Receiver<Sent>) -> Feed {
    Box::new(std::iter::from_fn(move || {
        sent.recv().unwrap_or_else(|_| unreachable!("whoever reads a table says how it ended")).transpose()
    }))
}

/// The tables of a journal.
pub struct Journal {
    pub head: Rows,
    pub segments: Rows,
    pub accounts: Rows,
    pub settings: Rows,
    pub register: Rows,
    pub members: Rows,
    pub reversed: Rows,
    pub commits: Rows,
    pub entries: Rows,
    pub postings: Rows,
    /// `None` of an archive.
    pub links: Option<Rows>,
    pub summaries: Rows,
    pub totals: Rows,
    pub items: Rows,
}

/// The rows of a table, one after the other.
pub struct Rows {
    table: &'static Table,
    feed: Fuse<Feed>,
    batch: Batch,
    /// Where the current row begins and ends in the batch; at the same place if it has not been looked at.
    start: usize,
    end: usize,
    read: u64,
}

impl Rows {
    /// Nothing is read yet.
    pub fn new(table: &'static Table, feed: Feed) -> Rows {
        Rows { table, feed: feed.fuse(), batch: Batch::default(), start: 0, end: 0, read: 0 }
    }

    /// There is nothing to read.
    pub fn none(table: &'static Table) -> Rows {
        Rows::new(table, Box::new(std::iter::empty()))
    }

    /// The next row, without taking it.
    pub fn peek(&mut self) -> Result<Option<Tuple<'_>>, Halt> {
        while self.start == self.batch.bytes().len() {
            match self.feed.next().transpose()? {
                Some(batch) => (self.batch, self.start, self.end) = (batch, 0, 0),
                None => return Ok(None),
            }
        }
        if self.end == self.start {
            let (table, read) = (self.table.name, self.read);
            let (tuple, _) = Tuple::split(&self.batch.bytes()[self.start..]).map_err(|fault| Finding {
                place: Place::Table { table },
                rule: Rule::Readable,
                expected: format!("a row behind the first {read}"),
                actual: fault.to_string(),
            })?;
            self.end = self.start + tuple.bytes().len();
        }
        Ok(Some(Tuple::already_split(&self.batch.bytes()[self.start..self.end])))
    }

    /// Takes the row that was looked at.
    pub fn take(&mut self) {
        self.start = self.end;
        self.read += 1;
    }

    /// Takes the next row.
    pub fn next(&mut self) -> Result<Option<Tuple<'_>>, Halt> {
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let start = self.start;
        self.take();
        Ok(Some(Tuple::already_split(&self.batch.bytes()[start..self.end])))
    }
}
