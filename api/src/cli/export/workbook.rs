//! The book as a workbook: the accounts on the first worksheet, then every posting, one a row.
//!
//! Memory grows with the accounts, not with the journal: rows go to a temporary file as they are read.

use std::io::{self, Write};

use clap::Args;
use deadpool_postgres::Client;
use dianfu_api::sheet::xlsx::Xlsx;
use dianfu_api::sheet::{Column, Imprint, Paper, Render, RenderError, Sheet};
use dianfu_api::wire::account::AccountBody;
use dianfu_ledger::export::journal::{ChartAccount, Entry, Leg, chart, each_entry};
use dianfu_ledger::export::{ExportError, Exported, Progress, Span};
use dianfu_ledger::money::decimal_text;
use dianfu_ledger::query::{AccountView, Moment};
use serde_json::{Value, json};

use super::Target;
use crate::cli::arguments::MomentArgs;
use crate::cli::desk::Desk;
use crate::cli::ending::No;

/// Write the book as a workbook: the accounts, and every posting on a row of its own
///
/// Every entry is whole, holds and what takes from them too. Amounts of at most 15 digits are numbers, days are days,
/// and no words are formulas. More rows than a worksheet holds go on in the next.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu export xlsx -o book.xlsx
  dianfu export xlsx --as-of 2026-05-31 -o may.xlsx")]
pub struct Workbook {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    moment: MomentArgs,
}

const ACCOUNTS: Sheet = Sheet {
    above: &["known_at", "as_of"],
    rows: "accounts",
    columns: &[
        Column::Text("code"),
        Column::Text("name"),
        Column::Text("type"),
        Column::Text("currency"),
        Column::Text("normal_side"),
        Column::Text("open_item"),
        Column::Amount("min"),
        Column::Amount("max"),
        Column::Text("closed"),
        Column::Text("frozen"),
        Column::Text("parent"),
        Column::Text("metadata"),
    ],
    totals: None,
    below: &[],
    empty: "There are no accounts.",
};

const BOOK: Paper = Paper {
    title: "Journal",
    name: "journal",
    lead: Some(ACCOUNTS),
    sheet: Sheet {
        above: &["known_at", "as_of"],
        rows: "postings",
        columns: &[
            Column::Number("sequence"),
            Column::Text("booked_at"),
            Column::Text("entry"),
            Column::Day("date"),
            Column::Text("kind"),
            Column::Text("account"),
            Column::Amount("debit"),
            Column::Amount("credit"),
            Column::Text("currency"),
            Column::Text("item"),
            Column::Day("due_date"),
            Column::Text("layer"),
            Column::Text("reference"),
            Column::Text("description"),
            Column::Text("actor"),
            Column::Text("metadata"),
            Column::Text("adjusting"),
            Column::Day("value_date"),
            Column::Text("relates_to"),
            Column::Text("hold_group"),
            Column::Text("expires_at"),
        ],
        totals: None,
        below: &[],
        empty: "There are no entries.",
    },
};

impl Workbook {
    pub async fn run(&self, desk: &Desk, clients: [Client; 2]) -> anyhow::Result<()> {
        if self.target.is_a_terminal() {
            return Err(No::new("a workbook is no text for a terminal").next("name a file with -o FILE").into());
        }
        let imprint = Imprint { book: desk.book().to_string(), actor: Desk::actor() };
        let moment = self.moment.moment();
        self.target.write(async |out, bar| Ok(write(clients, moment, imprint, out, bar).await?)).await?;
        Ok(())
    }
}

async fn write(
    clients: [Client; 2],
    moment: Moment,
    imprint: Imprint,
    out: &mut impl Write,
    progress: impl FnMut(Progress),
) -> Result<Exported, ExportError> {
    let extent = Span { moment, ..Span::default() }.extent(&**clients[0]).await?;
    let chart = chart(&**clients[0], moment.known_at).await?;
    let account = |known: &ChartAccount| {
        AccountBody::from(AccountView { account: known.account.clone(), note: known.note.clone() })
    };
    let accounts: Vec<AccountBody> = chart.iter().map(account).collect();
    let head = json!({"known_at": extent.horizon.known_at, "as_of": extent.horizon.as_of, "accounts": accounts});
    let (mut book, mut made) = (Xlsx::with_lead("Accounts", BOOK, imprint), Vec::new());
    book.begin(&head, &mut made).map_err(unwritten)?;
    let mut rows = 0;
    let entries = each_entry(clients, &extent, &chart, progress, |entry, legs| {
        for leg in legs.iter() {
            rows += 1;
            book.row(&row(entry, &leg?), &mut made).map_err(unwritten)?;
        }
        Ok(())
    })
    .await?;
    book.end(&head, rows, &mut made).map_err(unwritten)?;
    while book.rest(&mut made).map_err(unwritten)? {
        out.write_all(&made)?;
        made.clear();
    }
    out.flush()?;
    Ok(Exported { entries, known_at: extent.horizon.known_at, last_sequence: extent.last })
}

fn row(entry: &Entry<'_>, leg: &Leg<'_>) -> Value {
    let amount = |minor: i128| (minor > 0).then(|| decimal_text(minor, leg.account.currency));
    json!({
        "sequence": entry.sequence, "booked_at": entry.booked_at, "entry": entry.id, "date": entry.effective_date,
        "kind": entry.kind.word(), "account": leg.account.code.as_str(),
        "debit": amount(leg.minor.into()), "credit": amount(-i128::from(leg.minor)),
        "currency": leg.account.currency.code(), "item": leg.item, "due_date": leg.due_date, "layer": leg.layer.word(),
        "reference": entry.reference, "description": entry.description, "actor": entry.actor,
        "metadata": entry.metadata, "adjusting": entry.adjusting.then_some(true), "value_date": entry.value_date,
        "relates_to": entry.relates_to, "hold_group": entry.hold_group, "expires_at": entry.expires_at,
    })
}

fn unwritten(error: RenderError) -> ExportError {
    match error {
        RenderError::Io(error) => error.into(),
        error => io::Error::other(error).into(),
    }
}
