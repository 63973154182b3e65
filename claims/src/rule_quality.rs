//! How well an insurer's rules decide: what each version said, where people decided, and what the platform had to bear
//! because a rule was misapplied (5201).

use deadpool_postgres::Client;
use dianfu_settlement::number::PartyNo;

use crate::error::Error;
use crate::sql;

/// What became of the decisions of one version of rules. Amounts in minor units of the insurer's currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleQuality {
    /// The version.
    pub version: i32,
    /// Claims that it approved.
    pub approved: i64,
    /// Claims that it rejected.
    pub rejected: i64,
    /// Claims that it left to people.
    pub referred: i64,
    /// Claims that people decided under it.
    pub ruled: i64,
    /// Claims approved under it of whose shortfall the platform bears a part.
    pub borne_claims: i64,
    /// What the platform bears of them.
    pub borne_minor: i64,
}

/// The quality of each version of an insurer's rules, by version.
pub async fn rule_quality(client: &mut Client, insurer: &PartyNo) -> Result<Vec<RuleQuality>, Error> {
    let tx = client.transaction().await?;
    sql::rules::quality(&tx, insurer).await
}
