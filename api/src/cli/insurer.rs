//! `dianfu insurer`: insurers, from their papers over going live to their statements.
//!
//! Below: [`agreeing`], what takes two people.

mod agreeing;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use deadpool_postgres::Client;
use dianfu_api::wire::insurer::{InsurerBody, InsurersBody, ListedBody};
use dianfu_api::wire::insurer_agreed::minor;
use dianfu_api::wire::insurer_money::StatementBody;
use dianfu_claims::insurer::checklist::{CheckItem, NewPaper, hand_in};
use dianfu_claims::insurer::modules::{Module, NewSwitch, switch};
use dianfu_claims::insurer::statement::statement;
use dianfu_claims::insurer::suspension::suspend;
use dianfu_claims::insurer::view::{self, InsurerView};
use dianfu_claims::insurer::{Insurer as NewInsurer, InsurerRefusal, register};
use dianfu_claims::registration::RegistrationRefusal;
use dianfu_ledger::clock;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::arguments::{currency, day, instant, party};
use super::claim::misread;
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Format, Output, Sheet};
use agreeing::{Decide, Judge, Propose};

/// Put insurers on record, bring them live, switch and suspend them, and see what they owe
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu insurer register picc --name 'Example Insurer' --currency CNY --credit-line 1000000.00
  dianfu insurer hand-in picc licence licence.pdf --note 'licence of the regulator' --expires-on 2030-12-31
  dianfu insurer judge picc licence 1 --accept --reason 'as in the public register'
  echo '{\"act\": \"go_live\", \"reason\": \"all papers are there\"}' | dianfu insurer propose picc -
  dianfu insurer list")]
