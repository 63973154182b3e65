//! A proxy in front of the server's socket that loses what has to do with COMMIT: the request, the reply, or the sight
//! of either, together with the connection. Nobody behind it can tell which it was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

const SOCKET: &str = ".s.PGSQL.5432";
const COMMIT: &[u8] = b"COMMIT\0";

/// What becomes of a COMMIT.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fate {
    /// It is done and answered.
    Passed,
    /// It is done, and the connection breaks before the answer.
    ReplyLost,
    /// The connection breaks before it is asked for.
    RequestLost,
    /// It is asked for, and the connection breaks at once.
    SightLost,
}

/// Fates in turn. Their number has no part in common with that of the requests of a block, so that each request meets
/// each fate; five losses in a row are more than a turn is tried again.
const FATES: [Fate; 13] = [
    Fate::Passed,
    Fate::ReplyLost,
    Fate::Passed,
    Fate::RequestLost,
    Fate::Passed,
    Fate::SightLost,
    Fate::Passed,
    Fate::Passed,
    Fate::RequestLost,
    Fate::RequestLost,
    Fate::SightLost,
    Fate::RequestLost,
    Fate::ReplyLost,
];

/// A running proxy; it ends when this is dropped.
pub struct Proxy {
    folder: TempDir,
    met: Met,
    listening: JoinHandle<()>,
}

/// How many COMMITs have met which fate.
type Met = Arc<Mutex<BTreeMap<Fate, usize>>>;

impl Proxy {
    /// Starts one in front of the server with this socket folder.
    pub fn start(server: &Path) -> Proxy {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let met = Met::default();
        let listening = tokio::spawn(listen(listener, server.join(SOCKET), met.clone()));
        Proxy { folder, met, listening }
    }

    /// The folder of its socket.
    pub fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    /// How many COMMITs have met this fate.
    pub fn met(&self, fate: Fate) -> usize {
        self.met.lock().unwrap().get(&fate).copied().unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: UnixListener, server: PathBuf, met: Met) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = UnixStream::connect(&server).await.unwrap();
        tokio::spawn(connection(client, server, met.clone()));
    }
}

/// Passes one connection's messages both ways until either side ends it, or a fate does.
async fn connection(client: UnixStream, server: UnixStream, met: Met) {
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (messages, mut asked) = mpsc::channel(16);
    tokio::spawn(read_messages(from_client, messages));
    let mut replies = vec![0; 65_536];
    loop {
        tokio::select! {
            message = asked.recv() => {
                let Some(message) = message else { return };
                let fate = fate_of(&message, &met);
                if fate == Fate::RequestLost || to_server.write_all(&message).await.is_err() {
                    return;
                }
                if fate == Fate::ReplyLost {
                    let _reply_or_end = from_server.read(&mut replies).await;
                }
                if fate != Fate::Passed {
                    return;
                }
            }
            read = from_server.read(&mut replies) => {
                let bytes = read.unwrap_or_default();
                if bytes == 0 || to_client.write_all(&replies[..bytes]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Messages of PostgreSQL's protocol: the first has a length and no type, the others a type, then a length.
async fn read_messages(mut client: OwnedReadHalf, messages: mpsc::Sender<Vec<u8>>) {
    let mut type_bytes = 0;
    while let Ok(message) = read_message(&mut client, type_bytes).await {
        if messages.send(message).await.is_err() {
            return;
        }
        type_bytes = 1;
    }
}

async fn read_message(client: &mut OwnedReadHalf, type_bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut message = vec![0; type_bytes + 4];
    client.read_exact(&mut message).await?;
    let length = u32::from_be_bytes(message[type_bytes..].try_into().expect("four bytes are a length"));
    message.resize(type_bytes + usize::try_from(length).expect("messages fit in memory"), 0);
    client.read_exact(&mut message[type_bytes + 4..]).await?;
    Ok(message)
}

/// A simple query that is COMMIT gets the next fate; everything else passes.
fn fate_of(message: &[u8], met: &Met) -> Fate {
    if message.first() != Some(&b'Q') || message.get(5..) != Some(COMMIT) {
        return Fate::Passed;
    }
    let mut met = met.lock().unwrap();
    let fate = FATES[met.values().sum::<usize>() % FATES.len()];
    *met.entry(fate).or_default() += 1;
    fate
}
