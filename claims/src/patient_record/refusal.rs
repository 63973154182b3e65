//! Why something about a patient cannot be put on record or read. Says nothing of what is sealed.

use dianfu_settlement::number::PartyNo;

/// A refusal about a patient's record.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PatientRefusal {
    /// There is no such patient.
    #[error("there is no patient '{patient_no}'")]
    PatientUnknown {
        /// The number.
        patient_no: PartyNo,
    },
    /// The patient has no record.
    #[error("patient '{patient_no}' has no record")]
    RecordMissing {
        /// The number.
        patient_no: PartyNo,
    },
    /// A text is missing or too long.
    #[error("{field} has {min} to {max} characters and no control characters; it has {actual}")]
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
    /// A value has another shape.
    #[error("{field} is {expected}; found {found}")]
    Shape {
        /// Which value.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What is wrong with it, without the value itself.
        found: String,
    },
    /// The version is not the one after the last.
    #[error("the next version of this record is {expected}, not {actual}: somebody else may have changed it")]
    StaleVersion {
        /// The next version.
        expected: i32,
        /// The one given.
        actual: i32,
    },
    /// The version is on record with other content.
    #[error("version {version} of the record of patient '{patient_no}' is on record with other content")]
    Conflict {
        /// The number.
        patient_no: PartyNo,
        /// The version.
        version: i32,
    },
}

impl PatientRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            PatientRefusal::PatientUnknown { .. } => "patient_unknown",
            PatientRefusal::RecordMissing { .. } => "record_missing",
            PatientRefusal::TextLength { .. } => "text_length",
            PatientRefusal::Shape { .. } => "shape",
            PatientRefusal::StaleVersion { .. } => "stale_version",
            PatientRefusal::Conflict { .. } => "conflict",
        }
    }

    /// The field that it is about, where it is about one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            PatientRefusal::TextLength { field, .. } | PatientRefusal::Shape { field, .. } => Some(field),
            PatientRefusal::StaleVersion { .. } | PatientRefusal::Conflict { .. } => Some("version"),
            PatientRefusal::PatientUnknown { .. } | PatientRefusal::RecordMissing { .. } => Some("patient_no"),
        }
    }
}

/// Refuses a text of another length, in characters, or with control characters.
pub(crate) fn text(field: &'static str, text: &str, min: usize, max: usize) -> Result<(), PatientRefusal> {
    let actual = text.chars().count();
    if (min..=max).contains(&actual) && !text.chars().any(char::is_control) && !text.trim().is_empty() {
        return Ok(());
    }
    Err(PatientRefusal::TextLength { field, min, max, actual })
}
