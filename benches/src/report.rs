//! One line a workload, as a table or as JSON.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::ours::Ours;
use crate::workload::{Size, Workload};

/// The figures of one workload.
#[derive(Serialize)]
pub struct Line {
    /// The letter of the workload.
    pub workload: &'static str,
    batch: usize,
    callers: usize,
    accounts: usize,
    entries: usize,
    entries_per_s: f64,
    floor_per_s: f64,
    row_lock_per_s: f64,
    set_function_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    wal_bytes_per_entry: f64,
    table_bytes_per_entry: f64,
    peak_rss_mb: u32,
    start_up_ms: f64,
    /// Whether its whole book was verified.
    pub verified: bool,
}

impl Line {
    /// Puts the figures of one workload together.
    pub fn new(workload: Workload, size: Size, ours: &Ours, floor: f64, row_lock: f64, set_function: f64) -> Line {
        Line {
            workload: workload.letter(),
            batch: size.batch,
            callers: size.callers,
            accounts: size.accounts,
            entries: size.entries,
            entries_per_s: ours.entries_per_s.round(),
            floor_per_s: floor.round(),
            row_lock_per_s: row_lock.round(),
            set_function_per_s: set_function.round(),
            p50_ms: ours.latencies.percentile_ms(50.0),
            p99_ms: ours.latencies.percentile_ms(99.0),
            p999_ms: ours.latencies.percentile_ms(99.9),
            wal_bytes_per_entry: ours.wal_bytes_per_entry.round(),
            table_bytes_per_entry: ours.table_bytes_per_entry.round(),
            peak_rss_mb: ours.peak_rss_mb,
            start_up_ms: ours.start_up_ms.round(),
            verified: ours.verified,
        }
    }

    fn cells(&self) -> [String; 16] {
        [
            self.workload.to_owned(),
            self.batch.to_string(),
            self.callers.to_string(),
            self.entries.to_string(),
            format!("{:.0}", self.entries_per_s),
            format!("{:.0}", self.floor_per_s),
            format!("{:.2}", self.entries_per_s / self.floor_per_s),
            format!("{:.0}", self.row_lock_per_s),
            format!("{:.0}", self.set_function_per_s),
            format!("{:.2}", self.p50_ms),
            format!("{:.2}", self.p99_ms),
            format!("{:.2}", self.p999_ms),
            format!("{:.0}", self.wal_bytes_per_entry),
            format!("{:.0}", self.table_bytes_per_entry),
            self.peak_rss_mb.to_string(),
            if self.verified { "yes".to_owned() } else { "NO".to_owned() },
        ]
    }
}

/// The lines as a table: rates in two-leg entries a second, latencies of a request in milliseconds.
pub fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header([
        "workload",
        "batch",
        "callers",
        "entries",
        "ours/s",
        "floor/s",
        "of floor",
        "row lock/s",
        "set function/s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "WAL B/entry",
        "table B/entry",
        "peak MB",
        "verified",
    ]);
    for line in lines {
        table.add_row(line.cells());
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
