//! Server-sent events (HTML standard, section 9.2): one client's stream.
//!
//! A step writes one page and is asked for only when the client has taken the one before, so that a slow client costs a
//! page of memory, whose rows are fewer when events are large, and no connection to the database. While nothing happens
//! a comment goes out every few seconds, which tells proxies that the stream lives and us that the client does; the
//! token is asked for again with each, and at most once a second while events come.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use dianfu_ledger::events::{Filter, Listener, Page};
use futures_util::stream::{self, Stream};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::app::App;
use crate::auth::{Access, gate};
use crate::problem::{Kind, Problem};
use crate::wire::event::EventBody;

/// How often something is sent while nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long a token counts after it was asked for.
const TOKEN_COUNTS: Duration = Duration::from_secs(1);
/// What a client waits before it comes again, in milliseconds.
const RETRY_MS: u32 = 1_000;
/// Bytes that a step writes, about.
const STEP_BYTES: usize = 256 << 10;
/// Rows of the first step, and of any.
const FIRST_ROWS: u16 = 16;
const ROWS_MAX: u16 = 200;

/// One client.
pub struct Following {
    app: App,
    access: Access,
    listener: Listener,
    filter: Filter,
    /// All up to this sequence was written.
    next: i64,
    /// What was last told to the client as the place where it is.
    told: i64,
    rows: u16,
    asked_at: Instant,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    Reading,
    Ended,
}

impl Following {
    /// Nothing is read yet; the token was asked for just now.
    pub fn new(app: App, access: Access, listener: Listener, filter: Filter, after: i64) -> Following {
        let (rows, asked_at, stage) = (FIRST_ROWS, Instant::now(), Stage::Opening);
        Following { app, access, listener, filter, next: after, told: after, rows, asked_at, stage }
    }

    /// The bytes of the stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
        stream::unfold(self, async |mut following| {
            if following.stage == Stage::Ended {
                return None;
            }
            let bytes = following.step().await;
            Some((Ok(bytes), following))
        })
    }

    async fn step(&mut self) -> Bytes {
        if self.stage == Stage::Opening {
            self.stage = Stage::Reading;
            return format!("retry: {RETRY_MS}\n: after {}\n\n", self.next).into();
        }
        let app = self.app.clone();
        let stepped = tokio::select! {
            () = app.stopping() => Err(Problem::new(Kind::Unavailable, "the server stops; come again")),
            stepped = self.read_or_beat() => stepped,
        };
        stepped.unwrap_or_else(|problem| self.end(&problem))
    }

    /// The next events, or a sign of life.
    async fn read_or_beat(&mut self) -> Result<Bytes, Problem> {
        self.ask_token(TOKEN_COUNTS).await?;
        let page = self.listener.page(self.next, self.rows, &self.filter).await?;
        if page.next > self.next {
            return self.write(&page);
        }
        match timeout(HEARTBEAT, self.listener.beyond(self.next)).await {
            Ok(true) => self.write(&self.listener.page(self.next, self.rows, &self.filter).await?),
            Ok(false) => Err(Problem::new(Kind::Unavailable, "the book was closed; come again")),
            Err(_elapsed) => {
                self.ask_token(Duration::ZERO).await?;
                Ok(self.place().into())
            }
        }
    }

    async fn ask_token(&mut self, counts: Duration) -> Result<(), Problem> {
        if self.asked_at.elapsed() >= counts {
            gate::still_open(&self.access).await?;
            self.asked_at = Instant::now();
        }
        Ok(())
    }

    fn write(&mut self, page: &Page) -> Result<Bytes, Problem> {
        let mut text = Vec::new();
        for event in &page.events {
            let body = EventBody::try_from(event.as_ref()).map_err(Problem::internal)?;
            let head = format!("id: {}\nevent: {}\ndata: ", event.sequence(), event.event_type().word());
            text.extend_from_slice(head.as_bytes());
            serde_json::to_writer(&mut text, &body).map_err(Problem::internal)?;
            text.extend_from_slice(b"\n\n");
            self.told = event.sequence();
        }
        self.next = page.next;
        if let Some(each) = text.len().checked_div(page.events.len()) {
            self.rows = u16::try_from(STEP_BYTES / each.max(1)).unwrap_or(ROWS_MAX).clamp(1, ROWS_MAX);
        } else {
            text = self.place().into_bytes();
        }
        Ok(text.into())
    }

    /// A sign of life. An event without data is none to the client, but it remembers its id.
    fn place(&mut self) -> String {
        let is_known = self.told == self.next;
        self.told = self.next;
        if is_known { format!(": at {}\n\n", self.next) } else { format!("id: {}\n\n", self.next) }
    }

    fn end(&mut self, problem: &Problem) -> Bytes {
        tracing::info!(code = problem.code(), cause = problem.cause(), "a stream of events ends");
        self.stage = Stage::Ended;
        let data = json!({"code": problem.code(), "retryable": problem.is_retryable()});
        format!("event: end\ndata: {data}\n\n").into()
    }
}
