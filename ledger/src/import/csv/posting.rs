//! A row as one posting.

use crate::entry::{EntryKind, Layer, NewPosting};
use crate::import::rows::Row;
use crate::import::{Fault, account_code, currency, day, is_given};
use crate::money::{Currency, Money};

use super::columns::{Column, Columns};
use super::unshielded;

/// The posting of a row; `None` for one that the ledger makes up itself.
pub(super) fn read(columns: &Columns, row: &Row, kind: EntryKind) -> Result<Option<NewPosting>, Fault> {
    let cell = |column: Column| columns.cell(row, column);
    let line = |column: Column| columns.line(row, column);
    let account = account_code(line(Column::Account), unshielded(cell(Column::Account)))?;
    let currency = currency(line(Column::Currency), cell(Column::Currency))?;
    let amount = amount(columns, row, currency)?;
    let layer = match cell(Column::Layer) {
        "" => None,
        word => {
            let known = Layer::ALL.into_iter().find(|layer| layer.word() == word);
            let fault = || Fault::new(line(Column::Layer), "layer_unknown", "this is no layer");
            Some(known.ok_or_else(|| fault().expected("settled or pending", word))?)
        }
    };
    let item = Some(unshielded(cell(Column::Item))).filter(|item| !item.is_empty());
    let due_date = match cell(Column::DueDate) {
        "" => None,
        text => Some(day(line(Column::DueDate), text)?),
    };
    let is_given = is_given(line(Column::Layer), kind, layer)?;
    Ok(is_given.then(|| NewPosting { account, amount, item: item.map(str::to_owned), due_date }))
}

fn amount(columns: &Columns, row: &Row, currency: Currency) -> Result<Money, Fault> {
    let read = |column: Column, text: &str| {
        let line = columns.line(row, column);
        let money = Money::parse(text, currency).map_err(|error| Fault::money(line, &error))?;
        match money.minor {
            0 => Err(Fault::new(line, "amount_zero", "an amount is not zero").expected("an amount", text)),
            _ => Ok(money),
        }
    };
    if columns.place(Column::Amount).is_some() {
        return read(Column::Amount, columns.cell(row, Column::Amount));
    }
    let positive = |column: Column, text: &str| {
        let money = read(column, text)?;
        if money.minor > 0 {
            return Ok(money);
        }
        let fault = Fault::new(columns.line(row, column), "amount_negative", "an amount is not negative");
        Err(fault.expected("more than 0, on the other side", text))
    };
    match (columns.cell(row, Column::Debit), columns.cell(row, Column::Credit)) {
        (debit, "") if !debit.is_empty() => positive(Column::Debit, debit),
        ("", credit) if !credit.is_empty() => {
            let money = positive(Column::Credit, credit)?;
            Ok(Money::new(-money.minor, currency))
        }
        (debit, _) => {
            let line = columns.line(row, Column::Debit);
            let actual = if debit.is_empty() { "none" } else { "both" };
            let fault = Fault::new(line, "debit_or_credit", "a posting has exactly one of debit and credit");
            Err(fault.expected("debit or credit", actual))
        }
    }
}
