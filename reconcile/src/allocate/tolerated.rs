//! Small differences that are taken for nothing: an entry each.

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::id;
use dianfu_settlement::journals::{Facts, JournalFault, Journals};
use dianfu_settlement::voucher::Heading;

use super::{Funded, subject};
use crate::matching::Match;

/// J25-gained, `1102 t / 5901`: a line pays a little more. To be posted before the line is, so that it finds it due.
pub fn gained(journals: &Journals, funded: &Funded<'_>, matches: &[Match]) -> Result<Vec<NewEntry>, JournalFault> {
    let gained = matches.iter().filter(|found| found.tolerated_minor < 0);
    entries(journals, funded, "J25-gained", gained)
}

/// J25, `5901 t / 1102`: a line pays a little less. To be posted behind the line.
pub fn borne(journals: &Journals, funded: &Funded<'_>, matches: &[Match]) -> Result<Vec<NewEntry>, JournalFault> {
    let borne = matches.iter().filter(|found| found.tolerated_minor > 0);
    entries(journals, funded, "J25", borne)
}

fn entries<'a>(
    journals: &Journals,
    funded: &Funded<'_>,
    journal: &str,
    matches: impl Iterator<Item = &'a Match>,
) -> Result<Vec<NewEntry>, JournalFault> {
    let entry = |found: &Match| {
        let heading = Heading {
            id: id::entry_id(
                funded.received_at,
                &subject(funded.insurer, funded.trace),
                &format!("J25/{}", found.order),
            ),
            journal,
            kind: EntryKind::Post,
            relates_to: None,
            on: funded.on,
            reference: funded.trace,
            description: None,
            actor: funded.actor,
        };
        let facts = Facts::new(funded.currency)
            .party("insurer", funded.insurer)
            .text("claim", found.claim_no.as_deref().unwrap_or_default())
            .amount("difference", found.tolerated_minor.saturating_abs());
        journals.entry(heading, &facts)
    };
    matches.filter_map(|found| entry(found).transpose()).collect()
}
