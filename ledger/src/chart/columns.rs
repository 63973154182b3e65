//! The header: which column stands where, and which further ones are metadata.
//!
//! Names are exact. One that is nearly the name of a column is refused: a limit under a misspelt name would else be
//! metadata, and no limit. Costs one comparison a name and column.

use std::collections::BTreeMap;

use super::fault::{ChartFault, FaultKind, quoted};
use super::sheet::Row;

/// A column that a chart knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// The account code.
    Account,
    /// The type of the account.
    Type,
    /// `D` or `C`; by default that of the type.
    NormalSide,
    /// The currency.
    Currency,
    /// `true` or `false`; by default false.
    OpenItem,
    /// The account that it is rolled up to.
    Parent,
    /// The lower limit.
    Minimum,
    /// The upper limit.
    Maximum,
    /// The name.
    Name,
}

impl Column {
    /// Every one, in the order in which a chart is written.
    pub const ALL: [Column; 9] = [
        Column::Account,
        Column::Type,
        Column::NormalSide,
        Column::Currency,
        Column::OpenItem,
        Column::Parent,
        Column::Minimum,
        Column::Maximum,
        Column::Name,
    ];

    /// Its name in the header.
    pub fn word(self) -> &'static str {
        match self {
            Column::Account => "account",
            Column::Type => "type",
            Column::NormalSide => "normal_side",
            Column::Currency => "currency",
            Column::OpenItem => "open_item",
            Column::Parent => "parent",
            Column::Minimum => "minimum",
            Column::Maximum => "maximum",
            Column::Name => "name",
        }
    }

    /// Whether a chart has to have it.
    pub fn is_required(self) -> bool {
        matches!(self, Column::Account | Column::Type | Column::Currency | Column::Name)
    }

    /// The column that has this name.
    pub(super) fn from_word(word: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|known| known.word() == word)
    }

    /// The column that was probably meant by a name that is none.
    pub(super) fn meant_by(word: &str) -> Option<Column> {
        let plain = word.trim().to_ascii_lowercase().replace([' ', '-'], "_");
        match plain.as_str() {
            "code" => Some(Column::Account),
            "side" => Some(Column::NormalSide),
            "min" => Some(Column::Minimum),
            "max" => Some(Column::Maximum),
            // A required column under a wrong name is missing, which is told.
            plain => Column::ALL.into_iter().find(|known| {
                plain == known.word() || (!known.is_required() && is_one_slip_off(plain.as_bytes(), known.word()))
            }),
        }
    }
}

/// Whether one letter is missing, too many or another, or two neighbours are swapped.
fn is_one_slip_off(given: &[u8], known: &str) -> bool {
    let known = known.as_bytes();
    let prefix = given.iter().zip(known).take_while(|(a, b)| a == b).count();
    let (given, known) = (&given[prefix..], &known[prefix..]);
    let suffix = given.iter().rev().zip(known.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&given[..given.len() - suffix], &known[..known.len() - suffix]) {
        ([a, b], [c, d]) => (a, b) == (d, c),
        (given, known) => given.len() <= 1 && known.len() <= 1,
    }
}

/// The columns of a file.
#[derive(Debug, Default)]
pub(super) struct Columns {
    names: Vec<String>,
    known: [Option<usize>; Column::ALL.len()],
    further: Vec<usize>,
}

impl Columns {
    /// Reads the header.
    pub(super) fn read(header: &Row, faults: &mut Vec<ChartFault>) -> Columns {
        let mut columns = Columns { names: header.cells().map(str::to_owned).collect(), ..Columns::default() };
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, name) in header.cells().enumerate() {
            let mut fault = |kind, expected: &str, actual: String| {
                faults.push(ChartFault::new(kind, header.line_of(index), Some(name), expected, actual));
            };
            if let Some(first) = places.get(name).filter(|_| !name.is_empty()) {
                let actual = format!("{} as column {} and as column {}", quoted(name), first + 1, index + 1);
                fault(FaultKind::ColumnTwice, "each column once", actual);
                continue;
            }
            places.insert(name, index);
            match (Column::from_word(name), Column::meant_by(name)) {
                (Some(column), _) => columns.known[column as usize] = Some(index),
                (None, Some(meant)) => fault(FaultKind::ColumnUnknown, meant.word(), quoted(name)),
                (None, None) if name.is_empty() => {
                    let actual = format!("none over column {}", index + 1);
                    faults.push(ChartFault::new(FaultKind::ColumnUnnamed, header.line, None, "a name", actual));
                }
                (None, None) if name.contains('\0') => {
                    fault(FaultKind::TextHasNul, "text without NUL characters", quoted(name));
                }
                (None, None) => columns.further.push(index),
            }
        }
        for column in Column::ALL.into_iter().filter(|column| column.is_required()) {
            if columns.place(column).is_none() {
                let there = quoted(&columns.names.join(","));
                let word = column.word();
                let expected = format!("a column {word}");
                faults.push(ChartFault::new(FaultKind::ColumnMissing, header.line, Some(word), expected, there));
            }
        }
        columns
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Where a column stands.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.known[column as usize]
    }

    /// What a place is called.
    pub(super) fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    /// The places of the metadata.
    pub(super) fn further(&self) -> &[usize] {
        &self.further
    }
}
