//! A stream of entries: lines in, outcomes out, at the pace of the slower side.
//!
//! Lines that have come together are posted together, and the next are read meanwhile. Memory is bounded by two chunks
//! ([`super::chunk`]) and one unfinished line. Chunks are posted one after the other: when the database stays away the
//! stream ends early, its last line says that it is not complete, and nothing behind it is posted. So does a stream
//! whose token is revoked or expires: that is asked before each chunk, and nothing of it is posted.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use dianfu_ledger::error::in_full;
use futures_util::stream::{self, Stream};
use futures_util::{FutureExt, StreamExt};
use tokio::task::JoinHandle;

use super::batch::{self, Posted};
use super::chunk::Chunk;
use super::item::Item;
use super::lines::Lines;
use crate::auth::{Access, gate};
use crate::edge::room::Share;
use crate::problem::{Kind, Problem, Violation};
use crate::serve::Limits;
use crate::wire::outcome::{Line, OutcomeBody, Status, Summary};

struct Posting {
    access: Access,
    body: BodyDataStream,
    lines: Lines,
    chunk: Chunk,
    /// The chunk before, on its way into the books.
    under_way: Option<JoinHandle<Done>>,
    idle_limit: Duration,
    summary: Summary,
    stage: Stage,
    _share: Share,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// More lines may come.
    Reading,
    /// No more will come; what is there must still be posted.
    Ending,
    /// The last line is written.
    Ended,
}

/// A body of which some has come, or was waited for: who expects to be told to go on is told when the body is read, and
/// not any more when the answer has begun.
pub async fn begun(body: Body, limits: &Limits) -> Body {
    let mut frames = body.into_data_stream();
    let first = tokio::time::timeout(limits.request_time, frames.next()).await.ok().flatten();
    Body::from_stream(stream::iter(first).chain(frames))
}

/// The lines of the answer, some at a time.
pub fn outcomes(
    access: Access,
    body: Body,
    limits: &Limits,
    share: Share,
) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    let posting = Posting {
        body: body.into_data_stream(),
        lines: Lines::new(limits.body_bytes),
        chunk: Chunk::new(access.poster()),
        access,
        under_way: None,
        idle_limit: limits.request_time,
        summary: Summary::default(),
        stage: Stage::Reading,
        _share: share,
    };
    stream::unfold(posting, async |mut posting| {
        if posting.stage == Stage::Ended {
            return None;
        }
        let answer = posting.step().await;
        Some((Ok(answer), posting))
    })
}

impl Posting {
    /// Writes the outcomes of a chunk, when the one after it is on its way.
    async fn step(&mut self) -> Bytes {
        if self.under_way.is_none() {
            self.read().await;
            self.begin();
        }
        let outcomes = match self.under_way.take() {
            Some(under_way) => self.outcomes_of(under_way).await,
            None => Vec::new(),
        };
        self.begin();
        let mut text = self.write(outcomes);
        if self.stage == Stage::Ending && self.under_way.is_none() {
            self.summary.lines = self.lines.count();
            append(&mut text, &Line::Last { summary: self.summary });
            self.stage = Stage::Ended;
        }
        text.into()
    }

    /// Sends what is read on its way, if nothing is.
    fn begin(&mut self) {
        let items = if self.stage == Stage::Ending { self.chunk.take_all() } else { self.chunk.take_closed() };
        if !items.is_empty() {
            self.under_way = Some(tokio::spawn(post(self.access.clone(), items)));
        }
    }

    /// Fills the chunk: until it is full, until the caller pauses, or until the end.
    async fn read(&mut self) {
        while self.may_read() {
            let frame = match self.body.next().now_or_never() {
                Some(frame) => frame,
                None if self.chunk.has_closed() => return,
                None => match tokio::time::timeout(self.idle_limit, self.body.next()).await {
                    Ok(frame) => frame,
                    Err(_elapsed) => return self.break_off("nothing has come for too long"),
                },
            };
            self.take(frame);
        }
    }

    /// Waits for what is under way, and fills the next chunk meanwhile.
    async fn outcomes_of(&mut self, mut under_way: JoinHandle<Done>) -> Vec<(u64, OutcomeBody)> {
        let done = loop {
            if !self.may_read() {
                break under_way.await;
            }
            tokio::select! {
                biased;
                done = &mut under_way => break done,
                frame = self.body.next() => self.take(frame),
            }
        };
        match done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
            Done::Posted(Posted { outcomes, error: None }) => outcomes,
            Done::Posted(Posted { outcomes, error: Some(error) }) => {
                tracing::error!(error = in_full(&error), "a stream of entries ends early");
                self.end_early();
                outcomes
            }
            Done::TurnedAway { place, outcome } => {
                self.end_early();
                vec![(place, outcome)]
            }
        }
    }

    /// Cuts what has come into lines; answers whether there is need and room for more.
    fn may_read(&mut self) -> bool {
        while !self.chunk.is_full() {
            let Some((number, line)) = self.lines.next_line() else { return self.stage == Stage::Reading };
            self.chunk.push(number, &line);
        }
        false
    }

    fn take(&mut self, frame: Option<Result<Bytes, axum::Error>>) {
        match frame {
            Some(Ok(bytes)) => self.lines.push(&bytes),
            Some(Err(_)) => self.break_off("the connection ended before the body"),
            None => {
                if let Some((number, line)) = self.lines.last() {
                    self.chunk.push(number, &line);
                }
                self.summary.complete = true;
                self.stage = Stage::Ending;
            }
        }
    }

    fn break_off(&mut self, message: &str) {
        let violation = Violation::at(Kind::BodyIncomplete.code(), "", message);
        self.chunk.push_refused(self.lines.current(), violation);
        self.stage = Stage::Ending;
    }

    /// Nothing more is posted.
    fn end_early(&mut self) {
        self.summary.complete = false;
        self.chunk.take_all();
        self.stage = Stage::Ending;
    }

    fn write(&mut self, outcomes: Vec<(u64, OutcomeBody)>) -> Vec<u8> {
        let mut text = Vec::with_capacity(160 * outcomes.len());
        for (line, outcome) in outcomes {
            self.summary.count(outcome.status);
            append(&mut text, &Line::Outcome(OutcomeBody { line: Some(line), ..outcome }));
        }
        text
    }
}

/// What became of a chunk.
enum Done {
    /// It was asked for.
    Posted(Posted),
    /// It was not, for a reason that is told at the place of its first line.
    TurnedAway { place: u64, outcome: OutcomeBody },
}

/// Posts a chunk, if the caller still may.
async fn post(access: Access, items: Vec<Item>) -> Done {
    match gate::still_open(&access).await {
        Ok(()) => Done::Posted(batch::post(&access.ledger, &access.actor, items).await),
        Err(problem) => turned_away(&items[0], &problem),
    }
}

fn turned_away(first: &Item, problem: &Problem) -> Done {
    tracing::info!(code = problem.code(), cause = problem.cause(), "a stream of entries is turned away");
    let status = if problem.is_retryable() { Status::Failed } else { Status::Rejected };
    let outcome = OutcomeBody::not_in_the_books(first.id, status, problem.to_violation());
    Done::TurnedAway { place: first.place, outcome }
}

fn append(text: &mut Vec<u8>, line: &Line) {
    serde_json::to_writer(&mut *text, line).expect("texts and numbers are always JSON");
    text.push(b'\n');
}
