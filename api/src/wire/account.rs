//! Accounts and balances.

use dianfu_ledger::account::{
    Account, AccountCode, AccountFault, AccountNote, AccountType as BookType, Change, Frozen as BookFrozen, Limits,
    NewAccount, NormalSide, SettingChange, SettingRecord,
};
use dianfu_ledger::money::{Currency, Money, MoneyError, decimal_text};
use dianfu_ledger::query::{AccountView, BalanceView, Sums};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::metadata;
use crate::problem::Violation;
use crate::sheet::Listed;

/// The side on which an account normally stands.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NormalSide)]
pub enum Side {
    /// Assets and expenses.
    Debit,
    /// Liabilities, equity and income.
    Credit,
}

impl From<Side> for NormalSide {
    fn from(side: Side) -> NormalSide {
        match side {
            Side::Debit => NormalSide::Debit,
            Side::Credit => NormalSide::Credit,
        }
    }
}

impl From<NormalSide> for Side {
    fn from(side: NormalSide) -> Side {
        match side {
            NormalSide::Debit => Side::Debit,
            NormalSide::Credit => Side::Credit,
        }
    }
}

/// What an account stands for in the financial statements.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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

impl From<AccountType> for BookType {
    fn from(account_type: AccountType) -> BookType {
        match account_type {
            AccountType::Asset => BookType::Asset,
            AccountType::Liability => BookType::Liability,
            AccountType::Equity => BookType::Equity,
            AccountType::Income => BookType::Income,
            AccountType::Expense => BookType::Expense,
            AccountType::Memo => BookType::Memo,
        }
    }
}

impl From<BookType> for AccountType {
    fn from(account_type: BookType) -> AccountType {
        match account_type {
            BookType::Asset => AccountType::Asset,
            BookType::Liability => AccountType::Liability,
            BookType::Equity => AccountType::Equity,
            BookType::Income => AccountType::Income,
            BookType::Expense => AccountType::Expense,
            BookType::Memo => AccountType::Memo,
        }
    }
}

/// Which postings an account refuses for the time being.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Frozen {
    /// None.
    None,
    /// What would raise the balance, seen from the normal side.
    In,
    /// What would lower it.
    Out,
    /// All.
    Both,
}

impl From<Frozen> for BookFrozen {
    fn from(frozen: Frozen) -> BookFrozen {
        match frozen {
            Frozen::None => BookFrozen::None,
            Frozen::In => BookFrozen::In,
            Frozen::Out => BookFrozen::Out,
            Frozen::Both => BookFrozen::Both,
        }
    }
}

impl From<BookFrozen> for Frozen {
    fn from(frozen: BookFrozen) -> Frozen {
        match frozen {
            BookFrozen::None => Frozen::None,
            BookFrozen::In => Frozen::In,
            BookFrozen::Out => Frozen::Out,
            BookFrozen::Both => Frozen::Both,
        }
    }
}

/// An account to be opened. Limits are on its balance seen from its normal side, holds counted in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccount)]
pub struct NewAccountBody {
    /// `CODE` or `CODE.PARTY`, at most 64 letters, digits, `-`, `_`, `.`.
    #[schema(example = "1101.picc")]
    code: String,
    /// A person's name for it.
    name: String,
    /// ISO 4217; an account has one currency.
    #[schema(example = "CNY")]
    currency: String,
    r#type: AccountType,
    /// That of its type, if left out; a contra account stands on the other.
    #[serde(default)]
    normal_side: Option<Side>,
    /// Whether every posting must name an open item.
    #[serde(default)]
    open_item: bool,
    /// The balance must not fall below this decimal amount; `0` forbids an overdraft.
    #[serde(default)]
    min: Option<String>,
    /// The balance must not rise above this decimal amount; a credit line.
    #[serde(default)]
    max: Option<String>,
    /// The account or heading that it is rolled up to; what stands before the last dot of its code, if left out.
    #[serde(default)]
    #[schema(example = "1101")]
    parent: Option<String>,
    /// A JSON object about it, at most 8,000 bytes.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
}

/// Reads an account's code at a place.
pub fn account_code(code: &str, pointer: impl Into<Box<str>>) -> Result<AccountCode, Violation> {
    let malformed = "an account's code has 1 to 64 letters, digits, '-', '_' and '.', no '.' at the ends";
    AccountCode::parse(code).ok_or_else(|| Violation::at("account_malformed", pointer, malformed))
}

