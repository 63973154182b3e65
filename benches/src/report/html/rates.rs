//! Ours beside the floor and the two plain ways, by workload.

use super::Chart;
use super::drawing::{Drawing, LEFT, WIDTH};
use super::figures::Figures;
use super::scale::{Linear, grouped, percent, short};

const WAYS: [(&str, &str); 4] = [
    ("ours", "Dianfu"),
    ("floor", "floor: raw COPY"),
    ("set-function", "plain way: a function a batch"),
    ("row-lock", "plain way: row locks"),
];
const OURS_HEIGHT: f64 = 16.0;
const HEIGHT: f64 = 8.0;
const GAP: f64 = 3.0;
const ROW: f64 = OURS_HEIGHT + 3.0 * (HEIGHT + GAP) + 24.0;
const TOP: f64 = 26.0;
/// What the words behind the longest bar need.
const WORDS: f64 = 190.0;

/// The chart; `None` without a rate.
pub fn chart(figures: &[Figures]) -> Option<Chart> {
    let lines: Vec<&Figures> = figures.iter().filter(|line| line.entries_per_s.is_some()).collect();
    if lines.is_empty() {
        return None;
    }
    let scale = Linear::to(lines.iter().flat_map(|line| rates(line)).flatten(), WIDTH - LEFT - WORDS);
    let bottom = lines.iter().fold(TOP, |y, _| y + ROW);
    let mut drawing = Drawing::new("Entries a second by workload, beside the floor and two plain ways", bottom);
    drawing.ticks_across(scale.ticks().map(|tick| (LEFT + scale.place(tick), short(tick))), 12.0, bottom - 12.0);
    let mut y = TOP;
    for line in lines {
        row(&mut drawing, &scale, y, line);
        y += ROW;
    }
    Some(Chart {
        title: "Entries a second",
        keys: WAYS.to_vec(),
        drawings: vec![drawing],
        reading: "Longer is better, and all bars have one scale. The floor is raw COPY of the same bytes into tables \
                  without indexes, triggers or a chain of hashes, in batches of 8,000: what the server can take at \
                  all. The plain ways keep a balance row an account: one locks two of them in a transaction an entry, \
                  the other updates them in one PL/pgSQL function a batch. All four ran in the same run on the same \
                  server. Where requests are small, waiting for the disk bounds the rate, not the bytes, and the \
                  floor is far away.",
    })
}

fn rates(line: &Figures) -> [Option<f64>; 4] {
    [line.entries_per_s, line.floor_per_s, line.set_function_per_s, line.row_lock_per_s]
}

fn row(drawing: &mut Drawing, scale: &Linear, top: f64, line: &Figures) {
    drawing.row_head(top + 12.0, line);
    let mut y = top;
    for ((class, way), rate) in WAYS.into_iter().zip(rates(line)) {
        let height = if class == "ours" { OURS_HEIGHT } else { HEIGHT };
        if let Some(rate) = rate {
            let length = scale.place(rate);
            let says = format!("{}: {way}, {} entries a second", line.name(), grouped(rate));
            drawing.bar(class, (LEFT, y), (length.max(1.0), height), says);
            let end = (LEFT + length + 6.0, y + height - if class == "ours" { 3.5 } else { 0.5 });
            if class == "ours" {
                drawing.noted("figure", end, grouped(rate), beside(rate, line.floor_per_s));
            } else {
                drawing.word("small", end, grouped(rate));
            }
        }
        y += height + GAP;
    }
}

/// Ours as a part of the floor.
fn beside(rate: f64, floor: Option<f64>) -> String {
    match floor {
        Some(floor) if floor > 0.0 => format!("{} of the floor", percent(rate / floor)),
        _ => String::new(),
    }
}
