//! What our figure stands beside, from the same run on the same server: the floor before each workload, and the two
//! plain ways once for all workloads that draw their accounts alike.

use std::collections::HashMap;

use dianfu_ledger::db::Database;

use crate::floor;
use crate::plain::{self, Load, RowLock};
use crate::workload::Workload;
use crate::workload::draw::Kind;
use crate::workload::size::Size;

/// Entries with which the floor is steady.
const FLOOR_ENTRIES: usize = 400_000;
/// Entries from which on it is asked to be: a run of fewer shows that everything works, and no rate.
const STEADY_FROM: usize = 10_000;

/// How much the plain ways post.
#[derive(Clone, Copy, Debug)]
struct Depth {
    floor_batches: usize,
    row_lock_entries: usize,
    set_function_entries: usize,
}

/// What was measured once.
pub struct Yardsticks {
    depth: Depth,
    plain: HashMap<(Kind, usize, bool), (RowLock, f64)>,
}

/// What a workload stands beside.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    /// Entries a second by COPY.
    pub floor_per_s: f64,
    /// A transaction an entry.
    pub row_lock: RowLock,
    /// Entries a second by one function a batch.
    pub set_function_per_s: f64,
}

impl Yardsticks {
    /// None measured yet. `entries` are those of the largest workload.
    pub fn new(entries: usize, quick: bool) -> Yardsticks {
        let depth = match (entries < STEADY_FROM, quick) {
            (true, _) => Depth { floor_batches: 1, row_lock_entries: 200, set_function_entries: 400 },
            (false, true) => Depth {
                floor_batches: FLOOR_ENTRIES / floor::BATCH,
                row_lock_entries: 2_000,
                set_function_entries: 16_000,
            },
            (false, false) => Depth {
                floor_batches: FLOOR_ENTRIES / floor::BATCH,
                row_lock_entries: 16_000,
                set_function_entries: 160_000,
            },
        };
        Yardsticks { depth, plain: HashMap::new() }
    }

    /// What a workload of a size stands beside.
    pub async fn measure(&mut self, database: &Database, workload: Workload, size: Size) -> anyhow::Result<Beside> {
        let floor_per_s = floor::measure(database, size.accounts, self.depth.floor_batches).await?;
        let (row_lock, set_function_per_s) = self.plain(database, Kind::of(workload), size).await?;
        Ok(Beside { floor_per_s, row_lock, set_function_per_s })
    }

    async fn plain(&mut self, database: &Database, kind: Kind, size: Size) -> anyhow::Result<(RowLock, f64)> {
        let one_by_one = size.batch == 1;
        let key = (kind, size.accounts, one_by_one);
        if let Some(known) = self.plain.get(&key) {
            return Ok(*known);
        }
        // One by one there are as many round trips as by row locks, so no more of them.
        let Depth { row_lock_entries, set_function_entries, .. } = self.depth;
        let (batch, set_function_entries) = if one_by_one {
            (1, row_lock_entries)
        } else {
            (floor::BATCH.min(set_function_entries), set_function_entries)
        };
        let draw = kind.from(size.accounts);
        let load = Load { draw, accounts: size.accounts, batch, row_lock_entries, set_function_entries };
        let measured = (plain::row_lock(database, &load).await?, plain::set_function(database, &load).await?);
        self.plain.insert(key, measured);
        Ok(measured)
    }
}
