//! What can be asked of an insurer, and when an answer is one to it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire::{
    ClaimStatus, ClaimSubmission, CoverageAnswer, CoverageQuestion, DocumentHandOver, DocumentReceipt, Standing,
    SubmissionReceipt, minor,
};
use crate::claim::ClaimNo;

/// A question: where it goes, under which key it is the same one, and what answers it.
pub trait Question {
    /// Its answer.
    type Answer: DeserializeOwned;
    /// Its route, as in the table of [`super`].
    const ROUTE: &'static str;

    /// The method, in capitals.
    fn method(&self) -> &'static str {
        "POST"
    }

    /// The path behind [`super::wire::PREFIX`].
    fn path(&self) -> String;

    /// What makes it the same question, within its route.
    fn business_key(&self) -> String;

    /// The claim it is about, if there is one yet.
    fn claim_no(&self) -> Option<&ClaimNo>;

    /// Its body: the same bytes each time.
    fn body(&self) -> Vec<u8>;

    /// Whether this is an answer to it; if not, what is wrong.
    fn is_answered_by(&self, answer: &Self::Answer) -> Result<(), String>;
}

/// Where a claim stands with its insurer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusQuestion {
    /// Our number of the claim.
    pub claim_no: ClaimNo,
}

impl Question for CoverageQuestion {
    type Answer = CoverageAnswer;
    const ROUTE: &'static str = "policy/verify";

    fn path(&self) -> String {
        "policy/verify".to_owned()
    }

    fn business_key(&self) -> String {
        self.question_no.clone()
    }

    fn claim_no(&self) -> Option<&ClaimNo> {
        None
    }

    fn body(&self) -> Vec<u8> {
        json(self)
    }

    fn is_answered_by(&self, answer: &CoverageAnswer) -> Result<(), String> {
        same("question_no", &self.question_no, &answer.question_no)?;
        let guaranteed = minor(&answer.guaranteed, self.currency)?;
        let asked = minor(&self.amount, self.currency)?;
        if guaranteed > asked {
            return Err(format!("guaranteed {} is more than the {} asked for", answer.guaranteed, self.amount));
        }
        if guaranteed > 0 && !answer.in_force {
            return Err("something is guaranteed on a policy that is not in force".to_owned());
        }
        let is_named = (answer.guarantee_reference.is_some(), answer.valid_until.is_some());
        let expected = guaranteed > 0;
        if is_named == (expected, expected) {
            Ok(())
        } else {
            Err("guarantee_reference and valid_until are given exactly when something is guaranteed".to_owned())
        }
    }
}

impl Question for ClaimSubmission {
    type Answer = SubmissionReceipt;
    const ROUTE: &'static str = "claims";

    fn path(&self) -> String {
        "claims".to_owned()
    }

    fn business_key(&self) -> String {
        format!("{}.{}", self.claim_no, self.submission_no)
    }

    fn claim_no(&self) -> Option<&ClaimNo> {
        Some(&self.claim_no)
    }

    fn body(&self) -> Vec<u8> {
        json(self)
    }

    fn is_answered_by(&self, answer: &SubmissionReceipt) -> Result<(), String> {
        same("claim_no", self.claim_no.as_str(), answer.claim_no.as_str())?;
        same("submission_no", &self.submission_no.to_string(), &answer.submission_no.to_string())?;
        given("insurer_claim_no", &answer.insurer_claim_no)
    }
}

impl Question for StatusQuestion {
    type Answer = ClaimStatus;
    const ROUTE: &'static str = "claims/{no}";

    fn method(&self) -> &'static str {
        "GET"
    }

    fn path(&self) -> String {
        format!("claims/{}", self.claim_no)
    }

    fn business_key(&self) -> String {
        self.claim_no.to_string()
    }

    fn claim_no(&self) -> Option<&ClaimNo> {
        Some(&self.claim_no)
    }

    fn body(&self) -> Vec<u8> {
        Vec::new()
    }

    fn is_answered_by(&self, answer: &ClaimStatus) -> Result<(), String> {
        same("claim_no", self.claim_no.as_str(), answer.claim_no.as_str())?;
        given("insurer_claim_no", &answer.insurer_claim_no)?;
        match &answer.standing {
            Standing::Pending {} => Ok(()),
            Standing::Pended { materials, .. } if materials.is_empty() => Err("materials: none is named".to_owned()),
            Standing::Pended { materials, .. } => materials.iter().try_for_each(|code| given("materials", code)),
            Standing::Decided { decision_no, position, currency, lines } => {
                if *decision_no < 1 || *position < 1 || lines.is_empty() {
                    return Err("decision_no and position count from 1, and there is at least one line".to_owned());
                }
                if !lines.is_sorted_by(|one, next| one.line_no < next.line_no) {
                    return Err("lines are in order, each once".to_owned());
                }
                lines.iter().try_for_each(|line| minor(&line.approved, *currency).map(|_| ()))
            }
        }
    }
}

impl Question for DocumentHandOver {
    type Answer = DocumentReceipt;
    const ROUTE: &'static str = "claims/{no}/documents";

    fn path(&self) -> String {
        format!("claims/{}/documents", self.claim_no)
    }

    fn business_key(&self) -> String {
        format!("{}.{}", self.claim_no, self.document_no)
    }

    fn claim_no(&self) -> Option<&ClaimNo> {
        Some(&self.claim_no)
    }

    fn body(&self) -> Vec<u8> {
        json(self)
    }

    fn is_answered_by(&self, answer: &DocumentReceipt) -> Result<(), String> {
        same("claim_no", self.claim_no.as_str(), answer.claim_no.as_str())?;
        same("document_no", &self.document_no, &answer.document_no)?;
        same("sha256", &self.sha256, &answer.sha256)
    }
}

fn json(question: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(question).expect("a question has no member that JSON cannot hold")
}

fn same(member: &str, expected: &str, actual: &str) -> Result<(), String> {
    let actual_clipped = || actual.chars().take(80).collect::<String>();
    if expected == actual { Ok(()) } else { Err(format!("{member} is '{}', not '{expected}'", actual_clipped())) }
}

/// Numbers and codes of the insurer have 1 to 50 bytes, as in the claim.
fn given(member: &str, text: &str) -> Result<(), String> {
    let fits = (1..=50).contains(&text.len()) && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(format!("{member} has {} bytes, not 1 to 50", text.len())) }
}
