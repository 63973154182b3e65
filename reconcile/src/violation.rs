//! What is wrong with a file: which rule, where, what was expected and what is there.

use serde::{Deserialize, Serialize};

/// The rule that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Rule {
    /// The file is not written as its format demands.
    #[serde(rename = "SYNTAX")]
    Syntax,
    /// Service: charge less its adjustments is its payment.
    R1,
    /// Claim: charge less all adjustments of the claim and its services is its payment.
    R2,
    /// Payment: what the lines pay less the payee-level adjustments is the amount paid.
    R3,
    /// The amount paid is not negative.
    R4,
    /// A notification moves no money; a trace is used once.
    R5,
    /// A reversal carries negative amounts, and a correction comes with it.
    R6,
    /// Totals that senders are known to get wrong: the charges of the services, the patient's part.
    R7,
    /// Envelopes: every opening has its end, with the same number and the right count.
    R8,
    /// Amounts are decimals that the currency can hold.
    R9,
}

impl Rule {
    /// Its name at every edge.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Syntax => "SYNTAX",
            Rule::R1 => "R1",
            Rule::R2 => "R2",
            Rule::R3 => "R3",
            Rule::R4 => "R4",
            Rule::R5 => "R5",
            Rule::R6 => "R6",
            Rule::R7 => "R7",
            Rule::R8 => "R8",
            Rule::R9 => "R9",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Violation {
    /// The rule that does not hold.
    pub rule: Rule,
    /// The segment, counted from 1 over the whole file; `None` if it is about the file as a whole.
    pub segment: Option<usize>,
    /// The place in words, such as `ST 1, CLP 2, SVC 1, SVC03`.
    pub place: String,
    /// A sentence for a person.
    pub message: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

impl Violation {
    /// A violation. All its texts may quote the file, and are cut to a length that a person reads.
    pub fn new(rule: Rule, segment: impl Into<Option<usize>>, place: impl AsRef<str>) -> Violation {
        let (message, expected, actual) = (String::new(), String::new(), String::new());
        let place = clipped(place.as_ref(), SENTENCE_CHARS_MAX);
        Violation { rule, segment: segment.into(), place, message, expected, actual }
    }

    /// With its sentence.
    #[must_use]
    pub fn says(mut self, message: impl AsRef<str>) -> Violation {
        self.message = clipped(message.as_ref(), SENTENCE_CHARS_MAX);
        self
    }

    /// With what should be there and what is there.
    #[must_use]
    pub fn expected(mut self, expected: impl AsRef<str>, actual: impl AsRef<str>) -> Violation {
        self.expected = clipped(expected.as_ref(), SENTENCE_CHARS_MAX);
        self.actual = clipped(actual.as_ref(), QUOTED_CHARS_MAX);
        self
    }
}

/// The most errors, and the most warnings, that are kept of one file.
pub const VIOLATIONS_MAX: usize = 100;

/// What was found wrong so far, bounded by [`VIOLATIONS_MAX`] each.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Findings {
    /// What the file is refused for.
    pub errors: Vec<Violation>,
    /// What is odd, and no reason to refuse it.
    pub warnings: Vec<Violation>,
    /// How many more there were of both.
    pub omitted: usize,
}

impl Findings {
    /// Keeps an error.
    pub fn error(&mut self, violation: Violation) {
        keep(&mut self.errors, violation, &mut self.omitted);
    }

    /// Keeps a warning.
    pub fn warning(&mut self, violation: Violation) {
        keep(&mut self.warnings, violation, &mut self.omitted);
    }
}

fn keep(list: &mut Vec<Violation>, violation: Violation, omitted: &mut usize) {
    if list.len() < VIOLATIONS_MAX {
        list.push(violation);
    } else {
        *omitted += 1;
    }
}

/// The longest text that a violation quotes, in characters.
const QUOTED_CHARS_MAX: usize = 60;
/// The longest sentence and place, which may name what the file calls a claim or a service.
const SENTENCE_CHARS_MAX: usize = 300;

/// The text, or its beginning with `…` when it is long; control characters are shown as escapes.
fn clipped(text: &str, chars_max: usize) -> String {
    let mut clipped: String = text.chars().take(chars_max).flat_map(shown).collect();
    if text.chars().nth(chars_max).is_some() {
        clipped.push('…');
    }
    clipped
}

fn shown(character: char) -> Vec<char> {
    if character.is_control() { character.escape_default().collect() } else { vec![character] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let mut findings = Findings::default();
        for segment in 1..=VIOLATIONS_MAX + 5 {
            findings.error(Violation::new(Rule::Syntax, segment, ""));
        }
        assert_eq!((findings.errors.len(), findings.omitted), (VIOLATIONS_MAX, 5));
        assert_eq!(findings.errors.last().unwrap().segment, Some(VIOLATIONS_MAX));
    }

    #[test]
    fn what_is_there_is_quoted_on_one_line() {
        let violation = Violation::new(Rule::Syntax, None, "").expected("", "a\r\nb\u{1}");
        assert_eq!(violation.actual, "a\\r\\nb\\u{1}");
        let long = "x".repeat(QUOTED_CHARS_MAX + 1);
        assert_eq!(Violation::new(Rule::Syntax, None, "").expected("", long).actual.chars().count(), 61);
    }
}
