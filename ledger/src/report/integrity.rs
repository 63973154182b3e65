//! The integrity proof: what the journal is at a time, in figures that anybody can keep and compare.
//!
//! The hash of the last commit stands for every entry up to it; whoever keeps it can show later that nothing was
//! changed behind it. The proof re-derives the chain of the commits from their rows, counts entries for gaps, and sums
//! debits and credits. That each commit's root is that of its entries is what [`crate::verify`] recomputes; this does
//! not.
//!
//! Costs one pass over commits, entries and postings.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};

use crate::entry::Layer;
use crate::money::Currency;
use crate::query::{Moment, row};

use super::{ReportError, Scope, sql};

/// Debits and credits of one currency and layer. Minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CurrencyTotal {
    /// The currency.
    pub currency: Currency,
    /// Settled or pending.
    pub layer: Layer,
    /// How many postings.
    pub postings: i64,
    /// Sum of debits.
    pub debits_minor: i128,
    /// Sum of credits, as a positive number.
    pub credits_minor: i128,
}

/// The journal at a moment, in figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntegrityProof {
    /// The last entry; 0 if there is none.
    pub sequence: i64,
    /// The last commit; 0 if there is none.
    pub commit_no: i64,
    /// Its hash in hexadecimal; zeros if there is none.
    pub hash: String,
    /// Commits that are not what they say, or not linked to the one before: none.
    pub broken_commits: i64,
    /// Entries; as many as the sequence says, if there is no gap.
    pub entries: i64,
    /// Entries that are missing up to the last: none.
    pub missing_entries: i64,
    /// By currency and layer; postings dated up to `as_of`.
    pub totals: Vec<CurrencyTotal>,
    /// The last effective date that the totals count.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

impl IntegrityProof {
    /// Whether nothing is broken, missing, or out of balance.
    pub fn holds(&self) -> bool {
        let balanced = |total: &CurrencyTotal| total.debits_minor == total.credits_minor;
        self.broken_commits == 0 && self.missing_entries == 0 && self.totals.iter().all(balanced)
    }
}

/// The proof at a moment.
pub async fn integrity(client: &impl GenericClient, moment: Moment) -> Result<IntegrityProof, ReportError> {
    let scope = Scope::resolve(client, moment).await?;
    let chain = client.query_one(sql::CHAIN, &[&scope.sequence]).await?;
    let counted = client.query_one(sql::ENTRY_COUNT, &[&scope.sequence]).await?;
    let totals = client.query(sql::CURRENCY_TOTALS, &[&scope.sequence, &scope.as_of]).await?;
    let entries: i64 = counted.try_get("entries")?;
    let hash: Option<String> = chain.try_get("hash")?;
    Ok(IntegrityProof {
        sequence: scope.sequence,
        commit_no: chain.try_get("commits")?,
        hash: hash.unwrap_or_else(|| "0".repeat(64)),
        broken_commits: chain.try_get("broken")?,
        entries,
        missing_entries: scope.sequence.saturating_sub(entries),
        totals: totals.iter().map(total).collect::<Result<_, _>>()?,
        as_of: scope.as_of,
        known_at: scope.known_at,
    })
}

fn total(row: &Row) -> Result<CurrencyTotal, ReportError> {
    Ok(CurrencyTotal {
        currency: row::currency(row)?,
        layer: row::layer(row)?,
        postings: row.try_get("postings")?,
        debits_minor: row::sum(row, "debits")?,
        credits_minor: row::sum(row, "credits")?,
    })
}
