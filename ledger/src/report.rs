//! Reports of a ledger: what auditors and finance ask of the whole book.
//!
//! # What a report promises
//! Each takes a [`Moment`](crate::query::Moment): as of which effective date, and known at which time. Each answers
//! with the time it was known at, and asked again with it gives the same answer, whatever is booked, opened or moved
//! in the chart meanwhile. Only settled money counts. Amounts are `i128` minor units, a debit positive unless a field
//! says otherwise; sums are checked, and there is no rounding anywhere.
//!
//! # How
//! [`Scope`] resolves the moment once to a sequence ([`crate::query`] says why that is a snapshot); every statement of
//! a report reads up to it. The chart is that of the same time: accounts opened and parents recorded later do not
//! count.
//!
//! Reading order: [`scope`], [`chart`], [`roll_up`] (pure), [`tree`], [`statements`], [`general_ledger`],
//! [`roll_forward`], [`aging`], [`suspense`], [`manual`], [`cut_off`], [`integrity`], [`diff`],
//! [`parallel_run`] (pure); every statement stands in [`sql`].

pub mod aging;
pub mod chart;
pub mod cut_off;
pub mod diff;
mod error;
pub mod general_ledger;
pub mod integrity;
mod journal;
pub mod manual;
pub mod parallel_run;
mod place;
pub mod roll_forward;
pub mod roll_up;
pub mod scope;
pub mod sql;
pub mod statements;
pub mod suspense;
pub mod tree;

pub use error::ReportError;
pub use scope::{Period, Scope};

/// Adds; a sum beyond 128 bits is no sum of postings.
fn add(sum: &mut i128, more: i128) -> Result<(), ReportError> {
    *sum = sum.checked_add(more).ok_or(ReportError::TooLarge)?;
    Ok(())
}

/// Subtracts, with the same limit.
fn less(from: i128, what: i128) -> Result<i128, ReportError> {
    from.checked_sub(what).ok_or(ReportError::TooLarge)
}
