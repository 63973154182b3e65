//! Rows kept by column until they are written.

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A number of 32 bits.
    Int32,
    /// A number of 64 bits.
    Int64,
    /// Yes or no.
    Bool,
    /// Words.
    Text,
    /// JSON as it was sent.
    Json,
    /// 16 bytes.
    Uuid,
    /// Days from 1970-01-01.
    Date,
    /// Microseconds from 1970-01-01T00:00:00Z.
    Instant,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
}

/// One value on its way into its column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cell<'a> {
    Null,
    Int32(i32),
    Int64(i64),
    Bool(bool),
    Bytes(&'a [u8]),
}

/// The values that are there, and which those are.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) field: Field,
    /// 1 where there is a value: what Parquet calls definition levels.
    pub(super) present: Vec<i16>,
    pub(super) values: Values,
}

/// The values of a column, one behind the other.
#[derive(Debug)]
pub(super) enum Values {
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Bool(Vec<bool>),
    /// All bytes, and where each value ends.
    Bytes(Vec<u8>, Vec<usize>),
}

/// Rows in the making.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) columns: Vec<Column>,
    next: usize,
    count: u64,
}

impl Rows {
    pub(super) fn new(fields: &[Field]) -> Rows {
        let columns = fields.iter().map(|field| Column {
            field: *field,
            present: Vec::new(),
            values: match field.kind {
                Kind::Int32 | Kind::Date => Values::Int32(Vec::new()),
                Kind::Int64 | Kind::Instant => Values::Int64(Vec::new()),
                Kind::Bool => Values::Bool(Vec::new()),
                Kind::Text | Kind::Json | Kind::Uuid => Values::Bytes(Vec::new(), Vec::new()),
            },
        });
        Rows { columns: columns.collect(), next: 0, count: 0 }
    }

    /// The next value of the row.
    pub(super) fn put(&mut self, cell: Cell<'_>) {
        let column = &mut self.columns[self.next];
        self.next += 1;
        column.present.push(i16::from(cell != Cell::Null));
        match (&mut column.values, cell) {
            (_, Cell::Null) => assert!(column.field.nullable, "{} always has a value", column.field.name),
            (Values::Int32(values), Cell::Int32(value)) => values.push(value),
            (Values::Int64(values), Cell::Int64(value)) => values.push(value),
            (Values::Bool(values), Cell::Bool(value)) => values.push(value),
            (Values::Bytes(bytes, ends), Cell::Bytes(value)) => {
                bytes.extend_from_slice(value);
                ends.push(bytes.len());
            }
            (_, cell) => unreachable!("{cell:?} in column {}", column.field.name),
        }
    }

    pub(super) fn end_row(&mut self) {
        assert_eq!(self.next, self.columns.len(), "a row has all columns");
        self.next = 0;
        self.count += 1;
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Takes the rows away and keeps the room.
    pub(super) fn clear(&mut self) {
        self.count = 0;
        for column in &mut self.columns {
            column.present.clear();
            match &mut column.values {
                Values::Int32(values) => values.clear(),
                Values::Int64(values) => values.clear(),
                Values::Bool(values) => values.clear(),
                Values::Bytes(bytes, ends) => {
                    bytes.clear();
                    ends.clear();
                }
            }
        }
    }
}
