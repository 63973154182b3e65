//! Accounts: what can be posted to, in which currency, within which limits.
//!
//! An account is `CODE` or `CODE.PARTY`: `1101.picc` is the insurer receivable "advanced" of party `picc`, and `1101`
//! its control account. The identity of an account never changes; its limits and whether it is closed are settings,
//! kept as an append-only history.

use std::fmt;

use compact_str::CompactString;
use jiff::Timestamp;

use crate::entry::METADATA_BYTES_MAX;
use crate::money::{Currency, Money};

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

/// What an account stands for in the financial statements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum AccountType {
    /// What is owned or owed to us.
    Asset,
    /// What is owed to others.
    Liability,
    /// What belongs to the owners.
    Equity,
    /// What was earned.
    Income,
    /// What was spent.
    Expense,
    /// Commitments and their contra: in no statement.
    Memo,
}

impl AccountType {
    /// Every type, in the order of the statements.
    pub const ALL: [AccountType; 6] = [
        AccountType::Asset,
        AccountType::Liability,
        AccountType::Equity,
        AccountType::Income,
        AccountType::Expense,
        AccountType::Memo,
    ];

    /// The word in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            AccountType::Asset => "asset",
            AccountType::Liability => "liability",
            AccountType::Equity => "equity",
            AccountType::Income => "income",
            AccountType::Expense => "expense",
            AccountType::Memo => "memo",
        }
    }

    /// The inverse of [`AccountType::word`].
    pub fn from_word(word: &str) -> Option<AccountType> {
        AccountType::ALL.into_iter().find(|known| known.word() == word)
    }

    /// The side on which accounts of this type normally stand; a contra account stands on the other.
    pub fn normal_side(self) -> NormalSide {
        match self {
            AccountType::Asset | AccountType::Expense | AccountType::Memo => NormalSide::Debit,
            AccountType::Liability | AccountType::Equity | AccountType::Income => NormalSide::Credit,
        }
    }

    /// Whether it is closed to retained earnings at the end of a year.
    pub fn is_temporary(self) -> bool {
        matches!(self, AccountType::Income | AccountType::Expense)
    }
}

/// Which postings an account refuses for the time being. *In* raises the balance seen from the normal side, *out*
/// lowers it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Frozen {
    /// None.
    #[default]
    None,
    /// What would raise it.
    In,
    /// What would lower it.
    Out,
    /// All.
    Both,
}

impl Frozen {
    /// Every one, from the loosest.
    pub const ALL: [Frozen; 4] = [Frozen::None, Frozen::In, Frozen::Out, Frozen::Both];

    /// The word in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Frozen::None => "none",
            Frozen::In => "in",
            Frozen::Out => "out",
            Frozen::Both => "both",
        }
    }

    /// The inverse of [`Frozen::word`].
    pub fn from_word(word: &str) -> Option<Frozen> {
        Frozen::ALL.into_iter().find(|known| known.word() == word)
    }

    /// Whether it refuses a posting that raises the balance, or one that lowers it.
    pub fn refuses(self, raises: bool) -> bool {
        match self {
            Frozen::None => false,
            Frozen::In => raises,
            Frozen::Out => !raises,
            Frozen::Both => true,
        }
    }
}

/// Number of an account inside its book; what postings store. Dense, from 1, in order of opening.
pub type AccountNo = i32;

/// The full name of an account: 1 to 64 characters, `CODE` or `CODE.PARTY`, letters, digits, `-`, `_`, `.`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountCode(CompactString);

impl AccountCode {
    /// Checks and takes a code. `None` if it is empty, longer than 64 bytes, or has other characters.
    pub fn parse(code: &str) -> Option<AccountCode> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let edges_ok = !code.starts_with('.') && !code.ends_with('.');
        let ok = (1..=64).contains(&code.len()) && edges_ok && code.bytes().all(allowed);
        ok.then(|| AccountCode(CompactString::from(code)))
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

/// What may change about an account and what postings obey.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct AccountSetting {
    /// Limits on the balance.
    pub limits: Limits,
    /// A closed account takes no posting.
    pub closed: bool,
    /// Which postings it refuses for the time being.
    pub frozen: Frozen,
}

/// Settings of an account as they were put on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingRecord {
    /// Dense number over all accounts.
    pub setting_no: i64,
    /// In force for the entries after this one.
    pub after_sequence: i64,
    /// What was in force from then on.
    pub setting: AccountSetting,
    /// Its place in the chart and its metadata from then on.
    pub note: AccountNote,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who asked for it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// What may change about an account and no posting asks for.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AccountNote {
    /// The heading or account that it is rolled up to.
    pub parent: Option<String>,
    /// JSON text that the ledger keeps and can search.
    pub metadata: Option<String>,
}

/// A change of an account's settings, applied to what is in force when it is made.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SettingChange {
    /// The lower limit, in minor units.
    pub min: Change<i64>,
    /// The upper limit, in minor units.
    pub max: Change<i64>,
    /// Whether it is closed from now on; `None` leaves it as it is.
    pub closed: Option<bool>,
    /// What it refuses from now on; `None` leaves it as it is.
    pub frozen: Option<Frozen>,
    /// What it is rolled up to.
    pub parent: Change<String>,
    /// JSON text about it.
    pub metadata: Change<String>,
}

