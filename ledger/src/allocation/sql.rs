//! The statements of allocations.

use std::collections::HashMap;

use deadpool_postgres::Transaction;

use crate::account::{AccountCode, AccountNo};
use crate::error::Error;

/// Items of account `$1` that stand on the other side than item `$2`, by due date (the first day where none was given),
/// then by name; at most `$3`.
pub const ITEMS_DUE_FIRST: &str = "
    SELECT item
    FROM (
        SELECT p.item, sum(p.amount_minor) AS outstanding, COALESCE(max(p.due_date), min(p.effective_date)) AS due
        FROM posting p
        WHERE p.account_no = (SELECT account_no FROM account WHERE code = $1) AND p.layer = 0 AND p.item IS NOT NULL
        GROUP BY p.item
        HAVING sum(p.amount_minor) <> 0
    ) open
    WHERE sign(outstanding) = -sign((
        SELECT sum(p.amount_minor)
        FROM posting p
        WHERE p.account_no = (SELECT account_no FROM account WHERE code = $1) AND p.layer = 0 AND p.item = $2
    ))
    ORDER BY due, item
    LIMIT $3";

/// What stands on items `$2` of account number `$1`, debits less credits.
pub const STANDING: &str = "
    SELECT item, total_minor::text AS standing
    FROM item_totals((SELECT array_agg($1::integer) FROM unnest($2::text[])), $2)
    WHERE layer = 0";

/// Every statement by name.
pub const ALL: [(&str, &str); 2] = [("ITEMS_DUE_FIRST", ITEMS_DUE_FIRST), ("STANDING", STANDING)];

/// The items that are due first among those that stand on the other side than one.
pub async fn items_due_first(
    tx: &Transaction<'_>,
    account: &AccountCode,
    other_than: &str,
    at_most: usize,
) -> Result<Vec<String>, Error> {
    let at_most = i64::try_from(at_most).expect("an entry has few postings");
    let rows = tx.query(ITEMS_DUE_FIRST, &[&account.as_str(), &other_than, &at_most]).await?;
    Ok(rows.iter().map(|row| row.get("item")).collect())
}

/// What stands on each of these items; nothing for an item that was never posted on.
pub async fn standing(
    tx: &Transaction<'_>,
    account_no: AccountNo,
    items: &[&str],
) -> Result<HashMap<String, i128>, Error> {
    let rows = tx.query(STANDING, &[&account_no, &items]).await?;
    let stands = |row: &tokio_postgres::Row| {
        let minor = row.get::<_, &str>("standing").parse();
        Ok((row.get("item"), minor.map_err(|_| Error::Corrupt("the sum of an item".to_owned()))?))
    };
    rows.iter().map(stands).collect()
}