pub enum Insurer {
    /// List insurers: where each stands, and what its credit line is used for
    #[command(after_help = "\
Example:
  dianfu insurer list --format json")]
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Show an insurer: checklist, terms, modules, credit line, proposals
    #[command(after_help = "\
Example:
  dianfu insurer show picc --format json")]
    Show {
        /// Its number
        #[arg(value_parser = party)]
        insurer: PartyNo,
        #[command(flatten)]
        output: Output,
    },
    Register(Register),
    HandIn(HandIn),
    Judge(Judge),
    Propose(Propose),
    /// Accept what another person has proposed about an insurer; it is done at once
    #[command(after_help = "\
Example:
  dianfu insurer accept picc 1 --reason 'as agreed'")]
    Accept(Decide),
    /// Withdraw a proposal, or turn it down; nothing is done
    #[command(after_help = "\
Example:
  dianfu insurer withdraw picc 1 --reason mistaken")]
    Withdraw(Decide),
    Switch(Switch),
    /// Suspend an insurer at once: no new advances, and what was begun goes on
    ///
    /// Lifting it takes two people: propose the act `lift`.
    #[command(after_help = "\
Example:
  dianfu insurer suspend picc --reason 'its last payment is late'")]
    Suspend {
        /// Its number
        #[arg(value_parser = party)]
        insurer: PartyNo,
        /// Why, for the record
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    Statement(Statement),
}

/// Put an insurer on record and open its accounts; the same again is fine
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu insurer register picc --name 'Example Insurer' --currency CNY --credit-line 1000000.00")]
pub struct Register {
    /// Its number, as in the accounts `1102.picc`
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// Its name
    #[arg(long)]
    name: String,
    /// The currency of its claims
    #[arg(long, value_parser = currency)]
    currency: Currency,
    /// The credit line that it begins with; later it is changed by a proposal
    #[arg(long, value_name = "AMOUNT")]
    credit_line: String,
}

/// Hand in a paper for the checklist; another person judges it
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu insurer hand-in picc licence licence.pdf --note 'licence of the regulator' --expires-on 2030-12-31")]
pub struct HandIn {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// What for: an item of the checklist, such as `licence`
    #[arg(value_parser = item)]
    item: CheckItem,
    /// The paper; its digest goes on record
    file: PathBuf,
    /// What it is
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// Its last day; a licence has one
    #[arg(long, value_name = "DAY", value_parser = day)]
    expires_on: Option<Date>,
}

/// Switch modules of an insurer, all or none, from now or a later moment
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu insurer switch picc off --module direct_pay --reason 'contract is under review'
  dianfu insurer switch picc on --module direct_pay --from 2026-06-01T00:00:00+08:00 --reason 'as agreed'")]
pub struct Switch {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// How they are from then
    to: Position,
    /// A module; may be given more than once
    #[arg(long, value_parser = module, required = true)]
    module: Vec<Module>,
    /// From when; from now, if left out
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<Timestamp>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// How a module is switched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Position {
    On,
    Off,
}

/// Show what stood on each account of an insurer, what moved by claim and journal, and what stands now
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu insurer statement picc --from 2026-03-01 --to 2026-03-31")]
pub struct Statement {
    /// The insurer
    #[arg(value_parser = party)]
    insurer: PartyNo,
    /// The first day
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Date,
    /// The last day
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Date,
    #[command(flatten)]
    output: Output,
}

const INSURERS: Sheet = Sheet {
    above: &["at"],
    rows: "insurers",
    columns: &[
        Column::Text("insurer"),
        Column::Text("name"),
        Column::Text("stage"),
        Column::Text("modules_on"),
        Column::Text("currency"),
        Column::Number("credit_line.limit"),
        Column::Number("credit_line.committed"),
        Column::Number("credit_line.advanced"),
        Column::Number("credit_line.due"),
        Column::Number("credit_line.disputed"),
        Column::Number("credit_line.left"),
        Column::Text("credit_line.oldest_on"),
    ],
    totals: None,
    below: &[],
    empty: "There are no insurers yet: dianfu insurer register INSURER --name TEXT --currency CNY --credit-line AMOUNT",
};

const CHECKLIST: Sheet = Sheet {
    above: &["insurer", "name", "stage", "stage_reason", "modules_on", "terms_in_force"],
    rows: "checklist",
    columns: &[Column::Text("item"), Column::Text("state"), Column::Text("lacks")],
    totals: None,
    below: &[],
    empty: "",
};

const PROPOSALS: Sheet = Sheet {
    above: &[],
    rows: "proposals",
    columns: &[
        Column::Number("proposal"),
        Column::Text("act"),
        Column::Text("state"),
        Column::Text("proposed_by"),
        Column::Text("reason"),
        Column::Text("ended_by"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing was ever proposed about it.",
};

const STATEMENT: Sheet = Sheet {
    above: &["insurer", "currency", "from", "to", "known_at"],
    rows: "accounts",
    columns: &[Column::Text("account"), Column::Number("opening"), Column::Number("closing")],
    totals: None,
    below: &[],
    empty: "It has no accounts.",
};

const MOVEMENTS: Sheet = Sheet {
    above: &[],
    rows: "lines",
    columns: &[
        Column::Text("account"),
        Column::Text("item"),
        Column::Text("journal"),
        Column::Text("movement"),
        Column::Number("amount"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing has moved.",
};

impl Insurer {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Insurer::List { output } => list(desk, output).await,
            Insurer::Show { insurer, output } => show(desk, insurer, output).await,
            Insurer::Register(register) => register.run(desk).await,
            Insurer::HandIn(hand_in) => hand_in.run(desk).await,
            Insurer::Judge(judge) => judge.run(desk).await,
            Insurer::Propose(propose) => propose.run(desk).await,
            Insurer::Accept(decide) => decide.accept(desk).await,
            Insurer::Withdraw(decide) => decide.withdraw(desk).await,
            Insurer::Switch(switch) => switch.run(desk).await,
            Insurer::Suspend { insurer, reason } => be_suspended(desk, insurer, reason).await,
            Insurer::Statement(statement) => statement.run(desk).await,
        }
    }
}

impl Register {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Register { insurer, name, currency, credit_line } = self;
        let line_minor = minor(credit_line, *currency, "--credit-line").map_err(|violation| misread(&violation))?;
        let new = NewInsurer { insurer_no: insurer.clone(), name: name.clone(), currency: *currency };
        let mut client = desk.client().await?;
        let registered = register(&mut client, &new, line_minor, &Desk::actor(), clock::now()).await?;
        registered.map_err(|refusal| no(&refusal.into()))?;
        note(&format!("{insurer} is on record; `dianfu insurer show {insurer}` says what is missing until it is live"));
        Ok(Answer::Yes)
    }
}

impl HandIn {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let evidence_sha256 = Sha256::digest(&bytes).into();
        let paper = NewPaper { item: self.item, evidence_sha256, note: self.note.clone(), expires_on: self.expires_on };
        let mut client = desk.client().await?;
        let taken = hand_in(&mut client, &self.insurer, &paper, &Desk::actor(), clock::now()).await?;
        let number = taken.map_err(|refusal| no(&refusal))?;
        let word = self.item.word();
        note(&format!("it is paper {number} for {word}; another person judges it with `dianfu insurer judge`"));
        Ok(Answer::Yes)
    }
}

impl Switch {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let now = clock::now();
        let (is_on, from_at) = (self.to == Position::On, self.from.unwrap_or(now));
        let new = |module: &Module| NewSwitch { module: *module, is_on, from_at, reason: self.reason.clone() };
        let switches: Vec<NewSwitch> = self.module.iter().map(new).collect();
        let done = switch(&mut desk.client().await?, &self.insurer, &switches, &Desk::actor(), now).await?;
        done.map_err(|refusal| no(&refusal))?;
        note("switched");
        Ok(Answer::Yes)
    }
}

