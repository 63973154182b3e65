//! Finding the claims that the lines of a remittance pay.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use dianfu_reconcile::matching::{OpenClaimItem, Outcome, Receivable, match_lines};
use dianfu_reconcile::parse::x12_835;

use crate::input::{CLAIMS, Claim, claims, elements, remittance_835};

/// 5,000 lines to as many open claims, of which some are paid short, some are unknown, and some share their numbers.
pub fn bench(criterion: &mut Criterion) {
    let claims = claims();
    let file = remittance_835(&claims);
    let remittance = x12_835::read(file.as_bytes()).remittances.remove(0);
    let items: Vec<OpenClaimItem> = (0..).zip(&claims).filter(|(number, _)| number % 100 != 99).map(item).collect();
    let matches = match_lines(&remittance.lines, &items);
    assert_eq!(matches.len(), CLAIMS);
    for outcome in [Outcome::Equal, Outcome::Short, Outcome::UnknownClaim] {
        assert!(matches.iter().any(|found| found.outcome == outcome), "no line is {}", outcome.word());
    }

    let mut group = criterion.benchmark_group("match");
    group.throughput(Throughput::Elements(elements(CLAIMS)));
    group.bench_function("line", |bencher| {
        bencher.iter(|| match_lines(black_box(&remittance.lines), black_box(&items)));
    });
    group.finish();
}

/// The claim as it stands in the books: one in twenty is due more than will be paid.
fn item((number, claim): (i32, &Claim)) -> OpenClaimItem {
    OpenClaimItem {
        submitted_no: claim.submitted_no.clone(),
        position: number,
        claim_no: format!("C{number:08}"),
        insurer_claim_nos: vec![claim.insurer_claim_no.clone()],
        receivable: Receivable::default(),
        open_minor: claim.paid_minor() + if number % 20 == 0 { 500 } else { 0 },
        received_minor: 0,
        owed_minor: 0,
    }
}
