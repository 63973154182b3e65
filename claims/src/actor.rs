//! Who may tell what of a claim, by the kind of actor. What a person may do is told by the person's role, at the gate;
//! here stands what nobody can be given.

use dianfu_settlement::number::PartyNo;

use crate::claim::NewClaim;
use crate::event::EventKind;
use crate::refusal::Reason;

use EventKind as E;

/// What an insurer tells of its own claims.
const OF_INSURERS: &[EventKind] = &[E::InsurerAskedForMore, E::InsurerDecided];
/// What a pharmacy tells of its own orders.
const OF_PHARMACIES: &[EventKind] = &[E::OrderAccepted, E::OrderDeclined, E::DrugReady, E::Dispensed, E::Returned];
/// What a patient tells of the patient's own claims.
const OF_PATIENTS: &[EventKind] = &[E::TakenIn, E::Submitted, E::MaterialSupplied, E::Cancelled];

/// Refuses what an actor cannot tell of a claim: partners and patients speak for themselves and of what is theirs, and
/// a program never for a second person. Actors are `insurer:NO`, `pharmacy:NO`, `patient:NO`, `system:NAME`; all others
/// are people.
pub fn may_tell(actor: &str, kind: EventKind, claim: &NewClaim, pharmacy: &PartyNo) -> Result<(), Reason> {
    let (own, kinds, expected) = match actor.split_once(':') {
        Some(("insurer", number)) => (number == claim.insurer.as_str(), OF_INSURERS, "another actor or its insurer"),
        Some(("pharmacy", number)) => (number == pharmacy.as_str(), OF_PHARMACIES, "another actor or its pharmacy"),
        Some(("patient", number)) => (number == claim.patient.as_str(), OF_PATIENTS, "another actor or its patient"),
        Some(("system", _)) if kind.takes_two() => (false, &[][..], "a person"),
        Some(_) | None => return Ok(()),
    };
    if own && kinds.contains(&kind) {
        return Ok(());
    }
    Err(Reason::WrongActor { actor: actor.to_owned(), expected })
}
