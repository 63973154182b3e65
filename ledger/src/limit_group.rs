//! Limits on what stands on several accounts together: an insurer's credit line covers its `1101`, `1102` and `1109`.
//!
//! A group is a row of the register: its accounts, all of one currency, the side from which its balance is seen, and
//! its limits. The last row of its name is in force; one without limits ends it. Turns keep its totals in memory, so
//! that a limit on a group is as exact as one on an account.

use std::collections::HashSet;

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::GenericClient;

use crate::account::{AccountCode, AccountFault, AccountNo, Limits, NormalSide, check_text};
use crate::entry::REFERENCE_BYTES_MAX;
use crate::error::Error;
use crate::journal::sql;
use crate::money::{Currency, Money, MoneyError};
use crate::register::{self, Record, Signature};

/// The kind under which the register keeps groups.
pub const KIND: &str = "limit_group";
/// The most accounts a group may have: a turn keeps them all in memory.
pub const ACCOUNTS_MAX: usize = 1_000;

/// A group of accounts and the limits on their balance together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LimitGroup {
    /// The one currency of its accounts.
    pub currency: Currency,
    /// The side from which its balance is seen.
    pub normal_side: NormalSide,
    /// Limits on settled plus the worse side of pending, over all accounts.
    pub limits: Limits,
    /// Its accounts.
    pub accounts: Vec<AccountCode>,
}

/// The group as the register has it.
#[derive(Serialize, Deserialize)]
struct Content {
    currency: Currency,
    normal_side: String,
    min: Option<String>,
    max: Option<String>,
    accounts: Vec<String>,
}

impl LimitGroup {
    /// Reads what [`LimitGroup::to_json`] has written.
    pub fn parse(json: &str) -> Option<LimitGroup> {
        let Content { currency, normal_side, min, max, accounts } = serde_json::from_str(json).ok()?;
        let minor = |text: Option<String>| -> Result<Option<i64>, MoneyError> {
            text.map(|text| Money::parse(&text, currency).map(|money| money.minor)).transpose()
        };
        let limits = Limits { min_minor: minor(min).ok()?, max_minor: minor(max).ok()? };
        let accounts = accounts.iter().map(|code| AccountCode::parse(code)).collect::<Option<_>>()?;
        Some(LimitGroup { currency, normal_side: NormalSide::from_letter(&normal_side)?, limits, accounts })
    }

    /// The group as JSON, amounts as decimal strings.
    pub fn to_json(&self) -> String {
        let decimal = |minor| Money::new(minor, self.currency).to_decimal_string();
        let content = Content {
            currency: self.currency,
            normal_side: self.normal_side.letter().to_owned(),
            min: self.limits.min_minor.map(decimal),
            max: self.limits.max_minor.map(decimal),
            accounts: self.accounts.iter().map(|code| code.as_str().to_owned()).collect(),
        };
        serde_json::to_string(&content).expect("a struct of texts is JSON")
    }
}

/// A limit group as it was put on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LimitGroupView {
    /// Its name.
    pub name: String,
    /// What it is.
    pub group: LimitGroup,
    /// Since when.
    pub recorded_at: Timestamp,
    /// Who has set it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// The limit groups in force, by name.
pub async fn in_force(client: &impl GenericClient) -> Result<Vec<LimitGroupView>, Error> {
    register::in_force(client, KIND).await?.into_iter().map(view).collect()
}

/// What was ever set under a name, oldest first: the last is in force.
pub async fn history(client: &impl GenericClient, name: &str) -> Result<Vec<LimitGroupView>, Error> {
    register::history(client, KIND, name).await?.into_iter().map(view).collect()
}

fn view(record: Record) -> Result<LimitGroupView, Error> {
    let group = LimitGroup::parse(&record.content);
    let group = group.ok_or_else(|| Error::Corrupt("register.content of a limit group".to_owned()))?;
    let Record { name, recorded_at, actor, reason, .. } = record;
    Ok(LimitGroupView { name, group, recorded_at, actor, reason })
}

/// What became of a limit group that was to be set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupOutcome {
    /// In force from the next turn on.
    Changed,
    /// It was in force already.
    Unchanged,
    /// It cannot be as was asked.
    Refused(GroupFault),
}

