//! A row to an account: every cell is checked, whatever is wrong with the others.
//!
//! Cells are exact: nothing is trimmed. An amount is checked where its currency is known. One pass over the row.

#![expect(clippy::option_option, reason = "outside: whether the cell can be read; inside: whether it is there")]

use std::collections::BTreeMap;
use std::str::FromStr;

use super::columns::{Column, Columns};
use super::fault::{ChartFault, FaultKind, quoted};
use super::sheet::Row;
use crate::account::{AccountCode, AccountFault, AccountNote, AccountType, check_text};
use crate::account::{Limits, NAME_BYTES_MAX, NewAccount, NormalSide};
use crate::entry::METADATA_BYTES_MAX;
use crate::money::{Currency, Money, MoneyError};

/// What is known of a row, so that others can be checked against it even if something is wrong with it.
#[derive(Debug)]
pub(super) struct Draft {
    /// The line on which it begins.
    pub(super) line: usize,
    /// The line on which its account stands.
    pub(super) code_line: usize,
    /// The line on which its parent stands.
    pub(super) parent_line: usize,
    /// Its account.
    pub(super) code: Option<AccountCode>,
    /// Its type.
    pub(super) account_type: Option<AccountType>,
    /// Its parent.
    pub(super) parent: Option<AccountCode>,
    /// The account to be opened; none if something is wrong, and then a fault says what.
    pub(super) account: Option<NewAccount>,
}

/// Reads a row. One with too few or too many cells keeps only its account: which cells are where is not known.
pub(super) fn read(row: &Row, columns: &Columns, faults: &mut Vec<ChartFault>) -> Draft {
    let mut cells = Cells { row, columns, faults };
    let line_of = |column| columns.place(column).map_or(row.line, |place| row.line_of(place));
    let mut draft = Draft {
        line: row.line,
        code_line: line_of(Column::Account),
        parent_line: line_of(Column::Parent),
        code: None,
        account_type: None,
        parent: None,
        account: None,
    };
    if let Some(fault) = cells.shape() {
        cells.faults.push(fault);
        draft.code = cells.given(Column::Account).and_then(AccountCode::parse);
        return draft;
    }
    draft.code = cells.code();
    draft.account_type = cells.account_type();
    let side = cells.normal_side();
    let currency = cells.currency();
    let open_item = cells.open_item();
    let parent = cells.parent();
    draft.parent = parent.clone().flatten();
    let limits = currency.and_then(|currency| cells.limits(currency));
    let name = cells.name();
    let metadata = cells.metadata();
    draft.account = (|| {
        let account_type = draft.account_type?;
        Some(NewAccount {
            code: draft.code.clone()?,
            name: name?,
            account_type,
            currency: currency?,
            normal_side: side?.unwrap_or(account_type.normal_side()),
            open_item: open_item?,
            limits: limits?,
            note: AccountNote { parent: parent?.map(|parent| parent.as_str().to_owned()), metadata: metadata? },
        })
    })();
    draft
}

/// The cells of a row, and where faults go. Each method answers `None` only where a fault was put down: here, or with
/// the header if the column is missing.
struct Cells<'a> {
    row: &'a Row,
    columns: &'a Columns,
    faults: &'a mut Vec<ChartFault>,
}

impl<'a> Cells<'a> {
    fn shape(&self) -> Option<ChartFault> {
        let (expected, actual) = (self.columns.len(), self.row.len());
        let last = self.columns.name(actual.saturating_sub(1));
        if let Some(fault) = self.row.unclosed(if last.is_empty() { "behind the last column" } else { last }) {
            return Some(fault);
        }
        let cells = |count| format!("{count} {}", if count == 1 { "cell" } else { "cells" });
        let expected_text = format!("{}, as the header has", cells(expected));
        (expected != actual)
            .then(|| ChartFault::new(FaultKind::RowRagged, self.row.line, None, expected_text, cells(actual)))
    }

