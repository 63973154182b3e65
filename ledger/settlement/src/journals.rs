//! The journals of the platform as templates: those that the program ships, and those that a book has in force.
//!
//! A book gets what it lacks when it is made ([`install`]) or when the platform first needs it, under the head, so that
//! any number of processes may find it missing at once. A newer version that the program ships is recorded in the
//! place of one that the program has recorded; one that somebody else has recorded, or retired, stays as it is, and so
//! does a newer one that an older program finds.
//!
//! The maps of events to entries are pure: they get [`Journals`] as a value, say all that they know ([`Facts`]), and a
//! template takes of it what it asks for. So a book may have journals of its own, as far as the facts go.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::Ledger;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::register::Signature;
use dianfu_ledger::template::{Fault, Input, Inputs, Template};
use dianfu_ledger::template_register::{self, TemplateNo, TemplateOutcome, Version};
use jiff::civil::Date;
use serde_json::value::RawValue;
use tokio_postgres::GenericClient;
use uuid::Uuid;

use crate::error::Error;
use crate::number::PartyNo;
use crate::voucher::Heading;

/// Who records what the program ships.
const PLATFORM: &str = "dianfu";
const REASON: &str = "shipped with the program";

/// The templates that the program ships, by name.
static SHIPPED: LazyLock<BTreeMap<String, Template>> = LazyLock::new(|| {
    let texts: Vec<&RawValue> =
        serde_json::from_str(include_str!("../templates/journals.json")).expect("the journals are an array");
    let template = |text: &&RawValue| {
        let template = Template::parse(text.get()).expect("a test parses every journal");
        (template.definition().name.clone(), template)
    };
    texts.iter().map(template).collect()
});

/// Why a journal cannot be posted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JournalFault {
    /// The book has no such template in force.
    #[error("no template '{journal}' is in force in this book")]
    Unknown {
        /// The name of the template.
        journal: String,
    },
    /// The book's template asks for something else than is known, or does not suit it.
    #[error("template '{journal}' of this book cannot be filled: {fault}")]
    Unfilled {
        /// The name of the template.
        journal: String,
        /// The first fault.
        fault: Box<Fault>,
    },
}

impl JournalFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            JournalFault::Unknown { .. } => "template_unknown",
            JournalFault::Unfilled { fault, .. } => fault.code(),
        }
    }
}

/// The journals of a book, as they are in force.
#[derive(Clone, Default, Debug)]
pub struct Journals(BTreeMap<String, (TemplateNo, Template)>);

impl Journals {
    /// Reads those of these names, and records what the book lacks of them. Exact for who has locked the head; for
    /// others the turn refuses an entry of a version that was replaced meanwhile.
    pub async fn in_force(tx: &Transaction<'_>, names: &[&str]) -> Result<Journals, Error> {
        let last = template_register::last_of(&**tx, names).await?;
        if due(&**tx, names, &last).await?.is_empty() {
            return Ok(Journals::of(last));
        }
        // Somebody else may be about to record the same, or something newer.
        lock_head(tx).await?;
        let last = template_register::last_of(&**tx, names).await?;
        for shipped in due(&**tx, names, &last).await? {
            record(tx, shipped).await?;
        }
        Ok(Journals::of(template_register::last_of(&**tx, names).await?))
    }

    /// The journal of one entry: the version that it was posted by, if it is in the books, so that a retry finds it
    /// whatever was recorded since; otherwise the one in force.
    pub async fn of_entry(tx: &Transaction<'_>, name: &str, entry_id: Uuid) -> Result<Journals, Error> {
        let posted = template_register::versions_of_entries(&**tx, &[entry_id]).await?;
        let posted_by: Vec<TemplateNo> = posted.into_values().flatten().collect();
        if posted_by.is_empty() {
            return Journals::in_force(tx, &[name]).await;
        }
        let versions = template_register::versions(&**tx, &posted_by).await?;
        Ok(Journals::of(versions.into_values().map(|version| (version.name.clone(), version)).collect()))
    }

    fn of(last: BTreeMap<String, Version>) -> Journals {
        let in_force = last.into_iter().filter_map(|(name, last)| Some((name, (last.template_no, last.template?))));
        Journals(in_force.collect())
    }

    /// Those that the program ships, numbered from 1: what a new book has.
    pub fn shipped() -> Journals {
        let numbered = SHIPPED.iter().zip(1..);
        Journals(numbered.map(|((name, template), no)| (name.clone(), (no, template.clone()))).collect())
    }

