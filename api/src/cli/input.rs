//! Files, and `-` for standard input, as pieces of bytes.
//!
//! A thread of its own reads them: a read that waits for a person at a terminal holds up neither Ctrl-C nor the end.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use super::ending::No;

const PIECE_BYTES: usize = 1 << 16;
/// The longest remittance file that a command reads, in bytes: more than a request may bring.
pub const REMITTANCE_BYTES_MAX: usize = 64 << 20;
/// Pieces that are read ahead.
const PIECES_AHEAD: usize = 16;

/// An input that is being read.
pub struct Input {
    path: PathBuf,
    pieces: mpsc::Receiver<io::Result<Bytes>>,
}

impl Input {
    /// Opens a file; `-` is standard input.
    pub fn open(path: &Path) -> anyhow::Result<Input> {
        let (pieces, read) = mpsc::channel(PIECES_AHEAD);
        if path.as_os_str() == "-" {
            thread::spawn(move || pump(&mut io::stdin().lock(), &pieces));
        } else {
            let mut file = File::open(path).with_context(|| cannot_read(path))?;
            thread::spawn(move || pump(&mut file, &pieces));
        }
        Ok(Input { path: path.to_owned(), pieces: read })
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> anyhow::Result<Option<Bytes>> {
        self.pieces.recv().await.transpose().with_context(|| cannot_read(&self.path))
    }

    /// Whether nothing more is there at this moment.
    pub fn is_idle(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Everything that is left, behind `head`; a no if it is more than `limit` bytes.
    pub async fn rest(&mut self, head: BytesMut, limit: usize) -> anyhow::Result<Bytes> {
        let mut whole = head;
        while let Some(piece) = self.next().await? {
            if whole.len() + piece.len() > limit {
                return Err(No::new(format!("{} has more than {limit} bytes", name(&self.path))).into());
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

/// All bytes of a file; `-` is standard input.
pub async fn whole(path: &Path, limit: usize) -> anyhow::Result<Bytes> {
    Input::open(path)?.rest(BytesMut::new(), limit).await
}

/// What to call an input.
pub fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", name(path))
}

fn pump(source: &mut impl Read, pieces: &mpsc::Sender<io::Result<Bytes>>) {
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        let piece = match source.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => Ok(Bytes::copy_from_slice(&buffer[..length])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = piece.is_err();
        if pieces.blocking_send(piece).is_err() || failed {
            return;
        }
    }
}
