//! Posting by template: what is given becomes postings by the version in force, and the ledger decides on those.
//!
//! An entry that is in the books already is filled by the version that it was posted by, so that a retry finds its
//! first answer whatever was recorded since. Everything else is filled by the version in force, or by the one that the
//! caller names; one that is not in force any more when the entry would be written is refused by the turn. If the
//! caller has named none, the whole request is then filled and posted again while the head is held, so that nobody can
//! record a version in between: what was posted of it the first time is found by its id, and keeps its first answer.
//!
//! Costs at most three small statements a request with templates in it, whatever the number of its entries.

use std::collections::BTreeMap;

use tokio_postgres::GenericClient;
use uuid::Uuid;

use super::{TemplateNo, Version, last_of, versions, versions_of_entries};
use crate::Ledger;
use crate::decide::Outcome;
use crate::entry::NewEntry;
use crate::error::Error;
use crate::journal::sql::lock_head;
use crate::money::Currency;
use crate::rejection::Rejection;
use crate::template::{Fault, Filled, Given, Template};

/// What stands in the place of postings: a template, and what to fill it with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filling {
    /// The template's name.
    pub name: String,
    /// The version that it must be; `None` for the one in force.
    pub template_no: Option<TemplateNo>,
    /// The currency of all amounts.
    pub currency: Currency,
    /// What is given for the inputs.
    pub inputs: BTreeMap<String, Given>,
}

/// An entry that is to be posted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The entry; without postings if those come from a template.
    pub entry: NewEntry,
    /// The template.
    pub filling: Option<Filling>,
}

impl From<NewEntry> for Request {
    fn from(entry: NewEntry) -> Request {
        Request { entry, filling: None }
    }
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The ledger has decided.
    Decided(Outcome),
    /// No entry came of the template.
    Unfilled(Unfilled),
}

/// Why no entry came of a template.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfilled {
    /// No such template is in force.
    #[error("no template '{name}' is in force")]
    TemplateUnknown {
        /// The name.
        name: String,
    },
    /// The template has no such version.
    #[error("template '{name}' has no version {template_no}")]
    VersionUnknown {
        /// The name.
        name: String,
        /// The number.
        template_no: TemplateNo,
    },
    /// What is given does not fill the template; one fault at least.
    #[error("the template cannot be filled: {}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Faults(Vec<Fault>),
    /// It can be filled, but with nothing.
    #[error("by template '{name}' nothing moves with these inputs: there is nothing to post")]
    NothingMoves {
        /// The name.
        name: String,
    },
}

impl Unfilled {
    /// Stable code of the first thing that is wrong.
    pub fn code(&self) -> &'static str {
        match self {
            Unfilled::TemplateUnknown { .. } => "template_unknown",
            Unfilled::VersionUnknown { .. } => "template_version_unknown",
            Unfilled::Faults(faults) => faults.first().map_or("template_unfilled", Fault::code),
            Unfilled::NothingMoves { .. } => "nothing_moves",
        }
    }

    /// Where the first thing stands that is wrong, as a JSON pointer into what is to be filled; `/amounts` and `/legs`
    /// are in the template.
    pub fn pointer(&self) -> &str {
        match self {
            Unfilled::TemplateUnknown { .. } => "/name",
            Unfilled::VersionUnknown { .. } => "/template_no",
            Unfilled::Faults(faults) => faults.first().map_or("", |fault| fault.pointer.as_str()),
            Unfilled::NothingMoves { .. } => "/inputs",
        }
    }

    /// What was expected of it and what was found.
    pub fn expected_actual(&self) -> (String, String) {
        match self {
            Unfilled::TemplateUnknown { name } => ("a template in force".to_owned(), name.clone()),
            Unfilled::VersionUnknown { name, template_no } => (format!("a version of {name}"), template_no.to_string()),
            Unfilled::Faults(faults) => faults.first().map(|fault| fault.problem.expected_actual()).unwrap_or_default(),
            Unfilled::NothingMoves { .. } => ("an amount that moves".to_owned(), "none".to_owned()),
        }
    }
}

/// What a template gives, and by which version: what would be posted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// The version that was filled.
    pub version: Version,
    /// The postings, and every amount with how it came about.
    pub filled: Filled,
}

