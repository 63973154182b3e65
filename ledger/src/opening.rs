//! Opening accounts and changing their settings, under the head lock like everything that turns rely on.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use jiff::Timestamp;

use crate::account::{
    Account, AccountCode, AccountFault, AccountNo, AccountNote, AccountSetting, AccountType, Limits, NewAccount,
    SettingChange, check_text,
};
use crate::balance::{Balance, Totals};
use crate::entry::{DESCRIPTION_BYTES_MAX, REFERENCE_BYTES_MAX};
use crate::error::Error;
use crate::journal::codec::{AccountRow, SettingRow};
use crate::journal::sql::{self, Head};
use crate::journal::state::KnownAccount;
use crate::money::Money;

/// What became of an account that was to be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AccountOutcome {
    /// It is open now, under this number.
    Opened(AccountNo),
    /// It was open already, with the same definition.
    Existing(AccountNo),
    /// It is open with another definition; its settings do not count.
    Conflict {
        /// The first field that differs.
        field: &'static str,
        /// Its value in the book.
        first: String,
        /// Its value in the request.
        given: String,
    },
    /// It cannot be as it is described.
    Refused(AccountFault),
}

/// What became of a change of settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingOutcome {
    /// In force from the next turn on.
    Changed,
    /// It was in force already.
    Unchanged,
    /// No such account.
    AccountUnknown,
    /// It cannot be as was asked.
    Refused(AccountFault),
}

/// Opens accounts inside the caller's transaction, which must not be used for anything long: it holds the head.
pub async fn open_accounts(
    tx: &Transaction<'_>,
    accounts: &[NewAccount],
    actor: &str,
) -> Result<Vec<AccountOutcome>, Error> {
    let head = sql::lock_head(tx).await?;
    let now = sql::clock(tx).await?;
    let codes: Vec<String> = accounts.iter().map(|account| account.code.as_str().to_owned()).collect();
    let known = sql::accounts(tx, &codes).await?;
    let known: HashMap<&AccountCode, &Account> =
        known.iter().map(|known| (&known.account.code, &known.account)).collect();

    let parents = accounts.iter().filter_map(|account| account.note.parent.as_deref());
    // What is no code names no account, and may be more than the database can be asked.
    let parents: Vec<&str> = parents.filter(|parent| AccountCode::parse(parent).is_some()).collect();
    let mut types = sql::account_types(tx, &parents).await?;

    let mut fresh: Vec<&NewAccount> = Vec::new();
    let mut places: HashMap<&AccountCode, usize> = HashMap::new();
    let mut outcomes = Vec::with_capacity(accounts.len());
    for account in accounts {
        let earlier = places.get(&account.code).copied();
        let fault = check_text("actor", actor, REFERENCE_BYTES_MAX)
            .and_then(|()| account.check())
            .and_then(|()| check_parent(&account.note, account.account_type, &types));
        outcomes.push(match (known.get(&account.code), earlier, fault) {
            (Some(there), ..) => compare(&identity(there), account, there.no),
            (None, Some(at), _) => compare(fresh[at], account, number(head.account_no, at)),
            (None, None, Err(fault)) => AccountOutcome::Refused(fault),
            (None, None, Ok(())) => {
                places.insert(&account.code, fresh.len());
                types.insert(account.code.as_str().to_owned(), account.account_type);
                fresh.push(account);
                AccountOutcome::Opened(number(head.account_no, fresh.len() - 1))
            }
        });
    }
    if fresh.is_empty() {
        return Ok(outcomes);
    }
    let mut tip = head.account_hash;
    let opened = fresh.iter().zip(head.account_no + 1..).map(|(account, account_no)| {
        let row = AccountRow { account_no, account, opened_at: now, opened_by: actor };
        tip = row.hash(&tip);
        (row, tip)
    });
    let opened: Vec<_> = opened.collect();
    sql::insert_accounts(tx, &opened).await?;
    let has_setting =
        |account: &NewAccount| account.limits != Limits::default() || account.note != AccountNote::default();
    let settings = opened.iter().filter(|(row, _)| has_setting(row.account)).map(|(row, _)| {
        let setting = AccountSetting { limits: row.account.limits, ..AccountSetting::default() };
        (row.account_no, setting, &row.account.note)
    });
    record(tx, &head, settings, now, actor, "opened").await?;
    Ok(outcomes)
}

/// Records settings that are in force from now on.
async fn record<'a>(
    tx: &Transaction<'_>,
    head: &Head,
    settings: impl Iterator<Item = (AccountNo, AccountSetting, &'a AccountNote)>,
    recorded_at: Timestamp,
    actor: &str,
    reason: &str,
) -> Result<(), Error> {
    let mut tip = head.setting_hash;
    let rows = settings.zip(head.setting_no + 1..).map(|((account_no, setting, note), setting_no)| {
        let after_sequence = head.sequence;
        let row = SettingRow { setting_no, account_no, after_sequence, setting, note, recorded_at, actor, reason };
        tip = row.hash(&tip);
        (row, tip)
    });
    sql::insert_settings(tx, &rows.collect::<Vec<_>>()).await
}

