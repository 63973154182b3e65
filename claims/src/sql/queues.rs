//! What waits: one condition a queue, over where claims stand and when their last event was.

use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use crate::error::Error;
use crate::queue::{Queue, QueueCount, Waiting};
use crate::search::Place;

use super::corrupt;
use super::search::listed;

/// The claims of a queue; `$1` is the time before which a last event is past due.
fn condition(queue: Queue) -> &'static str {
    match queue {
        Queue::MaterialsToCheck => "c.state = 'SUBMITTED'",
        Queue::ToReview => "c.state = 'PRE_REVIEW'",
        Queue::ToDispatch => "c.state IN ('PRE_APPROVED', 'ORDER_DECLINED', 'ORDER_TIMED_OUT')",
        Queue::OverdueAtInsurer => "c.state = 'INSURER_SUBMITTED' AND e.recorded_at < $1",
        Queue::ShortfallsToDecide => "c.shortfall_minor > 0",
    }
}

/// How much waits.
pub async fn count(client: &Client, queue: Queue, now: Timestamp) -> Result<QueueCount, Error> {
    let sql = format!(
        "
        SELECT count(*) AS waiting, count(*) FILTER (WHERE e.recorded_at < $1) AS overdue, min(e.recorded_at) AS oldest
        FROM claim c
        JOIN claim_event e USING (claim_no, event_no)
        WHERE {}",
        condition(queue)
    );
    let row = client.query_one(&client.prepare_cached(&sql).await?, &[&overdue_before(queue, now)?]).await?;
    Ok(QueueCount { queue, waiting: row.get("waiting"), overdue: row.get("overdue"), oldest: row.get("oldest") })
}

/// What waits, the longest waiting first, after a place.
pub async fn waiting(
    client: &Client,
    queue: Queue,
    now: Timestamp,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Waiting>, Error> {
    let sql = format!(
        "
        SELECT c.*, e.recorded_at AS since
        FROM claim c
        JOIN claim_event e USING (claim_no, event_no)
        WHERE {}
          AND $1::timestamptz IS NOT NULL
          AND ($2::timestamptz IS NULL OR (e.recorded_at, c.claim_no) > ($2, $3))
        ORDER BY e.recorded_at, c.claim_no
        LIMIT $4",
        condition(queue)
    );
    let since = after.map(|place| place.taken_in_at);
    let claim_no = after.map(|place| place.claim_no.as_str());
    let overdue_before = overdue_before(queue, now)?;
    let values: [&(dyn ToSql + Sync); 4] = [&overdue_before, &since, &claim_no, &limit];
    let rows = client.query(&client.prepare_cached(&sql).await?, &values).await?;
    let waiting = rows.iter().map(|row| {
        let since: Timestamp = row.get("since");
        let due_at = since.checked_add(queue.target()).map_err(|_| corrupt("claim_event.recorded_at"))?;
        Ok(Waiting { claim: listed(row)?, since, due_at })
    });
    waiting.collect()
}

/// Last events before this time are past due.
fn overdue_before(queue: Queue, now: Timestamp) -> Result<Timestamp, Error> {
    now.checked_sub(queue.target()).map_err(|_| Error::Corrupt(format!("{now} is no time of a queue")))
}
