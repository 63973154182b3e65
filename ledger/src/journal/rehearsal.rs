//! What would become of entries that are posted one batch after the other, without posting any.
//!
//! The turn's own rules on the turn's own state, which is thrown away at the end; accounts that are yet to be opened
//! count as open. Takes no lock: what others post meanwhile is seen when an account or an entry is first read, or not
//! at all, so that the last word is the posting's. Memory grows with the accounts touched and with the entries of which
//! the caller says that later ones take from them.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;
use uuid::Uuid;

use crate::account::{Account, AccountCode, AccountNo, AccountSetting, NewAccount};
use crate::balance::Balance;
use crate::clock;
use crate::decide::{Accepted, Decided, HoldGroup, Journaled, Outcome, StoredEntry, StoredLeg, decide};
use crate::entry::{EntryKind, NewEntry};
use crate::error::Error;
use crate::opening::{self, AccountOutcome};
use crate::template_register::TemplateNo;

use super::reading::{Asked, load_accounts, load_accounts_of, look_up};
use super::sql;
use super::state::{KnownAccount, State};

/// Those of these accounts that are open in the book.
pub async fn open_among(
    client: &mut Client,
    codes: impl Iterator<Item = &AccountCode>,
) -> Result<HashSet<AccountCode>, Error> {
    let codes: Vec<String> = codes.map(|code| code.as_str().to_owned()).collect();
    let tx = client.build_transaction().read_only(true).start().await?;
    let open = sql::open_accounts_among(&tx, &codes).await?;
    tx.rollback().await?;
    Ok(open.into_iter().collect())
}

/// A book as it would be after the batches so far.
pub struct Rehearsal<S> {
    state: State,
    taken: HashSet<Uuid, S>,
    kept: Kept,
}

impl<S: BuildHasher> Rehearsal<S> {
    /// Begins with the book as it is, and with accounts that are to be opened; answers what would become of those.
    /// `taken`: the ids of the entries, and groups of holds, that entries of later batches take from.
    pub async fn start(
        client: &mut Client,
        accounts: &[NewAccount],
        taken: HashSet<Uuid, S>,
    ) -> Result<(Rehearsal<S>, Vec<AccountOutcome>), Error> {
        let tx = client.build_transaction().start().await?;
        let head = sql::lock_head(&tx).await?;
        let mut state = State::default();
        state.sequence = head.sequence;
        state.closed.soft_through = head.soft_closed_through;
        state.closed.hard_through = head.hard_closed_through;
        let codes: Vec<String> = accounts.iter().map(|account| account.code.as_str().to_owned()).collect();
        let known = sql::accounts(&tx, &codes).await?;
        state.set_templates(sql::templates_in_force(&tx).await?);
        tx.rollback().await?;
        let known: HashMap<AccountCode, Account> =
            known.into_iter().map(|known| (known.account.code.clone(), known.account)).collect();
        let mut outcomes = Vec::with_capacity(accounts.len());
        // Numbers that no account of the book has.
        for (account, no) in accounts.iter().zip((AccountNo::MIN..0).cycle()) {
            outcomes.push(match (known.get(&account.code), account.check()) {
                (Some(there), _) => opening::compare(&opening::identity(there), account, there.no),
                (None, Err(fault)) => AccountOutcome::Refused(fault),
                (None, Ok(())) => AccountOutcome::Opened(no),
            });
            if !known.contains_key(&account.code) && state.slot(&account.code).is_none() {
                state.insert(as_opened(account, no));
            }
        }
        Ok((Rehearsal { state, taken, kept: Kept::default() }, outcomes))
    }

    /// From the next batch on, a version of a template is in force in the place of another: one that is yet to be
    /// recorded, under a number that no version has.
    pub fn replace_template(&mut self, before: Option<TemplateNo>, now: Option<TemplateNo>) {
        self.state.replace_template(before, now);
    }

    /// Decides the next batch. Holds whose time is over are decided, and left in `entries`, without it: the answer says
    /// which these are. So are holds that are in the book without it.
    pub async fn next(
        &mut self,
        client: &mut Client,
        entries: &mut [NewEntry],
    ) -> Result<(Vec<Outcome>, Vec<usize>), Error> {
        let tx = client.build_transaction().read_only(true).start().await?;
        let booked_at = sql::clock(&tx).await?;
        let mut journaled = self.look_up(&tx, entries).await?;
        let timeless = without_past_times(entries, &journaled, booked_at);
        let codes = entries.iter().flat_map(|entry| entry.postings.iter().map(|posting| &posting.account));
        load_accounts(&tx, &mut self.state, codes).await?;
        self.kept.add_to(&mut journaled, entries);
        load_accounts_of(&tx, &mut self.state, &journaled).await?;
        tx.rollback().await?;
        let decided = decide(&self.state, &journaled, &[entries], booked_at);
        self.kept.keep(&decided, &self.state, &self.taken);
        let (after, outcomes) = (decided.after, decided.outcomes);
        let posted = decided.entries.len();
        for (slot, balance) in after {
            self.state.set_balance(slot, balance);
        }
        self.state.sequence += i64::try_from(posted).expect("a batch fits in memory");
        Ok((outcomes, timeless))
    }

