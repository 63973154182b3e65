//! What is wrong with a template, or with what it is to be filled with: a stable code, a place, a sentence.

mod place;

use super::definition::InputKind;
use super::{BYTES_MAX, Side};
use crate::money::{Currency, Money, MoneyError};

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{problem}")]
pub struct Fault {
    /// JSON pointer (RFC 6901) to its place in the template. What is wrong with an input as it was given is at
    /// `/inputs/NAME`.
    pub pointer: String,
    /// What it is.
    pub problem: Problem,
}

impl Fault {
    /// A problem at a place.
    pub(super) fn at(pointer: impl Into<String>, problem: Problem) -> Fault {
        Fault { pointer: pointer.into(), problem }
    }

    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        self.problem.code()
    }
}

/// What may be wrong: first the shape and the names of a template, then its legs, then what it is filled with.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Problem {
    /// Longer than a template may be.
    #[error("a template has at most {BYTES_MAX} bytes; this has {actual}")]
    TemplateTooLong {
        /// Its length in bytes.
        actual: usize,
    },
    /// Not JSON, or not the JSON of a template.
    #[error("this is no template: {reason}")]
    Malformed {
        /// What the parser says.
        reason: String,
    },
    /// A text is missing or too long.
    #[error("a text here has 1 to {max} bytes; this has {actual}")]
    TextLength {
        /// The most bytes it may have.
        max: usize,
        /// How many it has.
        actual: usize,
    },
    /// A text has a NUL character, which PostgreSQL cannot store.
    #[error("the text contains a NUL character")]
    TextHasNul,
    /// A name has other characters than a name has.
    #[error("'{given}' is no name: expected {expected}")]
    NameMalformed {
        /// The name.
        given: String,
        /// What a name here looks like.
        expected: &'static str,
    },
    /// Too few or too many of something.
    #[error("there are {min} to {max} {}; here are {actual}", of.words())]
    Count {
        /// Of what.
        of: Counted,
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
        /// How many there are.
        actual: usize,
    },
    /// Two inputs or amounts have one name.
    #[error("the name '{name}' is taken by {first}")]
    NameTwice {
        /// The name.
        name: String,
        /// Pointer to what has it.
        first: String,
    },
    /// Nothing has this name.
    #[error("nothing is called '{name}'")]
    NameUnknown {
        /// The name.
        name: String,
    },
    /// An amount is used where it is not worked out yet.
    #[error("'{name}' is worked out at {defined}, which does not stand before this")]
    NameUsedBeforeDefinition {
        /// The name.
        name: String,
        /// Pointer to where it is worked out.
        defined: String,
    },
    /// A sum names an amount twice.
    #[error("a sum names an amount once; '{name}' stands in it twice")]
    TermTwice {
        /// The name.
        name: String,
    },
    /// A name stands where something else is needed.
    #[error("{expected} is needed here; '{name}' is of kind {}", actual.word())]
    KindMismatch {
        /// The name.
        name: String,
        /// What is needed.
        expected: &'static str,
        /// What it is.
        actual: InputKind,
    },
    /// A field of a list stands where there is no element.
    #[error("'{name}' is a field of '{list}': it stands in a leg for each of '{list}', or in a total")]
    FieldOutsideEach {
        /// The field.
        name: String,
        /// The list.
        list: String,
    },
    /// A fraction divides by zero.
    #[error("the denominator of a fraction is not zero")]
    DenominatorZero,
    /// A fraction is negative.
    #[error("a fraction is not negative; this is {numerator}/{denominator}")]
    FractionNegative {
        /// What stands above the line.
        numerator: i64,
        /// What stands below it.
        denominator: i64,
    },
    /// Nothing uses an input or an amount.
    #[error("'{name}' is not used")]
    NameUnused {
        /// The name.
        name: String,
    },
    /// No account can be called this.
    #[error("'{given}' is no account: {reason}")]
    AccountMalformed {
        /// The pattern, or what came of it.
        given: String,
        /// Why not.
        reason: &'static str,
    },
    /// No open item can be called this.
    #[error("'{given}' is no open item: {reason}")]
    ItemMalformed {
        /// The pattern, or what came of it.
        given: String,
        /// Why not.
        reason: &'static str,
    },
    /// Without an item nothing is due.
    #[error("without an item nothing is due on '{account}'; leave out due_date")]
    DueDateNotAllowed {
        /// The account.
        account: String,
    },
    /// One account, and one item, stands on both sides.
    #[error("'{account}' stands on the other side, for the same item, at {first}; leave one of the legs out")]
    AccountOnBothSides {
        /// The account.
        account: String,
        /// Pointer to the earlier leg.
        first: String,
        /// The side of the earlier leg.
        side: Side,
    },
    /// The legs do not sum to zero whatever the inputs are.
    #[error("debits less credits are {left_over}, not zero")]
    Unbalanced {
        /// What is left over.
        left_over: String,
    },
    /// An input is not given.
    #[error("the input '{name}' is missing")]
    InputMissing {
        /// The input.
        name: String,
        /// What it is.
        kind: InputKind,
    },
    /// An input is given more than once.
    #[error("the input '{name}' is given more than once")]
    InputTwice {
        /// The input.
        name: String,
    },
    /// Something is given that the template does not ask for.
    #[error("the template has no input '{name}'")]
    InputUnknown {
        /// The name.
        name: String,
        /// The inputs it has.
        known: String,
    },
    /// Something else is given than the template asks for.
    #[error("the input '{name}' is of kind {}, not {}", expected.word(), actual.word())]
    InputKind {
        /// The input.
        name: String,
        /// What the template asks for.
        expected: InputKind,
        /// What is given.
        actual: InputKind,
    },
    /// What is given cannot be read as what the template asks for.
    #[error("the input '{name}' cannot be read: expected {expected}, found {given}")]
    InputMalformed {
        /// The input.
        name: String,
        /// What the template asks for.
        expected: &'static str,
        /// What is given.
        given: String,
    },
    /// An amount that is given cannot be held exactly.
    #[error("the input '{name}': {error}")]
    AmountUnreadable {
        /// The input.
        name: String,
        /// Why not.
        error: MoneyError,
    },
    /// An amount is given that is below zero.
    #[error("the input '{name}' is zero or more, not {given}")]
    AmountNegative {
        /// The input.
        name: String,
        /// What is given.
        given: Money,
    },
    /// Two currencies are given.
    #[error("all amounts are of one currency, here {expected}; '{name}' is in {actual}")]
    CurrencyMixed {
        /// The input.
        name: String,
        /// The currency of the first amount.
        expected: Currency,
        /// Its own.
        actual: Currency,
    },
    /// A segment has other characters than an account's code has.
    #[error("'{given}' is no part of an account's code: expected letters, digits, '-' and '_'")]
    SegmentMalformed {
        /// What is given.
        given: String,
    },
    /// An amount is larger than the ledger can hold.
    #[error("'{name}' would be larger than this ledger can hold (9223372036854775807 minor units)")]
    AmountOverflow {
        /// The amount.
        name: String,
    },
    /// What is split, or a weight, is below zero.
    #[error("what is split and its weights are zero or more; '{name}' is {value}")]
    SplitNegative {
        /// The amount.
        name: String,
        /// What it came to.
        value: Money,
    },
    /// An amount is split by weights that are all zero.
    #[error("{value} cannot be split: all weights are zero")]
    SplitWeightsZero {
        /// The amount.
        value: Money,
    },
    /// A leg would stand on the other side.
    #[error("the leg on '{account}' would be {value}: '{name}' must not fall below zero")]
    LegNegative {
        /// The account.
        account: String,
        /// The amount.
        name: String,
        /// What it came to.
        value: Money,
    },
}

