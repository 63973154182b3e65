//! The rules for one entry, said a second time: in order of precedence, each against the list of entries.

use dianfu_ledger::account::{AccountCode, NormalSide};
use dianfu_ledger::entry::{
    DESCRIPTION_BYTES_MAX, EntryKind, Layer, METADATA_BYTES_MAX, NewEntry, NewPosting, POSTINGS_MAX, POSTINGS_MIN,
    REFERENCE_BYTES_MAX,
};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::rejection::Rejection;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::books::{Books, Expected, ModelEntry, Sides};

/// Nothing is dated before this.
pub const EARLIEST: Date = date(1970, 1, 1);
/// Dates after this are too far ahead. Operations keep clear of what lies between, which depends on the clock.
pub const FAR_AHEAD: Date = date(9000, 1, 1);
/// What the model says in place of a date that it does not know: the day of booking.
pub const DAY_OF_BOOKING: &str = "the day of booking";

impl Books {
    /// What becomes of one entry; if it is posted, it is in the books.
    pub fn post_entry(&mut self, entry: &NewEntry) -> Result<Expected, Rejection> {
        if entry.id.is_nil() {
            return Err(Rejection::IdNil);
        }
        if let Some((sequence, first)) = self.find(entry.id) {
            same_content(&first.given, entry)?;
            return Ok(Expected::Replayed(sequence));
        }
        texts(entry)?;
        effective_date(entry)?;
        shape(entry)?;
        let legs = match entry.kind {
            EntryKind::Post | EntryKind::Hold => self.legs_as_given(entry)?,
            EntryKind::Release => self.legs_of_release(entry)?,
        };
        self.totals_fit(entry.kind, &legs)?;
        let before = self.clone();
        self.entries.push(ModelEntry { given: entry.clone(), legs });
        if let Some(rejection) = self.limit_passed(&before) {
            self.entries.pop();
            return Err(rejection);
        }
        Ok(Expected::Posted(i64::try_from(self.entries.len()).unwrap()))
    }

