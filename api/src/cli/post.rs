//! `dianfu post`: entries from a file, from standard input, or from the command line.

mod one;
mod stream;

use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use clap::Args;
use dianfu_api::Limits;
use dianfu_api::routes::entries::batch;
use dianfu_api::routes::entries::item::Item;
use dianfu_api::wire::json;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::desk::Desk;
use super::ending::{Answer, No};
use super::input::{self, Input};
use super::outcomes::{Outcomes, Shape};
use super::print::Output;
use super::template::show_preview;

/// Post entries: two or more legs each that sum to zero
///
/// A file has the entries as `POST /v1/entries` takes them: one JSON object, an array of them, or one a line. Lines are
/// posted as they come, of any number. One refused entry does not touch its neighbours, unless they are linked to it.
///
/// Every entry has an id of yours that means one thing for ever, so that posting the same file again is safe: what is
/// in the book already gets its first answer again.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu post --currency CNY --debit 1002.bank=500.00 --credit 3001=500.00 --reference REF-1
  dianfu post --currency CNY --debit 1101.picc=152.00@CLM-17 --credit 2101.xinte=152.00@CLM-17
  dianfu post --template J12 --currency CNY --input bank=settlement --input patient=p-17 --input claim=CLM-17 \\
    --input amount=100.00 --dry-run
  dianfu post --hold --currency CNY --debit 1101.picc=152.00@CLM-18 --credit 2101.xinte=152.00@CLM-18 \\
    --id 0199aa00-0000-7000-8000-000000000018 --expires-at 2030-01-01T00:00:00Z
  dianfu post --capture 0199aa00-0000-7000-8000-000000000018 --currency CNY --debit 1101.picc=100.00@CLM-18 \\
    --credit 2101.xinte=100.00@CLM-18
  dianfu post --release 0199aa00-0000-7000-8000-000000000018
  dianfu post entries.ndjson --format csv
  some-program | dianfu post - --format json

An entry in a file, on one line or several:
  {\"id\": \"0199aa00-0000-7000-8000-000000000001\", \"description\": \"Capital paid in\", \"postings\": [
    {\"account\": \"1002.bank\", \"debit\": \"500.00\", \"currency\": \"CNY\"},
    {\"account\": \"3001\", \"credit\": \"500.00\", \"currency\": \"CNY\"}]}")]
pub struct Post {
    /// The file; `-` is standard input
    #[arg(required_unless_present_any = ["debit", "taking", "template"],
        conflicts_with_all = ["debit", "credit", "taking"])]
    file: Option<PathBuf>,
    /// The file has one entry a line, also where its first line looks unfinished; files named .ndjson or .jsonl do
    #[arg(long, requires = "file")]
    lines: bool,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    one: one::One,
}

impl Post {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        if let Some(filling) = self.one.preview()? {
            return show_preview(desk, &filling, &self.output).await;
        }
        let Some(path) = &self.file else {
            let entry = self.one.entry().to_string();
            return self.post_one(desk, entry.as_bytes()).await;
        };
        let mut input = Input::open(path)?;
        let head = first_line(&mut input).await?;
        let limit = Limits::default().body_bytes;
        let is_lines = self.lines || is_named_lines(path);
        match head.trim_ascii_start() {
            [] if !is_lines => Err(No::new(format!("{} is empty", input::name(path))).into()),
            [b'[', ..] if !is_lines => self.post_many(desk, &input.rest(head, limit).await?).await,
            start if !is_lines && is_unfinished(start) => self.post_one(desk, &input.rest(head, limit).await?).await,
            _ => stream::post(desk, input, head, &self.output).await,
        }
    }

    async fn post_one(&self, desk: &Desk, text: &[u8]) -> anyhow::Result<Answer> {
        self.post_items(desk, Shape::One, vec![Item::read(0, text, &Desk::poster(), false)]).await
    }

    async fn post_many(&self, desk: &Desk, text: &Bytes) -> anyhow::Result<Answer> {
        let texts: Vec<&RawValue> = json::read(text).map_err(|misread| No::new(misread.into_violation().message))?;
        let mut items: Vec<Item> = Vec::with_capacity(texts.len());
        for (index, text) in (0..).zip(texts) {
            let in_run = items.last().is_some_and(|item| item.linked);
            items.push(Item::read(index, text.get().as_bytes(), &Desk::poster(), in_run));
        }
        self.post_items(desk, Shape::Array, items).await
    }

    async fn post_items(&self, desk: &Desk, shape: Shape, items: Vec<Item>) -> anyhow::Result<Answer> {
        let mut outcomes = Outcomes::new(self.output.format, shape);
        let posted = batch::post(desk.ledger().await?, &Desk::actor(), items).await;
        if let Some(error) = posted.error {
            return Err(error.into());
        }
        outcomes.add(posted.outcomes)?;
        outcomes.finish()
    }
}

fn is_named_lines(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "ndjson" || extension == "jsonl")
}

/// Reads until the first line that says something is there, or all of a file that has none.
async fn first_line(input: &mut Input) -> anyhow::Result<BytesMut> {
    let mut head = BytesMut::new();
    let limit = Limits::default().body_bytes;
    while !head.trim_ascii_start().contains(&b'\n') && head.len() <= limit {
        let Some(piece) = input.next().await? else { break };
        head.extend_from_slice(&piece);
    }
    Ok(head)
}

/// Whether the first line begins a JSON value that ends on a later line.
fn is_unfinished(start: &[u8]) -> bool {
    let Some(end) = start.iter().position(|byte| *byte == b'\n') else { return false };
    serde_json::from_slice::<IgnoredAny>(&start[..end]).is_err_and(|error| error.is_eof())
}
