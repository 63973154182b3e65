//! Lines and claims that share one echoed number: which belongs to which?
//!
//! In order, each step on what the steps before have left:
//! 1. Lines and claims with the same number of the payer's. One claim, and the payer's numbers of all others are on
//!    record: it is the one. Otherwise amount, then order.
//! 2. Lines without a number of the payer's that is on record, and claims that no line of step 1 belongs to. One claim
//!    was sent under the echoed number: it is the one, unless the lines are about different claims. Otherwise amount,
//!    then order.
//! 3. One line, and one claim that a reversal of this remittance takes back: it is the correction, under a new number.
//!
//! "Amount" is an amount that one line and one claim have, and every other line has such a one; "order" takes all lines
//! and claims or none, and every amount must agree. Both look only at claims that still wait for money (or, for lines
//! that pay nothing, for a word), so that claims settled long ago under the same number are in nobody's way. A reversal
//! looks at what a claim received.

use std::collections::{BTreeMap, BTreeSet};

use crate::remittance::ClaimLine;

use super::{Found, MatchRule, OpenClaimItem};

type Line<'a> = &'a ClaimLine;
type Item<'a> = &'a OpenClaimItem;
type Pairs<'a> = BTreeMap<usize, (Item<'a>, MatchRule)>;

/// Finds the claim of each line, if it is certain. Lines come in their order, items sorted.
pub(super) fn tell_apart<'a>(lines: &[Line<'a>], items: &[Item<'a>]) -> Vec<Found<'a>> {
    let by_own_number = own_numbers(items);
    let on_record = |line: &&Line<'a>| by_own_number.contains_key(line.insurer_claim_no.as_str());
    let (numbered, rest): (Vec<Line<'a>>, Vec<Line<'a>>) = lines.iter().partition(on_record);
    let all_on_record = items.iter().all(|item| has_own_number(item));
    let mut pairs = Pairs::new();
    for (number, items) in &by_own_number {
        let lines: Vec<Line<'a>> = numbered.iter().copied().filter(|line| line.insurer_claim_no == *number).collect();
        pairs.extend(match items.as_slice() {
            [only] if all_on_record => to_one(&lines, only, MatchRule::EchoedAndOwnNumber),
            several => to_several(&lines, several),
        });
    }
    let reversed = reversed(&numbered, &pairs);
    pairs.extend(pair_rest(&rest, items, &pairs, reversed));
    let candidates = items.len();
    let found = |line: &Line<'a>| Found { line, item: pairs.get(&line.order).copied(), candidates };
    lines.iter().map(found).collect()
}

/// The one claim that is taken back, if it is one.
fn reversed<'a>(lines: &[Line<'a>], pairs: &Pairs<'a>) -> Option<Item<'a>> {
    let mut reversed = lines.iter().filter(|line| line.paid_minor < 0).filter_map(|line| pairs.get(&line.order));
    let (first, _) = reversed.next()?;
    reversed.all(|(item, _)| item.claim_no == first.claim_no).then_some(*first)
}

fn own_numbers<'a>(items: &[Item<'a>]) -> BTreeMap<&'a str, Vec<Item<'a>>> {
    let mut by_number: BTreeMap<&str, Vec<Item<'a>>> = BTreeMap::new();
    for item in items {
        for number in item.insurer_claim_nos.iter().filter(|number| !number.is_empty()) {
            by_number.entry(number).or_default().push(item);
        }
    }
    by_number
}

