//! Each journal by its legs, and what must hold for every remittance: all of its money goes somewhere, once.

use std::collections::{BTreeMap, BTreeSet};

use dianfu_ledger::entry::POSTINGS_MAX;
use jiff::civil::date;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::breaks::Category;
use crate::matching::{OpenClaimItem, Receivable, match_lines};
use crate::remittance::{ClaimLine, Place};

const NOWHERE: Place = Place { segment: 0, transaction: 1, claim: None, service: None };

fn insurer() -> PartyNo {
    PartyNo::parse("picc").unwrap()
}

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.split(';').map(|row| row.split_whitespace().collect()).filter(|row: &Vec<&str>| !row.is_empty())
}

/// `claim_no paid`.
fn lines(table: &str) -> Vec<ClaimLine> {
    let line = |(row, order): (Vec<&str>, usize)| ClaimLine {
        place: NOWHERE,
        order,
        claim_no: row[0].to_owned(),
        status: "1".to_owned(),
        billed_minor: 0,
        paid_minor: row[1].parse().unwrap(),
        patient_minor: None,
        insurer_claim_no: String::new(),
        patient_name: None,
        adjustments: Vec::new(),
        services: Vec::new(),
    };
    rows(table).zip(1..).map(line).collect()
}

/// `claim open received owed`; the claim was sent under its own number.
fn items(table: &str) -> Vec<OpenClaimItem> {
    let item = |row: Vec<&str>| OpenClaimItem {
        submitted_no: row[0].to_owned(),
        position: 0,
        claim_no: row[0].to_owned(),
        insurer_claim_nos: Vec::new(),
        receivable: Receivable::default(),
        open_minor: row[1].parse().unwrap(),
        received_minor: row[2].parse().unwrap(),
        owed_minor: row[3].parse().unwrap(),
    };
    rows(table).map(item).collect()
}

/// `code reference amount`; `-` for no reference.
fn adjustments(table: &str) -> Vec<PayeeAdjustment> {
    let adjustment = |(row, order): (Vec<&str>, usize)| PayeeAdjustment {
        place: NOWHERE,
        order,
        code: row[0].to_owned(),
        reference: row[1].trim_matches('-').to_owned(),
        amount_minor: row[2].parse().unwrap(),
    };
    rows(table).zip(1..).map(adjustment).collect()
}

/// `item references open`; references separated by commas.
fn owed(table: &str) -> Vec<OwedItem> {
    let item = |row: Vec<&str>| OwedItem {
        item: row[0].to_owned(),
        references: row[1].split(',').filter(|reference| *reference != "-").map(str::to_owned).collect(),
        open_minor: row[2].parse().unwrap(),
    };
    rows(table).map(item).collect()
}

fn allocated(lines: &[ClaimLine], items: &[OpenClaimItem], own: &[PayeeAdjustment], owed: &[OwedItem]) -> Allocation {
    let paid: i64 =
        lines.iter().map(|line| line.paid_minor).sum::<i64>() - own.iter().map(|a| a.amount_minor).sum::<i64>();
    let matches = match_lines(lines, items);
    let insurer = insurer();
    let funded = Funded {
        insurer: &insurer,
        trace: "T-1",
        currency: Currency::CNY,
        paid_minor: paid,
        adjustments: own,
        received_at: Timestamp::from_second(1_700_000_000).unwrap(),
        on: date(2026, 3, 2),
        actor: "tester",
    };
    allocate(&Journals::shipped(), &funded, &matches, owed).unwrap()
}

/// One `account item amount` a leg, debit positive; entries are separated by `|`.
fn legs(entries: &[NewEntry]) -> String {
    let leg = |leg: &dianfu_ledger::entry::NewPosting| {
        format!("{} {} {}", leg.account, leg.item.as_deref().unwrap_or("-"), leg.amount.minor)
    };
    let entry = |entry: &NewEntry| entry.postings.iter().map(leg).collect::<Vec<_>>().join("; ");
    in_order(&entries.iter().map(entry).collect::<Vec<_>>().join(" | "))
}

