//! What the simulated insurer knows, and what it answers. Pure: questions in, answers out.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use dianfu_claims::claim::ClaimNo;
use dianfu_claims::ports::insurer::wire::{
    ClaimStatus, ClaimSubmission, CoverageAnswer, CoverageQuestion, DecidedLine, DocumentHandOver, DocumentReceipt,
    Refused, Standing, SubmissionReceipt, VERSION, amount, minor,
};
use dianfu_ledger::money::{share_of, split};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::script::{Answer, Decide, Pay, Script, Trouble, mishap};

/// What it knows.
#[derive(Debug)]
pub struct Insurer {
    script: Script,
    claims: HashMap<String, KnownClaim>,
    answered: HashMap<String, (Value, Value)>,
    asked: HashMap<String, u32>,
}

#[derive(Debug)]
struct KnownClaim {
    submission: ClaimSubmission,
    insurer_claim_no: String,
    questions: u32,
}

/// What it answers, and what goes wrong with that.
#[derive(Clone, PartialEq, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// What goes wrong.
    pub trouble: Option<Trouble>,
}

impl Reply {
    fn ok(body: impl Serialize) -> Reply {
        let body = serde_json::to_value(body).expect("an answer has no member that JSON cannot hold");
        Reply { status: 200, body, trouble: None }
    }

    /// A refusal.
    pub fn refused(status: u16, code: &str, title: &str) -> Reply {
        let (version, code, title) = (VERSION.to_owned(), code.to_owned(), title.to_owned());
        Reply { status, ..Reply::ok(Refused { version, code, title, detail: None }) }
    }

    fn with(self, trouble: Option<Trouble>) -> Reply {
        match trouble {
            Some(Trouble::Unknown) => {
                Reply { trouble, ..Reply::refused(404, "claim_unknown", "There is no such claim") }
            }
            _ => Reply { trouble, ..self },
        }
    }
}

impl Insurer {
    /// One that knows nothing yet.
    pub fn new(script: Script) -> Insurer {
        Insurer { script, claims: HashMap::new(), answered: HashMap::new(), asked: HashMap::new() }
    }

    /// Whether a policy is in force; every policy is, and guarantees what the script says.
    pub fn verify(&mut self, question: CoverageQuestion) -> Reply {
        let rule = self.script.rule(question.policy_no.as_str());
        let trouble = mishap(&rule.verify, self.count(&format!("verify/{}", question.policy_no)));
        if trouble == Some(Trouble::Fail) {
            return Reply::ok(()).with(trouble);
        }
        let key = format!("verify/{}", question.question_no);
        self.once(key, question, |question| {
            let part = rule.guarantee_per_10000.unwrap_or(10_000);
            let asked = minor(&question.amount, question.currency).ok()?;
            let guaranteed = share_of(asked, part, 10_000)?;
            let is_guaranteed = guaranteed > 0;
            Some(CoverageAnswer {
                version: VERSION.to_owned(),
                question_no: question.question_no.clone(),
                in_force: true,
                guaranteed: amount(guaranteed, question.currency),
                guarantee_reference: is_guaranteed.then(|| format!("G-{}", question.question_no)),
                valid_until: is_guaranteed.then(|| in_a_month(question.on)),
                reasons: if guaranteed < asked { vec!["LIMIT".to_owned()] } else { Vec::new() },
            })
        })
        .with(trouble)
    }

    /// Takes a claim.
    pub fn submit(&mut self, submission: ClaimSubmission) -> Reply {
        let number = submission.claim_no.to_string();
        let rule = self.script.rule(&number);
        let trouble = mishap(&rule.submit, self.count(&format!("submit/{number}")));
        if trouble == Some(Trouble::Fail) {
            return Reply::ok(()).with(trouble);
        }
        let insurer_claim_no = format!("I-{number}");
        let key = format!("submit/{number}/{}", submission.submission_no);
        let reply = self.once(key, submission.clone(), |submission| {
            Some(SubmissionReceipt {
                version: VERSION.to_owned(),
                claim_no: submission.claim_no.clone(),
                submission_no: submission.submission_no,
                insurer_claim_no: insurer_claim_no.clone(),
            })
        });
        if reply.status == 200 {
            self.claims.entry(number).or_insert(KnownClaim { submission, insurer_claim_no, questions: 0 });
        }
        reply.with(trouble)
    }

