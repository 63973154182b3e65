//! Two at once beside one alone: books in one process, and processes on one book.

use super::Chart;
use super::drawing::{Drawing, LEFT, WIDTH};
use super::figures::Figures;
use super::scale::{Linear, grouped, percent, short};

const KEYS: [(&str, &str); 3] = [("floor", "one alone"), ("ours", "the first of two"), ("second", "the second")];
const HEIGHT: f64 = 16.0;
const ROW: f64 = 2.0 * (HEIGHT + 3.0) + 18.0;
const TOP: f64 = 26.0;
/// What the words behind the longest bar need.
const WORDS: f64 = 150.0;

/// The chart; `None` when nothing ran beside another.
pub fn chart(figures: &[Figures]) -> Option<Chart> {
    let lines: Vec<(&Figures, f64, f64)> =
        figures.iter().filter_map(|line| Some((line, line.alone_per_s?, line.entries_per_s?))).collect();
    if lines.is_empty() {
        return None;
    }
    let all = lines.iter().flat_map(|(_, alone, together)| [*alone, *together]);
    let scale = Linear::to(all, WIDTH - LEFT - WORDS);
    let bottom = lines.iter().fold(TOP, |y, _| y + ROW);
    let mut drawing = Drawing::new("Two at once beside one alone, in entries a second", bottom);
    drawing.ticks_across(scale.ticks().map(|tick| (LEFT + scale.place(tick), short(tick))), 12.0, bottom - 8.0);
    let mut y = TOP;
    for (line, alone, together) in lines {
        drawing.row_head(y + 12.0, line);
        let says = format!("{}: one alone, {} entries a second", line.name(), grouped(alone));
        drawing.bar("floor", (LEFT, y), (scale.place(alone).max(1.0), HEIGHT), says);
        drawing.noted("small", (LEFT + scale.place(alone) + 6.0, y + 12.0), grouped(alone), "alone");
        shared(&mut drawing, &scale, y + HEIGHT + 3.0, line, together);
        y += ROW;
    }
    Some(Chart {
        title: "Two at once",
        keys: KEYS.to_vec(),
        drawings: vec![drawing],
        reading: "Above, what one book or one process does alone; below, what two do at the same time, and which part \
                  of it is whose. Parts of the same size mean that neither starves the other. Two books share a \
                  server and its cores, two processes on one book share its one head as well.",
    })
}

fn shared(drawing: &mut Drawing, scale: &Linear, top: f64, line: &Figures, together: f64) {
    let whole = [1.0];
    let shares = if line.shares.is_empty() { whole.as_slice() } else { line.shares.as_slice() };
    let mut x = LEFT;
    for (index, share) in shares.iter().enumerate() {
        let length = scale.place(together * share);
        let class = if index.is_multiple_of(2) { "ours" } else { "second" };
        let says = format!("{}: {} of {} entries a second", line.name(), percent(*share), grouped(together));
        drawing.bar(class, (x, top), (length.max(1.0), HEIGHT), says);
        if length > 40.0 {
            drawing.word(
                if class == "ours" { "on-ours middle" } else { "on-second middle" },
                (x + length / 2.0, top + 12.0),
                percent(*share),
            );
        }
        x += length;
    }
    drawing.noted("figure", (x + 6.0, top + 12.0), grouped(together), "together");
}
