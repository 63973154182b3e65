//! X12 835, the health care claim payment advice, versions 4010 and 5010.
//!
//! Strict where money hangs on it: envelopes and their counts (R8), amounts (R9), the loop every money-bearing segment
//! stands in. Lenient where nobody is helped: padding of `ISA`, line breaks after terminators, the order of headers.
//! Goes on after an error as far as sense can be made of the rest, so that one look at the verdict names everything.
//! A remittance of which an amount could not be read is left out of [`Reading::remittances`]: its sums mean nothing.
//!
//! Reading order: `delimiters`, `tokens`, `amount`, `fields`, `envelope`, `transaction`, and what a transaction is made
//! of: `header`, `lines`.

mod amount;
mod delimiters;
mod envelope;
mod fields;
mod header;
mod lines;
mod tokens;
mod transaction;

use crate::violation::{Findings, Rule, Violation};

use self::delimiters::Delimiters;
use self::envelope::Reader;
use self::tokens::{Tokens, is_isa};
use super::{FILE_BYTES_MAX, Reading};

/// Reads a file. Never panics, whatever the bytes.
pub fn read(bytes: &[u8]) -> Reading {
    let text = match text(bytes) {
        Ok(text) => text,
        Err(violation) => return refused(violation),
    };
    let mut findings = Findings::default();
    if !is_isa(text) {
        let violation = Violation::new(Rule::Syntax, None, "start of the file");
        let message = "the file does not start with an ISA segment: there is no interchange envelope";
        findings.error(violation.says(message).expected("ISA", text));
    }
    let Some(start) = first_isa(text) else { return Reading { remittances: Vec::new(), findings } };
    let mut reader = Reader::new(findings);
    for token in Tokens::new(&text[start..]) {
        reader.token(token);
    }
    reader.end()
}

fn refused(violation: Violation) -> Reading {
    let mut reading = Reading::default();
    reading.findings.error(violation);
    reading
}

fn text(bytes: &[u8]) -> Result<&str, Violation> {
    let whole = Violation::new(Rule::Syntax, None, "file");
    let length = bytes.len();
    if length > FILE_BYTES_MAX {
        let expected = format!("at most {FILE_BYTES_MAX} bytes");
        return Err(whole.says("the file is too large").expected(expected, format!("{length} bytes")));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(whole.says("the file is empty").expected("an X12 interchange", format!("{length} bytes")));
    }
    str::from_utf8(bytes).map_err(|error| {
        let valid_bytes = error.valid_up_to();
        let actual = format!("0x{:02x} at byte {}", bytes[valid_bytes], valid_bytes + 1);
        whole.says("the file is not text in UTF-8").expected("UTF-8", actual)
    })
}

/// How often `ISA` is tried in a text that does not start with it.
const ISA_TRIES_MAX: usize = 100;

/// Where the first interchange starts. In a text that starts with something else, the first `ISA` that declares
/// possible delimiters.
fn first_isa(text: &str) -> Option<usize> {
    if is_isa(text) {
        return Some(0);
    }
    let mut tries = text.match_indices("ISA").map(|(at, _)| at).take(ISA_TRIES_MAX);
    tries.find(|at| is_isa(&text[*at..]) && Delimiters::of(&text[*at..]).is_ok())
}
