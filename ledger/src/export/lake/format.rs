//! The two formats of a part.
//!
//! Parquet: a row group a piece, Snappy, dictionaries where they pay; UUIDs, days and times have their logical types.
//! CSV (RFC 4180, UTF-8): a line of names; a text is always quoted and NULL is nothing at all, so that an empty text
//! can be told from none; a UUID is written with its dashes, a time in UTC.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType};
use parquet::data_type::{Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use uuid::Uuid;

use super::column::{Column, Field, Kind, Rows, Values};
use super::digest::Digesting;
use super::table::{SERVER_EPOCH_DAYS, Table};
use crate::journal::codec::from_postgres_days;

/// How parts are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values.
    Csv,
}

impl Format {
    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Parquet => "parquet",
            Format::Csv => "csv",
        }
    }
}

/// A part in the making.
pub(super) enum PartFile {
    Parquet(Box<SerializedFileWriter<Digesting>>),
    Csv(BufWriter<Digesting>),
}

impl PartFile {
    pub(super) fn create(format: Format, table: &Table, path: &Path) -> io::Result<PartFile> {
        let file = Digesting::new(File::create(path)?);
        match format {
            Format::Parquet => {
                let schema = parse_message_type(&schema(table)).expect("our tables have a schema");
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .set_created_by("dianfu".to_owned())
                    .build();
                let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties));
                Ok(PartFile::Parquet(Box::new(writer.map_err(io_error)?)))
            }
            Format::Csv => {
                let mut out = BufWriter::with_capacity(1 << 18, file);
                let names: Vec<&str> = table.fields.iter().map(|field| field.name).collect();
                writeln!(out, "{}", names.join(","))?;
                Ok(PartFile::Csv(out))
            }
        }
    }

    /// Adds rows.
    pub(super) fn write(&mut self, rows: &Rows) -> io::Result<()> {
        match self {
            PartFile::Parquet(writer) => write_row_group(writer, rows).map_err(io_error),
            PartFile::Csv(out) => write_lines(out, rows),
        }
    }

    /// Ends the file, on the disk; answers its length and its hash.
    pub(super) fn finish(self) -> io::Result<(u64, String)> {
        let file = match self {
            PartFile::Parquet(writer) => writer.into_inner().map_err(io_error)?,
            PartFile::Csv(out) => out.into_inner().map_err(io::IntoInnerError::into_error)?,
        };
        file.finish()
    }
}

fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(cause) => io::Error::other(cause),
        error => io::Error::other(error),
    }
}

/// The table in Parquet's own words.
fn schema(table: &Table) -> String {
    let column = |field: &Field| {
        let repetition = if field.nullable { "OPTIONAL" } else { "REQUIRED" };
        let (physical, logical) = match field.kind {
            Kind::Int32 => ("INT32", ""),
            Kind::Int64 => ("INT64", ""),
            Kind::Bool => ("BOOLEAN", ""),
            Kind::Text => ("BYTE_ARRAY", " (STRING)"),
            Kind::Json => ("BYTE_ARRAY", " (JSON)"),
            Kind::Uuid => ("FIXED_LEN_BYTE_ARRAY (16)", " (UUID)"),
            Kind::Date => ("INT32", " (DATE)"),
            Kind::Instant => ("INT64", " (TIMESTAMP(MICROS,true))"),
        };
        format!("{repetition} {physical} {}{logical};", field.name)
    };
    let columns: Vec<String> = table.fields.iter().map(column).collect();
    format!("message {} {{ {} }}", table.name, columns.join(" "))
}

fn write_row_group(writer: &mut SerializedFileWriter<Digesting>, rows: &Rows) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for Column { field, present, values } in &rows.columns {
        let mut column = group.next_column()?.expect("the schema has this column");
        let levels = field.nullable.then_some(present.as_slice());
        match values {
            Values::Int32(values) => column.typed::<Int32Type>().write_batch(values, levels, None)?,
            Values::Int64(values) => column.typed::<Int64Type>().write_batch(values, levels, None)?,
            Values::Bool(values) => column.typed::<BoolType>().write_batch(values, levels, None)?,
            Values::Bytes(bytes, ends) => {
                let all = Bytes::copy_from_slice(bytes);
                let values = ranges(ends).map(|(start, end)| ByteArray::from(all.slice(start..end)));
                if field.kind == Kind::Uuid {
                    let values: Vec<FixedLenByteArray> = values.map(FixedLenByteArray::from).collect();
                    column.typed::<FixedLenByteArrayType>().write_batch(&values, levels, None)?
                } else {
                    let values: Vec<ByteArray> = values.collect();
                    column.typed::<ByteArrayType>().write_batch(&values, levels, None)?
                }
            }
        };
        column.close()?;
    }
    group.close()?;
    Ok(())
}

/// Where each value begins and ends.
fn ranges(ends: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends.iter().copied())
}

fn write_lines(out: &mut impl Write, rows: &Rows) -> io::Result<()> {
    let mut next = vec![0; rows.columns.len()];
    for row in 0..usize::try_from(rows.count()).expect("rows in memory are few") {
        for (at, column) in rows.columns.iter().enumerate() {
            if at > 0 {
                out.write_all(b",")?;
            }
            if column.present[row] == 1 {
                write_value(out, column, next[at])?;
                next[at] += 1;
            }
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_value(out: &mut impl Write, column: &Column, at: usize) -> io::Result<()> {
    match (&column.values, column.field.kind) {
        (Values::Int32(values), Kind::Date) => {
            let day = from_postgres_days(values[at] - SERVER_EPOCH_DAYS).ok_or_else(out_of_range)?;
            write!(out, "{day}")
        }
        (Values::Int64(values), Kind::Instant) => {
            let time = Timestamp::from_microsecond(values[at]).map_err(|_| out_of_range())?;
            write!(out, "{time}")
        }
        (Values::Int32(values), _) => write!(out, "{}", values[at]),
        (Values::Int64(values), _) => write!(out, "{}", values[at]),
        (Values::Bool(values), _) => write!(out, "{}", values[at]),
        (Values::Bytes(bytes, ends), kind) => {
            let value = &bytes[at.checked_sub(1).map_or(0, |before| ends[before])..ends[at]];
            match (kind, value.try_into()) {
                (Kind::Uuid, Ok(id)) => write!(out, "{}", Uuid::from_bytes(id)),
                _ => write_text(out, value),
            }
        }
    }
}

fn out_of_range() -> io::Error {
    io::Error::other("the book holds a time that this program never wrote")
}

/// A text in quotes, its own quotes doubled.
fn write_text(out: &mut impl Write, text: &[u8]) -> io::Result<()> {
    out.write_all(b"\"")?;
    for (number, piece) in text.split(|byte| *byte == b'"').enumerate() {
        if number > 0 {
            out.write_all(b"\"\"")?;
        }
        out.write_all(piece)?;
    }
    out.write_all(b"\"")
}
