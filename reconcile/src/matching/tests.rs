//! Each step by a small table, and what must hold for all: order does not matter, nothing is lost, nothing is wrong.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::remittance::Place;

/// `order claim_no own_no paid`; `-` for no number of the payer's.
fn lines(table: &str) -> Vec<ClaimLine> {
    table.split(';').filter(|row| !row.trim().is_empty()).map(line).collect()
}

fn line(row: &str) -> ClaimLine {
    let [order, claim_no, own, paid] = row.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{row}") };
    let paid_minor: i64 = paid.parse().unwrap();
    ClaimLine {
        place: Place { segment: 0, transaction: 1, claim: None, service: None },
        order: order.parse().unwrap(),
        claim_no: claim_no.to_owned(),
        status: if paid_minor < 0 { "22".to_owned() } else { "1".to_owned() },
        billed_minor: paid_minor,
        paid_minor,
        patient_minor: None,
        insurer_claim_no: own.trim_matches('-').to_owned(),
        patient_name: None,
        adjustments: Vec::new(),
        services: Vec::new(),
    }
}

/// `claim submitted_no position own_no open received owed`.
fn items(table: &str) -> Vec<OpenClaimItem> {
    table.split(';').filter(|row| !row.trim().is_empty()).map(item).collect()
}

fn item(row: &str) -> OpenClaimItem {
    let [claim_no, submitted_no, position, own, open, received, owed] = row.split_whitespace().collect::<Vec<_>>()[..]
    else {
        panic!("{row}")
    };
    OpenClaimItem {
        submitted_no: submitted_no.to_owned(),
        position: position.parse().unwrap(),
        claim_no: claim_no.to_owned(),
        insurer_claim_nos: if own == "-" { Vec::new() } else { vec![own.to_owned()] },
        receivable: Receivable::default(),
        open_minor: open.parse().unwrap(),
        received_minor: received.parse().unwrap(),
        owed_minor: owed.parse().unwrap(),
    }
}

/// One `order=claim outcome applied/excess/suspense` a line.
fn check(lines_table: &str, items_table: &str, expected: &str) {
    let matches = match_lines(&lines(lines_table), &items(items_table));
    let shown = matches.iter().map(|found| {
        let Parts { applied_minor, excess_minor, suspense_minor } = found.parts;
        let claim = found.claim_no.as_deref().unwrap_or("?");
        format!("{}={claim} {} {applied_minor}/{excess_minor}/{suspense_minor}", found.order, found.outcome.word())
    });
    let shown: Vec<String> = shown.collect();
    let expected: Vec<&str> = expected.split(';').map(str::trim).filter(|row| !row.is_empty()).collect();
    assert_eq!(shown, expected, "lines {lines_table}, items {items_table}");
}

#[test]
fn the_amount_decides_what_a_line_is() {
    check("1 S1 - 100", "A S1 0 - 100 0 0", "1=A equal 100/0/0");
    check("1 S1 - 60", "A S1 0 - 100 0 0", "1=A short 60/0/0");
    check("1 S1 - 130", "A S1 0 - 100 0 0", "1=A over 100/30/0");
    check("1 S1 - 0", "A S1 0 - 100 0 0", "1=A denied 0/0/0");
    check("1 S1 - -80", "A S1 0 - 0 100 0", "1=A reversal -80/0/0");
    check("1 S9 - 100", "A S1 0 - 100 0 0", "1=? unknown_claim 0/0/100");
    check("1 S9 - -5", "A S1 0 - 100 0 0", "1=? unknown_claim 0/0/-5");
}

#[test]
fn two_lines_of_one_claim_share_what_is_due() {
    check("1 S1 - 60; 2 S1 - 40", "A S1 0 - 100 0 0", "1=A short 60/0/0; 2=A equal 40/0/0");
    check("1 S1 N1 100; 2 S1 N1 100", "A S1 0 N1 100 0 0", "1=A equal 100/0/0; 2=A over 0/100/0");
}

#[test]
fn a_reversal_takes_the_excess_first_and_never_more_than_was_received() {
    check("1 S1 - -100; 2 S1 - 80", "A S1 0 - 0 80 20", "1=A reversal -80/-20/0; 2=A equal 80/0/0");
    check("1 S1 - -100", "A S1 0 - 30 70 0", "1=A reversal -70/0/-30");
    check("1 S1 - 80; 2 S1 - -100", "A S1 0 - 0 100 0", "1=A short 80/0/0; 2=A reversal -100/0/0");
}