impl Statement {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Statement { insurer, from, to, output } = self;
        if from > to {
            return Err(No::new(format!("the days are the wrong way round: from {from} to {to}")).into());
        }
        let mut client = desk.client().await?;
        let currency = seen(&mut client, insurer).await?.standing.insurer.currency;
        let statement = statement(&**client, insurer, (*from, *to), None).await?;
        let body = serde_json::to_value(StatementBody::of(statement, currency))?;
        let shown = if output.format == Format::Json { body } else { with_lines(body) };
        output.print_parts(&shown, &[STATEMENT, MOVEMENTS])?;
        Ok(Answer::Yes)
    }
}

async fn list(desk: &Desk, output: &Output) -> anyhow::Result<Answer> {
    let at = clock::now();
    let listed = view::list(&mut desk.client().await?, at).await?;
    output.print(&InsurersBody { at, insurers: listed.into_iter().map(ListedBody::from).collect() }, &INSURERS)?;
    Ok(Answer::Yes)
}

async fn show(desk: &Desk, insurer: &PartyNo, output: &Output) -> anyhow::Result<Answer> {
    let seen = seen(&mut desk.client().await?, insurer).await?;
    let body = serde_json::to_value(InsurerBody::from(seen))?;
    let shown = if output.format == Format::Json { body } else { with_words(body) };
    output.print_parts(&shown, &[CHECKLIST, PROPOSALS])?;
    Ok(Answer::Yes)
}

/// A statement whose lines stand in one list, each with its account.
fn with_lines(mut statement: Value) -> Value {
    let accounts = statement["accounts"].as_array().into_iter().flatten();
    let lines = accounts.flat_map(|account| {
        let of_account = |line: &Value| {
            let mut line = line.clone();
            line["account"] = account["account"].clone();
            line
        };
        account["lines"].as_array().into_iter().flatten().map(of_account)
    });
    statement["lines"] = lines.collect();
    statement
}

/// An insurer whose proposals each say in a word what is proposed.
fn with_words(mut insurer: Value) -> Value {
    for proposal in insurer["proposals"].as_array_mut().into_iter().flatten() {
        let word = proposal["act"].as_object().and_then(|act| act.keys().next().cloned());
        if let Some(word) = word {
            proposal["act"] = word.into();
        }
    }
    insurer
}

async fn be_suspended(desk: &Desk, insurer: &PartyNo, reason: &str) -> anyhow::Result<Answer> {
    let (mut client, actor) = (desk.client().await?, Desk::actor());
    let done = suspend(&mut client, insurer, (reason, &actor), clock::now()).await?;
    done.map_err(|refusal| no(&refusal))?;
    note(&format!("{insurer} is suspended: no new advances, and what was begun goes on"));
    Ok(Answer::Yes)
}

/// An insurer as it stands now.
pub(super) async fn seen(client: &mut Client, insurer: &PartyNo) -> anyhow::Result<InsurerView> {
    let unknown = || {
        let next = "`dianfu insurer list` shows those that there are";
        No::new(format!("there is no insurer '{insurer}' in this book")).next(next)
    };
    Ok(view::view(client, insurer, clock::now()).await?.ok_or_else(unknown)?)
}

pub(super) fn no(refusal: &InsurerRefusal) -> No {
    let said = No::new(format!("{refusal} ({})", refusal.code()));
    match refusal {
        InsurerRefusal::Registration(RegistrationRefusal::Unknown { .. }) => {
            said.next("`dianfu insurer list` and `dianfu insurer show` show what there is")
        }
        _ => said,
    }
}

fn item(text: &str) -> Result<CheckItem, String> {
    let wanted = || format!("is one of {}", CheckItem::ALL.map(CheckItem::word).join(", "));
    CheckItem::from_word(text).ok_or_else(wanted)
}

fn module(text: &str) -> Result<Module, String> {
    let wanted = || format!("is one of {}", Module::ALL.map(Module::word).join(", "));
    Module::from_word(text).ok_or_else(wanted)
}
