//! How an amount is split over the lines of a claim: by largest remainder, so that the parts always add up.

use dianfu_ledger::money::share_of;

use crate::claim::ClaimLine;

/// The part of an amount that falls on each line, by its price, in the order of lines. The amount is not negative and
/// not more than the price of all lines. Minor units that are left over go to the lines with the largest remainders,
/// the first of equals; no part is more than its line's price.
pub fn over_lines(amount_minor: i64, lines: &[ClaimLine]) -> Vec<i64> {
    let gross_minor: i64 = lines.iter().map(|line| line.gross_minor).sum();
    let mut parts: Vec<i64> =
        lines.iter().map(|line| whole_part(amount_minor, line.gross_minor, gross_minor)).collect();
    let mut left_minor = amount_minor - parts.iter().sum::<i64>();
    let remainder =
        |line: &ClaimLine| i128::from(amount_minor) * i128::from(line.gross_minor) % i128::from(gross_minor);
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(remainder(&lines[*at])));
    for at in order {
        if left_minor > 0 && parts[at] < lines[at].gross_minor {
            parts[at] += 1;
            left_minor -= 1;
        }
    }
    assert_eq!(left_minor, 0, "the parts are the whole");
    parts
}

/// `amount * part / whole`, rounded down.
fn whole_part(amount_minor: i64, part_minor: i64, whole_minor: i64) -> i64 {
    let product = i128::from(amount_minor) * i128::from(part_minor);
    i64::try_from(product / i128::from(whole_minor)).expect("a part of an amount fits where the amount does")
}

/// A part of an amount in ten-thousandths, rounded once.
pub(crate) fn part_of(amount_minor: i64, per_10000: i32) -> i64 {
    share_of(amount_minor, i64::from(per_10000), 10_000).expect("a part of an amount fits where the amount does")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::claim::DrugCode;

    fn lines(prices: &[i64]) -> Vec<ClaimLine> {
        let drug_code = DrugCode::parse("d").unwrap();
        let line = |(gross_minor, line_no): (&i64, i32)| ClaimLine {
            line_no,
            drug_code: drug_code.clone(),
            quantity: 1,
            prescribed_quantity: None,
            gross_minor: *gross_minor,
        };
        prices.iter().zip(1..).map(line).collect()
    }

    #[test]
    fn what_is_left_over_goes_to_the_largest_remainders() {
        assert_eq!(over_lines(100, &lines(&[1, 1, 1].map(|part| part * 100))), [34, 33, 33]);
        assert_eq!(over_lines(10, &lines(&[3, 7, 5])), [2, 5, 3]);
        assert_eq!(over_lines(1_520_000, &lines(&[2_000_000])), [1_520_000]);
        assert_eq!(over_lines(0, &lines(&[3, 7])), [0, 0]);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole_and_never_more_than_their_lines(
            prices in proptest::collection::vec(1_i64..1_000_000_000_000, 1..20),
            per_million in 0_i64..=1_000_000,
        ) {
            let gross: i64 = prices.iter().sum();
            let amount = i64::try_from(i128::from(gross) * i128::from(per_million) / 1_000_000).unwrap();
            let parts = over_lines(amount, &lines(&prices));
            prop_assert_eq!(parts.iter().sum::<i64>(), amount);
            prop_assert!(parts.iter().zip(&prices).all(|(part, price)| (0..=*price).contains(part)));
        }
    }
}
