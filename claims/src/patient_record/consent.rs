//! What a patient has agreed to: given and withdrawn, each with the text that was shown and the moment.

use std::collections::HashMap;

use deadpool_postgres::Client;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::refusal::{PatientRefusal, text};
use crate::error::Error;
use crate::sql;

/// What is agreed to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// That we keep name, phone, address and identity number.
    PersonalInformation,
    /// That we keep what says something of the patient's health.
    HealthInformation,
    /// That the insurer gets it.
    InsurerSharing,
    /// That the pharmacy gets it.
    PharmacySharing,
    /// That we call.
    ContactByPhone,
    /// That we send messages.
    ContactByMessage,
    /// That the patient pays more where a deductible or a limit was used up between quote and decision.
    ShareRerun,
}

impl ConsentKind {
    /// Every kind.
    pub const ALL: [ConsentKind; 7] = [
        ConsentKind::PersonalInformation,
        ConsentKind::HealthInformation,
        ConsentKind::InsurerSharing,
        ConsentKind::PharmacySharing,
        ConsentKind::ContactByPhone,
        ConsentKind::ContactByMessage,
        ConsentKind::ShareRerun,
    ];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            ConsentKind::PersonalInformation => "personal_information",
            ConsentKind::HealthInformation => "health_information",
            ConsentKind::InsurerSharing => "insurer_sharing",
            ConsentKind::PharmacySharing => "pharmacy_sharing",
            ConsentKind::ContactByPhone => "contact_by_phone",
            ConsentKind::ContactByMessage => "contact_by_message",
            ConsentKind::ShareRerun => "share_rerun",
        }
    }

    /// The inverse of [`ConsentKind::word`].
    pub fn from_word(word: &str) -> Option<ConsentKind> {
        ConsentKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A consent that was given or withdrawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consent {
    /// What to.
    pub kind: ConsentKind,
    /// Given, or withdrawn.
    pub given: bool,
    /// Which text was shown.
    pub text_version: String,
    /// When the patient said so.
    pub happened_at: Timestamp,
}

/// Puts on record that a patient gave or withdrew a consent. The same as the last of its kind is nothing new.
pub async fn tell_consent(
    client: &mut Client,
    patient_no: &PartyNo,
    consent: &Consent,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), PatientRefusal>, Error> {
    if let Err(refusal) = text("text_version", &consent.text_version, 1, 100) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    sql::parties::lock_patients(&tx, &[patient_no.as_str()]).await?;
    if sql::parties::patient(&tx, patient_no).await?.is_none() {
        return Ok(Err(PatientRefusal::PatientUnknown { patient_no: patient_no.clone() }));
    }
    let told = sql::patients::consents(&tx, patient_no).await?;
    let of_kind = || told.iter().filter(|earlier| earlier.kind == consent.kind);
    let is_repeated = of_kind()
        .next_back()
        .is_some_and(|last| (last.given, &last.text_version) == (consent.given, &consent.text_version));
    if !is_repeated {
        let consent_no = i32::try_from(of_kind().count() + 1).expect("nobody consents two billion times");
        sql::patients::insert_consent(&tx, patient_no, (consent_no, consent), actor, now).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Every consent that a patient gave or withdrew, by kind, in the order told.
pub async fn consents(client: &mut Client, patient_no: &PartyNo) -> Result<Vec<Consent>, Error> {
    let tx = client.transaction().await?;
    sql::patients::consents(&tx, patient_no).await
}

/// The consents that stand: of each kind the last one, where it was given.
pub fn in_force(told: &[Consent]) -> HashMap<ConsentKind, &Consent> {
    let last: HashMap<ConsentKind, &Consent> = told.iter().map(|consent| (consent.kind, consent)).collect();
    last.into_iter().filter(|(_, consent)| consent.given).collect()
}
