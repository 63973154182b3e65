//! `dianfu simulate`: outside systems that are not there, as programs on a socket.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use dianfu_api::simulators::insurer;
use tokio::net::TcpListener;

use super::desk::Desk;
use super::ending::{Answer, No};

/// Play a system that claims are dealt with, for tests and demonstrations
#[derive(Subcommand)]
#[command(after_help = "\
Example:
  dianfu simulate insurer --listen 127.0.0.1:0 --script insurer.json")]
pub enum Simulate {
    Insurer(Insurer),
}

/// Play an insurer until Ctrl-C or SIGTERM
///
/// Prints the base URL on standard output when it listens. The script says with which keys requests are checked and
/// answers are signed, and how each claim is answered. It needs no database, and forgets everything when it ends.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu simulate insurer --script insurer.json
  dianfu simulate insurer --listen 127.0.0.1:0 --script insurer.json
  curl http://127.0.0.1:8090/admin/received      what it has received")]
pub struct Insurer {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// What it does: a file of JSON
    #[arg(long, value_name = "FILE")]
    script: PathBuf,
}

impl Simulate {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Simulate::Insurer(insurer) = self;
        insurer.run(desk).await
    }
}

impl Insurer {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let path = self.script.display();
        let text = std::fs::read_to_string(&self.script).with_context(|| format!("cannot read {path}"))?;
        let script = insurer::script::Script::parse(&text)
            .map_err(|what| No::new(format!("{path} is no script of an insurer: {what}")))?;
        let listener =
            TcpListener::bind(self.listen).await.with_context(|| format!("cannot listen on {}", self.listen))?;
        println!("http://{}", listener.local_addr()?);
        insurer::serve(listener, script, desk.interrupts().happened()).await?;
        Ok(Answer::Yes)
    }
}
