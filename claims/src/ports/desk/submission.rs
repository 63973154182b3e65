//! What is handed in of a claim: the same bytes whenever it is made. Pure.

use dianfu_signing::digest::hexadecimal;

use crate::claim::Claim;
use crate::ports::insurer::wire::{AskedLine, ClaimSubmission, VERSION, amount};

/// A claim that was dispensed, with the digest of the proof, as its insurer gets it; `None` if it was not dispensed.
pub fn submission(claim: &Claim, proof: &[u8; 32], submission_no: i32) -> Option<ClaimSubmission> {
    let (intake, dispensed_on) = (&claim.intake, claim.dispensed_on?);
    let gross = amount(intake.gross_minor, intake.currency);
    let line =
        AskedLine { line_no: 1, drug_code: intake.drug_code.clone(), quantity: intake.quantity, gross: gross.clone() };
    Some(ClaimSubmission {
        version: VERSION.to_owned(),
        claim_no: intake.claim_no.clone(),
        submission_no,
        policy_no: intake.policy_no.clone(),
        patient_token: intake.patient.to_string(),
        pharmacy: intake.pharmacy.clone(),
        dispensed_on,
        dispense_proof_sha256: hexadecimal(proof),
        currency: intake.currency,
        lines: vec![line],
        gross,
        advance: amount(claim.advance_minor(), intake.currency),
    })
}
