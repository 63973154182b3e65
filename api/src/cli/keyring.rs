//! `dianfu keyring`: the keys that seal records of patients and documents, and where a server finds them.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use dianfu_api::sealing::Sealing;
use dianfu_claims::documents::{DocumentStore, StoreSettings};
use dianfu_claims::vault::Keyring;
use dianfu_ledger::id;
use zeroize::Zeroizing;

use super::ending::{Answer, No, note};

/// Make the keys that seal records of patients and documents
///
/// Keep a copy where the books are not: what is sealed cannot be read without them. A key that is there is never
/// written over.
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu keyring -o dianfu.keys && dianfu serve --keyring dianfu.keys --documents documents")]
pub struct NewKeyring {
    /// The file to make; only its owner can read it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl NewKeyring {
    pub fn run(&self) -> anyhow::Result<Answer> {
        let text = Keyring::text_of(&Zeroizing::new(id::random_bytes()));
        let cannot_make = || format!("cannot make {}", self.output.display());
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&self.output).with_context(cannot_make)?;
        writeln!(file, "{}", *text).and_then(|()| file.sync_all()).with_context(cannot_make)?;
        note(&format!("the keys are in {}", self.output.display()));
        Ok(Answer::Yes)
    }
}

/// Where a server finds its keys, and keeps documents.
#[derive(Args)]
pub struct SealingFiles {
    /// The file with the keys that seal records of patients and documents, as `dianfu keyring` makes it
    #[arg(long, env = "DIANFU_KEYRING", value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// The folder that keeps sealed documents; it is made if it is not there
    #[arg(long, env = "DIANFU_DOCUMENTS", value_name = "DIR")]
    documents: Option<PathBuf>,
}

impl SealingFiles {
    /// The keys and the store, as far as they are named.
    pub fn read(&self) -> anyhow::Result<Sealing> {
        let named = |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
        let mut sealing = Sealing::default();
        if let Some(path) = named(&self.keyring) {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let text = Zeroizing::new(text);
            let wanted = "make one with `dianfu keyring -o FILE`";
            let malformed = |fault| No::new(format!("{} is no keyring: {fault}", path.display())).next(wanted);
            sealing.keyring = Some(Keyring::parse(&text).map_err(malformed)?);
        }
        if let Some(path) = named(&self.documents) {
            sealing.documents = Some(DocumentStore::open(StoreSettings::Folder(path))?);
        }
        Ok(sealing)
    }
}
