//! A refusal at the edges: its stable code, its place, and the two values it compares.

use super::Rejection;
use crate::entry::EntryKind;
use crate::money::Money;

impl Rejection {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::LinkedRunOpen => "linked_run_open",
            Rejection::IdNil => "id_nil",
            Rejection::IdConflict { .. } => "id_conflict",
            Rejection::TextTooLong { .. } => "text_too_long",
            Rejection::TextHasNul { .. } => "text_has_nul",
            Rejection::MetadataMalformed { .. } => "metadata_malformed",
            Rejection::EffectiveDateOutOfRange { .. } => "effective_date_out_of_range",
            Rejection::KindReserved { .. } => "kind_reserved",
            Rejection::PostingCount { .. } => "posting_count",
            Rejection::RelatesToMissing { .. } => "relates_to_missing",
            Rejection::RelatesToNotAllowed { .. } => "relates_to_not_allowed",
            Rejection::HoldGroupNotAllowed => "hold_group_not_allowed",
            Rejection::ExpiryNotAllowed { .. } => "expiry_not_allowed",
            Rejection::ExpiryPassed { .. } => "expiry_passed",
            Rejection::AtMostNotAllowed => "at_most_not_allowed",
            Rejection::TemplateNotInForce { .. } => "template_not_in_force",
            Rejection::PeriodClosed { .. } => "period_closed",
            Rejection::AmountZero { .. } => "amount_zero",
            Rejection::AccountUnknown { .. } => "account_unknown",
            Rejection::AccountClosed { .. } => "account_closed",
            Rejection::AccountFrozen { .. } => "account_frozen",
            Rejection::CurrencyMismatch { .. } => "currency_mismatch",
            Rejection::ItemRequired { .. } => "item_required",
            Rejection::ItemNotAllowed { .. } => "item_not_allowed",
            Rejection::DueDateNotAllowed { .. } => "due_date_not_allowed",
            Rejection::AccountOnBothSides { .. } => "account_on_both_sides",
            Rejection::Unbalanced { .. } => "unbalanced",
            Rejection::HoldUnknown { .. } => "hold_unknown",
            Rejection::OriginalUnknown { .. } => "original_unknown",
            Rejection::HoldGroupUnknown { .. } => "hold_group_unknown",
            Rejection::NotAHold { .. } => "not_a_hold",
            Rejection::NotReversible { .. } => "not_reversible",
            Rejection::HoldGroupEnded { .. } => "hold_group_ended",
            Rejection::HoldGroupTooLarge { .. } => "hold_group_too_large",
            Rejection::NothingLeft { how, .. } => match how {
                EntryKind::Release => "hold_released",
                EntryKind::Expiry => "hold_expired",
                EntryKind::Reversal => "already_reversed",
                EntryKind::Capture | EntryKind::Hold | EntryKind::Post => "hold_captured",
            },
            Rejection::NotInOriginal { .. } => "not_in_original",
            Rejection::MoreThanLeft { .. } => "more_than_left",
            Rejection::DatedBeforeOriginal { .. } => "dated_before_original",
            Rejection::TotalOverflow { .. } => "total_overflow",
            Rejection::BelowMinimum { .. } => "below_minimum",
            Rejection::AboveMaximum { .. } => "above_maximum",
            Rejection::GroupBelowMinimum { .. } => "group_below_minimum",
            Rejection::GroupAboveMaximum { .. } => "group_above_maximum",
            Rejection::LinkedEntryRejected { .. } => "linked_entry_rejected",
        }
    }

    /// JSON pointer (RFC 6901) to the place in the entry as it was given.
    pub fn pointer(&self) -> String {
        match self {
            Rejection::LinkedRunOpen | Rejection::LinkedEntryRejected { .. } => "/linked".to_owned(),
            Rejection::IdNil => "/id".to_owned(),
            Rejection::IdConflict { field, .. } => format!("/{field}"),
            Rejection::TextTooLong { field, .. } | Rejection::TextHasNul { field } => format!("/{field}"),
            Rejection::MetadataMalformed { .. } => "/metadata".to_owned(),
            Rejection::KindReserved { .. } => "/kind".to_owned(),
            Rejection::EffectiveDateOutOfRange { .. }
            | Rejection::PeriodClosed { .. }
            | Rejection::DatedBeforeOriginal { .. } => "/effective_date".to_owned(),
            Rejection::PostingCount { .. }
            | Rejection::Unbalanced { .. }
            | Rejection::TotalOverflow { .. }
            | Rejection::BelowMinimum { .. }
            | Rejection::AboveMaximum { .. }
            | Rejection::GroupBelowMinimum { .. }
            | Rejection::GroupAboveMaximum { .. } => "/postings".to_owned(),
            Rejection::RelatesToMissing { .. }
            | Rejection::RelatesToNotAllowed { .. }
            | Rejection::HoldUnknown { .. }
            | Rejection::OriginalUnknown { .. }
            | Rejection::NotAHold { .. }
            | Rejection::NotReversible { .. }
            | Rejection::NothingLeft { .. } => "/relates_to".to_owned(),
            Rejection::HoldGroupNotAllowed
            | Rejection::HoldGroupUnknown { .. }
            | Rejection::HoldGroupEnded { .. }
            | Rejection::HoldGroupTooLarge { .. } => "/hold_group".to_owned(),
            Rejection::ExpiryNotAllowed { .. } | Rejection::ExpiryPassed { .. } => "/expires_at".to_owned(),
            Rejection::AtMostNotAllowed => "/at_most".to_owned(),
            Rejection::TemplateNotInForce { .. } => "/template_no".to_owned(),
            Rejection::AmountZero { leg, .. }
            | Rejection::CurrencyMismatch { leg, .. }
            | Rejection::MoreThanLeft { leg, .. } => format!("/postings/{leg}/amount"),
            Rejection::AccountUnknown { leg, .. }
            | Rejection::AccountClosed { leg, .. }
            | Rejection::AccountFrozen { leg, .. }
            | Rejection::AccountOnBothSides { leg, .. }
            | Rejection::NotInOriginal { leg, .. } => format!("/postings/{leg}/account"),
            Rejection::ItemRequired { leg, .. } | Rejection::ItemNotAllowed { leg, .. } => {
                format!("/postings/{leg}/item")
            }
            Rejection::DueDateNotAllowed { leg, .. } => format!("/postings/{leg}/due_date"),
        }
    }

    /// What was expected and what was found, where the rule compares two values.
    pub fn expected_actual(&self) -> Option<(String, String)> {
        match self {
            Rejection::IdConflict { first, given, .. } => Some((first.clone(), given.clone())),
            Rejection::TextTooLong { actual, max, .. } => Some((format!("at most {max} bytes"), actual.to_string())),
            Rejection::EffectiveDateOutOfRange { given, earliest, latest } => {
                Some((format!("{earliest} to {latest}"), given.to_string()))
            }
            Rejection::PostingCount { actual, min, max } => Some((format!("{min} to {max}"), actual.to_string())),
            Rejection::ExpiryPassed { given, booked_at } => Some((format!("after {booked_at}"), given.to_string())),
            Rejection::TemplateNotInForce { template_no } => {
                Some(("a version in force".to_owned(), template_no.to_string()))
            }
            Rejection::PeriodClosed { date, closed_through, .. } => {
                Some((format!("after {closed_through}"), date.to_string()))
            }
            Rejection::CurrencyMismatch { expected, actual, .. } => Some((expected.to_string(), actual.to_string())),
            Rejection::Unbalanced { difference } => {
                Some((Money::new(0, difference.currency).to_string(), difference.to_string()))
            }
            Rejection::NotAHold { kind, .. } => Some(("hold".to_owned(), (*kind).to_owned())),
            Rejection::NotReversible { kind, .. } => Some(("post, capture or reversal".to_owned(), (*kind).to_owned())),
            Rejection::HoldGroupTooLarge { max, actual } => Some((format!("at most {max}"), actual.to_string())),
            Rejection::NothingLeft { of, by, how } => {
                Some((format!("something left of {of}"), format!("the last of it went with {} {by}", how.word())))
            }
            Rejection::MoreThanLeft { left, asked, .. } => Some((format!("at most {left}"), asked.to_string())),
            Rejection::DatedBeforeOriginal { date, given, .. } => Some((format!("{date} or later"), given.to_string())),
            Rejection::BelowMinimum { limit, would_be, .. } | Rejection::GroupBelowMinimum { limit, would_be, .. } => {
                Some((format!("at least {limit}"), would_be.to_string()))
            }
            Rejection::AboveMaximum { limit, would_be, .. } | Rejection::GroupAboveMaximum { limit, would_be, .. } => {
                Some((format!("at most {limit}"), would_be.to_string()))
            }
            _ => None,
        }
    }
}
