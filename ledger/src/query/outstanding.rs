//! What is outstanding on items that the caller names.

use tokio_postgres::{GenericClient, Row};

use crate::account::AccountCode;

use super::{QueryError, row, sql};

/// What stands on one item of one account, in minor units, debits less credits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outstanding {
    /// The account.
    pub account: AccountCode,
    /// The item.
    pub item: String,
    /// Money that has moved.
    pub settled_minor: i128,
    /// Money that is held.
    pub pending_minor: i128,
}

/// What stands on each of these items as the book is now; an item that nothing was ever posted on is left out.
///
/// Costs the postings of these items, found by index, and reads the journal as the caller's transaction sees it: who
/// must rely on the answer locks the head first.
pub async fn outstanding(
    client: &impl GenericClient,
    items: &[(&AccountCode, &str)],
) -> Result<Vec<Outstanding>, QueryError> {
    let (codes, items): (Vec<&str>, Vec<&str>) = items.iter().map(|(account, item)| (account.as_str(), *item)).unzip();
    let rows = client.query(sql::OUTSTANDING, &[&codes, &items]).await?;
    rows.iter().map(view).collect()
}

fn view(row: &Row) -> Result<Outstanding, QueryError> {
    Ok(Outstanding {
        account: row::account_code(row, "code")?,
        item: row.try_get("item")?,
        settled_minor: row::sum(row, "settled")?,
        pending_minor: row::sum(row, "pending")?,
    })
}
