//! Insurers: who covers claims, on what terms, within which credit line, and whether at all.
//!
//! An insurer is registered, hands in its papers, and goes live when all are accepted and two people say so. What it
//! may be asked for at a moment is one value, its [`Standing`]. Everything about it is append-only: where it stands is
//! derived from what is on record, and what takes two people is a proposal that another person approves.
//!
//! Locks: who changes something of an insurer locks its row FOR UPDATE, who relies on it FOR SHARE, and the ledger's
//! head comes last. So a suspension waits for what has relied on the insurer before it, and counts for all after it.
//!
//! Modules in reading order. Pure: [`stage`], [`checklist`], [`terms`], [`bearer`], [`modules`], [`standing`]. Doing:
//! [`proposal`], [`suspension`], [`credit_line`], [`exposure`], [`prefund`], [`dispute`], [`statement`], [`onboard`],
//! [`view`].

pub mod refusal;

pub mod stage;
pub mod checklist;
pub mod bearer;
pub mod terms;
pub mod modules;
pub mod standing;

pub mod proposal;
pub mod suspension;
pub mod credit_line;
pub mod exposure;
pub mod prefund;
pub mod dispute;
pub mod statement;
pub mod onboard;
pub mod view;

use deadpool_postgres::Client;
use dianfu_ledger::money::Currency;
use dianfu_settlement::chart;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::registration::{RegistrationRefusal, in_range, open, same};
use crate::sql;

pub use refusal::InsurerRefusal;
pub use standing::{Need, NotPermitted, Standing, standings_in};

/// An insurer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Insurer {
    /// Its number: the party of its accounts.
    pub insurer_no: PartyNo,
    /// Its name.
    pub name: String,
    /// The currency of its claims.
    pub currency: Currency,
}

/// Registers an insurer, opens its accounts, and sets its credit line: the most that may be committed, advanced, due
/// and disputed at any moment together, from the start. It changes later by a proposal ([`proposal::Act::CreditLine`]).
/// Registered again, the line is not compared: it may have been changed since.
pub async fn register(
    client: &mut Client,
    insurer: &Insurer,
    credit_line_minor: i64,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    if let Err(refusal) = in_range("credit_line", credit_line_minor, 0, i64::MAX) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if !sql::insurers::insert(&tx, insurer, actor, now).await? {
        let first = sql::insurers::insurer(&tx, &insurer.insurer_no).await?;
        let first = first.ok_or_else(|| Error::Corrupt("insurer".to_owned()))?;
        return Ok(same("insurer", insurer.insurer_no.as_str(), &first, insurer));
    }
    let accounts = chart::insurer_accounts(&insurer.insurer_no, insurer.currency);
    if let Err(refusal) = open(&tx, &accounts, actor).await? {
        return Ok(Err(refusal));
    }
    credit_line::set_first(&tx, insurer, credit_line_minor, actor).await?;
    tx.commit().await?;
    Ok(Ok(()))
}
