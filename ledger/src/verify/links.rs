//! Links: what is looked for among entries of all segments (table `entry_link`) is what the entries say, a row for each
//! that has to do with others and no further row.
//!
//! What is found here is told when nothing else is wrong: a link follows from its entry, and not the other way.

use bytes::BytesMut;

use crate::journal::codec::LinkRow;

use super::feed::Rows;
use super::row::{self, Entry};
use super::{Finding, Halt, Place, Rule};

/// The links still to come, in order of their entries.
pub struct Links {
    /// `None` of an archive, which has only the journal.
    rows: Option<Rows>,
    finding: Option<Finding>,
    expected: BytesMut,
}

impl Links {
    /// Nothing is looked at yet.
    pub fn new(rows: Option<Rows>) -> Links {
        Links { rows, finding: None, expected: BytesMut::new() }
    }

    /// Checks the link of the next entry, and that there is none before it.
    pub fn check(&mut self, entry: &Entry) -> Result<(), Halt> {
        let link = entry.link();
        let Some(rows) = self.rows.as_mut().filter(|_| self.finding.is_none()) else { return Ok(()) };
        self.expected.clear();
        if let Some(link) = &link {
            link.encode(&mut self.expected);
        }
        let there = rows.peek()?.map(|row| (row::number(row), row.bytes() == &self.expected[..]));
        match there.filter(|(sequence, _)| *sequence <= entry.sequence) {
            Some((sequence, true)) if sequence == entry.sequence => rows.take(),
            Some((sequence, _)) => {
                let is_its_own = sequence == entry.sequence && link.is_some();
                self.finding =
                    Some(finding(sequence, if is_its_own { "what the entry says" } else { "none" }, "a link"));
            }
            None if link.is_some() => self.finding = Some(finding(entry.sequence, "a link", "none")),
            None => {}
        }
        Ok(())
    }

    /// At the end of the journal: what was found.
    pub fn finish(&mut self) -> Result<(), Halt> {
        if let Some(rows) = self.rows.as_mut().filter(|_| self.finding.is_none())
            && let Some(row) = rows.peek()?
        {
            self.finding = Some(finding(row::number(row), "none", "a link"));
        }
        self.finding.take().map_or(Ok(()), |finding| Err(finding.into()))
    }
}

impl Entry {
    /// What the table of links has of it.
    fn link(&self) -> Option<LinkRow> {
        LinkRow {
            sequence: self.sequence,
            entry_id: self.id,
            kind: self.kind,
            relates_to: self.relates_to,
            hold_group: self.hold_group,
            expires_at: self.expires_at,
            closes_year: self.closes_year,
        }
        .if_any()
    }
}

fn finding(sequence: i64, expected: &str, actual: &str) -> Finding {
    let (expected, actual) = (expected.to_owned(), actual.to_owned());
    Finding { place: Place::Link { sequence }, rule: Rule::Link, expected, actual }
}
