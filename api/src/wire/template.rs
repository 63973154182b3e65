//! Templates as they come and as they are shown, and entries by template.

use std::collections::BTreeMap;

use dianfu_ledger::entry::NewPosting;
use dianfu_ledger::money::{Currency, MoneyError};
use dianfu_ledger::template::{Change, Computed, Fault, Given, Template, given_by_name};
use dianfu_ledger::template_register::posting::{Filling, Preview, Unfilled};
use dianfu_ledger::template_register::{TemplateFault, TemplateNo, Version};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::entry::Side;
use crate::problem::Violation;

/// What stands in the place of postings: a template, and what to fill it with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateUse)]
pub struct TemplateUseBody {
    /// The template's name.
    #[schema(example = "J12")]
    name: String,
    /// The version that it must be; without it, the one in force. An entry that is in the books already is compared
    /// with what the version that it was posted by makes of the inputs.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    template_no: Option<TemplateNo>,
    /// ISO 4217, of all amounts.
    #[schema(example = "CNY")]
    currency: String,
    /// What is given for each input: amounts as decimal strings, texts and days as strings, a list as an array of
    /// objects.
    #[serde(deserialize_with = "given_by_name")]
    #[schema(value_type = Object, example = json!({"patient": "p-17", "claim": "CLM-17", "amount": "100.00"}))]
    inputs: BTreeMap<String, Given>,
}

/// What a template is filled with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateFilling)]
pub struct FillingBody {
    /// The version that it must be; without it, the one in force.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    template_no: Option<TemplateNo>,
    /// ISO 4217, of all amounts.
    #[schema(example = "CNY")]
    currency: String,
    /// What is given for each input, as in an entry by template.
    #[serde(deserialize_with = "given_by_name")]
    #[schema(value_type = Object, example = json!({"patient": "p-17", "claim": "CLM-17", "amount": "100.00"}))]
    inputs: BTreeMap<String, Given>,
}

impl TemplateUseBody {
    /// What is to be filled.
    pub fn into_filling(self) -> Result<Filling, Violation> {
        let TemplateUseBody { name, template_no, currency, inputs } = self;
        let currency = currency_at(&currency, "/template/currency")?;
        Ok(Filling { name, template_no, currency, inputs })
    }
}

impl FillingBody {
    /// What is to be filled.
    pub fn into_filling(self, name: String) -> Result<Filling, Violation> {
        let FillingBody { template_no, currency, inputs } = self;
        Ok(Filling { name, template_no, currency: currency_at(&currency, "/currency")?, inputs })
    }
}

fn currency_at(text: &str, pointer: &str) -> Result<Currency, Violation> {
    text.parse().map_err(|error: MoneyError| Violation::at(error.code(), pointer, error.to_string()))
}

/// Why no entry came of a template, at the places of `place`, where the filling stands in the body.
pub fn of_unfilled(unfilled: &Unfilled, place: &str) -> Vec<Violation> {
    if let Unfilled::Faults(faults) = unfilled {
        return faults.iter().map(|fault| of_fault(fault, place)).collect();
    }
    let (expected, actual) = unfilled.expected_actual();
    let violation = Violation::at(unfilled.code(), format!("{place}{}", unfilled.pointer()), unfilled.to_string());
    vec![violation.expected(expected, actual)]
}

/// What is wrong with an input is at the input; what comes of several stands nowhere in the body but at all of it.
fn of_fault(fault: &Fault, place: &str) -> Violation {
    let own = if fault.pointer.starts_with("/inputs/") { fault.pointer.as_str() } else { "" };
    with_values(fault, format!("{place}{own}"))
}

fn with_values(fault: &Fault, pointer: String) -> Violation {
    let (expected, actual) = fault.problem.expected_actual();
    Violation::at(fault.code(), pointer, fault.to_string()).expected(expected, actual)
}

/// What is wrong with a template, at its places.
pub fn of_definition(faults: &[Fault]) -> Vec<Violation> {
    faults.iter().map(|fault| with_values(fault, format!("/template{}", fault.pointer))).collect()
}

/// A version that is to be put on record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTemplate)]
pub struct NewTemplateBody {
    /// The template; its name is that of the path.
    #[schema(value_type = Object)]
    pub template: Box<RawValue>,
    /// The version that it is to replace: refused if another one is in force. Without it, whatever is.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    pub replaces: Option<TemplateNo>,
    /// Record nothing, and say what would be.
    #[serde(default)]
    pub dry_run: bool,
    /// Why, for the record.
    pub reason: String,
}

/// The end of a template.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateRetirement)]
pub struct RetirementBody {
    /// The version that is to be retired: refused if another one is in force.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    pub replaces: Option<TemplateNo>,
    /// Why, for the record.
    pub reason: String,
}

/// What is wrong with recording or retiring, at its field.
pub fn of_template_fault(fault: &TemplateFault) -> Violation {
    let violation = Violation::at(fault.code(), format!("/{}", fault.field()), fault.to_string());
    match fault.expected_actual() {
        Some((expected, actual)) => violation.expected(expected, actual),
        None => violation,
    }
}

