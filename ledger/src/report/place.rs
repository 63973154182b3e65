//! Where a report of many pages goes on: an opaque text that pins the scope of its first page.
//!
//! In hexadecimal: last sequence of the scope, its time, the last row given out (sequence, leg, and account where rows
//! go by account), and six bytes of a digest over these and the question, so that a cursor of another question, or a
//! mistyped one, is refused and not answered with other rows. It is no secret and grants nothing.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::query::{Moment, QueryError};

use super::Scope;

const FIXED_BYTES: usize = 26;
const CHECK_BYTES: usize = 6;

/// Where a page ends.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Place {
    /// Sequence of the last row given out.
    pub sequence: i64,
    /// Its leg.
    pub leg: i16,
    /// Its account and, where rows are items, its item behind a NUL; or nothing.
    pub name: String,
}

impl Place {
    /// The cursor of what follows this place in a scope; `question` is all that must stay the same.
    pub(super) fn to_text(&self, scope: &Scope, question: &str) -> String {
        let mut bytes = Vec::with_capacity(FIXED_BYTES + self.name.len() + CHECK_BYTES);
        bytes.extend(scope.sequence.to_be_bytes());
        bytes.extend(scope.known_at.as_microsecond().to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.leg.to_be_bytes());
        bytes.extend(self.name.as_bytes());
        let check = check(&bytes, question);
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).expect("four bits are one digit");
        bytes.iter().chain(&check).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// The place and the scope of a cursor. The moment may repeat the time of the first page, but not name another.
    pub(super) fn parse(text: &str, moment: Moment, question: &str) -> Result<(Scope, Place), QueryError> {
        Place::read(text, moment, question).ok_or(QueryError::CursorMalformed)
    }

    fn read(text: &str, moment: Moment, question: &str) -> Option<(Scope, Place)> {
        let bytes = bytes_of_hex(text)?;
        let (content, given) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_BYTES)?)?;
        let (fixed, name) = content.split_first_chunk::<FIXED_BYTES>()?;
        if given != check(content, question) {
            return None;
        }
        let number = |at: usize| Some(i64::from_be_bytes(fixed.get(at..at + 8)?.try_into().ok()?));
        let known_at = Timestamp::from_microsecond(number(8)?).ok()?;
        if moment.known_at.is_some_and(|asked| asked.as_microsecond() != known_at.as_microsecond()) {
            return None;
        }
        let place = Place {
            sequence: number(16)?,
            leg: i16::from_be_bytes([fixed[24], fixed[25]]),
            name: String::from_utf8(name.to_vec()).ok()?,
        };
        Some((Scope { sequence: number(0)?, known_at, as_of: moment.as_of }, place))
    }
}

fn check(content: &[u8], question: &str) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new().chain_update(content).chain_update(question).finalize();
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest[..CHECK_BYTES]);
    check
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = text.as_bytes().iter().map(digit).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high * 16 + low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was_and_for_its_own_question_only() {
        let scope =
            Scope { sequence: 9, known_at: Timestamp::from_microsecond(1_700_000_000_000_001).unwrap(), as_of: None };
        let place = Place { sequence: 7, leg: 1, name: "1101.picc\0垫".to_owned() };
        let (moment, text) = (Moment::default(), place.to_text(&scope, "question"));
        assert_eq!(Place::parse(&text, moment, "question").unwrap(), (scope, place));
        let refused = |text: &str, moment, question| Place::parse(text, moment, question).unwrap_err().code();
        assert_eq!(refused(&text, moment, "other"), Some("cursor_malformed"));
        let other = Moment { known_at: Some(Timestamp::UNIX_EPOCH), ..moment };
        assert_eq!(refused(&text, other, "question"), Some("cursor_malformed"));
        for at in 0..text.len() {
            let digit = if &text[at..=at] == "0" { "1" } else { "0" };
            let altered = format!("{}{digit}{}", &text[..at], &text[at + 1..]);
            assert_eq!(refused(&altered, moment, "question"), Some("cursor_malformed"));
        }
        for wrong in ["", "0", "zz", "00", &text[2..]] {
            assert_eq!(refused(wrong, moment, "question"), Some("cursor_malformed"));
        }
    }
}
