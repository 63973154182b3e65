//! One entry among many, read or not, and what linking means when one cannot be read.
//!
//! Pure.

use dianfu_ledger::template_register::posting::Request;
use uuid::Uuid;

use crate::problem::Violation;
use crate::wire::entry::{self, Poster};

/// One entry as it came.
#[derive(Debug)]
pub struct Item {
    /// Its index in the array, from 0, or its line in the stream, from 1.
    pub place: u64,
    /// Its id, if that could be read.
    pub id: Option<Uuid>,
    /// Whether it is linked to the next. One that does not say is linked if it stands in a run: it may have been meant
    /// as its middle, and posting too little can be mended by sending again, posting half a run cannot.
    pub linked: bool,
    /// The entry, or why it is refused.
    pub entry: Result<Request, Violation>,
    /// The beginning of its text, if it could not be read.
    pub text: String,
}

/// Bytes of a text that are kept, if it could not be read.
const TEXT_KEPT: usize = 4_000;

/// The beginning of a text that could not be read.
pub fn beginning(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(TEXT_KEPT)]).into_owned()
}

impl Item {
    /// Reads an entry; `in_run` says whether the one before it is linked to it.
    pub fn read(place: u64, text: &[u8], poster: &Poster, in_run: bool) -> Item {
        match entry::read(text, poster) {
            Ok(request) => {
                let (id, linked, text) = (Some(request.entry.id), request.entry.linked, String::new());
                Item { place, id, linked, entry: Ok(request), text }
            }
            Err(unread) => {
                let linked = unread.linked.unwrap_or(in_run);
                let entry = Err(unread.misread.into_violation());
                Item { place, id: unread.id, linked, entry, text: beginning(text) }
            }
        }
    }

    /// An entry that was not even looked at.
    pub fn refused(place: u64, violation: Violation, in_run: bool) -> Item {
        Item { place, id: None, linked: in_run, entry: Err(violation), text: String::new() }
    }
}

/// Refuses every entry of a run in which one is refused already.
pub fn refuse_broken_runs(items: &mut [Item]) {
    for run in items.chunk_by_mut(|item, _| item.linked) {
        let Some(culprit) = run.iter().find(|item| item.entry.is_err()).map(|item| item.place) else { continue };
        let message = format!("not posted because number {culprit} of the same linked run was refused");
        for item in run.iter_mut().filter(|item| item.entry.is_ok()) {
            item.entry = Err(Violation::at("linked_entry_rejected", "/linked", message.as_str()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `l` is linked, `.` is not, `x` cannot be read, `L` is linked but misshapen.
    fn items(marks: &str) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        for (place, mark) in (0..).zip(marks.chars()) {
            let text = match mark {
                'l' => r#"{"id":"0199aa00-0000-7000-8000-000000000001","linked":true}"#,
                '.' => r#"{"id":"0199aa00-0000-7000-8000-000000000002"}"#,
                'L' => r#"{"id":1,"linked":true}"#,
                _ => "{",
            };
            let in_run = items.last().is_some_and(|item| item.linked);
            items.push(Item::read(place, text.as_bytes(), &Poster::default(), in_run));
        }
        items
    }

    #[test]
    fn a_run_with_a_refused_entry_is_refused_as_a_whole() {
        for (marks, posted) in [
            ("...", "..."),
            ("ll..", "ll.."),
            ("x..", "-.."),
            (".x.", ".-."),
            ("l.x", "l.-"),
            ("lx.", "---"),
            ("lxx..", "----."),
            ("L..", "--."),
            ("lL.l.", "---l."),
            ("llx", "---"),
            ("ll", "ll"),
        ] {
            let mut items = items(marks);
            refuse_broken_runs(&mut items);
            let marks_of = |(item, mark): (&Item, char)| if item.entry.is_ok() { mark } else { '-' };
            let seen: String = items.iter().zip(marks.chars()).map(marks_of).collect();
            assert_eq!(seen, posted, "{marks}");
        }
    }

    #[test]
    fn the_culprit_is_named() {
        let mut items = items("l.l.");
        items[3].entry = Err(Violation::at("x", "", "x"));
        refuse_broken_runs(&mut items);
        let violation = items[2].entry.as_ref().unwrap_err();
        assert_eq!(violation.code, "linked_entry_rejected");
        assert!(violation.message.contains("number 3"), "{}", violation.message);
    }
}
