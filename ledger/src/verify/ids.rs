//! Ids: no two entries have the same one.
//!
//! Entries are taken a segment's worth at a time. What of one lies within the spans of an earlier one and passes its
//! filter is doubtful: it is there twice, or is one in 65,536. Who has the rows is asked about those at the end.
//!
//! Costs a sort and a filter a piece; memory: 2.3 bytes an entry.

use std::collections::HashMap;

use uuid::Uuid;

use crate::book::BookName;
use crate::db::Database;
use crate::error::Error;
use crate::journal::ids::filter::Filter;
use crate::journal::ids::spans::Spans;
use crate::journal::sql::SEGMENT_ENTRIES;

use super::feed::Rows;
use super::row::Entry;
use super::{Finding, Halt, Place, Rule, sql};

/// Doubtful ids that are asked about: many more are there twice only in a book that is wrong from an early entry on.
const DOUBTFUL_MAX: usize = 10_000;

/// The ids of the entries so far.
#[derive(Default)]
pub struct Ids {
    pieces: Vec<(Spans, Filter)>,
    piece: Vec<Uuid>,
    doubtful: Vec<Uuid>,
}

impl Ids {
    /// Takes in the id of the next entry.
    #[inline]
    pub fn add(&mut self, id: Uuid) {
        self.piece.push(id);
        if self.piece.len() == SEGMENT_ENTRIES {
            self.end_piece();
        }
    }

    /// At the end of the journal: whether all are known to differ.
    pub fn finish(&mut self) -> Result<(), Halt> {
        self.end_piece();
        let doubtful = std::mem::take(&mut self.doubtful);
        if doubtful.is_empty() { Ok(()) } else { Err(Halt::DoubtfulIds(doubtful)) }
    }

    fn end_piece(&mut self) {
        let piece = &mut self.piece;
        piece.sort_unstable();
        let twice = piece.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        let before = self.pieces.iter().flat_map(|(spans, filter)| {
            let within = spans.within(piece);
            within.filter(|id| filter.may_have(*id))
        });
        self.doubtful.extend(twice.chain(before).take(DOUBTFUL_MAX.saturating_sub(self.doubtful.len())));
        if piece.len() == SEGMENT_ENTRIES {
            self.pieces.push((Spans::of(piece), Filter::of(piece.iter().copied())));
        }
        piece.clear();
    }
}

/// The first entry of a book that has the id of an earlier one, if any of these is there twice.
pub async fn find_twice(database: &Database, book: &BookName, ids: &[Uuid]) -> Result<Option<Finding>, Error> {
    let client = database.connect_service(&book.schema()).await?;
    let found = client.query_opt(sql::FIRST_ID_TWICE, &[&ids]).await?;
    Ok(found.map(|row| twice(row.get("again"), row.get("first"), row.get("entry_id"))))
}

/// The same of an archive, whose entries are read once more.
pub fn find_twice_among(entries: &mut Rows, ids: &[Uuid]) -> Result<Option<Finding>, Halt> {
    let mut first: HashMap<Uuid, Option<i64>> = ids.iter().map(|id| (*id, None)).collect();
    while let Some(row) = entries.next()? {
        let entry = Entry::read(row)?;
        let Some(known) = first.get_mut(&entry.id) else { continue };
        match known {
            Some(earlier) => return Ok(Some(twice(entry.sequence, *earlier, entry.id))),
            None => *known = Some(entry.sequence),
        }
    }
    Ok(None)
}

fn twice(sequence: i64, first: i64, id: Uuid) -> Finding {
    let (expected, actual) = ("an id of its own".to_owned(), format!("{id}, that of entry {first}"));
    Finding { place: Place::Entry { sequence }, rule: Rule::IdOnce, expected, actual }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubtful(ids: impl IntoIterator<Item = u128>) -> Vec<Uuid> {
        let mut known = Ids::default();
        ids.into_iter().for_each(|id| known.add(Uuid::from_u128(id)));
        match known.finish() {
            Err(Halt::DoubtfulIds(ids)) => ids,
            _ => Vec::new(),
        }
    }

    #[test]
    fn an_id_that_comes_again_is_doubtful_however_far_behind() {
        let n = u128::try_from(3 * SEGMENT_ENTRIES).unwrap();
        assert!(doubtful(1..n).is_empty());
        for again in [1, 77, n / 2, n - 1] {
            assert_eq!(doubtful((1..n).chain([again])), vec![Uuid::from_u128(again)], "{again}");
        }
    }
}
