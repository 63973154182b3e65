//! The rules for one entry, said a second time: in order of precedence, each against the list of entries.

use std::collections::BTreeMap;

use dianfu_ledger::account::{AccountCode, Frozen, NormalSide};
use dianfu_ledger::entry::{
    DESCRIPTION_BYTES_MAX, EntryKind, Layer, METADATA_BYTES_MAX, NewEntry, NewPosting, POSTINGS_MAX, POSTINGS_MIN,
    REFERENCE_BYTES_MAX,
};
use dianfu_ledger::limit_group::LimitGroup;
use dianfu_ledger::money::Money;
use dianfu_ledger::rejection::Rejection;
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use uuid::Uuid;

use super::books::{Books, Expected, ModelEntry, ModelLeg, Sides, clamped};

/// Nothing is dated before this.
pub const EARLIEST: Date = date(1970, 1, 1);
/// Nothing is dated more than so many days after the day of booking.
const DAYS_AHEAD: i64 = 366;
/// What the model says in place of the time of booking.
pub const LONG_AGO: Timestamp = Timestamp::UNIX_EPOCH;

/// The lowest and the highest that a balance can become.
type Range = (i128, i128);

impl Books {
    /// What becomes of one entry; if it is posted, it is in the books.
    pub fn post_entry(&mut self, entry: &NewEntry) -> Result<Expected, Rejection> {
        if entry.id.is_nil() {
            return Err(Rejection::IdNil);
        }
        if let Some((sequence, first)) = self.find(entry.id) {
            same_content(first, entry)?;
            let amount = first.legs[0].posting.amount;
            let moved = entry.at_most.then(|| Money::new(amount.minor.abs(), amount.currency));
            return Ok(Expected::Replayed { sequence, moved });
        }
        texts(entry)?;
        effective_date(entry, self.today())?;
        shape(entry, self.now)?;
        let asked = entry.effective_date.unwrap_or(self.today());
        let date = self.open_day(entry, asked)?;
        let (legs, moved) = match entry.kind {
            EntryKind::Post | EntryKind::Hold => self.legs_as_given(entry)?,
            EntryKind::Release | EntryKind::Capture | EntryKind::Reversal => (self.legs_that_take(entry)?, None),
            EntryKind::Expiry => unreachable!("refused by its shape"),
        };
        let date = self.not_before_its_originals(entry, date)?;
        if entry.kind.relates() {
            self.open_to_legs(&legs)?;
        }
        let value_date = Some(asked).filter(|asked| *asked != date);
        self.push(ModelEntry { given: entry.clone(), date, value_date, legs })?;
        Ok(Expected::Posted { sequence: i64::try_from(self.entries.len()).unwrap(), moved })
    }

    /// The day on which an entry counts: the first open one if it may come late.
    fn open_day(&self, entry: &NewEntry, date: Date) -> Result<Date, Rejection> {
        let closed_through = if entry.adjusting { self.hard_through } else { self.soft_through };
        match closed_through {
            Some(closed_through) if date <= closed_through && entry.late => Ok(closed_through.tomorrow().unwrap()),
            Some(closed_through) if date <= closed_through => {
                let adjusters_only = self.hard_through.is_none_or(|hard| hard < date);
                Err(Rejection::PeriodClosed { date, closed_through, adjusters_only })
            }
            _ => Ok(date),
        }
    }

    /// Puts an entry into the books, unless a total or a limit forbids it.
    fn push(&mut self, entry: ModelEntry) -> Result<(), Rejection> {
        self.totals_fit(entry.given.kind, &entry.legs)?;
        let (accounts, groups) = (self.ranges(), self.ranges_of_groups());
        self.write(entry);
        if let Some(rejection) = self.limit_passed(&accounts).or_else(|| self.group_limit_passed(&groups)) {
            self.cut(self.entries.len() - 1);
            return Err(rejection);
        }
        Ok(())
    }

    fn legs_as_given(&self, entry: &NewEntry) -> Result<(Vec<ModelLeg>, Option<Money>), Rejection> {
        self.check_legs(entry)?;
        if let Some(group) = entry.hold_group {
            self.may_join(group, entry.postings.len())?;
        }
        let mut postings = entry.postings.clone();
        let mut moved = None;
        if entry.at_most {
            let amount = self.most(entry);
            for posting in &mut postings {
                posting.amount.minor = posting.amount.minor.signum() * amount;
            }
            moved = Some(Money::new(amount, postings[0].amount.currency));
        }
        Ok((postings.iter().map(|posting| ModelLeg::new(entry.kind.layer(), posting)).collect(), moved))
    }