/// The legs of each entry in the order of their text: the template decides on theirs.
fn in_order(legs: &str) -> String {
    let entry = |entry: &str| {
        let mut legs: Vec<&str> = entry.split("; ").collect();
        legs.sort_unstable();
        legs.join("; ")
    };
    legs.split(" | ").map(entry).collect::<Vec<_>>().join(" | ")
}

fn breaks(allocation: &Allocation) -> String {
    let shown = |b: &Break| format!("{} {} {}", b.category.word(), b.item.as_deref().unwrap_or("-"), b.amount_minor);
    allocation.breaks.iter().map(shown).collect::<Vec<_>>().join("; ")
}

fn check(lines_: &str, items_: &str, own: &str, owed_: &str, expected_legs: &str, expected_breaks: &str) {
    let allocation = allocated(&lines(lines_), &items(items_), &adjustments(own), &owed(owed_));
    assert_eq!(legs(&allocation.entries), in_order(expected_legs), "{lines_} / {own}");
    assert_eq!(breaks(&allocation), expected_breaks, "{lines_} / {own}");
}

#[test]
fn the_worked_figures() {
    // A remittance of 13 950.00 with a 50.00 takeback from March pays 14 000.00.
    let expected = "2190.picc T-1 1395000; 1102.picc C1 -1400000; 2301.picc MARCH 5000";
    check("C1 1400000", "C1 1400000 0 0", "WO MARCH 5000", "MARCH - 5000", expected, "");
}

#[test]
fn lines_are_applied_as_far_as_they_are_due() {
    check(
        "C1 100; C2 50",
        "C1 100 0 0; C2 50 0 0",
        "",
        "",
        "2190.picc T-1 150; 1102.picc C1 -100; 1102.picc C2 -50",
        "",
    );
    check("C1 60", "C1 100 0 0", "", "", "2190.picc T-1 60; 1102.picc C1 -60", "SHORT_PAID - 40");
    check("C1 60; C1 40", "C1 100 0 0", "", "", "2190.picc T-1 100; 1102.picc C1 -100", "");
    let over = "2190.picc T-1 130; 2301.picc C1 -30; 1102.picc C1 -100";
    check("C1 130", "C1 100 0 0", "", "", over, "OVER_PAID - 30");
}

#[test]
fn what_is_denied_moves_nothing() {
    check("C1 0; C2 0", "C1 0 0 0; C2 70 0 0", "", "", "", "SHORT_PAID - 70");
    check("C9 0", "C1 0 0 0", "", "", "", "");
}

#[test]
fn an_unknown_claims_money_waits_under_its_own_item() {
    let expected = "2190.picc T-1 110; 1102.picc C1 -100; 2190.picc *T-1/CLP-2 -10";
    check("C1 100; C9 10", "C1 100 0 0", "", "", expected, "UNKNOWN_CLAIM *T-1/CLP-2 10");
    let expected = "2190.picc T-1 90; 2190.picc *T-1/CLP-1 10; 1102.picc C1 -100";
    check("C9 -10; C1 100", "C1 100 0 0", "", "", expected, "REVERSAL_UNLINKED *T-1/CLP-1 -10");
}

#[test]
fn a_reversal_makes_due_again_what_its_correction_pays() {
    let expected =
        "1102.picc C1 100; 2301.picc C1 -100 | 2190.picc T-1 30; 2301.picc C1 100; 1102.picc C1 -80; 1102.picc C2 -50";
    check("C1 -100; C1 80; C2 50", "C1 0 100 0; C2 50 0 0", "", "", expected, "SHORT_PAID - 20");
    // The excess that was paid with it goes first.
    let expected = "1102.picc C1 80; 2301.picc C1 -80 | 2301.picc C1 100; 1102.picc C1 -80; 2190.picc *T-1/PLB-1 -20";
    check("C1 -100; C1 80", "C1 0 80 20", "CS - -20", "", expected, "OVER_PAID *T-1/PLB-1 20");
}

