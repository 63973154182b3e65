//! The templates of a file: which of their versions the book has, and the others recorded where they stand.

use std::collections::HashMap;

use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::import::survey::Surveyed;
use dianfu_ledger::import::templates::{Step, TemplateLine, plan};
use dianfu_ledger::import::{Fault, Numbered, Record};
use dianfu_ledger::journal::rehearsal::Rehearsal;
use dianfu_ledger::register::Signature;
use dianfu_ledger::template_register::{self, TemplateNo, TemplateOutcome};
use dianfu_ledger::{Error, Ledger};
use tokio_postgres::GenericClient;
use uuid::Uuid;

use crate::cli::desk::Desk;

/// The versions of a file, in its order, and what becomes of each.
#[derive(Default)]
pub struct Templates {
    steps: HashMap<TemplateNo, Step>,
    /// What the versions above the place that was reached go by in the book, by their numbers in the file.
    numbers: HashMap<TemplateNo, TemplateNo>,
}

impl Templates {
    /// Looks up what the book has of the templates of a file.
    pub async fn look_up(client: &impl GenericClient, surveyed: &Surveyed) -> Result<Templates, Error> {
        let lines = || surveyed.templates.iter().map(|(_, line)| line);
        if surveyed.templates.is_empty() {
            return Ok(Templates::default());
        }
        let mut names: Vec<&str> = lines().map(|line| line.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let on_record = template_register::histories(client, &names).await?;
        let last = &surveyed.last_made;
        let ids: Vec<Uuid> = last.values().copied().collect();
        let posted = template_register::versions_of_entries(client, &ids).await?;
        let is_awaited = |template_no| last.get(&template_no).is_some_and(|id| !posted.contains_key(id));
        let steps = plan(lines(), &on_record, is_awaited);
        let steps = lines().map(|line| line.template_no).zip(steps).collect();
        Ok(Templates { steps, numbers: HashMap::new() })
    }

    /// An entry as it is in the book: it names a version by the number that this has there.
    pub fn renumber(&self, entry: &mut NewEntry) {
        entry.template_no = entry.template_no.and_then(|template_no| self.numbers.get(&template_no).copied());
    }

    /// Takes in a batch of versions as if they were recorded.
    pub fn rehearse<S: std::hash::BuildHasher>(&mut self, batch: &[Numbered], rehearsal: &mut Rehearsal<S>) {
        for (_, line) in templates(batch) {
            match self.steps.get(&line.template_no) {
                Some(Step::There(there)) => self.number(line, *there),
                Some(Step::Record { replaces, stand_in }) => {
                    rehearsal.replace_template(*replaces, line.template.as_ref().map(|_| *stand_in));
                    self.number(line, Some(*stand_in));
                }
                None => {}
            }
        }
    }

    /// Records those of a batch that the book lacks, for `reason` if they say none; answers how many those are.
    pub async fn record(
        &mut self,
        batch: &[Numbered],
        ledger: &Ledger,
        reason: &str,
    ) -> Result<Result<u64, Fault>, Error> {
        let mut recorded = 0;
        for (place, line) in templates(batch) {
            let there = match self.steps.get(&line.template_no) {
                Some(Step::Record { .. }) => match put(line, ledger, reason).await? {
                    TemplateOutcome::Recorded(template_no) => {
                        recorded += 1;
                        Some(template_no)
                    }
                    TemplateOutcome::Unchanged(template_no) => Some(template_no),
                    TemplateOutcome::Refused(fault) => return Ok(Err(Fault::recording(place, &fault))),
                },
                Some(Step::There(there)) => *there,
                None => None,
            };
            self.number(line, there);
        }
        Ok(Ok(recorded))
    }

    fn number(&mut self, line: &TemplateLine, there: Option<TemplateNo>) {
        if let Some(there) = there {
            self.numbers.insert(line.template_no, there);
        }
    }
}

async fn put(line: &TemplateLine, ledger: &Ledger, reason: &str) -> Result<TemplateOutcome, Error> {
    let own = Desk::actor();
    let actor = line.actor.as_deref().unwrap_or(&own);
    let signature = Signature::of(actor, line.reason.as_deref().unwrap_or(reason));
    match &line.template {
        Some(template) => ledger.record_template(template, None, signature, true).await,
        None => ledger.retire_template(&line.name, None, signature).await,
    }
}

/// Whether a line has a version of a template.
pub fn is_template(numbered: &Numbered) -> bool {
    matches!(numbered.record, Ok(Record::Template(_)))
}

/// The templates of a batch with their lines. A batch has no entries beside templates.
fn templates(batch: &[Numbered]) -> impl Iterator<Item = (u64, &TemplateLine)> {
    batch.iter().filter_map(|Numbered { line, record }| match record {
        Ok(Record::Template(template)) => Some((*line, &**template)),
        _ => None,
    })
}