/// Fills a template as posting would, and posts nothing.
pub async fn preview(client: &impl GenericClient, filling: &Filling) -> Result<Result<Preview, Unfilled>, Error> {
    let known = Known::read(client, std::iter::once((Uuid::nil(), filling))).await?;
    Ok(known.fill(Uuid::nil(), filling).map(|(version, filled, _)| Preview { version: version.clone(), filled }))
}

/// Posts requests: one answer a request, in order. Runs of linked entries are posted whole or not at all.
pub async fn post(ledger: &Ledger, requests: Vec<Request>) -> Result<Vec<Answer>, Error> {
    if requests.iter().all(|request| request.filling.is_none()) {
        let entries = requests.into_iter().map(|request| request.entry).collect();
        return Ok(ledger.post(entries).await?.into_iter().map(Answer::Decided).collect());
    }
    let told = attempt(ledger, &requests).await?;
    if !told.iter().any(|told| told.is_stale) {
        return Ok(told.into_iter().map(|told| told.answer).collect());
    }
    let again = attempt_under_head(ledger, &requests).await?;
    Ok(told.into_iter().zip(again).map(|(first, again)| first.or(again)).collect())
}

/// An answer, and whether another version may have a better one.
struct Told {
    answer: Answer,
    is_stale: bool,
}

impl Told {
    /// What was posted stays posted, although it is found as a replay when it is sent again.
    fn or(self, again: Told) -> Answer {
        if matches!(self.answer, Answer::Decided(Outcome::Posted(_))) { self.answer } else { again.answer }
    }
}

/// Where the version came from that an entry was filled by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    /// No template.
    None,
    /// It was in force when we looked, and the entry was not in the books.
    InForce,
    /// It is the one that the entry was posted by, or that the caller has named.
    Fixed,
}

async fn attempt(ledger: &Ledger, requests: &[Request]) -> Result<Vec<Told>, Error> {
    let client = ledger.client().await?;
    let filled = Drafts::of(&**client, requests).await?;
    drop(client);
    let entries = filled.entries();
    let outcomes = if entries.is_empty() { Vec::new() } else { ledger.post(entries).await? };
    Ok(filled.told(outcomes))
}

/// The same while nobody can record a version or post an entry.
async fn attempt_under_head(ledger: &Ledger, requests: &[Request]) -> Result<Vec<Told>, Error> {
    let mut client = ledger.client().await?;
    let tx = client.transaction().await?;
    lock_head(&tx).await?;
    let filled = Drafts::of(&*tx, requests).await?;
    let entries = filled.entries();
    let outcomes = if entries.is_empty() { Vec::new() } else { ledger.post_in(&tx, &entries).await? };
    tx.commit().await?;
    Ok(filled.told(outcomes))
}

/// The entry that has come of each request, or the answer if none has.
struct Drafts(Vec<Result<(NewEntry, Source), Answer>>);

impl Drafts {
    async fn of(client: &impl GenericClient, requests: &[Request]) -> Result<Drafts, Error> {
        let fillings = requests.iter().filter_map(|request| Some((request.entry.id, request.filling.as_ref()?)));
        let known = Known::read(client, fillings).await?;
        let mut filled: Vec<Result<(NewEntry, Source), Answer>> =
            requests.iter().map(|request| known.entry(request).map_err(Answer::Unfilled)).collect();
        refuse_broken_runs(requests, &mut filled);
        Ok(Drafts(filled))
    }

    fn entries(&self) -> Vec<NewEntry> {
        self.0.iter().flatten().map(|(entry, _)| entry.clone()).collect()
    }

    fn told(self, outcomes: Vec<Outcome>) -> Vec<Told> {
        let mut outcomes = outcomes.into_iter();
        let told = |filled: Result<(NewEntry, Source), Answer>| match filled {
            Ok((_, source)) => {
                let outcome = outcomes.next().expect("one outcome an entry");
                let is_stale = source == Source::InForce && may_be_stale(&outcome);
                Told { answer: Answer::Decided(outcome), is_stale }
            }
            Err(answer) => Told { answer, is_stale: false },
        };
        self.0.into_iter().map(told).collect()
    }
}

