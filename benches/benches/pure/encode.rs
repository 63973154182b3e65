//! Encoding: what was decided as rows, and the hashes over them.

use std::hint::black_box;

use bytes::{BufMut, BytesMut};
use criterion::{Criterion, Throughput};
use dianfu_ledger::account::Limits;
use dianfu_ledger::decide::{Decided, Journaled, decide};
use dianfu_ledger::journal::codec::{
    COPY_HEADER, COPY_TRAILER, CommitHeader, EntryRow, Hash, MerkleRoot, PostingRow, leaf_hash,
};

use crate::input::{BATCH, LAST_SEQUENCE, booked_at, elements, entries, state};

/// The rows of a batch; the root of its entries' tree with the commit's hash over it.
pub fn bench(criterion: &mut Criterion) {
    let (state, journaled, entries) = (state(Limits::default()), Journaled::default(), entries());
    let decided = decide(&state, &journaled, &[&entries], booked_at());
    let rows = Rows::of(&decided);
    assert_eq!((rows.entry_starts.len(), rows.posting_starts.len()), (BATCH + 1, BATCH + 1));
    assert_ne!(commit_hash(&rows), commit_hash(&Rows::of(&decide(&state, &journaled, &[&entries[1..]], booked_at()))));

    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(elements(BATCH)));
    group.bench_function("rows", |bencher| bencher.iter(|| Rows::of(black_box(&decided))));
    group.bench_function("hashes", |bencher| bencher.iter(|| commit_hash(black_box(&rows))));
    group.finish();
}

/// The COPY streams of a batch, and where the rows of each entry begin in them.
struct Rows {
    entries: BytesMut,
    entry_starts: Vec<usize>,
    postings: BytesMut,
    posting_starts: Vec<usize>,
}

impl Rows {
    fn of(decided: &Decided<'_>) -> Rows {
        let n = decided.entries.len();
        let (mut entries, mut postings) = (BytesMut::with_capacity(n * 256), BytesMut::with_capacity(n * 256));
        let (mut entry_starts, mut posting_starts) = (Vec::with_capacity(n + 1), Vec::with_capacity(n + 1));
        entries.put_slice(COPY_HEADER);
        postings.put_slice(COPY_HEADER);
        for accepted in &decided.entries {
            entry_starts.push(entries.len());
            posting_starts.push(postings.len());
            EntryRow::of(accepted, booked_at()).encode(&mut entries);
            for leg in &decided.legs[accepted.first_leg..accepted.end_leg] {
                PostingRow::of(leg).encode(&mut postings);
            }
        }
        entry_starts.push(entries.len());
        posting_starts.push(postings.len());
        entries.put_slice(&COPY_TRAILER);
        postings.put_slice(&COPY_TRAILER);
        Rows { entries, entry_starts, postings, posting_starts }
    }
}

fn commit_hash(rows: &Rows) -> Hash {
    let mut root = MerkleRoot::default();
    for (entry, postings) in rows.entry_starts.windows(2).zip(rows.posting_starts.windows(2)) {
        root.push(leaf_hash(&rows.entries[entry[0]..entry[1]], &rows.postings[postings[0]..postings[1]]));
    }
    let header = CommitHeader {
        previous_hash: [0; 32],
        commit_no: 126,
        first_sequence: LAST_SEQUENCE + 1,
        last_sequence: LAST_SEQUENCE + i64::try_from(rows.entry_starts.len() - 1).expect("a batch is small"),
        booked_at: booked_at(),
    };
    header.hash(&root.finish())
}
