//! Whether a file's sums hold. Pure.
//!
//! Rules R1 to R6 refuse the whole file; R7, a reversal without its correction, and dates that are none are warnings.
//! Each violation names the segment whose amount does not fit: what the arithmetic gives is *expected*, what the file
//! says is *actual*. R8 and R9 are the reader's: it counts envelopes and reads amounts. Costs one pass over the lines.

use std::collections::{HashMap, HashSet};

use dianfu_ledger::money::Currency;

use crate::parse::{Reading, x12_835};
use crate::remittance::{
    ClaimLine, LineAdjustment, PATIENT_RESPONSIBILITY, Place, REVERSAL, Remittance, ServiceLine, decimal_text,
};
use crate::verdict::{Summary, Verdict};
use crate::violation::{Findings, Rule, Violation};

/// Reads an 835 and judges it.
pub fn examine(bytes: &[u8]) -> (Vec<Remittance>, Verdict) {
    let Reading { remittances, mut findings } = x12_835::read(bytes);
    check(&remittances, &mut findings);
    findings.errors.sort_by_key(|violation| violation.segment);
    findings.warnings.sort_by_key(|violation| violation.segment);
    let verdict = Verdict::new(findings, remittances.iter().map(Summary::of).collect());
    (remittances, verdict)
}

/// Adds what does not hold in these remittances of one file.
pub fn check(remittances: &[Remittance], findings: &mut Findings) {
    let mut traces: HashMap<&str, usize> = HashMap::new();
    for remittance in remittances {
        let mut judge = Judge { currency: remittance.currency, findings };
        for line in &remittance.lines {
            judge.line(line);
        }
        judge.payment(remittance);
        judge.magnitude(remittance);
        judge.reversals(remittance);
        let first = *traces.entry(&remittance.trace).or_insert(remittance.trace_place.segment);
        if first != remittance.trace_place.segment && !remittance.trace.is_empty() {
            judge.trace_again(remittance, first);
        }
    }
}

struct Judge<'f> {
    currency: Currency,
    findings: &'f mut Findings,
}

