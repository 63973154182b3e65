//! The folder: locked while it is written, never with half a file under a file's name.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::manifest::{Manifest, SCHEMA_VERSION};
use super::{LakeError, LakeOptions, PART_ENTRIES};

const MANIFEST: &str = "manifest.json";
/// The end of the name of what is not whole yet.
const UNFINISHED: &str = ".unfinished";

/// A folder that is ours until the last clone goes.
#[derive(Clone)]
pub(super) struct Folder {
    path: PathBuf,
    /// The folder itself, as a file: locked, and flushed after a name has changed.
    handle: Arc<File>,
}

impl Folder {
    /// Makes the folder where it is missing, takes it, and removes what was left half written.
    pub(super) fn open(path: &Path) -> Result<Folder, LakeError> {
        fs::create_dir_all(path)?;
        let handle = File::open(path)?;
        match handle.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LakeError::Locked),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(UNFINISHED) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Folder { path: path.to_owned(), handle: Arc::new(handle) })
    }

    /// The manifest, or that of an empty folder; refused if it is of something else.
    pub(super) fn manifest(&self, book: &str, options: &LakeOptions) -> Result<Manifest, LakeError> {
        let format = options.format.extension();
        let part_entries = options.part_entries.unwrap_or(PART_ENTRIES).max(1);
        let text = match fs::read(self.path.join(MANIFEST)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Manifest::new(book, format, part_entries));
            }
            Err(error) => return Err(error.into()),
        };
        let malformed = |error: serde_json::Error| LakeError::ManifestMalformed(error.to_string());
        let manifest: Manifest = serde_json::from_slice(&text).map_err(malformed)?;
        let asked = options.part_entries.unwrap_or(manifest.part_entries);
        for (what, found, asked) in [
            ("schema version", manifest.schema_version.to_string(), SCHEMA_VERSION.to_string()),
            ("book", manifest.book.clone(), book.to_owned()),
            ("format", manifest.format.clone(), format.to_owned()),
            ("parts of entries", manifest.part_entries.to_string(), asked.to_string()),
        ] {
            if found != asked {
                return Err(LakeError::Differs { what, found, asked });
            }
        }
        Ok(manifest)
    }

    /// Where a file is written before it has its name.
    pub(super) fn unfinished(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}{UNFINISHED}"))
    }

    /// Gives a whole file, which is on the disk, its name.
    pub(super) fn finish(&self, name: &str) -> io::Result<()> {
        fs::rename(self.unfinished(name), self.path.join(name))?;
        self.handle.sync_all()
    }

    /// Puts a manifest in the place of the one before, whole.
    pub(super) fn keep(&self, manifest: &Manifest) -> io::Result<()> {
        let mut file = File::create(self.unfinished(MANIFEST))?;
        serde_json::to_writer_pretty(&mut file, manifest)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        self.finish(MANIFEST)
    }
}
