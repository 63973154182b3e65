//! What is refused about an insurer, as a problem: its stable code, the place, what was expected and what was found.

use dianfu_claims::insurer::InsurerRefusal;
use dianfu_claims::insurer::refusal::TEXT_BYTES_MAX;
use dianfu_claims::registration::RegistrationRefusal;

use crate::problem::{Kind, Problem, Violation};

const REFUSED: &str = "This cannot be done about the insurer";

/// A refusal as a problem: 404 for what the path names and is not there, 409 for what is on record otherwise, 422 for
/// all else. `body` is the place of what the request brings, such as `/act/terms/terms`.
pub fn of_refusal(refusal: &InsurerRefusal, body: &str) -> Problem {
    match refusal {
        InsurerRefusal::Registration(refusal) => of_registration(refusal, body),
        InsurerRefusal::PaperJudged { accepted, .. } => {
            let word = if *accepted { "accepted" } else { "rejected" };
            conflict(violation(refusal, "/accepted").expected(word, if *accepted { "rejected" } else { "accepted" }))
        }
        InsurerRefusal::ProposalEnded { .. } => conflict(violation(refusal, "/path/proposal")),
        InsurerRefusal::DisputeEnded { .. } => conflict(violation(refusal, body)),
        _ => Problem::refused(REFUSED, false, vec![told(refusal, body)]),
    }
}

/// A refusal of registration as a problem.
pub fn of_registration(refusal: &RegistrationRefusal, body: &str) -> Problem {
    match refusal {
        RegistrationRefusal::Unknown { what: "insurer", number } => unknown(number),
        RegistrationRefusal::Unknown { what: "proposal", number } => {
            Problem::new(Kind::ProposalUnknown, format!("there is no such proposal {number}"))
        }
        RegistrationRefusal::Unknown { what: "paper", number } => {
            Problem::new(Kind::PaperUnknown, format!("there is no paper {number}"))
        }
        RegistrationRefusal::Conflict { difference, .. } => {
            let place = format!("{body}/{}", difference.field);
            let violation = Violation::at(refusal.code(), place, refusal.to_string());
            conflict(violation.expected(difference.first.as_str(), difference.given.as_str()))
        }
        RegistrationRefusal::OutOfRange { field, min, max, actual } => {
            let place = format!("{body}/{}", field.strip_suffix("_minor").unwrap_or(field));
            let violation = Violation::at(refusal.code(), place, refusal.to_string());
            misread(violation.expected(format!("{min} to {max}"), actual.to_string()))
        }
        RegistrationRefusal::Faulty { .. } => {
            misread(Violation::at(refusal.code(), format!("{body}/rules"), refusal.to_string()))
        }
        RegistrationRefusal::Unknown { what, .. } => {
            misread(Violation::at(refusal.code(), format!("{body}/{what}"), refusal.to_string()))
        }
        _ => misread(Violation::at(refusal.code(), body, refusal.to_string())),
    }
}

/// A body that cannot be what it should be.
pub fn misread(violation: Violation) -> Problem {
    Problem::refused(REFUSED, false, vec![violation])
}

/// There is no such insurer, or none that the caller may see.
pub fn unknown(insurer: &str) -> Problem {
    Problem::new(Kind::InsurerUnknown, format!("there is no insurer '{insurer}' to be seen"))
}

/// What is on record otherwise.
pub fn conflict(violation: Violation) -> Problem {
    Problem::refused(REFUSED, true, vec![violation])
}

fn violation(refusal: &InsurerRefusal, place: &str) -> Violation {
    Violation::at(refusal.code(), place, refusal.to_string())
}

fn told(refusal: &InsurerRefusal, body: &str) -> Violation {
    match refusal {
        InsurerRefusal::TextLength { field, actual } => violation(refusal, &format!("/{field}"))
            .expected(format!("1 to {TEXT_BYTES_MAX} bytes"), format!("{actual} bytes")),
        InsurerRefusal::NotInThisStage { stage, act, .. } => {
            violation(refusal, body).expected(format!("a stage in which {act} happens"), stage.word())
        }
        InsurerRefusal::TermsOutOfOrder { earliest, effective_from } => {
            let place = format!("{}/effective_from", body.strip_suffix("/terms").unwrap_or(body));
            violation(refusal, &place).expected(format!("{earliest} or later"), effective_from.to_string())
        }
        InsurerRefusal::ExpiryMissing(_) => violation(refusal, "/expires_on").expected("a day", "nothing"),
        InsurerRefusal::PaperExpired { expires_on, .. } => {
            violation(refusal, "/expires_on").expected("today or later", expires_on.to_string())
        }
        InsurerRefusal::SwitchBackdated { from_at, now } => {
            violation(refusal, "/from_at").expected(format!("{now} or later"), from_at.to_string())
        }
        InsurerRefusal::DisputeExceedsOpen { open, wanted } => {
            violation(refusal, &format!("{body}/amount")).expected(format!("at most {open}"), wanted.to_string())
        }
        InsurerRefusal::BalanceOpen { open, .. } => violation(refusal, body).expected("nothing open", open.to_string()),
        _ => violation(refusal, body),
    }
}
