//! What the server and the book's owner must have, and what a book leaves behind.

use std::path::Path;
use std::time::Duration;

use dianfu_ledger::Error;
use dianfu_ledger::db::{Database, DbError};
use dianfu_ledger::segment::{self, Fault, sql};
use dianfu_tests::FilesFolder;
use tokio_postgres::error::SqlState;

use crate::books::Book;

use super::{assert_clean, book, detach};

/// The owner of a book need not own the server: what he lacks is told as statements, and these are enough.
#[tokio::test]
async fn a_lack_of_rights_is_told_with_the_statements_that_help() {
    let (book, owner) = book().await;
    let (database, folder) = (book.test.database(), FilesFolder::new());
    let name: String = owner.query_one("SELECT current_database()::text", &[]).await.unwrap().get(0);
    let clerk = format!("clerk_{name}");
    let give = format!(
        "CREATE ROLE {clerk} LOGIN; GRANT dianfu_service TO {clerk};
         ALTER DATABASE {name} OWNER TO {clerk}; ALTER SCHEMA book_main OWNER TO {clerk}"
    );
    owner.batch_execute(&give).await.unwrap();
    let things = "
        SELECT format('ALTER %s %s OWNER TO ', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass)
        FROM pg_class WHERE relnamespace = 'book_main'::regnamespace AND relkind IN ('r', 'p', 'v')
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO ', oid::regprocedure)
        FROM pg_proc WHERE pronamespace = 'book_main'::regnamespace AND prokind <> 'a'";
    for row in owner.query(things, &[]).await.unwrap() {
        owner.batch_execute(&format!("{}{clerk}", row.get::<_, &str>(0))).await.unwrap();
    }
    let url = book.test.url().replace("user=postgres", &format!("user={clerk}"));
    let as_clerk = Database::at_url(&url).unwrap();
    let error = folder_detach(&as_clerk, &book, &folder).await.unwrap_err();
    let Error::Open(DbError::MissingRight { statements, source }) = error else { panic!("{error:?}") };
    assert_eq!(source.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    database.connect_owner().await.unwrap().batch_execute(&statements).await.unwrap();
    folder_detach(&as_clerk, &book, &folder).await.unwrap().unwrap();
    assert_clean(&book, &owner).await;
    segment::attach(&as_clerk, book.ledger.book(), 1, Duration::from_secs(20)).await.unwrap().unwrap();
    assert_clean(&book, &owner).await;
    let leave = format!("REASSIGN OWNED BY {clerk} TO postgres; DROP OWNED BY {clerk}; DROP ROLE {clerk}");
    owner.batch_execute(&leave).await.unwrap();
}

async fn folder_detach(
    database: &Database,
    book: &Book,
    folder: &FilesFolder,
) -> Result<Result<segment::Segment, Fault>, Error> {
    segment::detach(database, book.ledger.book(), 1, &folder.folder(), Duration::from_secs(20)).await
}

#[tokio::test]
async fn a_book_with_detached_segments_can_be_dropped_and_others_keep_theirs() {
    let (book, owner) = book().await;
    let folder = FilesFolder::new();
    let files = detach(&book, &folder, 1).await;
    owner.batch_execute("DROP SCHEMA book_main CASCADE").await.unwrap();
    let left = "SELECT count(*) FROM pg_foreign_server WHERE srvname = 'dianfu_files'";
    assert_eq!(owner.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 1);
    assert!(Path::new(&files.entries).exists(), "files are never deleted");
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let (_book, owner) = book().await;
    for (name, statement) in sql::ALL {
        owner.prepare(statement).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
}
