//! Every kind of problem that is this interface's own: status, stable code, title, and whether to try again.

use axum::http::StatusCode;

/// What this interface itself finds wrong. The ledger's and the reader's own codes pass through
/// [`Problem::refused`](super::Problem::refused).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The path or the query has a value that cannot be.
    ParameterInvalid,
    /// The body is not JSON.
    JsonMalformed,
    /// The body broke off.
    BodyIncomplete,
    /// No token and no signature.
    Unauthenticated,
    /// The token is not one of ours, or not any more.
    TokenInvalid,
    /// A header of the signature is missing or cannot be.
    SignatureHeaderInvalid,
    /// No such key for this app.
    KeyUnknown,
    /// Not the signature of this request by this key.
    SignatureWrong,
    /// The signature is too old, or from the future.
    SignatureLate,
    /// The nonce has been used.
    SignatureReplayed,
    /// The body is not the one that was signed.
    BodyDigestWrong,
    /// The caller may not do this.
    Forbidden,
    /// No such path.
    PathUnknown,
    /// No such account.
    AccountUnknown,
    /// No such entry.
    EntryUnknown,
    /// No such cursor.
    EventCursorUnknown,
    /// No such limit group.
    LimitGroupUnknown,
    /// The book keeps one currency only.
    FxNotSetUp,
    /// No rate that the rule allows.
    RateMissing,
    /// No such template is in force.
    TemplateUnknown,
    /// A template has no such version.
    TemplateVersionUnknown,
    /// No such remittance.
    RemittanceUnknown,
    /// No such person.
    OperatorUnknown,
    /// No such claim, or none that the caller may see.
    ClaimUnknown,
    /// No such proposal, or none on which the caller has a word.
    ProposalUnknown,
    /// No such insurer, or none that the caller may see.
    InsurerUnknown,
    /// The insurer has not handed in such a paper.
    PaperUnknown,
    /// There is no such dispute, or none that the caller may see.
    DisputeUnknown,
    /// Nobody has asked the insurer about the policy.
    CoverageUnknown,
    /// There is no such task for reviewers, or none that the route is for.
    TaskUnknown,
    /// There is no such commit.
    CommitUnknown,
    /// Receipts cannot be signed.
    ReceiptKeyMissing,
    /// The server has no keys that seal.
    KeyringMissing,
    /// The server has no place for documents.
    DocumentStoreMissing,
    /// No such patient, or none that the caller may see.
    PatientUnknown,
    /// No such document.
    DocumentUnknown,
    /// The path has no such method.
    MethodNotAllowed,
    /// The answer is in none of the formats that the caller takes.
    NotAcceptable,
    /// The account is open with another definition.
    AccountConflict,
    /// The body is larger than is taken.
    BodyTooLarge,
    /// The body is of a kind that is not read here.
    ContentTypeUnsupported,
    /// The body is compressed or otherwise encoded.
    ContentEncodingUnsupported,
    /// More entries than one request takes.
    TooManyEntries,
    /// The caller should slow down: more waits than is worked off in good time, or more than is held at once.
    Busy,
    /// A mistake of ours.
    Internal,
    /// The file of a detached segment is missing or not what was written.
    SegmentUnreadable,
    /// The database is away.
    Unavailable,
    /// It took too long.
    Timeout,
}

