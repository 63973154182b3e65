//! The rate of a book as it grows, and the memory that it takes.

use super::Chart;
use super::drawing::{Drawing, WIDTH};
use super::figures::{Figures, Grown};
use super::scale::{Linear, grouped, percent, short};

const KEYS: [(&str, &str); 2] = [("ours", "each piece of the book"), ("first", "the first piece")];
const LEFT: f64 = 60.0;
const RIGHT: f64 = WIDTH - 90.0;
const TOP: f64 = 34.0;
const HEIGHT: f64 = 150.0;

/// The chart; `None` when no book has grown by two pieces.
pub fn chart(figures: &[Figures]) -> Option<Chart> {
    let grown: Vec<&Figures> = figures.iter().filter(|line| line.growth.len() > 1).collect();
    if grown.is_empty() {
        return None;
    }
    let of = |line: &&Figures| {
        let rates = panel(line, "Entries a second", |piece| Some(piece.entries_per_s), short);
        let memory = panel(line, "Memory of the process, MiB", |piece| piece.peak_rss_mb, grouped);
        [rates, memory]
    };
    Some(Chart {
        title: "Growth",
        keys: KEYS.to_vec(),
        drawings: grown.iter().flat_map(of).flatten().collect(),
        reading: "Each dot is a piece of the same book, from the first to the last; the dashed line is the first one. \
                  A flat curve means that a posting costs the same however long the journal is, and that memory grows \
                  with the accounts that are touched, never with the entries. Both scales begin at zero.",
    })
}

/// One figure of all pieces; `None` where there are not two of it.
fn panel(
    line: &Figures,
    title: &str,
    figure: impl Fn(&Grown) -> Option<f64>,
    words: fn(f64) -> String,
) -> Option<Drawing> {
    let figures: Vec<(f64, f64)> =
        line.growth.iter().filter_map(|piece| Some((piece.entries, figure(piece)?))).collect();
    let (Some(first), Some(last)) = (figures.first().copied(), figures.last().copied()) else { return None };
    let across = Linear::to(figures.iter().map(|(entries, _)| *entries), RIGHT - LEFT);
    let up = Linear::to(figures.iter().map(|(_, figure)| *figure), HEIGHT);
    let bottom = TOP + HEIGHT;
    let place = |(entries, figure): (f64, f64)| (LEFT + across.place(entries), bottom - up.place(figure));

    let mut drawing = Drawing::new(format!("{title} as the book of {} grows", line.workload), bottom + 26.0);
    drawing.word("head", (LEFT, 14.0), format!("{}: {title}", line.workload));
    for tick in up.ticks() {
        let y = bottom - up.place(tick);
        drawing.rule("grid", (LEFT, y), (RIGHT, y));
        drawing.word("tick end", (LEFT - 8.0, y + 4.0), words(tick));
    }
    for tick in across.ticks() {
        drawing.word("tick middle", (LEFT + across.place(tick), bottom + 18.0), short(tick));
    }
    let (_, first_y) = place(first);
    drawing.rule("first", (LEFT, first_y), (RIGHT, first_y));
    let points: Vec<(f64, f64)> = figures.iter().copied().map(place).collect();
    drawing.curve("curve", &points);
    for (piece, point) in figures.iter().zip(&points) {
        let says = format!("{} at {} entries", grouped(piece.1), grouped(piece.0));
        drawing.dot("ours", *point, 3.5, says);
    }
    let (x, y) = place(last);
    drawing.word("figure", (x + 8.0, y + 4.0), words(last.1));
    if first.1 > 0.0 {
        drawing.word("small", (x + 8.0, y + 18.0), format!("{} of first", percent(last.1 / first.1)));
    }
    (figures.len() > 1).then_some(drawing)
}
