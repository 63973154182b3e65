//! Tasks of those who review.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::claim::ClaimNo;
use crate::error::Error;
use crate::review_queue::moves::TaskMove;
use crate::review_queue::task::{Act, Done, Lease, NewTask, Task, TaskAct, TaskCount, TaskKey, TaskKind};
use crate::review_queue::{Filter, Place, Wanted};

use super::{corrupt, number};

/// The claims of these that have a first review which is done.
pub async fn claims_with_first_review(tx: &Transaction<'_>, claims: &[&str]) -> Result<HashSet<ClaimNo>, Error> {
    const SQL: &str = "
        SELECT DISTINCT claim_no
        FROM review_task
        WHERE claim_no = ANY ($1) AND kind = 'first' AND outcome <> 'lapsed'";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&claims]).await?;
    rows.iter().map(|row| number(ClaimNo::parse(row.get("claim_no")))).collect()
}

/// Adds tasks with their first acts. One that is open already stays as it is.
pub async fn insert(tx: &Transaction<'_>, tasks: &[&NewTask], actor: &str, now: Timestamp) -> Result<(), Error> {
    let statement = tx.prepare_cached(include_str!("insert_tasks.sql")).await?;
    let claims: Vec<&str> = tasks.iter().map(|task| task.claim_no.as_str()).collect();
    let kinds: Vec<&str> = tasks.iter().map(|task| task.kind.word()).collect();
    let insurers: Vec<&str> = tasks.iter().map(|task| task.insurer.as_str()).collect();
    let amounts: Vec<i64> = tasks.iter().map(|task| task.amount_minor).collect();
    let due: Vec<Timestamp> = tasks.iter().map(|task| task.due_at).collect();
    let values: [&(dyn ToSql + Sync); 7] = [&claims, &kinds, &insurers, &amounts, &due, &now, &actor];
    tx.execute(&statement, &values).await?;
    Ok(())
}

/// The open tasks of these claims.
pub async fn open_keys(tx: &Transaction<'_>, claims: &[&str]) -> Result<Vec<TaskKey>, Error> {
    const SQL: &str = "
        SELECT claim_no, kind, round_no
        FROM review_task
        WHERE claim_no = ANY ($1) AND done_at IS NULL";
    tx.query(&tx.prepare_cached(SQL).await?, &[&claims]).await?.iter().map(key_of).collect()
}

/// Every task that these claims have had, locked, by claim and in order.
pub async fn lock_of_claims(tx: &Transaction<'_>, claims: &[&str]) -> Result<HashMap<ClaimNo, Vec<Task>>, Error> {
    const SQL: &str = "
        SELECT *
        FROM review_task
        WHERE claim_no = ANY ($1)
        ORDER BY claim_no, kind, round_no
        FOR UPDATE";
    let mut tasks: HashMap<ClaimNo, Vec<Task>> = HashMap::new();
    for row in &tx.query(&tx.prepare_cached(SQL).await?, &[&claims]).await? {
        let task = task_of(row)?;
        tasks.entry(task.key.claim_no.clone()).or_default().push(task);
    }
    Ok(tasks)
}

/// Locks a task.
pub async fn lock(tx: &Transaction<'_>, key: &TaskKey) -> Result<Option<Task>, Error> {
    const SQL: &str = "
        SELECT *
        FROM review_task
        WHERE claim_no = $1 AND kind = $2 AND round_no = $3
        FOR UPDATE";
    let statement = tx.prepare_cached(SQL).await?;
    let row = tx.query_opt(&statement, &[&key.claim_no.as_str(), &key.kind.word(), &key.round_no]).await?;
    row.as_ref().map(task_of).transpose()
}

