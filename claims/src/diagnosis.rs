//! Diagnoses by ICD-10, as claims name them and as rules and policies list them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is no code of a diagnosis.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a diagnosis by ICD-10 is a letter, a digit, a digit or letter, then up to 8 of those behind a dot, such as C34.9; '{given}' is not")]
pub struct DiagnosisError {
    /// What was given, cut to 80 characters.
    pub given: String,
}

/// A diagnosis by ICD-10, or a chapter's branch of it: `C34` stands for itself and for all that begins with it, such as
/// `C34.9`. National modifications add letters, digits and `x` behind the dot.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DiagnosisCode(String);

impl DiagnosisCode {
    /// Checks and takes a text. Letters before the dot are capitals.
    pub fn parse(text: &str) -> Result<DiagnosisCode, DiagnosisError> {
        if is_icd_10(text) {
            return Ok(DiagnosisCode(text.to_owned()));
        }
        Err(DiagnosisError { given: text.chars().take(80).collect() })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this diagnosis or lies in its branch.
    pub fn lies_in(&self, branch: &DiagnosisCode) -> bool {
        self.0.starts_with(&branch.0)
    }
}

fn is_icd_10(text: &str) -> bool {
    let (category, detail) = text.split_once('.').map_or((text, None), |(category, detail)| (category, Some(detail)));
    let shape = |category: &[u8]| {
        matches!(category, [letter, digit, last]
            if letter.is_ascii_uppercase() && digit.is_ascii_digit() && last.is_ascii_alphanumeric())
    };
    let detail_fits = |detail: &str| {
        (1..=8).contains(&detail.len()) && detail.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    shape(category.as_bytes()) && detail.is_none_or(detail_fits)
}

impl TryFrom<String> for DiagnosisCode {
    type Error = DiagnosisError;

    fn try_from(text: String) -> Result<DiagnosisCode, DiagnosisError> {
        DiagnosisCode::parse(&text)
    }
}

impl From<DiagnosisCode> for String {
    fn from(code: DiagnosisCode) -> String {
        code.0
    }
}

impl fmt::Display for DiagnosisCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnosis_has_the_shape_of_icd_10() {
        for good in ["C34", "C34.9", "C34.900x001", "M1A.0", "Z51.1"] {
            assert!(DiagnosisCode::parse(good).is_ok() == (good.len() <= 12), "{good}");
        }
        for bad in ["", "C3", "c34.9", "C34.", "C34.9 ", "34.9", "C34-9", "C34.123456789", "癌"] {
            assert!(DiagnosisCode::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_branch_holds_what_begins_with_it() {
        let code = |text| DiagnosisCode::parse(text).unwrap();
        assert!(code("C34.9").lies_in(&code("C34")));
        assert!(code("C34.9").lies_in(&code("C34.9")));
        assert!(!code("C34").lies_in(&code("C34.9")));
        assert!(!code("C35.1").lies_in(&code("C34")));
    }
}
