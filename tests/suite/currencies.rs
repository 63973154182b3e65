//! Several currencies: rates.

mod rates;

use dianfu_ledger::rate::{NewRate, RateOutcome, RateValue};
use dianfu_ledger::register::Signature;

use crate::books::Book;

/// A rate as the central bank publishes it.
fn rate(pair: &str, date: &str, kind: &str, value: &str) -> NewRate {
    NewRate {
        pair: pair.parse().unwrap(),
        date: date.parse().unwrap(),
        kind: kind.parse().unwrap(),
        value: RateValue::parse(value).unwrap(),
        source: "PBOC".to_owned(),
    }
}

/// Puts rates on record, which must go through.
async fn set_rates(book: &Book, rates: &[NewRate]) {
    match book.ledger.record_rates(rates, Signature::of("clerk", "a test"), true).await.unwrap() {
        RateOutcome::Recorded(_) => {}
        RateOutcome::Refused(at, fault) => panic!("rate {at}: {fault}"),
    }
}
