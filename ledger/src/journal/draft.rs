//! What a turn has decided, as it is written: rows encoded once, which COPY sends and the commit's hash covers.
//!
//! Nothing of a draft borrows from the requests or the state, so that the next batch can be decided while it is on its
//! way. Copying needs no lock: until the commit is recorded and the head has moved, under the head's lock, its rows are
//! nobody's.

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::Transaction;
use futures_util::future::{try_join, try_join_all};
use jiff::Timestamp;

use crate::clock;
use crate::decide::{Accepted, Decided, Leg};
use crate::error::Error;

use super::buffers;
use super::codec::{
    COPY_HEADER, COPY_TRAILER, CommitHeader, EntryRow, Hash, LinkRow, MerkleRoot, PostingRow, leaf_hash,
};
use super::sql::{self, CommitRow, Head};

/// Where postings go: a part of the journal, up to a sequence.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub(super) no: i32,
    pub(super) last_sequence: i64,
}

/// The rows of one commit.
pub(super) struct Draft {
    parts: Vec<Part>,
    /// What is looked for among entries of all segments; most commits have none.
    links: Option<Bytes>,
    /// The first entry.
    pub(super) first_sequence: i64,
    /// The last entry.
    pub(super) last_sequence: i64,
    booked_at: Timestamp,
    /// When the first of its holds ends by itself.
    next_expiry: Option<Timestamp>,
}

impl Draft {
    /// Encodes what was decided, the postings for the segments that take them; `None` if nothing is to be written.
    pub(super) fn of(decided: &Decided<'_>, segments: &[Segment], booked_at: Timestamp) -> Option<Draft> {
        let (first, last) = (decided.entries.first()?, decided.entries.last()?);
        let parts = by_segment(&decided.entries, segments).map(|(segment_no, here)| Part {
            segment_no,
            entries: Rows::of(here, 210, |accepted, out| EntryRow::of(accepted, booked_at).encode(out)),
            postings: Rows::of(here, 240, |accepted, out| {
                for leg in &decided.legs[accepted.first_leg..accepted.end_leg] {
                    PostingRow::of(leg).encode(out);
                }
            }),
        });
        let links = decided.entries.iter().filter_map(|accepted| EntryRow::of(accepted, booked_at).link());
        let expiries = decided.entries.iter().filter_map(|accepted| accepted.entry.expires_at.map(clock::as_kept));
        Some(Draft {
            parts: parts.collect(),
            links: encode_links(links),
            first_sequence: first.sequence,
            last_sequence: last.sequence,
            booked_at,
            next_expiry: expiries.min(),
        })
    }

    /// Streams all rows in and records the commit, without waiting in between; the head is locked.
    pub(super) async fn write(&self, tx: &Transaction<'_>, head: &mut Head, node: &str) -> Result<(), Error> {
        let recorded = async {
            let root = self.root();
            self.record(tx, head, &root, node).await
        };
        try_join(self.copy(tx), recorded).await?;
        Ok(())
    }

    /// Streams all rows in; answers the root of the tree of the entries, made up while the server works.
    pub(super) async fn copy_ahead(&self, tx: &Transaction<'_>) -> Result<Hash, Error> {
        let ((), root) = try_join(self.copy(tx), async { Ok(self.root()) }).await?;
        Ok(root)
    }

    /// Asks for every COPY at once; the server takes them in order.
    async fn copy(&self, tx: &Transaction<'_>) -> Result<(), Error> {
        let parts = self.parts.iter().map(async |Part { segment_no, entries, postings }| {
            let entries = sql::copy_entries(tx, *segment_no, entries.bytes.clone());
            let postings = sql::copy_postings(tx, *segment_no, postings.bytes.clone());
            try_join(entries, postings).await
        });
        let links = async {
            match &self.links {
                Some(links) => sql::copy_links(tx, links.clone()).await,
                None => Ok(()),
            }
        };
        try_join(try_join_all(parts), links).await?;
        Ok(())
    }

    fn root(&self) -> Hash {
        let mut root = MerkleRoot::default();
        self.rows().for_each(|(entry, postings)| root.push(leaf_hash(entry, postings)));
        root.finish()
    }

