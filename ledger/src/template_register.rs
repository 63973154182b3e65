//! Templates on record: every version that a book has, and which of them are in force.
//!
//! A version is a row of the register, and its number there is the version's for ever: entries keep it as
//! `template_no`. The last row of a name is in force; a row that says `null` retires the name. The turn refuses an
//! entry of a template that is not in force while it holds the head, so that no version changes under an entry, and
//! [`crate::verify`] finds one that was written all the same.
//!
//! Recording the version that is in force again changes nothing. Who works from a version says which one the new one is
//! to replace: if somebody else was faster, nothing is recorded, and the answer names the version that is in force now.
//!
//! [`posting`] posts entries by template.

pub mod posting;
pub mod sql;

use std::collections::BTreeMap;

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::account::AccountFault;
use crate::error::Error;
use crate::journal::sql as journal;
use crate::register::{self, Signature};
use crate::template::Template;

/// The kind under which the register keeps templates.
pub const KIND: &str = "template";
/// What the register says of a name that is retired.
const RETIRED: &str = "null";

/// The number of a version: its number in the register.
pub type TemplateNo = i32;

/// A version of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// Its number.
    pub template_no: TemplateNo,
    /// The template's name.
    pub name: String,
    /// The template; `None` if this row retires the name.
    pub template: Option<Template>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

impl Version {
    fn read(row: &Row) -> Result<Version, Error> {
        let (name, content): (String, &str) = (row.try_get("name")?, row.try_get("content")?);
        let template = match content {
            RETIRED => None,
            content => {
                let read = Template::parse(content).ok().filter(|read| read.definition().name == name);
                Some(read.ok_or_else(|| Error::Corrupt(format!("register.content of template '{name}'")))?)
            }
        };
        Ok(Version {
            template_no: number(row.try_get("register_no")?)?,
            name,
            template,
            recorded_at: row.try_get("recorded_at")?,
            actor: row.try_get("actor")?,
            reason: row.try_get("reason")?,
        })
    }
}

/// The number of a row of the register as that of a version.
pub(crate) fn number(register_no: i64) -> Result<TemplateNo, Error> {
    TemplateNo::try_from(register_no)
        .map_err(|_| Error::Corrupt(format!("record {register_no} has a larger number than a template can have")))
}

/// The last version of each name, by name, retired ones too.
pub async fn list(client: &impl GenericClient) -> Result<Vec<Version>, Error> {
    let none: Option<&[&str]> = None;
    client.query(sql::LAST, &[&none]).await?.iter().map(Version::read).collect()
}

/// The last version of each of these names that is on record; one that retires its name too.
pub async fn last_of(client: &impl GenericClient, names: &[&str]) -> Result<BTreeMap<String, Version>, Error> {
    let rows = client.query(sql::LAST, &[&Some(names)]).await?;
    let versions = rows.iter().map(|row| Version::read(row).map(|version| (version.name.clone(), version)));
    versions.collect()
}

/// All that was ever recorded under a name, oldest first.
pub async fn history(client: &impl GenericClient, name: &str) -> Result<Vec<Version>, Error> {
    Ok(histories(client, &[name]).await?.remove(name).unwrap_or_default())
}

/// All that was ever recorded under each of these names, oldest first.
pub async fn histories(client: &impl GenericClient, names: &[&str]) -> Result<BTreeMap<String, Vec<Version>>, Error> {
    let mut histories: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for row in &client.query(sql::HISTORIES, &[&names]).await? {
        let version = Version::read(row)?;
        histories.entry(version.name.clone()).or_default().push(version);
    }
    Ok(histories)
}

/// The versions with these numbers.
pub async fn versions(
    client: &impl GenericClient,
    numbers: &[TemplateNo],
) -> Result<BTreeMap<TemplateNo, Version>, Error> {
    let numbers: Vec<i64> = numbers.iter().copied().map(i64::from).collect();
    let rows = client.query(sql::VERSIONS, &[&numbers]).await?;
    rows.iter().map(|row| Version::read(row).map(|version| (version.template_no, version))).collect()
}

