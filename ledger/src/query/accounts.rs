//! The chart: accounts with the settings in force.

use tokio_postgres::{GenericClient, Row};

use crate::account::{Account, AccountCode, AccountSetting, Limits};

use super::{QueryError, page_rows, row, sql};

/// Accounts by code, and where the next page starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountPage {
    /// The accounts, with the settings in force now.
    pub accounts: Vec<Account>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<AccountCode>,
}

/// The accounts whose code starts with `prefix` (which may be empty), by code, at most `limit` after `cursor`.
///
/// The cursor is the last code of the page before: codes never change, so that no account opened meanwhile moves
/// another to an earlier page.
pub async fn accounts(
    client: &impl GenericClient,
    prefix: &str,
    cursor: Option<&AccountCode>,
    limit: u16,
) -> Result<AccountPage, QueryError> {
    let rows_max = page_rows(limit);
    let with_one_more = i64::try_from(rows_max + 1).expect("a page has at most PAGE_ROWS_MAX rows");
    let after = cursor.map_or("", AccountCode::as_str);
    let rows = client.query(sql::ACCOUNTS, &[&prefix, &after, &with_one_more]).await?;
    let accounts = rows.iter().take(rows_max).map(view).collect::<Result<Vec<_>, _>>()?;
    let next = accounts.last().filter(|_| rows.len() > rows_max).map(|last| last.code.clone());
    Ok(AccountPage { accounts, next })
}

fn view(row: &Row) -> Result<Account, QueryError> {
    Ok(Account {
        no: row.try_get("account_no")?,
        code: row::account_code(row, "code")?,
        name: row.try_get("name")?,
        account_type: row::account_type(row)?,
        currency: row::currency(row)?,
        normal_side: row::normal_side(row)?,
        open_item: row.try_get("open_item")?,
        setting: AccountSetting {
            limits: Limits { min_minor: row.try_get("min_minor")?, max_minor: row.try_get("max_minor")? },
            closed: row.try_get("closed")?,
            frozen: row::frozen(row)?,
        },
    })
}
