//! `dianfu book`: independent sets of books.

use clap::Subcommand;
use dianfu_ledger::Ledger;
use dianfu_ledger::book::{self, BookName};
use dianfu_settlement::journals;
use serde::Serialize;

use super::arguments::book_name;
use super::desk::Desk;
use super::ending::Answer;
use super::print::{Column, Output, Sheet};

/// Make and list books: independent sets of accounts and entries
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu book create main
  dianfu book list")]
pub enum Book {
    /// Make a book, or bring the tables of an existing one up to date
    ///
    /// A book is for one legal entity or programme. It gets the journals of the platform as templates.
    /// Commands use the book `main` if none is named.
    #[command(after_help = "\
Examples:
  dianfu book create main
  dianfu book create wuhan_2026
  dianfu --book wuhan_2026 report trial-balance")]
    Create {
        /// Up to 40 lower-case letters, digits and '_', beginning with a letter
        #[arg(value_parser = book_name)]
        name: BookName,
        #[command(flatten)]
        output: Output,
    },
    /// List the books of this database
    #[command(after_help = "\
Example:
  dianfu book list --format json")]
    List {
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Serialize)]
struct BookBody {
    name: String,
    /// Whether it was made now.
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<bool>,
}

#[derive(Serialize)]
struct BooksBody {
    books: Vec<BookBody>,
}

impl Book {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Book::Create { name, output } => {
                let new = Some(book::create(desk.database().await?, name).await?);
                let ledger = Ledger::open(desk.database().await?, name).await?;
                let installed = journals::install(&ledger).await;
                ledger.close().await;
                installed?;
                output.print_one(&BookBody { name: name.to_string(), new }, &["name", "new"])?;
            }
            Book::List { output } => {
                let names = book::list(desk.database().await?).await?;
                let books = names.into_iter().map(|name| BookBody { name: name.to_string(), new: None }).collect();
                let (rows, empty) = ("books", "There is no book yet: dianfu book create main");
                let columns = &[Column::Text("name")];
                output.print(&BooksBody { books }, &Sheet { rows, columns, empty, ..Sheet::default() })?;
            }
        }
        Ok(Answer::Yes)
    }
}
