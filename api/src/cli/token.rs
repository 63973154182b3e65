//! `dianfu token`: the tokens with which staff and other systems ask the HTTP interface.

use clap::{Args, Subcommand, ValueEnum};
use dianfu_api::auth::{self, NewToken, create_token, list_tokens, revoke_token};
use jiff::Timestamp;
use serde::Serialize;

use super::arguments::instant;
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};

/// Make, list and revoke the tokens that `dianfu serve` asks for
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu token create lin --role finance
  dianfu token list
  dianfu token revoke lin")]
pub enum Token {
    Create(Create),
    /// List the tokens of the book, without their secrets
    #[command(after_help = "\
Example:
  dianfu token list --format csv")]
    List {
        #[command(flatten)]
        output: Output,
    },
    /// End a token, at once
    #[command(after_help = "\
Example:
  dianfu token revoke lin")]
    Revoke {
        /// The token's name
        name: String,
    },
}

/// Make a token for one person or system, bound to the book and to a role
///
/// The token is shown once: the book keeps a hash of it. What is done with it is on record under its name.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu token create lin --role finance
  dianfu token create nightly-posting --role poster --expires-at 2027-01-01T00:00:00Z")]
pub struct Create {
    /// Who acts with it, for the record
    name: String,
    /// What it may do
    #[arg(long, value_enum)]
    role: Role,
    /// When it ends by itself; never if left out
    #[arg(long, value_name = "TIME", value_parser = instant)]
    expires_at: Option<Timestamp>,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    /// Everything, opening accounts included
    Admin,
    /// Opens and limits accounts, closes periods, posts, reads
    Controller,
    /// Posts entries, hands in remittances, sets rates, reads
    Finance,
    /// Reads everything, writes nothing
    Auditor,
    /// Posts entries, reads nothing
    Poster,
}

impl From<Role> for auth::Role {
    fn from(role: Role) -> auth::Role {
        match role {
            Role::Admin => auth::Role::Admin,
            Role::Controller => auth::Role::Controller,
            Role::Finance => auth::Role::Finance,
            Role::Auditor => auth::Role::Auditor,
            Role::Poster => auth::Role::Poster,
        }
    }
}

#[derive(Serialize)]
struct NewTokenBody<'a> {
    name: &'a str,
    role: &'static str,
    expires_at: Option<Timestamp>,
    token: String,
}

#[derive(Serialize)]
struct TokenBody {
    name: String,
    role: &'static str,
    created_at: Timestamp,
    created_by: String,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct TokensBody {
    tokens: Vec<TokenBody>,
}

const SHEET: Sheet = Sheet {
    above: &[],
    rows: "tokens",
    columns: &[
        Column::Text("name"),
        Column::Text("role"),
        Column::Text("created_at"),
        Column::Text("created_by"),
        Column::Text("expires_at"),
        Column::Text("revoked_at"),
    ],
    totals: None,
    below: &[],
    empty: "There is no token yet: dianfu token create NAME --role ROLE",
};

impl Token {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Token::Create(create) => create.run(desk).await,
            Token::List { output } => list(desk, output).await,
            Token::Revoke { name } => revoke(desk, name).await,
        }
    }
}

impl Create {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (name, role, expires_at) = (self.name.as_str(), auth::Role::from(self.role), self.expires_at);
        let new = NewToken { name, role, expires_at, created_by: &Desk::actor() };
        let token = create_token(desk.database().await?, desk.book(), &new).await?;
        let body = NewTokenBody { name, role: role.word(), expires_at, token };
        self.output.print_one(&body, &["name", "role", "expires_at", "token"])?;
        Ok(Answer::Yes)
    }
}

async fn list(desk: &Desk, output: &Output) -> anyhow::Result<Answer> {
    let known = list_tokens(&desk.client().await?).await?;
    let tokens = known.into_iter().map(|known| TokenBody {
        name: known.name,
        role: known.role.word(),
        created_at: known.created_at,
        created_by: known.created_by,
        expires_at: known.expires_at,
        revoked_at: known.revoked_at,
    });
    output.print(&TokensBody { tokens: tokens.collect() }, &SHEET)?;
    Ok(Answer::Yes)
}

async fn revoke(desk: &Desk, name: &str) -> anyhow::Result<Answer> {
    if revoke_token(desk.database().await?, desk.book(), name).await? {
        note(&format!("the token of {name} has ended"));
        return Ok(Answer::Yes);
    }
    let what = format!("there is no live token of the name '{name}' in book '{}'", desk.book());
    Err(No::new(what).next("`dianfu token list` shows the tokens").into())
}
