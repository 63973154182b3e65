//! All figures of all lines: a row a figure, with what it means, and a column a line.

use serde_json::Value;

use super::Line;
use super::figures::{Figures, Grown};
use super::scale::grouped;

/// What figures mean, in the order of the table. What is not listed comes behind, by its name.
const MEANINGS: &[(&str, &str)] = &[
    ("batch", "entries a request"),
    ("callers", "requests at the same time"),
    ("accounts", "accounts that entries are spread over"),
    ("entries", "entries asked for and answered"),
    ("posted", "of those, posted"),
    ("replayed", "in the books already with the same content"),
    ("conflicts", "in the books already with other content"),
    ("refused", "refused by a limit"),
    ("entries_per_s", "answered a second"),
    ("floor_per_s", "raw COPY of the same bytes"),
    ("of_floor", "ours as a part of the floor"),
    ("row_lock_per_s", "plain way: row locks, a transaction an entry"),
    ("set_function_per_s", "plain way: one function a batch"),
    ("target_per_s", "what the workload should reach"),
    ("of_target", "ours as a part of that"),
    ("target_met", "whether it was reached"),
    ("p50_ms", "half of all requests take no longer"),
    ("p99_ms", "99 of 100 requests"),
    ("p999_ms", "999 of 1,000 requests"),
    ("wal_bytes_per_entry", "write-ahead log"),
    ("row_lock_wal_bytes_per_entry", "write-ahead log of the row-lock way"),
    ("table_bytes_per_entry", "the journal's tables and indexes, sealed"),
    ("book_bytes_per_entry", "all tables and indexes of the book"),
    ("row_lock_table_bytes_per_entry", "tables and indexes of the row-lock way"),
    ("peak_rss_mb", "most memory of the process that posts, MiB"),
    ("start_up_ms", "from opening the full book to its first answer"),
    ("cpu_us_per_entry_us", "processor time of the process that posts, microseconds"),
    ("cpu_us_per_entry_generator", "of the load program, where it is another process"),
    ("cpu_us_per_entry_server", "of the server"),
    ("cpu_us_per_entry_idle", "left over"),
    ("generator_us_per_entry", "making up an entry, alone; a part of our time"),
    ("verify_per_s", "entries verified a second"),
    ("alone_per_s", "one alone, to be compared with"),
    ("shares", "the part of each of them"),
    ("trial_balance_ms", "a trial balance as of a past day"),
    ("verified", "whether the whole book is right"),
];
/// What stands elsewhere on the page.
const ELSEWHERE: [&str; 3] = ["workload", "growth", "origin"];

/// A row a figure, a column a line.
pub struct Table {
    /// The workload of each column, and how it was asked.
    pub heads: Vec<(String, String)>,
    pub rows: Vec<Row>,
}

/// One figure.
pub struct Row {
    pub name: String,
    pub meaning: &'static str,
    pub cells: Vec<Cell>,
}

/// One figure of one line.
pub struct Cell {
    pub text: String,
    pub class: &'static str,
}

impl Table {
    /// All figures that any line has.
    pub fn of(lines: &[Line], figures: &[Figures]) -> Table {
        let known = MEANINGS.iter().map(|(name, meaning)| ((*name).to_owned(), *meaning));
        let mut names: Vec<(String, &'static str)> = known.collect();
        for name in lines.iter().flat_map(Line::keys) {
            let is_listed = ELSEWHERE.contains(&name.as_str()) || names.iter().any(|(listed, _)| listed == name);
            if !is_listed {
                names.push((name.clone(), ""));
            }
        }
        names.retain(|(name, _)| lines.iter().any(|line| line.get(name).is_some_and(|value| !value.is_null())));
        let row = |(name, meaning): (String, &'static str)| {
            let cells = lines.iter().map(|line| Cell::of(line.get(&name).unwrap_or(&Value::Null))).collect();
            Row { name, meaning, cells }
        };
        Table {
            heads: figures.iter().map(|line| head(line, figures)).collect(),
            rows: names.into_iter().map(row).collect(),
        }
    }
}

/// The workload, and how it was asked where another line has the same.
fn head(line: &Figures, all: &[Figures]) -> (String, String) {
    let is_one_of_many = all.iter().filter(|other| other.workload == line.workload).count() > 1;
    (line.workload.clone(), if is_one_of_many { line.asked() } else { String::new() })
}

impl Cell {
    fn of(value: &Value) -> Cell {
        let (text, class) = match value {
            Value::Null => ("\u{2013}".to_owned(), "none"),
            Value::Bool(true) => ("yes".to_owned(), ""),
            Value::Bool(false) => ("NO".to_owned(), "wrong"),
            Value::Number(number) => (number.as_f64().map_or_else(|| number.to_string(), grouped), ""),
            Value::String(text) => (text.clone(), ""),
            Value::Array(values) => {
                (values.iter().map(|value| Cell::of(value).text).collect::<Vec<_>>().join(" \u{b7} "), "")
            }
            Value::Object(_) => (value.to_string(), ""),
        };
        Cell { text, class }
    }
}

/// The pieces of a book that has grown, as a table.
pub struct Pieces {
    pub name: String,
    pub rows: Vec<[String; 4]>,
}

impl Pieces {
    /// Those of every book that has grown.
    pub fn of(figures: &[Figures]) -> Vec<Pieces> {
        let grown = figures.iter().filter(|line| !line.growth.is_empty());
        grown.map(|line| Pieces { name: line.name(), rows: line.growth.iter().map(Pieces::row).collect() }).collect()
    }

    fn row(piece: &Grown) -> [String; 4] {
        let known = |figure: Option<f64>| figure.map_or_else(String::new, grouped);
        [grouped(piece.entries), grouped(piece.entries_per_s), known(piece.peak_rss_mb), known(piece.start_up_ms)]
    }
}
