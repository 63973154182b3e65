//! Files that nobody has thought of: random ones that balance, and what a single wrong byte makes of them.

use dianfu_reconcile::check::examine;
use dianfu_reconcile::remittance::{
    ClaimLine, LineAdjustment, Party, PayeeAdjustment, Place, REVERSAL, Remittance, ServiceLine,
};
use dianfu_reconcile::violation::Rule;
use jiff::civil::date;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::writer::{Style, write};

const NOWHERE: Place = Place { segment: 0, transaction: 0, claim: None, service: None };

fn style() -> impl Strategy<Value = Style> {
    let delimiters = select(vec![('*', ':', '~'), ('|', '^', '\n'), ('\u{1d}', '\u{1f}', '\u{1c}'), ('+', '/', '\'')]);
    (delimiters, select(vec!["", "\n", "\r\n"]), 0..4_u8, 1..4_usize, any::<bool>()).prop_map(
        |((element, component, terminator), newline, amounts, per_group, many_interchanges)| Style {
            element,
            component,
            terminator,
            newline,
            amounts,
            per_group,
            many_interchanges,
        },
    )
}

fn adjustments(most: usize) -> impl Strategy<Value = Vec<LineAdjustment>> {
    let adjustment = (select(vec!["CO", "PR", "OA", "PI"]), "[A-Z0-9]{1,3}", 0..50_000_i64);
    vec(adjustment, 0..=most).prop_map(|adjustments| {
        let adjustment = |(group, reason, amount_minor): (&str, _, _)| LineAdjustment {
            group: group.to_owned(),
            reason,
            amount_minor,
        };
        adjustments.into_iter().map(adjustment).collect()
    })
}

fn service() -> impl Strategy<Value = ServiceLine> {
    ("[A-Z0-9]{4,11}", 0..100_000_i64, adjustments(8)).prop_map(|(code, paid_minor, adjustments)| ServiceLine {
        place: NOWHERE,
        product: format!("N4:{code}"),
        billed_minor: paid_minor + sum(&adjustments),
        paid_minor,
        adjustments,
    })
}

fn claim() -> impl Strategy<Value = ClaimLine> {
    let numbers = ("[A-Z0-9][A-Z0-9 ]{0,8}[A-Z0-9]", "[0-9]{0,12}", option::of("[A-Z]{1,8}"));
    let money = (vec(service(), 0..4), 0..100_000_i64, adjustments(3));
    (numbers, money, prop::bool::weighted(0.2)).prop_map(|((claim_no, own, name), (services, plain, own_cut), back)| {
        let charged: i64 = services.iter().map(|service| service.billed_minor).sum();
        let cut: i64 = services.iter().map(|service| sum(&service.adjustments)).sum();
        let billed_minor = if services.is_empty() { plain + sum(&own_cut) } else { charged };
        // Services that pay less than the claim as a whole loses would make a payment below zero.
        let adjustments = if billed_minor - cut - sum(&own_cut) < 0 { Vec::new() } else { own_cut };
        let mut line = ClaimLine {
            place: NOWHERE,
            order: 0,
            claim_no,
            status: "1".to_owned(),
            billed_minor,
            paid_minor: billed_minor - cut - sum(&adjustments),
            patient_minor: None,
            insurer_claim_no: own,
            patient_name: name,
            adjustments,
            services,
        };
        if back {
            reverse(&mut line);
        }
        line.patient_minor = patient_part(&line);
        line
    })
}

/// Turns a line into the reversal of it.
fn reverse(line: &mut ClaimLine) {
    REVERSAL.clone_into(&mut line.status);
    line.billed_minor = -line.billed_minor;
    line.paid_minor = -line.paid_minor;
    for service in &mut line.services {
        service.billed_minor = -service.billed_minor;
        service.paid_minor = -service.paid_minor;
    }
    let of_services = line.services.iter_mut().flat_map(|service| &mut service.adjustments);
    for adjustment in line.adjustments.iter_mut().chain(of_services) {
        adjustment.amount_minor = -adjustment.amount_minor;
    }
}

fn patient_part(line: &ClaimLine) -> Option<i64> {
    let all = line.adjustments.iter().chain(line.services.iter().flat_map(|service| &service.adjustments));
    let part: i64 = all.filter(|adjustment| adjustment.group == "PR").map(|adjustment| adjustment.amount_minor).sum();
    (part != 0).then_some(part)
}

fn sum(adjustments: &[LineAdjustment]) -> i64 {
    adjustments.iter().map(|adjustment| adjustment.amount_minor).sum()
}

fn remittance() -> impl Strategy<Value = Remittance> {
    let adjustment = (select(vec!["WO", "72", "CS", "L6", "ZZ"]), "[A-Z0-9]{0,10}", -20_000..20_000_i64);
    let currency = select(vec!["USD", "CNY", "JPY", "KWD"]);
    (vec(claim(), 0..5), vec(adjustment, 0..9), currency, any::<bool>()).prop_map(
        |(mut lines, adjustments, currency, dated)| {
            for (line, order) in lines.iter_mut().zip(1..) {
                line.order = order;
            }
            let mut adjustments: Vec<PayeeAdjustment> = adjustments
                .into_iter()
                .map(|(code, reference, amount)| payee_adjustment(code, &reference, amount))
                .collect();
            let lines_paid: i64 = lines.iter().map(|line| line.paid_minor).sum();
            let set_off: i64 = adjustments.iter().map(|adjustment| adjustment.amount_minor).sum();
            let net = lines_paid - set_off;
            if net < 0 {
                adjustments.push(payee_adjustment("FB", "FORWARD", net));
            }
            for (adjustment, order) in adjustments.iter_mut().zip(1..) {
                adjustment.order = order;
            }
            Remittance {
                place: NOWHERE,
                trace_place: NOWHERE,
                payer: Party { name: "PAYER".to_owned(), id: "12345".to_owned() },
                payee: Party { name: "PAYEE".to_owned(), id: String::new() },
                trace: String::new(),
                originator: "1512345678".to_owned(),
                paid_minor: net.max(0),
                handling: "I".to_owned(),
                method: "ACH".to_owned(),
                currency: currency.parse().expect("an active currency"),
                payment_date: Some(date(2024, 2, 29)),
                production_date: dated.then_some(date(2024, 2, 28)),
                lines,
                adjustments,
            }
        },
    )
}

