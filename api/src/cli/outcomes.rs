//! What became of entries, printed as soon as it is known.
//!
//! Who reads us may stop reading; the entries are posted all the same.

use std::io::{self, BufWriter, Write};

use dianfu_api::wire::outcome::{Line, OutcomeBody, Status, Summary};

use super::ending::{Answer, note, printable, say};
use super::print::{Format, Out, cell, stdout, unless_nobody_reads, write_json};

/// How the entries came, and so how JSON tells their outcomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// One object.
    One,
    /// An array.
    Array,
    /// One a line.
    Lines,
}

/// The outcomes of one command.
pub struct Outcomes {
    format: Format,
    shape: Shape,
    out: BufWriter<Out>,
    /// Those of an array, which is printed when it is whole.
    array: Vec<OutcomeBody>,
    /// All together.
    pub summary: Summary,
    /// The first refusal, as a sentence.
    first_refusal: Option<String>,
    is_begun: bool,
}

impl Outcomes {
    /// None yet.
    pub fn new(format: Format, shape: Shape) -> Outcomes {
        let (out, array, summary) = (stdout(), Vec::new(), Summary::default());
        Outcomes { format, shape, out, array, summary, first_refusal: None, is_begun: false }
    }

    /// Prints outcomes with their places.
    pub fn add(&mut self, outcomes: Vec<(u64, OutcomeBody)>) -> anyhow::Result<()> {
        for (place, outcome) in outcomes {
            let outcome = match self.shape {
                Shape::One => outcome,
                Shape::Array => OutcomeBody { index: Some(place), ..outcome },
                Shape::Lines => OutcomeBody { line: Some(place), ..outcome },
            };
            self.summary.count(outcome.status);
            self.keep_refusal(&outcome);
            self.print(outcome).or_else(unless_nobody_reads)?;
        }
        self.out.flush().or_else(|error| unless_nobody_reads(error.into()))
    }

    fn keep_refusal(&mut self, outcome: &OutcomeBody) {
        if let (None, Some(_)) = (&self.first_refusal, &outcome.error) {
            self.first_refusal = Some(format!("{}{}", place(outcome), reason(outcome)));
        }
    }

    fn print(&mut self, outcome: OutcomeBody) -> anyhow::Result<()> {
        match (self.format, self.shape) {
            // The error says it all.
            (Format::Table, Shape::One) if outcome.error.is_some() => {}
            (Format::Table, _) => writeln!(self.out, "{}", sentence(&outcome))?,
            (Format::Csv, _) => self.print_csv(&outcome)?,
            (Format::Json, Shape::One) => write_json(&mut self.out, &outcome)?,
            (Format::Json, Shape::Array) => self.array.push(outcome),
            (Format::Json, Shape::Lines) => self.print_line(&Line::Outcome(outcome))?,
        }
        Ok(())
    }

    fn print_line(&mut self, line: &Line) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, line).map_err(io::Error::from)?;
        Ok(writeln!(self.out)?)
    }

    fn print_csv(&mut self, outcome: &OutcomeBody) -> anyhow::Result<()> {
        // A line at a time in memory: flushing a CSV writer would flush what is below it, too.
        let mut csv = csv::Writer::from_writer(Vec::new());
        if !std::mem::replace(&mut self.is_begun, true) {
            let place = if self.shape == Shape::Lines { "line" } else { "index" };
            csv.write_record([place, "id", "status", "sequence", "booked_at", "code", "pointer", "message"])?;
        }
        let text = |value: Option<String>| value.unwrap_or_default();
        let error = outcome.error.as_ref();
        csv.write_record([
            text(outcome.line.or(outcome.index).map(|place| place.to_string())),
            text(outcome.id.map(|id| id.to_string())),
            word(outcome.status).to_owned(),
            text(outcome.sequence.map(|sequence| sequence.to_string())),
            text(outcome.booked_at.map(|time| time.to_string())),
            text(error.map(|error| error.code.to_owned())),
            text(error.and_then(|error| error.pointer.as_deref().map(cell))),
            text(error.map(|error| cell(&error.message))),
        ])?;
        let lines = csv.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(self.out.write_all(&lines)?)
    }

    /// Ends the answer, and says on standard error what a person needs to know.
    pub fn finish(mut self) -> anyhow::Result<Answer> {
        self.print_end().or_else(unless_nobody_reads)?;
        let Summary { posted, replayed, rejected, .. } = self.summary;
        if self.format == Format::Table && self.shape != Shape::One {
            note(&format!("{posted} posted, {replayed} in the book already, {rejected} refused"));
        }
        let Some(refusal) = self.first_refusal else { return Ok(Answer::Yes) };
        let others = if rejected > 1 { format!("; and {} more are refused", rejected - 1) } else { String::new() };
        let next = "correct what is refused and post again: what is in the book is found by its id, not posted twice";
        say(&format!("{refusal}{others}"), Some(next));
        Ok(Answer::No)
    }

    fn print_end(&mut self) -> anyhow::Result<()> {
        if self.format == Format::Json {
            match self.shape {
                Shape::One => {}
                Shape::Array => write_json(&mut self.out, &self.array)?,
                Shape::Lines => self.print_line(&Line::Last { summary: self.summary })?,
            }
        }
        Ok(self.out.flush()?)
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Posted => "posted",
        Status::Replayed => "replayed",
        Status::Rejected => "rejected",
        Status::Failed => "failed",
    }
}

fn place(outcome: &OutcomeBody) -> String {
    match (outcome.line, outcome.index) {
        (Some(line), _) => format!("line {line}: "),
        (None, Some(index)) => format!("entry {} of the array: ", index + 1),
        (None, None) => String::new(),
    }
}

fn reason(outcome: &OutcomeBody) -> String {
    let Some(error) = &outcome.error else { return String::new() };
    let at = error.pointer.as_deref().filter(|pointer| !pointer.is_empty());
    let at = at.map(|pointer| format!(" (at {pointer})")).unwrap_or_default();
    format!("{} [{}]{at}", error.message, error.code)
}

fn sentence(outcome: &OutcomeBody) -> String {
    let id = outcome.id.map(|id| format!("{id} ")).unwrap_or_default();
    let place = place(outcome);
    let what = match (outcome.status, outcome.sequence) {
        (Status::Posted, Some(sequence)) => format!("posted as entry {sequence}"),
        (Status::Replayed, Some(sequence)) => format!("in the book already, as entry {sequence}"),
        (Status::Failed, _) => format!("not known to be posted: {}", reason(outcome)),
        _ => format!("refused: {}", reason(outcome)),
    };
    printable(&format!("{place}{id}{what}"))
}
