//! Patients as people: their records, sealed; who has read them; what they have agreed to.
//!
//! A patient sees the own record, masked as it is to everybody who has not the right to read it in full; insurers and
//! pharmacies see none. A full reading is on record before it is answered.

use axum::extract::State;
use axum::{Extension, Json};
use deadpool_postgres::Client;
use dianfu_claims::party::Party;
use dianfu_claims::patient::{self, Patient};
use dianfu_claims::patient_record::{self, NewVersion};
use dianfu_claims::vault::{Keyring, SealDraw};
use dianfu_ledger::money::{Currency, MoneyError};
use dianfu_ledger::{clock, id};
use dianfu_settlement::number::{NumberError, PartyNo};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::group;
use crate::app::App;
use crate::auth::{Access, Permission};
use crate::extract::{self, PathParam};
use crate::problem::{Problem, Violation};
use crate::wire::insurer_refusal::{misread, of_registration};
use crate::wire::patient::{
    ConsentBody, ConsentsBody, FoundBody, KeptBody, LookUpBody, MaskedBody, NewPatientBody, NewRecordBody, PatientBody,
    ReadingReasonBody, ReadingsBody, RecordBody, of_refusal, unknown,
};

/// Routes of patients, each with the right it needs.
pub fn routes(app: &App) -> OpenApiRouter<App> {
    let reading = group(app, Permission::ReadClaims, |routes| {
        routes.routes(routes!(patient_record_view)).routes(routes!(patient_consent_list))
    });
    let intake = group(app, Permission::TakeInClaims, |routes| {
        routes
            .routes(routes!(patient_register))
            .routes(routes!(patient_record_keep))
            .routes(routes!(patient_consent_tell))
    });
    let in_full = group(app, Permission::ReadPatients, |routes| {
        routes.routes(routes!(patient_record_read)).routes(routes!(patient_look_up))
    });
    let audit = group(app, Permission::ReadActs, |routes| routes.routes(routes!(patient_reading_list)));
    reading.merge(intake).merge(in_full).merge(audit)
}

/// Puts a patient on record and opens the accounts. The same again is fine.
#[utoipa::path(
    put, path = "/v1/patients/{patient}", tag = "patients", request_body = NewPatientBody,
    params(("patient" = String, Path, example = "p-1", description = "Ours; never a name or an identity number.")),
    responses(
        (status = 200, body = PatientBody, description = "The patient is on record."),
        (status = 409, description = "The patient is on record with another currency."),
        (status = 422, description = "The patient cannot be put on record so.")
    )
)]
pub async fn patient_register(
    Extension(access): Extension<Access>,
    PathParam(number): PathParam<String>,
    extract::Json(body): extract::Json<NewPatientBody>,
) -> Result<Json<PatientBody>, Problem> {
    let malformed = |error: NumberError| misread(Violation::at("number_malformed", "/path/patient", error.to_string()));
    let no_currency = |error: MoneyError| misread(Violation::at(error.code(), "/currency", error.to_string()));
    let patient_no = PartyNo::parse(&number).map_err(malformed)?;
    let currency: Currency = body.currency.parse().map_err(no_currency)?;
    let mut client = access.ledger.client().await?;
    let patient = Patient { patient_no, currency };
    let registered = patient::register(&mut client, &patient, &access.actor, clock::now()).await?;
    registered.map_err(|refusal| of_registration(&refusal, ""))?;
    Ok(Json(PatientBody { patient: number, currency: body.currency }))
}

