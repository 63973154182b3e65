//! Rules for materials, and requests for more.

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::claim::{ClaimNo, DrugCode};
use crate::error::Error;
use crate::materials::{AskedBy, MaterialKind, MaterialRequest, MaterialRules, Phase, Scope};

use super::{corrupt, number};

/// What stands for every insurer or drug.
const ANY: &str = "*";

/// Adds a version of rules. Answers whether it is new.
pub async fn insert_rules(
    tx: &Transaction<'_>,
    rules: &MaterialRules,
    (made_by, checked_by): (&str, &str),
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO material_rules
            (insurer_no, drug_code, phase, version, effective_from, requirements, made_by, checked_by, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT ON CONSTRAINT material_rules_pkey DO NOTHING";
    let MaterialRules { scope, version, effective_from, requirements } = rules;
    let requirements = serde_json::to_value(requirements).map_err(|error| Error::Corrupt(error.to_string()))?;
    let (insurer, drug, phase) = words(scope);
    let values: [&(dyn ToSql + Sync); 9] =
        [&insurer, &drug, &phase, version, effective_from, &requirements, &made_by, &checked_by, &now];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await? == 1)
}

/// A version of a scope's rules.
pub async fn rules(tx: &Transaction<'_>, scope: &Scope, version: i32) -> Result<Option<MaterialRules>, Error> {
    const SQL: &str = "
        SELECT insurer_no, drug_code, phase, version, effective_from, requirements
        FROM material_rules
        WHERE insurer_no = $1 AND drug_code = $2 AND phase = $3 AND version = $4";
    let (insurer, drug, phase) = words(scope);
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer, &drug, &phase, &version]).await?;
    row.as_ref().map(known).transpose()
}

/// The last version of a scope's rules.
pub async fn last_version(tx: &Transaction<'_>, scope: &Scope) -> Result<Option<MaterialRules>, Error> {
    const SQL: &str = "
        SELECT insurer_no, drug_code, phase, version, effective_from, requirements
        FROM material_rules
        WHERE insurer_no = $1 AND drug_code = $2 AND phase = $3
        ORDER BY version DESC
        LIMIT 1";
    let (insurer, drug, phase) = words(scope);
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer, &drug, &phase]).await?;
    row.as_ref().map(known).transpose()
}

/// Of every scope that these insurers and drugs may fall in, the version in force on a day.
pub async fn rules_in_force(
    tx: &Transaction<'_>,
    insurers: &[&str],
    drugs: &[&str],
    on: Date,
) -> Result<Vec<MaterialRules>, Error> {
    const SQL: &str = "
        SELECT DISTINCT ON (insurer_no, drug_code, phase)
               insurer_no, drug_code, phase, version, effective_from, requirements
        FROM material_rules
        WHERE (insurer_no = ANY ($1) OR insurer_no = $3)
          AND (drug_code = ANY ($2) OR drug_code = $3)
          AND effective_from <= $4
        ORDER BY insurer_no, drug_code, phase, version DESC";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurers, &drugs, &ANY, &on]).await?;
    rows.iter().map(known).collect()
}

/// Adds a request under its number.
pub async fn insert_request(
    tx: &Transaction<'_>,
    (request_no, request): (i32, &MaterialRequest),
    actor: &str,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO material_request
            (claim_no, request_no, asked_by, kinds, reason, respond_by, asked_at, actor)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let MaterialRequest { claim_no, asked_by, kinds, reason, respond_by, asked_at } = request;
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
    let values: [&(dyn ToSql + Sync); 8] =
        [&claim_no.as_str(), &request_no, &asked_by.word(), &kinds, reason, respond_by, asked_at, &actor];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Every request for more of these claims, by claim, in the order asked.
pub async fn requests(tx: &Transaction<'_>, claims: &[&str]) -> Result<Vec<MaterialRequest>, Error> {
    const SQL: &str = "
        SELECT claim_no, asked_by, kinds, reason, respond_by, asked_at
        FROM material_request
        WHERE claim_no = ANY ($1)
        ORDER BY claim_no, request_no";
    let known = |row: &Row| {
        let kinds = row.get::<_, Vec<&str>>("kinds").into_iter().map(MaterialKind::from_word);
        Ok(MaterialRequest {
            claim_no: number(ClaimNo::parse(row.get("claim_no")))?,
            asked_by: AskedBy::from_word(row.get("asked_by")).ok_or_else(|| corrupt("material_request.asked_by"))?,
            kinds: kinds.collect::<Option<_>>().ok_or_else(|| corrupt("material_request.kinds"))?,
            reason: row.get("reason"),
            respond_by: row.get("respond_by"),
            asked_at: row.get("asked_at"),
        })
    };
    tx.query(&tx.prepare_cached(SQL).await?, &[&claims]).await?.iter().map(known).collect()
}

fn words(scope: &Scope) -> (&str, &str, &'static str) {
    let insurer = scope.insurer.as_ref().map_or(ANY, PartyNo::as_str);
    (insurer, scope.drug.as_ref().map_or(ANY, DrugCode::as_str), scope.phase.word())
}

fn known(row: &Row) -> Result<MaterialRules, Error> {
    let [insurer, drug] = ["insurer_no", "drug_code"].map(|column| Some(row.get(column)).filter(|text| *text != ANY));
    let scope = Scope {
        insurer: insurer.map(|text| number(PartyNo::parse(text))).transpose()?,
        drug: drug.map(|text| number(DrugCode::parse(text))).transpose()?,
        phase: Phase::from_word(row.get("phase")).ok_or_else(|| corrupt("material_rules.phase"))?,
    };
    let requirements = serde_json::from_value(row.get("requirements"));
    Ok(MaterialRules {
        scope,
        version: row.get("version"),
        effective_from: row.get("effective_from"),
        requirements: requirements.map_err(|_| corrupt("material_rules.requirements"))?,
    })
}
