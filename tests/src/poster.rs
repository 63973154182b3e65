//! The program `poster` as seen from the test that runs it: what it is told to do, and what it says.
//!
//! It opens the book `main`, says so, waits for a line, does its requests of [`crate::work`] several at a time, and
//! says what became of each in a line of its own, once it knows.

use std::fmt;
use std::process::Stdio;
use std::str::FromStr;

use dianfu_ledger::Outcome;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// What the program says when it has opened the book.
pub const READY: &str = "ready";

/// What a poster is told to do.
#[derive(Clone, Copy, Debug)]
pub struct Orders {
    /// Whether it posts inside transactions of its own, in which it also notes the request in table `flow`.
    pub in_transactions: bool,
    /// The first request.
    pub first: u32,
    /// The request after the last.
    pub end: u32,
    /// The request with which it begins; from the end it goes on with the first.
    pub begin: u32,
}

/// What a poster was answered for one entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// Posted, with this sequence.
    Posted(i64),
    /// Replayed, with this sequence.
    Replayed(i64),
    /// Refused, with this code.
    Refused(String),
}

/// What a poster says about one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// The request.
    pub number: u32,
    /// One answer an entry; `None` if a transaction was rolled back because an entry was refused.
    pub told: Option<Vec<Told>>,
}

impl Said {
    /// What to say about a request with these outcomes.
    pub fn about(number: u32, outcomes: &[Outcome]) -> Self {
        Self { number, told: Some(outcomes.iter().map(Told::from).collect()) }
    }
}

impl From<&Outcome> for Told {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Posted(receipt) => Self::Posted(receipt.sequence),
            Outcome::Replayed(receipt) => Self::Replayed(receipt.sequence),
            Outcome::Rejected(rejection) => Self::Refused(rejection.code().to_owned()),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)?;
        let Some(told) = &self.told else { return f.write_str(" rolled-back") };
        told.iter().try_for_each(|told| match told {
            Told::Posted(sequence) => write!(f, " posted={sequence}"),
            Told::Replayed(sequence) => write!(f, " replayed={sequence}"),
            Told::Refused(code) => write!(f, " refused={code}"),
        })
    }
}

impl FromStr for Said {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> anyhow::Result<Self> {
        let mut words = line.split(' ');
        let number = words.next().unwrap_or_default().parse()?;
        if line.ends_with(" rolled-back") {
            return Ok(Self { number, told: None });
        }
        let told = words.map(|word| match word.split_once('=') {
            Some(("posted", sequence)) => Ok(Told::Posted(sequence.parse()?)),
            Some(("replayed", sequence)) => Ok(Told::Replayed(sequence.parse()?)),
            Some(("refused", code)) => Ok(Told::Refused(code.to_owned())),
            _ => Err(anyhow::anyhow!("a poster says '{line}'")),
        });
        Ok(Self { number, told: Some(told.collect::<anyhow::Result<_>>()?) })
    }
}

/// A running poster. It is killed when this is dropped.
#[derive(Debug)]
pub struct Poster {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Poster {
    /// Starts the program and waits until it has opened the book.
    pub async fn start(program: &str, url: &str, orders: Orders) -> Self {
        let Orders { in_transactions, first, end, begin } = orders;
        let mut child = Command::new(program)
            .arg(url)
            .args([in_transactions.to_string(), first.to_string(), end.to_string(), begin.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("start the poster");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        assert_eq!(lines.next_line().await.expect("read its output").as_deref(), Some(READY));
        Self { child, lines }
    }

    /// Lets it begin.
    pub async fn go(&mut self) {
        let input = self.child.stdin.as_mut().expect("its input is piped");
        input.write_all(b"go\n").await.expect("the poster waits for its start");
    }

    /// What it says next; `None` when it has ended.
    pub async fn next(&mut self) -> Option<Said> {
        let line = self.lines.next_line().await.expect("read its output")?;
        Some(line.parse().expect("posters speak plainly"))
    }

    /// The next `count` things it says.
    pub async fn next_few(&mut self, count: usize) -> Vec<Said> {
        let mut said = Vec::with_capacity(count);
        while said.len() < count {
            said.push(self.next().await.expect("the poster has more to do"));
        }
        said
    }

    /// Kills it, and gives what it has said until then.
    pub async fn kill(mut self) -> Vec<Said> {
        self.child.start_kill().expect("kill the poster");
        let mut said = Vec::new();
        while let Some(one) = self.next().await {
            said.push(one);
        }
        self.child.wait().await.expect("the poster is our child");
        said
    }

    /// Waits until it has done everything, and gives what it says.
    pub async fn finish(mut self) -> Vec<Said> {
        let mut said = Vec::new();
        while let Some(one) = self.next().await {
            said.push(one);
        }
        let status = self.child.wait().await.expect("the poster is our child");
        assert!(status.success(), "the poster ended with {status}");
        said
    }
}