    /// What the book has of the entries, of what they take from, and of what the entries kept so far take from.
    async fn look_up(&mut self, tx: &Transaction<'_>, entries: &[NewEntry]) -> Result<Journaled, Error> {
        let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
        let mut asked = Asked::of(&[entries]);
        let mut place = 0;
        while let Some(original) = asked.originals.get(place) {
            // What is kept may take from what is in the book.
            let above = self.kept.entries.get(original).and_then(|kept| kept.relates_to);
            asked.originals.extend(above);
            place += 1;
        }
        look_up(tx, &mut self.state, &ids, &asked).await
    }
}

/// Takes their time from the holds that are in the book without it, and from new ones whose time is over.
fn without_past_times(entries: &mut [NewEntry], journaled: &Journaled, booked_at: Timestamp) -> Vec<usize> {
    let mut timeless = Vec::new();
    for (place, entry) in entries.iter_mut().enumerate() {
        let Some(expires_at) = entry.expires_at.map(clock::as_kept) else { continue };
        let there = journaled.entries.get(&entry.id).map(|there| there.expires_at);
        if there.map_or(expires_at <= booked_at, |there| there.is_none()) {
            entry.expires_at = None;
            timeless.push(place);
        }
    }
    timeless
}

fn as_opened(account: &NewAccount, no: AccountNo) -> KnownAccount {
    let NewAccount { code, name, account_type, currency, normal_side, open_item, limits, .. } = account.clone();
    let setting = AccountSetting { limits, ..AccountSetting::default() };
    let account = Account { no, code, name, account_type, currency, normal_side, open_item, setting };
    KnownAccount { account, balance: Balance::default() }
}

/// Entries that would be in the book, as far as later ones take from them.
#[derive(Default)]
struct Kept {
    entries: HashMap<Uuid, StoredEntry>,
    related: HashMap<Uuid, Vec<Uuid>>,
    groups: HashMap<Uuid, HoldGroup>,
}

impl Kept {
    fn keep<S: BuildHasher>(&mut self, decided: &Decided<'_>, state: &State, taken: &HashSet<Uuid, S>) {
        for accepted in &decided.entries {
            let entry = accepted.entry;
            if let Some(group) = entry.hold_group {
                let known = self.groups.entry(group).or_default();
                match entry.kind {
                    EntryKind::Hold => known.holds.push(entry.id),
                    _ => known.ended_by = Some((entry.id, entry.kind)),
                }
            }
            let is_taken = taken.contains(&entry.id) || entry.hold_group.is_some_and(|group| taken.contains(&group));
            if !is_taken && !entry.kind.relates() {
                continue;
            }
            if let Some(original) = entry.relates_to {
                self.related.entry(original).or_default().push(entry.id);
            }
            self.entries.insert(entry.id, stored(accepted, decided, state));
        }
    }

    /// Adds what is kept of the families of what the entries take from.
    fn add_to(&self, journaled: &mut Journaled, entries: &[NewEntry]) {
        let mut next: Vec<Uuid> = entries.iter().filter_map(|entry| entry.relates_to).collect();
        for group in entries.iter().filter_map(|entry| entry.hold_group) {
            if let Some(kept) = self.groups.get(&group) {
                let known = journaled.groups.entry(group).or_default();
                let fresh = kept.holds.iter().filter(|hold| !known.holds.contains(hold)).copied().collect::<Vec<_>>();
                known.holds.extend(fresh);
                known.ended_by = known.ended_by.or(kept.ended_by);
                next.extend(&kept.holds);
            }
        }
        next.extend(journaled.entries.keys());
        let mut seen: HashSet<Uuid> = HashSet::new();
        while let Some(id) = next.pop() {
            if !seen.insert(id) {
                continue;
            }
            next.extend(self.related.get(&id).into_iter().flatten());
            let Some(kept) = self.entries.get(&id) else { continue };
            next.extend(kept.relates_to);
            if let Some((group, known)) = kept.hold_group.and_then(|group| Some((group, self.groups.get(&group)?))) {
                journaled.groups.entry(group).or_insert_with(|| known.clone());
            }
            journaled.entries.entry(id).or_insert_with(|| kept.clone());
        }
    }
}

fn stored(accepted: &Accepted<'_>, decided: &Decided<'_>, state: &State) -> StoredEntry {
    let entry = accepted.entry;
    let legs = decided.legs[accepted.first_leg..accepted.end_leg].iter().map(|leg| {
        let slot = state.slot_by_no(leg.account_no).expect("an accepted leg is on a known account");
        StoredLeg {
            account_no: leg.account_no,
            account: state.account(slot).code.clone(),
            amount: leg.amount,
            item: leg.item.map(str::to_owned),
            due_date: leg.due_date,
            layer: leg.layer,
        }
    });
    StoredEntry {
        kind: entry.kind,
        effective_date: accepted.effective_date,
        value_date: accepted.value_date,
        adjusting: entry.adjusting,
        reference: entry.reference.clone(),
        description: entry.description.clone(),
        metadata: entry.metadata.clone(),
        relates_to: entry.relates_to,
        hold_group: entry.hold_group,
        expires_at: entry.expires_at.map(clock::as_kept),
        at_most_minor: accepted.at_most_minor,
        legs: legs.collect(),
        sequence: accepted.sequence,
        booked_at: Timestamp::UNIX_EPOCH,
    }
}
