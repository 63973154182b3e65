//! A drawing: what stands where on paper. It is text in the page; colours come from the page's style, by class.
//!
//! Later kinds lie above earlier ones: rules, bars, curves, dots, words.

use std::fmt;

use askama::Template;

use super::figures::Figures;
use super::workloads;

/// The width of every drawing, in its own units.
pub const WIDTH: f64 = 860.0;
/// Where bars begin; names stand before.
pub const LEFT: f64 = 170.0;

/// A place or a length, to a tenth of a unit.
pub struct Px(f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.0)
    }
}

/// What stands where.
#[derive(Template)]
#[template(path = "drawing.html")]
pub struct Drawing {
    title: String,
    height: Px,
    rules: Vec<Rule>,
    bars: Vec<Bar>,
    curves: Vec<Curve>,
    dots: Vec<Dot>,
    words: Vec<Word>,
}

struct Rule {
    class: &'static str,
    from: (Px, Px),
    to: (Px, Px),
}

struct Bar {
    class: &'static str,
    corner: (Px, Px),
    size: (Px, Px),
    says: String,
}

struct Curve {
    class: &'static str,
    points: Vec<(Px, Px)>,
}

struct Dot {
    class: &'static str,
    center: (Px, Px),
    radius: Px,
    says: String,
}

struct Word {
    class: &'static str,
    at: (Px, Px),
    text: String,
    /// Said more softly behind it.
    note: String,
}

fn pixels((x, y): (f64, f64)) -> (Px, Px) {
    (Px(x), Px(y))
}

impl Drawing {
    /// An empty drawing; who cannot see it is told the title.
    pub fn new(title: impl Into<String>, height: f64) -> Drawing {
        let (rules, bars, curves, dots, words) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Drawing { title: title.into(), height: Px(height), rules, bars, curves, dots, words }
    }

    /// A line from one point to another.
    pub fn rule(&mut self, class: &'static str, from: (f64, f64), to: (f64, f64)) {
        self.rules.push(Rule { class, from: pixels(from), to: pixels(to) });
    }

    /// A bar from its upper left corner; `says` is told to who points at it.
    pub fn bar(&mut self, class: &'static str, corner: (f64, f64), size: (f64, f64), says: String) {
        self.bars.push(Bar { class, corner: pixels(corner), size: pixels(size), says });
    }

    /// A line through points.
    pub fn curve(&mut self, class: &'static str, points: &[(f64, f64)]) {
        self.curves.push(Curve { class, points: points.iter().copied().map(pixels).collect() });
    }

    /// A dot.
    pub fn dot(&mut self, class: &'static str, center: (f64, f64), radius: f64, says: String) {
        self.dots.push(Dot { class, center: pixels(center), radius: Px(radius), says });
    }

    /// Words; the class says on which side of the point they stand.
    pub fn word(&mut self, class: &'static str, at: (f64, f64), text: impl Into<String>) {
        self.words.push(Word { class, at: pixels(at), text: text.into(), note: String::new() });
    }

    /// Words, and a note behind them.
    pub fn noted(&mut self, class: &'static str, at: (f64, f64), text: impl Into<String>, note: impl Into<String>) {
        self.words.push(Word { class, at: pixels(at), text: text.into(), note: note.into() });
    }

    /// What a row is of, before its bars: the workload, and below it how it was asked.
    pub fn row_head(&mut self, y: f64, line: &Figures) {
        self.noted("name", (0.0, y), &line.workload, workloads::word(&line.workload));
        self.word("small", (0.0, y + 14.0), line.asked());
    }

    /// Ticks of a scale that runs to the right, with their words on top and a rule down to `bottom`.
    pub fn ticks_across(&mut self, ticks: impl Iterator<Item = (f64, String)>, top: f64, bottom: f64) {
        for (x, text) in ticks {
            self.rule("grid", (x, top + 6.0), (x, bottom));
            self.word("tick middle", (x, top), text);
        }
    }
}