#[test]
fn the_payers_own_number_tells_claims_apart() {
    let items = "A S1 0 N1 100 0 0; B S1 0 N2 100 0 0";
    check("1 S1 N2 100; 2 S1 N1 100", items, "1=B equal 100/0/0; 2=A equal 100/0/0");
    check("1 S1 N2 70", items, "1=B short 70/0/0");
    check("1 S1 N3 100", items, "1=? ambiguous 0/0/100");
    check("1 S1 - 100", items, "1=? ambiguous 0/0/100");
    let one_known = "A S1 0 N1 100 0 0; B S1 0 - 50 0 0";
    check("1 S1 N1 100; 2 S1 N2 50", one_known, "1=A equal 100/0/0; 2=B equal 50/0/0");
    // The payer may use one number for several claims: while that of B is not known, N1 may be its number too.
    check("1 S1 N1 90; 2 S1 N2 40", one_known, "1=? ambiguous 0/0/90; 2=? ambiguous 0/0/40");
    check("1 S1 N2 40; 2 S1 N3 50", one_known, "1=? ambiguous 0/0/40; 2=? ambiguous 0/0/50");
}

#[test]
fn a_new_number_of_the_payers_is_taken_only_where_there_is_no_choice() {
    check("1 S1 N9 100", "A S1 0 N1 100 0 0", "1=A equal 100/0/0");
    check("1 S1 N1 100; 2 S1 N9 100", "A S1 0 N1 100 0 0", "1=A equal 100/0/0; 2=? ambiguous 0/0/100");
    check("1 S1 N8 100; 2 S1 N9 30", "A S1 0 - 100 0 0", "1=? ambiguous 0/0/100; 2=? ambiguous 0/0/30");
    check("1 S1 N8 70; 2 S1 N9 30", "A S1 0 - 100 0 0", "1=? ambiguous 0/0/70; 2=? ambiguous 0/0/30");
}

#[test]
fn a_correction_comes_under_a_new_number() {
    let expected = "1=A reversal -100/0/0; 2=A short 80/0/0";
    check("1 S1 N1 -100; 2 S1 N2 80", "A S1 0 N1 0 100 0", expected);
    check("1 S1 N1 -100; 2 S1 N2 80", "A S1 0 - 0 100 0", expected);
    check("1 S1 N1 -100; 2 S1 N2 80", "A S1 0 N1 0 100 0; B S1 0 N3 80 0 0", expected);
}

#[test]
fn order_tells_apart_what_shares_every_number() {
    let items = "A S1 1 N 132 0 0; B S1 2 N 74 0 0; C S1 3 N 132 0 0";
    let expected = "1=A equal 132/0/0; 2=B equal 74/0/0; 3=C equal 132/0/0";
    check("1 S1 N 132; 2 S1 N 74; 3 S1 N 132", items, expected);
    // Not in this order, and amounts do not tell all of them apart: 74 may be a part of what is due on another.
    let expected = "1=? ambiguous 0/0/74; 2=? ambiguous 0/0/132; 3=? ambiguous 0/0/132";
    check("1 S1 N 74; 2 S1 N 132; 3 S1 N 132", items, expected);
    // A part of them.
    check("1 S1 N 132; 2 S1 N 74", items, "1=? ambiguous 0/0/132; 2=? ambiguous 0/0/74");
    let expected = "1=? ambiguous 0/0/132; 2=? ambiguous 0/0/74; 3=? ambiguous 0/0/131";
    check("1 S1 N 132; 2 S1 N 74; 3 S1 N 131", items, expected);
    // A short payment of the first that equals the second.
    let two = "A S1 1 N 100 0 0; B S1 2 N 60 0 0";
    check("1 S1 N 60; 2 S1 N 10", two, "1=? ambiguous 0/0/60; 2=? ambiguous 0/0/10");
    check("1 S1 N 60; 2 S1 N 100", two, "1=B equal 60/0/0; 2=A equal 100/0/0");
}

#[test]
fn claims_that_were_settled_or_denied_are_in_nobodys_way() {
    let items = "OLD S1 0 - 0 50 0; A S1 1 - 50 0 0; B S1 2 - 0 0 0; C S1 3 - 50 0 0";
    check("1 S1 - 50; 2 S1 - 0; 3 S1 - 50", items, "1=A equal 50/0/0; 2=B denied 0/0/0; 3=C equal 50/0/0");
    check("1 S1 - -50", items, "1=OLD reversal -50/0/0");
    check("1 S1 - -50", "X S1 0 - 0 50 0; Y S1 0 - 0 50 0", "1=? ambiguous 0/0/-50");
}

