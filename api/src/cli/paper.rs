//! Reports on standard output or in a file, in every format, whole or a page of them.
//!
//! Rows are printed page after page as they are read. A file gets its name when it is whole.

use std::io::{IsTerminal, Write, stdout};
use std::mem;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use dianfu_api::report::{self, PrintError, Printing, Question};
use dianfu_api::sheet::{Imprint, Listed, Paper, Render, RenderError, Shown};
use dianfu_ledger::report::ReportError;
use serde_json::Value;

use super::account::unknown;
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::export::target::whole_file;
use super::pages::Pages;
use super::print::{self, table, write_fields, write_json, write_table};

/// How a report is printed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, ValueEnum)]
pub enum Format {
    /// For a person
    #[default]
    Table,
    /// With a line of field names
    Csv,
    /// As the HTTP interface answers: amounts are decimal strings
    Json,
    /// One row a line, and a last line that says that it is whole
    Ndjson,
    /// A workbook: amounts of at most 15 digits are numbers
    Xlsx,
    /// A page to print
    Html,
}

/// The options that every report has.
#[derive(Args)]
pub struct PaperOutput {
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The file to write, only when it is whole; standard output if left out or `-`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl PaperOutput {
    /// Prints the whole answer.
    pub async fn print<Q: Question>(&self, desk: &Desk, question: Q) -> anyhow::Result<Answer> {
        self.print_pages(desk, question, &Pages::default()).await
    }

    /// Prints the answer or, if a limit is given, one page of it; a no if it shows that something is wrong.
    pub async fn print_pages<Q: Question>(&self, desk: &Desk, question: Q, pages: &Pages) -> anyhow::Result<Answer> {
        if self.format == Format::Xlsx && self.file().is_none() && stdout().is_terminal() {
            return Err(No::new("a workbook is no text for a terminal").next("name a file with -o FILE").into());
        }
        let client = desk.client().await?;
        let asked = question.page(&client, pages.cursor(), pages.list_rows()).await;
        drop(client);
        let first = asked.map_err(|error| refused(desk, error))?;
        let wrong = first.wrong();
        if let Some(path) = self.file() {
            whole_file(path, async |out| self.write(desk, question, first, pages, out).await).await?;
            note(&format!("{} is in {}", Q::PAPER.title, path.display()));
        } else {
            let mut out: Box<dyn Write + Send> = Box::new(print::stdout());
            self.write(desk, question, first, pages, &mut out).await?;
            out.flush()?;
        }
        match wrong {
            Some(wrong) => Err(No::new(wrong).next("`dianfu verify` names the first row that is wrong").into()),
            None => Ok(Answer::Yes),
        }
    }

    async fn write<Q: Question>(
        &self,
        desk: &Desk,
        question: Q,
        first: Q::Body,
        pages: &Pages,
        out: &mut Box<dyn Write + Send + '_>,
    ) -> anyhow::Result<()> {
        if self.format == Format::Json && pages.is_one() {
            return write_json(out, &first);
        }
        let imprint = Imprint { book: desk.book().to_string(), actor: Desk::actor() };
        let mut printing = Printing::new(question, first, self.render(Q::PAPER, imprint));
        if pages.is_one()
            && let Some(next) = printing.end_here()
        {
            pages.note_more(&next);
        }
        let ledger = desk.ledger().await?;
        while let Some(piece) = printing.step(ledger).await? {
            out.write_all(&piece)?;
        }
        Ok(())
    }

    fn render(&self, paper: Paper, imprint: Imprint) -> Box<dyn Render> {
        let format = match self.format {
            Format::Table => return Box::new(Table::new(paper)),
            Format::Csv => report::Format::Csv,
            Format::Json => report::Format::Json,
            Format::Ndjson => report::Format::Ndjson,
            Format::Xlsx => report::Format::Xlsx,
            Format::Html => report::Format::Html,
        };
        format.render(paper, imprint)
    }

    /// The file, if it is one.
    fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| path.as_os_str() != "-")
    }
}

/// Why there is no answer; where an account is unknown, what to do next.
fn refused(desk: &Desk, error: ReportError) -> anyhow::Error {
    match error {
        ReportError::AccountUnknown(code) => unknown(desk, &code).into(),
        ReportError::RateMissing(missing) => No::new(missing.to_string())
            .next(
                "`dianfu rate load` or `rate set` puts it on record; --max-age, --inverse and --via let others stand \
                 in, --result-kind names the kind for income and expenses",
            )
            .into(),
        error => PrintError::Report(error).into(),
    }
}

/// Writes a paper for a person. A long list is a table a page, each under the names of the columns.
struct Table {
    paper: Paper,
    rows: Vec<Value>,
    page_is_full: bool,
}

impl Table {
    fn new(paper: Paper) -> Table {
        Table { paper, rows: Vec::new(), page_is_full: false }
    }

    /// Writes the rows that wait, and these totals under them.
    fn write_rows(&mut self, totals: &[Value], out: &mut Vec<u8>) -> Result<(), RenderError> {
        let rows = mem::take(&mut self.rows);
        let table = table(self.paper.sheet.columns, rows.iter().chain(totals));
        Ok(table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))?)
    }
}

impl Render for Table {
    fn begin(&mut self, head: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let head = head.value()?;
        write_fields(out, &head, self.paper.sheet.above).map_err(into_io)?;
        match self.paper.lead {
            Some(lead) if !dianfu_api::sheet::rows(&head, lead.rows).is_empty() => {
                write_table(out, &head, &lead).map_err(into_io)?;
                Ok(writeln!(out)?)
            }
            _ => Ok(()),
        }
    }

    fn row(&mut self, row: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError> {
        if mem::take(&mut self.page_is_full) {
            self.write_rows(&[], out)?;
        }
        self.rows.push(row.value()?);
        Ok(())
    }

    fn page_ends(&mut self, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        self.page_is_full = !self.rows.is_empty();
        Ok(())
    }

    fn end(&mut self, head: &dyn Shown, rows: u64, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let (head, sheet) = (head.value()?, self.paper.sheet);
        if rows == 0 {
            writeln!(out, "{}", sheet.empty)?;
        } else {
            let totals = sheet.totals.map_or(&[][..], |field| dianfu_api::sheet::rows(&head, field));
            self.write_rows(totals, out)?;
        }
        Ok(write_fields(out, &head, sheet.below).map_err(into_io)?)
    }
}

fn into_io(error: anyhow::Error) -> std::io::Error {
    std::io::Error::other(error)
}