/// What becomes of something that may be there or not.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Change<T> {
    /// It stays.
    #[default]
    Keep,
    /// It is this from now on; `None` for nothing.
    To(Option<T>),
}

impl<T> Change<T> {
    fn applied_to(self, there: Option<T>) -> Option<T> {
        match self {
            Change::Keep => there,
            Change::To(value) => value,
        }
    }
}

impl SettingChange {
    /// The settings that come of it.
    pub fn applied_to(self, setting: AccountSetting, note: AccountNote) -> (AccountSetting, AccountNote) {
        let limits = Limits {
            min_minor: self.min.applied_to(setting.limits.min_minor),
            max_minor: self.max.applied_to(setting.limits.max_minor),
        };
        let closed = self.closed.unwrap_or(setting.closed);
        let frozen = self.frozen.unwrap_or(setting.frozen);
        let parent = self.parent.applied_to(note.parent);
        let metadata = self.metadata.applied_to(note.metadata);
        (AccountSetting { limits, closed, frozen }, AccountNote { parent, metadata })
    }
}

/// All that postings obey is as in the setting; parent and metadata stay.
impl From<AccountSetting> for SettingChange {
    fn from(setting: AccountSetting) -> SettingChange {
        SettingChange {
            min: Change::To(setting.limits.min_minor),
            max: Change::To(setting.limits.max_minor),
            closed: Some(setting.closed),
            frozen: Some(setting.frozen),
            ..SettingChange::default()
        }
    }
}

/// An account to be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAccount {
    /// Full name, unique in the book.
    pub code: AccountCode,
    /// A person's name for it.
    pub name: String,
    /// What it stands for in the financial statements.
    pub account_type: AccountType,
    /// The one currency it holds.
    pub currency: Currency,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// Whether every posting must name an open item.
    pub open_item: bool,
    /// Limits from the start.
    pub limits: Limits,
    /// Its place in the chart and what is known about it, from the start.
    pub note: AccountNote,
}

impl NewAccount {
    /// Checks what can be checked without the book.
    pub fn check(&self) -> Result<(), AccountFault> {
        check_text("name", &self.name, NAME_BYTES_MAX)?;
        self.note.check()?;
        if self.limits.are_crossed() { Err(AccountFault::LimitsCrossed) } else { Ok(()) }
    }
}

impl AccountNote {
    /// Checks what can be checked without the book.
    pub(crate) fn check(&self) -> Result<(), AccountFault> {
        if self.parent.as_deref().is_some_and(|parent| AccountCode::parse(parent).is_none()) {
            return Err(AccountFault::ParentMalformed);
        }
        let Some(metadata) = &self.metadata else { return Ok(()) };
        check_text("metadata", metadata, METADATA_BYTES_MAX)?;
        match serde_json::from_str::<serde_json::Value>(metadata) {
            Ok(_) => Ok(()),
            Err(_) => Err(AccountFault::MetadataMalformed),
        }
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
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
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
    /// The parent's code is none.
    #[error("parent is not the code of an account or heading")]
    ParentMalformed,
    /// The metadata is not one JSON value.
    #[error("metadata is not valid JSON")]
    MetadataMalformed,
    /// The lower limit is above the upper one.
    #[error("the lower limit is above the upper one")]
    LimitsCrossed,
    /// An account is closed at zero only.
    #[error("the account stands at {balance}{}; it can be closed at zero only", if *held { " and money is held on it" }
        else { "" })]
    NotAtZero {
        /// Its settled balance, debit positive.
        balance: Money,
        /// Whether money is held on it.
        held: bool,
    },
    /// What it would be rolled up to is not there, or would be rolled up to the account itself.
    #[error("{parent} cannot be the parent: {reason}")]
    ParentUnfit {
        /// What was given.
        parent: String,
        /// Why not.
        reason: &'static str,
    },
}

impl AccountFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            AccountFault::TextLength { .. } => "text_length",
            AccountFault::TextHasNul { .. } => "text_has_nul",
            AccountFault::ParentMalformed => "parent_malformed",
            AccountFault::MetadataMalformed => "metadata_malformed",
            AccountFault::LimitsCrossed => "limits_crossed",
            AccountFault::NotAtZero { .. } => "not_at_zero",
            AccountFault::ParentUnfit { .. } => "parent_unfit",
        }
    }

    /// The field that is at fault.
    pub fn field(&self) -> &'static str {
        match self {
            AccountFault::TextLength { field, .. } | AccountFault::TextHasNul { field } => field,
            AccountFault::ParentMalformed | AccountFault::ParentUnfit { .. } => "parent",
            AccountFault::MetadataMalformed => "metadata",
            AccountFault::LimitsCrossed => "min",
            AccountFault::NotAtZero { .. } => "closed",
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
    /// What it stands for in the financial statements.
    pub account_type: AccountType,
    /// The one currency it holds.
    pub currency: Currency,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// Whether every posting must name an open item.
    pub open_item: bool,
    /// The settings in force.
    pub setting: AccountSetting,
}