/// Why a limit group cannot be set as was asked; in order of precedence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GroupFault {
    /// A text is missing or cannot be stored.
    #[error(transparent)]
    Text(AccountFault),
    /// Too few or too many accounts.
    #[error("a limit group has 1 to {max} accounts; this has {actual}")]
    AccountCount {
        /// The most.
        max: usize,
        /// How many there are.
        actual: usize,
    },
    /// An account is named twice.
    #[error("account {account} is named twice")]
    AccountTwice {
        /// The account.
        account: AccountCode,
    },
    /// No such account in the book.
    #[error("there is no account {account} in this book")]
    AccountUnknown {
        /// The account.
        account: AccountCode,
    },
    /// An account holds another currency.
    #[error("account {account} holds {actual}, not {expected}")]
    CurrencyMismatch {
        /// The account.
        account: AccountCode,
        /// The group's currency.
        expected: Currency,
        /// The account's.
        actual: Currency,
    },
}

impl GroupFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            GroupFault::Text(fault) => fault.code(),
            GroupFault::AccountCount { .. } => "account_count",
            GroupFault::AccountTwice { .. } => "account_twice",
            GroupFault::AccountUnknown { .. } => "account_unknown",
            GroupFault::CurrencyMismatch { .. } => "currency_mismatch",
        }
    }

    /// The field that is at fault.
    pub fn field(&self) -> &'static str {
        match self {
            GroupFault::Text(fault) => fault.field(),
            GroupFault::AccountCount { .. }
            | GroupFault::AccountTwice { .. }
            | GroupFault::AccountUnknown { .. }
            | GroupFault::CurrencyMismatch { .. } => "accounts",
        }
    }
}

/// Sets a limit group from now on, inside the caller's transaction, which must not be used for anything long: it holds
/// the head. Lowering a limit below what is used stops new use and breaks nothing.
pub async fn set(
    tx: &Transaction<'_>,
    name: &str,
    group: &LimitGroup,
    signature: Signature<'_>,
) -> Result<GroupOutcome, Error> {
    if let Err(fault) = check(name, group, signature) {
        return Ok(GroupOutcome::Refused(fault));
    }
    let mut head = sql::lock_head(tx).await?;
    let now = sql::clock(tx).await?;
    let codes: Vec<String> = group.accounts.iter().map(|code| code.as_str().to_owned()).collect();
    let known = sql::accounts(tx, &codes).await?;
    let mut members: Vec<AccountNo> = Vec::with_capacity(codes.len());
    for code in &group.accounts {
        let Some(there) = known.iter().find(|known| known.account.code == *code) else {
            return Ok(GroupOutcome::Refused(GroupFault::AccountUnknown { account: code.clone() }));
        };
        let (expected, actual) = (group.currency, there.account.currency);
        if expected != actual {
            let account = code.clone();
            return Ok(GroupOutcome::Refused(GroupFault::CurrencyMismatch { account, expected, actual }));
        }
        members.push(there.account.no);
    }
    let content = group.to_json();
    let last = register::history(&**tx, KIND, name).await?.pop();
    if last.is_some_and(|last| last.content == content) {
        return Ok(GroupOutcome::Unchanged);
    }
    let register_no = register::record(tx, &mut head, KIND, name, &content, signature, now).await?;
    sql::insert_group_members(tx, register_no, &members).await?;
    Ok(GroupOutcome::Changed)
}

fn check(name: &str, group: &LimitGroup, signature: Signature<'_>) -> Result<(), GroupFault> {
    signature.check().map_err(GroupFault::Text)?;
    check_text("name", name, REFERENCE_BYTES_MAX).map_err(GroupFault::Text)?;
    if group.limits.are_crossed() {
        return Err(GroupFault::Text(AccountFault::LimitsCrossed));
    }
    let actual = group.accounts.len();
    if !(1..=ACCOUNTS_MAX).contains(&actual) {
        return Err(GroupFault::AccountCount { max: ACCOUNTS_MAX, actual });
    }
    let mut seen = HashSet::new();
    match group.accounts.iter().find(|account| !seen.insert(*account)) {
        Some(account) => Err(GroupFault::AccountTwice { account: account.clone() }),
        None => Ok(()),
    }
}
