//! Clocks, percentiles, and what the operating system and the server say of a run.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio_postgres::Client;

/// Latencies in microseconds, up to a minute.
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    pub fn new() -> Latencies {
        Latencies(Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are in order"))
    }

    /// Counts one.
    pub fn record(&mut self, taken: Duration) {
        self.0.saturating_record(u64::try_from(taken.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts another caller's.
    pub fn add(&mut self, other: &Latencies) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    /// The latency that a share of all calls stays under, in milliseconds.
    pub fn percentile_ms(&self, percentile: f64) -> f64 {
        let micros = u32::try_from(self.0.value_at_percentile(percentile)).unwrap_or(u32::MAX);
        f64::from(micros) / 1_000.0
    }
}

/// How many a second.
pub fn per_second(count: usize, started: Instant) -> f64 {
    f64::from(u32::try_from(count).expect("counts of a run fit in 32 bits")) / started.elapsed().as_secs_f64()
}

/// `total` a unit.
pub fn each(total: i64, units: usize) -> f64 {
    let exact = |number: i64| f64::from(i32::try_from(number / 1_024).unwrap_or(i32::MAX)) * 1_024.0;
    exact(total) / f64::from(u32::try_from(units).expect("counts of a run fit in 32 bits"))
}

/// Forgets the peak of this process's memory so far, where the kernel allows it.
pub fn forget_peak_memory() {
    if let Err(error) = std::fs::write("/proc/self/clear_refs", "5") {
        eprintln!("the peak of memory cannot be reset ({error}): it is that of the whole run so far");
    }
}

/// The peak of this process's memory, in MiB.
pub fn peak_memory_mb() -> anyhow::Result<u32> {
    peak_memory_mb_of(std::process::id())
}

/// The peak of a process's memory, in MiB.
pub fn peak_memory_mb_of(process: u32) -> anyhow::Result<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<u32> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    Ok(kib.ok_or_else(|| anyhow::anyhow!("the kernel does not tell VmHWM"))? / 1_024)
}

/// The server's write-ahead log so far, in bytes.
pub async fn wal_bytes(client: &Client) -> anyhow::Result<i64> {
    let sql = "SELECT (pg_current_wal_lsn() - '0/0')::bigint";
    Ok(client.query_one(sql, &[]).await?.get(0))
}

/// Tables and indexes of the journal of a schema, in bytes.
pub async fn table_bytes(client: &Client, schema: &str) -> anyhow::Result<i64> {
    let sql = "
        SELECT sum(pg_total_relation_size(c.oid))::bigint
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relkind = 'r' AND (c.relname IN ('entry', 'commit') OR c.relname LIKE 'posting%')";
    Ok(client.query_one(sql, &[&schema]).await?.get(0))
}
