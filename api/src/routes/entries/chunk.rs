//! Lines into chunks that are posted at once. A run of linked lines is never cut. Pure.

use dianfu_ledger::batch::REQUEST_ENTRIES_MAX;

use super::item::Item;
use super::lines::Line;
use crate::problem::Violation;
use crate::wire::entry::Poster;

/// Lines after which a chunk is posted as soon as no run is open: a quarter of a turn, so that callers share turns.
const LINES: usize = 2_048;
/// Bytes after which it is, likewise.
const BYTES: usize = 1 << 20;
/// Bytes that one run may have. Together with [`REQUEST_ENTRIES_MAX`] it bounds what a stream holds in memory.
const RUN_BYTES_MAX: usize = 16 << 20;

/// Lines that wait to be posted.
#[derive(Debug, Default)]
pub struct Chunk {
    poster: Poster,
    items: Vec<Item>,
    bytes: usize,
    /// How many items stand before the last end of a run, and of how many bytes.
    closed: usize,
    closed_bytes: usize,
    /// Whether the last line is linked to the next.
    in_run: bool,
    /// Whether we are inside a run that is too long to be posted.
    in_too_long_run: bool,
}

impl Chunk {
    /// An empty chunk of one poster's lines.
    pub fn new(poster: Poster) -> Chunk {
        Chunk { poster, ..Chunk::default() }
    }

    /// Adds a line.
    pub fn push(&mut self, number: u64, line: &Line) {
        let item = match line {
            Line::Text(text) => {
                self.bytes += text.len();
                Item::read(number, text, &self.poster, self.in_run)
            }
            Line::TooLong => Item::refused(number, line_too_long(), self.in_run),
        };
        self.push_item(item);
    }

    /// Adds what came in place of a line.
    pub fn push_refused(&mut self, number: u64, violation: Violation) {
        self.push_item(Item::refused(number, violation, self.in_run));
    }

    fn push_item(&mut self, mut item: Item) {
        self.in_run = item.linked;
        if self.in_too_long_run {
            item.entry = Err(run_too_long());
        }
        self.items.push(item);
        if !self.in_run || self.in_too_long_run {
            self.in_too_long_run &= self.in_run;
            self.close();
        } else if self.open_run_is_too_long() {
            self.items[self.closed..].iter_mut().for_each(|item| item.entry = Err(run_too_long()));
            self.in_too_long_run = true;
            self.close();
        }
    }

    fn close(&mut self) {
        self.closed = self.items.len();
        self.closed_bytes = self.bytes;
    }

    /// Whether something can be posted.
    pub fn has_closed(&self) -> bool {
        self.closed > 0
    }

    /// Whether it should be posted before more is read.
    pub fn is_full(&self) -> bool {
        self.has_closed() && (self.items.len() >= LINES || self.bytes >= BYTES)
    }

    /// Takes everything up to the last end of a run.
    pub fn take_closed(&mut self) -> Vec<Item> {
        let open = self.items.split_off(self.closed);
        self.bytes -= self.closed_bytes;
        (self.closed, self.closed_bytes) = (0, 0);
        std::mem::replace(&mut self.items, open)
    }

    /// Takes everything, when nothing more will come.
    pub fn take_all(&mut self) -> Vec<Item> {
        self.close();
        self.take_closed()
    }

    fn open_run_is_too_long(&self) -> bool {
        self.items.len() - self.closed >= REQUEST_ENTRIES_MAX || self.bytes - self.closed_bytes >= RUN_BYTES_MAX
    }
}

fn line_too_long() -> Violation {
    Violation::at("line_too_long", "", "the line is longer than a body may be")
}

fn run_too_long() -> Violation {
    let message =
        format!("a run of linked lines has less than {REQUEST_ENTRIES_MAX} entries and {RUN_BYTES_MAX} bytes");
    Violation::at("linked_run_too_long", "/linked", message)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const LINKED: &str = r#"{"id":"0199aa00-0000-7000-8000-000000000001","linked":true}"#;
    const ALONE: &str = r#"{"id":"0199aa00-0000-7000-8000-000000000002"}"#;

    fn push(chunk: &mut Chunk, number: u64, text: &str) {
        chunk.push(number, &Line::Text(Bytes::copy_from_slice(text.as_bytes())));
    }

    fn places(items: &[Item]) -> Vec<u64> {
        items.iter().map(|item| item.place).collect()
    }

    #[test]
    fn an_open_run_stays_behind() {
        let mut chunk = Chunk::new(Poster::default());
        for (number, text) in [(1, ALONE), (2, LINKED), (3, ALONE), (4, LINKED), (5, LINKED)] {
            push(&mut chunk, number, text);
        }
        assert_eq!(places(&chunk.take_closed()), [1, 2, 3]);
        assert!(!chunk.has_closed());
        push(&mut chunk, 6, ALONE);
        assert_eq!(places(&chunk.take_closed()), [4, 5, 6]);
        push(&mut chunk, 7, LINKED);
        assert_eq!(places(&chunk.take_all()), [7]);
    }

    #[test]
    fn is_full_by_lines_or_by_bytes_but_never_inside_a_run() {
        let mut chunk = Chunk::new(Poster::default());
        let number = LINES as u64 + 500;
        for number in 0..number {
            push(&mut chunk, number, LINKED);
        }
        assert!(!chunk.is_full());
        push(&mut chunk, number, ALONE);
        assert!(chunk.is_full());
        chunk.take_closed();
        assert!(!chunk.is_full());
        push(&mut chunk, 1, &format!("{ALONE}{}", " ".repeat(BYTES)));
        assert!(chunk.is_full());
    }

    #[test]
    fn a_run_without_end_is_refused_to_its_end_and_not_kept() {
        let mut chunk = Chunk::new(Poster::default());
        let endless = 3 * REQUEST_ENTRIES_MAX as u64;
        let mut refused = Vec::new();
        for number in 0..endless {
            push(&mut chunk, number, LINKED);
            assert!(chunk.items.len() <= REQUEST_ENTRIES_MAX);
            if chunk.is_full() {
                refused.extend(chunk.take_closed());
            }
        }
        push(&mut chunk, endless, ALONE);
        push(&mut chunk, endless + 1, ALONE);
        refused.extend(chunk.take_all());
        assert_eq!(refused.len() as u64, endless + 2);
        let (after, run) = refused.split_last().unwrap();
        assert!(after.entry.is_ok());
        assert!(run.iter().all(|item| item.entry.as_ref().is_err_and(|why| why.code == "linked_run_too_long")));
    }
}