impl Judge<'_> {
    fn line(&mut self, line: &ClaimLine) {
        for service in &line.services {
            self.service(service);
        }
        let of_claim = sum(&line.adjustments);
        let of_services: i128 = line.services.iter().map(|service| sum(&service.adjustments)).sum();
        let computed = i128::from(line.billed_minor) - of_claim - of_services;
        if computed != i128::from(line.paid_minor) {
            let message = format!(
                "claim {}: charge {} less its adjustments {} and those of its services {} is {}, not {}",
                line.claim_no,
                self.text(line.billed_minor),
                self.text(of_claim),
                self.text(of_services),
                self.text(computed),
                self.text(line.paid_minor)
            );
            self.error(Rule::R2, line.place, "CLP04", message, computed, line.paid_minor);
        }
        self.signs(line);
        self.totals(line);
    }

    fn service(&mut self, service: &ServiceLine) {
        let adjustments = sum(&service.adjustments);
        let computed = i128::from(service.billed_minor) - adjustments;
        if computed != i128::from(service.paid_minor) {
            let message = format!(
                "service {}: charge {} less its adjustments {} is {}, not {}",
                service.product,
                self.text(service.billed_minor),
                self.text(adjustments),
                self.text(computed),
                self.text(service.paid_minor)
            );
            self.error(Rule::R1, service.place, "SVC03", message, computed, service.paid_minor);
        }
    }

    fn signs(&mut self, line: &ClaimLine) {
        let is_reversal = line.status == REVERSAL;
        for (element, amount) in [("CLP03", line.billed_minor), ("CLP04", line.paid_minor)] {
            if is_reversal && amount > 0 {
                let message = format!(
                    "claim {}: a reversal (status {REVERSAL}) takes back, {element} is positive",
                    line.claim_no
                );
                let violation = at(Rule::R6, line.place, element).says(message);
                self.findings.error(violation.expected("0.00 or less", self.text(amount)));
            }
        }
        if !is_reversal && line.paid_minor < 0 {
            let message = format!("claim {}: the payment is negative, and the line is no reversal", line.claim_no);
            let violation = at(Rule::R6, line.place, "CLP02").says(message);
            self.findings.warning(violation.expected(REVERSAL, &line.status));
        }
    }

    fn totals(&mut self, line: &ClaimLine) {
        let charged: i128 = line.services.iter().map(|service| i128::from(service.billed_minor)).sum();
        if !line.services.is_empty() && charged != i128::from(line.billed_minor) {
            let message = format!("claim {}: the charges of its services add up to another sum", line.claim_no);
            self.warning(Rule::R7, line.place, "CLP03", message, charged, line.billed_minor);
        }
        let adjustments = line.adjustments.iter().chain(line.services.iter().flat_map(|service| &service.adjustments));
        let of_patient = adjustments.filter(|adjustment| adjustment.group == PATIENT_RESPONSIBILITY);
        let of_patient: i128 = of_patient.map(|adjustment| i128::from(adjustment.amount_minor)).sum();
        let stated = i128::from(line.patient_minor.unwrap_or(0));
        if stated != of_patient {
            let message = format!("claim {}: the adjustments of group PR add up to another sum", line.claim_no);
            self.warning(Rule::R7, line.place, "CLP05", message, of_patient, stated);
        }
    }

    fn payment(&mut self, remittance: &Remittance) {
        let (lines, adjustments) = (remittance.lines_paid_minor(), remittance.adjustments_minor());
        let computed = lines - adjustments;
        let paid = i128::from(remittance.paid_minor);
        if computed != paid {
            let mut message = format!(
                "the lines pay {}, less payee-level adjustments of {} is {}, not {}",
                self.text(lines),
                self.text(adjustments),
                self.text(computed),
                self.text(paid)
            );
            if computed < 0 {
                message.push_str("; what is below zero must be carried forward by a PLB with code FB");
            }
            self.error(Rule::R3, remittance.place, "BPR02", message, computed, paid);
        }
        if paid < 0 {
            let violation = at(Rule::R4, remittance.place, "BPR02").says("the amount paid is negative");
            self.findings.error(violation.expected("0.00 or more", self.text(paid)));
        }
        let moves_money = paid != 0 || remittance.method != "NON";
        if remittance.handling == "H" && moves_money {
            let message = "a notification (BPR01 H) moves no money";
            let actual = format!("{} by {}", self.text(paid), remittance.method);
            let violation = at(Rule::R5, remittance.place, "BPR01").says(message);
            self.findings.error(violation.expected(format!("{} by NON", self.text(0)), actual));
        }
    }

    /// One entry, and so one sum, may have to carry every amount of the remittance.
    fn magnitude(&mut self, remittance: &Remittance) {
        let lines = remittance.lines.iter().map(|line| i128::from(line.paid_minor).abs());
        let adjustments = remittance.adjustments.iter().map(|own| i128::from(own.amount_minor).abs());
        let total: i128 = lines.chain(adjustments).sum();
        let most = i128::from(i64::MAX);
        if total > most {
            let message = "all amounts together are larger than the ledger can hold";
            let violation = at(Rule::R9, remittance.place, "BPR02").says(message);
            self.findings.error(violation.expected(format!("at most {}", self.text(most)), self.text(total)));
        }
    }

    fn reversals(&mut self, remittance: &Remittance) {
        let decided = remittance.lines.iter().filter(|line| line.status != REVERSAL);
        let decided: HashSet<&str> = decided.map(|line| line.claim_no.as_str()).collect();
        for line in remittance.lines.iter().filter(|line| line.status == REVERSAL) {
            if !decided.contains(line.claim_no.as_str()) {
                let message = format!("claim {}: the reversal comes without the correction", line.claim_no);
                let violation = at(Rule::R6, line.place, "CLP01").says(message);
                let expected = format!("a second line of claim {}, with another status than {REVERSAL}", line.claim_no);
                self.findings.warning(violation.expected(expected, "none"));
            }
        }
    }

    fn trace_again(&mut self, remittance: &Remittance, first: usize) {
        let message = format!("trace {} was used by segment {first} of this file", remittance.trace);
        let violation = at(Rule::R5, remittance.trace_place, "TRN02").says(message);
        self.findings.error(violation.expected("a trace that is used once", &remittance.trace));
    }

    fn error(
        &mut self,
        rule: Rule,
        place: Place,
        element: &str,
        message: String,
        computed: i128,
        actual: impl Into<i128>,
    ) {
        let violation = at(rule, place, element).says(message).expected(self.text(computed), self.text(actual));
        self.findings.error(violation);
    }

    fn warning(
        &mut self,
        rule: Rule,
        place: Place,
        element: &str,
        message: String,
        computed: i128,
        actual: impl Into<i128>,
    ) {
        let violation = at(rule, place, element).says(message).expected(self.text(computed), self.text(actual));
        self.findings.warning(violation);
    }

    fn text(&self, minor: impl Into<i128>) -> String {
        decimal_text(minor.into(), self.currency)
    }
}

fn sum(adjustments: &[LineAdjustment]) -> i128 {
    adjustments.iter().map(|adjustment| i128::from(adjustment.amount_minor)).sum()
}

fn at(rule: Rule, place: Place, element: &str) -> Violation {
    Violation::new(rule, place.segment, format!("{place}, {element}"))
}
