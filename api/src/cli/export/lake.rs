//! `dianfu export parquet`: the journal for a warehouse, in parts.

use std::path::PathBuf;

use clap::{Args, ValueEnum, value_parser};
use dianfu_ledger::export::Progress;
use dianfu_ledger::export::lake::{Format, LakeError, LakeOptions, lake};

use crate::cli::desk::Desk;
use crate::cli::ending::{No, note};
use crate::cli::progress;

/// Write the journal for a warehouse: a folder of Parquet or CSV files, which grows by running again
///
/// Entries, postings with the codes of their accounts, and accounts, in parts; manifest.json lists those that are
/// whole, with their rows, ranges of sequences and SHA-256, and the columns. Running again goes on after the last whole
/// part, also when this was killed. An amount is `amount_minor`, an integer, beside its currency and the number of its
/// decimals; a debit is positive.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu export parquet -o lake
  duckdb -c \"SELECT account, sum(amount_minor) FROM 'lake/postings-*.parquet' GROUP BY ALL\"
  dianfu export parquet -o parts --as csv --until 100000")]
pub struct Lake {
    /// The folder; made where it is missing
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// The format of the parts
    #[arg(long = "as", value_enum, default_value_t)]
    format: As,
    /// Entries a part, 1048576 if left out; a folder keeps to what it was begun with
    #[arg(long, value_name = "ENTRIES", value_parser = value_parser!(i64).range(1..=100_000_000))]
    part_entries: Option<i64>,
    /// Only entries up to this one
    #[arg(long, value_name = "SEQUENCE")]
    until: Option<i64>,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum As {
    /// Apache Parquet
    #[default]
    Parquet,
    /// CSV: texts in quotes, nothing for NULL
    Csv,
}

impl Lake {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<()> {
        let format = match self.format {
            As::Parquet => Format::Parquet,
            As::Csv => Format::Csv,
        };
        let options = LakeOptions { format, part_entries: self.part_entries, until: self.until };
        let bar = progress::bar(0, "entries");
        let advance = |progress: Progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        };
        let written = lake(desk.ledger().await?, &self.output, &options, advance).await;
        bar.finish_and_clear();
        let manifest = written.map_err(no)?;
        let (last, parts, place) = (manifest.last_sequence, manifest.parts.len(), self.output.display());
        note(&format!("entries up to {last} are in {place}, in {parts} parts"));
        Ok(())
    }
}

fn no(error: LakeError) -> anyhow::Error {
    let said = error.to_string();
    match error {
        LakeError::Export(error) => error.into(),
        LakeError::Locked
        | LakeError::ManifestMalformed(_)
        | LakeError::Differs { .. }
        | LakeError::OtherBook { .. } => No::new(said).into(),
    }
}
