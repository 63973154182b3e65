//! Finding claims by what is known of them, newest first, page by page.
//!
//! Whoever asks says for whom: a party sees its own claims only, and there is no way to search without saying so. A
//! page goes on from the place of its last claim; claims that are taken in meanwhile do not move it, because the order
//! (when it was taken in, then its number) never changes. A page costs the claims that it shows, by an index for each
//! of the conditions.

use deadpool_postgres::Client;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use crate::claim::{Claim, ClaimNo, DrugCode, PolicyNo, State};
use crate::error::Error;
use crate::party::Party;
use crate::sql;

/// For whom it is searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View<'a> {
    /// For the platform: every claim.
    Platform,
    /// For a party: its own.
    Of(&'a Party),
}

impl<'a> View<'a> {
    /// A party's view; the platform's if there is none.
    pub fn of(party: Option<&'a Party>) -> View<'a> {
        party.map_or(View::Platform, View::Of)
    }
}

/// Which claims; all that is given must hold, and what is left out is not asked about.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ClaimFilter {
    /// The beginning of its number; a whole number is one, too.
    pub number_prefix: Option<ClaimNo>,
    /// The patient.
    pub patient: Option<PartyNo>,
    /// A drug that it is about.
    pub drug: Option<DrugCode>,
    /// One of these states; any if there is none.
    pub states: Vec<State>,
    /// The insurer.
    pub insurer: Option<PartyNo>,
    /// The pharmacy.
    pub pharmacy: Option<PartyNo>,
    /// The policy.
    pub policy_no: Option<PolicyNo>,
    /// Taken in from this time on.
    pub from: Option<Timestamp>,
    /// Taken in before this time.
    pub to: Option<Timestamp>,
}

/// A claim in a list. Amounts in minor units of its currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedClaim {
    /// The claim.
    pub claim_no: ClaimNo,
    /// Who covers it.
    pub insurer: PartyNo,
    /// Who dispenses.
    pub pharmacy: PartyNo,
    /// Who needs the drug.
    pub patient: PartyNo,
    /// The policy.
    pub policy_no: PolicyNo,
    /// Where it stands.
    pub state: State,
    /// When it was taken in.
    pub taken_in_at: Timestamp,
    /// Its currency.
    pub currency: Currency,
    /// The price.
    pub gross_minor: i64,
    /// What the platform advances; `None` before the quote.
    pub advance_minor: Option<i64>,
}

impl ListedClaim {
    /// A claim as a list shows it.
    pub fn of(claim: &Claim) -> ListedClaim {
        let intake = claim.intake.clone();
        ListedClaim {
            claim_no: intake.claim_no,
            insurer: intake.insurer,
            pharmacy: intake.pharmacy,
            patient: intake.patient,
            policy_no: intake.policy_no,
            state: claim.state,
            taken_in_at: claim.taken_in_at,
            currency: intake.currency,
            gross_minor: intake.gross_minor,
            advance_minor: claim.progress.quote.as_ref().map(|quote| quote.advance_minor),
        }
    }
}

/// Where a page ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// When its last claim was taken in.
    pub taken_in_at: Timestamp,
    /// That claim.
    pub claim_no: ClaimNo,
}

/// A page of claims, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimPage {
    /// The claims.
    pub claims: Vec<ListedClaim>,
    /// Where the next page goes on.
    pub next: Option<Place>,
}

impl Place {
    /// The place as an opaque text.
    pub fn to_text(&self) -> String {
        format!("{:x}.{}", self.taken_in_at.as_microsecond(), self.claim_no)
    }

    /// The inverse of [`Place::to_text`].
    pub fn parse(text: &str) -> Option<Place> {
        let (micros, claim_no) = text.split_once('.')?;
        Some(Place { taken_in_at: moment(micros)?, claim_no: ClaimNo::parse(claim_no).ok()? })
    }
}

/// The moment in an opaque text of ours: microseconds since the epoch, in hexadecimal. One before it is none of ours,
/// and may be one that the database cannot hold.
pub fn moment(micros: &str) -> Option<Timestamp> {
    let at = Timestamp::from_microsecond(i64::from_str_radix(micros, 16).ok()?).ok()?;
    Some(at).filter(|at| *at >= Timestamp::UNIX_EPOCH)
}

/// The claims that a filter means and a viewer may see, after a place, at most `limit`.
pub async fn search(
    client: &Client,
    view: View<'_>,
    filter: &ClaimFilter,
    after: Option<&Place>,
    limit: u16,
) -> Result<ClaimPage, Error> {
    let mut claims = sql::search::claims(client, view, filter, after, i64::from(limit) + 1).await?;
    let has_more = claims.len() > usize::from(limit);
    claims.truncate(limit.into());
    let last = claims.last().filter(|_| has_more);
    let next = last.map(|claim| Place { taken_in_at: claim.taken_in_at, claim_no: claim.claim_no.clone() });
    Ok(ClaimPage { claims, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was() {
        let taken_in_at = Timestamp::from_microsecond(1_772_442_000_123_456).unwrap();
        let place = Place { taken_in_at, claim_no: ClaimNo::parse("CLM-1").unwrap() };
        assert_eq!(Place::parse(&place.to_text()), Some(place));
        for wrong in ["", ".", "1.", ".CLM-1", "g.CLM-1", "7fffffffffffffff.CLM-1", "-1.CLM-1", "1.CLM 1"] {
            assert_eq!(Place::parse(wrong), None, "{wrong}");
        }
    }
}
