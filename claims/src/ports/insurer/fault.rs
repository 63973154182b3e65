//! Why an insurer's answer cannot be had.

use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

/// Why there is no answer. Whatever it is, the call may be made again later under the same key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The book has no endpoint, or no live key of ours, for this insurer.
    #[error("there is no endpoint with a live key on record for insurer {0}")]
    EndpointMissing(PartyNo),
    /// Other bytes went under this key before. A mistake of ours or of the caller: nothing is sent.
    #[error("under {route} {business_key} other content was sent before")]
    ContentDiffers {
        /// The route.
        route: &'static str,
        /// The key.
        business_key: String,
    },
    /// It has failed too often lately and is left alone until then; nothing was sent.
    #[error("the insurer is left alone until {until}, as it has failed too often")]
    CircuitOpen {
        /// When it is tried again.
        until: Timestamp,
    },
    /// No answer came in time. Whether the question arrived is not known.
    #[error("no answer came within {timeout_ms} ms")]
    Timeout {
        /// How long was waited.
        timeout_ms: u64,
    },
    /// It cannot be reached, or says that it cannot serve now. Whether the question arrived is not known.
    #[error("the insurer cannot be reached: {0}")]
    Unreachable(String),
    /// The answer is not signed by the insurer for this request. Nothing of it is believed.
    #[error("the answer's signature is not good: {0}")]
    SignatureInvalid(String),
    /// The answer is the insurer's, but none to what was asked.
    #[error("the answer cannot be taken: {0}")]
    AnswerInvalid(String),
    /// The insurer understood, and says no.
    #[error("the insurer refuses with {status} {code}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The insurer's code.
        code: String,
        /// For a person.
        detail: String,
    },
}

impl Fault {
    /// Stable code at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::EndpointMissing(_) => "partner_endpoint_missing",
            Fault::ContentDiffers { .. } => "partner_content_differs",
            Fault::CircuitOpen { .. } => "partner_circuit_open",
            Fault::Timeout { .. } => "partner_timeout",
            Fault::Unreachable(_) => "partner_unreachable",
            Fault::SignatureInvalid(_) => "partner_signature_invalid",
            Fault::AnswerInvalid(_) => "partner_answer_invalid",
            Fault::Refused { .. } => "partner_refused",
        }
    }

    /// Whether the next attempt, a moment later, may go better. Such faults also open the circuit.
    pub fn is_passing(&self) -> bool {
        match self {
            Fault::Timeout { .. } | Fault::Unreachable(_) => true,
            Fault::EndpointMissing(_)
            | Fault::ContentDiffers { .. }
            | Fault::CircuitOpen { .. }
            | Fault::SignatureInvalid(_)
            | Fault::AnswerInvalid(_)
            | Fault::Refused { .. } => false,
        }
    }
}
