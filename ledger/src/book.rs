//! Books: independent sets of books, one PostgreSQL schema each.

mod sql;

use std::fmt;

use refinery::Runner;
use tokio_postgres::Client;

use crate::db::Database;
use crate::error::Error;

mod embedded {
    //! The migrations, compiled in.
    refinery::embed_migrations!("../migrations");
}

/// The name of a book: 1 to 40 lower-case letters, digits and `_`, starting with a letter. Its schema is `book_NAME`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BookName(String);

impl BookName {
    /// Checks and takes a name.
    pub fn parse(name: &str) -> Option<BookName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let starts_ok = name.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
        (starts_ok && name.len() <= 40 && name.bytes().all(allowed)).then(|| BookName(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The schema that holds the book.
    pub fn schema(&self) -> String {
        format!("book_{}", self.0)
    }
}

impl fmt::Display for BookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Creates a book, or brings the tables of an existing one up to date. Answers whether it is new.
///
/// Runs under a lock, so that any number of processes may ask at once. A file that differs from what was applied is
/// an error.
pub async fn create(database: &Database, book: &BookName) -> Result<bool, Error> {
    database.ensure_service_role().await?;
    let mut client = database.connect_owner().await?;
    let schema = book.schema();
    sql::lock_migrations(&client).await?;
    let is_new = !sql::exists(&client, &schema).await?;
    sql::enter_schema(&client, &schema).await?;
    let runner: Runner = embedded::migrations::runner();
    runner.set_abort_divergent(true).run_async(&mut client).await?;
    sql::unlock_migrations(&client).await?;
    Ok(is_new)
}

/// The books of a database, by name.
pub async fn list(database: &Database) -> Result<Vec<BookName>, Error> {
    let client = database.connect_owner().await?;
    let names = sql::names(&client).await?;
    Ok(names.iter().filter_map(|name| BookName::parse(name)).collect())
}

/// Whether there is such a book. `client` is on the database of the books.
pub async fn exists(client: &Client, book: &BookName) -> Result<bool, Error> {
    Ok(sql::exists(client, &book.schema()).await?)
}

/// An error if there is no such book, or its tables are not those that this program knows.
pub async fn require(database: &Database, book: &BookName) -> Result<(), Error> {
    let client = database.connect_owner().await?;
    let schema = book.schema();
    if !sql::exists(&client, &schema).await? {
        return Err(Error::BookUnknown(book.to_string()));
    }
    let runner = embedded::migrations::runner();
    let expected = runner.get_migrations().iter().map(|file| file.version().into()).max();
    let expected: i64 = expected.expect("there are migrations");
    let actual = sql::version(&client, &schema).await?;
    if actual == expected { Ok(()) } else { Err(Error::BookVersion { book: book.to_string(), expected, actual }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_schema_without_quoting() {
        for good in ["main", "a", "wuhan_2026"] {
            assert_eq!(BookName::parse(good).unwrap().schema(), format!("book_{good}"));
        }
        for bad in ["", "Main", "1a", "a-b", "a b", "a;drop", "书", &"a".repeat(41)] {
            assert_eq!(BookName::parse(bad), None, "{bad}");
        }
    }
}
