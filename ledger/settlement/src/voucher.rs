//! A voucher: what stands above the legs of a journal. The legs come from its template ([`crate::journals`]).

use dianfu_ledger::entry::{EntryKind, NewEntry};
use jiff::civil::Date;
use uuid::Uuid;

/// What stands above the legs.
#[derive(Clone, Debug)]
pub struct Heading<'a> {
    /// The entry's id, derived from the fact.
    pub id: Uuid,
    /// The journal: the name of its template, such as `J3`.
    pub journal: &'a str,
    /// What the entry does.
    pub kind: EntryKind,
    /// The hold that a release gives back.
    pub relates_to: Option<Uuid>,
    /// When it counts.
    pub on: Date,
    /// The business document: a claim or payout number.
    pub reference: &'a str,
    /// A sentence for a person; the title of the template if left out.
    pub description: Option<String>,
    /// Who asked for it.
    pub actor: &'a str,
}

impl Heading<'_> {
    /// The entry without its legs.
    pub(crate) fn entry(self, title: &str) -> NewEntry {
        NewEntry {
            id: self.id,
            kind: self.kind,
            relates_to: self.relates_to,
            effective_date: Some(self.on),
            reference: self.reference.to_owned(),
            description: self.description.unwrap_or_else(|| title.to_owned()),
            actor: self.actor.to_owned(),
            late: true, // it has happened, whatever is closed meanwhile
            ..NewEntry::default()
        }
    }
}

/// Ties entries together: they are posted whole or not at all.
pub fn link(entries: &mut [NewEntry]) {
    let Some((last, others)) = entries.split_last_mut() else { return };
    last.linked = false;
    for entry in others {
        entry.linked = true;
    }
}