    /// Each leg against its account, then all of them together.
    pub fn check_legs(&self, entry: &NewEntry) -> Result<(), Rejection> {
        for (leg, posting) in entry.postings.iter().enumerate() {
            self.leg(leg, posting, entry.kind)?;
        }
        for (leg, posting) in entry.postings.iter().enumerate() {
            let same_place = |other: &&NewPosting| other.account == posting.account && other.item == posting.item;
            let mut earlier = entry.postings[..leg].iter().filter(same_place);
            if earlier.any(|earlier| earlier.amount.minor.signum() != posting.amount.minor.signum()) {
                return Err(Rejection::AccountOnBothSides { leg, account: posting.account.clone() });
            }
        }
        for Money { currency, .. } in entry.postings.iter().map(|posting| posting.amount) {
            let of_currency = entry.postings.iter().filter(|posting| posting.amount.currency == currency);
            let sum: i128 = of_currency.map(|posting| i128::from(posting.amount.minor)).sum();
            if sum != 0 {
                return Err(Rejection::Unbalanced { difference: clamped(sum, currency) });
            }
        }
        Ok(())
    }

    fn leg(&self, leg: usize, posting: &NewPosting, kind: EntryKind) -> Result<(), Rejection> {
        let account = posting.account.clone();
        if posting.amount.minor == 0 {
            return Err(Rejection::AmountZero { leg, account });
        }
        let Some(known) = self.accounts.get(&account) else { return Err(Rejection::AccountUnknown { leg, account }) };
        if kind != EntryKind::Release {
            self.takes_postings(leg, posting)?;
        }
        let (expected, actual) = (known.opened.currency, posting.amount.currency);
        if expected != actual {
            return Err(Rejection::CurrencyMismatch { leg, account, expected, actual });
        }
        match posting.item.as_deref() {
            None | Some("") if known.opened.open_item => Err(Rejection::ItemRequired { leg, account }),
            Some(item) if !known.opened.open_item => {
                Err(Rejection::ItemNotAllowed { leg, account, item: item.to_owned() })
            }
            None if posting.due_date.is_some() => Err(Rejection::DueDateNotAllowed { leg, account }),
            _ => Ok(()),
        }
    }

    /// Whether an account is open to a leg that moves or holds.
    pub fn takes_postings(&self, leg: usize, posting: &NewPosting) -> Result<(), Rejection> {
        let (account, known) = (posting.account.clone(), &self.accounts[&posting.account]);
        if known.setting.closed {
            return Err(Rejection::AccountClosed { leg, account });
        }
        let raises = (posting.amount.minor > 0) == (known.opened.normal_side == NormalSide::Debit);
        match (known.setting.frozen, raises) {
            (Frozen::Both, _) | (Frozen::In, true) | (Frozen::Out, false) => {
                Err(Rejection::AccountFrozen { leg, account, raises })
            }
            _ => Ok(()),
        }
    }

    /// No total may leave 64 bits. What is given back only takes away.
    fn totals_fit(&self, kind: EntryKind, legs: &[ModelLeg]) -> Result<(), Rejection> {
        for (position, leg) in legs.iter().enumerate() {
            let (layer, account) = (leg.layer, &leg.posting.account);
            let mut sides = self.sides(account, layer);
            let so_far = legs[..=position].iter().filter(|earlier| earlier.posting.account == *account);
            so_far.filter(|earlier| earlier.layer == layer).for_each(|earlier| sides.count(earlier, kind));
            let fits = |total: i128| i64::try_from(total).is_ok();
            if !(fits(sides.debits) && fits(sides.credits)) {
                return Err(Rejection::TotalOverflow { account: account.clone(), layer });
            }
        }
        Ok(())
    }

    /// The first limit that the last entry has passed: account by account in order of its legs, the minimum first.
    fn limit_passed(&self, before: &BTreeMap<AccountCode, Range>) -> Option<Rejection> {
        let last = self.entries.last()?;
        last.legs.iter().find_map(|leg| {
            let leg = &leg.posting;
            let account = &leg.account;
            let limits = self.accounts[account].setting.limits;
            let (low_before, high_before) = before[account];
            let (low, high) = self.range(account);
            let money = |minor: i128| clamped(minor, leg.amount.currency);
            let (account, too_low) = (account.clone(), |min: &i64| low < i128::from(*min) && low < low_before);
            if let Some(min) = limits.min_minor.filter(too_low) {
                return Some(Rejection::BelowMinimum { account, limit: money(min.into()), would_be: money(low) });
            }
            let max = limits.max_minor.filter(|max| high > i128::from(*max) && high > high_before)?;
            Some(Rejection::AboveMaximum { account, limit: money(max.into()), would_be: money(high) })
        })
    }

