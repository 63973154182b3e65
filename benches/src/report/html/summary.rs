//! What a reader sees first: a sentence, the figures that count, and what the workloads are.

use super::figures::Figures;
use super::origin::Origin;
use super::scale::{grouped, percent};
use super::workloads::{self, Known};

/// A figure that counts.
pub struct Tile {
    pub figure: String,
    pub unit: String,
    pub of: String,
}

impl Tile {
    fn new(figure: String, unit: &str, of: String) -> Tile {
        Tile { figure, unit: unit.to_owned(), of }
    }
}

/// What was done, in a sentence.
pub fn lead(figures: &[Figures]) -> String {
    let entries: f64 = figures.iter().filter_map(|line| line.entries).sum();
    let lines =
        if figures.len() == 1 { "1 line of figures".to_owned() } else { format!("{} lines of figures", figures.len()) };
    format!(
        "{lines} and {} entries, posted to PostgreSQL with every promise kept: durable before they are acknowledged, \
         sums checked by the database, exact limits, a chain of hashes; after each workload its whole book was \
         verified.",
        grouped(entries)
    )
}

/// Why figures do not count.
pub fn alarms(figures: &[Figures]) -> Vec<String> {
    let wrong = figures.iter().filter(|line| line.verified == Some(false));
    let wrong = wrong.map(|line| format!("The book of {} is not right: none of its figures counts.", line.name()));
    let is_debug = figures.iter().any(|line| line.origin.as_ref().is_some_and(Origin::is_debug));
    let debug = is_debug.then(|| "A debug build was measured: its rates say nothing about a release.".to_owned());
    wrong.chain(debug).collect()
}

/// The figures that count: of the fastest workload, and over all.
pub fn tiles(figures: &[Figures]) -> Vec<Tile> {
    let rate = |line: &&Figures| line.entries_per_s.unwrap_or_default();
    let mut tiles = Vec::new();
    let alone = figures.iter().filter(|line| line.shares.len() < 2);
    if let Some(fastest) = alone.max_by(|one, other| rate(one).total_cmp(&rate(other))) {
        let ours = rate(&fastest);
        tiles.push(Tile::new(grouped(ours), "entries a second", fastest.name()));
        if let Some(floor) = fastest.floor_per_s.filter(|floor| *floor > 0.0) {
            tiles.push(Tile::new(
                percent(ours / floor),
                "of the floor",
                format!("{}: raw COPY is {}", fastest.workload, grouped(floor)),
            ));
        }
    }
    let most = figures.iter().filter_map(beside_row_lock).max_by(|(_, one), (_, other)| one.total_cmp(other));
    if let Some((line, times)) = most {
        let than = line.row_lock_per_s.unwrap_or_default();
        tiles.push(Tile::new(
            format!("{}\u{d7}", grouped(times.round())),
            "the row-lock way",
            format!("{}: that is {}", line.workload, grouped(than)),
        ));
    }
    let met: Vec<bool> = figures.iter().filter_map(|line| line.target_met).collect();
    if !met.is_empty() {
        let reached = met.iter().filter(|met| **met).count();
        tiles.push(Tile::new(
            format!("{reached} of {}", met.len()),
            "targets reached",
            "each workload's own".to_owned(),
        ));
    }
    let verified = figures.iter().filter(|line| line.verified == Some(true)).count();
    tiles.push(Tile::new(
        format!("{verified} of {}", figures.len()),
        "books verified",
        "every row, every hash".to_owned(),
    ));
    tiles
}

/// A line, and how many times the row-lock way it is.
fn beside_row_lock(line: &Figures) -> Option<(&Figures, f64)> {
    Some((line, line.entries_per_s? / line.row_lock_per_s.filter(|rate| *rate > 0.0)?))
}

/// The workloads of the page that are known, each once.
pub fn workloads(figures: &[Figures]) -> Vec<&'static Known> {
    let mut all: Vec<&'static Known> = Vec::new();
    for known in figures.iter().filter_map(|line| workloads::known(&line.workload)) {
        if all.iter().all(|listed| listed.name != known.name) {
            all.push(known);
        }
    }
    all
}
