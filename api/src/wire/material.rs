//! Materials and documents of claims: what is needed and lacking, what is asked for, what was handed in.

use dianfu_claims::documents::{Document, DocumentRefusal, Handed, UploadRefusal};
use dianfu_claims::materials::completeness::Lack;
use dianfu_claims::materials::{ClaimMaterials, MaterialKind, MaterialRefusal, Needed, Verdict};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::claim_refusal::unknown as unknown_claim;
use super::proof::hexadecimal;
use super::time;
use crate::problem::{Kind, Problem, Violation};

/// A kind of material that a claim needs.
#[derive(Serialize, ToSchema)]
#[schema(as = NeededMaterial)]
pub struct NeededBody {
    #[schema(value_type = String, example = "prescription")]
    kind: &'static str,
    /// For how many days behind its date of issue it will do; `null` for as long as it says itself.
    valid_days: Option<i32>,
    /// How many files of it are needed at least.
    files: i32,
    /// Only what is handed in from then on will do.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

/// Something that is lacking, with a sentence on what to send.
#[derive(Serialize, ToSchema)]
#[schema(as = LackingMaterial)]
pub struct LackBody {
    #[schema(value_type = String, example = "prescription")]
    kind: &'static str,
    english: String,
    chinese: String,
}

/// What a claim needs, and what of it is lacking today.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimMaterials)]
pub struct MaterialsBody {
    /// Whether nothing is lacking.
    is_complete: bool,
    /// The rules that counted, one for each drug, as `insurer/drug/phase` and a version; `null` where there are none.
    rules: Vec<Option<String>>,
    needed: Vec<NeededBody>,
    /// Not handed in, or too few files.
    missing: Vec<LackBody>,
    /// Handed in, and over.
    expired: Vec<LackBody>,
    /// Handed in, and will not do.
    rejected: Vec<LackBody>,
    /// Will do today, and is over within 14 days.
    expiring: Vec<LackBody>,
    /// Handed in, and nobody has looked at it yet.
    #[schema(value_type = Vec<String>)]
    unseen: Vec<&'static str>,
}

/// What more is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMaterialRequest)]
pub struct NewRequestBody {
    /// Kinds of materials, 1 to 12 of them.
    #[schema(value_type = Vec<String>, example = json!(["prescription"]))]
    pub kinds: Vec<MaterialKind>,
    /// Why, for the patient to read: 1 to 500 characters.
    #[schema(example = "the stamp cannot be read")]
    pub reason: String,
    /// Until when.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-04-01")]
    pub respond_by: Date,
}

/// A request that is on record.
#[derive(Serialize, ToSchema)]
#[schema(as = MaterialRequest)]
pub struct RequestBody {
    /// From 1 for each claim.
    pub request: i32,
    /// What the claim needs now.
    pub materials: MaterialsBody,
}

/// What a reviewer says of a document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDocumentVerdict)]
pub struct DocumentVerdictBody {
    /// It will do.
    pub accepted: bool,
    /// Why it will not, for who handed it in to read; may be empty where it will.
    #[serde(default)]
    pub reason: String,
}

/// A document on record.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimDocument)]
pub struct DocumentBody {
    document: Uuid,
    #[schema(example = "CLM-1")]
    claim_no: String,
    #[schema(value_type = String, example = "prescription")]
    kind: &'static str,
    /// Which file of that kind, from 1.
    part: i32,
    /// Which version of that part, from 1; the highest counts.
    version: i32,
    #[schema(value_type = String, format = Date)]
    issued_on: Date,
    #[schema(value_type = Option<String>, format = Date)]
    expires_on: Option<Date>,
    #[schema(value_type = String, example = "application/pdf")]
    media_type: &'static str,
    size_bytes: i64,
    sha256: String,
    /// Who handed it in.
    #[schema(example = "patient:p-1")]
    actor: String,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Whether it will do; `null` while nobody has looked.
    accepted: Option<bool>,
    /// Why it will not.
    reason: Option<String>,
}

/// Documents of a claim.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimDocuments)]
pub struct DocumentsBody {
    /// By kind, part and version, those that a later one has replaced among them.
    pub documents: Vec<DocumentBody>,
}

impl MaterialsBody {
    /// What is needed and lacking.
    pub fn of(materials: ClaimMaterials) -> MaterialsBody {
        let ClaimMaterials { rules, needed, completeness } = materials;
        let is_complete = completeness.is_complete();
        let rule = |(scope, version)| format!("{scope} {version}");
        let lacks = |lacks: Vec<Lack>| lacks.into_iter().map(LackBody::from).collect();
        MaterialsBody {
            is_complete,
            rules: rules.into_iter().map(|found| found.map(rule)).collect(),
            needed: needed.into_iter().map(NeededBody::from).collect(),
            missing: lacks(completeness.missing),
            expired: lacks(completeness.expired),
            rejected: lacks(completeness.rejected),
            expiring: lacks(completeness.expiring),
            unseen: completeness.unseen.into_iter().map(MaterialKind::word).collect(),
        }
    }
}

impl From<Needed> for NeededBody {
    fn from(needed: Needed) -> NeededBody {
        let Needed { kind, valid_days, files, since } = needed;
        NeededBody { kind: kind.word(), valid_days, files, since }
    }
}

impl From<Lack> for LackBody {
    fn from(lack: Lack) -> LackBody {
        let Lack { kind, english, chinese } = lack;
        LackBody { kind: kind.word(), english, chinese }
    }
}

impl From<Handed> for DocumentBody {
    fn from(handed: Handed) -> DocumentBody {
        handed.document.into()
    }
}

impl From<Document> for DocumentBody {
    fn from(document: Document) -> DocumentBody {
        let (accepted, reason) = match document.verdict {
            Verdict::Unseen => (None, None),
            Verdict::Accepted => (Some(true), None),
            Verdict::Rejected(reason) => (Some(false), Some(reason)),
        };
        DocumentBody {
            document: document.document_id,
            claim_no: document.claim_no.into(),
            kind: document.kind.word(),
            part: document.part,
            version: document.version,
            issued_on: document.issued_on,
            expires_on: document.expires_on,
            media_type: document.media_type.word(),
            size_bytes: document.size_bytes,
            sha256: hexadecimal(&document.sha256),
            actor: document.actor,
            recorded_at: document.recorded_at,
            accepted,
            reason,
        }
    }
}

/// A refusal about materials as a problem.
pub fn of_material(refusal: &MaterialRefusal) -> Problem {
    let at = |place: String| Violation::at(refusal.code(), place, refusal.to_string());
    let violation = match refusal {
        MaterialRefusal::ClaimUnknown { claim_no } => return unknown_claim(claim_no.as_str()),
        MaterialRefusal::OutOfRange { path, min, max, actual } => {
            at(format!("/{path}")).expected(format!("{min} to {max}"), actual.to_string())
        }
        MaterialRefusal::TextLength { field, min, max, actual } => {
            at(format!("/{field}")).expected(format!("{min} to {max} characters"), format!("{actual} characters"))
        }
        MaterialRefusal::Twice { path, .. } => at(format!("/{path}")),
        MaterialRefusal::SamePerson { .. } | MaterialRefusal::Conflict { .. } => at(String::new()),
    };
    Problem::refused("This cannot be asked for", false, vec![violation])
}

/// There is no such document, or none that the caller may see.
pub fn unknown_document(document: Uuid) -> Problem {
    Problem::new(Kind::DocumentUnknown, format!("there is no document {document} to be seen"))
}

/// A refusal about a document as a problem: 404 for what is not there, 409 for what stands for something else, 413 for
/// what is too large, 422 otherwise.
pub fn of_document(refusal: &DocumentRefusal) -> Problem {
    let at = |place: &str| Violation::at(refusal.code(), place, refusal.to_string());
    let (is_conflict, violation) = match refusal {
        DocumentRefusal::ClaimUnknown { claim_no } => return unknown_claim(claim_no.as_str()),
        DocumentRefusal::DocumentUnknown { document_id } => return unknown_document(*document_id),
        DocumentRefusal::Upload(upload) => (false, of_upload(upload, at(""))),
        DocumentRefusal::Conflict { field, .. } => (true, at(&conflicting(field))),
        DocumentRefusal::Replaced { version } => {
            (true, at("/path/id").expected(version.to_string(), "an earlier version"))
        }
        DocumentRefusal::OutOfRange { field, min, max, actual } => {
            (false, at(&format!("/query/{field}")).expected(format!("{min} to {max}"), actual.to_string()))
        }
        DocumentRefusal::IssuedLater { issued_on, on } => {
            (false, at("/query/issued_on").expected(format!("{on} or earlier"), issued_on.to_string()))
        }
        DocumentRefusal::Expired { expires_on, expected } => {
            (false, at("/query/expires_on").expected(format!("{expected} or later"), expires_on.to_string()))
        }
        DocumentRefusal::TextLength { field, min, max, actual } => {
            let expected = format!("{min} to {max} characters");
            (false, at(&format!("/{field}")).expected(expected, format!("{actual} characters")))
        }
        DocumentRefusal::SamePerson { person } => (false, at("/path/id").expected("another person", person.as_str())),
    };
    Problem::refused("This cannot be done with the document", is_conflict, vec![violation])
}

/// Where a field of an upload stands in its request.
fn conflicting(field: &str) -> String {
    match field {
        "claim_no" => "/path/claim_no".to_owned(),
        "sha256" => String::new(),
        field => format!("/query/{field}"),
    }
}

fn of_upload(refusal: &UploadRefusal, violation: Violation) -> Violation {
    const KINDS: &str = "a PDF, JPEG or PNG";
    match refusal {
        UploadRefusal::Empty => violation.expected(KINDS, "nothing"),
        UploadRefusal::TooLarge { expected, found } => {
            violation.expected(format!("at most {expected} bytes"), format!("{found} bytes"))
        }
        UploadRefusal::DigestDiffers { expected, found } => {
            Violation { pointer: Some("/query/sha256".into()), ..violation }.expected(expected.as_str(), found.as_str())
        }
        UploadRefusal::KindRefused { found } | UploadRefusal::Archive { found } => {
            violation.expected(KINDS, found.as_str())
        }
        UploadRefusal::NotWhatItSays { expected, found } => violation.expected(*expected, *found),
        UploadRefusal::Malformed { expected, found, .. } => violation.expected(*expected, found.as_str()),
        UploadRefusal::Bomb { expected, found } => violation.expected(expected.as_str(), found.as_str()),
        UploadRefusal::Active { found } => violation.expected("a PDF that only shows pages", *found),
    }
}
