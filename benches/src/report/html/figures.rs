//! What a line says, as far as it is drawn. Whatever a line lacks is `None`.

use serde::Deserialize;
use serde_json::Value;

use super::Line;
use super::origin::Origin;
use super::scale::grouped;

/// The figures of one workload, named as in the line.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Figures {
    pub workload: String,
    pub batch: Option<f64>,
    pub callers: Option<f64>,
    pub entries: Option<f64>,
    pub entries_per_s: Option<f64>,
    pub floor_per_s: Option<f64>,
    pub row_lock_per_s: Option<f64>,
    pub set_function_per_s: Option<f64>,
    pub target_met: Option<bool>,
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub p999_ms: Option<f64>,
    pub wal_bytes_per_entry: Option<f64>,
    pub row_lock_wal_bytes_per_entry: Option<f64>,
    pub table_bytes_per_entry: Option<f64>,
    pub row_lock_table_bytes_per_entry: Option<f64>,
    pub cpu_us_per_entry_us: Option<f64>,
    pub cpu_us_per_entry_generator: Option<f64>,
    pub cpu_us_per_entry_server: Option<f64>,
    pub cpu_us_per_entry_idle: Option<f64>,
    pub alone_per_s: Option<f64>,
    pub shares: Vec<f64>,
    pub growth: Vec<Grown>,
    pub verified: Option<bool>,
    pub origin: Option<Origin>,
}

/// A piece of a book that grows.
#[derive(Deserialize)]
pub struct Grown {
    pub entries: f64,
    pub entries_per_s: f64,
    #[serde(default)]
    pub peak_rss_mb: Option<f64>,
    #[serde(default)]
    pub start_up_ms: Option<f64>,
}

impl Figures {
    /// What a line says.
    pub fn read(line: &Line) -> serde_json::Result<Figures> {
        serde_json::from_value(Value::Object(line.clone()))
    }

    /// What tells it from the others: the workload, with its callers.
    pub fn name(&self) -> String {
        match self.asked() {
            asked if asked.is_empty() => self.workload.clone(),
            asked => format!("{} ({asked})", self.workload),
        }
    }

    /// How it was asked.
    pub fn asked(&self) -> String {
        let batch = self.batch.map(|batch| {
            if batch > 1.0 { format!("{} a request", grouped(batch)) } else { "single entries".to_owned() }
        });
        let callers = self.callers.map(|callers| match grouped(callers) {
            one if one == "1" => "1 caller".to_owned(),
            many => format!("{many} callers"),
        });
        batch.into_iter().chain(callers).collect::<Vec<String>>().join(", ")
    }
}