/// Locks the task that is due first of those that somebody may take. One that another is about to take is passed over,
/// so that nobody waits and nobody gets what somebody else gets.
pub async fn lock_next(
    tx: &Transaction<'_>,
    who: &str,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Option<Task>, Error> {
    const SQL: &str = "
        SELECT *
        FROM review_task
        WHERE done_at IS NULL
          AND kind = ANY ($1)
          AND ($2::text IS NULL OR insurer_no = $2)
          AND (taken_until IS NULL OR taken_until <= $3)
          AND (kind <> 'second' OR first_reviewer <> $4 AND intake_by <> $4)
        ORDER BY due_at, claim_no, kind, round_no
        LIMIT 1
        FOR UPDATE SKIP LOCKED";
    let kinds: Vec<&str> = wanted.kinds.iter().map(|kind| kind.word()).collect();
    let insurer = wanted.insurer.as_ref().map(PartyNo::as_str);
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&kinds, &insurer, &now, &who]).await?;
    row.as_ref().map(task_of).transpose()
}

/// Moves tasks that are locked, each at most once a call, and puts the acts on record.
pub async fn move_on(tx: &Transaction<'_>, moves: &[&TaskMove]) -> Result<(), Error> {
    let statement = tx.prepare_cached(include_str!("move_tasks.sql")).await?;
    let of_task = || moves.iter().map(|moved| &moved.task);
    let claims: Vec<&str> = of_task().map(|task| task.key.claim_no.as_str()).collect();
    let kinds: Vec<&str> = of_task().map(|task| task.key.kind.word()).collect();
    let rounds: Vec<i32> = of_task().map(|task| task.key.round_no).collect();
    let lease = || of_task().map(|task| task.lease.as_ref());
    let taken_by: Vec<Option<&str>> = lease().map(|lease| Some(lease?.by.as_str())).collect();
    let taken_at: Vec<Option<Timestamp>> = lease().map(|lease| Some(lease?.since)).collect();
    let taken_until: Vec<Option<Timestamp>> = lease().map(|lease| Some(lease?.until)).collect();
    let done = || of_task().map(|task| task.done.as_ref());
    let done_by: Vec<Option<&str>> = done().map(|done| Some(done?.by.as_str())).collect();
    let done_at: Vec<Option<Timestamp>> = done().map(|done| Some(done?.at)).collect();
    let outcomes: Vec<Option<&str>> = done().map(|done| Some(done?.outcome.as_str())).collect();
    let act = || moves.iter().map(|moved| &moved.act);
    let numbers: Vec<i32> = act().map(|act| act.act_no).collect();
    let acts: Vec<&str> = act().map(|act| act.act.word()).collect();
    let actors: Vec<&str> = act().map(|act| act.actor.as_str()).collect();
    let reasons: Vec<&str> = act().map(|act| act.reason.as_str()).collect();
    let times: Vec<Timestamp> = act().map(|act| act.acted_at).collect();
    let values: [&(dyn ToSql + Sync); 14] = [
        &claims,
        &kinds,
        &rounds,
        &taken_by,
        &taken_at,
        &taken_until,
        &done_by,
        &done_at,
        &outcomes,
        &numbers,
        &acts,
        &actors,
        &reasons,
        &times,
    ];
    tx.execute(&statement, &values).await?;
    Ok(())
}

/// Open tasks behind a place, those due first coming first.
pub async fn list(tx: &Transaction<'_>, filter: &Filter, after: Option<&Place>, most: i64) -> Result<Vec<Task>, Error> {
    const SQL: &str = "
        SELECT *
        FROM review_task
        WHERE done_at IS NULL
          AND (cardinality($1::text[]) = 0 OR kind = ANY ($1))
          AND ($2::text IS NULL OR insurer_no = $2)
          AND ($3::text IS NULL OR taken_by = $3)
          AND ($4::timestamptz IS NULL OR due_at < $4)
          AND ($5::timestamptz IS NULL OR (due_at, claim_no, kind, round_no) > ($5, $6, $7, $8))
        ORDER BY due_at, claim_no, kind, round_no
        LIMIT $9";
    let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.word()).collect();
    let values: [&(dyn ToSql + Sync); 9] = [
        &kinds,
        &filter.insurer.as_ref().map(PartyNo::as_str),
        &filter.taken_by,
        &filter.due_before,
        &after.map(|place| place.due_at),
        &after.map(|place| place.key.claim_no.as_str()),
        &after.map(|place| place.key.kind.word()),
        &after.map(|place| place.key.round_no),
        &most,
    ];
    tx.query(&tx.prepare_cached(SQL).await?, &values).await?.iter().map(task_of).collect()
}