    /// The row of each entry and the rows of its postings, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.parts.iter().flat_map(|Part { entries, postings, .. }| {
            (0..entries.len()).map(|place| (entries.row(place), postings.row(place)))
        })
    }

    /// How many bytes those are.
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.entries.bytes.len() + part.postings.bytes.len()).sum()
    }

    /// Records the commit and moves the head, which is locked, to it, in the database and in memory.
    pub(super) async fn record(
        &self,
        tx: &Transaction<'_>,
        head: &mut Head,
        entries_root: &Hash,
        node: &str,
    ) -> Result<(), Error> {
        let header = CommitHeader {
            previous_hash: head.hash,
            commit_no: head.commit_no + 1,
            first_sequence: self.first_sequence,
            last_sequence: self.last_sequence,
            booked_at: self.booked_at,
        };
        let hash = header.hash(entries_root);
        let row = CommitRow {
            commit_no: header.commit_no,
            first_sequence: header.first_sequence,
            last_sequence: header.last_sequence,
            booked_at: header.booked_at,
            entries_root,
            previous_hash: &header.previous_hash,
            hash: &hash,
            node,
        };
        self.move_head(head);
        head.hash = hash;
        sql::commit(tx, &row, head.next_expiry).await
    }

    /// Moves the head in memory to where it will be, but for the hash, which is known when the rows are copied.
    pub(super) fn move_head(&self, head: &mut Head) {
        (head.sequence, head.commit_no, head.booked_at) = (self.last_sequence, head.commit_no + 1, self.booked_at);
        head.next_expiry = self.next_expiry.into_iter().chain(head.next_expiry).min();
    }
}

/// What of a commit is in one segment.
struct Part {
    segment_no: i32,
    entries: Rows,
    postings: Rows,
}

/// Entries by the segments that take them: the number of each, and its entries.
pub(super) fn by_segment<'a, 'b>(
    entries: &'a [Accepted<'b>],
    segments: &'a [Segment],
) -> impl Iterator<Item = (i32, &'a [Accepted<'b>])> {
    let mut rest = entries;
    segments.iter().map(move |segment| {
        let own = rest.partition_point(|accepted| accepted.sequence <= segment.last_sequence);
        let (here, later) = rest.split_at(own);
        rest = later;
        (segment.no, here)
    })
}

fn encode_links(links: impl Iterator<Item = LinkRow>) -> Option<Bytes> {
    let mut links = links.peekable();
    links.peek()?;
    let mut out = BytesMut::from(COPY_HEADER);
    links.for_each(|link| link.encode(&mut out));
    out.put_slice(&COPY_TRAILER);
    Some(out.freeze())
}

/// Rows of one table as a COPY stream, and where those of each entry begin.
struct Rows {
    bytes: Bytes,
    starts: Vec<usize>,
}

impl Drop for Rows {
    fn drop(&mut self) {
        buffers::give_back(std::mem::take(&mut self.bytes));
    }
}

impl Rows {
    fn of<T>(entries: &[T], bytes_an_entry: usize, mut encode: impl FnMut(&T, &mut BytesMut)) -> Rows {
        let mut out = buffers::take(entries.len() * bytes_an_entry + 64);
        let mut starts = Vec::with_capacity(entries.len() + 1);
        out.put_slice(COPY_HEADER);
        for entry in entries {
            starts.push(out.len());
            encode(entry, &mut out);
        }
        starts.push(out.len());
        out.put_slice(&COPY_TRAILER);
        Rows { bytes: out.freeze(), starts }
    }

    /// Of how many entries.
    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The bytes of an entry's rows.
    fn row(&self, entry: usize) -> &[u8] {
        &self.bytes[self.starts[entry]..self.starts[entry + 1]]
    }
}

impl<'a> EntryRow<'a> {
    /// The row of an entry that was accepted.
    pub fn of(accepted: &Accepted<'a>, booked_at: Timestamp) -> EntryRow<'a> {
        let entry = accepted.entry;
        EntryRow {
            sequence: accepted.sequence,
            entry_id: entry.id,
            kind: entry.kind.number(),
            effective_date: accepted.effective_date,
            booked_at,
            value_date: accepted.value_date,
            relates_to: entry.relates_to,
            hold_group: entry.hold_group,
            expires_at: entry.expires_at.map(clock::as_kept),
            at_most_minor: accepted.at_most_minor,
            adjusting: entry.adjusting,
            template_no: entry.template_no,
            reference: &entry.reference,
            description: &entry.description,
            metadata: entry.metadata.as_deref(),
            actor: &entry.actor,
        }
    }
}

impl<'a> PostingRow<'a> {
    /// The row of a leg that was decided.
    pub fn of(leg: &Leg<'a>) -> PostingRow<'a> {
        PostingRow {
            sequence: leg.sequence,
            amount_minor: leg.amount.minor,
            debits_after: leg.debits_after,
            credits_after: leg.credits_after,
            account_no: leg.account_no,
            effective_date: leg.effective_date,
            leg: leg.leg,
            layer: leg.layer.number(),
            currency: leg.amount.currency.code(),
            item: leg.item,
            due_date: leg.due_date,
        }
    }
}
