//! The end of a book's journal as this process sees it: one follower, however many listen.
//!
//! The follower runs while somebody listens. It is told of this process's own commits and looks at the head several
//! times a second for those of others; being told is a hint, and nothing is missed without it. It reads what is new
//! once and keeps the last events for all listeners; who is farther behind reads for itself, on a connection that it
//! gives back after each page.
//!
//! Bounded: `KEPT_EVENTS` and `KEPT_BYTES` a book. When more is posted than anybody could read one by one, as by an
//! import, the follower does not read it either.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::{Notify, watch};

use super::event::Event;
use super::filter::Filter;
use super::page::{self, Page, page};
use crate::query::QueryError;

/// How often the head is looked at for what others have posted.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Events that are kept for listeners.
const KEPT_EVENTS: usize = 1_024;
/// The same, as a difference of sequences.
const KEPT_EVENTS_MAX: i64 = 1_024;
/// Bytes of events that are kept for listeners.
const KEPT_BYTES: usize = 4 << 20;

/// The end of a book's journal; cheap to clone.
#[derive(Clone)]
pub struct Tail(Arc<Shared>);

struct Shared {
    pool: Pool,
    /// The last sequence that is known; `None` before anybody has looked, and after the book was closed.
    head: watch::Sender<Option<i64>>,
    kept: Mutex<Kept>,
    told: Notify,
    is_followed: AtomicBool,
    is_closed: AtomicBool,
}

/// The last events, without a gap.
#[derive(Default)]
struct Kept {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
}

/// One who listens. It holds neither a connection nor events of its own while it waits.
pub struct Listener {
    shared: Arc<Shared>,
    head: watch::Receiver<Option<i64>>,
}

impl Tail {
    /// Nothing runs yet.
    pub fn new(pool: Pool) -> Tail {
        let (head, _) = watch::channel(None);
        let (kept, told) = (Mutex::default(), Notify::new());
        let (is_followed, is_closed) = (AtomicBool::new(false), AtomicBool::new(false));
        Tail(Arc::new(Shared { pool, head, kept, told, is_followed, is_closed }))
    }

    /// Says that this process has posted.
    pub fn tell(&self) {
        self.0.told.notify_one();
    }

    /// Begins to listen.
    pub fn listen(&self) -> Listener {
        let listener = Listener { shared: self.0.clone(), head: self.0.head.subscribe() };
        self.0.start_following();
        listener
    }

    /// Ends the follower, and the waiting of all who listen.
    pub fn close(&self) {
        self.0.is_closed.store(true, Ordering::SeqCst);
        self.0.told.notify_one();
        self.0.head.send_replace(None);
    }
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Each change is whole: a panic elsewhere leaves nothing half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_following(self: &Arc<Self>) {
        if !self.is_followed.swap(true, Ordering::SeqCst) {
            tokio::spawn(follow(self.clone()));
        }
    }

    fn is_wanted(&self) -> bool {
        self.head.receiver_count() > 0 && !self.is_closed.load(Ordering::SeqCst)
    }

    /// Reads what is new, keeps it, and says how far the book is.
    async fn look(&self) -> Result<(), QueryError> {
        let client = self.pool.get().await.map_err(crate::Error::from)?;
        let head = page::head(&**client).await?;
        let known = *self.head.borrow();
        match known {
            Some(known) if known == head => return Ok(()),
            Some(known) if (1..=KEPT_EVENTS_MAX).contains(&(head - known)) => {
                let events = page::read(&**client, known, head).await?;
                self.kept().add(events);
            }
            // Nobody has looked before, the book was put back to an earlier time, or too much has come at once.
            _ => *self.kept() = Kept::default(),
        }
        if !self.is_closed.load(Ordering::SeqCst) {
            self.head.send_replace(Some(head));
        }
        Ok(())
    }
}

impl Kept {
    fn add(&mut self, events: Vec<Event>) {
        for event in events {
            self.bytes += event.size();
            self.events.push_back(Arc::new(event));
        }
        while self.events.len() > KEPT_EVENTS || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.size();
        }
    }

    /// What follows a sequence, if it is all here.
    fn after(&self, sequence: i64) -> Option<impl Iterator<Item = &Arc<Event>>> {
        let first = self.events.front()?.sequence();
        let behind = usize::try_from(sequence + 1 - first).ok()?;
        (behind <= self.events.len()).then(|| self.events.range(behind..))
    }
}

async fn follow(shared: Arc<Shared>) {
    loop {
        if !shared.is_wanted() {
            *shared.kept() = Kept::default();
            shared.head.send_replace(None);
            shared.is_followed.store(false, Ordering::SeqCst);
            // Somebody may have begun to listen just now, and found us still here.
            if !shared.is_wanted() || shared.is_followed.swap(true, Ordering::SeqCst) {
                return;
            }
        }
        if let Err(error) = shared.look().await {
            tracing::warn!(error = crate::error::in_full(&error), "the end of the journal could not be read");
        }
        let _told_or_time_to_look = tokio::time::timeout(LOOK_EVERY, shared.told.notified()).await;
    }
}

impl Listener {
    /// Waits until the book has more than this sequence. Ends only for that; `false` if the book was closed.
    pub async fn beyond(&mut self, sequence: i64) -> bool {
        loop {
            if self.head.borrow_and_update().is_some_and(|head| head > sequence) {
                return true;
            }
            if self.shared.is_closed.load(Ordering::SeqCst) || self.head.changed().await.is_err() {
                return false;
            }
        }
    }

    /// The events after a sequence that a filter lets through, at most `limit`: from what is kept for all, or else from
    /// the book.
    pub async fn page(&self, after: i64, limit: u16, filter: &Filter) -> Result<Page, QueryError> {
        if let Some(page) = self.kept_page(after, limit, filter) {
            return Ok(page);
        }
        let client = self.shared.pool.get().await.map_err(crate::Error::from)?;
        page(&**client, after, limit, filter).await
    }

    fn kept_page(&self, after: i64, limit: u16, filter: &Filter) -> Option<Page> {
        let kept = self.shared.kept();
        let head = kept.events.back()?.sequence();
        let mut page = Page { events: Vec::new(), next: after, head };
        for event in kept.after(after)? {
            if page.events.len() >= usize::from(limit) {
                break;
            }
            page.next = event.sequence();
            if filter.matches(event) {
                page.events.push(event.clone());
            }
        }
        Some(page)
    }
}