impl Kind {
    /// Status, stable code and title.
    pub(super) fn facts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as Is;
        match self {
            Kind::ParameterInvalid => (Is::BAD_REQUEST, "parameter_invalid", "A parameter cannot be read"),
            Kind::JsonMalformed => (Is::BAD_REQUEST, "json_malformed", "The body is not JSON"),
            Kind::BodyIncomplete => (Is::BAD_REQUEST, "body_incomplete", "The body broke off"),
            Kind::Unauthenticated => (Is::UNAUTHORIZED, "unauthenticated", "Say who you are"),
            Kind::TokenInvalid => (Is::UNAUTHORIZED, "token_invalid", "The token is not valid"),
            Kind::SignatureHeaderInvalid => {
                (Is::UNAUTHORIZED, "signature_header_invalid", "A header of the signature cannot be read")
            }
            Kind::KeyUnknown => (Is::UNAUTHORIZED, "key_unknown", "The signing key is not known"),
            Kind::SignatureWrong => (Is::UNAUTHORIZED, "signature_wrong", "The signature is wrong"),
            Kind::SignatureLate => (Is::UNAUTHORIZED, "signature_late", "The signature is out of its time"),
            Kind::SignatureReplayed => (Is::UNAUTHORIZED, "signature_replayed", "The nonce has been used"),
            Kind::BodyDigestWrong => (Is::UNAUTHORIZED, "body_digest_wrong", "The body is not what was signed"),
            Kind::Forbidden => (Is::FORBIDDEN, "forbidden", "The caller may not do this"),
            Kind::PathUnknown => (Is::NOT_FOUND, "path_unknown", "There is nothing at this path"),
            Kind::AccountUnknown => (Is::NOT_FOUND, "account_unknown", "There is no such account"),
            Kind::EntryUnknown => (Is::NOT_FOUND, "entry_unknown", "There is no such entry"),
            Kind::EventCursorUnknown => (Is::NOT_FOUND, "cursor_unknown", "There is no such cursor"),
            Kind::LimitGroupUnknown => (Is::NOT_FOUND, "limit_group_unknown", "There is no such limit group"),
            Kind::FxNotSetUp => (Is::NOT_FOUND, "fx_not_set_up", "The book keeps one currency only"),
            Kind::RateMissing => (Is::NOT_FOUND, "rate_missing", "There is no such rate"),
            Kind::TemplateUnknown => (Is::NOT_FOUND, "template_unknown", "There is no such template"),
            Kind::TemplateVersionUnknown => {
                (Is::NOT_FOUND, "template_version_unknown", "The template has no such version")
            }
            Kind::RemittanceUnknown => (Is::NOT_FOUND, "remittance_unknown", "There is no such remittance"),
            Kind::OperatorUnknown => (Is::NOT_FOUND, "operator_unknown", "There is nobody of this name"),
            Kind::ClaimUnknown => (Is::NOT_FOUND, "claim_unknown", "There is no such claim"),
            Kind::ProposalUnknown => (Is::NOT_FOUND, "proposal_unknown", "There is no such proposal"),
            Kind::InsurerUnknown => (Is::NOT_FOUND, "insurer_unknown", "There is no such insurer"),
            Kind::PaperUnknown => (Is::NOT_FOUND, "paper_unknown", "There is no such paper"),
            Kind::DisputeUnknown => (Is::NOT_FOUND, "dispute_unknown", "There is no such dispute"),
            Kind::CoverageUnknown => (Is::NOT_FOUND, "coverage_unknown", "There is no answer about the policy"),
            Kind::TaskUnknown => (Is::NOT_FOUND, "task_unknown", "There is no such task"),
            Kind::CommitUnknown => (Is::NOT_FOUND, "commit_unknown", "There is no such commit"),
            Kind::ReceiptKeyMissing => (Is::NOT_IMPLEMENTED, "receipt_key_missing", "This server signs no receipts"),
            Kind::KeyringMissing => (Is::NOT_IMPLEMENTED, "keyring_missing", "This server seals no records"),
            Kind::DocumentStoreMissing => {
                (Is::NOT_IMPLEMENTED, "document_store_missing", "This server keeps no documents")
            }
            Kind::PatientUnknown => (Is::NOT_FOUND, "patient_unknown", "There is no such patient"),
            Kind::DocumentUnknown => (Is::NOT_FOUND, "document_unknown", "There is no such document"),
            Kind::MethodNotAllowed => (Is::METHOD_NOT_ALLOWED, "method_not_allowed", "The path has no such method"),
            Kind::NotAcceptable => {
                (Is::NOT_ACCEPTABLE, "not_acceptable", "The answer comes in none of the formats asked for")
            }
            Kind::AccountConflict => (Is::CONFLICT, "account_conflict", "The account is open, but different"),
            Kind::BodyTooLarge => (Is::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large"),
            Kind::ContentTypeUnsupported => {
                (Is::UNSUPPORTED_MEDIA_TYPE, "content_type_unsupported", "This kind of body is not read here")
            }
            Kind::ContentEncodingUnsupported => {
                (Is::UNSUPPORTED_MEDIA_TYPE, "content_encoding_unsupported", "The body is not decoded here")
            }
            Kind::TooManyEntries => (Is::PAYLOAD_TOO_LARGE, "too_many_entries", "The request has too many entries"),
            Kind::Busy => (Is::TOO_MANY_REQUESTS, "busy", "Too much is asked for at once"),
            Kind::Internal => (Is::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side"),
            Kind::Unavailable => (Is::SERVICE_UNAVAILABLE, "unavailable", "The database is not available"),
            Kind::SegmentUnreadable => {
                (Is::SERVICE_UNAVAILABLE, "segment_unreadable", "A detached segment cannot be read")
            }
            Kind::Timeout => (Is::SERVICE_UNAVAILABLE, "timeout", "The request took too long"),
        }
    }

    /// Whether the same request may succeed later of itself.
    pub(super) fn is_retryable(self) -> bool {
        matches!(self, Kind::Busy | Kind::Unavailable | Kind::Timeout)
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        self.facts().1
    }

    /// The kind for an answer that some library made with nothing but a status.
    pub(super) fn of_status(status: StatusCode) -> Kind {
        match status {
            StatusCode::NOT_FOUND => Kind::PathUnknown,
            StatusCode::METHOD_NOT_ALLOWED => Kind::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Kind::NotAcceptable,
            StatusCode::PAYLOAD_TOO_LARGE => Kind::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Kind::ContentTypeUnsupported,
            StatusCode::TOO_MANY_REQUESTS => Kind::Busy,
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Kind::Timeout,
            status if status.is_client_error() => Kind::BodyIncomplete,
            _ => Kind::Internal,
        }
    }
}
