//! `dianfu remittance check`: whether the sums of a file hold.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use dianfu_reconcile::examine;
use dianfu_reconcile::verdict::Verdict;
use serde_json::Value;

use crate::cli::ending::{Answer, say};
use crate::cli::input;
use crate::cli::print::{
    Column, Format, Output, Sheet, stdout, unless_nobody_reads, write_csv, write_json, write_table,
};

/// Check whether an X12 835 is well formed and all its sums hold; needs no database
///
/// Rules: R1 a service's charge less its adjustments is its payment; R2 the same for a claim; R3 what the lines pay
/// less the payee-level adjustments is the amount paid; R4 the amount paid is not negative; R5 a notification moves no
/// money, and a trace is used once; R6 a reversal carries negative amounts; R7 (a warning) totals that senders often
/// get wrong; R8 envelopes are closed with the right counts; R9 amounts are decimals that the currency can hold; SYNTAX
/// the file is not an 835 at all. Exit code 1 if any of them but R7 is broken.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu remittance check payment.835
  dianfu remittance check payment.835 --format json | jq .errors
  cat payment.835 | dianfu remittance check -")]
pub struct Check {
    /// The file; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

const PAYMENTS: Sheet = Sheet {
    above: &[],
    rows: "remittances",
    columns: &[
        Column::Text("trace"),
        Column::Text("payer.name"),
        Column::Text("payee.name"),
        Column::Text("value_date"),
        Column::Text("currency"),
        Column::Number("paid"),
        Column::Number("lines_paid"),
        Column::Number("adjustments"),
        Column::Number("computed"),
        Column::Number("lines"),
    ],
    totals: None,
    below: &[],
    empty: "No payment could be read.",
};

const BROKEN: &[Column] = &[
    Column::Text("rule"),
    Column::Number("segment"),
    Column::Text("place"),
    Column::Text("message"),
    Column::Text("expected"),
    Column::Text("actual"),
];

impl Check {
    pub async fn run(&self) -> anyhow::Result<Answer> {
        let bytes = input::whole(&self.file, input::REMITTANCE_BYTES_MAX).await?;
        let (_, verdict) = examine(&bytes);
        show(&self.file, &verdict, &self.output)
    }
}

/// Prints a verdict; a no if the file does not hold.
pub fn show(file: &Path, verdict: &Verdict, output: &Output) -> anyhow::Result<Answer> {
    print(verdict, output).or_else(unless_nobody_reads)?;
    if verdict.balanced {
        return Ok(Answer::Yes);
    }
    let next = "ask the sender for a file that holds; an import would refuse this one";
    say(&summary(&input::name(file), verdict), Some(next));
    Ok(Answer::No)
}

fn summary(name: &str, verdict: &Verdict) -> String {
    let first =
        verdict.errors.first().map(|first| format!(": {} at {}: {}", first.rule.name(), first.place, first.message));
    let others = match verdict.errors.len().saturating_sub(1) {
        0 => String::new(),
        others => format!("; and {others} more"),
    };
    format!("{name} does not hold{}{others}", first.unwrap_or_default())
}

/// Prints a verdict; as CSV, what is wrong or odd, one a line.
pub fn print(verdict: &Verdict, output: &Output) -> anyhow::Result<()> {
    let mut answer = serde_json::to_value(verdict)?;
    let mut out = stdout();
    match output.format {
        Format::Json => write_json(&mut out, verdict)?,
        Format::Csv => {
            let severe = |name: &str, severity: &str| with_severity(&answer[name], severity);
            let rows: Vec<Value> = severe("errors", "error").chain(severe("warnings", "warning")).collect();
            answer["broken"] = Value::Array(rows);
            write_csv(&mut out, &answer, &Sheet { rows: "broken", columns: CSV, ..Sheet::default() })?;
        }
        Format::Table => {
            write_table(&mut out, &answer, &PAYMENTS)?;
            for (rows, title) in [("errors", "Errors:"), ("warnings", "Warnings:")] {
                if answer[rows].as_array().is_some_and(|rows| !rows.is_empty()) {
                    writeln!(out, "{title}")?;
                    write_table(&mut out, &answer, &Sheet { rows, columns: BROKEN, ..Sheet::default() })?;
                }
            }
            writeln!(out, "{}", if verdict.balanced { "The sums hold." } else { "The sums do not hold." })?;
        }
    }
    Ok(out.flush()?)
}

const CSV: &[Column] = &[
    Column::Text("severity"),
    Column::Text("rule"),
    Column::Number("segment"),
    Column::Text("place"),
    Column::Text("message"),
    Column::Text("expected"),
    Column::Text("actual"),
];

fn with_severity(rows: &Value, severity: &str) -> impl Iterator<Item = Value> + use<> {
    let severity = Value::from(severity);
    let rows = rows.as_array().cloned().unwrap_or_default();
    rows.into_iter().map(move |mut row| {
        row["severity"] = severity.clone();
        row
    })
}