#[test]
fn evidence_names_the_keys() {
    let found = match_lines(&lines("1 S1 N1 70; 2 S9 - 1"), &items("A S1 0 N1 100 0 0; B S1 0 N2 7 0 0"));
    let evidence = &found[0].evidence;
    assert_eq!(
        (evidence.rule, evidence.candidates, evidence.open_minor),
        (Some(MatchRule::EchoedAndOwnNumber), 2, 100)
    );
    assert_eq!(evidence.agreed, ["claim_no", "insurer", "currency", "insurer_claim_no"]);
    assert_eq!(evidence.differed, ["amount"]);
    assert_eq!((found[1].evidence.rule, found[1].evidence.candidates), (None, 0));
    let json = serde_json::to_value(evidence).unwrap();
    assert_eq!((&json["rule"], &json["rules"]), (&"echoed_and_own_number".into(), &RULES.into()));
}

/// A claim of a made-up insurer: its numbers from small sets, so that they collide, and what its line says of it.
#[derive(Clone, Debug)]
struct Truth {
    item: OpenClaimItem,
    line: Option<ClaimLine>,
}

fn truths() -> impl Strategy<Value = Vec<Truth>> {
    let one = (0..4_u8, 0..3_u8, 1..4_i64, any::<bool>(), any::<bool>(), 0..10_u8);
    vec(one, 0..14).prop_map(|rows| {
        let truths = rows.into_iter().enumerate().map(|(index, (submitted, own, open, own_known, own_told, pays))| {
            let (own, position) = (format!("N{own}"), i32::try_from(index).unwrap());
            let known = if own_known { own.as_str() } else { "-" };
            let told = if own_told { own.as_str() } else { "-" };
            let item = item(&format!("C{index:02} S{submitted} {position} {known} {open} 0 0"));
            // Most lines pay what is due; some claims get no line.
            let line = (pays < 8).then(|| line(&format!("{} S{submitted} {told} {open}", index + 1)));
            Truth { item, line }
        });
        truths.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn shuffled_arguments_give_the_same_result(
        (truths, shuffled) in truths().prop_flat_map(|truths| (Just(truths.clone()), Just(truths).prop_shuffle()))
    ) {
        let split = |truths: &[Truth]| {
            let lines: Vec<ClaimLine> = truths.iter().filter_map(|truth| truth.line.clone()).collect();
            let items: Vec<OpenClaimItem> = truths.iter().map(|truth| truth.item.clone()).collect();
            match_lines(&lines, &items)
        };
        prop_assert_eq!(split(&truths), split(&shuffled));
    }

    /// Each line pays what is due on its claim, so whoever has the same numbers and amount may stand for it: money on
    /// any other claim would be wrong.
    #[test]
    fn every_line_is_whole_and_no_claim_gets_what_is_not_its(truths in truths()) {
        let lines: Vec<ClaimLine> = truths.iter().filter_map(|truth| truth.line.clone()).collect();
        let items: Vec<OpenClaimItem> = truths.iter().map(|truth| truth.item.clone()).collect();
        let matches = match_lines(&lines, &items);
        prop_assert_eq!(matches.len(), lines.len());
        let mut applied: BTreeMap<&str, i64> = BTreeMap::new();
        for (found, line) in matches.iter().zip(&lines) {
            let Parts { applied_minor, excess_minor, suspense_minor } = found.parts;
            prop_assert_eq!(applied_minor + excess_minor + suspense_minor, line.paid_minor);
            prop_assert_eq!(found.order, line.order);
            let Some(claim_no) = &found.claim_no else { continue };
            *applied.entry(claim_no).or_default() += applied_minor;
            let item = items.iter().find(|item| item.claim_no == *claim_no).unwrap();
            prop_assert_eq!(&item.submitted_no, &line.claim_no);
            if found.evidence.rule != Some(MatchRule::EchoedNumber) {
                let recorded = item.insurer_claim_nos.is_empty() || line.insurer_claim_no.is_empty();
                prop_assert!(recorded || item.insurer_claim_nos.contains(&line.insurer_claim_no));
            }
            if found.evidence.candidates > 1 {
                prop_assert_eq!(item.open_minor, line.paid_minor);
            }
        }
        for item in &items {
            prop_assert!(applied.get(item.claim_no.as_str()).copied().unwrap_or(0) <= item.open_minor);
        }
    }

    /// With numbers of its own, every claim is found.
    #[test]
    fn clean_lines_are_all_found(amounts in vec((0..200_i64, 0..200_i64), 0..20)) {
        let row = |(index, (paid, open)): (usize, &(i64, i64))| {
            (format!("{} S{index} - {paid}", index + 1), format!("C{index} S{index} 0 - {open} 0 0"))
        };
        let (line_rows, item_rows): (Vec<String>, Vec<String>) = amounts.iter().enumerate().map(row).unzip();
        let matches = match_lines(&lines(&line_rows.join(";")), &items(&item_rows.join(";")));
        for (index, found) in matches.iter().enumerate() {
            prop_assert_eq!(found.claim_no.clone(), Some(format!("C{index}")));
        }
    }
}
