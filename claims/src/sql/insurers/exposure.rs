//! What stands and is held on accounts of insurers.

use dianfu_ledger::account::AccountCode;
use jiff::civil::Date;
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::sql::corrupt;

/// What stands on an account, in minor units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountBalance {
    /// The account.
    pub account: AccountCode,
    /// Money that has moved, debit positive.
    pub settled_minor: i64,
    /// Money that is held, on the side on which more is.
    pub held_minor: i64,
    /// The first day of the oldest item that is open; `None` without one.
    pub oldest_on: Option<Date>,
}

/// These accounts as they stand now; one that is not open in the book is left out. One statement, one answer.
pub async fn balances(client: &impl GenericClient, accounts: &[AccountCode]) -> Result<Vec<AccountBalance>, Error> {
    const SQL: &str = "
        SELECT a.code, COALESCE(total.settled, 0)::bigint AS settled, COALESCE(total.held, 0)::bigint AS held,
               oldest.first_date
        FROM unnest($1::text[]) AS wanted (code)
        JOIN account a USING (code)
        CROSS JOIN head
        LEFT JOIN LATERAL (
            SELECT sum(settled_debits - settled_credits) AS settled,
                   sum(GREATEST(pending_debits, pending_credits)) AS held
            FROM balances(a.code, false, NULL, head.sequence)
        ) total ON true
        LEFT JOIN LATERAL (
            SELECT min(first_date) AS first_date
            FROM items_as_of(ARRAY[a.account_no], NULL, head.sequence)
            WHERE a.open_item AND outstanding <> 0
        ) oldest ON true";
    let codes: Vec<&str> = accounts.iter().map(AccountCode::as_str).collect();
    let rows = client.query(SQL, &[&codes]).await?;
    let balance = |row: &tokio_postgres::Row| {
        Ok(AccountBalance {
            account: AccountCode::parse(row.get("code")).ok_or_else(|| corrupt("account.code"))?,
            settled_minor: row.get("settled"),
            held_minor: row.get("held"),
            oldest_on: row.get("first_date"),
        })
    };
    rows.iter().map(balance).collect()
}
