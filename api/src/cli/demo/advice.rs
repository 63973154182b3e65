//! Writes an X12 835 as an insurer would: the story's own remittances, and the earlier ones that a real file takes
//! back. Pure.
//!
//! The delimiters are control characters, which no value of a file that was read can contain: echoed numbers come out
//! as they went in.

use dianfu_ledger::money::{Currency, Money};
use jiff::civil::Date;

const ELEMENT: char = '\u{1d}';
const COMPONENT: char = '\u{1f}';
const SEGMENT: char = '\u{1c}';

/// One payment and what it is for.
pub struct Advice<'a> {
    /// The number that cash and advice share.
    pub trace: &'a str,
    /// When the money moves.
    pub on: Date,
    /// The currency of every amount.
    pub currency: Currency,
    /// What is paid for each claim.
    pub lines: Vec<AdviceLine<'a>>,
    /// Overpayments that are taken back: the reference and how much, in minor units.
    pub takebacks: Vec<(&'a str, i64)>,
}

/// What is paid for one claim, or taken back of it where all is negative; amounts in minor units.
pub struct AdviceLine<'a> {
    /// The number under which the claim was sent.
    pub claim_no: &'a str,
    /// The insurer's own number.
    pub insurer_claim_no: &'a str,
    /// What was charged.
    pub billed_minor: i64,
    /// What is paid.
    pub paid_minor: i64,
    /// The patient's part of what is not paid; the rest is a reduction by contract.
    pub patient_minor: i64,
}

impl Advice<'_> {
    /// What is paid in the end.
    pub fn paid_minor(&self) -> i64 {
        let lines: i64 = self.lines.iter().map(|line| line.paid_minor).sum();
        lines - self.takebacks.iter().map(|(_, minor)| minor).sum::<i64>()
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        self.header(&mut body);
        for line in &self.lines {
            self.line(line, &mut body);
        }
        for (reference, minor) in &self.takebacks {
            let what = format!("WO{COMPONENT}{reference}");
            body.push(segment(&["PLB", "DIANFU", &self.day(), &what, &self.text(*minor)]));
        }
        let count = (body.len() + 1).to_string();
        let mut file = self.envelope();
        file.extend(body);
        file.extend([segment(&["SE", &count, "0001"]), segment(&["GE", "1", "1"])]);
        file.push(segment(&["IEA", "1", "000000001"]));
        file.concat().into_bytes()
    }

    fn envelope(&self) -> Vec<String> {
        let blank = " ".repeat(10);
        let (sender, receiver) = (format!("{:<15}", "INSURER"), format!("{:<15}", "DIANFU"));
        let (day, component) = (self.on.strftime("%y%m%d").to_string(), COMPONENT.to_string());
        let isa = ["ISA", "00", &blank, "00", &blank, "ZZ", &sender, "ZZ", &receiver, &day, "1200", "^", "00501"];
        let isa: Vec<&str> = isa.into_iter().chain(["000000001", "0", "P", &component]).collect();
        vec![segment(&isa), segment(&["GS", "HP", "INSURER", "DIANFU", &self.day(), "1200", "1", "X", "005010X221A1"])]
    }

    fn header(&self, body: &mut Vec<String>) {
        let mut bpr = vec![""; 17];
        let (paid, day, currency) = (self.text(self.paid_minor()), self.day(), self.currency.to_string());
        let method = if self.paid_minor() == 0 { "NON" } else { "ACH" };
        (bpr[0], bpr[1], bpr[2], bpr[3], bpr[4], bpr[16]) = ("BPR", "I", &paid, "C", method, &day);
        body.push(segment(&["ST", "835", "0001"]));
        body.push(segment(&bpr));
        body.push(segment(&["TRN", "1", self.trace, "1512345678"]));
        body.push(segment(&["CUR", "PR", &currency]));
        body.push(segment(&["N1", "PR", "INSURER"]));
        body.push(segment(&["N1", "PE", "DIANFU", "XX", "1"]));
        body.push(segment(&["LX", "1"]));
    }

    fn line(&self, line: &AdviceLine<'_>, body: &mut Vec<String>) {
        let (billed, paid) = (self.text(line.billed_minor), self.text(line.paid_minor));
        let patient = self.text(line.patient_minor);
        let status = match (line.billed_minor, line.paid_minor) {
            (..0, _) => "22",
            (_, 0) => "4",
            _ => "1",
        };
        body.push(segment(&["CLP", line.claim_no, status, &billed, &paid, &patient, "12", line.insurer_claim_no]));
        let by_contract = line.billed_minor - line.paid_minor - line.patient_minor;
        for (group, reason, minor) in [("PR", "2", line.patient_minor), ("CO", "45", by_contract)] {
            if minor != 0 {
                body.push(segment(&["CAS", group, reason, &self.text(minor)]));
            }
        }
    }

    fn day(&self) -> String {
        self.on.strftime("%Y%m%d").to_string()
    }

    fn text(&self, minor: i64) -> String {
        Money::new(minor, self.currency).to_decimal_string()
    }
}

fn segment(elements: &[&str]) -> String {
    let mut text = elements.join(&ELEMENT.to_string());
    text.push(SEGMENT);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_holds() {
        let line = |claim_no, billed_minor, paid_minor, patient_minor| AdviceLine {
            claim_no,
            insurer_claim_no: "OWN*1",
            billed_minor,
            paid_minor,
            patient_minor,
        };
        let advice = Advice {
            trace: "T~1",
            on: jiff::civil::date(2026, 3, 2),
            currency: Currency::CNY,
            lines: vec![line("A*1", 2_000_000, 1_400_000, 480_000), line("B:2", 800_000, 0, 0)],
            takebacks: vec![("MARCH", 5_000)],
        };
        let (remittances, verdict) = dianfu_reconcile::examine(&advice.to_bytes());
        assert!(verdict.balanced && verdict.warnings.is_empty(), "{verdict:?}");
        assert_eq!(remittances[0].paid_minor, 1_395_000);
        assert_eq!((remittances[0].trace.as_str(), remittances[0].currency), ("T~1", Currency::CNY));
        let numbers: Vec<_> = remittances[0].lines.iter().map(|line| line.claim_no.as_str()).collect();
        assert_eq!(numbers, ["A*1", "B:2"]);
    }
}
