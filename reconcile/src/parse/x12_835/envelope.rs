//! The three envelopes around claims: interchange (`ISA`…`IEA`), group (`GS`…`GE`), transaction (`ST`…`SE`).
//!
//! Each end repeats its opening's number and counts what is inside (R8). An envelope that another one closes too early
//! is told, and taken as ended.

use crate::remittance::Remittance;
use crate::violation::{Findings, Rule, Violation};

use super::delimiters::ISA_BYTES;
use super::tokens::Segment;
use super::transaction::Transaction;
use crate::parse::Reading;

/// The state of reading a file.
pub struct Reader<'a> {
    findings: Findings,
    remittances: Vec<Remittance>,
    transactions: usize,
    interchange: Option<Opened<'a>>,
    group: Option<Opened<'a>>,
    open: Option<Open<'a>>,
    /// Whether the segments that stand outside of a transaction have been told.
    lost: bool,
}

/// An interchange or group that is open.
struct Opened<'a> {
    control_no: &'a str,
    segment: usize,
    inside: usize,
}

/// A transaction that is open.
struct Open<'a> {
    start: Segment<'a>,
    /// `None` if it is no 835: its segments are passed over.
    content: Option<Transaction<'a>>,
}

impl<'a> Reader<'a> {
    /// A reader that goes on from what was found so far.
    pub fn new(findings: Findings) -> Reader<'a> {
        Reader {
            findings,
            remittances: Vec::new(),
            transactions: 0,
            interchange: None,
            group: None,
            open: None,
            lost: false,
        }
    }

    /// Takes the next segment, or the place where none can be made out.
    pub fn token(&mut self, token: Result<Segment<'a>, Violation>) {
        match token {
            Ok(segment) => self.segment(segment),
            Err(violation) => {
                self.spoil();
                self.findings.error(violation);
            }
        }
    }

    /// What was read.
    pub fn end(mut self) -> Reading {
        self.interchange_missing_end("the end of the file");
        if self.transactions == 0 && self.findings.errors.is_empty() {
            let violation = Violation::new(Rule::Syntax, None, "file").says("the file has no 835 transaction");
            self.findings.error(violation.expected("ST*835", "none"));
        }
        Reading { remittances: self.remittances, findings: self.findings }
    }

    fn segment(&mut self, segment: Segment<'a>) {
        if let Some(character) = segment.control_character() {
            let violation = syntax(segment, "a segment has a control character: it is cut or glued together");
            self.findings.error(violation.expected("text", character.to_string()));
            self.spoil();
            return;
        }
        match segment.id() {
            "ISA" => self.open_interchange(segment),
            "GS" => self.open_group(segment),
            "ST" => self.open_transaction(segment),
            "SE" => self.close_transaction(segment),
            "GE" => self.close_group(segment),
            "IEA" => self.close_interchange(segment),
            _ => self.content(segment),
        }
    }

    fn spoil(&mut self) {
        if let Some(Open { content: Some(content), .. }) = &mut self.open {
            content.spoil();
        }
    }

    fn open_interchange(&mut self, isa: Segment<'a>) {
        self.interchange_missing_end("the next ISA");
        if isa.text.len() != ISA_BYTES {
            let violation = syntax(isa, "ISA has elements of fixed width; some of these have another");
            let actual = format!("{} bytes", isa.text.len());
            self.findings.warning(violation.expected(format!("{ISA_BYTES} bytes"), actual));
        }
        self.interchange = Some(Opened { control_no: isa.element(13), segment: isa.number, inside: 0 });
    }

    fn open_group(&mut self, gs: Segment<'a>) {
        self.group_missing_end("the next GS");
        match &mut self.interchange {
            Some(interchange) => interchange.inside += 1,
            None => self.findings.error(outside(gs, "an interchange (ISA)")),
        }
        if gs.element(1) != "HP" {
            let violation = syntax(gs, "the group is not one of claim payments");
            self.findings.error(violation.expected("GS01 HP", gs.element(1)));
        }
        self.group = Some(Opened { control_no: gs.element(6), segment: gs.number, inside: 0 });
    }

    fn open_transaction(&mut self, st: Segment<'a>) {
        self.transaction_missing_end("the next ST");
        match &mut self.group {
            Some(group) => group.inside += 1,
            None => self.findings.error(outside(st, "a group (GS)")),
        }
        self.transactions += 1;
        self.lost = false;
        let is_835 = st.element(1) == "835";
        if !is_835 {
            self.findings.error(syntax(st, "the transaction is no 835").expected("ST01 835", st.element(1)));
        }
        let content = is_835.then(|| Transaction::new(self.transactions, st));
        self.open = Some(Open { start: st, content });
    }

    fn content(&mut self, segment: Segment<'a>) {
        match &mut self.open {
            Some(Open { content: Some(content), .. }) => content.segment(segment, &mut self.findings),
            Some(Open { content: None, .. }) => {}
            None if self.lost => {}
            None => {
                self.lost = true;
                self.findings.error(outside(segment, "a transaction (ST)"));
            }
        }
    }

    fn close_transaction(&mut self, se: Segment<'a>) {
        let Some(Open { start, content }) = self.open.take() else {
            self.findings.error(unopened(se, "ST"));
            return;
        };
        let count = se.number - start.number + 1;
        self.count(se, count, "segments from ST to SE");
        self.control_no(se, start.element(2), "ST02");
        let remittance = content.and_then(|content| content.end(se, &mut self.findings));
        self.remittances.extend(remittance);
    }

    fn close_group(&mut self, ge: Segment<'a>) {
        self.transaction_missing_end("GE");
        match self.group.take() {
            Some(group) => {
                self.count(ge, group.inside, "transactions in the group");
                self.control_no(ge, group.control_no, "GS06");
            }
            None => self.findings.error(unopened(ge, "GS")),
        }
    }

    fn close_interchange(&mut self, iea: Segment<'a>) {
        self.group_missing_end("IEA");
        match self.interchange.take() {
            Some(interchange) => {
                self.count(iea, interchange.inside, "groups in the interchange");
                self.control_no(iea, interchange.control_no, "ISA13");
            }
            None => self.findings.error(unopened(iea, "ISA")),
        }
    }

    fn count(&mut self, end: Segment<'a>, counted: usize, what: &str) {
        let given = end.element(1);
        if given.parse() != Ok(counted) {
            let violation = envelope(end, 1).says(format!("{} counts the {what}", end.id()));
            self.findings.error(violation.expected(counted.to_string(), given));
        }
    }

    fn control_no(&mut self, end: Segment<'a>, opened_as: &str, opening: &str) {
        let given = end.element(2);
        if given != opened_as {
            let violation = envelope(end, 2).says(format!("{} repeats the number in {opening}", end.id()));
            self.findings.error(violation.expected(opened_as, given));
        }
    }

    fn interchange_missing_end(&mut self, before: &str) {
        self.group_missing_end(before);
        if let Some(interchange) = self.interchange.take() {
            self.missing_end("ISA", "IEA", interchange.segment, before);
        }
    }

    fn group_missing_end(&mut self, before: &str) {
        self.transaction_missing_end(before);
        if let Some(group) = self.group.take() {
            self.missing_end("GS", "GE", group.segment, before);
        }
    }

    fn transaction_missing_end(&mut self, before: &str) {
        if let Some(open) = self.open.take() {
            self.missing_end("ST", "SE", open.start.number, before);
        }
    }

    fn missing_end(&mut self, opening: &str, end: &str, segment: usize, before: &str) {
        let violation = Violation::new(Rule::R8, segment, format!("segment {segment}, {opening}"));
        let message = format!("what {opening} in segment {segment} opens has no {end} before {before}");
        self.findings.error(violation.says(message).expected(end, before));
    }
}

fn syntax(segment: Segment<'_>, message: &str) -> Violation {
    let place = format!("segment {}, {}", segment.number, segment.id());
    Violation::new(Rule::Syntax, segment.number, place).says(message)
}

fn outside(segment: Segment<'_>, of: &str) -> Violation {
    let message = format!("{} stands outside of {of}", segment.id());
    Violation { rule: Rule::R8, ..syntax(segment, &message) }.expected(format!("inside {of}"), segment.text)
}

fn unopened(end: Segment<'_>, opening: &str) -> Violation {
    let message = format!("{} closes what no {opening} has opened", end.id());
    Violation { rule: Rule::R8, ..syntax(end, &message) }.expected(format!("{opening} before it"), "none")
}

fn envelope(end: Segment<'_>, element: usize) -> Violation {
    let place = format!("segment {}, {}0{element}", end.number, end.id());
    Violation::new(Rule::R8, end.number, place)
}
