//! Waiting for the server: the one place that polls, always with an end.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::DbError;
use super::folder::Folder;

/// Recovery replays at most `max_wal_size` and some; a stop writes at most `shared_buffers`.
const LIMIT: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_millis(10);

/// Asks until there is an answer. `doing` is what the server is about, for the error when it takes too long.
pub(super) fn wait_for<T>(
    folder: &Folder,
    doing: &'static str,
    mut question: impl FnMut() -> Result<Option<T>, DbError>,
) -> Result<T, DbError> {
    let started = Instant::now();
    loop {
        if let Some(answer) = question()? {
            return Ok(answer);
        }
        if started.elapsed() > LIMIT {
            return Err(DbError::TooSlow { doing, limit: LIMIT, log: folder.log(), tail: log_tail(folder) });
        }
        thread::sleep(PAUSE);
    }
}

/// The last lines of the server's log.
pub(super) fn log_tail(folder: &Folder) -> String {
    let text = fs::read(folder.log()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
