//! What an insurer's standing is made of: steps, switches, terms.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;
use crate::insurer::modules::{Module, NewSwitch, Switch};
use crate::insurer::stage::{Stage, StageAct, StageStep};
use crate::insurer::terms::{ContractTerms, TermsVersion};
use crate::sql::{corrupt, number};

/// Who takes a step, and by which proposal.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The approved proposal, where it took two people.
    pub proposal_no: Option<i32>,
    /// Who takes it.
    pub actor: &'a str,
}

/// All steps of these insurers, in order.
pub async fn steps(tx: &Transaction<'_>, insurers: &[&str]) -> Result<HashMap<PartyNo, Vec<StageStep>>, Error> {
    const SQL: &str = "
        SELECT insurer_no, step_no, act, to_stage, proposal_no, reason, actor, recorded_at
        FROM insurer_stage_step
        WHERE insurer_no = ANY ($1)
        ORDER BY insurer_no, step_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurers]).await?;
    by_insurer(&rows, |row| {
        Ok(StageStep {
            step_no: row.get("step_no"),
            act: StageAct::from_word(row.get("act")).ok_or_else(|| corrupt("insurer_stage_step.act"))?,
            to: Stage::from_word(row.get("to_stage")).ok_or_else(|| corrupt("insurer_stage_step.to_stage"))?,
            proposal_no: row.get("proposal_no"),
            reason: row.get("reason"),
            actor: row.get("actor"),
            recorded_at: row.get("recorded_at"),
        })
    })
}

/// Adds the next step of an insurer, from where its last one led to. The database refuses one that is not legal.
pub async fn insert_step(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    act: StageAct,
    (reason, by): (&str, By<'_>),
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO insurer_stage_step
            (insurer_no, step_no, act, from_stage, to_stage, proposal_no, reason, actor, recorded_at)
        SELECT $1, COALESCE(last.step_no, 0) + 1, $2, COALESCE(last.to_stage, 'ONBOARDING'), $3, $4, $5, $6, $7
        FROM (SELECT) AS always
        LEFT JOIN (
            SELECT step_no, to_stage
            FROM insurer_stage_step
            WHERE insurer_no = $1
            ORDER BY step_no DESC
            LIMIT 1
        ) last ON true";
    let to = match act {
        StageAct::GoLive | StageAct::Lift => Stage::Live,
        StageAct::Suspend => Stage::Suspended,
        StageAct::Close => Stage::Closed,
    };
    let (number, act, to) = (insurer.as_str(), act.word(), to.word());
    let values: [&(dyn ToSql + Sync); 7] = [&number, &act, &to, &by.proposal_no, &reason, &by.actor, &now];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// All switches of these insurers, in order.
pub async fn switches(tx: &Transaction<'_>, insurers: &[&str]) -> Result<HashMap<PartyNo, Vec<Switch>>, Error> {
    const SQL: &str = "
        SELECT insurer_no, switch_no, module, is_on, from_at, reason, actor
        FROM insurer_switch
        WHERE insurer_no = ANY ($1)
        ORDER BY insurer_no, switch_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurers]).await?;
    by_insurer(&rows, |row| {
        Ok(Switch {
            switch_no: row.get("switch_no"),
            module: Module::from_word(row.get("module")).ok_or_else(|| corrupt("insurer_switch.module"))?,
            is_on: row.get("is_on"),
            from_at: row.get("from_at"),
            reason: row.get("reason"),
            actor: row.get("actor"),
        })
    })
}

/// Adds switches of an insurer behind those it has; its row is locked.
pub async fn insert_switches(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    switches: &[NewSwitch],
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO insurer_switch (insurer_no, switch_no, module, is_on, from_at, reason, actor, recorded_at)
        SELECT $1, last.switch_no + made.place::integer, made.module, made.is_on, made.from_at, made.reason, $6, $7
        FROM (
            SELECT COALESCE(max(switch_no), 0) AS switch_no
            FROM insurer_switch
            WHERE insurer_no = $1
        ) last
        CROSS JOIN unnest($2::text[], $3::boolean[], $4::timestamptz[], $5::text[])
            WITH ORDINALITY AS made (module, is_on, from_at, reason, place)";
    let modules: Vec<&str> = switches.iter().map(|switch| switch.module.word()).collect();
    let are_on: Vec<bool> = switches.iter().map(|switch| switch.is_on).collect();
    let from: Vec<Timestamp> = switches.iter().map(|switch| switch.from_at).collect();
    let reasons: Vec<&str> = switches.iter().map(|switch| switch.reason.as_str()).collect();
    let values: [&(dyn ToSql + Sync); 7] = [&insurer.as_str(), &modules, &are_on, &from, &reasons, &actor, &now];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// All versions of these insurers' terms, in order.
pub async fn terms(tx: &Transaction<'_>, insurers: &[&str]) -> Result<HashMap<PartyNo, Vec<TermsVersion>>, Error> {
    const SQL: &str = "
        SELECT insurer_no, version, effective_from, terms, proposal_no
        FROM insurer_terms
        WHERE insurer_no = ANY ($1)
        ORDER BY insurer_no, version";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurers]).await?;
    by_insurer(&rows, |row| {
        Ok(TermsVersion {
            version: row.get("version"),
            effective_from: row.get("effective_from"),
            terms: serde_json::from_value(row.get("terms")).map_err(|_| corrupt("insurer_terms.terms"))?,
            proposal_no: row.get("proposal_no"),
        })
    })
}

/// Adds the next version of an insurer's terms; its row is locked.
pub async fn insert_terms(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    effective_from: Date,
    terms: &ContractTerms,
    proposal_no: i32,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO insurer_terms (insurer_no, version, effective_from, terms, proposal_no, recorded_at)
        SELECT $1, COALESCE(max(version), 0) + 1, $2, $3, $4, $5
        FROM insurer_terms
        WHERE insurer_no = $1";
    let terms = serde_json::to_value(terms).map_err(|error| Error::Corrupt(error.to_string()))?;
    let values: [&(dyn ToSql + Sync); 5] = [&insurer.as_str(), &effective_from, &terms, &proposal_no, &now];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

fn by_insurer<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, Error>) -> Result<HashMap<PartyNo, Vec<T>>, Error> {
    let mut found: HashMap<PartyNo, Vec<T>> = HashMap::new();
    for row in rows {
        let insurer = number(PartyNo::parse(row.get("insurer_no")))?;
        found.entry(insurer).or_default().push(read(row)?);
    }
    Ok(found)
}
