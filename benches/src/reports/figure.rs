//! A figure beside its target, as a line of a table or of JSON.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::measure::{self, Latencies};

use super::book::Size;

/// What a figure counts, and on which side of its target it should be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds: at most.
    Millis,
    /// Entries a second: at least.
    EntriesPerSecond,
}

/// One figure.
pub struct Figure {
    name: &'static str,
    value: f64,
    unit: Unit,
    target: f64,
    latencies: Option<Latencies>,
    peak_rss_mb: u32,
}

#[derive(Serialize)]
struct Line {
    figure: &'static str,
    entries: usize,
    accounts: usize,
    value: f64,
    unit: &'static str,
    target: f64,
    met: bool,
    p50: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
    peak_rss_mb: u32,
}

impl Figure {
    /// Of many questions: the 99th percentile counts. The peak of memory is this process's since it was last forgotten.
    pub fn of_questions(name: &'static str, latencies: Latencies, target_ms: f64) -> anyhow::Result<Figure> {
        let value = latencies.percentile_ms(99.0);
        let peak_rss_mb = measure::peak_memory_mb()?;
        Ok(Figure { name, value, unit: Unit::Millis, target: target_ms, latencies: Some(latencies), peak_rss_mb })
    }

    /// Of one long piece of work.
    pub fn of_rate(name: &'static str, per_second: f64, target: f64, peak_rss_mb: u32) -> Figure {
        Figure { name, value: per_second, unit: Unit::EntriesPerSecond, target, latencies: None, peak_rss_mb }
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// One JSON object.
    pub fn to_json(&self, size: Size) -> String {
        serde_json::to_string(&self.line(size)).expect("names and numbers are JSON")
    }

    fn line(&self, size: Size) -> Line {
        let (unit, met) = match self.unit {
            Unit::Millis => ("ms", self.value < self.target),
            Unit::EntriesPerSecond => ("entries/s", self.value >= self.target),
        };
        let percentile = |percentile| self.latencies.as_ref().map(|latencies| latencies.percentile_ms(percentile));
        Line {
            figure: self.name,
            entries: size.entries,
            accounts: size.accounts,
            value: self.value,
            unit,
            target: self.target,
            met,
            p50: percentile(50.0),
            p99: percentile(99.0),
            max: percentile(100.0),
            peak_rss_mb: self.peak_rss_mb,
        }
    }
}

/// All figures, one a row.
pub fn table(figures: &[Figure], size: Size) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_header(["figure", "value", "unit", "target", "met", "p50", "p99", "max", "peak MB"]);
    for figure in figures {
        let line = figure.line(size);
        let shown = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
        let digits = usize::from(line.unit == "ms") * 2;
        table.add_row([
            line.figure.to_owned(),
            format!("{:.digits$}", line.value),
            line.unit.to_owned(),
            format!("{:.0}", line.target),
            if line.met { "yes" } else { "no" }.to_owned(),
            shown(line.p50),
            shown(line.p99),
            shown(line.max),
            line.peak_rss_mb.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
