//! A document as it is on record.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::claim::ClaimNo;
use crate::materials::{MaterialKind, Verdict};

/// What a document may be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum MediaType {
    /// A PDF.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// A JPEG picture.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A PNG picture.
    #[serde(rename = "image/png")]
    Png,
}

impl MediaType {
    /// Every one.
    pub const ALL: [MediaType; 3] = [MediaType::Pdf, MediaType::Jpeg, MediaType::Png];

    /// As in `Content-Type`.
    pub fn word(self) -> &'static str {
        match self {
            MediaType::Pdf => "application/pdf",
            MediaType::Jpeg => "image/jpeg",
            MediaType::Png => "image/png",
        }
    }

    /// The inverse of [`MediaType::word`].
    pub fn from_word(word: &str) -> Option<MediaType> {
        MediaType::ALL.into_iter().find(|media_type| media_type.word() == word)
    }
}

/// A version of a part of a material, as it was handed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// Its id.
    pub document_id: Uuid,
    /// Which claim it is for.
    pub claim_no: ClaimNo,
    /// What it is.
    pub kind: MaterialKind,
    /// Which file of that kind, from 1.
    pub part: i32,
    /// Which version of that part, from 1; the highest counts.
    pub version: i32,
    /// The day that it was issued on.
    pub issued_on: Date,
    /// Its own last day, where it has one.
    pub expires_on: Option<Date>,
    /// What its bytes are.
    pub media_type: MediaType,
    /// Its size before it was sealed.
    pub size_bytes: i64,
    /// SHA-256 of it before it was sealed.
    pub sha256: [u8; 32],
    /// Where it lies in the object store.
    pub object_key: String,
    /// Who handed it in.
    pub actor: String,
    /// When.
    pub recorded_at: Timestamp,
    /// What a reviewer said last.
    pub verdict: Verdict,
}
