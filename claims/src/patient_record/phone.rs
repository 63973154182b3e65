//! Phone numbers, normalised so that one number has one blind index.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::refusal::PatientRefusal;

/// A phone number as `+` and digits (ITU E.164): `+8613800000001`. Shows itself masked in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

const EXPECTED: &str = "a Chinese number, or one with its country behind '+'";

impl Phone {
    /// Takes a number as people write it: with blanks, hyphens, brackets, full-width digits; with `+86`, `0086`, `86`
    /// or nothing for China. Others are written with `+` or `00` and their country.
    pub fn parse(written: &str) -> Result<Phone, PatientRefusal> {
        let plain: String = written.chars().map(half_width).filter(|letter| !is_filler(*letter)).collect();
        let refuse = |found: String| PatientRefusal::Shape { field: "phone", expected: EXPECTED, found };
        let (is_international, digits) = match plain.strip_prefix('+').or_else(|| plain.strip_prefix("00")) {
            Some(digits) => (true, digits),
            None => (false, plain.as_str()),
        };
        if let Some(other) = digits.chars().find(|letter| !letter.is_ascii_digit()) {
            return Err(refuse(format!("the character {other:?}")));
        }
        let national = match digits.strip_prefix("86") {
            Some(rest) if is_international || is_mobile(rest) => Some(rest),
            Some(_) | None if is_international => None,
            Some(_) | None => Some(digits),
        };
        let Some(national) = national else {
            let is_number = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
            return if is_number { Ok(Phone(format!("+{digits}"))) } else { Err(refuse(counted(digits))) };
        };
        let landline = national.strip_prefix('0').unwrap_or(national);
        if is_mobile(national) {
            Ok(Phone(format!("+86{national}")))
        } else if is_landline(landline) && (is_international || landline.len() < national.len()) {
            Ok(Phone(format!("+86{landline}")))
        } else {
            Err(refuse(counted(digits)))
        }
    }

    /// The number, `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `138****0001`, or the last four digits behind stars for what is no Chinese mobile.
    pub fn masked(&self) -> String {
        match self.0.strip_prefix("+86") {
            Some(national) if is_mobile(national) => format!("{}****{}", &national[..3], &national[7..]),
            Some(_) | None => format!("****{}", &self.0[self.0.len() - 4..]),
        }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl TryFrom<String> for Phone {
    type Error = PatientRefusal;

    fn try_from(text: String) -> Result<Phone, PatientRefusal> {
        Phone::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0
    }
}

/// The half-width form of a full-width letter, digit or sign.
pub(super) fn half_width(letter: char) -> char {
    match letter {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    }
}

fn is_filler(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '(' | ')' | '.' | '\u{2010}'..='\u{2015}')
}

/// 11 digits from 13 to 19.
fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..])
}

/// An area code without its zero (10, 2x, or three digits) and 7 or 8 digits.
fn is_landline(digits: &str) -> bool {
    match digits.as_bytes() {
        [b'1', b'0', rest @ ..] | [b'2', _, rest @ ..] => rest.len() == 8,
        [b'3'..=b'9', _, _, rest @ ..] => matches!(rest.len(), 7 | 8),
        _ => false,
    }
}

fn counted(digits: &str) -> String {
    format!("{} digits that are no such number", digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_the_same_however_it_is_written() {
        for written in [
            "13800000001",
            "138 0000 0001",
            "138-0000-0001",
            "+8613800000001",
            "+86 138 0000 0001",
            "008613800000001",
            "8613800000001",
            "１３８０００００００１",
            "＋８６ (138) 0000.0001",
            "\u{3000}138　0000　0001 ",
        ] {
            assert_eq!(Phone::parse(written).unwrap().as_str(), "+8613800000001", "{written}");
        }
        for (written, expected) in [
            ("010-12345678", "+861012345678"),
            ("+86 10 12345678", "+861012345678"),
            ("0571 1234567", "+865711234567"),
            ("+1 212 555 0100", "+12125550100"),
            ("00852 2123 4567", "+85221234567"),
        ] {
            assert_eq!(Phone::parse(written).unwrap().as_str(), expected, "{written}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_without_repeating_it() {
        for (written, found) in [
            ("", "0 digits that are no such number"),
            ("1380000000", "10 digits that are no such number"),
            ("12800000001", "11 digits that are no such number"),
            ("138000000012", "12 digits that are no such number"),
            ("+1234567", "7 digits that are no such number"),
            ("+0012345678", "10 digits that are no such number"),
            ("+86 999", "5 digits that are no such number"),
            ("2125550100", "10 digits that are no such number"),
            ("138x0000001", "the character 'x'"),
        ] {
            let refusal = Phone::parse(written).unwrap_err();
            assert_eq!((refusal.code(), refusal.field()), ("shape", Some("phone")));
            assert!(refusal.to_string().ends_with(found), "{written}: {refusal}");
        }
    }

    #[test]
    fn a_masked_number_shows_its_ends() {
        let phone = Phone::parse("13800000001").unwrap();
        assert_eq!((phone.masked().as_str(), format!("{phone:?}").as_str()), ("138****0001", "138****0001"));
        assert_eq!(Phone::parse("+1 212 555 0100").unwrap().masked(), "****0100");
    }
}