/// Keeps a version of a patient's record, sealed. The same again is fine; versions come one after the other.
#[utoipa::path(
    put, path = "/v1/patients/{patient}/records/{version}", tag = "patients", request_body = NewRecordBody,
    params(("patient" = String, Path, example = "p-1"), ("version" = i32, Path, example = 1)),
    responses(
        (status = 200, body = KeptBody, description = "It is on record."),
        (status = 404, description = "There is no such patient."),
        (status = 409, description = "Another version is next, or it is on record with other content."),
        (status = 422, description = "The record cannot be right."),
        (status = 501, description = "This server has no keys that seal.")
    )
)]
pub async fn patient_record_keep(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    PathParam((patient, version)): PathParam<(String, i32)>,
    extract::Json(body): extract::Json<NewRecordBody>,
) -> Result<Json<KeptBody>, Problem> {
    let keyring = app.sealing().keyring()?;
    let patient_no = named(&patient)?;
    let record = body.read().map_err(|refusal| of_refusal(&refusal))?;
    let (reason, actor, now) = (body.reason.as_str(), access.actor.as_str(), clock::now());
    let new = NewVersion { patient_no: &patient_no, version, record: &record, reason, actor, now };
    let mut client = access.ledger.client().await?;
    let kept = patient_record::keep(&mut client, keyring, new, &SealDraw::new(id::random_bytes())).await?;
    let kept = kept.map_err(|refusal| of_refusal(&refusal))?;
    let same_identity = kept.same_identity.into_iter().map(String::from).collect();
    Ok(Json(KeptBody { version: kept.version, same_identity }))
}

/// A patient's record, masked.
#[utoipa::path(
    get, path = "/v1/patients/{patient}/record", tag = "patients", params(("patient" = String, Path, example = "p-1")),
    responses(
        (status = 200, body = MaskedBody),
        (status = 404, description = "There is no such record, or it is not the caller's to see."),
        (status = 501, description = "This server has no keys that open.")
    )
)]
pub async fn patient_record_view(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    PathParam(patient): PathParam<String>,
) -> Result<Json<MaskedBody>, Problem> {
    let keyring = app.sealing().keyring()?;
    let patient_no = seen(&access, &patient)?;
    let mut client = access.ledger.client().await?;
    let found = masked(&mut client, keyring, &[patient_no]).await?.pop();
    found.map(Json).ok_or_else(|| unknown(&patient))
}

/// Reads a patient's record in full, for a reason that is on record with the reader.
#[utoipa::path(
    post, path = "/v1/patients/{patient}/record/readings", tag = "patients", request_body = ReadingReasonBody,
    params(("patient" = String, Path, example = "p-1")),
    responses(
        (status = 200, body = RecordBody),
        (status = 404, description = "There is no such record."),
        (status = 501, description = "This server has no keys that open.")
    )
)]
pub async fn patient_record_read(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    PathParam(patient): PathParam<String>,
    extract::Json(body): extract::Json<ReadingReasonBody>,
) -> Result<Json<RecordBody>, Problem> {
    let keyring = app.sealing().keyring()?;
    let patient_no = named(&patient)?;
    let by = (id::fresh(), access.actor.as_str(), body.reason.as_str());
    let mut client = access.ledger.client().await?;
    let read = patient_record::read(&mut client, keyring, &patient_no, by, clock::now()).await?;
    let (version, record) = read.map_err(|refusal| of_refusal(&refusal))?;
    Ok(Json(RecordBody::of(patient, version, record)))
}

/// Who has read a patient's record in full, and why.
#[utoipa::path(
    get, path = "/v1/patients/{patient}/record/readings", tag = "patients",
    params(("patient" = String, Path, example = "p-1")),
    responses((status = 200, body = ReadingsBody), (status = 404, description = "That is no patient's number."))
)]
pub async fn patient_reading_list(
    Extension(access): Extension<Access>,
    PathParam(patient): PathParam<String>,
) -> Result<Json<ReadingsBody>, Problem> {
    let patient_no = named(&patient)?;
    let mut client = access.ledger.client().await?;
    let readings = patient_record::readings(&mut client, &patient_no).await?;
    Ok(Json(ReadingsBody { readings: readings.into_iter().map(Into::into).collect() }))
}