    /// The first group, by name, whose limit the last entry has passed.
    fn group_limit_passed(&self, before: &BTreeMap<String, Range>) -> Option<Rejection> {
        self.groups.iter().find_map(|(name, group)| {
            let (low_before, high_before) = before[name];
            let (low, high) = self.range_of(group);
            let money = |minor: i128| clamped(minor, group.currency);
            let name = || name.clone();
            let too_low = |min: &i64| low < i128::from(*min) && low < low_before;
            if let Some(min) = group.limits.min_minor.filter(too_low) {
                let (limit, would_be) = (money(min.into()), money(low));
                return Some(Rejection::GroupBelowMinimum { group: name(), limit, would_be });
            }
            let max = group.limits.max_minor.filter(|max| high > i128::from(*max) && high > high_before)?;
            Some(Rejection::GroupAboveMaximum { group: name(), limit: money(max.into()), would_be: money(high) })
        })
    }

    /// The lowest and the highest that the balance can become, seen from the normal side, whichever holds go through.
    pub fn range(&self, account: &AccountCode) -> Range {
        let Sides { debits, credits } = self.sides(account, Layer::Settled);
        let held = self.sides(account, Layer::Pending);
        match self.accounts[account].opened.normal_side {
            NormalSide::Debit => (debits - credits - held.credits, debits - credits + held.debits),
            NormalSide::Credit => (credits - debits - held.debits, credits - debits + held.credits),
        }
    }

    fn ranges(&self) -> BTreeMap<AccountCode, Range> {
        self.accounts.keys().map(|code| (code.clone(), self.range(code))).collect()
    }

    fn ranges_of_groups(&self) -> BTreeMap<String, Range> {
        self.groups.iter().map(|(name, group)| (name.clone(), self.range_of(group))).collect()
    }

    /// The same of several accounts together, seen from the group's side.
    pub fn range_of(&self, group: &LimitGroup) -> Range {
        let (mut low, mut high) = (0, 0);
        for account in &group.accounts {
            let (own_low, own_high) = self.range(account);
            let same_side = self.accounts[account].opened.normal_side == group.normal_side;
            let (low_here, high_here) = if same_side { (own_low, own_high) } else { (-own_high, -own_low) };
            (low, high) = (low + low_here, high + high_here);
        }
        (low, high)
    }
}

fn texts(entry: &NewEntry) -> Result<(), Rejection> {
    let mut texts = vec![
        ("reference", entry.reference.as_str(), REFERENCE_BYTES_MAX),
        ("description", entry.description.as_str(), DESCRIPTION_BYTES_MAX),
        ("metadata", entry.metadata.as_deref().unwrap_or_default(), METADATA_BYTES_MAX),
        ("actor", entry.actor.as_str(), REFERENCE_BYTES_MAX),
    ];
    texts.extend(
        entry.postings.iter().flat_map(|leg| &leg.item).map(|item| ("item", item.as_str(), REFERENCE_BYTES_MAX)),
    );
    for (field, text, max) in &texts {
        if text.len() > *max {
            return Err(Rejection::TextTooLong { field, actual: text.len(), max: *max });
        }
    }
    if let Some((field, ..)) = texts.iter().find(|(_, text, _)| text.contains('\0')) {
        return Err(Rejection::TextHasNul { field });
    }
    // Half of a surrogate pair stands for no character, but it is JSON by its grammar.
    let metadata = entry.metadata.as_ref().map(|text| text.replace("\\ud800", "half of a pair"));
    let metadata = metadata.as_deref().map(serde_json::from_str::<serde_json::Value>);
    match metadata.and_then(Result::err) {
        Some(error) => Err(Rejection::MetadataMalformed { reason: error.to_string() }),
        None => Ok(()),
    }
}

fn effective_date(entry: &NewEntry, today: Date) -> Result<(), Rejection> {
    let latest = today.checked_add(Span::new().days(DAYS_AHEAD)).unwrap();
    match entry.effective_date {
        Some(given) if given < EARLIEST || given > latest => {
            Err(Rejection::EffectiveDateOutOfRange { given, earliest: EARLIEST, latest })
        }
        _ => Ok(()),
    }
}

