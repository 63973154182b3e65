//! What is wrong with a chart: a stable code, a place, what was expected there and what stands there.
//!
//! Codes never change their meaning. Texts from the file are cut to what a person reads; a cycle is named in full.

use std::fmt;

/// The most characters of the file that a fault repeats.
const SHOWN_CHARS_MAX: usize = 80;

/// What may be wrong: first the file, then its columns, then a line, then the line's place in the tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FaultKind {
    /// No header, or no account.
    FileEmpty,
    /// UTF-16 instead of UTF-8.
    EncodingUtf16,
    /// Bytes that are no UTF-8.
    EncodingNotUtf8,
    /// A quoted cell goes on to the end of the file: the file was cut, or a quote is missing.
    QuoteUnclosed,
    /// A column without a name.
    ColumnUnnamed,
    /// A name so close to that of a column that it would be missed among the metadata.
    ColumnUnknown,
    /// A column that every chart has.
    ColumnMissing,
    /// Two columns of one name.
    ColumnTwice,
    /// More or fewer cells than columns.
    RowRagged,
    /// No account code.
    AccountMalformed,
    /// An account that stands on an earlier line.
    AccountTwice,
    /// No type of account.
    TypeUnknown,
    /// No side.
    SideUnknown,
    /// No active ISO 4217 currency.
    CurrencyUnknown,
    /// Neither true nor false.
    FlagMalformed,
    /// No decimal amount.
    AmountMalformed,
    /// More decimals than the currency has.
    AmountTooManyDecimals,
    /// More than 64 bits of minor units.
    AmountOverflow,
    /// The minimum is above the maximum.
    LimitsCrossed,
    /// A text is missing or too long.
    TextLength,
    /// A NUL character, which PostgreSQL cannot store.
    TextHasNul,
    /// The parent is no account code.
    ParentMalformed,
    /// The parent is neither in the file nor in the book.
    ParentUnknown,
    /// The parent is of another type.
    ParentTypeMismatch,
    /// Accounts that are rolled up to each other.
    ParentCycle,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [FaultKind; 25] = [
        FaultKind::FileEmpty,
        FaultKind::EncodingUtf16,
        FaultKind::EncodingNotUtf8,
        FaultKind::QuoteUnclosed,
        FaultKind::ColumnUnnamed,
        FaultKind::ColumnUnknown,
        FaultKind::ColumnMissing,
        FaultKind::ColumnTwice,
        FaultKind::RowRagged,
        FaultKind::AccountMalformed,
        FaultKind::AccountTwice,
        FaultKind::TypeUnknown,
        FaultKind::SideUnknown,
        FaultKind::CurrencyUnknown,
        FaultKind::FlagMalformed,
        FaultKind::AmountMalformed,
        FaultKind::AmountTooManyDecimals,
        FaultKind::AmountOverflow,
        FaultKind::LimitsCrossed,
        FaultKind::TextLength,
        FaultKind::TextHasNul,
        FaultKind::ParentMalformed,
        FaultKind::ParentUnknown,
        FaultKind::ParentTypeMismatch,
        FaultKind::ParentCycle,
    ];

    /// Stable code, the same at every edge.
    pub fn code(self) -> &'static str {
        match self {
            FaultKind::FileEmpty => "file_empty",
            FaultKind::EncodingUtf16 => "encoding_utf16",
            FaultKind::EncodingNotUtf8 => "encoding_not_utf8",
            FaultKind::QuoteUnclosed => "quote_unclosed",
            FaultKind::ColumnUnnamed => "column_unnamed",
            FaultKind::ColumnUnknown => "column_unknown",
            FaultKind::ColumnMissing => "column_missing",
            FaultKind::ColumnTwice => "column_twice",
            FaultKind::RowRagged => "row_ragged",
            FaultKind::AccountMalformed => "account_malformed",
            FaultKind::AccountTwice => "account_twice",
            FaultKind::TypeUnknown => "type_unknown",
            FaultKind::SideUnknown => "side_unknown",
            FaultKind::CurrencyUnknown => "currency_unknown",
            FaultKind::FlagMalformed => "flag_malformed",
            FaultKind::AmountMalformed => "amount_malformed",
            FaultKind::AmountTooManyDecimals => "amount_too_many_decimals",
            FaultKind::AmountOverflow => "amount_overflow",
            FaultKind::LimitsCrossed => "limits_crossed",
            FaultKind::TextLength => "text_length",
            FaultKind::TextHasNul => "text_has_nul",
            FaultKind::ParentMalformed => "parent_malformed",
            FaultKind::ParentUnknown => "parent_unknown",
            FaultKind::ParentTypeMismatch => "parent_type_mismatch",
            FaultKind::ParentCycle => "parent_cycle",
        }
    }
}

/// One thing that is wrong with a chart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartFault {
    /// What it is.
    pub kind: FaultKind,
    /// The line of the file, from 1; in a quoted cell of several lines, the line on which the cell begins.
    pub line: usize,
    /// The column's name; none where the whole line or file is at fault.
    pub column: Option<String>,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub actual: String,
}

impl ChartFault {
    /// A fault at a place.
    pub(crate) fn new(
        kind: FaultKind,
        line: usize,
        column: Option<&str>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> ChartFault {
        ChartFault { kind, line, column: column.map(shown), expected: expected.into(), actual: actual.into() }
    }

    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for ChartFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": expected {}; found {}", self.expected, self.actual)
    }
}

impl std::error::Error for ChartFault {}

/// A text of the file, cut to what a person reads.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text.to_owned(),
    }
}

/// A text of the file in quotes, or that there is none.
pub(crate) fn quoted(text: &str) -> String {
    if text.is_empty() { "an empty cell".to_owned() } else { format!("'{}'", shown(text)) }
}
