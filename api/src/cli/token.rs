//! `dianfu token`: the tokens with which people, parties and other systems ask the HTTP interface.

use clap::{Args, Subcommand, ValueEnum};
use dianfu_api::auth::role::HeldBy;
use dianfu_api::auth::{self, Holder, NewToken, OperatorNo, create_token, list_tokens, revoke_token};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use serde::Serialize;

use super::arguments::{instant, party, person};
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};

/// Make, list and revoke the tokens that `dianfu serve` asks for
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu operator create lin --name 'Lin Yue' --role finance
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

/// Make a token for a person, a party or a system, bound to the book and to a role
///
/// The token is shown once: the book keeps a hash of it. What is done with it is on record under who bears it: a person
/// of the platform who holds the role (`dianfu operator`), an insurer, a pharmacy or a patient, or a system of the
/// token's name. The token is good while that is so.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu token create lin --role finance
  dianfu token create lin-reviews --role reviewer --person lin
  dianfu token create picc-desk --role insurer --party picc
  dianfu token create nightly-posting --role poster --expires-at 2027-01-01T00:00:00Z")]
pub struct Create {
    /// The token's name; a person's or a party's too, if no other is given
    name: String,
    /// What it may do
    #[arg(long, value_enum)]
    role: Role,
    /// The person who bears it; the one of the token's name if left out
    #[arg(long, value_name = "NAME", value_parser = person)]
    person: Option<OperatorNo>,
    /// The insurer, the pharmacy or the patient that it acts for
    #[arg(long, value_name = "NUMBER", value_parser = party, conflicts_with_all = ["person", "system"])]
    party: Option<PartyNo>,
    /// It is a program's that only reads, with the role of an auditor
    #[arg(long, conflicts_with = "person")]
    system: bool,
    /// When it ends by itself; never if left out
    #[arg(long, value_name = "TIME", value_parser = instant)]
    expires_at: Option<Timestamp>,
    #[command(flatten)]
    output: Output,
}

/// A role, as an argument.
#[derive(Clone, Copy, ValueEnum)]
pub enum Role {
    /// Sets the book up: accounts, people, insurers, rules
    Admin,
    /// Opens and limits accounts, closes periods, posts, reads
    Controller,
    /// Posts entries, hands in remittances, sets rates, proposes what happens to money, reads
    Finance,
    /// Reads books, claims and acts, writes nothing
    Auditor,
    /// A system that posts entries and reads nothing
    Poster,
    /// Reviews claims before money moves
    Reviewer,
    /// The second person: of reviews, money, insurers, rules
    Approver,
    /// Takes claims in, checks materials, offers orders
    Operator,
    /// An insurer, on its own claims
    Insurer,
    /// A pharmacy, on its own orders
    Pharmacy,
    /// A patient, through the platform's own client
    Patient,
}

impl From<Role> for auth::Role {
    fn from(role: Role) -> auth::Role {
        match role {
            Role::Admin => auth::Role::Admin,
            Role::Controller => auth::Role::Controller,
            Role::Finance => auth::Role::Finance,
            Role::Auditor => auth::Role::Auditor,
            Role::Poster => auth::Role::Poster,
            Role::Reviewer => auth::Role::Reviewer,
            Role::Approver => auth::Role::Approver,
            Role::Operator => auth::Role::Operator,
            Role::Insurer => auth::Role::Insurer,
            Role::Pharmacy => auth::Role::Pharmacy,
            Role::Patient => auth::Role::Patient,
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
    actor: String,
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
        Column::Text("actor"),
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
        let (own_person, own_party);
        let holder = match (role.held_by(), &self.party, &self.person) {
            (_, Some(party), _) => Holder::Party(party),
            (_, None, Some(person)) => Holder::Person(person),
            (HeldBy::System, None, None) => Holder::System,
            (HeldBy::PersonOrSystem, None, None) if self.system => Holder::System,
            (HeldBy::Person | HeldBy::PersonOrSystem, None, None) => {
                own_person = person(name).map_err(No::new)?;
                Holder::Person(&own_person)
            }
            (HeldBy::Party, None, None) => {
                own_party = party(name).map_err(No::new)?;
                Holder::Party(&own_party)
            }
        };
        let new = NewToken { name, role, holder, expires_at, created_by: &Desk::actor() };
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
        actor: known.actor,
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
