//! The shell: arguments in, one call of a library, the answer out.
//!
//! Each command stands in its file and does nothing that a library does not do; what it prints has the shapes and
//! field names of the HTTP interface ([`dianfu_api::wire`]). A command ends in one of four ways ([`ending`]): 0 it is
//! done, 1 the answer is no, 2 the command line cannot be read, 3 the world failed. Whatever way it ends, Ctrl-C
//! included, the book and the private PostgreSQL are closed ([`desk`]).
//!
//! Reading order: [`desk`], [`ending`], [`mod@print`], [`paper`], [`input`], then the commands as they stand in
//! [`Command`].

mod account;
mod allocate;
mod arguments;
mod balance;
mod book;
mod claim;
mod demo;
mod desk;
mod ending;
mod entry;
mod events;
mod export;
mod fx;
mod hold;
mod import;
mod input;
mod insurer;
mod keyring;
mod limit;
mod operator;
mod outcomes;
mod pages;
mod paper;
mod partner;
mod period;
mod post;
mod print;
mod proof;
mod progress;
mod refusal;
mod rate;
mod remittance;
mod report;
mod rules;
mod segment;
mod serve;
mod simulate;
mod statement;
mod template;
mod token;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use desk::{Desk, Interrupts, Options};
use ending::Answer;

/// Double-entry ledger and claims settlement on PostgreSQL.
///
/// Without a database URL, dianfu starts a PostgreSQL of its own in the data folder and stops it when it ends: nothing
/// needs to be set up.
///
/// Exit code: 0 it is done; 1 the answer is no (an entry is refused, a file does not balance, verify found something);
/// 2 the command line cannot be read; 3 the world failed (no database, a file that cannot be read).
#[derive(Parser)]
#[command(name = "dianfu", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  dianfu demo                                claims from intake to recovered money, each step with its journal
  dianfu book create main                    make the book that commands use if none is named
  dianfu account open 1002.bank --name Bank --currency CNY --type asset
  dianfu report trial-balance                every account with its debits and credits
  dianfu remittance check FILE               whether the sums of an X12 835 hold; needs no database
  dianfu COMMAND --help                      more, with examples";

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    #[command(subcommand)]
    Book(book::Book),
    #[command(subcommand)]
    Account(account::Account),
    Post(Box<post::Post>),
    #[command(subcommand)]
    Entry(entry::Entry),
    Balance(balance::Balance),
    Statement(statement::Statement),
    Allocate(allocate::Allocate),
    #[command(subcommand)]
    Hold(hold::Hold),
    #[command(subcommand)]
    Limit(limit::Limit),
    #[command(subcommand)]
    Period(period::Period),
    #[command(subcommand)]
    Rate(rate::Rate),
    #[command(subcommand)]
    Fx(Box<fx::Fx>),
    #[command(subcommand)]
    Report(report::Report),
    #[command(subcommand)]
    Claim(claim::Claim),
    #[command(subcommand)]
    Insurer(Box<insurer::Insurer>),
    #[command(subcommand)]
    Rules(rules::Rules),
    #[command(subcommand)]
    Remittance(remittance::Remittance),
    #[command(subcommand)]
    Events(Box<events::Events>),
    #[command(subcommand)]
    Refusal(refusal::Refusal),
    #[command(subcommand)]
    Template(template::Template),
    Verify(verify::Verify),
    #[command(subcommand)]
    Segment(segment::Segment),
    #[command(subcommand)]
    Proof(Box<proof::Proof>),
    #[command(subcommand)]
    Export(export::Export),
    #[command(subcommand)]
    Import(import::Import),
    #[command(subcommand)]
    Operator(operator::Operator),
    #[command(subcommand)]
    Token(token::Token),
    #[command(subcommand)]
    Partner(partner::Partner),
    Keyring(keyring::NewKeyring),
    #[command(subcommand)]
    Simulate(simulate::Simulate),
}

/// Reads the command line, does what it says, and answers how it went.
pub fn run() -> ExitCode {
    let Cli { options, command } = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ending::of(Err(anyhow::Error::new(error).context("cannot start threads"))),
    };
    runtime.block_on(work(options, command))
}

async fn work(options: Options, command: Command) -> ExitCode {
    let interrupts = match Interrupts::listen() {
        Ok(interrupts) => interrupts,
        Err(error) => return ending::of(Err(error)),
    };
    let desk = Desk::new(options, interrupts.clone());
    let ended = tokio::select! {
        ended = command.run(&desk) => ended,
        () = command.interrupted(&interrupts) => Ok(Answer::Interrupted),
    };
    let code = ending::of(ended);
    tokio::select! {
        closed = desk.close() => match closed {
            Ok(()) => code,
            Err(error) => ending::of(Err(error)),
        },
        // Dropping the runtime would wait for the server all the same. What is left running, the next command uses.
        () = interrupts.again() => std::process::exit(130),
    }
}

impl Command {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Command::Demo(demo) => demo.run(desk).await,
            Command::Serve(serve) => serve.run(desk).await,
            Command::Book(book) => book.run(desk).await,
            Command::Account(account) => account.run(desk).await,
            Command::Post(post) => post.run(desk).await,
            Command::Entry(entry) => entry.run(desk).await,
            Command::Balance(balance) => balance.run(desk).await,
            Command::Statement(statement) => statement.run(desk).await,
            Command::Allocate(allocate) => allocate.run(desk).await,
            Command::Hold(hold) => hold.run(desk).await,
            Command::Limit(limit) => limit.run(desk).await,
            Command::Period(period) => period.run(desk).await,
            Command::Rate(rate) => rate.run(desk).await,
            Command::Fx(fx) => fx.run(desk).await,
            Command::Report(report) => report.run(desk).await,
            Command::Claim(claim) => claim.run(desk).await,
            Command::Insurer(insurer) => insurer.run(desk).await,
            Command::Rules(rules) => rules.run(desk).await,
            Command::Remittance(remittance) => remittance.run(desk).await,
            Command::Events(events) => events.run(desk).await,
            Command::Refusal(refusal) => refusal.run(desk).await,
            Command::Template(template) => template.run(desk).await,
            Command::Verify(verify) => verify.run(desk).await,
            Command::Segment(segment) => segment.run(desk).await,
            Command::Proof(proof) => proof.run(desk).await,
            Command::Export(export) => export.run(desk).await,
            Command::Import(import) => import.run(desk).await,
            Command::Operator(operator) => operator.run(desk).await,
            Command::Token(token) => token.run(desk).await,
            Command::Partner(partner) => partner.run(desk).await,
            Command::Keyring(keyring) => keyring.run(),
            Command::Simulate(simulate) => simulate.run(desk).await,
        }
    }

    /// Done when the command is to be dropped because of a signal. Serving stops by itself, when it has finished what
    /// is under way, and so does who follows events, when it has let its cursor go; a simulator
    /// has nothing to finish.
    async fn interrupted(&self, interrupts: &Interrupts) {
        match self {
            Command::Serve(_) | Command::Events(_) | Command::Simulate(_) => std::future::pending().await,
            _ => interrupts.happened().await,
        }
    }
}

#[cfg(test)]
mod tests;
