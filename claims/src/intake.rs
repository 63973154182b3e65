//! What must hold of a claim by itself before it is taken in. Pure.

use crate::claim::{ClaimLine, NewClaim};
use crate::refusal::Reason;

/// The most lines of a claim.
pub const LINES_MAX: usize = 50;
/// The most test results of a claim.
pub const TESTS_MAX: usize = 50;
/// Longest number of a prescription and longest name of a test, in bytes.
pub const TEXT_BYTES_MAX: usize = 50;

/// Checks a claim: its lines are numbered from 1, each has a price and packs, and they add up to the claim's price.
pub fn check(intake: &NewClaim) -> Result<(), Reason> {
    range("gross_minor", intake.gross_minor, 1, i64::MAX)?;
    count("lines", intake.lines.len(), 1, LINES_MAX)?;
    count("tests", intake.tests.len(), 0, TESTS_MAX)?;
    text("prescription_no", &intake.prescription.prescription_no)?;
    intake.tests.iter().try_for_each(|result| text("test", &result.test))?;
    intake.lines.iter().zip(1..).try_for_each(|(line, expected)| check_line(line, expected))?;
    let sum = intake.lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.gross_minor));
    if sum != Some(intake.gross_minor) {
        let actual = sum.unwrap_or(i64::MAX);
        return Err(Reason::LinesDiffer { gross_minor: intake.gross_minor, sum_minor: actual });
    }
    Ok(())
}

fn check_line(line: &ClaimLine, expected: i32) -> Result<(), Reason> {
    range("line_no", line.line_no.into(), expected.into(), expected.into())?;
    range("quantity", line.quantity.into(), 1, i64::from(i32::MAX))?;
    range("prescribed_quantity", line.prescribed_quantity.unwrap_or(1).into(), 1, i64::from(i32::MAX))?;
    range("line gross_minor", line.gross_minor, 1, i64::MAX)
}

/// Refuses a number that is out of its range.
pub(crate) fn range(field: &'static str, actual: i64, min: i64, max: i64) -> Result<(), Reason> {
    if (min..=max).contains(&actual) { Ok(()) } else { Err(Reason::OutOfRange { field, min, max, actual }) }
}

/// Refuses a text that is empty, too long, or has a NUL.
pub(crate) fn text(field: &'static str, text: &str) -> Result<(), Reason> {
    let (min, max, actual) = (1, TEXT_BYTES_MAX, text.len());
    let fits = (min..=max).contains(&actual) && !text.contains('\0');
    if fits { Ok(()) } else { Err(Reason::TextLength { field, min, max, actual }) }
}

/// Refuses too few or too many.
pub(crate) fn count(field: &'static str, actual: usize, min: usize, max: usize) -> Result<(), Reason> {
    let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    range(field, signed(actual), signed(min), signed(max))
}
