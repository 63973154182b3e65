//! What an entry takes on disk and in the write-ahead log, beside the row-lock way.

use super::Chart;
use super::drawing::{Drawing, LEFT, WIDTH};
use super::figures::Figures;
use super::scale::{Linear, grouped};

const WAYS: [(&str, &str); 2] = [("ours", "Dianfu"), ("row-lock", "plain way: row locks")];
const HEIGHT: f64 = 11.0;
const GAP: f64 = 2.0;
const ROW: f64 = 2.0 * (HEIGHT + GAP) + 16.0;
const TOP: f64 = 48.0;
/// Between the two panels.
const BETWEEN: f64 = 24.0;
const PANEL: f64 = (WIDTH - LEFT - BETWEEN) / 2.0;
/// What the words behind the longest bar need.
const WORDS: f64 = 60.0;

/// Ours and that of the row-lock way, of one kind of bytes.
type Pair = [Option<f64>; 2];

/// The chart; `None` without such a figure.
pub fn chart(figures: &[Figures]) -> Option<Chart> {
    let logs = |line: &Figures| [line.wal_bytes_per_entry, line.row_lock_wal_bytes_per_entry];
    let tables = |line: &Figures| [line.table_bytes_per_entry, line.row_lock_table_bytes_per_entry];
    let lines: Vec<(&Figures, Pair, Pair)> = figures.iter().map(|line| (line, logs(line), tables(line))).collect();
    let lines: Vec<_> = lines.into_iter().filter(|(_, log, table)| log[0].is_some() || table[0].is_some()).collect();
    if lines.is_empty() {
        return None;
    }
    let bottom = lines.iter().fold(TOP, |y, _| y + ROW);
    let mut drawing = Drawing::new("Bytes an entry takes, beside the row-lock way", bottom);
    let mut y = TOP;
    for (line, _, _) in &lines {
        drawing.row_head(y + 10.0, line);
        y += ROW;
    }
    panel(&mut drawing, LEFT, "Write-ahead log", lines.iter().map(|(line, log, _)| (*line, *log)).collect());
    let right = LEFT + PANEL + BETWEEN;
    panel(&mut drawing, right, "Tables and indexes", lines.iter().map(|(line, _, table)| (*line, *table)).collect());
    Some(Chart {
        title: "Bytes an entry takes",
        keys: WAYS.to_vec(),
        drawings: vec![drawing],
        reading: "Shorter is better; the two panels have scales of their own. The write-ahead log is what the server \
                  writes before its tables, and sends to its replicas. Tables are measured when everything \
                  that can be sealed is sealed, with all indexes. Beside ours stands the row-lock way in the same \
                  run, which keeps balances, and neither running totals nor a chain of hashes.",
    })
}

fn panel(drawing: &mut Drawing, left: f64, title: &str, rows: Vec<(&Figures, Pair)>) {
    let scale = Linear::to(rows.iter().flat_map(|(_, pair)| *pair).flatten(), PANEL - WORDS);
    let bottom = rows.iter().fold(TOP, |y, _| y + ROW) - 10.0;
    drawing.word("head", (left, 12.0), title);
    drawing.ticks_across(scale.ticks().map(|tick| (left + scale.place(tick), grouped(tick))), 34.0, bottom);
    let mut top = TOP;
    for (line, pair) in rows {
        let mut y = top;
        for ((class, way), bytes) in WAYS.into_iter().zip(pair) {
            if let Some(bytes) = bytes {
                let length = scale.place(bytes);
                let says = format!("{}: {title}, {way}, {} bytes an entry", line.name(), grouped(bytes));
                drawing.bar(class, (left, y), (length.max(1.0), HEIGHT), says);
                let class = if class == "ours" { "figure" } else { "small" };
                drawing.word(class, (left + length + 5.0, y + HEIGHT - 1.5), grouped(bytes));
            }
            y += HEIGHT + GAP;
        }
        top += ROW;
    }
}
