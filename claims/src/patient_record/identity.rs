//! Documents by which a person is known, and the check digit of the one that has it.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::phone::half_width;
use super::refusal::PatientRefusal;

/// What a person is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// The number of a Chinese resident (GB 11643): region, birthday, order, check digit.
    ResidentId,
    /// A passport.
    Passport,
    /// Mainland travel permit for residents of Hong Kong and Macao.
    HongKongMacaoPermit,
    /// Mainland travel permit for residents of Taiwan.
    TaiwanPermit,
    /// Identity card of a foreign permanent resident.
    ForeignResidentCard,
}

impl IdentityKind {
    /// The word for it, at every edge.
    pub fn word(self) -> &'static str {
        match self {
            IdentityKind::ResidentId => "resident_id",
            IdentityKind::Passport => "passport",
            IdentityKind::HongKongMacaoPermit => "hong_kong_macao_permit",
            IdentityKind::TaiwanPermit => "taiwan_permit",
            IdentityKind::ForeignResidentCard => "foreign_resident_card",
        }
    }

    fn expected(self) -> &'static str {
        match self {
            IdentityKind::ResidentId => "17 digits and a check digit, with a birthday in them",
            IdentityKind::Passport => "5 to 20 letters and digits",
            IdentityKind::HongKongMacaoPermit => "H or M and 8 or 10 digits",
            IdentityKind::TaiwanPermit => "8 or 10 digits",
            IdentityKind::ForeignResidentCard => "3 letters and 12 digits, or 9 and 17 more with a check digit",
        }
    }
}

/// A kind of document and its number, normalised. Shows itself masked in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Identity {
    kind: IdentityKind,
    number: String,
}

/// An identity as it is written down.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: IdentityKind,
    number: String,
}

impl Identity {
    /// Takes a number as people write it: with blanks, full-width letters, small letters.
    pub fn parse(kind: IdentityKind, written: &str) -> Result<Identity, PatientRefusal> {
        let plain = written.chars().map(half_width).filter(|letter| !letter.is_whitespace());
        let number: String = plain.map(|letter| letter.to_ascii_uppercase()).collect();
        match fault(kind, &number) {
            None => Ok(Identity { kind, number }),
            Some(found) => Err(PatientRefusal::Shape { field: "identity/number", expected: kind.expected(), found }),
        }
    }

    /// What kind of document it is.
    pub fn kind(&self) -> IdentityKind {
        self.kind
    }

    /// Its number.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Its kind and number, as its blind index is made of them.
    pub fn indexed(&self) -> String {
        format!("{}:{}", self.kind.word(), self.number)
    }

    /// The birthday that stands in a resident's number.
    pub fn birthday(&self) -> Option<Date> {
        if self.number.len() == 18 { birthday(self.number.as_bytes()) } else { None }
    }

    /// The first and the last two letters with stars between: `1***************11`.
    pub fn masked(&self) -> String {
        let stars = self.number.len().saturating_sub(3);
        format!("{}{}{}", &self.number[..1], "*".repeat(stars), &self.number[1 + stars..])
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.word(), self.masked())
    }
}

impl TryFrom<Written> for Identity {
    type Error = PatientRefusal;

    fn try_from(written: Written) -> Result<Identity, PatientRefusal> {
        Identity::parse(written.kind, &written.number)
    }
}

impl From<Identity> for Written {
    fn from(identity: Identity) -> Written {
        Written { kind: identity.kind, number: identity.number }
    }
}

/// What is wrong with a number of this kind, without the number itself.
fn fault(kind: IdentityKind, number: &str) -> Option<String> {
    let bytes = number.as_bytes();
    let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    let is_good = match kind {
        IdentityKind::ResidentId => return resident_fault(bytes),
        IdentityKind::ForeignResidentCard if bytes.len() == 18 && bytes[0] == b'9' => return resident_fault(bytes),
        IdentityKind::ForeignResidentCard => {
            bytes.len() == 15 && bytes[..3].iter().all(u8::is_ascii_uppercase) && digits(&bytes[3..])
        }
        IdentityKind::Passport => (5..=20).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_alphanumeric),
        IdentityKind::HongKongMacaoPermit => {
            matches!(bytes, [b'H' | b'M', rest @ ..] if matches!(rest.len(), 8 | 10) && digits(rest))
        }
        IdentityKind::TaiwanPermit => matches!(bytes.len(), 8 | 10) && digits(bytes),
    };
    (!is_good).then(|| format!("{} characters of another shape", number.chars().count()))
}

