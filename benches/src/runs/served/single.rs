//! A request an entry, over many connections that are kept.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::task::JoinSet;

use crate::measure::Latencies;
use crate::runs::outcomes::Counts;
use crate::runs::plan::Plan;
use crate::runs::posting::{Left, Posted, take};
use crate::workload::json;
use crate::workload::transfers::Seat;

use super::Served;
use super::connection::Connection;

/// Posts all; `after` so many entries that are there.
pub async fn post_all(served: &Served, plan: &Plan, after: usize) -> anyhow::Result<Posted> {
    let left = Left::new(plan.size.entries.into());
    let mut connections = Vec::new();
    for _ in 0..plan.size.callers {
        connections.push(Connection::to(served.address).await?);
    }
    let mut callers = JoinSet::new();
    let started = Instant::now();
    for (number, connection) in (0..).zip(connections) {
        let caller = Caller { plan: plan.clone(), left: left.clone(), seat: Seat { number, after } };
        callers.spawn(caller.post(connection, served.token.clone()));
    }
    let mut all = Posted::default();
    while let Some(caller) = callers.join_next().await {
        let mut posted = caller??;
        posted.took = started.elapsed();
        all.add_beside(posted);
    }
    Ok(all)
}

struct Caller {
    plan: Plan,
    left: Left,
    seat: Seat,
}

impl Caller {
    async fn post(self, mut connection: Connection, token: String) -> anyhow::Result<Posted> {
        let (mut request, mut body) = (Vec::new(), Vec::new());
        let (mut counts, mut latencies) = (Counts::default(), Latencies::default());
        let mut transfers = self.plan.transfers(self.seat);
        while take(&self.left, 1) > 0 {
            body.clear();
            json::append(&mut body, &transfers.transfer(), &self.plan.accounts);
            request.clear();
            write_request(&mut request, &token, &body);
            let asked = Instant::now();
            let answer = connection.ask(&request).await?;
            latencies.record(asked.elapsed());
            ensure!(answer.status == 201, "not posted: {} {}", answer.status, String::from_utf8_lossy(answer.body));
            counts.posted += 1;
        }
        Ok(Posted { counts, latencies, took: Duration::ZERO, by_seat: vec![(self.seat, counts.posted)] })
    }
}

fn write_request(request: &mut Vec<u8>, token: &str, body: &[u8]) {
    write!(
        request,
        "POST /v1/entries HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .expect("a vector takes everything");
    request.extend_from_slice(body);
}
