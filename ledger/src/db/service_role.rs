//! The service's role: made once per server, by whichever program comes first.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

use super::{DbError, sql};

/// Makes the service's role where it is missing and sees to it that the session's user may take it.
///
/// Several programs may do this at once: what counts is that the role can be taken in the end, not who made it.
pub(super) async fn ensure(client: &Client) -> Result<(), DbError> {
    if !sql::service_role_exists(client).await? {
        match sql::create_service_role(client).await {
            Err(error) if is(&error, &[SqlState::DUPLICATE_OBJECT, SqlState::UNIQUE_VIOLATION]) => {}
            result => or_right(client, result).await?,
        }
    }
    match sql::try_service_role(client).await {
        Err(error) if is(&error, &[SqlState::INSUFFICIENT_PRIVILEGE]) => {}
        result => return Ok(result?),
    }
    let granted = sql::grant_service_role(client).await;
    match sql::try_service_role(client).await {
        Ok(()) => Ok(()),
        Err(error) => or_right(client, granted.and(Err(error))).await,
    }
}

/// Turns a refusal for lack of rights into the statements that an administrator can run.
async fn or_right(client: &Client, result: Result<(), Error>) -> Result<(), DbError> {
    match result {
        Err(source) if is(&source, &[SqlState::INSUFFICIENT_PRIVILEGE]) => {
            let statements = sql::statements_for_an_administrator(&sql::user(client).await?);
            Err(DbError::MissingRight { statements, source })
        }
        result => Ok(result?),
    }
}

fn is(error: &Error, states: &[SqlState]) -> bool {
    error.code().is_some_and(|code| states.contains(code))
}