#[test]
fn each_code_has_its_account_or_waits() {
    let with =
        |own: &str, owed_: &str, legs: &str, breaks: &str| check("C1 100", "C1 100 0 0", own, owed_, legs, breaks);
    with("L6 - -5", "", "2190.picc T-1 105; 1102.picc C1 -100; 4103 - -5", "");
    with("IR - 5", "", "2190.picc T-1 95; 1102.picc C1 -100; 1403.picc - 5", "");
    let waits = |minor: i64| format!("2190.picc T-1 {}; 1102.picc C1 -100; 2190.picc *T-1/PLB-1 {minor}", 100 - minor);
    with("50 - 5", "", &waits(5), "FEE_VARIANCE *T-1/PLB-1 -5");
    with("90 - 5", "", &waits(5), "FEE_VARIANCE *T-1/PLB-1 -5");
    with("LE - 5", "", &waits(5), "TAX_VARIANCE *T-1/PLB-1 -5");
    with("CV CP 5", "", &waits(5), "TAKEBACK_UNEXPECTED *T-1/PLB-1 -5");
    with("CV CP -5", "", &waits(-5), "OVER_PAID *T-1/PLB-1 5");
    with("ZZ - 5", "", &waits(5), "TAKEBACK_UNEXPECTED *T-1/PLB-1 -5");
}

#[test]
fn a_takeback_is_covered_by_what_we_owe_and_no_further() {
    let with =
        |own: &str, owed_: &str, legs: &str, breaks: &str| check("C1 100", "C1 100 0 0", own, owed_, legs, breaks);
    let uncovered = "2190.picc T-1 70; 1102.picc C1 -100; 2190.picc *T-1/PLB-1 30";
    with("WO R1 30", "", uncovered, "TAKEBACK_UNEXPECTED *T-1/PLB-1 -30");
    with("WO - 30", "R1 - 30", uncovered, "TAKEBACK_UNEXPECTED *T-1/PLB-1 -30");
    let partly = "2190.picc T-1 70; 1102.picc C1 -100; 2190.picc *T-1/PLB-1 10; 2301.picc R1 20";
    with("WO R1 30", "R1 - 20", partly, "TAKEBACK_UNEXPECTED *T-1/PLB-1 -10");
    // The insurer may call it by its own number of the claim, if that means one claim only.
    with("WO OWN 30", "C0 OWN 30", "2190.picc T-1 70; 1102.picc C1 -100; 2301.picc C0 30", "");
    with("WO OWN 30", "C0 OWN 30; C2 OWN 30", uncovered, "TAKEBACK_UNEXPECTED *T-1/PLB-1 -30");
    // An acknowledged return and its recovery, in either order.
    with("WO R1 30; 72 R1 -30", "", "2190.picc T-1 100; 1102.picc C1 -100", "");
}

#[test]
fn a_net_below_zero_is_carried_forward_and_comes_back() {
    let expected = "1102.picc C1 100; 2301.picc C1 -100 | 2301.picc C1 100; 1102.picc C2 -60; 2301.picc FWD -40";
    check("C1 -100; C2 60", "C1 0 100 0; C2 60 0 0", "FB FWD -40", "", expected, "");
    let expected = "2190.picc T-1 20; 1102.picc C3 -60; 2301.picc FWD 40";
    check("C3 60", "C3 60 0 0", "FB FWD 40", "FWD - 40", expected, "");
}

#[test]
fn a_large_remittance_is_several_entries_posted_whole_or_not_at_all() {
    let rows = |row: fn(usize) -> String| (1..=2_500).map(row).collect::<Vec<_>>().join(";");
    let allocation =
        allocated(&lines(&rows(|n| format!("C{n} 7"))), &items(&rows(|n| format!("C{n} 7 0 0"))), &[], &[]);
    let linked: Vec<bool> = allocation.entries.iter().map(|entry| entry.linked).collect();
    assert_eq!(linked, [true, true, false]);
    assert!(allocation.entries.iter().all(|entry| entry.postings.len() <= POSTINGS_MAX));
    let ids: BTreeSet<_> = allocation.entries.iter().map(|entry| entry.id).collect();
    assert_eq!(ids.len(), 3);
}

