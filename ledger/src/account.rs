//! Accounts: what can be posted to, in which currency, within which limits.
//!
//! An account is `CODE` or `CODE.PARTY`: `1101.picc` is the insurer receivable "advanced" of party `picc`, and `1101`
//! its control account. The identity of an account never changes; its limits and whether it is closed are settings,
//! kept as an append-only history.

use std::fmt;

use crate::money::Currency;

/// The side on which an account normally stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NormalSide {
    /// Assets and expenses.
    Debit,
    /// Liabilities, equity and income.
    Credit,
}

impl NormalSide {
    /// `D` or `C`, as the database and the chart write it.
    pub fn letter(self) -> &'static str {
        match self {
            NormalSide::Debit => "D",
            NormalSide::Credit => "C",
        }
    }

    /// The inverse of [`NormalSide::letter`].
    pub fn from_letter(letter: &str) -> Option<NormalSide> {
        match letter {
            "D" => Some(NormalSide::Debit),
            "C" => Some(NormalSide::Credit),
            _ => None,
        }
    }

    /// A signed amount (debit positive) seen from this side.
    pub fn seen_from(self, minor: i128) -> i128 {
        match self {
            NormalSide::Debit => minor,
            NormalSide::Credit => -minor,
        }
    }
}

/// Number of an account inside its book; what postings store. Dense, from 1, in order of opening.
pub type AccountNo = i32;

/// The full name of an account: 1 to 64 characters, `CODE` or `CODE.PARTY`, letters, digits, `-`, `_`, `.`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountCode(String);

impl AccountCode {
    /// Checks and takes a code. `None` if it is empty, longer than 64 bytes, or has other characters.
    pub fn parse(code: &str) -> Option<AccountCode> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let edges_ok = !code.starts_with('.') && !code.ends_with('.');
        let ok = (1..=64).contains(&code.len()) && edges_ok && code.bytes().all(allowed);
        ok.then(|| AccountCode(code.to_owned()))
    }

    /// The whole code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The control account: what stands before the first dot.
    pub fn control(&self) -> &str {
        self.0.split_once('.').map_or(self.as_str(), |(control, _)| control)
    }

    /// The party: what stands behind the first dot.
    pub fn party(&self) -> Option<&str> {
        self.0.split_once('.').map(|(_, party)| party)
    }
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The longest name of an account, in bytes.
pub const NAME_BYTES_MAX: usize = 200;

/// Limits of an account's balance in minor units, seen from its normal side, settled plus the worse side of pending.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Limits {
    /// The balance must not fall below this; `Some(0)` forbids an overdraft.
    pub min_minor: Option<i64>,
    /// The balance must not rise above this; a credit line.
    pub max_minor: Option<i64>,
}

impl Limits {
    /// Whether no balance can be within them.
    pub fn are_crossed(&self) -> bool {
        matches!((self.min_minor, self.max_minor), (Some(min), Some(max)) if min > max)
    }
}

/// What may change about an account.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct AccountSetting {
    /// Limits on the balance.
    pub limits: Limits,
    /// A closed account takes no posting.
    pub closed: bool,
}

/// A change of an account's settings, applied to what is in force when it is made.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SettingChange {
    /// The lower limit.
    pub min: LimitChange,
    /// The upper limit.
    pub max: LimitChange,
    /// Whether it is closed from now on; `None` leaves it as it is.
    pub closed: Option<bool>,
}

/// What becomes of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum LimitChange {
    /// It stays.
    #[default]
    Keep,
    /// It is this from now on, in minor units; `None` for no limit.
    To(Option<i64>),
}

impl SettingChange {
    /// The settings that come of it.
    pub fn applied_to(self, there: AccountSetting) -> AccountSetting {
        let limit = |change, there| match change {
            LimitChange::Keep => there,
            LimitChange::To(limit) => limit,
        };
        let min_minor = limit(self.min, there.limits.min_minor);
        let max_minor = limit(self.max, there.limits.max_minor);
        AccountSetting { limits: Limits { min_minor, max_minor }, closed: self.closed.unwrap_or(there.closed) }
    }
}

/// Whatever is in force, this is from now on.
impl From<AccountSetting> for SettingChange {
    fn from(setting: AccountSetting) -> SettingChange {
        let AccountSetting { limits: Limits { min_minor, max_minor }, closed } = setting;
        SettingChange { min: LimitChange::To(min_minor), max: LimitChange::To(max_minor), closed: Some(closed) }
    }
}

/// An account to be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAccount {
    /// Full name, unique in the book.
    pub code: AccountCode,
    /// A person's name for it.
    pub name: String,
    /// The one currency it holds.
    pub currency: Currency,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// Whether every posting must name an open item.
    pub open_item: bool,
    /// Limits from the start.
    pub limits: Limits,
}

impl NewAccount {
    /// Checks what can be checked without the book.
    pub fn check(&self) -> Result<(), AccountFault> {
        check_text("name", &self.name, NAME_BYTES_MAX)?;
        if self.limits.are_crossed() { Err(AccountFault::LimitsCrossed) } else { Ok(()) }
    }
}

/// Refuses a text that is missing, too long, or cannot be stored.
pub(crate) fn check_text(field: &'static str, text: &str, max: usize) -> Result<(), AccountFault> {
    let actual = text.len();
    if !(1..=max).contains(&actual) {
        return Err(AccountFault::TextLength { field, max, actual });
    }
    if text.contains('\0') { Err(AccountFault::TextHasNul { field }) } else { Ok(()) }
}

/// Why an account cannot be opened, or its settings changed, as was asked; in order of precedence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AccountFault {
    /// A text is missing or too long.
    #[error("{field} has 1 to {max} bytes; this has {actual}")]
    TextLength {
        /// The text.
        field: &'static str,
        /// The most bytes it may have.
        max: usize,
        /// How many it has.
        actual: usize,
    },
    /// A text has a NUL character, which PostgreSQL cannot store.
    #[error("{field} contains a NUL character")]
    TextHasNul {
        /// The text.
        field: &'static str,
    },
    /// The lower limit is above the upper one.
    #[error("the lower limit is above the upper one")]
    LimitsCrossed,
}

impl AccountFault {
    /// Stable code, the same at every edge.
    pub fn code(self) -> &'static str {
        match self {
            AccountFault::TextLength { .. } => "text_length",
            AccountFault::TextHasNul { .. } => "text_has_nul",
            AccountFault::LimitsCrossed => "limits_crossed",
        }
    }

    /// The field that is at fault.
    pub fn field(self) -> &'static str {
        match self {
            AccountFault::TextLength { field, .. } | AccountFault::TextHasNul { field } => field,
            AccountFault::LimitsCrossed => "min",
        }
    }
}

/// An account as the book knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Number in the book.
    pub no: AccountNo,
    /// Its identity, as it was opened.
    pub code: AccountCode,
    /// A person's name for it.
    pub name: String,
    /// The one currency it holds.
    pub currency: Currency,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// Whether every posting must name an open item.
    pub open_item: bool,
    /// The settings in force.
    pub setting: AccountSetting,
}
