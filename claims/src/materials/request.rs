//! Asking for more: a reviewer or the insurer needs something again, or something that the rules do not ask for.

use deadpool_postgres::Client;
use jiff::Timestamp;
use jiff::civil::Date;

use super::kind::MaterialKind;
use super::refusal::{MaterialRefusal, in_range};
use crate::claim::ClaimNo;
use crate::error::Error;
use crate::sql;

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AskedBy {
    /// A reviewer of ours.
    Reviewer,
    /// The insurer.
    Insurer,
}

impl AskedBy {
    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            AskedBy::Reviewer => "reviewer",
            AskedBy::Insurer => "insurer",
        }
    }

    /// The inverse of [`AskedBy::word`].
    pub fn from_word(word: &str) -> Option<AskedBy> {
        [AskedBy::Reviewer, AskedBy::Insurer].into_iter().find(|asked_by| asked_by.word() == word)
    }
}

/// A request for more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MaterialRequest {
    /// For which claim.
    pub claim_no: ClaimNo,
    /// Who asks.
    pub asked_by: AskedBy,
    /// For what; only what is handed in from `asked_at` on answers it.
    pub kinds: Vec<MaterialKind>,
    /// Why, for the patient to read.
    pub reason: String,
    /// Until when.
    pub respond_by: Date,
    /// When.
    pub asked_at: Timestamp,
}

/// Puts a request on record, and answers its number. The same as the last one is that one, whenever it is asked again.
pub async fn ask(
    client: &mut Client,
    request: &MaterialRequest,
    actor: &str,
) -> Result<Result<i32, MaterialRefusal>, Error> {
    let actual = request.reason.trim().chars().count();
    if !(1..=500).contains(&actual) {
        return Ok(Err(MaterialRefusal::TextLength { field: "reason", min: 1, max: 500, actual }));
    }
    let kinds = i64::try_from(request.kinds.len()).unwrap_or(i64::MAX);
    if let Err(refusal) = in_range("kinds", kinds, 1, 12) {
        return Ok(Err(refusal));
    }
    let asked_at = dianfu_ledger::clock::as_kept(request.asked_at);
    let request = MaterialRequest { asked_at, ..request.clone() };
    let tx = client.transaction().await?;
    if !sql::documents::lock_claim(&tx, &request.claim_no).await? {
        return Ok(Err(MaterialRefusal::ClaimUnknown { claim_no: request.claim_no }));
    }
    let told = sql::materials::requests(&tx, &[request.claim_no.as_str()]).await?;
    let count = i32::try_from(told.len()).expect("nobody asks two billion times");
    let is_last = |last: &MaterialRequest| MaterialRequest { asked_at: last.asked_at, ..request.clone() } == *last;
    if told.last().is_some_and(is_last) {
        return Ok(Ok(count));
    }
    sql::materials::insert_request(&tx, (count + 1, &request), actor).await?;
    tx.commit().await?;
    Ok(Ok(count + 1))
}
