//! The header: which column stands where.

use crate::import::Fault;
use crate::import::rows::{Row, check_separator};

/// A column of a file of postings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// The entry's id, or its number in the books that the file comes from.
    Entry,
    /// The effective date.
    Date,
    /// What the entry does; a posting if left out.
    Kind,
    /// The account's code.
    Account,
    /// What is debited.
    Debit,
    /// What is credited.
    Credit,
    /// Debit positive, credit negative, in place of the two.
    Amount,
    /// The currency.
    Currency,
    /// The open item.
    Item,
    /// When the item is due.
    DueDate,
    /// `settled` or `pending`; by default what the kind of the entry calls for.
    Layer,
    /// The business document.
    Reference,
    /// A sentence.
    Description,
    /// Who asked for it.
    Actor,
    /// JSON.
    Metadata,
    /// Whether it adjusts a closed period.
    Adjusting,
    /// The entry from which it takes: its id or number.
    RelatesTo,
    /// The group of holds.
    HoldGroup,
    /// When a hold ends by itself.
    ExpiresAt,
}

impl Column {
    /// Every one, in the order in which they are written.
    pub const ALL: [Column; 19] = [
        Column::Entry,
        Column::Date,
        Column::Kind,
        Column::Account,
        Column::Debit,
        Column::Credit,
        Column::Amount,
        Column::Currency,
        Column::Item,
        Column::DueDate,
        Column::Layer,
        Column::Reference,
        Column::Description,
        Column::Actor,
        Column::Metadata,
        Column::Adjusting,
        Column::RelatesTo,
        Column::HoldGroup,
        Column::ExpiresAt,
    ];

    /// Its name in the header.
    pub fn word(self) -> &'static str {
        match self {
            Column::Entry => "entry",
            Column::Date => "date",
            Column::Kind => "kind",
            Column::Account => "account",
            Column::Debit => "debit",
            Column::Credit => "credit",
            Column::Amount => "amount",
            Column::Currency => "currency",
            Column::Item => "item",
            Column::DueDate => "due_date",
            Column::Layer => "layer",
            Column::Reference => "reference",
            Column::Description => "description",
            Column::Actor => "actor",
            Column::Metadata => "metadata",
            Column::Adjusting => "adjusting",
            Column::RelatesTo => "relates_to",
            Column::HoldGroup => "hold_group",
            Column::ExpiresAt => "expires_at",
        }
    }

    /// Whether it is about the entry and not about one of its postings.
    fn is_heading(self) -> bool {
        match self {
            Column::Entry
            | Column::Account
            | Column::Debit
            | Column::Credit
            | Column::Amount
            | Column::Currency
            | Column::Item
            | Column::DueDate
            | Column::Layer => false,
            Column::Date
            | Column::Kind
            | Column::Reference
            | Column::Description
            | Column::Actor
            | Column::Metadata
            | Column::Adjusting
            | Column::RelatesTo
            | Column::HoldGroup
            | Column::ExpiresAt => true,
        }
    }
}

/// The columns of a file.
#[derive(Default)]
pub(super) struct Columns {
    named: Vec<Column>,
    places: [Option<usize>; Column::ALL.len()],
}

impl Columns {
    /// Reads the header, or says all that is wrong with it.
    pub(super) fn read(header: &Row) -> Result<Columns, Vec<Fault>> {
        check_separator(header).map_err(|fault| vec![fault])?;
        let (mut columns, mut faults) = (Columns::default(), Vec::new());
        let known = || Column::ALL.map(Column::word).join(", ");
        for place in 0..header.len() {
            let (name, line) = (header.cell(place), header.line_of(place));
            match Column::ALL.into_iter().find(|column| column.word() == name) {
                None => {
                    let fault = Fault::new(line, "column_unknown", format!("column {} is not known", place + 1));
                    faults.push(fault.expected(format!("one of {}", known()), name));
                }
                Some(column) if columns.place(column).is_some() => {
                    let fault = Fault::new(line, "column_twice", format!("two columns are called {name}"));
                    faults.push(fault.expected("each column once", name));
                }
                Some(column) => {
                    columns.places[column as usize] = Some(place);
                    columns.named.push(column);
                }
            }
        }
        let mut required = |is_there: bool, expected: &str| {
            if !is_there {
                let names: Vec<&str> = (0..header.len()).map(|place| header.cell(place)).collect();
                let fault = Fault::new(header.line(), "column_missing", "the header lacks a column");
                faults.push(fault.expected(expected, names.join(",")));
            }
        };
        let has = |column: Column| columns.place(column).is_some();
        for column in [Column::Entry, Column::Date, Column::Account, Column::Currency] {
            required(has(column), column.word());
        }
        let sides = [Column::Debit, Column::Credit].map(has);
        let is_one_way = if has(Column::Amount) { sides == [false, false] } else { sides == [true, true] };
        required(is_one_way, "either amount, or debit and credit");
        if faults.is_empty() { Ok(columns) } else { Err(faults) }
    }

    pub(super) fn len(&self) -> usize {
        self.named.len()
    }

    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }

    pub(super) fn name(&self, place: usize) -> &'static str {
        self.named[place].word()
    }

    /// The cell of a column; empty if the file has no such column.
    pub(super) fn cell<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        self.place(column).map_or("", |place| row.cell(place))
    }

    /// The line of a cell.
    pub(super) fn line(&self, row: &Row, column: Column) -> u64 {
        self.place(column).map_or(row.line(), |place| row.line_of(place))
    }

    /// The places of what is about the entry.
    pub(super) fn heading(&self) -> impl Iterator<Item = usize> {
        self.named.iter().enumerate().filter(|(_, column)| column.is_heading()).map(|(place, _)| place)
    }
}
