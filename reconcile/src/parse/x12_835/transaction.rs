//! One transaction, `ST` to `SE`: the loops, and which segment may stand in which.
//!
//! Header → payer → payee → lines (`LX`) → claim (`CLP`) → service (`SVC`) → summary (`PLB`). A segment that the format
//! does not know, or that stands in a loop it does not belong to, is an error; if it carries money, the sums of the
//! transaction mean nothing and are not judged.

use crate::remittance::{Place, Remittance};
use crate::violation::Findings;

use super::fields::Fields;
use super::header::Header;
use super::lines;
use super::tokens::Segment;

/// The loop that the next segment stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Loop {
    Header,
    Payer,
    Payee,
    Lines,
    Claim,
    Service,
    Summary,
}

impl Loop {
    fn name(self) -> &'static str {
        match self {
            Loop::Header => "the header",
            Loop::Payer => "the payer's loop (N1 PR)",
            Loop::Payee => "the payee's loop (N1 PE)",
            Loop::Lines => "the lines' loop (LX)",
            Loop::Claim => "a claim's loop (CLP)",
            Loop::Service => "a service's loop (SVC)",
            Loop::Summary => "the summary (PLB)",
        }
    }
}

/// The loops that a segment may stand in, and whether money hangs on it; `None` if the format does not know it.
fn home(id: &str) -> Option<(&'static [Loop], bool)> {
    use Loop::{Claim, Header, Lines, Payee, Payer, Service, Summary};
    Some(match id {
        "BPR" | "CUR" => (&[Header], true),
        "NTE" | "TRN" => (&[Header], false),
        "N1" => (&[Header, Payer, Payee], false),
        "N2" | "N3" | "N4" => (&[Payer, Payee], false),
        "PER" => (&[Payer, Payee, Claim], false),
        "RDM" => (&[Payee], false),
        "REF" | "DTM" => (&[Header, Payer, Payee, Claim, Service], false),
        "LX" => (&[Header, Payer, Payee, Lines, Claim, Service], false),
        "TS2" | "TS3" => (&[Lines], false),
        "CLP" => (&[Header, Payer, Payee, Lines, Claim, Service], true),
        "NM1" | "MIA" | "MOA" => (&[Claim], false),
        "AMT" | "QTY" => (&[Claim, Service], false),
        "CAS" | "SVC" => (&[Claim, Service], true),
        "LQ" => (&[Service], false),
        "PLB" => (&[Header, Payer, Payee, Lines, Claim, Service, Summary], true),
        _ => return None,
    })
}

/// A transaction being read.
pub struct Transaction<'a> {
    start: Segment<'a>,
    number: usize,
    current: Loop,
    header: Header<'a>,
    content: Content,
    sound: bool,
}

/// What has been read below the header.
#[derive(Default)]
struct Content {
    lines: Vec<crate::remittance::ClaimLine>,
    adjustments: Vec<crate::remittance::PayeeAdjustment>,
}

impl<'a> Transaction<'a> {
    /// The `number`-th transaction of the file, which `start` opens.
    pub fn new(number: usize, start: Segment<'a>) -> Transaction<'a> {
        let (header, content) = (Header::new(), Content::default());
        Transaction { start, number, current: Loop::Header, header, content, sound: true }
    }

    /// Takes the next segment.
    pub fn segment(&mut self, segment: Segment<'a>, findings: &mut Findings) {
        let id = segment.id();
        let (homes, bears_money) = home(id).unwrap_or((&[], false));
        if !homes.contains(&self.current) {
            self.sound &= !bears_money;
            let place = self.place(segment);
            let mut fields = Fields::new(segment, place, self.header.currency, findings);
            tell_misplaced(&mut fields, homes, self.current);
            return;
        }
        self.enter(id);
        let place = self.place(segment);
        let mut fields = Fields::new(segment, place, self.header.currency, findings);
        self.read(&mut fields);
        self.sound &= !fields.spoiled;
    }

    /// Says that something could not be read on which money may hang.
    pub fn spoil(&mut self) {
        self.sound = false;
    }

    /// The remittance, if all its amounts could be read.
    pub fn end(self, end: Segment<'a>, findings: &mut Findings) -> Option<Remittance> {
        let place = Place { segment: self.start.number, transaction: self.number, claim: None, service: None };
        let remittance = self.header.finish(end, place, findings)?;
        let Content { lines, adjustments } = self.content;
        self.sound.then_some(Remittance { lines, adjustments, ..remittance })
    }

    fn enter(&mut self, id: &str) {
        match id {
            "LX" => self.current = Loop::Lines,
            "CLP" => self.current = Loop::Claim,
            "SVC" => self.current = Loop::Service,
            "PLB" => self.current = Loop::Summary,
            _ => {}
        }
    }

    /// Where a segment stands, once its loop has been entered.
    fn place(&self, segment: Segment<'a>) -> Place {
        let lines = &self.content.lines;
        let claims = lines.len() + usize::from(segment.id() == "CLP");
        let services = lines.last().map_or(0, |line| line.services.len()) + usize::from(segment.id() == "SVC");
        let in_claim = matches!(self.current, Loop::Claim | Loop::Service);
        Place {
            segment: segment.number,
            transaction: self.number,
            claim: in_claim.then_some(claims),
            service: (self.current == Loop::Service).then_some(services),
        }
    }

    fn read(&mut self, fields: &mut Fields<'_, 'a>) {
        let segment = fields.segment;
        let line = self.content.lines.last_mut();
        match (segment.id(), self.current, line) {
            ("N1", ..) => {
                self.current = if self.header.party(fields) { Loop::Payee } else { Loop::Payer };
            }
            (_, Loop::Header, _) => self.header.segment(fields),
            ("CLP", _, line) => {
                let order = line.map_or(0, |line| line.order) + 1;
                self.content.lines.push(lines::claim_line(fields, order));
            }
            ("PLB", ..) => {
                let adjustments = lines::payee_adjustments(fields, self.content.adjustments.len());
                self.content.adjustments.extend(adjustments);
            }
            ("SVC", _, Some(line)) => line.services.push(lines::service_line(fields)),
            ("CAS", Loop::Claim, Some(line)) => line.adjustments.extend(lines::line_adjustments(fields)),
            ("CAS", Loop::Service, Some(line)) => {
                let service = line.services.last_mut().expect("the loop is entered with a service");
                service.adjustments.extend(lines::line_adjustments(fields));
            }
            ("NM1", _, Some(line)) if segment.element(1) == "QC" => line.patient_name = lines::person_name(segment),
            ("AMT", ..) => {
                fields.amount(2, "the amount");
                fields.spoiled = false; // it tells more about the line and takes no part in any sum
            }
            _ => {}
        }
    }
}

fn tell_misplaced(fields: &mut Fields<'_, '_>, homes: &[Loop], current: Loop) {
    let id = fields.segment.id();
    if homes.is_empty() {
        fields.misplaced(&format!("'{}' is no segment of an 835", id.escape_debug()), "a segment of an 835");
        return;
    }
    let expected: Vec<&str> = homes.iter().map(|home| home.name()).collect();
    fields.misplaced(&format!("{id} stands in {}", current.name()), &expected.join(", or "));
}
