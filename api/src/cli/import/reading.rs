//! One pass over a file: a thread reads and parses, batch by batch, while the batch before is worked on.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context;
use dianfu_ledger::import::source::{Identified, Source};
use dianfu_ledger::import::{Format, Numbered, Reader, Record};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::templates::is_template;

/// Records of a batch: one turn's worth.
const BATCH_RECORDS: usize = 8_000;
/// Bytes after which a batch takes no further record.
const BATCH_BYTES: usize = 8 << 20;
/// Batches that are read ahead.
const BATCHES_AHEAD: usize = 2;

/// A file that is being read.
pub struct Pass {
    batches: mpsc::Receiver<io::Result<Vec<Numbered>>>,
    bytes: Arc<AtomicU64>,
    digest: Arc<Mutex<Sha256>>,
    path: String,
}

impl Pass {
    /// Begins at the beginning.
    pub fn over(path: &Path, format: &Format, source: Source) -> anyhow::Result<Pass> {
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
        let (bytes, digest) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Sha256::new())));
        let metered = Metered { file, bytes: bytes.clone(), digest: digest.clone() };
        let (send, batches) = mpsc::channel(BATCHES_AHEAD);
        let reader = Identified::new(Reader::new(format, metered), source);
        thread::spawn(move || read(reader, &send));
        Ok(Pass { batches, bytes, digest, path: name })
    }

    /// The next batch, which is of templates alone or has none; `None` at the end.
    pub async fn next(&mut self) -> anyhow::Result<Option<Vec<Numbered>>> {
        self.batches.recv().await.transpose().with_context(|| format!("cannot read {}", self.path))
    }

    /// How many bytes have been read.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The SHA-256 of the bytes read; of the file, at the end of the pass.
    pub fn digest(&self) -> [u8; 32] {
        self.digest.lock().unwrap_or_else(PoisonError::into_inner).clone().finalize().into()
    }
}

fn read(reader: Identified<Reader<Metered>>, batches: &mpsc::Sender<io::Result<Vec<Numbered>>>) {
    let (mut batch, mut bytes) = (Vec::with_capacity(BATCH_RECORDS), 0);
    for numbered in reader {
        let numbered = match numbered {
            Ok(numbered) => numbered,
            Err(error) => {
                let _nobody_waits = batches.blocking_send(Err(error));
                return;
            }
        };
        // What a version of a template takes the place of is decided on before it.
        let is_other = |last: &Numbered| is_template(last) != is_template(&numbered);
        if batch.last().is_some_and(is_other) {
            bytes = 0;
            let whole = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_RECORDS));
            if batches.blocking_send(Ok(whole)).is_err() {
                return;
            }
        }
        bytes += if let Ok(Record::Entry(entry)) = &numbered.record { entry.size() } else { 0 };
        batch.push(numbered);
        if batch.len() == BATCH_RECORDS || bytes >= BATCH_BYTES {
            bytes = 0;
            let whole = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_RECORDS));
            if batches.blocking_send(Ok(whole)).is_err() {
                return;
            }
        }
    }
    if !batch.is_empty() {
        let _nobody_waits = batches.blocking_send(Ok(batch));
    }
}

/// A file that counts and digests what is read of it.
struct Metered {
    file: File,
    bytes: Arc<AtomicU64>,
    digest: Arc<Mutex<Sha256>>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.bytes.fetch_add(length as u64, Ordering::Relaxed);
        self.digest.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..length]);
        Ok(length)
    }
}