/// Finds patients by phone number or identity document, without opening any record but those found.
#[utoipa::path(
    post, path = "/v1/patient-look-ups", tag = "patients", request_body = LookUpBody,
    responses(
        (status = 200, body = FoundBody, description = "Those whose record says so now; none is an answer, too."),
        (status = 422, description = "That is no phone number, or no number of such a document."),
        (status = 501, description = "This server has no keys that look up.")
    )
)]
pub async fn patient_look_up(
    State(app): State<App>,
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<LookUpBody>,
) -> Result<Json<FoundBody>, Problem> {
    let keyring = app.sealing().keyring()?;
    let mut client = access.ledger.client().await?;
    let found = match &body {
        LookUpBody::Phone(written) => {
            let phone = patient_record::Phone::parse(written).map_err(|refusal| of_refusal(&refusal))?;
            patient_record::by_phone(&mut client, keyring, &phone).await?
        }
        LookUpBody::Identity(identity) => {
            let identity = identity.read().map_err(|refusal| of_refusal(&refusal))?;
            patient_record::by_identity(&mut client, keyring, &identity).await?
        }
    };
    Ok(Json(FoundBody { patients: masked(&mut client, keyring, &found).await? }))
}

/// Puts on record that a patient gave or withdrew a consent. The same as the last of its kind is nothing new.
#[utoipa::path(
    post, path = "/v1/patients/{patient}/consents", tag = "patients", request_body = ConsentBody,
    params(("patient" = String, Path, example = "p-1")),
    responses(
        (status = 200, body = ConsentsBody, description = "It is on record."),
        (status = 404, description = "There is no such patient.")
    )
)]
pub async fn patient_consent_tell(
    Extension(access): Extension<Access>,
    PathParam(patient): PathParam<String>,
    extract::Json(body): extract::Json<ConsentBody>,
) -> Result<Json<ConsentsBody>, Problem> {
    let patient_no = named(&patient)?;
    let mut client = access.ledger.client().await?;
    let consent = body.into();
    let told = patient_record::tell_consent(&mut client, &patient_no, &consent, &access.actor, clock::now()).await?;
    told.map_err(|refusal| of_refusal(&refusal))?;
    consents(&mut client, &patient_no).await
}

/// What a patient has agreed to, and what was taken back.
#[utoipa::path(
    get, path = "/v1/patients/{patient}/consents", tag = "patients",
    params(("patient" = String, Path, example = "p-1")),
    responses(
        (status = 200, body = ConsentsBody),
        (status = 404, description = "That is no patient's number, or not the caller's to see.")
    )
)]
pub async fn patient_consent_list(
    Extension(access): Extension<Access>,
    PathParam(patient): PathParam<String>,
) -> Result<Json<ConsentsBody>, Problem> {
    let patient_no = seen(&access, &patient)?;
    consents(&mut access.ledger.client().await?, &patient_no).await
}

async fn consents(client: &mut Client, patient_no: &PartyNo) -> Result<Json<ConsentsBody>, Problem> {
    let consents = patient_record::consents(client, patient_no).await?;
    Ok(Json(ConsentsBody { consents: consents.into_iter().map(Into::into).collect() }))
}

/// The patient of a number in the path. What is no number is nobody's.
fn named(number: &str) -> Result<PartyNo, Problem> {
    PartyNo::parse(number).map_err(|_| unknown(number))
}

/// The platform's people see all, a patient the own record, insurers and pharmacies none.
fn seen(access: &Access, number: &str) -> Result<PartyNo, Problem> {
    let patient_no = named(number)?;
    let may_see = match &access.party {
        None => true,
        Some(Party::Patient(own)) => *own == patient_no,
        Some(Party::Insurer(_) | Party::Pharmacy(_)) => false,
    };
    if may_see { Ok(patient_no) } else { Err(unknown(number)) }
}

async fn masked(client: &mut Client, keyring: &Keyring, patients: &[PartyNo]) -> Result<Vec<MaskedBody>, Problem> {
    let records = patient_record::masked(client, keyring, patients).await?;
    let mut found: Vec<_> = records.into_iter().collect();
    found.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
    Ok(found.into_iter().map(|(patient_no, record)| MaskedBody::of(patient_no.into(), record)).collect())
}
