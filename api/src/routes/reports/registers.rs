//! Registers and proofs, and what differs between two reports.

use axum::response::Response;
use dianfu_ledger::query::Moment;
use dianfu_ledger::report::diff::{DiffAsked, DiffOf};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::answer::{Lasts, Reader};
use crate::extract::Queries;
use crate::problem::Problem;
use crate::report::registers;
use crate::routes::asked::{FormatQuery, FromQuery, MomentQuery, PageQuery, one_of};
use crate::wire::report::diff::DiffBody;
use crate::wire::report::integrity::IntegrityBody;
use crate::wire::report::registers::{CutOffBody, ManualJournalsBody};
use crate::wire::time;

/// Entries that moved money because a person said so, by no template and under no journal.
#[utoipa::path(
    get, path = "/v1/reports/manual-journals", tag = "reports", params(FromQuery, MomentQuery, PageQuery, FormatQuery),
    responses((status = 200, body = ManualJournalsBody))
)]
pub async fn manual_journals(
    reader: Reader,
    Queries((from, moment, page, format)): Queries<(FromQuery, MomentQuery, PageQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let question = registers::ManualJournals { period: from.until(&moment) };
    reader.answer_pages(question, page, format, moment.lasts()).await
}

/// Which period.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodEndQuery {
    /// The last day of the period.
    #[serde(deserialize_with = "time::that_day")]
    #[param(value_type = String, format = Date, example = "2026-05-31")]
    period_end: Date,
}

/// The cut-off test: entries on the wrong side, or on both sides, of the end of a period.
#[utoipa::path(
    get, path = "/v1/reports/cut-off", tag = "reports", params(PeriodEndQuery, MomentQuery, FormatQuery),
    responses((status = 200, body = CutOffBody))
)]
pub async fn cut_off(
    reader: Reader,
    Queries((period, moment, format)): Queries<(PeriodEndQuery, MomentQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    reader
        .answer(registers::CutOff { period_end: period.period_end, moment: moment.moment() }, format, moment.lasts())
        .await
}

/// What the journal is at a time, in figures to keep and compare: gaps, the chain of hashes, debits and credits.
#[utoipa::path(
    get, path = "/v1/reports/integrity", tag = "reports", params(MomentQuery, FormatQuery),
    responses((status = 200, body = IntegrityBody))
)]
pub async fn integrity(
    reader: Reader,
    Queries((moment, format)): Queries<(MomentQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    reader.answer(registers::Integrity { moment: moment.moment() }, format, moment.lasts()).await
}

/// Which report, at which two moments.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// `trial-balance`, `balance-sheet`, `income-statement` or `open-items`.
    #[param(example = "balance-sheet")]
    of: String,
    /// The first day of an income statement; of no other report.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The first report: only what counts up to this day; all if left out.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date, example = "2026-04-30")]
    before_as_of: Option<Date>,
    /// The first report: only what the ledger knew at this time; now if left out.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    before_known_at: Option<Timestamp>,
    /// The second report: only what counts up to this day; all if left out.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date, example = "2026-05-31")]
    after_as_of: Option<Date>,
    /// The second report: only what the ledger knew at this time; now if left out.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    after_known_at: Option<Timestamp>,
}

impl DiffQuery {
    fn asked(&self) -> Result<DiffAsked, Problem> {
        let of = one_of("/query/of", &self.of, DiffOf::from_word(&self.of), &DiffOf::ALL.map(DiffOf::word))?;
        if let Some(from) = self.from.filter(|_| of != DiffOf::IncomeStatement) {
            let message = format!("a report of {} begins with the book, not on {from}", of.word());
            return Err(Problem::parameter("/query/from", message));
        }
        Ok(DiffAsked {
            of,
            from: self.from,
            before: Moment { as_of: self.before_as_of, known_at: self.before_known_at },
            after: Moment { as_of: self.after_as_of, known_at: self.after_known_at },
        })
    }
}

/// What differs between a report at one moment and at another, row by row, and the entries that explain it.
///
/// The entries come page by page; as CSV and NDJSON they are what is listed.
#[utoipa::path(
    get, path = "/v1/reports/diff", tag = "reports", params(DiffQuery, PageQuery, FormatQuery),
    responses((status = 200, body = DiffBody))
)]
pub async fn diff(
    reader: Reader,
    Queries((query, page, format)): Queries<(DiffQuery, PageQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let asked = query.asked()?;
    let lasts = Lasts::with(asked.before.known_at.and(asked.after.known_at));
    reader.answer_pages(registers::Diff { asked }, page, format, lasts).await
}