/// Changes an account's settings inside the caller's transaction.
pub async fn change_setting(
    tx: &Transaction<'_>,
    code: &AccountCode,
    change: SettingChange,
    actor: &str,
    reason: &str,
) -> Result<SettingOutcome, Error> {
    let texts = check_text("actor", actor, REFERENCE_BYTES_MAX);
    if let Err(fault) = texts.and_then(|()| check_text("reason", reason, DESCRIPTION_BYTES_MAX)) {
        return Ok(SettingOutcome::Refused(fault));
    }
    let head = sql::lock_head(tx).await?;
    let recorded_at = sql::clock(tx).await?;
    let known = sql::accounts(tx, &[code.as_str().to_owned()]).await?;
    let Some(known) = known.first() else { return Ok(SettingOutcome::AccountUnknown) };
    let there = (known.account.setting, sql::account_note(tx, known.account.no).await?);
    let (setting, note) = change.applied_to(there.0, there.1.clone());
    let fault = note.check().err().or_else(|| fault_of(setting, known));
    let moved = note.parent != there.1.parent;
    let fault = if moved && fault.is_none() { parent_fault(tx, &known.account, &note).await? } else { fault };
    if let Some(fault) = fault {
        return Ok(SettingOutcome::Refused(fault));
    }
    if (setting, &note) == (there.0, &there.1) {
        return Ok(SettingOutcome::Unchanged);
    }
    let changed = std::iter::once((known.account.no, setting, &note));
    record(tx, &head, changed, recorded_at, actor, reason).await?;
    Ok(SettingOutcome::Changed)
}

/// A parent is an account that was opened before, of the same type.
fn check_parent(
    note: &AccountNote,
    account_type: AccountType,
    types: &HashMap<String, AccountType>,
) -> Result<(), AccountFault> {
    let Some(parent) = note.parent.clone() else { return Ok(()) };
    match types.get(&parent) {
        None => Err(AccountFault::ParentUnfit { parent, reason: "there is no such account" }),
        Some(known) if *known != account_type => {
            Err(AccountFault::ParentUnfit { parent, reason: "it is of another type" })
        }
        Some(_) => Ok(()),
    }
}

/// What is wrong with a new place in the chart.
async fn parent_fault(
    tx: &Transaction<'_>,
    account: &Account,
    note: &AccountNote,
) -> Result<Option<AccountFault>, Error> {
    let Some(parent) = note.parent.as_deref() else { return Ok(None) };
    let types = sql::account_types(tx, &[parent]).await?;
    if let Err(fault) = check_parent(note, account.account_type, &types) {
        return Ok(Some(fault));
    }
    let is_cycle = sql::is_below(tx, parent, account.code.as_str()).await?;
    let parent = parent.to_owned();
    Ok(is_cycle.then_some(AccountFault::ParentUnfit { parent, reason: "it is rolled up to this account itself" }))
}

/// What is wrong with settings for an account as it stands.
fn fault_of(setting: AccountSetting, known: &KnownAccount) -> Option<AccountFault> {
    if setting.limits.are_crossed() {
        return Some(AccountFault::LimitsCrossed);
    }
    let Balance { settled, pending } = known.balance;
    let held = pending != Totals::default();
    let closes = setting.closed && !known.account.setting.closed;
    (closes && (settled.net() != 0 || held)).then(|| {
        let net = i64::try_from(settled.net()).unwrap_or(if settled.net() < 0 { i64::MIN } else { i64::MAX });
        AccountFault::NotAtZero { balance: Money::new(net, known.account.currency), held }
    })
}

fn number(last: AccountNo, fresh_at: usize) -> AccountNo {
    last + 1 + AccountNo::try_from(fresh_at).expect("accounts of one request are counted in 32 bits")
}

pub(crate) fn identity(account: &Account) -> NewAccount {
    let Account { code, name, account_type, currency, normal_side, open_item, .. } = account.clone();
    let (limits, note) = (Limits::default(), AccountNote::default());
    NewAccount { code, name, account_type, currency, normal_side, open_item, limits, note }
}

/// The same definition again is no conflict; limits are settings and may have changed since.
pub(crate) fn compare(there: &NewAccount, given: &NewAccount, no: AccountNo) -> AccountOutcome {
    let differs = |field, first: &dyn ToString, given: &dyn ToString| AccountOutcome::Conflict {
        field,
        first: first.to_string(),
        given: given.to_string(),
    };
    if there.account_type != given.account_type {
        return differs("type", &there.account_type.word(), &given.account_type.word());
    }
    if there.currency != given.currency {
        return differs("currency", &there.currency, &given.currency);
    }
    if there.normal_side != given.normal_side {
        return differs("normal_side", &there.normal_side.letter(), &given.normal_side.letter());
    }
    if there.open_item != given.open_item {
        return differs("open_item", &there.open_item, &given.open_item);
    }
    AccountOutcome::Existing(no)
}