/// How many tasks of each kind are open, in which condition and of which age.
pub async fn counts(tx: &Transaction<'_>, now: Timestamp) -> Result<Vec<TaskCount>, Error> {
    const SQL: &str = "
        SELECT kind,
               count(*) AS open,
               count(*) FILTER (WHERE taken_until > $1) AS taken,
               count(*) FILTER (WHERE due_at <= $1) AS overdue,
               count(*) FILTER (WHERE opened_at > $1 - interval '1 day') AS under_1,
               count(*) FILTER (WHERE opened_at > $1 - interval '3 days') AS under_3,
               count(*) FILTER (WHERE opened_at > $1 - interval '7 days') AS under_7,
               min(due_at) AS first_due_at
        FROM review_task
        WHERE done_at IS NULL
        GROUP BY kind
        ORDER BY kind";
    let count = |row: &Row| {
        let [open, under_1, under_3, under_7] =
            ["open", "under_1", "under_3", "under_7"].map(|column| row.get::<_, i64>(column));
        Ok(TaskCount {
            kind: kind_of(row)?,
            open,
            taken: row.get("taken"),
            overdue: row.get("overdue"),
            by_age: [under_1, under_3 - under_1, under_7 - under_3, open - under_7],
            first_due_at: row.get("first_due_at"),
        })
    };
    tx.query(&tx.prepare_cached(SQL).await?, &[&now]).await?.iter().map(count).collect()
}

/// The acts on a claim's tasks, in order.
pub async fn acts(tx: &Transaction<'_>, claim_no: &ClaimNo) -> Result<Vec<TaskAct>, Error> {
    const SQL: &str = "
        SELECT claim_no, kind, round_no, act_no, act, actor, reason, acted_at
        FROM review_task_act
        WHERE claim_no = $1
        ORDER BY acted_at, kind, round_no, act_no";
    let act = |row: &Row| {
        Ok(TaskAct {
            key: key_of(row)?,
            act_no: row.get("act_no"),
            act: Act::from_word(row.get("act")).ok_or_else(|| corrupt("review_task_act.act"))?,
            actor: row.get("actor"),
            reason: row.get("reason"),
            acted_at: row.get("acted_at"),
        })
    };
    tx.query(&tx.prepare_cached(SQL).await?, &[&claim_no.as_str()]).await?.iter().map(act).collect()
}

fn kind_of(row: &Row) -> Result<TaskKind, Error> {
    TaskKind::from_word(row.get("kind")).ok_or_else(|| corrupt("review_task.kind"))
}

fn key_of(row: &Row) -> Result<TaskKey, Error> {
    let claim_no = number(ClaimNo::parse(row.get("claim_no")))?;
    Ok(TaskKey { claim_no, kind: kind_of(row)?, round_no: row.get("round_no") })
}

fn task_of(row: &Row) -> Result<Task, Error> {
    let taken_by: Option<String> = row.get("taken_by");
    let done_by: Option<String> = row.get("done_by");
    Ok(Task {
        key: key_of(row)?,
        insurer: number(PartyNo::parse(row.get("insurer_no")))?,
        amount_minor: row.get("amount_minor"),
        opened_at: row.get("opened_at"),
        due_at: row.get("due_at"),
        intake_by: row.get("intake_by"),
        first_reviewer: row.get("first_reviewer"),
        lease: taken_by.map(|by| Lease { by, since: row.get("taken_at"), until: row.get("taken_until") }),
        done: done_by.map(|by| Done { by, at: row.get("done_at"), outcome: row.get("outcome") }),
        act_no: row.get("act_no"),
    })
}
