//! Which events a reader wants. Pure: it is asked of each event that was read, so that it cannot hide a gap.

use serde::Deserialize;

use super::event::{Event, EventType};
use crate::query::MadeBy;

/// What must be so of an event; the default lets all through.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Filter {
    /// One of its accounts' codes begins so.
    pub prefix: Option<String>,
    /// It is one of these.
    pub types: Option<Vec<EventType>>,
    /// The template that made its postings; where none did, the field `journal` of its metadata.
    pub journal: Option<String>,
    /// The version of the template that made its postings.
    pub template_no: Option<i32>,
}

/// What a filter reads of metadata.
#[derive(Deserialize)]
struct Journal {
    journal: Option<String>,
}

impl Filter {
    /// Whether it lets everything through.
    pub fn is_open(&self) -> bool {
        *self == Filter::default()
    }

    /// Whether it lets this event through.
    pub fn matches(&self, event: &Event) -> bool {
        let Filter { prefix, types, journal, template_no } = self;
        types.as_ref().is_none_or(|types| types.contains(&event.event_type()))
            && template_no.is_none_or(|wanted| made_by(event).is_some_and(|made_by| made_by.template_no == wanted))
            && prefix.as_ref().is_none_or(|prefix| touches(event, prefix))
            && journal.as_ref().is_none_or(|journal| is_of(event, journal))
    }
}

fn touches(event: &Event, prefix: &str) -> bool {
    event.entry.postings.iter().any(|leg| leg.account.as_str().starts_with(prefix))
}

fn made_by(event: &Event) -> Option<&MadeBy> {
    event.entry.template.as_ref()
}

fn is_of(event: &Event, journal: &str) -> bool {
    if let Some(made_by) = made_by(event) {
        return made_by.name == journal;
    }
    let read = event.entry.metadata.as_deref().and_then(|text| serde_json::from_str::<Journal>(text).ok());
    read.and_then(|read| read.journal).is_some_and(|own| own == journal)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::account::AccountCode;
    use crate::balance::Totals;
    use crate::entry::{EntryKind, Layer};
    use crate::money::{Currency, Money};
    use crate::query::{EntryView, PostingView};

    fn event(kind: EntryKind, code: &str, template: Option<&str>, metadata: Option<&str>) -> Event {
        let leg = PostingView {
            leg: 0,
            account: AccountCode::parse(code).unwrap(),
            layer: Layer::Settled,
            amount: Money::new(1, Currency::CNY),
            item: None,
            due_date: None,
            after: Totals::default(),
        };
        let entry = EntryView {
            sequence: 7,
            id: Uuid::nil(),
            kind,
            effective_date: date(2026, 5, 1),
            booked_at: Timestamp::UNIX_EPOCH,
            value_date: None,
            relates_to: None,
            related: Vec::new(),
            hold_group: None,
            expires_at: None,
            at_most: None,
            adjusting: false,
            template: template.map(|name| MadeBy { name: name.to_owned(), template_no: 3 }),
            reference: String::new(),
            description: String::new(),
            metadata: metadata.map(str::to_owned),
            actor: String::new(),
            postings: vec![leg],
        };
        Event { commit_no: 1, entry }
    }

    #[test]
    fn every_condition_counts() {
        let captured = event(EntryKind::Capture, "1101.picc", None, Some(r#"{"n": 1.10, "journal": "J2"}"#));
        let text = |text: &str| Some(text.to_owned());
        for (filter, matches) in [
            (Filter::default(), true),
            (Filter { prefix: text("1101."), ..Filter::default() }, true),
            (Filter { prefix: text("11011"), ..Filter::default() }, false),
            (Filter { types: Some(vec![EventType::HoldCaptured]), ..Filter::default() }, true),
            (Filter { types: Some(vec![EventType::HoldExpired]), ..Filter::default() }, false),
            (Filter { journal: text("J2"), ..Filter::default() }, true),
            (Filter { journal: text("J3"), ..Filter::default() }, false),
            (Filter { template_no: Some(3), ..Filter::default() }, false),
            (Filter { journal: text("J2"), prefix: text("9"), ..Filter::default() }, false),
        ] {
            assert_eq!(filter.matches(&captured), matches, "{filter:?}");
        }
        let journal = Filter { journal: text("J2"), ..Filter::default() };
        for metadata in [None, Some("[]"), Some("{}"), Some(r#"{"journal": 2}"#), Some(r#"{"journal": null}"#)] {
            assert!(!journal.matches(&event(EntryKind::Post, "1", None, metadata)), "{metadata:?}");
        }
        // What a template has made is of that journal, whatever the metadata says.
        let by_template = event(EntryKind::Post, "1", Some("J12"), Some(r#"{"journal": "J2"}"#));
        for (filter, matches) in [
            (journal, false),
            (Filter { journal: text("J12"), ..Filter::default() }, true),
            (Filter { template_no: Some(3), ..Filter::default() }, true),
            (Filter { template_no: Some(4), ..Filter::default() }, false),
        ] {
            assert_eq!(filter.matches(&by_template), matches, "{filter:?}");
        }
    }

    #[test]
    fn a_word_means_one_type_and_a_kind_has_one() {
        for event_type in EventType::ALL {
            assert_eq!(EventType::from_word(event_type.word()), Some(event_type));
            let kinds = EntryKind::ALL.into_iter().filter(|kind| EventType::of(*kind) == event_type);
            assert_eq!(kinds.count(), 1, "{event_type:?}");
        }
        assert_eq!(EventType::from_word("entry"), None);
    }
}
