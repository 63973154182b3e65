//! The statements that a database is asked before there is any book in it.

use tokio_postgres::{Client, Error};

/// The role that the running service takes: it may add to the books and read them, nothing else.
pub(super) const SERVICE_ROLE: &str = "dianfu_service";

pub(super) async fn service_role_exists(client: &Client) -> Result<bool, Error> {
    let row = client.query_one("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", &[&SERVICE_ROLE]).await?;
    row.try_get(0)
}

pub(super) async fn create_service_role(client: &Client) -> Result<(), Error> {
    client.batch_execute(&format!("CREATE ROLE {SERVICE_ROLE} NOLOGIN")).await
}

pub(super) async fn grant_service_role(client: &Client) -> Result<(), Error> {
    client.batch_execute(&format!("GRANT {SERVICE_ROLE} TO CURRENT_USER")).await
}

/// Takes the role and puts it down again: the same right by the same door in every release of PostgreSQL.
pub(super) async fn try_service_role(client: &Client) -> Result<(), Error> {
    client.batch_execute(&format!("SET ROLE {SERVICE_ROLE}")).await?;
    client.batch_execute("RESET ROLE").await
}

/// The name of the session's user, quoted as an identifier.
pub(super) async fn user(client: &Client) -> Result<String, Error> {
    client.query_one("SELECT quote_ident(session_user)", &[]).await?.try_get(0)
}

/// What an administrator runs so that `user`, quoted, may take the service's role.
pub(super) fn statements_for_an_administrator(user: &str) -> String {
    format!("CREATE ROLE {SERVICE_ROLE} NOLOGIN; GRANT {SERVICE_ROLE} TO {user};")
}