/// A version that is on record now.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordedTemplate)]
pub struct RecordedTemplateBody {
    /// Its number; in a dry run, the one that it would get next.
    #[schema(value_type = i32)]
    pub template_no: TemplateNo,
    /// The version that it replaces.
    #[schema(value_type = Option<i32>)]
    pub replaced: Option<TemplateNo>,
    /// Whether it is new. If not, this version was in force already.
    pub new: bool,
    /// Where it differs from the version that it replaces.
    pub changes: Vec<ChangeBody>,
}

/// A place in which two versions of a template differ.
#[derive(Serialize, ToSchema)]
#[schema(as = TemplateChange)]
pub struct ChangeBody {
    /// JSON pointer into the template.
    #[schema(example = "/legs/2/account")]
    pointer: String,
    /// What stood there, as JSON.
    before: Option<String>,
    /// What stands there.
    after: Option<String>,
}

impl From<Change> for ChangeBody {
    fn from(Change { pointer, before, after }: Change) -> ChangeBody {
        ChangeBody { pointer, before, after }
    }
}

/// A version of a template.
#[derive(Serialize, ToSchema)]
#[schema(as = TemplateVersion)]
pub struct VersionBody {
    /// The template's name.
    #[schema(example = "J2")]
    pub name: String,
    /// Its number, by which entries name it.
    #[schema(value_type = i32)]
    pub template_no: TemplateNo,
    /// The journal in a few words; `null` if this row retires the name.
    title: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    actor: String,
    reason: String,
}

impl From<&Version> for VersionBody {
    fn from(version: &Version) -> VersionBody {
        VersionBody {
            name: version.name.clone(),
            template_no: version.template_no,
            title: version.template.as_ref().map(|template| template.definition().title.clone()),
            recorded_at: version.recorded_at,
            actor: version.actor.clone(),
            reason: version.reason.clone(),
        }
    }
}

/// Versions of templates.
#[derive(Serialize, ToSchema)]
#[schema(as = TemplateVersions)]
pub struct VersionsBody {
    /// The versions.
    pub templates: Vec<VersionBody>,
}

impl VersionsBody {
    /// Of versions.
    pub fn of<'a>(versions: impl IntoIterator<Item = &'a Version>) -> VersionsBody {
        VersionsBody { templates: versions.into_iter().map(VersionBody::from).collect() }
    }
}

/// A version with the template itself.
#[derive(Serialize, ToSchema)]
#[schema(as = Template)]
pub struct TemplateBody {
    #[serde(flatten)]
    version: VersionBody,
    /// The template; `null` if this row retires the name.
    #[schema(value_type = Option<Object>)]
    template: Option<Box<RawValue>>,
}

impl From<&Version> for TemplateBody {
    fn from(version: &Version) -> TemplateBody {
        let raw = |template: &Template| {
            RawValue::from_string(template.canonical()).expect("the canonical form of a template is JSON")
        };
        TemplateBody { version: version.into(), template: version.template.as_ref().map(raw) }
    }
}

/// What a template would post.
#[derive(Serialize, ToSchema)]
#[schema(as = TemplatePreview)]
pub struct PreviewBody {
    /// The template's name.
    name: String,
    /// The version that was filled.
    #[schema(value_type = i32)]
    template_no: TemplateNo,
    title: Option<String>,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// Every amount: what was given, then what was worked out, in the order of the template.
    amounts: Vec<AmountBody>,
    /// The postings; none if nothing would move.
    postings: Vec<PreviewPostingBody>,
}

/// An amount with how it came about.
#[derive(Serialize, ToSchema)]
#[schema(as = TemplateAmount)]
struct AmountBody {
    #[schema(example = "vat")]
    name: String,
    #[schema(example = "11.32")]
    value: String,
    /// How it came about, for a person.
    #[schema(example = "6/106 of fee, rounded half away from zero")]
    formula: String,
}

/// A leg that would be posted.
#[derive(Serialize, ToSchema)]
#[schema(as = TemplatePosting)]
struct PreviewPostingBody {
    account: String,
    #[serde(flatten)]
    amount: Side,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    item: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    due_date: Option<Date>,
}

impl From<Preview> for PreviewBody {
    fn from(Preview { version, filled }: Preview) -> PreviewBody {
        let amount = |Computed { name, formula, value }: Computed| AmountBody {
            name,
            value: value.to_decimal_string(),
            formula,
        };
        let posting = |posting: NewPosting| PreviewPostingBody {
            account: posting.account.to_string(),
            amount: Side::of(posting.amount),
            currency: posting.amount.currency,
            item: posting.item,
            due_date: posting.due_date,
        };
        PreviewBody {
            title: version.template.map(|template| template.definition().title.clone()),
            name: version.name,
            template_no: version.template_no,
            currency: filled.currency,
            amounts: filled.amounts.into_iter().map(amount).collect(),
            postings: filled.postings.into_iter().map(posting).collect(),
        }
    }
}
