//! Who uses the processors' time while an entry is posted.

use super::Chart;
use super::drawing::{Drawing, LEFT, WIDTH};
use super::figures::Figures;
use super::scale::{grouped, percent};

const PARTS: [(&str, &str); 4] = [
    ("ours", "the process that posts"),
    ("generator", "the load program, where it is another process"),
    ("server", "the server"),
    ("idle", "nobody: idle, or other programs"),
];
const HEIGHT: f64 = 18.0;
const ROW: f64 = 36.0;
const TOP: f64 = 24.0;
/// What the words at the right end need.
const WORDS: f64 = 130.0;
/// A part narrower than this has no room for words.
const WORDED: f64 = 52.0;

/// The chart; `None` without such figures.
pub fn chart(figures: &[Figures]) -> Option<Chart> {
    let lines: Vec<(&Figures, [f64; 4])> =
        figures.iter().filter_map(|line| Some((line, parts(line)?))).filter(|(_, parts)| total(parts) > 0.0).collect();
    if lines.is_empty() {
        return None;
    }
    let width = WIDTH - LEFT - WORDS;
    let bottom = lines.iter().fold(TOP, |y, _| y + ROW);
    let mut drawing = Drawing::new("Who uses the processors' time, by workload", bottom);
    let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().map(|tick| (LEFT + tick * width, percent(tick)));
    drawing.ticks_across(ticks, 12.0, bottom - 8.0);
    let mut y = TOP;
    for (line, parts) in lines {
        drawing.row_head(y + 10.0, line);
        row(&mut drawing, (LEFT, y), width, line, parts);
        y += ROW;
    }
    Some(Chart {
        title: "Who uses the processors",
        keys: PARTS.to_vec(),
        drawings: vec![drawing],
        reading: "Each row is all the time that all cores had while an entry was posted, and the words in it are \
                  microseconds of processor time an entry. Where the server has most of it, a faster program of \
                  ours would gain little. What is idle was left over: callers waited, or the disk was waited for.",
    })
}

/// Ours, the load program's, the server's and what was left; `None` while it is not known who had what.
fn parts(line: &Figures) -> Option<[f64; 4]> {
    let (server, idle) = (line.cpu_us_per_entry_server?, line.cpu_us_per_entry_idle.unwrap_or(0.0));
    let parts = [line.cpu_us_per_entry_us?, line.cpu_us_per_entry_generator.unwrap_or(0.0), server, idle];
    Some(parts.map(|micros| micros.max(0.0)))
}

fn total(parts: &[f64]) -> f64 {
    parts.iter().sum()
}

/// How words stand on a part.
fn on(class: &str) -> &'static str {
    match class {
        "ours" => "on-ours middle",
        "idle" => "small middle",
        _ => "on-pale middle",
    }
}

fn row(drawing: &mut Drawing, (left, top): (f64, f64), width: f64, line: &Figures, parts: [f64; 4]) {
    let whole = total(&parts);
    let mut x = left;
    for ((class, who), micros) in PARTS.into_iter().zip(parts) {
        let length = micros / whole * width;
        let words = format!("{} \u{b5}s", grouped(micros));
        if length > 0.0 {
            drawing.bar(class, (x, top), (length, HEIGHT), format!("{}: {who}, {words} an entry", line.name()));
        }
        if length > WORDED {
            drawing.word(on(class), (x + length / 2.0, top + 13.0), words);
        }
        x += length;
    }
    drawing.word("small end", (WIDTH, top + 13.0), format!("{} \u{b5}s an entry", grouped(whole)));
}
