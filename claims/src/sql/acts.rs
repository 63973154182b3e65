//! Acts.

use deadpool_postgres::Client;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};

use crate::act::{Act, ActFilter, RecordedAct};
use crate::error::Error;

/// Adds acts, in their order.
pub async fn insert(tx: &Transaction<'_>, acts: &[Act]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO operator_act
            (acted_at, actor, what, subject_kind, subject_no, before, after, reason, request_id)
        SELECT acted_at, actor, what, subject_kind, subject_no, before, after, reason, request_id
        FROM unnest(
            $1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[], $8::text[],
            $9::text[]
        ) WITH ORDINALITY AS done (acted_at, actor, what, subject_kind, subject_no, before, after, reason, request_id,
                                   ordinal)
        ORDER BY ordinal";
    if acts.is_empty() {
        return Ok(());
    }
    let texts = |of: fn(&Act) -> &str| acts.iter().map(of).collect::<Vec<&str>>();
    let times: Vec<Timestamp> = acts.iter().map(|act| act.acted_at).collect();
    let (actors, names) = (texts(|act| &act.actor), texts(|act| act.what));
    let (kinds, numbers) = (texts(|act| act.subject_kind), texts(|act| &act.subject_no));
    let earlier: Vec<Option<&Value>> = acts.iter().map(|act| act.before.as_ref()).collect();
    let afters: Vec<Option<&Value>> = acts.iter().map(|act| act.after.as_ref()).collect();
    let reasons = texts(|act| &act.reason);
    let requests: Vec<Option<&str>> = acts.iter().map(|act| act.request_id.as_deref()).collect();
    let values: [&(dyn ToSql + Sync); 9] =
        [&times, &actors, &names, &kinds, &numbers, &earlier, &afters, &reasons, &requests];
    tx.execute(SQL, &values).await?;
    Ok(())
}

/// Acts before a number, newest first; each condition may be NULL.
pub async fn list(
    client: &Client,
    filter: &ActFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RecordedAct>, Error> {
    const SQL: &str = "
        SELECT act_no, acted_at, actor, what, subject_kind, subject_no, before, after, reason, request_id
        FROM operator_act
        WHERE act_no < COALESCE($1, 9223372036854775807)
          AND ($2::text IS NULL OR actor = $2)
          AND ($3::text IS NULL OR what = $3)
          AND ($4::text IS NULL OR subject_kind = $4)
          AND ($5::text IS NULL OR subject_no = $5)
          AND ($6::timestamptz IS NULL OR acted_at >= $6)
          AND ($7::timestamptz IS NULL OR acted_at < $7)
        ORDER BY act_no DESC
        LIMIT $8";
    let ActFilter { actor, what, subject_kind, subject_no, from, to } = filter;
    let values: [&(dyn ToSql + Sync); 8] = [&before, actor, what, subject_kind, subject_no, from, to, &limit];
    // Planned for what is asked each time: the conditions that are not there then cost nothing.
    Ok(client.query(SQL, &values).await?.iter().map(act).collect())
}

fn act(row: &Row) -> RecordedAct {
    RecordedAct {
        act_no: row.get("act_no"),
        acted_at: row.get("acted_at"),
        actor: row.get("actor"),
        what: row.get("what"),
        subject_kind: row.get("subject_kind"),
        subject_no: row.get("subject_no"),
        before: row.get("before"),
        after: row.get("after"),
        reason: row.get("reason"),
        request_id: row.get("request_id"),
    }
}