fn shape(entry: &NewEntry, now: Timestamp) -> Result<(), Rejection> {
    use EntryKind::{Capture, Expiry, Hold, Post, Release, Reversal};
    let kind = entry.kind.word();
    if entry.kind == Expiry {
        return Err(Rejection::KindReserved { kind });
    }
    let takes = matches!(entry.kind, Release | Capture | Reversal);
    let actual = entry.postings.len();
    let takes_all = takes && actual == 0;
    if !(takes_all || (POSTINGS_MIN..=POSTINGS_MAX).contains(&actual)) {
        return Err(Rejection::PostingCount { actual, min: POSTINGS_MIN, max: POSTINGS_MAX });
    }
    let (names_entry, names_group) = (entry.relates_to.is_some(), entry.hold_group.is_some());
    if takes && !names_entry && (!names_group || entry.kind == Reversal) {
        return Err(Rejection::RelatesToMissing { kind });
    }
    if !takes && names_entry {
        return Err(Rejection::RelatesToNotAllowed { kind });
    }
    let group_fits = match entry.kind {
        Hold => true,
        Release | Capture => !names_entry && actual == 0,
        Post | Reversal | Expiry => false,
    };
    if names_group && !group_fits {
        return Err(Rejection::HoldGroupNotAllowed);
    }
    match entry.expires_at {
        Some(_) if entry.kind != Hold => return Err(Rejection::ExpiryNotAllowed { kind }),
        Some(given) if given <= now => return Err(Rejection::ExpiryPassed { given, booked_at: LONG_AGO }),
        _ => {}
    }
    if entry.at_most && (takes || actual != 2) { Err(Rejection::AtMostNotAllowed) } else { Ok(()) }
}

/// Every field in which two entries with one id may differ, as the conflict shows it.
fn content(entry: &NewEntry) -> Vec<(String, String)> {
    let date = entry.effective_date.map(|date| date.to_string()).unwrap_or_default();
    let id = |id: Option<Uuid>| id.as_ref().map(Uuid::to_string).unwrap_or_default();
    let mut fields = vec![
        ("kind".to_owned(), entry.kind.word().to_owned()),
        ("effective_date".to_owned(), date),
        ("adjusting".to_owned(), entry.adjusting.to_string()),
        ("reference".to_owned(), entry.reference.clone()),
        ("description".to_owned(), entry.description.clone()),
        ("metadata".to_owned(), entry.metadata.clone().unwrap_or_default()),
        ("relates_to".to_owned(), id(entry.relates_to)),
        ("hold_group".to_owned(), id(entry.hold_group)),
        ("expires_at".to_owned(), entry.expires_at.map(|at| at.to_string()).unwrap_or_default()),
        ("at_most".to_owned(), entry.at_most.to_string()),
        ("postings".to_owned(), format!("{} postings", entry.postings.len())),
    ];
    for (leg, posting) in entry.postings.iter().enumerate() {
        fields.push((format!("postings/{leg}/account"), posting.account.to_string()));
        fields.push((format!("postings/{leg}/amount"), posting.amount.to_string()));
        fields.push((format!("postings/{leg}/item"), posting.item.clone().unwrap_or_default()));
        let due_date = posting.due_date.map(|date| date.to_string()).unwrap_or_default();
        fields.push((format!("postings/{leg}/due_date"), due_date));
    }
    fields
}

fn same_content(first: &ModelEntry, given: &NewEntry) -> Result<(), Rejection> {
    let dated_alike = given.effective_date.is_none();
    let due_alike = |leg: usize| first.given.relates_to.is_some() && given.postings[leg].due_date.is_none();
    let mut there = first.given.clone();
    there.effective_date = Some(first.value_date.unwrap_or(first.date));
    let own = first.legs.iter().filter(|leg| leg.layer == there.kind.layer());
    there.postings.iter_mut().zip(own).for_each(|(given, leg)| given.due_date = leg.posting.due_date);
    for ((field, there), (_, here)) in content(&there).into_iter().zip(content(given)) {
        let leg = field.strip_suffix("/due_date").and_then(|rest| rest.strip_prefix("postings/")?.parse().ok());
        let alike = leg.is_some_and(due_alike) || field == "effective_date" && dated_alike;
        if there != here && !alike {
            return Err(Rejection::IdConflict { id: given.id, field, first: there, given: here });
        }
    }
    Ok(())
}
