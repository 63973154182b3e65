//! What a claim refuses, as a problem: its stable code, the place in the body, what was expected and what was found.

use dianfu_claims::claim::State;
use dianfu_claims::event::EventKind;
use dianfu_claims::insurer::bearer::BearerRefusal;
use dianfu_claims::refusal::{Reason, Refusal, what_lacks};
use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_settlement::difference::Difference;

use crate::problem::{Kind, Problem, Violation};

/// What no claim lets happen.
const REFUSED: &str = "This cannot happen to the claim";

/// A refusal as a problem: 404 for a claim that is not there, 409 for what came too late or stands for something else
/// already, 422 otherwise. `body` is the place of what the event brings, such as `/event/dispensed`.
pub fn of_refusal(refusal: &Refusal, body: &str, currency: Option<Currency>) -> Problem {
    match &refusal.reason {
        Reason::ClaimUnknown => unknown(refusal.claim_no.as_str()),
        Reason::Conflict(_) | Reason::StaleVersion { .. } | Reason::AlreadyProposed | Reason::StaleJournals => {
            Problem::refused(REFUSED, true, vec![violation(refusal, body, currency)])
        }
        _ => Problem::refused(REFUSED, false, vec![violation(refusal, body, currency)]),
    }
}

/// A body that cannot be what it should be.
pub fn misread(violation: Violation) -> Problem {
    Problem::refused(REFUSED, false, vec![violation])
}

/// There is no such claim, or none that the caller may see.
pub fn unknown(claim_no: &str) -> Problem {
    Problem::new(Kind::ClaimUnknown, format!("there is no claim '{claim_no}' to be seen"))
}

/// A claim's number that stands for a claim of somebody else.
pub fn taken(claim_no: &str) -> Problem {
    let message = format!("'{claim_no}' is the number of another claim");
    Problem::refused(REFUSED, true, vec![Violation::at("conflict", "/path/claim_no", message)])
}

fn violation(refusal: &Refusal, body: &str, currency: Option<Currency>) -> Violation {
    let reason = &refusal.reason;
    let violation = Violation::at(reason.code(), place(reason, refusal.event, body), refusal.to_string());
    match expected_actual(reason, refusal, currency) {
        Some((expected, actual)) => violation.expected(expected, actual),
        None => violation,
    }
}

fn place(reason: &Reason, kind: EventKind, body: &str) -> String {
    match reason {
        Reason::Conflict(difference) => of_difference(&difference.field, body),
        Reason::OutOfRange { field, .. } | Reason::TextLength { field, .. } => of_field(field, body),
        Reason::PartyUnknown { what, .. } | Reason::CurrencyDiffers { what, .. } => of_field(what, body),
        Reason::LinesDiffer { .. } => format!("{body}/gross"),
        Reason::ShareDiffers { .. } | Reason::ShortfallExceeded { .. } | Reason::OrderNotOpen { .. } => {
            format!("{body}/amount")
        }
        Reason::ApprovedAboveGross { line_no, .. } => format!("{body}/lines/{}/approved", line_no - 1),
        Reason::ReasonsMismatch { line_no, .. } => format!("{body}/lines/{}/reasons", line_no - 1),
        Reason::DecidedBelowPaid { .. } => format!("{body}/lines"),
        Reason::Ruling(_) => "/reasons".to_owned(),
        Reason::Bearer(BearerRefusal::CauseUnknown { .. }) => format!("{body}/cause"),
        Reason::Bearer(BearerRefusal::BearerDiffers { .. }) => format!("{body}/bearer"),
        Reason::TooEarly { .. }
        | Reason::ApprovalOver { .. }
        | Reason::ApprovalStillValid { .. }
        | Reason::RulesMissing { .. } => "/on".to_owned(),
        Reason::EvidenceMissing | Reason::Bearer(BearerRefusal::OverrideUnproven) => "/evidence_sha256".to_owned(),
        Reason::StaleVersion { .. } => "/as_of_event".to_owned(),
        Reason::MomentPassed { field, .. } | Reason::MomentNotReached { field, .. }
            if kind == EventKind::OrderOffered =>
        {
            of_field(field, body)
        }
        _ => body.to_owned(),
    }
}

