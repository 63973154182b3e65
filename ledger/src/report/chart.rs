//! The accounts of a report: their place in the chart as it was known, and which of them a code stands for.
//!
//! An account is rolled up to the parent on record, and without one to its control account, what stands before the
//! first dot. Costs one index probe an account.

use std::collections::BTreeMap;

use tokio_postgres::GenericClient;

use crate::account::{AccountCode, AccountNo, AccountType, NormalSide};
use crate::money::Currency;
use crate::query::row;

use super::{ReportError, Scope, sql};

/// An account as it stood in the chart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartAccount {
    /// Its number in the book.
    pub no: AccountNo,
    /// Its name.
    pub name: String,
    /// What it stands for in the financial statements.
    pub account_type: AccountType,
    /// Its currency.
    pub currency: Currency,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// What it is rolled up to, if it is on record.
    pub parent: Option<String>,
    /// Whether its metadata says that it is a suspense account.
    pub suspense: bool,
}

/// The chart at a moment.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Chart {
    /// Accounts by code.
    pub accounts: BTreeMap<AccountCode, ChartAccount>,
}

impl Chart {
    /// Reads the chart as it was known.
    pub async fn read(client: &impl GenericClient, scope: &Scope) -> Result<Chart, ReportError> {
        let rows = client.query(sql::CHART, &[&scope.known_at]).await?;
        let mut accounts = BTreeMap::new();
        for row in &rows {
            let metadata: Option<&str> = row.try_get("metadata")?;
            let account = ChartAccount {
                no: row.try_get("account_no")?,
                name: row.try_get("name")?,
                account_type: row::account_type(row)?,
                currency: row::currency(row)?,
                normal_side: row::normal_side(row)?,
                parent: row.try_get("parent")?,
                suspense: metadata.is_some_and(says_suspense),
            };
            accounts.insert(row::account_code(row, "code")?, account);
        }
        Ok(Chart { accounts })
    }

    /// What a code is rolled up to: the parent on record, else the control account; `None` at the top.
    pub fn parent_of<'a>(&'a self, code: &'a str) -> Option<&'a str> {
        let on_record = AccountCode::parse(code).and_then(|code| self.accounts.get(&code)?.parent.as_deref());
        on_record.or_else(|| code.split_once('.').map(|(control, _)| control))
    }

    /// The name of a code: of the account, or of nothing.
    pub fn name_of(&self, code: &str) -> &str {
        let account = AccountCode::parse(code).and_then(|code| self.accounts.get(&code));
        account.map_or("", |account| account.name.as_str())
    }

    /// The account and all accounts below it by code, as `1101` stands for `1101.picc`; all accounts for `None`.
    pub fn below(&self, code: Option<&AccountCode>) -> Result<Vec<(&AccountCode, &ChartAccount)>, ReportError> {
        let Some(wanted) = code else { return Ok(self.accounts.iter().collect()) };
        let is_below = |code: &AccountCode| {
            let rest = code.as_str().strip_prefix(wanted.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let found = self.accounts.range(wanted..).take_while(|(code, _)| code.as_str().starts_with(wanted.as_str()));
        let found: Vec<_> = found.filter(|(code, _)| is_below(code)).collect();
        if found.is_empty() { Err(ReportError::AccountUnknown(wanted.clone())) } else { Ok(found) }
    }
}

/// Whether metadata says `"suspense": true`.
fn says_suspense(metadata: &str) -> bool {
    let read: Result<serde_json::Value, _> = serde_json::from_str(metadata);
    read.is_ok_and(|metadata| metadata["suspense"] == true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(accounts: &[(&str, Option<&str>)]) -> Chart {
        let account = |(no, (code, parent)): (AccountNo, &(&str, Option<&str>))| {
            let account = ChartAccount {
                no,
                name: format!("name of {code}"),
                account_type: AccountType::Asset,
                currency: Currency::CNY,
                normal_side: NormalSide::Debit,
                parent: parent.map(str::to_owned),
                suspense: false,
            };
            (AccountCode::parse(code).unwrap(), account)
        };
        Chart { accounts: (1..).zip(accounts).map(account).collect() }
    }

    #[test]
    fn a_parent_on_record_comes_before_the_control_account() {
        let chart = chart(&[("1101.picc", Some("11")), ("1101.cpic", None), ("1002", None)]);
        assert_eq!(chart.parent_of("1101.picc"), Some("11"));
        assert_eq!(chart.parent_of("1101.cpic"), Some("1101"));
        assert_eq!(chart.parent_of("1101.aia.hk"), Some("1101"));
        assert_eq!((chart.parent_of("1002"), chart.parent_of("11")), (None, None));
        assert_eq!((chart.name_of("1002"), chart.name_of("11")), ("name of 1002", ""));
    }

    #[test]
    fn a_code_stands_for_the_accounts_below_it() {
        let chart = chart(&[("11", None), ("1101", None), ("1101-x", None), ("1101.a", None), ("11010", None)]);
        let below = |code: &str| {
            let wanted = AccountCode::parse(code).unwrap();
            chart.below(Some(&wanted)).map(|found| found.iter().map(|(code, _)| code.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(below("1101").unwrap(), ["1101", "1101.a"]);
        assert_eq!(below("110").unwrap_err().code(), Some("account_unknown"));
        assert_eq!(chart.below(None).unwrap().len(), 5);
    }

    #[test]
    fn only_the_word_true_makes_a_suspense_account() {
        for (metadata, expected) in [
            ("{\"suspense\": true}", true),
            ("{\"suspense\": \"true\"}", false),
            ("{\"note\": \"suspense\"}", false),
            ("[\"suspense\"]", false),
            ("5", false),
        ] {
            assert_eq!(says_suspense(metadata), expected, "{metadata}");
        }
    }
}
