//! Small differences between what a line pays and what is due: J25, on 5901.
//!
//! A line that leaves no more open than the tolerance of a line is taken for whole, and so is one that pays no more
//! beyond it; until what was so tolerated on one day reaches the tolerance of the day, after which differences stay
//! open. Only what we have advanced is tolerated: of a reimbursement, every fen is the patient's.
//!
//! Pure, but for [`record`], which puts an insurer's tolerance on record: without one nothing is tolerated.

use std::collections::BTreeMap;

use deadpool_postgres::Client;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use crate::error::Error;
use crate::matching::{Match, Outcome, Receivable};
use crate::refusal::Refusal;
use crate::sql;

/// How small a difference is, in minor units; nothing is by default.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tolerance {
    /// The largest difference of a line.
    pub per_line_minor: i64,
    /// The most that is tolerated of one insurer on one day, up and down together.
    pub per_day_minor: i64,
}

/// Takes small differences for nothing, line by line; `used_minor` is what was tolerated that day before.
pub fn tolerate(mut matches: Vec<Match>, tolerance: Tolerance, used_minor: i64) -> Vec<Match> {
    let mut left_minor = tolerance.per_day_minor.saturating_sub(used_minor);
    let paying = matches.iter().enumerate().filter(|(_, found)| found.outcome != Outcome::Reversal);
    let last: BTreeMap<String, usize> = paying.filter_map(|(at, found)| Some((found.claim_no.clone()?, at))).collect();
    for (at, found) in matches.iter_mut().enumerate() {
        let is_last = found.claim_no.as_ref().and_then(|claim| last.get(claim)) == Some(&at);
        let difference = difference(found).filter(|_| is_last && found.receivable == Receivable::Due);
        let small = |minor: &i64| minor.abs() <= tolerance.per_line_minor && minor.abs() <= left_minor;
        let Some(tolerated_minor) = difference.filter(small) else { continue };
        left_minor -= tolerated_minor.abs();
        found.tolerated_minor = tolerated_minor;
        if tolerated_minor < 0 {
            found.parts.excess_minor += tolerated_minor;
            found.parts.applied_minor -= tolerated_minor;
        }
    }
    matches
}

/// What a line leaves open, or, below zero, what it pays beyond.
fn difference(found: &Match) -> Option<i64> {
    match found.outcome {
        Outcome::Short => Some(found.evidence.open_minor - found.parts.applied_minor),
        Outcome::Over => Some(-found.parts.excess_minor),
        Outcome::Equal | Outcome::Reversal | Outcome::Denied | Outcome::UnknownClaim | Outcome::Ambiguous => None,
    }
}

/// Puts an insurer's tolerance on record, by two people; it counts for what is applied from then on.
pub async fn record(
    client: &mut Client,
    insurer: &PartyNo,
    tolerance: Tolerance,
    (made_by, checked_by): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), Refusal>, Error> {
    if made_by == checked_by {
        return Ok(Err(Refusal::SamePerson { person: made_by.to_owned() }));
    }
    for (field, actual_minor) in
        [("per_line_minor", tolerance.per_line_minor), ("per_day_minor", tolerance.per_day_minor)]
    {
        if actual_minor < 0 {
            return Ok(Err(Refusal::ToleranceNegative { field, actual_minor }));
        }
    }
    let tx = client.transaction().await?;
    sql::insert_tolerance(&tx, insurer, tolerance, (made_by, checked_by), now).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::{Evidence, Parts};

    fn found(order: usize, claim: &str, outcome: Outcome, open_minor: i64, paid_minor: i64) -> Match {
        let applied_minor = paid_minor.min(open_minor);
        let excess_minor = paid_minor - applied_minor;
        let evidence = Evidence {
            rule: None,
            rules: String::new(),
            agreed: Vec::new(),
            differed: Vec::new(),
            candidates: 1,
            open_minor,
        };
        Match {
            order,
            outcome,
            claim_no: Some(claim.to_owned()),
            receivable: Receivable::Due,
            parts: Parts { applied_minor, excess_minor, suspense_minor: 0 },
            tolerated_minor: 0,
            evidence,
        }
    }

    /// What is tolerated of each line.
    fn check(matches: Vec<Match>, tolerance: Tolerance, used_minor: i64, expected: &[i64]) {
        let sum = |matches: &[Match]| -> i64 {
            matches.iter().map(|own| own.parts.applied_minor + own.parts.excess_minor).sum()
        };
        let before = sum(&matches);
        let after = tolerate(matches, tolerance, used_minor);
        assert_eq!(sum(&after), before, "a line pays what it pays");
        assert_eq!(after.iter().map(|own| own.tolerated_minor).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn small_differences_are_tolerated_until_the_day_is_used_up() {
        let tolerance = Tolerance { per_line_minor: 5, per_day_minor: 12 };
        let lines = || {
            vec![
                found(1, "A", Outcome::Short, 100, 95),
                found(2, "B", Outcome::Over, 100, 104),
                found(3, "C", Outcome::Short, 100, 94),
                found(4, "D", Outcome::Over, 100, 104),
                found(5, "E", Outcome::Short, 100, 97),
            ]
        };
        check(lines(), tolerance, 0, &[5, -4, 0, 0, 3]);
        check(lines(), tolerance, 12, &[0; 5]);
        check(lines(), tolerance, i64::MAX, &[0; 5]);
        check(lines(), Tolerance::default(), 0, &[0; 5]);
    }

    #[test]
    fn only_the_last_line_of_an_advance_is_looked_at() {
        let tolerance = Tolerance { per_line_minor: 5, per_day_minor: 100 };
        let lines = vec![found(1, "A", Outcome::Short, 4, 1), found(2, "A", Outcome::Short, 3, 1)];
        check(lines, tolerance, 0, &[0, 2]);
        let passed_on = Match { receivable: Receivable::PassThrough, ..found(1, "A", Outcome::Short, 100, 99) };
        check(vec![passed_on], tolerance, 0, &[0]);
    }
}
