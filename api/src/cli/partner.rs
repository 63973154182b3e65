//! `dianfu partner`: the signing keys of insurers.

use clap::{Args, Subcommand};
use dianfu_api::auth::{PartnerKey, create_partner_key, revoke_partner_key};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use serde::Serialize;

use super::arguments::{instant, party};
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::Output;

/// Let insurers in
#[derive(Subcommand)]
#[command(after_help = "\
Example:
  dianfu partner key create picc")]
pub enum Partner {
    /// Make and revoke the keys with which insurers sign
    #[command(
        subcommand,
        after_help = "\
Examples:
  dianfu partner key create picc
  dianfu partner key revoke KEY_ID"
    )]
    Key(Key),
}

#[derive(Subcommand)]
pub enum Key {
    Create(Create),
    /// End a key, at once
    #[command(after_help = "\
Example:
  dianfu partner key revoke pk_3q2-7wAAAAAAAAAAAAAAAA")]
    Revoke {
        /// The key's id
        #[arg(allow_hyphen_values = true)]
        key_id: String,
    },
}

/// Make a key with which an insurer signs what it hands in
///
/// The secret is shown once. Keys that the insurer has stay good: revoke the old one when the new one is in use.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu partner key create picc
  dianfu partner key create picc --expires-at 2027-01-01T00:00:00Z --format json")]
pub struct Create {
    /// The insurer, as in the accounts `1102.picc`
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// When the key ends by itself; never if left out
    #[arg(long, value_name = "TIME", value_parser = instant)]
    expires_at: Option<Timestamp>,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct KeyBody {
    app_id: String,
    key_id: String,
    secret: String,
    expires_at: Option<Timestamp>,
}

impl Partner {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Partner::Key(key) = self;
        match key {
            Key::Create(create) => create.run(desk).await,
            Key::Revoke { key_id } => revoke(desk, key_id).await,
        }
    }
}

impl Create {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (database, insurer, expires_at) = (desk.database().await?, self.insurer.as_str(), self.expires_at);
        let key = create_partner_key(database, desk.book(), insurer, expires_at, &Desk::actor()).await?;
        let PartnerKey { app_id, key_id, secret } = key;
        let fields = &["app_id", "key_id", "secret", "expires_at"];
        self.output.print_one(&KeyBody { app_id, key_id, secret, expires_at }, fields)?;
        Ok(Answer::Yes)
    }
}

async fn revoke(desk: &Desk, key_id: &str) -> anyhow::Result<Answer> {
    if revoke_partner_key(desk.database().await?, desk.book(), key_id).await? {
        note("the key has ended");
        return Ok(Answer::Yes);
    }
    Err(No::new(format!("there is no live key {key_id} in book '{}'", desk.book())).into())
}
