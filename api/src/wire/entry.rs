//! Entries as they come and as they are shown.
//!
//! A posting has exactly one of `debit` and `credit`, a positive decimal string, and its currency.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money, MoneyError, decimal_text};
use dianfu_ledger::query::{EntryView, PostingView};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::json::{self, Misread, Object};
use super::time;
use crate::problem::Violation;

/// What an entry does.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EntryKind)]
pub enum Kind {
    /// Moves money.
    #[default]
    Post,
    /// Holds money: counted in limits, not in balances.
    Hold,
    /// Undoes a hold as a whole.
    Release,
}

impl From<Kind> for EntryKind {
    fn from(kind: Kind) -> EntryKind {
        match kind {
            Kind::Post => EntryKind::Post,
            Kind::Hold => EntryKind::Hold,
            Kind::Release => EntryKind::Release,
        }
    }
}

impl From<EntryKind> for Kind {
    fn from(kind: EntryKind) -> Kind {
        match kind {
            EntryKind::Post => Kind::Post,
            EntryKind::Hold => Kind::Hold,
            EntryKind::Release => Kind::Release,
        }
    }
}

/// An entry to be posted. The same id with the same content gives the first answer again; with other content it is
/// refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEntry)]
pub struct NewEntryBody<'a> {
    /// Yours, and means one thing for ever: derive it from the business fact, so that a retry finds it.
    id: Uuid,
    #[serde(default)]
    kind: Kind,
    /// When it counts; without it, the day it is booked.
    #[serde(default, deserialize_with = "time::day")]
    #[schema(value_type = Option<String>, format = Date, example = "2026-05-01")]
    effective_date: Option<Date>,
    /// The business document it stems from, at most 200 bytes.
    #[serde(default)]
    #[schema(example = "CLM-2026-000017")]
    reference: String,
    /// A sentence for a person, at most 2,000 bytes.
    #[serde(default)]
    description: String,
    /// A JSON object that the ledger keeps byte by byte and never reads, at most 8,000 bytes.
    #[serde(default, borrow)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a RawValue>,
    /// For a release: the hold.
    #[serde(default)]
    relates_to: Option<Uuid>,
    /// Ties this entry to the next one of the request: a run of linked entries is posted whole or not at all.
    #[serde(default)]
    linked: bool,
    /// Two or more, of sum zero in each currency; none for a release.
    #[serde(default, borrow)]
    #[schema(value_type = Vec<NewPostingBody<'static>>)]
    postings: Vec<Object<NewPostingBody<'a>>>,
}

/// One entry, or many. Only the document has it as one type: each of many is read by itself.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = NewEntryOrEntries)]
pub enum OneOrMany {
    /// One.
    One(NewEntryBody<'static>),
    /// Many.
    Many(Vec<NewEntryBody<'static>>),
}

/// One leg: exactly one of `debit` and `credit`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPosting)]
struct NewPostingBody<'a> {
    /// The account's code.
    #[schema(example = "1101.picc")]
    account: String,
    /// A positive decimal string.
    #[serde(default, borrow)]
    #[schema(value_type = Option<String>, example = "15200.00")]
    debit: Option<&'a RawValue>,
    /// A positive decimal string.
    #[serde(default, borrow)]
    #[schema(value_type = Option<String>)]
    credit: Option<&'a RawValue>,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// The open item, on accounts that keep them.
    #[serde(default)]
    #[schema(example = "CLM-2026-000017")]
    item: Option<String>,
}

/// An entry that could not be read, as far as it could.
#[derive(Debug)]
pub struct Unread {
    /// Its id, if that much could be read.
    pub id: Option<Uuid>,
    /// Whether it is linked to the next, if that much could be read.
    pub linked: Option<bool>,
    /// What is wrong.
    pub misread: Box<Misread>,
}

/// Reads one entry.
pub fn read(text: &[u8], actor: &str) -> Result<NewEntry, Unread> {
    let body = json::read::<Object<NewEntryBody<'_>>>(text);
    let entry = body.and_then(|Object(body)| body.into_entry(actor).map_err(Misread::Misshapen));
    entry.map_err(|misread| unread(text, misread))
}

fn unread(text: &[u8], misread: Misread) -> Unread {
    let value: Option<serde_json::Value> = serde_json::from_slice(text).ok();
    let field = |name| value.as_ref().and_then(|value| value.get(name));
    let id = field("id").and_then(serde_json::Value::as_str).and_then(|id| id.parse().ok());
    let linked = value.as_ref().map(|_| field("linked").and_then(serde_json::Value::as_bool).unwrap_or_default());
    Unread { id, linked, misread: Box::new(misread) }
}

impl NewEntryBody<'_> {
    fn into_entry(self, actor: &str) -> Result<NewEntry, Violation> {
        let metadata = self.metadata.map(RawValue::get);
        if metadata.is_some_and(|text| !text.starts_with('{')) {
            return Err(Violation::at("metadata_not_object", "/metadata", "metadata is a JSON object"));
        }
        let postings = self.postings.into_iter().enumerate().map(|(leg, Object(posting))| posting.into_posting(leg));
        Ok(NewEntry {
            id: self.id,
            kind: self.kind.into(),
            effective_date: self.effective_date,
            reference: self.reference,
            description: self.description,
            metadata: metadata.map(str::to_owned),
            actor: actor.to_owned(),
            relates_to: self.relates_to,
            linked: self.linked,
            postings: postings.collect::<Result<_, _>>()?,
        })
    }
}

