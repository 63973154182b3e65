//! Reading what comes in: an entry as the HTTP interface reads a line of it, amounts, an 835, and rows of CSV.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use dianfu_api::wire::entry::{self, Poster};
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::import::{Record, csv};
use dianfu_ledger::money::{Currency, Money};
use dianfu_reconcile::parse::x12_835;

use crate::input::{BATCH, CLAIMS, claims, elements, entries, remittance_835};

/// Whose numbers the entries of the CSV have; they are ids of their own.
const SOURCE: &str = "bench";

/// Every reader on the path of a posting, and that of remittances.
pub fn bench(criterion: &mut Criterion) {
    entry_lines(criterion);
    amounts(criterion);
    files(criterion);
}

fn entry_lines(criterion: &mut Criterion) {
    let entries = entries();
    let lines: Vec<String> = entries.iter().map(line).collect();
    let poster = Poster { actor: "bench".to_owned(), may_adjust: false };
    let read = |line: &String| entry::read(line.as_bytes(), &poster).expect("the line is an entry").entry;
    assert!(lines.iter().map(read).eq(entries));

    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Elements(elements(lines.len())));
    group.bench_function("entry_line", |bencher| {
        bencher.iter(|| black_box(&lines).iter().map(read).for_each(|entry| drop(black_box(entry))));
    });
    group.finish();
}

/// An entry as a line of NDJSON.
fn line(entry: &NewEntry) -> String {
    let NewEntry { id, reference, description, postings, .. } = entry;
    let mut line = format!(r#"{{"id":"{id}","reference":"{reference}","description":"{description}","postings":["#);
    for (index, posting) in postings.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let side = if posting.amount.minor > 0 { "debit" } else { "credit" };
        let (account, amount) = (&posting.account, posting.amount.without_sign().to_decimal_string());
        write!(line, r#"{comma}{{"account":"{account}","{side}":"{amount}","currency":"CNY"}}"#)
            .expect("a string takes what is written");
    }
    line.push_str("]}");
    line
}

fn amounts(criterion: &mut Criterion) {
    let amounts: Vec<Money> = entries().iter().map(|entry| entry.postings[0].amount).collect();
    let texts: Vec<String> = amounts.iter().map(|amount| amount.to_decimal_string()).collect();
    let read = |text: &String| Money::parse(text, Currency::CNY).expect("the text is an amount");
    assert!(texts.iter().map(read).eq(amounts.iter().copied()));

    let mut group = criterion.benchmark_group("money");
    group.throughput(Throughput::Elements(elements(texts.len())));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            for text in black_box(&texts) {
                black_box(read(text));
            }
        });
    });
    group.bench_function("print", |bencher| {
        bencher.iter(|| {
            for amount in black_box(&amounts) {
                black_box(amount.to_decimal_string());
            }
        });
    });
    group.finish();
}

fn files(criterion: &mut Criterion) {
    let file = remittance_835(&claims());
    let reading = x12_835::read(file.as_bytes());
    assert_eq!(reading.remittances.iter().map(|remittance| remittance.lines.len()).sum::<usize>(), CLAIMS);
    let (_, verdict) = dianfu_reconcile::examine(file.as_bytes());
    assert!(verdict.errors.is_empty() && verdict.warnings.is_empty(), "{verdict:?}");

    let rows = rows(&entries());
    assert_eq!(csv_entries(&rows), BATCH);

    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Elements(elements(CLAIMS)));
    group.bench_function("835_claim", |bencher| bencher.iter(|| x12_835::read(black_box(file.as_bytes()))));
    group.bench_function("835_claim_checked", |bencher| {
        bencher.iter(|| dianfu_reconcile::examine(black_box(file.as_bytes())));
    });
    group.throughput(Throughput::Elements(elements(BATCH)));
    group.bench_function("csv_entry", |bencher| bencher.iter(|| csv_entries(black_box(&rows))));
    group.finish();
}

/// Entries as rows of CSV, one a posting.
fn rows(entries: &[NewEntry]) -> String {
    let mut rows = String::from("entry,date,account,amount,currency,reference,description\n");
    for entry in entries {
        for posting in &entry.postings {
            let (account, amount) = (&posting.account, posting.amount.to_decimal_string());
            let NewEntry { id, reference, description, .. } = entry;
            writeln!(rows, "{id},2026-05-01,{account},{amount},CNY,{reference},{description}")
                .expect("a string takes what is written");
        }
    }
    rows
}

fn csv_entries(rows: &str) -> usize {
    let read = |row: std::io::Result<dianfu_ledger::import::Numbered>| row.expect("memory is read").record;
    csv::Reader::new(rows.as_bytes(), SOURCE).map(read).filter(is_entry).count()
}

fn is_entry<E>(record: &Result<Record, E>) -> bool {
    matches!(record, Ok(Record::Entry(_)))
}
