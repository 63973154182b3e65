//! Rows as PostgreSQL sends them in a binary COPY, read in place.
//!
//! The bytes of a row are those that a commit's hash covers ([`super::codec`]), so whoever reads them so can hash them
//! as they came. Nothing is allocated a row: a [`Tuple`] borrows from its batch, and its fields are decoded when they
//! are asked for, from the first to the last.
//!
//! ```text
//! let mut batches = Batches::new(tx.copy_out(sql::POSTINGS).await?);
//! while let Some(batch) = batches.next().await? {
//!     for tuple in batch.tuples() {
//!         let mut fields = tuple?.fields();
//!         let (sequence, amount_minor): (i64, i64) = (fields.get()?, fields.get()?);
//!     }
//! }
//! ```
//!
//! What is cut off or odd is a [`TupleError`], never a panic: the bytes may come from a file.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::stream::Fuse;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::error::Error;

use super::codec::{COPY_HEADER, COPY_TRAILER, from_postgres_days, from_postgres_micros};

/// About how many bytes of rows are handed over at a time: enough to make the handing over cheap, and few enough to
/// stay in a processor's cache.
const BATCH_BYTES: usize = 1 << 16;

/// What is wrong with the bytes of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TupleError {
    /// The stream does not begin as a binary COPY does.
    #[error("what should be a binary COPY does not begin as one")]
    Header,
    /// The bytes end in the middle of a row, or the stream without its trailer.
    #[error("the rows are cut off")]
    CutOff,
    /// There is something behind the last row or the last field.
    #[error("there is something behind the last row or field")]
    Surplus,
    /// A field has no value, or a length that its type cannot have.
    #[error("field {field} has a length of {actual}, which its type cannot have")]
    Length {
        /// Which one, from 1.
        field: u16,
        /// The length; -1 for no value.
        actual: i32,
    },
    /// A field has a value that this program cannot hold, such as an infinite date or a text that is not UTF-8.
    #[error("field {field} has a value that this program never writes")]
    Value {
        /// Which one, from 1.
        field: u16,
    },
}

impl From<TupleError> for Error {
    fn from(error: TupleError) -> Error {
        Error::Corrupt(error.to_string())
    }
}

/// A whole row.
#[derive(Clone, Copy, Debug)]
pub struct Tuple<'a>(&'a [u8]);

impl<'a> Tuple<'a> {
    /// The row at the start of `bytes`, and what is behind it.
    pub fn split(bytes: &'a [u8]) -> Result<(Tuple<'a>, &'a [u8]), TupleError> {
        let (count, mut rest) = split_number::<2>(bytes)?;
        let count = u16::try_from(i16::from_be_bytes(count)).map_err(|_| TupleError::CutOff)?;
        for field in 1..=count {
            let (length, behind) = split_number::<4>(rest)?;
            rest = match i32::from_be_bytes(length) {
                -1 => behind,
                length => {
                    let bytes = usize::try_from(length).map_err(|_| TupleError::Length { field, actual: length })?;
                    behind.get(bytes..).ok_or(TupleError::CutOff)?
                }
            };
        }
        let (tuple, rest) = bytes.split_at(bytes.len() - rest.len());
        Ok((Tuple(tuple), rest))
    }

    /// A row that [`Tuple::split`] has found to be whole.
    pub(crate) fn already_split(row: &'a [u8]) -> Tuple<'a> {
        Tuple(row)
    }

    /// Its bytes as they came: the number of its fields, then each field's length and value.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// How many fields it has.
    pub fn len(self) -> usize {
        self.0.first_chunk().map_or(0, |count| usize::from(u16::from_be_bytes(*count)))
    }

    /// Whether it has no field.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Its fields, from the first to the last.
    pub fn fields(self) -> Fields<'a> {
        Fields { rest: self.0.get(2..).unwrap_or_default(), next: 1 }
    }
}

/// The fields of a row that have not been read.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
    next: u16,
}

impl<'a> Fields<'a> {
    /// The next field.
    #[inline]
    pub fn get<T: Field<'a>>(&mut self) -> Result<T, TupleError> {
        let field = self.next;
        let (length, behind) = split_number::<4>(self.rest)?;
        let length = i32::from_be_bytes(length);
        let value = usize::try_from(length).ok();
        let (bytes, behind) = behind.split_at_checked(value.unwrap_or(0)).ok_or(TupleError::CutOff)?;
        self.rest = behind;
        self.next += 1;
        T::decode(value.map(|_| bytes)).map_err(|fault| match fault {
            Fault::Length => TupleError::Length { field, actual: length },
            Fault::Value => TupleError::Value { field },
        })
    }

    /// Passes over so many fields.
    pub fn skip(&mut self, count: usize) -> Result<(), TupleError> {
        (0..count).try_for_each(|_| self.get::<Option<&[u8]>>().map(drop))
    }

    /// The bytes of what has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// There must be no field left.
    pub fn end(self) -> Result<(), TupleError> {
        if self.rest.is_empty() { Ok(()) } else { Err(TupleError::Surplus) }
    }
}

