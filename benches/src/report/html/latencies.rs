//! How long requests take, from the usual to the rare.

use super::Chart;
use super::drawing::{Drawing, LEFT, WIDTH};
use super::figures::Figures;
use super::scale::{Logarithmic, duration};

const PERCENTILES: [(&str, &str); 3] = [
    ("p50", "half of all requests take no longer (p50)"),
    ("p99", "99 of 100 (p99)"),
    ("p999", "999 of 1,000 (p99.9)"),
];
const ROW: f64 = 38.0;
const TOP: f64 = 30.0;
/// What the words at the right end need.
const WORDS: f64 = 190.0;

/// The chart; `None` without a latency.
pub fn chart(figures: &[Figures]) -> Option<Chart> {
    let lines: Vec<(&Figures, [f64; 3])> =
        figures.iter().filter_map(|line| Some((line, [line.p50_ms?, line.p99_ms?, line.p999_ms?]))).collect();
    if lines.is_empty() {
        return None;
    }
    let all: Vec<f64> = lines.iter().flat_map(|(_, percentiles)| *percentiles).collect();
    let scale = Logarithmic::over(&all, WIDTH - LEFT - WORDS - 20.0);
    let bottom = lines.iter().fold(TOP, |y, _| y + ROW);
    let mut drawing = Drawing::new("How long a request takes, by workload", bottom);
    drawing.ticks_across(
        scale.ticks().map(|tick| (LEFT + 10.0 + scale.place(tick), duration(tick))),
        12.0,
        bottom - 6.0,
    );
    let mut y = TOP;
    for (line, percentiles) in lines {
        row(&mut drawing, &scale, y, line, percentiles);
        y += ROW;
    }
    Some(Chart {
        title: "How long a request takes",
        keys: PERCENTILES.to_vec(),
        drawings: vec![drawing],
        reading: "Further left is better. Each grid line is ten times the one before, so equal distances are equal \
                  ratios: a short line means that the rare request takes little longer than the usual one. A request \
                  is a whole batch where there are batches, and is answered when it is durable. Callers ask again as \
                  soon as they are answered, so that with many callers a request waits for the others.",
    })
}

fn row(drawing: &mut Drawing, scale: &Logarithmic, top: f64, line: &Figures, percentiles: [f64; 3]) {
    drawing.row_head(top + 8.0, line);
    let y = top + 12.0;
    let places = percentiles.map(|ms| LEFT + 10.0 + scale.place(ms));
    drawing.bar("span", (places[0], y - 1.5), ((places[2] - places[0]).max(0.0), 3.0), String::new());
    for (((class, words), ms), x) in PERCENTILES.into_iter().zip(percentiles).zip(places) {
        drawing.dot(class, (x, y), 5.5, format!("{}: {words}: {}", line.name(), duration(ms)));
    }
    drawing.word("small end", (WIDTH, y + 4.0), percentiles.map(duration).join(" \u{b7} "));
}
