//! The interface over a real socket: each server is one of ours in this process, on a port of its own.

mod access;
mod accounts;
mod allocations;
mod backpressure;
mod bad_input;
mod claim_desks;
mod claim_proposals;
mod claim_worker;
mod claims;
mod control;
mod currencies;
mod detached;
mod document;
mod documents;
mod ended_tokens;
mod entries;
mod event_cursors;
mod events;
mod exchanges;
mod health;
mod insurer_money;
mod insurers;
mod killed;
mod large_remittances;
mod metadata;
mod pages;
mod parallel_run;
mod parameters;
mod people;
mod partner;
mod patients;
mod reading;
mod refusals;
mod refused_templates;
mod remittances;
mod review_tasks;
mod robustness;
mod rules;
mod stream;
mod sweep;
mod templates;
mod unasked;

use std::time::Duration;

use dianfu_api::auth::operator::{self, By};
use dianfu_api::auth::role::HeldBy;
use dianfu_api::auth::{Holder, NewToken, OperatorNo, PartnerKey, Role, create_partner_key, create_token};
use dianfu_api::sealing::Sealing;
use dianfu_api::{Error, Limits, ServeConfig, Server};
use dianfu_ledger::book::BookName;
use dianfu_ledger::clock;
use dianfu_ledger::db::Database;
use dianfu_tests::{TestDatabase, test_database};
use futures_util::stream::unfold;
use reqwest::header::HeaderMap;
use reqwest::{Body, Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A serving process's worth of our program.
pub struct Node {
    base: String,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), Error>>,
}

impl Node {
    async fn start(database: &Database, limits: Limits) -> Node {
        let listen = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(&ServeConfig { listen, limits }, database.clone()).await.unwrap();
        Node::of(server)
    }

    fn of(server: Server) -> Node {
        let base = format!("http://{}", server.address());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async {
            let _dropped_or_told = stopped.await;
        }));
        Node { base, stop, running }
    }

    /// Tells the server to stop; the handle ends when it has.
    pub fn stop(self) -> JoinHandle<Result<(), Error>> {
        self.stop.send(()).unwrap();
        self.running
    }
}

/// A server, and somebody who asks it.
pub struct Api {
    node: Node,
    client: Client,
    token: String,
    database: Database,
    /// Its database, where it has one of its own: dropped with it.
    _test: Option<TestDatabase>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    async fn of(response: Response) -> Reply {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply { status, headers, body }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that it is a problem with this status and code, and answers its first place.
    #[track_caller]
    fn problem(&self, status: u16, code: &str) -> &Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["type"], format!("urn:problem-type:dianfu:{code}"));
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        assert!(self.body["title"].is_string() && self.body["detail"].is_string(), "{self:?}");
        &self.body["errors"][0]
    }
}

impl Api {
    /// A server with the usual limits, asked by an admin.
    async fn start() -> Api {
        Api::start_with(Limits::default()).await
    }

    async fn start_with(limits: Limits) -> Api {
        let test = test_database().await;
        let api = Api::on(test.database(), limits).await;
        Api { _test: Some(test), ..api }
    }

    /// A server on a database that somebody else keeps.
    async fn on(database: &Database, limits: Limits) -> Api {
        let node = Node::start(database, limits).await;
        let token = token(database, "admin", Role::Admin).await;
        Api { node, client: dianfu_tests::http_client(), token, database: database.clone(), _test: None }
    }

    /// The same, sealing with these keys and keeping documents there.
    async fn sealing(database: &Database, sealing: Sealing) -> Api {
        // Their days are long past: nothing moves on by itself.
        let limits = Limits { work_every: Duration::from_hours(365 * 24), ..Limits::default() };
        let config = ServeConfig { listen: "127.0.0.1:0".parse().unwrap(), limits };
        let server = Server::bind(&config, database.clone()).await.unwrap();
        let node = Node::of(server.sealing_with(sealing));
        let token = token(database, "admin", Role::Admin).await;
        Api { node, client: dianfu_tests::http_client(), token, database: database.clone(), _test: None }
    }

