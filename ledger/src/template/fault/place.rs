//! A problem at the edges: its stable code, and the two values it compares.

use super::{BYTES_MAX, Counted, Problem, Side, clipped};
use crate::money::{Money, MoneyError};

impl Problem {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::TemplateTooLong { .. } => "template_too_long",
            Problem::Malformed { .. } => "template_malformed",
            Problem::TextLength { .. } => "text_length",
            Problem::TextHasNul => "text_has_nul",
            Problem::NameMalformed { .. } => "name_malformed",
            Problem::Count { of: Counted::Inputs, .. } => "input_count",
            Problem::Count { of: Counted::Amounts, .. } => "amount_count",
            Problem::Count { of: Counted::Terms, .. } => "term_count",
            Problem::Count { of: Counted::Parts, .. } => "part_count",
            Problem::Count { of: Counted::Legs, .. } => "leg_count",
            Problem::Count { of: Counted::Fields, .. } => "field_count",
            Problem::Count { of: Counted::Elements, .. } => "element_count",
            Problem::NameTwice { .. } => "name_twice",
            Problem::NameUnknown { .. } => "name_unknown",
            Problem::NameUsedBeforeDefinition { .. } => "name_used_before_definition",
            Problem::TermTwice { .. } => "term_twice",
            Problem::KindMismatch { .. } => "kind_mismatch",
            Problem::FieldOutsideEach { .. } => "field_outside_each",
            Problem::DenominatorZero => "denominator_zero",
            Problem::FractionNegative { .. } => "fraction_negative",
            Problem::NameUnused { .. } => "name_unused",
            Problem::AccountMalformed { .. } => "account_malformed",
            Problem::ItemMalformed { .. } => "item_malformed",
            Problem::DueDateNotAllowed { .. } => "due_date_not_allowed",
            Problem::AccountOnBothSides { .. } => "account_on_both_sides",
            Problem::Unbalanced { .. } => "unbalanced",
            Problem::InputMissing { .. } => "input_missing",
            Problem::InputTwice { .. } => "input_twice",
            Problem::InputUnknown { .. } => "input_unknown",
            Problem::InputKind { .. } => "input_kind",
            Problem::InputMalformed { .. } => "input_malformed",
            Problem::AmountUnreadable { error, .. } => error.code(),
            Problem::AmountNegative { .. } => "amount_negative",
            Problem::CurrencyMixed { .. } => "currency_mixed",
            Problem::SegmentMalformed { .. } => "segment_malformed",
            Problem::AmountOverflow { .. } => "amount_overflow",
            Problem::SplitNegative { .. } => "split_negative",
            Problem::SplitWeightsZero { .. } => "split_weights_zero",
            Problem::LegNegative { .. } => "leg_negative",
        }
    }

    /// What was expected and what was found.
    pub fn expected_actual(&self) -> (String, String) {
        let pair = |expected: &str, actual: &str| (expected.to_owned(), actual.to_owned());
        let at_least_zero = |value: &Money| (format!("at least {}", Money::new(0, value.currency)), value.to_string());
        match self {
            Problem::TemplateTooLong { actual } => (format!("at most {BYTES_MAX} bytes"), actual.to_string()),
            Problem::Malformed { reason } => pair("the JSON of a template", reason),
            Problem::TextLength { max, actual } => (format!("1 to {max} bytes"), actual.to_string()),
            Problem::TextHasNul => pair("no NUL character", "a NUL character"),
            Problem::NameMalformed { given, expected } | Problem::InputMalformed { given, expected, .. } => {
                pair(expected, given)
            }
            Problem::Count { min, max, actual, .. } => (format!("{min} to {max}"), actual.to_string()),
            Problem::NameTwice { name, .. } => pair("a name that nothing else has", name),
            Problem::NameUnknown { name } => pair("the name of an input or of an amount", name),
            Problem::NameUsedBeforeDefinition { name, .. } => pair("an amount that stands before this", name),
            Problem::TermTwice { name } => pair("each amount once", name),
            Problem::KindMismatch { name, expected, actual } => {
                ((*expected).to_owned(), format!("{name}, of kind {}", actual.word()))
            }
            Problem::FieldOutsideEach { name, list } => {
                (format!("an input or an amount that is no field of {list}"), name.clone())
            }
            Problem::DenominatorZero => pair("1 or more", "0"),
            Problem::FractionNegative { numerator, denominator } => {
                ("0 or more".to_owned(), format!("{numerator}/{denominator}"))
            }
            Problem::NameUnused { name } => (format!("a use of {name}"), "none".to_owned()),
            Problem::AccountMalformed { given, .. } => pair("an account such as 1101.{insurer}", given),
            Problem::ItemMalformed { given, .. } => pair("an item such as {claim}", given),
            Problem::DueDateNotAllowed { .. } => pair("no due_date", "due_date"),
            Problem::AccountOnBothSides { side, .. } => pair(side.word(), side.other().word()),
            Problem::Unbalanced { left_over } => pair("0", left_over),
            Problem::InputMissing { kind, .. } => pair(kind.word(), "nothing"),
            Problem::InputTwice { name } => pair("one value", &format!("more than one, for {name}")),
            Problem::InputUnknown { name, known } => pair(known, name),
            Problem::InputKind { expected, actual, .. } => pair(expected.word(), actual.word()),
            Problem::AmountUnreadable { error, .. } => of_money(error),
            Problem::AmountNegative { given: value, .. }
            | Problem::SplitNegative { value, .. }
            | Problem::LegNegative { value, .. } => at_least_zero(value),
            Problem::CurrencyMixed { expected, actual, .. } => (expected.to_string(), actual.to_string()),
            Problem::SegmentMalformed { given } => pair("letters, digits, '-' and '_'", given),
            Problem::AmountOverflow { name } => {
                (format!("at most {} minor units", i64::MAX), format!("more, for {name}"))
            }
            Problem::SplitWeightsZero { value } => (format!("a weight above zero to split {value}"), "none".to_owned()),
        }
    }
}

fn of_money(error: &MoneyError) -> (String, String) {
    match error {
        MoneyError::TooManyDecimals { expected, actual, .. } => {
            (format!("at most {expected} decimals"), format!("{actual} decimals"))
        }
        MoneyError::UnknownCurrency(given) => ("an ISO 4217 code, such as CNY".to_owned(), clipped(given)),
        MoneyError::NotANumber(given) => ("a decimal amount, such as 15200.00".to_owned(), clipped(given)),
        MoneyError::TooLarge(given) => (format!("at most {} minor units", i64::MAX), clipped(given)),
    }
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Side::Debit => "debit",
            Side::Credit => "credit",
        }
    }

    fn other(self) -> Side {
        match self {
            Side::Debit => Side::Credit,
            Side::Credit => Side::Debit,
        }
    }
}