impl NewAccountBody {
    /// Reads amounts and codes; the ledger checks the rest.
    pub fn into_account(self) -> Result<NewAccount, Violation> {
        let code = account_code(&self.code, "/code")?;
        let malformed = |error: &MoneyError, pointer| Violation::at(error.code(), pointer, error.to_string());
        let currency: Currency = self.currency.parse().map_err(|error| malformed(&error, "/currency"))?;
        let limit = |text: Option<String>, pointer| {
            let minor = text.map(|text| Money::parse(&text, currency).map(|money| money.minor)).transpose();
            minor.map_err(|error| malformed(&error, pointer))
        };
        let limits = Limits { min_minor: limit(self.min, "/min")?, max_minor: limit(self.max, "/max")? };
        let account_type = BookType::from(self.r#type);
        let normal_side = self.normal_side.map_or(account_type.normal_side(), NormalSide::from);
        let metadata = self.metadata.map(|json| json.get().to_owned());
        metadata.as_deref().map_or(Ok(()), metadata::check)?;
        let note = AccountNote { parent: self.parent, metadata };
        let (name, open_item) = (self.name, self.open_item);
        Ok(NewAccount { code, name, account_type, currency, normal_side, open_item, limits, note })
    }
}

/// What is to change about an account. What is left out stays as it is; `null` takes a limit, a parent or metadata
/// away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountChange)]
pub struct AccountChangeBody {
    /// The balance must not fall below this decimal amount.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "0.00")]
    min: Change<String>,
    /// The balance must not rise above this decimal amount.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "8000000.00")]
    max: Change<String>,
    /// Whether it takes postings no more; at zero only.
    closed: Option<bool>,
    /// What it refuses for the time being.
    frozen: Option<Frozen>,
    /// The account that it is rolled up to.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    parent: Change<String>,
    /// A JSON object about it, at most 8,000 bytes.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    metadata: Change<Box<RawValue>>,
    /// Why, for the record.
    pub reason: String,
}

/// Reads a field that is there, `null` being a value.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Change<T>, D::Error> {
    Option::deserialize(deserializer).map(Change::To)
}

impl AccountChangeBody {
    /// Reads amounts of the account's currency; the ledger checks the rest.
    pub fn into_change(self, currency: Currency) -> Result<SettingChange, Violation> {
        let limit = |given: Change<String>, pointer| match given {
            Change::Keep => Ok(Change::Keep),
            Change::To(None) => Ok(Change::To(None)),
            Change::To(Some(text)) => match Money::parse(&text, currency) {
                Ok(money) => Ok(Change::To(Some(money.minor))),
                Err(error) => Err(Violation::at(error.code(), pointer, error.to_string())),
            },
        };
        let metadata = match self.metadata {
            Change::Keep => Change::Keep,
            Change::To(json) => Change::To(json.map(|json| json.get().to_owned())),
        };
        if let Change::To(Some(text)) = &metadata {
            metadata::check(text)?;
        }
        Ok(SettingChange {
            min: limit(self.min, "/min")?,
            max: limit(self.max, "/max")?,
            closed: self.closed,
            frozen: self.frozen.map(BookFrozen::from),
            parent: self.parent,
            metadata,
        })
    }
}

/// What is wrong with an account, at its field.
pub fn violation(fault: &AccountFault) -> Violation {
    Violation::at(fault.code(), format!("/{}", fault.field()), fault.to_string())
}

/// An account with the settings in force.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountBody {
    #[schema(example = "1101.picc")]
    code: String,
    name: String,
    r#type: AccountType,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    normal_side: Side,
    open_item: bool,
    min: Option<String>,
    max: Option<String>,
    /// A closed account takes no posting.
    closed: bool,
    frozen: Frozen,
    /// The account that it is rolled up to; what stands before the last dot of its code, if there is none.
    parent: Option<String>,
    /// As it was sent.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
}

impl From<AccountView> for AccountBody {
    fn from(AccountView { account, note }: AccountView) -> AccountBody {
        let limit = |minor: Option<i64>| minor.map(|minor| decimal_text(minor.into(), account.currency));
        AccountBody {
            code: account.code.to_string(),
            r#type: account.account_type.into(),
            currency: account.currency,
            normal_side: account.normal_side.into(),
            open_item: account.open_item,
            min: limit(account.setting.limits.min_minor),
            max: limit(account.setting.limits.max_minor),
            closed: account.setting.closed,
            frozen: account.setting.frozen.into(),
            name: account.name,
            parent: note.parent,
            metadata: note.metadata.and_then(|text| RawValue::from_string(text).ok()),
        }
    }
}

/// What was once set about an account; in force until the next.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountSetting)]
pub struct AccountSettingBody {
    /// In force for the entries after this one.
    after_sequence: i64,
    min: Option<String>,
    max: Option<String>,
    closed: bool,
    frozen: Frozen,
    parent: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Who has set it.
    actor: String,
    /// Why.
    reason: String,
}