/// What there may be too few or too many of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Inputs of a template.
    Inputs,
    /// Amounts that a template works out, parts of splits counted one by one.
    Amounts,
    /// Amounts that a sum adds up.
    Terms,
    /// Parts of a split.
    Parts,
    /// Legs of a template, or of what comes of it.
    Legs,
    /// Fields of a list; nothing else has any.
    Fields,
    /// Elements of a list that is given.
    Elements,
}

impl Counted {
    fn words(self) -> &'static str {
        match self {
            Counted::Inputs => "inputs",
            Counted::Amounts => "amounts",
            Counted::Terms => "amounts in a sum",
            Counted::Parts => "parts of a split",
            Counted::Legs => "legs",
            Counted::Fields => "fields",
            Counted::Elements => "elements",
        }
    }
}

/// The longest text that a fault quotes, in characters.
const QUOTED_CHARS_MAX: usize = 120;

/// A text of the caller's as a fault quotes it: cut when it is long, control characters as escapes.
pub(super) fn clipped(text: &str) -> String {
    let shown = |character: char| {
        if character.is_control() { character.escape_default().to_string() } else { character.to_string() }
    };
    let mut clipped: String = text.chars().take(QUOTED_CHARS_MAX).map(shown).collect();
    if text.chars().nth(QUOTED_CHARS_MAX).is_some() {
        clipped.push('…');
    }
    clipped
}

/// A name as a step of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    clipped(name).replace('~', "~0").replace('/', "~1")
}
