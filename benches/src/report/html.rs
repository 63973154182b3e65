//! The lines of a run as one page: charts, each with a sentence that says how to read it, and all figures.
//!
//! The page is one file that loads nothing and runs nothing: styles and drawings stand in it, every text is escaped. It
//! is made from what `--json` prints, so that it can be made later and elsewhere; a line says itself on which machine
//! it was measured ([`Origin`]). What a line lacks is left out; what it has beyond what is drawn stands in the table.
//!
//! Reading order: [`figures`] (what a line says), [`scale`] and [`drawing`] (numbers to places), one module a chart
//! ([`rates`], [`latencies`], [`bytes`], [`processors`], [`together`], [`growth`]), [`summary`],
//! [`workloads`], [`table`].

mod bytes;
mod drawing;
mod figures;
mod growth;
mod latencies;
mod origin;
mod processors;
mod rates;
mod scale;
mod summary;
mod table;
mod together;
mod workloads;

use anyhow::{Context, ensure};
use askama::Template;
use serde::Serialize;
use serde_json::{Map, Value};

use self::drawing::Drawing;
use self::figures::Figures;
use self::summary::Tile;
use self::table::{Pieces, Table};
use self::workloads::Known;

pub use self::origin::Origin;

const STYLE: &str = include_str!("../../templates/report.css");

/// A line of `--json`.
type Line = Map<String, Value>;

/// The page of lines as the program has them.
pub fn page<L: Serialize>(lines: &[L]) -> anyhow::Result<String> {
    let object = |line: &L| match serde_json::to_value(line)? {
        Value::Object(line) => Ok(line),
        other => anyhow::bail!("a line is an object, not {other}"),
    };
    of_objects(&lines.iter().map(object).collect::<anyhow::Result<Vec<Line>>>()?)
}

/// The page of lines as `--json` has printed them; blank ones are passed over.
pub fn page_of_text(text: &str) -> anyhow::Result<String> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| format!("line {number} is not a JSON object as --json prints it"))
    };
    of_objects(&lines.map(read).collect::<anyhow::Result<Vec<Line>>>()?)
}

fn of_objects(lines: &[Line]) -> anyhow::Result<String> {
    ensure!(!lines.is_empty(), "there is no line to make a page of");
    let figures = (1..).zip(lines).map(|(number, line)| {
        Figures::read(line).with_context(|| format!("object {number} does not have the figures that --json prints"))
    });
    let figures: Vec<Figures> = figures.collect::<anyhow::Result<_>>()?;
    let page = Page {
        style: STYLE,
        lead: summary::lead(&figures),
        alarms: summary::alarms(&figures),
        origins: origins(&figures),
        tiles: summary::tiles(&figures),
        workloads: summary::workloads(&figures),
        charts: charts(&figures),
        table: Table::of(lines, &figures),
        pieces: Pieces::of(&figures),
    };
    Ok(page.render()?)
}

/// A chart and what it teaches.
struct Chart {
    /// What it is about.
    title: &'static str,
    /// What its colours mean: class and words.
    keys: Vec<(&'static str, &'static str)>,
    drawings: Vec<Drawing>,
    /// What it shows, and how to read it.
    reading: &'static str,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    style: &'static str,
    lead: String,
    alarms: Vec<String>,
    origins: Vec<&'a Origin>,
    tiles: Vec<Tile>,
    workloads: Vec<&'static Known>,
    charts: Vec<Chart>,
    table: Table,
    pieces: Vec<Pieces>,
}

/// Where the lines were measured, each place once.
fn origins(figures: &[Figures]) -> Vec<&Origin> {
    let mut origins: Vec<&Origin> = Vec::new();
    for origin in figures.iter().filter_map(|line| line.origin.as_ref()) {
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    origins
}

/// The charts for which there are figures.
fn charts(figures: &[Figures]) -> Vec<Chart> {
    let charts = [
        rates::chart(figures),
        latencies::chart(figures),
        bytes::chart(figures),
        processors::chart(figures),
        together::chart(figures),
        growth::chart(figures),
    ];
    charts.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests;
