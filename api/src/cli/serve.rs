//! `dianfu serve`: the HTTP interface.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use dianfu_api::logging::{self, LogFormat};
use dianfu_api::{Limits, ServeConfig, Server};

use super::desk::Desk;
use super::ending::{Answer, No};
use super::keyring::SealingFiles;
use super::proof::ReceiptKeyFile;

/// Serve the HTTP interface until Ctrl-C or SIGTERM
///
/// Brings the tables of every book up to date first. Requests under way are finished before it ends. The page at /docs
/// explains the interface; `dianfu token create` makes the tokens that it asks for.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu serve
  dianfu serve --listen 0.0.0.0:8080 --log json
  dianfu serve --keyring dianfu.keys --documents documents
  curl -H \"Authorization: Bearer TOKEN\" http://127.0.0.1:8080/v1/reports/trial-balance")]
pub struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, env = "DIANFU_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// How log lines on standard error look
    #[arg(long, value_enum, default_value_t)]
    log: Log,
    /// Which log lines are written
    #[arg(long, env = "DIANFU_LOG", value_name = "FILTER", default_value = "info", value_parser = log_filter)]
    log_filter: String,
    #[command(flatten)]
    receipt_key: ReceiptKeyFile,
    #[command(flatten)]
    sealing: SealingFiles,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Log {
    /// For a person
    #[default]
    Text,
    /// One JSON object a line, and nothing else
    Json,
}

impl Serve {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let format = match self.log {
            Log::Text => LogFormat::Text,
            Log::Json => LogFormat::Json,
        };
        if !logging::start(format, &self.log_filter) {
            return Err(No::new("the log was started before").into());
        }
        let config = ServeConfig { listen: self.listen, limits: Limits::default() };
        let (receipt_key, sealing) = (self.receipt_key.read()?, self.sealing.read()?);
        let server = tokio::select! {
            server = bind(desk, &config) => server?,
            () = desk.interrupts().happened() => return Ok(Answer::Interrupted),
        };
        let server = match receipt_key {
            Some(key) => server.signing_receipts(key),
            None => server,
        };
        let server = server.sealing_with(sealing);
        let interrupts = desk.interrupts().clone();
        server.run(async move { interrupts.happened().await }).await?;
        Ok(Answer::Yes)
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    logging::check_filter(text).map(|()| text.to_owned())
}

async fn bind(desk: &Desk, config: &ServeConfig) -> anyhow::Result<Server> {
    Ok(Server::bind(config, desk.database().await?.clone()).await?)
}
