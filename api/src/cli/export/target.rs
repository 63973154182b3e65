//! Where an export goes: a file, which gets its name last, or standard output.

use std::fs::Permissions;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use dianfu_ledger::export::{Exported, Progress};
use tempfile::Builder;

use crate::cli::ending::note;
use crate::cli::print::stdout;
use crate::cli::progress;

/// Where an export goes.
#[derive(Args)]
pub struct Target {
    /// The file to write, only when it is whole; standard output if left out or `-`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Target {
    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| path.as_os_str() != "-")
    }

    /// Whether a person would read it as it comes.
    pub fn is_a_terminal(&self) -> bool {
        self.file().is_none() && io::stdout().is_terminal()
    }

    /// Writes what `export` writes, and says on standard error what that is.
    pub async fn write(
        &self,
        export: impl AsyncFnOnce(&mut Box<dyn Write + Send + '_>, &mut dyn FnMut(Progress)) -> anyhow::Result<Exported>,
    ) -> anyhow::Result<Exported> {
        let bar = progress::bar(0, "entries");
        let mut advance = |progress: Progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        };
        let exported = match self.file() {
            None => {
                let mut out: Box<dyn Write + Send> = Box::new(stdout());
                export(&mut out, &mut advance).await?
            }
            Some(path) => {
                let exported = whole_file(path, async |out| export(out, &mut advance).await).await?;
                let Exported { entries, known_at, last_sequence } = exported;
                bar.finish_and_clear();
                let place = path.display();
                note(&format!("{entries} entries up to {last_sequence}, known at {known_at}, are in {place}"));
                exported
            }
        };
        bar.finish_and_clear();
        Ok(exported)
    }
}

/// Who may read the file, less what the user's mask takes away: as for any file that a program makes.
const MODE: u32 = 0o666;

/// A file that breaks off would look like a whole one: it gets its name last, when its bytes are on the disk, and is
/// gone if it does not come to that, also when a signal ends us.
pub async fn whole_file<T>(
    path: &Path,
    write: impl AsyncFnOnce(&mut Box<dyn Write + Send + '_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let cannot_write = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = Builder::new().permissions(Permissions::from_mode(MODE)).tempfile_in(folder);
    let unfinished = unfinished.with_context(cannot_write)?;
    let file = unfinished.as_file().try_clone().with_context(cannot_write)?;
    let mut out: Box<dyn Write + Send> = Box::new(BufWriter::with_capacity(1 << 18, file));
    let written = write(&mut out).await?;
    out.flush().with_context(cannot_write)?;
    unfinished.as_file().sync_all().with_context(cannot_write)?;
    unfinished.persist(path).with_context(cannot_write)?;
    Ok(written)
}
