//! Entries one a line: posted as they come, each told apart by its line.

use bytes::BytesMut;
use dianfu_api::Limits;
use dianfu_api::routes::entries::batch;
use dianfu_api::routes::entries::chunk::Chunk;
use dianfu_api::routes::entries::item::Item;
use dianfu_api::routes::entries::lines::Lines;

use crate::cli::desk::Desk;
use crate::cli::ending::Answer;
use crate::cli::input::Input;
use crate::cli::outcomes::{Outcomes, Shape};
use crate::cli::print::Output;

/// Posts the lines of `head` and of everything behind it. Memory is bounded by one chunk and one line.
pub async fn post(desk: &Desk, mut input: Input, head: BytesMut, output: &Output) -> anyhow::Result<Answer> {
    let mut lines = Lines::new(Limits::default().body_bytes);
    let mut chunk = Chunk::new(Desk::poster());
    let mut outcomes = Outcomes::new(output.format, Shape::Lines);
    let mut piece = Some(head.freeze());
    while let Some(bytes) = piece {
        lines.push(&bytes);
        while let Some((number, line)) = lines.next_line() {
            chunk.push(number, &line);
            if chunk.is_full() {
                settle(desk, chunk.take_closed(), &mut outcomes).await?;
            }
        }
        if input.is_idle() && chunk.has_closed() {
            settle(desk, chunk.take_closed(), &mut outcomes).await?;
        }
        piece = input.next().await?;
    }
    if let Some((number, line)) = lines.last() {
        chunk.push(number, &line);
    }
    settle(desk, chunk.take_all(), &mut outcomes).await?;
    outcomes.summary.lines = lines.count();
    outcomes.summary.complete = true;
    outcomes.finish()
}

async fn settle(desk: &Desk, items: Vec<Item>, outcomes: &mut Outcomes) -> anyhow::Result<()> {
    let posted = batch::post(desk.ledger().await?, &Desk::actor(), items).await;
    outcomes.add(posted.outcomes)?;
    match posted.error {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}