fn payee_adjustment(code: &str, reference: &str, amount_minor: i64) -> PayeeAdjustment {
    let (code, reference) = (code.to_owned(), reference.to_owned());
    PayeeAdjustment { place: NOWHERE, order: 0, code, reference, amount_minor }
}

/// Remittances of one file, each with a trace of its own, and the file.
fn file() -> impl Strategy<Value = (Vec<Remittance>, Style, String)> {
    (vec(remittance(), 1..4), style()).prop_map(|(mut remittances, style)| {
        for (remittance, number) in remittances.iter_mut().zip(1..) {
            remittance.trace = format!("TRACE{number}");
            for service in remittance.lines.iter_mut().flat_map(|line| &mut line.services) {
                service.product = service.product.replace(':', &style.component.to_string());
            }
        }
        let text = write(&mut remittances, &style);
        (remittances, style, text)
    })
}

/// Every amount on which a rule hangs, with the rule and the segment that must be named when it is wrong.
fn amounts(remittance: &mut Remittance) -> Vec<(&mut i64, Rule, usize)> {
    let payment = remittance.place.segment;
    let mut all = vec![(&mut remittance.paid_minor, Rule::R3, payment)];
    all.extend(remittance.adjustments.iter_mut().map(|own| (&mut own.amount_minor, Rule::R3, payment)));
    for line in &mut remittance.lines {
        let claim = line.place.segment;
        all.push((&mut line.billed_minor, Rule::R2, claim));
        all.push((&mut line.paid_minor, Rule::R2, claim));
        all.extend(line.adjustments.iter_mut().map(|own| (&mut own.amount_minor, Rule::R2, claim)));
        for service in &mut line.services {
            let service_at = service.place.segment;
            all.push((&mut service.billed_minor, Rule::R1, service_at));
            all.push((&mut service.paid_minor, Rule::R1, service_at));
            all.extend(service.adjustments.iter_mut().map(|own| (&mut own.amount_minor, Rule::R1, service_at)));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_file_that_balances_is_taken_and_read_as_it_was_written((written, _, text) in file()) {
        let (read, verdict) = examine(text.as_bytes());
        prop_assert_eq!(&verdict.errors, &vec![]);
        prop_assert!(verdict.balanced);
        prop_assert!(verdict.warnings.iter().all(|warning| warning.rule == Rule::R6), "{:?}", verdict.warnings);
        prop_assert_eq!(read, written);
    }

    #[test]
    fn one_amount_off_by_the_smallest_unit_is_refused_at_its_place(
        (mut remittances, style, _) in file(), which: Index, amount: Index, up: bool
    ) {
        let remittance = which.get_mut(&mut remittances);
        let mut amounts = amounts(remittance);
        let (amount, rule, segment) = amount.get_mut(&mut amounts);
        **amount += if up { 1 } else { -1 };
        let (rule, segment) = (*rule, *segment);
        let text = write(&mut remittances, &style);
        let (_, verdict) = examine(text.as_bytes());
        prop_assert!(!verdict.balanced);
        let named = verdict.errors.iter().any(|error| error.rule == rule && error.segment == Some(segment));
        prop_assert!(named, "{rule:?} at {segment} in {:?}\n{text}", verdict.errors);
    }

    #[test]
    fn a_cut_off_file_is_refused((_, _, text) in file(), at: Index) {
        let whole = text.trim_end_matches(['\r', '\n']);
        let whole = if text.len() == whole.len() { whole } else { &text[..=whole.len()] };
        let cut = at.index(whole.len() - 1);
        // Where one interchange ends and the next begins, nothing shows that there was a next.
        prop_assume!(!whole[cut..].trim_start().starts_with("ISA"));
        let (_, verdict) = examine(&whole.as_bytes()[..cut]);
        prop_assert!(!verdict.balanced, "{}", &whole[..cut]);
    }

    #[test]
    fn wrong_bytes_never_panic_and_what_is_taken_still_adds_up(
        (_, _, text) in file(), changes in vec((any::<Index>(), any::<u8>(), 0..3_u8), 1..4)
    ) {
        let mut bytes = text.into_bytes();
        for (at, byte, change) in changes {
            let at = at.index(bytes.len());
            match change {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        let (remittances, verdict) = examine(&bytes);
        for remittance in remittances.iter().filter(|_| verdict.balanced) {
            let net = remittance.lines_paid_minor() - remittance.adjustments_minor();
            prop_assert_eq!(net, i128::from(remittance.paid_minor));
        }
    }

    #[test]
    fn garbage_never_panics(bytes in vec(any::<u8>(), 0..300), start in select(vec!["", "ISA", "ISA*", "\nISA*ISA*"])) {
        let bytes = [start.as_bytes(), &bytes].concat();
        prop_assert!(!examine(&bytes).1.balanced);
    }
}