/// Why bytes are no value of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// There is no value, or it has the wrong length.
    Length,
    /// The type cannot hold it.
    Value,
}

/// A type that a field can be read as: `i16`, `i32` and `i64` also for dates (days) and times (microseconds) as the
/// server counts them, from 2000-01-01.
pub trait Field<'a>: Sized {
    /// Reads the bytes of a field; none for NULL.
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault>;
}

impl<'a> Field<'a> for &'a [u8] {
    #[inline]
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        bytes.ok_or(Fault::Length)
    }
}

impl<'a, const N: usize> Field<'a> for [u8; N] {
    #[inline]
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(Fault::Length)
    }
}

impl<'a> Field<'a> for i16 {
    #[inline]
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        Field::decode(bytes).map(i16::from_be_bytes)
    }
}

impl<'a> Field<'a> for i32 {
    #[inline]
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        Field::decode(bytes).map(i32::from_be_bytes)
    }
}

impl<'a> Field<'a> for i64 {
    #[inline]
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        Field::decode(bytes).map(i64::from_be_bytes)
    }
}

impl<'a> Field<'a> for bool {
    #[inline]
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        match <[u8; 1]>::decode(bytes)? {
            [0] => Ok(false),
            [1] => Ok(true),
            [_] => Err(Fault::Value),
        }
    }
}

impl<'a> Field<'a> for Uuid {
    #[inline]
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        Field::decode(bytes).map(Uuid::from_bytes)
    }
}

impl<'a> Field<'a> for &'a str {
    #[inline]
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        str::from_utf8(bytes.ok_or(Fault::Length)?).map_err(|_| Fault::Value)
    }
}

impl<'a> Field<'a> for Date {
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        from_postgres_days(Field::decode(bytes)?).ok_or(Fault::Value)
    }
}

impl<'a> Field<'a> for Timestamp {
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        from_postgres_micros(Field::decode(bytes)?).ok_or(Fault::Value)
    }
}

impl<'a, T: Field<'a>> Field<'a> for Option<T> {
    #[inline]
    fn decode(bytes: Option<&'a [u8]>) -> Result<Self, Fault> {
        bytes.map(|bytes| T::decode(Some(bytes))).transpose()
    }
}

/// Whole rows, one behind the other.
#[derive(Clone, Default, Debug)]
pub struct Batch(Vec<u8>);

impl Batch {
    /// Rows that somebody else has put together.
    pub fn new(bytes: Vec<u8>) -> Batch {
        Batch(bytes)
    }

    /// Their bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The rows.
    pub fn tuples(&self) -> Tuples<'_> {
        Tuples(&self.0)
    }
}

/// The rows that begin some bytes; ends behind the first that is cut off.
#[derive(Clone, Debug)]
pub struct Tuples<'a>(&'a [u8]);

impl<'a> Iterator for Tuples<'a> {
    type Item = Result<Tuple<'a>, TupleError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let split = Tuple::split(self.0);
        self.0 = split.as_ref().map_or(&[], |(_, rest)| rest);
        Some(split.map(|(tuple, _)| tuple))
    }
}

/// The rows of a binary COPY, a batch at a time; memory is one batch and the longest row.
pub struct Batches<S> {
    messages: Pin<Box<Fuse<S>>>,
    begun: bool,
    ended: bool,
    rows: u64,
}

impl<S: Stream<Item = Result<Bytes, tokio_postgres::Error>>> Batches<S> {
    /// The rows of what `copy_out` answers. The server sends a row a message, the header before the first one, and
    /// the trailer as the last (PostgreSQL manual, message flow of COPY operations).
    pub fn new(messages: S) -> Batches<S> {
        Batches { messages: Box::pin(messages.fuse()), begun: false, ended: false, rows: 0 }
    }

    /// The next rows, at least one; `None` behind the last.
    pub async fn next(&mut self) -> Result<Option<Batch>, Error> {
        let mut batch = Vec::with_capacity(BATCH_BYTES);
        while batch.len() < BATCH_BYTES
            && let Some(message) = self.messages.next().await
        {
            let message = message?;
            let row = if self.begun { &*message } else { behind_header(&message)? };
            self.begun = true;
            match row {
                _ if self.ended => return Err(TupleError::Surplus.into()),
                [] => {}
                row if row == COPY_TRAILER => self.ended = true,
                row => {
                    batch.extend_from_slice(row);
                    self.rows += 1;
                }
            }
        }
        match (batch.is_empty(), self.ended) {
            (false, _) => Ok(Some(Batch(batch))),
            (true, true) => Ok(None),
            (true, false) => Err(TupleError::CutOff.into()),
        }
    }

    /// How many rows there were so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

/// Flags have no meaning that rows depend on, and nothing is known to stand in the extension.
fn behind_header(message: &[u8]) -> Result<&[u8], TupleError> {
    message.strip_prefix(COPY_HEADER).ok_or(TupleError::Header)
}

#[inline]
fn split_number<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), TupleError> {
    bytes.split_first_chunk().map(|(number, rest)| (*number, rest)).ok_or(TupleError::CutOff)
}

#[cfg(test)]
mod tests;
