//! The integrity proof: what the journal is at a time, in figures.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::report::integrity::{CurrencyTotal, IntegrityProof};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::sheet::{Listed, listed};

/// The journal at a moment, in figures that anybody can keep and compare.
#[derive(Serialize, ToSchema)]
#[schema(as = Integrity)]
pub struct IntegrityBody {
    /// Whether nothing is broken, missing, or out of balance.
    holds: bool,
    /// The last entry; 0 if there is none.
    sequence: i64,
    /// The last commit; 0 if there is none.
    commit_no: i64,
    /// Its hash, which stands for everything up to it.
    hash: String,
    /// Entries; as many as the sequence says, if there is no gap.
    entries: i64,
    /// Entries that are missing up to the last.
    missing_entries: i64,
    /// Commits that are not what they say, or not linked to the one before.
    broken_commits: i64,
    /// The last effective date that the totals count; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// One a currency and layer.
    totals: Vec<CurrencyTotalBody>,
}

listed!(IntegrityBody, totals: CurrencyTotalBody; wrong |body| {
    (!body.holds).then_some("the journal is not whole: `dianfu verify` names the first row that is wrong")
});

/// Debits and credits of one currency and layer.
#[derive(Serialize, ToSchema)]
#[schema(as = IntegrityTotal)]
pub struct CurrencyTotalBody {
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// `settled` or `pending`.
    layer: &'static str,
    /// How many postings.
    postings: i64,
    debits: String,
    credits: String,
}

impl From<IntegrityProof> for IntegrityBody {
    fn from(proof: IntegrityProof) -> IntegrityBody {
        IntegrityBody {
            holds: proof.holds(),
            sequence: proof.sequence,
            commit_no: proof.commit_no,
            entries: proof.entries,
            missing_entries: proof.missing_entries,
            broken_commits: proof.broken_commits,
            as_of: proof.as_of,
            known_at: proof.known_at,
            totals: proof.totals.iter().map(CurrencyTotalBody::from).collect(),
            hash: proof.hash,
        }
    }
}

impl From<&CurrencyTotal> for CurrencyTotalBody {
    fn from(total: &CurrencyTotal) -> CurrencyTotalBody {
        CurrencyTotalBody {
            currency: total.currency,
            layer: total.layer.word(),
            postings: total.postings,
            debits: decimal_text(total.debits_minor, total.currency),
            credits: decimal_text(total.credits_minor, total.currency),
        }
    }
}
