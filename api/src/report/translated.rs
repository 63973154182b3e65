//! Reports in one currency.

use dianfu_ledger::report::translate::{Presentation, Translatable, translated};
use dianfu_ledger::report::{Period, ReportError};
use tokio_postgres::Client;

use super::Question;
use crate::sheet::{Column, Paper, Sheet};
use crate::wire::translated::TranslatedBody;

/// A report in one currency.
#[derive(Clone, Debug)]
pub struct Translated {
    /// Which.
    pub report: Translatable,
    /// From when to when; only an income statement has a first day.
    pub period: Period,
    /// In what, and at which rates.
    pub presentation: Presentation,
}

impl Question for Translated {
    type Body = TranslatedBody;

    const PAPER: Paper = Paper {
        title: "Report in one currency",
        name: "fx-report",
        lead: None,
        sheet: Sheet {
            above: &["currency", "from", "as_of", "rates_of"],
            rows: "lines",
            columns: &[
                Column::Text("type"),
                Column::Text("account"),
                Column::Text("name"),
                Column::Amount("original"),
                Column::Text("original_currency"),
                Column::Text("rate"),
                Column::Amount("amount"),
            ],
            totals: None,
            below: &["total", "known_at"],
            empty: "Nothing is posted yet.",
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<TranslatedBody, ReportError> {
        Ok(translated(client, self.report, self.period, &self.presentation).await?.into())
    }
}
