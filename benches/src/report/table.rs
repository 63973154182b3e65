//! The lines as tables that fit a terminal: rates, time, space, and a sentence where a figure needs one.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};

use super::line::Line;

/// All of it.
pub fn tables(lines: &[Line]) -> String {
    let mut text = format!("{}\n\n{}\n\n{}\n\n", rates(lines), times(lines), spaces(lines));
    for remark in lines.iter().flat_map(remarks) {
        writeln!(text, "{remark}").expect("a string takes everything");
    }
    text
}

/// Entries a second, answered and durable, beside what the server could take and what the plain ways do.
fn rates(lines: &[Line]) -> Table {
    let rows = lines.iter().map(|line| {
        vec![
            name(line),
            line.entries.to_string(),
            line.batch.to_string(),
            line.callers.to_string(),
            format!("{:.0}", line.entries_per_s),
            whole(line.floor_per_s),
            line.of_floor.map_or_else(String::new, |part| format!("{part:.2}")),
            whole(line.row_lock_per_s),
            whole(line.set_function_per_s),
        ]
    });
    table(&["rates", "entries", "batch", "callers", "ours/s", "floor/s", "of it", "row lock/s", "function/s"], rows)
}

/// Latencies of a request, and processor time an entry.
fn times(lines: &[Line]) -> Table {
    let micros = |time: Option<f64>| time.map_or_else(String::new, |time| format!("{time:.1}"));
    let rows = lines.iter().map(|line| {
        vec![
            name(line),
            format!("{:.2}", line.p50_ms),
            format!("{:.2}", line.p99_ms),
            format!("{:.2}", line.p999_ms),
            micros(Some(line.cpu_us_per_entry_us)),
            micros(line.cpu_us_per_entry_server),
            micros(line.cpu_us_per_entry_generator),
            micros(line.cpu_us_per_entry_idle),
            micros(Some(line.generator_us_per_entry)),
        ]
    });
    table(&["time", "p50 ms", "p99 ms", "p99.9 ms", "us µs", "server µs", "load µs", "idle µs", "made µs"], rows)
}

/// Bytes an entry beside those of the row-lock way, memory, start-up.
fn spaces(lines: &[Line]) -> Table {
    let rows = lines.iter().map(|line| {
        vec![
            name(line),
            format!("{:.0}", line.wal_bytes_per_entry),
            whole(line.row_lock_wal_bytes_per_entry),
            format!("{:.0}", line.table_bytes_per_entry),
            whole(line.row_lock_table_bytes_per_entry),
            line.peak_rss_mb.to_string(),
            format!("{:.0}", line.start_up_ms),
            if line.verified { "yes" } else { "NO" }.to_owned(),
        ]
    });
    table(&["space", "WAL B", "row lock's", "table B", "row lock's", "peak MiB", "start ms", "verified"], rows)
}

/// Nothing of what was not measured.
fn whole(figure: Option<f64>) -> String {
    figure.map_or_else(String::new, |figure| format!("{figure:.0}"))
}

/// A table of figures, each row behind its name.
pub fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header.iter().copied());
    rows.for_each(|row| {
        table.add_row(row);
    });
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn name(line: &Line) -> String {
    if line.workload == "S" { format!("S {}", line.callers) } else { line.workload.clone() }
}

/// What is counted.
fn units(line: &Line) -> &'static str {
    match line.workload.as_str() {
        "CLAIMS" => "transitions",
        "LIVES" => "lives",
        "REMIT" => "lines",
        _ => "entries",
    }
}

fn remarks(line: &Line) -> Vec<String> {
    let name = name(line);
    let mut remarks = Vec::new();
    if let Some(target) = line.target_per_s {
        let met = if line.target_met == Some(true) { "met" } else { "missed" };
        remarks.push(format!("{name}: the target of {target:.0} {}/s is {met}", units(line)));
    }
    match name.as_str() {
        "CLAIMS" => remarks.push("CLAIMS: counted are transitions of claims, whatever they post".to_owned()),
        "LIVES" => {
            remarks.push("LIVES: counted are claims from intake to closed, each with its payout and cash".to_owned());
        }
        "REMIT" => remarks.push("REMIT: counted are lines of remittances, each a leg of an entry".to_owned()),
        _ => {}
    }
    if line.refused > 0 {
        remarks
            .push(format!("{name}: {} of {} entries were refused: too little was there", line.refused, line.entries));
    }
    if line.replayed + line.conflicts > 0 {
        let Line { posted, replayed, conflicts, .. } = line;
        remarks.push(format!("{name}: {posted} posted, {replayed} replayed, {conflicts} in conflict"));
    }
    if let Some(took) = line.trial_balance_ms {
        remarks.push(format!("{name}: a trial balance as of a past day took {took:.0} ms"));
    }
    if let Some(alone) = line.alone_per_s {
        let shares: Vec<String> = line.shares.iter().map(|share| format!("{:.0} %", share * 100.0)).collect();
        remarks.push(format!("{name}: one alone {alone:.0} entries/s; of the two, {}", shares.join(" and ")));
    }
    if let ([first, ..], Some(last)) = (line.growth.as_slice(), line.growth.last()) {
        remarks.push(format!(
            "{name}: {:.0} entries/s up to {} entries, {:.0} of the last piece up to {}",
            first.entries_per_s, first.entries, last.entries_per_s, last.entries
        ));
        let start_up = |piece: Option<f64>| piece.unwrap_or_default();
        remarks.push(format!(
            "{name}: start-up {:.0} ms and {:.0} ms, peak memory {} MiB and {} MiB",
            start_up(first.start_up_ms),
            start_up(last.start_up_ms),
            first.peak_rss_mb,
            last.peak_rss_mb
        ));
    }
    remarks
}
