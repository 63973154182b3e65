//! The whole book at once: verified here, exported and imported by the real program, whose memory is watched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use dianfu_ledger::verify::{Asked, verify};
use dianfu_tests::dianfu_bin;

use crate::measure::{self, per_second};

use super::figure::Figure;

/// How often the memory of a running program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Verifies the book; also answers whether it is as it should be.
pub async fn verified(database: &Database, name: &BookName, entries: usize) -> anyhow::Result<(Figure, bool)> {
    measure::forget_peak_memory();
    let started = Instant::now();
    let report = verify(database, name, Asked::default(), |_| {}).await?;
    let rate = per_second(entries, started.elapsed());
    if let Some(finding) = &report.finding {
        eprintln!("{name}: {finding}");
    }
    let verified = report.finding.is_none() && report.entries == i64::try_from(entries)?;
    Ok((Figure::of_rate("verify", rate, 1_000_000.0, measure::peak_memory_mb()?), verified))
}

/// The real program on the server that is measured.
pub struct Program {
    file: PathBuf,
    url: String,
}

impl Program {
    /// The program, built if need be, for the server at a URL.
    pub fn at(url: String) -> Program {
        Program { file: dianfu_bin(), url }
    }

    /// Runs it to its end; answers the peak of its memory in MiB.
    fn run(&self, arguments: &[&str]) -> anyhow::Result<u32> {
        let mut program = Command::new(&self.file);
        program.args(arguments).env("DATABASE_URL", &self.url).stdout(Stdio::null());
        let mut running = program.spawn().context("start dianfu")?;
        let mut peak_mb = 0;
        loop {
            peak_mb = peak_mb.max(measure::peak_memory_mb_of(running.id()).unwrap_or(0));
            if let Some(status) = running.try_wait()? {
                ensure!(status.success(), "dianfu {} ended with {status}", arguments.join(" "));
                return Ok(peak_mb);
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Exports the complete book.
    pub fn exported(&self, name: &BookName, entries: usize, file: &Path) -> anyhow::Result<Figure> {
        let file = file.to_str().context("a folder's name is text")?;
        let started = Instant::now();
        let peak_mb = self.run(&["export", "ndjson", "--book", name.as_str(), "-o", file])?;
        Ok(Figure::of_rate("export, complete book", per_second(entries, started.elapsed()), 500_000.0, peak_mb))
    }

    /// Imports what was exported into a book of its own.
    pub fn imported(&self, entries: usize, file: &Path) -> anyhow::Result<Figure> {
        let file = file.to_str().context("a folder's name is text")?;
        let copy = format!("bench_copy_{}", std::process::id());
        self.run(&["book", "create", &copy])?;
        let started = Instant::now();
        let peak_mb = self.run(&["import", "ndjson", file, "--book", &copy])?;
        Ok(Figure::of_rate("import of history", per_second(entries, started.elapsed()), 150_000.0, peak_mb))
    }
}
