//! Several claims of one policy: always in the same order, whatever the order in which they are told.
//!
//! A claim comes before those prescribed later, and on one day by number. Both never change, so that any permutation
//! of the same claims is shared in the same way, and a re-run can be compared with what was charged. For the same
//! reason a claim counts in the policy's year of its prescription: no delay of ours moves it.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::share::{ClaimToShare, LineShare, Split, Used, share};
use super::terms::PolicyTerms;
use crate::claim::ClaimNo;

/// What is used up of a policy, by the first day of its year.
pub type UsedByYear = BTreeMap<Date, Used>;

/// A claim's place among the claims of its policy.
pub fn place(claim: &ClaimToShare) -> (Date, &ClaimNo) {
    (claim.prescribed_on, &claim.claim_no)
}

/// Shares one claim and adds what it uses.
pub fn share_next(claim: &ClaimToShare, terms: &PolicyTerms, used: &mut UsedByYear) -> Split {
    let of_year = used.entry(terms.year_of(claim.prescribed_on)).or_default();
    let split = share(claim, terms.on(claim.prescribed_on), of_year);
    of_year.add(&split.lines);
    split
}

/// Shares claims of one policy, decided at once: in their own order, whatever the order here. Answers in this order.
pub fn share_all(claims: &[ClaimToShare], terms: &PolicyTerms, mut used: UsedByYear) -> Vec<Split> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|index| place(&claims[*index]));
    let mut splits = vec![Split::default(); claims.len()];
    for index in order {
        splits[index] = share_next(&claims[index], terms, &mut used);
    }
    splits
}

/// A claim and what its patient was charged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charged {
    /// The claim.
    pub claim: ClaimToShare,
    /// What the patient was charged, earlier re-runs included, in minor units.
    pub share_minor: i64,
    /// How its lines were shared then.
    pub lines: Vec<LineShare>,
    /// How the share may change.
    pub may_change: MayChange,
}

/// How the share of a claim may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MayChange {
    /// Not at all: the drug is not dispensed yet, or the insurer has decided on the advance as it is.
    No,
    /// It may fall: the patient has not agreed to pay more.
    ToLess,
    /// It may rise and fall.
    Freely,
}

impl MayChange {
    /// Whether it may change by so much.
    fn allows(self, difference_minor: i64) -> bool {
        match self {
            MayChange::No => difference_minor == 0,
            MayChange::ToLess => difference_minor <= 0,
            MayChange::Freely => true,
        }
    }
}

/// What a re-run says of a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rerun {
    /// The claim.
    pub claim_no: ClaimNo,
    /// How it is shared now.
    pub split: Split,
    /// d: what the patient owes more; negative for what the patient was charged too much (J22). In minor units.
    pub difference_minor: i64,
}

/// Shares all claims of a policy that count anew, from an unused policy, and says what is different: after a claim was
/// cancelled or returned, or a deductible was used elsewhere. One whose share may not change so stays as it was charged
/// and uses up what it did. `used` is what was used outside of these claims. Answers in the order of the claims'
/// places; most differences are zero.
pub fn rerun(claims: &[Charged], terms: &PolicyTerms, mut used: UsedByYear) -> Vec<Rerun> {
    let mut in_order: Vec<&Charged> = claims.iter().collect();
    in_order.sort_by_key(|charged| place(&charged.claim));
    let again = |charged: &Charged| {
        let mut used_then = used.clone();
        let split = share_next(&charged.claim, terms, &mut used_then);
        let difference_minor = split.share_minor - charged.share_minor;
        let claim_no = charged.claim.claim_no.clone();
        if charged.may_change.allows(difference_minor) {
            used = used_then;
            return Rerun { claim_no, split, difference_minor };
        }
        used.entry(terms.year_of(charged.claim.prescribed_on)).or_default().add(&charged.lines);
        Rerun { claim_no, split: Split::of(charged.lines.clone()), difference_minor: 0 }
    };
    in_order.into_iter().map(again).collect()
}
