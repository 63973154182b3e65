//! Which ids are in the books, so that a batch of entries never seen before costs no look at the journal.
//!
//! Promises: an id that is in the books, as of the entry up to which this is brought up ([`Ids::catch_up`],
//! [`Ids::add`]), is always found, whatever kind of UUID it is and in whichever segment; the database is asked only for
//! ids that are there, and for one in 65,536 others and segment.
//!
//! The ids of the open segment, and of full ones that are not on record yet, are kept as they are. Of each segment on
//! record (table `segment_ids`, written by [`record`] behind the writer) the spans are kept ([`spans`]), and the
//! filter ([`filter`]) as long as ids are asked that lie within a span.
//!
//! Costs: an id that is ordered by time, next to nothing; a random one, a few nanoseconds a segment. Memory:
//! 34 bytes an
//! id of the segments that are not on record, 300 bytes a segment, and 2.3 bytes an id of each segment whose filter is
//! in use: of random ids, all segments.

pub mod filter;
pub mod record;
pub mod spans;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use deadpool_postgres::Transaction;
use foldhash::fast::RandomState;
use uuid::Uuid;

use crate::error::Error;

use self::filter::Filter;
use self::record::Offers;
use self::spans::Spans;
use super::sql::{self, Head, SEGMENT_ENTRIES};
use super::state::Known;

/// Ids as they are.
pub type IdSet = HashSet<Uuid, RandomState>;

/// Segments for whose length a filter is kept that nobody asks.
const IDLE_SEGMENTS: i32 = 4;

/// What is known of the ids in the books.
#[derive(Default, Debug)]
pub struct Ids {
    on_record: Vec<OnRecord>,
    /// Full segments that are not on record yet.
    full: Vec<Full>,
    /// The open segment; 0 as long as nothing is known.
    open_no: i32,
    open: IdSet,
    /// Where full segments are offered to who puts them on record.
    offers: Offers,
}

#[derive(Debug)]
struct OnRecord {
    segment_no: i32,
    spans: Spans,
    filter: Option<Filter>,
    /// The segment that was open when the filter was last asked.
    asked: i32,
}

#[derive(Debug)]
struct Full {
    segment_no: i32,
    ids: Arc<IdSet>,
    is_offered: bool,
}

impl Ids {
    /// Knows nothing yet, and offers full segments there.
    pub fn new(offers: Offers) -> Ids {
        Ids { offers, ..Ids::default() }
    }

    /// Forgets everything: the book is not the one that it was.
    pub fn forget(&mut self) {
        *self = Ids::new(self.offers.clone());
    }

    /// Whether anything is known.
    pub fn is_known(&self) -> bool {
        self.open_no > 0
    }

    /// Takes in the ids of the entries behind `sequence`, up to the head, which is locked.
    pub async fn catch_up(&mut self, tx: &Transaction<'_>, sequence: i64, head: &Head) -> Result<(), Error> {
        if head.segment_no == 0 {
            return Ok(());
        }
        if !self.is_known() {
            self.look_at_record(tx, head.segment_no).await?;
            let on_record: HashSet<i32> = self.on_record.iter().map(|known| known.segment_no).collect();
            for segment_no in (1..head.segment_no).filter(|no| !on_record.contains(no)) {
                self.open = sql::ids_behind(tx, segment_no, 0).await?;
                self.open_no = segment_no;
                self.close();
            }
            self.open = sql::ids_behind(tx, head.segment_no, 0).await?;
            self.open_no = head.segment_no;
        } else if sequence < head.sequence {
            self.open.extend(sql::ids_behind(tx, self.open_no, sequence).await?);
            while self.open_no < head.segment_no {
                self.close();
                self.open_no += 1;
                self.open = sql::ids_behind(tx, self.open_no, 0).await?;
            }
        }
        // What was offered is put on record within moments.
        if self.full.iter().any(|full| full.is_offered) {
            self.look_at_record(tx, self.open_no).await?;
        }
        Ok(())
    }

    /// Segments whose ids are kept as they are, the open one among them.
    pub fn segments_kept(&self) -> usize {
        self.full.len() + usize::from(self.is_known())
    }

    /// Offers full segments to who puts them on record. All that is known is in the book, which has `known`.
    pub fn offer(&mut self, known: Known) {
        for full in self.full.iter_mut().filter(|full| !full.is_offered) {
            self.offers.offer(full.segment_no, known, full.ids.clone());
            full.is_offered = true;
        }
    }

    /// Takes in the ids of entries that follow, those of each segment together with its number.
    pub fn add(&mut self, segment_no: i32, ids: Vec<Uuid>) {
        if !self.is_known() {
            self.open_no = segment_no;
        }
        while self.open_no < segment_no {
            self.close();
            self.open_no += 1;
            self.open.reserve(SEGMENT_ENTRIES);
        }
        self.open.extend(ids);
    }

    /// The ids that may be in the books, by segment.
    pub async fn probable(&mut self, tx: &Transaction<'_>, ids: &[Uuid]) -> Result<Vec<(i32, Vec<Uuid>)>, Error> {
        let mut probable: HashMap<i32, Vec<Uuid>> = HashMap::new();
        let exact = self.full.iter().map(|full| (full.segment_no, &*full.ids)).chain([(self.open_no, &self.open)]);
        for (segment_no, there) in exact {
            let found: Vec<Uuid> = ids.iter().filter(|id| there.contains(*id)).copied().collect();
            if !found.is_empty() {
                probable.insert(segment_no, found);
            }
        }
        let mut sorted = ids.to_vec();
        sorted.sort_unstable();
        for known in &mut self.on_record {
            let within: Vec<Uuid> = known.spans.within(&sorted).collect();
            if within.is_empty() {
                continue;
            }
            known.asked = self.open_no;
            let filter = match &mut known.filter {
                Some(filter) => filter,
                empty => empty.insert(sql::id_filter(tx, known.segment_no, &known.spans).await?),
            };
            let found: Vec<Uuid> = within.into_iter().filter(|id| filter.may_have(*id)).collect();
            if !found.is_empty() {
                probable.insert(known.segment_no, found);
            }
        }
        Ok(probable.into_iter().collect())
    }

    /// Takes the open segment for full.
    fn close(&mut self) {
        let ids = Arc::new(std::mem::take(&mut self.open));
        self.full.push(Full { segment_no: self.open_no, ids, is_offered: false });
        for known in &mut self.on_record {
            if known.asked + IDLE_SEGMENTS < self.open_no {
                known.filter = None;
            }
        }
    }

    /// Takes in what has been put on record of the segments before one; the ids of those are no longer needed.
    async fn look_at_record(&mut self, tx: &Transaction<'_>, before: i32) -> Result<(), Error> {
        let last = self.on_record.last().map_or(0, |known| known.segment_no);
        for (segment_no, spans) in sql::id_spans_between(tx, last, before).await? {
            self.full.retain(|full| full.segment_no != segment_no);
            self.on_record.push(OnRecord { segment_no, spans, filter: None, asked: 0 });
        }
        Ok(())
    }
}