    /// Where a claim stands.
    pub fn status(&mut self, claim_no: &ClaimNo) -> Reply {
        let unknown = Reply::refused(404, "claim_unknown", "There is no such claim");
        let Some(known) = self.claims.get_mut(claim_no.as_str()) else { return unknown };
        let rule = self.script.rule(claim_no.as_str());
        let question = known.questions;
        known.questions += 1;
        let pending = Standing::Pending {};
        let (standing, trouble) = match rule.answer(question) {
            Answer::Pending(_) => (Some(pending), None),
            Answer::Ask { materials, respond_by } => {
                (Some(Standing::Pended { materials: materials.clone(), respond_by: *respond_by }), None)
            }
            Answer::Decide(decide) => (decided(&known.submission, decide), None),
            Answer::Mishap(mishap) => (Some(pending), Some(mishap.trouble)),
        };
        let Some(standing) = standing else {
            return Reply::refused(422, "script_wrong", "The script's amounts do not fit the claim");
        };
        let (claim_no, insurer_claim_no) = (claim_no.clone(), known.insurer_claim_no.clone());
        Reply::ok(ClaimStatus { version: VERSION.to_owned(), claim_no, insurer_claim_no, standing }).with(trouble)
    }

    /// Takes a document.
    pub fn document(&mut self, document: DocumentHandOver) -> Reply {
        let number = document.claim_no.to_string();
        let rule = self.script.rule(&number);
        let trouble = mishap(&rule.documents, self.count(&format!("document/{number}")));
        if trouble == Some(Trouble::Fail) {
            return Reply::ok(()).with(trouble);
        }
        if !self.claims.contains_key(&number) {
            return Reply::refused(404, "claim_unknown", "There is no such claim").with(trouble);
        }
        self.once(format!("document/{number}/{}", document.document_no), document, |document| {
            Some(DocumentReceipt {
                version: VERSION.to_owned(),
                claim_no: document.claim_no.clone(),
                document_no: document.document_no.clone(),
                sha256: document.sha256.clone(),
            })
        })
        .with(trouble)
    }

    /// The first answer to what is asked under this key; other content under it is refused.
    fn once<Q: Serialize, A: Serialize>(
        &mut self,
        key: String,
        question: Q,
        answer: impl Fn(&Q) -> Option<A>,
    ) -> Reply {
        let asked = serde_json::to_value(&question).expect("it was read from JSON");
        match self.answered.entry(key) {
            Entry::Occupied(first) if first.get().0 == asked => Reply::ok(&first.get().1),
            Entry::Occupied(_) => Reply::refused(409, "content_differs", "Other content came under this number before"),
            Entry::Vacant(free) => match answer(&question) {
                Some(answer) => {
                    let reply = Reply::ok(answer);
                    free.insert((asked, reply.body.clone()));
                    reply
                }
                None => Reply::refused(422, "amount_malformed", "An amount cannot be read"),
            },
        }
    }

    /// How often this was asked before.
    fn count(&mut self, what: &str) -> u32 {
        let count = self.asked.entry(what.to_owned()).or_default();
        *count += 1;
        *count - 1
    }
}

/// A decision on what was submitted; `None` if the script's amounts do not fit.
fn decided(submission: &ClaimSubmission, decide: &Decide) -> Option<Standing> {
    let currency = submission.currency;
    let lines = match &decide.pay {
        Pay::All => parts(submission, 10_000, &[])?,
        Pay::Part { per_10000, reasons } => parts(submission, *per_10000, reasons)?,
        Pay::Lines { lines } => {
            let line = |(line_no, approved, reasons): &(i32, String, Vec<String>)| DecidedLine {
                line_no: *line_no,
                approved: approved.clone(),
                reasons: reasons.clone(),
            };
            lines.iter().map(line).collect()
        }
    };
    Some(Standing::Decided { decision_no: decide.decision_no, position: 1, currency, lines })
}

/// A part of each line's part of the advance.
fn parts(submission: &ClaimSubmission, per_10000: i64, reasons: &[String]) -> Option<Vec<DecidedLine>> {
    let currency = submission.currency;
    let gross: Vec<i64> =
        submission.lines.iter().map(|line| minor(&line.gross, currency).ok()).collect::<Option<_>>()?;
    let advances = split(minor(&submission.advance, currency).ok()?, &gross)?;
    let line = |(line, advance): (&dianfu_claims::ports::insurer::wire::AskedLine, i64)| {
        let approved = share_of(advance, per_10000, 10_000)?;
        let reasons = if approved < advance { reasons.to_vec() } else { Vec::new() };
        Some(DecidedLine { line_no: line.line_no, approved: amount(approved, currency), reasons })
    };
    submission.lines.iter().zip(advances).map(line).collect()
}

fn in_a_month(day: Date) -> Date {
    day.checked_add(jiff::Span::new().days(30)).unwrap_or(day)
}
