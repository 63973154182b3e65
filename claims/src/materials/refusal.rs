//! Why rules or requests for materials are refused.

use crate::claim::ClaimNo;

use super::kind::MaterialKind;

/// A refusal about materials.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MaterialRefusal {
    /// One person does what takes two.
    #[error("'{person}' made it and cannot check it: maker and checker are two people")]
    SamePerson {
        /// Who.
        person: String,
    },
    /// A number is out of its range.
    #[error("{path} is {actual}; it lies between {min} and {max}")]
    OutOfRange {
        /// Which number, as `requirements/2/valid_days`.
        path: String,
        /// The least it may be.
        min: i64,
        /// The most it may be.
        max: i64,
        /// Its value.
        actual: i64,
    },
    /// A kind stands twice.
    #[error("{path} is '{}', which stands before", kind.word())]
    Twice {
        /// Where it stands again.
        path: String,
        /// The kind.
        kind: MaterialKind,
    },
    /// The version is on record with other content.
    #[error("version {version} of the rules for {scope} is on record with other content")]
    Conflict {
        /// Whose rules.
        scope: String,
        /// The version.
        version: i32,
    },
    /// There is no such claim.
    #[error("there is no claim {claim_no}")]
    ClaimUnknown {
        /// The number.
        claim_no: ClaimNo,
    },
    /// A text is missing or too long.
    #[error("{field} has {min} to {max} characters; it has {actual}")]
    TextLength {
        /// Which text.
        field: &'static str,
        /// The shortest it may be.
        min: usize,
        /// The longest it may be.
        max: usize,
        /// Its length.
        actual: usize,
    },
}

impl MaterialRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            MaterialRefusal::SamePerson { .. } => "same_person",
            MaterialRefusal::OutOfRange { .. } => "out_of_range",
            MaterialRefusal::Twice { .. } => "twice",
            MaterialRefusal::Conflict { .. } => "conflict",
            MaterialRefusal::ClaimUnknown { .. } => "claim_unknown",
            MaterialRefusal::TextLength { .. } => "text_length",
        }
    }
}

/// Refuses a number that is out of its range.
pub(super) fn in_range(path: &str, actual: i64, min: i64, max: i64) -> Result<(), MaterialRefusal> {
    if (min..=max).contains(&actual) {
        return Ok(());
    }
    Err(MaterialRefusal::OutOfRange { path: path.to_owned(), min, max, actual })
}