/// A field of the claim as it is called here.
fn of_field(field: &str, body: &str) -> String {
    match field {
        "reason" | "checked_by" => format!("/{field}"),
        "prescription_no" => format!("{body}/prescription/prescription_no"),
        "material" => format!("{body}/materials"),
        "test" => format!("{body}/tests"),
        "line gross_minor" | "line_no" | "quantity" | "prescribed_quantity" => format!("{body}/lines"),
        field => format!("{body}/{}", field.strip_suffix("_minor").unwrap_or(field)),
    }
}

fn of_difference(field: &str, body: &str) -> String {
    match field {
        "on" | "evidence_sha256" => format!("/{field}"),
        "policy_no" => format!("{body}/policy"),
        "prescription/doctor_no" => format!("{body}/prescription/doctor"),
        field => of_field(field, body),
    }
}

fn expected_actual(reason: &Reason, refusal: &Refusal, currency: Option<Currency>) -> Option<(String, String)> {
    let pair = |expected: &dyn ToString, actual: &dyn ToString| Some((expected.to_string(), actual.to_string()));
    match reason {
        Reason::NotInThisState => refusal.state.map(|state| (accepted(state), refusal.event.word().to_owned())),
        Reason::Conflict(Difference { field, first, given }) => {
            Some((shown(field, first, currency), shown(field, given, currency)))
        }
        Reason::OutOfRange { min, max, actual, .. } => {
            pair(&if min == max { min.to_string() } else { format!("{min} to {max}") }, actual)
        }
        Reason::TextLength { min, max, actual, .. } => {
            pair(&format!("{min} to {max} bytes"), &format!("{actual} bytes"))
        }
        Reason::CurrencyDiffers { expected, actual, .. } => pair(expected, actual),
        Reason::LinesDiffer { gross_minor, sum_minor } => {
            let currency = currency?;
            pair(&decimal_text((*sum_minor).into(), currency), &decimal_text((*gross_minor).into(), currency))
        }
        Reason::ShareDiffers { expected, actual } => pair(expected, actual),
        Reason::TooEarly { earliest, on } => pair(&format!("{earliest} or later"), on),
        Reason::ApprovalOver { valid_until, on } => pair(&format!("{valid_until} or earlier"), on),
        Reason::ApprovedAboveGross { approved, gross, .. } => pair(&format!("at most {gross}"), approved),
        Reason::StaleVersion { expected, actual } => pair(actual, expected),
        Reason::WrongActor { actor, expected } => pair(expected, actor),
        Reason::ShortfallExceeded { assigned, open } => pair(&format!("at most {open}"), assigned),
        Reason::Bearer(BearerRefusal::CauseUnknown { cause, known }) => pair(&known.join(", "), cause),
        Reason::Bearer(BearerRefusal::BearerDiffers { bears, assigned, .. }) => pair(&bears.word(), &assigned.word()),
        Reason::MaterialsLacking { missing, expired, rejected } => {
            let kinds = missing.iter().chain(expired).chain(rejected).map(|kind| kind.word());
            pair(&kinds.collect::<Vec<&str>>().join(", "), &what_lacks(missing, expired, rejected))
        }
        Reason::MomentPassed { moment, at, .. } => pair(&format!("before {moment}"), at),
        _ => None,
    }
}

fn accepted(state: State) -> String {
    let words: Vec<&str> = state.accepts().iter().map(|kind| kind.word()).collect();
    if words.is_empty() { "nothing more".to_owned() } else { words.join(", ") }
}

/// A value on record as it is shown here: amounts as decimal strings.
fn shown(field: &str, value: &str, currency: Option<Currency>) -> String {
    let minor = currency.filter(|_| field.ends_with("_minor")).zip(value.parse::<i64>().ok());
    minor.map_or_else(|| value.to_owned(), |(currency, minor)| decimal_text(minor.into(), currency))
}
