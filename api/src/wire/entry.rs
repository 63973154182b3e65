//! Entries as they come and as they are shown.
//!
//! A posting has exactly one of `debit` and `credit`, a positive decimal string, and its currency.

use std::borrow::Cow;
use std::collections::HashMap;

use dianfu_ledger::entry::{EntryKind, Layer, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money, MoneyError, decimal_text};
use dianfu_ledger::query::{EntryView, MadeBy, PostingView, Related};
use dianfu_ledger::template_register::posting::Request;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::account_code;
use super::json::{self, Misread, Object};
use super::template::TemplateUseBody;
use super::{metadata, time};
use crate::problem::Violation;
use crate::sheet::Listed;

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
    /// Gives back what a hold holds, whole or in part.
    Release,
    /// Moves what a hold holds, whole or in part.
    Capture,
    /// Gives back what is still held when the hold's time is over. The ledger's own: nobody asks for it.
    Expiry,
    /// Moves back what an entry has moved, whole or in part.
    Reversal,
}

impl From<Kind> for EntryKind {
    fn from(kind: Kind) -> EntryKind {
        match kind {
            Kind::Post => EntryKind::Post,
            Kind::Hold => EntryKind::Hold,
            Kind::Release => EntryKind::Release,
            Kind::Capture => EntryKind::Capture,
            Kind::Expiry => EntryKind::Expiry,
            Kind::Reversal => EntryKind::Reversal,
        }
    }
}

impl From<EntryKind> for Kind {
    fn from(kind: EntryKind) -> Kind {
        match kind {
            EntryKind::Post => Kind::Post,
            EntryKind::Hold => Kind::Hold,
            EntryKind::Release => Kind::Release,
            EntryKind::Capture => Kind::Capture,
            EntryKind::Expiry => Kind::Expiry,
            EntryKind::Reversal => Kind::Reversal,
        }
    }
}

/// An entry to be posted. The same id with the same content gives the first answer again; with other content it is
/// refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEntry)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
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
    /// If the day on which it would count is closed: count it on the first open day, with that day as its value date.
    #[serde(default)]
    late: bool,
    /// It adjusts a period that is closed to all but adjusters. Needs the right to adjust.
    #[serde(default)]
    adjusting: bool,
    /// For a release or a capture: the hold. For a reversal: the entry that is to be moved back.
    #[serde(default)]
    relates_to: Option<Uuid>,
    /// For a hold: the group that it joins; any id. For a release or a capture, instead of `relates_to`: the group of
    /// which all holds are released or captured.
    #[serde(default)]
    hold_group: Option<Uuid>,
    /// For a hold: when it ends by itself.
    #[serde(default, deserialize_with = "time::instant")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Moves at most the amount given: as much as the limits of both accounts let through. Exactly two postings; the
    /// outcome says how much.
    #[serde(default)]
    at_most: bool,
    /// Ties this entry to the next one of the request: a run of linked entries is posted whole or not at all.
    #[serde(default)]
    linked: bool,
    /// Two or more, of sum zero in each currency. A release, a capture or a reversal without any takes all that is
    /// left.
    #[serde(default, borrow)]
    #[schema(value_type = Vec<NewPostingBody<'static>>)]
    postings: Vec<Object<NewPostingBody<'a>>>,
    /// In the place of postings: the template that they come from, and what to fill it with.
    #[serde(default)]
    #[schema(value_type = Option<TemplateUseBody>)]
    template: Option<Box<Object<TemplateUseBody>>>,
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
    #[serde(borrow)]
    #[schema(example = "1101.picc")]
    account: Cow<'a, str>,
    /// A positive decimal string.
    #[serde(default, borrow)]
    #[schema(value_type = Option<String>, example = "15200.00")]
    debit: Option<&'a RawValue>,
    /// A positive decimal string.
    #[serde(default, borrow)]
    #[schema(value_type = Option<String>)]
    credit: Option<&'a RawValue>,
    /// ISO 4217.
    #[serde(borrow)]
    #[schema(example = "CNY")]
    currency: Cow<'a, str>,
    /// The open item, on accounts that keep them.
    #[serde(default)]
    #[schema(example = "CLM-2026-000017")]
    item: Option<String>,
    /// When the item is due; the last date given for an item counts.
    #[serde(default, deserialize_with = "time::day")]
    #[schema(value_type = Option<String>, format = Date)]
    due_date: Option<Date>,
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

