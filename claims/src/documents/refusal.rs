//! Why an upload, or something else about a document, is refused.

use jiff::civil::Date;
use uuid::Uuid;

use super::document::MediaType;
use crate::claim::ClaimNo;

/// What is wrong with the bytes of an upload. Sizes in bytes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UploadRefusal {
    /// There are none.
    #[error("the upload is empty: expected a PDF, JPEG or PNG")]
    Empty,
    /// There are too many.
    #[error("the upload has {found} bytes; {expected} are the most")]
    TooLarge {
        /// The most.
        expected: u64,
        /// Its size.
        found: u64,
    },
    /// They are not those that were announced.
    #[error("the upload's SHA-256 is {found}, not {expected}")]
    DigestDiffers {
        /// What was announced, in hex.
        expected: String,
        /// What it is, in hex.
        found: String,
    },
    /// They are something else than what is taken.
    #[error("the upload is {found}: expected a PDF, JPEG or PNG")]
    KindRefused {
        /// What they are.
        found: String,
    },
    /// They are, or hide, an archive.
    #[error("the upload is or holds an archive ({found}): expected a PDF, JPEG or PNG and nothing beside it")]
    Archive {
        /// What was found.
        found: String,
    },
    /// They are something else than they say.
    #[error("the upload says that it is {expected}; it is {found}")]
    NotWhatItSays {
        /// What it says.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// They are broken: cut, or with bytes behind the end.
    #[error("the upload is no whole {}: expected {expected}, found {found}", media_type.word())]
    Malformed {
        /// What they begin as.
        media_type: MediaType,
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// They would become far more when opened.
    #[error("the upload would grow beyond bounds: expected {expected}, found {found}")]
    Bomb {
        /// The bound.
        expected: String,
        /// What it comes to.
        found: String,
    },
    /// A PDF that does something, or is locked, or carries files.
    #[error("the upload holds {found}: expected a PDF that only shows pages")]
    Active {
        /// What was found.
        found: &'static str,
    },
}

impl UploadRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            UploadRefusal::Empty => "upload_empty",
            UploadRefusal::TooLarge { .. } => "upload_too_large",
            UploadRefusal::DigestDiffers { .. } => "upload_digest_differs",
            UploadRefusal::KindRefused { .. } => "upload_kind_refused",
            UploadRefusal::Archive { .. } => "upload_archive",
            UploadRefusal::NotWhatItSays { .. } => "upload_not_what_it_says",
            UploadRefusal::Malformed { .. } => "upload_malformed",
            UploadRefusal::Bomb { .. } => "upload_bomb",
            UploadRefusal::Active { .. } => "upload_active",
        }
    }
}

/// Why a document is not taken, shown or judged.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DocumentRefusal {
    /// Its bytes are not.
    #[error(transparent)]
    Upload(#[from] UploadRefusal),
    /// There is no such claim.
    #[error("there is no claim {claim_no}")]
    ClaimUnknown {
        /// The number.
        claim_no: ClaimNo,
    },
    /// There is no such document.
    #[error("there is no document {document_id}")]
    DocumentUnknown {
        /// The id.
        document_id: Uuid,
    },
    /// A document with this id is on record, and is another.
    #[error("document {document_id} is on record with another {field}")]
    Conflict {
        /// The id.
        document_id: Uuid,
        /// Where they differ.
        field: &'static str,
    },
    /// A number is out of its range.
    #[error("{field} is {actual}; it lies between {min} and {max}")]
    OutOfRange {
        /// Which number.
        field: &'static str,
        /// The least it may be.
        min: i64,
        /// The most it may be.
        max: i64,
        /// Its value.
        actual: i64,
    },
    /// It was issued later than today.
    #[error("it says it was issued on {issued_on}; today is {on}")]
    IssuedLater {
        /// The day it was issued.
        issued_on: Date,
        /// Today.
        on: Date,
    },
    /// It is over.
    #[error("it expired on {expires_on}; expected {expected} or a later day")]
    Expired {
        /// Its last day.
        expires_on: Date,
        /// The earliest last day that will do.
        expected: Date,
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
    /// One person does what takes two.
    #[error("'{person}' handed it in and cannot judge it: that takes two people")]
    SamePerson {
        /// Who.
        person: String,
    },
    /// A later version has taken its place.
    #[error("version {version} of it has been handed in since")]
    Replaced {
        /// The later version.
        version: i32,
    },
}

impl DocumentRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            DocumentRefusal::Upload(refusal) => refusal.code(),
            DocumentRefusal::ClaimUnknown { .. } => "claim_unknown",
            DocumentRefusal::DocumentUnknown { .. } => "document_unknown",
            DocumentRefusal::Conflict { .. } => "conflict",
            DocumentRefusal::OutOfRange { .. } => "out_of_range",
            DocumentRefusal::IssuedLater { .. } => "document_issued_later",
            DocumentRefusal::Expired { .. } => "document_expired",
            DocumentRefusal::TextLength { .. } => "text_length",
            DocumentRefusal::SamePerson { .. } => "same_person",
            DocumentRefusal::Replaced { .. } => "document_replaced",
        }
    }
}

/// Refuses a text of another length, in characters.
pub(super) fn text(field: &'static str, text: &str, min: usize, max: usize) -> Result<(), DocumentRefusal> {
    let actual = text.trim().chars().count();
    if (min..=max).contains(&actual) && !text.contains('\0') {
        return Ok(());
    }
    Err(DocumentRefusal::TextLength { field, min, max, actual })
}