    /// The cell of a column, if the file has the column.
    fn given(&self, column: Column) -> Option<&'a str> {
        self.row.cell(self.columns.place(column)?)
    }

    /// The cell of a column that may be left out or empty.
    fn wanted(&self, column: Column) -> Option<&'a str> {
        self.given(column).filter(|cell| !cell.is_empty())
    }

    fn fault(&mut self, kind: FaultKind, place: Option<usize>, expected: impl Into<String>, actual: String) {
        let line = place.map_or(self.row.line, |place| self.row.line_of(place));
        let column = place.map(|place| self.columns.name(place));
        self.faults.push(ChartFault::new(kind, line, column, expected, actual));
    }

    /// What came of a cell, or a fault about it.
    fn checked<T>(
        &mut self,
        column: Column,
        parsed: Option<T>,
        kind: FaultKind,
        expected: impl Into<String>,
    ) -> Option<T> {
        if parsed.is_none() {
            let actual = quoted(self.given(column).unwrap_or_default());
            self.fault(kind, self.columns.place(column), expected, actual);
        }
        parsed
    }

    fn code(&mut self) -> Option<AccountCode> {
        let parsed = AccountCode::parse(self.given(Column::Account)?);
        self.checked(Column::Account, parsed, FaultKind::AccountMalformed, CODE_FORM)
    }

    fn account_type(&mut self) -> Option<AccountType> {
        let parsed = AccountType::from_word(self.given(Column::Type)?);
        let expected = AccountType::ALL.map(AccountType::word).join(", ");
        self.checked(Column::Type, parsed, FaultKind::TypeUnknown, format!("one of {expected}"))
    }

    fn normal_side(&mut self) -> Option<Option<NormalSide>> {
        let Some(cell) = self.wanted(Column::NormalSide) else { return Some(None) };
        let parsed = match cell {
            "debit" => Some(NormalSide::Debit),
            "credit" => Some(NormalSide::Credit),
            letter => NormalSide::from_letter(letter),
        };
        let expected = "D or debit, C or credit, or nothing";
        self.checked(Column::NormalSide, parsed, FaultKind::SideUnknown, expected).map(Some)
    }

    fn currency(&mut self) -> Option<Currency> {
        let parsed = Currency::from_str(self.given(Column::Currency)?).ok();
        let expected = "an active ISO 4217 currency code, such as CNY";
        self.checked(Column::Currency, parsed, FaultKind::CurrencyUnknown, expected)
    }

    fn open_item(&mut self) -> Option<bool> {
        let Some(cell) = self.wanted(Column::OpenItem) else { return Some(false) };
        self.checked(Column::OpenItem, cell.parse().ok(), FaultKind::FlagMalformed, "true, false or nothing")
    }

    fn parent(&mut self) -> Option<Option<AccountCode>> {
        let Some(cell) = self.wanted(Column::Parent) else { return Some(None) };
        let parsed = AccountCode::parse(cell);
        self.checked(Column::Parent, parsed, FaultKind::ParentMalformed, CODE_FORM).map(Some)
    }

    fn limits(&mut self, currency: Currency) -> Option<Limits> {
        let min = self.amount(Column::Minimum, currency);
        let max = self.amount(Column::Maximum, currency);
        let limits = Limits { min_minor: min?, max_minor: max? };
        if !limits.are_crossed() {
            return Some(limits);
        }
        let max_text = self.given(Column::Maximum).unwrap_or_default();
        let expected = format!("at most the maximum, {max_text}");
        self.checked(Column::Minimum, None, FaultKind::LimitsCrossed, expected)
    }

    fn amount(&mut self, column: Column, currency: Currency) -> Option<Option<i64>> {
        let Some(cell) = self.wanted(column) else { return Some(None) };
        let (kind, expected) = match Money::parse(cell, currency) {
            Ok(money) => return Some(Some(money.minor)),
            Err(MoneyError::TooManyDecimals { expected, .. }) => {
                (FaultKind::AmountTooManyDecimals, format!("at most {expected} decimals of {currency}"))
            }
            Err(MoneyError::TooLarge(_)) => {
                let most = Money::new(i64::MAX, currency).to_decimal_string();
                (FaultKind::AmountOverflow, format!("at most {most}"))
            }
            Err(MoneyError::NotANumber(_) | MoneyError::UnknownCurrency(_)) => {
                (FaultKind::AmountMalformed, "a decimal amount such as 1234.50, or nothing".to_owned())
            }
        };
        self.checked(column, None, kind, expected)
    }

    fn name(&mut self) -> Option<String> {
        let cell = self.given(Column::Name)?;
        let checked = check_text("name", cell, NAME_BYTES_MAX);
        self.text(self.columns.place(Column::Name), cell, &checked)?;
        Some(cell.to_owned())
    }

    /// What the further columns say, as a JSON object with its keys in order; empty cells are left out.
    fn metadata(&mut self) -> Option<Option<String>> {
        let (row, columns) = (self.row, self.columns);
        let cells = columns.further().iter().filter_map(|place| Some((*place, row.cell(*place)?)));
        let filled: Vec<(usize, &str)> = cells.filter(|(_, cell)| !cell.is_empty()).collect();
        let mut all_are_fit = true;
        for (place, cell) in &filled {
            let checked = check_text("metadata", cell, METADATA_BYTES_MAX);
            all_are_fit &= self.text(Some(*place), cell, &checked).is_some();
        }
        if filled.is_empty() || !all_are_fit {
            return all_are_fit.then_some(None);
        }
        let object: BTreeMap<&str, &str> =
            filled.into_iter().map(|(place, cell)| (columns.name(place), cell)).collect();
        let json = serde_json::to_string(&object).expect("a map of texts is JSON");
        let checked = check_text("metadata", &json, METADATA_BYTES_MAX);
        self.text(None, &json, &checked)?;
        Some(Some(json))
    }

    fn text(&mut self, place: Option<usize>, text: &str, checked: &Result<(), AccountFault>) -> Option<()> {
        match checked {
            Ok(()) => return Some(()),
            Err(AccountFault::TextLength { field, max, actual }) => {
                let expected = format!("a {field} of 1 to {max} bytes");
                self.fault(FaultKind::TextLength, place, expected, format!("{actual} bytes"));
            }
            Err(_) => self.fault(FaultKind::TextHasNul, place, "text without NUL characters", quoted(text)),
        }
        None
    }
}

const CODE_FORM: &str = "1 to 64 letters, digits, '-', '_' and inner '.', such as 1101.picc";
