//! The chart: accounts with the settings in force.

use tokio_postgres::{GenericClient, Row};

use crate::account::{Account, AccountCode, AccountNote, AccountSetting, Limits, SettingRecord};
use crate::journal;

use super::{QueryError, page_rows, row, sql};

/// Accounts by code, and where the next page starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountPage {
    /// The accounts, with the settings in force now.
    pub accounts: Vec<AccountView>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<AccountCode>,
}

/// An account and what is known about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountView {
    /// The account, with the setting in force.
    pub account: Account,
    /// Its place in the chart and its metadata.
    pub note: AccountNote,
}

/// Which accounts. The default is all.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct AccountFilter<'a> {
    /// Those whose code starts with this.
    pub prefix: &'a str,
    /// Those whose metadata has at least this JSON: `{"region": "east"}` finds whatever else is known of them.
    pub metadata: Option<&'a str>,
}

/// Accounts by code, at most `limit` after `cursor`.
///
/// The cursor is the last code of the page before: codes never change, so that no account opened meanwhile moves
/// another to an earlier page. A filter on metadata reads all of it.
pub async fn accounts(
    client: &impl GenericClient,
    filter: AccountFilter<'_>,
    cursor: Option<&AccountCode>,
    limit: u16,
) -> Result<AccountPage, QueryError> {
    let rows_max = page_rows(limit);
    let with_one_more = i64::try_from(rows_max + 1).expect("a page has at most LIST_ROWS_MAX rows");
    let after = cursor.map_or("", AccountCode::as_str);
    let rows = client.query(sql::ACCOUNTS, &[&filter.prefix, &after, &with_one_more, &filter.metadata]).await?;
    let accounts = rows.iter().take(rows_max).map(view).collect::<Result<Vec<_>, _>>()?;
    let next = accounts.last().filter(|_| rows.len() > rows_max).map(|last| last.account.code.clone());
    Ok(AccountPage { accounts, next })
}

/// What was ever set about an account, oldest first: the last is in force. `None` if there is no such account.
pub async fn account_history(
    client: &impl GenericClient,
    code: &AccountCode,
) -> Result<Option<Vec<SettingRecord>>, QueryError> {
    let Some(account) = client.query_opt(sql::ACCOUNT, &[&code.as_str()]).await? else { return Ok(None) };
    Ok(Some(journal::sql::settings_of(client, account.try_get("account_no")?).await?))
}

fn view(row: &Row) -> Result<AccountView, QueryError> {
    let note = AccountNote { parent: row.try_get("parent")?, metadata: row.try_get("metadata")? };
    Ok(AccountView { account: account(row)?, note })
}

fn account(row: &Row) -> Result<Account, QueryError> {
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
