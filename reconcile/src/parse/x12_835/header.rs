//! What comes before the claims: the payment, its trace, its currency, its dates, who pays whom.

use dianfu_ledger::money::Currency;
use jiff::civil::Date;

use crate::remittance::{OWN_ITEM, Party, Place, Remittance};
use crate::violation::Findings;

use super::fields::Fields;
use super::tokens::Segment;

/// What the header has told so far.
pub struct Header<'a> {
    /// The currency of every amount: US dollars unless a `CUR` says otherwise.
    pub currency: Currency,
    cur: Option<Segment<'a>>,
    payment: Option<Segment<'a>>,
    trace: Option<Segment<'a>>,
    production_date: Option<Date>,
    payer: Option<Party>,
    payee: Option<Party>,
}

/// The longest trace number.
const TRACE_BYTES_MAX: usize = 50;
/// The qualifier of the production date.
const PRODUCTION: &str = "405";
/// What a payment may do: remit with payment, pay only, notify, advise only, announce transfers, split, payer's choice.
const HANDLINGS: [&str; 7] = ["C", "D", "H", "I", "P", "U", "X"];

impl<'a> Header<'a> {
    /// A header of which nothing is known.
    pub fn new() -> Header<'a> {
        Header {
            currency: Currency::USD,
            cur: None,
            payment: None,
            trace: None,
            production_date: None,
            payer: None,
            payee: None,
        }
    }

    /// Takes a segment of the header that is not about a party.
    pub fn segment(&mut self, fields: &mut Fields<'_, 'a>) {
        let segment = fields.segment;
        match segment.id() {
            "BPR" => self.once("BPR", |header| &mut header.payment, segment, fields),
            "TRN" => self.once("TRN", |header| &mut header.trace, segment, fields),
            "CUR" => self.currency(segment, fields),
            "DTM" if segment.element(1) == PRODUCTION => {
                self.production_date = fields.date(2, "the production date");
            }
            _ => {}
        }
    }

    /// Takes an `N1` and answers whether it names the payee.
    pub fn party(&mut self, fields: &mut Fields<'_, 'a>) -> bool {
        let party = Party { name: fields.text(2), id: fields.text(4) };
        let is_payee = match fields.segment.element(1) {
            "PR" => false,
            "PE" => true,
            _ => {
                fields.error(1, "N1 names neither the payer nor the payee", "PR or PE");
                return self.payee.is_some();
            }
        };
        let place = if is_payee { &mut self.payee } else { &mut self.payer };
        if place.replace(party).is_some() {
            fields.misplaced("the transaction names this party twice", "one N1 PR and one N1 PE");
        }
        is_payee
    }

    /// The remittance without its lines; `None` if the payment is missing or its amount cannot be read. `end` is the
    /// segment that stands where something is missing.
    pub fn finish(self, end: Segment<'a>, place: Place, findings: &mut Findings) -> Option<Remittance> {
        let mut at_end = Fields::new(end, place, self.currency, findings);
        for (missing, what) in [
            (self.payment.is_none(), "BPR, the payment,"),
            (self.trace.is_none(), "TRN, the trace,"),
            (self.payer.is_none(), "N1 PR, the payer,"),
            (self.payee.is_none(), "N1 PE, the payee,"),
        ] {
            if missing {
                at_end.misplaced(&format!("{what} is missing from the transaction"), what.trim_end_matches(','));
            }
        }
        let (trace, originator, trace_place) = match self.trace {
            Some(segment) => trace(&mut self.at(segment, place, findings)),
            None => (String::new(), String::new(), place),
        };
        let mut remittance = payment(&mut self.at(self.payment?, place, findings))?;
        remittance.payer = self.payer.unwrap_or_default();
        remittance.payee = self.payee.unwrap_or_default();
        remittance.production_date = self.production_date;
        Some(Remittance { trace_place, trace, originator, ..remittance })
    }

    fn at<'s>(&self, segment: Segment<'a>, place: Place, findings: &'s mut Findings) -> Fields<'s, 'a> {
        Fields::new(segment, Place { segment: segment.number, ..place }, self.currency, findings)
    }

    fn once(
        &mut self,
        id: &str,
        slot: impl FnOnce(&mut Self) -> &mut Option<Segment<'a>>,
        segment: Segment<'a>,
        fields: &mut Fields<'_, 'a>,
    ) {
        if slot(self).replace(segment).is_some() {
            fields.spoiled = true;
            fields.misplaced(&format!("the transaction has a second {id}"), &format!("one {id}"));
        }
    }

    fn currency(&mut self, segment: Segment<'a>, fields: &mut Fields<'_, 'a>) {
        self.once("CUR", |header| &mut header.cur, segment, fields);
        match fields.segment.element(2).parse() {
            Ok(currency) => self.currency = currency,
            Err(_) => fields.spoil(2, "this is no active currency", "an ISO 4217 code"),
        }
    }
}

fn trace(fields: &mut Fields<'_, '_>) -> (String, String, Place) {
    let trace = fields.required(2, "the trace number");
    fields.bounded(2, &trace, TRACE_BYTES_MAX);
    if trace.starts_with(OWN_ITEM) {
        fields.error(
            2,
            "a trace number that begins so would be taken for one of ours",
            &format!("no '{OWN_ITEM}' first"),
        );
    }
    (trace, fields.text(3), fields.place)
}

fn payment(fields: &mut Fields<'_, '_>) -> Option<Remittance> {
    let paid_minor = fields.amount(2, "the amount paid");
    let handling = fields.text(1);
    if !HANDLINGS.contains(&handling.as_str()) {
        fields.error(1, "this is no way to handle a payment", &HANDLINGS.join(", "));
    }
    if fields.segment.element(3) != "C" {
        fields.error(3, "an advice tells of money paid to the payee, a credit", "C");
    }
    let method = fields.required(4, "the payment method");
    let payment_date = fields.date(16, "the payment date");
    let readable = !fields.spoiled;
    readable.then(|| Remittance {
        place: fields.place,
        trace_place: fields.place,
        payer: Party::default(),
        payee: Party::default(),
        trace: String::new(),
        originator: String::new(),
        paid_minor,
        handling,
        method,
        currency: fields.currency,
        payment_date,
        production_date: None,
        lines: Vec::new(),
        adjustments: Vec::new(),
    })
}
