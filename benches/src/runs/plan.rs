//! What a run posts: the workload, its size, its accounts. Cheap to clone, and the same in every process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dianfu_ledger::entry::NewEntry;

use crate::measure::micros_each;
use crate::workload::Workload;
use crate::workload::accounts::Accounts;
use crate::workload::draw::{Draw, Kind};
use crate::workload::json;
use crate::workload::size::Size;
use crate::workload::stream::{Expected, Stream, stream};
use crate::workload::transfers::{Seat, Transfers};

/// Entries that are made up to see what that takes.
const MADE_UP: usize = 100_000;

/// What a run posts.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The workload.
    pub workload: Workload,
    /// How much of it.
    pub size: Size,
    /// Between which accounts.
    pub accounts: Arc<Accounts>,
    draw: Draw,
}

/// Entries that are asked for at once, and what must become of each.
pub struct Request {
    /// The entries.
    pub entries: Vec<NewEntry>,
    /// One for each.
    pub expected: Vec<Expected>,
}

impl Plan {
    /// Of a workload in a size.
    pub fn new(workload: Workload, size: Size) -> Plan {
        let kind = Kind::of(workload);
        let accounts = Arc::new(Accounts::new(size.accounts, kind));
        Plan { workload, size, accounts, draw: kind.from(size.accounts) }
    }

    /// The same between the same accounts, but so much of it.
    #[must_use]
    pub fn in_size(&self, size: Size) -> Plan {
        Plan { size, ..self.clone() }
    }

    /// What a seat asks for.
    pub fn stream(&self, seat: Seat) -> Stream {
        stream(self.workload, self.draw.clone(), seat, self.size.batch)
    }

    /// The same as transfers, of a workload that has nothing else.
    pub fn transfers(&self, seat: Seat) -> Transfers {
        Transfers::new(self.draw.clone(), seat)
    }

    /// The next request of a stream.
    pub fn request(&self, stream: &mut Stream, count: usize) -> Request {
        let mut request = Request { entries: Vec::with_capacity(count), expected: Vec::with_capacity(count) };
        for asked in stream.take(count) {
            request.entries.push(self.accounts.entry(&asked.step));
            request.expected.push(asked.expected);
        }
        request
    }

    /// What it takes to make up one entry, in microseconds.
    pub fn generator_us_per_entry(&self) -> f64 {
        let seat = Seat { number: u64::MAX, after: 0 };
        let requests = MADE_UP.min(self.size.entries).div_ceil(self.size.batch);
        let took = match self.workload {
            Workload::Http | Workload::Ndjson => self.time_to_write(seat, requests * self.size.batch),
            _ => self.time_to_make(seat, requests),
        };
        micros_each(took, requests * self.size.batch)
    }

    /// What is given away with a request is not counted, and not freed here.
    fn time_to_make(&self, seat: Seat, requests: usize) -> Duration {
        let mut stream = self.stream(seat);
        let make = |_| {
            let started = Instant::now();
            let request = self.request(&mut stream, self.size.batch);
            let took = started.elapsed();
            drop(request);
            took
        };
        (0..requests).map(make).sum()
    }

    fn time_to_write(&self, seat: Seat, entries: usize) -> Duration {
        let (mut text, started) = (Vec::new(), Instant::now());
        for transfer in self.transfers(seat).take(entries) {
            text.clear();
            json::append(&mut text, &transfer, &self.accounts);
        }
        started.elapsed()
    }
}
