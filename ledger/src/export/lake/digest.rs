//! A file that knows how long it is and what its SHA-256 is.

use std::fs::File;
use std::io::{self, Write};

use sha2::{Digest, Sha256};

/// What is written, counted and hashed on its way.
pub(super) struct Digesting {
    file: File,
    hasher: Sha256,
    bytes: u64,
}

impl Digesting {
    pub(super) fn new(file: File) -> Digesting {
        Digesting { file, hasher: Sha256::new(), bytes: 0 }
    }

    /// Flushes it to the disk; answers its length and its hash in hexadecimal.
    pub(super) fn finish(self) -> io::Result<(u64, String)> {
        self.file.sync_all()?;
        Ok((self.bytes, hex(&self.hasher.finalize())))
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).expect("four bits are a digit");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
