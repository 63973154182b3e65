//! What a template consists of, as its JSON has it. Unknown fields are refused.

use serde::{Deserialize, Serialize};

/// A template as it is written down, checked or not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Which journal it is, such as `J3a`: letters, digits, `-`, `_`.
    pub name: String,
    /// The journal in a few words.
    pub title: String,
    /// When it is posted, as which kind of entry, and what to know about it.
    pub description: String,
    /// What has to be given.
    pub inputs: Vec<NamedInput>,
    /// What is worked out, each from inputs and from what stands before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<Amount>,
    /// The legs, in the order in which they are posted.
    pub legs: Vec<Leg>,
}

/// Something that has to be given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedInput {
    /// Its name: a small letter, then small letters, digits, `_`.
    pub name: String,
    /// What it is.
    pub kind: InputKind,
    /// What it stands for, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of a list: what each of its elements has. Their names are names of the template like any other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<NamedInput>,
    /// Whether it may be left out: only a date may, and then nothing is due on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// What an input is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// An amount of zero or more; all amounts of one filling have one currency.
    Amount,
    /// A part of an account's code, such as an insurer or a pharmacy: letters, digits, `-`, `_`. May stand in an item.
    Segment,
    /// A text for an item, such as the number of a claim or of a payout.
    Text,
    /// A day, for a due date; in an item it reads `2026-03-02`.
    Date,
    /// Any number of elements, none too, each with the same fields: such as the orders that a payout pays. A leg stands
    /// for each of them ([`Leg::each`]), and a total adds up one of their amounts ([`Amount::Total`]).
    List,
}

impl InputKind {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            InputKind::Amount => "amount",
            InputKind::Segment => "segment",
            InputKind::Text => "text",
            InputKind::Date => "date",
            InputKind::List => "list",
        }
    }
}

/// How an amount is worked out, or several at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Amount {
    /// Amounts added up, less others; each once.
    Sum {
        /// Its name.
        name: String,
        /// What is added; one at least.
        plus: Vec<String>,
        /// What is taken away.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        less: Vec<String>,
    },
    /// `numerator / denominator` of an amount, rounded half away from zero to a whole minor unit.
    Fraction {
        /// Its name.
        name: String,
        /// The amount of which it is a fraction.
        of: String,
        /// Zero or more.
        numerator: i64,
        /// More than zero.
        denominator: i64,
    },
    /// An amount of a list's elements, added up over all of them.
    Total {
        /// Its name.
        name: String,
        /// The field.
        of: String,
    },
    /// An amount in parts that add up to it, in proportion to their weights, by the largest remainder.
    Split {
        /// The amount that is split.
        of: String,
        /// Its parts, two at least; the earlier one gets the unit when two have lost the same.
        parts: Vec<Part>,
    },
}

/// A part of an amount that is split.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The amount by which it is weighed.
    pub weight: String,
}

/// A leg of the journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// A list: the leg stands once for each of its elements. Its amount is one of the list's fields, and the others may
    /// stand in its account, its item and its due date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Where its amount stands.
    pub side: Side,
    /// The account, such as `1101.{insurer}`: the control account is written out, `{name}` behind its dot is a segment.
    pub account: String,
    /// The open item, such as `{claim}`, on an account that keeps open items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Its amount: an input, or one that was worked out.
    pub amount: String,
    /// The date on which the item is due, an input. Only with an item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<String>,
}

/// A side of a journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// A positive posting.
    Debit,
    /// A negative one.
    Credit,
}
