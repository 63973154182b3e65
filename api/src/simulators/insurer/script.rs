//! What the simulated insurer is told to do: JSON, every member checked.
//!
//! ```json
//! {
//!   "app_id": "main.picc",
//!   "platform_keys": [{"key_id": "pk_1", "algorithm": "hmac-sha256", "text": "…"}],
//!   "own_key": {"key_id": "ik_1", "algorithm": "ed25519", "text": "…"},
//!   "seed": 7,
//!   "rules": [
//!     {"claim": "CLM-1", "answers": [{"pending": 3}, {"decide": {"pay": "all"}}]},
//!     {"claim": "CLM-2*", "submit": [{"trouble": "fail", "times": 2}], "answers": [
//!       {"ask": {"materials": ["GENE_TEST"], "respond_by": "2026-04-01"}},
//!       {"decide": {"pay": {"per_10000": 9000, "reasons": ["CO-45"]}}}
//!     ]}
//!   ]
//! }
//! ```
//! The first rule whose `claim` fits counts; a `*` at its end stands for any end. `answers` are the answers to
//! questions where the claim stands, one after the other; the last one is given for ever. A claim without a rule is
//! decided at once, by the seed: most are paid in full, some in part, some not at all.

use dianfu_signing::Algorithm;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// All that it is told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// What it calls the platform; requests of others are refused.
    pub app_id: String,
    /// What checks the platform's signatures.
    pub platform_keys: Vec<Key>,
    /// What it signs with.
    pub own_key: Key,
    /// Decides claims that have no rule.
    #[serde(default)]
    pub seed: u64,
    /// In order; the first that fits counts.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// A key as text, written as `dianfu_signing` reads it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its id.
    pub key_id: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The key.
    pub text: String,
}

/// How it deals with some claims. For coverage, the policy's number stands in place of the claim's.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A number, or the beginning of numbers with a `*` behind it.
    pub claim: String,
    /// What goes wrong with the first questions about coverage.
    #[serde(default)]
    pub verify: Vec<Mishap>,
    /// What goes wrong with the first submissions.
    #[serde(default)]
    pub submit: Vec<Mishap>,
    /// What goes wrong with the first documents.
    #[serde(default)]
    pub documents: Vec<Mishap>,
    /// The answers to questions where a claim stands.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// What is guaranteed of what is asked for, in ten-thousandths; everything if left out.
    #[serde(default)]
    pub guarantee_per_10000: Option<i64>,
}

/// Something that goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mishap {
    /// What.
    pub trouble: Trouble,
    /// How often in a row.
    #[serde(default = "once")]
    pub times: u32,
}

/// What can go wrong with an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Status 500, and the question is forgotten.
    Fail,
    /// The question is dealt with, and never answered: the connection is held.
    Silent,
    /// The question is dealt with, and the connection is cut.
    Cut,
    /// Signed with a key that nobody knows, under the known id.
    WrongSignature,
    /// Not signed at all.
    Unsigned,
    /// Signed for another nonce: the answer to another request.
    Swapped,
    /// Signed, and no JSON.
    Malformed,
    /// Signed, with a member that nobody knows.
    UnknownMember,
    /// Signed, about another claim.
    OtherClaim,
    /// Signed, of another version.
    OtherVersion,
    /// Signed, with 2 MiB of blanks behind it.
    Huge,
    /// The claim is not known.
    Unknown,
}

/// An answer to where a claim stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Under review, for so many questions.
    Pending(u32),
    /// Materials are asked for.
    Ask {
        /// Codes of what is asked for.
        materials: Vec<String>,
        /// The last day to hand them over.
        respond_by: Date,
    },
    /// Decided.
    Decide(Decide),
    /// Something goes wrong.
    Mishap(Mishap),
}

/// A decision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// Its number; 1 if left out.
    #[serde(default = "first")]
    pub decision_no: i32,
    /// How much of the advance.
    pub pay: Pay,
}

/// How much of what was advanced it pays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Pay {
    /// Everything.
    All,
    /// A part of every line.
    #[serde(untagged)]
    Part {
        /// In ten-thousandths of the line's part of the advance.
        per_10000: i64,
        /// Why not all.
        reasons: Vec<String>,
    },
    /// These amounts, as decimal strings.
    #[serde(untagged)]
    Lines {
        /// Of each line, in order: its number, what is paid, why not all.
        lines: Vec<(i32, String, Vec<String>)>,
    },
}

fn once() -> u32 {
    1
}

fn first() -> i32 {
    1
}