    fn legs_as_given(&self, entry: &NewEntry) -> Result<Vec<NewPosting>, Rejection> {
        for (leg, posting) in entry.postings.iter().enumerate() {
            self.leg(leg, posting)?;
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
        Ok(entry.postings.clone())
    }

    fn leg(&self, leg: usize, posting: &NewPosting) -> Result<(), Rejection> {
        let account = posting.account.clone();
        if posting.amount.minor == 0 {
            return Err(Rejection::AmountZero { leg, account });
        }
        let Some(known) = self.accounts.get(&account) else { return Err(Rejection::AccountUnknown { leg, account }) };
        if known.setting.closed {
            return Err(Rejection::AccountClosed { leg, account });
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
            _ => Ok(()),
        }
    }

    fn legs_of_release(&self, entry: &NewEntry) -> Result<Vec<NewPosting>, Rejection> {
        let hold = entry.relates_to.ok_or(Rejection::HoldMissing)?;
        let (_, held) = self.find(hold).ok_or(Rejection::HoldUnknown { hold })?;
        if held.given.kind != EntryKind::Hold {
            return Err(Rejection::NotAHold { hold, kind: held.given.kind.word() });
        }
        if let Some(released_by) = self.released_by(hold) {
            return Err(Rejection::HoldReleased { hold, released_by });
        }
        let opposite = |leg: &NewPosting| {
            let amount = Money::new(-leg.amount.minor, leg.amount.currency);
            NewPosting { amount, ..leg.clone() }
        };
        Ok(held.legs.iter().map(opposite).collect())
    }

    /// No total may leave 64 bits. A release only takes away.
    fn totals_fit(&self, kind: EntryKind, legs: &[NewPosting]) -> Result<(), Rejection> {
        for (position, leg) in legs.iter().enumerate() {
            let layer = kind.layer();
            let mut sides = self.sides(&leg.account, layer);
            let so_far = legs[..=position].iter().filter(|earlier| earlier.account == leg.account);
            so_far.for_each(|leg| sides.add(leg.amount));
            let fits = |total: i128| i64::try_from(total).is_ok();
            if kind != EntryKind::Release && !(fits(sides.debits) && fits(sides.credits)) {
                return Err(Rejection::TotalOverflow { account: leg.account.clone(), layer });
            }
        }
        Ok(())
    }

    /// The first limit that the last entry has passed: account by account in order of its legs, the minimum first.
    fn limit_passed(&self, before: &Books) -> Option<Rejection> {
        let last = self.entries.last()?;
        last.legs.iter().find_map(|leg| {
            let account = &leg.account;
            let limits = self.accounts[account].setting.limits;
            let (low_before, high_before) = before.range(account);
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

    /// The lowest and the highest that the balance can become, seen from the normal side, whichever holds go through.
    fn range(&self, account: &AccountCode) -> (i128, i128) {
        let Sides { debits, credits } = self.sides(account, Layer::Settled);
        let held = self.sides(account, Layer::Pending);
        match self.accounts[account].opened.normal_side {
            NormalSide::Debit => (debits - credits - held.credits, debits - credits + held.debits),
            NormalSide::Credit => (credits - debits - held.debits, credits - debits + held.credits),
        }
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

fn effective_date(entry: &NewEntry) -> Result<(), Rejection> {
    match entry.effective_date {
        Some(given) if given < EARLIEST || given > FAR_AHEAD => {
            Err(Rejection::EffectiveDateOutOfRange { given, earliest: EARLIEST, latest: FAR_AHEAD })
        }
        _ => Ok(()),
    }
}

fn shape(entry: &NewEntry) -> Result<(), Rejection> {
    let actual = entry.postings.len();
    if entry.kind == EntryKind::Release {
        return match entry.relates_to {
            _ if actual > 0 => Err(Rejection::ReleaseHasPostings { actual }),
            None => Err(Rejection::HoldMissing),
            Some(_) => Ok(()),
        };
    }
    if !(POSTINGS_MIN..=POSTINGS_MAX).contains(&actual) {
        return Err(Rejection::PostingCount { actual, min: POSTINGS_MIN, max: POSTINGS_MAX });
    }
    match entry.relates_to {
        Some(_) => Err(Rejection::RelatesToNotAllowed { kind: entry.kind.word() }),
        None => Ok(()),
    }
}

/// Every field in which two entries with one id may differ, as the conflict shows it.
fn content(entry: &NewEntry) -> Vec<(String, String)> {
    let date = entry.effective_date.map_or_else(|| DAY_OF_BOOKING.to_owned(), |date| date.to_string());
    let relates_to = entry.relates_to.as_ref().map(Uuid::to_string).unwrap_or_default();
    let mut fields = vec![
        ("kind".to_owned(), entry.kind.word().to_owned()),
        ("effective_date".to_owned(), date),
        ("reference".to_owned(), entry.reference.clone()),
        ("description".to_owned(), entry.description.clone()),
        ("metadata".to_owned(), entry.metadata.clone().unwrap_or_default()),
        ("relates_to".to_owned(), relates_to),
        ("postings".to_owned(), format!("{} postings", entry.postings.len())),
    ];
    for (leg, posting) in entry.postings.iter().enumerate() {
        fields.push((format!("postings/{leg}/account"), posting.account.to_string()));
        fields.push((format!("postings/{leg}/amount"), posting.amount.to_string()));
        fields.push((format!("postings/{leg}/item"), posting.item.clone().unwrap_or_default()));
    }
    fields
}

fn same_content(first: &NewEntry, given: &NewEntry) -> Result<(), Rejection> {
    let dated_alike = given.effective_date.is_none();
    for ((field, there), (_, here)) in content(first).into_iter().zip(content(given)) {
        if there != here && !(field == "effective_date" && dated_alike) {
            return Err(Rejection::IdConflict { id: given.id, field, first: there, given: here });
        }
    }
    Ok(())
}

fn clamped(minor: i128, currency: Currency) -> Money {
    let shown = i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX });
    Money::new(shown, currency)
}