/// Lines whose number of the payer's is missing or on no record.
fn pair_rest<'a>(rest: &[Line<'a>], items: &[Item<'a>], pairs: &Pairs<'a>, reversed: Option<Item<'a>>) -> Pairs<'a> {
    let new_numbers: BTreeSet<&str> = rest.iter().map(|line| line.insurer_claim_no.as_str()).collect();
    let has_new_number = new_numbers.iter().any(|number| !number.is_empty());
    let taken: BTreeSet<&str> = pairs.values().map(|(item, _)| item.claim_no.as_str()).collect();
    // A claim whose number is on record can still be meant under a new one, but only if it is the only claim there is.
    let can_be_meant = |item: &Item<'a>| !has_new_number || !has_own_number(item) || items.len() == 1;
    let waiting: Vec<Item<'a>> =
        items.iter().copied().filter(|item| !taken.contains(item.claim_no.as_str()) && can_be_meant(item)).collect();
    match (rest, waiting.as_slice(), reversed) {
        ([line], [], Some(item)) => Pairs::from([(line.order, (item, MatchRule::Correction))]),
        (_, [only], _) if items.len() == 1 && are_about_one_claim(rest) => to_one(rest, only, MatchRule::EchoedNumber),
        _ => to_several(rest, &waiting),
    }
}

fn has_own_number(item: Item<'_>) -> bool {
    item.insurer_claim_nos.iter().any(|number| !number.is_empty())
}

/// Whether nothing says that the lines are about different claims: they have one number of the payer's at most, or one
/// takes back what another decides anew.
fn are_about_one_claim(lines: &[Line<'_>]) -> bool {
    let numbers = lines.iter().map(|line| line.insurer_claim_no.as_str()).filter(|number| !number.is_empty());
    numbers.collect::<BTreeSet<&str>>().len() <= 1 || lines.iter().any(|line| line.paid_minor < 0)
}

fn to_one<'a>(lines: &[Line<'a>], item: Item<'a>, rule: MatchRule) -> Pairs<'a> {
    lines.iter().map(|line| (line.order, (item, rule))).collect()
}

/// Lines and claims that no number tells apart.
fn to_several<'a>(lines: &[Line<'a>], items: &[Item<'a>]) -> Pairs<'a> {
    let paying = paying(lines);
    let mut pairs = by_amount(&paying, items);
    if pairs.len() < paying.len() {
        // An amount alone is certain only where amounts explain every line: a partial payment may equal another claim.
        pairs = by_order(&paying, &due(items)).unwrap_or_default();
    }
    let denied: Vec<Line<'a>> = lines.iter().copied().filter(|line| line.paid_minor == 0).collect();
    let without_word = |item: &Item<'a>| item.open_minor == 0 && item.received_minor == 0;
    let silent: Vec<Item<'a>> = items.iter().copied().filter(without_word).collect();
    pairs.extend(by_order(&denied, &silent).unwrap_or_default());
    pairs.extend(by_amount_received(lines, items));
    pairs
}

fn paying<'a>(lines: &[Line<'a>]) -> Vec<Line<'a>> {
    lines.iter().copied().filter(|line| line.paid_minor > 0).collect()
}

fn due<'a>(items: &[Item<'a>]) -> Vec<Item<'a>> {
    items.iter().copied().filter(|item| item.open_minor > 0).collect()
}

/// As many claims as lines, and in their order every amount agrees.
fn by_order<'a>(lines: &[Line<'a>], items: &[Item<'a>]) -> Option<Pairs<'a>> {
    let mut both = lines.iter().zip(items);
    let agree = lines.len() == items.len() && both.all(|(line, item)| line.paid_minor == item.open_minor);
    agree.then(|| lines.iter().zip(items).map(|(line, item)| (line.order, (*item, MatchRule::Order))).collect())
}

/// The amount is that of one paying line and is due on one claim.
fn by_amount<'a>(lines: &[Line<'a>], items: &[Item<'a>]) -> Pairs<'a> {
    let lines = lines.iter().map(|line| (line.paid_minor, *line));
    unique(lines, due(items).into_iter().map(|item| (item.open_minor, item)))
}

/// The amount taken back is that of one reversal and was received for one claim.
fn by_amount_received<'a>(lines: &[Line<'a>], items: &[Item<'a>]) -> Pairs<'a> {
    let reversals =
        lines.iter().filter(|line| line.paid_minor < 0).map(|line| (line.paid_minor.saturating_neg(), *line));
    let received = |item: &Item<'a>| item.received_minor.saturating_add(item.owed_minor);
    unique(reversals, items.iter().map(|item| (received(item), *item)))
}

fn unique<'a>(lines: impl Iterator<Item = (i64, Line<'a>)>, items: impl Iterator<Item = (i64, Item<'a>)>) -> Pairs<'a> {
    let (lines, items) = (by_key(lines), by_key(items));
    let pairs = lines.iter().filter_map(|(amount, lines)| match (lines.as_slice(), items.get(amount)?.as_slice()) {
        ([line], [item]) => Some((line.order, (*item, MatchRule::UniqueAmount))),
        _ => None,
    });
    pairs.collect()
}

fn by_key<T>(pairs: impl Iterator<Item = (i64, T)>) -> BTreeMap<i64, Vec<T>> {
    let mut by_key: BTreeMap<i64, Vec<T>> = BTreeMap::new();
    for (key, value) in pairs {
        by_key.entry(key).or_default().push(value);
    }
    by_key
}