/// Who posts.
#[derive(Clone, Default, Debug)]
pub struct Poster {
    /// For the record.
    pub actor: String,
    /// Whether entries may adjust days that are closed to others.
    pub may_adjust: bool,
}

/// Reads one entry.
pub fn read(text: &[u8], poster: &Poster) -> Result<Request, Unread> {
    let Object(body) =
        json::read::<Object<NewEntryBody<'_>>>(text).map_err(|misread| unread(text, Box::new(misread)))?;
    let (id, linked) = (Some(body.id), Some(body.linked));
    let misshapen = |violation| Unread { id, linked, misread: Box::new(Misread::Misshapen(violation)) };
    body.into_request(poster).map_err(misshapen)
}

fn unread(text: &[u8], misread: Box<Misread>) -> Unread {
    let is_json = serde_json::from_slice::<IgnoredAny>(text).is_ok();
    let fields: HashMap<String, &RawValue> = serde_json::from_slice(text).unwrap_or_default();
    let field = |name| fields.get(name).map(|raw| raw.get());
    let id = field("id").and_then(|raw| serde_json::from_str(raw).ok());
    let linked = is_json.then(|| field("linked") == Some("true"));
    Unread { id, linked, misread }
}

impl NewEntryBody<'_> {
    fn into_request(mut self, poster: &Poster) -> Result<Request, Violation> {
        let filling = self.template.take().map(|template| template.0.into_filling()).transpose()?;
        if filling.is_some() && !self.postings.is_empty() {
            let message = "postings come from the template; leave out one of the two";
            return Err(Violation::at("postings_beside_template", "/postings", message));
        }
        Ok(Request { entry: self.into_entry(poster)?, filling })
    }

    fn into_entry(self, poster: &Poster) -> Result<NewEntry, Violation> {
        if self.adjusting && !poster.may_adjust {
            let message = format!("{} may not post entries that adjust closed days", poster.actor);
            return Err(Violation::at("adjusting_not_permitted", "/adjusting", message));
        }
        let metadata = self.metadata.map(RawValue::get);
        metadata.map_or(Ok(()), metadata::check)?;
        let postings = self.postings.into_iter().enumerate().map(|(leg, Object(posting))| posting.into_posting(leg));
        Ok(NewEntry {
            id: self.id,
            kind: self.kind.into(),
            effective_date: self.effective_date,
            reference: self.reference,
            description: self.description,
            metadata: metadata.map(str::to_owned),
            actor: poster.actor.clone(),
            relates_to: self.relates_to,
            hold_group: self.hold_group,
            expires_at: self.expires_at,
            at_most: self.at_most,
            late: self.late,
            adjusting: self.adjusting,
            template_no: None,
            linked: self.linked,
            postings: postings.collect::<Result<_, _>>()?,
        })
    }
}

impl NewPostingBody<'_> {
    fn into_posting(self, leg: usize) -> Result<NewPosting, Violation> {
        // Most postings are right: a place is written for those that are not.
        let at = |field: &'static str| {
            move |violation| Violation { pointer: Some(format!("/postings/{leg}/{field}").into()), ..violation }
        };
        let account = account_code(&self.account, "").map_err(at("account"))?;
        let currency = self.currency.parse().map_err(|error| money_violation(&error, "")).map_err(at("currency"))?;
        let amount = match (self.debit, self.credit) {
            (Some(debit), None) => positive(debit, currency).map_err(at("debit"))?,
            (None, Some(credit)) => negated(positive(credit, currency).map_err(at("credit"))?),
            (None, None) | (Some(_), Some(_)) => {
                let message = "a posting has exactly one of debit and credit";
                return Err(Violation::at("debit_or_credit", format!("/postings/{leg}"), message));
            }
        };
        Ok(NewPosting { account, amount, item: self.item, due_date: self.due_date })
    }
}

