//! Reports over a real socket: the totals of each against the others, each format read by somebody else's reader, long
//! lists while others post.

mod examples;
mod formats;
mod refusals;
mod streams;
mod tags;
mod totals;

use dianfu_api::auth::Role;
use dianfu_api::{Limits, ServeConfig, Server};
use dianfu_ledger::db::Database;
use reqwest::header::HeaderMap;
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::sync::oneshot;

/// A server on a book, and an auditor who asks it. It stops when it is dropped.
pub struct Served {
    base: String,
    token: String,
    client: Client,
    _stop: oneshot::Sender<()>,
}

/// An answer as it came.
pub struct Answer {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Served {
    pub async fn start(database: &Database) -> Served {
        let config = ServeConfig { listen: "127.0.0.1:0".parse().unwrap(), limits: Limits::default() };
        let server = Server::bind(&config, database.clone()).await.unwrap();
        let base = format!("http://{}", server.address());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.run(async {
            let _dropped = stopped.await;
        }));
        let token = crate::api::token(database, "auditor", Role::Auditor).await;
        Served { base, token, client: dianfu_tests::http_client(), _stop: stop }
    }

    /// Asks, with these headers.
    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn answer(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let response = self.ask(path, headers).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, bytes: response.bytes().await.unwrap().to_vec() }
    }

    /// The JSON of an answer that is there.
    async fn json(&self, path: &str) -> Value {
        let answer = self.answer(path, &[]).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        serde_json::from_slice(&answer.bytes).unwrap()
    }

    /// All rows of a list, page by page.
    async fn pages(&self, path: &str, rows: &str, limit: u16) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        let mark = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.json(&format!("{path}{mark}limit={limit}{cursor}")).await;
            all.extend(page[rows].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// What a field says, as a text.
fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("{field} in {row}"))
}

/// An amount in minor units; the amounts that a test compares are of one currency.
fn minor(row: &Value, field: &str) -> i128 {
    text(row, field).replace('.', "").parse().unwrap()
}

/// The rows in a field.
fn rows<'a>(answer: &'a Value, field: &str) -> &'a Vec<Value> {
    answer[field].as_array().unwrap_or_else(|| panic!("{field} in {answer}"))
}