/// Everything that was ever set about an account, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountHistory)]
pub struct AccountHistoryBody {
    #[schema(example = "1101.picc")]
    account: String,
    settings: Vec<AccountSettingBody>,
}

impl AccountHistoryBody {
    /// Of the settings of an account.
    pub fn new(account: &Account, settings: Vec<SettingRecord>) -> AccountHistoryBody {
        let limit = |minor: Option<i64>| minor.map(|minor| decimal_text(minor.into(), account.currency));
        let setting = |record: SettingRecord| AccountSettingBody {
            after_sequence: record.after_sequence,
            min: limit(record.setting.limits.min_minor),
            max: limit(record.setting.limits.max_minor),
            closed: record.setting.closed,
            frozen: record.setting.frozen.into(),
            parent: record.note.parent,
            metadata: record.note.metadata.and_then(|text| RawValue::from_string(text).ok()),
            recorded_at: record.recorded_at,
            actor: record.actor,
            reason: record.reason,
        };
        AccountHistoryBody { account: account.code.to_string(), settings: settings.into_iter().map(setting).collect() }
    }
}

/// Accounts by code.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountPage)]
pub struct AccountPageBody {
    /// The accounts.
    pub accounts: Vec<AccountBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Debits and credits.
#[derive(Serialize, ToSchema)]
#[schema(as = Sums)]
pub struct SumsBody {
    #[schema(example = "15200.00")]
    debits: String,
    #[schema(example = "0.00")]
    credits: String,
}

impl SumsBody {
    fn new(sums: Sums, currency: Currency) -> SumsBody {
        SumsBody {
            debits: decimal_text(sums.debits_minor, currency),
            credits: decimal_text(sums.credits_minor, currency),
        }
    }
}

/// What stands on an account.
#[derive(Serialize, ToSchema)]
#[schema(as = Balance)]
pub struct BalanceBody {
    #[schema(example = "1101.picc")]
    account: String,
    name: String,
    normal_side: Side,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// What has moved, seen from the normal side.
    #[schema(example = "15200.00")]
    balance: String,
    /// What has moved.
    settled: SumsBody,
    /// What is held and still outstanding.
    pending: SumsBody,
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
}

/// The balances of an account and of all accounts below it, one a currency.
#[derive(Serialize)]
#[serde(transparent)]
pub struct BalancesBody(pub Vec<BalanceBody>);

impl Listed for BalancesBody {
    type Row = BalanceBody;

    fn take_rows(&mut self) -> Vec<BalanceBody> {
        std::mem::take(&mut self.0)
    }
}

impl From<BalanceView> for BalanceBody {
    fn from(view: BalanceView) -> BalanceBody {
        BalanceBody {
            account: view.account.to_string(),
            normal_side: view.normal_side.into(),
            currency: view.currency,
            balance: decimal_text(view.balance_minor(), view.currency),
            settled: SumsBody::new(view.settled, view.currency),
            pending: SumsBody::new(view.pending, view.currency),
            as_of: view.as_of,
            known_at: view.known_at,
            name: view.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json;

    fn outcome(fields: &str) -> Result<NewAccount, Violation> {
        let text = format!(r#"{{"code":"1101.picc","type":"asset",{fields}}}"#);
        let body = json::read::<NewAccountBody>(text.as_bytes()).map_err(json::Misread::into_violation);
        body.and_then(NewAccountBody::into_account)
    }

    #[test]
    fn reads_limits_in_the_accounts_currency() {
        let account = outcome(r#""name":"x","currency":"JPY","open_item":true,"min":"-5","max":"700""#).unwrap();
        assert_eq!(account.limits, Limits { min_minor: Some(-5), max_minor: Some(700) });
        assert!(account.open_item);
    }

    #[test]
    fn refuses_each_mistake_at_its_place() {
        for (fields, code, pointer) in [
            (r#""name":"x","currency":"XYZ""#, "currency_unknown", "/currency"),
            (r#""name":"x","currency":"CNY","min":"1.001""#, "amount_too_many_decimals", "/min"),
            (r#""name":"x","currency":"CNY","max":"x""#, "amount_malformed", "/max"),
            (r#""name":"x","currency":"CNY","max":5"#, "field_invalid", "/max"),
            (r#""name":"x","currency":"CNY","limit":"1""#, "field_invalid", "/limit"),
            (r#""name":"x","currency":"CNY","metadata":[]"#, "metadata_not_object", "/metadata"),
            (r#""name":"x","currency":"CNY","metadata":{"a":1e999}"#, "metadata_malformed", "/metadata"),
        ] {
            let violation = outcome(fields).unwrap_err();
            assert_eq!((violation.code, violation.pointer.as_deref()), (code, Some(pointer)), "{fields}");
        }
    }
}