fn positive(raw: &RawValue, currency: Currency) -> Result<Money, Violation> {
    let Ok(text) = serde_json::from_str::<String>(raw.get()) else {
        let message = "an amount is a decimal string such as \"15200.00\": a JSON number may lose digits on its way";
        let given = raw.get().chars().take(40).collect::<String>();
        return Err(Violation::at("amount_not_text", "", message).expected("a decimal string", given));
    };
    let money = Money::parse(&text, currency).map_err(|error| money_violation(&error, ""))?;
    match money.minor {
        1.. => Ok(money),
        0 => Err(Violation::at("amount_zero", "", "an amount is not zero").expected("more than 0", text)),
        _ => {
            let message = "an amount is not negative: write it on the other side";
            Err(Violation::at("amount_negative", "", message).expected("more than 0", text))
        }
    }
}

fn negated(money: Money) -> Money {
    Money::new(-money.minor, money.currency)
}

/// An amount or a currency that cannot be read.
pub fn money_violation(error: &MoneyError, pointer: impl Into<Box<str>>) -> Violation {
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
    /// The day asked for, if that was closed.
    #[schema(value_type = Option<String>, format = Date)]
    value_date: Option<Date>,
    /// The entry from which it takes.
    relates_to: Option<Uuid>,
    /// The entries that take from it: captures, releases, reversals. Oldest first, at most a thousand.
    related: Vec<RelatedBody>,
    /// The group of holds that it joins or ends.
    hold_group: Option<Uuid>,
    /// When the hold ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// How much was asked for, if as much as possible was to be moved.
    at_most: Option<String>,
    /// Whether it adjusts a period that is closed to others.
    adjusting: bool,
    /// The template that made its postings.
    template: Option<MadeByBody>,
    /// Who asked for it.
    actor: String,
    postings: Vec<PostingBody>,
}

/// The version of a template that made an entry's postings.
#[derive(Serialize, ToSchema)]
#[schema(as = EntryTemplate)]
struct MadeByBody {
    #[schema(example = "J12")]
    name: String,
    /// The version's number.
    template_no: i32,
}

impl From<MadeBy> for MadeByBody {
    fn from(MadeBy { name, template_no }: MadeBy) -> MadeByBody {
        MadeByBody { name, template_no }
    }
}

/// An entry that takes from another.
#[derive(Serialize, ToSchema)]
#[schema(as = Related)]
struct RelatedBody {
    id: Uuid,
    kind: Kind,
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
    /// When the item is due.
    #[schema(value_type = Option<String>, format = Date)]
    due_date: Option<Date>,
    layer: LayerBody,
}

/// The layer in which a leg counts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Layer)]
enum LayerBody {
    /// Money that has moved.
    Settled,
    /// Money that is held: counted in limits, not in balances.
    Pending,
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
            value_date: view.value_date,
            relates_to: view.relates_to,
            related: view.related.into_iter().map(RelatedBody::from).collect(),
            hold_group: view.hold_group,
            expires_at: view.expires_at,
            at_most: view.at_most.map(Money::to_decimal_string),
            adjusting: view.adjusting,
            template: view.template.map(MadeByBody::from),
            actor: view.actor,
            postings: view.postings.into_iter().map(PostingBody::from).collect(),
        })
    }
}

impl From<Related> for RelatedBody {
    fn from(Related { id, kind }: Related) -> RelatedBody {
        RelatedBody { id, kind: kind.into() }
    }
}

impl From<PostingView> for PostingBody {
    fn from(view: PostingView) -> PostingBody {
        PostingBody {
            account: view.account.to_string(),
            amount: Side::of(view.amount),
            currency: view.amount.currency,
            item: view.item,
            due_date: view.due_date,
            layer: match view.layer {
                Layer::Settled => LayerBody::Settled,
                Layer::Pending => LayerBody::Pending,
            },
        }
    }
}

/// Entries in order of posting.
#[derive(Serialize, ToSchema)]
#[schema(as = EntryPage)]
pub struct EntryPageBody {
    /// When this was known: pages asked for with it are one answer.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// The entries.
    pub entries: Vec<EntryBody>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

impl Listed for EntryPageBody {
    type Row = EntryBody;

    fn take_rows(&mut self) -> Vec<EntryBody> {
        std::mem::take(&mut self.entries)
    }

    /// Whoever writes the whole list goes on at the time that its first page was known at.
    fn take_next(&mut self) -> Option<String> {
        let known_at = self.known_at.as_microsecond();
        self.next.take().map(|after| format!("{after}.{known_at}"))
    }
}

#[cfg(test)]
mod tests;