/// Whether a version that was recorded, or an entry that was posted, since we looked may have brought this about.
fn may_be_stale(outcome: &Outcome) -> bool {
    let Outcome::Rejected(rejection) = outcome else { return false };
    matches!(rejection, Rejection::TemplateNotInForce { .. } | Rejection::IdConflict { .. })
}

/// Refuses every entry of a run in which one cannot be filled.
fn refuse_broken_runs(requests: &[Request], filled: &mut [Result<(NewEntry, Source), Answer>]) {
    let mut start = 0;
    for run in requests.chunk_by(|request, _| request.entry.linked) {
        let filled = &mut filled[start..start + run.len()];
        start += run.len();
        let Some(culprit) = run.iter().zip(&*filled).find(|(_, filled)| filled.is_err()) else { continue };
        let because = Rejection::LinkedEntryRejected { culprit: culprit.0.entry.id };
        for entry in filled.iter_mut().filter(|entry| entry.is_ok()) {
            *entry = Err(Answer::Decided(Outcome::Rejected(because.clone())));
        }
    }
}

/// The versions that some fillings need.
struct Known {
    last: BTreeMap<String, Version>,
    by_number: BTreeMap<TemplateNo, Version>,
    /// The entries that are in the books, and the versions that they were posted by.
    posted: BTreeMap<Uuid, Option<TemplateNo>>,
}

impl Known {
    async fn read<'a>(
        client: &impl GenericClient,
        fillings: impl Iterator<Item = (Uuid, &'a Filling)>,
    ) -> Result<Known, Error> {
        let (ids, fillings): (Vec<Uuid>, Vec<&Filling>) = fillings.unzip();
        let posted = versions_of_entries(client, &ids).await?;
        let mut names: Vec<&str> = fillings.iter().map(|filling| filling.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let named = fillings.iter().filter_map(|filling| filling.template_no);
        let numbers: Vec<TemplateNo> = named.chain(posted.values().flatten().copied()).collect();
        let last = last_of(client, &names).await?;
        let by_number = if numbers.is_empty() { BTreeMap::new() } else { versions(client, &numbers).await? };
        Ok(Known { last, by_number, posted })
    }

    fn entry(&self, request: &Request) -> Result<(NewEntry, Source), Unfilled> {
        let Some(filling) = &request.filling else { return Ok((request.entry.clone(), Source::None)) };
        let (version, filled, source) = self.fill(request.entry.id, filling)?;
        if filled.postings.is_empty() {
            return Err(Unfilled::NothingMoves { name: filling.name.clone() });
        }
        let template_no = Some(version.template_no);
        Ok((NewEntry { template_no, postings: filled.postings, ..request.entry.clone() }, source))
    }

    fn fill(&self, id: Uuid, filling: &Filling) -> Result<(&Version, Filled, Source), Unfilled> {
        let (version, template, source) = self.version(id, filling)?;
        let inputs = template.read(filling.currency, &filling.inputs).map_err(Unfilled::Faults)?;
        let filled = template.fill(filling.currency, &inputs).map_err(Unfilled::Faults)?;
        Ok((version, filled, source))
    }

    fn version(&self, id: Uuid, filling: &Filling) -> Result<(&Version, &Template, Source), Unfilled> {
        let of_name = |template_no: &TemplateNo| {
            let version = self.by_number.get(template_no).filter(|version| version.name == filling.name)?;
            Some((version, version.template.as_ref()?, Source::Fixed))
        };
        if let Some(template_no) = filling.template_no {
            let unknown = || Unfilled::VersionUnknown { name: filling.name.clone(), template_no };
            return of_name(&template_no).ok_or_else(unknown);
        }
        let posted = self.posted.get(&id);
        if let Some(of_entry) = posted.copied().flatten().as_ref().and_then(of_name) {
            return Ok(of_entry);
        }
        let last = self.last.get(&filling.name);
        let in_force = last.and_then(|last| Some((last, last.template.as_ref()?)));
        let (version, template) = in_force.ok_or_else(|| Unfilled::TemplateUnknown { name: filling.name.clone() })?;
        Ok((version, template, if posted.is_some() { Source::Fixed } else { Source::InForce }))
    }
}
