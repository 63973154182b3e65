//! Streams of entries, one a line, sent while the outcomes of earlier ones are read.
//!
//! The latency of a block is from when it is handed over to when its last outcome is read, so what waits in the
//! sockets between is in it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, ensure};
use futures_util::stream::iter;
use reqwest::{Body, Response};
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::measure::Latencies;
use crate::runs::outcomes::Counts;
use crate::runs::plan::Plan;
use crate::runs::posting::{Left, Posted, take};
use crate::workload::json;
use crate::workload::transfers::{Seat, Transfer};

use super::Served;

/// What the line of a posted entry has and no other.
const POSTED: &[u8] = br#""status":"posted""#;

/// Posts all; `after` so many entries that are there.
pub async fn post_all(served: &Served, plan: &Plan, after: usize) -> anyhow::Result<Posted> {
    let left = Left::new(plan.size.entries.into());
    let (block, mut callers) = (plan.size.batch, JoinSet::new());
    let started = Instant::now();
    for number in (0..).take(plan.size.callers) {
        let (seat, left) = (Seat { number, after }, left.clone());
        let mut transfers = plan.transfers(seat);
        let blocks = std::iter::from_fn(move || {
            let some: Vec<Transfer> = transfers.by_ref().take(take(&left, block)).collect();
            (!some.is_empty()).then_some(some)
        });
        let sending = Sending::new(served, plan);
        callers.spawn(async move { anyhow::Ok((seat, sending.send(blocks).await?)) });
    }
    let mut all = Posted::default();
    while let Some(caller) = callers.join_next().await {
        let (seat, (counts, latencies)) = caller??;
        let by_seat = vec![(seat, counts.posted)];
        all.add_beside(Posted { counts, latencies, took: started.elapsed(), by_seat });
    }
    Ok(all)
}

/// Gives every account its first money, as [`crate::runs::posting::fund`] does.
pub async fn fund(served: &Served, plan: &Plan) -> anyhow::Result<usize> {
    let funding: Vec<Transfer> = plan.accounts.funding(Seat { number: u64::MAX, after: 0 }).collect();
    let blocks: Vec<Vec<Transfer>> = funding.chunks(plan.size.batch).map(<[Transfer]>::to_vec).collect();
    let (counts, _) = Sending::new(served, plan).send(blocks.into_iter()).await?;
    Ok(counts.posted)
}

/// Blocks under way: up to which line, and since when.
type UnderWay = Arc<Mutex<VecDeque<(usize, Instant)>>>;

struct Sending {
    url: String,
    token: String,
    plan: Plan,
}

#[derive(Deserialize)]
struct Last {
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    lines: usize,
    posted: usize,
    complete: bool,
}

impl Sending {
    fn new(served: &Served, plan: &Plan) -> Sending {
        let url = format!("http://{}/v1/entries", served.address);
        Sending { url, token: served.token.clone(), plan: plan.clone() }
    }

    /// Sends blocks as one stream, and reads every outcome.
    async fn send(
        self,
        blocks: impl Iterator<Item = Vec<Transfer>> + Send + 'static,
    ) -> anyhow::Result<(Counts, Latencies)> {
        let under_way = UnderWay::default();
        let (noted, accounts) = (under_way.clone(), self.plan.accounts.clone());
        let mut lines = 0;
        let pieces = blocks.map(move |block| {
            let mut text = Vec::with_capacity(256 * block.len());
            for transfer in &block {
                json::append(&mut text, transfer, &accounts);
                text.push(b'\n');
            }
            lines += block.len();
            noted.lock().unwrap_or_else(PoisonError::into_inner).push_back((lines, Instant::now()));
            Ok::<Vec<u8>, Infallible>(text)
        });
        let client = dianfu_tests::http_client();
        let request = client.post(&self.url).bearer_auth(&self.token).header("content-type", "application/x-ndjson");
        let response = request.body(Body::wrap_stream(iter(pieces))).send().await?;
        ensure!(response.status() == 200, "the stream is answered with {}", response.status());
        read(response, &under_way).await
    }
}

/// Reads outcomes, line by line, to the last, which must say the same.
async fn read(mut response: Response, under_way: &UnderWay) -> anyhow::Result<(Counts, Latencies)> {
    let (mut counts, mut latencies, mut rest) = (Counts::default(), Latencies::default(), Vec::new());
    let mut last: Option<Last> = None;
    while let Some(piece) = response.chunk().await? {
        rest.extend_from_slice(&piece);
        let end = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        for line in rest[..end].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if line.windows(POSTED.len()).any(|some| some == POSTED) {
                counts.posted += 1;
            } else {
                let text = || String::from_utf8_lossy(line).into_owned();
                last = Some(serde_json::from_slice(line).with_context(|| format!("not posted: {}", text()))?);
            }
        }
        rest.drain(..end);
        note_answered(under_way, counts.posted, &mut latencies);
    }
    let Last { summary } = last.context("the answer has no last line")?;
    ensure!(
        summary.complete && summary.posted == counts.posted && summary.lines == counts.posted,
        "{} outcomes, and the last line says {} of {}",
        counts.posted,
        summary.posted,
        summary.lines
    );
    Ok((counts, latencies))
}

fn note_answered(under_way: &UnderWay, answered: usize, latencies: &mut Latencies) {
    let mut under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
    while let Some((_, since)) = under_way.pop_front_if(|(up_to, _)| *up_to <= answered) {
        latencies.record(since.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_answered_with_its_last_line() {
        let under_way = UnderWay::default();
        let handed_over = Instant::now();
        under_way.lock().unwrap().extend([(10, handed_over), (20, handed_over)]);
        let mut latencies = Latencies::default();
        for (answered, left) in [(9, 2), (19, 1), (20, 0)] {
            note_answered(&under_way, answered, &mut latencies);
            assert_eq!(under_way.lock().unwrap().len(), left);
        }
        assert_eq!(latencies.count(), 2);
    }
}
