//! The figures of an insurer's statement.

use std::collections::HashMap;

use dianfu_ledger::account::AccountCode;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};

use crate::error::Error;
use crate::insurer::statement::{StatementLine, movement};
use crate::sql::corrupt;

/// Days, both included, and the last entry that counts.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The last entry's sequence.
    pub until: i64,
}

/// What stood on each of these accounts before the period and after it, in minor units, debit positive. One that is not
/// open in the book is left out.
pub async fn balances(
    client: &impl GenericClient,
    accounts: &[AccountCode],
    period: Period,
) -> Result<HashMap<AccountCode, (i64, i64)>, Error> {
    const SQL: &str = "
        WITH wanted AS MATERIALIZED (
            SELECT account_no, code
            FROM account
            WHERE code = ANY ($1)
        )
        SELECT w.code, COALESCE(opening.net, 0)::bigint AS opening, COALESCE(closing.net, 0)::bigint AS closing
        FROM wanted w
        LEFT JOIN (
            SELECT account_no, sum(debits - credits) AS net
            FROM accounts_as_of(ARRAY(SELECT account_no FROM wanted), $2::date - 1, $4)
            WHERE layer = 0
            GROUP BY account_no
        ) opening USING (account_no)
        LEFT JOIN (
            SELECT account_no, sum(debits - credits) AS net
            FROM accounts_as_of(ARRAY(SELECT account_no FROM wanted), $3, $4)
            WHERE layer = 0
            GROUP BY account_no
        ) closing USING (account_no)";
    let codes: Vec<&str> = accounts.iter().map(AccountCode::as_str).collect();
    let rows = client.query(SQL, &[&codes, &period.from, &period.to, &period.until]).await?;
    rows.iter().map(|row| Ok((code(row)?, (row.get("opening"), row.get("closing"))))).collect()
}

/// What moved on these accounts in the period, by item and journal.
pub async fn lines(
    client: &impl GenericClient,
    accounts: &[AccountCode],
    period: Period,
) -> Result<HashMap<AccountCode, Vec<StatementLine>>, Error> {
    const SQL: &str = "
        WITH moved AS MATERIALIZED (
            SELECT sequence, account_no, item, amount_minor
            FROM account_postings(ARRAY(SELECT account_no FROM account WHERE code = ANY ($1)), $2, $3, $4)
        )
        SELECT a.code, moved.item, r.name AS journal, sum(moved.amount_minor)::bigint AS amount_minor
        FROM moved
        JOIN entries_of(ARRAY(SELECT DISTINCT sequence FROM moved ORDER BY sequence)) e USING (sequence)
        JOIN account a USING (account_no)
        LEFT JOIN register r ON r.register_no = e.template_no
        GROUP BY a.code, moved.item, r.name
        ORDER BY a.code, moved.item, min(sequence)";
    let codes: Vec<&str> = accounts.iter().map(AccountCode::as_str).collect();
    let mut found: HashMap<AccountCode, Vec<StatementLine>> = HashMap::new();
    for row in &client.query(SQL, &[&codes, &period.from, &period.to, &period.until]).await? {
        let (account, journal) = (code(row)?, row.get::<_, Option<String>>("journal"));
        let movement = movement(account.control(), journal.as_deref());
        let line = StatementLine { item: row.get("item"), journal, movement, amount_minor: row.get("amount_minor") };
        found.entry(account).or_default().push(line);
    }
    Ok(found)
}

fn code(row: &Row) -> Result<AccountCode, Error> {
    AccountCode::parse(row.get("code")).ok_or_else(|| corrupt("account.code"))
}
