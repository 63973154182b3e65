//! The program itself, `dianfu serve`, as another process on the same book.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use dianfu_tests::dianfu_bin;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running server, killed when this is dropped.
pub struct Program {
    child: Child,
    /// Where it listens, which changes when it is started again.
    pub address: Arc<Mutex<String>>,
    /// Opens it.
    pub token: String,
}

impl Program {
    /// Starts it, and waits until it listens.
    pub async fn start(url: &str, token: String) -> Program {
        let (child, address) = serve(url).await;
        Program { child, address: Arc::new(Mutex::new(address)), token }
    }

    /// The trial balance of now as it shows it: account, debits and credits.
    pub async fn trial_balance(&self) -> Vec<[String; 3]> {
        let url = format!("http://{}/v1/reports/trial-balance", self.address.lock().unwrap());
        let answer = dianfu_tests::http_client().get(url).bearer_auth(&self.token).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["balanced"], true, "{body}");
        let rows = body["rows"].as_array().unwrap().iter();
        rows.map(|row| ["account", "debits", "credits"].map(|name| row[name].as_str().unwrap().to_owned())).collect()
    }

    /// Kills it.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Starts it once more.
    pub async fn start_again(&mut self, url: &str) {
        let (child, address) = serve(url).await;
        self.child = child;
        *self.address.lock().unwrap() = address;
    }
}

async fn serve(url: &str) -> (Child, String) {
    let mut child = Command::new(dianfu_bin())
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "json"])
        .env("DATABASE_URL", url)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = log.next_line().await.unwrap().expect("it says where it listens");
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(address) = line["fields"]["address"].as_str() {
            break address.to_owned();
        }
    };
    // Read on, so that it can write on.
    tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
    (child, address)
}