impl Script {
    /// Reads a script; the error says where it is none.
    pub fn parse(text: &str) -> Result<Script, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// How it deals with this number.
    pub fn rule(&self, number: &str) -> Rule {
        let fits = |rule: &&Rule| match rule.claim.strip_suffix('*') {
            Some(beginning) => number.starts_with(beginning),
            None => number == rule.claim,
        };
        let rule = self.rules.iter().find(fits).cloned();
        let mut rule = rule.unwrap_or_else(|| Rule { claim: number.to_owned(), ..Rule::default() });
        if rule.answers.is_empty() {
            rule.answers = vec![Answer::Decide(Decide { decision_no: 1, pay: self.by_seed(number) })];
        }
        rule
    }

    /// Of ten claims eight are paid in full, one in part, one not at all.
    fn by_seed(&self, number: &str) -> Pay {
        let drawn = Sha256::digest(format!("{}/{number}", self.seed))[0];
        match drawn % 10 {
            0 => Pay::Part { per_10000: 0, reasons: vec!["CO-50".to_owned()] },
            1 => Pay::Part { per_10000: 9_000, reasons: vec!["CO-45".to_owned()] },
            _ => Pay::All,
        }
    }
}

impl Rule {
    /// The answer to the question of this number, from 0, about where a claim stands.
    pub fn answer(&self, question: u32) -> &Answer {
        let mut until = 0_u32;
        let last = self.answers.last().expect("a rule that was looked up has answers");
        self.answers
            .iter()
            .find(|answer| {
                until = until.saturating_add(answer.times());
                question < until
            })
            .unwrap_or(last)
    }
}

impl Answer {
    fn times(&self) -> u32 {
        match self {
            Answer::Pending(times) | Answer::Mishap(Mishap { times, .. }) => *times,
            Answer::Ask { .. } | Answer::Decide(_) => 1,
        }
    }
}

/// What goes wrong with the question of this number, from 0.
pub fn mishap(mishaps: &[Mishap], question: u32) -> Option<Trouble> {
    let mut until = 0_u32;
    let fits = |mishap: &&Mishap| {
        until = until.saturating_add(mishap.times);
        question < until
    };
    mishaps.iter().find(fits).map(|mishap| mishap.trouble)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
        "app_id": "main.picc", "platform_keys": [], "own_key": {"key_id": "i", "algorithm": "ed25519", "text": "x"},
        "rules": [
            {"claim": "CLM-1", "submit": [{"trouble": "fail", "times": 2}, {"trouble": "cut"}], "answers": [
                {"pending": 2}, {"mishap": {"trouble": "silent"}}, {"decide": {"pay": "all"}},
                {"decide": {"decision_no": 2, "pay": {"per_10000": 9000, "reasons": ["CO-45"]}}}]},
            {"claim": "CLM-*", "answers": [{"decide": {"pay": {"lines": [[1, "5.00", []]]}}}]}
        ]}"#;

    #[test]
    fn answers_come_in_turn_and_the_last_one_stays() {
        let rule = Script::parse(TEXT).unwrap().rule("CLM-1");
        let second = Decide { decision_no: 2, pay: Pay::Part { per_10000: 9000, reasons: vec!["CO-45".to_owned()] } };
        for (question, expected) in [
            (0, Answer::Pending(2)),
            (1, Answer::Pending(2)),
            (2, Answer::Mishap(Mishap { trouble: Trouble::Silent, times: 1 })),
            (3, Answer::Decide(Decide { decision_no: 1, pay: Pay::All })),
            (4, Answer::Decide(second.clone())),
            (99, Answer::Decide(second.clone())),
        ] {
            assert_eq!(*rule.answer(question), expected, "{question}");
        }
        let mishaps = [0, 1, 2, 3].map(|question| mishap(&rule.submit, question));
        assert_eq!(mishaps, [Some(Trouble::Fail), Some(Trouble::Fail), Some(Trouble::Cut), None]);
    }

    #[test]
    fn the_first_rule_that_fits_counts_and_the_seed_decides_the_rest() {
        let script = Script::parse(TEXT).unwrap();
        let lines = Pay::Lines { lines: vec![(1, "5.00".to_owned(), Vec::new())] };
        assert_eq!(script.rule("CLM-17").answers, [Answer::Decide(Decide { decision_no: 1, pay: lines })]);
        let by_seed: Vec<Rule> = (0..200).map(|n| script.rule(&format!("X-{n}"))).collect();
        assert_eq!(by_seed, (0..200).map(|n| script.rule(&format!("X-{n}"))).collect::<Vec<_>>());
        let paid = |pay: &Pay| {
            by_seed
                .iter()
                .filter(|rule| matches!(&rule.answers[0], Answer::Decide(decide) if decide.pay == *pay))
                .count()
        };
        assert!((140..180).contains(&paid(&Pay::All)), "{}", paid(&Pay::All));
    }

    #[test]
    fn what_is_no_script_is_refused() {
        for text in ["", "{}", &TEXT.replace("seed", "sed").replace("\"rules\"", "\"rulez\"")] {
            assert!(Script::parse(text).is_err(), "{text}");
        }
    }
}
