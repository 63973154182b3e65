//! The workloads: what is posted, from a seed, and what must become of it.
//!
//! A workload is a stream of what is asked for ([`stream`]), drawn from accounts ([`draw`]) as transfers
//! ([`transfers`]); its files [`holds`], [`replays`] and [`backdated`] say what is not plain about it. All of that is
//! pure: one seed, one stream. [`accounts`] makes entries of the ledger of it, [`json`] the text that the door takes.
//! The platform's own paths have nothing to draw: [`claims`], [`prereview`], [`remittances`].

pub mod accounts;
pub mod backdated;
pub mod claims;
pub mod draw;
pub mod holds;
pub mod json;
pub mod prereview;
pub mod remittances;
pub mod replays;
pub mod size;
pub mod stream;
pub mod transfers;
pub mod zipf;

use std::fmt;
use std::str::FromStr;

/// What is posted, and through which door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// Two accounts drawn from all.
    Uniform,
    /// One account, with an exact limit, on every entry.
    Hot,
    /// A few accounts are on most entries, and none may be overdrawn.
    Zipf,
    /// Single entries, from few and many callers at once.
    Single,
    /// Holds, then captures of them.
    Holds,
    /// Some entries are asked for again, some with other content.
    Replays,
    /// Some entries count on days long past.
    Backdated,
    /// The book grows, and its rate is looked at piece by piece.
    Growth,
    /// Two books in one process.
    TwoBooks,
    /// Two processes on one book.
    TwoProcesses,
    /// Single entries to the real server.
    Http,
    /// Streams of entries to the real server.
    Ndjson,
    /// Claims that move from state to state, with their journals.
    Claims,
    /// Whole lives of claims, from intake until they are paid, recovered and closed.
    Lives,
    /// Files of remittance lines, recorded and posted.
    Remittances,
}

impl Workload {
    /// Every one, in the order in which they are run.
    pub const ALL: [Workload; 15] = [
        Workload::Uniform,
        Workload::Hot,
        Workload::Zipf,
        Workload::Single,
        Workload::Holds,
        Workload::Replays,
        Workload::Backdated,
        Workload::Growth,
        Workload::TwoBooks,
        Workload::TwoProcesses,
        Workload::Http,
        Workload::Ndjson,
        Workload::Claims,
        Workload::Lives,
        Workload::Remittances,
    ];

    /// Its name, on the command line and in every line.
    pub fn name(self) -> &'static str {
        match self {
            Workload::Uniform => "U",
            Workload::Hot => "H",
            Workload::Zipf => "Z",
            Workload::Single => "S",
            Workload::Holds => "P",
            Workload::Replays => "R",
            Workload::Backdated => "B",
            Workload::Growth => "G",
            Workload::TwoBooks => "2B",
            Workload::TwoProcesses => "2P",
            Workload::Http => "HTTP",
            Workload::Ndjson => "NDJSON",
            Workload::Claims => "CLAIMS",
            Workload::Lives => "LIVES",
            Workload::Remittances => "REMIT",
        }
    }

    /// Whether it is entries that are posted as they are: then the floor and the plain ways do the same.
    pub fn is_plain(self) -> bool {
        !matches!(self, Workload::Claims | Workload::Lives | Workload::Remittances)
    }

    /// Entries, transitions or lives a second that it should reach on two cores with so many callers; `None` where it
    /// is compared with U, or with one book or process alone.
    pub fn target_per_s(self, callers: usize) -> Option<u32> {
        match (self, callers) {
            (Workload::Uniform, _) => Some(300_000),
            (Workload::Single, 64) => Some(40_000),
            (Workload::Single, 1_024) => Some(100_000),
            (Workload::Http, _) => Some(20_000),
            (Workload::Ndjson, _) => Some(200_000),
            (Workload::Claims, _) => Some(5_000),
            (Workload::Lives, _) => Some(500),
            (
                Workload::Hot
                | Workload::Zipf
                | Workload::Single
                | Workload::Holds
                | Workload::Replays
                | Workload::Backdated
                | Workload::Growth
                | Workload::TwoBooks
                | Workload::TwoProcesses
                | Workload::Remittances,
                _,
            ) => None,
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Workload::ALL.into_iter().find(|workload| workload.name().eq_ignore_ascii_case(name));
        known.ok_or_else(|| {
            let names: Vec<&str> = Workload::ALL.into_iter().map(Workload::name).collect();
            format!("it is none of {}", names.join(", "))
        })
    }
}
