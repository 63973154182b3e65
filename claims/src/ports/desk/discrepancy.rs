//! What an insurer said that cannot be followed. It moves no money; somebody has to ask.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::sql;
use crate::claim::ClaimNo;
use crate::error::Error;

/// The longest page.
pub const PAGE_MAX: i64 = 1_000;

/// Why it cannot be followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Under this number it said something else before.
    Contradicts,
    /// The decision before it is not known yet; it waits for that one.
    OutOfOrder,
    /// It does not know a claim that was handed in.
    ClaimUnknown,
    /// The claim refuses it.
    NotApplicable,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::Contradicts, Kind::OutOfOrder, Kind::ClaimUnknown, Kind::NotApplicable];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Contradicts => "contradicts",
            Kind::OutOfOrder => "out_of_order",
            Kind::ClaimUnknown => "claim_unknown",
            Kind::NotApplicable => "not_applicable",
        }
    }

    /// The inverse of [`Kind::word`].
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A discrepancy that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// The claim.
    pub claim_no: ClaimNo,
    /// Why it cannot be followed.
    pub kind: Kind,
    /// What was to be expected.
    pub expected: Value,
    /// What was said.
    pub actual: Value,
    /// The call that brought it.
    pub exchange_no: i64,
}

impl Found {
    /// The same thing said again has the same digest.
    pub(super) fn digest(&self) -> [u8; 32] {
        let Found { kind, expected, actual, .. } = self;
        Sha256::digest(format!("{}\n{expected}\n{actual}", kind.word())).into()
    }
}

/// A discrepancy on record.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Discrepancy {
    /// Its number; later ones have higher ones.
    pub discrepancy_no: i64,
    /// The claim.
    pub claim_no: ClaimNo,
    /// Why it cannot be followed.
    pub kind: Kind,
    /// What was to be expected.
    pub expected: Value,
    /// What was said.
    pub actual: Value,
    /// The call that brought it.
    pub exchange_no: i64,
    /// When it was found.
    pub found_at: Timestamp,
}

/// The discrepancies of a claim, or of all claims, the youngest first: at most `limit` (1 to [`PAGE_MAX`]), those
/// before `before` if it is given. The last number of a page is the `before` of the next.
pub async fn discrepancies(
    client: &deadpool_postgres::Client,
    claim_no: Option<&ClaimNo>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Discrepancy>, Error> {
    sql::discrepancies(client, claim_no, before.unwrap_or(i64::MAX), limit.clamp(1, PAGE_MAX)).await
}
