//! Bytes to lines of text, strictly: UTF-8, without NUL, of bounded length, and nothing repaired on the way.
//!
//! A byte order mark of UTF-8 in front is skipped; one of UTF-16, or the NULs of UTF-16 without one, are named as such,
//! and so is a text that is not UTF-8, such as GB18030: guessing an encoding would change names silently. After such a
//! fault nothing more is read. Costs one pass and one buffer of the longest line.

use std::io::{self, BufRead, BufReader, Read};

use super::{Fault, LINE_BYTES_MAX};

const BUFFER_BYTES: usize = 1 << 18;

/// Lines of an input, one at a time.
pub struct Lines<R> {
    input: BufReader<R>,
    buffer: Vec<u8>,
    number: u64,
    ending: &'static str,
    is_over: bool,
}

impl<R: Read> Lines<R> {
    /// Begins at the first line.
    pub fn new(input: R) -> Lines<R> {
        let input = BufReader::with_capacity(BUFFER_BYTES, input);
        Lines { input, buffer: Vec::new(), number: 0, ending: "", is_over: false }
    }

    /// The number of the line that was read last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How the line that was read last ends; nothing if the file ends there, and may have been cut.
    pub fn ending(&self) -> &'static str {
        self.ending
    }

    /// The next line without its end; `None` at the end of the file and after a fault of the encoding.
    pub fn next_line(&mut self) -> io::Result<Option<Result<&str, Fault>>> {
        if self.is_over {
            return Ok(None);
        }
        self.buffer.clear();
        let limit = u64::try_from(LINE_BYTES_MAX + 2).expect("a line's length fits in 64 bits");
        let length = (&mut self.input).take(limit).read_until(b'\n', &mut self.buffer)?;
        if length == 0 {
            self.is_over = true;
            return Ok(None);
        }
        self.number += 1;
        self.ending = match self.buffer.as_slice() {
            [.., b'\r', b'\n'] => "\r\n",
            [.., b'\n'] => "\n",
            [.., b'\r'] => "\r",
            _ => "",
        };
        if self.ending.is_empty() && length > LINE_BYTES_MAX {
            self.is_over = true;
            let fault = Fault::new(self.number, "line_too_long", "this line is longer than any that is read");
            let expected = format!("at most {LINE_BYTES_MAX} bytes a line");
            return Ok(Some(Err(fault.expected(expected, "more, or the file is no text"))));
        }
        self.buffer.truncate(length - self.ending.len());
        let first = self.number == 1;
        let bytes = self.buffer.as_slice();
        let bytes = if first { bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes) } else { bytes };
        match text(self.number, bytes) {
            Ok(text) => Ok(Some(Ok(text))),
            Err(fault) => {
                self.is_over = true;
                Ok(Some(Err(fault)))
            }
        }
    }
}

/// The bytes of a line as text.
pub(super) fn text(line: u64, bytes: &[u8]) -> Result<&str, Fault> {
    let expected = "UTF-8; with iconv: `iconv -f ENCODING -t UTF-8`, where ENCODING is that of the file";
    let is_utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0);
    if is_utf_16 {
        let message = "the file is not UTF-8: it looks like UTF-16, or is no text";
        return Err(Fault::new(line, "encoding_not_utf8", message).expected(expected, "NUL bytes or a mark of UTF-16"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let message = "the file is not UTF-8; Chinese programs often write GB18030";
        let actual = format!("byte {:#04x} at column {}", bytes[at], at + 1);
        Fault::new(line, "encoding_not_utf8", message).expected(expected, actual)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Result<String, &'static str>> {
        let mut lines = Lines::new(bytes);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push(line.map(str::to_owned).map_err(|fault| fault.code));
        }
        all
    }

    #[test]
    fn lines_are_taken_as_they_are() {
        let lines = |texts: &[&str]| texts.iter().map(|text| Ok((*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(read(b""), lines(&[]));
        assert_eq!(read(b"a\r\nb\n\n c"), lines(&["a", "b", "", " c"]));
        assert_eq!(read("\u{feff}垫付\n\u{feff}".as_bytes()), lines(&["垫付", "\u{feff}"]));
    }

    #[test]
    fn a_foreign_encoding_is_named_and_ends_the_reading() {
        let utf_16: Vec<u8> = "a\nb\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark: Vec<u8> = [vec![0xff, 0xfe], utf_16.clone()].concat();
        let gb18030 = b"first\n\xb5\xe6\xb8\xb6\nthird\n";
        assert_eq!(read(&utf_16), [Err("encoding_not_utf8")]);
        assert_eq!(read(&with_mark), [Err("encoding_not_utf8")]);
        assert_eq!(read(gb18030), [Ok("first".to_owned()), Err("encoding_not_utf8")]);
        assert_eq!(read(&vec![b'x'; LINE_BYTES_MAX + 3]), [Err("line_too_long")]);
    }

    #[test]
    fn a_line_without_its_end_is_told() {
        let mut lines = Lines::new(&b"a\nb"[..]);
        assert_eq!(lines.next_line().unwrap(), Some(Ok("a")));
        assert_eq!(lines.ending(), "\n");
        assert_eq!(lines.next_line().unwrap(), Some(Ok("b")));
        assert_eq!((lines.ending(), lines.number()), ("", 2));
    }
}
