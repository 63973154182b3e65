//! The trial balance: every account with its debits and credits, and totals that must be zero.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};

use crate::account::{AccountCode, NormalSide};
use crate::money::Currency;

use super::{Moment, QueryError, horizon, row, sql};

/// One account in the trial balance; only settled money counts. Amounts are in minor units, debit positive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrialBalanceRow {
    /// The account, or the control account of several.
    pub account: AccountCode,
    /// Its name; of the first account by code, if several are summed up.
    pub name: String,
    /// Its normal side; likewise.
    pub normal_side: NormalSide,
    /// Its currency.
    pub currency: Currency,
    /// Debits less credits before the first day; zero if no first day was asked for.
    pub opening_minor: i128,
    /// Debits from the first day on.
    pub debits_minor: i128,
    /// Credits from the first day on, as a positive number.
    pub credits_minor: i128,
}

impl TrialBalanceRow {
    /// Opening plus debits less credits.
    pub fn closing_minor(&self) -> i128 {
        self.opening_minor + self.debits_minor - self.credits_minor
    }
}

/// All accounts of one currency together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrialBalanceTotal {
    /// The currency.
    pub currency: Currency,
    /// Sum of the openings; zero in books that balance.
    pub opening_minor: i128,
    /// Sum of debits.
    pub debits_minor: i128,
    /// Sum of credits.
    pub credits_minor: i128,
    /// Sum of the closings; zero in books that balance.
    pub closing_minor: i128,
}

/// A trial balance: the accounts that have postings, by code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrialBalance {
    /// The accounts, by code and currency.
    pub rows: Vec<TrialBalanceRow>,
    /// The first day, before which everything is opening.
    pub from: Option<Date>,
    /// The effective date up to which postings count.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

impl TrialBalance {
    /// One total a currency, by currency.
    pub fn totals(&self) -> Vec<TrialBalanceTotal> {
        let mut totals = BTreeMap::new();
        for row in &self.rows {
            let currency = row.currency;
            let total = totals.entry(currency).or_insert(TrialBalanceTotal {
                currency,
                opening_minor: 0,
                debits_minor: 0,
                credits_minor: 0,
                closing_minor: 0,
            });
            total.opening_minor += row.opening_minor;
            total.debits_minor += row.debits_minor;
            total.credits_minor += row.credits_minor;
            total.closing_minor += row.closing_minor();
        }
        totals.into_values().collect()
    }

    /// Whether the openings and closings of every currency sum to zero.
    pub fn is_balanced(&self) -> bool {
        self.totals().iter().all(|total| total.opening_minor == 0 && total.closing_minor == 0)
    }

    /// The same with one row a control account and currency: `1101.picc` and `1101.cpic` become `1101`.
    #[must_use]
    pub fn by_control(&self) -> TrialBalance {
        let mut controls: BTreeMap<(AccountCode, Currency), TrialBalanceRow> = BTreeMap::new();
        for row in &self.rows {
            let control = AccountCode::parse(row.account.control()).expect("what stands before the dot is a code");
            let sum = controls.entry((control.clone(), row.currency)).or_insert_with(|| TrialBalanceRow {
                account: control,
                opening_minor: 0,
                debits_minor: 0,
                credits_minor: 0,
                ..row.clone()
            });
            sum.opening_minor += row.opening_minor;
            sum.debits_minor += row.debits_minor;
            sum.credits_minor += row.credits_minor;
        }
        TrialBalance { rows: controls.into_values().collect(), ..*self }
    }
}

/// The trial balance at a moment. Everything dated before `from` is opening; without it there is no opening.
///
/// Costs one index probe an account; with `from` or an effective date, one pass over the postings.
pub async fn trial_balance(
    client: &impl GenericClient,
    moment: Moment,
    from: Option<Date>,
) -> Result<TrialBalance, QueryError> {
    let horizon = horizon(client, moment).await?;
    let rows = rows(client, horizon.sequence, from, horizon.as_of).await?;
    Ok(TrialBalance { rows, from, as_of: horizon.as_of, known_at: horizon.known_at })
}

/// The accounts with what entries up to a sequence and a day have moved on them.
pub(crate) async fn rows(
    client: &impl GenericClient,
    sequence: i64,
    from: Option<Date>,
    as_of: Option<Date>,
) -> Result<Vec<TrialBalanceRow>, QueryError> {
    let rows = match (from, as_of) {
        (None, None) => client.query(sql::TRIAL_BALANCE, &[&sequence]).await?,
        (from, as_of) => client.query(sql::TRIAL_BALANCE_DATED, &[&sequence, &from, &as_of]).await?,
    };
    rows.iter().map(view).collect()
}

fn view(row: &Row) -> Result<TrialBalanceRow, QueryError> {
    Ok(TrialBalanceRow {
        account: row::account_code(row, "code")?,
        name: row.try_get("name")?,
        normal_side: row::normal_side(row)?,
        currency: row::currency(row)?,
        opening_minor: row::sum(row, "opening")?,
        debits_minor: row::sum(row, "debits")?,
        credits_minor: row::sum(row, "credits")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(account: &str, currency: Currency, opening: i128, debits: i128, credits: i128) -> TrialBalanceRow {
        TrialBalanceRow {
            account: AccountCode::parse(account).unwrap(),
            name: String::new(),
            normal_side: NormalSide::Debit,
            currency,
            opening_minor: opening,
            debits_minor: debits,
            credits_minor: credits,
        }
    }

    fn trial_balance(rows: Vec<TrialBalanceRow>) -> TrialBalance {
        TrialBalance { rows, from: None, as_of: None, known_at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn controls_sum_up_their_accounts_per_currency() {
        let (cny, usd) = (Currency::CNY, Currency::USD);
        let all = trial_balance(vec![
            row("1101.cpic", cny, 1, 10, 3),
            row("1101.picc", cny, 2, 20, 4),
            row("1101.picc-usd", usd, 0, 5, 0),
            row("11010", cny, 0, 7, 0),
        ]);
        let expected = [row("1101", cny, 3, 30, 7), row("1101", usd, 0, 5, 0), row("11010", cny, 0, 7, 0)];
        assert_eq!(all.by_control().rows, expected);
        assert_eq!(all.by_control().totals(), all.totals());
    }

    #[test]
    fn books_balance_only_if_each_currency_does() {
        let (cny, usd) = (Currency::CNY, Currency::USD);
        assert!(trial_balance(vec![row("1", cny, 0, 9, 0), row("2", cny, 0, 0, 9)]).is_balanced());
        assert!(!trial_balance(vec![row("1", cny, 0, 9, 0), row("2", usd, 0, 0, 9)]).is_balanced());
        assert!(!trial_balance(vec![row("1", cny, 1, 0, 1), row("2", cny, 1, 0, 1)]).is_balanced());
    }
}
