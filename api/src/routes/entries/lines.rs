//! Bytes into lines, with their numbers. Pure.
//!
//! Holds one unfinished line at most, and of that at most the limit: what is longer is thrown away up to its end.

use bytes::{Bytes, BytesMut};
use memchr::memchr;

/// A line of a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// Its bytes, without the line's end.
    Text(Bytes),
    /// It is longer than the limit.
    TooLong,
}

/// Splits what is pushed into lines.
#[derive(Debug)]
pub struct Lines {
    limit: usize,
    waiting: BytesMut,
    /// How much of `waiting` is known to have no line's end.
    searched: usize,
    number: u64,
    in_too_long: bool,
}

impl Lines {
    /// Lines of at most `limit` bytes.
    pub fn new(limit: usize) -> Lines {
        Lines { limit, waiting: BytesMut::new(), searched: 0, number: 0, in_too_long: false }
    }

    /// How many lines have begun.
    pub fn count(&self) -> u64 {
        self.number + u64::from(self.in_too_long || !self.waiting.is_empty())
    }

    /// The number of the line that is being read: the one that has begun, or else the next.
    pub fn current(&self) -> u64 {
        self.number + 1
    }

    /// Adds what has come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next whole line that is not empty, with its number from 1.
    pub fn next_line(&mut self) -> Option<(u64, Line)> {
        while let Some(found) = memchr(b'\n', &self.waiting[self.searched..]) {
            let line = self.waiting.split_to(self.searched + found + 1);
            self.searched = 0;
            let text = line.freeze();
            if let Some(line) = self.finish(text.slice(..text.len() - 1)) {
                return Some(line);
            }
        }
        self.searched = self.waiting.len();
        if self.searched > self.limit {
            self.waiting.clear();
            self.searched = 0;
            self.in_too_long = true;
        }
        None
    }

    /// What stands behind the last line's end, when nothing more will come. A line may end with the stream.
    pub fn last(&mut self) -> Option<(u64, Line)> {
        let text = self.waiting.split().freeze();
        self.searched = 0;
        if text.is_empty() && !self.in_too_long {
            return None;
        }
        self.finish(text)
    }

    fn finish(&mut self, text: Bytes) -> Option<(u64, Line)> {
        self.number += 1;
        let was_too_long = std::mem::take(&mut self.in_too_long);
        if was_too_long || text.len() > self.limit {
            return Some((self.number, Line::TooLong));
        }
        let is_blank = text.iter().all(u8::is_ascii_whitespace);
        (!is_blank).then_some((self.number, Line::Text(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&str]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(4);
        let mut seen = Vec::new();
        for piece in pieces {
            lines.push(piece.as_bytes());
            while let Some(line) = lines.next_line() {
                seen.push(line);
            }
        }
        seen.extend(lines.last());
        let text = |line| match line {
            Line::Text(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Line::TooLong => "too long".to_owned(),
        };
        seen.into_iter().map(|(number, line)| (number, text(line))).collect()
    }

    fn numbered(lines: &[(u64, &str)]) -> Vec<(u64, String)> {
        lines.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
    }

    #[test]
    fn pieces_make_the_same_lines_however_they_come() {
        let text = "ab\n\ncd\r\nabcde\nabcdefghij\nxy";
        let expected = numbered(&[(1, "ab"), (3, "cd\r"), (4, "too long"), (5, "too long"), (6, "xy")]);
        assert_eq!(split(&[text]), expected);
        let single: Vec<String> = text.chars().map(String::from).collect();
        let single: Vec<&str> = single.iter().map(String::as_str).collect();
        assert_eq!(split(&single), expected);
    }

    #[test]
    fn the_end_of_the_stream_ends_a_line() {
        assert_eq!(split(&["ab\n"]), numbered(&[(1, "ab")]));
        assert_eq!(split(&["ab"]), numbered(&[(1, "ab")]));
        assert_eq!(split(&["ab\n", "abcdefg"]), numbered(&[(1, "ab"), (2, "too long")]));
        assert_eq!(split(&["", "\n", " \n"]), numbered(&[]));
    }

    #[test]
    fn the_current_line_is_the_one_that_is_not_whole() {
        let mut lines = Lines::new(4);
        for (piece, current, count) in [("", 1, 0), ("a", 1, 1), ("b\n", 2, 1), ("\nabcdefg", 3, 3)] {
            lines.push(piece.as_bytes());
            while lines.next_line().is_some() {}
            assert_eq!((lines.current(), lines.count()), (current, count), "{piece}");
        }
    }

    #[test]
    fn a_line_that_never_ends_is_not_kept() {
        let mut lines = Lines::new(4);
        for _ in 0..1_000 {
            lines.push(b"abcdefgh");
            assert_eq!(lines.next_line(), None);
            assert!(lines.waiting.is_empty());
        }
        assert_eq!(lines.count(), 1);
    }
}