fn resident_fault(number: &[u8]) -> Option<String> {
    let Some((last, digits)) = number.split_last().filter(|_| number.len() == 18) else {
        return Some(format!("{} characters", String::from_utf8_lossy(number).chars().count()));
    };
    if !digits.iter().all(u8::is_ascii_digit) || digits[0] == b'0' {
        return Some("another shape".to_owned());
    }
    if birthday(number).is_none() {
        return Some("a birthday that is no day".to_owned());
    }
    (check_digit(digits) != *last).then(|| "another check digit".to_owned())
}

/// Places 7 to 14 as a day.
fn birthday(number: &[u8]) -> Option<Date> {
    let text = std::str::from_utf8(number.get(6..14)?).ok()?;
    Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok()
}

/// ISO 7064 MOD 11-2 over 17 digits.
fn check_digit(digits: &[u8]) -> u8 {
    let sum = digits.iter().fold(0_u32, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    b"10X98765432"[usize::try_from(sum).expect("a remainder of 11 is small")]
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESIDENT: IdentityKind = IdentityKind::ResidentId;

    fn found(kind: IdentityKind, written: &str) -> String {
        let refusal = Identity::parse(kind, written).unwrap_err();
        assert_eq!((refusal.code(), refusal.field()), ("shape", Some("identity/number")));
        let PatientRefusal::Shape { found, .. } = refusal else { panic!("{refusal}") };
        found
    }

    #[test]
    fn a_residents_number_is_checked_to_its_last_digit() {
        // The example of the standard, and one whose check digit is X.
        for (written, birthday) in [("11010519491231002X", "1949-12-31"), ("440524188001010014", "1880-01-01")] {
            let identity = Identity::parse(RESIDENT, written).unwrap();
            assert_eq!(identity.birthday().unwrap().to_string(), birthday);
            for place in 0..17 {
                let mut other = written.as_bytes().to_vec();
                other[place] = if other[place] == b'9' { b'0' } else { other[place] + 1 };
                assert!(Identity::parse(RESIDENT, std::str::from_utf8(&other).unwrap()).is_err(), "place {place}");
            }
        }
        let identity = Identity::parse(RESIDENT, " １１０１０５ 19491231 002x").unwrap();
        assert_eq!(identity.number(), "11010519491231002X");
        assert_eq!((identity.masked().as_str(), identity.masked().len()), ("1***************2X", 18));
        assert_eq!(format!("{identity:?}"), "resident_id 1***************2X");
    }

    #[test]
    fn what_is_wrong_is_said_without_the_number() {
        assert_eq!(found(RESIDENT, "110105194912310021"), "another check digit");
        assert_eq!(found(RESIDENT, "11010519490230002X"), "a birthday that is no day");
        assert_eq!(found(RESIDENT, "1101051949123100"), "16 characters");
        assert_eq!(found(RESIDENT, "A1010519491231002X"), "another shape");
        assert_eq!(found(RESIDENT, "张"), "1 characters");
        assert_eq!(found(IdentityKind::Passport, "E123-4567"), "9 characters of another shape");
    }

    #[test]
    fn each_kind_has_its_shape() {
        use IdentityKind::{ForeignResidentCard, HongKongMacaoPermit, Passport, TaiwanPermit};
        for (kind, written) in [
            (Passport, "e12345678"),
            (HongKongMacaoPermit, "H12345678"),
            (HongKongMacaoPermit, "m0123456789"),
            (TaiwanPermit, "12345678"),
            (ForeignResidentCard, "USA110105123456"),
        ] {
            assert_eq!(Identity::parse(kind, written).unwrap().kind(), kind, "{written}");
        }
        for (kind, written) in [
            (Passport, "E123"),
            (HongKongMacaoPermit, "X12345678"),
            (TaiwanPermit, "1234567"),
            (ForeignResidentCard, "12A110105123456"),
            (ForeignResidentCard, "911105194912310021"),
        ] {
            assert!(Identity::parse(kind, written).is_err(), "{written}");
        }
    }
}
