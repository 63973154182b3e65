//! A stream of entries: lines in, outcomes out, at the pace of the slower side.
//!
//! Lines that have come together are posted together. Memory is bounded by one chunk ([`super::chunk`]) and one
//! unfinished line. When the database stays away the stream ends early: its last line says that it is not complete.
//! So does a stream whose token is revoked or expires: that is asked before each chunk, and nothing of it is posted.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use dianfu_ledger::error::in_full;
use futures_util::stream::{self, Stream};
use futures_util::{FutureExt, StreamExt};

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
    /// Reads until there is something to post, posts it, and writes its outcomes.
    async fn step(&mut self) -> Bytes {
        if self.stage == Stage::Reading {
            self.read().await;
        }
        let items = if self.stage == Stage::Ending { self.chunk.take_all() } else { self.chunk.take_closed() };
        let posted = match items.first() {
            Some(first) => match gate::still_open(&self.access).await {
                Ok(()) => batch::post(&self.access.ledger, &self.access.actor, items).await,
                Err(problem) => self.turned_away(first, &problem),
            },
            None => Posted { outcomes: Vec::new(), error: None },
        };
        let mut text = self.write(posted);
        if self.stage == Stage::Ending {
            self.summary.lines = self.lines.count();
            append(&mut text, &Line::Last { summary: self.summary });
            self.stage = Stage::Ended;
        }
        text.into()
    }

    /// Ends the stream before a chunk: its first line says why, and no line from there on is posted.
    fn turned_away(&mut self, first: &Item, problem: &Problem) -> Posted {
        tracing::info!(code = problem.code(), cause = problem.cause(), "a stream of entries is turned away");
        self.summary.complete = false;
        self.stage = Stage::Ending;
        let status = if problem.is_retryable() { Status::Failed } else { Status::Rejected };
        let outcome = OutcomeBody::not_in_the_books(first.id, status, problem.to_violation());
        Posted { outcomes: vec![(first.place, outcome)], error: None }
    }

    /// Fills the chunk: until it is full, until the caller pauses, or until the end.
    async fn read(&mut self) {
        loop {
            while !self.chunk.is_full() {
                let Some((number, line)) = self.lines.next_line() else { break };
                self.chunk.push(number, &line);
            }
            if self.chunk.is_full() {
                return;
            }
            match self.next_bytes().await {
                Come::Bytes(bytes) => self.lines.push(&bytes),
                Come::Pause => return,
                Come::End => {
                    if let Some((number, line)) = self.lines.last() {
                        self.chunk.push(number, &line);
                    }
                    self.summary.complete = true;
                    self.stage = Stage::Ending;
                    return;
                }
                Come::Broken(message) => {
                    let violation = Violation::at(Kind::BodyIncomplete.code(), "", message);
                    self.chunk.push_refused(self.lines.current(), violation);
                    self.stage = Stage::Ending;
                    return;
                }
            }
        }
    }

    /// What has come already; waits only if there is nothing to post meanwhile.
    async fn next_bytes(&mut self) -> Come {
        let frame = match self.body.next().now_or_never() {
            Some(frame) => frame,
            None if self.chunk.has_closed() => return Come::Pause,
            None => match tokio::time::timeout(self.idle_limit, self.body.next()).await {
                Ok(frame) => frame,
                Err(_elapsed) => return Come::Broken("nothing has come for too long"),
            },
        };
        match frame {
            Some(Ok(bytes)) => Come::Bytes(bytes),
            Some(Err(_)) => Come::Broken("the connection ended before the body"),
            None => Come::End,
        }
    }

    fn write(&mut self, posted: Posted) -> Vec<u8> {
        if let Some(error) = posted.error {
            tracing::error!(error = in_full(&error), "a stream of entries ends early");
            self.summary.complete = false;
            self.stage = Stage::Ending;
        }
        let mut text = Vec::with_capacity(128 * posted.outcomes.len());
        for (line, outcome) in posted.outcomes {
            self.summary.count(outcome.status);
            append(&mut text, &Line::Outcome(OutcomeBody { line: Some(line), ..outcome }));
        }
        text
    }
}

enum Come {
    Bytes(Bytes),
    Pause,
    End,
    Broken(&'static str),
}

fn append(text: &mut Vec<u8>, line: &Line) {
    serde_json::to_writer(&mut *text, line).expect("texts and numbers are always JSON");
    text.push(b'\n');
}
