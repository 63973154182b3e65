//! Each account and side falls under its heading, and the headings come to the balance.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn moved(control: &str, journal: &str, amount_minor: i64) -> Movement {
    Movement {
        control: control.to_owned(),
        item: "C-1".to_owned(),
        journal: journal.to_owned(),
        reference: "C-1".to_owned(),
        on: date(2026, 3, 9),
        amount_minor,
        vat_minor: 0,
        held_minor: 0,
    }
}

fn headings(row: &ClaimRow) -> i128 {
    row.share_due_minor - row.share_paid_minor - row.share_held_minor + row.clawback_minor
        - row.clawback_paid_minor
        - row.written_off_minor
        - (row.reimbursement_minor - row.reimbursement_paid_minor)
        - (row.refund_minor - row.refund_paid_minor)
}

#[test]
fn a_claim_with_everything_that_may_befall_it() {
    let movements = [
        moved("2203", "J2", -480),
        moved("2203", "J3", 480),
        moved("1201", "J22", 30),
        moved("1201", "J12", -30),
        moved("1202", "J10a", 120),
        moved("1202", "J12", -70),
        moved("1202", "J13-write-off-patient", -20),
        moved("2202", "J10e", -15),
        moved("2202", "J20", 15),
        moved("2202", "J7-refund", -15),
        moved("2201", "J23", -900),
        moved("2201", "J23-paid", 900),
    ];
    let expected = ClaimRow {
        claim: "C-1".to_owned(),
        share_due_minor: 510,
        share_paid_minor: 510,
        share_held_minor: 0,
        reimbursement_minor: 900,
        reimbursement_paid_minor: 900,
        refund_minor: 15,
        refund_paid_minor: 0,
        clawback_minor: 120,
        clawback_paid_minor: 70,
        written_off_minor: 20,
        balance_minor: 15,
    };
    assert_eq!(shape(&movements), [expected]);
}

proptest! {
    #[test]
    fn the_headings_come_to_the_balance(
        moves in prop::collection::vec((0..5_usize, 0..4_usize, -1_000_i64..1_000), 0..40)
    ) {
        let (controls, journals) =
            (["1201", "1202", "2201", "2202", "2203"], ["J2", "J7-refund", "J13-write-off-patient", ""]);
        let movement =
            |(control, journal, minor): &(usize, usize, i64)| moved(controls[*control], journals[*journal], *minor);
        let movements: Vec<Movement> = moves.iter().map(movement).collect();
        for row in shape(&movements) {
            prop_assert_eq!(headings(&row), row.balance_minor, "{:?}", row);
        }
    }
}
