//! An insurer's credit line: a limit group of the ledger over what is committed, advanced, due and disputed.
//!
//! The ledger refuses the entry that would pass it by one minor unit, under any concurrency, and keeps who changed it
//! and why. Lowering it below what is used stops new use and breaks nothing.

use deadpool_postgres::Transaction;
use dianfu_ledger::limit_group::{self, GroupFault, GroupOutcome};
use dianfu_ledger::money::Money;
use dianfu_ledger::register::Signature;
use dianfu_settlement::chart;

use crate::error::Error;
use crate::sql;

use super::Insurer;
use super::refusal::InsurerRefusal;

/// Sets the line that an insurer is registered with.
pub(super) async fn set_first(
    tx: &Transaction<'_>,
    insurer: &Insurer,
    max_minor: i64,
    actor: &str,
) -> Result<(), Error> {
    let outcome = write(tx, insurer, max_minor, Signature::of(actor, "registered")).await?;
    outcome.map_err(|fault| Error::Corrupt(format!("a credit line cannot be set: {fault}")))
}

/// Sets another line, agreed on by two people; call it last, it takes the head.
pub(super) async fn set(
    tx: &Transaction<'_>,
    insurer: &Insurer,
    max_minor: i64,
    (proposed_by, actor): (Option<&str>, &str),
    reason: &str,
) -> Result<Result<(), InsurerRefusal>, Error> {
    let outcome = write(tx, insurer, max_minor, Signature { proposed_by, actor, reason }).await?;
    Ok(outcome.map_err(InsurerRefusal::CreditLine))
}

async fn write(
    tx: &Transaction<'_>,
    insurer: &Insurer,
    max_minor: i64,
    signature: Signature<'_>,
) -> Result<Result<(), GroupFault>, Error> {
    let name = chart::credit_line_name(&insurer.insurer_no);
    let group = chart::credit_line(&insurer.insurer_no, insurer.currency, max_minor);
    Ok(match limit_group::set(tx, &name, &group, signature).await? {
        GroupOutcome::Changed | GroupOutcome::Unchanged => Ok(()),
        GroupOutcome::Refused(fault) => Err(fault),
    })
}

/// Refuses while something stands or is held on one of the insurer's accounts with open money: before it is closed.
pub(super) async fn check_nothing_open(
    tx: &Transaction<'_>,
    insurer: &Insurer,
) -> Result<Result<(), InsurerRefusal>, Error> {
    let lines = [
        chart::ADVANCED,
        chart::DUE,
        chart::PASS_THROUGH,
        chart::SHORTFALL,
        chart::UNAPPLIED,
        chart::INSURER_PAYABLE,
        chart::PREFUND,
    ];
    let accounts: Vec<_> = lines.iter().map(|line| line.of(&insurer.insurer_no)).collect();
    let balances = sql::insurers::exposure::balances(&**tx, &accounts).await?;
    let open = balances.iter().find(|balance| balance.settled_minor != 0 || balance.held_minor != 0);
    Ok(open.map_or(Ok(()), |balance| {
        let minor = if balance.settled_minor == 0 { balance.held_minor } else { balance.settled_minor };
        let open = Money::new(minor, insurer.currency);
        Err(InsurerRefusal::BalanceOpen { account: balance.account.to_string(), open })
    }))
}
