//! Holds that are held, and whether a release undoes one of them.

use std::collections::HashMap;

use uuid::Uuid;

use super::row::{Entry, Posting};
use super::{Finding, Place, Rule};

/// A leg of a hold or a release.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldLeg {
    account_no: i32,
    amount_minor: i64,
    item: Option<Box<str>>,
}

impl HeldLeg {
    /// What of a posting a release must undo.
    pub fn new(posting: &Posting<'_>) -> HeldLeg {
        let Posting { account_no, amount_minor, item, .. } = *posting;
        HeldLeg { account_no, amount_minor, item: item.map(Into::into) }
    }

    fn undoes(&self, held: &HeldLeg) -> bool {
        self.account_no == held.account_no
            && self.item == held.item
            && held.amount_minor.checked_neg() == Some(self.amount_minor)
    }

    fn describe(&self, sign: i128) -> String {
        let amount = i128::from(self.amount_minor) * sign;
        let item = self.item.as_deref().map(|item| format!(" for item {item}")).unwrap_or_default();
        format!("{amount} on account {}{item}", self.account_no)
    }
}

/// The holds that no release has undone yet.
#[derive(Default)]
pub struct Holds(HashMap<Uuid, Vec<HeldLeg>>);

impl Holds {
    /// Takes a hold in.
    pub fn hold(&mut self, entry: &Entry, legs: Vec<HeldLeg>) {
        self.0.insert(entry.id, legs);
    }

    /// Undoes a hold, which must be held and have the release's legs with opposite signs, in the same order.
    pub fn release(&mut self, entry: &Entry, legs: &[HeldLeg]) -> Result<(), Finding> {
        let relates_to = entry.relates_to.map_or_else(|| "no entry".to_owned(), |id| id.to_string());
        let held = entry.relates_to.and_then(|hold| self.0.remove(&hold));
        let held = held.ok_or_else(|| Finding {
            place: entry.place(),
            rule: Rule::ReleasesHold,
            expected: "a hold that is still held".to_owned(),
            actual: relates_to,
        })?;
        let (expected, actual) = (held.len(), legs.len());
        Finding::unless_equal(entry.place(), Rule::ReleaseMatchesHold, &expected, &actual)?;
        match legs.iter().zip(&held).zip(0..).find(|((leg, held), _)| !leg.undoes(held)) {
            None => Ok(()),
            Some(((leg, held), position)) => Err(Finding {
                place: Place::Posting { sequence: entry.sequence, leg: position },
                rule: Rule::ReleaseMatchesHold,
                expected: held.describe(-1),
                actual: leg.describe(1),
            }),
        }
    }
}
