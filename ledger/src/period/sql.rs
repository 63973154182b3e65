//! The statements of periods.

use deadpool_postgres::Transaction;
use jiff::civil::Date;
use tokio_postgres::Row;

use crate::error::Error;
use crate::journal::state::Closed;

/// Puts on the head what turns obey.
pub async fn set_closed(tx: &Transaction<'_>, closed: Closed) -> Result<(), Error> {
    const SQL: &str = "UPDATE head SET soft_closed_through = $1, hard_closed_through = $2";
    tx.execute(SQL, &[&closed.soft_through, &closed.hard_through]).await?;
    Ok(())
}

/// What stands on income and expense accounts at the end of a day: code, currency, item, debits less credits as text.
pub async fn results(tx: &Transaction<'_>, through: Date) -> Result<Vec<Row>, Error> {
    const SQL: &str = "
        SELECT a.code, a.currency, p.item, sum(p.amount_minor)::text AS net
        FROM account a
        JOIN posting p USING (account_no)
        WHERE a.type IN ('income', 'expense') AND p.layer = 0 AND p.effective_date <= $1
        GROUP BY a.code, a.currency, p.item
        HAVING sum(p.amount_minor) <> 0
        ORDER BY a.currency, a.code, p.item";
    Ok(tx.query(SQL, &[&through]).await?)
}
