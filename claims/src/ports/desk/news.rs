//! What an insurer's answer says to a claim. Pure.
//!
//! Decisions are compared with what was heard before under the same number, and told in the order of their numbers.

use dianfu_ledger::money::Currency;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::event::{Event, LineDecision};
use crate::ports::insurer::wire::{ClaimStatus, Standing, minor};

/// What an insurer says to a claim. Amounts in minor units of the claim's currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InsurerNews {
    /// Nothing yet.
    Nothing,
    /// Materials are asked for.
    AskedForMore {
        /// Codes of what is asked for.
        materials: Vec<String>,
        /// The last day to hand them over.
        respond_by: Date,
    },
    /// It has decided.
    Decided(Decision),
}

/// A decision as it was heard.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// From 1; a decision anew is the next.
    pub decision_no: i32,
    /// The insurer's number for the claim.
    pub insurer_claim_no: String,
    /// The claim's place in the insurer's statement, from 1.
    pub position: i32,
    /// Every line, in order.
    pub lines: Vec<LineDecision>,
}

/// What a status says to a claim in this currency. An error says what is wrong with it.
pub fn news(status: &ClaimStatus, currency: Currency) -> Result<InsurerNews, String> {
    match &status.standing {
        Standing::Pending {} => Ok(InsurerNews::Nothing),
        Standing::Pended { materials, respond_by } => {
            Ok(InsurerNews::AskedForMore { materials: materials.clone(), respond_by: *respond_by })
        }
        Standing::Decided { currency: other, .. } if *other != currency => {
            Err(format!("the decision is in {other}, the claim in {currency}"))
        }
        Standing::Decided { decision_no, position, lines, .. } => {
            let line = |line: &crate::ports::insurer::wire::DecidedLine| {
                let approved_minor = minor(&line.approved, currency)?;
                Ok(LineDecision { line_no: line.line_no, approved_minor, reasons: line.reasons.clone() })
            };
            Ok(InsurerNews::Decided(Decision {
                decision_no: *decision_no,
                insurer_claim_no: status.insurer_claim_no.clone(),
                position: *position,
                lines: lines.iter().map(line).collect::<Result<_, String>>()?,
            }))
        }
    }
}

/// The decisions that may be told now: those without a gap behind the last one that was told. `heard` is in the order
/// of numbers and has none that was told.
pub fn in_turn(told_no: i32, heard: &[Decision]) -> &[Decision] {
    let next = |(index, decision): (usize, &Decision)| {
        i64::from(decision.decision_no) == i64::from(told_no) + 1 + i64::try_from(index).unwrap_or(i64::MAX)
    };
    let count = heard.iter().enumerate().take_while(|(index, decision)| next((*index, decision))).count();
    &heard[..count]
}

impl Decision {
    /// The event that tells it.
    pub fn event(&self) -> Event {
        let Decision { decision_no, position, .. } = *self;
        let (insurer_claim_no, lines) = (self.insurer_claim_no.clone(), self.lines.clone());
        Event::InsurerDecided { decision_no, insurer_claim_no, position, lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(decision_no: i32) -> Decision {
        let line = LineDecision { line_no: 1, approved_minor: 5, reasons: vec!["CO-45".to_owned()] };
        Decision { decision_no, insurer_claim_no: "I-1".to_owned(), position: 1, lines: vec![line] }
    }

    #[test]
    fn decisions_are_told_in_turn() {
        for (told_no, heard, expected) in [
            (0, vec![1], 1),
            (0, vec![2], 0),
            (0, vec![1, 2], 2),
            (0, vec![1, 3], 1),
            (1, vec![2, 3], 2),
            (1, vec![3], 0),
            (0, vec![], 0),
            (i32::MAX, vec![i32::MAX], 0),
        ] {
            let decisions: Vec<Decision> = heard.iter().copied().map(decision).collect();
            assert_eq!(in_turn(told_no, &decisions).len(), expected, "{told_no} {heard:?}");
        }
    }

    #[test]
    fn a_decision_in_another_currency_is_none() {
        let line =
            crate::ports::insurer::wire::DecidedLine { line_no: 1, approved: "1.50".to_owned(), reasons: Vec::new() };
        let standing = Standing::Decided { decision_no: 1, position: 1, currency: Currency::CNY, lines: vec![line] };
        let claim_no = crate::claim::ClaimNo::parse("CLM-1").unwrap();
        let status = ClaimStatus { version: "v1".to_owned(), claim_no, insurer_claim_no: "I-1".to_owned(), standing };
        let Ok(InsurerNews::Decided(decision)) = news(&status, Currency::CNY) else { panic!("{status:?}") };
        assert_eq!(decision.lines[0].approved_minor, 150);
        assert!(news(&status, "JPY".parse().unwrap()).unwrap_err().contains("CNY"));
    }
}
