//! What a turn reads before it decides: what others have written since, accounts that it meets for the first time, and
//! what the journal has under the ids that it is asked about.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;
use futures_util::future::try_join;
use uuid::Uuid;

use crate::account::AccountCode;
use crate::decide::{HoldGroup, Journaled, StoredEntry};
use crate::entry::{EntryKind, NewEntry};
use crate::error::Error;

use super::sql::{self, Head};
use super::state::{Closed, Known, KnownGroup, Slot, State};

/// More entries behind than this, and reading accounts anew is cheaper than folding what was missed.
const CATCH_UP_ENTRIES_MAX: i64 = 100_000;

/// Brings the state to the head: folds in what other processes, or turns inside callers' transactions, have written.
/// A state that the book does not bear out is forgotten: the database was put back to an earlier time.
pub(super) async fn catch_up(tx: &Transaction<'_>, state: &mut State, head: &Head) -> Result<(), Error> {
    let there = known(head);
    // Looks only if somebody else has written.
    let is_another_book = state.known != there && !state.is_new() && !sql::has_rows(tx, &state.known).await?;
    if is_another_book {
        state.forget_all();
    }
    if let Some(ids) = &mut state.ids {
        ids.catch_up(tx, state.sequence, head).await?;
        ids.offer(there);
    }
    let is_far_behind = head.sequence - state.sequence > CATCH_UP_ENTRIES_MAX;
    let may_have_new_groups = state.known.register_no != there.register_no;
    if is_far_behind || may_have_new_groups {
        state.forget_accounts();
    }
    state.closed = Closed { soft_through: head.soft_closed_through, hard_through: head.hard_closed_through };
    if state.is_empty() {
        state.forget_templates();
        (state.sequence, state.known) = (head.sequence, there);
        return Ok(());
    }
    if state.sequence < head.sequence {
        for segment_no in sql::segments_behind(tx, state.sequence).await? {
            for (account_no, layer, totals) in sql::totals_behind(tx, segment_no, state.sequence).await? {
                if let Some(slot) = state.slot_by_no(account_no) {
                    let mut balance = state.brief(slot).balance;
                    balance.set_layer(layer, totals);
                    state.set_balance(slot, balance);
                }
            }
        }
    }
    if state.known.setting_no < head.setting_no {
        for (account_no, setting) in sql::settings_after(tx, state.known.setting_no).await? {
            state.set_setting(account_no, setting);
        }
    }
    (state.sequence, state.known) = (head.sequence, there);
    Ok(())
}

/// What a state knows that is at the head.
pub(super) fn known(head: &Head) -> Known {
    let Head {
        commit_no, hash, account_no, account_hash, setting_no, setting_hash, register_no, register_hash, ..
    } = *head;
    Known { commit_no, hash, account_no, account_hash, setting_no, setting_hash, register_no, register_hash }
}

/// Reads the accounts that are not known yet, the limit groups that they are in, and the other accounts of those.
pub(super) async fn load_accounts<'a>(
    tx: &Transaction<'_>,
    state: &mut State,
    codes: impl Iterator<Item = &'a AccountCode>,
) -> Result<(), Error> {
    let missing: HashSet<&str> = codes.filter(|code| state.slot(code).is_none()).map(AccountCode::as_str).collect();
    let mut missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
    let mut groups = Vec::new();
    while !missing.is_empty() {
        let (accounts, found) = try_join(sql::accounts(tx, &missing), sql::limit_groups_of(tx, &missing)).await?;
        for known in accounts {
            state.insert(known);
        }
        let found: Vec<_> = found
            .into_iter()
            .filter(|(group, _)| !state.knows_group(&group.name))
            .filter(|(group, _)| groups.iter().all(|(known, _): &(KnownGroup, _)| known.name != group.name))
            .collect();
        let members = found.iter().flat_map(|(_, members): &(_, Vec<AccountCode>)| members);
        let unknown: HashSet<&AccountCode> = members.filter(|code| state.slot(code).is_none()).collect();
        missing = unknown.into_iter().map(|code| code.as_str().to_owned()).collect();
        groups.extend(found);
    }
    for (group, members) in groups {
        let slots: Vec<Slot> = members.iter().filter_map(|member| state.slot(member)).collect();
        state.insert_group(group, &slots);
    }
    Ok(())
}

/// Reads which templates are in force, if an entry names one and it is not known. What the register says later makes a
/// state forget ([`catch_up`]).
pub(super) async fn load_templates<'a>(
    tx: &Transaction<'_>,
    state: &mut State,
    mut entries: impl Iterator<Item = &'a NewEntry>,
) -> Result<(), Error> {
    if !state.knows_templates() && entries.any(|entry| entry.template_no.is_some()) {
        state.set_templates(sql::templates_in_force(tx).await?);
    }
    Ok(())
}