/// The versions by which those of these entries were posted that are in the books; `None` of one by no template.
pub async fn versions_of_entries(
    client: &impl GenericClient,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Option<TemplateNo>>, Error> {
    let rows = client.query(sql::VERSIONS_OF_ENTRIES, &[&ids]).await?;
    rows.iter().map(|row| Ok((row.try_get("entry_id")?, row.try_get("template_no")?))).collect()
}

/// What became of a template that was to be recorded or retired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TemplateOutcome {
    /// It is on record under this number, and in force from the next turn on.
    Recorded(TemplateNo),
    /// It was in force already, under this number.
    Unchanged(TemplateNo),
    /// It cannot be as was asked.
    Refused(TemplateFault),
}

/// Why a template cannot be recorded or retired as was asked; in order of precedence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TemplateFault {
    /// A text is missing or cannot be stored.
    #[error(transparent)]
    Text(AccountFault),
    /// No such template is in force.
    #[error("no template '{name}' is in force")]
    Unknown {
        /// The name.
        name: String,
    },
    /// Another version is in force than the one that was to be replaced.
    #[error("version {replaces} of template '{name}' was to be replaced; in force is {}", shown(*in_force))]
    Overtaken {
        /// The name.
        name: String,
        /// The version that was to be replaced.
        replaces: TemplateNo,
        /// The one in force.
        in_force: Option<TemplateNo>,
    },
}

fn shown(in_force: Option<TemplateNo>) -> String {
    in_force.map_or_else(|| "none".to_owned(), |template_no| template_no.to_string())
}

impl TemplateFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            TemplateFault::Text(fault) => fault.code(),
            TemplateFault::Unknown { .. } => "template_unknown",
            TemplateFault::Overtaken { .. } => "template_overtaken",
        }
    }

    /// The field that is at fault.
    pub fn field(&self) -> &'static str {
        match self {
            TemplateFault::Text(fault) => fault.field(),
            TemplateFault::Unknown { .. } => "name",
            TemplateFault::Overtaken { .. } => "replaces",
        }
    }

    /// What was expected and what was found, where two values are compared.
    pub fn expected_actual(&self) -> Option<(String, String)> {
        match self {
            TemplateFault::Text(_) | TemplateFault::Unknown { .. } => None,
            TemplateFault::Overtaken { replaces, in_force, .. } => Some((shown(*in_force), replaces.to_string())),
        }
    }
}

/// Records a version from now on, inside the caller's transaction, which must not be used for anything long: it holds
/// the head. `replaces` is the version that the caller has worked from; without it, whatever is in force is replaced.
pub async fn record(
    tx: &Transaction<'_>,
    template: &Template,
    replaces: Option<TemplateNo>,
    signature: Signature<'_>,
) -> Result<TemplateOutcome, Error> {
    put(tx, &template.definition().name, Some(template), replaces, signature).await
}

/// Retires a name from now on, likewise: no entry is posted by it any more. Its versions stay on record.
pub async fn retire(
    tx: &Transaction<'_>,
    name: &str,
    replaces: Option<TemplateNo>,
    signature: Signature<'_>,
) -> Result<TemplateOutcome, Error> {
    put(tx, name, None, replaces, signature).await
}

async fn put(
    tx: &Transaction<'_>,
    name: &str,
    template: Option<&Template>,
    replaces: Option<TemplateNo>,
    signature: Signature<'_>,
) -> Result<TemplateOutcome, Error> {
    let refused = |fault| Ok(TemplateOutcome::Refused(fault));
    if let Err(fault) = signature.check() {
        return refused(TemplateFault::Text(fault));
    }
    let mut head = journal::lock_head(tx).await?;
    let now = journal::clock(tx).await?;
    let last = last_of(&**tx, &[name]).await?.remove(name);
    let in_force = last.filter(|last| last.template.is_some());
    if template.is_none() && in_force.is_none() {
        return refused(TemplateFault::Unknown { name: name.to_owned() });
    }
    if let Some(same) = in_force.as_ref().filter(|there| there.template.as_ref() == template) {
        return Ok(TemplateOutcome::Unchanged(same.template_no));
    }
    let in_force = in_force.map(|there| there.template_no);
    if let Some(replaces) = replaces.filter(|replaces| in_force != Some(*replaces)) {
        return refused(TemplateFault::Overtaken { name: name.to_owned(), replaces, in_force });
    }
    let content = template.map_or_else(|| RETIRED.to_owned(), Template::canonical);
    let register_no = register::record(tx, &mut head, KIND, name, &content, signature, now).await?;
    Ok(TemplateOutcome::Recorded(number(register_no)?))
}
