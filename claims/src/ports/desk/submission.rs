//! What is handed in of a claim: the same bytes whenever it is made. Pure.

use dianfu_signing::digest::hexadecimal;

use crate::claim::{Claim, ClaimLine};
use crate::ports::insurer::wire::{AskedLine, ClaimSubmission, VERSION, amount};

/// A claim that was dispensed, with the digest of the proof, as its insurer gets it; `None` if it was not dispensed.
pub fn submission(claim: &Claim, proof: &[u8; 32], submission_no: i32) -> Option<ClaimSubmission> {
    let (intake, dispensed_on) = (&claim.intake, claim.progress.dispensed_on?);
    let line = |line: &ClaimLine| AskedLine {
        line_no: line.line_no,
        drug_code: line.drug_code.clone(),
        quantity: line.quantity,
        gross: amount(line.gross_minor, intake.currency),
    };
    Some(ClaimSubmission {
        version: VERSION.to_owned(),
        claim_no: intake.claim_no.clone(),
        submission_no,
        policy_no: intake.policy_no.clone(),
        patient_token: intake.patient.to_string(),
        diagnosis: intake.diagnosis.clone(),
        pharmacy: intake.pharmacy.clone(),
        dispensed_on,
        dispense_proof_sha256: hexadecimal(proof),
        currency: intake.currency,
        lines: intake.lines.iter().map(line).collect(),
        gross: amount(intake.gross_minor, intake.currency),
        advance: amount(claim.advance_minor(), intake.currency),
    })
}
