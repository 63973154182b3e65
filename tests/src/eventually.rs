//! Waiting without guessing how long.

use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_millis(5);

/// Asks again and again until the answer is yes; panics with `what` after five minutes of noes.
///
/// For what nobody announces, such as a process that ends. Where somebody does, wait for that instead.
pub async fn eventually(what: &str, mut question: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !question().await {
        assert!(started.elapsed() < LIMIT, "still not so after {} s: {what}", LIMIT.as_secs());
        tokio::time::sleep(PAUSE).await;
    }
}
