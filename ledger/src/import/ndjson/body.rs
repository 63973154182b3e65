//! The lines as they are written, before anything of them is checked.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::account::Change;
use crate::import::json::{Object, Text};
use crate::template_register::TemplateNo;

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(super) struct Counted {
    pub(super) accounts: u64,
    #[serde(default)]
    pub(super) templates: u64,
    pub(super) entries: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line<'a> {
    Book(BookBody),
    Account(#[serde(borrow)] Object<AccountBody<'a>>),
    Template(#[serde(borrow)] Object<TemplateBody<'a>>),
    Entry(#[serde(borrow)] Box<Object<EntryBody<'a>>>),
    Setting(#[serde(borrow)] Object<SettingBody<'a>>),
    LimitGroup(Object<GroupBody>),
    End(Counted),
}

/// What the export says of the book; only how its lines are to be read counts here.
#[derive(Deserialize)]
pub(super) struct BookBody {
    pub(super) format: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountBody<'a> {
    pub(super) code: String,
    pub(super) name: Option<String>,
    pub(super) r#type: String,
    pub(super) currency: String,
    pub(super) normal_side: Option<String>,
    #[serde(default)]
    pub(super) open_item: bool,
    pub(super) min: Option<String>,
    pub(super) max: Option<String>,
    pub(super) parent: Option<String>,
    #[serde(borrow)]
    pub(super) metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingBody<'a> {
    pub(super) account: String,
    pub(super) currency: String,
    #[serde(default, deserialize_with = "change")]
    pub(super) min: Change<String>,
    #[serde(default, deserialize_with = "change")]
    pub(super) max: Change<String>,
    pub(super) closed: Option<bool>,
    pub(super) frozen: Option<String>,
    #[serde(default, deserialize_with = "change")]
    pub(super) parent: Change<String>,
    #[serde(default, borrow, deserialize_with = "raw_change")]
    pub(super) metadata: Change<&'a RawValue>,
    pub(super) metadata_text: Option<String>,
}

/// A field that is left out stays as it is; `null` takes away what is there.
fn change<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Change<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Change::To)
}

fn raw_change<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Change<&'a RawValue>, D::Error> {
    Option::<&'a RawValue>::deserialize(deserializer).map(Change::To)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupBody {
    pub(super) name: String,
    pub(super) currency: String,
    pub(super) normal_side: String,
    pub(super) min: Option<String>,
    pub(super) max: Option<String>,
    pub(super) accounts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read and not carried over must be known, so that all else is refused")]
pub(super) struct EntryBody<'a> {
    pub(super) id: Option<Uuid>,
    #[serde(default)]
    pub(super) kind: KindWord,
    #[serde(borrow)]
    pub(super) effective_date: Option<Text<'a>>,
    #[serde(default)]
    pub(super) reference: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default, borrow)]
    pub(super) metadata: Option<&'a RawValue>,
    pub(super) metadata_text: Option<String>,
    pub(super) actor: Option<String>,
    #[serde(default)]
    pub(super) adjusting: bool,
    pub(super) relates_to: Option<Uuid>,
    pub(super) hold_group: Option<Uuid>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) at_most: Option<String>,
    pub(super) value_date: Option<String>,
    pub(super) template: Option<Object<MadeByBody>>,
    pub(super) sequence: Option<i64>,
    pub(super) booked_at: Option<Timestamp>,
    #[serde(borrow)]
    pub(super) postings: Vec<Object<PostingBody<'a>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MadeByBody {
    pub(super) name: String,
    pub(super) template_no: TemplateNo,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read and not carried over must be known, so that all else is refused")]
pub(super) struct TemplateBody<'a> {
    pub(super) name: String,
    pub(super) template_no: TemplateNo,
    pub(super) title: Option<String>,
    pub(super) recorded_at: Option<Timestamp>,
    pub(super) actor: Option<String>,
    pub(super) reason: Option<String>,
    /// `null` if the name is retired; not left out.
    #[serde(borrow, deserialize_with = "Option::deserialize")]
    pub(super) template: Option<&'a RawValue>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindWord {
    #[default]
    Post,
    Hold,
    Release,
    Capture,
    Expiry,
    Reversal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PostingBody<'a> {
    #[serde(borrow)]
    pub(super) account: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) debit: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) credit: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) currency: Cow<'a, str>,
    pub(super) item: Option<String>,
    #[serde(borrow)]
    pub(super) due_date: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) layer: Option<Text<'a>>,
}