/// Reads the accounts of entries that were looked up.
pub(super) async fn load_accounts_of(
    tx: &Transaction<'_>,
    state: &mut State,
    journaled: &Journaled,
) -> Result<(), Error> {
    let legs = journaled.entries.values().flat_map(|entry| &entry.legs);
    load_accounts(tx, state, legs.map(|leg| &leg.account)).await
}

/// What the entries of a batch take from, and the groups of holds that they name.
pub(super) struct Asked {
    pub(super) originals: Vec<Uuid>,
    pub(super) groups: Vec<Uuid>,
}

impl Asked {
    pub(super) fn of(requests: &[&[NewEntry]]) -> Asked {
        let all = || requests.iter().flat_map(|request| request.iter());
        let originals = all().filter(|entry| entry.kind.relates()).filter_map(|entry| entry.relates_to);
        Asked { originals: originals.collect(), groups: all().filter_map(|entry| entry.hold_group).collect() }
    }
}

/// What the journal has under these ids, and of what is asked about, with all that belongs to it.
pub(super) async fn look_up(
    tx: &Transaction<'_>,
    state: &mut State,
    ids: &[Uuid],
    asked: &Asked,
) -> Result<Journaled, Error> {
    let mut groups = hold_groups(tx, &asked.groups).await?;
    let holds = groups.values().flat_map(|group| &group.holds);
    let originals: Vec<Uuid> = asked.originals.iter().chain(holds).copied().collect();
    let (mut entries, originals) = families_written_lately(state, originals);
    let (mut sequences, mut wanted) = (Vec::new(), ids.to_vec());
    if !originals.is_empty() {
        let (linked, unlinked) = sql::families(tx, &originals).await?;
        sequences.extend(linked);
        wanted.extend(unlinked);
    }
    sequences.extend(places(tx, state, &wanted, &mut entries).await?);
    entries.extend(sql::entries(tx, &sequences).await?);
    let more: HashSet<Uuid> = entries.values().filter_map(|entry| entry.hold_group).collect();
    let more: Vec<Uuid> = more.into_iter().filter(|group| !groups.contains_key(group)).collect();
    groups.extend(hold_groups(tx, &more).await?);
    Ok(Journaled { entries, groups })
}

/// The families that this process has written lately, and the originals whose families must be looked for.
fn families_written_lately(state: &mut State, mut originals: Vec<Uuid>) -> (HashMap<Uuid, StoredEntry>, Vec<Uuid>) {
    let mut entries = HashMap::new();
    if !originals.is_empty() {
        state.lately.ask(state.sequence);
        originals.retain(|id| {
            if entries.contains_key(id) {
                return false; // together with its family
            }
            let family = state.lately.family(*id, state);
            let is_elsewhere = family.is_none();
            entries.extend(family.into_iter().flatten());
            is_elsewhere
        });
    }
    (entries, originals)
}

/// The sequences of those ids that are in the books; what of it was written lately is taken from there.
async fn places(
    tx: &Transaction<'_>,
    state: &mut State,
    ids: &[Uuid],
    entries: &mut HashMap<Uuid, StoredEntry>,
) -> Result<Vec<i64>, Error> {
    let Some(known) = &mut state.ids else { return sql::places(tx, ids).await };
    let probable = known.probable(tx, ids).await?;
    if !probable.is_empty() {
        state.lately.ask(state.sequence);
    }
    let mut places = Vec::new();
    for (segment_no, mut ids) in probable {
        ids.retain(|id| match state.lately.entry(*id, state) {
            Some(entry) => {
                entries.insert(*id, entry);
                false
            }
            None => true,
        });
        if !ids.is_empty() {
            places.extend(sql::places_in(tx, segment_no, &ids).await?);
        }
    }
    Ok(places)
}

async fn hold_groups(tx: &Transaction<'_>, groups: &[Uuid]) -> Result<HashMap<Uuid, HoldGroup>, Error> {
    let mut known: HashMap<Uuid, HoldGroup> = HashMap::new();
    if groups.is_empty() {
        return Ok(known);
    }
    for (group, entry_id, kind) in sql::group_entries(tx, groups).await? {
        let group = known.entry(group).or_default();
        match kind {
            EntryKind::Hold => group.holds.push(entry_id),
            _ => group.ended_by = Some((entry_id, kind)),
        }
    }
    Ok(known)
}