impl NewPostingBody<'_> {
    fn into_posting(self, leg: usize) -> Result<NewPosting, Violation> {
        let at = |field: &str| format!("/postings/{leg}/{field}");
        let Some(account) = AccountCode::parse(&self.account) else {
            let message = "an account's code has 1 to 64 letters, digits, '-', '_' and '.', no '.' at the ends";
            return Err(Violation::at("account_malformed", at("account"), message));
        };
        let currency: Currency =
            self.currency.parse().map_err(|error: MoneyError| violation(&error, at("currency")))?;
        let amount = match (self.debit, self.credit) {
            (Some(debit), None) => positive(debit, currency, at("debit"))?,
            (None, Some(credit)) => negated(positive(credit, currency, at("credit"))?),
            (None, None) | (Some(_), Some(_)) => {
                let message = "a posting has exactly one of debit and credit";
                return Err(Violation::at("debit_or_credit", format!("/postings/{leg}"), message));
            }
        };
        Ok(NewPosting { account, amount, item: self.item })
    }
}

fn positive(raw: &RawValue, currency: Currency, pointer: String) -> Result<Money, Violation> {
    let Ok(text) = serde_json::from_str::<String>(raw.get()) else {
        let message = "an amount is a decimal string such as \"15200.00\": a JSON number may lose digits on its way";
        let given = raw.get().chars().take(40).collect::<String>();
        return Err(Violation::at("amount_not_text", pointer, message).expected("a decimal string", given));
    };
    let money = Money::parse(&text, currency).map_err(|error| violation(&error, pointer.clone()))?;
    match money.minor {
        1.. => Ok(money),
        0 => Err(Violation::at("amount_zero", pointer, "an amount is not zero").expected("more than 0", text)),
        _ => {
            let message = "an amount is not negative: write it on the other side";
            Err(Violation::at("amount_negative", pointer, message).expected("more than 0", text))
        }
    }
}

fn negated(money: Money) -> Money {
    Money::new(-money.minor, money.currency)
}

fn violation(error: &MoneyError, pointer: String) -> Violation {
    let violation = Violation::at(error.code(), pointer, error.to_string());
    match error {
        MoneyError::TooManyDecimals { expected, actual, .. } => {
            violation.expected(format!("at most {expected} decimals"), format!("{actual} decimals"))
        }
        MoneyError::UnknownCurrency(_) | MoneyError::NotANumber(_) | MoneyError::TooLarge(_) => violation,
    }
}

/// An entry in the journal.
#[derive(Serialize, ToSchema)]
#[schema(as = Entry)]
pub struct EntryBody {
    id: Uuid,
    /// Its number in the book: dense, from 1, in the order of posting.
    sequence: i64,
    kind: Kind,
    /// When it counts.
    #[schema(value_type = String, format = Date)]
    effective_date: Date,
    /// When the ledger knew it.
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
    reference: String,
    description: String,
    /// As it was sent.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Box<RawValue>>,
    /// The hold that it releases.
    relates_to: Option<Uuid>,
    /// The release that undid this hold.
    released_by: Option<Uuid>,
    /// Who asked for it.
    actor: String,
    postings: Vec<PostingBody>,
}

/// One leg in the journal.
#[derive(Serialize, ToSchema)]
#[schema(as = Posting)]
struct PostingBody {
    account: String,
    #[serde(flatten)]
    amount: Side,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    item: Option<String>,
}

/// A positive amount on its side.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AmountOnSide)]
pub enum Side {
    /// On the debit side.
    #[schema(example = "15200.00")]
    Debit(String),
    /// On the credit side.
    Credit(String),
}

impl Side {
    /// The side of an amount that is positive for a debit.
    pub fn of(amount: Money) -> Side {
        let text = decimal_text(i128::from(amount.minor).abs(), amount.currency);
        if amount.minor < 0 { Side::Credit(text) } else { Side::Debit(text) }
    }
}

impl TryFrom<EntryView> for EntryBody {
    type Error = serde_json::Error;

    fn try_from(view: EntryView) -> Result<EntryBody, serde_json::Error> {
        Ok(EntryBody {
            id: view.id,
            sequence: view.sequence,
            kind: view.kind.into(),
            effective_date: view.effective_date,
            booked_at: view.booked_at,
            reference: view.reference,
            description: view.description,
            metadata: view.metadata.map(RawValue::from_string).transpose()?,
            relates_to: view.relates_to,
            released_by: view.released_by,
            actor: view.actor,
            postings: view.postings.into_iter().map(PostingBody::from).collect(),
        })
    }
}

impl From<PostingView> for PostingBody {
    fn from(view: PostingView) -> PostingBody {
        let account = view.account.to_string();
        PostingBody { account, amount: Side::of(view.amount), currency: view.amount.currency, item: view.item }
    }
}

/// Entries in order of posting.
#[derive(Serialize, ToSchema)]
#[schema(as = EntryPage)]
pub struct EntryPageBody {
    /// The entries.
    pub entries: Vec<EntryBody>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

#[cfg(test)]
mod tests;
