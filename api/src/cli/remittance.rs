//! `dianfu remittance`: what insurers announce to have paid.

pub mod check;
mod import;
mod show;

use clap::Subcommand;

use super::desk::Desk;
use super::ending::Answer;

/// Check, take in and show remittances: files in which insurers tell what they paid for which claims
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu remittance check FILE
  dianfu remittance import FILE --insurer picc
  dianfu remittance list")]
pub enum Remittance {
    Check(check::Check),
    Import(import::Import),
    List(show::List),
    Show(show::Show),
}

impl Remittance {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Remittance::Check(check) => check.run().await,
            Remittance::Import(import) => import.run(desk).await,
            Remittance::List(list) => list.run(desk).await,
            Remittance::Show(show) => show.run(desk).await,
        }
    }
}
