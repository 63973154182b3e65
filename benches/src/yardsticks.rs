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
    /// By how accounts are drawn, and how many there are.
    row_lock: HashMap<(Kind, usize), RowLock>,
    /// The same, and by the entries of a batch.
    set_function: HashMap<(Kind, usize, usize), f64>,
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
        Yardsticks { depth, row_lock: HashMap::new(), set_function: HashMap::new() }
    }

    /// What a workload of a size stands beside.
    pub async fn measure(&mut self, database: &Database, workload: Workload, size: Size) -> anyhow::Result<Beside> {
        let floor_per_s = floor::measure(database, size.accounts, self.depth.floor_batches).await?;
        let load = self.load(Kind::of(workload), size);
        let row_lock = self.row_lock(database, &load).await?;
        let set_function_per_s = self.set_function(database, &load).await?;
        Ok(Beside { floor_per_s, row_lock, set_function_per_s })
    }

    /// One by one there are as many round trips as by row locks, so no more of them.
    fn load(&self, kind: Kind, size: Size) -> Load {
        let Depth { row_lock_entries, set_function_entries, .. } = self.depth;
        let (batch, set_function_entries) = match size.batch {
            1 => (1, row_lock_entries),
            _ => (floor::BATCH.min(set_function_entries), set_function_entries),
        };
        Load { kind, accounts: size.accounts, batch, row_lock_entries, set_function_entries }
    }

    async fn row_lock(&mut self, database: &Database, load: &Load) -> anyhow::Result<RowLock> {
        let key = (load.kind, load.accounts);
        if let Some(known) = self.row_lock.get(&key) {
            return Ok(*known);
        }
        let measured = plain::row_lock(database, load).await?;
        self.row_lock.insert(key, measured);
        Ok(measured)
    }

    async fn set_function(&mut self, database: &Database, load: &Load) -> anyhow::Result<f64> {
        let key = (load.kind, load.accounts, load.batch);
        if let Some(known) = self.set_function.get(&key) {
            return Ok(*known);
        }
        let measured = plain::set_function(database, load).await?;
        self.set_function.insert(key, measured);
        Ok(measured)
    }
}
