//! What a session asks of the server, statement by statement, and how many turns that takes the ledger.
//!
//! A statement counts when it is executed, whether it was prepared before or not; preparing it does not. A COPY is one
//! statement, however many rows it brings.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use deadpool_postgres::Client;
use dianfu_ledger::Ledger;
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::TestDatabase;

/// What the socket of a server that listens on the usual port is called.
const SOCKET: &str = ".s.PGSQL.5432";

/// What each session has asked for, in order.
type Sessions = Arc<Mutex<Vec<Vec<String>>>>;

/// The book `main` over a way on which statements are written down, and one session on it.
pub struct Overheard {
    ledger: Ledger,
    client: Client,
    sessions: Sessions,
    marks: u32,
    /// Not over that way.
    counting: tokio_postgres::Client,
    listening: JoinHandle<()>,
    _folder: TempDir,
}

/// What the session has asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The statements that it executed, in order.
    pub statements: Vec<String>,
    /// The turns that the ledger has taken meanwhile, whoever asked for them.
    pub turns: i64,
}

impl Asked {
    /// How many transactions were to count.
    pub fn commits(&self) -> usize {
        self.statements.iter().filter(|statement| *statement == "COMMIT").count()
    }
}

impl Drop for Overheard {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Overheard {
    /// Another way to a test's database.
    pub async fn of(test: &TestDatabase) -> Overheard {
        let cluster = test.database().cluster().expect("test databases are on a private cluster");
        let folder = tempfile::tempdir().expect("make a folder");
        let listener = UnixListener::bind(folder.path().join(SOCKET)).expect("listen in a folder of our own");
        let direct = cluster.socket_folder().display().to_string();
        let url = test.url().replace(&direct, &folder.path().display().to_string());
        let database = Database::at_url(&url).expect("it is a connection string");
        let sessions = Sessions::default();
        let server = cluster.socket_folder().join(SOCKET);
        let listening = tokio::spawn(listen(listener, server, sessions.clone()));
        let book = BookName::parse("main").expect("'main' is a name");
        let counting = test.database().connect_service(&book.schema()).await.expect("connect to the book");
        let ledger = Ledger::open(&database, &book).await.expect("open the book");
        let client = ledger.client().await.expect("a session is free");
        Overheard { ledger, client, sessions, marks: 0, counting, listening, _folder: folder }
    }

    /// Does some work; answers what came of it, and what it has asked for.
    pub async fn during<T>(&mut self, work: impl AsyncFnOnce(&Ledger, &mut Client) -> T) -> (T, Asked) {
        self.marks += 1;
        let mark = format!("SELECT 'from here on {}'", self.marks);
        let before = self.turns().await;
        self.client.batch_execute(&mark).await.expect("a session says where it begins");
        let answer = work(&self.ledger, &mut self.client).await;
        let turns = self.turns().await - before;
        let sessions = self.sessions.lock().expect("nobody panics with it");
        let begun = |session: &Vec<String>| session.iter().position(|statement| *statement == mark);
        let statements = sessions.iter().find_map(|session| Some(session[begun(session)? + 1..].to_vec()));
        (answer, Asked { statements: statements.expect("the session goes over this way"), turns })
    }

    async fn turns(&self) -> i64 {
        self.counting.query_one("SELECT count(*) FROM commit", &[]).await.expect("count the turns").get(0)
    }
}

async fn listen(listener: UnixListener, server: PathBuf, sessions: Sessions) {
    while let Ok((client, _)) = listener.accept().await {
        let (server, sessions) = (server.clone(), sessions.clone());
        // Either side may leave at any time; the other one is told by the end of its stream.
        tokio::spawn(async move { pass_on(client, &server, &sessions).await });
    }
}

async fn pass_on(client: UnixStream, server: &Path, sessions: &Sessions) -> io::Result<()> {
    let server = UnixStream::connect(server).await?;
    let ((mut asked, mut told), (mut answers, mut asking)) = (client.into_split(), server.into_split());
    let number = {
        let mut sessions = sessions.lock().expect("nobody panics with it");
        sessions.push(Vec::new());
        sessions.len() - 1
    };
    tokio::spawn(async move { copy(&mut answers, &mut told).await });
    // The first message has no kind.
    let first = body(&mut asked).await?;
    asking.write_all(&first).await?;
    let mut known = Known::default();
    loop {
        let kind = asked.read_u8().await?;
        let message = body(&mut asked).await?;
        if let Some(statement) = known.executed(kind, &message[4..]) {
            sessions.lock().expect("nobody panics with it")[number].push(statement);
        }
        asking.write_all(&[&[kind], message.as_slice()].concat()).await?;
    }
}

/// A message behind its kind, its length included.
async fn body(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = from.read_u32().await?;
    let mut message = length.to_be_bytes().to_vec();
    message.resize(usize::try_from(length).unwrap_or(usize::MAX).max(4), 0);
    from.read_exact(&mut message[4..]).await?;
    Ok(message)
}

/// What a session has prepared and bound, by name.
#[derive(Default)]
struct Known {
    prepared: HashMap<String, String>,
    bound: HashMap<String, String>,
}

impl Known {
    /// The statement that a message executes, if it does.
    fn executed(&mut self, kind: u8, message: &[u8]) -> Option<String> {
        let mut texts = message.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
        let mut text = || texts.next().unwrap_or_default();
        match kind {
            b'Q' => Some(text()),
            b'P' => {
                let (name, statement) = (text(), text());
                self.prepared.insert(name, statement);
                None
            }
            b'B' => {
                let (portal, name) = (text(), text());
                self.bound.insert(portal, self.prepared.get(&name)?.clone());
                None
            }
            b'E' => self.bound.get(&text()).cloned(),
            _ => None,
        }
    }
}
