//! Writes an 835, for tests only: takes the canonical model, gives the text, and fills in where everything stands.

use dianfu_reconcile::remittance::{LineAdjustment, Place, Remittance, decimal_text};

/// How a file is written.
#[derive(Clone, Debug)]
pub struct Style {
    pub element: char,
    pub component: char,
    pub terminator: char,
    /// What follows each terminator.
    pub newline: &'static str,
    /// Which of the ways to write an amount.
    pub amounts: u8,
    /// Transactions in one group.
    pub per_group: usize,
    /// Whether each group has an interchange of its own.
    pub many_interchanges: bool,
}

/// Writes the remittances and fills in their places.
pub fn write(remittances: &mut [Remittance], style: &Style) -> String {
    let mut writer = Writer { style: style.clone(), out: String::new(), segments: 0, place: None };
    let groups = remittances.len().div_ceil(style.per_group);
    let mut transaction = 0;
    if !style.many_interchanges {
        writer.isa(1);
    }
    for (index, group) in remittances.chunks_mut(style.per_group).enumerate() {
        if style.many_interchanges {
            writer.isa(index + 1);
        }
        writer.segment(&format!("GS*HP*SENDER*RECEIVER*20240101*1200*{}*X*005010X221A1", index + 1));
        let inside = group.len();
        for remittance in group {
            transaction += 1;
            writer.transaction(remittance, transaction);
        }
        writer.segment(&format!("GE*{inside}*{}", index + 1));
        if style.many_interchanges {
            writer.segment(&format!("IEA*1*{:09}", index + 1));
        }
    }
    if !style.many_interchanges {
        writer.segment(&format!("IEA*{groups}*000000001"));
    }
    writer.out
}

struct Writer {
    style: Style,
    out: String,
    segments: usize,
    place: Option<Place>,
}

impl Writer {
    /// Writes a segment that is given with `*` and `:`.
    fn segment(&mut self, text: &str) {
        let style = &self.style;
        let delimited = text.chars().map(|character| match character {
            '*' => style.element,
            ':' => style.component,
            other => other,
        });
        self.out.extend(delimited);
        self.out.push(style.terminator);
        self.out.push_str(style.newline);
        self.segments += 1;
    }

    fn isa(&mut self, number: usize) {
        let blank = " ".repeat(10);
        let (sender, receiver) = (format!("{:15}", "SENDER"), format!("{:15}", "RECEIVER"));
        let isa = format!("ISA*00*{blank}*00*{blank}*ZZ*{sender}*ZZ*{receiver}*240101*1200*U*00501*{number:09}*0*T*:");
        self.segment(&isa);
    }

    fn next_place(&mut self) -> Place {
        let mut place = self.place.expect("inside a transaction");
        place.segment = self.segments + 1;
        place
    }

    fn transaction(&mut self, remittance: &mut Remittance, transaction: usize) {
        let first = self.segments + 1;
        self.place = Some(Place { segment: first, transaction, claim: None, service: None });
        self.segment(&format!("ST*835*{transaction:04}"));
        self.header(remittance);
        self.segment("LX*1");
        self.lines(remittance);
        self.payee_adjustments(remittance);
        let count = self.segments + 2 - first;
        self.segment(&format!("SE*{count}*{transaction:04}"));
    }

    fn header(&mut self, remittance: &mut Remittance) {
        remittance.place = self.next_place();
        let paid = self.amount(remittance.paid_minor, remittance);
        let date = remittance.payment_date.map_or(String::new(), |date| date.strftime("%Y%m%d").to_string());
        let blanks = "*".repeat(12);
        self.segment(&format!("BPR*{}*{paid}*C*{}{blanks}{date}", remittance.handling, remittance.method));
        remittance.trace_place = self.next_place();
        self.segment(&format!("TRN*1*{}*{}", remittance.trace, remittance.originator));
        if remittance.currency.code() != "USD" {
            self.segment(&format!("CUR*PR*{}", remittance.currency));
        }
        if let Some(date) = remittance.production_date {
            self.segment(&format!("DTM*405*{}", date.strftime("%Y%m%d")));
        }
        self.segment(&format!("N1*PR*{}*XV*{}", remittance.payer.name, remittance.payer.id));
        self.segment("N3*SOME STREET");
        self.segment(&format!("N1*PE*{}*XX*{}", remittance.payee.name, remittance.payee.id));
    }

    fn lines(&mut self, remittance: &mut Remittance) {
        let mut lines = std::mem::take(&mut remittance.lines);
        for line in &mut lines {
            self.place = self.place.map(|place| Place { claim: Some(line.order), service: None, ..place });
            line.place = self.next_place();
            let (billed, paid) = (self.amount(line.billed_minor, remittance), self.amount(line.paid_minor, remittance));
            let patient = line.patient_minor.map_or(String::new(), |minor| self.amount(minor, remittance));
            let own = &line.insurer_claim_no;
            self.segment(&format!("CLP*{}*{}*{billed}*{paid}*{patient}*12*{own}", line.claim_no, line.status));
            self.adjustments(&line.adjustments, remittance);
            if let Some(name) = &line.patient_name {
                self.segment(&format!("NM1*QC*1*{name}"));
            }
            for (index, service) in line.services.iter_mut().enumerate() {
                self.place = self.place.map(|place| Place { service: Some(index + 1), ..place });
                service.place = self.next_place();
                let billed = self.amount(service.billed_minor, remittance);
                let paid = self.amount(service.paid_minor, remittance);
                let product = service.product.replace(self.style.component, ":");
                self.segment(&format!("SVC*{product}*{billed}*{paid}**1"));
                self.segment("DTM*472*20240101");
                self.adjustments(&service.adjustments, remittance);
            }
        }
        remittance.lines = lines;
    }

    fn adjustments(&mut self, adjustments: &[LineAdjustment], remittance: &Remittance) {
        let same_group = adjustments.chunk_by(|one, next| one.group == next.group);
        for six in same_group.flat_map(|group| group.chunks(6)) {
            let triples = six.iter().map(|adjustment| {
                let amount = self.amount(adjustment.amount_minor, remittance);
                format!("*{}*{amount}", adjustment.reason)
            });
            let triples: Vec<String> = triples.collect();
            self.segment(&format!("CAS*{}{}", six[0].group, triples.join("*")));
        }
    }

    fn payee_adjustments(&mut self, remittance: &mut Remittance) {
        self.place = self.place.map(|place| Place { claim: None, service: None, ..place });
        let mut adjustments = std::mem::take(&mut remittance.adjustments);
        for six in adjustments.chunks_mut(6) {
            let place = self.next_place();
            let pairs = six.iter_mut().map(|adjustment| {
                adjustment.place = place;
                let amount = self.amount(adjustment.amount_minor, remittance);
                format!("*{}:{}*{amount}", adjustment.code, adjustment.reference)
            });
            let pairs: String = pairs.collect();
            self.segment(&format!("PLB*PAYEE*20241231{pairs}"));
        }
        remittance.adjustments = adjustments;
    }

    /// An amount in one of the ways that the data type allows.
    fn amount(&self, minor: i64, remittance: &Remittance) -> String {
        let full = decimal_text(minor.into(), remittance.currency);
        let trimmed = if full.contains('.') { full.trim_end_matches('0').trim_end_matches('.') } else { &full };
        match self.style.amounts % 4 {
            0 => full,
            2 if trimmed.starts_with("0.") => trimmed[1..].to_owned(),
            2 if trimmed.starts_with("-0.") => format!("-{}", &trimmed[2..]),
            3 if minor >= 0 => format!("00{trimmed}"),
            _ => trimmed.to_owned(),
        }
    }
}
