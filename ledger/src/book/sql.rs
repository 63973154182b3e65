//! Statements about books as schemas. Schema names are made of lower-case letters, digits and `_`: nothing to quote.

use tokio_postgres::{Client, Error};

/// Advisory lock that serialises migrations of one database, whatever the book.
const MIGRATION_LOCK: i64 = 0x6469_616e_6675;

/// Waits for the lock under which tables are made.
pub async fn lock_migrations(client: &Client) -> Result<(), Error> {
    client.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    Ok(())
}

/// Gives it back.
pub async fn unlock_migrations(client: &Client) -> Result<(), Error> {
    client.execute("SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await?;
    Ok(())
}

/// Makes the schema where it is missing and makes it the world of this session.
pub async fn enter_schema(client: &Client, schema: &str) -> Result<(), Error> {
    client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
    client.batch_execute(&format!("SET search_path = {schema}")).await
}

/// Whether the schema holds a book.
pub async fn exists(client: &Client, schema: &str) -> Result<bool, Error> {
    const SQL: &str = "SELECT to_regclass(quote_ident($1) || '.head') IS NOT NULL";
    Ok(client.query_one(SQL, &[&schema]).await?.get(0))
}

/// The last migration that was applied to the book in the schema; 0 for none.
pub async fn version(client: &Client, schema: &str) -> Result<i64, Error> {
    const SQL: &str = "SELECT to_regclass(quote_ident($1) || '.refinery_schema_history') IS NOT NULL";
    let has_any: bool = client.query_one(SQL, &[&schema]).await?.get(0);
    if !has_any {
        return Ok(0);
    }
    let last = format!("SELECT COALESCE(max(version), 0)::bigint FROM {schema}.refinery_schema_history");
    Ok(client.query_one(&last, &[]).await?.get(0))
}

/// The names of all books.
pub async fn names(client: &Client) -> Result<Vec<String>, Error> {
    const SQL: &str = r"
        SELECT substr(nspname, 6) AS name
        FROM pg_namespace
        WHERE nspname LIKE 'book\_%' AND to_regclass(quote_ident(nspname) || '.head') IS NOT NULL
        ORDER BY nspname";
    let rows = client.query(SQL, &[]).await?;
    Ok(rows.iter().map(|row| row.get("name")).collect())
}
