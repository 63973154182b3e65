//! The statements on people, tokens, keys and nonces.

pub mod operators;
pub mod partners;
pub mod tokens;

use tokio_postgres::{Client, Error};

/// A connection of the service's pool, which remembers prepared statements.
type Serving = deadpool_postgres::Client;

/// Makes the book of `schema` the whole world of a session. The name of a schema needs no quoting.
pub async fn use_schema(client: &Client, schema: &str) -> Result<(), Error> {
    client.batch_execute(&format!("SET search_path = {schema}")).await
}
