//! Payee-level adjustments: which account a code names, and how much of it can be booked there.
//!
//! `WO` recovery of an overpayment, `72` authorised return and `FB` forward balance are set off on 2301 under their
//! reference; `L6` is interest, `IR` tax withheld. `50` and `90` are fees that somebody must look at first. Every other
//! code is unknown here, and the money waits in suspense.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_settlement::chart::{INSURER_PAYABLE, LATE_INTEREST, TAX_RECOVERABLE};
use dianfu_settlement::number::PartyNo;

use super::{Funded, OwedItem};
use crate::breaks::Category;
use crate::matching::Match;
use crate::remittance::PayeeAdjustment;

/// Where one adjustment went. Positive lowers the payment: a debit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdjustmentMatch {
    /// Its order in the remittance.
    pub order: usize,
    /// The account that its code names; `None` if it names none.
    pub account: Option<AccountCode>,
    /// The item on that account, if it keeps items.
    pub item: Option<String>,
    /// The adjustment.
    pub amount_minor: i64,
    /// What was booked on the account.
    pub booked_minor: i64,
    /// What waits on 2190.
    pub suspense_minor: i64,
    /// Why it waits; `None` if nothing does.
    pub waits_as: Option<Category>,
    /// A sentence for a person.
    pub reason: String,
}

/// What a code means for the books.
enum Treatment {
    /// Set off on what we owe the insurer under the reference.
    SetOff,
    /// Booked on an account without items.
    Account(AccountCode),
    /// Somebody must look at it first.
    Review(Category),
}

fn treatment(adjustment: &PayeeAdjustment, insurer: &PartyNo) -> Treatment {
    match adjustment.code.as_str() {
        "WO" | "72" | "FB" => Treatment::SetOff,
        "L6" => Treatment::Account(LATE_INTEREST.of_book()),
        "IR" => Treatment::Account(TAX_RECOVERABLE.of(insurer)),
        "50" | "90" => Treatment::Review(Category::FeeVariance),
        "LE" => Treatment::Review(Category::TaxVariance),
        _ if adjustment.amount_minor > 0 => Treatment::Review(Category::TakebackUnexpected),
        _ => Treatment::Review(Category::OverPaid),
    }
}

/// Books the adjustments of a remittance, in their order. What raises what we owe is booked before what sets it off, so
/// that an acknowledged return and its recovery may come in one remittance in either order.
pub fn book(funded: &Funded<'_>, matches: &[Match], owed: &[OwedItem]) -> Vec<AdjustmentMatch> {
    let mut payable = Payable::new(owed, matches);
    let (raising, lowering): (Vec<_>, Vec<_>) = funded.adjustments.iter().partition(|own| own.amount_minor < 0);
    let in_turn = raising.into_iter().chain(lowering);
    let mut booked: Vec<AdjustmentMatch> = in_turn.map(|own| book_one(funded, own, &mut payable)).collect();
    booked.sort_by_key(|booked| booked.order);
    booked
}

fn book_one(funded: &Funded<'_>, adjustment: &PayeeAdjustment, payable: &mut Payable<'_>) -> AdjustmentMatch {
    let (code, reference) = (&adjustment.code, &adjustment.reference);
    match treatment(adjustment, funded.insurer) {
        Treatment::Review(category) => {
            let reason = format!("code {code} {reference}: to be looked at before it is booked");
            parts(adjustment, None, 0, Some(category), reason)
        }
        Treatment::Account(account) => {
            let whole = adjustment.amount_minor;
            parts(adjustment, Some((account, None)), whole, None, format!("code {code} names the account"))
        }
        Treatment::SetOff => {
            let Some(item) = payable.item(reference) else {
                let reason = format!("code {code}: reference '{reference}' names no one thing that we owe");
                return parts(adjustment, None, 0, Some(Category::TakebackUnexpected), reason);
            };
            set_off(adjustment, INSURER_PAYABLE.of(funded.insurer), item, payable)
        }
    }
}

fn set_off(
    adjustment: &PayeeAdjustment,
    account: AccountCode,
    item: String,
    payable: &mut Payable<'_>,
) -> AdjustmentMatch {
    let (amount, code) = (adjustment.amount_minor, &adjustment.code);
    let open = payable.open.entry(item.clone()).or_default();
    let booked = if amount < 0 { amount } else { i64::try_from((*open).clamp(0, amount.into())).unwrap_or(amount) };
    *open -= i128::from(booked);
    if booked == amount {
        let reason = format!("code {code}: on what we owe under {item}");
        return parts(adjustment, Some((account, Some(item))), booked, None, reason);
    }
    let reason = format!("code {code}: takes back more than we owe under {item}");
    let account = (booked != 0).then_some((account, Some(item)));
    parts(adjustment, account, booked, Some(Category::TakebackUnexpected), reason)
}

fn parts(
    adjustment: &PayeeAdjustment,
    account: Option<(AccountCode, Option<String>)>,
    booked_minor: i64,
    waits_as: Option<Category>,
    reason: String,
) -> AdjustmentMatch {
    let (account, item) = account.map_or((None, None), |(account, item)| (Some(account), item));
    let amount_minor = adjustment.amount_minor;
    let suspense_minor = amount_minor - booked_minor;
    let order = adjustment.order;
    AdjustmentMatch { order, account, item, amount_minor, booked_minor, suspense_minor, waits_as, reason }
}

/// What we owe, by item, while adjustments are booked.
struct Payable<'a> {
    owed: &'a [OwedItem],
    open: BTreeMap<String, i128>,
}

impl<'a> Payable<'a> {
    /// What was owed, as the lines of the same remittance have changed it.
    fn new(owed: &'a [OwedItem], matches: &[Match]) -> Payable<'a> {
        let mut open: BTreeMap<String, i128> = BTreeMap::new();
        for item in owed {
            *open.entry(item.item.clone()).or_default() += i128::from(item.open_minor);
        }
        for found in matches {
            if let Some(claim_no) = &found.claim_no {
                *open.entry(claim_no.clone()).or_default() += i128::from(found.parts.excess_minor);
            }
        }
        Payable { owed, open }
    }

    /// The item that a reference means: one of that name, or else the only one that is known by it, or else a new one.
    fn item(&self, reference: &str) -> Option<String> {
        if reference.is_empty() {
            return None;
        }
        if self.open.contains_key(reference) {
            return Some(reference.to_owned());
        }
        let known_by = |item: &&OwedItem| item.references.iter().any(|known| known == reference);
        let mut known = self.owed.iter().filter(known_by).map(|item| item.item.as_str());
        match (known.next(), known.next()) {
            (None, _) => Some(reference.to_owned()),
            (Some(only), None) => Some(only.to_owned()),
            (Some(_), Some(_)) => None,
        }
    }
}