prop_compose! {
    fn claim_rows()(rows in vec((0..60_i64, 0..60_i64, 0..30_i64), 1..8)) -> String {
        let numbered = rows.iter().enumerate();
        let told = numbered.map(|(claim, (open, received, owed))| format!("C{claim} {open} {received} {owed}"));
        told.collect::<Vec<_>>().join(";")
    }
}

prop_compose! {
    fn line_rows()(rows in vec((0..9_usize, -80..80_i64), 0..12)) -> String {
        rows.iter().map(|(claim, paid)| format!("C{claim} {paid}")).collect::<Vec<_>>().join(";")
    }
}

prop_compose! {
    fn adjustment_rows()(rows in vec((
        select(vec!["WO", "72", "FB", "L6", "IR", "50", "LE", "CS", "ZZ"]),
        select(vec!["-", "R1", "C1", "OWN"]),
        -40..40_i64,
    ), 0..6)) -> String {
        rows.iter().map(|(code, reference, minor)| format!("{code} {reference} {minor}")).collect::<Vec<_>>().join(";")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn all_money_goes_somewhere_once(lines_ in line_rows(), items_ in claim_rows(), own in adjustment_rows()) {
        let (lines, items, mut own) = (lines(&lines_), items(&items_), adjustments(&own));
        let paid: i64 = lines.iter().map(|line| line.paid_minor).sum();
        let net = paid - own.iter().map(|a| a.amount_minor).sum::<i64>();
        if net < 0 {
            let forward = adjustments(&format!("FB FWD {net}")).remove(0);
            own.push(PayeeAdjustment { order: own.len() + 1, ..forward });
        }
        let paid = net.max(0);
        let mut owed: Vec<OwedItem> = owed("R1 OWN 25");
        owed.extend(items.iter().map(|item| OwedItem {
            item: item.claim_no.clone(), references: Vec::new(), open_minor: item.owed_minor,
        }));
        let allocation = allocated(&lines, &items, &own, &owed);
        let mut after: BTreeMap<(String, Option<String>), i64> = BTreeMap::new();
        for item in &items {
            after.insert(("1102.picc".to_owned(), Some(item.claim_no.clone())), item.open_minor);
        }
        for item in &owed {
            after.insert(("2301.picc".to_owned(), Some(item.item.clone())), -item.open_minor);
        }
        after.insert(("2190.picc".to_owned(), Some("T-1".to_owned())), -paid);
        for posting in allocation.entries.iter().flat_map(|entry| &entry.postings) {
            *after.entry((posting.account.to_string(), posting.item.clone())).or_default() += posting.amount.minor;
        }
        for ((account, item), minor) in &after {
            match account.as_str() {
                "1102.picc" => prop_assert!(*minor >= 0, "{item:?} {minor}"),
                "2301.picc" => prop_assert!(*minor <= 0, "{item:?} {minor}"),
                "2190.picc" if item.as_deref() == Some("T-1") => prop_assert_eq!(*minor, 0),
                _ => {}
            }
        }
        // Whatever waits on 2190 has its break, with its amount.
        let waiting: BTreeMap<&str, i64> = after.iter()
            .filter(|((account, _), minor)| account == "2190.picc" && **minor != 0)
            .map(|((_, item), minor)| (item.as_deref().unwrap(), -minor)).collect();
        let told: BTreeMap<&str, i64> =
            allocation.breaks.iter().filter_map(|b| Some((b.item.as_deref()?, b.amount_minor))).collect();
        prop_assert_eq!(waiting, told);
        let overpaid = allocation.breaks.iter().filter(|b| b.category == Category::OverPaid && b.item.is_none());
        prop_assert!(overpaid.into_iter().all(|b| b.amount_minor > 0));
        for entry in &allocation.entries {
            let keys = entry.postings.iter().map(|leg| (leg.account.as_str(), leg.item.as_deref()));
            let keys: BTreeSet<_> = keys.collect();
            prop_assert_eq!(keys.len(), entry.postings.len(), "one leg an account and item");
        }
    }
}
