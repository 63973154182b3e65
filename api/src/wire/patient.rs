//! Patients as people: what is put on record, what is shown of it, and what they have agreed to.

use dianfu_claims::patient_record::{
    Consent, ConsentKind, Identity, IdentityKind, MaskedRecord, PatientRecord, PatientRefusal, Phone, Reading,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::time;
use crate::problem::{Kind, Problem, Violation};

/// A patient to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPatient)]
pub struct NewPatientBody {
    /// The currency of the patient's claims.
    #[schema(example = "CNY")]
    pub currency: String,
}

/// A patient on record: a number, no name.
#[derive(Serialize, ToSchema)]
#[schema(as = Patient)]
pub struct PatientBody {
    /// Our number.
    #[schema(example = "p-1")]
    pub patient: String,
    /// The currency of the patient's claims.
    #[schema(example = "CNY")]
    pub currency: String,
}

/// What a person is known by.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Identity)]
pub struct IdentityBody {
    /// `resident_id`, `passport`, `hong_kong_macao_permit`, `taiwan_permit` or `foreign_resident_card`.
    #[schema(value_type = String, example = "resident_id")]
    kind: IdentityKind,
    /// Its number, as people write it.
    #[schema(example = "11010519491231002X")]
    number: String,
}

/// A version of a patient's record, whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPatientRecord)]
pub struct NewRecordBody {
    /// As it stands in the identity document: 1 to 100 characters.
    #[schema(example = "张三")]
    name: String,
    /// As people write it.
    #[schema(example = "13800000001")]
    phone: String,
    /// Where drugs and letters go: 1 to 300 characters.
    #[schema(example = "广东省深圳市南山区科技路1号")]
    address: String,
    identity: IdentityBody,
    /// Why it changes.
    #[schema(example = "first contact")]
    pub reason: String,
}

/// A version that is on record.
#[derive(Serialize, ToSchema)]
#[schema(as = KeptPatientRecord)]
pub struct KeptBody {
    /// The version.
    pub version: i32,
    /// Other patients with the same identity document: one person may be registered twice.
    #[schema(example = json!([]))]
    pub same_identity: Vec<String>,
}

/// What those see of a record who may not see it.
#[derive(Serialize, ToSchema)]
#[schema(as = MaskedPatientRecord)]
pub struct MaskedBody {
    #[schema(example = "p-1")]
    patient: String,
    version: i32,
    #[schema(example = "张**")]
    name: String,
    #[schema(example = "138****0001")]
    phone: String,
    #[schema(example = "广东省******")]
    address: String,
    #[schema(value_type = String, example = "resident_id")]
    identity_kind: &'static str,
    #[schema(example = "1***************2X")]
    identity_number: String,
}

/// A record in full.
#[derive(Serialize, ToSchema)]
#[schema(as = PatientRecord)]
pub struct RecordBody {
    #[schema(example = "p-1")]
    patient: String,
    version: i32,
    name: String,
    phone: String,
    address: String,
    identity: IdentityBody,
}

/// Why a record is read in full.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReadingReason)]
pub struct ReadingReasonBody {
    /// Why, for the record: 1 to 500 characters.
    #[schema(example = "the patient calls")]
    pub reason: String,
}

/// Somebody who has read a record in full.
#[derive(Serialize, ToSchema)]
#[schema(as = PatientReading)]
pub struct ReadingBody {
    reading: Uuid,
    version: i32,
    #[schema(example = "person:lin")]
    reader: String,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    read_at: Timestamp,
}

/// Who has read a record in full.
#[derive(Serialize, ToSchema)]
#[schema(as = PatientReadings)]
pub struct ReadingsBody {
    /// The earliest first.
    pub readings: Vec<ReadingBody>,
}

/// What a patient is looked for by; exactly one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = PatientLookUp)]
pub enum LookUpBody {
    /// A phone number.
    Phone(String),
    /// An identity document.
    Identity(IdentityBody),
}

/// Patients that were found.
#[derive(Serialize, ToSchema)]
#[schema(as = FoundPatients)]
pub struct FoundBody {
    /// Masked, by number.
    pub patients: Vec<MaskedBody>,
}

/// A consent that was given or withdrawn.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PatientConsent)]
pub struct ConsentBody {
    /// `personal_information`, `health_information`, `insurer_sharing`, `pharmacy_sharing`, `contact_by_phone`,
    /// `contact_by_message` or `share_rerun`.
    #[schema(value_type = String, example = "health_information")]
    kind: ConsentKind,
    /// Given, or withdrawn.
    given: bool,
    /// Which text was shown: 1 to 100 characters.
    #[schema(example = "2026-01")]
    text_version: String,
    /// When the patient said so.
    #[serde(deserialize_with = "time::that_instant")]
    #[schema(value_type = String, format = DateTime)]
    happened_at: Timestamp,
}

/// Every consent that a patient gave or withdrew.
#[derive(Serialize, ToSchema)]
#[schema(as = PatientConsents)]
pub struct ConsentsBody {
    /// By kind, in the order told.
    pub consents: Vec<ConsentBody>,
}

impl IdentityBody {
    /// Reads it.
    pub fn read(&self) -> Result<Identity, PatientRefusal> {
        Identity::parse(self.kind, &self.number)
    }
}

impl NewRecordBody {
    /// Reads the record.
    pub fn read(&self) -> Result<PatientRecord, PatientRefusal> {
        let (phone, identity) = (Phone::parse(&self.phone)?, self.identity.read()?);
        Ok(PatientRecord { name: self.name.clone(), phone, address: self.address.clone(), identity })
    }
}

impl MaskedBody {
    /// A patient's masked record.
    pub fn of(patient: String, record: MaskedRecord) -> MaskedBody {
        let MaskedRecord { version, name, phone, address, identity_kind, identity_number } = record;
        MaskedBody { patient, version, name, phone, address, identity_kind: identity_kind.word(), identity_number }
    }
}

impl RecordBody {
    /// A patient's record.
    pub fn of(patient: String, version: i32, record: PatientRecord) -> RecordBody {
        let PatientRecord { name, phone, address, identity } = record;
        let identity = IdentityBody { kind: identity.kind(), number: identity.number().to_owned() };
        RecordBody { patient, version, name, phone: phone.as_str().to_owned(), address, identity }
    }
}

impl From<Reading> for ReadingBody {
    fn from(reading: Reading) -> ReadingBody {
        let Reading { reading_id, version, reader, reason, read_at } = reading;
        ReadingBody { reading: reading_id, version, reader, reason, read_at }
    }
}

impl From<ConsentBody> for Consent {
    fn from(body: ConsentBody) -> Consent {
        let ConsentBody { kind, given, text_version, happened_at } = body;
        Consent { kind, given, text_version, happened_at }
    }
}

impl From<Consent> for ConsentBody {
    fn from(consent: Consent) -> ConsentBody {
        let Consent { kind, given, text_version, happened_at } = consent;
        ConsentBody { kind, given, text_version, happened_at }
    }
}

/// A refusal about a patient: 404 for who is not there, 409 for a version that is taken or not the next one, 422
/// otherwise.
pub fn of_refusal(refusal: &PatientRefusal) -> Problem {
    let field = refusal.field().unwrap_or_default();
    let at = |place: String| Violation::at(refusal.code(), place, refusal.to_string());
    let (is_conflict, violation) = match refusal {
        PatientRefusal::PatientUnknown { patient_no } | PatientRefusal::RecordMissing { patient_no } => {
            return unknown(patient_no.as_str());
        }
        PatientRefusal::TextLength { min, max, actual, .. } => {
            let expected = format!("{min} to {max} characters");
            (false, at(format!("/{field}")).expected(expected, format!("{actual} characters")))
        }
        PatientRefusal::Shape { expected, found, .. } => {
            (false, at(format!("/{field}")).expected(*expected, found.as_str()))
        }
        PatientRefusal::StaleVersion { expected, actual } => {
            (true, at("/path/version".to_owned()).expected(expected.to_string(), actual.to_string()))
        }
        PatientRefusal::Conflict { .. } => (true, at("/path/version".to_owned())),
    };
    Problem::refused("This cannot be done about the patient", is_conflict, vec![violation])
}

/// There is no such patient or record, or none that the caller may see.
pub fn unknown(patient: &str) -> Problem {
    Problem::new(Kind::PatientUnknown, format!("there is no patient '{patient}' with a record to be seen"))
}