    /// The same with the accounts 1002.a, 1102.picc (open items), 2190 and 6001 of the currency CNY.
    async fn with_accounts() -> Api {
        let api = Api::start().await;
        api.open_accounts().await;
        api
    }

    async fn open_accounts(&self) {
        for (code, account_type, open_item) in [
            ("1002.a", "asset", false),
            ("1102.picc", "asset", true),
            ("2190", "liability", false),
            ("6001", "income", false),
        ] {
            let account =
                json!({"code": code, "name": code, "currency": "CNY", "type": account_type, "open_item": open_item});
            assert_eq!(self.post("/v1/accounts", &account).await.status, 201);
        }
    }

    /// A request without credentials.
    fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.node.base))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path).send().await.unwrap()).await
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request(Method::POST, path).json(body).send().await.unwrap()).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request(Method::PATCH, path).json(body).send().await.unwrap()).await
    }

    async fn put(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.request(Method::PUT, path).json(body).send().await.unwrap()).await
    }

    async fn post_text(&self, path: &str, content_type: &str, body: impl Into<Body>) -> Reply {
        let request = self.request(Method::POST, path).header("content-type", content_type).body(body);
        Reply::of(request.send().await.unwrap()).await
    }

    /// Posts an entry that must go through.
    async fn posted(&self, entry: &Value) -> Reply {
        let reply = self.post("/v1/entries", entry).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply
    }
}

pub fn main_book() -> BookName {
    BookName::parse("main").unwrap()
}

/// A token of the person of its name, who is given the role; of the system of its name, where the role is a system's.
pub async fn token(database: &Database, name: &str, role: Role) -> String {
    if role.held_by() == HeldBy::System {
        return token_of(database, name, role, Holder::System).await;
    }
    let person = OperatorNo::parse(name).unwrap();
    employ(database, &person, role).await;
    token_of(database, name, role, Holder::Person(&person)).await
}

/// Another token of a person on record, who is given one more role.
pub async fn another_token(database: &Database, name: &str, role: Role) -> String {
    let person = OperatorNo::parse(name).unwrap();
    grant(database, &person, role).await;
    token_of(database, &format!("{name}-{}", role.word()), role, Holder::Person(&person)).await
}

/// A token of whoever bears it.
async fn token_of(database: &Database, name: &str, role: Role, holder: Holder<'_>) -> String {
    let new = NewToken { name, role, holder, expires_at: None, created_by: "test" };
    create_token(database, &main_book(), &new).await.unwrap()
}

/// Puts a person on record who holds a role.
async fn employ(database: &Database, person: &OperatorNo, role: Role) {
    let mut client = database.connect_service("book_main").await.unwrap();
    let by = By { actor: "person:test", reason: "for the test", request_id: None, now: clock::now() };
    operator::create(&mut client, person, person.as_str(), by).await.unwrap().unwrap();
    grant(database, person, role).await;
}

async fn grant(database: &Database, person: &OperatorNo, role: Role) {
    let mut client = database.connect_service("book_main").await.unwrap();
    let by = By { actor: "person:test", reason: "for the test", request_id: None, now: clock::now() };
    operator::grant(&mut client, person, role, None, by).await.unwrap().unwrap();
}

async fn partner_key(database: &Database, insurer: &str) -> PartnerKey {
    create_partner_key(database, &main_book(), insurer, None, "test").await.unwrap()
}

/// The id of the n-th entry of a test.
fn id(number: u32) -> String {
    format!("0199aa00-0000-7000-8000-{number:012}")
}

/// An entry of two legs in CNY.
fn entry(number: u32, debit: &str, credit: &str, amount: &str) -> Value {
    json!({"id": id(number), "postings": [
        {"account": debit, "debit": amount, "currency": "CNY"},
        {"account": credit, "credit": amount, "currency": "CNY"},
    ]})
}

/// A body that grows as it is sent to, and ends when its sender is dropped.
fn growing_body() -> (UnboundedSender<String>, Body) {
    let (send, sent) = unbounded_channel();
    let pieces = unfold(sent, async |mut sent| sent.recv().await.map(|piece| (Ok::<_, Error>(piece), sent)));
    (send, Body::wrap_stream(pieces))
}
