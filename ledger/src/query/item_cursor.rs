//! Where a list of open items goes on: an opaque text that pins the horizon of its first page.
//!
//! In hexadecimal: six bytes of a digest over the rest and the question, so that a cursor of another question, or a
//! mistyped one, is refused and not answered with other items; last sequence of the horizon and its time; account and
//! item given out last. It is no secret and grants nothing.

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::cursor::{bytes_of_hex, hex_of_bytes};
use super::{Items, QueryError};

const CHECK_BYTES: usize = 6;

/// Where a page ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ItemCursor {
    /// The horizon's last sequence.
    pub until: i64,
    /// The horizon's time.
    pub known_at: Timestamp,
    /// The account of the last item given out.
    pub code: String,
    /// The item.
    pub item: String,
}

/// What a cursor belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct ItemQuestion<'a> {
    pub code: &'a str,
    pub as_of: Option<Date>,
    pub items: Items,
}

impl ItemCursor {
    pub(super) fn to_text(&self, question: ItemQuestion<'_>) -> String {
        let code_length = u8::try_from(self.code.len()).expect("a code has at most 64 bytes");
        let mut place = self.until.to_be_bytes().to_vec();
        place.extend(self.known_at.as_microsecond().to_be_bytes());
        place.push(code_length);
        place.extend(self.code.as_bytes());
        place.extend(self.item.as_bytes());
        hex_of_bytes(&[&check(&place, question)[..], &place].concat())
    }

    pub(super) fn parse(text: &str, question: ItemQuestion<'_>) -> Result<ItemCursor, QueryError> {
        let bytes = bytes_of_hex(text).ok_or(QueryError::CursorMalformed)?;
        let (check_given, place) = bytes.split_first_chunk::<CHECK_BYTES>().ok_or(QueryError::CursorMalformed)?;
        if *check_given != check(place, question) {
            return Err(QueryError::CursorMalformed);
        }
        ItemCursor::of_place(place).ok_or(QueryError::CursorMalformed)
    }

    fn of_place(place: &[u8]) -> Option<ItemCursor> {
        let (until, rest) = place.split_first_chunk()?;
        let (known_at, rest) = rest.split_first_chunk()?;
        let (code_length, rest) = rest.split_first()?;
        let (code, item) = rest.split_at_checked(usize::from(*code_length))?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        Some(ItemCursor {
            until: i64::from_be_bytes(*until),
            known_at: Timestamp::from_microsecond(i64::from_be_bytes(*known_at)).ok()?,
            code: text(code)?,
            item: text(item)?,
        })
    }
}

fn check(place: &[u8], question: ItemQuestion<'_>) -> [u8; CHECK_BYTES] {
    let ItemQuestion { code, as_of, items } = question;
    let day = as_of.map_or_else(|| "-".to_owned(), |date| date.to_string());
    let which = match items {
        Items::Outstanding => "outstanding",
        Items::All => "all",
    };
    let digest = Sha256::new().chain_update(place).chain_update(format!("open items {code} {day} {which}")).finalize();
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest[..CHECK_BYTES]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: ItemQuestion<'static> = ItemQuestion { code: "1102", as_of: None, items: Items::Outstanding };

    fn cursor(item: &str) -> ItemCursor {
        let known_at = Timestamp::from_microsecond(1_700_000_000_000_001).unwrap();
        ItemCursor { until: 9, known_at, code: "1102.picc".to_owned(), item: item.to_owned() }
    }

    #[test]
    fn comes_back_as_it_was() {
        for item in ["CLM-1", "", "垫付 / 1", &"x".repeat(200)] {
            let text = cursor(item).to_text(QUESTION);
            assert_eq!(ItemCursor::parse(&text, QUESTION).unwrap(), cursor(item));
        }
    }

    #[test]
    fn is_refused_when_altered_or_used_for_another_question() {
        let text = cursor("CLM-1").to_text(QUESTION);
        let code = |text: &str, question| ItemCursor::parse(text, question).unwrap_err().code();
        for position in 0..text.len() {
            let other = if &text[position..=position] == "0" { "1" } else { "0" };
            let altered = format!("{}{other}{}", &text[..position], &text[position + 1..]);
            assert_eq!(code(&altered, QUESTION), Some("cursor_malformed"));
        }
        for wrong in ["", "0", "zz", "书", &text[2..], &format!("{text}00"), &text[..20]] {
            assert_eq!(code(wrong, QUESTION), Some("cursor_malformed"));
        }
        let as_of = Some(jiff::civil::date(2024, 1, 1));
        for question in [
            ItemQuestion { code: "1102.picc", ..QUESTION },
            ItemQuestion { as_of, ..QUESTION },
            ItemQuestion { items: Items::All, ..QUESTION },
        ] {
            assert_eq!(code(&text, question), Some("cursor_malformed"));
        }
    }
}
