//! The segments that carry money for claims, services and the payee: `CLP`, `SVC`, `CAS`, `PLB`.

use crate::remittance::{ClaimLine, LineAdjustment, PayeeAdjustment, ServiceLine};

use super::fields::Fields;
use super::tokens::Segment;

/// Groups of reductions: contractual, other, by the payer, by the patient, correction (4010 only).
const GROUPS: [&str; 5] = ["CO", "OA", "PI", "PR", "CR"];
/// Reductions that one `CAS` can hold, and adjustments that one `PLB` can hold.
const REPEATS: usize = 6;

/// The longest number of a claim, and the longest reference.
const NUMBER_BYTES_MAX: usize = 50;

/// A `CLP`: a claim line without its adjustments and services.
pub fn claim_line(fields: &mut Fields<'_, '_>, order: usize) -> ClaimLine {
    for position in [1, 7] {
        fields.bounded(position, fields.segment.element(position), NUMBER_BYTES_MAX);
    }
    ClaimLine {
        place: fields.place,
        order,
        claim_no: fields.required(1, "the claim number"),
        status: fields.required(2, "the claim's status"),
        billed_minor: fields.amount(3, "the charge"),
        paid_minor: fields.amount(4, "the payment"),
        patient_minor: fields.optional_amount(5, "the patient's part"),
        insurer_claim_no: fields.text(7),
        patient_name: None,
        adjustments: Vec::new(),
        services: Vec::new(),
    }
}

/// An `SVC`: a service line without its adjustments.
pub fn service_line(fields: &mut Fields<'_, '_>) -> ServiceLine {
    let product = fields.required(1, "the product or service");
    if !product.is_empty() && fields.segment.component(1, 2).is_empty() {
        let message = "the product has a qualifier and no code; the elements after it may have slipped by one";
        fields.warning(1, message, "a qualifier and a code");
    }
    ServiceLine {
        place: fields.place,
        product,
        billed_minor: fields.amount(2, "the charge"),
        paid_minor: fields.amount(3, "the payment"),
        adjustments: Vec::new(),
    }
}

/// A `CAS`: a group, and up to six times reason, amount, quantity.
pub fn line_adjustments(fields: &mut Fields<'_, '_>) -> Vec<LineAdjustment> {
    let group = fields.text(1);
    if !GROUPS.contains(&group.as_str()) {
        fields.error(1, "this is no group of adjustments", &GROUPS.join(", "));
    }
    at_most(fields, 1 + 3 * REPEATS);
    let mut adjustments = Vec::new();
    for position in (2..).step_by(3).take(REPEATS) {
        if present(fields, &[position, position + 1, position + 2]) {
            let reason = fields.required(position, "the reason");
            let amount_minor = fields.amount(position + 1, "the adjustment");
            adjustments.push(LineAdjustment { group: group.clone(), reason, amount_minor });
        }
    }
    if adjustments.is_empty() {
        fields.spoil(2, "CAS has no adjustment", "a reason and an amount");
    }
    adjustments
}

/// A `PLB`: the payee, its fiscal period, and up to six times code with reference, amount.
pub fn payee_adjustments(fields: &mut Fields<'_, '_>, already: usize) -> Vec<PayeeAdjustment> {
    fields.date(2, "the fiscal period");
    at_most(fields, 2 + 2 * REPEATS);
    let mut adjustments = Vec::new();
    for position in (3..).step_by(2).take(REPEATS) {
        if present(fields, &[position, position + 1]) {
            let code = fields.segment.component(position, 1).to_owned();
            if code.is_empty() {
                fields.error(position, "the adjustment has no code", "a code, such as WO");
            }
            let amount_minor = fields.amount(position + 1, "the adjustment");
            let reference = fields.segment.component(position, 2).to_owned();
            fields.bounded(position, &reference, NUMBER_BYTES_MAX);
            let order = already + adjustments.len() + 1;
            adjustments.push(PayeeAdjustment { place: fields.place, order, code, reference, amount_minor });
        }
    }
    if adjustments.is_empty() {
        fields.spoil(3, "PLB has no adjustment", "a code and an amount");
    }
    adjustments
}

/// The name of an `NM1`, family name first.
pub fn person_name(segment: Segment<'_>) -> Option<String> {
    let parts: Vec<&str> = [3, 4].map(|at| segment.element(at)).into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn present(fields: &Fields<'_, '_>, positions: &[usize]) -> bool {
    positions.iter().any(|position| !fields.segment.element(*position).is_empty())
}

fn at_most(fields: &mut Fields<'_, '_>, elements_max: usize) {
    if fields.segment.elements() > elements_max {
        let message = format!("{} has more elements than it may", fields.segment.id());
        fields.spoil(elements_max + 1, &message, &format!("at most {elements_max} elements"));
    }
}
