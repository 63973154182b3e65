//! The record, and what those see of it who may not see it.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::identity::Identity;
use super::phone::Phone;
use super::refusal::{PatientRefusal, text};

/// The longest name and address, in characters.
const NAME_MAX: usize = 100;
const ADDRESS_MAX: usize = 300;

/// Who a patient is. Shows itself masked in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatientRecord {
    /// The name, as it stands in the identity document.
    pub name: String,
    /// Where the patient is reached.
    pub phone: Phone,
    /// Where drugs and letters go.
    pub address: String,
    /// What the patient is known by.
    pub identity: Identity,
}

/// The same for those who may not see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MaskedRecord {
    /// Which version it is of.
    pub version: i32,
    /// `张**`.
    pub name: String,
    /// `138****0001`.
    pub phone: String,
    /// The first three characters and stars.
    pub address: String,
    /// The kind of the identity document.
    pub identity_kind: super::IdentityKind,
    /// The first and the last two letters of its number.
    pub identity_number: String,
}

impl PatientRecord {
    /// Refuses what no name and no address is.
    pub fn check(&self) -> Result<(), PatientRefusal> {
        text("name", &self.name, 1, NAME_MAX)?;
        text("address", &self.address, 1, ADDRESS_MAX)
    }

    /// What those see who may not see it.
    pub fn masked(&self, version: i32) -> MaskedRecord {
        MaskedRecord {
            version,
            name: starred(&self.name, 1, 2),
            phone: self.phone.masked(),
            address: starred(&self.address, 3, 6),
            identity_kind: self.identity.kind(),
            identity_number: self.identity.masked(),
        }
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(self).expect("texts become JSON"))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<PatientRecord> {
        serde_json::from_slice(bytes).ok()
    }
}

impl fmt::Debug for PatientRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.masked(0).fmt(f)
    }
}

/// The first characters and so many stars, whatever the length: stars do not tell it. What is no longer than what would
/// be shown is not shown.
fn starred(text: &str, shown: usize, stars: usize) -> String {
    let shown = if text.chars().count() > shown { shown } else { 0 };
    text.chars().take(shown).chain(std::iter::repeat_n('*', stars)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::IdentityKind;
    use super::*;

    fn record(name: &str, address: &str) -> PatientRecord {
        PatientRecord {
            name: name.to_owned(),
            phone: Phone::parse("13800000001").unwrap(),
            address: address.to_owned(),
            identity: Identity::parse(IdentityKind::ResidentId, "11010519491231002X").unwrap(),
        }
    }

    #[test]
    fn a_masked_view_shows_little() {
        let masked = record("张三丰", "广东省深圳市南山区科技路1号").masked(3);
        let shown = serde_json::to_string(&masked).unwrap();
        let expected = r#"{"version":3,"name":"张**","phone":"138****0001","address":"广东省******","#.to_owned()
            + r#""identity_kind":"resident_id","identity_number":"1***************2X"}"#;
        assert_eq!(shown, expected);
        assert_eq!(record("Q", "广东省").masked(1).name, "**");
        assert_eq!(record("Q", "广东省").masked(1).address, "******");
        let debug = format!("{:?}", record("张三丰", "广东省深圳市南山区科技路1号"));
        assert!(!debug.contains("三丰") && !debug.contains("南山") && !debug.contains("1949"), "{debug}");
    }

    #[test]
    fn what_is_sealed_is_read_again() {
        let record = record("张三丰", "广东省深圳市");
        assert_eq!(PatientRecord::from_bytes(&record.to_bytes()), Some(record));
        assert_eq!(PatientRecord::from_bytes(b"{}"), None);
    }

    #[test]
    fn names_and_addresses_have_a_length() {
        for (record, field) in [
            (record("", "x"), "name"),
            (record(" ", "x"), "name"),
            (record("a\nb", "x"), "name"),
            (record(&"长".repeat(101), "x"), "name"),
            (record("x", ""), "address"),
            (record("x", &"长".repeat(301)), "address"),
        ] {
            let refusal = record.check().unwrap_err();
            assert_eq!((refusal.code(), refusal.field()), ("text_length", Some(field)));
        }
        assert_eq!(record(&"长".repeat(100), &"长".repeat(300)).check(), Ok(()));
    }
}
