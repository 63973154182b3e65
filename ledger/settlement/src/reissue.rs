//! A returned payout is issued again to the payee's corrected bank details: J8b. So is one that was issued again and
//! rejected.

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::{Ledger, clock};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::chart::RETURNED;
use crate::error::Error;
use crate::instruct::first_rejection;
use crate::journals::Journals;
use crate::number::PayoutId;
use crate::payout::{DatedFact, Fact, Payout, PayoutItem, PayoutState, permit, state};
use crate::record::RecordedFact;
use crate::refusal::Refusal;
use crate::{journal_map, sql};

/// An order to issue a returned payout again, by two people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reissue {
    /// The payout that came back, or was rejected when it was issued again.
    pub returned: PayoutId,
    /// Who proposes it.
    pub made_by: String,
    /// Who releases it.
    pub checked_by: String,
    /// When it counts.
    pub on: Date,
}

/// Issues a returned payout again and answers the new one; asked again, the same one again.
pub async fn reissue(
    ledger: &Ledger,
    client: &mut Client,
    order: &Reissue,
    now: Timestamp,
) -> Result<Result<Payout, Refusal>, Error> {
    if order.made_by == order.checked_by {
        return Ok(Err(Refusal::SamePerson { person: order.made_by.clone() }));
    }
    let tx = client.transaction().await?;
    let answer = reissue_in(ledger, &tx, order, now).await?;
    if answer.is_ok() {
        tx.commit().await?;
    }
    Ok(answer)
}

async fn reissue_in(
    ledger: &Ledger,
    tx: &Transaction<'_>,
    order: &Reissue,
    now: Timestamp,
) -> Result<Result<Payout, Refusal>, Error> {
    lock_head(tx).await?;
    let ids = [order.returned.clone(), next_id(&order.returned)];
    let mut payouts = sql::payouts(tx, &ids).await?;
    let facts = sql::facts(tx, &ids).await?;
    let (Some(returned), Some(facts)) = (payouts.remove(&ids[0]), facts.get(&ids[0])) else {
        return Ok(Err(Refusal::PayoutUnknown { payout_id: order.returned.clone() }));
    };
    if let Some(earlier) = payouts.remove(&ids[1]) {
        return Ok(Ok(earlier));
    }
    let facts: Vec<DatedFact> = facts.iter().map(|stored| stored.dated.clone()).collect();
    let told = Fact::Reissued { as_payout: ids[1].clone() };
    let stands = state(&facts);
    if let Err(refusal) = permit(&returned, &stands, &told) {
        return Ok(Err(refusal));
    }
    let version = sql::newest_account_version(tx, &returned.payee).await?;
    if version <= returned.payee_account_version {
        return Ok(Err(Refusal::DetailsUnchanged { payee: returned.payee, version }));
    }
    let now = clock::as_kept(now);
    let was_rejected = matches!(stands, PayoutState::Rejected(_));
    let again = issued_again(&returned, was_rejected, ids[1].clone(), version, now);
    let journals = Journals::in_force(tx, &journal_map::TEMPLATES).await?;
    let entry = match journal_map::fact(&journals, &again, &Fact::Instructed, order.on, &order.checked_by) {
        Ok(entry) => entry,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let told = RecordedFact {
        payout_id: &returned.payout_id,
        fact: &told,
        on: order.on,
        evidence_sha256: None,
        entry_id: None,
    };
    let first = RecordedFact::instructed(&again, order.on, entry.as_ref());
    sql::insert_payouts(tx, std::slice::from_ref(&again), &order.made_by, &order.checked_by).await?;
    sql::insert_facts(tx, &[told, first], &order.checked_by, now).await?;
    let entries: Vec<_> = entry.into_iter().collect();
    let outcomes = ledger.post_in(tx, &entries).await?;
    Ok(first_rejection(&outcomes).map_or(Ok(again), Err))
}

/// The new payout pays what stands on 2110 for the old one; its tax was withheld the first time.
fn issued_again(
    returned: &Payout,
    was_rejected: bool,
    payout_id: PayoutId,
    payee_account_version: i32,
    now: Timestamp,
) -> Payout {
    let amount_minor = returned.net_minor();
    let item = waiting_as(returned, was_rejected);
    Payout {
        payout_id,
        batch_no: None,
        reissue_of: Some(returned.payout_id.clone()),
        payee: returned.payee.clone(),
        payee_account_version,
        bank: returned.bank.clone(),
        currency: returned.currency,
        gross_minor: amount_minor,
        withheld_minor: 0,
        created_at: now,
        items: vec![PayoutItem { account: RETURNED.of_book(), item, amount_minor, advance_minor: 0 }],
    }
}

/// The item of 2110 that it waits under: its own after it came back, the one it was to pay if it never left.
fn waiting_as(payout: &Payout, was_rejected: bool) -> String {
    match payout.items.as_slice() {
        [item] if was_rejected => item.item.clone(),
        _ => payout.payout_id.to_string(),
    }
}

/// `B-1-0001` comes back as `B-1-0001-R1`, that one as `B-1-0001-R2`.
fn next_id(returned: &PayoutId) -> PayoutId {
    let text = returned.as_str();
    let counted = text.rsplit_once("-R").and_then(|(root, count)| Some((root, count.parse::<u32>().ok()?)));
    let (root, count) = counted.unwrap_or((text, 0));
    PayoutId::parse(&format!("{root}-R{}", count + 1)).expect("a batch's payout number leaves six characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reissue_counts_on() {
        let next = |text: &str| next_id(&PayoutId::parse(text).unwrap()).to_string();
        assert_eq!(next("B-1-0001"), "B-1-0001-R1");
        assert_eq!(next("B-1-0001-R1"), "B-1-0001-R2");
        assert_eq!(next("B-R1-0001"), "B-R1-0001-R1");
        assert_eq!(next(&format!("{}-9999-R9998", "B".repeat(24))).len(), 35);
    }
}