    /// The entry of a journal; `None` if nothing moves.
    pub fn entry(&self, heading: Heading<'_>, facts: &Facts) -> Result<Option<NewEntry>, JournalFault> {
        let journal = || heading.journal.to_owned();
        let (template_no, template) =
            self.0.get(heading.journal).ok_or_else(|| JournalFault::Unknown { journal: journal() })?;
        let filled = template.fill_from(facts.currency, &facts.inputs).map_err(|faults| {
            let fault = faults.into_iter().next().expect("what is refused has a fault");
            JournalFault::Unfilled { journal: journal(), fault: Box::new(fault) }
        })?;
        if filled.postings.is_empty() {
            return Ok(None);
        }
        let entry = heading.entry(&template.definition().title);
        Ok(Some(NewEntry { template_no: Some(*template_no), postings: filled.postings, ..entry }))
    }

    /// What a journal is called, if the book has it.
    pub fn title(&self, journal: &str) -> Option<&str> {
        self.0.get(journal).map(|(_, template)| template.definition().title.as_str())
    }
}

/// The templates of these names that the program ships and that are to be recorded.
async fn due(
    client: &impl GenericClient,
    names: &[&str],
    last: &BTreeMap<String, Version>,
) -> Result<Vec<&'static Template>, Error> {
    let mut due = Vec::new();
    for shipped in names.iter().filter_map(|name| SHIPPED.get(*name)) {
        if is_due(client, shipped, last.get(&shipped.definition().name)).await? {
            due.push(shipped);
        }
    }
    Ok(due)
}

/// Whether a template that the program ships is to be recorded.
async fn is_due(client: &impl GenericClient, shipped: &Template, last: Option<&Version>) -> Result<bool, Error> {
    let Some(last) = last else { return Ok(true) };
    let is_ours = last.actor == PLATFORM && last.template.is_some();
    if !is_ours || last.template.as_ref() == Some(shipped) {
        return Ok(false);
    }
    let history = template_register::history(client, &last.name).await?;
    Ok(history.iter().all(|version| version.template.as_ref() != Some(shipped)))
}

async fn record(tx: &Transaction<'_>, shipped: &Template) -> Result<(), Error> {
    match template_register::record(tx, shipped, None, Signature::of(PLATFORM, REASON)).await? {
        TemplateOutcome::Recorded(_) | TemplateOutcome::Unchanged(_) => Ok(()),
        TemplateOutcome::Refused(fault) => Err(Error::Corrupt(format!("a journal cannot be recorded: {fault}"))),
    }
}

/// Records every journal that the program ships and the book lacks.
pub async fn install(ledger: &Ledger) -> Result<(), Error> {
    let names: Vec<&str> = SHIPPED.keys().map(String::as_str).collect();
    complete(&mut ledger.client().await?, &names).await
}

/// Records what the book lacks of these names, in a transaction of its own: it takes the head, for which others wait
/// who hold what the caller is going to ask for.
pub async fn complete(client: &mut Client, names: &[&str]) -> Result<(), Error> {
    let last = template_register::last_of(&***client, names).await?;
    if due(&***client, names, &last).await?.is_empty() {
        return Ok(());
    }
    let tx = client.transaction().await?;
    Journals::in_force(&tx, names).await?;
    Ok(tx.commit().await?)
}

/// What is known of an event: a template takes of it what it asks for.
#[derive(Clone, Debug)]
pub struct Facts {
    currency: Currency,
    inputs: Inputs,
}

impl Facts {
    /// Nothing yet.
    pub fn new(currency: Currency) -> Facts {
        Facts { currency, inputs: Inputs::new() }
    }

    /// An amount in minor units.
    #[must_use]
    pub fn amount(self, name: &str, minor: i64) -> Facts {
        let amount = Input::Amount(Money::new(minor, self.currency));
        self.with(name, amount)
    }

    /// A party.
    #[must_use]
    pub fn party(self, name: &str, party: &PartyNo) -> Facts {
        self.segment(name, party.as_str())
    }

    /// A part of an account's code.
    #[must_use]
    pub fn segment(self, name: &str, segment: &str) -> Facts {
        self.with(name, Input::Segment(segment.to_owned()))
    }

    /// A text for an item.
    #[must_use]
    pub fn text(self, name: &str, text: &str) -> Facts {
        self.with(name, Input::Text(text.to_owned()))
    }

    /// A day.
    #[must_use]
    pub fn day(self, name: &str, day: Date) -> Facts {
        self.with(name, Input::Date(day))
    }

    /// A list, each element with facts of its own.
    #[must_use]
    pub fn list(self, name: &str, elements: impl IntoIterator<Item = Facts>) -> Facts {
        let elements = elements.into_iter().map(|element| element.inputs).collect();
        self.with(name, Input::List(elements))
    }

    fn with(mut self, name: &str, input: Input) -> Facts {
        self.inputs.insert(name.to_owned(), input);
        self
    }
}
