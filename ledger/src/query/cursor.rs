//! Where a statement goes on: an opaque text that pins the horizon of its first page.
//!
//! 32 bytes in hexadecimal: last sequence of the horizon, its time, last row given out (sequence and leg), and six
//! bytes of a digest over these and the question, so that a cursor of another question, or a mistyped one, is refused
//! and not answered with other rows. It is no secret and grants nothing.

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::QueryError;

const FIXED_BYTES: usize = 26;
const CHECK_BYTES: usize = 6;

/// Where a page ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cursor {
    /// The horizon's last sequence.
    pub until: i64,
    /// The horizon's time.
    pub known_at: Timestamp,
    /// Sequence of the last row given out.
    pub sequence: i64,
    /// Its leg.
    pub leg: i16,
}

/// What a cursor belongs to: the account's code and the days asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub code: &'a str,
    pub from: Option<Date>,
    pub to: Option<Date>,
}

impl Cursor {
    pub(super) fn to_text(self, question: Question<'_>) -> String {
        let fixed = self.fixed_bytes();
        let check = check(&fixed, question);
        hex_of_bytes(&[&fixed[..], &check].concat())
    }

    pub(super) fn parse(text: &str, question: Question<'_>) -> Result<Cursor, QueryError> {
        let bytes = bytes_of_hex(text).ok_or(QueryError::CursorMalformed)?;
        let (fixed, check_given) = bytes.split_first_chunk::<FIXED_BYTES>().ok_or(QueryError::CursorMalformed)?;
        if check_given != check(fixed, question) {
            return Err(QueryError::CursorMalformed);
        }
        let number = |at: usize| i64::from_be_bytes(fixed[at..at + 8].try_into().expect("eight bytes were taken"));
        let known_at = Timestamp::from_microsecond(number(8)).map_err(|_| QueryError::CursorMalformed)?;
        let leg = i16::from_be_bytes([fixed[24], fixed[25]]);
        Ok(Cursor { until: number(0), known_at, sequence: number(16), leg })
    }

    fn fixed_bytes(self) -> [u8; FIXED_BYTES] {
        let mut fixed = [0; FIXED_BYTES];
        fixed[..8].copy_from_slice(&self.until.to_be_bytes());
        fixed[8..16].copy_from_slice(&self.known_at.as_microsecond().to_be_bytes());
        fixed[16..24].copy_from_slice(&self.sequence.to_be_bytes());
        fixed[24..].copy_from_slice(&self.leg.to_be_bytes());
        fixed
    }
}

fn check(fixed: &[u8; FIXED_BYTES], question: Question<'_>) -> [u8; CHECK_BYTES] {
    let day = |date: Option<Date>| date.map_or_else(|| "-".to_owned(), |date| date.to_string());
    let asked = format!("statement {} {} {}", question.code, day(question.from), day(question.to));
    let digest = Sha256::new().chain_update(fixed).chain_update(asked).finalize();
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest[..CHECK_BYTES]);
    check
}

pub(super) fn hex_of_bytes(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).expect("four bits are one digit");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(super) fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = text.as_bytes().iter().map(digit).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high * 16 + low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: Question<'static> = Question { code: "1101.picc", from: None, to: None };

    fn cursor() -> Cursor {
        Cursor { until: 9, known_at: Timestamp::from_microsecond(1_700_000_000_000_001).unwrap(), sequence: 7, leg: 1 }
    }

    #[test]
    fn comes_back_as_it_was() {
        let text = cursor().to_text(QUESTION);
        assert_eq!(text.len(), 2 * (FIXED_BYTES + CHECK_BYTES));
        assert_eq!(Cursor::parse(&text, QUESTION).unwrap(), cursor());
    }

    #[test]
    fn is_refused_when_altered_or_used_for_another_question() {
        let text = cursor().to_text(QUESTION);
        let code = |text: &str, question| Cursor::parse(text, question).unwrap_err().code();
        for position in 0..text.len() {
            let other = if &text[position..=position] == "0" { "1" } else { "0" };
            let altered = format!("{}{other}{}", &text[..position], &text[position + 1..]);
            assert_eq!(code(&altered, QUESTION), Some("cursor_malformed"));
        }
        for wrong in ["", "0", "zz", &text[2..], &format!("{text}00")] {
            assert_eq!(code(wrong, QUESTION), Some("cursor_malformed"));
        }
        assert_eq!(code(&text, Question { code: "1101.cpic", ..QUESTION }), Some("cursor_malformed"));
        let from = Some(jiff::civil::date(2024, 1, 1));
        assert_eq!(code(&text, Question { from, ..QUESTION }), Some("cursor_malformed"));
    }
}
