//! Diagnoses and the branches in which they lie, as rules and policies list them.

use std::fmt;

use crate::claim::DiagnosisCode;

impl DiagnosisCode {
    /// Whether it is this diagnosis or lies in its branch: `C34.9` lies in `C34`.
    pub fn lies_in(&self, branch: &DiagnosisCode) -> bool {
        self.as_str().starts_with(branch.as_str())
    }
}

impl fmt::Display for DiagnosisCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_holds_what_begins_with_it() {
        let code = |text| DiagnosisCode::parse(text).unwrap();
        assert!(code("C34.9").lies_in(&code("C34")));
        assert!(code("C34.9").lies_in(&code("C34.9")));
        assert!(!code("C34").lies_in(&code("C34.9")));
        assert!(!code("C35.1").lies_in(&code("C34")));
    }
}
