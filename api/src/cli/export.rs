//! `dianfu export`: the book for other programs.

use std::fs::Permissions;
use std::io::{BufWriter, IntoInnerError, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use dianfu_ledger::export::{Exported, hledger};
use tempfile::Builder;

use super::arguments::MomentArgs;
use super::desk::Desk;
use super::ending::{Answer, note};
use super::print::stdout;

/// Who may read the file, less what the user's mask takes away: as for any file that a program makes.
const MODE: u32 = 0o666;

/// Write the book for other programs
#[derive(Subcommand)]
#[command(after_help = "\
Example:
  dianfu export hledger -o book.journal")]
pub enum Export {
    Hledger(Hledger),
}

/// Write a plain-text journal that hledger reads
///
/// Every settled entry is one transaction; money that is held is left out, so that `hledger balance` gives the trial
/// balance.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu export hledger -o book.journal && hledger -f book.journal balance
  dianfu export hledger --as-of 2026-05-31 | hledger -f - register 1101")]
pub struct Hledger {
    /// The file to write, only when it is whole; standard output if left out or `-`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    moment: MomentArgs,
}

impl Export {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Export::Hledger(export) = self;
        match export.output.as_deref().filter(|path| path.as_os_str() != "-") {
            Some(path) => export.write_file(desk, path).await?,
            None => {
                export.write(desk, &mut stdout()).await?;
            }
        }
        Ok(Answer::Yes)
    }
}

impl Hledger {
    /// A file that breaks off would look like a whole one: it gets its name last, and is gone if it does not come to
    /// that, also when a signal ends us.
    async fn write_file(&self, desk: &Desk, path: &Path) -> anyhow::Result<()> {
        let cannot_write = || format!("cannot write {}", path.display());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let unfinished = Builder::new().permissions(Permissions::from_mode(MODE)).tempfile_in(folder);
        let mut out = BufWriter::new(unfinished.with_context(cannot_write)?);
        let Exported { entries, known_at } = self.write(desk, &mut out).await?;
        let unfinished = out.into_inner().map_err(IntoInnerError::into_error).with_context(cannot_write)?;
        unfinished.persist(path).with_context(cannot_write)?;
        note(&format!("{entries} entries, known at {known_at}, are in {}", path.display()));
        Ok(())
    }

    async fn write(&self, desk: &Desk, out: &mut impl Write) -> anyhow::Result<Exported> {
        let client = desk.client().await?;
        Ok(hledger(&**client, self.moment.moment(), out).await?)
    }
}
