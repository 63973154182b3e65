//! `dianfu remittance list` and `show`: where remittances stand.

use std::io::Write;

use clap::Args;
use dianfu_api::wire::remittance::{RemittanceBody, RemittancePageBody, SummaryBody};
use dianfu_ledger::query::PAGE_ROWS_MAX;
use dianfu_reconcile::report;
use dianfu_settlement::number::PartyNo;
use serde_json::Value;
use uuid::Uuid;

use crate::cli::arguments::party;
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No};
use crate::cli::print::{Column, Format, Output, Sheet, stdout, write_csv, write_json, write_table};

/// List remittances in the order in which they came: their cash, and where it went
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu remittance list
  dianfu remittance list --insurer picc --format csv")]
pub struct List {
    /// Only those of this insurer
    #[arg(long, value_name = "NAME", value_parser = party)]
    insurer: Option<PartyNo>,
    #[command(flatten)]
    output: Output,
}

/// Show one remittance: what each line was matched to and why, and the differences that it left
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu remittance show 0199aa00-0000-7000-8000-000000000001 --format json")]
pub struct Show {
    /// Its id, as `dianfu remittance list` shows it
    id: Uuid,
    #[command(flatten)]
    output: Output,
}

const SUMMARIES: Sheet = Sheet {
    above: &[],
    rows: "remittances",
    columns: &[
        Column::Text("id"),
        Column::Text("insurer"),
        Column::Text("trace"),
        Column::Text("state"),
        Column::Text("value_date"),
        Column::Text("currency"),
        Column::Number("paid"),
        Column::Number("cash"),
        Column::Number("applied"),
        Column::Number("unapplied"),
        Column::Text("cash_break"),
    ],
    totals: None,
    below: &[],
    empty: "No remittance has been taken in yet.",
};

const HEAD: Sheet = Sheet {
    above: &["id", "insurer", "trace", "state", "currency", "paid", "cash", "applied", "unapplied", "cash_break"],
    rows: "",
    columns: &[],
    totals: None,
    below: &[],
    empty: "",
};

const LINES: Sheet = Sheet {
    above: &[],
    rows: "lines",
    columns: &[
        Column::Number("line"),
        Column::Text("claim_no"),
        Column::Number("billed"),
        Column::Number("paid"),
        Column::Text("matched.outcome"),
        Column::Text("matched.claim_no"),
        Column::Number("matched.applied"),
        Column::Number("matched.suspense"),
    ],
    totals: None,
    below: &[],
    empty: "It has no lines.",
};

const ADJUSTMENTS: Sheet = Sheet {
    above: &[],
    rows: "adjustments",
    columns: &[
        Column::Number("adjustment"),
        Column::Text("code"),
        Column::Text("reference"),
        Column::Number("amount"),
        Column::Text("account"),
        Column::Number("booked"),
        Column::Number("suspense"),
        Column::Text("reason"),
    ],
    totals: None,
    below: &[],
    empty: "It has no payee-level adjustments.",
};

const BREAKS: Sheet = Sheet {
    above: &[],
    rows: "breaks",
    columns: &[
        Column::Text("category"),
        Column::Number("line"),
        Column::Number("adjustment"),
        Column::Text("item"),
        Column::Number("amount"),
        Column::Text("explanation"),
        Column::Text("closed_at"),
    ],
    totals: None,
    below: &[],
    empty: "It left no differences.",
};

impl List {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let mut client = desk.client().await?;
        let mut remittances: Vec<SummaryBody> = Vec::new();
        let mut after = None;
        loop {
            let page = report::application_page(&mut client, self.insurer.as_ref(), after, PAGE_ROWS_MAX).await?;
            remittances.extend(page.rows.into_iter().map(SummaryBody::from));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.output.print(&RemittancePageBody { remittances, next: None }, &SUMMARIES)?;
        Ok(Answer::Yes)
    }
}

impl Show {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let found = report::remittance(&mut desk.client().await?, self.id).await?;
        let unknown = || {
            let what = format!("there is no remittance {} in book '{}'", self.id, desk.book());
            No::new(what).next("`dianfu remittance list` shows the remittances")
        };
        let body = RemittanceBody::from(found.ok_or_else(unknown)?);
        if self.output.format == Format::Json {
            self.output.print_one(&body, &[])?;
        } else {
            print(&[body], &self.output)?;
        }
        Ok(Answer::Yes)
    }
}

/// Prints remittances with their lines and breaks; as CSV, the lines.
pub fn print(remittances: &[RemittanceBody], output: &Output) -> anyhow::Result<()> {
    let mut out = stdout();
    let answers: Vec<Value> = remittances.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    match output.format {
        Format::Json => write_json(&mut out, &remittances)?,
        Format::Csv => {
            let lines = answers.iter().flat_map(|answer| answer["lines"].as_array().cloned().unwrap_or_default());
            write_csv(&mut out, &Value::Array(lines.collect()), &Sheet { rows: "", ..LINES })?;
        }
        Format::Table => {
            for answer in &answers {
                [HEAD, LINES, ADJUSTMENTS, BREAKS].iter().try_for_each(|sheet| write_table(&mut out, answer, sheet))?;
            }
        }
    }
    Ok(out.flush()?)
}
