//! How much of a workload a run posts.

use super::Workload;
use super::claims::PATH;

/// Entries of a request, if there are enough for it.
const BATCH: usize = 8_000;
/// Requests of batches under way at the same time: one that is written, one that is decided, one that waits.
const IN_FLIGHT: usize = 3;
/// Connections that single entries come over.
const CONNECTIONS: usize = 256;
/// Streams of entries at the same time: the server posts a thousand of each at once, and a turn takes eight thousand.
const STREAMS: usize = 8;
/// Claims that a request moves.
const CLAIMS: usize = 500;
/// Lines of a remittance file.
const LINES: usize = 1_000;
/// Lines that are handed over at once.
const BLOCK: usize = 500;
/// A quick run is so many times smaller.
const QUICKER: usize = 25;

/// How much is posted, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Entries in all; of the platform's paths, transitions or lives of claims, or lines of remittances.
    pub entries: usize,
    /// Accounts; of claims, patients.
    pub accounts: usize,
    /// Entries a request; of a stream, lines that are handed over at once.
    pub batch: usize,
    /// Requests at the same time.
    pub callers: usize,
}

/// What the person who runs it has said about sizes.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Entries of a workload in batches; single entries take their part of it.
    pub entries: Option<usize>,
    /// Accounts.
    pub accounts: Option<usize>,
    /// Whether a small run is enough.
    pub quick: bool,
}

impl Wish {
    /// The size of a workload; `callers` counts for single entries in this process alone.
    pub fn size(self, workload: Workload, callers: usize) -> Size {
        let quicker = if self.quick { QUICKER } else { 1 };
        let entries = self.entries.unwrap_or(batched_entries(workload) / quicker) / part(workload, callers);
        let fewer = if self.quick { 10 } else { 1 };
        let accounts = match workload {
            Workload::Zipf => 100_000 / fewer,
            Workload::Claims | Workload::Lives => 1_000 / fewer,
            _ => 10_000,
        };
        let (batch, callers) = match workload {
            Workload::Single => (1, callers),
            Workload::Http => (1, CONNECTIONS),
            Workload::Ndjson => ((entries / (2 * STREAMS)).clamp(1, BLOCK), STREAMS),
            Workload::Claims => ((entries / (PATH.len() * IN_FLIGHT)).clamp(1, CLAIMS), IN_FLIGHT),
            Workload::Lives => ((entries / (2 * IN_FLIGHT)).clamp(1, CLAIMS), IN_FLIGHT),
            Workload::Remittances => ((entries / (2 * IN_FLIGHT)).clamp(1, LINES), IN_FLIGHT),
            _ => ((entries / (2 * IN_FLIGHT)).clamp(1, BATCH), IN_FLIGHT),
        };
        Size { entries: entries.max(callers), accounts: self.accounts.unwrap_or(accounts), batch, callers }
    }
}

fn batched_entries(workload: Workload) -> usize {
    match workload {
        Workload::Growth | Workload::Ndjson => 3_000_000,
        Workload::TwoProcesses => 6_000_000,
        Workload::Zipf | Workload::Holds | Workload::Replays | Workload::Backdated => 500_000,
        Workload::Claims => 90_000,
        Workload::Lives => 9_000,
        Workload::Remittances => 200_000,
        _ => 1_000_000,
    }
}

/// One in so many entries is posted: what comes one by one takes longer, and its rate is as steady.
fn part(workload: Workload, callers: usize) -> usize {
    match workload {
        Workload::Single if callers <= 4 => 250,
        Workload::Single if callers <= 256 => 20,
        Workload::Single => 10,
        Workload::Http => 20,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_entries_is_that_of_every_workload_in_batches() {
        let wish = Wish { entries: Some(50_000_000), accounts: None, quick: false };
        let size = wish.size(Workload::Growth, 1);
        assert_eq!(size, Size { entries: 50_000_000, accounts: 10_000, batch: BATCH, callers: IN_FLIGHT });
        assert_eq!(wish.size(Workload::Single, 1_024).entries, 5_000_000);
    }

    #[test]
    fn small_runs_still_have_requests_for_everybody() {
        let wish = Wish { entries: Some(600), accounts: Some(50), quick: false };
        for workload in Workload::ALL {
            let size = wish.size(workload, 64);
            assert!(size.entries >= size.callers, "{workload}: {size:?}");
            assert!(size.batch * size.callers <= size.entries, "{workload}: {size:?}");
            assert_eq!(size.accounts, 50);
        }
    }
}
